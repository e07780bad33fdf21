"""Signing in, what a session and a token let do, and who administers whom."""

from __future__ import annotations

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from web_people import CONSOLE, PASSWORD, at_work, browser, known, program

from tilth import api
from tilth.identity import Caller, Grant
from tilth.land import Store
from tilth.web import create_app
from tilth.web.access import known_submitter, scope, signed_as, visible
from tilth.web.door import Door
from tilth.web.problems import Problem
from tilth.web.routes import DOORS

COUNTY, NORTH, SOUTH = "999901", "999901001", "999901002"
KEY = "the-key-printed-at-the-start"


@pytest.fixture
def app(office):
    """The county's server, with a few people."""
    known(office, "li", ("submitter", NORTH), ("viewer", COUNTY))
    known(office, "wang", ("administrator", NORTH))
    known(office, "zhao", ("administrator", COUNTY), ("auditor", COUNTY))
    known(office, "sun", ("decider", COUNTY))
    return create_app(office, start_key=KEY)


# --- coming in and going out --------------------------------------------------------------------------------------


def test_name_and_password_open_a_session(app):
    said = at_work(app, "LI").get("/api/v1/me").json()
    assert (said["known"], said["name"], said["by"]) == (True, "li", "password")
    assert said["grants"] == [{"role": "viewer", "region": COUNTY}, {"role": "submitter", "region": NORTH}]
    assert said["may"]["submit"] == [NORTH] and said["may"]["read"] == [COUNTY] and said["may"]["decide"] == []


def test_an_unknown_name_is_answered_as_a_wrong_password(app):
    one = browser(app)
    answers = [
        one.post("/api/v1/session", json={"name": name, "password": "seven grey ducks"}) for name in ("li", "nobody")
    ]
    assert answers[0].status_code == 401 and answers[0].json() == answers[1].json()
    assert answers[0].json()["code"] == "WEB-WRONG-PASSWORD" and "set-cookie" not in answers[0].headers


def test_who_guesses_is_told_to_wait(app, monkeypatch):
    monkeypatch.setattr("tilth.identity.passwords.fits", lambda kept, word: False)
    one = browser(app)
    for name in ("li", "nobody"):
        said = [one.post("/api/v1/session", json={"name": name, "password": "x"}).status_code for _ in range(6)]
        assert said == [401] * 5 + [429]
    last = one.post("/api/v1/session", json={"name": "li", "password": PASSWORD})
    assert last.json()["code"] == "WEB-WAIT" and int(last.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    "sent", [{}, {"name": "li"}, {"password": PASSWORD}, {"key": KEY, "name": "li", "password": PASSWORD}, {"k": 1}]
)
def test_half_of_what_lets_in_lets_nobody_in(app, sent):
    assert browser(app).post("/api/v1/session", json=sent).status_code == 422


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(app):
    said = browser(app).post("/api/v1/session", json={"key": KEY})
    cookie = said.headers["set-cookie"].lower()
    assert cookie.startswith("tilth_session=") and "httponly" in cookie and "samesite=strict" in cookie
    assert "secure" not in cookie


def test_under_https_the_cookie_is_bound_to_the_host_and_to_https(app):
    one = browser(app, scheme="https")
    said = one.post("/api/v1/session", json={"key": KEY})
    cookie = said.headers["set-cookie"]
    assert cookie.startswith("__Host-tilth_session=")
    assert "Secure" in cookie and "Path=/" in cookie and "domain" not in cookie.lower()
    assert one.get("/api/v1/me").json()["known"]
    assert (
        said.headers["strict-transport-security"] and "strict-transport-security" not in browser(app).get("/").headers
    )
    tossed = browser(app, scheme="https")
    tossed.cookies.set("tilth_session", said.cookies["__Host-tilth_session"])
    assert not tossed.get("/api/v1/me").json()["known"], "a cookie without the prefix may come from another host"


def test_a_planted_session_id_does_not_become_a_session(app):
    one = browser(app)
    one.cookies.set("tilth_session", "planted", domain="127.0.0.1")
    said = one.post("/api/v1/session", json={"name": "li", "password": PASSWORD})
    assert said.status_code == 200 and said.cookies["tilth_session"] != "planted"
    spy = browser(app)
    spy.cookies.set("tilth_session", "planted", domain="127.0.0.1")
    assert not spy.get("/api/v1/me").json()["known"]


def test_signing_in_again_ends_the_session_before(app):
    one = at_work(app, "li")
    before = one.cookies["tilth_session"]
    one.post("/api/v1/session", json={"name": "li", "password": PASSWORD})
    spy = browser(app)
    spy.cookies.set("tilth_session", before)
    assert one.cookies["tilth_session"] != before and not spy.get("/api/v1/me").json()["known"]


def test_a_copied_cookie_is_worth_nothing_after_signing_out(app):
    one, spy = at_work(app, "li"), browser(app)
    spy.cookies.set("tilth_session", one.cookies["tilth_session"])
    assert spy.get("/api/v1/me").json()["known"]
    assert one.delete("/api/v1/session").status_code == 204
    assert not spy.get("/api/v1/me").json()["known"]


def test_two_server_processes_share_their_sessions(app, office):
    one, other = at_work(app, "li"), browser(create_app(office))
    other.cookies.set("tilth_session", one.cookies["tilth_session"])
    assert other.get("/api/v1/me").json()["name"] == "li"


def test_a_new_password_ends_every_other_session(app):
    one, other = at_work(app, "li"), at_work(app, "li")
    new = "nine grey geese over Linhe"
    assert one.put("/api/v1/me/password", json={"old": "seven", "new": new}).status_code == 422
    assert one.put("/api/v1/me/password", json={"old": PASSWORD, "new": "short"}).status_code == 422
    assert one.get("/api/v1/me").json()["known"], "a refusal ends nothing"
    said = one.put("/api/v1/me/password", json={"old": PASSWORD, "new": new})
    assert said.status_code == 200 and one.get("/api/v1/me").json()["known"]
    assert not other.get("/api/v1/me").json()["known"]
    one.headers["X-CSRF-Token"] = said.json()["csrf"]
    assert one.put("/api/v1/me/password", json={"old": PASSWORD, "new": new}).status_code == 422
    at_work(app, "li", new)


def test_whoever_is_removed_is_out_at_once(app, office):
    one, its = at_work(app, "li"), program(app, office, "li")
    assert its.get("/api/v1/workspace").status_code == 200
    api.user_remove(office, "li", by=CONSOLE)
    assert one.get("/api/v1/workspace").status_code == its.get("/api/v1/workspace").status_code == 401


# --- proof that our own page asks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", ["", "a guess", "é"])
def test_a_change_needs_the_proof_of_our_own_page(app, sent):
    one = at_work(app, "zhao")
    del one.headers["X-CSRF-Token"]
    said = one.post("/api/v1/people", json={"name": "qian"}, headers={b"X-CSRF-Token": sent.encode()})
    assert said.status_code == 403 and said.json()["code"] == "WEB-CSRF"
    assert one.get("/api/v1/people").status_code == 200, "looking needs none"


def test_the_proof_of_another_session_is_none(app):
    one, other = at_work(app, "zhao"), at_work(app, "li")
    one.headers["X-CSRF-Token"] = other.headers["X-CSRF-Token"]
    assert one.post("/api/v1/people", json={"name": "qian"}).json()["code"] == "WEB-CSRF"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_changes_nothing(app, site):
    one = at_work(app, "zhao")
    said = one.post("/api/v1/people", json={"name": "qian"}, headers={"Sec-Fetch-Site": site})
    assert said.json()["code"] == "WEB-CSRF"
    login = browser(app).post("/api/v1/session", json={"key": KEY}, headers={"Sec-Fetch-Site": site})
    assert login.json()["code"] == "WEB-CSRF", "nor does it sign anybody in"


def test_a_token_needs_no_proof_and_no_cookie_helps_a_wrong_one(app, office):
    its = program(app, office, "zhao")
    assert its.post("/api/v1/people", json={"name": "qian"}).status_code == 201
    one = at_work(app, "zhao")
    for wrong in ("Bearer tilth_wrong", "Bearer ", "Basic emhhbzp4", "tilth_"):
        said = one.get("/api/v1/people", headers={"Authorization": wrong})
        assert said.status_code == 401 and said.headers["www-authenticate"].startswith("Bearer")
        assert one.get("/api/v1/me", headers={"Authorization": wrong}).status_code == 401


def test_what_a_browser_keeps_for_gis_programs_changes_nothing_from_another_site(app, office):
    secret = api.user_token(office, "zhao", "QGIS", by=CONSOLE).secret
    its = browser(app)
    its.auth = ("zhao", secret)
    assert its.get("/api/v1/people").status_code == 200
    said = its.post("/api/v1/people", json={"name": "qian"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert said.json()["code"] == "WEB-CSRF"
    assert its.post("/api/v1/people", json={"name": "qian"}).status_code == 201


# --- regions ------------------------------------------------------------------------------------------------------


@pytest.fixture
def places(office, monkeypatch):
    """A server with one route that looks at a region, and one that lists."""
    known(office, "li", ("viewer", NORTH))
    Store(office).put_group("both", (NORTH, SOUTH))
    Store(office).put_group("upper", (NORTH,))
    door = Door("tests")

    @door.get("/look", "read")
    def look(region: str = "", group: str = "") -> dict[str, str]:
        return {"region": region, "group": group}

    @door.get("/whole", "read")
    def whole() -> dict[str, str]:
        return {}

    @door.get("/list", "read", anywhere=True)
    def listed(request: Request) -> dict[str, object]:
        return {"scope": scope(request, "read"), "rows": visible(request, "read", [COUNTY, NORTH, SOUTH])}

    monkeypatch.setattr("tilth.web.app.DOORS", (*DOORS, door))
    return create_app(office)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("", 403), (f"?region={NORTH}", 200), (f"?region={SOUTH}", 403), (f"?region={COUNTY}", 403),
        (f"?region={NORTH}&region={SOUTH}", 403), (f"?region={SOUTH}&region={NORTH}", 403),
        ("?group=upper", 200), ("?group=both", 403), ("?group=none", 403), (f"?region={NORTH}&group=both", 403),
        ("?region=410882", 403), ("?region=%27%20OR%201=1", 403), ("?region=", 403),
    ],
)  # fmt: skip
def test_whoever_has_a_role_in_the_north_looks_at_the_north(places, asked, status):
    assert at_work(places, "li").get(f"/api/v1/look{asked}").status_code == status


@pytest.mark.parametrize("asked", ["", f"?region={NORTH}", "?group=upper", f"?region={NORTH}&group=upper"])
def test_naming_ones_own_region_opens_no_route_that_shows_the_whole(places, asked):
    assert at_work(places, "li").get(f"/api/v1/whole{asked}").status_code == 403


def test_a_list_shows_what_lies_in_the_scope(places):
    one = at_work(places, "li")
    assert one.get("/api/v1/list").json() == {"scope": [NORTH], "rows": [NORTH]}


def test_a_token_of_another_region_looks_at_nothing(places, office):
    api.user_role(office, "li", "viewer", place=COUNTY, by=CONSOLE)
    its = program(places, office, "li", region=SOUTH)
    assert its.get(f"/api/v1/look?region={SOUTH}").status_code == 200
    assert its.get(f"/api/v1/look?region={NORTH}").status_code == its.get("/api/v1/look").status_code == 403
    assert its.get("/api/v1/list").json()["scope"] == [SOUTH]


# --- whose name the book records ----------------------------------------------------------------------------------


def test_the_book_records_who_is_signed_in_and_nobody_else():
    li = Caller("li", ())
    assert signed_as(li) == signed_as(li, "LI") == "li"
    with pytest.raises(Problem) as refused:
        signed_as(li, "zhao")
    assert (refused.value.status, refused.value.code) == (403, "WEB-NOT-YOUR-NAME")


def test_a_submitter_is_somebody_who_may_submit_there(app):
    asked = Request({"type": "http", "app": app})
    assert known_submitter(asked, "LI", NORTH) == "li"
    for name, region in (("li", SOUTH), ("zhao", NORTH), ("nobody", NORTH)):
        with pytest.raises(Problem, match="WEB-NOT-SUBMITTER"):
            known_submitter(asked, name, region)


# --- people -------------------------------------------------------------------------------------------------------


def test_an_administrator_makes_people_and_gives_roles(app):
    one = at_work(app, "zhao")
    assert one.post("/api/v1/people", json={"name": "钱", "password": PASSWORD}).status_code == 201
    said = one.post("/api/v1/people/钱/roles", json={"role": "editor", "region": SOUTH}).json()
    assert [(role["role"], role["region"], role["given_by"]) for role in said["roles"]] == [("editor", SOUTH, "zhao")]
    assert at_work(app, "钱").get("/api/v1/me").json()["may"]["edit"] == [SOUTH]
    assert one.delete(f"/api/v1/people/钱/roles/editor/{SOUTH}").json()["roles"] == []
    assert one.delete("/api/v1/people/钱").json()["disabled"]
    assert not one.post("/api/v1/people/钱/restore").json()["disabled"]
    assert one.get("/api/v1/people/nobody").status_code == 404


def test_an_administrator_of_a_township_administers_the_township(app):
    one = at_work(app, "wang")
    assert {each["name"] for each in one.get("/api/v1/people").json()["people"]} == {"wang"}
    for attempt in (
        one.post("/api/v1/people/li/roles", json={"role": "viewer", "region": COUNTY}),
        one.post("/api/v1/people/li/roles", json={"role": "viewer", "region": SOUTH}),
        one.put("/api/v1/people/sun/password", json={"password": "nine grey geese over Linhe"}),
        one.delete("/api/v1/people/sun"),
        one.delete(f"/api/v1/people/sun/roles/decider/{COUNTY}"),
        one.get("/api/v1/people/sun"),
        one.get("/api/v1/audit"),
    ):
        assert attempt.status_code == 403, attempt.text
    assert one.post("/api/v1/people/sun/roles", json={"role": "viewer", "region": NORTH}).status_code == 200


def test_nobody_gives_a_role_to_themselves(app):
    said = at_work(app, "zhao").post("/api/v1/people/ZHAO/roles", json={"role": "accepter", "region": COUNTY})
    assert said.json()["code"] == "WEB-NOT-TO-ONESELF"


def test_who_does_not_administer_sees_nobody(app):
    one = at_work(app, "li")
    assert one.get("/api/v1/people").status_code == one.post("/api/v1/people", json={"name": "q"}).status_code == 403


def test_a_token_makes_no_token_and_no_password(app, office):
    its = program(app, office, "zhao")
    for attempt in (
        its.post("/api/v1/tokens", json={"name": "more"}),
        its.put("/api/v1/people/li/password", json={"password": "nine grey geese over Linhe"}),
        its.put("/api/v1/me/password", json={"old": PASSWORD, "new": "nine grey geese over Linhe"}),
        its.post("/api/v1/people", json={"name": "qian", "password": PASSWORD}),
    ):
        assert attempt.json()["code"] == "WEB-NOT-BY-TOKEN"


def test_a_person_makes_and_ends_tokens_of_their_own(app):
    one = at_work(app, "li")
    made = one.post("/api/v1/tokens", json={"name": "QGIS", "days": 30, "roles": ["viewer"]}).json()
    its = browser(app)
    its.headers["Authorization"] = f"Bearer {made['secret']}"
    assert its.get("/api/v1/me").json()["grants"] == [{"role": "viewer", "region": COUNTY}]
    listed = one.get("/api/v1/tokens").json()["tokens"]
    assert [each["id"] for each in listed] == [made["id"]] and "secret" not in listed[0]
    assert at_work(app, "sun").delete(f"/api/v1/tokens/{made['id']}").status_code == 404, "nobody else's"
    assert one.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
    assert its.get("/api/v1/me").status_code == 401


# --- the log of acts ----------------------------------------------------------------------------------------------


def acts(one: TestClient, **asked: object) -> list[tuple[str, ...]]:
    items = one.get("/api/v1/audit", params=asked).json()["items"]
    return [(each["who"], each["action"], each["what"], each["outcome"]) for each in reversed(items)]


def test_every_change_and_every_refusal_stands_in_the_log_and_looking_does_not(app, office):
    li, zhao = at_work(app, "li"), at_work(app, "zhao")
    start = len(acts(zhao))
    li.get("/api/v1/workspace")
    li.get("/api/v1/people")
    zhao.post("/api/v1/people", json={"name": "qian"})
    zhao.post("/api/v1/people", json={"name": "QIAN"})
    zhao.post("/api/v1/people/qian/roles", json={"role": "viewer", "region": NORTH})
    zhao.post("/api/v1/people", json={"name": "sun2"}, headers={"X-CSRF-Token": ""})
    li.delete("/api/v1/session")
    assert acts(zhao)[start:] == [
        ("li", "administer", "GET /api/v1/people", "refused 403"),
        ("zhao", "person.add", "qian", "done"),
        ("zhao", "administer", "POST /api/v1/people", "refused 422"),
        ("zhao", "role.give", "viewer: qian", "done"),
        ("zhao", "known", "POST /api/v1/people", "refused 403"),
        ("li", "session.end", "", "done"),
    ]
    assert zhao.get("/api/v1/audit/verified").json()["findings"] == []


def test_a_change_by_any_route_is_written_down_with_its_region(app, office):
    door = Door("tests")

    @door.post("/entries", "submit")
    def post(region: str) -> dict[str, str]:
        return {"region": region}

    @door.post("/looks", "check")
    def look() -> dict[str, str]:
        return {}

    app.include_router(door.router)
    li = at_work(app, "li")
    assert li.post(f"/api/v1/entries?region={NORTH}").status_code == 200
    assert li.post(f"/api/v1/entries?region={SOUTH}").status_code == 403
    assert li.post("/api/v1/looks").status_code == 200
    rows = api.user_log(office, limit=2)
    assert [(one["who"], one["action"], one["region"], one["outcome"]) for one in rows] == [
        ("li", "submit", SOUTH, "refused 403"),
        ("li", "submit", NORTH, "done"),
    ]


def test_an_auditor_of_a_township_reads_what_was_done_there(app, office):
    known(office, "he", ("auditor", NORTH))
    he, zhao = at_work(app, "he"), at_work(app, "zhao")
    seen = {each["region"] for each in he.get("/api/v1/audit").json()["items"]}
    assert seen == {NORTH}
    assert he.get(f"/api/v1/audit?region={SOUTH}").status_code == 403
    assert he.get("/api/v1/audit/verified").status_code == 403
    assert {each["region"] for each in zhao.get("/api/v1/audit").json()["items"]} >= {"", NORTH, COUNTY}


def test_the_log_is_read_page_by_page(app):
    zhao = at_work(app, "zhao")
    first = zhao.get("/api/v1/audit?limit=3").json()
    second = zhao.get(f"/api/v1/audit?limit=3&before={first['next']}").json()
    numbers = [each["number"] for each in (*first["items"], *second["items"])]
    assert numbers == list(range(numbers[0], numbers[0] - 6, -1))
    assert zhao.get("/api/v1/audit?limit=1000").json()["next"] is None


def test_an_answer_that_cannot_be_written_down_says_so(app, monkeypatch):
    from tilth.core import BadInput
    from tilth.identity import AuditLog

    li = at_work(app, "li")

    def broken(*_args: object, **_more: object) -> None:
        raise BadInput("RUNTIME-DISK-FULL", why="full")

    monkeypatch.setattr(AuditLog, "add", broken)
    said = li.get("/api/v1/people")
    assert said.status_code == 503 and said.json()["code"] == "WEB-NOT-WRITTEN-DOWN"


def test_what_a_caller_holds_is_what_was_given(app):
    assert Grant("viewer", COUNTY) in {Grant(**one) for one in at_work(app, "li").get("/api/v1/me").json()["grants"]}
