"""What lies under a footprint is told at once, and says the same as the verdict and as the overlay itself."""

from __future__ import annotations

import json
import time

import desk_county as here
import numpy as np
import pytest
import shapely

from tilth import api
from tilth.land import Store
from tilth.overlay import intersection_areas

AREAS = "/api/v1/checks/areas?year=2024"


def feature(shape, crs="EPSG::4526"):
    geometry = shapely.geometry.mapping(shape)
    about = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{crs}"}}
    one = {"type": "Feature", "properties": {"plot_no": "7"}, "geometry": geometry}
    return {"type": "FeatureCollection", "crs": about, "features": [one]}


def shared(found, layer):
    (one,) = [each for each in found["layers"] if each["layer"] == layer]
    return {(each["plot_id"], each["id"]): each["area_dm2"] for each in one["features"]}


def test_every_parcel_under_a_footprint_is_told_with_the_area_of_the_overlay(desk, county):
    shape = shapely.affinity.rotate(shapely.box(here.X + 120, here.Y + 90, here.X + 420, here.Y + 190), 10)
    found = desk.post(AREAS, json=feature(shape)).json()
    survey = Store(county).survey(2024)
    table = intersection_areas([shape], survey.parcels.geometry, survey.meta.crs)
    ids = survey.parcels["parcel_id"]
    own = {("7", ids[row]): round(area * 100) for row, area in zip(table.right, table.area_m2, strict=True)}
    assert shared(found, "parcels") == own and len(own) > 5
    assert found["inputs"]["parcels"] == survey.id
    assert abs(found["layers"][0]["area_dm2"] - found["area_dm2"]) <= len(own) + found["area_dm2"] * 1e-6


def test_areas_are_those_of_the_verdict(desk):
    drawn = here.footprint(here.square(0, 0), here.square(4, 1))
    areas, verdict = desk.post(AREAS, json=drawn).json(), desk.post("/api/v1/checks?year=2024", json=drawn).json()
    assert areas["area_dm2"] == verdict["area_dm2"]
    under = shared(areas, "pbf")
    hits = {(at, one["feature_id"]): one["area_dm2"] for one in verdict["hits"] if one["layer"] == "pbf"
            for at in [{"1": "plot 0", "2": "plot 1"}.get(one["plot_id"], one["plot_id"])]}  # fmt: skip
    assert hits and hits.keys() == under.keys()
    assert all(abs(hits[key] - under[key]) <= 1 for key in hits)


def test_a_plain_geometry_in_degrees_is_a_footprint_too(desk):
    there = desk.post(AREAS, json=feature(here.square(3, 1))).json()
    placed = here.footprint(here.square(3, 1))["features"][0]["geometry"]
    found = desk.post(f"{AREAS}&crs=4490", json=placed).json()
    one, other = (max(shared(each, "parcels").values()) for each in (found, there))
    assert abs(one - other) <= 2
    assert found["plots"][0]["plot_id"] == "#1"


def test_who_may_not_check_beyond_a_region_is_not_told_what_lies_there(as_role):
    viewer = as_role("viewer", here.NORTH)
    inside, outside = feature(here.square(0, 1)), feature(here.square(0, 2))
    assert viewer.post(AREAS, json=inside).status_code == 403
    assert viewer.post(f"{AREAS}&region={here.NORTH}", json=inside).status_code == 200
    assert viewer.post(f"{AREAS}&region={here.NORTH}", json=outside).status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "INTAKE-DRAWN"),
        (b"hello", 422, "INTAKE-DRAWN"),
        (b"[1]", 422, "INTAKE-DRAWN"),
        (b"[" * 100_000, 422, "INTAKE-DRAWN"),
        (b'{"type": "FeatureCollection", "features": 7}', 422, "INTAKE-DRAWN"),
        (b'{"type": "FeatureCollection", "features": []}', 422, "CHECK-NO-PLOT"),
        (b'{"type": "Point", "coordinates": [1, 2]}', 422, "CHECK-PLOT-NO-AREA"),
        (b'{"type": "Feature", "geometry": null}', 422, "CHECK-PLOT-NO-AREA"),
        (json.dumps(feature(shapely.box(0, 0, 1, 1), "PLUTO::1")).encode(), 422, "CHECK-CRS-UNKNOWN"),
        (json.dumps(shapely.geometry.mapping(here.square(0, 0))).encode(), 422, "CHECK-CRS-MISSING"),
        (json.dumps(feature(shapely.box(5e5, 35e5, 501e3, 3501e3), "EPSG::32649")).encode(), 422, "CHECK-CRS-DATUM"),
        (b" " * ((4 << 20) + 1), 413, "WEB-DRAWN-TOO-LARGE"),
    ],
)  # fmt: skip
def test_what_is_no_drawing_is_refused_with_a_reason(desk, body, status, code):
    refused = desk.post(AREAS, content=body, headers={"Content-Type": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text


def test_another_survey_in_use_is_looked_at_within_a_second(desk, county):
    before = desk.post(AREAS, json=feature(here.square(0, 0))).json()
    store = Store(county)
    (pbf,) = store.listed(kind="pbf")
    api.set_aside(county, pbf.id)
    time.sleep(1.1)
    after = desk.post(AREAS, json=feature(here.square(0, 0))).json()
    assert {"pbf"} == {one["layer"] for one in before["layers"]} - {one["layer"] for one in after["layers"]}


def test_what_is_prepared_of_a_layer_is_kept_for_the_next_server(desk, county):
    desk.post(AREAS, json=feature(here.square(0, 0)))
    assert [one for one in (county.root / "cache").iterdir() if "-prepared-" in one.name]


def test_a_footprint_beside_the_county_meets_nothing(desk):
    found = desk.post(AREAS, json=feature(shapely.box(here.X - 900, here.Y - 900, here.X - 800, here.Y - 800))).json()
    assert [one["features"] for one in found["layers"]] == [[] for _ in found["layers"]]
    assert np.isclose(found["area_dm2"], 1_000_000, rtol=1e-3)
