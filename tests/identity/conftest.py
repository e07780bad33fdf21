"""Workspaces on both kinds of database."""

from __future__ import annotations

from pathlib import Path

import argon2
import pytest
from identity_desk import Desk

from tilth import api
from tilth.land import Region, Store


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that are hashed at once: what is tested is not how long that takes."""
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    nobody = hasher.hash("of nobody")
    monkeypatch.setattr("tilth.identity.passwords._hasher", lambda: hasher)
    monkeypatch.setattr("tilth.identity.passwords.nobody", lambda: nobody)


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, quick: None) -> Desk:
    """A county with two townships of one village each, and the group of the townships."""
    place = api.init(tmp_path / "county", region="999901", name="Linhe")
    if request.param == "postgresql":
        with (place.root / "tilth.toml").open("a") as settings:
            settings.write(f'database = "{request.getfixturevalue("server").copy()}"\n')
        place = api.open_workspace(place.root)
    Store(place).put_regions(
        [
            Region("999901", "Linhe", "county"),
            Region("999901001", "North", "township", "999901"),
            Region("999901002", "South", "township", "999901"),
            Region("999901001001", "Upper", "village", "999901001"),
        ],
        {"townships": ("999901001", "999901002")},
    )
    return Desk(place)
