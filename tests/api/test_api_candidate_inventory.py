"""The inventory of candidate land: every piece of ground once, each with why it is in or out."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from saline_survey import CRS, EAST, SIDE, STEP, TOP, drivers, parcels, survey
from tilth import api
from tilth.core import BadInput
from tilth.overlay import engine_area
from tilth.runtime import Workspace

ON = "2025-01-31"


class Layer(SimpleNamespace):
    """A layer as a store gives it."""

    repeated_ids: frozenset[str] = frozenset()

    @property
    def attributes(self):
        return self.parcels

    def meeting(self, box):
        bounds = shapely.bounds(np.asarray(self.parcels.geometry, dtype=object))
        return np.flatnonzero((bounds[:, :2] <= box[2:]).all(axis=1) & (bounds[:, 2:] >= box[:2]).all(axis=1))

    def shapes(self, rows):
        return np.asarray(self.parcels.geometry, dtype=object)[rows]


def layer(*shapes):
    frame = gpd.GeoDataFrame(
        {"feature_id": [f"f{one}" for one in range(len(shapes))], "name": "", "source_row": range(len(shapes))},
        geometry=list(shapes), crs=CRS,
    )  # fmt: skip
    return Layer(parcels=frame, meta=SimpleNamespace(crs=CRS))


def strip(share, *, west=0.0):
    """The west of the land, or a strip from `west` on, as shares of its width."""
    wide = SIDE * STEP
    return shapely.box(EAST + west * wide, TOP - wide - 5, EAST + share * wide, TOP + 5)


def land():
    frame = parcels()
    frame["slope_grade"] = pd.array([1] * len(frame), dtype="Int8")
    frame.loc[10, "slope_grade"] = 5
    frame.loc[1, "planting"], frame.loc[2, "class_code"] = "WG", "0201K"
    frame.loc[3, ["class_code", "planting"]] = ["0201", "JKHF"]
    frame.loc[4, "class_code"] = "0404"
    return frame


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    layers = {"ecology": layer(strip(0.11)), "reserve": layer(strip(0.2, west=0.05))}
    monkeypatch.setattr("tilth.land.Store", lambda _: SimpleNamespace(survey=lambda _: survey(land())))
    monkeypatch.setattr(
        "tilth.api.layers.usable_layers",
        lambda store, held, kinds: ({one: layers[one] for one in kinds if one in layers}, ()),
    )
    return Workspace.create(tmp_path / "ws", region="150821", name="test county")


@pytest.fixture
def table(tmp_path):
    frame = drivers()
    frame["water"] = "yes"
    frame.loc[15, "water"] = "no"
    frame.to_csv(tmp_path / "known.csv", index=False)
    return tmp_path / "known.csv"


def inventory(workspace, table, **more):
    return api.soil_candidates(workspace, 2024, tables=[table], made_on=ON, **{"formats": (), **more})


def test_parts_of_every_parcel_add_up_and_so_do_kinds_and_reasons(workspace, table):
    done = inventory(workspace, table)
    assert (done.parts.sum(axis=1) == done.areas).all() and (done.parts >= 0).all()
    record = json.loads((done.folder / "candidates.json").read_text(encoding="utf-8"))
    assert sum(one["area_dm2"] for one in record["kinds"]) == record["total_dm2"]
    assert sum(one["usable"] for one in record["kinds"]) == record["usable_dm2"]
    for one in record["kinds"]:
        assert sum(one[reason] for reason in (*record["excluded_by"], "usable")) == one["area_dm2"]
        grades = ("suits", "suits-with-works", "hardly-suits", "unknown")
        assert sum(one[grade] for grade in grades) == one["usable"]
    with (done.folder / "candidates.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    parts = [name for name in rows[0] if name.endswith("_m2") and name != "area_m2"]
    for row in rows:
        assert sum(Decimal(row[name]) for name in parts) == Decimal(row["area_m2"])


def test_each_parcel_says_why_it_is_in_and_why_it_is_out(workspace, table):
    rows = {one["parcel_id"]: one for one in inventory(workspace, table).records()}
    assert rows["p001"]["kind"] == "idle" and rows["p002"]["kind"] == "adjustable"
    assert rows["p003"]["kind"] == "restorable-now" and "p006" not in rows
    assert "p004" not in rows  # grassland of ECe 3
    assert rows["p000"]["verdict"] == "out" and set(rows["p000"]["out_dm2"]) == {"ecology"}
    assert rows["p010"]["out_dm2"] == {"slope": rows["p010"]["area_dm2"]}
    assert rows["p015"]["out_dm2"] == {"water": rows["p015"]["area_dm2"]}
    assert rows["p005"]["verdict"] == "in" and rows["p005"]["out_dm2"] == {}


def test_ground_under_two_layers_is_counted_once_and_is_that_of_a_plain_overlay(workspace, table):
    done = inventory(workspace, table)
    at = done.ids.tolist().index("p001")
    shape = parcels().geometry[1]
    ecology, reserve = strip(0.11), strip(0.2, west=0.05)
    whole = engine_area([shape], CRS)[0]
    first = engine_area([shape & ecology], CRS)[0] / whole
    second = engine_area([(shape & reserve) - ecology], CRS)[0] / whole
    assert done.parts[at, 0] / done.areas[at] == pytest.approx(first, abs=1e-3)
    assert done.parts[at, 1] / done.areas[at] == pytest.approx(second, abs=1e-3)


def test_a_slope_layer_tells_the_grade_of_parcels_that_have_none(workspace, table, monkeypatch):
    frame = land()
    frame["slope_grade"] = pd.array([pd.NA] * len(frame), dtype="Int8")
    monkeypatch.setattr("tilth.land.Store", lambda _: SimpleNamespace(survey=lambda _: survey(frame)))
    slopes = layer(strip(0.7), strip(1.01, west=0.7))
    slopes.parcels["code"] = ["2", "5"]
    monkeypatch.setattr("tilth.api.layers.usable_layers", lambda *_: ({"slope": slopes}, ()))
    rows = {one["parcel_id"]: one for one in inventory(workspace, table).records()}
    # the parcels of the ninth column lie four tenths of their width on the gentle slope, six on the steep one
    assert rows["p020"]["out_dm2"] == {"slope": rows["p020"]["area_dm2"]}
    assert rows["p055"]["verdict"] == "in" and rows["p010"]["out_dm2"] == {"slope": rows["p010"]["area_dm2"]}


def test_need_for_water_takes_land_out_where_there_is_less(workspace, table):
    free = {one["parcel_id"]: one for one in inventory(workspace, table).records()}
    short = {one["parcel_id"]: one for one in inventory(workspace, table, water_m3_ha=800).records()}
    need = free["p075"]["water_m3_ha"]  # ECe near 9 in the west
    assert need == pytest.approx(10_000 * 0.1 * 0.6 * 9 / 4, rel=0.05)
    assert "water" in short["p075"]["out_dm2"] and free["p005"]["water_m3_ha"] == 0.0
    assert short["p005"]["verdict"] == "in"


def test_steeper_grades_may_be_allowed_and_abandoned_land_is_taken_from_a_list(workspace, table, tmp_path):
    pd.DataFrame({"parcel_id": ["p006"]}).to_csv(tmp_path / "gone.csv", index=False)
    rows = {
        one["parcel_id"]: one
        for one in inventory(workspace, table, steepest=5, abandoned=tmp_path / "gone.csv").records()
    }
    assert rows["p010"]["verdict"] == "in" and rows["p006"]["kind"] == "abandoned"


def test_what_is_lacking_is_said(workspace, table):
    done = api.soil_candidates(workspace, 2024, exclude=("town",), made_on=ON, formats=())
    assert [one.code for one in done.findings] == ["SOIL-CANDIDATES-LAYER", "SOIL-CANDIDATES-SALT"]
    assert done.findings[0].said == "there is no layer town for 2024, so nothing was taken out for it"
    assert np.isnan(done.need).all()


def test_files_are_written_in_both_languages_with_a_map(workspace, table):
    done = inventory(workspace, table, formats=("docx", "pdf", "xlsx"))
    held = {one.name for one in done.folder.iterdir()}
    for lang in ("en", "zh"):
        assert {f"candidates-{lang}.{end}" for end in ("docx", "pdf", "xlsx", "png")} <= held
    book = openpyxl.load_workbook(done.folder / "candidates-zh.xlsx")
    cells = {str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line}
    assert {"盐碱地", "即可恢复", "可调整地类（K）"} <= cells and any("坡度过陡" in one for one in cells)
    layer_ = gpd.read_file(done.folder / "candidates.gpkg", layer="candidates")
    assert layer_["area_dm2"].sum() == done.areas.sum()


def test_wrong_requests_are_refused_in_one_sentence(workspace, table, monkeypatch):
    with pytest.raises(BadInput, match="7 is no slope grade from 1 to 5"):
        inventory(workspace, table, steepest=7)
    frame = parcels()
    frame["class_code"] = "0102"
    monkeypatch.setattr("tilth.land.Store", lambda _: SimpleNamespace(survey=lambda _: survey(frame)))
    with pytest.raises(BadInput, match="survey 2024 has no parcel that could become farmland"):
        inventory(workspace, table)
