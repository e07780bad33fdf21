"""Signing in by another service, at a real browser: the service is played, its tokens are signed and looked at."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from browsing import faults, served
from identity_service import ISSUER, Service
from web_people import CONSOLE, PASSWORD

from tilth import api
from tilth.identity import oidc


@pytest.fixture(scope="module")
def service():
    with pytest.MonkeyPatch.context() as patched:
        one = Service()
        patched.setattr(oidc, "fetched", one.fetch)
        patched.setenv("TILTH_OIDC_SECRET", "s3cret")
        yield one


@pytest.fixture(scope="module")
def desk(service, tmp_path_factory):
    """A server of a county that names the service, and knows one person."""
    place = api.init(tmp_path_factory.mktemp("office") / "county", region="999901", name="Linhe")
    with (place.root / "tilth.toml").open("a") as settings:
        settings.write(f'[web.oidc]\nissuer = "{ISSUER}"\nclient_id = "tilth"\nname = "County ID"\n')
    api.user_add(place, "li.wei", password=PASSWORD, by=CONSOLE)
    api.user_role(place, "li.wei", "viewer", place="999901", by=CONSOLE)
    place.database.close()
    yield from served(place.root, place.root, tmp_path_factory.mktemp("desk"))


@pytest.fixture
def signs_in(visitor, desk, service):
    """Go to the service from the page, sign in there by a name, and come back with what it gave, or with something
    changed."""

    def go(name: str, **changed: str) -> None:
        page = visitor.page

        def shown(route) -> None:
            back = f"{desk.url}/api/v1/session/oidc/back"
            brought = urlencode({**service.sign_in(route.request.url, name), **changed})
            route.fulfill(content_type="text/html", body=f'<a id="in" href="{back}?{brought}">{name}</a>')

        page.route(f"{ISSUER}/auth*", shown)
        page.goto(desk.url)
        visitor.waits_for(".signin form")
        assert faults(page) == []
        visitor.click("Sign in with County ID", "使用County ID登录")
        page.click("#in")

    yield go
    service.claims = {}


def me(page) -> dict:
    return page.evaluate("fetch('/api/v1/me').then((one) => one.json())")


def test_the_button_leads_to_the_service_and_back_into_the_office(visitor, signs_in):
    signs_in("li.wei")
    visitor.waits_for("#page h1")
    assert visitor.page.locator(".signin").count() == 0
    found = me(visitor.page)
    assert (found["name"], found["by"], found["may"]["read"]) == ("li.wei", "oidc", ["999901"])


@pytest.mark.parametrize("how", ["unknown", "state", "nonce"])
def test_who_is_turned_away_is_told_why_at_the_way_in(visitor, signs_in, service, how):
    service.claims = {"nonce": "another"} if how == "nonce" else {}
    signs_in("mallory" if how == "unknown" else "li.wei", **({"state": "another"} if how == "state" else {}))
    visitor.waits_for(".signin .note")
    said = visitor.page.locator(".signin .note").inner_text()
    if how == "unknown":
        assert said and "IDENTITY-OIDC" not in said
    else:
        assert said == visitor.says(
            "Signing in there did not work (IDENTITY-OIDC). Try again.", "统一登录未成功（IDENTITY-OIDC），请重试。"
        )
    assert not me(visitor.page)["known"]
