"""The account of a salinity map as files: area of each class with its interval, and classes by township and village."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tilth.api.accounting import unit_name
from tilth.api.soil_mapping import PARCELS
from tilth.core import AreaTable, BadInput, Column, Label, Row, label, language, plain_cell, speaking

if TYPE_CHECKING:
    from tilth.api.soil_mapping import SoilMapped
    from tilth.core import IntArray
    from tilth.runtime import Workspace


def soil_by_region(workspace: Workspace, mapped: SoilMapped, classes: Sequence[Label], *, year: int) -> AreaTable:
    """Area of each class of salinity in the county, its townships and villages; every row adds up to its land.

    Raises
    ------
    BadInput
        If the map was made without parcels.
    """
    import numpy as np

    from tilth.land import Store

    store = Store(workspace)
    ids, parts = _parts(mapped.folder / PARCELS)
    held = store.survey(year).parcels
    region = dict(zip(held["parcel_id"].astype(str), held["region_code"].astype(str), strict=True))
    codes = np.array([region.get(one, "") for one in ids])
    tree = store.regions()
    rows, cells = [], []
    for depth, code in _regions(workspace.region, sorted(set(codes))):
        name = tree[code].name if code in tree else unit_name(workspace)
        rows.append(Row((name, code), depth))
        inside = np.char.startswith(codes, code)
        own = parts[inside].sum(axis=0)
        cells.append([int(own.sum()), *own.tolist()])
    columns = (Column("total", label("SOIL-TABLE-TOTAL")), *map(Column, _codes(classes), classes))
    return AreaTable(
        "soil-classes", label("SOIL-TABLE-REGIONS"), (label("SOIL-TABLE-REGION"), label("SOIL-TABLE-CODE")),
        (*columns, Column("unmapped", label("SOIL-AREAS-UNMAPPED"))), tuple(rows), np.array(cells, dtype=np.int64),
    )  # fmt: skip


def write_soil_account(
    workspace: Workspace, mapped: SoilMapped, classes: Sequence[Label], folder: str | Path, *, year: int,
    formats: Sequence[str] = ("xlsx", "csv"), lang: str | None = None,
) -> list[Path]:  # fmt: skip
    """`soil.xlsx`, and `class-areas.csv` and `soil-classes.csv`, in `folder`.

    Raises
    ------
    BadInput
        If the map was made without parcels, or a file cannot be written.
    """
    from datetime import UTC, datetime

    from tilth import __version__
    from tilth.land import Store
    from tilth.report import Provenance, Yearbook, class_area_listing, write_soil_tables

    if mapped.areas is None:
        raise BadInput("SOIL-UNITS-NO-MAP", name=mapped.folder.name, known="-")
    with speaking(lang or language()):
        table = soil_by_region(workspace, mapped, classes, year=year)
        book = Yearbook(
            title=label("SOIL-TABLE-TITLE"), unit=unit_name(workspace), year=year,
            provenance=Provenance.of(__version__, [], [Store(workspace).survey(year)]),
            made_on=datetime.now(UTC).date().isoformat(), tables=(table,),
        )  # fmt: skip
        return write_soil_tables(book, class_area_listing(mapped.areas, classes), table, Path(folder), formats)


def _codes(classes: Sequence[Label]) -> list[str]:
    """What the columns of classes are called in files: their names, and their place too where two are the same."""
    names = ["-".join(one.en.split()) for one in classes]
    return [name if names.count(name) == 1 else f"{at}-{name}" for at, name in enumerate(names, start=1)]


def _parts(file: Path) -> tuple[list[str], IntArray]:
    """Parcels of a map and (n, classes + 1) their area by class, the last what is not mapped. [dm²]"""
    import numpy as np

    if not file.exists():
        raise BadInput("SOIL-UNITS-NO-MAP", name=file.parent.name, known="-")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    wanted = [name for name in rows[0] if name.startswith("m2 ")]
    parts = [[int(Decimal(row[name]) * 100) for name in wanted] for row in rows]
    return [plain_cell(row["parcel_id"]) for row in rows], np.array(parts, dtype=np.int64)


def _regions(top: str, codes: Sequence[str]) -> list[tuple[int, str]]:
    """The county, then each township with its villages: depth and code."""
    found: list[tuple[int, str]] = [(0, top)]
    township = ""
    for code in codes:
        if code[:9] != township:
            township = code[:9]
            found.append((1, township))
        found.append((2, code[:12]))
    return list(dict.fromkeys(found))
