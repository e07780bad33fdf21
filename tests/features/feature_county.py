"""Parcels on a grid in a 3-degree zone, some attributes missing, stored in a workspace."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from tilth import api
from tilth.land import PARCEL_COLUMNS, Draft, Meta, Region, Source, Store, typed
from tilth.runtime import Workspace

CRS = "EPSG:4526"
ORIGIN = (38_500_000.0, 3_880_000.0)
SIDE, COUNT = 100.0, 12
TOWNSHIPS = ("999901001", "999901002")


def parcels() -> gpd.GeoDataFrame:
    """COUNT × COUNT squares of 1 ha, the left half in one township, the right in the other."""
    rng = np.random.default_rng(5)
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(COUNT), np.arange(COUNT)))
    low = np.column_stack([ORIGIN[0] + SIDE * x, ORIGIN[1] + SIDE * y])
    frame = gpd.GeoDataFrame(
        {
            "parcel_id": [f"P{number:04d}" for number in range(COUNT**2)],
            "source_row": np.arange(1, COUNT**2 + 1),
            "class_code": rng.choice(["0101", "0103", "0702", "1107"], COUNT**2),
            "class_name": rng.choice(["水田", "100% dry_land", "a*b", ""], COUNT**2),
            "area_dm2": np.full(COUNT**2, 1_000_000),
            "net_area_dm2": rng.integers(900_000, 1_000_000, COUNT**2),
            "slope_grade": np.where(x % 3 == 0, np.nan, x % 5),
            "region_code": [f"{TOWNSHIPS[int(one >= COUNT // 2)]}001" for one in x],
        },
        geometry=shapely.box(low[:, 0], low[:, 1], low[:, 0] + SIDE, low[:, 1] + SIDE),
        crs=CRS,
    )
    return gpd.GeoDataFrame(typed(frame, PARCEL_COLUMNS), geometry="geometry", crs=CRS)


def served(folder: Path) -> Workspace:
    """A workspace that holds them as the survey of 2024."""
    place = api.init(folder, region="999901", name="Linhe")
    store, frame = Store(place), parcels()
    regions = [Region("999901", "Linhe", "county"), *(Region(code, code, "township", "999901") for code in TOWNSHIPS)]
    villages = [Region(f"{code}001", f"{code}001", "village", code) for code in TOWNSHIPS]
    store.put_regions([*regions, *villages])
    meta = Meta(
        kind="survey", year=2024, region="999901", crs=CRS, code_system="sd2017", profile="dltb",
        sources=(Source("made.gpkg", "0" * 64),), rows_in=len(frame), rows_stored=len(frame), rows_quarantined=0,
        area_dm2=int(frame["area_dm2"].sum()), area_from="file", version="0", rules="0",
    )  # fmt: skip
    store.publish(Draft(meta, frame, (), frame.iloc[:0]))
    return place
