"""What an answer about a workspace hangs on: as long as it is the same, so is the answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from tilth import __version__

if TYPE_CHECKING:
    from tilth.runtime import Workspace
    from tilth.runtime.desk import Desk


def state_of(workspace: Workspace) -> str:
    """A name of the state of a workspace: surveys and layers in use, regions, tasks, land book, settings, the day.

    Raises
    ------
    BadInput
        If the database cannot be read.
    """
    land, book = _records(workspace)
    return _named(land, book, *_beside(workspace))


def land_state_of(workspace: Workspace) -> str:
    """As `state_of`, without the land book: for what surveys, layers, regions and tasks say by themselves."""
    return _named(_records(workspace)[0], *_beside(workspace))


def _named(*told: object) -> str:
    return hashlib.sha256("\n".join(map(repr, told)).encode()).hexdigest()


def _beside(workspace: Workspace) -> list[object]:
    """What does not stand in the database."""
    told: list[object] = [__version__, datetime.now(UTC).astimezone().date()]
    for file in (workspace.root / "tilth.toml", *sorted(workspace.root.glob("tables/*"))):
        about = file.stat()
        told.append((file.name, about.st_mtime_ns, about.st_size))
    return told


@dataclass
class _Watched:
    """The records of one workspace, as they were when anybody last wrote."""

    desk: Desk
    last: tuple[int, tuple[str, str]] = -1, ("", "")  # the version, and what was told then


_watched: dict[str, _Watched] = {}
_lock = Lock()


def _records(workspace: Workspace) -> tuple[str, str]:
    """What the database says of the land, and of the book. Looked up anew after somebody has written."""
    version = _version(workspace)
    known = _watched.get(workspace.database_url)
    if known is not None and known.last[0] == version:
        return known.last[1]
    told = _looked_up(workspace)
    if known is not None and version is not None:  # read after the version: newer at most, and looked up again then
        known.last = version, told
    return told


def _version(workspace: Workspace) -> int | None:
    """What changes when anybody writes, in whatever process; None where the database does not tell."""
    if workspace.database.dialect.name != "sqlite":
        return None
    from tilth.runtime.desk import Desk

    with _lock:
        known = _watched.get(workspace.database_url)
        if known is None:
            known = _watched[workspace.database_url] = _Watched(Desk(workspace.database))
    with known.desk.reading() as desk:
        found: int = desk.asking.execute("PRAGMA data_version").fetchone()[0]
    return found


def _looked_up(workspace: Workspace) -> tuple[str, str]:
    from tilth.land import Store
    from tilth.ledger.newest import grown

    store = Store(workspace)
    tree = store.regions()
    land: list[object] = [(one.id, one.kind, one.year, one.label, one.stored_at) for one in store.listed()]
    land += [sorted(tree.regions.items()), sorted(tree.groups.items()), store.tasks()]
    return _named(*land), _named(grown(workspace.database))
