"""Next samples in a workspace: the same from the same seed, on the survey's parcels, with a sheet for the field."""

from __future__ import annotations

import csv
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from saline_survey import CRS, EAST, SIDE, STEP, TOP, parcels, survey
from tilth import api
from tilth.core import BadInput
from tilth.runtime import Workspace

ON = "2025-01-31"
CELLS, CELL = 60, 50.0


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr("tilth.land.Store", lambda _: SimpleNamespace(survey=lambda _: survey()))
    return Workspace.create(tmp_path / "ws", region="150821", name="test county")


def raster(path, bands):
    values = np.stack(list(bands.values())).astype("float32")
    with rasterio.open(
        path, "w", driver="GTiff", width=CELLS, height=CELLS, count=len(values), dtype="float32", crs=CRS, nodata=-9999,
        transform=from_origin(EAST, TOP, CELL, CELL),
    ) as file:  # fmt: skip
        file.write(values)
        file.descriptions = tuple(bands)
    return path


@pytest.fixture
def covariates(tmp_path):
    row, column = np.mgrid[0:CELLS, 0:CELLS] / CELLS
    wet = np.sin(6 * column) + row
    wet[:5, :5] = -9999
    return raster(tmp_path / "c.tif", {"wet": wet, "high": row * column, "soil": np.where(row < 0.5, 3, 7)})


@pytest.fixture
def mapped(workspace):
    column = np.mgrid[0:CELLS, 0:CELLS][1]
    lower, upper = np.full((CELLS, CELLS), 2.0), np.where(column < 20, 12.0, 3.0)
    folder = workspace.root / "rasters" / "salinity"
    folder.mkdir(parents=True)
    raster(folder / "ec.tif", {"mean": lower + 1, "lower": lower, "median": lower + 1, "upper": upper})


def test_places_stand_for_the_covariates_and_lie_on_cells_that_have_them(workspace, covariates):
    done = api.soil_next_samples(workspace, 20, rasters=[covariates], kinds=["soil"], made_on=ON, formats=())
    record = done.as_record()
    assert len(record["places"]) == 20 and record["pool"] == CELLS * CELLS - 25
    soils = [one["soil"] for one in record["places"]]
    assert soils.count("3") == 10 == soils.count("7")
    assert not any(one["x"] < EAST + 250 and one["y"] > TOP - 250 for one in record["places"])
    with rasterio.open(covariates) as file:
        for one, value in zip(record["places"], file.sample([(p["x"], p["y"]) for p in record["places"]]), strict=True):
            assert one["wet"] == pytest.approx(value[0], abs=1e-6)


def test_the_same_seed_gives_the_same_files(workspace, covariates):
    one, other = (
        api.soil_next_samples(workspace, 12, rasters=[covariates], seed=3, name=name, made_on=ON) for name in ("a", "b")
    )
    for name in ("next-samples.csv", "next-samples-en.png", "next-samples-zh.xlsx", "next-samples-en.pdf"):
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes(), name
    again = api.soil_next_samples(workspace, 12, rasters=[covariates], seed=4, name="c", made_on=ON, formats=())
    assert again.x.tolist() != one.x.tolist()


def test_doubt_is_looked_for_where_the_map_is_least_sure_and_not_near_samples(workspace, mapped, monkeypatch):
    done = api.soil_next_samples(workspace, 6, design="uncertainty", reach=400, made_on=ON, formats=())
    assert (done.x < EAST + 20 * CELL + 100).all()
    assert [one["interval_ds_m"] for one in done.records()] == [10.0] * 6
    taken = gpd.GeoDataFrame(geometry=shapely.points(done.x[:3], done.y[:3]), crs=CRS)
    held = SimpleNamespace(frame=taken, meta=SimpleNamespace(crs=CRS), name="set")
    monkeypatch.setattr("tilth.soil.get_samples", lambda *_: held)
    more = api.soil_next_samples(
        workspace, 3, design="uncertainty", reach=400, samples="set", name="more", made_on=ON, formats=()
    )
    away = np.hypot(more.x[:, None] - done.x[:3], more.y[:, None] - done.y[:3])
    assert away.min() > 250


def test_places_lie_on_parcels_of_the_survey_and_name_them(workspace, covariates):
    done = api.soil_next_samples(workspace, 15, rasters=[covariates], year=2024, made_on=ON, formats=())
    shapes = dict(zip(parcels()["parcel_id"], parcels().geometry, strict=True))
    for x, y, parcel in zip(done.x, done.y, done.parcel, strict=True):
        assert shapes[parcel].intersects(shapely.Point(x, y))
    assert done.pool == int((SIDE * STEP / CELL) ** 2) - 25


def test_the_field_sheet_has_the_order_of_each_day_and_room_to_write(workspace, covariates):
    done = api.soil_next_samples(workspace, 11, rasters=[covariates], per_day=4, made_on=ON)
    days = done.as_record()["days"]
    assert [one["places"] for one in days] == [4, 4, 3]
    book = openpyxl.load_workbook(done.folder / "next-samples-zh.xlsx")
    cells = [str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line]
    assert {"点号", "采样深度 cm", "样袋号", "作物、盐斑、备注", "3.3"} <= set(cells)
    layer = gpd.read_file(done.folder / "next-samples.gpkg", layer="places")
    assert layer["number"].tolist() == list(range(1, 12)) and layer.crs.to_epsg() == 4526
    ways = gpd.read_file(done.folder / "next-samples.gpkg", layer="days")
    assert ways["km"].tolist() == pytest.approx([one["km"] for one in days])
    with (done.folder / "next-samples.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file))) == 11


def test_cells_beyond_the_pool_are_drawn_by_the_seed_whatever_the_blocks(workspace, covariates, monkeypatch):
    monkeypatch.setattr("tilth.api.next_sampling.POOL", 300)
    one = api.soil_next_samples(workspace, 8, rasters=[covariates], made_on=ON, formats=())
    monkeypatch.setattr("tilth.api.next_sampling._CELLS", 7 * CELLS)
    other = api.soil_next_samples(workspace, 8, rasters=[covariates], name="b", made_on=ON, formats=())
    assert one.pool == other.pool == 300 and one.x.tolist() == other.x.tolist()


def test_wrong_requests_are_refused_in_one_sentence(workspace, covariates):
    def told(**more):
        with pytest.raises(BadInput) as found:
            api.soil_next_samples(workspace, **{"count": 5, "rasters": [covariates], "formats": (), **more})
        return found.value.said

    assert told(design="grid") == "'grid' is no design; there are latin, uncertainty"
    assert told(rasters=()) == "a Latin hypercube needs covariate rasters"
    assert told(design="uncertainty") == "there is no salinity map salinity in the workspace"
    assert told(count=1) == "1 place is no design; ask for at least 2"
    assert told(count=10_000) == "there are 3575 places to choose 10000 from"
    assert told(kinds=["salt"]) == "there is no band salt; there are wet, high, soil"
    assert told(per_day=0) == "0 places a day is none"
