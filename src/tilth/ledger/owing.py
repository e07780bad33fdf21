"""What occupations still owe: a write-off takes no more of it than is left, or it would eat the claims of others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import islice

from sqlalchemy import select

from tilth.core import BadInput, Label, enumerated
from tilth.ledger import tables
from tilth.ledger.canonical import entry_of
from tilth.ledger.history import Recorded, posted
from tilth.ledger.judging import told
from tilth.ledger.lots import Running
from tilth.ledger.model import Account, Entry, Phase, Quantities
from tilth.ledger.policy import Policy
from tilth.ledger.reversing import about_claims
from tilth.runtime import Database

_FIRST = date(1900, 1, 1)
#: Of each quantity its unit, and how it is told behind the account.
_UNITS = (
    ("dm2", Label("", "")),
    ("dm2", Label(" (paddy)", "（水田）")),
    ("kg", Label(" (grain capacity)", "（产能）")),
    ("dm2_grade", Label(" (area × grade)", "（面积×等级）")),
)
#: What the rules may count beside area: its place in the quantities, and how it is called.
_INDICATORS = {"paddy": (1, Label("paddy", "水田")), "capacity": (2, Label("capacity", "产能"))}


class Owing:
    """The claims of the book by what raised them, moving on with the entries of a call."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: dict[frozenset[str], tuple[Running, int]] = {}

    def hold(self, entry: Entry, coming: Iterable[Entry]) -> None:
        """Nothing, if the occupations that a write-off links still owe, together, what it takes on each account: area,
        paddy, capacity and area × grade.

        Parameters
        ----------
        coming
            Entries of the same call that come before.

        Raises
        ------
        BadInput
            If it takes more: with what they owe and what is short.
        """
        before = list(coming)
        linked = _occupations(self._database, entry, before)
        book = self._now(frozenset(about_claims(entry)), before)
        for account, quantities in sorted(_takes(entry).items()):
            lots = (book.of_entry.get((one, account)) for one in linked)
            there = [one for one in lots if one and one.recorded.entry.posting_date <= entry.posting_date]
            for at, (taken, (unit, what)) in enumerate(zip(quantities, _UNITS, strict=True)):
                owed = sum(one.accounts[account][at] for one in there)
                if taken > owed:
                    raise BadInput(
                        "POLICY-SETTLE-OWED", id=entry.id, account=str(account), what=what, taken=told(taken, unit),
                        owed=told(owed, unit), short=told(taken - owed, unit), occupations=enumerated(linked or ["-"]),
                    )  # fmt: skip

    def _now(self, regions: frozenset[str], coming: list[Entry]) -> Running:
        """The lots after the entries of the call so far."""
        book, seen = self._read.get(regions, (None, 0))
        new = list(islice(coming, seen, None))
        if book is None or any(one.reverses for one in new):
            history = list(posted(self._database, regions, since=_FIRST, until=date.max, families=("CLAIM",)))
            told_all = [*history, *map(_recorded, coming)]
            undone = {one.entry.reverses: one for one in told_all if one.entry.reverses}
            book, new = Running("CLAIM", regions, undone), []
            for one in history:
                book.raise_(one)
            for one in history:
                book.take(one)
            for one in map(_recorded, coming):
                _move_on(book, one)
        for one in map(_recorded, new):
            _move_on(book, one)
        self._read[regions] = book, len(coming)
        return book


def _move_on(book: Running, one: Recorded) -> None:
    book.raise_(one)
    book.take(one)


def _recorded(entry: Entry) -> Recorded:
    return Recorded(0, entry, "", "")


def indicated(entry: Entry, policy: Policy) -> None:
    """Nothing, if a write-off takes of pools no less than of claims, in all that the rules of its act count (INV-8).

    Raises
    ------
    BadInput
        If it takes less: with what is short. Area is a law of the book itself.
    """
    for region in sorted(about_claims(entry)):
        rule = policy.rule("pools", entry.act_date, region)
        for name in rule["indicators"] if rule is not None else ():
            if name not in _INDICATORS:
                continue
            at, what = _INDICATORS[name]
            wanted, found = (
                -sum(q[at] for account, q in entry.lines if account.family == family and account.region == region)
                for family in ("CLAIM", "POOL")
            )
            if found < wanted:
                unit = _UNITS[at][0]
                raise BadInput(
                    "POLICY-SETTLE-INDICATOR", id=entry.id, region=region, what=what, wanted=told(wanted, unit),
                    found=told(found, unit), short=told(wanted - found, unit),
                )  # fmt: skip


def _takes(entry: Entry) -> dict[Account, Quantities]:
    """What a write-off takes of claims, as positive numbers."""
    return {account: q.taken() for account, q in entry.lines if account.family == "CLAIM" and min(q) < 0}


def _occupations(database: Database, entry: Entry, coming: Iterable[Entry]) -> list[str]:
    """Of the entries that a write-off links, those that raised a claim, whether or not anything is left of it."""
    wanted = dict.fromkeys(entry.links)
    known = {one.id: one for one in coming if one.id in wanted}
    with database.snapshot() as connection:
        asked = select(tables.entries.c.body).where(tables.entries.c.id.in_(sorted(wanted)))
        known.update((one.id, one) for one in (entry_of(body) for (body,) in connection.execute(asked)))
    return [one for one in wanted if one in known and _raises_claim(known[one])]


def _raises_claim(entry: Entry) -> bool:
    raised = (q.area_dm2 > 0 for account, q in entry.lines if account.family == "CLAIM")
    return entry.phase is Phase.POST and not entry.reverses and any(raised)
