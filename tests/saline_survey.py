"""A small made-up survey with known drivers of salt, for tests of zones, candidates and next samples."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tilth.land import code_system
from tilth.land.snapshot import PARCEL_COLUMNS, typed

TOP, STEP, SIDE = 4_000_000.0, 200.0, 12
CRS = "EPSG:4526"
EAST = 38_500_000.0


def parcels() -> gpd.GeoDataFrame:
    """144 squares of 200 m, row by row from the north-west; areas differ by a few dm²."""
    shapes = [
        shapely.box(EAST + a * STEP, TOP - (b + 1) * STEP, EAST + (a + 1) * STEP, TOP - b * STEP)
        for b in range(SIDE) for a in range(SIDE)
    ]  # fmt: skip
    count = len(shapes)
    frame = pd.DataFrame(
        {
            "parcel_id": [f"p{one:03d}" for one in range(count)], "source_row": range(1, count + 1),
            "class_code": np.where(np.arange(count) % 5 == 0, "1204", "0102"), "area_dm2": 4_000_000 + np.arange(count),
            "net_area_dm2": 4_000_000 + np.arange(count),
        }
    )  # fmt: skip
    return gpd.GeoDataFrame(typed(frame, PARCEL_COLUMNS), geometry=shapes, crs=CRS)


def drivers() -> pd.DataFrame:
    """Shallow groundwater in the west third, soda in the north-east, both by plain lines."""
    frame = parcels()
    centre = frame.geometry.centroid
    x, y = (centre.x - EAST) / (SIDE * STEP), (TOP - centre.y) / (SIDE * STEP)
    noise = 0.1 * np.random.default_rng(2).standard_normal((2, len(frame)))
    return pd.DataFrame(
        {
            "parcel_id": frame["parcel_id"], "gw_depth_m": np.where(x < 1 / 3, 1.2, 3.2) + noise[0],
            "ion_type": np.where((x > 1 / 2) & (y < 1 / 2), "soda", "chloride"),
            "ece_ds_m": np.where(x < 1 / 3, 9.0, 3.0) + noise[1],
        }
    )  # fmt: skip


def survey(frame: gpd.GeoDataFrame | None = None, **more: object) -> SimpleNamespace:
    """A survey as a store gives it."""
    held = parcels() if frame is None else frame
    meta = SimpleNamespace(crs=CRS, sources=(SimpleNamespace(name="survey.gpkg", sha256="0" * 64),), year=2024)
    return SimpleNamespace(
        parcels=held,
        attributes=held,
        codes=code_system("sd2017"),
        meta=meta,
        id="survey",
        repeated_ids=frozenset(),
        **more,
    )
