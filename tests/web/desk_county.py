"""A county small enough to check on paper: two townships, two surveys, basic farmland, tasks and a land book."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from tilth import api
from tilth.land import Region, Store
from tilth.runtime import Workspace

COUNTY, NORTH, SOUTH = "999901", "999901001", "999901002"
VILLAGES = {f"{NORTH}001": 6, f"{NORTH}002": 4, f"{SOUTH}001": 5}
SIDE = 100
X, Y = 38_400_000, 3_500_000
BEFORE, AFTER = 2023, 2024


def survey(path: Path, farmland: dict[str, int]) -> Path:
    """Ten parcels of one hectare in each village, the first so many of them farmland."""
    rows, shapes = [], []
    for at, (village, fields) in enumerate(farmland.items()):
        for number in range(10):
            shapes.append(square(number, at))
            code, grade = ("0103", 5) if number < fields else ("0301", None)
            rows.append((f"{at:010d}{number:08d}", code, f"{village}0000000", village, grade, "1"))
    names = ("BSM", "DLBM", "ZLDWDM", "ZLDWMC", "GDZLDJ", "GDPDJB")
    frame = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    gpd.GeoDataFrame(frame, geometry=shapes, crs=4526).to_file(path)
    return path


def square(column: int, row: int, *, wide: int = 1) -> Any:
    """A piece of the grid."""
    x, y = X + SIDE * column, Y + SIDE * row
    return shapely.box(x, y, x + SIDE * wide, y + SIDE)


def parcel_id(row: int, column: int) -> str:
    return f"{row:010d}{column:08d}"


def layer(path: Path, *shapes: Any) -> Path:
    gpd.GeoDataFrame({"BSM": [str(at) for at, _ in enumerate(shapes)]}, geometry=list(shapes), crs=4526).to_file(path)
    return path


def footprint(*shapes: Any) -> dict[str, Any]:
    """GeoJSON in longitude and latitude."""
    placed = gpd.GeoSeries(list(shapes), crs=4526).to_crs(4490)
    features = [
        {"type": "Feature", "properties": {"plot_name": f"plot {at}"}, "geometry": shapely.geometry.mapping(shape)}
        for at, shape in enumerate(placed)
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    return {"type": "FeatureCollection", "crs": crs, "features": features}


def entry(id: str, kind: str, day: str, *lines: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    """An entry of m²; a line is region, account, area."""
    told = [{"region": one, "account": account, "area_m2": area, **_marks(account)} for one, account, area in lines]
    return {"id": id, "kind": kind, "posting_date": day, "act_date": day, "evidence": "doc", "lines": told} | more


def _marks(account: str) -> dict[str, int]:
    return {"grade": 5} if account.startswith("POOL") else {"grade": 5, "stable": 1} if account == "LAND:0103" else {}


OPENING = (
    entry("open-north", "OPENING", "2023-12-31", (NORTH, "OPENING", "-150.00"), (NORTH, "LAND:0201", "100.00"),
          (NORTH, "LAND:0103", "50.00")),
    entry("open-south", "OPENING", "2023-12-31", (SOUTH, "OPENING", "-80.00"), (SOUTH, "LAND:0201", "80.00")),
    entry("pool-north", "OPENING", "2023-12-31", (NORTH, "POOL:RESTORED", "40.00")),
)  # fmt: skip
RESTORED = entry("restore-1", "RESTORE", "2024-03-01", (NORTH, "LAND:0201", "-30.00"), (NORTH, "LAND:0103", "30.00"))


def build(folder: Path) -> Workspace:
    """The workspace."""
    files = folder / "files"
    files.mkdir(parents=True)
    place = api.init(folder / "county", region=COUNTY, name="Linhe")
    townships = [Region(NORTH, "North", "township", COUNTY), Region(SOUTH, "South", "township", COUNTY)]
    villages = [Region(code, code, "village", code[:9]) for code in VILLAGES]
    county = Region(COUNTY, "Linhe", "county")
    Store(place).put_regions([county, *townships, *villages], {"both": [NORTH, SOUTH]})
    api.import_survey(place, survey(files / "a.gpkg", {code: n + 1 for code, n in VILLAGES.items()}), year=BEFORE)
    api.import_survey(place, survey(files / "b.gpkg", VILLAGES), year=AFTER)
    api.import_layer(place, layer(files / "pbf.gpkg", square(0, 0, wide=3)), kind="pbf", year=BEFORE)
    tasks = files / "tasks.csv"
    tasks.write_text(f"region,year,holding_ha\n{COUNTY},2023,16.0\n{NORTH},2023,9.0\n{SOUTH},2023,5.5\n", "utf-8")
    api.import_tasks(place, tasks)
    book = files / "book.json"
    book.write_text(json.dumps([*OPENING, RESTORED]), encoding="utf-8")
    api.ledger_post(place, book, author="Li")
    return place
