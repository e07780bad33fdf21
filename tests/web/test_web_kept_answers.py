"""What is told of surveys is not worked out anew when somebody posts in the land book; what is told of the book is."""

from __future__ import annotations

import json
import sqlite3

import desk_county as here
import pytest
import shapely

from tilth import api
from tilth.api import standings


def posted(browser, id):
    lines = [(here.NORTH, "LAND:0201", "-1.00"), (here.NORTH, "LAND:0103", "1.00")]
    entry = here.entry(id, "RESTORE", "2024-05-01", *lines)
    answer = browser.post("/api/v1/ledger/entries", json={"entries": [entry]})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("path", ["accounts?year=2024", "validate?year=2024", "changes?from=2023&to=2024"])
def test_an_answer_about_surveys_outlives_an_entry_in_the_book(desk, path):
    before = desk.get(f"/api/v1/{path}")
    posted(desk, "e1")
    after = desk.get(f"/api/v1/{path}", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 304


@pytest.mark.parametrize("path", ["ledger/balance", "standing?year=2024", "today", "ledger/entries"])
def test_an_answer_about_the_book_does_not(desk, path):
    before = desk.get(f"/api/v1/{path}")
    posted(desk, "e1")
    after = desk.get(f"/api/v1/{path}", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200


def test_the_standing_shows_the_newest_entry_without_going_through_the_survey_again(desk, county, monkeypatch):
    first = desk.get("/api/v1/standing?year=2024").json()

    def refused(*_):
        raise AssertionError("the survey was looked through again")

    monkeypatch.setattr(standings, "_with_survey", refused)
    posted(desk, "e1")
    second = desk.get("/api/v1/standing?year=2024").json()
    assert first != second
    assert second == desk.get("/api/v1/standing?year=2024").json()


def test_what_another_process_writes_is_seen_at_once(county):
    land, whole = api.land_state_of(county), api.state_of(county)
    assert (api.land_state_of(county), api.state_of(county)) == (land, whole)
    with sqlite3.connect(county.root / "tilth.sqlite") as other:
        other.execute("UPDATE task SET holding_dm2 = holding_dm2 + 1")
    other.close()
    assert api.land_state_of(county) != land and api.state_of(county) != whole


def test_nothing_is_looked_up_as_long_as_nobody_writes(county, monkeypatch):
    known = api.state_of(county)
    monkeypatch.setattr("tilth.api.states._looked_up", lambda _: pytest.fail("the database was asked"))
    assert api.state_of(county) == known
    with sqlite3.connect(county.root / "tilth.sqlite") as other:
        other.execute("UPDATE task SET holding_dm2 = holding_dm2 + 1")
    other.close()
    with pytest.raises(pytest.fail.Exception):
        api.state_of(county)


def test_of_many_findings_the_first_are_told_with_the_tables_and_how_many_there_are(
    desk, county, monkeypatch, tmp_path
):
    beyond = [shapely.box(here.X - 50 * at, here.Y, here.X + 60, here.Y + 90) for at in (1, 2, 3)]
    api.import_layer(county, here.layer(tmp_path / "p.gpkg", *beyond), kind="pbf", year=2024)
    whole = [one.as_record() for one in api.accounts(county, year=2024).findings]
    assert len(whole) > 1
    monkeypatch.setattr("tilth.api.tables_shown.MOST_FINDINGS", 1)
    told = desk.get("/api/v1/accounts?year=2024").json()
    assert told["findings"] == json.loads(json.dumps(whole[:1], default=str))
    assert sum(told["finding_counts"].values()) == len(whole)
