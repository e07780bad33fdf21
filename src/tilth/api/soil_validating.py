"""How good a salinity model is on land it has not seen, beside the baselines that it has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.soil_learning import Learned, Read, learned_from
from tilth.core import BadInput

if TYPE_CHECKING:
    from tilth.runtime import Workspace
    from tilth.soil import Validation


@dataclass(frozen=True)
class Validated:
    """A model's trial, with the samples it was tried on."""

    read: Read
    result: Validation
    against: Read | None = None  # the other set that it was tested on

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        result, tested = self.result, self.against or self.read
        best = result.best_baseline
        return {
            "file": self.read.file,
            "tested_on": tested.file,
            "samples": result.samples,
            "places": result.places,
            "left_out": tested.left_out,
            "covariates": list(self.read.samples.names),
            "crs": self.read.crs,
            "blocks": {"number": result.blocks, "folds": result.folds, "side_m": result.side},
            "scores": [asdict(one) for one in result.scores],
            "differences": [asdict(one) for one in result.differences],
            "best_baseline": best.baseline,
            "coverage_90": asdict(result.coverage),
            "outside_applicability": result.outside,
            "level": {"missed": result.level_missed, "share_of_squared_error": result.level_share},
            "chosen": {name: result.chosen.count(name) for name in sorted(set(result.chosen))},
            "random_split_flatters": [asdict(one) for one in result.random_split],
        }


def soil_validate(
    file: str | Path,
    *,
    rasters: Sequence[str | Path] = (),
    asked: Learned | None = None,
    against: str | Path | None = None,
    against_asked: Learned | None = None,
    workspace: Workspace | None = None,
    folds: int = 10,
    side: float = 0.0,
    random_split: bool = True,
    seed: int = 0,
) -> Validated:
    """Hold out every block of land once and tell how near the model comes, beside four baselines.

    Parameters
    ----------
    file
        A table or points, or the id or label of a stored set of samples.
    rasters
        Covariates on one grid; beside or instead of columns of the table.
    against
        Another set of samples to test on instead: what is learned at one site, told of another.
    side
        Of the blocks [m]; 0 lets the samples' layout decide.
    random_split
        Also split at random, to show by how much that flatters.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        If the samples or rasters cannot be used.
    """
    from tilth.intake import CovariateRasters
    from tilth.soil import cross_validate, transfer

    asked = asked or Learned()
    opened = CovariateRasters([Path(one) for one in rasters]) if rasters else None
    try:
        read = learned_from(file, asked, workspace=workspace, rasters=opened)
        if against is None:
            tried = cross_validate(read.samples, folds=folds, side=side, seed=seed, random_split=random_split)
            return Validated(read, tried)
        other = learned_from(against, against_asked or asked, workspace=workspace, rasters=opened)
    finally:
        if opened is not None:
            opened.close()
    if len(other.samples.names) != len(read.samples.names):
        raise BadInput(
            "SOIL-TRANSFER-COLUMNS", file=read.file, count=len(read.samples.names), other=other.file,
            other_count=len(other.samples.names),
        )  # fmt: skip
    return Validated(read, transfer(read.samples, other.samples, seed=seed), other)
