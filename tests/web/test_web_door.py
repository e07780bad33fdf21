"""Who is let in, and how a refusal is told."""

from __future__ import annotations

from tilth.identity import ACTIONS


def test_the_key_of_the_start_opens_a_session_with_every_role(owner):
    said = owner.get("/api/v1/me").json()
    assert said["known"] and {one["region"] for one in said["grants"]} == {"999901"}


def test_nobody_gets_in_without_a_key(stranger):
    assert stranger.get("/api/v1/workspace").status_code == 401
    assert stranger.post("/api/v1/session", json={"key": "a guess"}).status_code == 401
    assert stranger.get("/api/v1/me").json()["known"] is False


def test_a_session_ends_when_its_owner_leaves(owner):
    assert owner.get("/api/v1/workspace").json()["region"] == "999901"
    assert owner.delete("/api/v1/session").status_code == 204
    assert owner.get("/api/v1/workspace").status_code == 401


def test_a_refusal_is_a_problem_in_the_language_of_the_reader(stranger):
    english = stranger.get("/api/v1/regions")
    chinese = stranger.get("/api/v1/regions", headers={"Accept-Language": "zh-CN"})
    assert english.headers["content-type"] == chinese.headers["content-type"] == "application/problem+json"
    assert english.json()["code"] == chinese.json()["code"] == "WEB-NOT-KNOWN"
    assert english.json()["title"] == "nobody is signed in" and chinese.json()["title"] == "尚未登录"


def test_every_answer_says_what_a_page_may_load_and_is_not_kept(owner):
    for path in ("/api/v1/me", "/api/v1/regions", "/api/v1/nothing"):
        headers = owner.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"] and headers["cache-control"] == "no-store"


def test_a_body_larger_than_the_limit_is_refused_before_it_is_read(stranger):
    refused = stranger.post("/api/v1/session", content=b"{" + b" " * (2 << 20))
    assert refused.status_code == 413 and refused.json()["code"] == "WEB-TOO-LARGE"


def test_every_route_names_what_it_needs(stranger):
    described = stranger.get("/api/openapi.json").json()
    actions = [one["x-tilth-action"] for path in described["paths"].values() for one in path.values()]
    assert actions and set(actions) <= {"open", "known", *ACTIONS}
