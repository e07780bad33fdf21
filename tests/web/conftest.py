"""A served workspace, and browsers of it that need no network."""

from __future__ import annotations

import argon2
import pytest
from fastapi.testclient import TestClient

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
