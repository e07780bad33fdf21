"""Surveys of squares in a row, and what is posted from them. Not a test."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from tilth import api
from tilth.runtime import Workspace

X, Y, SIDE = 38_400_000, 3_500_000, 100
FILE = dict[str, list[Any]]


def survey(path: Path, *parcels: tuple[str, str, float, float], year: int, gddb: int | None = None) -> Path:
    """Parcels (id, class, column, width in columns) of one row of squares of 1 ha."""
    shapes = [shapely.box(X + SIDE * at, Y, X + SIDE * (at + width), Y + SIDE) for _, _, at, width in parcels]
    rows: FILE = {
        "BSM": [name for name, *_ in parcels], "DLBM": [code for _, code, *_ in parcels], "SJNF": [year] * len(parcels),
        "ZLDWDM": ["9999010010010000000"] * len(parcels), "TBMJ": [shape.area for shape in shapes],
        "KCXS": [0.0] * len(parcels),
    }  # fmt: skip
    if gddb is not None:
        rows["GDDB"] = [gddb if code.startswith("01") else None for _, code, *_ in parcels]
    gpd.GeoDataFrame(rows, geometry=shapes, crs=4526).to_file(path)
    return path


BEFORE = [("a", "0103", 0, 1), ("b", "0101", 1, 2), ("c", "0201", 3, 1), ("d", "0103", 4, 1), ("e", "0301", 5, 1),
          ("f", "0103", 6, 1), ("g", "0103", 7, 1), ("h", "1003", 8, 1)]  # fmt: skip
AFTER = [("a", "0103", 0, 1), ("b1", "0101", 1, 1), ("b2", "0601", 2, 1), ("c", "0103", 3, 1), ("d2", "1101", 4, 1),
         ("e2", "0305", 5, 1), ("f2", "0702", 6, 1), ("g2", "1202", 7, 1), ("h", "1003", 8, 1)]  # fmt: skip


def post(place: Workspace, **more: Any) -> api.FlowPosted:
    return api.ledger_post_flows(place, before=2023, after=2024, author="Li", **more)


def records(place: Workspace, tmp_path: Path, *rows: tuple[str, str, str, str, str]) -> None:
    """A record of changes: parcel before, parcel after, cause, document, day."""
    path = tmp_path / "changes.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("BGQTBBSM", "BGHTBBSM", "cause", "document", "act_date", "TBBGMJ"))
        writer.writerows((*row, "10000") for row in rows)
    api.import_changes(place, path, year=2024)


def kinds_of(done: api.FlowPosted) -> dict[str, str]:
    return {one.geometry: one.kind for one in done.entries if one.geometry}
