"""Entries that tests of the land book post. One county, one garden, one paddy field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from tilth.ledger import Account, Entry, Line, Phase, Quantities

COUNTY = "410882"
GARDEN = Account(COUNTY, "LAND:0201")
FIELD = Account(COUNTY, "LAND:0103", stable=1, grade=5)
PADDY = Account(COUNTY, "LAND:0101", stable=1, paddy=1, grade=4)
ROAD = Account(COUNTY, "LAND:1003")
POOL = Account(COUNTY, "POOL:RESTORED", stable=1, grade=5)
CLAIM = Account(COUNTY, "CLAIM:NONAG")
OPENING = Account(COUNTY, "OPENING")


def q(account: Account, area: int) -> Quantities:
    """So much land as `account` counts it."""
    return Quantities(area, area if account.paddy else 0, 0, area * account.grade)


def lines(*pairs: tuple[Account, int]) -> tuple[Line, ...]:
    return tuple(Line(account, q(account, area)) for account, area in pairs)


def an_entry(id: str, kind: str, day: str, *pairs: tuple[Account, int], **more: Any) -> Entry:
    """An entry whose act happened on the day on which it is posted."""
    posted = date.fromisoformat(day)
    fields = {"act_date": posted, "evidence": "doc-1", "author": "Li", "lines": lines(*pairs), **more}
    return Entry(id=id, kind=kind, posting_date=posted, **fields)


def opening(area: int = 1000, account: Account = GARDEN, day: str = "2023-12-31", id: str = "opening") -> Entry:
    """The stock of the first survey."""
    return an_entry(
        id, "OPENING", day, (account._replace(name="OPENING", grade=0, paddy=0, stable=0), -area), (account, area)
    )


def restore(id: str, area: int, day: str = "2024-03-01", **more: Any) -> Entry:
    """Garden becomes field."""
    return an_entry(id, "RESTORE", day, (GARDEN, -area), (FIELD, area), **more)


def occupy(id: str, area: int, day: str = "2024-06-01", **more: Any) -> Entry:
    """Field becomes road, which has to be compensated."""
    claim = Line(CLAIM, q(FIELD, area))
    entry = an_entry(id, "NONAG", day, (FIELD, -area), (ROAD, area), **more)
    return replace(entry, lines=(*entry.lines, claim)) if "lines" not in more else entry


def reserve(id: str, area: int, day: str = "2024-06-01", **more: Any) -> Entry:
    """The same, planned."""
    return replace(occupy(id, area, day, **more), phase=Phase.RESERVE)


def settle(id: str, reservation: str, phase: Phase, day: str, area: int = 0, kind: str = "NONAG") -> Entry:
    """What becomes of a plan: `area` of it is posted, or nothing."""
    done = occupy(id, area, day) if area else an_entry(id, kind, day)
    return replace(done, phase=phase, settles=reservation)
