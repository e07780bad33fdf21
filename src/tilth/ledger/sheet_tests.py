"""What a statement tests of its own sheets: rows add up to the whole, and lists to the accounts.

The book itself is tested by the rules, once and for `tilth ledger assess` and the statement alike; here nothing of that
is tested again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tilth.core import Label, label
from tilth.ledger.lots import Lot
from tilth.ledger.model import Balance
from tilth.ledger.stated import SHEETS, Scope
from tilth.ledger.tested import Outcome, Tested
from tilth.ledger.turnover import Turnover, summed


def _test(invariant: str, year: int, scope: Scope, found: int, wanted: int, unit: str, about: Label) -> Tested:
    outcome = Outcome.PASS if found == wanted else Outcome.FAIL
    return Tested(invariant, scope.whole.code, year, outcome, found, wanted, unit, SHEETS, "1", None, "sure", about)


def added_up(year: int, scope: Scope, pool: Turnover, by_part: Sequence[Turnover]) -> list[Tested]:
    """INV-2 on the pool as statement 5.1 prints it, and INV-3: the rows add up to the whole."""
    about = label("STATEMENT-INV-2-POOL")
    below = summed(one.closing for one in by_part)
    off = sum(
        summed(one.part(part) for one in by_part) != pool.part(part) for part in {moved.part for moved in pool.moved}
    )
    return [
        _test("INV-2", year, scope, pool.closing.area_dm2, pool.expected.area_dm2, "dm2", about),
        _test("INV-3", year, scope, below.area_dm2, pool.closing.area_dm2, "dm2", label("STATEMENT-INV-3")),
        _test("INV-3", year, scope, off, 0, "columns", label("STATEMENT-INV-3-MOVES")),
    ]


def listed(year: int, scope: Scope, closing: Sequence[Balance], listed: Mapping[str, Sequence[Lot]]) -> list[Tested]:
    """INV-8: what the lists leave open is what the accounts hold."""
    tests = []
    for family, owed in listed.items():
        left = summed(one.left for one in owed)
        held = summed(
            one.booked for one in closing if one.account.family == family and one.account.region in scope.whole.regions
        )
        about = label(f"STATEMENT-LISTED-{family}")
        tests.append(_test("INV-8", year, scope, left.area_dm2, held.area_dm2, "dm2", about))
    return tests
