"""Workspaces on both kinds of database, and a clock that a test moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tilth import api
from tilth.identity import Actor, AuditLog, Entrance, People, Sessions, Throttle, Tokens
from tilth.land import Region, Store
from tilth.runtime import Workspace

#: Good enough for everybody in these tests.
PASSWORD = "seven grey geese over Linhe"
CONSOLE = Actor("root")


class Clock:
    """The time as a test wants it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Desk:
    """Everything of a workspace that concerns people, under one clock."""

    def __init__(self, place: Workspace) -> None:
        self.place, self.clock = place, Clock()
        self.people = People(place, self.clock)
        self.tokens = Tokens(place, self.clock)
        self.log = AuditLog(place, self.clock)
        self.throttle = Throttle(place, self.clock)
        self.entrance = Entrance(place, "the-key", "root", self.clock)

    @property
    def sessions(self) -> Sessions:
        return self.entrance.sessions


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
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
