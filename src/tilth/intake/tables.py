"""Tables without geometry: CSV in any encoding and delimiter, workbooks old and new, .dbf. Text stays text."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tilth.core import BadInput, Finding, NeedsAnswer, Where
from tilth.intake import ogr
from tilth.intake.archive import MB, find, unpacked
from tilth.intake.dbf import Dbf
from tilth.intake.encoding import asked_codec, decide, decode_latin1, language_driver, read_text
from tilth.intake.model import Rejected, Table
from tilth.intake.vector import local, sha256
from tilth.land import Source

Cells = list[list[Any]]
_DELIMITERS = ",\t;|，"
_LIMIT_MB = 1_000
_WORKBOOK_LIMIT_MB = 2_000  # unpacked
_MOST_COLUMNS = 4_096
#: A number that reads back as it was written: no leading zero, no more digits than a float holds.
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})")
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,14}|(?=\.\d))(\.\d*)?([eE][-+]\d{1,3})?")


def read_table(path: str | Path, *, sheet: str | None = None, encoding: str | None = None) -> Table:
    """A table from a CSV, TSV, xlsx, xls or .dbf file, or from the only such file in a zip.

    The first row that is not empty is the header. A column becomes numbers only if every cell of it is one and no
    digit is lost by that: codes with a leading zero stay text. Empty cells are missing values.

    Parameters
    ----------
    sheet
        Which sheet, where several hold rows.
    encoding
        In which encoding the text is, where the file does not say or is wrong.

    Raises
    ------
    BadInput
        If the file cannot be read.
    NeedsAnswer
        If several sheets hold rows.
    """
    place = local(path)
    if encoding:
        asked_codec(encoding)
    with _file(place) as file:
        try:
            table = _READERS[file.suffix.lower()](file, sheet, encoding)
        except OSError as error:
            reason = error.strerror or "not accessible"
            raise BadInput("INTAKE-UNREADABLE", file=place.name, reason=reason) from None
    digest = sha256(place)
    return replace(table, sources=tuple(replace(one, name=place.name, sha256=digest) for one in table.sources))


@contextmanager
def _file(place: Path) -> Iterator[Path]:
    known = frozenset(_READERS)
    if place.suffix.lower() in known and place.is_file():
        yield place
        return
    if place.suffix.lower() != ".zip" or not place.is_file():
        raise BadInput("INTAKE-FORMAT-UNKNOWN", file=place.name, known=", ".join(sorted(s[1:] for s in known)))
    with unpacked(place) as folder:
        found = find(folder, known - {".txt"}) or find(folder, frozenset({".txt"}))
        if not found:
            raise BadInput("INTAKE-NO-CANDIDATE", file=place.name, known=", ".join(sorted(s[1:] for s in known)))
        if len(found) > 1:
            names = ", ".join(file.name for file in found)
            raise NeedsAnswer("INTAKE-LAYER-WHICH", file=place.name, layers=names)
        yield found[0]


def _csv(path: Path, sheet: str | None, encoding: str | None) -> Table:
    size = path.stat().st_size
    if size > _LIMIT_MB * MB:
        raise BadInput("INTAKE-TOO-LARGE", file=path.name, size_mb=size // MB, limit_mb=_LIMIT_MB)
    raw = path.read_bytes()
    if b"\0" in raw[:4096] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("INTAKE-FORMAT-FALSE", file=path.name, expected="text (CSV)")
    text, decision = read_text(raw, file=path.name, asked=encoding)
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    csv.field_size_limit(10_000_000)
    try:
        cells = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text)))
    except csv.Error as error:
        raise ogr.unreadable(path, error) from None
    source = Source(path.name, "", "", decision.codec, "CSV")
    return _table(cells, source, decision.findings, lines=True)


def delimiter(text: str) -> str:
    """What separates the cells: the sign that splits the first lines most evenly, and into most parts."""
    lines = [line for line in text.split("\n", 60)[:50] if line.strip()]
    best, score = ",", (0.0, 0)
    for sign in _DELIMITERS:
        counts = [len(row) - 1 for row in csv.reader(lines, delimiter=sign)]
        if counts and counts[0] > 0:
            even = sum(count == counts[0] for count in counts) / len(counts)
            score, best = max((score, best), ((even, counts[0]), sign), key=lambda pair: pair[0])
    return best


def _xlsx(path: Path, sheet: str | None, encoding: str | None) -> Table:
    import openpyxl

    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(member.file_size for member in packed.infolist())
        if size > _WORKBOOK_LIMIT_MB * MB:
            raise BadInput("INTAKE-TOO-LARGE", file=path.name, size_mb=size // MB, limit_mb=_WORKBOOK_LIMIT_MB)
        with ogr.noted([]):
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                sheets = {
                    one.title: [list(row[:_MOST_COLUMNS]) for row in one.iter_rows(values_only=True)]
                    for one in book.worksheets
                    if sheet is None or one.title == sheet or sheet not in book.sheetnames
                }
            finally:
                book.close()
    except BadInput:
        raise
    except Exception as error:  # noqa: BLE001  openpyxl lets whatever its parsers raise through
        raise ogr.unreadable(path, error) from None
    return _sheet(path, sheets, sheet, "xlsx")


def _xls(path: Path, sheet: str | None, encoding: str | None) -> Table:
    import xlrd

    try:
        with open(os.devnull, "w", encoding="utf-8") as silence, ogr.noted([]):
            override = asked_codec(encoding) if encoding else None
            book = xlrd.open_workbook(str(path), logfile=silence, encoding_override=override)
            sheets = {
                one.name: [_xls_row(one, row, book.datemode) for row in range(one.nrows)] for one in book.sheets()
            }
    except Exception as error:  # noqa: BLE001  xlrd raises anything on damaged files
        raise ogr.unreadable(path, error) from None
    return _sheet(path, sheets, sheet, "xls")


def _xls_row(sheet: Any, row: int, datemode: int) -> list[Any]:
    import xlrd

    cells: list[Any] = []
    for kind, value in zip(sheet.row_types(row), sheet.row_values(row), strict=True):
        if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR):
            cells.append(None)
        elif kind == xlrd.XL_CELL_DATE:
            try:
                cells.append(xlrd.xldate_as_datetime(value, datemode))
            except (ValueError, OverflowError):
                cells.append(value)
        elif kind == xlrd.XL_CELL_NUMBER and float(value).is_integer():
            cells.append(int(value))
        else:
            cells.append(value)
    return cells


def _sheet(path: Path, sheets: dict[str, Cells], asked: str | None, driver: str) -> Table:
    """The sheet asked for, or the only one with rows."""
    filled = {name: cells for name, cells in sheets.items() if sum(not _blank(row) for row in cells) > 1}
    if asked is not None:
        if asked not in sheets:
            raise BadInput("INTAKE-SHEET-UNKNOWN", file=path.name, sheet=asked, sheets=", ".join(sheets))
        filled = {asked: sheets[asked]}
    if len(filled) > 1:
        names = ", ".join(f"{name} ({len(cells) - 1})" for name, cells in filled.items())
        raise NeedsAnswer("INTAKE-SHEET-WHICH", file=path.name, sheets=names)
    for name, cells in filled.items():
        return _table(cells, Source(path.name, "", name, "", driver), ())
    raise BadInput("INTAKE-EMPTY", file=path.name)


def _dbf(path: Path, sheet: str | None, encoding: str | None) -> Table:
    dbf = Dbf.open(path)
    if dbf.declared - dbf.held > 200_000:
        raise BadInput("INTAKE-SHP-HEADER", file=path.name, declared=dbf.declared, held=dbf.held)
    cpg = path.with_suffix(".cpg")
    stated = cpg.read_bytes()[:40].decode("latin-1").strip("ï»¿ \r\n\t\0") if cpg.is_file() else ""
    decision = decide(dbf.texts(), file=path.name, declared=stated, asked=encoding, hint=language_driver(dbf.language))
    deleted = dbf.deleted()
    kept = np.flatnonzero(~deleted)
    names: list[str] = []
    columns: list[Any] = []
    findings = list(decision.findings)
    for index, one in enumerate(dbf.fields):
        name = one.name.decode(decision.codec, errors="replace").strip() or f"column_{index + 1}"
        values, broken = decode_latin1(pd.Series(dbf.column(index), dtype=object), decision.codec)
        if broken:
            values_said = {"count": broken, "field": name, "encoding": decision.codec}
            findings.append(Finding("INTAKE-TEXT-BROKEN", Where(file=path.name), values_said))
        text = [value or None for value in values]
        columns.append(typed_column([text[row] for row in kept], numbers=one.type in "NFIBO"))
        names.append(name)
    names, given = _unique(names)
    frame = pd.DataFrame(dict(zip(names, columns, strict=True)), index=range(len(kept)))
    frame["source_row"] = kept.astype(np.int64) + 1
    rejected = [Rejected(int(row) + 1, "INTAKE-ROW-DELETED") for row in np.flatnonzero(deleted)]
    rejected += [Rejected(row + 1, "INTAKE-ROW-MISSING") for row in range(dbf.held, dbf.declared)]
    findings += _named(given, path.name)
    source = Source(path.name, "", "", decision.codec, "dBASE")
    return Table(frame, None, (source,), dbf.declared, tuple(rejected), tuple(findings), "dBASE")


def _blank(row: Sequence[Any]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in row)


def _table(cells: Cells, source: Source, findings: Sequence[Finding], *, lines: bool = False) -> Table:
    """The table that rows of cells are: header in the first row with anything in it, blank rows left out.

    `source_row` counts the rows below the header, from 1; blank ones are no rows.
    """
    rows = [row for row in cells if not _blank(row)]
    if not rows:
        raise BadInput("INTAKE-EMPTY", file=source.name)
    width = max(len(row) for row in rows)
    if width > _MOST_COLUMNS:
        raise BadInput("INTAKE-UNREADABLE", file=source.name, reason=f"{width} columns")
    header, *body = rows
    names, given = _unique(
        [str(cell).strip() if cell is not None else "" for cell in header] + [""] * (width - len(header))
    )
    columns = {}
    for index, name in enumerate(names):
        column = [_cell(row[index]) if index < len(row) else None for row in body]
        if name in given and not any(cell is not None for cell in column):
            given = [one for one in given if one != name]
            continue  # a column without a name and without anything in it is no column
        columns[name] = typed_column(column, numbers=True) if lines else _as_it_is(column)
    frame = pd.DataFrame(columns, index=range(len(body)))
    frame["source_row"] = np.arange(1, len(body) + 1, dtype=np.int64)
    said = (*findings, *_named(given, source.name), *_with_blanks(header, source.name))
    return Table(frame, None, (source,), len(frame), (), said, source.driver)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _as_it_is(column: list[Any]) -> Any:
    """A workbook's column: numbers if all cells are numbers, else text as the cells show it."""
    present = [cell for cell in column if cell is not None]
    text = [None if cell is None else _shown(cell) for cell in column]
    kinds = {type(cell) for cell in present}
    return typed_column(text, numbers=kinds <= {int, float} or kinds == {str})


def _shown(cell: Any) -> str:
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, dt.datetime | dt.date | dt.time) else str(cell)


def typed_column(cells: list[str | None], *, numbers: bool) -> Any:
    """Text as nullable whole numbers or floats where every cell is one and nothing is lost, else as text.

    >>> typed_column(["0101", "0102"], numbers=True).tolist(), typed_column(["7", None], numbers=True).tolist()
    (['0101', '0102'], [7, <NA>])
    """
    present = [cell for cell in cells if cell is not None]
    if numbers and present:
        if all(_WHOLE.fullmatch(cell) for cell in present):
            return pd.array([pd.NA if cell is None else int(cell) for cell in cells], dtype="Int64")
        if all(_DECIMAL.fullmatch(cell) for cell in present):
            return np.array([np.nan if cell is None else float(cell) for cell in cells], dtype=np.float64)
    return pd.array(cells, dtype="str")


def _unique(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names made present and unique, and those that were made up."""
    taken: set[str] = {"source_row"}
    out, given = [], []
    for index, name in enumerate(names):
        stem = name or f"column_{index + 1}"
        unique, count = stem, 1
        while unique in taken:
            count += 1
            unique = f"{stem}_{count}"
        taken.add(unique)
        out.append(unique)
        given += [unique] if unique != name else []
    return out, given


def _named(given: Sequence[str], file: str) -> list[Finding]:
    return [Finding("INTAKE-NAME-GIVEN", Where(file=file), {"fields": ", ".join(given)})] if given else []


def _with_blanks(header: Sequence[Any], file: str) -> list[Finding]:
    """What there is to say about headings whose blanks were left off: a program that looks for them finds others."""
    fields = [f"'{cell}'" for cell in header if isinstance(cell, str) and cell.strip() and cell != cell.strip()]
    return [Finding("INTAKE-NAME-BLANKS", Where(file=file), {"fields": ", ".join(fields)})] if fields else []


_READERS: dict[str, Callable[[Path, str | None, str | None], Table]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".txt": _csv,
    ".xlsx": _xlsx,
    ".xlsm": _xlsx,
    ".xls": _xls,
    ".dbf": _dbf,
}
