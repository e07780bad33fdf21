"""Covariate rasters that a workspace keeps, and maps and trials made from stored samples and kept rasters by name."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.maps_finished import FILES, VALIDATION, find_map
from tilth.api.soil_finished import RESULTS
from tilth.api.soil_mapping import ABOUT, RASTERS, SoilMapped, soil_map
from tilth.api.soil_validating import Validated, soil_validate
from tilth.core import BadInput, NotFound, message

if TYPE_CHECKING:
    from tilth.runtime import Workspace

#: Where a workspace keeps rasters to map over, and the tables of the salt chain.
COVARIATES, SALT = "covariates", "salt"
_ENDING = ".tif"
_A_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def import_raster(workspace: Workspace, file: str | Path, *, name: str = "") -> dict[str, Any]:
    """Keep a raster of covariates (GeoTIFF, square cells in metres) to map over.

    Parameters
    ----------
    name
        Under which it is kept; its own name without.

    Raises
    ------
    NotFound, BadInput
        If it is not there, no such raster, or lies on another grid than those that are kept.
    """
    from tilth.runtime import fill_whole, working

    place = Path(file)
    kept = (name or place.stem).strip()
    if not kept or kept.startswith(".") or any(one in kept for one in '/\\:*?"<>|') or len(kept) > 80:
        raise BadInput("SOIL-MAP-NAME", name=kept)
    others = [one for one in _kept(workspace) if one.stem != kept]
    _refuse_apart(place, others, kept)

    def copied(to: Path) -> None:
        shutil.copyfile(place, to)

    target = workspace.root / COVARIATES / f"{kept}{_ENDING}"
    with working(message("API-STORING", file=place.name)):
        fill_whole(target, copied)
    return _about(target)


def _refuse_apart(place: Path, others: Sequence[Path], kept: str) -> None:
    """BadInput where a raster could never be used beside the others: on another grid, or with bands called as theirs.

    Rasters whose names differ in the year alone are a series, whose bands are called the same.
    """
    from tilth.intake import CovariateRasters, refuse_other_grid

    own = {_series(one.stem): one for one in others if _series(one.stem) == _series(kept)}
    CovariateRasters(
        [place, *{_series(one.stem): one for one in others if _series(one.stem) not in own}.values()]
    ).close()
    for one in own.values():
        refuse_other_grid(place, one)


def _series(name: str) -> str:
    return _A_YEAR.sub("", name)


def soil_rasters(workspace: Workspace) -> list[dict[str, Any]]:
    """The rasters that are kept to map over: name, bands, grid."""
    return [_about(one) for one in _kept(workspace)]


def _kept(workspace: Workspace) -> list[Path]:
    return sorted((workspace.root / COVARIATES).glob(f"*{_ENDING}"))


def _about(path: Path) -> dict[str, Any]:
    from tilth.intake import CovariateRasters

    with CovariateRasters([path]) as opened:
        grid = opened.grid
        return {
            "name": path.stem, "bands": list(opened.names), "width": grid.width, "height": grid.height,
            "cell_m": grid.cell_x, "crs": grid.crs, "bytes": path.stat().st_size,
        }  # fmt: skip


def rasters_of(workspace: Workspace, names: Sequence[str]) -> list[Path]:
    """Files of kept rasters by their names; all of them without names.

    Raises
    ------
    NotFound
        If one is not kept, or none is.
    """
    kept = {one.stem: one for one in _kept(workspace)}
    unknown = [one for one in names if one not in kept]
    if unknown or not kept:
        raise NotFound("SOIL-DESK-NO-RASTER", name=", ".join(unknown) or "–", known=", ".join(kept) or "–")
    return [kept[one] for one in names] if names else list(kept.values())


def kept_means(workspace: Workspace, shape: Any, crs: str, bands: Sequence[str]) -> dict[str, float]:
    """Mean over a polygon of those of `bands` that a kept raster has, cells counted by their share in it."""
    import numpy as np
    import pyproj
    import shapely

    from tilth.intake import CovariateRasters, raster_around
    from tilth.soil import cell_shares

    found: dict[str, float] = {}
    for file in _kept(workspace):
        with CovariateRasters([file]) as opened:
            names, to = opened.names, opened.grid.crs
        wanted = [one for one in bands if one in names and one not in found]
        if not wanted:
            continue
        turn = pyproj.Transformer.from_crs(crs, to, always_xy=True)
        moved = shapely.transform(shape, lambda xy, turn=turn: np.column_stack(turn.transform(*xy.T)))
        around = raster_around(file, moved.bounds)
        if around is None:
            continue
        shares = cell_shares(np.array([moved], dtype=object), around[0])
        for one in wanted:
            values = around[1][names.index(one), shares.cell]
            there = np.isfinite(values)
            if there.any():
                found[one] = float(np.average(values[there], weights=shares.share[there]))
    return found


def make_soil_map(
    workspace: Workspace,
    samples: str,
    *,
    rasters: Sequence[str] = (),
    name: str = "salinity",
    depth: float | None = None,
    scheme: str = "fao-salinity",
    bounds: Sequence[float] = (),
    year: int | None = None,
    drawn: bool = False,
    seed: int = 0,
    files: Path | None = None,
) -> SoilMapped:
    """`soil_map` of a stored set of samples over kept rasters.

    Parameters
    ----------
    samples
        Id or label of the set.
    rasters
        Names of kept rasters; all of them without.
    files
        A folder that gets the map's files too.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        As `soil_map`, or if a set or raster is not there.
    """
    from tilth.soil import get_samples

    found = get_samples(workspace, samples)
    done = soil_map(
        workspace, found.id, rasters_of(workspace, rasters), name=name, depth=depth, scheme=scheme, bounds=bounds,
        year=year, drawn=drawn, seed=seed,
    )  # fmt: skip
    (done.folder / VALIDATION).unlink(missing_ok=True)  # it was of the map before
    if files is not None:
        for file in FILES:
            if (done.folder / file).is_file():
                _linked(done.folder / file, files / file)
    return done


def _linked(source: Path, target: Path) -> None:
    """The same bytes in another place; files of a map are replaced whole, never written in."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def try_soil_map(
    workspace: Workspace,
    samples: str,
    *,
    rasters: Sequence[str] = (),
    folds: int = 10,
    side: float = 0.0,
    random_split: bool = True,
    seed: int = 0,
    map: str | None = None,
) -> Validated:
    """`soil_validate` of a stored set of samples over kept rasters; kept beside the map that is named.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        As `soil_validate`, or if a set, raster or map is not there.
    """
    from tilth.runtime import write_whole
    from tilth.soil import get_samples

    found = get_samples(workspace, samples)
    beside = None if map is None else find_map(workspace, map)
    done = soil_validate(
        found.id, rasters=rasters_of(workspace, rasters), workspace=workspace, folds=folds, side=side,
        random_split=random_split, seed=seed,
    )  # fmt: skip
    if beside is not None:
        told = done.as_record() | {"made_at": datetime.now(UTC).isoformat(timespec="seconds"), "samples_id": found.id}
        write_whole(beside.folder / VALIDATION, json.dumps(told, ensure_ascii=False, default=float).encode())
    return done


def soil_state_of(workspace: Workspace) -> str:
    """As `land_state_of`, with samples, schemes, rasters, maps, other results and tables of the salt chain."""
    from tilth.api.states import land_state_of

    told: list[object] = [land_state_of(workspace)]
    shown = ("samples/*/meta.json", "schemes/*", f"{COVARIATES}/*", f"{SALT}/*", f"{RASTERS}/*/{ABOUT}",
             f"{RASTERS}/*/{VALIDATION}", *(f"{home}/*/{about}" for home, about in RESULTS.values()))  # fmt: skip
    for pattern in shown:
        for file in sorted(workspace.root.glob(pattern)):
            about = file.stat()
            told.append((file.relative_to(workspace.root).as_posix(), about.st_mtime_ns, about.st_size))
    return hashlib.sha256(repr(told).encode()).hexdigest()
