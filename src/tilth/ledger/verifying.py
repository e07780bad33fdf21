"""Is the book what was posted? Everything that is kept is held against what the texts of the entries make it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from tilth.core import Finding, TilthError, Where
from tilth.ledger import tables
from tilth.ledger.canonical import account_text, body_of, closing_link, digest_of, entry_of
from tilth.ledger.closing import FIRST, body_of_closing, last_day
from tilth.ledger.grounds import unsound_grounds
from tilth.ledger.model import Account, Entry
from tilth.ledger.rebuilding import Rebuilding, Rebuilt
from tilth.ledger.timeline import START, Day
from tilth.runtime import Database


@dataclass(frozen=True)
class Verified:
    """What was looked at, and the first thing that is wrong with it."""

    entries: int
    lines: int
    accounts: int
    closings: int
    digest: str  # of all chains: note it down outside, and any change of the book gives another
    faults: tuple[Finding, ...] = ()

    @property
    def sound(self) -> bool:
        """Is nothing wrong?"""
        return not self.faults

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        counts = {name: getattr(self, name) for name in ("entries", "lines", "accounts", "closings")}
        return {**counts, "digest": self.digest, "findings": [fault.as_record() for fault in self.faults]}


class _Fault(Exception):
    """The first thing that is wrong."""

    def __init__(self, code: str, number: int = 0, id: str = "", **values: Any) -> None:
        super().__init__(code)
        self.finding = Finding(code, Where(row=number, parcel=id), {"number": number, "id": id, **values})


@dataclass
class _Seen:
    """What was counted, and what of it is needed later."""

    entries: int = 0
    lines: int = 0
    closings: int = 0
    heads: dict[tuple[int, int], bytes] | None = None  # by account and place, where a closing names it


def verify(database: Database) -> Verified:
    """Hold every stored byte of the book against the texts of its entries; the first entry that is bad is named.

    Raises
    ------
    BadInput
        If the database cannot be read.
    """
    return _examined(database, stop=True)


def replay(database: Database) -> Verified:
    """Build every balance of every account and day again from the entries; every one that differs is named."""
    return _examined(database, stop=False)


def _examined(database: Database, *, stop: bool) -> Verified:
    seen, faults = _Seen(), []
    with database.snapshot() as connection:
        stored = list(connection.execute(select(tables.accounts).order_by(tables.accounts.c.id)))
        named = {Account(*row[1:7]): row for row in stored}
        rebuilding = Rebuilding({account: row.id for account, row in named.items()})
        try:
            if stop:
                _entries(connection, rebuilding, seen)
                _sound_names(rebuilding, named)
            else:
                _read_only(connection, rebuilding, seen)
            for wrong in _balances(connection, rebuilding, stored):
                if stop:
                    raise wrong
                faults.append(wrong.finding)
            _closings(connection, rebuilding, stored, seen)
            wrong_ground = next(unsound_grounds(connection), None)
            if wrong_ground is not None:
                raise _Fault("LEDGER-V-GROUND", wrong_ground[0], wrong_ground[1], what=wrong_ground[2])
        except _Fault as fault:
            faults.append(fault.finding)
    return Verified(seen.entries, seen.lines, len(stored), seen.closings, _digest(rebuilding.accounts), tuple(faults))


def _digest(accounts: Mapping[Account, Rebuilt]) -> str:
    running = sha256()
    for account in sorted(accounts):
        one = accounts[account]
        running.update(f"{account_text(account)}|{one.lines}|{one.head.hex()}\n".encode())
    return running.hexdigest()


# --- entries and lines --------------------------------------------------------------------------------------------


def _entries(connection: Connection, rebuilding: Rebuilding, seen: _Seen) -> None:
    """Each entry is what was posted, and its lines are what it books and follow those before them."""
    sealed = _sealed_until(connection)
    heads = seen.heads = {}
    order = (tables.lines.c.entry, tables.lines.c.account)
    grouped = groupby(connection.execute(select(tables.lines).order_by(*order)), key=lambda row: row.entry)
    upcoming = _next(grouped)
    for row in connection.execute(select(tables.entries).order_by(tables.entries.c.number)):
        if upcoming is not None and upcoming[0] < row.number:
            raise _missing(upcoming)
        entry = _content(row)
        expected = _entered(rebuilding, row, entry)
        found: list[tuple[Any, ...]] = []
        if upcoming is not None and upcoming[0] == row.number:
            found, upcoming = upcoming[1], _next(grouped)
        _lines(row, expected, found, rebuilding)
        for line in expected:
            for until, end in sealed.get(line[0], ()):
                if line[1] > until and line[3] <= end:
                    raise _Fault("LEDGER-V-CLOSED", row.number, row.id, account=str(line[0]))
                if line[1] == until:
                    heads[line[0], until] = line[-1]
        seen.entries += 1
        seen.lines += len(expected)
    if upcoming is not None:
        raise _missing(upcoming)


def _next(grouped: Iterator[tuple[int, Iterator[Any]]]) -> tuple[int, list[tuple[Any, ...]]] | None:
    found = next(grouped, None)
    return None if found is None else (found[0], [tuple(row) for row in found[1]])


def _missing(lines: tuple[int, list[tuple[Any, ...]]]) -> _Fault:
    return _Fault("LEDGER-V-MISSING", lines[0], account=f"#{lines[1][0][0]}")


def _content(row: Any) -> Entry:
    """The entry of a row, if it is what was posted."""
    if row.digest != digest_of(row.body, row.recorded_at):
        raise _Fault("LEDGER-V-CONTENT", row.number, row.id, what="SHA-256")
    try:
        entry = entry_of(row.body)
        again = body_of(entry)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise _Fault("LEDGER-V-CONTENT", row.number, row.id, what=type(error).__name__) from error
    kept = (row.id, row.settles or "", row.reverses or "")
    if again != row.body or kept != (entry.id, entry.settles, entry.reverses):
        raise _Fault("LEDGER-V-CONTENT", row.number, row.id, what="id, settles, reverses")
    return entry


def _entered(rebuilding: Rebuilding, row: Any, entry: Entry) -> list[tuple[Any, ...]]:
    try:
        expected = rebuilding.enter(row.number, entry, row.digest)
    except TilthError as error:
        raise _Fault("LEDGER-V-CONTENT", row.number, row.id, what=error.code) from error
    if expected is None:
        raise _Fault("LEDGER-V-CONTENT", row.number, row.id, what=f"settles {entry.settles}")
    if rebuilding.against is not None:
        raise _Fault("LEDGER-V-BELOW", row.number, row.id, account=str(rebuilding.against[0]))
    return expected


def _lines(row: Any, expected: list[tuple[Any, ...]], found: list[tuple[Any, ...]], rebuilding: Rebuilding) -> None:
    if expected == found:
        return
    wrong = next((line for line in expected if line not in found), found[0] if found else (None,))
    names = {id: account for account, id in rebuilding.ids.items()}
    raise _Fault("LEDGER-V-LINE", row.number, row.id, account=str(names.get(wrong[0], f"#{wrong[0]}")))


def _read_only(connection: Connection, rebuilding: Rebuilding, seen: _Seen) -> None:
    """Build the book from the entries, whatever the lines say."""
    for row in connection.execute(select(tables.entries).order_by(tables.entries.c.number)):
        entry = _content(row)
        expected = rebuilding.enter(row.number, entry, row.digest) or []
        seen.entries += 1
        seen.lines += len(expected)


def _sealed_until(connection: Connection) -> dict[int, list[tuple[int, int]]]:
    """Of each account, how many lines each closing sealed, and until which day."""
    ends = {row.number: last_day(row.year) for row in connection.execute(select(tables.closings))}
    found: dict[int, list[tuple[int, int]]] = {}
    for row in connection.execute(select(tables.sealed)):
        found.setdefault(row.account, []).append((row.lines, ends.get(row.closing, 0)))
    return found


# --- accounts and days --------------------------------------------------------------------------------------------


def _sound_names(rebuilding: Rebuilding, named: Mapping[Account, Any]) -> None:
    for account, one in rebuilding.accounts.items():
        if account not in named:
            raise _Fault("LEDGER-V-ACCOUNT", one.last_entry, account=str(account), what="name")


def _balances(connection: Connection, rebuilding: Rebuilding, stored: list[Any]) -> Iterator[_Fault]:
    """Every account and every day that is not what the entries make it."""
    columns = tables.amounts("booked", "held", "low")
    days = groupby(
        connection.execute(select(tables.days).order_by(tables.days.c.account, tables.days.c.day)),
        key=lambda row: row.account,
    )
    by_account = {account: [_day(row, columns) for row in rows] for account, rows in days}
    for row in stored:
        account = Account(*row[1:7])
        one = rebuilding.accounts.get(account) or Rebuilt(account)
        last = one.timeline.last
        kept = Day(row.last_day, *_fours(row, columns))
        for what, right in (
            ("lines", row.lines == one.lines),
            ("chain", row.head == one.head),
            ("balance", kept == last),
            ("days", by_account.pop(row.id, []) == list(one.timeline.before)),
        ):
            if not right:
                yield _Fault("LEDGER-V-ACCOUNT", one.last_entry, account=str(account), what=what)
                break
    for id in by_account:
        yield _Fault("LEDGER-V-ACCOUNT", account=f"#{id}", what="days")


def _day(row: Any, columns: list[str]) -> Day:
    return Day(row.day, *_fours(row, columns))


def _fours(row: Any, columns: list[str]) -> Iterator[Any]:
    values = [getattr(row, name) for name in columns]
    return (tuple(values[at : at + 4]) for at in (0, 4, 8))


# --- closings -----------------------------------------------------------------------------------------------------


def _closings(connection: Connection, rebuilding: Rebuilding, stored: list[Any], seen: _Seen) -> None:
    """Each closing is chained to the one before, says what the accounts were, and is kept by accounts and regions."""
    by_id = {row.id: rebuilding.accounts.get(Account(*row[1:7])) or Rebuilt(Account(*row[1:7])) for row in stored}
    sealed: dict[int, list[tuple[Any, ...]]] = {}
    for row in connection.execute(select(tables.sealed).order_by(tables.sealed.c.closing, tables.sealed.c.account)):
        sealed.setdefault(row.closing, []).append(tuple(row))
    link, closed = FIRST, dict[str, int]()
    for place, row in enumerate(
        connection.execute(select(tables.closings).order_by(tables.closings.c.number)), start=1
    ):
        name = f"{row.region} {row.year}"
        rows = sealed.pop(row.number, [])
        link = closing_link(link, row.body, rows)
        covered = _covered(row)
        if row.number != place or row.link != link or covered is None:
            raise _Fault("LEDGER-V-CLOSING", place, name, what="SHA-256")
        _sealed_as_they_were(row, name, rows, by_id, seen)
        for code in covered:
            closed[code] = max(closed.get(code, 0), last_day(row.year))
        seen.closings += 1
    if sealed:
        raise _Fault("LEDGER-V-CLOSING", min(sealed), what="-")
    _kept(connection, stored, closed)


def _covered(row: Any) -> list[str] | None:
    """The regions that a closing covers, if its text is whole and its columns say the same."""
    try:
        told = json.loads(row.body)
        again = body_of_closing(**told)
        regions: list[str] = told["regions"]
    except (ValueError, TypeError, KeyError):
        return None
    return regions if again == row.body and (told["region"], told["year"]) == (row.region, row.year) else None


def _sealed_as_they_were(
    row: Any, name: str, rows: list[tuple[Any, ...]], by_id: Mapping[int, Rebuilt], seen: _Seen
) -> None:
    for _, account, lines, head, *amounts in rows:
        one = by_id.get(account)
        day = one.at(last_day(row.year)) if one is not None else START
        chained = head if seen.heads is None else seen.heads.get((account, lines))
        if one is None or [*day.booked, *day.held] != amounts or chained != head:
            what = str(one.account) if one is not None else f"#{account}"
            raise _Fault("LEDGER-V-CLOSING", row.number, name, what=what)


def _kept(connection: Connection, stored: list[Any], closed: Mapping[str, int]) -> None:
    """Accounts and regions know until when they are closed."""
    kept = {row.code: row.closed_day for row in connection.execute(select(tables.regions))}
    due = {**dict.fromkeys((row.region for row in stored), 0), **closed}
    for code in sorted(kept.keys() | due.keys()):
        if kept.get(code) != due.get(code, 0):
            raise _Fault("LEDGER-V-CLOSING", id=code, what=str(kept.get(code)))
    for row in stored:
        if row.closed_day != closed.get(row.region, 0):
            raise _Fault("LEDGER-V-CLOSING", id=row.region, what=str(Account(*row[1:7])))
