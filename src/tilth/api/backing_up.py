"""Keep a whole workspace in one file, as it was at one moment, while others go on working."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.core import BadInput, Finding, Where, message

if TYPE_CHECKING:
    from tilth.runtime import Part, Workspace

CONFIG = "tilth.toml"
#: Other folders of a workspace whose files are taken as they are; and one that is taken if asked for.
_TABLES, _REPORTS = "tables", "reports"
#: Soil: sets of samples, which never change, a county's own schemes, and its own conversions.
_SAMPLES, _SCHEMES, _CONVERSIONS = "samples", "schemes", "soil-conversions.toml"
_PLANS = "plans"
_QUALITY = "quality"  # the quality register: its order may change, so that it is copied first
#: … the rasters that maps are made over, and the tables of the salt chain.
_COVARIATES, _SALT = "covariates", "salt"
#: … and what was drawn from them and may have been changed by hand: zones, candidate land, places to sample.
_DRAWN = ("zones", "candidates", "next-samples")
#: Settings that stay behind: the address of the database may hold a password, the other is one.
_DATABASE, _SECRET = "database", "client_secret"
#: Below the reports: what the server is at work on.
_JOBS = "jobs"


@dataclass(frozen=True)
class BackedUp:
    """What was kept, and what could not be."""

    file: Path
    size: int
    #: The SHA-256 of the manifest, which names every byte: noted down outside, it tells this backup from any other.
    fingerprint: str
    told: Mapping[str, Any]
    findings: tuple[Finding, ...] = ()

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        counts = {name: self.told[name] for name in ("snapshots", "book", "made_at", "database", "product")}
        files = {"file": str(self.file), "size": self.size, "fingerprint": self.fingerprint}
        return {**files, **counts, "findings": [one.as_record() for one in self.findings]}


@dataclass
class _Gathered:
    """The files that go into the archive, by their names in it."""

    files: dict[str, Path] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    due: dict[str, str] = field(default_factory=dict)  # digests that some must have


def backup(workspace: Workspace, file: str | Path, *, reports: bool = False) -> BackedUp:
    """Keep the workspace in `file`: records, surveys and layers, settings; `reports` too if asked.

    It is the workspace of one moment, whatever others write meanwhile. A file of that name is replaced when the new
    one is whole. Left out are what can be made again (the cache) and who is signed in. A stored survey that is damaged
    is kept as it is, and told.

    Raises
    ------
    BadInput
        If something cannot be read or written; `file` is as it was then.
    """
    from tilth.runtime import ChangedError, beside, take_place, working, write_archive

    target = Path(file)
    if target.is_dir():
        raise BadInput("BACKUP-IS-FOLDER", file=str(target))
    try:
        with beside(target) as staging:
            gathered, told = _gather(workspace, staging, reports)
            parts = _measured(gathered)
            told["damaged"] = sorted({one.where.file for one in gathered.findings if one.code == "BACKUP-DAMAGED-FILE"})
            made = staging / "archive"
            with working(message("BACKUP-WRITING"), sum(part.size for part, _ in parts)) as advance:
                fingerprint = write_archive(made, told, parts, advance)
            made.chmod(0o600)
            take_place(made, target)
    except ChangedError as error:
        raise BadInput("BACKUP-CHANGED", file=error.name) from error
    except OSError as error:
        raise BadInput(
            "RUNTIME-CANNOT-WRITE", path=error.filename or str(target), why=error.strerror or str(error)
        ) from error
    return BackedUp(target, target.stat().st_size, fingerprint, told, tuple(gathered.findings))


def _gather(workspace: Workspace, staging: Path, reports: bool) -> tuple[_Gathered, dict[str, Any]]:
    """The records of one moment as files in `staging`, and the files of the workspace that they name."""
    from tilth import __version__
    from tilth.land import stored_folders
    from tilth.ledger import book_state
    from tilth.runtime import SCHEMA, dump, file_of, frozen

    gathered = _Gathered()
    with frozen(workspace.database, staging) as connection:
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        book = book_state(connection)
        folders = stored_folders(connection)
        dumps = dump(connection, staging / "database")
    for one in dumps:
        gathered.files[f"database/{file_of(one.table)}"] = staging / "database" / file_of(one.table)
    _settings(workspace, staging, gathered)
    for folder in folders:
        _stored(workspace.root, folder, gathered)
    if reports:
        _whole_folder(workspace.root, _REPORTS, gathered)
    return gathered, {
        "product": __version__,
        "made_at": made_at,
        "region": workspace.region,
        "name": workspace.name,
        "database": workspace.database.dialect.name,
        "schema": SCHEMA,
        "snapshots": len(folders),
        "book": book.as_record(),
        "tables": [one.as_record() for one in dumps],
        "python": sys.version.split()[0],
    }


def _measured(gathered: _Gathered) -> list[tuple[Part, Path]]:
    """Size and SHA-256 of every file; those of stored surveys are held against what was stored."""
    from tilth.runtime import Part, working

    parts = []
    with working(message("BACKUP-MEASURING"), sum(file.stat().st_size for file in gathered.files.values())) as advance:
        for name, file in gathered.files.items():
            part = Part.of(name, file, advance)
            parts.append((part, file))
            if gathered.due.get(name, part.sha256) != part.sha256:
                gathered.findings.append(_damaged(name.partition("/")[2], "SHA-256"))
    return parts


def _settings(workspace: Workspace, staging: Path, gathered: _Gathered) -> None:
    """The settings without secrets, the tables beside them, and the rules that they name."""
    kept = staging / CONFIG
    kept.write_text(without_secrets((workspace.root / CONFIG).read_text(encoding="utf-8")), encoding="utf-8")
    gathered.files[f"files/{CONFIG}"] = kept
    _whole_folder(workspace.root, _TABLES, gathered, staging)
    _whole_folder(workspace.root, _SAMPLES, gathered)
    _whole_folder(workspace.root, _QUALITY, gathered, staging)
    _whole_folder(workspace.root, _SCHEMES, gathered, staging)
    _whole_folder(workspace.root, _PLANS, gathered, staging)
    _whole_folder(workspace.root, _SALT, gathered, staging)
    _whole_folder(workspace.root, _COVARIATES, gathered)
    for folder in _DRAWN:
        _whole_folder(workspace.root, folder, gathered, staging)
    own = workspace.root / _CONVERSIONS
    if own.is_file():
        gathered.files[f"files/{_CONVERSIONS}"] = _aside(own, staging / "settings" / _CONVERSIONS)
    chosen = str(workspace.settings("ledger").get("rules", ""))
    if not chosen.lower().endswith(".toml"):
        return
    rules = workspace.root / chosen
    inside = rules.resolve().is_relative_to(workspace.root.resolve())
    if inside and rules.is_file():
        name = rules.resolve().relative_to(workspace.root.resolve()).as_posix()
        if f"files/{name}" not in gathered.files:
            gathered.files[f"files/{name}"] = _aside(rules, staging / "settings" / name)
    else:
        gathered.findings.append(Finding("BACKUP-OUTSIDE", Where(file=chosen), {"file": chosen}))


def without_secrets(settings: str) -> str:
    """Settings without the lines that say where the database is, and what proves the server to another service.

    Raises
    ------
    BadInput
        If one of these is more than a line.
    """
    kept, in_table = [], False
    for line in settings.splitlines(keepends=True):
        in_table = in_table or line.lstrip().startswith("[")
        key = line.partition("=")[0].strip()
        if key != _SECRET and (in_table or key != _DATABASE):
            kept.append(line)
    text = "".join(kept)
    whole = _unsecret(tomllib.loads(settings))
    whole.pop(_DATABASE, None)
    try:
        if tomllib.loads(text) == whole:
            return text
    except tomllib.TOMLDecodeError:
        pass
    raise BadInput("BACKUP-SETTINGS")


def _unsecret(table: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _unsecret(value) if isinstance(value, dict) else value for key, value in table.items() if key != _SECRET
    }


def _stored(root: Path, folder: str, gathered: _Gathered) -> None:
    """The files of a stored survey or layer; those that are missing are told."""
    from tilth.land import due_files
    from tilth.runtime import is_safe

    if not is_safe(f"files/{folder}") or not (root / folder).is_dir():
        gathered.findings.append(_damaged(folder, "-"))
        return
    due = due_files(root / folder)
    if not due:
        gathered.findings.append(_damaged(f"{folder}/meta.json", "-"))
    for name, digest in due.items():
        if not (root / folder / name).is_file():
            gathered.findings.append(_damaged(f"{folder}/{name}", "-"))
        elif digest:
            gathered.due[f"files/{folder}/{name}"] = digest
    _whole_folder(root, folder, gathered)


def _damaged(file: str, what: str) -> Finding:
    return Finding("BACKUP-DAMAGED-FILE", Where(file=file), {"what": what})


def _whole_folder(root: Path, folder: str, gathered: _Gathered, staging: Path | None = None) -> None:
    """Every file below a folder; what may change meanwhile is copied into `staging` first."""
    from tilth.runtime import is_safe

    for file in _files_below(root / folder):
        name = file.relative_to(root).as_posix()
        if not is_safe(f"files/{name}"):
            gathered.findings.append(Finding("BACKUP-NAME", Where(file=name), {"file": name}))
            continue
        gathered.files[f"files/{name}"] = file if staging is None else _aside(file, staging / "settings" / name)


def _files_below(folder: Path) -> Iterator[Path]:
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if Path(above, one) != folder / _JOBS)
        yield from (Path(above) / name for name in sorted(files) if not name.startswith("."))


def _aside(file: Path, copy: Path) -> Path:
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copy)
    return copy
