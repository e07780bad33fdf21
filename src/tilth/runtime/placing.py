"""A file or folder that is made beside its place, and takes it in one step: whoever is killed leaves what was there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tilth.core import BadInput
from tilth.runtime.files import sync, sync_folder


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """An empty folder beside `target`, of one process at a time, gone afterwards; a killed one's is swept away first.

    Raises
    ------
    BadInput
        If another process makes the same, or nothing can be written there.
    """
    from filelock import FileLock, Timeout

    target = target.absolute()
    folder = target.with_name(f".{target.name}.tilth-new")
    lock = FileLock(folder.with_suffix(".tilth-lock"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BadInput("RUNTIME-BUSY", folder=str(target)) from error
    except OSError as error:
        raise BadInput("RUNTIME-CANNOT-WRITE", path=str(target), why=error.strerror or str(error)) from error
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def take_place(staged: Path, target: Path) -> None:
    """Let `staged` be `target` from now on, its bytes on disk first. A folder takes the place of an empty one only.

    Raises
    ------
    OSError
        If it cannot.
    """
    for path in (staged, *sorted(staged.rglob("*"))):
        if path.is_file():
            sync(path)
    if staged.is_dir():
        for path in sorted(staged.rglob("*")):
            if path.is_dir():
                sync_folder(path)
        if target.is_dir():
            target.rmdir()
    os.replace(staged, target)
    sync_folder(target.parent)
