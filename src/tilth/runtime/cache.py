"""What can be made again from the records, kept beside them so that it need not be. It may be deleted at any time."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tilth.core import BadInput
from tilth.runtime.workspace import Workspace

FOLDER = "cache"
#: The SHA-256 of every other file of an entry.
_DIGESTS = "digests.json"


def cached(workspace: Workspace, key: str) -> Path | None:
    """The folder kept under `key`, as it was written; None where there is none, or where it is damaged."""
    folder = workspace.root / FOLDER / key
    try:
        digests = dict(json.loads((folder / _DIGESTS).read_text(encoding="utf-8")))
        return folder if digests == _digests(folder) else None
    except (OSError, ValueError, TypeError):
        return None


def keep_cached(workspace: Workspace, key: str, write: Callable[[Path], object]) -> bool:
    """Let `write` fill an empty folder, and keep it under `key`. Was it kept?

    It is not where the workspace cannot be written, or another process is writing to it: it is made again next time.
    """
    try:
        with workspace.writing(wait_s=0.0), workspace.staging() as staged:
            folder = staged / key
            folder.mkdir()
            write(folder)
            (folder / _DIGESTS).write_text(json.dumps(_digests(folder)), encoding="utf-8")
            target = workspace.root / FOLDER / key
            target.parent.mkdir(exist_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            os.replace(folder, target)  # not synced to disk: what a power cut damages is found out by its digests
    except (OSError, BadInput):
        return False
    return True


def drop_cached(workspace: Workspace, wanted: Iterable[str], *, among: str = "") -> None:
    """Delete what is kept under keys that begin with none of those `wanted`; of all, or of those beginning `among`."""
    beginnings = tuple(wanted)
    for folder in (workspace.root / FOLDER).glob("*"):
        if folder.name.startswith(among) and not folder.name.startswith(beginnings):
            shutil.rmtree(folder, ignore_errors=True)


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.iterdir() if file.name != _DIGESTS)
    with ThreadPoolExecutor() as pool:
        return dict(zip((file.name for file in files), pool.map(_sha256, files), strict=True))


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
