"""CSV files for machines: codes in the header with their unit, exact decimals, UTF-8."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from tilth.core import AreaTable, in_units, safe_cell
from tilth.report.cells import hundredths, shown_cells
from tilth.report.listings import all_listings
from tilth.report.model import Listing, Yearbook
from tilth.runtime import write_whole


def _bytes(rows: Iterable[Sequence[str]], bom: bool) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8-sig" if bom else "utf-8", errors="backslashreplace")


def table_csv(table: AreaTable, unit: str = "m2", *, bom: bool = True) -> bytes:
    """One table: key columns, depth, then one column for each code with its unit ("0101_m2").

    Numbers are written from whole hundredths, so none is rounded twice. `unit` is "m2" or "ha".
    """
    head = [one.en for one in table.key_columns] + ["depth"] + [f"{one.code}_{unit}" for one in table.columns]
    rows = [head]
    for row, cells in zip(table.rows, shown_cells(table, unit).tolist(), strict=True):
        rows.append([*map(safe_cell, row.key), str(row.depth), *map(hundredths, cells)])
    return _bytes(rows, bom)


def _list_text(value: object, kind: str) -> str:
    if value is None:
        return ""
    if kind in ("area", "mean"):
        return hundredths(int(str(value)))
    if kind == "hectares":
        return str(in_units(int(str(value)), "ha"))
    if kind == "fine":
        return str(in_units(int(str(value)), "ha", 4))
    return str(value) if kind in ("count", "number") else safe_cell(str(value))


def listing_csv(listing: Listing, *, bom: bool = True) -> bytes:
    """One list: column codes in the header, areas with their unit."""
    units = {"area": "_m2", "hectares": "_ha", "fine": "_ha"}
    head = []
    for column in listing.columns:
        stem = column.code.removesuffix("_dm2").removesuffix("_m2") if column.kind == "area" else column.code
        stem = stem.removesuffix("_ha") if column.kind == "fine" else stem
        head.append(stem + units.get(column.kind, ""))
    body = (
        [_list_text(value, column.kind) for value, column in zip(row, listing.columns, strict=True)]
        for row in listing.rows
    )
    return _bytes([head, *body], bom)


def write_csvs(book: Yearbook, folder: Path, *, bom: bool = True) -> list[Path]:
    """One file for each table in m², one in ha, and one for each list, into `folder`."""
    written = []
    for number, table in enumerate([*book.tables, *book.flows], start=1):
        stem = f"{number:02d}-{table.id}"
        for unit in ("m2", "ha"):
            written.append(write_whole(folder / f"{stem}-{unit}.csv", table_csv(table, unit, bom=bom)))
    for listing in all_listings(book):
        written.append(write_whole(folder / f"{listing.id}.csv", listing_csv(listing, bom=bom)))
    return written
