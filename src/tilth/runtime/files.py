"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from tilth.core import BadInput


def fill_whole(path: Path, write: Callable[[Path], None]) -> Path:
    """Let `write` fill a temporary file beside `path`, then put it in place in one step.

    Raises
    ------
    BadInput
        If the folder or the file cannot be written; what stood at `path` stays as it was.
    """
    part = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:12]}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(part)
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput("RUNTIME-CANNOT-WRITE", path=str(path), why=error.strerror or str(error)) from None
    return path


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
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.rmtree(target)
    os.replace(staged, target)
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
