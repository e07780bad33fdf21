"""Small counties to count on paper, and strategies for random ones."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st

from tilth.land import (
    PARCEL_COLUMNS,
    Meta,
    Region,
    RegionTree,
    Snapshot,
    code_system,
    ridge_deduction,
    tree_from_codes,
    typed,
)
from tilth.overlay import PieceTable, engine_area

COUNTY = Region("650102", "Wheatfield", "county")
VILLAGES = ("650102001001", "650102001002", "650102002001")
TREE = tree_from_codes(VILLAGES, COUNTY)
SD2017 = code_system("sd2017")
CRS = "EPSG:4527"
FARMLAND = ("0101", "0102", "0103")


def parcels(*rows: dict[str, Any]) -> pd.DataFrame:
    """A parcel frame; areas in m² (`m2`), ridges recomputed."""
    frame = pd.DataFrame(rows) if rows else pd.DataFrame({"m2": []})
    frame["area_dm2"] = np.rint(frame.pop("m2").astype(float) * 100).astype(np.int64)
    ridge = frame["ridge_coef"] if "ridge_coef" in frame else pd.Series(0.0, index=frame.index)
    frame["ridge_coef"] = ridge.fillna(0.0).astype(float)
    if "parcel_id" not in frame:
        frame["parcel_id"] = [f"p{number}" for number in range(len(frame))]
    frame["source_row"] = np.arange(1, len(frame) + 1)
    if "region_code" not in frame:
        frame["region_code"] = VILLAGES[0]
    frame = typed(frame, PARCEL_COLUMNS)
    frame["deduct_dm2"] = ridge_deduction(frame["area_dm2"].to_numpy(), frame["ridge_coef"].to_numpy())
    frame["net_area_dm2"] = frame["area_dm2"] - frame["deduct_dm2"]
    return frame


def pieces(*rows: tuple[int, int, float]) -> PieceTable:
    """(opening row, closing row, m²)"""
    left, right, area = zip(*rows, strict=True) if rows else ((), (), ())
    return PieceTable(np.array(left, np.int64), np.array(right, np.int64), np.array(area, np.float64))


def square(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    """A rectangle near the central meridian of zone 39, offsets in metres."""
    return shapely.box(39_500_000 + x, 4_000_000 + y, 39_500_000 + x + width, 4_000_000 + y + height)


def snapshot(year: int, rows: list[dict[str, Any]], shapes: list[Any], crs: str = CRS) -> Snapshot:
    """A snapshot whose recorded areas are measured, unless a row gives `m2`."""
    measured = engine_area(shapes, crs)
    frame = parcels(*({"m2": round(float(size), 2), **row} for row, size in zip(rows, measured, strict=True)))
    ground = gpd.GeoDataFrame(frame, geometry=shapes, crs=crs)
    count, area = len(ground), int(ground["area_dm2"].sum())
    meta = Meta("survey", year, COUNTY.code, crs, "sd2017", "dltb", (), count, count, 0, area, "engine", "0", "0")
    return Snapshot(str(year), meta, ground)


def column(table: Any, row: int = 0) -> dict[str, int]:
    """The cells of one row that are not zero, by column code. [dm²]"""
    return {one.code: int(area) for one, area in zip(table.columns, table.dm2[row], strict=True) if area}


codes = st.sampled_from([*FARMLAND, "0201", "0201K", "0301", "0404", "0601", "0702", "1006", "1101", "1104A", "1204"])
areas = st.one_of(st.integers(1, 500), st.integers(1, 40_000_000))


@st.composite
def attributes(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """One parcel without its area."""
    code = draw(codes)
    row: dict[str, Any] = {
        "parcel_id": f"p{number}",
        "class_code": code,
        "region_code": draw(st.sampled_from([*VILLAGES, VILLAGES[0], "650102001", "650102"])),
        "tenure": draw(st.sampled_from(["20", "30", ""])),
        "settlement": draw(st.sampled_from(["", "", "201", "203A", "999"])),
        "island": draw(st.integers(0, 5)) == 5,
        "enclave": draw(st.integers(0, 5)) == 5,
        "planting": draw(st.sampled_from(["", "JKHF", "GCHF"])),
    }
    if code in FARMLAND:
        row["slope_grade"] = draw(st.sampled_from([None, 1, 2, 3, 5]))
        row["farmland_form"] = draw(st.sampled_from(["TT", "PD", ""]))
        row["ridge_coef"] = draw(st.sampled_from([0.0, 0.0412, 0.1234]))
        row["planting"] = draw(st.sampled_from(["LS", "FLS", "WG", ""]))
        row["refinement"] = draw(st.sampled_from(["", "YJGD", "HDGD", "odd"]))
    return row


@st.composite
def counties(draw: st.DrawFn) -> pd.DataFrame:
    """A random county of up to 12 parcels."""
    count = draw(st.integers(1, 12))
    return parcels(*({**draw(attributes(number)), "m2": draw(areas) / 100} for number in range(count)))


@st.composite
def year_pairs(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame, PieceTable]:
    """Two years and their pieces, with land lost, gained, counted twice and measured wrongly."""
    olds, news = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    rows = []
    for old in range(olds):
        for new in sorted(draw(st.sets(st.integers(0, news - 1), max_size=3))):
            rows.append((old, new, draw(areas) / 100))
    found = pieces(*rows)
    sides = []
    for position, count in ((0, olds), (1, news)):
        frame = []
        for number in range(count):
            held = sum(row[2] for row in rows if row[position] == number)
            off = draw(st.sampled_from([0.0, 0.0, 0.01, -0.02, 40.0, -0.3 * held, 3.0]))
            frame.append({**draw(attributes(number)), "m2": max(round(held + off, 2), 0.01)})
        sides.append(parcels(*frame))
    return sides[0], sides[1], found


__all__ = ["COUNTY", "CRS", "SD2017", "TREE", "VILLAGES", "Region", "RegionTree"]
