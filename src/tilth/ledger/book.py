"""The land book: entries are added to it, all of a call or none, and nothing in it is ever changed."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Lock
from typing import TypeVar

from tilth.core import BadInput, NotFound
from tilth.ledger import statements
from tilth.ledger.canonical import body_of, digest_of, entry_of, first_link
from tilth.ledger.chart import Chart
from tilth.ledger.closing import Closing, close, closed_as_above, may_close
from tilth.ledger.effects import Effect, effects, reversible, settlable
from tilth.ledger.holding import is_over, letting_go, reservations
from tilth.ledger.laws import Missed, check
from tilth.ledger.model import Account, Balance, Entry, Phase, Quantities, Receipt, day_number
from tilth.ledger.reversing import WRITING_OFF, links_what_it_writes_off
from tilth.ledger.tables import amounts, entries
from tilth.ledger.timeline import START
from tilth.ledger.writing import Asked, Kept, write, write_alone
from tilth.runtime import Clash, Database, Desk, Lost

_T = TypeVar("_T")

#: How long a call is tried again when another writer comes in between or the server is away, and the longest pause.
_PATIENCE_S = 30.0
_LONGEST_WAIT_S = 1.0
#: So many entries are written in one transaction for callers that wait; one call may bring more.
_TOGETHER = 500
_NO_DAY = 99_999_999


def _today() -> date:
    return date(*time.localtime()[:3])


class Book:
    """The land book in one database. Any number of threads may use it, and any number of processes have one.

    Threads that post at the same time are served together: whoever comes first writes for all that wait, in one
    transaction, and each gets its own answer.
    """

    def __init__(
        self,
        database: Database,
        chart: Chart | None = None,
        *,
        today: Callable[[], date] = _today,
        missed: Missed = (),
    ) -> None:
        self.database = database
        self.chart = chart or Chart()
        self._today = today
        self._missed = missed
        self._ids: dict[Account, int] = {}
        self._writer, self._reader = Desk(database), Desk(database)
        self._kept = Kept()  # of what the writer left; only who leads uses it
        self._gate, self._led, self._waiting = Lock(), False, deque[Asked]()

    def close(self) -> None:
        """Give back what it holds of the database."""
        self._writer.close()
        self._reader.close()

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- writing --------------------------------------------------------------------------------------------------

    def post(self, *asked: Entry) -> list[Receipt]:
        """Add entries of any phase, in their order: all of them or none.

        An entry that stands in the book already, with the same content, is harmless and gets its first receipt again.

        Raises
        ------
        BadInput, NotFound
            The first reason against one of them. Nothing was added.
        Lost
            If the server is away. Ask again: whatever was kept will be found.
        """
        if len(asked) > 1 and len({entry.id for entry in asked}) < len(asked):
            raise BadInput("LEDGER-ID-TWICE", id=_twice(entry.id for entry in asked))
        bodies = [body_of(entry) for entry in asked]
        return _tried(lambda first: self._post(asked, bodies, look_first=not first))

    def post_with(self, asked: Sequence[Entry], beside: Callable[[Desk, Sequence[Entry]], None]) -> list[Receipt]:
        """As `post`, with `beside` done before in the same transaction: both are kept, or neither.

        Parameters
        ----------
        beside
            Gets the desk and the entries that are new. It may refuse (`BadInput`), or say `Clash` to be asked again.
        """
        bodies = [body_of(entry) for entry in asked]

        def work(_first: bool) -> list[Receipt]:
            known = self._standing(asked, bodies)
            new = [(entry, body) for entry, body in zip(asked, bodies, strict=True) if entry.id not in known]
            if new:
                prepared = self._prepared(new)
                with self._writer.writing() as desk:
                    beside(desk, [entry for entry, _ in new])
                    known.update((receipt.id, receipt) for receipt in write_alone(desk, prepared, self._ids))
            return [known[entry.id] for entry in asked]

        return _tried(work)

    def close_year(self, region: str, year: int, *, below: Collection[str] = (), evidence: str, author: str) -> Closing:
        """Close a year, for `region` and the regions `below` it. Closing it again gives the first closing.

        Raises
        ------
        BadInput
            If the year is not over, a later one is closed, or evidence or author is missing.
        """
        may_close(region, year, evidence, author, self._today())

        def work(_first: bool) -> Closing:
            with self._writer.writing() as desk:
                return close(desk, region, year, sorted(below), evidence, author)

        return _tried(work)

    def expire(self, on: date, *, evidence: str, author: str) -> list[Receipt]:
        """Let go what every reservation holds whose last day is over on the day `on`. Once more, it finds none.

        Raises
        ------
        BadInput
            If one cannot be let go: evidence or author is missing, the day has not come, or its year is closed.
        """
        receipts = []
        for held in [one for one in reservations(self.database) if is_over(one, on)]:
            try:
                receipts += self.post(letting_go(held, on=on, evidence=evidence, author=author))
            except BadInput as refused:
                if refused.code not in ("LEDGER-SETTLED", "LEDGER-ID-TAKEN"):  # somebody else did it meanwhile
                    raise
        return receipts

    def _post(self, asked: Sequence[Entry], bodies: Sequence[str], *, look_first: bool) -> list[Receipt]:
        """Add what is new of `asked`. What stands already is looked for only if something speaks against adding."""
        known = self._standing(asked, bodies) if look_first else {}
        new = [(entry, body) for entry, body in zip(asked, bodies, strict=True) if entry.id not in known]
        try:
            written = self._together(self._prepared(new)) if new else []
        except Lost:
            raise
        except (BadInput, NotFound, Clash):
            if look_first or not self._standing(asked, bodies):
                raise
            return self._post(asked, bodies, look_first=True)
        if not known:
            return written
        receipts = {**known, **{receipt.id: receipt for receipt in written}}
        return [receipts[entry.id] for entry in asked]

    def _standing(self, asked: Sequence[Entry], bodies: Sequence[str]) -> dict[str, Receipt]:
        """Receipts of those entries that stand in the book already.

        Raises
        ------
        BadInput
            If one stands there with another content.
        """
        held = self._entries([entry.id for entry in asked])
        known = {}
        for entry, body in zip(asked, bodies, strict=True):
            row = held.get(entry.id)
            if row is None:
                continue
            if row.body != body:
                raise BadInput("LEDGER-ID-TAKEN", id=entry.id, number=row.number)
            known[entry.id] = Receipt(row.number, entry.id, row.digest.hex(), row.recorded_at, again=True)
        return known

    def _prepared(self, new: Sequence[tuple[Entry, str]]) -> Asked:
        """Everything about `new` that needs no lock: laws, what each does to which account, accounts opened."""
        today = self._today()
        for entry, _ in new:
            check(entry, self.chart, today, missed=self._missed)
        named = self._named([entry for entry, _ in new])
        done = [self._effects(entry, named) for entry, _ in new]
        recorded_at = datetime.now(UTC).isoformat(timespec="microseconds")
        touched = frozenset([account for one in done for account, _, _ in one])
        self._open(touched)
        return Asked(
            [
                (entry, effect, body, digest_of(body, recorded_at))
                for (entry, body), effect in zip(new, done, strict=True)
            ],
            touched,
            recorded_at,
        )

    def _together(self, asked: Asked) -> list[Receipt]:
        """Write for all that wait, or wait until somebody has written for us; then wake whoever comes next."""
        with self._gate:
            self._waiting.append(asked)
            leads, self._led = not self._led, True
        if not leads:
            asked.woken.acquire()
        if not asked.done:
            self._lead(asked)
        if asked.refused is not None:
            raise asked.refused
        return asked.receipts

    def _lead(self, asked: Asked) -> None:
        waiting: list[Asked] = []
        while self._waiting and sum(len(one.entries) for one in waiting) < _TOGETHER:
            waiting.append(self._waiting.popleft())
        assert asked in waiting
        try:
            write(self._writer, waiting, self._ids, self._kept)
        finally:
            with self._gate:
                following = self._waiting[0] if self._waiting else None
                self._led = following is not None
            for one in (*waiting, following):
                if one is not None and one is not asked:
                    one.woken.release()

    def _named(self, new: Sequence[Entry]) -> dict[str, Entry]:
        """Every entry that one of `new` refers to.

        Raises
        ------
        NotFound
            If there is none of that id.
        """
        wanted = {name for entry in new if entry.settles or entry.reverses or entry.links for name in entry.refers}
        if not wanted:
            return {}
        found = {entry.id: entry for entry in new if entry.id in wanted}
        missing = sorted(wanted - set(found))
        if missing:
            found.update((name, entry_of(row.body)) for name, row in self._entries(missing).items())
        for entry in new:
            for name in entry.refers:
                if name not in found:
                    raise NotFound("LEDGER-NO-ENTRY", id=entry.id, other=name)
        return found

    @staticmethod
    def _effects(entry: Entry, named: dict[str, Entry]) -> list[Effect]:
        reservation = named[entry.settles] if entry.settles else None
        if reservation is not None:
            settlable(entry, reservation)
        if entry.reverses:
            reversible(entry, named[entry.reverses])
        elif entry.kind in WRITING_OFF:
            links_what_it_writes_off(entry, named)
        return effects(entry, reservation)

    def _entries(self, names: Sequence[str]) -> dict[str, statements.EntryRow]:
        """Entries by their ids. No entry has an id that cannot be printed, and some cannot even be asked for."""
        names = [name for name in names if name.isprintable()]
        with self._reader.reading() as desk:
            return statements.entries_where(desk, entries.c.id, names)

    def _open(self, touched: Iterable[Account]) -> None:
        """Know the ids of accounts; open those that nobody has used yet. An empty account is as good as none."""
        unknown = sorted([account for account in touched if account not in self._ids])
        if not unknown:
            return
        self._ids.update(_tried(lambda _first: self._opened(unknown)))

    def _opened(self, unknown: Sequence[Account]) -> dict[Account, int]:
        with self._reader.writing() as desk:
            missing = []
            found = {}
            for account in unknown:
                rows = statements.ACCOUNT_ID.ask(desk, account._asdict())
                if rows:
                    found[account] = rows[0][0]
                else:
                    missing.append(account)
            closed = {code: closed_as_above(desk, code, self.chart.above.get(code, ())) for code in _regions(missing)}
            empty = dict.fromkeys(("lines", "last_day", *amounts("booked", "held", "low")), 0)
            for account in missing:
                state = {"closed_day": closed[account.region], "head": first_link(account)}
                statements.OPEN_ACCOUNT.run_each(desk, [{**account._asdict(), **empty, **state}])
                found[account] = statements.ACCOUNT_ID.ask(desk, account._asdict())[0][0]
        return found

    # --- reading --------------------------------------------------------------------------------------------------

    def balance(self, account: Account, on: date | None = None) -> Balance:
        """What `account` holds at the end of the day `on`; as it stands, without one.

        Raises
        ------
        NotFound
            If there may be no such account.
        """
        self.chart.admit(account)
        day = day_number(on) if on else _NO_DAY
        with self._reader.reading() as desk:
            rows = statements.ACCOUNT_AT.ask(desk, {**account._asdict(), "on": day})
        last = statements.day_from(rows[0]) if rows else START
        return Balance(account, on, Quantities(*last.booked), Quantities(*last.held))

    def balances(self, region: str, on: date | None = None) -> list[Balance]:
        """What every account of a region that was used holds at the end of the day `on`, or as it stands; by name."""
        day = day_number(on) if on else _NO_DAY
        found = []
        with self._reader.reading() as desk:
            for row in statements.ACCOUNTS_OF.ask(desk, {"of": region}):
                last = statements.day_from(row[7:])
                if last.day > day:
                    rows = statements.DAY_AT.ask(desk, {"of": row[0], "on": day})
                    last = statements.day_from(rows[0]) if rows else START
                if last.day:
                    found.append(Balance(Account(*row[1:7]), on, Quantities(*last.booked), Quantities(*last.held)))
        return sorted(found, key=lambda one: one.account)

    def entry(self, id: str) -> tuple[Entry, Receipt]:
        """The entry of that id, and its receipt.

        Raises
        ------
        NotFound
            If there is none.
        """
        row = self._entries([id]).get(id)
        if row is None:
            raise NotFound("LEDGER-NO-ENTRY", id=id, other=id)
        return entry_of(row.body), Receipt(row.number, row.id, row.digest.hex(), row.recorded_at)


def counter(original: Entry, *, id: str, posting_date: date, evidence: str, author: str) -> Entry:
    """The entry that takes `original` back."""
    return replace(
        original, id=id, kind="REVERSE", posting_date=posting_date, evidence=evidence, author=author,
        reverses=original.id, settles="", links=(), phase=Phase.POST, expires=None,
        lines=tuple(line._replace(quantities=line.quantities.negated()) for line in original.lines),
    )  # fmt: skip


def _tried(work: Callable[[bool], _T]) -> _T:
    """Do `work`, and do it again as long as somebody else comes in between or the server is away."""
    end = time.monotonic() + _PATIENCE_S
    tried = 0
    while True:
        try:
            return work(tried == 0)
        except (Clash, Lost):
            if time.monotonic() > end:
                raise
        time.sleep(random.uniform(0.2, 1) * min(_LONGEST_WAIT_S, 0.002 * 2**tried))  # noqa: S311
        tried += 1


def _regions(of: Iterable[Account]) -> list[str]:
    return sorted({account.region for account in of})


def _twice(names: Iterable[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""
