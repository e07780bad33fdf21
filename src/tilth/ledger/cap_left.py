"""What is left of a cap: one answer for the gate and for where a region stands, from what sheet 5.4 is made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select

from tilth.land import RegionTree
from tilth.ledger import tables
from tilth.ledger.canonical import entry_of
from tilth.ledger.caps import cap_from, occupies
from tilth.ledger.chart import Chart
from tilth.ledger.gathering import Event, Facts, children_of, subtree
from tilth.ledger.model import Entry, Phase, day_number
from tilth.ledger.policy import Policy
from tilth.runtime import Database

_MANY = 500


def caps_left(
    database: Database, tree: RegionTree, code: str, years: Iterable[int], policy: Policy, chart: Chart, on: date | None
) -> dict[str, int]:
    """By year, what construction may still occupy of the cap that was set for a region, below it and all.

    Occupations count with what they claim, whether or not they have a line on the cap.
    """
    within, found = subtree(code, children_of(tree)), dict[str, int]()
    for year in years:
        facts = cap_facts(database, tree, code, year, within, chart, on)
        cap, used = cap_and_used(facts, year, policy, code)
        if cap is not None:
            found[str(year)] = cap - used
    return found


def cap_left_of(database: Database, tree: RegionTree, code: str, year: int, policy: Policy, chart: Chart) -> int | None:
    """What acts of `year` may still occupy of the cap that was set for a region by the end of that year; None if none
    was. What is occupied or reserved counts by its act, on whatever day it was booked."""
    within = subtree(code, children_of(tree))
    then, now = (cap_facts(database, tree, code, year, within, chart, on) for on in (date(year, 12, 31), None))
    cap, _ = cap_and_used(then, year, policy, code)
    return None if cap is None else cap - cap_and_used(now, year, policy, code)[1]


def cap_and_used(
    facts: Facts, year: int, policy: Policy, code: str, *, computed: bool = False
) -> tuple[int | None, int]:
    """The cap of a region in the book, if it has one, and what is used or reserved of it."""
    sheet = cap_from(facts, year, policy, code)
    if sheet is None:
        return None, sum(occupies(one, facts.regions, year) for one in facts.open)
    cap = sheet.handed_dm2
    if cap is None and computed and sheet.whole:
        cap = sheet.cap_dm2
    return cap, sheet.used_dm2 + sheet.held_dm2


def cap_facts(
    database: Database, tree: RegionTree, code: str, year: int, within: frozenset[str], chart: Chart,
    on: date | None = None,
) -> Facts:  # fmt: skip
    """Only the entries that set, move or use the cap of a year, by the end of a day."""
    lines, accounts = tables.lines, tables.accounts
    since = day_number(date(year, 1, 1))
    about = (accounts.c.name == f"CAP:{year}") | ((accounts.c.name == "CLAIM:NONAG") & (lines.c.day >= since))
    until = day_number(on or date.max)
    wanted = sorted(within)
    numbers: set[int] = set()
    rows: list[tuple[int, str, str]] = []
    with database.snapshot() as connection:
        for start in range(0, len(wanted), _MANY):
            there = accounts.c.region.in_(wanted[start : start + _MANY])
            asked = (
                select(lines.c.entry)
                .join(accounts, accounts.c.id == lines.c.account)
                .where(there, about, lines.c.day <= until)
            )
            numbers.update(row[0] for row in connection.execute(asked))
        ordered = sorted(numbers)
        for start in range(0, len(ordered), _MANY):
            found = tables.entries.c.number.in_(ordered[start : start + _MANY])
            columns = [tables.entries.c[name] for name in ("number", "body", "recorded_at")]
            rows += [
                tuple(row)
                for row in connection.execute(select(*columns).where(found).order_by(tables.entries.c.number))
            ]
    events, reserved = list[Event](), dict[str, Entry]()
    kinds_of: dict[str, str] = {}
    for number, entry, recorded_at in ((row[0], entry_of(row[1]), row[2]) for row in rows):
        reserved.pop(entry.settles, None)
        if entry.phase is Phase.RESERVE:
            reserved[entry.id] = entry
        elif entry.phase is Phase.POST:
            kind = kinds_of.setdefault(entry.id, kinds_of.get(entry.reverses, entry.kind))
            events.append(Event(number, entry, kind, recorded_at))
    return Facts(code, year, tree, chart, within, tuple(events), tuple(reserved.values()), {})
