"""What an account, a line and an entry of the land book are. Quantities are whole numbers, so sums are exact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

#: How long the id of an entry may be.
LONGEST_ID = 100
#: The largest quantity of one line: far above any land, and its product with a grade far below int64.
MAX_QUANTITY = 10**17
#: The largest balance: what a column of the database can hold.
MAX_BALANCE = 2**63 - 1


class Quantities(NamedTuple):
    """What an account counts. Signed: a line adds to its account or takes from it."""

    area_dm2: int = 0  # 0.01 m²
    paddy_dm2: int = 0  # the part of it that is paddy
    capacity_kg: int = 0  # grain capacity
    grade_dm2: int = 0  # area × quality grade

    def plus(self, other: Quantities) -> Quantities:
        """Both together."""
        a, b, c, d = self
        e, f, g, h = other
        return Quantities(a + e, b + f, c + g, d + h)

    def minus(self, other: Quantities) -> Quantities:
        """What is left without `other`."""
        a, b, c, d = self
        e, f, g, h = other
        return Quantities(a - e, b - f, c - g, d - h)

    def negated(self) -> Quantities:
        """The counter-entry of it.

        >>> Quantities(5, 0, 0, 20).negated()
        Quantities(area_dm2=-5, paddy_dm2=0, capacity_kg=0, grade_dm2=-20)
        """
        a, b, c, d = self
        return Quantities(-a, -b, -c, -d)

    def taken(self) -> Quantities:
        """What it takes from its account, as positive numbers; nothing where it adds.

        >>> Quantities(-5, 3, 0, -20).taken()
        Quantities(area_dm2=5, paddy_dm2=0, capacity_kg=0, grade_dm2=20)
        """
        return Quantities(*(max(0, -one) for one in self))


NOTHING = Quantities()


class Account(NamedTuple):
    """One account: of a region, by name, told apart by what kind of land it counts."""

    region: str
    name: str  # LAND:0101, CLAIM:NONAG, POOL:RESTORED, …
    pbf: int = 0  # 1: permanent basic farmland
    paddy: int = 0
    stable: int = 0  # 1: stable-use farmland
    grade: int = 0  # quality grade 1 (best) to 10; 0: not graded

    @property
    def family(self) -> str:
        """The first word of the name: LAND, CLAIM, …"""
        return self.name.partition(":")[0]

    @property
    def member(self) -> str:
        """The rest of the name: the class, the kind of occupation, the year, …"""
        return self.name.partition(":")[2]

    def __str__(self) -> str:
        marks = [mark for mark, there in zip(("pbf", "paddy", "stable"), self[2:5], strict=True) if there]
        if self.grade:
            marks.append(f"grade {self.grade}")
        return " ".join([self.region, self.name, *marks])


class Line(NamedTuple):
    """What an entry adds to one account."""

    account: Account
    quantities: Quantities


class Phase(StrEnum):
    """What an entry does: book, hold for later, or let go what was held."""

    POST = "post"  # books its lines; with `settles`, all or part of a reservation, and the rest returns
    RESERVE = "reserve"  # holds what its lines take, until it is posted, void or expired
    VOID = "void"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Entry:
    """One balanced entry. It is never changed: a mistake is put right by another entry."""

    id: str  # chosen by who posts it, so that asking twice books once
    kind: str
    act_date: date  # when it happened; rules apply by this day
    posting_date: date  # when it counts in the book
    evidence: str  # the document that it rests on
    author: str
    lines: tuple[Line, ...] = ()
    phase: Phase = Phase.POST
    geometry: str = ""  # id of the shape that it is about
    rule_pack: str = ""
    rule_version: str = ""
    links: tuple[str, ...] = ()  # entries that it refers to
    reverses: str = ""  # the entry whose counter-entry it is
    settles: str = ""  # the reservation that it posts, voids or expires
    expires: date | None = None  # of a reservation: the last day on which it may be posted
    by_state: bool = False  # a transfer between provinces, arranged by the State
    due: date | None = None  # of an occupation that is compensated later: by which day it must be

    @property
    def refers(self) -> tuple[str, ...]:
        """Every entry that it names."""
        if not (self.settles or self.reverses or self.links):
            return ()
        return tuple(one for one in (self.settles, self.reverses, *self.links) if one)


class Receipt(NamedTuple):
    """What the book gives for an entry. The same entry again gets the same receipt."""

    number: int
    id: str
    digest: str
    recorded_at: str
    again: bool = False  # it stood in the book already


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds at the end of a day."""

    account: Account
    on: date | None
    booked: Quantities
    held: Quantities  # held by reservations that are still open

    @property
    def available(self) -> Quantities:
        """What may still be taken."""
        return self.booked.minus(self.held)


def day_number(day: date) -> int:
    """A day as the database orders it.

    >>> day_number(date(2024, 3, 9))
    20240309
    """
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """The day of a number that `day_number` made."""
    return date(number // 10_000, number // 100 % 100, number % 100)
