"""Shapes that are laid out beside the records are those of the records, and are found by their boxes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import tilth.land.at_hand
from tilth.core import BadInput
from tilth.land import PARCEL_COLUMNS, Draft, Meta, Source, Store, typed
from tilth.runtime import Workspace
from tilth.runtime.held import HOLDING


def a_county(count: int, seed: int = 3) -> Draft:
    """Boxes of all sizes, some without ground."""
    chance = np.random.default_rng(seed)
    left, low = chance.uniform(0, 1000, (2, count))
    wide, high = 10.0 ** chance.uniform(-1, 2.5, (2, count))
    shapes = shapely.box(left, low, left + wide, low + high)
    shapes[chance.choice(count, 3, replace=False)] = [None, shapely.Polygon(), shapely.Polygon()]
    about = {"parcel_id": [f"P{row}" for row in range(count)], "area_dm2": 1, "class_code": "0102"}
    frame = gpd.GeoDataFrame(typed(pd.DataFrame(about), PARCEL_COLUMNS), geometry=shapes, crs=4526)
    meta = Meta(
        kind="survey", year=2023, region="999901", crs="EPSG:4526", code_system="sd2017", profile="dltb",
        sources=(Source("a.shp", "00"),), rows_in=count, rows_stored=count, rows_quarantined=0, area_dm2=count,
        area_from="file", version="0", rules="0",
    )  # fmt: skip
    aside = gpd.GeoDataFrame({"source_row": [], "code": [], "reason": [], "attributes": []}, geometry=[], crs=4526)
    return Draft(meta, frame, (), aside)


@pytest.fixture
def held(monkeypatch):
    """A process that holds what it reads, as a server does."""
    monkeypatch.setattr(HOLDING, "most", 1_000_000)
    monkeypatch.setattr(tilth.land.at_hand, "_MANY", 10)
    yield
    HOLDING.clear()


@pytest.fixture
def store(tmp_path):
    return Store(Workspace.create(tmp_path / "w", region="999901", name="示范县"))


def test_a_server_finds_the_shapes_of_any_rows_as_they_were_stored(store, held):
    kept = store.publish(a_county(3_000))
    survey = store.survey(2023)
    assert survey.rows.at_hand is not None and "frame" not in survey.rows.__dict__
    own = np.asarray(kept.parcels.geometry, dtype=object)
    rows = np.random.default_rng(1).permutation(3_000)[:500]
    missing = np.flatnonzero(shapely.is_missing(own))
    found = survey.shapes(np.concatenate([rows, missing]))
    assert all(a is b is None or a.equals_exact(b) for a, b in zip(found, own[[*rows, *missing]], strict=True))
    assert len(survey.shapes(np.zeros(0, np.int64))) == 0


def test_the_rows_whose_boxes_meet_are_those_that_a_look_at_all_of_them_finds(store, held):
    store.publish(a_county(3_000))
    survey = store.survey(2023)
    chance, boxes = np.random.default_rng(2), survey.bounds
    for _ in range(200):
        corner, size = chance.uniform(-50, 1050, 2), 10.0 ** chance.uniform(-2, 3)
        box = np.array([*corner, *(corner + size)])
        low, high = (boxes[:, :2] <= box[2:]).all(axis=1), (boxes[:, 2:] >= box[:2]).all(axis=1)
        assert survey.meeting(box).tolist() == np.flatnonzero(low & high).tolist()
    touching = boxes[7, [2, 3, 2, 3]]
    assert 7 in survey.meeting(touching)


def test_a_command_reads_shapes_from_where_they_are_stored(store):
    store.publish(a_county(40))
    survey = store.survey(2023)
    assert survey.rows.at_hand is None and not list((store.workspace.root / "cache").glob("*at-hand*"))


def test_what_is_laid_out_is_made_again_where_it_was_damaged(store, held):
    store.publish(a_county(100))
    store.survey(2023)
    (folder,) = (store.workspace.root / "cache").glob("*at-hand*")
    values = folder / "shapes.wkb"
    whole = values.read_bytes()
    values.unlink()
    values.write_bytes(whole[:-1] + b"\0")
    HOLDING.clear()
    assert len(store.survey(2023).shapes(np.arange(5))) == 5
    assert values.read_bytes() == whole


def test_a_server_that_cannot_keep_them_does_without(store, held, monkeypatch):
    monkeypatch.setattr(tilth.land.at_hand, "_PAUSE_S", 0.0)
    store.publish(a_county(100))

    def full(*_):
        raise BadInput("RUNTIME-BUSY", folder="x")

    monkeypatch.setattr(tilth.land.at_hand, "_keep", full)
    survey = store.survey(2023)
    assert survey.rows.at_hand is None and len(survey.shapes(np.arange(5))) == 5


def test_ids_that_stand_for_more_than_one_row_are_known(store):
    draft = a_county(20)
    draft.parcels["parcel_id"] = [*(f"P{row}" for row in range(17)), "P3", "", ""]
    assert store.publish(draft).repeated_ids == {"P3", ""}
