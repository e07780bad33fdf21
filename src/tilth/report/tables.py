"""Tables by themselves, in one file or a folder of them: what `accounts` and `flows` write when asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tilth.core import AreaTable, BadInput
from tilth.report.csvs import listing_csv, table_csv
from tilth.report.listings import change_listing
from tilth.report.model import Yearbook
from tilth.report.text import as_json, as_text
from tilth.report.xlsx import write_xlsx
from tilth.runtime import write_whole

TABLE_FORMATS = ("text", "json", "csv", "xlsx")


def write_tables(
    tables: Sequence[AreaTable],
    format: str,
    out: Path | None,
    *,
    book: Yearbook,
) -> list[Path]:
    """Write `tables` as text, JSON or a workbook to the file `out`, or as CSV into the folder `out`.

    Parameters
    ----------
    out
        `tables.<format>` in the present folder (for CSV the folder `tables`) if None.
    book
        What stands around the tables in a workbook: title, unit, year, provenance, findings; its change list is also
        written as CSV.

    Raises
    ------
    BadInput
        For an unknown format, or if a file cannot be written.
    """
    if format not in TABLE_FORMATS:
        raise BadInput("REPORT-TABLE-FORMAT", format=format, known=", ".join(TABLE_FORMATS))
    if format == "csv":
        return _csvs(tables, out or Path("tables"), book.change_list)
    target = out or Path(f"tables.{ {'text': 'txt'}.get(format, format) }")
    if format == "text":
        return [write_whole(target, "\n\n".join(as_text(one, "m2") for one in tables).encode())]
    if format == "json":
        return [
            write_whole(target, json.dumps([as_json(one) for one in tables], ensure_ascii=False, indent=1).encode())
        ]
    return [write_xlsx(replace(book, tables=tuple(tables)), target)]


def _csvs(tables: Sequence[AreaTable], folder: Path, changes: pd.DataFrame | None) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput("REPORT-FOLDER", folder=str(folder), why=error.strerror or str(error)) from error
    files = [write_whole(folder / f"table-{one.id}.csv", table_csv(one)) for one in tables]
    if changes is not None:
        files.append(write_whole(folder / "change-list.csv", listing_csv(change_listing(changes))))
    return files
