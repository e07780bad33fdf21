"""What hangs on stored surveys and layers alone: found when it is first needed, kept for later times."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from tilth import __version__
from tilth.change import Outlines, designated, pbf_by_class
from tilth.core import BadInput
from tilth.land import Snapshot, Store
from tilth.overlay import ready
from tilth.runtime import Workspace, cached, drop_cached, keep_cached

_T = TypeVar("_T")
_BY_VILLAGE = "dm2-by-village.json"
#: Raised when what is kept of permanent basic farmland changes.
_PBF_EDITION = 2


def outlines_of(workspace: Workspace, survey: Snapshot) -> Outlines:
    """What the shapes of a stored survey say by themselves. What is kept of what is not in use is dropped."""
    key = _key(survey)
    return _kept(cached(workspace, key), survey) or _measured(workspace, key, survey)


def outlines_of_both(workspace: Workspace, first: Snapshot, second: Snapshot) -> tuple[Outlines, Outlines]:
    """`outlines_of` two surveys. What is kept is looked through while the compiled parts are loaded."""
    with ThreadPoolExecutor(2) as pool:
        folders = [pool.submit(cached, workspace, _key(survey)) for survey in (first, second)]
        ready()
    ours, theirs = (_kept(folder.result(), survey) for folder, survey in zip(folders, (first, second), strict=True))
    return ours or outlines_of(workspace, first), theirs or outlines_of(workspace, second)


def _key(survey: Snapshot) -> str:
    return f"{_about(survey.id)}-outlines-{Outlines.EDITION}"


def _kept(folder: Path | None, survey: Snapshot) -> Outlines | None:
    return _read(folder, lambda there: Outlines.kept(there, survey.meta.crs))


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
    return _by_village(workspace, f"{_about(survey.id)}-pbf-", pbf, lambda: designated(pbf, survey))


def farmland_in(workspace: Workspace, pbf: Snapshot, survey: Snapshot) -> Mapping[str, int]:
    """What of the permanent basic farmland of a layer a stored survey has as farmland, by village; kept likewise."""

    def found() -> dict[str, int]:
        pieces, _ = pbf_by_class(survey, pbf.parcels, outlines_of(workspace, survey))
        codes = survey.codes
        land = pieces[[code in codes and codes.is_farmland(code) for code in pieces["class_code"]]]
        return {str(code): int(area) for code, area in land.groupby("region_code")["net_area_dm2"].sum().items()}

    return _by_village(workspace, f"{_about(survey.id)}-still-", pbf, found)


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
