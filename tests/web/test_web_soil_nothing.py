"""Soil in a county that has none yet: lists are empty, and what is lacking is named."""

from __future__ import annotations

import desk_county as here
from test_web_jobs import begun, over


def test_a_county_without_soil_says_so_and_nothing_breaks(desk):
    for path in ("samples", "rasters", "maps"):
        assert desk.get(f"/api/v1/soil/{path}").json() == []
    facts = desk.get("/api/v1/soil/salt").json()
    assert facts["weather"] is None and facts["ground"] is None
    assert {one["id"] for one in facts["crops"]} >= {"cotton", "wheat"} and "loam" in facts["textures"]
    answer = desk.get(f"/api/v1/soil/parcels/2024/{here.parcel_id(0, 1)}?map=salinity")
    assert (answer.status_code, answer.json()["code"]) == (404, "SOIL-DESK-NO-MAP")
    job = over(desk, begun(desk.post("/api/v1/soil/maps", json={"samples": "spring"})))
    assert job["problem"]["code"] == "SOIL-STORE-NONE"


def test_a_table_of_ground_is_refused_with_the_row_that_is_wrong(desk):
    head = "region,texture,groundwater_depth_m,groundwater_ec_ds_m\n"
    for text, code, words in (
        ("texture\nloam\n", "SALT-DESK-GROUND-COLUMNS", "texture"),
        (f"{head}999901,loam,deep,2\n", "SALT-DESK-GROUND-VALUE", "row 1: groundwater_depth_m is 'deep'"),
    ):
        job = over(desk, begun(desk.post("/api/v1/imports/ground", files={"file": ("g.csv", text.encode())})))
        assert job["problem"]["code"] == code and words in job["problem"]["title"]
    job = over(desk, begun(desk.post("/api/v1/imports/weather", files={"file": ("w.csv", b"year,month\n2020,1\n")})))
    assert job["problem"]["code"] == "SALT-FORCING-COLUMNS"
