"""What is written in the land book over the web: signed by whoever asks, within their region, and done once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import desk_county as here

from tilth import api
from tilth.core import BadInput
from tilth.ledger import verify
from tilth.runtime import replies

LEDGER = "/api/v1/ledger"
MORE = here.entry("restore-2", "RESTORE", "2024-04-01", (here.NORTH, "LAND:0201", "-10.00"),
                  (here.NORTH, "LAND:0103", "10.00"))  # fmt: skip
SOUTHERN = here.entry("south-2", "OPENING", "2024-04-01", (here.SOUTH, "POOL:RESTORED", "1.00"))


def entries(*listed):
    return {"entries": list(listed)}


def ids(browser):
    return [one["id"] for one in browser.get(f"{LEDGER}/entries").json()["items"]]


def test_an_entry_is_posted_and_signed_by_whoever_asks(desk, county):
    done = desk.post(f"{LEDGER}/entries", json=entries(MORE))
    assert done.status_code == 201 and done.json()["posted"] == 1
    named = desk.get(f"{LEDGER}/entry?id=restore-2").json()
    assert named["author"] == desk.get("/api/v1/me").json()["name"]
    assert verify(county.database).sound


def test_nobody_signs_with_the_name_of_another(desk):
    refused = desk.post(f"{LEDGER}/entries", json=entries(MORE | {"author": "Zhao"}))
    assert refused.status_code == 403 and refused.json()["code"] == "WEB-NOT-YOUR-NAME"
    assert "restore-2" not in ids(desk)


def test_areas_are_not_rounded_on_their_way(desk):
    lines = [{"region": here.NORTH, "account": "POOL:RESTORED", "grade": 5, "area_m2": "1.00"}]
    exact = json.dumps(entries(MORE | {"id": "x", "kind": "OPENING", "lines": lines}))
    refused = desk.post(f"{LEDGER}/entries", content=exact.replace('"1.00"', "1.0000000000000000001"),
                        headers={"Content-Type": "application/json"})  # fmt: skip
    assert refused.status_code == 422 and refused.json()["code"] == "LEDGER-FRACTION"


def test_a_table_of_entries_is_posted_like_json(desk):
    rows = (
        "id,kind,posting_date,evidence,region,account,stable,grade,area_m2\n"
        f"c1,RESTORE,2024-04-01,doc,{here.NORTH},LAND:0201,,,-5.00\nc1,,,,{here.NORTH},LAND:0103,1,5,5.00\n"
    )
    done = desk.post(f"{LEDGER}/entries", files={"file": ("../entries.CSV", rows)})
    assert done.status_code == 201, done.text
    assert ids(desk)[0] == "c1"


def test_a_submitter_posts_in_their_own_region_only(as_role, desk):
    submitter = as_role("submitter", here.NORTH)
    assert submitter.post(f"{LEDGER}/entries", json=entries(MORE)).status_code == 403
    assert submitter.post(f"{LEDGER}/entries?region={here.NORTH}", json=entries(MORE, SOUTHERN)).status_code == 403
    assert submitter.post(f"{LEDGER}/entries?region={here.SOUTH}", json=entries(MORE)).status_code == 403
    assert submitter.post(f"{LEDGER}/entries?region={here.NORTH}", json=entries(MORE)).status_code == 201
    back = [line | {"area_m2": line["area_m2"].removeprefix("-") if "-" in line["area_m2"] else f"-{line['area_m2']}"}
            for line in SOUTHERN["lines"]]  # fmt: skip
    desk.post(f"{LEDGER}/entries", json=entries(SOUTHERN))
    reversed_ = SOUTHERN | {"id": "r", "kind": "REVERSE", "reverses": "south-2", "lines": back}
    assert submitter.post(f"{LEDGER}/entries?region={here.NORTH}", json=entries(reversed_)).status_code == 403


def test_compensation_does_not_enter_the_pool_by_an_entry(desk):
    accepted = here.entry("a", "ACCEPT", "2024-04-01", (here.NORTH, "POOL:RESTORED", "5.00"))
    refused = desk.post(f"{LEDGER}/entries", json=entries(accepted))
    assert refused.status_code == 422 and refused.json()["code"] == "API-ACCEPT-BY-ENTRY"


def test_what_somebody_else_reserved_is_let_go_by_whoever_decides(as_role):
    wang, li = as_role("submitter", here.NORTH), as_role("submitter", here.NORTH, name="Li")
    decider = as_role("decider", here.NORTH, name="Zhao")
    hold = here.entry("hold-1", "RESTORE", "2026-01-01", (here.NORTH, "LAND:0201", "-1.00"),
                      (here.NORTH, "LAND:0103", "1.00"), expires="2027-01-01")  # fmt: skip
    made = wang.post(f"{LEDGER}/reservations?region={here.NORTH}", json=entries(hold))
    assert made.status_code == 201, made.text
    void = f"{LEDGER}/reservations/hold-1/void?region={here.NORTH}"
    assert li.post(void, json={"evidence": "withdrawn"}).status_code == 403
    assert decider.post(void, json={"evidence": "withdrawn"}).status_code == 201
    assert wang.post(void, json={"evidence": "again"}).status_code in (409, 422)


def test_a_reservation_of_ones_own_is_given_back(as_role, desk):
    wang = as_role("submitter", here.NORTH)
    hold = here.entry("hold-2", "TRANSFER", "2026-01-01", (here.NORTH, "POOL:RESTORED", "-1.00"),
                      (here.SOUTH, "POOL:RESTORED", "1.00"))  # fmt: skip
    assert wang.post(f"{LEDGER}/reservations?region={here.NORTH}", json=entries(hold)).status_code == 403
    done = desk.post(f"{LEDGER}/reservations", json=entries(hold))
    assert done.status_code == 201, done.text
    (held,) = desk.get(f"{LEDGER}/reservations?region={here.NORTH}").json()
    assert held["holds"][0]["area_dm2"] == 100
    assert desk.post(f"{LEDGER}/reservations/hold-2/void", json={"evidence": "withdrawn"}).status_code == 201
    assert desk.get(f"{LEDGER}/reservations").json() == []


def test_pool_goes_to_another_region_by_whoever_decides_in_both(as_role, desk):
    given = {"seller": here.NORTH, "buyer": here.SOUTH, "account": "POOL:RESTORED", "area_ha": "0.001", "evidence": "a"}
    assert as_role("decider", here.NORTH).post(f"{LEDGER}/transfers?region={here.NORTH}", json=given).status_code == 403
    done = desk.post(f"{LEDGER}/transfers", json=given)
    assert done.status_code == 201, done.text
    (got,) = desk.get(f"{LEDGER}/balance?region={here.SOUTH}&account=POOL").json()
    assert got["booked_area_dm2"] == 10_00


def test_a_year_is_closed_once_and_says_so(desk):
    first = desk.post(f"{LEDGER}/closings?region={here.SOUTH}", json={"year": 2023, "evidence": "assessed"})
    again = desk.post(f"{LEDGER}/closings?region={here.SOUTH}", json={"year": 2023, "evidence": "assessed"})
    assert first.status_code == again.status_code == 201
    assert not first.json()["again"] and again.json()["again"] and first.json()["link"] == again.json()["link"]


def test_what_is_over_is_let_go(desk):
    assert desk.post(f"{LEDGER}/expiries", json={"evidence": "daily"}).json() == {"entries": [], "posted": 0}


def test_accepted_land_is_looked_at_again(desk):
    assert desk.get(f"{LEDGER}/follow-up?year=2024").json()["parcels"] == []
    assert desk.post(f"{LEDGER}/follow-ups", json={"year": 2024, "evidence": "survey"}).json()["posted"] == []


# --- done once ------------------------------------------------------------------------------------------------------


def test_the_same_key_with_the_same_content_gets_the_same_answer(desk):
    key = {"Idempotency-Key": "k1"}
    first = desk.post(f"{LEDGER}/entries", json=entries(MORE), headers=key)
    again = desk.post(f"{LEDGER}/entries", json=entries(MORE), headers=key)
    assert first.content == again.content and again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["posted"] == 1


def test_the_same_key_with_another_content_is_refused(desk):
    key = {"Idempotency-Key": "k1"}
    desk.post(f"{LEDGER}/entries", json=entries(MORE), headers=key)
    refused = desk.post(f"{LEDGER}/entries", json=entries(MORE | {"id": "other"}), headers=key)
    assert refused.status_code == 422 and refused.json()["code"] == "API-KEY-OTHER"


def test_a_key_of_somebody_else_is_another_key(desk, as_role):
    key = {"Idempotency-Key": "k1"}
    desk.post(f"{LEDGER}/entries", json=entries(MORE), headers=key)
    other = as_role("submitter", here.COUNTY).post(f"{LEDGER}/entries", json=entries(MORE), headers=key)
    assert "Idempotent-Replayed" not in other.headers


def test_what_was_refused_may_be_asked_for_again_under_its_key(desk):
    key = {"Idempotency-Key": "k1"}
    assert desk.post(f"{LEDGER}/entries", json=entries(MORE | {"evidence": ""}), headers=key).status_code == 422
    assert desk.post(f"{LEDGER}/entries", json=entries(MORE), headers=key).status_code == 201


def test_two_at_once_under_one_key_do_it_once(county):
    done = []

    def work():
        done.append(1)
        return 201, b"{}"

    def ask(_):
        try:
            return api.answer_once(county, "Li", "k", "about", work).body
        except BadInput as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, range(8)))
    assert done == [1] and answers <= {b"{}", "API-KEY-UNDER-WAY"}


def test_a_key_is_forgotten_after_a_day(county):
    database = county.database
    replies.settle(database, "Li", "k", "about", 201, b"{}", 1_000_000)
    assert replies.claim(database, "Li", "k", "about", 1_000_000 + replies.DAY_S).body == b"{}"
    assert replies.claim(database, "Li", "k", "about", 1_000_001 + replies.DAY_S) is None


def test_work_that_a_stopped_server_left_is_taken_up_again(county):
    database = county.database
    assert replies.claim(database, "Li", "k", "about", 1_000_000) is None
    assert replies.claim(database, "Li", "k", "about", 1_000_001).under_way
    assert replies.claim(database, "Li", "k", "about", 1_000_001 + replies.LOST_S) is None
