"""The soil survey's tables: area of each class with its interval, and classes by township and village."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tilth.core import AreaTable, BadInput, Label, label
from tilth.report.csvs import listing_csv, table_csv
from tilth.report.model import ListColumn, Listing, Yearbook
from tilth.report.xlsx import write_xlsx
from tilth.runtime import write_whole
from tilth.soil import ClassAreas

SOIL_FORMATS = ("xlsx", "csv")


def class_area_listing(areas: ClassAreas, classes: Sequence[Label]) -> Listing:
    """Area of each class, the interval of 90 % and the share; the last row is all land.

    Areas add up to the land to 0.01 m², shares to 100.00.
    """
    columns = (
        ListColumn("class", label("SOIL-TABLE-CLASS")),
        ListColumn("area_dm2", label("SOIL-TABLE-AREA"), "area"),
        ListColumn("area", label("SOIL-TABLE-AREA"), "hectares"),
        ListColumn("low", label("SOIL-TABLE-LOW"), "hectares"),
        ListColumn("high", label("SOIL-TABLE-HIGH"), "hectares"),
        ListColumn("share_pct", label("SOIL-TABLE-SHARE"), "mean"),
    )
    rows: list[tuple[object, ...]] = [
        (
            str(classes[one.number]) if one.number >= 0 else str(label("SOIL-AREAS-UNMAPPED")),
            one.area_dm2, one.area_dm2, one.low_dm2, one.high_dm2, one.share_bp,
        )
        for one in areas.rows
    ]  # fmt: skip
    whole = areas.total_dm2
    share = sum(one.share_bp for one in areas.rows)
    rows.append((str(label("SOIL-TABLE-TOTAL")), whole, whole, None, None, share))
    said = label(f"SOIL-AREAS-{areas.method.upper()}", places=areas.places)
    return Listing("class-areas", label("SOIL-TABLE-TITLE"), columns, tuple(rows), note=said)


def write_soil_tables(
    book: Yearbook, areas: Listing, table: AreaTable, folder: Path, formats: Sequence[str] = SOIL_FORMATS
) -> list[Path]:
    """The listing of `class_area_listing` and the table by region, as one workbook and as CSV.

    Raises
    ------
    BadInput
        For an unknown format, or if a file cannot be written.
    """
    unknown = [one for one in formats if one not in SOIL_FORMATS]
    if unknown:
        raise BadInput("REPORT-TABLE-FORMAT", format=unknown[0], known=", ".join(SOIL_FORMATS))
    written = []
    if "xlsx" in formats:
        written.append(write_xlsx(book, folder / "soil.xlsx", [areas]))
    if "csv" in formats:
        written.append(write_whole(folder / "class-areas.csv", listing_csv(areas)))
        written.append(write_whole(folder / f"{table.id}.csv", table_csv(table)))
    return written
