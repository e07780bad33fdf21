"""Repair mends what has one sensible mending, counts every row and every square metre moved, and is done when done."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from test_intake_validate_gallery import GALLERY, ID, polygon, with_row
from validate_county import CODES, CRS, SIDE, X, Y, examined, parcels, snapshot, with_shape, with_value

from tilth.intake import RidgeTable, repair
from tilth.land import Snapshot, ridge_deduction
from tilth.overlay import survey_area

MENDED = ("name", "deduction", "net", "enclave", "overlap", "spike", "spike without width", "spike inwards", "copy")


@pytest.mark.parametrize("case", GALLERY)
def test_repairing_twice_changes_nothing_more(case: str) -> None:
    once = repair(snapshot(GALLERY[case][0]), codes=CODES)
    again = repair(once.draft, codes=CODES)
    assert len(again.changes) == 0
    assert again.draft.id == once.draft.id


@pytest.mark.parametrize("case", MENDED)
def test_a_mended_county_has_no_findings_left(case: str) -> None:
    result = repair(snapshot(GALLERY[case][0]), codes=CODES)
    assert len(result.changes) > 0
    assert examined(result.parcels, quarantine=result.draft.quarantine).findings == ()


def test_a_county_without_faults_is_left_as_it_is() -> None:
    before = snapshot(parcels())
    result = repair(before, codes=CODES)
    assert len(result.changes) == 0 and result.draft.meta == before.meta
    assert shapely.equals_exact(list(result.parcels.geometry), list(before.parcels.geometry)).all()


def test_a_copy_is_set_aside_and_every_row_still_counted() -> None:
    result = repair(snapshot(with_row(parcel_id="X9", source_row=9)), codes=CODES)
    meta = result.draft.meta
    assert (meta.rows_in, meta.rows_stored, meta.rows_quarantined) == (9, 8, 1)
    assert list(result.draft.quarantine["code"]) == ["G-DUPLICATE"]
    assert meta.area_dm2 == int(parcels()["area_dm2"].sum())


def test_the_larger_parcel_keeps_ground_that_two_claim_and_the_area_moved_is_counted() -> None:
    frame = with_shape(1, polygon((99, 0), (200, 0), (200, 100), (99, 100)))
    frame.loc[1, "area_dm2"] += 5
    result = repair(snapshot(frame), codes=CODES)
    first = result.changes.iloc[0]
    assert (first["parcel_id"], first["what"], first["moved_dm2"]) == (ID + "1", f"overlap {ID}2", 10_000)
    assert result.moved_dm2 == 10_000
    (finding,) = result.findings
    assert finding.said == (
        "repair moved 100.00 m²; the polygon now measures 9,900.00 m², the recorded area stays 10,000.00 m²"
    )


def test_the_earlier_parcel_keeps_where_that_is_asked() -> None:
    frame = with_shape(1, polygon((99, 0), (200, 0), (200, 100), (99, 100)))
    frame.loc[1, "area_dm2"] += 5
    result = repair(snapshot(frame), codes=CODES, keep="earlier")
    assert result.changes.iloc[0]["parcel_id"] == ID + "2"


def test_a_parcel_inside_another_keeps_its_ground() -> None:
    frame = parcels()
    inner = frame.iloc[[1]].copy()
    inner["parcel_id"], inner["source_row"], inner["area_dm2"] = "IN", 9, 10_000
    inner = inner.set_geometry(gpd.GeoSeries([polygon((140, 40), (150, 40), (150, 50), (140, 50))], [1], crs=CRS))
    result = repair(snapshot(pd.concat([frame, inner], ignore_index=True)), codes=CODES)
    assert list(result.parcels["parcel_id"]) == [*frame["parcel_id"], "IN"]
    assert len(result.parcels.geometry[1].interiors) == 1


def test_a_crossed_ring_becomes_the_ground_it_encloses() -> None:
    result = repair(snapshot(GALLERY["crossed ring"][0]), codes=CODES)
    mended = result.parcels.geometry[1]
    assert mended.is_valid and mended.area == pytest.approx(5_000)
    assert [finding.code for finding in result.findings] == ["REPAIR-AREA"]


def test_the_recorded_area_is_never_touched() -> None:
    for frame, *_ in GALLERY.values():
        result = repair(snapshot(frame), codes=CODES)
        after = dict(zip(result.parcels["source_row"], result.parcels["area_dm2"], strict=True))
        before = dict(zip(frame["source_row"], frame["area_dm2"], strict=True))
        assert after == {row: before[row] for row in after}


def measured_snapshot(frame: gpd.GeoDataFrame, rows: list[int] | None = None) -> Snapshot:
    """The county with areas that were measured at import: all of them, or those of the source rows `rows`."""
    known = snapshot(frame)
    extra = {"measured_source_rows": rows} if rows else {}
    return replace(known, meta=replace(known.meta, area_from="file" if rows else "survey", extra=extra))


@pytest.mark.parametrize("rows", [None, [1, 2]])
def test_an_area_that_was_measured_follows_the_polygon_that_repair_cut(rows: list[int] | None) -> None:
    frame = with_shape(1, polygon((99, 0), (200, 0), (200, 100), (99, 100)))
    frame.loc[1, "area_dm2"] += 5
    result = repair(measured_snapshot(frame, rows), codes=CODES)
    loser = result.parcels.iloc[0]
    assert loser["area_dm2"] == survey_area([loser.geometry], CRS)[0] < 1_000_000 - 9_000
    deducted = ridge_deduction(np.array([loser["area_dm2"]]), np.array([loser["ridge_coef"]]))[0]
    assert (loser["deduct_dm2"], loser["net_area_dm2"]) == (deducted, loser["area_dm2"] - deducted)
    assert result.draft.meta.area_dm2 == int(result.parcels["area_dm2"].sum())
    booked = result.changes[result.changes["what"] == "area_dm2"]
    assert booked[["before", "after"]].to_numpy().tolist() == [[str(frame["area_dm2"][0]), str(loser["area_dm2"])]]
    assert result.findings == () and result.parcels["area_dm2"].iloc[1] == frame["area_dm2"].iloc[1]
    assert len(repair(result.draft, codes=CODES).changes) == 0


def test_an_area_that_the_file_gave_stays_where_others_were_measured() -> None:
    frame = with_shape(1, polygon((99, 0), (200, 0), (200, 100), (99, 100)))
    frame.loc[1, "area_dm2"] += 5
    result = repair(measured_snapshot(frame, [2]), codes=CODES)
    assert result.parcels["area_dm2"].iloc[0] == frame["area_dm2"].iloc[0]
    assert [finding.code for finding in result.findings] == ["REPAIR-AREA"]


def test_a_deduction_that_follows_the_countys_table_is_left_to_the_coefficient() -> None:
    wrong = snapshot(with_value("ridge_coef", 1, 0.09))
    assert len(repair(wrong, codes=CODES, ridge_table=RidgeTable.of(PD3=0.0812)).changes) == 0


def test_a_sliver_too_narrow_to_be_cut_out_of_its_neighbour_is_cut_off_itself() -> None:
    sliver = shapely.Polygon([(X + SIDE + x, Y + y) for x, y in [(13, 101), (-2, 39), (0, 0), (0, 43)]])
    result = repair(snapshot(with_shape(1, sliver)), codes=CODES)
    assert list(result.changes["parcel_id"]) == [ID + "2", ID + "2"]
    assert len(repair(result.draft, codes=CODES).changes) == 0


@given(st.lists(st.tuples(st.integers(-30, 130), st.integers(-30, 130)), min_size=4, max_size=9, unique=True))
def test_any_ring_is_mended_once_and_for_all(corners: list[tuple[int, int]]) -> None:
    ring = shapely.Polygon([(X + SIDE + x, Y + y) for x, y in corners])
    result = repair(snapshot(with_shape(1, ring)), codes=CODES)
    if [finding.code for finding in result.findings] != ["REPAIR-LEFT"]:
        assert shapely.is_valid(list(result.parcels.geometry)).all()
    again = repair(result.draft, codes=CODES)
    assert len(again.changes) == 0
    assert result.draft.meta.rows_in == len(result.parcels) + len(result.draft.quarantine)
