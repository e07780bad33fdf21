"""A workspace out of the file that it was kept in, on a machine that has nothing of it."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.core import BadInput, message

if TYPE_CHECKING:
    from tilth.api.people import LogVerified
    from tilth.ledger import Verified
    from tilth.runtime import Archive, Dumped, Part

_CONFIG = "tilth.toml"
_SQLITE = "tilth.sqlite"
#: Room that a database takes for each byte of its rows as text, with its indexes and its log.
_ROOM = 3


@dataclass(frozen=True)
class Restored:
    """What stands there now, and what was found when it was examined."""

    folder: Path
    fingerprint: str
    told: Mapping[str, Any]
    verified: Verified
    replayed: Verified
    log: LogVerified

    @property
    def sound(self) -> bool:
        """Is nothing wrong with the book and the log, and was every file kept whole?"""
        return self.verified.sound and self.replayed.sound and not self.log.findings and not self.told["damaged"]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        counts = {name: self.told[name] for name in ("snapshots", "book", "made_at", "product", "damaged")}
        return {
            "folder": str(self.folder), "fingerprint": self.fingerprint, **counts,
            "verify": self.verified.as_record(), "replay": self.replayed.as_record(), "log": self.log.as_record(),
        }  # fmt: skip


def restore(file: str | Path, folder: str | Path, *, database: str = "") -> Restored:
    """Make the workspace that `file` keeps again in `folder`, which is empty or not there yet, and examine it.

    The folder is there when everything is in it and checked, or not at all.

    Parameters
    ----------
    database
        Address of an empty PostgreSQL database for the records; SQLite in the folder without. One that holds exactly
        these records, because somebody stopped the command at the very end, will do too.

    Raises
    ------
    BadInput
        If the archive is damaged, the folder or the database is not empty, or there is no room.
    """
    from tilth.runtime import Archive, beside, take_place

    archive, target = Archive(Path(file)), Path(folder)
    _empty(target)
    told = _told(archive)
    try:
        with beside(target) as staging:
            _room(archive, staging, database)
            place = staging / "workspace"
            place.mkdir()
            _unpack(archive, place, staging)
            _settings(place, archive, database)
            url = database or f"sqlite:///{(place / _SQLITE).as_posix()}"
            _fill(url, staging / "database", place, archive, bool(database))
            verified, replayed, log = _examined(place, url)
            take_place(place, target.absolute())
    except OSError as error:
        path = error.filename or str(target)
        raise BadInput("RUNTIME-CANNOT-WRITE", path=path, why=error.strerror or str(error)) from error
    return Restored(target, archive.digest, told, verified, replayed, log)


def _empty(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadInput("BACKUP-NOT-EMPTY", folder=str(target))


def _told(archive: Archive) -> dict[str, Any]:
    """What the manifest says, as far as it is used."""
    told = archive.told
    kinds = {
        "product": str,
        "made_at": str,
        "schema": str,
        "snapshots": int,
        "book": dict,
        "tables": list,
        "damaged": list,
    }
    wrong = [name for name, kind in kinds.items() if not isinstance(told.get(name), kind)]
    if wrong or not isinstance(told["book"].get("digest"), str):
        raise BadInput("BACKUP-FORGED", file=str(archive.path), what=", ".join(wrong) or "book")
    return told


def _dumps(archive: Archive) -> list[Dumped]:
    from tilth.runtime import Dumped

    found = []
    for one in archive.told["tables"]:
        try:
            dumped = Dumped(**one)
        except TypeError as error:
            raise BadInput("BACKUP-FORGED", file=str(archive.path), what="tables") from error
        if not (isinstance(dumped.table, str) and type(dumped.rows) is type(dumped.size) is int and dumped.size >= 0):
            raise BadInput("BACKUP-FORGED", file=str(archive.path), what="tables")
        found.append(dumped)
    return found


def _room(archive: Archive, staging: Path, database: str) -> None:
    """Is there as much room as the archive says that it needs?"""
    needed = sum(part.size for part in archive.parts)
    if not database:
        needed += _ROOM * sum(one.size for one in _dumps(archive))
    there = shutil.disk_usage(staging).free
    if there < needed:
        raise BadInput("BACKUP-NO-ROOM", folder=str(staging.parent), needed=needed >> 20, there=there >> 20)


def _unpack(archive: Archive, place: Path, staging: Path) -> None:
    from tilth.runtime import working

    def where(part: Part) -> Path:
        top, _, rest = part.name.partition("/")
        return (place if top == "files" else staging / top) / rest

    with working(message("BACKUP-UNPACKING"), sum(part.size for part in archive.parts)) as advance:
        archive.unpack(where, advance)
    for folder in ("snapshots", "layers", "reports"):
        (place / folder).mkdir(exist_ok=True)


def _settings(place: Path, archive: Archive, database: str) -> None:
    """The settings, with where the database is from now on."""
    path = place / _CONFIG
    try:
        text = path.read_text(encoding="utf-8")
        if "database" in tomllib.loads(text):
            raise ValueError("database")
    except (OSError, ValueError) as error:
        raise BadInput("BACKUP-FORGED", file=str(archive.path), what=_CONFIG) from error
    if database:
        quoted = database.replace("\\", "\\\\").replace('"', '\\"')
        path.write_text(f'database = "{quoted}"\n{text}', encoding="utf-8")
        path.chmod(0o600)


def _fill(url: str, folder: Path, place: Path, archive: Archive, given: bool) -> None:
    """Bring the records into the database, once they are what the manifest says."""
    from tilth.land import stored_folders
    from tilth.ledger import book_state
    from tilth.runtime import Database, holds, is_empty, load

    if given and not url.startswith("postgresql://"):
        raise BadInput("BACKUP-ADDRESS")

    def as_told(connection: Any) -> None:
        kept = archive.told["damaged"]
        lost = [one for one in stored_folders(connection) if not (place / one).is_dir()]
        unexpected = [one for one in lost if not any(str(name).startswith(one) for name in kept)]
        if unexpected or book_state(connection).as_record() != archive.told["book"]:
            raise BadInput("BACKUP-FORGED", file=str(archive.path), what=unexpected[0] if unexpected else "book")

    database, dumps = Database(url), _dumps(archive)
    try:
        if is_empty(database):
            load(database, folder, dumps, archive.told["schema"], as_told)
        elif not holds(database, dumps):
            raise BadInput("BACKUP-DATABASE-TAKEN")
    except KeyError as error:
        raise BadInput("BACKUP-NEWER", file=str(archive.path)) from error
    finally:
        database.close()


def _examined(place: Path, url: str) -> tuple[Verified, Verified, LogVerified]:
    """Examine book and log as `verify` and `replay` do."""
    from tilth.api.people import user_log_verify
    from tilth.ledger import replay, verify
    from tilth.runtime import Database, Workspace, working

    database = Database.at(url)
    try:
        with working(message("BACKUP-VERIFYING")):
            verified = verify(database)
        with working(message("BACKUP-REPLAYING")):
            replayed = replay(database)
        return verified, replayed, user_log_verify(Workspace(place, "", "", url))
    finally:
        database.close()
