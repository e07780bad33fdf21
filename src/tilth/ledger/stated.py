"""What a statement holds: whom it is about, what was read for it, and every sheet, exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Protocol

from tilth.core import Label
from tilth.ledger.history import Recorded
from tilth.ledger.lots import Lot
from tilth.ledger.model import NOTHING, Balance, Entry, Phase
from tilth.ledger.redline import RedLine
from tilth.ledger.sealing import Sealed
from tilth.ledger.tested import Outcome, Tested
from tilth.ledger.turnover import AccountTurn, Turnover, digest_over
from tilth.ledger.verifying import Verified

#: The rule that tests of the sheets themselves name.
SHEETS = "sheets"
#: The invariants that a statement prints, tested or not.
INVARIANTS = tuple(f"INV-{number}" for number in range(1, 23))


@dataclass(frozen=True, slots=True)
class Part:
    """One row of regions: a region with all below it, or what is booked on a region itself."""

    code: str
    name: Label
    regions: frozenset[str]
    own: bool = False  # only what is booked on the region itself


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a statement is about: all of it, and the rows that add up to it."""

    whole: Part
    parts: tuple[Part, ...]
    nested: tuple[str, ...] = ()  # members of a group that lie in another member, and count there


class CapLike(Protocol):
    """What the cap of a year is made of; additions and reductions are those of the year before. [dm²]"""

    @property
    def year(self) -> int: ...
    @property
    def stable_additions_dm2(self) -> int: ...
    @property
    def stable_reductions_dm2(self) -> Mapping[str, int]: ...
    @property
    def net_dm2(self) -> int: ...
    @property
    def carried_dm2(self) -> int: ...
    @property
    def transfers_in_dm2(self) -> int: ...
    @property
    def transfers_out_dm2(self) -> int: ...
    @property
    def cap_dm2(self) -> int: ...
    @property
    def used_dm2(self) -> int: ...
    @property
    def held_dm2(self) -> int: ...
    @property
    def handed_dm2(self) -> int | None: ...
    @property
    def remaining_dm2(self) -> int | None: ...


def cap_known(cap: CapLike) -> bool:
    """Is it known what the cap is made of? Not, where the book does not hold all of the year before."""
    return bool(getattr(cap, "whole", True))


class LotStatus(StrEnum):
    """How far an occupation is compensated, or a compensation used, at the end of the year."""

    OPEN = "open"
    SETTLED = "settled"
    OVERDUE = "overdue"
    EXEMPT = "exempt"
    REVERSED = "reversed"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Occupation:
    """One row of the occupation list."""

    lot: Lot
    status: LotStatus
    classes: tuple[str, ...]  # of the farmland that was lost
    pbf_dm2: int
    replaced_dm2: int  # made permanent basic farmland in its place
    compensations: tuple[str, ...]  # ACCEPT entries that its settlements name
    replacements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compensation:
    """One row of the compensation list."""

    lot: Lot
    status: LotStatus
    classes: tuple[str, ...]  # that the land was before
    checks: Mapping[str, str] | None  # A1 to A13: pass, fail, not_assessed; None: not known


@dataclass(frozen=True)
class Drawn:
    """What the book says, as it was read: everything that a statement is computed from."""

    entries: tuple[Recorded, ...]  # of the year, every one that touches the scope
    before: tuple[Recorded, ...]  # earlier ones that moved claims and pools
    linked: Mapping[str, Entry]  # that these name
    opening: tuple[Balance, ...]
    closing: tuple[Balance, ...]
    verified: Verified
    sealed: tuple[Sealed, ...]


@dataclass(frozen=True)
class Statement:
    """All sheets of one year, exact."""

    year: int
    scope: Scope
    drawn: Drawn
    pool: Turnover
    by_part: tuple[Turnover, ...]
    accounts: tuple[AccountTurn, ...]
    occupations: tuple[Occupation, ...]
    compensations: tuple[Compensation, ...]
    red_lines: tuple[RedLine, ...]  # the whole, then each part
    tested: tuple[Tested, ...]
    caps: tuple[CapLike, ...] = ()

    @property
    def on(self) -> date:
        """The day of the closing balances."""
        return date(self.year, 12, 31)

    @property
    def digest(self) -> str:
        """SHA-256 over the digests of all entries of the year, in the order of their numbers."""
        return digest_over(one.digest for one in sorted(self.drawn.entries, key=lambda one: one.number))

    @property
    def torn(self) -> bool:
        """Was it read while the book changed, or is the book not the sum of its entries?"""
        return bool(self.failed) or any(one.difference != NOTHING for one in self.accounts)

    @property
    def booked(self) -> int:
        """How many entries of the year book something; reservations, and what lets one go, book nothing."""
        return sum(one.entry.phase is Phase.POST for one in self.drawn.entries)

    @property
    def unsealed(self) -> list[str]:
        """Regions whose year is still open."""
        closed = {code for one in self.drawn.sealed for code in one.covers}
        return sorted(self.scope.whole.regions - closed)

    @property
    def failed(self) -> list[Tested]:
        """Tests that failed."""
        return [one for one in self.tested if one.outcome is Outcome.FAIL]

    @property
    def counts(self) -> dict[str, int]:
        """How the tests came out: those of the book by the rules, and those of the sheets themselves."""
        sheets = [one.outcome for one in self.tested if one.rule == SHEETS]
        book = [one.outcome for one in self.tested if one.rule != SHEETS]
        return {
            "passed": book.count(Outcome.PASS), "failed": book.count(Outcome.FAIL),
            "open": book.count(Outcome.NOT_ASSESSED), "sheets_passed": sheets.count(Outcome.PASS),
            "sheets_failed": sheets.count(Outcome.FAIL),
        }  # fmt: skip

    def with_tests(self, tested: Iterable[Tested]) -> Statement:
        """With further tests."""
        return replace(self, tested=(*self.tested, *tested))
