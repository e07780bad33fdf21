"""A county small enough for paper: one-metre cells on the central meridian of zone 39, where a cell is 1.00 m²."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from tilth.core import dm2_array
from tilth.land import LAYER_COLUMNS, PARCEL_COLUMNS, Meta, Region, RegionTree, Snapshot, Task, typed

CRS = "EPSG:4527"
EAST, NORTH = 39_500_000, 4_000_000
COUNTY, TOWNSHIP = "320981", "320981100"
VILLAGES = ("320981100001", "320981100002")


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    return shapely.box(EAST + x0, NORTH + y0, EAST + x1, NORTH + y1)


def ring(*points: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([(EAST + x, NORTH + y) for x, y in points])


def _snapshot(kind: str, frame: gpd.GeoDataFrame, year: int | None, system: str, quarantined: int) -> Snapshot:
    area, crs = int(frame["area_dm2"].sum()), str(frame.crs.to_string())
    rows = len(frame)
    meta = Meta(
        kind, year, COUNTY, crs, system, "dltb", (), rows + quarantined, rows, quarantined, area, "file", "0", "0"
    )
    return Snapshot(f"id-of-{kind}", meta, frame)


def survey(
    rows: Sequence[Mapping[str, Any]], *, system: str = "sd2017", crs: str = CRS, quarantined: int = 0
) -> Snapshot:
    """Parcels with `shape`, `parcel_id`, `class_code` and whatever else a row gives; areas are the planar ones."""
    defaults = {"region_code": VILLAGES[0], "class_code": "0103", "ridge_coef": 0.0}
    frame = pd.DataFrame([{**defaults, **{k: v for k, v in row.items() if k != "shape"}} for row in rows])
    shapes = [row["shape"] for row in rows]
    frame["area_dm2"] = dm2_array(shapely.area(shapes))
    given = frame.get("net_area_dm2", frame["area_dm2"])
    frame["net_area_dm2"] = given.fillna(frame["area_dm2"]).astype("int64")
    frame["source_row"] = range(1, len(frame) + 1)
    full = gpd.GeoDataFrame(typed(frame, PARCEL_COLUMNS), geometry=shapes, crs=crs)
    return _snapshot("survey", full, 2024, system, quarantined)


def layer(
    kind: str,
    shapes: Iterable[Any],
    ids: Iterable[str] | None = None,
    *,
    codes: Iterable[str] | None = None,
    crs: str = CRS,
    quarantined: int = 0,
    **more: Sequence[Any],
) -> Snapshot:
    listed = list(shapes)
    frame = pd.DataFrame({"area_dm2": dm2_array(shapely.area(listed)), "source_row": range(1, len(listed) + 1)})
    frame["net_area_dm2"] = frame["area_dm2"]
    frame["feature_id"] = list(ids) if ids is not None else [f"{kind}-{n}" for n in range(1, len(listed) + 1)]
    frame["code"] = list(codes) if codes is not None else ""
    frame["name"] = [f"{kind} {n}" for n in range(1, len(listed) + 1)]
    for column, values in more.items():
        frame[column] = list(values)
    full = gpd.GeoDataFrame(typed(frame, LAYER_COLUMNS), geometry=listed, crs=crs)
    return _snapshot(kind, full, None, "sd2017", quarantined)


def project(*shapes: Any, ids: Sequence[str] | None = None, crs: str | None = CRS) -> gpd.GeoDataFrame:
    names = list(ids) if ids is not None else [str(n) for n in range(1, len(shapes) + 1)]
    frame = {"plot_id": names, "plot_name": [f"plot {n}" for n in names]}
    return gpd.GeoDataFrame(frame, geometry=list(shapes), crs=crs)


REGIONS = RegionTree(
    {
        region.code: region
        for region in (
            Region(COUNTY, "Salt County", "county"),
            Region(TOWNSHIP, "Shore", "township", COUNTY),
            Region(VILLAGES[0], "East", "village", TOWNSHIP),
            Region(VILLAGES[1], "West", "village", TOWNSHIP),
        )
    }
)


def task(holding_m2: float, pbf_m2: float = 0, *, region: str = COUNTY, year: int = 2024) -> Task:
    return Task(region, year, round(holding_m2 * 100), round(pbf_m2 * 100))


def everything(**shapes: Any) -> dict[str, Snapshot]:
    """All five layers that the shipped rules look at, far away from the county unless `shapes` says otherwise."""
    far = [box(5000, 5000, 5010, 5010)]
    kinds = ("pbf", "ecology", "town", "reserve", "project")
    layers = {kind: layer(kind, shapes.pop(kind, far)) for kind in kinds}
    layers["village"] = layer("village", shapes.pop("village", [box(0, 0, 100, 100)]))
    assert not shapes, shapes
    return layers
