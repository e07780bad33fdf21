"""The balance of one account in time order. A line takes its place at the end of its day, whenever it is written."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from tilth.ledger.model import MAX_BALANCE, NOTHING

Four = tuple[int, int, int, int]  # as Quantities


class Day(NamedTuple):
    """One day of an account on which something was booked or held."""

    day: int  # 20240309
    booked: Four  # at the end of the day
    held: Four
    low: Four  # the least that was available after any line of the day


START = Day(0, NOTHING, NOTHING, NOTHING)


class Short(NamedTuple):
    """A balance that would fall below nothing."""

    quantity: int  # place in Quantities
    day: int
    available: int  # before
    short: int  # by so much


class TooLarge(NamedTuple):
    """A balance that no column holds."""

    day: int


class Timeline:
    """The days of one account: the last one, as the account stands, and as many of those before it as are known."""

    __slots__ = ("before", "booked", "day", "guarded", "held", "low")

    def __init__(self, last: Day = START, before: tuple[Day, ...] = (), *, guarded: bool) -> None:
        self.day, self.booked, self.held, self.low = last
        self.before = before
        self.guarded = guarded

    @property
    def last(self) -> Day:
        """The last day, as the account stands."""
        return Day(self.day, self.booked, self.held, self.low)

    @last.setter
    def last(self, last: Day) -> None:
        self.day, self.booked, self.held, self.low = last

    def add(self, day: int, booked: Four, held: Four) -> Short | TooLarge | None:
        """Add a line at the end of `day`; what speaks against it, then nothing was added.

        For a day before the last, all days from the one before it on must be known.
        """
        there_day = self.day
        if day < there_day:
            return self._add_late(day, booked, held)
        # written out rather than called: most of what a batch computes is done here, twice an entry
        a, b, c, d = self.booked
        e, f, g, h = booked
        left = now = a, b, c, d = a + e, b + f, c + g, d + h
        now_held = self.held if held is NOTHING else plus(self.held, held)
        most = MAX_BALANCE
        floor = 0 if self.guarded else -most
        if now_held != NOTHING:
            left = minus(now, now_held)
            sound = min(left) >= floor and min(now) >= -most and max(now) <= most
        else:
            sound = floor <= a <= most and floor <= b <= most and floor <= c <= most and floor <= d <= most
        if not sound:
            against = self._against(day, left, minus(booked, held), now)
            if against is not None:
                return against
        if day > there_day:
            if there_day:
                self.before = (*self.before, self.last)
            self.day, self.low = day, left
        else:
            self.low = least(self.low, left)
        self.booked, self.held = now, now_held
        return None

    def _add_late(self, day: int, booked: Four, held: Four) -> Short | TooLarge | None:
        """The same for a day that others follow: they all change with it."""
        days = [*self.before, self.last]
        at = bisect_left(days, day, key=lambda one: one.day)
        there = days[at].day == day
        before = days[at] if there else days[at - 1] if at else START
        change = minus(booked, held)
        now, now_held = plus(before.booked, booked), plus(before.held, held)
        left = minus(now, now_held)
        shifted = [Day(day, now, now_held, least(before.low, left) if there else left)]
        shifted += [
            Day(one.day, plus(one.booked, booked), plus(one.held, held), plus(one.low, change))
            for one in days[at + there :]
        ]
        for one, low in zip(shifted, (left, *(one.low for one in shifted[1:])), strict=True):
            against = self._against(one.day, low, change, one.booked)
            if against is not None:
                return against
        known = [*days[:at], *shifted]
        self.before, self.last = tuple(known[:-1]), known[-1]
        return None

    def _against(self, day: int, low: Four, change: Four, booked: Four) -> Short | TooLarge | None:
        if max(map(abs, booked)) > MAX_BALANCE or max(map(abs, low)) > MAX_BALANCE:
            return TooLarge(day)
        if self.guarded:
            for quantity, (amount, more) in enumerate(zip(low, change, strict=True)):
                if amount < 0:
                    return Short(quantity, day, amount - more, -amount)
        return None


def plus(one: Four, other: Four) -> Four:
    """Both together."""
    a, b, c, d = one
    e, f, g, h = other
    return (a + e, b + f, c + g, d + h)


def minus(one: Four, other: Four) -> Four:
    """What is left."""
    a, b, c, d = one
    e, f, g, h = other
    return (a - e, b - f, c - g, d - h)


def least(one: Four, other: Four) -> Four:
    """The smaller of each."""
    a, b, c, d = one
    e, f, g, h = other
    return (a if a < e else e, b if b < f else f, c if c < g else g, d if d < h else h)
