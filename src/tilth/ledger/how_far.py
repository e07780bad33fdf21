"""How far the book is: counts, and the digest of all chains as the accounts keep them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from tilth.ledger import tables
from tilth.ledger.canonical import account_text
from tilth.ledger.model import Account
from tilth.runtime import Database


class BookState(NamedTuple):
    """How far a book is. Of a sound book the digest is that of `verify`."""

    entries: int
    lines: int
    last: int  # number of the last entry
    last_digest: str
    digest: str
    closings: tuple[tuple[str, int, str], ...]  # region, year, link

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        closings = [{"region": region, "year": year, "link": link} for region, year, link in self.closings]
        return {**self._asdict(), "closings": closings}


def book_state(connection: Connection) -> BookState:
    """How far the book at the other end of a connection is."""
    last = connection.execute(
        select(tables.entries.c.number, tables.entries.c.digest).order_by(tables.entries.c.number.desc()).limit(1)
    ).one_or_none()
    used = [row for row in connection.execute(select(tables.accounts)) if row.lines]
    running = sha256()
    for account, row in sorted((Account(*row[1:7]), row) for row in used):
        running.update(f"{account_text(account)}|{row.lines}|{bytes(row.head).hex()}\n".encode())
    closings = connection.execute(select(tables.closings).order_by(tables.closings.c.number))
    return BookState(
        entries=connection.execute(select(func.count()).select_from(tables.entries)).scalar_one(),
        lines=sum(row.lines for row in used),
        last=last.number if last else 0,
        last_digest=bytes(last.digest).hex() if last else "",
        digest=running.hexdigest(),
        closings=tuple((row.region, row.year, bytes(row.link).hex()) for row in closings),
    )


def how_many(database: Database) -> tuple[int, int]:
    """How many entries and closings there are."""
    with database.transaction() as connection:
        entries, closings = (
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.entries, tables.closings)
        )
    return entries, closings
