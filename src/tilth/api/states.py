"""What an answer about a workspace hangs on: as long as it is the same, so is the answer."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tilth import __version__

if TYPE_CHECKING:
    from tilth.runtime import Workspace


def state_of(workspace: Workspace) -> str:
    """A name of the state of a workspace: surveys and layers in use, regions, tasks, land book, settings, the day.

    Raises
    ------
    BadInput
        If the database cannot be read.
    """
    from tilth.land import Store
    from tilth.ledger.newest import grown

    store = Store(workspace)
    tree = store.regions()
    told: list[object] = [__version__, datetime.now(UTC).astimezone().date()]
    told += [(one.id, one.kind, one.year, one.label, one.stored_at) for one in store.listed()]
    told += [sorted(tree.regions.items()), sorted(tree.groups.items()), store.tasks()]
    told.append(grown(workspace.database))
    for file in (workspace.root / "tilth.toml", *sorted(workspace.root.glob("tables/*"))):
        about = file.stat()
        told.append((file.name, about.st_mtime_ns, about.st_size))
    return hashlib.sha256("\n".join(map(repr, told)).encode()).hexdigest()
