"""A workspace: one folder that holds everything of one piece of work. Files appear whole or not at all."""

from __future__ import annotations

import shutil
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.core import BadInput, NotFound
from tilth.runtime.files import write_whole

if TYPE_CHECKING:
    from tilth.runtime.database import Database

CONFIG = "tilth.toml"
FOLDERS = ("snapshots", "layers", "reports")
_STAGING = ".staging"
_FORMAT = 1


@dataclass(frozen=True)
class Workspace:
    """An opened workspace. Many may read at once; one writes."""

    root: Path
    region: str
    name: str
    database_url: str

    @classmethod
    def create(cls, root: Path, *, region: str, name: str) -> Workspace:
        """Make a new workspace in `root`, which must not hold one yet.

        Raises
        ------
        BadInput
            If there is one already, or the folder cannot be written.
        """
        if (root / CONFIG).exists():
            raise BadInput("RUNTIME-WORKSPACE-EXISTS", folder=str(root))
        if not region or not region.isalnum():
            raise BadInput("RUNTIME-REGION-CODE", code=region)
        try:
            for folder in FOLDERS:
                (root / folder).mkdir(parents=True, exist_ok=True)
            lines = [
                "# A Tilth workspace. Settings may be edited; files below this folder may not.",
                f"format = {_FORMAT}",
                f"region = {_toml_text(region)}",
                f"name = {_toml_text(name)}",
            ]
            write_whole(root / CONFIG, ("\n".join(lines) + "\n").encode())
        except OSError as error:
            raise BadInput("RUNTIME-FOLDER-UNUSABLE", folder=str(root), why=error.strerror or str(error)) from error
        return cls.open(root)

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """Open the workspace in `root`; an older schema is brought up to date.

        Raises
        ------
        NotFound
            If there is none.
        BadInput
            If its settings cannot be read, or a newer version made it.
        """
        path = root / CONFIG
        if not path.is_file():
            raise NotFound("RUNTIME-NO-WORKSPACE", folder=str(root))
        try:
            config = tomllib.loads(path.read_text(encoding="utf-8"))
            region, name = str(config["region"]), str(config.get("name", config["region"]))
            made_by = int(config.get("format", 1))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, ValueError) as error:
            raise BadInput("RUNTIME-CONFIG-UNREADABLE", file=str(path), why=str(error)) from error
        if made_by > _FORMAT:
            raise BadInput("RUNTIME-NEWER", file=str(path))
        url = str(config.get("database", f"sqlite:///{(root / 'tilth.sqlite').resolve().as_posix()}"))
        workspace = cls(root, region, name, url)
        if not workspace.database.ready:
            with workspace.writing():
                workspace.database.migrate()
        return workspace

    def settings(self, table: str) -> Mapping[str, Any]:
        """A table of the settings (`tilth.toml`), as it is now; empty where there is none.

        Raises
        ------
        BadInput
            If the settings cannot be read.
        """
        path = self.root / CONFIG
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8")).get(table, {})
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadInput("RUNTIME-CONFIG-UNREADABLE", file=str(path), why=str(error)) from error
        return found if isinstance(found, dict) else {}

    @property
    def database(self) -> Database:
        """The records of this workspace."""
        from tilth.runtime.database import Database

        return Database.at(self.database_url)

    @contextmanager
    def writing(self, *, wait_s: float = 60.0) -> Iterator[None]:
        """Be the one writer. What a killed writer left half-done is swept away first.

        Raises
        ------
        BadInput
            If another process keeps writing for longer than `wait_s`.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.root / ".tilth.lock")
        try:
            lock.acquire(timeout=wait_s)
        except Timeout as error:
            raise BadInput("RUNTIME-BUSY", folder=str(self.root)) from error
        except OSError as error:
            raise BadInput("RUNTIME-CANNOT-WRITE", path=str(self.root), why=error.strerror or str(error)) from error
        try:
            shutil.rmtree(self.root / _STAGING, ignore_errors=True)
            yield
        finally:
            lock.release()

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """An empty folder beside the real ones, gone afterwards; move what is complete out of it with `settle`."""
        folder = self.root / _STAGING / uuid.uuid4().hex
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _toml_text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'
