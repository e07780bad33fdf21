"""Where a region's farmland is heading: a straight line through its surveys, and the day on which it meets its task.

The line is ordinary least squares in exact fractions: `slope = Σ(x−x̄)(y−ȳ) / Σ(x−x̄)²` with x the survey's year and y
its area. The way to the task starts at what the last survey found, not at the line, and follows the slope: a region
whose last survey stands above its task is never said to have broken it already. Days are counted in whole numbers. A
survey states the end of its year, 31 December.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tilth.core import round_half_away

METHOD = "least-squares"
#: A day that lies further ahead is not given.
HORIZON_YEARS = 100


class Outlook(StrEnum):
    """What the trend says of a task."""

    BROKEN = "broken"  # what is held now is less than the task
    BREAKS = "breaks"  # on a day that is given
    BEYOND = "not-within-100-years"
    KEPT = "kept"  # what is held does not fall
    NOT_ASSESSED = "not-assessed"  # fewer than two surveys, or no task


@dataclass(frozen=True, slots=True)
class Meeting:
    """When a trend breaks a task."""

    outlook: Outlook
    on: date | None = None  # the first day on which less than the task is held

    def as_record(self) -> dict[str, str | None]:
        """For JSON."""
        return {"outlook": str(self.outlook), "on": self.on.isoformat() if self.on else None}


NOT_ASSESSED = Meeting(Outlook.NOT_ASSESSED)


@dataclass(frozen=True)
class Trend:
    """Areas by year, and the slope of the line through them. Any whole unit; in land records dm²."""

    by_year: Mapping[int, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_year", dict(sorted(self.by_year.items())))

    @property
    def years(self) -> tuple[int, ...]:
        """The years that are known."""
        return tuple(self.by_year)

    @property
    def changes(self) -> dict[int, int]:
        """By year, the change since the survey before it."""
        years = self.years
        return {year: self.by_year[year] - self.by_year[last] for last, year in pairwise(years)}

    @property
    def slope(self) -> Fraction | None:
        """Change a year along the line; None with fewer than two years.

        >>> Trend({2020: 10, 2021: 8, 2023: 1}).slope
        Fraction(-43, 14)
        """
        count = len(self.by_year)
        if count < 2:
            return None
        over, under = _moments(self.by_year)
        return Fraction(over, under)

    @property
    def a_year(self) -> int | None:
        """`slope` in whole units, half away from zero, as it is printed."""
        return None if self.slope is None else round_half_away(self.slope)

    @property
    def farthest(self) -> int | None:
        """The largest distance of a year from the line, in whole units; 0 for two years, which are always on it."""
        slope = self.slope
        if slope is None:
            return None
        count = len(self.by_year)
        middle = Fraction(sum(self.by_year.values()), count) - slope * Fraction(sum(self.by_year), count)
        return max(round_half_away(abs(area - middle - slope * year)) for year, area in self.by_year.items())

    def meets(self, task: int | None) -> Meeting:
        """The first day on which less than `task` is held, if what the last survey found goes on along the slope.

        >>> Trend({2022: 120, 2023: 110}).meets(100)
        Meeting(outlook=<Outlook.BREAKS: 'breaks'>, on=datetime.date(2025, 1, 1))
        """
        slope = self.slope
        if task is None or slope is None:
            return NOT_ASSESSED
        last = self.years[-1]
        headroom = self.by_year[last] - task
        if headroom < 0:
            return Meeting(Outlook.BROKEN)
        if slope >= 0:
            return Meeting(Outlook.KEPT)
        years = headroom / -slope
        if years > HORIZON_YEARS:
            return Meeting(Outlook.BEYOND)
        return Meeting(Outlook.BREAKS, _day_after(last, years))

    def as_record(self, holding: int | None, unit: str = "dm2") -> dict[str, Any]:
        """For JSON, with when it meets the task; the slope also as the fraction that it is."""
        slope = self.slope
        return {
            "method": METHOD,
            f"by_year_{unit}": {str(year): area for year, area in self.by_year.items()},
            f"changes_{unit}": {str(year): change for year, change in self.changes.items()},
            f"a_year_{unit}": self.a_year,
            "slope": None if slope is None else f"{slope.numerator}/{slope.denominator}",
            f"farthest_from_line_{unit}": self.farthest,
            f"task_{unit}": holding,
            **self.meets(holding).as_record(),
        }


def _moments(by_year: Mapping[int, int]) -> tuple[int, int]:
    """n·Σ(x−x̄)(y−ȳ) and n·Σ(x−x̄)², in whole numbers."""
    count, xs, ys = len(by_year), sum(by_year), sum(by_year.values())
    over = count * sum(x * y for x, y in by_year.items()) - xs * ys
    under = count * sum(x * x for x in by_year) - xs * xs
    return over, under


def _day_after(year: int, years: Fraction) -> date:
    """The first whole day after `years` years from the end of `year`; the part of a year in days of that year."""
    whole, part = divmod(years, 1)
    start = year + int(whole)
    days = 366 if isleap(start + 1) else 365
    gone = part.numerator * days // part.denominator
    return date(start, 12, 31) + timedelta(days=gone + 1)
