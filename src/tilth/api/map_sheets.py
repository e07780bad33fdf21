"""Layers made ready to be drawn: made at import or when first looked at, kept beside the records, opened once."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tilth import __version__
from tilth.api.basic_cover import cover_of
from tilth.api.layers import usable_layers
from tilth.api.outlined import outlines_of
from tilth.core import BadInput, TilthError, message
from tilth.land import CodeSystem, RegionTree, Snapshot, Store, Stored
from tilth.runtime import Workspace, cached, keep_cached, reporting, working
from tilth.tiles import Choices, Column, Overview, Sheet, Texts, Wholes, prepare_drawing, write_overview, write_sheet

if TYPE_CHECKING:
    import pandas as pd

_T = TypeVar("_T")
#: Properties of a parcel by which the overview is coloured.
THEMES = ("class", "pbf", "quality")
#: What a pixel of the overview by basic farmland shows.
BASIC, OTHER_FARMLAND, OTHER_LAND = 1, 2, 3
#: More than this share of a parcel under basic farmland makes it basic farmland on the map.
_MOSTLY = 0.5
#: Parcels are drawn one by one where the middle one of them is so many steps of a tile long: 4 points on the screen.
_SEEN_FROM = 32
_PBF = "pbf.npy"
#: Raised when what is kept of basic farmland changes.
_PBF_EDITION = 1
#: So many layers are held open; what was used longest ago is closed.
_MOST_OPEN = 24
#: What is stored is looked up again after so long.
_LOOK_S = 1.0
#: As often it is tried to keep what was made, where somebody else is writing.
_TRIES, _PAUSE_S = 20, 0.5


class Opened:
    """What this process has open, and what it is making; of more than `most`, what was used longest ago is closed."""

    def __init__(self, most: int = _MOST_OPEN) -> None:
        self._most = most
        self._held: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._making: dict[tuple[str, str], Lock] = {}
        self._lock = Lock()

    def get(self, place: tuple[str, str]) -> Any:
        """What is open of it."""
        with self._lock:
            if place in self._held:
                self._held.move_to_end(place)
            return self._held.get(place)

    def once(self, place: tuple[str, str], make: Callable[[], _T]) -> _T:
        """What is open, or what `make` makes: by one thread, for which others wait."""
        with self._lock:
            making = self._making.setdefault(place, Lock())
        with making:
            found = self.get(place)
            if found is None:
                found = make()
                with self._lock:
                    self._held[place] = found
                    while len(self._held) > self._most:
                        self._held.popitem(last=False)
        return found  # type: ignore[no-any-return]


_opened = Opened()
_behind: dict[tuple[str, str], Thread] = {}
_failed: dict[tuple[str, str], TilthError] = {}
_starting = Lock()
#: Layers are made ready one behind the other, which bounds the memory that it takes.
_one_by_one = Lock()


_far: dict[tuple[str, str], Progress] = {}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a layer is that is being made ready."""

    doing: str
    done: int
    total: int | None


class _Meter:
    """Writes down how far the work on one layer is."""

    def __init__(self, place: tuple[str, str]) -> None:
        self._place = place

    def start(self, title: str, total: int | None) -> Callable[[int], None]:
        """See `runtime.Reporter`."""
        _far[self._place] = Progress(title, 0, total)

        def advance(done: int) -> None:
            before = _far.get(self._place, Progress(title, 0, total))
            _far[self._place] = Progress(title, before.done + done, total)

        return advance

    def finish(self) -> None:
        """See `runtime.Reporter`."""


def progress_of(workspace: Workspace, stored: Stored) -> Progress | None:
    """How far it is; None where nobody is at it."""
    return _far.get(_place(workspace, stored))


@dataclass(frozen=True)
class Shelf:
    """What a workspace has for the map, as it was a moment ago."""

    layers: Mapping[str, Stored]  # by the id under which it is asked for
    pbf: Mapping[str, str]  # by id of a survey: which basic farmland its year uses, as a part of a key
    tree: RegionTree
    looked: float  # when [s]

    @classmethod
    def of(cls, workspace: Workspace) -> Shelf:
        """As it is now."""
        store, began = Store(workspace), time.monotonic()
        found = {f"survey-{one.year}": one for one in store.listed(kind="survey")}
        pbf = {one.id: _about_pbf(store, one) for one in found.values()}
        for one in store.chosen():
            found[f"{one.kind}-{one.id[:8]}" if one.label or one.kind in found else one.kind] = one
        return cls(found, pbf, store.regions(), began)

    def key_of(self, stored: Stored) -> str:
        """What it is drawn from: another one wherever a tile may be another."""
        return f"{sheet_key(stored)}{self.pbf.get(stored.id, '')}"

    def shows_all_to(self, scope: Sequence[str] | None, region: str) -> bool:
        """May whoever sees the regions `scope` see all of a workspace whose region is `region`?"""
        return scope is None or any(one.code in scope for one in self.tree.ancestors(region))


_shelves: dict[str, Shelf] = {}


def shelf_of(workspace: Workspace, *, anew: bool = False) -> Shelf:
    """What there is for the map; looked up `anew`, or at most once a second."""
    held = _shelves.get(str(workspace.root))
    if anew or held is None or time.monotonic() - held.looked > _LOOK_S:
        held = _shelves[str(workspace.root)] = Shelf.of(workspace)
    return held


def shelf_at_hand(workspace: Workspace) -> Shelf | None:
    """The one that was looked up last, if that was no more than a second ago: nobody is asked."""
    held = _shelves.get(str(workspace.root))
    return held if held is not None and time.monotonic() - held.looked <= _LOOK_S else None


def sheet_of(workspace: Workspace, stored: Stored) -> Sheet:
    """A stored survey or layer, ready to be drawn; it is made ready first where that was not done yet.

    Raises
    ------
    BadInput
        If it is damaged, or cannot be brought to the map.
    """

    def make() -> Sheet:
        key = sheet_key(stored)
        folder = cached(workspace, key) or _made(workspace, key, lambda new: _write(workspace, stored, new))
        prepare_drawing()
        sheet = Sheet.kept(folder)
        if stored.kind != "survey":
            return sheet
        pbf = _pbf_of(workspace, stored)
        return sheet if pbf is None else replace(sheet, columns=(*sheet.columns, pbf.take(sheet.row)))

    return _opened.once(_place(workspace, stored), make)


def overview_of(workspace: Workspace, stored: Stored) -> Overview:
    """The overview of a stored survey; made first where that was not done yet. Raises as `sheet_of`."""

    def make() -> Overview:
        sheet = sheet_of(workspace, stored)
        key = f"{sheet_key(stored)}-overview-{Overview.EDITION}{_about_pbf(Store(workspace), stored)}"
        folder = cached(workspace, key) or _made(
            workspace, key, lambda new: _write_overview(workspace, stored, sheet, new)
        )
        return Overview.kept(folder)

    root, name = _place(workspace, stored)
    return _opened.once((root, f"{name}-overview"), make)


def is_open(workspace: Workspace, stored: Stored, *, overview: bool = False) -> bool:
    """Can it be drawn at once?"""
    root, name = _place(workspace, stored)
    return _opened.get((root, f"{name}-overview" if overview else name)) is not None


def open_behind(workspace: Workspace, stored: Stored) -> None:
    """Make it ready while others go on; nothing where that is done or under way.

    Raises
    ------
    TilthError
        What stood in the way of it the last time.
    """
    place = _place(workspace, stored)
    with _starting:
        if place in _failed:
            raise _failed.pop(place)
        at_work = _behind.get(place)
        if at_work is not None and at_work.is_alive():
            return

        def run() -> None:
            try:
                with _one_by_one, reporting(_Meter(place)):
                    sheet_of(workspace, stored)
                    if stored.kind == "survey":
                        overview_of(workspace, stored)
            except TilthError as error:
                _failed[place] = error
            except OSError as error:  # a full disk, a folder taken away
                why = error.strerror or str(error)
                _failed[place] = BadInput("RUNTIME-FOLDER-UNUSABLE", folder=str(workspace.root / "cache"), why=why)
            finally:
                _far.pop(place, None)

        _behind[place] = Thread(target=run, name="map", daemon=True)
        _behind[place].start()


def prepare_map(workspace: Workspace, stored: Stored) -> None:
    """See to it that it can be drawn at once. What stands in the way of that is told when it is to be drawn."""
    with suppress(BadInput, OSError):
        key = sheet_key(stored)
        if not (workspace.root / "cache" / key).is_dir():
            _made(workspace, key, lambda new: _write(workspace, stored, new))


def sheet_key(stored: Stored) -> str:
    """Under which it is kept."""
    return f"{stored.id[:32]}-{__version__}-sheet-{Sheet.EDITION}"


def drawn_key(workspace: Workspace, stored: Stored) -> str:
    """What it is drawn from: another one wherever a tile may be another."""
    shelf = shelf_of(workspace)
    if stored.kind != "survey" or stored.id in shelf.pbf:
        return shelf.key_of(stored)
    return f"{sheet_key(stored)}{_about_pbf(Store(workspace), stored)}"


def _place(workspace: Workspace, stored: Stored) -> tuple[str, str]:
    return str(workspace.root), drawn_key(workspace, stored)


def _about_pbf(store: Store, stored: Stored) -> str:
    """Which layers of basic farmland the year of a survey uses, as a part of a key; nothing where there is none."""
    ids = [one.id for one in store.chosen(stored.year) if one.kind == "pbf"]
    return f"-{hashlib.sha256('+'.join(ids).encode()).hexdigest()[:16]}" if ids else ""


def _made(workspace: Workspace, key: str, fill: Callable[[Path], object]) -> Path:
    """What `fill` fills a folder with, kept under `key`; where it cannot be kept, for as long as this process runs.

    It is made beside what is kept, so that nobody who writes waits for it.
    """
    folder = _filled(workspace, key, fill)
    if _kept(workspace, key, folder):
        return workspace.root / "cache" / key
    atexit.register(shutil.rmtree, folder, True)
    return folder


def kept_anew(workspace: Workspace, key: str, fill: Callable[[Path], object]) -> bool:
    """Is what `fill` fills a folder with kept under `key` now? Made likewise, but nothing is left where it is not."""
    folder = _filled(workspace, key, fill)
    try:
        return _kept(workspace, key, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _filled(workspace: Workspace, key: str, fill: Callable[[Path], object]) -> Path:
    home = workspace.root / "cache"
    try:
        home.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{key}-new-", dir=home))
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="tilth-"))
    try:
        fill(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _kept(workspace: Workspace, key: str, folder: Path) -> bool:
    """Is what stands in `folder` kept under `key`? It is moved away from there then."""

    def move(new: Path) -> None:
        for file in folder.iterdir():
            os.replace(file, new / file.name)

    for _ in range(_TRIES if folder.parent == workspace.root / "cache" else 0):
        if keep_cached(workspace, key, move):
            shutil.rmtree(folder, ignore_errors=True)
            return True
        time.sleep(_PAUSE_S)
    return False


def _write(workspace: Workspace, stored: Stored, folder: Path) -> None:
    snapshot = Store(workspace).load(stored)
    rows = snapshot.attributes
    of_survey = stored.kind == "survey"
    columns = _of_parcels(rows, snapshot.codes) if of_survey else _of_features(rows)
    with working(message("MAP-DRAWING", what=f"{stored.kind} {stored.year or ''}".strip()), len(rows)) as done:
        name = "parcels" if of_survey else stored.kind
        seen = _SEEN_FROM if of_survey else 0
        shapes, bounds, crs = snapshot.binaries(), snapshot.bounds, snapshot.meta.crs
        write_sheet(folder, name, shapes, bounds, crs, columns, seen_from=seen, done=done)


def _of_parcels(rows: pd.DataFrame, codes: CodeSystem) -> list[Column]:
    code = rows["class_code"].to_numpy(str)
    known, place = np.unique(code, return_inverse=True)
    farmland = np.array([one in codes and codes.is_farmland(one) for one in known.tolist()], dtype=np.int64)
    return [
        Texts.of("parcel_id", rows["parcel_id"].tolist()),
        Choices.of("class_code", code),
        Choices.of("farmland", farmland[place] if len(known) else np.zeros(0, np.int64)),
        Choices.of("grade", rows["quality_grade"].to_numpy(np.int64, na_value=-1)),
        Wholes("area_dm2", rows["area_dm2"].to_numpy(np.int64)),
        Choices.of("region_code", rows["region_code"].to_numpy(str)),
    ]


def _of_features(rows: pd.DataFrame) -> list[Column]:
    return [
        Texts.of("feature_id", rows["feature_id"].tolist()),
        Choices.of("name", rows["name"].to_numpy(str)),
        Choices.of("code", rows["code"].to_numpy(str)),
        Wholes("area_dm2", rows["area_dm2"].to_numpy(np.int64)),
    ]


def _pbf_of(workspace: Workspace, stored: Stored) -> Choices | None:
    """Is each parcel of a stored survey mostly basic farmland (1) or not (0)? None where no layer says so."""
    about = _about_pbf(Store(workspace), stored)
    if not about:
        return None
    key = f"{stored.id[:32]}-{__version__}-mappbf-{_PBF_EDITION}{about}"
    folder = cached(workspace, key)
    if folder is None:
        flags = _pbf_flags(workspace, Store(workspace).load(stored))
        if flags is None:
            return None
        folder = _made(workspace, key, lambda new: np.save(new / _PBF, flags))
    return Choices("pbf", np.load(folder / _PBF, allow_pickle=False), (0, 1))


def _pbf_flags(workspace: Workspace, survey: Snapshot) -> np.ndarray | None:
    layers, _ = usable_layers(Store(workspace), survey, ["pbf"])
    if "pbf" not in layers:
        return None
    with working(message("MAP-BASIC", year=survey.meta.year)):
        cover = cover_of(workspace, survey, layers["pbf"], outlines_of(workspace, survey))
    return None if cover is None else np.asarray(cover.share > _MOSTLY, dtype=np.int32)


def _write_overview(workspace: Workspace, stored: Stored, sheet: Sheet, folder: Path) -> None:
    with working(message("MAP-OVERVIEW", year=stored.year), len(sheet)) as done:
        write_overview(folder, sheet, dict(_themes(sheet)), done=done)


def _themes(sheet: Sheet) -> Iterator[tuple[str, np.ndarray]]:
    """What a pixel over each parcel shows, 1 and more, by theme."""

    def code(name: str) -> np.ndarray:
        column = sheet.column(name)
        return column.code if isinstance(column, Choices) else np.full(len(sheet), -1)

    def value(name: str, otherwise: int) -> np.ndarray:
        column = sheet.column(name)
        known = [*column.choices, otherwise] if isinstance(column, Choices) else [otherwise]
        return np.asarray(np.array(known)[code(name)])

    yield "class", code("class_code") + 1
    farmland, pbf = value("farmland", 0), value("pbf", 0)
    yield "pbf", np.where(pbf == 1, BASIC, np.where(farmland == 1, OTHER_FARMLAND, OTHER_LAND))
    yield "quality", value("grade", 0) + 1
