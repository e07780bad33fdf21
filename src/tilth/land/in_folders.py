"""Which folders the stored snapshots and layers have, and which files must be in one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection, text


def stored_folders(connection: Connection) -> list[str]:
    """The folder of every stored snapshot and layer, as the records name it, each once."""
    found = connection.execute(text("SELECT folder FROM snapshot ORDER BY sequence")).scalars()
    return list(dict.fromkeys(PurePosixPath(one).as_posix() for one in found))


def due_files(folder: Path) -> Mapping[str, str]:
    """The files that a stored folder must hold, with the SHA-256 of each; empty for one that does not say any more.

    The file that says so is among them, without a digest of its own.
    """
    try:
        files = json.loads((folder / "meta.json").read_text(encoding="utf-8")).get("files", {})
        return {"meta.json": "", **{str(name): str(digest) for name, digest in files.items()}}
    except (OSError, ValueError, AttributeError):
        return {}
