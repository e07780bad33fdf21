"""Trends, zones, candidates and next samples at the command line, on a survey that was really imported."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from saline_survey import CRS, EAST, TOP, drivers, parcels
from tilth import api
from tilth.cli.run import run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("zones")
    frame = parcels()
    village = "150821101201"
    survey = gpd.GeoDataFrame(
        {
            "BSM": [f"p{one:03d}" for one in range(len(frame))], "DLBM": frame["class_code"],
            "DLMC": np.where(frame["class_code"] == "1204", "盐碱地", "水浇地"), "QSXZ": "30",
            "QSDWDM": village + "0000000", "ZLDWDM": village + "0000000",
            "ZLDWMC": "示范村", "GDPDJB": np.where(frame["class_code"] == "0102", "1", ""),
            "TBMJ": frame["area_dm2"] / 100, "TBDLMJ": frame["area_dm2"] / 100,
        },
        geometry=list(frame.geometry), crs=CRS,
    )  # fmt: skip
    survey.to_file(folder / "DLTB.gpkg", layer="DLTB")
    workspace = api.init(folder / "county", region="150821", name="示范县")
    api.import_survey(workspace, folder / "DLTB.gpkg", year=2024)
    drivers().to_csv(folder / "drivers.csv", index=False)
    drawn = np.random.default_rng(1)
    for number, year in enumerate(range(2010, 2024)):
        values = 5 + drawn.standard_normal((48, 48))
        values[:, :12] += 0.5 * number
        with rasterio.open(
            folder / f"ec-{year}.tif", "w", driver="GTiff", width=48, height=48, count=1, dtype="float32", crs=CRS,
            transform=from_origin(EAST, TOP, 50, 50),
        ) as file:  # fmt: skip
            file.write(values.astype("float32"), 1)
            file.set_band_description(1, "ec")
    return str(workspace.root)


def told(place: str, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = run(["-w", place, "soil", *words])
    out = capsys.readouterr()
    return status, out.out, out.err


def test_a_trend_is_told_by_cell_and_by_parcel(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(one) for one in sorted(Path(place).parent.glob("ec-*.tif"))]
    status, out, _ = told(place, capsys, "trend", *files, "--year", "2024")
    assert status == 0
    assert "ec: 14 years from 2010 to 2023, 48 × 48 cells" in out
    assert "parcels of survey 2024" in out and "growing saltier: parcel, area" in out
    status, out, _ = told(place, capsys, "trend", *files, "--year", "2024", "--json")
    record = json.loads(out)
    assert {one["parcel_id"] for one in record["parcels"]["salinising"]} >= {"p000", "p001", "p002", "p012"}
    assert sum(one["area_dm2"] for one in record["parcels"]["rows"]) == int(parcels()["area_dm2"].sum())


def test_zones_are_told_with_their_rule_and_measures(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = str(Path(place).parent / "drivers.csv")
    words = ("zones", "--year", "2024", "--drivers", table, "--format", "xlsx", "--date", "2025-01-31")
    status, out, _ = told(place, capsys, *words)
    assert status == 0 and "pseudo-F of Caliński and Harabasz" in out
    assert "Z1" in out and "Subsurface pipe drainage" in out and "100.00" in out
    status, out, _ = told(place, capsys, *words, "--zones", "4", "--json")
    record = json.loads(out)
    assert len(record["zones"]) == 4 and record["total_dm2"] == int(parcels()["area_dm2"].sum())


def test_candidates_are_told_by_kind(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = str(Path(place).parent / "drivers.csv")
    status, out, _ = told(place, capsys, "candidates", "--year", "2024", "--drivers", table, "--format", "xlsx")
    assert status == 0 and "saline-alkali land" in out and "SOIL-CANDIDATES-LAYER" in out
    status, out, _ = told(
        place, capsys, "candidates", "--year", "2024", "--drivers", table, "--format", "xlsx", "--json"
    )
    record = json.loads(out)
    assert record["candidates"] == 29 and record["kinds"][0]["area_dm2"] == record["total_dm2"]


def test_next_samples_are_told_day_by_day_in_chinese(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    raster = str(Path(place).parent / "ec-2010.tif")
    words = ("next-samples", "--count", "12", "--raster", raster, "--year", "2024", "--format", "xlsx")
    status = run(["-w", place, "--lang", "zh", "soil", *words])
    out = capsys.readouterr().out
    assert status == 0 and "按条件拉丁超立方代表 ec 的空间变化" in out and "分 2 天" in out
    status, out, _ = told(place, capsys, *words, "--json")
    places = json.loads(out)["places"]
    assert len(places) == 12 and all(one["parcel"].startswith("p") for one in places)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("trend", "{ec}"), "1 year is too few for a trend"),
        (("trend", "{ec}", "--years", "x"), "--years takes whole numbers with commas between, not 'x'"),
        (("zones", "--year", "2024"), "no driver is given"),
        (("zones", "--year", "2024", "--drivers", "{drivers}", "--weight", "gw=0"), "'gw=0' is no weight"),
        (("zones", "--year", "2024", "--drivers", "{drivers}", "--as", "a=b"), "'a=b' does not say what a driver"),
        (("candidates", "--year", "2024", "--steepest", "9"), "9 is no slope grade from 1 to 5"),
        (("next-samples", "--count", "5"), "a Latin hypercube needs covariate rasters"),
        (("next-samples", "--count", "5", "--design", "uncertainty"), "there is no salinity map salinity"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_answered_in_one_sentence_with_status_2(
    words: tuple[str, ...], said: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(place).parent
    held = {"ec": str(folder / "ec-2010.tif"), "drivers": str(folder / "drivers.csv")}
    status, out, err = told(place, capsys, *(one.format(**held) for one in words))
    assert status == 2 and said in err and out == "" and "Traceback" not in err
