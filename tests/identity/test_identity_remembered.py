"""Who asked a moment ago is not looked up again, and is forgotten as soon as anybody's rights change."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from identity_desk import PASSWORD, Desk

from tilth.core import BadInput
from tilth.identity import Actor, Caller, Entered, Remembered, audit
from tilth.identity.remembered import BELIEVED_S, LONGEST_S, MOST

ROOT = Actor("root")
KEY = b"whatever tells Li apart"


class Seconds:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def li(desk: Desk) -> str:
    """Somebody who may see one township."""
    desk.people.add("Li Wei", ROOT, password=PASSWORD)
    desk.people.give("Li Wei", "viewer", "999901001", ROOT)
    return "Li Wei"


@pytest.fixture
def held(desk: Desk, li: str, clock: Seconds) -> Remembered:
    """Li, remembered."""
    held = Remembered(desk.place, clock)
    held.keep(KEY, caller(desk, li), held.look())
    return held


def caller(desk: Desk, name: str) -> Caller:
    return Caller(name, desk.people.get(name).grants, by="password")


def elsewhere(desk: Desk, act: Callable[[], object]) -> None:
    """Do it as another process would: this one does not notice."""
    root = str(desk.place.root)
    before = audit.changes_here(desk.place)
    act()
    audit._here[root] = before


def entered(desk: Desk, li: str) -> str:
    found = desk.entrance.by_password(li, PASSWORD)
    assert isinstance(found, Entered)
    return found.id


def changes(desk: Desk, li: str) -> dict[str, Callable[[], object]]:
    """Everything that may change what somebody may do, or whether they are let in."""
    desk.people.give(li, "editor", "999901002", ROOT)
    session = entered(desk, li)
    secret, token = desk.tokens.make(li, "qgis", ROOT)
    assert secret
    return {
        "sign out": lambda: desk.sessions.end(session),
        "sign in": lambda: entered(desk, li),
        "token ended": lambda: desk.tokens.end(li, token.id, ROOT),
        "role taken": lambda: desk.people.take(li, "editor", "999901002", ROOT),
        "role given": lambda: desk.people.give(li, "viewer", "999901", ROOT),
        "password": lambda: desk.people.set_password(li, "another eleven words of grey geese", ROOT),
        "removed": lambda: desk.people.remove(li, ROOT),
        "restored": lambda: desk.people.restore(li, ROOT),
    }


def test_who_was_looked_up_a_moment_ago_is_known(held: Remembered, clock: Seconds) -> None:
    clock.now += BELIEVED_S * 0.99
    found = held.get(KEY)
    assert found is not None and found.name and held.get(b"somebody else") is None


def test_whatever_this_process_changes_is_noticed_at_once(desk: Desk, li: str, clock: Seconds) -> None:
    for name, change in changes(desk, li).items():
        held = Remembered(desk.place, clock)
        held.keep(KEY, caller(desk, li), held.look())
        assert held.get(KEY) is not None
        change()
        assert held.get(KEY) is None, name
        held.look()
        assert held.get(KEY) is None, name


def test_whatever_another_process_changes_is_noticed_within_a_second(desk: Desk, li: str, clock: Seconds) -> None:
    for name, change in changes(desk, li).items():
        held = Remembered(desk.place, clock)
        held.keep(KEY, caller(desk, li), held.look())
        elsewhere(desk, change)
        clock.now += BELIEVED_S * 1.01
        assert held.get(KEY) is None, name
        held.look()
        assert held.get(KEY) is None, name


def test_a_real_other_process_is_noticed(desk: Desk, li: str, held: Remembered, clock: Seconds) -> None:
    doing = "import sys; from tilth import api; api.user_remove(api.open_workspace(sys.argv[1]), sys.argv[2])"
    subprocess.run([sys.executable, "-c", doing, str(desk.place.root), li], check=True)
    assert held.get(KEY) is not None  # its second is not over by this clock
    held.look()
    assert held.get(KEY) is None


def test_as_long_as_nothing_changes_a_look_is_enough(desk: Desk, held: Remembered, clock: Seconds) -> None:
    for _ in range(9):
        clock.now += BELIEVED_S
        held.look()
        assert held.get(KEY) is not None
    clock.now += LONGEST_S - 9 * BELIEVED_S + 0.1
    held.look()
    assert held.get(KEY) is None  # a session may have ended by itself


def test_who_was_looked_up_before_a_change_is_not_kept_after_it(desk: Desk, li: str, held: Remembered) -> None:
    mark, before = held.look(), caller(desk, li)
    desk.people.remove(li, ROOT)
    held.keep(KEY, before, mark)
    assert held.get(KEY) is None
    held.look()
    held.keep(KEY, before, mark)
    assert held.get(KEY) is None


def test_without_its_database_nobody_is_known_for_longer(
    held: Remembered, clock: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_log: audit.AuditLog) -> int:
        raise BadInput("RUNTIME-DATABASE", why="gone")

    monkeypatch.setattr(audit.AuditLog, "number", gone)
    clock.now += BELIEVED_S * 1.01
    with pytest.raises(BadInput):
        held.look()
    assert held.get(KEY) is None


def test_no_more_than_some_thousands_are_held(desk: Desk, li: str, held: Remembered) -> None:
    mark, one = held.look(), caller(desk, li)
    for number in range(MOST + 5):
        held.keep(b"%d" % number, one, mark)
    assert sum(held.get(b"%d" % number) is not None for number in range(MOST + 5)) <= MOST
    assert held.get(b"%d" % (MOST + 4)) is not None
