"""Reservations that are open: what they hold, until when, and the entries that let them go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from hashlib import sha256

from sqlalchemy import exists, select

from tilth.ledger.canonical import entry_of
from tilth.ledger.model import LONGEST_ID, NOTHING, Entry, Line, Phase
from tilth.ledger.tables import entries
from tilth.runtime import Database

#: How the text of a reservation begins, after its id. No text of an entry has it inside: there, quotes are escaped.
_RESERVED = '","phase":"reserve","kind":"'


def reservations(database: Database) -> Iterator[Entry]:
    """Reservations that nobody posted, voided or let expire, in the order of their numbers.

    Raises
    ------
    BadInput
        If the database cannot be read.
    """
    later = entries.alias()
    asked = (
        select(entries.c.body)
        .where(entries.c.body.contains(_RESERVED, autoescape=True))
        .where(~exists().where(later.c.settles == entries.c.id))
        .order_by(entries.c.number)
    )
    with database.snapshot() as connection:
        for (body,) in connection.execute(asked):
            yield entry_of(body)


def held_by(one: Entry) -> list[Line]:
    """What a reservation holds of each account, as positive quantities."""
    taken = [Line(account, quantities.taken()) for account, quantities in one.lines]
    return [line for line in taken if line.quantities != NOTHING]


def letting_go(held: Entry, *, id: str = "", on: date, evidence: str, author: str) -> Entry:
    """The entry that lets go what a reservation holds: it expires when its last day is over, before that it is void."""
    phase = Phase.EXPIRE if is_over(held, on) else Phase.VOID
    return replace(
        held, id=id or _id_after(held.id, str(phase)), phase=phase, act_date=on, posting_date=on, evidence=evidence,
        author=author, lines=(), links=(), settles=held.id, expires=None, due=None,
    )  # fmt: skip


def is_over(held: Entry, on: date) -> bool:
    """Is the last day of a reservation over on the day `on`?"""
    return held.expires is not None and on > held.expires


def _id_after(id: str, word: str) -> str:
    """The same for the same reservation, so that letting it go twice is harmless."""
    name = f"{id} {word}"
    return name if len(name) <= LONGEST_ID else f"{sha256(id.encode()).hexdigest()[:32]} {word}"
