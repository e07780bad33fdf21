"""Two years of geometry: overlay, double cover, invalid rings, permanent basic farmland; and the real data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from change_cases import CRS, SD2017, TREE, codes, snapshot, square
from hypothesis import given
from hypothesis import strategies as st

from tilth.change import Flows, compare_years, flow_matrix_from_transitions, pbf_by_class, status_tables
from tilth.core import BadInput, Label, dm2_array
from tilth.intake import read_vector
from tilth.land import (
    LAYER_COLUMNS,
    PARCEL_COLUMNS,
    Meta,
    RegionTree,
    Snapshot,
    observed_code_system,
    typed,
)
from tilth.overlay import engine_area


def codes_of(result: Flows) -> list[str]:
    return [finding.code for finding in result.findings]


def test_a_field_half_built_over():
    before = snapshot(2022, [{"class_code": "0102"}], [square(0, 0, 100, 100)])
    after = snapshot(
        2023, [{"class_code": "0102"}, {"class_code": "0601"}], [square(0, 0, 60, 100), square(60, 0, 40, 100)]
    )
    result = compare_years(before, after, SD2017, TREE)
    assert codes_of(result) == []
    assert result.change_list[["old_class", "new_class"]].to_numpy().tolist() == [["0102", "0601"]]
    assert abs(int(result.change_list["area_dm2"].iloc[0]) - 400_000) <= 1
    assert result.matrix.title.en == "Wheatfield: land-use flow matrix, 2022–2023"


def test_parcels_that_overlap_in_both_years_move_their_land_once():
    shapes = [square(0, 0, 100, 100), square(50, 0, 100, 100)]
    rows = [{"class_code": "0101"}, {"class_code": "0301"}]
    result = compare_years(snapshot(2022, rows, shapes), snapshot(2023, rows, shapes), SD2017, TREE)
    assert codes_of(result) == ["CHANGE-OVERLAPS", "CHANGE-OVERLAPS"]
    assert result.findings[0].values["count"] == 1
    assert abs(result.findings[0].values["overlap_dm2"] - 500_000) <= 20  # 50 m x 100 m
    assert result.edges["overlap_before"] == result.edges["overlap_after"] == result.edges["lost"] == 0


def test_double_cover_of_one_year_is_booked_apart_and_lost_extent_stays_lost():
    one = snapshot(2022, [{"class_code": "0101"}], [square(0, 0, 100, 100)])
    shapes = [square(0, 0, 60, 100), square(40, 0, 40, 100)]
    two = snapshot(2023, [{"class_code": "0101"}, {"class_code": "0301"}], shapes)
    result = compare_years(one, two, SD2017, TREE)
    assert abs(result.edges["overlap_after"] - 200_000) <= 10  # 20 m x 100 m
    assert abs(result.edges["lost"] - 200_000) <= 10
    back = compare_years(two, one, SD2017, TREE)
    assert abs(back.edges["overlap_before"] - 200_000) <= 10
    assert abs(back.edges["gained"] - 200_000) <= 10


def test_double_cover_that_the_other_year_does_not_know_is_extent():
    twice = snapshot(2022, [{"class_code": "0101"}] * 2, [square(0, 0, 10, 10)] * 2)
    away = snapshot(2023, [{"class_code": "0101"}], [square(500, 0, 10, 10)])
    result = compare_years(twice, away, SD2017, TREE)
    assert result.edges["overlap_before"] == 0 and abs(result.edges["lost"] - 20_000) <= 2


def test_a_ring_that_crosses_itself_is_mended_for_the_overlay_and_named():
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 12)])
    bow = shapely.transform(bow, lambda xy: xy + np.array([39_500_000, 4_000_000]))
    before = snapshot(2022, [{"class_code": "0101"}], [bow])
    result = compare_years(before, replace(before, meta=replace(before.meta, year=2023)), SD2017, TREE)
    assert codes_of(result).count("CHANGE-MENDED") == 2
    assert result.edges["difference"] == 0
    assert "CHANGE-SCALED" in codes_of(result)


def test_a_parcel_whose_ground_vanishes_is_named():
    line = shapely.Polygon([(39_500_000, 4_000_000), (39_500_010, 4_000_000), (39_500_000, 4_000_000)])
    before = snapshot(2022, [{"class_code": "0101", "m2": 5.0}], [line])
    after = snapshot(2023, [{"class_code": "0101"}], [square(0, 0, 10, 10)])
    assert "CHANGE-NO-AREA" in codes_of(compare_years(before, after, SD2017, TREE))


def test_years_in_two_coordinate_or_code_systems_are_refused():
    before = snapshot(2022, [{"class_code": "0101"}], [square(0, 0, 10, 10)])
    other = replace(before, meta=replace(before.meta, crs="EPSG:4526"))
    with pytest.raises(BadInput, match="EPSG:4526"):
        compare_years(before, other, SD2017, TREE)
    with pytest.raises(BadInput, match="ed2007"):
        compare_years(before, replace(before, meta=replace(before.meta, code_system="ed2007")), SD2017, TREE)


def layer(shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame({"feature_id": [f"f{number}" for number in range(len(shapes))]})
    frame["source_row"] = np.arange(1, len(shapes) + 1)
    frame["area_dm2"] = frame["net_area_dm2"] = dm2_array(engine_area(shapes, CRS))
    return gpd.GeoDataFrame(typed(frame, LAYER_COLUMNS), geometry=shapes, crs=CRS)


def test_permanent_basic_farmland_is_cut_by_parcels_and_closes_on_its_recorded_area():
    rows = [{"class_code": "0101", "ridge_coef": 0.1, "slope_grade": 2}, {"class_code": "0601"}]
    ground = snapshot(2023, rows, [square(0, 0, 50, 100), square(50, 0, 40, 100)])
    pbf = layer([square(10, 0, 100, 100)])
    found, findings = pbf_by_class(ground, pbf)
    assert found["class_code"].tolist() == ["0101", "0601", ""]
    assert found["area_dm2"].sum() == pbf["area_dm2"].sum()
    assert abs(int(found["deduct_dm2"].iloc[0]) - 40_000) <= 1
    assert [finding.code for finding in findings] == ["CHANGE-PBF-OUTSIDE"]
    tables = status_tables(ground.parcels, SD2017, TREE, year=2023, unit_name=Label("W", "W"), pbf_pieces=found)
    assert tables["15"].dm2[0, 0] == pbf["area_dm2"].sum()


def test_basic_farmland_that_stands_twice_counts_once_and_is_named():
    ground = snapshot(2023, [{"class_code": "0101", "ridge_coef": 0.1}], [square(0, 0, 100, 100)])
    pbf = layer([square(0, 0, 50, 100), square(0, 0, 50, 100), square(40, 0, 60, 100), square(49.9995, 0, 0.0005, 9)])
    found, findings = pbf_by_class(ground, pbf)
    assert found["area_dm2"].sum() == pbf["area_dm2"].sum()  # nothing is lost …
    assert abs(found.loc[found["class_code"] == "0101", "area_dm2"].sum() - 1_000_000) <= 10  # … nor counted twice
    doubled = found[found["class_code"] == "twice"]
    assert doubled["feature_id"].tolist() == ["f1", "f2"] and set(doubled["region_code"]) == {""}
    assert [(f.code, f.where.parcel, f.severity) for f in findings] == [
        ("CHANGE-PBF-TWICE", "f1", "breaks"),
        ("CHANGE-PBF-TWICE", "f2", "breaks"),
    ]
    assert "5,0" in findings[0].said and "要素重叠" not in findings[0].said
    table = status_tables(ground.parcels, SD2017, TREE, year=2023, unit_name=Label("W", "W"), pbf_pieces=found)["15"]
    assert abs(int(table.column("total")[0]) - 1_000_000) <= 10
    assert abs(int(table.column("twice")[0]) - 600_000) <= 10
    assert table.hectares is not None and table.hectares[0, 0] == 100


def test_which_of_two_features_keeps_the_land_does_not_hang_on_the_order_of_rows():
    ground = snapshot(2023, [{"class_code": "0101"}], [square(0, 0, 100, 100)])
    pbf = layer([square(0, 0, 50, 100), square(20, 0, 80, 100)])
    sums = [
        pbf_by_class(ground, frame)[0].groupby(["feature_id", "class_code"])["area_dm2"].sum().to_dict()
        for frame in (pbf, pbf.iloc[::-1].reset_index(drop=True))
    ]
    assert sums[0] == sums[1] and sums[0]["f1", "twice"] > 0


# ---- real data ----------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize("dm2_per_pixel", [1, 90_000])
def test_published_transitions_reproduce_with_zero_difference(data_dir: Path, dm2_per_pixel: int):
    source = pd.read_csv(data_dir / "lulc_transitions_sl" / "lulc_Multistep.csv", dtype={"From": str, "To": str})
    source["area"] = source["QtPixel"] * dm2_per_pixel
    previous: dict[str, int] = {}
    for _, period in source.groupby("Period"):
        table = flow_matrix_from_transitions(period.rename(columns={"From": "from", "To": "to"}))
        classes = [row.key[0] for row in table.rows]
        opening = dict(zip(classes, table.column("OPENING").tolist(), strict=True))
        closing = dict(zip(classes, table.column("CLOSING").tolist(), strict=True))
        assert opening["total"] == closing["total"] == 24_908_860 * dm2_per_pixel
        assert all(opening.get(code, 0) == area for code, area in previous.items())
        for row in period.itertuples():
            assert table.column(row.To)[classes.index(row.From)] == row.area
        previous = closing
    if dm2_per_pixel > 1:
        assert previous["total"] == round(22_417.974 * 1e8)


def cambridge(folder: Path, year: int) -> Snapshot:
    path = folder / "parcels_cambridge_ma" / f"ASSESSING_ParcelsFY{year}.topojson"
    source = read_vector(path, crs="EPSG:4326").frame  # the file names no CRS; it is WGS 84
    area = np.maximum(dm2_array(engine_area(source.geometry, "EPSG:4326")), 1)
    columns = {
        "parcel_id": [f"{name}#{number}" for number, name in enumerate(source["ML"])],
        "source_row": np.arange(1, len(source) + 1),
        "class_code": source["MAP"].astype(str).fillna("none"),
        "area_dm2": area,
        "net_area_dm2": area,
    }
    frame = gpd.GeoDataFrame(typed(pd.DataFrame(columns), PARCEL_COLUMNS), geometry=source.geometry, crs="EPSG:4326")
    count = len(frame)
    meta = Meta("survey", year, "cambridge", "EPSG:4326", "map", "map", (), count, count, 0, int(area.sum()), "engine",
                "0", "0")  # fmt: skip
    return Snapshot(str(year), meta, frame)


@pytest.mark.data
def test_two_years_of_a_real_cadastre_close_and_their_faults_are_measured(data_dir: Path):
    before, after = cambridge(data_dir, 2013), cambridge(data_dir, 2014)
    system = observed_code_system("map", {*before.parcels["class_code"], *after.parcels["class_code"]})
    result = compare_years(before, after, system, RegionTree({}))
    total = dict(zip([one.code for one in result.matrix.columns], result.matrix.dm2[-1].tolist(), strict=True))
    assert total["OPENING"] == before.meta.area_dm2 and total["CLOSING"] == after.meta.area_dm2
    assert round(total["OPENING"] / 1e6, 1) == 1423.4 and round(total["CLOSING"] / 1e6, 1) == 1736.9
    edges = result.edges
    gained = edges["gained"] + edges["overlap_after"] + edges["difference"]
    assert total["CLOSING"] - total["OPENING"] == gained - edges["lost"] - edges["overlap_before"]
    assert 313.0e6 < edges["gained"] < 313.4e6 and 0.6e6 < edges["overlap_after"] < 0.7e6
    overlapping = [finding.values for finding in result.findings if finding.code == "CHANGE-OVERLAPS"]
    assert [values["count"] for values in overlapping] == [58, 96]
    assert "CHANGE-COVERED-TWICE" not in codes_of(result)


side = st.integers(1, 40)
place = st.builds(float.__add__, st.integers(0, 60).map(float), st.sampled_from([0.0, 0.0, 0.00005, 0.0123]))
#: Rows and shapes of up to six rectangles that overlap as they like.
messy = st.lists(
    st.tuples(codes, st.sampled_from([0.0, 0.1]), st.builds(square, place, place, side, side)), min_size=1, max_size=6
).map(
    lambda some: (
        [{"class_code": code, "ridge_coef": ridge if code[:2] == "01" else 0.0} for code, ridge, _ in some],
        [shape for *_, shape in some],
    )
)


def rows_of(result: Flows) -> list[list[object]]:
    """The change list without its running number."""
    return result.change_list.drop(columns="seq").to_numpy(object).tolist()


def booked(result: Flows) -> dict[str, int]:
    sums = result.booked.groupby("kind")["gross"].sum()
    return {str(kind): int(area) for kind, area in sums.items()}


@given(some=messy, order=st.randoms())
def test_a_layer_held_against_itself_has_no_change_whatever_overlaps(some, order):
    rows, shapes = some
    before = snapshot(2022, rows, shapes)
    turned = list(range(len(rows)))
    order.shuffle(turned)
    same = before.parcels.iloc[turned].reset_index(drop=True)
    after = replace(before, meta=replace(before.meta, year=2023), rows=same)
    result = compare_years(before, after, SD2017, TREE)
    assert rows_of(result) == [] and set(booked(result)) == {"land"}
    off = np.array(result.matrix.dm2)[: len(result.matrix.rows), :]
    for row, cells in zip(result.matrix.rows, off, strict=True):
        for column, area in zip(result.matrix.columns, cells, strict=True):
            if row.key[0] in SD2017 and column.code in SD2017 and column.code != row.key[0]:
                assert area == 0


@given(one=messy, other=messy, order=st.randoms())
def test_changes_on_ground_covered_twice_close_and_do_not_hang_on_the_order_of_rows(one, other, order):
    before, after = snapshot(2022, *one), snapshot(2023, *other)
    turned = list(range(len(other[0])))
    order.shuffle(turned)
    mixed = replace(after, rows=after.parcels.iloc[turned].reset_index(drop=True))
    first, second = (compare_years(before, closing, SD2017, TREE) for closing in (after, mixed))
    assert first.matrix.dm2.tolist() == second.matrix.dm2.tolist()
    assert booked(first) == booked(second)


def test_only_what_changed_on_ground_covered_twice_is_a_change():
    shapes = [square(0, 0, 110, 100), square(100, 0, 100, 100)]
    before = snapshot(2022, [{"class_code": "0101"}, {"class_code": "0702"}], shapes)
    after = snapshot(2023, [{"class_code": "0101"}, {"class_code": "0602"}], shapes)
    result = compare_years(before, after, SD2017, TREE)
    ((old, new, area),) = result.change_list[["old_class", "new_class", "area_dm2"]].to_numpy().tolist()
    assert (old, new) == ("0702", "0602") and abs(area - 1_000_000) <= 10
    assert set(booked(result)) == {"land"}


def test_ground_that_one_year_covers_twice_is_booked_on_the_parcel_that_is_not_there_in_the_other():
    field, twin = square(0, 0, 100, 100), square(50, 0, 50, 100)
    before = snapshot(2022, [{"class_code": "0101"}, {"class_code": "0702"}], [field, twin])
    after = snapshot(2023, [{"class_code": "0101"}], [field])
    result = compare_years(before, after, SD2017, TREE)
    ((kind, old),) = result.change_list[["kind", "old_parcel"]].to_numpy().tolist()
    assert (kind, old) == ("overlap_before", "p1")
