"""Four eyes on replacement land: one person submits it, another accepts it, and neither is who a request says."""

from __future__ import annotations

import pytest
import submitted_land as land
from web_people import CONSOLE, at_work, known

from tilth import api
from tilth.core import BadInput
from tilth.ledger import Submissions
from tilth.web import create_app

LEDGER = "/api/v1/ledger"


@pytest.fixture
def place(tmp_path):
    return land.built(tmp_path / "land")


@pytest.fixture
def app(place):
    known(place, "Wang", ("submitter", land.COUNTY))
    known(place, "Sun", ("submitter", land.NORTH))
    known(place, "Li", ("accepter", land.COUNTY))
    known(place, "Zhao", ("submitter", land.COUNTY), ("accepter", land.COUNTY))
    return create_app(place, start_key="the-key-printed-at-the-start")


@pytest.fixture
def offer(tmp_path):
    """Two parcels that pass every check."""
    return {"file": ("offer.gpkg", land.offered(tmp_path / "offer.gpkg", 0, 1).read_bytes())}


def submitted(browser, offer, **asked):
    said = browser.post(f"{LEDGER}/submissions", files=offer, params=asked)
    assert said.status_code == 201, said.text
    return said.json()


def accepting(browser, one, **more):
    return browser.post(f"{LEDGER}/acceptances", json={"submission": one["id"], "evidence": "YS-1", **more})


def test_submitted_land_is_accepted_by_somebody_else_and_both_are_who_signed_in(app, place, offer):
    one = submitted(at_work(app, "Wang"), offer, note="first stage")
    assert (one["submitter"], one["state"], one["note"]) == ("Wang", "submitted", "first stage")
    done = accepting(at_work(app, "Li"), one)
    assert done.status_code == 201, done.text
    assert (done.json()["posted"], done.json()["refused"]) == (2, 0)
    with api.land_book(place) as book:
        entry, _ = book.entry(done.json()["judged"][0]["entry"])
    assert entry.author == "Li"
    told = at_work(app, "Wang").get(f"{LEDGER}/submissions/{one['id']}").json()
    assert (told["state"], told["decided_by"], told["evidence"], told["outcome"]["posted"]) == (
        "accepted", "Li", "YS-1", 2,
    )  # fmt: skip
    assert told["outcome"]["posted_dm2"] == done.json()["posted_dm2"] > 0
    assert api.ledger_verify(place).sound


def test_nobody_accepts_what_they_submitted_whatever_they_may_do(app, place, offer):
    zhao = at_work(app, "Zhao")
    one = submitted(zhao, offer)
    refused = accepting(zhao, one)
    assert (refused.status_code, refused.json()["code"]) == (422, "ACCEPT-SAME-PERSON")
    sent_back = zhao.post(f"{LEDGER}/submissions/{one['id']}/refusal", json={"reason": "no"})
    assert (sent_back.status_code, sent_back.json()["code"]) == (422, "ACCEPT-SAME-PERSON")
    assert api.ledger_balance(place, account="POOL") == []
    assert accepting(at_work(app, "Li"), one).status_code == 201, "it stays to be decided by somebody else"


def test_no_name_in_a_request_makes_somebody_else_the_submitter(app, offer):
    zhao = at_work(app, "Zhao")
    one = submitted(zhao, offer, submitter="Wang", author="Wang")
    assert one["submitter"] == "Zhao"
    claimed = accepting(zhao, one, submitter="Wang")
    assert claimed.status_code == 422 and claimed.json()["code"] == "WEB-INVALID"
    by_address = zhao.post(
        f"{LEDGER}/acceptances", params={"submitter": "Wang"}, json={"submission": one["id"], "evidence": "YS-1"}
    )
    assert by_address.json()["code"] == "ACCEPT-SAME-PERSON"
    by_file = zhao.post(f"{LEDGER}/acceptances", params={"submitter": "Wang", "evidence": "YS-1"}, files=offer)
    assert by_file.status_code == 422, "no file is accepted that nobody submitted"


def test_who_submitted_must_still_be_somebody_who_may(app, place, offer):
    one = submitted(at_work(app, "Wang"), offer)
    api.user_role(place, "Wang", "submitter", place=land.COUNTY, take=True, by=CONSOLE)
    refused = accepting(at_work(app, "Li"), one)
    assert (refused.status_code, refused.json()["code"]) == (422, "WEB-NOT-SUBMITTER")


def test_the_key_of_the_start_is_nobody_who_submits(app, offer):
    one = at_work(app, "Li")
    one.cookies.clear()
    said = one.post("/api/v1/session", json={"key": "the-key-printed-at-the-start"}).json()
    one.headers["X-CSRF-Token"] = said["csrf"]
    refused = one.post(f"{LEDGER}/submissions", files=offer)
    assert (refused.status_code, refused.json()["code"]) == (422, "WEB-NOT-SUBMITTER")


def test_a_township_submits_for_itself_and_sees_its_own(app, offer):
    sun, wang = at_work(app, "Sun"), at_work(app, "Wang")
    own = submitted(sun, offer, region=land.NORTH)
    other = submitted(wang, offer, region=land.SOUTH)
    assert sun.post(f"{LEDGER}/submissions", files=offer).status_code == 403
    assert sun.post(f"{LEDGER}/submissions", files=offer, params={"region": land.SOUTH}).status_code == 403
    assert [one["id"] for one in sun.get(f"{LEDGER}/submissions").json()["submissions"]] == [own["id"]]
    for path in ("", "/file"):
        assert sun.get(f"{LEDGER}/submissions/{other['id']}{path}").status_code == 404
    assert len(wang.get(f"{LEDGER}/submissions").json()["submissions"]) == 2


def test_the_file_is_given_back_as_it_was_submitted(app, offer):
    one = submitted(at_work(app, "Wang"), offer)
    got = at_work(app, "Li").get(f"{LEDGER}/submissions/{one['id']}/file")
    assert got.content == offer["file"][1] and got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment")


def test_what_is_decided_stays_decided(app, offer):
    wang, li = at_work(app, "Wang"), at_work(app, "Li")
    one = submitted(wang, offer)
    sent_back = li.post(f"{LEDGER}/submissions/{one['id']}/refusal", json={"reason": "no photo of r1"})
    assert sent_back.status_code == 201 and sent_back.json()["evidence"] == "no photo of r1"
    for attempt in (accepting(li, one), wang.delete(f"{LEDGER}/submissions/{one['id']}")):
        assert (attempt.status_code, attempt.json()["code"]) == (409, "SUBMIT-DECIDED")


def test_what_one_submitted_one_takes_back_and_nobody_else_does(app, offer):
    one = submitted(at_work(app, "Wang"), offer)
    other = at_work(app, "Zhao").delete(f"{LEDGER}/submissions/{one['id']}")
    assert (other.status_code, other.json()["code"]) == (422, "SUBMIT-NOT-YOURS")
    assert at_work(app, "Wang").delete(f"{LEDGER}/submissions/{one['id']}").json()["state"] == "withdrawn"
    assert accepting(at_work(app, "Li"), one).json()["code"] == "SUBMIT-DECIDED"


def test_land_that_does_not_pass_stays_to_be_decided(app, tmp_path):
    field = {"file": ("offer.gpkg", land.offered(tmp_path / "field.gpkg", 0, 3).read_bytes())}
    one, li = submitted(at_work(app, "Wang"), field), at_work(app, "Li")
    assert accepting(li, one).json()["refused"] == 1
    assert li.get(f"{LEDGER}/submissions/{one['id']}").json()["state"] == "submitted"
    assert accepting(li, one, only_passing=True).json()["posted"] == 1


def test_a_file_that_is_no_replacement_land_is_refused_when_it_is_submitted(app):
    wang = at_work(app, "Wang")
    nothing = {"file": ("a.geojson", b'{"type":"FeatureCollection","features":[]}')}
    assert wang.post(f"{LEDGER}/submissions", files=nothing).status_code == 422
    assert wang.get(f"{LEDGER}/submissions").json() == {"submissions": []}


def test_a_file_that_was_changed_in_the_records_is_not_accepted(app, place, offer):
    from sqlalchemy import text

    one = submitted(at_work(app, "Wang"), offer)
    with place.database.transaction() as connection:
        connection.execute(text("UPDATE ledger_submitted_file SET content = x'00'"))
    refused = accepting(at_work(app, "Li"), one)
    assert (refused.status_code, refused.json()["code"]) == (422, "SUBMIT-CHANGED")


def test_one_person_at_a_time_decides_and_a_lost_decision_is_taken_up_again(place):
    moment = [1_000_000.0]
    kept = Submissions(place.database, lambda: moment[0])
    one = kept.add("a.gpkg", b"x", region=land.COUNTY, submitter="Wang", how={})
    with kept.deciding(one.id, "Li"):
        with pytest.raises(BadInput, match="SUBMIT-AT-WORK"), kept.deciding(one.id, "Zhao"):
            pass
        moment[0] += 601
        with kept.deciding(one.id, "Zhao"):
            kept.decided(one.id, "refused", "Zhao")
    with pytest.raises(BadInput, match="SUBMIT-DECIDED"), kept.deciding(one.id, "Li"):
        pass


def test_the_log_says_who_submitted_who_accepted_and_where(app, place, offer):
    one = submitted(at_work(app, "Sun"), offer, region=land.NORTH)
    accepting(at_work(app, "Li"), one)
    told = [(act["who"], act["action"], act["region"]) for act in api.user_log(place, limit=50)]
    assert ("Sun", "submit", land.NORTH) in told and ("Li", "accept", land.NORTH) in told


def test_submissions_are_kept_and_restored_with_their_files(app, place, offer, tmp_path):
    one = submitted(at_work(app, "Wang"), offer)
    api.backup(place, tmp_path / "kept.tilth")
    restored = api.restore(tmp_path / "kept.tilth", tmp_path / "elsewhere")
    again = api.open_workspace(tmp_path / "elsewhere")
    assert restored and api.land_submission(again, one["id"]).submitter == "Wang"
    assert api.submitted_file(again, one["id"]) == offer["file"][1]
