"""The numbers of a test as people read them; the exact whole numbers stand beside those that are rounded."""

from __future__ import annotations

from tilth.core import label
from tilth.ledger import Tested

#: How many of the smallest unit are one that is printed, and its decimals.
_PRINTED = {"dm2": (100, 2), "dm2_grade": (100, 2), "0.01 ha": (100, 2), "dm2²·grade": (10**12, 4)}
#: Units whose printed numbers are rounded.
_ROUNDED = ("dm2²·grade",)


def printed_number(value: int | None, unit: str) -> str:
    """A number of a test in the unit in which it is printed; "" where there is none.

    >>> printed_number(123_456, "dm2"), printed_number(10_395_000_000_000_000, "dm2²·grade")
    ('1,234.56', '10,395.0000')
    """
    if value is None:
        return ""
    size, decimals = _PRINTED.get(unit, (1, 0))
    scaled = (2 * abs(value) * 10**decimals + size) // (2 * size)
    whole, rest = divmod(scaled, 10**decimals)
    sign = "-" if value < 0 and scaled else ""
    return f"{sign}{whole:,}.{rest:0{decimals}d}" if decimals else f"{value:,}"


def numbers_of(test: Tested) -> list[str]:
    """Found, wanted and difference as texts."""
    return [printed_number(value, test.unit) for value in (test.found, test.wanted, test.difference)]


def about_of(test: Tested) -> str:
    """What a test says; with the exact whole numbers, where those that are printed are rounded."""
    if test.unit not in _ROUNDED or not (test.found or test.wanted):
        return str(test.about)
    return f"{test.about} {label('TESTED-EXACT', found=f'{test.found or 0:,}', wanted=f'{test.wanted or 0:,}')}"
