"""What a filter finds is what it says, and nothing of which it is not known."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from feature_county import CRS, ORIGIN, SIDE, parcels, served

from tilth import api
from tilth.core import BadInput
from tilth.features import CRS84, Query, found, where
from tilth.features.systems import system


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    return api.collection(served(tmp_path_factory.mktemp("features") / "county"), "parcels-2024")


def ids(page):
    return [json.loads(text)["id"] for text in page.features]


def answers(county, text, language="cql2-text", crs=CRS84):
    return ids(found(county, Query(where=where(text, language, system(crs)), limit=1000)))


FRAME = parcels()
SLOPE = FRAME["slope_grade"].astype("float64")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class_code = '0101'", FRAME["class_code"] == "0101"),
        ("class_code <> '0101'", FRAME["class_code"] != "0101"),
        ("class_code IN ('0101', '0702')", FRAME["class_code"].isin(["0101", "0702"])),
        ("NOT class_code IN ('0101')", FRAME["class_code"] != "0101"),
        ("net_area_dm2 > 950000", FRAME["net_area_dm2"] > 950_000),
        ("net_area_dm2 BETWEEN 910000 AND 920000", FRAME["net_area_dm2"].between(910_000, 920_000)),
        ("area_dm2 - net_area_dm2 >= 50000", FRAME["area_dm2"] - FRAME["net_area_dm2"] >= 50_000),
        ("slope_grade = 2", SLOPE == 2),
        ("slope_grade <> 2", (SLOPE != 2) & SLOPE.notna()),
        ("NOT slope_grade = 2", (SLOPE != 2) & SLOPE.notna()),
        ("slope_grade IS NULL", SLOPE.isna()),
        ("slope_grade IS NOT NULL", SLOPE.notna()),
        ("slope_grade = 2 OR slope_grade IS NULL", (SLOPE == 2) | SLOPE.isna()),
        ("slope_grade <> 2 AND class_code = '0101'", (SLOPE != 2) & SLOPE.notna() & (FRAME["class_code"] == "0101")),
        ("class_name LIKE '100%'", FRAME["class_name"].str.startswith("100")),
        ("class_name LIKE 'a*b'", FRAME["class_name"] == "a*b"),
        ("class_name LIKE '水_'", FRAME["class_name"] == "水田"),
    ],
)  # fmt: skip
def test_a_filter_finds_what_it_says_and_nothing_of_which_it_is_not_known(county, text, expected):
    assert answers(county, text) == FRAME["parcel_id"][expected.fillna(value=False)].tolist()


def test_both_languages_say_the_same(county):
    as_json = {"op": "and", "args": [
        {"op": "=", "args": [{"property": "class_code"}, "0101"]},
        {"op": ">", "args": [{"property": "net_area_dm2"}, 950_000]},
    ]}  # fmt: skip
    text = "class_code = '0101' AND net_area_dm2 > 950000"
    assert answers(county, json.dumps(as_json), "cql2-json") == answers(county, text) != []


OWN = "http://www.opengis.net/def/crs/EPSG/0/4526"


def in_its_own_axes(shape):
    """Northing first, as the definition of the zone has it."""
    return shapely.transform(shape, lambda xy: xy[:, ::-1])


@pytest.mark.parametrize("test", ["S_INTERSECTS", "S_WITHIN", "S_DISJOINT", "S_TOUCHES"])
def test_a_test_of_place_finds_what_geometry_says(county, test):
    shape = shapely.box(ORIGIN[0] + 150, ORIGIN[1] + 100, ORIGIN[0] + 520, ORIGIN[1] + 500)
    text = f"{test}(geometry, {in_its_own_axes(shape).wkt})"
    expected = getattr(FRAME.geometry, {"S_INTERSECTS": "intersects", "S_WITHIN": "within", "S_DISJOINT": "disjoint",
                                        "S_TOUCHES": "touches"}[test])(shape)  # fmt: skip
    assert answers(county, text, crs=OWN) == FRAME["parcel_id"][expected].tolist() != []


@pytest.mark.parametrize(
    "text",
    [
        "class_code =", "class_code = 5", "nothing = 5", "class_code", "5", "slope_grade LIKE '2%'",
        "DROP TABLE parcels",
        "class_code = '0101'; --", "area_dm2 + class_code > 5", "(" * 60 + "1 = 1" + ")" * 60, "a" * 9000,
        "class_name LIKE '%a%a%a%a%a%a%b'", "S_INTERSECTS(geometry, POLYGON((1 2, 3 4)))", "unknown_function(1) = 2",
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused_in_a_sentence(county, text):
    with pytest.raises(BadInput):
        answers(county, text)


@pytest.mark.parametrize("epsg", [4490, 4526, 3857, 4326])
def test_coordinates_come_in_the_order_of_axes_of_their_system_and_go_back_to_where_they_were(county, epsg):
    page = found(county, Query(limit=1000, system=system(f"http://www.opengis.net/def/crs/EPSG/0/{epsg}")))
    shapes = [shapely.geometry.shape(json.loads(text)["geometry"]) for text in page.features]
    swapped = [in_its_own_axes(shape) for shape in shapes] if epsg != 3857 else shapes
    there = 4490 if epsg == 4326 else epsg
    if epsg == 3857:  # longitude and latitude on CGCS2000 are taken as those on WGS 84
        expected = FRAME.to_crs(4490).set_crs(4326, allow_override=True).to_crs(3857).geometry
    else:
        expected = FRAME.to_crs(there).geometry
    off = shapely.hausdorff_distance(np.array(swapped), np.array(expected))
    assert off.max() < (1e-8 if epsg in (4490, 4326) else 1e-3)


def test_a_box_finds_the_same_in_every_system(county):
    low, high = (ORIGIN[0] + 210, ORIGIN[1] + 310), (ORIGIN[0] + 590, ORIGIN[1] + 480)
    own = found(county, Query(box=(low[1], low[0], high[1], high[0]), box_system=system(OWN), limit=1000))
    west, south, east, north = FRAME[FRAME["parcel_id"].isin(ids(own))].to_crs(4490).total_bounds
    inside = 2e-6  # degrees
    box = (west + SIDE * inside, south + SIDE * inside, east - SIDE * inside, north - SIDE * inside)
    assert own.matched == 8 and ids(found(county, Query(box=box, limit=1000))) == ids(own)


def test_pages_put_together_are_the_whole(county):
    whole = ids(found(county, Query(limit=1000)))
    parts = [ids(found(county, Query(start=start, limit=50))) for start in range(0, 150, 50)]
    assert [one for part in parts for one in part] == whole == FRAME["parcel_id"].tolist()
    assert county.snapshot.meta.crs == CRS
