"""Signing in by another service, against one that a test plays."""

from __future__ import annotations

import json

import pytest
from identity_service import ISSUER, KEY, Service
from joserfc.jwk import ECKey, OctKey, RSAKey
from web_people import CONSOLE, browser, known

from tilth import api
from tilth.identity import oidc
from tilth.web import create_app


@pytest.fixture
def service(monkeypatch) -> Service:
    one = Service()
    monkeypatch.setattr(oidc, "fetched", one.fetch)
    monkeypatch.setenv("TILTH_OIDC_SECRET", "s3cret")
    return one


@pytest.fixture
def app(office, service):
    with (office.root / "tilth.toml").open("a") as settings:
        settings.write(f'[web.oidc]\nissuer = "{ISSUER}"\nclient_id = "tilth"\nname = "County sign-in"\n')
    known(office, "li.wei", ("viewer", "999901"))
    return create_app(office)


def back(one, service, name, **changed):
    """Sign in there as `name`, and come back."""
    sent = one.get("/api/v1/session/oidc", follow_redirects=False)
    assert sent.status_code == 303 and sent.headers["location"].startswith(f"{ISSUER}/auth?")
    brought = {**service.sign_in(sent.headers["location"], name), **changed}
    return one.get("/api/v1/session/oidc/back", params=brought, follow_redirects=False)


def test_whoever_the_service_knows_under_a_name_of_ours_is_let_in(app, service):
    one = browser(app)
    assert one.get("/api/v1/me").json()["oidc"] == "County sign-in"
    said = back(one, service, "LI.WEI")
    assert said.status_code == 303 and said.headers["location"] == "/"
    me = one.get("/api/v1/me").json()
    assert (me["name"], me["by"]) == ("li.wei", "oidc") and me["may"]["read"] == ["999901"]


def test_whoever_is_not_known_here_stays_out(app, office, service):
    assert back(browser(app), service, "mallory").json()["code"] == "WEB-NOT-KNOWN-HERE"
    api.user_remove(office, "li.wei", by=CONSOLE)
    one = browser(app)
    assert back(one, service, "li.wei").status_code == 403 and not one.get("/api/v1/me").json()["known"]
    assert api.user_log(office, limit=1)[0]["outcome"] == "refused"


def test_a_person_whom_it_turns_away_comes_back_to_the_page_that_says_why(app, service):
    one = browser(app)
    one.headers["Accept"] = "text/html,application/xhtml+xml"
    said = back(one, service, "mallory")
    assert (said.status_code, said.headers["location"]) == (303, "/?signin=WEB-NOT-KNOWN-HERE")
    assert not one.get("/api/v1/me").json()["known"]
    service.about["issuer"] = "https://other.example"
    assert one.get("/api/v1/session/oidc", follow_redirects=False).headers["location"] == "/?signin=IDENTITY-OIDC-AWAY"


def test_another_browser_cannot_bring_the_code(app, service):
    sent = browser(app).get("/api/v1/session/oidc", follow_redirects=False)
    brought = service.sign_in(sent.headers["location"], "li.wei")
    other = browser(app)
    assert other.get("/api/v1/session/oidc/back", params=brought, follow_redirects=False).status_code == 422
    assert back(browser(app), service, "li.wei", state="another").status_code == 422
    assert not other.get("/api/v1/me").json()["known"]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"}, {"aud": "another"}, {"aud": ["tilth", "another"]}, {"exp": 1},
        {"exp": None}, {"nonce": "another"}, {"nonce": None}, {"preferred_username": None},
        {"preferred_username": ["li.wei"]}, {"sub": None},
    ],
)  # fmt: skip
def test_a_token_that_does_not_hold_lets_nobody_in(app, service, claims):
    service.claims = claims
    one = browser(app)
    said = back(one, service, "li.wei")
    assert said.status_code == 422 and said.json()["code"] == "IDENTITY-OIDC"
    assert not one.get("/api/v1/me").json()["known"]


@pytest.mark.parametrize("how", ["another key", "no signature", "a secret", "another curve"])
def test_a_token_that_the_issuer_did_not_sign_lets_nobody_in(app, service, how):
    match how:
        case "another key":
            service.key = RSAKey.generate_key(2048, {"kid": "one"})
        case "no signature":
            service.header = {"alg": "none"}
        case "a secret":
            public = json.dumps(KEY.as_dict(private=False))
            service.header, service.key = {"alg": "HS256", "kid": "one"}, OctKey.import_key(public)
        case "another curve":
            service.header, service.key = {"alg": "ES256", "kid": "one"}, ECKey.generate_key("P-256")
    said = back(browser(app), service, "li.wei")
    assert said.status_code == 422 and said.json()["code"] == "IDENTITY-OIDC"


@pytest.mark.parametrize(
    ("what", "told"),
    [("issuer", "https://other.example"), ("authorization_endpoint", "http://id.example/auth"), ("issuer", None)],
)
def test_an_issuer_that_is_not_itself_sends_nobody_anywhere(app, service, what, told):
    service.about[what] = told
    assert browser(app).get("/api/v1/session/oidc", follow_redirects=False).json()["code"] == "IDENTITY-OIDC-AWAY"


def test_without_settings_there_is_no_other_service(office):
    one = browser(create_app(office))
    assert one.get("/api/v1/session/oidc").json()["code"] == "WEB-NO-OIDC"
    with (office.root / "tilth.toml").open("a") as settings:
        settings.write('[web.oidc]\nissuer = "https://id.example"\n')
    assert one.get("/api/v1/session/oidc").json()["code"] == "IDENTITY-OIDC-SETTINGS"
    assert one.get("/api/v1/me").json()["oidc"] == ""


def test_nothing_is_fetched_but_over_https():
    with pytest.raises(ValueError, match="not https"):
        oidc.fetched("http://127.0.0.1/x", None, {})
    with pytest.raises(ValueError, match="not https"):
        oidc.fetched("file:///etc/passwd", None, {})
