"""From a total to its parcels, and from a parcel to what its ground was in other years."""

from __future__ import annotations

import desk_county as here


def test_the_parcels_behind_a_total_add_up_to_it(desk):
    found = desk.get(f"/api/v1/parcels?year=2024&region={here.NORTH}&class_code=01").json()
    assert {one["class_code"] for one in found["items"]} == {"0103"}
    assert all(one["region"].startswith(here.NORTH) for one in found["items"])
    assert found["count"] == len(found["items"]) and found["next"] is None
    assert found["net_area_dm2"] == sum(one["net_area_dm2"] for one in found["items"])


def test_a_long_list_goes_on_where_the_page_before_ended(desk):
    whole = desk.get("/api/v1/parcels?year=2024&limit=1000").json()
    seen, cursor = [], ""
    while cursor is not None:
        page = desk.get("/api/v1/parcels", params={"year": 2024, "limit": 7} | ({"cursor": cursor} if cursor else {}))
        seen += page.json()["items"]
        cursor = page.json()["next"]
    assert seen == whole["items"] and len(seen) == whole["count"] == 30


def test_a_class_that_the_survey_does_not_know_is_refused(desk):
    assert desk.get("/api/v1/parcels?year=2024&class_code=9999").status_code == 422


def test_a_parcel_tells_what_its_ground_was_in_every_survey(desk):
    found = desk.get(f"/api/v1/parcels/2024/{here.parcel_id(0, 1)}/years").json()["years"]
    assert [one["year"] for one in found] == [here.BEFORE, here.AFTER]
    assert all(one["class_code"] in ("0103", "0301") and one["area_dm2"] > 0 for one in found)


def test_nobody_sees_parcels_of_a_region_that_is_not_theirs(as_role):
    viewer = as_role("viewer", here.NORTH)
    assert viewer.get(f"/api/v1/parcels?year=2024&region={here.NORTH}").status_code == 200
    assert viewer.get(f"/api/v1/parcels?year=2024&region={here.SOUTH}").status_code == 403
    assert viewer.get("/api/v1/parcels?year=2024").status_code == 403
