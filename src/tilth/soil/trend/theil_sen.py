"""Trend of each cell or parcel over the years: Theil–Sen slope and Mann–Kendall test, with ties and gaps.

Compiled by numba on first use.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from numba import njit

from tilth.core import BadInput, FloatArray

#: Fewer years than this are not tested unless asked for; fewer than the second cannot show a trend at any rate.
LEAST_YEARS, FEWEST_YEARS = 10, 4
#: Up to so many years without ties the test counts orders exactly; beyond, and with ties, it takes the normal curve.
_EXACT = 40
#: Interval of the slope: 90 %, and the quantile of the normal curve that bounds it.
LEVEL, _Z = 0.90, 1.6448536269514722


@dataclass(frozen=True)
class Trends:
    """What n series did over the years. NaN where there were too few years."""

    slope: FloatArray  # (n,) median of the slopes between all pairs of years (Theil–Sen) [unit/year]
    low: FloatArray  # (n,) of its 90 % interval (Sen 1968)
    high: FloatArray
    p: FloatArray  # (n,) two-sided, of Mann–Kendall
    serial: FloatArray  # (n,) correlation of what the trend leaves over with that of the year before
    years: npt.NDArray[np.int16]  # (n,) that had a value

    def __len__(self) -> int:
        return len(self.slope)


def trends(values: FloatArray, years: Sequence[int], *, least: int = LEAST_YEARS) -> Trends:
    """Trend of each column of (years, n); a year without a value (NaN) is left out, it is not filled in.

    Parameters
    ----------
    least
        Years with a value that a series needs to be tested.

    Sources: Theil 1950, Sen 1968; Mann 1945, Kendall 1975. Without ties and up to 40 years the probability is that of
    all orders of the years; else the normal curve with the variance corrected for ties and for continuity.

    Raises
    ------
    BadInput
        If there are fewer years than `least`, or `least` is below 4: no order of three years is rare.

    >>> found = trends(np.array([[1.0], [2.0], [4.0], [np.nan], [5.0]]), [2001, 2002, 2003, 2004, 2005], least=4)
    >>> found.slope.round(3).tolist(), found.p.round(4).tolist()
    ([1.0], [0.0833])
    """
    refuse_few(len(years), least)
    assert values.ndim == 2 and len(values) == len(years), (values.shape, len(years))
    out = np.full((5, values.shape[1]), np.nan)
    seen = np.zeros(values.shape[1], dtype=np.int16)
    times = np.asarray(years, dtype=np.float64)
    _walk(np.ascontiguousarray(values.T, dtype=np.float64), times, least, _tails(), out, seen)
    return Trends(out[0], out[1], out[2], out[3], out[4], seen)


def refuse_few(years: int, least: int) -> None:
    """BadInput where a trend cannot be told from so many years."""
    if least < FEWEST_YEARS:
        raise BadInput("SOIL-TREND-LEAST", least=least, fewest=FEWEST_YEARS)
    if years < least:
        raise BadInput("SOIL-TREND-FEW", years=years, least=least)


@cache
def _tails() -> FloatArray:
    """(n, s) Probability that Kendall's S of n values in a random order is at least s from 0, either way.

    S is the sum of independent steps: the i-th value adds one of -(i-1), -(i-3), … i-1 with equal chance.
    """
    most = _EXACT * (_EXACT - 1) // 2
    out = np.ones((_EXACT + 1, most + 1))
    chance = np.array([1.0])  # of S = -k, -k + 2, … k
    for n in range(2, _EXACT + 1):
        chance = np.convolve(chance, np.full(n, 1.0 / n))
        top = n * (n - 1) // 2
        for s in range(1, most + 1):
            steps = (top - s) // 2 + 1 if s <= top else 0  # values of S from s up
            out[n, s] = min(1.0, 2.0 * chance[len(chance) - steps :].sum()) if steps else 0.0
    return out


@njit(nogil=True, cache=True)
def _walk(series, times, least, tails, out, seen):  # type: ignore[no-untyped-def]
    most = len(times)
    value, when = np.empty(most), np.empty(most)
    slopes, order = np.empty(most * (most - 1) // 2), np.empty(most)
    for at in range(len(series)):
        n = 0
        for year in range(most):
            if np.isfinite(series[at, year]):
                value[n], when[n] = series[at, year], times[year]
                n += 1
        seen[at] = n
        if n < least:
            continue
        pairs, score = 0, 0
        for second in range(1, n):
            for first in range(second):
                rise = value[second] - value[first]
                slopes[pairs] = rise / (when[second] - when[first])
                pairs += 1
                if rise > 0.0:
                    score += 1
                elif rise < 0.0:
                    score -= 1
        variance, tied = _variance(value[:n], order[:n])
        ranked = slopes[:pairs]
        ranked.sort()
        middle = pairs // 2
        slope = ranked[middle] if pairs % 2 else 0.5 * (ranked[middle - 1] + ranked[middle])
        reach = _Z * math.sqrt(variance)
        lower = max(int(np.round((pairs - reach) / 2.0)) - 1, 0)
        upper = min(int(np.round((pairs + reach) / 2.0)), pairs - 1)
        out[0, at], out[1, at], out[2, at] = slope, ranked[lower], ranked[upper]
        size = abs(score)
        if size == 0 or variance == 0.0:
            out[3, at] = 1.0
        elif not tied and n < len(tails):
            out[3, at] = tails[n, size]
        else:
            out[3, at] = math.erfc((size - 1) / math.sqrt(2.0 * variance))
        out[4, at] = _serial(value[:n], when[:n], slope)


@njit(nogil=True, cache=True)
def _variance(value, order):  # type: ignore[no-untyped-def]
    """Of Kendall's S, less for each group of equal values; and whether there was one."""
    n = len(value)
    order[:] = value
    order.sort()
    total = n * (n - 1) * (2 * n + 5)
    tied, at = False, 0
    while at < n:
        to = at + 1
        while to < n and order[to] == order[at]:
            to += 1
        same = to - at
        if same > 1:
            tied = True
            total -= same * (same - 1) * (2 * same + 5)
        at = to
    return total / 18.0, tied


@njit(nogil=True, cache=True)
def _serial(value, when, slope):  # type: ignore[no-untyped-def]
    """Correlation of residuals of years that follow each other; NaN where there are none or nothing is left over."""
    n = len(value)
    mean = 0.0
    for at in range(n):
        mean += (value[at] - slope * when[at]) / n
    square, product, pairs = 0.0, 0.0, 0
    for at in range(n):
        rest = value[at] - slope * when[at] - mean
        square += rest * rest
        if at and when[at] - when[at - 1] == 1.0:
            product += rest * (value[at - 1] - slope * when[at - 1] - mean)
            pairs += 1
    if pairs < 3 or square <= 0.0:
        return np.nan
    return (product / pairs) / (square / n)
