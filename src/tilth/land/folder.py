"""The folder of a stored snapshot: its rows, its quarantine, its findings, and the SHA-256 of each beside its meta."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tilth.core import BadInput, Finding, message
from tilth.land.rows import StoredAside, StoredRows, damaged, write_rows
from tilth.land.snapshot import Draft, Meta, Snapshot

ROWS, QUARANTINE, FINDINGS, META = "rows.parquet", "quarantine.parquet", "findings.jsonl", "meta.json"
#: Key of the meta file under which the SHA-256 of the other files stand. Older workspaces have none.
_FILES = "files"


def write_folder(draft: Draft, folder: Path) -> None:
    """Write `draft` as a new folder.

    Raises
    ------
    BadInput
        If the rows do not fit the format.
    OSError
        If the disk does not take them.
    """
    meta = draft.meta
    assert len(draft.parcels) == meta.rows_stored, (len(draft.parcels), meta.rows_stored)
    assert len(draft.quarantine) == meta.rows_quarantined, (len(draft.quarantine), meta.rows_quarantined)
    folder.mkdir()
    try:
        write_rows(draft.parcels, folder / ROWS)
        draft.quarantine.to_parquet(folder / QUARANTINE, index=False)
    except (ValueError, TypeError) as error:
        raise BadInput("LAND-SNAPSHOT-UNWRITABLE", why=str(error).splitlines()[0]) from error
    lines = [json.dumps(finding.as_record(), ensure_ascii=False) + "\n" for finding in draft.findings]
    (folder / FINDINGS).write_text("".join(lines), encoding="utf-8")
    record = {**meta.as_record(), _FILES: {name: _sha256(folder / name) for name in (ROWS, QUARANTINE, FINDINGS)}}
    (folder / META).write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")


def read_folder(folder: Path, name: str) -> Snapshot:
    """The snapshot `name` that `folder` holds.

    Raises
    ------
    BadInput
        If its files are missing, damaged, or no longer what was stored.
    """
    record = _record(folder)
    meta = _meta(folder, record)
    try:
        files = dict(record.get(_FILES, {}))
        with ThreadPoolExecutor() as pool:  # their digests while the rows are read
            digests = {file: pool.submit(_sha256, folder / file) for file in files}
            try:
                lines = (folder / FINDINGS).read_text(encoding="utf-8").splitlines()
                findings = tuple(Finding.from_record(json.loads(line)) for line in lines)
                rows, aside = StoredRows(folder / ROWS), StoredAside(folder / QUARANTINE)
                attributes = rows.attributes
            finally:  # a file that is not what was stored is told rather than what reading it led to
                for file, digest in digests.items():
                    if digest.result() != files[file]:
                        raise ValueError(message("LAND-FILE-CHANGED", file=file))
        if not files:  # no digest tells whether it can be read
            assert aside.frame is not None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(folder, error) from error
    if len(attributes) != meta.rows_stored or int(attributes["area_dm2"].sum()) != meta.area_dm2:
        raise damaged(folder, f"{len(attributes)} rows, {meta.rows_stored} expected")
    return Snapshot(name, meta, rows, findings, aside)


def stamp(folder: Path) -> tuple[tuple[int, int], ...]:
    """What changes when somebody writes to the files of a stored snapshot: times and sizes; empty if one is missing."""
    try:
        about = [(folder / name).stat() for name in (META, ROWS, QUARANTINE, FINDINGS)]
    except OSError:
        return ()
    return tuple((one.st_mtime_ns, one.st_size) for one in about)


def read_meta(folder: Path) -> Meta:
    """What the snapshot in `folder` is, without its rows.

    Raises
    ------
    BadInput
        If its file is missing or damaged.
    """
    return _meta(folder, _record(folder))


def is_whole(folder: Path) -> bool:
    """Can the snapshot in `folder` be read, and is it what was stored?"""
    try:
        assert read_folder(folder, "").parcels is not None
    except BadInput:
        return False
    return True


def _record(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / META).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise damaged(folder, error) from error


def _meta(folder: Path, record: dict[str, Any]) -> Meta:
    try:
        return Meta.from_record({key: value for key, value in record.items() if key != _FILES})
    except (AssertionError, KeyError, TypeError) as error:
        raise damaged(folder, error) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
