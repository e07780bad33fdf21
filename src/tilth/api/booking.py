"""The land book of a workspace: post, reserve, let go, close, look up, examine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.assessing import ledger_rules
from tilth.ledger import (
    Account,
    Balance,
    Book,
    Chart,
    Entry,
    Phase,
    Receipt,
    Verified,
    held_by,
    letting_go,
    post_admitted,
    read_entries,
    replay,
    reservations,
    verify,
)

if TYPE_CHECKING:
    from tilth.runtime import Workspace


@dataclass(frozen=True)
class Booked:
    """What was posted, with the receipt of each entry."""

    receipts: tuple[Receipt, ...]

    @property
    def again(self) -> int:
        """How many stood in the book already."""
        return sum(one.again for one in self.receipts)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {"entries": [one._asdict() for one in self.receipts], "posted": len(self.receipts) - self.again}


def land_book(workspace: Workspace) -> Book:
    """The book of a workspace: accounts of its regions. To be closed after use.

    Raises
    ------
    BadInput
        If the database cannot be reached.
    """
    from tilth.api.missed import missed_tasks
    from tilth.land import Store

    chart = Chart.of(Store(workspace).regions())
    return Book(workspace.database, chart, missed=cache(partial(missed_tasks, workspace)))


def ledger_post(workspace: Workspace, file: str | Path, *, author: str = "") -> Booked:
    """Post the entries of a JSON or CSV file: all of them, or none.

    Entries that stand in the book already are harmless, so a file may be posted again. An occupation that would break
    the red line or the cap of a region is refused with what is missing.

    Raises
    ------
    BadInput, NotFound
        The first reason against one of them.
    """
    return _posted(workspace, file, author, Phase.POST)


def ledger_reserve(workspace: Workspace, file: str | Path, *, author: str = "") -> Booked:
    """As `ledger_post`, but hold what the entries take until they are posted, voided or expired."""
    return _posted(workspace, file, author, Phase.RESERVE)


def _posted(workspace: Workspace, file: str | Path, author: str, phase: Phase) -> Booked:
    from tilth.land import Store

    entries = read_entries(file, region=workspace.region, author=author, phase=phase)
    with land_book(workspace) as book:
        store = Store(workspace)
        rules, tasks = ledger_rules(workspace), store.tasks()
        return Booked(tuple(post_admitted(book, store.regions(), entries, rules, tasks=tasks)))


def ledger_void(
    workspace: Workspace, reservation: str, *, evidence: str, author: str, on: date | None = None, id: str = ""
) -> Booked:
    """Let go what a reservation holds; after its last day it expires, before that it is void.

    Parameters
    ----------
    id
        Of the new entry; that of the reservation with " void" or " expire" behind it without.

    Raises
    ------
    NotFound
        If there is no such entry.
    BadInput
        If it is no reservation, or is settled already.
    """
    day = on or datetime.now(UTC).astimezone().date()
    with land_book(workspace) as book:
        held, _ = book.entry(reservation)
        return Booked(tuple(book.post(letting_go(held, id=id, on=day, evidence=evidence, author=author))))


def ledger_expire(workspace: Workspace, *, evidence: str, author: str, on: date | None = None) -> Booked:
    """Let go what every reservation holds whose last day is over on a day, or today.

    Raises
    ------
    BadInput
        If evidence or author is missing, the day has not come, or its year is closed.
    """
    day = on or datetime.now(UTC).astimezone().date()
    with land_book(workspace) as book:
        return Booked(tuple(book.expire(day, evidence=evidence, author=author)))


def ledger_reservations(workspace: Workspace) -> list[Entry]:
    """Reservations that nobody posted, voided or let expire, in the order in which they were made."""
    return list(reservations(workspace.database))


def reservation_record(one: Entry) -> dict[str, Any]:
    """A reservation for JSON: what it takes from each account, as whole units."""
    holds = [{"account": str(account), **account._asdict(), **taken._asdict()} for account, taken in held_by(one)]
    expires = one.expires.isoformat() if one.expires else None
    return {"id": one.id, "kind": one.kind, "posted": one.posting_date.isoformat(), "expires": expires, "holds": holds}


def ledger_balance(
    workspace: Workspace, *, region: str | None = None, account: str = "", on: date | None = None
) -> list[Balance]:
    """What the accounts of a region hold at the end of a day, or now; by name those that begin with `account`.

    Raises
    ------
    NotFound
        If there is no such region, or no account can have such a name.
    """
    code = region or workspace.region
    with land_book(workspace) as book:
        book.chart.admit(Account(code, "OPENING" if book.chart.may_begin(account) else account))
        return [one for one in book.balances(code, on) if one.account.name.startswith(account)]


def ledger_verify(workspace: Workspace) -> Verified:
    """Is the book what was posted? The first entry that is bad is named."""
    return verify(workspace.database)


def ledger_replay(workspace: Workspace) -> Verified:
    """Build every balance again from the entries, and name every one that differs."""
    return replay(workspace.database)


def balance_record(one: Balance) -> dict[str, Any]:
    """A balance for JSON and CSV: quantities as whole units, and areas in m²."""
    named: dict[str, Any] = {**one.account._asdict(), "on": one.on.isoformat() if one.on else None}
    for what, quantities in (("booked", one.booked), ("held", one.held), ("available", one.available)):
        named |= {f"{what}_{name}": value for name, value in quantities._asdict().items()}
    return named


def balance_records(balances: Sequence[Balance]) -> list[dict[str, Any]]:
    """All of them."""
    return [balance_record(one) for one in balances]
