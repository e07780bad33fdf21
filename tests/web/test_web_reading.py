"""What the office looks up: standing, land book, parcels. Each answer is that of the product itself."""

from __future__ import annotations

import json

import desk_county as here
import pytest

from tilth import api

PAGES = (
    "standing", "standing?year=2023&region=999901001", "standing?group=both&quality=true", "ledger/balance",
    "ledger/balance?region=999901001&date=2024-01-01&account=LAND", "ledger/entries", "ledger/entry?id=restore-1",
    "ledger/reservations", "ledger/assessment?year=2024", "ledger/statement?year=2024", "ledger/rules",
)  # fmt: skip
#: What surveys say by themselves.
PARCEL = f"parcels/2024/{here.parcel_id(0, 1)}"


def plain(record):
    return json.loads(json.dumps(record, default=lambda one: one.tolist() if hasattr(one, "tolist") else str(one)))


def test_standing_is_what_the_product_says_of_every_region(desk, county):
    assert desk.get("/api/v1/standing?year=2024").json() == plain(api.standing(county, year=2024).as_record())
    north = desk.get(f"/api/v1/standing?region={here.NORTH}").json()
    assert {row["region"][:9] for row in north["rows"]} == {here.NORTH}


def test_areas_are_whole_numbers_of_a_hundredth_of_a_square_metre(desk):
    found = desk.get(f"/api/v1/ledger/balance?region={here.NORTH}&account=LAND:0103").json()
    assert [one["booked_area_dm2"] for one in found] == [80_00]


def test_entries_come_newest_first_a_page_at_a_time(desk):
    seen, cursor = [], ""
    for _ in range(9):
        page = desk.get(f"/api/v1/ledger/entries?limit=1{cursor}").json()
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ["restore-1", "pool-north", "open-south", "open-north"]


def test_entries_are_found_by_region_day_and_kind(desk):
    def ids(asked):
        return [one["id"] for one in desk.get(f"/api/v1/ledger/entries?{asked}").json()["items"]]

    assert ids(f"region={here.SOUTH}") == ["open-south"]
    assert ids("since=2024-01-01") == ["restore-1"]
    assert ids("until=2023-12-31&kind=opening&limit=2") == ["pool-north", "open-south"]


def test_a_place_that_no_page_gave_is_refused(desk):
    refused = desk.get("/api/v1/ledger/entries?cursor=bm9uc2Vuc2U")
    assert refused.status_code == 422 and refused.json()["code"] == "WEB-CURSOR"


def test_an_entry_is_found_only_in_its_region(desk):
    assert desk.get("/api/v1/ledger/entry?id=restore-1").json()["kind"] == "RESTORE"
    assert desk.get(f"/api/v1/ledger/entry?id=restore-1&region={here.SOUTH}").status_code == 404


def test_a_parcel_names_the_row_of_the_file_that_it_came_from(desk):
    found = desk.get(f"/api/v1/parcels/2024/{here.parcel_id(1, 3)}").json()
    assert found["source"]["row"] == 14 and found["source"]["files"][0]["name"] == "b.gpkg"
    assert found["class_code"] == "0103" and found["farmland"] and found["region"] == f"{here.NORTH}002"
    (ring,) = found["geometry"]["coordinates"]
    assert len(ring) == 5 and all(112 < x < 114 and 31 < y < 32 for x, y in ring)


def test_a_parcel_of_another_region_is_not_found(desk):
    other = desk.get(f"/api/v1/parcels/2024/{here.parcel_id(2, 0)}?region={here.NORTH}")
    assert other.status_code == 404 and other.json()["code"] == "API-NO-PARCEL"


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_sent_twice_and_a_change_is_seen_at_once(desk, county, tmp_path, page):
    first = desk.get(f"/api/v1/{page}")
    assert first.status_code == 200, first.text
    assert desk.get(f"/api/v1/{page}").content == first.content
    again = desk.get(f"/api/v1/{page}", headers={"If-None-Match": f'W/"x", {first.headers["etag"]}'})
    assert again.status_code == 304 and not again.content
    file = tmp_path / "more.json"
    lines = (here.SOUTH, "LAND:0201", "-1.00"), (here.SOUTH, "LAND:0301", "1.00")
    file.write_text(json.dumps([here.entry("more", "CHANGE", "2024-04-05", *lines)]))
    api.ledger_post(county, file, author="Li")
    changed = desk.get(f"/api/v1/{page}", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200 and changed.headers["etag"] != first.headers["etag"]


def test_what_surveys_say_is_not_sent_again_after_a_posting(desk, county, tmp_path):
    first = desk.get(f"/api/v1/{PARCEL}")
    file = tmp_path / "more.json"
    lines = (here.SOUTH, "LAND:0201", "-1.00"), (here.SOUTH, "LAND:0301", "1.00")
    file.write_text(json.dumps([here.entry("more", "CHANGE", "2024-04-05", *lines)]))
    api.ledger_post(county, file, author="Li")
    again = desk.get(f"/api/v1/{PARCEL}", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content


def test_the_other_language_has_another_tag(desk):
    english, chinese = desk.get("/api/v1/standing"), desk.get("/api/v1/standing?lang=zh")
    assert english.headers["etag"] != chinese.headers["etag"]
    assert "below" in english.text or english.json()["findings"]
    assert any("耕地" in one["said"] for one in chinese.json()["findings"])


def test_whoever_sees_a_township_sees_nothing_of_another(as_role):
    viewer = as_role("viewer", here.NORTH)
    assert viewer.get(f"/api/v1/standing?region={here.NORTH}").status_code == 200
    for path in ("standing", f"standing?region={here.SOUTH}", "standing?group=both", "standing?region=nowhere"):
        refused = viewer.get(f"/api/v1/{path}")
        assert refused.status_code == 403 and refused.json()["code"] == "WEB-NOT-ALLOWED"


def test_a_region_counts_only_where_the_route_looks_at_it(as_role):
    viewer = as_role("viewer", here.NORTH)
    assert viewer.get(f"/api/v1/ledger/rules?year=2024&region={here.NORTH}").status_code == 403


def test_whoever_sees_a_township_is_told_its_names_and_no_others(as_role):
    viewer = as_role("viewer", here.NORTH)
    tree = viewer.get("/api/v1/regions").json()
    assert [(one["code"], one["parent"], one["depth"]) for one in tree["regions"]] == [
        (here.NORTH, None, 0), (f"{here.NORTH}001", here.NORTH, 1), (f"{here.NORTH}002", here.NORTH, 1),
    ]  # fmt: skip
    assert tree["regions"][0]["name"] == "North" and tree["groups"] == {}
    told = viewer.get("/api/v1/workspace").json()
    assert told == {"region": here.NORTH, "name": "North", "years": [here.BEFORE, here.AFTER], "stored": []}


def test_whoever_sees_a_group_is_told_its_members_and_its_name(as_role):
    tree = as_role("viewer", "both").get("/api/v1/regions").json()
    assert {one["code"] for one in tree["regions"]} == {here.NORTH, here.SOUTH, *here.VILLAGES}
    assert tree["groups"] == {"both": [here.NORTH, here.SOUTH]}
