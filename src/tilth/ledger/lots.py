"""What each entry raised on claims or pools, and what became of it: settled, sold, or left, exact to the last unit.

A settlement uses first the entries that it links. What it takes beyond them, it takes from the oldest that is left on
the same account, and that is said of it. So the lots of an account always add up to its balance.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import NamedTuple

from tilth.ledger.history import Recorded
from tilth.ledger.model import NOTHING, Account, Entry, Quantities
from tilth.ledger.turnover import booked, stays_within, summed


class Use(NamedTuple):
    """What one entry took of a lot."""

    number: int
    entry: Entry
    quantities: Quantities  # as positive numbers
    linked: bool  # False: taken as the oldest on its account


@dataclass(eq=False)
class Lot:
    """What one entry raised on accounts of one name in one region."""

    recorded: Recorded
    region: str
    name: str  # CLAIM:NONAG, POOL:RESTORED, EXEMPT:WATER
    raised: Quantities = NOTHING
    accounts: dict[Account, list[int]] = field(default_factory=dict)  # what is left on each, by quantity
    uses: list[Use] = field(default_factory=list)
    reversed_by: Recorded | None = None
    left_before: Quantities = NOTHING  # what was left when the year began; of a lot of the year nothing

    @property
    def left(self) -> Quantities:
        """What nobody has taken yet."""
        return summed(Quantities(*one) for one in self.accounts.values())

    @property
    def grades(self) -> list[int]:
        """The quality grades that the accounts tell, in order."""
        return sorted({one.grade for one in self.accounts if one.grade})

    def used(self, kind: str = "") -> Quantities:
        """What entries of `kind` took; of any without one."""
        return summed(one.quantities for one in self.uses if not kind or one.entry.kind == kind)

    @property
    def by_order(self) -> Quantities:
        """What was taken of it only because it was the oldest."""
        return summed(one.quantities for one in self.uses if not one.linked)


def lots(history: Iterable[Recorded], family: str, regions: frozenset[str], begins: date) -> list[Lot]:
    """The lots of all accounts of a family in `regions`, in the order in which they were raised.

    Parameters
    ----------
    history
        Every entry up to the day in question that touches such an account, by posting date.
    begins
        The first day of the year: `left_before` is what was left when it came.
    """
    told = list(history)
    undone = {one.entry.reverses: one for one in told if one.entry.reverses}
    book = Running(family, regions, undone)
    seen = False
    for day, group in groupby(told, key=lambda one: one.entry.posting_date):
        if day >= begins and not seen:
            book.remember()
            seen = True
        today = list(group)
        for one in today:
            book.raise_(one)
        for one in today:
            book.take(one)
    if not seen:
        book.remember()
    return book.lots


def passed_on(lots: Iterable[Lot], regions: frozenset[str]) -> Quantities:
    """What stands in two of these lots, because one region sold it to another of `regions` that lists it too."""
    every = list(lots)
    got = {one.recorded.entry.id for one in every if one.recorded.entry.kind == "TRANSFER"}
    return summed(
        use.quantities for one in every for use in one.uses if use.entry.id in got and stays_within(use.entry, regions)
    )


class Running:
    """Lots that move on with every entry."""

    def __init__(self, family: str, regions: frozenset[str], undone: Mapping[str, Recorded]) -> None:
        self.family, self.regions, self.undone = family, regions, undone
        self.lots: list[Lot] = []
        self.of_entry: dict[tuple[str, Account], Lot] = {}
        self.queues: dict[Account, list[deque[Lot]]] = {}

    def remember(self) -> None:
        for lot in self.lots:
            lot.left_before = lot.left

    def raise_(self, recorded: Recorded) -> None:
        """Open the lots of an entry. One that was reversed is listed, with nothing left."""
        entry = recorded.entry
        if entry.reverses:
            return
        found: dict[tuple[str, str], Lot] = {}
        for account, quantities in booked(entry):
            got = quantities.plus(quantities.taken())
            if account.family != self.family or account.region not in self.regions or got == NOTHING:
                continue
            key = (account.region, account.name)
            if key not in found:
                found[key] = Lot(recorded, *key, reversed_by=self.undone.get(entry.id))
                self.lots.append(found[key])
            lot = found[key]
            lot.raised = lot.raised.plus(got)
            if lot.reversed_by is None:
                lot.accounts[account] = list(got)
                self.of_entry[entry.id, account] = lot
                for queue in self.queues.setdefault(account, [deque() for _ in got]):
                    queue.append(lot)
            else:
                lot.accounts[account] = [0, 0, 0, 0]

    def take(self, recorded: Recorded) -> None:
        """Take what an entry takes, from the lots it names and then from the oldest."""
        entry = recorded.entry
        if entry.reverses or entry.id in self.undone:
            return
        for account, quantities in booked(entry):
            asked = list(quantities.taken())
            if account.family != self.family or account.region not in self.regions or not any(asked):
                continue
            linked = (self.of_entry.get((name, account)) for name in entry.links)
            for lot in sorted((one for one in linked if one is not None), key=_came_in):
                part = [_taken(lot.accounts[account], at, asked) for at in range(len(asked))]
                _note(lot, recorded, part, linked=True)
            self._from_the_oldest(account, asked, recorded)

    def _from_the_oldest(self, account: Account, asked: list[int], by: Recorded) -> None:
        """Each quantity by its own queue, so that lots used up are passed once."""
        parts: dict[int, tuple[Lot, list[int]]] = {}
        for at, queue in enumerate(self.queues.get(account, ())):
            while asked[at] and queue:
                lot = queue[0]
                part = _taken(lot.accounts[account], at, asked)
                parts.setdefault(id(lot), (lot, [0, 0, 0, 0]))[1][at] += part
                if not lot.accounts[account][at]:
                    queue.popleft()
        for lot, taken in parts.values():
            _note(lot, by, taken, linked=False)


def _came_in(lot: Lot) -> tuple[date, int]:
    """The first that came in goes first, also among those that an entry links."""
    return lot.recorded.entry.posting_date, lot.recorded.number


def _taken(left: list[int], at: int, asked: list[int]) -> int:
    """Take of one quantity what is asked and there: both become less."""
    part = min(asked[at], left[at])
    asked[at] -= part
    left[at] -= part
    return part


def _note(lot: Lot, by: Recorded, part: list[int], *, linked: bool) -> None:
    if any(part):
        lot.uses.append(Use(by.number, by.entry, Quantities(*part), linked))
