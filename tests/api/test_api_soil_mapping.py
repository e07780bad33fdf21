"""A salinity map in a workspace: from a table and rasters to rasters, parcels and an area table."""

from __future__ import annotations

import csv
import json
from decimal import Decimal

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from salty_land import CELL, LEFT, SIDE, SMALL, TOP, bands, raster, salty
from tilth import api
from tilth.core import BadInput, NeedsAnswer
from tilth.runtime import Workspace


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    import tilth.soil.salinity_map.modelling as modelling

    monkeypatch.setattr(modelling, "CANDIDATES", SMALL)
    monkeypatch.setattr(modelling.fit_model, "__kwdefaults__", {**modelling.fit_model.__kwdefaults__, "recipes": SMALL})


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "ws", region="150821", name="test county")


@pytest.fixture
def table(tmp_path):
    samples = salty()
    path = tmp_path / "lab.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["easting", "northing", "ec_us"])
        writer.writerows(zip(samples.x, samples.y, samples.value * 1000, strict=True))
    return path


ASKED = api.Learned(value="ec_us", unit="µS/cm", x="easting", y="northing", crs="EPSG:32649")


def mapped(workspace, table, stack, **more):
    return api.soil_map(workspace, table, [stack], asked=ASKED, bounds=(2, 4, 8), **more)


def test_a_map_leaves_three_rasters_and_what_is_known_of_it(workspace, table, tmp_path):
    done = mapped(workspace, table, raster(tmp_path / "stack.tif", bands()))
    record = json.loads((done.folder / "map.json").read_text(encoding="utf-8"))
    assert record["samples"] == 160
    assert record["classes"] == ["< 2", "2–4", "4–8", "≥ 8"]
    assert record["importance"][0]["covariate"] in ("wet", "high")
    assert not (done.folder / ".blocks").exists()
    with rasterio.open(done.folder / "classes.tif") as classes, rasterio.open(done.folder / "ec.tif") as ec:
        assert (classes.read().astype(int).sum(axis=0) == 10_000).all()
        assert classes.descriptions == tuple(record["classes"])
        lower, upper = ec.read(2), ec.read(4)
        assert (lower <= upper).all()


def test_the_unit_of_the_table_is_heeded(workspace, table, tmp_path):
    done = mapped(workspace, table, raster(tmp_path / "stack.tif", bands()))
    assert done.read.samples.value == pytest.approx(salty().value)


def test_a_depth_has_to_be_said_where_samples_have_several(workspace, tmp_path):
    samples = salty()
    frame = gpd.pd.DataFrame({"x": samples.x, "y": samples.y, "ec": samples.value, "top": 0, "bottom": 20})
    frame.loc[::2, ["top", "bottom"]] = 20, 40
    frame.to_csv(tmp_path / "lab.csv", index=False)
    asked = api.Learned(value="ec", crs="EPSG:32649", top="top", bottom="bottom")
    stack = raster(tmp_path / "stack.tif", bands())
    with pytest.raises(BadInput, match="not which depth is mapped"):
        api.soil_map(workspace, tmp_path / "lab.csv", [stack], asked=asked, bounds=(4,))
    with pytest.raises(BadInput, match="no sample is as deep as 90 cm; they are from 10 to 30 cm"):
        api.soil_map(workspace, tmp_path / "lab.csv", [stack], asked=asked, bounds=(4,), depth=90)
    done = api.soil_map(workspace, tmp_path / "lab.csv", [stack], asked=asked, bounds=(4,), depth=10)
    assert done.as_record()["samples"] == 160


def test_rasters_that_do_not_cover_the_samples_are_refused(workspace, table, tmp_path):
    stack = raster(tmp_path / "stack.tif", bands(), left=LEFT + 5_000)
    with pytest.raises(BadInput, match="160 of 160 samples lie outside the rasters; the first is sample"):
        mapped(workspace, table, stack)


def test_a_hole_under_a_sample_is_refused_with_the_covariate(workspace, table, tmp_path):
    values = bands()
    values[1, :30] = -9999
    with pytest.raises(BadInput, match=r"high has no value for \d+ of 160 samples"):
        mapped(workspace, table, raster(tmp_path / "stack.tif", values))


def test_coordinates_without_a_system_are_not_guessed(workspace, table, tmp_path):
    stack = raster(tmp_path / "stack.tif", bands())
    with pytest.raises(NeedsAnswer):
        api.soil_map(
            workspace, table, [stack], asked=api.Learned(value="ec_us", x="easting", y="northing"), bounds=(4,)
        )


def test_a_column_that_is_not_there_is_said_with_those_that_are(workspace, table, tmp_path):
    stack = raster(tmp_path / "stack.tif", bands())
    with pytest.raises(BadInput, match=r"lab\.csv has no column ece; it has easting, northing, ec_us"):
        api.soil_map(workspace, table, [stack], asked=api.Learned(value="ece", crs="EPSG:32649"), bounds=(4,))


def test_a_scheme_of_ece_is_not_laid_on_another_extract(workspace, table, tmp_path):
    with pytest.raises(BadInput, match="scheme fao-salinity asks about ece_ds_m, but what is mapped is ec_us"):
        api.soil_map(workspace, table, [raster(tmp_path / "stack.tif", bands())], asked=ASKED)


def test_a_name_cannot_lead_out_of_the_workspace(workspace, table, tmp_path):
    with pytest.raises(BadInput, match="cannot be the name of a map's folder"):
        mapped(workspace, table, raster(tmp_path / "stack.tif", bands()), name="../out")


def surveyed(workspace, tmp_path):
    step = SIDE * CELL / 6
    shapes = [shapely.box(LEFT + a * step, TOP - (b + 1) * step, LEFT + (a + 1) * step, TOP - b * step)
              for a in range(6) for b in range(6)]  # fmt: skip
    frame = gpd.GeoDataFrame({"id": [f"p{one}" for one in range(36)], "crop": "wheat"}, geometry=shapes, crs=32649)
    frame.to_file(tmp_path / "survey.gpkg")

    return tmp_path / "survey.gpkg"


def test_accounts_of_parcels_add_up_to_the_survey(workspace, table, tmp_path, monkeypatch):
    from types import SimpleNamespace

    file = surveyed(workspace, tmp_path)
    frame = gpd.read_file(file).rename(columns={"id": "parcel_id"})
    frame["area_dm2"] = np.arange(36) * 13 + 4_000_000
    monkeypatch.setattr("tilth.land.Store", lambda _: SimpleNamespace(survey=lambda _: SimpleNamespace(parcels=frame)))
    stack = raster(tmp_path / "stack.tif", bands())
    for drawn, method in ((False, "model"), (True, "design")):
        record = mapped(workspace, table, stack, year=2024, drawn=drawn).as_record()
        areas = record["areas"]
        assert areas["method"] == method
        assert sum(one["area_dm2"] for one in areas["rows"]) == areas["total_dm2"] == frame["area_dm2"].sum()
        assert sum(Decimal(one["share_pct"]) for one in areas["rows"]) == 100
        assert ("drawn at random" in areas["said"]) is drawn
    with (workspace.root / "rasters/salinity/parcels.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 36
    for row, whole in zip(rows, frame["area_dm2"], strict=True):
        parts = [Decimal(value) for name, value in row.items() if name.startswith("m2 ")]
        assert sum(parts) * 100 == whole
        assert sum(float(value) for name, value in row.items() if name.startswith("p ")) == pytest.approx(1, abs=2e-4)


def test_a_survey_elsewhere_is_refused(workspace, table, tmp_path, monkeypatch):
    from types import SimpleNamespace

    frame = gpd.GeoDataFrame(
        {"parcel_id": ["a"], "area_dm2": [100]}, geometry=[shapely.box(0, 0, 10, 10)], crs="EPSG:32649"
    )
    monkeypatch.setattr("tilth.land.Store", lambda _: SimpleNamespace(survey=lambda _: SimpleNamespace(parcels=frame)))
    with pytest.raises(BadInput, match="share no ground"):
        mapped(workspace, table, raster(tmp_path / "stack.tif", bands()), year=2024)


def test_a_model_is_validated_on_columns_of_the_table_itself(tmp_path):
    samples = salty()
    frame = gpd.pd.DataFrame({"x": samples.x, "y": samples.y, "ec": samples.value, "wet": samples.covariates[:, 0],
                              "high": samples.covariates[:, 1]})  # fmt: skip
    frame.loc[3, "ec"] = np.nan
    frame.to_csv(tmp_path / "lab.csv", index=False)
    asked = api.Learned(value="ec", crs="EPSG:32649", columns=api.covariate_columns(tmp_path / "lab.csv", "wet..high"))
    record = api.soil_validate(tmp_path / "lab.csv", asked=asked, folds=4, random_split=False).as_record()
    assert record["left_out"] == {"value": 1}
    assert [one["method"] for one in record["scores"]] == ["tilth", "mean", "nearest", "kriging", "forest"]
    assert record["covariates"] == ["wet", "high"]
    assert record["scores"][0]["r2"] > record["scores"][1]["r2"]
