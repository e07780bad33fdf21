"""What surveys say over the web: findings, tables, flows, changes, and what needs doing today."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import desk_county as here
import pytest

from tilth import api
from tilth.land import Store
from tilth.report import as_json

PAGES = (
    "validate?year=2024", "accounts?year=2024", "flows?from=2023&to=2024", "changes?from=2023&to=2024", "today",
)  # fmt: skip


def test_tables_are_those_of_the_command_line(desk, county):
    found = desk.get("/api/v1/accounts?year=2024&level=village").json()
    own = [as_json(one) for one in api.accounts(county, year=2024).tables.values()]
    assert found["tables"] == json.loads(json.dumps(own))


def test_tables_of_a_township_hold_its_rows_only(desk):
    found = desk.get(f"/api/v1/accounts?year=2024&level=village&region={here.SOUTH}").json()
    codes = {row["key"][1] for table in found["tables"] for row in table["rows"]}
    assert codes == {here.SOUTH, f"{here.SOUTH}001"}


def test_flows_are_those_of_the_command_line_also_when_they_are_kept(desk, county):
    own = json.loads(json.dumps([as_json(one) for one in api.flows(county, before=2023, after=2024).tables]))
    first = desk.get("/api/v1/flows?from=2023&to=2024&level=village").json()
    desk.app.state.office.answers._held.clear()
    again = desk.get("/api/v1/flows?from=2023&to=2024&level=village").json()
    assert first == again and first["tables"] == own and first["changes"] == 3


def test_kept_flows_go_with_another_region_tree(desk, county):
    before = desk.get("/api/v1/flows?from=2023&to=2024&level=village").json()
    tree = Store(county).regions()
    Store(county).put_regions([tree.regions[here.NORTH].__class__(here.NORTH, "Another name", "township", here.COUNTY)])
    after = desk.get("/api/v1/flows?from=2023&to=2024&level=village").json()
    assert "Another name" in json.dumps(after) and "Another name" not in json.dumps(before)


def test_flows_speak_the_language_of_the_reader(desk):
    english = desk.get("/api/v1/flows?from=2023&to=2024").json()["tables"][0]
    chinese = desk.get("/api/v1/flows?from=2023&to=2024&lang=zh").json()["tables"][0]
    assert english["title"] != chinese["title"] and english["rows"][0]["dm2"] == chinese["rows"][0]["dm2"]


def test_changes_come_a_page_at_a_time_and_add_up(desk):
    asked = "/api/v1/changes?from=2023&to=2024&limit=2"
    first = desk.get(asked).json()
    second = desk.get(f"{asked}&cursor={first['next']}").json()
    items = [*first["items"], *second["items"]]
    assert [one["seq"] for one in items] == [1, 2, 3] and second["next"] is None
    assert first["count"] == 3 and first["area_dm2"] == sum(one["area_dm2"] for one in items)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("old_class=01&new_class=03", 3), ("old_class=0103&new_class=0301&kind=class", 3), ("old_class=03", 0),
        (f"region={here.NORTH}", 2), (f"region={here.SOUTH}001", 1), ("kind=lost", 0),
    ],
)  # fmt: skip
def test_changes_are_found_by_classes_and_region(desk, asked, count):
    assert desk.get(f"/api/v1/changes?from=2023&to=2024&{asked}").json()["count"] == count


def test_findings_are_those_of_validation(desk, county):
    own = [one.as_record() for one in api.validate(county, year=2024).findings]
    seen, cursor = [], ""
    while True:
        page = desk.get(f"/api/v1/validate?year=2024&limit=7{cursor}").json()
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == json.loads(json.dumps(own, default=str)) and page["count"] == len(own)


def test_findings_are_found_by_region_and_weight(desk):
    every = desk.get("/api/v1/validate?year=2024&limit=1000").json()
    broken = desk.get("/api/v1/validate?year=2024&limit=1000&severity=breaks").json()
    assert broken["items"] == [one for one in every["items"] if one["severity"] == "breaks"]
    south = desk.get(f"/api/v1/validate?year=2024&region={here.SOUTH}&limit=1000").json()
    assert all(not one["parcel"] or one["parcel"].startswith(("0000000002", here.SOUTH)) for one in south["items"])


def test_today_names_the_task_that_is_missed_and_the_year_to_close(desk):
    found = desk.get("/api/v1/today").json()
    kinds = {one["kind"] for one in found["items"]}
    assert {"standing", "closing"} <= kinds and found["urgent"] == sum(one["urgent"] for one in found["items"])
    assert [one["urgent"] for one in found["items"]] == sorted((one["urgent"] for one in found["items"]), reverse=True)
    assert {one["about"]["year"] for one in found["items"] if one["kind"] == "closing"} == {2023, 2024}


def test_a_year_that_is_closed_is_not_named_again(desk):
    desk.post("/api/v1/ledger/closings", json={"year": 2023, "evidence": "assessed"})
    for region in (here.COUNTY, here.NORTH):
        items = desk.get(f"/api/v1/today?region={region}").json()["items"]
        assert [one["about"]["year"] for one in items if one["kind"] == "closing"] == [2024]


def test_a_reservation_that_ends_soon_is_named(desk, county):
    day = datetime.now(UTC).astimezone().date() + timedelta(days=5)
    hold = here.entry("hold-1", "RESTORE", "2026-01-01", (here.NORTH, "LAND:0201", "-1.00"),
                      (here.NORTH, "LAND:0103", "1.00"), expires=day.isoformat())  # fmt: skip
    assert desk.post("/api/v1/ledger/reservations", json={"entries": [hold]}).status_code == 201
    (one,) = [one for one in desk.get("/api/v1/today").json()["items"] if one["kind"] == "reservation"]
    assert one["due"] == day.isoformat() and "5 days" in one["said"] and not one["urgent"]
    late = api.today(county, on=day + timedelta(days=1))
    assert [one["urgent"] for one in late["items"] if one["kind"] == "reservation"] == [True]
    assert not any(one["kind"] == "reservation" for one in api.today(county, region=here.SOUTH)["items"])


def test_an_empty_workspace_asks_for_a_survey(owner):
    (one,) = [one for one in owner.get("/api/v1/today?lang=zh").json()["items"] if one["kind"] == "survey"]
    assert one["said"] == "尚未导入年度调查成果"


@pytest.mark.parametrize("page", PAGES)
def test_whoever_sees_a_township_gets_no_page_of_the_whole(as_role, page):
    viewer = as_role("viewer", here.NORTH)
    assert viewer.get(f"/api/v1/{page}").status_code == 403
    joined = "&" if "?" in page else "?"
    assert viewer.get(f"/api/v1/{page}{joined}region={here.NORTH}").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_what_the_reader_has_is_not_sent_again(desk, page):
    first = desk.get(f"/api/v1/{page}")
    assert first.status_code == 200, first.text
    assert desk.get(f"/api/v1/{page}", headers={"If-None-Match": first.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ("flows?from=2024&to=2024", 422, "API-SAME-YEAR"), ("flows?from=2020&to=2024", 404, "LAND-NO-SURVEY"),
        ("accounts?year=2020", 404, "LAND-NO-SURVEY"), ("accounts?year=2024&level=street", 422, "WEB-INVALID"),
        ("validate?year=2020", 404, "LAND-NO-SURVEY"), ("changes?from=1&to=2", 422, "WEB-INVALID"),
        ("standing?region=999901001&group=both", 422, "API-REGION-OR-GROUP"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_a_problem(desk, asked, status, code):
    refused = desk.get(f"/api/v1/{asked}")
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_an_earlier_delivery_is_used_again(desk, county):
    (first,) = Store(county).listed(kind="survey", year=2023)
    aside = desk.delete(f"/api/v1/stored/{first.id[:12]}/use").json()
    assert not aside["in_use"] and Store(county).survey_years() == [2024]
    again = desk.put(f"/api/v1/stored/{first.id[:12]}/use").json()
    assert again["in_use"] and Store(county).survey_years() == [2023, 2024]
    assert desk.put("/api/v1/stored/abcdef0123/use").status_code == 404
