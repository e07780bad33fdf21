"""How entries come into the book: accounts locked in one order, balances checked, lines chained, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from threading import Lock
from typing import Any

from tilth.core import BadInput, TilthError
from tilth.ledger import statements
from tilth.ledger.chart import may_be_negative
from tilth.ledger.effects import Effect
from tilth.ledger.model import Account, Entry, Quantities, Receipt, day_number, day_of
from tilth.ledger.reversing import claims_stand
from tilth.ledger.tables import accounts, amounts, entries
from tilth.ledger.timeline import Day, Short, Timeline
from tilth.runtime import Clash, Desk, Lost, Mark, streams

_NAMES = amounts("booked", "held", "low")
_UNITS = {"capacity_kg": 1}
#: So many accounts are kept in mind.
_KEPT = 10_000


class Asked:
    """The entries of one call, ready to be written: each with what it does, its text and its digest; the accounts."""

    __slots__ = ("done", "entries", "receipts", "recorded_at", "refused", "touched", "woken")

    def __init__(
        self,
        entries: Sequence[tuple[Entry, Sequence[Effect], str, bytes]],
        touched: frozenset[Account],
        recorded_at: str,
    ) -> None:
        self.entries = entries
        self.touched = touched
        self.recorded_at = recorded_at
        self.done = False
        self.receipts: list[Receipt] = []
        self.refused: Exception | None = None
        self.woken = Lock()  # released when it is done, or when it is its turn to write
        self.woken.acquire()


class _Open:
    """One account while its lines are written: locked, with the days that matter."""

    __slots__ = ("account", "closed_day", "head", "id", "known", "lines", "rows", "timeline")

    def __init__(self, account: Account, row: Sequence[Any]) -> None:
        self.account = account
        self.id, self.closed_day, self.lines, self.head = row[:4]
        self.timeline = Timeline(statements.day_from(row[4:]), guarded=not may_be_negative(account.name))
        self.known: set[int] = set()  # days that stand in the table of days
        self.rows: list[tuple[Any, ...]] = []

    def state(self) -> tuple[Any, ...]:
        """What `back` needs."""
        return self.lines, self.head, self.timeline.last, self.timeline.before, len(self.rows)

    def back(self, state: tuple[Any, ...]) -> None:
        """Be again as when `state` was asked for."""
        self.lines, self.head, self.timeline.last, self.timeline.before, rows = state
        del self.rows[rows:]

    def rest(self) -> None:
        """What was to be written is written."""
        self.rows, self.known, self.timeline.before = [], set(), ()


class Kept:
    """Accounts and the last number as a book itself left them: good until anybody else writes."""

    __slots__ = ("accounts", "last", "mark")

    def __init__(self) -> None:
        self.accounts: dict[Account, _Open] = {}
        self.last = 0
        self.mark: Mark | None = None

    def check(self, desk: Desk) -> Mark | None:
        """Forget what somebody else may have changed, in the transaction that wants to know; the mark of that."""
        mark = desk.mark()
        if mark is None or not mark.follows(self.mark):
            self.accounts, self.last = {}, 0
        return mark

    def keep(self, opened: Mapping[Account, _Open], last: int, mark: Mark | None) -> None:
        """The transaction of `mark` is on disk, and left the accounts so."""
        self.last, self.mark = last, mark
        if mark is None or len(self.accounts) > _KEPT:
            self.accounts = {}
        for one in opened.values():
            one.rest()
        if mark is not None:
            self.accounts.update(opened)


def write(desk: Desk, waiting: Sequence[Asked], ids: Mapping[Account, int], kept: Kept) -> None:
    """Write the entries of all that wait, in one transaction. Each call is written or refused as a whole.

    If the transaction fails, all of them fail with its error.
    """
    count = sum([len(asked.entries) for asked in waiting])
    try:
        with desk.writing(piped=not streams(count)):
            mark = kept.check(desk)
            opened, last = _write(desk, waiting, ids, count, kept)
        kept.keep(opened, last, mark)
    except (TilthError, Clash) as error:
        for asked in waiting:
            asked.receipts, asked.refused = [], error
    except BaseException as error:
        for asked in waiting:
            asked.receipts, asked.refused = [], Lost("RUNTIME-DATABASE", why=str(error) or type(error).__name__)
        raise
    finally:
        for asked in waiting:
            asked.done = True


def write_alone(desk: Desk, asked: Asked, ids: Mapping[Account, int]) -> list[Receipt]:
    """Write one call's entries in the transaction that `desk` is in, which also holds what has to stand beside them.

    Raises
    ------
    BadInput
        The first reason against one of them: leave the transaction.
    """
    _write(desk, [asked], ids, len(asked.entries), Kept())
    return asked.receipts


def _write(
    desk: Desk, waiting: Sequence[Asked], ids: Mapping[Account, int], count: int, kept: Kept
) -> tuple[dict[Account, _Open], int]:
    """Write them; the accounts as they are then, and the last number."""
    touched = frozenset().union(*[asked.touched for asked in waiting])
    opened = {account: kept.accounts[account] for account in touched if account in kept.accounts}
    if len(opened) < len(touched):
        opened.update(_locked(desk, {ids[account]: account for account in touched if account not in opened}))
    numbers = iter(statements.numbers(desk, count, after=kept.last))
    last = kept.last
    rows: list[tuple[Any, ...]] = []
    for asked in waiting:
        before = [(opened[account], opened[account].state()) for account in asked.touched] if len(waiting) > 1 else ()
        try:
            ending = [one[0] for one in asked.entries if one[0].settles or one[0].reverses]
            if ending:
                _unsettled(desk, ending, rows)
            claims_stand(desk, [one[0] for one in asked.entries], rows, ids)
            rows += _entered(desk, asked, opened, numbers)
        except TilthError as refused:
            if len(waiting) == 1:
                raise
            for one, state in before:
                one.back(state)
            asked.refused = refused
    if rows:
        statements.ADD_ENTRIES.put(desk, rows)
        _save(desk, [one for one in opened.values() if one.rows])
        last = rows[-1][0]
    return opened, last


def _locked(desk: Desk, wanted: Mapping[int, Account]) -> dict[Account, _Open]:
    rows = statements.looked_up(desk, accounts.c.id, sorted(wanted), statements.locked_accounts)
    return {wanted[row[0]]: _Open(wanted[row[0]], row) for row in rows}


def _unsettled(desk: Desk, new: Sequence[Entry], rows: Sequence[tuple[Any, ...]]) -> None:
    """Nothing, if nobody settled or reversed before what `new` settles and reverses. Accounts are locked by now."""
    for column, code, place in ((entries.c.settles, "LEDGER-SETTLED", 5), (entries.c.reverses, "LEDGER-REVERSED", 6)):
        wanted = {getattr(entry, column.name): entry for entry in new if getattr(entry, column.name)}
        if not wanted:
            continue
        first = {row[place]: row[1] for row in rows if row[place]}
        for entry in new:
            name = getattr(entry, column.name)
            if name and first.setdefault(name, entry.id) != entry.id:
                raise BadInput(code, id=entry.id, other=name, by=first[name])
        for name, row in statements.entries_where(desk, column, list(wanted)).items():
            raise BadInput(code, id=wanted[name].id, other=name, by=row.id)


def _entered(desk: Desk, asked: Asked, opened: Mapping[Account, _Open], numbers: Any) -> list[tuple[Any, ...]]:
    """Add the lines of each entry to its accounts; the rows of the entries."""
    rows = []
    recorded_at = asked.recorded_at
    for entry, done, body, digest in asked.entries:
        number, day = next(numbers), day_number(entry.posting_date)
        chained = digest + number.to_bytes(8, "big")
        for account, booked, held in done:
            one = opened[account]
            timeline = one.timeline
            if day <= one.closed_day:
                raise _closed(entry, one)
            if day < timeline.day:
                _reach_back(desk, one, day)
            against = timeline.add(day, booked, held)
            if against is not None:
                raise _refusal(entry, account, against)
            one.lines += 1
            one.head = sha256(one.head + chained).digest()
            one.rows.append((one.id, one.lines, number, day, *booked, *held, one.head))
        rows.append((number, entry.id, digest, body, recorded_at, entry.settles or None, entry.reverses or None))
        asked.receipts.append(Receipt(number, entry.id, digest.hex(), recorded_at))
    return rows


def _reach_back(desk: Desk, one: _Open, day: int) -> None:
    """Know the days of an account from the one before `day` on."""
    known = one.timeline.before
    first = known[0] if known else one.timeline.last
    if first.day <= day or (first.day in one.known and not known):
        return
    rows = statements.DAYS_FROM.ask(desk, {"of": one.id, "on": day})
    earlier = [found for found in map(statements.day_from, rows) if found.day < first.day]
    one.known.update(found.day for found in earlier)
    one.timeline.before = (*earlier, *known)


def _closed(entry: Entry, one: _Open) -> BadInput:
    return BadInput(
        "LEDGER-CLOSED", id=entry.id, day=entry.posting_date, region=one.account.region, until=day_of(one.closed_day)
    )


def _refusal(entry: Entry, account: Account, against: Any) -> BadInput:
    if not isinstance(against, Short):
        return BadInput("LEDGER-TOO-LARGE", id=entry.id, account=str(account))
    name = Quantities._fields[against.quantity]
    unit = _UNITS.get(name, 100)
    shown = {"available": f"{against.available / unit:,.2f}", "short": f"{against.short / unit:,.2f}"}
    return BadInput(
        f"LEDGER-SHORT-{name.partition('_')[0].upper()}", id=entry.id, account=str(account),
        day=day_of(against.day), **shown,
    )  # fmt: skip


def _save(desk: Desk, opened: Iterable[_Open]) -> None:
    """Write the lines, the days that are over, and the accounts as they stand."""
    rows, added, changed, advanced = [], [], [], []
    for one in opened:
        rows += one.rows
        for day in one.timeline.before:
            if day.day in one.known:
                changed.append({"of": one.id, "on": day.day, **dict(zip(_NAMES, _flat(day), strict=True))})
            else:
                added.append((one.id, day.day, *_flat(day)))
        last = one.timeline.last
        advanced.append((one.lines, one.head, last.day, *_flat(last), one.id))
    statements.ADD_LINES.put(desk, rows)
    if added:
        statements.ADD_DAYS.put(desk, added)
    if changed:
        statements.CHANGE_DAY.run_each(desk, changed)
    statements.advance(desk, advanced)


def _flat(day: Day) -> tuple[int, ...]:
    return (*day.booked, *day.held, *day.low)
