"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tilth.core import BadInput


def fill_whole(path: Path, write: Callable[[Path], None], *, stale: Iterable[str] = ()) -> Path:
    """Let `write` fill a file of that name in a folder of its own beside `path`, then put it in place in one step.

    Other files that `write` leaves there (the parts of a shapefile, the schema of a GML) go to the place beside `path`
    before it.

    Parameters
    ----------
    stale
        Endings of parts that an older file of that name may have and the new one has not: they are taken away.

    Raises
    ------
    BadInput
        If the folder or the file cannot be written; what stood at `path` stays as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".tilth-", dir=path.parent) as folder:
            write(Path(folder) / path.name)
            parts = sorted(Path(folder).iterdir(), key=lambda part: (part.name == path.name, part.name))
            for part in parts:
                sync(part)
            for ending in stale:
                path.with_suffix(ending).unlink(missing_ok=True)
            for part in parts:
                os.replace(part, path.parent / part.name)
    except OSError as error:
        raise BadInput("RUNTIME-CANNOT-WRITE", path=str(path), why=error.strerror or str(error)) from None
    return path


def sync(file: Path) -> None:
    """Wait until the bytes of `file` are on disk."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def write_whole(path: Path, content: bytes) -> Path:
    """Put `content` at `path`, whole or not at all.

    Raises
    ------
    BadInput
        As `fill_whole`.
    """

    def write(part: Path) -> None:
        part.write_bytes(content)

    return fill_whole(path, write)


def settle(staged: Path, target: Path) -> None:
    """Move a complete staged folder to its place in one step, its bytes on disk first."""
    for path in sorted(staged.rglob("*")):
        if path.is_file():
            sync(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.rmtree(target)
    os.replace(staged, target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in `folder` are on disk."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
