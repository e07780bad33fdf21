"""The log of acts: what stands in it, and that nobody changes it unseen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from identity_desk import CONSOLE, PASSWORD, Desk
from sqlalchemy import delete, update

from tilth.core import BadInput
from tilth.identity import Actor, tables
from tilth.identity.audit import next_link


@pytest.fixture
def told(desk: Desk) -> Desk:
    """A log of six rows."""
    desk.people.add("li.wei", CONSOLE, password=PASSWORD)
    desk.people.give("li.wei", "submitter", "999901001", CONSOLE)
    desk.entrance.by_password("li.wei", "a guess", address="10.0.0.9")
    desk.entrance.by_password("what if this is a password", "x", address="10.0.0.9")
    desk.entrance.by_password("li.wei", PASSWORD, address="10.0.0.7")
    desk.log.add(Actor("li.wei", "password", "10.0.0.7"), "submit", what="POST /x", region="999901001", outcome="done")
    return desk


def test_the_log_says_who_did_what_when_and_where(told: Desk) -> None:
    rows = [(one.who, one.by, one.address, one.action, one.region, one.outcome) for one in told.log.rows()]
    assert rows[::-1] == [
        ("root", "console", "", "person.add", "", "done"),
        ("root", "console", "", "role.give", "999901001", "done"),
        ("li.wei", "password", "10.0.0.9", "session.open", "", "refused"),
        ("?", "password", "10.0.0.9", "session.open", "", "refused"),
        ("li.wei", "password", "10.0.0.7", "session.open", "", "done"),
        ("li.wei", "password", "10.0.0.7", "submit", "999901001", "done"),
    ]
    assert told.log.verify() == (6, [])


def test_the_log_is_read_page_by_page_and_by_region(told: Desk) -> None:
    assert [one.number for one in told.log.rows(limit=2)] == [6, 5]
    assert [one.number for one in told.log.rows(limit=2, before=5)] == [4, 3]
    assert [one.number for one in told.log.rows(regions=["999901001", "410882"])] == [6, 2]
    assert told.log.rows(regions=[]) == []


TAMPERING = {
    "a body": (lambda: update(tables.acts).where(tables.acts.c.number == 3).values(body='{"number":3}'), "CHANGED", 3),
    "a region": (lambda: update(tables.acts).where(tables.acts.c.number == 2).values(region="x"), "CHANGED", 2),
    "a link": (lambda: update(tables.acts).where(tables.acts.c.number == 5).values(link=bytes(32)), "CHANGED", 5),
    "a row gone": (lambda: delete(tables.acts).where(tables.acts.c.number == 4), "GONE", 4),
    "the first gone": (lambda: delete(tables.acts).where(tables.acts.c.number == 1), "GONE", 1),
    "the last gone": (lambda: delete(tables.acts).where(tables.acts.c.number == 6), "GONE", 6),
    "all gone": (lambda: delete(tables.acts), "GONE", 1),
    "the head": (lambda: update(tables.chain).values(number=5), "GONE", 7),
    "no head": (lambda: delete(tables.chain), "GONE", 7),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_whoever_changes_the_log_is_found_out(told: Desk, how: str) -> None:
    change, code, number = TAMPERING[how]
    with told.place.database.transaction() as connection:
        connection.execute(change())
    findings = told.log.verify()[1]
    assert [(one.code, one.values["number"]) for one in findings] == [(f"IDENTITY-LOG-{code}", number)]


def test_a_row_put_at_the_end_is_found_out(told: Desk) -> None:
    last = told.log.rows(limit=1)[0]
    body = '{"number":7}'
    row = {"number": 7, "body": body, "region": "", "link": next_link(bytes.fromhex(last.link), body)}
    with told.place.database.transaction() as connection:
        connection.execute(tables.acts.insert().values(**row))
    assert told.log.verify()[1]


def test_what_is_refused_leaves_no_row_and_no_change(told: Desk) -> None:
    with pytest.raises(BadInput):
        told.people.add("Li Wei", CONSOLE)
    assert told.log.verify() == (6, [])


def test_many_write_at_once_and_the_chain_holds(told: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda turn: told.log.add(Actor(f"p{turn}"), "submit", what=str(turn)), range(60)))
    assert told.log.verify() == (66, [])


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "\ud800", "x" * 5000, "'; DROP TABLE identity_act; --", "<script>"])
def test_the_log_takes_any_text(told: Desk, text: str) -> None:
    told.log.add(Actor(text, "password", text), text, what=text, region=text, outcome=text)
    assert told.log.verify() == (7, []) and len(told.log.rows(limit=1)[0].what) <= 300
