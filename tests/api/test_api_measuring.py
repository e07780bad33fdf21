"""Areas and conversions of any file: one number for one ground, and nothing left behind without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from tilth import api
from tilth.core import BadInput

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


def test_a_file_is_written_in_another_zone_and_comes_back(tmp_path: Path) -> None:
    file = written(tmp_path / "a.gpkg", [{"geometry": square(-80_000, 0, 100)}])
    for target, zone in (("b.gpkg", "EPSG:4525"), ("c.gpkg", "EPSG:4490"), ("d.txt", "EPSG:4546"), ("e.gpkg", CRS)):
        api.convert(file, tmp_path / target, to_crs=zone)
        file = tmp_path / target
    (first,), (last,) = (api.area(tmp_path / name).polygons for name in ("a.gpkg", "e.gpkg"))
    assert first.survey_dm2 is not None and abs(first.survey_dm2 - (last.survey_dm2 or 0)) <= 20  # d.txt holds mm
    assert gpd.read_file(tmp_path / "b.gpkg").crs.to_epsg() == 4525


@pytest.mark.parametrize(("source", "target"), [("EPSG:4326", CRS), (CRS, "EPSG:3857"), (CRS, "EPSG:2362")])
def test_a_shift_between_datums_is_never_guessed(tmp_path: Path, source: str, target: str) -> None:
    shape = square(0, 0, 100) if source == CRS else shapely.box(114, 35, 114.001, 35.001)
    file = written(tmp_path / "a.gpkg", [{"geometry": shape}], source)
    with pytest.raises(BadInput, match="never guessed"):
        api.convert(file, tmp_path / "b.gpkg", to_crs=target)
    assert not (tmp_path / "b.gpkg").exists()


def test_land_is_not_written_in_a_zone_so_far_away_that_it_reads_as_another(tmp_path: Path) -> None:
    file = written(tmp_path / "a.gpkg", [{"geometry": square(0, 0, 100)}])
    for zone in ("EPSG:4523", "EPSG:4554"):
        with pytest.raises(BadInput, match="INTAKE-TO-CRS-OUTSIDE"):
            api.convert(file, tmp_path / "b.txt", to_crs=zone)
    with pytest.raises(BadInput, match="INTAKE-TO-CRS-UNKNOWN"):
        api.convert(file, tmp_path / "b.txt", to_crs="EPSG:none")


def test_text_that_gbk_lacks_is_written_in_the_encoding_asked_for(tmp_path: Path) -> None:
    file = written(tmp_path / "a.gpkg", [{"plot_name": "𠮷地 ქ", "geometry": square(0, 0, 100)}])
    for target, code in (("b.shp", "INTAKE-WRITE-TEXT"), ("b.txt", "INTAKE-TXT-WRITE-ENCODING")):
        with pytest.raises(BadInput, match=code) as refused:
            api.convert(file, tmp_path / target)
        assert "--out-encoding UTF-8" in refused.value.remedy
        api.convert(file, tmp_path / target, out_encoding="UTF-8")
        assert [one.name for one in api.area(tmp_path / target).polygons] == ["𠮷地 ქ"]
    with pytest.raises(BadInput, match="always UTF-8"):
        api.convert(file, tmp_path / "b.gpkg", out_encoding="gbk")


def test_a_layer_in_degrees_is_told_how_to_become_exchange_text(tmp_path: Path) -> None:
    file = written(tmp_path / "a.gpkg", [{"geometry": shapely.box(114, 35, 114.001, 35.001)}], "EPSG:4490")
    with pytest.raises(BadInput, match="INTAKE-TXT-WRITE-CRS") as refused:
        api.convert(file, tmp_path / "b.txt")
    assert "--to-crs EPSG:4526" in refused.value.remedy
    api.convert(file, tmp_path / "b.txt", to_crs="EPSG:4526")
    assert api.area(tmp_path / "b.txt").crs == "EPSG:4526"
