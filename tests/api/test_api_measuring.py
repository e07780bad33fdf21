"""Areas and conversions of any file: one number for one ground, and nothing left behind without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from tilth import api

CRS = "EPSG:4526"
X, Y = 38_500_000, 3_900_000


def square(x: float, y: float, size: float) -> shapely.Polygon:
    return shapely.box(X + x, Y + y, X + x + size, Y + y + size)


def written(path: Path, rows: list[dict[str, Any]], crs: str = CRS) -> Path:
    gpd.GeoDataFrame(rows, geometry="geometry", crs=crs).to_file(path)
    return path


def test_ground_that_two_parts_cover_is_measured_once_and_said(tmp_path: Path) -> None:
    twice = shapely.MultiPolygon([square(0, 0, 100), square(20, 20, 40)])
    measured = api.area(written(tmp_path / "a.gpkg", [{"geometry": twice}, {"geometry": square(0, 0, 100)}]))
    both, one = measured.polygons
    assert (both.survey_dm2, both.planar_m2) == (one.survey_dm2, one.planar_m2) == (1_000_000, 10_000.0)
    assert abs(both.engine_m2 - one.engine_m2) < 1e-6
    (told,) = measured.findings
    assert (told.code, told.where.row, told.values["drawn_dm2"]) == ("INTAKE-SHAPE-CROSSED", 1, 1_160_000)
    assert "11,600.00 m² as drawn, 10,000.00 m² of ground covered" in told.said


def test_what_was_converted_can_be_converted_again(tmp_path: Path) -> None:
    files = [written(tmp_path / "a.gpkg", [{"name": "x", "geometry": square(0, 0, 100)}])]
    for ending in ("gpkg", "shp", "gpkg", "shp"):
        files.append(tmp_path / f"{len(files)}.{ending}")
        api.convert(files[-2], files[-1])
    assert list(gpd.read_file(files[-1]).columns) == ["name", "source_row", "geometry"]


def test_the_row_of_the_first_file_stays_known(tmp_path: Path) -> None:
    rows = [{"name": "x", "geometry": shapely.Point(X, Y)}, {"name": "y", "geometry": square(0, 0, 100)}]
    first = api.convert(written(tmp_path / "a.gpkg", rows), tmp_path / "b.gpkg")
    assert len(first.rejected) == 1
    api.convert(tmp_path / "b.gpkg", tmp_path / "c.gpkg")
    assert gpd.read_file(tmp_path / "c.gpkg")["source_row"].to_list() == [2]
