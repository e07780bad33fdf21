"""A served workspace, and browsers of it that need no network."""

from __future__ import annotations

import shutil

import argon2
import desk_county
import pytest
from fastapi.testclient import TestClient
from web_people import CONSOLE, at_work, known

from tilth import api
from tilth.land import Region, Store
from tilth.web import create_app

KEY = "the-key-printed-at-the-start"


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch):
    """Passwords that are hashed at once: here it matters who gets in, not how long that takes."""
    quick = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    nobody = quick.hash("of nobody")
    monkeypatch.setattr("tilth.identity.passwords._hasher", lambda: quick)
    monkeypatch.setattr("tilth.identity.passwords.nobody", lambda: nobody)


@pytest.fixture
def office(tmp_path):
    """A workspace of a county with two townships, without surveys."""
    place = api.init(tmp_path / "county", region="999901", name="Linhe")
    Store(place).put_regions(
        [
            Region("999901", "Linhe", "county"),
            Region("999901001", "North", "township", "999901"),
            Region("999901002", "South", "township", "999901"),
        ]
    )
    return place


@pytest.fixture
def stranger(office):
    """A browser that is not signed in."""
    return TestClient(create_app(office, start_key=KEY), base_url="http://127.0.0.1:8000")


@pytest.fixture
def owner(stranger):
    """The browser of the person who started the server."""
    said = stranger.post("/api/v1/session", json={"key": KEY}).json()
    stranger.headers["X-CSRF-Token"] = said["csrf"]
    return stranger


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The county of `desk_county`, built once; tests get copies."""
    return desk_county.build(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def county(built, tmp_path):
    """A workspace of two townships with two surveys, tasks and a land book, to write in."""
    built.database.close()
    shutil.copytree(built.root, tmp_path / "county")
    return api.open_workspace(tmp_path / "county")


@pytest.fixture
def desk(county):
    """The browser of the person who started the server of `county`."""
    browser = TestClient(create_app(county, start_key=KEY), base_url="http://127.0.0.1:8000")
    browser.headers["X-CSRF-Token"] = browser.post("/api/v1/session", json={"key": KEY}).json()["csrf"]
    return browser


@pytest.fixture
def as_role(desk):
    """A browser of the same server, of somebody with one role over one region."""

    def come(role, region, name="Wang"):
        place = desk.app.state.office.workspace
        if name not in {one.name for one in api.user_list(place)}:
            known(place, name)
        api.user_role(place, name, role, place=region, by=CONSOLE)
        return at_work(desk.app, name)

    return come
