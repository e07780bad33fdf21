"""Trends: slope and test agree with a second way, and planted trends are found at the rate that is stated."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, stats

from tilth.core import BadInput
from tilth.soil import Tally, discoveries, trends

YEARS = tuple(range(2000, 2024))


def series(count=30, years=24, *, decimals=None, holes=0.0, seed=1):
    drawn = np.random.default_rng(seed)
    values = drawn.standard_normal((years, count)) + np.arange(years)[:, None] * drawn.normal(0, 0.1, count)
    if decimals is not None:
        values = values.round(decimals)
    values[drawn.random(values.shape) < holes] = np.nan
    return values


def test_the_slope_and_its_interval_are_those_of_scipy_with_gaps_and_ties():
    for decimals in (None, 0):
        values = series(decimals=decimals, holes=0.2)
        found = trends(values, YEARS)
        for at in range(values.shape[1]):
            there = np.isfinite(values[:, at])
            wanted = stats.theilslopes(values[there, at], np.array(YEARS)[there], 0.90)
            assert (found.slope[at], found.low[at], found.high[at]) == pytest.approx(
                (wanted.slope, wanted.low_slope, wanted.high_slope), abs=1e-12
            )
            assert found.years[at] == there.sum()


def test_the_probability_without_ties_is_that_of_all_orders_as_scipy_counts_them():
    values = series(holes=0.3, seed=2)
    found = trends(values, YEARS)
    for at in range(values.shape[1]):
        there = np.isfinite(values[:, at])
        wanted = stats.kendalltau(np.arange(there.sum()), values[there, at], method="exact").pvalue
        assert found.p[at] == pytest.approx(wanted, rel=1e-9)


def test_the_probability_of_six_years_is_that_of_every_order_written_out():
    def score(one):
        return sum(np.sign(b - a) for a, b in itertools.combinations(one, 2))

    orders = [score(one) for one in itertools.permutations(range(6))]
    for one in ((0, 1, 2, 3, 4, 5), (1, 0, 2, 3, 5, 4), (5, 4, 3, 2, 0, 1), (2, 0, 1, 5, 3, 4)):
        wanted = np.mean([abs(each) >= abs(score(one)) for each in orders])
        found = trends(np.array(one, dtype=float)[:, None], range(2001, 2007), least=6)
        assert found.p[0] == pytest.approx(wanted, rel=1e-12)


def test_ties_lower_the_variance_as_the_formula_says():
    values = series(decimals=0, seed=4)
    found = trends(values, YEARS)
    for at in range(values.shape[1]):
        one = values[:, at]
        score = sum(np.sign(b - a) for a, b in itertools.combinations(one, 2))
        groups = np.unique(one, return_counts=True)[1]
        n = len(one)
        variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in groups)) / 18
        z = (abs(score) - 1) / math.sqrt(variance) if score else 0.0
        assert found.p[at] == pytest.approx(min(1.0, 2 * stats.norm.sf(z)), rel=1e-9)


def test_a_series_that_never_changes_has_no_trend_and_one_of_few_years_is_not_tested():
    values = np.ones((24, 2))
    values[9:, 1] = np.nan
    found = trends(values, YEARS)
    assert found.p[0] == 1.0 and found.slope[0] == 0.0
    assert np.isnan(found.p[1]) and np.isnan(found.slope[1]) and found.years.tolist() == [24, 9]


def test_years_that_are_missing_do_not_bend_the_slope():
    years = (2000, 2001, 2005, 2006, 2012)
    found = trends(3.0 + 0.25 * np.array(years)[:, None], years, least=5)
    assert found.slope[0] == found.low[0] == found.high[0] == 0.25


def test_residuals_that_follow_each_other_are_told():
    drawn = np.random.default_rng(5)
    noise = drawn.standard_normal((200, 400))
    kept = noise.copy()
    for year in range(1, 200):
        kept[year] = 0.6 * kept[year - 1] + noise[year]
    years = range(1800, 2000)
    assert np.median(trends(kept, years).serial) == pytest.approx(0.6, abs=0.05)
    assert abs(np.median(trends(noise, years).serial)) < 0.03


def test_too_few_years_are_refused_in_one_sentence():
    with pytest.raises(BadInput, match="5 years are too few for a trend; at least 10 are asked for"):
        trends(np.ones((5, 1)), range(5))
    with pytest.raises(BadInput, match="no order of 3 years is rare enough"):
        trends(np.ones((5, 1)), range(5), least=3)


@given(st.lists(st.sampled_from([0.0001, 0.001, 0.004, 0.01, 0.03, 0.2, 0.5, 1.0]), min_size=1, max_size=60))
def test_discoveries_are_those_of_the_step_up_rule_written_out(given):
    p = np.array(given)
    ranked = sorted(given)
    last = max((k for k in range(1, len(p) + 1) if ranked[k - 1] <= 0.05 * k / len(p)), default=0)
    wanted = p <= ranked[last - 1] if last else np.zeros(len(p), dtype=bool)
    assert discoveries(p, 0.05).tolist() == wanted.tolist()
    assert discoveries(p, 0.05).tolist() == (stats.false_discovery_control(p) <= 0.05 + 1e-15).tolist()
    assert discoveries(p, 0.05, "any").tolist() == (stats.false_discovery_control(p, method="by") <= 0.05).tolist()


def test_a_tally_in_parts_is_the_tally_of_the_whole():
    p = np.random.default_rng(6).random(500).round(2)
    whole, parts = Tally(), Tally()
    whole.add(p)
    for part in np.array_split(p, 7):
        parts.add(np.append(part, np.nan))
    assert parts.tests == whole.tests == 500
    assert parts.values.tolist() == whole.values.tolist() and parts.counts.tolist() == whole.counts.tolist()
    assert parts.limit(0.3) == whole.limit(0.3)


@pytest.mark.parametrize("smooth", [0.0, 3.0])
def test_planted_trends_are_found_and_of_all_that_are_called_so_the_stated_share_at_most_is_false(full, smooth):
    side, rate = 40, 0.10
    planted = np.zeros((side, side), dtype=bool)
    planted[:12, :16] = True
    false, found = [], []
    for seed in range(200 if full else 40):
        drawn = np.random.default_rng(seed)
        noise = drawn.standard_normal((20, side, side))
        if smooth:  # land near each other has its good and bad years together
            noise = ndimage.gaussian_filter(noise, (0, smooth, smooth), mode="wrap")
            noise /= noise.std()
        values = noise + planted * 0.2 * np.arange(20)[:, None, None]
        called = discoveries(trends(values.reshape(20, -1), range(2000, 2020)).p, rate).reshape(side, side)
        false.append((called & ~planted).sum() / max(called.sum(), 1))
        found.append((called & planted).sum() / planted.sum())
    standard = np.std(false) / math.sqrt(len(false))
    assert np.mean(false) <= rate + 2 * standard
    assert np.mean(found) > 0.9


def test_without_a_trend_anywhere_hardly_ever_is_one_called(full):
    runs = 300 if full else 100
    called = [
        discoveries(trends(np.random.default_rng(seed).standard_normal((15, 400)), range(15)).p, 0.05).any()
        for seed in range(runs)
    ]
    assert np.mean(called) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)


def test_wrong_rates_are_refused():
    with pytest.raises(BadInput, match="a false-discovery rate of 5 is not between 0 and 1"):
        discoveries(np.array([0.1]), 5)
    with pytest.raises(BadInput, match="tests depend positive, any; 'no' is neither"):
        discoveries(np.array([0.1]), 0.1, "no")
