"""A trend is a straight line in whole numbers, and the day on which it breaks a task is counted, not estimated."""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tilth.change import NOT_ASSESSED, Outlook, Trend

series = st.dictionaries(st.integers(1990, 2040), st.integers(0, 10**12), min_size=2, max_size=12)


def test_the_line_through_two_years_is_their_difference() -> None:
    trend = Trend({2024: 1_000, 2023: 1_007})
    assert (trend.years, trend.changes, trend.slope, trend.a_year, trend.farthest) == (
        (2023, 2024),
        {2024: -7},
        -7,
        -7,
        0,
    )


def test_the_slope_of_a_worked_series_on_paper() -> None:
    """Years 0, 1, 3 and areas 10, 8, 1: Σ(x−x̄)(y−ȳ) = −43/3, Σ(x−x̄)² = 14/3."""
    trend = Trend({2020: 10, 2021: 8, 2023: 1})
    assert (trend.slope, trend.a_year) == (Fraction(-43, 14), -3)
    assert trend.changes == {2021: -2, 2023: -7}


@given(series)
def test_the_slope_is_the_one_that_floating_point_finds(areas: dict[int, int]) -> None:
    trend = Trend(areas)
    years = np.array(trend.years, dtype=float)
    slope, _ = np.polyfit(years - years.mean(), np.array(list(trend.by_year.values()), dtype=float), 1)
    assert trend.slope is not None
    assert abs(float(trend.slope) - slope) <= 1e-6 * (1 + max(areas.values()) / (years[-1] - years[0]))


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**12), st.sets(st.integers(1990, 2040), min_size=2))
def test_areas_on_a_line_give_that_line(slope: int, area: int, years: set[int]) -> None:
    trend = Trend({year: area + slope * (year - 1990) for year in years})
    assert (trend.slope, trend.farthest) == (slope, 0)


def test_the_day_that_a_task_is_broken() -> None:
    # 20 a year over a task of 100 from 120: the headroom lasts to the end of 2024.
    assert Trend({2022: 140, 2023: 120}).meets(100).on == date(2025, 1, 1)
    # Half a year's headroom ends on day 183 of 366; the next day is short.
    assert Trend({2022: 140, 2023: 120}).meets(110).on == date(2023, 12, 31) + timedelta(days=184)
    # Nothing above the task: the first day of the next year is short.
    assert Trend({2022: 140, 2023: 120}).meets(120).on == date(2024, 1, 1)


def test_what_can_be_said_instead_of_a_day() -> None:
    falling, rising = Trend({2022: 140, 2023: 120}), Trend({2022: 100, 2023: 120})
    assert falling.meets(121).outlook is Outlook.BROKEN and rising.meets(121).outlook is Outlook.BROKEN
    assert rising.meets(120).outlook is Outlook.KEPT
    assert Trend({2022: 10_001, 2023: 10_000}).meets(9_900).on == date(2124, 1, 1), "within 100 years"
    assert Trend({2022: 10_001, 2023: 10_000}).meets(9_899).outlook is Outlook.BEYOND
    assert falling.meets(None) == NOT_ASSESSED
    assert Trend({2023: 120}).meets(100) == NOT_ASSESSED and Trend({}).meets(100) == NOT_ASSESSED


@given(series, st.integers(0, 10**12))
def test_a_task_holds_on_the_day_before_it_is_broken_and_not_on_the_day(areas: dict[int, int], task: int) -> None:
    trend = Trend(areas)
    meeting = trend.meets(task)
    last = trend.years[-1]
    if meeting.outlook is not Outlook.BREAKS:
        return
    assert meeting.on is not None and trend.slope is not None

    def held(day: date) -> Fraction:
        """At the end of a day: whole years since the last survey, and days of the year that runs."""
        days = 366 if isleap(day.year) else 365
        years = day.year - 1 - last + Fraction(day.timetuple().tm_yday, days)
        return trend.by_year[last] + trend.slope * years

    assert held(meeting.on) < task <= held(meeting.on - timedelta(days=1))


def test_a_record_holds_no_rounded_slope_but_the_fraction() -> None:
    record = Trend({2020: 10, 2021: 8, 2023: 1}).as_record(0)
    assert (record["slope"], record["method"], record["outlook"]) == ("-43/14", "least-squares", "breaks")
    assert record["by_year_dm2"] == {"2020": 10, "2021": 8, "2023": 1} and record["on"] == "2024-04-29"
