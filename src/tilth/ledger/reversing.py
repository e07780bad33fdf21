"""What an entry left in the book that others rest on: it is not taken back before they are."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import select

from tilth.core import BadInput
from tilth.ledger import tables
from tilth.ledger.canonical import entry_of
from tilth.ledger.model import Entry, Phase
from tilth.runtime import Database


def about_claims(entry: Entry) -> set[str]:
    """The regions whose claims an entry writes off, or takes back."""
    return {account.region for account, q in entry.lines if account.family == "CLAIM" and q.area_dm2 < 0}


def writes_off(entry: Entry) -> bool:
    """Does an entry write off claims, now or once it is no longer only reserved?"""
    planned = entry.phase in (Phase.POST, Phase.RESERVE)
    return entry.kind == "SETTLE" and planned and not entry.reverses and bool(about_claims(entry))


def not_written_off(database: Database, entry: Entry, coming: Iterable[Entry]) -> None:
    """Nothing, if no claim that `entry` takes back is written off.

    Else the write-off would be left without its claim, and eat another's on the same account.

    Parameters
    ----------
    coming
        Entries of the same call that come before.

    Raises
    ------
    BadInput
        If a write-off of it stands.
    """
    before = list(coming)
    gone = {one.reverses for one in before if one.reverses}
    for one in (*_writing_off(database, entry), *before):
        writes_off = one.phase is Phase.POST and not one.reverses and about_claims(one)
        if writes_off and entry.reverses in one.links and one.id not in gone:
            raise BadInput("POLICY-REVERSE-WRITTEN-OFF", id=entry.id, other=entry.reverses, by=one.id)


def _writing_off(database: Database, entry: Entry) -> list[Entry]:
    """Entries that take from the claims of an occupation's accounts and name it, and that nobody took back."""
    entries, lines, accounts = tables.entries, tables.lines, tables.accounts
    undone = entries.alias()
    asked = (
        select(entries.c.body)
        .join(lines, lines.c.entry == entries.c.number)
        .join(accounts, accounts.c.id == lines.c.account)
        .where(accounts.c.region.in_(sorted(about_claims(entry))), accounts.c.name.startswith("CLAIM:"))
        .where(
            lines.c.booked_area < 0,
            entries.c.body.contains(json.dumps(entry.reverses, ensure_ascii=False), autoescape=True),
        )
        .where(~select(undone.c.id).where(undone.c.reverses == entries.c.id).exists())
        .distinct()
    )
    with database.snapshot() as connection:
        return [entry_of(body) for (body,) in connection.execute(asked)]
