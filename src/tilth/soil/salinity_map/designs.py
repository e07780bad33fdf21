"""Where to sample next: places that stand for the covariates (conditioned Latin hypercube), or places where a map is
least sure; and in which order to go there.

Compiled by numba on first use.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from tilth.core import BadInput, FloatArray, IntArray

DESIGNS = ("latin", "uncertainty")
_STEPS = 20_000
_RESTARTS = 3
_HOTTEST, _COOLING = 0.5, 0.9995


@dataclass(frozen=True)
class Latin:
    """Places chosen out of n, and how far they are from standing for all of them (0: perfectly)."""

    chosen: IntArray  # (count,) ascending
    cost: float


def strata(table: FloatArray, count: int) -> IntArray:
    """(n, p) In which of `count` strata of equal size each value lies, column by column; equal values lie together."""
    out = np.empty(table.shape, dtype=np.int64)
    for column in range(table.shape[1]):
        edges = np.quantile(table[:, column], np.arange(1, count) / count)
        out[:, column] = np.searchsorted(edges, table[:, column], side="left")
    return out


def latin_cost(table: FloatArray, kinds: Sequence[npt.NDArray[np.object_]], chosen: Sequence[int]) -> float:
    """How far some places are from standing for all, by Minasny and McBratney 2006: numbers in strata other than one,
    differences of the shares of kinds, differences of correlations; written plainly."""
    count = len(chosen)
    own = strata(table, count)[list(chosen)]
    cost = 0.0
    for column in range(table.shape[1]):
        cost += float(np.abs(np.bincount(own[:, column], minlength=count) - 1).sum())
    for coded in kinds:
        for kind in sorted(set(coded.tolist())):
            cost += abs(float(np.mean(coded[list(chosen)] == kind) - np.mean(coded == kind)))
    return cost + float(np.abs(_correlated(table) - _correlated(table[list(chosen)])).sum())


def _correlated(table: FloatArray) -> FloatArray:
    """(p, p) Correlations; 0 where a column does not vary."""
    away = table - table.mean(axis=0)
    size = np.sqrt((away**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (away.T @ away) / np.outer(size, size)
    return np.where(np.isfinite(found), found, 0.0)


def latin(
    table: FloatArray, kinds: Sequence[npt.NDArray[np.object_]], count: int, *, seed: int = 0, steps: int = _STEPS
) -> Latin:
    """Choose `count` rows of (n, p) by simulated annealing: swap one that is in for one that is out, time and again.

    Raises
    ------
    BadInput
        If there are fewer places than `count`, or `count` is below 2.
    """
    refuse_count(len(table), count)
    coded = [np.unique(column.astype(str), return_inverse=True)[1] for column in kinds]
    classes = np.column_stack(coded).astype(np.int64) if coded else np.zeros((len(table), 0), dtype=np.int64)
    most = int(classes.max()) + 1 if classes.size else 0
    shares = np.zeros((classes.shape[1], most))
    for at in range(classes.shape[1]):
        shares[at] = np.bincount(classes[:, at], minlength=most) / len(table)
    drawn, best = np.random.default_rng(seed), None
    if count == len(table):
        steps = 0
    for _ in range(_RESTARTS):
        order = drawn.permutation(len(table)).astype(np.int64)
        cost = _anneal(
            np.ascontiguousarray(table), strata(table, count), _correlated(table), classes, shares, order, count, steps,
            int(drawn.integers(1 << 31)),
        )  # fmt: skip
        if best is None or cost < best.cost - 1e-12:
            best = Latin(np.sort(order[:count]), float(cost))
    assert best is not None
    return best


def refuse_count(places: int, count: int) -> None:
    """BadInput where so many cannot be chosen."""
    if count < 2:
        raise BadInput("SOIL-NEXT-COUNT", count=count)
    if places < count:
        raise BadInput("SOIL-NEXT-PLACES", places=places, count=count)


@njit(cache=True)
def _anneal(table, layer, correlated, classes, shares, order, count, steps, seed):  # type: ignore[no-untyped-def]
    """Put the best choice found into the first `count` of `order`; its cost."""
    np.random.seed(seed)
    n = len(order)
    now = _cost(table, layer, correlated, classes, shares, order, count)
    best, kept = now, order.copy()
    heat = _HOTTEST
    for _ in range(steps):
        if now <= 1e-12:
            break
        inside = np.random.randint(0, count)
        outside = np.random.randint(count, n)
        order[inside], order[outside] = order[outside], order[inside]
        then = _cost(table, layer, correlated, classes, shares, order, count)
        if then <= now or np.random.random() < np.exp((now - then) / heat):
            now = then
            if now < best:
                best = now
                kept[:] = order
        else:
            order[inside], order[outside] = order[outside], order[inside]
        heat *= _COOLING
    order[:] = kept
    return best


@njit(cache=True)
def _cost(table, layer, correlated, classes, shares, order, count):  # type: ignore[no-untyped-def]
    p = table.shape[1]
    cost = 0.0
    seen = np.zeros(count, dtype=np.int64)
    for column in range(p):
        seen[:] = 0
        for at in range(count):
            seen[layer[order[at], column]] += 1
        for one in range(count):
            cost += abs(seen[one] - 1)
    for column in range(classes.shape[1]):
        held = np.zeros(shares.shape[1])
        for at in range(count):
            held[classes[order[at], column]] += 1.0 / count
        for one in range(shares.shape[1]):
            cost += abs(held[one] - shares[column, one])
    mean, size = np.zeros(p), np.zeros(p)
    for column in range(p):
        for at in range(count):
            mean[column] += table[order[at], column] / count
        for at in range(count):
            size[column] += (table[order[at], column] - mean[column]) ** 2
    for one in range(p):
        for other in range(p):
            product = 0.0
            for at in range(count):
                product += (table[order[at], one] - mean[one]) * (table[order[at], other] - mean[other])
            scale = np.sqrt(size[one] * size[other])
            found = product / scale if scale > 0.0 else 0.0
            cost += abs(correlated[one, other] - found)
    return cost


@dataclass(frozen=True)
class Unsure:
    """Places chosen where a map is least sure, the most telling first, and the share of doubt that each takes."""

    chosen: IntArray  # (count,)
    share: FloatArray  # (count,) of all doubt


def unsure(
    x: FloatArray, y: FloatArray, width: FloatArray, count: int, reach: float, *, known: FloatArray | None = None
) -> Unsure:
    """Choose places one by one, each the one that takes most doubt from its surroundings.

    A sample takes 1 - d/reach of the doubt at distance d; where several reach, the nearest counts. Choosing greedily
    takes at least 63 % of what the best choice would (Nemhauser, Wolsey and Fisher 1978).

    Parameters
    ----------
    width
        (n,) doubt at each place: the width of a map's interval.
    reach
        [m]
    known
        (m, 2) x and y where samples were taken already.

    Raises
    ------
    BadInput
        If there are fewer places than `count`, `count` is below 2, or the reach is not above 0.
    """
    from scipy.spatial import cKDTree

    refuse_count(len(x), count)
    if not reach > 0:
        raise BadInput("SOIL-NEXT-REACH", reach=f"{reach:g}")
    points = np.column_stack([x, y])
    tree = cKDTree(points)
    taken = np.zeros(len(x))
    if known is not None and len(known):
        taken = np.maximum(taken, 1.0 - np.minimum(cKDTree(known).query(points)[0] / reach, 1.0))
    near = [np.asarray(sorted(one), dtype=np.int64) for one in tree.query_ball_point(points, reach)]
    takes = [1.0 - np.hypot(x[one] - x[at], y[one] - y[at]) / reach for at, one in enumerate(near)]

    def gain(at: int) -> float:
        return float((width[near[at]] * np.maximum(takes[at] - taken[near[at]], 0.0)).sum())

    line = [(-gain(at), at) for at in range(len(x))]
    heapq.heapify(line)
    chosen: list[int] = []
    share: list[float] = []
    whole = float(width.sum()) or 1.0
    while len(chosen) < count and line:
        _, at = heapq.heappop(line)
        now = gain(at)  # it can only have shrunk; if it still leads, it is the best of all
        if line and now < -line[0][0] - 1e-12:
            heapq.heappush(line, (-now, at))
            continue
        chosen.append(at)
        share.append(now / whole)
        taken[near[at]] = np.maximum(taken[near[at]], takes[at])
    return Unsure(np.array(chosen, dtype=np.int64), np.array(share))


@dataclass(frozen=True)
class Trips:
    """In which order n places are visited, day by day, and how far each day goes."""

    day: IntArray  # (n,) from 1
    order: IntArray  # (n,) within the day, from 1
    length: tuple[float, ...]  # of each day, as the crow flies, from place to place [m]


def trips(x: FloatArray, y: FloatArray, per_day: int) -> Trips:
    """One tour through all places, shortened by turning stretches round, and cut into days of nearly equal size.

    Raises
    ------
    BadInput
        If `per_day` is below 1.

    >>> trips(np.array([0.0, 10.0, 1.0, 11.0]), np.zeros(4), 2).day.tolist()
    [1, 2, 1, 2]
    """
    if per_day < 1:
        raise BadInput("SOIL-NEXT-PER-DAY", given=per_day)
    count = len(x)
    tour = _shortened(_nearest_first(x, y), x, y)
    days = -(-count // per_day)
    day, order, length = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64), []
    for number, part in enumerate(np.array_split(tour, days), start=1):
        day[part] = number
        order[part] = np.arange(1, len(part) + 1)
        length.append(float(np.hypot(np.diff(x[part]), np.diff(y[part])).sum()))
    return Trips(day, order, tuple(length))


def _nearest_first(x: FloatArray, y: FloatArray) -> IntArray:
    """From the westernmost place always to the nearest that is left."""
    at = int(np.lexsort((y, x))[0])
    left = np.ones(len(x), dtype=bool)
    tour = [at]
    left[at] = False
    while left.any():
        away = np.where(left, np.hypot(x - x[at], y - y[at]), np.inf)
        at = int(np.argmin(away))
        left[at] = False
        tour.append(at)
    return np.array(tour, dtype=np.int64)


def _shortened(tour: IntArray, x: FloatArray, y: FloatArray) -> IntArray:
    """2-opt on an open path: turn a stretch round while that shortens it."""
    out, shorter = tour.copy(), True
    while shorter:
        shorter = False
        for start in range(len(out) - 1):
            a, b = out[start], out[start + 1 :]
            ends = np.append(out[start + 2 :], -1)
            before = np.hypot(x[a] - x[b[0]], y[a] - y[b[0]])
            tail = np.where(ends >= 0, np.hypot(x[b] - x[ends], y[b] - y[ends]), 0.0)
            joined = np.where(ends >= 0, np.hypot(x[b[0]] - x[ends], y[b[0]] - y[ends]), 0.0)
            saved = before + tail - np.hypot(x[a] - x[b], y[a] - y[b]) - joined
            stop = int(np.argmax(saved))
            if saved[stop] > 1e-9:
                out[start + 1 : start + 2 + stop] = out[start + 1 : start + 2 + stop][::-1].copy()
                shorter = True
    return out
