"""Tiles drawn ahead of whoever asks for them: behind the scenes, of layers that are looked at, by one process."""

from __future__ import annotations

import shutil
import time
from threading import Lock, Thread

from filelock import FileLock, Timeout

from tilth.api.map_sheets import Opened, Shelf, kept_anew, sheet_key, sheet_of
from tilth.core import TilthError
from tilth.land import Stored
from tilth.runtime import Workspace, cached, drop_cached
from tilth.tiles import Sheet, Stock, prepare_drawing, write_stock

#: What stood in the way is tried again after so long, and what another process draws is looked for. [s]
_AGAIN_S, _LOOK_S = 600.0, 5.0
#: All tiles of a layer take about as much room as its points; so many times that is to be free.
_ROOM = 4

_Place = tuple[str, str]
_opened = Opened()
_next: dict[_Place, float] = {}  # when a layer is tried again [s]
_at_work: dict[_Place, Thread] = {}
_starting = Lock()
#: Layers are drawn ahead one behind the other.
_one_by_one = Lock()


def stock_at_hand(workspace: Workspace, shelf: Shelf, stored: Stored) -> Stock | None:
    """The tiles of a stored survey or layer, if they are drawn ahead and open here. Nobody is asked, nothing read."""
    found: Stock | None = _opened.get(_place(workspace, shelf, stored))
    return found


def draw_ahead(workspace: Workspace, shelf: Shelf, stored: Stored) -> None:
    """Have its tiles drawn while others go on; nothing where that is done, under way, or was tried a moment ago."""
    place = _place(workspace, shelf, stored)
    with _starting:
        busy = place in _at_work and _at_work[place].is_alive()
        if busy or time.monotonic() < _next.get(place, 0.0) or _opened.get(place) is not None:
            return
        _next[place] = time.monotonic() + _LOOK_S
        _at_work[place] = Thread(target=_open, args=(workspace, shelf, stored), name="tiles", daemon=True)
        _at_work[place].start()


def _open(workspace: Workspace, shelf: Shelf, stored: Stored) -> None:
    """Draw all tiles of it, or find them, and open them. What cannot be drawn ahead is drawn when it is asked for."""
    place = _place(workspace, shelf, stored)
    key = _key(shelf, stored)
    try:
        with _one_by_one:
            sheet = sheet_of(workspace, stored)
            folder = cached(workspace, key)
            if folder is None:
                _make(workspace, key, stored, sheet)
                folder = cached(workspace, key)
            if folder is not None:
                _opened.once(place, lambda: Stock.kept(folder))
    except Timeout:  # another process is at it: it is looked for again
        return
    except (TilthError, OSError):
        _next[place] = time.monotonic() + _AGAIN_S


def _make(workspace: Workspace, key: str, stored: Stored, sheet: Sheet) -> None:
    """Draw all tiles of it and keep them; `Timeout` where another process is at it, `OSError` where they cannot be."""
    prepare_drawing()
    home = workspace.root / "cache"
    home.mkdir(exist_ok=True)
    if shutil.disk_usage(home).free < _ROOM * sheet.xy.nbytes:
        raise OSError(f"no room for all tiles of {key}")
    with FileLock(home / f"{key}.lock", timeout=0):
        for left in home.glob(f"{key}-new-*"):  # by one who was stopped
            shutil.rmtree(left, ignore_errors=True)
        if not kept_anew(workspace, key, lambda new: write_stock(new, sheet)):
            raise OSError(f"tiles of {key} could not be kept")
        drop_cached(workspace, [key], among=_about(stored))


def _place(workspace: Workspace, shelf: Shelf, stored: Stored) -> _Place:
    return str(workspace.root), _key(shelf, stored)


def _key(shelf: Shelf, stored: Stored) -> str:
    """Under which its tiles are kept."""
    return f"{_about(stored)}{Stock.EDITION}{shelf.pbf.get(stored.id, '')}"


def _about(stored: Stored) -> str:
    return f"{sheet_key(stored)}-stock-"
