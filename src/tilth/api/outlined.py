"""What hangs on stored surveys and layers alone: found when it is first needed, kept for later times."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tilth import __version__
from tilth.change import Outlines, crossed
from tilth.core import BadInput, Finding
from tilth.land import Snapshot, Store
from tilth.overlay import PieceTable, ready
from tilth.runtime import Workspace, cached, drop_cached, keep_cached

if TYPE_CHECKING:
    import pandas as pd

_T = TypeVar("_T")
_BY_VILLAGE = "dm2-by-village.json"
#: Raised when what is kept of permanent basic farmland changes.
_PBF_EDITION = 2
_PIECES, _FINDINGS = "pieces.parquet", "findings.json"
#: Raised when what is kept of the pieces of permanent basic farmland changes.
_PIECES_EDITION = 1


def outlines_of(workspace: Workspace, survey: Snapshot) -> Outlines:
    """What the shapes of a stored survey say by themselves. What is kept of what is not in use is dropped."""
    key = _key(survey.id)
    return _kept(cached(workspace, key), survey.meta.crs) or _measured(workspace, key, survey)


def outlines_of_both(workspace: Workspace, first: Snapshot, second: Snapshot) -> tuple[Outlines, Outlines]:
    """`outlines_of` two surveys. What is kept is looked through while the compiled parts are loaded."""
    with ahead_of_rows(workspace, *((one.id, one.meta.crs) for one in (first, second))) as ahead:
        return ahead.outlines(workspace, first, second)


@dataclass(frozen=True)
class Ahead:
    """What is known of two stored surveys, and is found out, before their rows are read."""

    kept: tuple[Outlines | None, Outlines | None]
    pieces: Callable[[], PieceTable] | None  # of year × year, measured meanwhile; None where no outlines are kept

    def outlines(self, workspace: Workspace, first: Snapshot, second: Snapshot) -> tuple[Outlines, Outlines]:
        """`outlines_of` both."""
        ours, theirs = self.kept
        return ours or outlines_of(workspace, first), theirs or outlines_of(workspace, second)


@contextmanager
def ahead_of_rows(workspace: Workspace, *surveys: tuple[str, str], measured: bool = False) -> Iterator[Ahead]:
    """Two stored surveys, each by its id and CRS: what is kept of them; with `measured`, their overlay is under way."""
    with ThreadPoolExecutor(2) as pool:
        folders = [pool.submit(cached, workspace, _key(name)) for name, _ in surveys]
        ready()
        first, second = (_kept(folder.result(), crs) for folder, (_, crs) in zip(folders, surveys, strict=True))
        pieces = None
        if measured and first is not None and second is not None and surveys[0][1] == surveys[1][1]:
            pieces = pool.submit(crossed, first, second, surveys[0][1]).result
        yield Ahead((first, second), pieces)


def _key(survey: str) -> str:
    return f"{_about(survey)}-outlines-{Outlines.EDITION}"


def _kept(folder: Path | None, crs: str) -> Outlines | None:
    return _read(folder, lambda there: Outlines.kept(there, crs))


def _measured(workspace: Workspace, key: str, survey: Snapshot) -> Outlines:
    found = Outlines.of(survey.parcels.geometry, survey.meta.crs)
    if keep_cached(workspace, key, found.keep):
        drop_cached(workspace, [key, *(_about(one.id) for one in Store(workspace).listed())])
    return found


def prepare_outlines(workspace: Workspace, survey: Snapshot) -> None:
    """See to it that `outlines_of` finds them. What stands in the way of that is told when they are asked for."""
    with suppress(BadInput):
        outlines_of(workspace, survey)


def designated_in(workspace: Workspace, pbf: Snapshot, survey: Snapshot) -> Mapping[str, int]:
    """`change.designated` of a stored layer (or several, joined) and a stored survey; of the layers asked for last."""
    from tilth.change import designated

    return _by_village(workspace, f"{_about(survey.id)}-pbf-", pbf, lambda: designated(pbf, survey))


def farmland_in(workspace: Workspace, pbf: Snapshot, survey: Snapshot) -> Mapping[str, int]:
    """What of the permanent basic farmland of a layer a stored survey has as farmland, by village; kept likewise."""

    def found() -> dict[str, int]:
        pieces, _ = pbf_pieces_of(workspace, pbf, survey)
        codes = survey.codes
        land = pieces[[code in codes and codes.is_farmland(code) for code in pieces["class_code"]]]
        return {str(code): int(area) for code, area in land.groupby("region_code")["net_area_dm2"].sum().items()}

    return _by_village(workspace, f"{_about(survey.id)}-still-", pbf, found)


def pbf_pieces_of(workspace: Workspace, pbf: Snapshot, survey: Snapshot) -> tuple[pd.DataFrame, list[Finding]]:
    """`change.pbf_by_class` of a stored layer (or several, joined) and a stored survey; the last asked for."""
    import pandas as pd

    from tilth.change import pbf_by_class

    about = f"{_about(survey.id)}-pieces-"
    key = f"{about}{_PIECES_EDITION}-{hashlib.sha256(f'{pbf.id} {pbf.meta.crs}'.encode()).hexdigest()[:16]}"

    def read(folder: Path) -> tuple[pd.DataFrame, list[Finding]]:
        told = json.loads((folder / _FINDINGS).read_text(encoding="utf-8"))
        return pd.read_parquet(folder / _PIECES), [Finding.from_record(one) for one in told]

    def write(folder: Path) -> None:
        pieces.to_parquet(folder / _PIECES, index=False)
        told = [one.as_record() for one in findings]
        (folder / _FINDINGS).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")

    known = _read(cached(workspace, key), read)
    if known is not None:
        return known
    pieces, findings = pbf_by_class(survey, pbf.parcels, outlines_of(workspace, survey))
    if keep_cached(workspace, key, write):
        drop_cached(workspace, [key], among=about)
    return pieces, findings


def _by_village(
    workspace: Workspace, about: str, pbf: Snapshot, find: Callable[[], Mapping[str, int]]
) -> Mapping[str, int]:
    """Areas by village that hang on a layer, as they are kept; only those of the layers asked for last are. [dm²]"""
    key = f"{about}{_PBF_EDITION}-{hashlib.sha256(pbf.id.encode()).hexdigest()[:16]}"
    kept = cached(workspace, key)
    known = _read(kept, lambda folder: dict(json.loads((folder / _BY_VILLAGE).read_text(encoding="utf-8"))))
    if known is not None:
        return known
    found = find()
    write = json.dumps(found)
    if keep_cached(workspace, key, lambda new: (new / _BY_VILLAGE).write_text(write, encoding="utf-8")):
        drop_cached(workspace, [key], among=about)
    return found


def _read(folder: Path | None, load: Callable[[Path], _T]) -> _T | None:
    """What is kept in `folder`; None where there is none, also if it goes while it is read."""
    if folder is not None:
        with suppress(OSError, ValueError):
            return load(folder)
    return None


def _about(survey: str) -> str:
    """How the keys of all that is kept of a survey begin: what it was made from, and what made it."""
    return f"{survey[:32]}-{__version__}"
