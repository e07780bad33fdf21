"""The book built again from the text of its entries alone: every line, every link, every balance of every day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tilth.ledger.canonical import first_link, next_link
from tilth.ledger.chart import may_be_negative
from tilth.ledger.effects import Effect, effects
from tilth.ledger.model import Account, Entry, Phase, day_number
from tilth.ledger.timeline import START, Day, Short, Timeline, TooLarge


class Rebuilt:
    """One account as its entries make it."""

    __slots__ = ("account", "head", "last_entry", "lines", "timeline")

    def __init__(self, account: Account) -> None:
        self.account = account
        self.lines = 0
        self.head = first_link(account)
        self.last_entry = 0
        self.timeline = Timeline(guarded=not may_be_negative(account.name))

    def at(self, day: int) -> Day:
        """The account at the end of a day."""
        found = START
        for one in (*self.timeline.before, self.timeline.last):
            if one.day > day:
                break
            found = one
        return found


class Rebuilding:
    """Takes entries in the order of their numbers."""

    def __init__(self, ids: Mapping[Account, int]) -> None:
        self.ids = ids
        self.accounts: dict[Account, Rebuilt] = {}
        self.against: tuple[Account, Short | TooLarge] | None = None
        self._open: dict[str, Entry] = {}

    def enter(self, number: int, entry: Entry, digest: bytes) -> list[tuple[Any, ...]] | None:
        """The rows of the lines of the next entry, by account id; None if it settles no open reservation."""
        done = self._effects(entry)
        if done is None:
            return None
        day = day_number(entry.posting_date)
        rows = []
        for account, booked, held in done:
            one = self.accounts.get(account)
            if one is None:
                one = self.accounts[account] = Rebuilt(account)
            against = one.timeline.add(day, booked, held)
            if against is not None:
                self.against = self.against or (account, against)
                one.timeline.guarded = False
            one.lines += 1
            one.head = next_link(one.head, digest, number)
            one.last_entry = number
            rows.append((self.ids.get(account), one.lines, number, day, *booked, *held, one.head))
        return sorted(rows, key=lambda row: (row[0] is None, row[0]))

    def _effects(self, entry: Entry) -> list[Effect] | None:
        reservation = None
        if entry.settles:
            reservation = self._open.pop(entry.settles, None)
            if reservation is None:
                return None
        if entry.phase is Phase.RESERVE:
            self._open[entry.id] = entry
        return effects(entry, reservation)
