"""A county of two villages and eight parcels in which everything is right, to plant one fault at a time in."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely

from tilth.intake.model import quarantine_frame
from tilth.intake.rules_model import Validation
from tilth.intake.validate import validate
from tilth.land import (
    LAYER_COLUMNS,
    PARCEL_COLUMNS,
    Meta,
    Region,
    RegionTree,
    Snapshot,
    Source,
    code_system,
    ridge_deduction,
    typed,
)
from tilth.overlay import survey_area

CRS = "EPSG:4527"  # CGCS2000, 3-degree zone 39
X, Y, SIDE = 39_500_000.0, 4_000_000.0, 100.0
TOWN, EAST, WEST = "330101001", "330101001002", "330101001001"
CODES = code_system("sd2017")
#: class, slope grade, form, coefficient, planting attribute of the four parcels of a village.
PARCELS = (
    ("0101", 1, "", 0.0, "LS"),
    ("0103", 3, "PD", 0.0812, "FLS"),
    ("0301", None, "", 0.0, ""),
    ("0702", None, "", 0.0, ""),
)
WIDE = 400.0


def square(column: int, row: int) -> shapely.Polygon:
    """One parcel: villages are columns 0-1 and 2-3, two rows each."""
    x, y = X + column * SIDE, Y + row * SIDE
    return shapely.Polygon([(x, y), (x + SIDE, y), (x + SIDE, y + SIDE), (x, y + SIDE)])


def parcels() -> gpd.GeoDataFrame:
    rows = []
    for position in range(8):
        village, inside = divmod(position, 4)
        code, grade, form, coefficient, planting = PARCELS[inside]
        unit = (WEST, EAST)[village] + "0000000"
        rows.append(
            {
                "parcel_id": f"33010100000000000{position + 1}",
                "source_row": position + 1,
                "class_code": code,
                "class_name": CODES[code].label.zh,
                "ridge_coef": coefficient,
                "deduct_class": "1203" if coefficient else "",
                "slope_grade": grade,
                "farmland_form": form,
                "planting": planting,
                "tenure": "30",
                "owner_code": unit,
                "location_code": unit,
                "region_code": unit[:12],
                "region_name": ("West", "East")[village],
                "enclave": False,
                "island": False,
                "settlement": "203" if code == "0702" else "",
                "data_year": 2023,
                "geometry": square(2 * village + inside % 2, inside // 2),
            }
        )
    frame = pd.DataFrame(rows)
    frame["area_dm2"] = survey_area(frame["geometry"], CRS)
    frame["deduct_dm2"] = ridge_deduction(frame["area_dm2"].to_numpy(), frame["ridge_coef"].to_numpy())
    frame["net_area_dm2"] = frame["area_dm2"] - frame["deduct_dm2"]
    frame["stated_deduct_dm2"], frame["stated_net_dm2"] = frame["deduct_dm2"], frame["net_area_dm2"]
    return gpd.GeoDataFrame(typed(frame, PARCEL_COLUMNS), geometry="geometry", crs=CRS)


def snapshot(frame: gpd.GeoDataFrame, quarantine: gpd.GeoDataFrame | None = None, system: str = "sd2017") -> Snapshot:
    quarantine = quarantine_frame((), CRS) if quarantine is None else quarantine
    meta = Meta(
        kind="survey",
        year=2023,
        region="330101",
        crs=CRS,
        code_system=system,
        profile="dltb",
        sources=(Source("DLTB.shp", "0" * 64),),
        rows_in=len(frame) + len(quarantine),
        rows_stored=len(frame),
        rows_quarantined=len(quarantine),
        area_dm2=int(frame["area_dm2"].sum()),
        area_from="file",
        version="0",
        rules="0",
    )
    return Snapshot("snap", meta, frame, (), quarantine)


def layer(kind: str, rows: list[dict[str, object]]) -> Snapshot:
    """A layer of `rows`, each with its code, name, area and geometry."""
    frame = pd.DataFrame([{"feature_id": f"{kind}{n}", "source_row": n, **row} for n, row in enumerate(rows, 1)])
    typed_frame = gpd.GeoDataFrame(typed(frame, LAYER_COLUMNS), geometry="geometry", crs=CRS)
    base = snapshot(parcels())
    meta = replace(
        base.meta,
        kind=kind,
        sources=(Source(f"{kind}.shp", "1" * 64),),
        rows_in=len(rows),
        rows_stored=len(rows),
        rows_quarantined=0,
    )
    return Snapshot(kind, meta, typed_frame)


def villages() -> Snapshot:
    shapes = [shapely.box(X, Y, X + 200, Y + 200), shapely.box(X + 200, Y, X + 400, Y + 200)]
    rows = [{"code": WEST, "name": "West"}, {"code": EAST, "name": "East"}]
    return layer("village", [{**row, "geometry": shape} for row, shape in zip(rows, shapes, strict=True)])


def regions() -> RegionTree:
    """The tree with the control areas that the clean county adds up to."""
    area = parcels().groupby("region_code")["area_dm2"].sum()
    west, east = int(area[WEST]), int(area[EAST])
    found = (
        Region("330101", "County", "county", None, west + east),
        Region(TOWN, "Town", "township", "330101", west + east),
        Region(WEST, "West", "village", TOWN, west),
        Region(EAST, "East", "village", TOWN, east),
    )
    return RegionTree({region.code: region for region in found})


def examined(frame: gpd.GeoDataFrame, **more: object) -> Validation:
    """The county with `frame` as its parcels, examined against its villages and control areas."""
    given = {"codes": CODES, "regions": regions(), "villages": villages(), **more}
    quarantine = given.pop("quarantine", None)
    return validate(snapshot(frame, quarantine), **given)  # type: ignore[arg-type]


def said(result: Validation) -> list[str]:
    return [f"{finding.code}: {finding.said}" for finding in result.findings]


def with_value(column: str, row: int, value: object) -> gpd.GeoDataFrame:
    frame = parcels()
    frame.loc[row, column] = value
    return frame


def with_shape(row: int, shape: shapely.Geometry) -> gpd.GeoDataFrame:
    frame = parcels()
    shapes = list(frame.geometry)
    shapes[row] = shape
    return frame.set_geometry(gpd.GeoSeries(shapes, crs=CRS))
