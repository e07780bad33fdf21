"""A county of four squares in which replacement land can be accepted, and a file that offers some of it. Not a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from tilth import api
from tilth.land import Region, Store
from tilth.runtime import Workspace

COUNTY, NORTH, SOUTH = "999901", "999901001", "999901002"
X, Y, SIDE = 38_500_000, 3_500_000, 100
ROW: dict[str, Any] = {
    "project": "ZX-1", "source_class": "0201", "accepted": "2024-06-01", "slope_grade": 1, "soil_depth_cm": 70,
    "plough_cm": 22, "gravel_pct": 4.5, "ph": 7.4, "salt_g_kg": 1.2, "esp_pct": 6, "pollution": 1,
    "irrigation_pct": 80, "outlet": "yes", "road": "yes", "adjoining": "yes", "quality_grade": 6, "paddy": "no",
    "stable": "yes", "imagery": "spring;autumn", "photo": "P", "crop": "C", "ecology": "outside",
}  # fmt: skip


def square(at: int) -> shapely.Polygon:
    return shapely.box(X + SIDE * at, Y, X + SIDE * (at + 1), Y + SIDE)


def built(folder: Path) -> Workspace:
    """Two gardens, waste land and a field; a year later all are fields."""
    folder.mkdir(parents=True)
    place = api.init(folder / "county", region=COUNTY, name="Linhe")
    townships = [Region(NORTH, "North", "township", COUNTY), Region(SOUTH, "South", "township", COUNTY)]
    Store(place).put_regions([Region(COUNTY, "Linhe", "county"), *townships])
    for year, codes in ((2023, ("0201", "0201", "1206", "0103")), (2024, ("0103",) * 4)):
        given = {"BSM": [f"p{at}" for at in range(4)], "DLBM": list(codes), "SJNF": year, "TBMJ": 10_000.0}
        path = folder / f"survey-{year}.gpkg"
        gpd.GeoDataFrame(given, geometry=[square(at) for at in range(4)], crs=4526).to_file(path)
        api.import_survey(place, path, year=year)
    return place


def offered(path: Path, *places: int) -> Path:
    """A file of replacement parcels on these squares."""
    rows = [{**ROW, "parcel": f"r{at}"} for at in places]
    frame = gpd.GeoDataFrame(rows, geometry=[square(at) for at in places], crs=4526)
    middle = frame.representative_point().to_crs(4490)
    frame["photo_lon"], frame["photo_lat"] = middle.x, middle.y
    frame.to_file(path)
    return path
