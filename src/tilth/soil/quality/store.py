"""The quality register in a workspace: a folder for each table of a year, and what they say together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tilth.core import BadInput, Finding, NotFound
from tilth.runtime import Workspace, settle, write_whole
from tilth.soil.quality.columns import LEVEL, PROVENANCE, register_columns
from tilth.soil.quality.reading import QualityRows
from tilth.soil.samples.reading import SetAside
from tilth.soil.samples.store import damaged, sha256_of

FOLDER = "quality"
ROWS, ASIDE, FINDINGS, META = "rows.parquet", "quarantine.jsonl", "findings.jsonl", "meta.json"


@dataclass(frozen=True)
class QualityMeta:
    """What a table of the register is. Rows in = rows stored + rows quarantined, always."""

    year: int
    label: str
    sources: tuple[Mapping[str, str], ...]  # name and SHA-256 of each file
    columns: Mapping[str, Mapping[str, str]]  # column → heading and unit of the file
    rows_in: int
    rows_stored: int
    rows_quarantined: int
    survey: str  # id of the survey whose parcels they are
    version: str  # of the software that wrote it
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.rows_in == self.rows_stored + self.rows_quarantined, self


@dataclass(frozen=True)
class QualityTable:
    """One table of the register as it is stored."""

    id: str
    meta: QualityMeta
    frame: pd.DataFrame  # as `QualityRows.frame`
    aside: tuple[SetAside, ...]
    findings: tuple[Finding, ...]
    number: int = 0  # its place among the tables of the workspace: a later one takes the place of what it has
    replaces: bool = False  # does it take the place of all that came before in its year?


@dataclass(frozen=True)
class Register:
    """What is known of the parcels of one year: one row for each parcel asked for, the columns that some table has.

    Nothing known is NaN for numbers and "" for levels. For each column there are id.source, id.date, id.confidence.
    """

    year: int
    frame: pd.DataFrame  # parcel_id first
    tables: tuple[str, ...]  # ids, the oldest first

    def __len__(self) -> int:
        return len(self.frame)


def quality_table(
    rows: QualityRows, *, year: int, label: str, sources: Sequence[Mapping[str, str]], survey: str, version: str,
    extra: Mapping[str, Any],
) -> QualityTable:  # fmt: skip
    """A table of what was read, ready to be stored."""
    columns = {id: {"heading": read.heading, "unit": read.unit} for id, read in rows.headings.values.items()}
    meta = QualityMeta(
        year, label, tuple(dict(one) for one in sources), columns, rows.rows_in, len(rows.frame), len(rows.aside),
        survey, version, dict(extra),
    )  # fmt: skip
    return QualityTable(_id(meta, rows.frame), meta, rows.frame, rows.aside, rows.findings)


def _id(meta: QualityMeta, rows: pd.DataFrame) -> str:
    """SHA-256 over the meta and every value, in row order; hexadecimal."""
    digest = hashlib.sha256(json.dumps(asdict(meta), sort_keys=True, ensure_ascii=False).encode())
    for name in sorted(rows.columns):
        digest.update(name.encode())
        digest.update("\x1f".join(map(repr, rows[name].tolist())).encode())
    return digest.hexdigest()


def put_quality(workspace: Workspace, table: QualityTable, *, replaces: bool = False) -> None:
    """Store a table as the newest of its year. The same content again is moved to that place, and mended if damaged.

    Raises
    ------
    BadInput
        If it cannot be written.
    """
    folder = workspace.root / FOLDER / f"{table.meta.year}-{table.id[:16]}"
    with workspace.writing():
        order = {"number": _next(workspace), "replaces": replaces}
        try:
            if folder.is_dir() and _whole(folder):
                record = {**_record(folder), **order}
                write_whole(folder / META, _as_text(record).encode())
                return
            with workspace.staging() as staged:
                _write(table, staged / "quality", order)
                settle(staged / "quality", folder)
        except (OSError, ValueError, TypeError) as error:
            why = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise BadInput("LAND-SNAPSHOT-UNWRITABLE", why=why) from error


def _write(table: QualityTable, folder: Path, order: Mapping[str, Any]) -> None:
    folder.mkdir()
    table.frame.to_parquet(folder / ROWS, index=False)
    _lines(folder / ASIDE, [asdict(one) for one in table.aside])
    _lines(folder / FINDINGS, [one.as_record() for one in table.findings])
    files = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
    record = {"id": table.id, **asdict(table.meta), "files": files, **order}
    (folder / META).write_text(_as_text(record), encoding="utf-8")


def _as_text(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, indent=1)


def _lines(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    path.write_text(
        "".join(json.dumps(one, ensure_ascii=False, default=str) + "\n" for one in records), encoding="utf-8"
    )


def quality_years(workspace: Workspace) -> dict[int, list[dict[str, Any]]]:
    """The tables that each year uses, as records without their rows, the oldest first."""
    found: dict[int, list[dict[str, Any]]] = {}
    folder = workspace.root / FOLDER
    records = [_record(path.parent) for path in folder.glob(f"*/{META}")] if folder.is_dir() else []
    for record in sorted(records, key=lambda one: one["number"]):
        before = [] if record["replaces"] else found.get(record["year"], [])
        found[record["year"]] = [*before, record]
    return dict(sorted(found.items()))


def quality_register(workspace: Workspace, year: int, parcels: npt.NDArray[np.object_]) -> Register:
    """What the tables of a year say together of `parcels`, in their order; a later table counts where it has a value.

    Raises
    ------
    NotFound
        If there is no table of that year.
    BadInput
        If the files of one are missing, damaged or not what was stored.
    """
    years = quality_years(workspace)
    if year not in years:
        known = ", ".join(map(str, years)) or "-"
        raise NotFound("QUALITY-NO-YEAR", year=year, known=known)
    tables = [_read(workspace.root / FOLDER / f"{year}-{record['id'][:16]}") for record in years[year]]
    out: dict[str, Any] = {"parcel_id": parcels}
    place = pd.Series(np.arange(len(parcels)), index=parcels)
    at = []
    for one in tables:
        rows = one.frame["parcel_id"].map(place)
        at.append((one.frame[rows.notna().to_numpy()], rows.dropna().to_numpy(dtype=np.int64)))
    for id, column in register_columns().items():
        if not any(id in frame for frame, _ in at):
            continue
        words = column.kind == LEVEL
        values = np.full(len(parcels), "" if words else np.nan, dtype=object if words else np.float64)
        said = {says: np.full(len(parcels), "", dtype=object) for says in PROVENANCE}
        for frame, rows in at:
            if id not in frame:
                continue
            new = frame[id].to_numpy(dtype=values.dtype)
            given = new != "" if words else np.isfinite(new)
            values[rows[given]] = new[given]
            for says, held in said.items():
                held[rows[given]] = frame[f"{id}.{says}"].to_numpy(dtype=object)[given]
        out[id] = values
        out |= {f"{id}.{says}": held for says, held in said.items()}
    return Register(year, pd.DataFrame(out), tuple(one.id for one in tables))


def _read(folder: Path) -> QualityTable:
    record = _record(folder)
    try:
        for name, digest in record["files"].items():
            if sha256_of(folder / name) != digest:
                raise ValueError(f"{name}: SHA-256")
        rows = pd.read_parquet(folder / ROWS)
        aside = tuple(SetAside(**one) for one in _read_lines(folder / ASIDE))
        findings = tuple(Finding.from_record(one) for one in _read_lines(folder / FINDINGS))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(folder, error) from error
    rest = {key: value for key, value in record.items() if key not in ("id", "files", "number", "replaces")}
    meta = QualityMeta(**{**rest, "sources": tuple(rest["sources"])})
    return QualityTable(record["id"], meta, rows, aside, findings, record["number"], record["replaces"])


def _read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _record(folder: Path) -> dict[str, Any]:
    try:
        record = dict(json.loads((folder / META).read_text(encoding="utf-8")))
        return {**record, "year": int(record["year"]), "number": int(record["number"])}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise damaged(folder, error) from error


def _next(workspace: Workspace) -> int:
    return 1 + max((one["number"] for tables in quality_years(workspace).values() for one in tables), default=0)


def _whole(folder: Path) -> bool:
    try:
        _read(folder)
    except BadInput:
        return False
    return True
