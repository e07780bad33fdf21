"""Entries that the red line, the cap or a first book decides on: looked at and posted in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import text

from tilth.ledger.admitting import admit, gates_of
from tilth.ledger.model import Entry, Receipt
from tilth.runtime import Desk, Prepared

if TYPE_CHECKING:
    from tilth.land import RegionTree, Task
    from tilth.ledger.book import Book
    from tilth.ledger.policy import Policy

#: PostgreSQL is asked for a turn at each gate, until the transaction ends. SQLite has one writer anyway.
_TURN = {"postgresql": Prepared(text("SELECT pg_advisory_xact_lock(:gate)"))}


def post_admitted(
    book: Book, regions: RegionTree, entries: Sequence[Entry], policy: Policy, *, tasks: Sequence[Task] = ()
) -> list[Receipt]:
    """As `book.post`, if `admit` lets the entries in. Of two who post at the same time the second sees the first.

    What a gate looks at (farmland that is left, what is used of a cap) must still hold when the entries are written.
    So the look and the writing are one transaction, in which the gates of the entries' regions are held. Entries that
    no gate is about are posted as ever, and do not wait.

    Raises
    ------
    BadInput, NotFound
        The first reason against one of them. Nothing was added.
    """
    gates = {code for one in entries for code in gates_of(one, regions, policy, tasks, book.chart)}
    if not gates or len({one.id for one in entries}) < len(entries):
        admit(book.database, regions, entries, policy, tasks=tasks, chart=book.chart)
        return book.post(*entries)

    def look(desk: Desk, new: Sequence[Entry]) -> None:
        _take_turns(desk, gates)
        admit(book.database, regions, new, policy, tasks=tasks, chart=book.chart)

    return book.post_with(entries, look)


def post_proposed(book: Book, propose: Callable[[], Entry], gates: Iterable[str]) -> Receipt:
    """Post the entry that `propose` makes of the book, if it is still the one to make when it is written.

    While the gates are held it is proposed once more. If the book has changed meanwhile, so that it would be another
    one, that one is posted instead.

    Raises
    ------
    BadInput, NotFound
        Why none can be proposed any more, or the book's reasons against it. Nothing was added.
    """
    entry, held = propose(), sorted(gates)
    while True:
        try:
            return book.post_with([entry], partial(_still, propose, entry, held))[0]
        except _OtherError as other:
            entry = other.entry


class _OtherError(Exception):
    """The book has changed since an entry was proposed: now it is this one."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.id)
        self.entry = entry


def _still(propose: Callable[[], Entry], entry: Entry, gates: Iterable[str], desk: Desk, _new: Sequence[Entry]) -> None:
    _take_turns(desk, gates)
    now = propose()
    if now != entry:
        raise _OtherError(now)


def _take_turns(desk: Desk, gates: Iterable[str]) -> None:
    """Hold the gates of these regions, in one order, so that nobody waits in a circle."""
    turn = _TURN.get(desk.dialect.name)
    if turn is not None:
        for gate in sorted(map(_key, gates)):
            turn.ask(desk, {"gate": gate})


def _key(region: str) -> int:
    """What PostgreSQL knows a gate by: 64 bits of a hash."""
    return int.from_bytes(sha256(f"tilth gate {region}".encode()).digest()[:8], "big", signed=True)
