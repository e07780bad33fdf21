"""Everything of a workspace that concerns people, under a clock that a test moves. Not a test."""

from __future__ import annotations

from tilth.identity import Actor, AuditLog, Entrance, People, Sessions, Throttle, Tokens
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
