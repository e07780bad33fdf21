"""Trends in a workspace: a planted one is found, areas close, and every wrong stack is refused in one sentence."""

from __future__ import annotations

import csv
import json
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from tilth import api
from tilth.core import BadInput, NeedsAnswer
from tilth.overlay import engine_area
from tilth.runtime import Workspace

LEFT, TOP, CELL, SIDE = 500_000.0, 4_000_000.0, 30.0, 40
YEARS = range(2004, 2024)


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "ws", region="150821", name="test county")


def written(path, values, *, names=("ec",), crs="EPSG:32649", left=LEFT, nodata=float("-inf")):
    bands = np.asarray(values, dtype=np.float64).reshape(len(names), SIDE, SIDE)
    cell = CELL if crs == "EPSG:32649" else 0.01
    with rasterio.open(
        path, "w", driver="GTiff", width=SIDE, height=SIDE, count=len(names), dtype="float64", crs=crs,
        transform=from_origin(left, TOP if crs == "EPSG:32649" else 41.0, cell, cell), nodata=nodata,
    ) as file:  # fmt: skip
        file.write(bands)
        file.descriptions = names
    return path


def stack(folder, *, seed=1, **more):
    """Twenty years of EC 5 ± 1 that rises by 0.3 a year in the ten columns on the left; a corner has no value."""
    drawn = np.random.default_rng(seed)
    files = []
    for number, year in enumerate(YEARS):
        values = 5.0 + drawn.standard_normal((SIDE, SIDE))
        values[:, :10] += 0.3 * number
        values[:5, 35:] = -np.inf
        files.append(written(folder / f"ec-{year}.tif", values, **more))
    return files


def parcels():
    """Sixteen squares of 300 m; the four on the left lie on the planted strip."""
    shapes = [
        shapely.box(LEFT + a * 300, TOP - (b + 1) * 300, LEFT + (a + 1) * 300, TOP - b * 300)
        for a in range(4) for b in range(4)
    ]  # fmt: skip
    return gpd.GeoDataFrame(
        {"parcel_id": [f"p{one:02d}" for one in range(16)], "area_dm2": np.arange(16) + 9_000_000},
        geometry=shapes, crs="EPSG:32649",
    )  # fmt: skip


@pytest.fixture
def surveyed(monkeypatch):
    frame = parcels()
    monkeypatch.setattr("tilth.land.Store", lambda _: SimpleNamespace(survey=lambda _: SimpleNamespace(parcels=frame)))
    return frame


def test_land_that_grows_saltier_is_found_cell_by_cell_and_parcel_by_parcel(workspace, tmp_path, surveyed):
    done = api.soil_trend(workspace, stack(tmp_path), survey=2024)
    with rasterio.open(done.folder / "direction.tif") as file:
        way = file.read(1)
    assert (way[:, :10] == 1).mean() > 0.98
    assert (way[:, 10:] == 1).sum() <= 0.1 * (way == 1).sum()
    assert (way[:5, 35:] == 255).all() and (way == 255).sum() == 25
    with rasterio.open(done.folder / "trend.tif") as file:
        slope = file.read(1)
        assert file.descriptions == ("slope_per_year", "slope_low", "slope_high", "p", "serial_correlation", "years")
    assert np.median(slope[:, :10]) == pytest.approx(0.3, abs=0.02)
    record = json.loads((done.folder / "trend.json").read_text(encoding="utf-8"))
    worse = record["parcels"]["salinising"]
    assert sorted(one["parcel_id"] for one in worse) == ["p00", "p01", "p02", "p03"]
    assert all(one["low"] < 0.3 < one["high"] and one["saltier_share"] > 0.9 for one in worse)
    with (done.folder / "salinising.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [one["parcel_id"] for one in rows] == [one["parcel_id"] for one in worse]
    assert rows[0]["area_m2"] == f"{worse[0]['area_dm2'] / 100:.2f}"


def test_areas_by_direction_close(workspace, tmp_path, surveyed):
    done = api.soil_trend(workspace, stack(tmp_path), survey=2024)
    record = done.as_record()
    assert sum(one["area_dm2"] for one in record["parcels"]["rows"]) == surveyed["area_dm2"].sum()
    assert sum(one["parcels"] for one in record["parcels"]["rows"]) == 16
    assert sum(one["cells"] for one in record["cells"]) == SIDE * SIDE
    assert sum(one["area_dm2"] for one in record["cells"]) == SIDE * SIDE * 900 * 100


def test_the_result_is_the_same_in_any_blocks(workspace, tmp_path, surveyed):
    files = stack(tmp_path)
    one = api.soil_trend(workspace, files, survey=2024, name="one", rows=40)
    other = api.soil_trend(workspace, files, survey=2024, name="other", rows=7)
    for name in ("trend.tif", "direction.tif"):
        with rasterio.open(one.folder / name) as here, rasterio.open(other.folder / name) as there:
            assert here.read().tobytes() == there.read().tobytes()
    assert (one.folder / "trend-en.png").read_bytes() == (other.folder / "trend-en.png").read_bytes()
    assert one.as_record()["parcels"]["salinising"] == other.as_record()["parcels"]["salinising"]


def test_an_index_that_falls_as_land_grows_saltier_is_read_the_other_way(workspace, tmp_path):
    done = api.soil_trend(workspace, stack(tmp_path), saltier="lower")
    assert done.cells["freshening"] > 380 and done.cells["salinising"] < 50


def test_a_grid_in_degrees_is_measured_on_the_ellipsoid(workspace, tmp_path):
    done = api.soil_trend(workspace, stack(tmp_path, crs="EPSG:4326", left=106.0))
    whole = engine_area([shapely.segmentize(shapely.box(106.0, 40.6, 106.4, 41.0), 0.01)], "EPSG:4326")[0]
    assert sum(done.areas.values()) / 100 == pytest.approx(whole, rel=1e-6)


def test_years_that_resemble_the_year_before_are_warned_of(workspace, tmp_path):
    drawn, value, files = np.random.default_rng(3), np.zeros((SIDE, SIDE)), []
    for year in range(1970, 2020):
        value = 0.8 * value + drawn.standard_normal((SIDE, SIDE))
        files.append(written(tmp_path / f"ec-{year}.tif", value))
    done = api.soil_trend(workspace, files)
    assert [one.code for one in done.findings] == ["SOIL-TREND-SERIAL"]
    assert api.soil_trend(workspace, stack(tmp_path), name="b").findings == ()


def test_wrong_stacks_are_refused_in_one_sentence(workspace, tmp_path, monkeypatch):
    files = stack(tmp_path)
    with pytest.raises(BadInput, match="5 years are too few for a trend; at least 10 are asked for"):
        api.soil_trend(workspace, files[:5])
    with pytest.raises(BadInput, match="a false-discovery rate of 5 is not between 0 and 1"):
        api.soil_trend(workspace, files, rate=5)
    with pytest.raises(BadInput, match="'up' does not say which way land grows saltier; it is higher, lower"):
        api.soil_trend(workspace, files, saltier="up")
    with pytest.raises(BadInput, match="cannot be the name of a map's folder"):
        api.soil_trend(workspace, files, name="../out")
    empty = written(tmp_path / "mask.tif", np.zeros((SIDE, SIDE)), nodata=None)
    with pytest.raises(BadInput, match="no cell has values in 10 years or more, so no trend was tested"):
        api.soil_trend(workspace, files, mask=empty)
    with pytest.raises(BadInput, match=r"ec-2004\.tif has no band NDVI; it has ec"):
        api.soil_trend(workspace, files, band="NDVI")
    two = [
        written(tmp_path / f"two-{year}.tif", np.ones((2, SIDE, SIDE)), names=("a", "b")) for year in range(2000, 2012)
    ]
    with pytest.raises(NeedsAnswer, match="the rasters have several bands: a, b"):
        api.soil_trend(workspace, two)
    away = parcels().set_geometry([shapely.box(0, 0, 10, 10)] * 16, crs="EPSG:32649")
    monkeypatch.setattr("tilth.land.Store", lambda _: SimpleNamespace(survey=lambda _: SimpleNamespace(parcels=away)))
    with pytest.raises(BadInput, match="survey 2024 and the rasters share no ground"):
        api.soil_trend(workspace, files, survey=2024)


def test_the_hetao_district_grows_greener_over_24_summers_though_its_bands_move(workspace, data_dir):
    folder = data_dir / "rs_hetao_annual"
    done = api.soil_trend(
        workspace, sorted(folder.glob("*Summer*.tif")), band="NIRv", saltier="lower", least=20,
        mask=folder / "Hetao_CropMask_WorldCover.tif",
    )  # fmt: skip
    assert done.years == tuple(range(2000, 2024))
    assert done.tests == sum(done.cells.values()) - done.cells["untested"] == 16_078
    assert done.cells["freshening"] > 0.85 * done.tests and 0 < done.cells["salinising"] < 0.03 * done.tests
    assert {one.code for one in done.findings} >= {"SOIL-STACK-ORDER", "SOIL-STACK-BAND-SOME"}
    for lang in ("en", "zh"):
        assert (done.folder / f"trend-{lang}.png").read_bytes().startswith(b"\x89PNG")
