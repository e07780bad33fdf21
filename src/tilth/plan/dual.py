"""Prices of the coupling rows: Newton's method on a dual smoothed by entropy, the smoothing taken back step by step.

For given prices each unit picks its best option; the bound that follows is convex in the prices but has kinks. Letting
each unit spread over its options by exp(score / mu) smooths them away, and a logarithmic barrier keeps prices above 0:
each step is a Newton step with the exact curvature. What the spread costs falls with mu squared, so few steps do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tilth.core import FloatArray, IntArray
from tilth.plan import scan
from tilth.plan.compiled import Compiled
from tilth.plan.envelope import narrow_order, solved

#: Units that the first steps look at.
SAMPLE = 8_000
_STEPS = 120
_TO_THE_BORDER = 0.95
#: So many steps that lower the bound by less than this share of what is wanted end the descent.
_PATIENCE, _WORTH_A_STEP = 10, 0.1


@dataclass
class Prices:
    """Prices of the rows and what the last look at all units said about them."""

    lam: FloatArray  # (rows)
    mu: float
    bound: float  # no plan is worth more
    behind: float  # what spreading and slack cost: the bound is at most this far above the best relaxed plan
    excess: FloatArray  # (rows) sum of the spread plan minus the limit
    passes: int = 0


@dataclass
class _Look:
    smooth: float
    hard: float
    mean: float
    gradient: FloatArray
    curve: FloatArray


def _some(c: Compiled) -> tuple[IntArray, IntArray]:
    """All options of some two thousand units, and where those of each begin."""
    units = np.arange(0, c.n, max(1, c.n // 2000))
    counts = c.ptr[units + 1] - c.ptr[units]
    starts = np.cumsum(counts) - counts
    return np.repeat(c.ptr[units] - starts, counts) + np.arange(int(counts.sum())), starts


def spread_of(c: Compiled) -> float:
    """A typical difference of value between the options of a unit."""
    places, starts = _some(c)
    value = c.cells[places, 0]
    apart = np.maximum.reduceat(value, starts) - np.minimum.reduceat(value, starts)
    apart = apart[apart > 0]
    return float(np.mean(apart)) if len(apart) else 1.0


def _sample(c: Compiled, size: int) -> tuple[IntArray, FloatArray]:
    """Some units of every class, and how many each of them stands for."""
    order = np.argsort(c.cls, kind="stable")
    counts = np.bincount(c.cls, minlength=c.classes)
    taken = np.minimum(counts, np.maximum(40, np.ceil(counts * (size / c.n))).astype(np.int64))
    starts = np.concatenate([[0], np.cumsum(counts)])
    units, shares = [], []
    for u in range(c.classes):
        if taken[u]:
            at = starts[u] + (np.arange(taken[u]) * counts[u]) // taken[u]
            units.append(order[at])
            shares.append(np.full(taken[u], counts[u] / taken[u]))
    return np.concatenate(units), np.concatenate(shares)


class Dual:
    """The smoothed dual of one problem, on all units or on a sample of them."""

    def __init__(self, c: Compiled, size: int = 0) -> None:
        self.c, self.square, self.order = c, c.square, narrow_order(c)
        if size and size < c.n:
            self.units, self.share = _sample(c, size)
        else:
            self.units, self.share = np.arange(c.n), np.ones(c.n)
        self.chunks = scan.chunks_of(len(self.units), c.classes * c.kinds * c.cells.shape[1] + int(self.square[-1]))
        self.passes = 0

    def look(self, lam: FloatArray, mu: float, curved: bool = True) -> _Look:
        """Value, gradient and curvature at prices `lam`."""
        c = self.c
        table = scan.price_table(lam, *c.terms, c.row_ptr, c.row_of, c.columns)
        values, whole, curve = scan.soft(
            self.units, self.share, c.ptr, c.kind, c.cls, c.cells, table, mu, *c.terms,
            c.row_ptr, c.row_of, self.square, c.longest, self.chunks, curved,
        )  # fmt: skip
        self.passes += 1
        gradient = c.limit - scan.row_sums(whole, *c.terms, c.row_ptr, c.row_of)
        constant = float(lam @ c.limit)
        return _Look(values[0] + constant, values[1] + constant, values[2], gradient, curve)

    def matrix(self, look: _Look) -> FloatArray:
        """(rows, rows) curvature."""
        found: FloatArray = scan.spread_curve(look.curve, self.square, self.c.row_ptr, self.c.row_of, self.c.rows)
        return found


def prices(
    c: Compiled,
    wanted: float,
    start: FloatArray | None = None,
    until: float = np.inf,
    told: Callable[[Prices], None] | None = None,
    never: float = -np.inf,
) -> Prices:
    """Prices whose bound is at most `wanted` (share of it) above the best relaxed plan, or the best found.

    Where the bound falls below `never`, that is told at once: no plan is worth so little.
    """
    if not c.rows:
        look = Dual(c).look(np.zeros(0), 1.0, curved=False)
        return Prices(np.zeros(0), 1.0, look.hard, 0.0, np.zeros(0), 1)
    spread = spread_of(c)
    in_row = np.zeros(c.rows)
    counts = np.bincount(c.cls, minlength=c.classes)
    np.add.at(in_row, c.row_of, np.repeat(counts, np.diff(c.row_ptr)))
    size_of_row = sizes_of(c)
    lam = 0.1 * spread / size_of_row if start is None else np.maximum(start, 1e-6 * spread / size_of_row)
    mu = spread if start is None else 0.03 * spread
    passes = 0
    if c.n > 2 * SAMPLE:
        few = Dual(c, SAMPLE)
        lam, mu, _ = _descend(few, lam, mu, spread, in_row, wanted, until, None, 0.02, -np.inf)
        passes = few.passes
    every = Dual(c)
    lam, mu, best = _descend(every, lam, mu, spread, in_row, wanted, until, told, 0.0, never)
    assert best is not None
    best.lam = np.where(best.lam > 1e-9 * spread / size_of_row, best.lam, 0.0)
    best.passes = passes + every.passes
    return best


def sizes_of(c: Compiled) -> FloatArray:
    """(rows) typical size of what one unit adds to a row."""
    few = np.abs(c.cells[_some(c)[0], 1:]).mean(axis=0)
    sizes = np.zeros(c.rows)
    every = np.abs(c.term_weight).mean(axis=1) * few[c.term_column]
    np.add.at(sizes, np.repeat(np.arange(c.rows), np.diff(c.term_ptr)), every)
    return np.asarray(np.where(sizes > 0, sizes, 1.0))


def _descend(
    dual: Dual, lam: FloatArray, mu: float, spread: float, in_row: FloatArray, wanted: float, until: float,
    told: Callable[[Prices], None] | None, stop_mu: float, never: float,
) -> tuple[FloatArray, float, Prices | None]:  # fmt: skip
    best: Prices | None = None
    idle = 0

    def barrier(mu: float) -> FloatArray:
        return np.asarray(0.05 * in_row * mu * mu / spread)

    look = dual.look(lam, mu)
    slack = np.maximum(look.gradient, barrier(mu) / lam)
    for _ in range(_STEPS):
        nu = barrier(mu)
        matrix = dual.matrix(look)
        matrix[np.diag_indices_from(matrix)] += slack / lam
        right = -look.gradient + nu / lam
        step = solved(matrix, right, dual.order)
        slack_step = nu / lam - slack - slack / lam * step
        decrement = float(right @ step)
        length = min(1.0, _longest(lam, step), _longest(slack, slack_step))
        height = look.smooth - float(nu @ np.log(lam))
        while True:
            trial = lam + length * step
            new = dual.look(trial, mu)
            if new.smooth - float(nu @ np.log(trial)) <= height - 1e-4 * length * decrement + 1e-12 * abs(height):
                break
            length *= 0.4
            if length < 1e-6:
                break
        slack = np.maximum(slack + length * slack_step, 0.05 * nu / trial)
        lam, look = trial, new
        behind = (
            -look.mean + abs(float(lam @ np.maximum(look.gradient, 0))) + float(lam @ np.maximum(-look.gradient, 0))
        )
        if best is None or look.hard < best.bound:
            idle = 0 if best is None or best.bound - look.hard > _WORTH_A_STEP * wanted * abs(look.hard) else idle + 1
            best = Prices(lam, mu, look.hard, behind, -look.gradient)
            if told is not None:
                told(best)
        else:
            idle += 1
        if behind <= wanted * abs(look.hard) or time.monotonic() > until or mu < stop_mu * spread or look.hard < never:
            break
        if mu < 1e-7 * spread or (idle > _PATIENCE and mu < 0.01 * spread):
            break
        if decrement < 0.5 * len(lam) * mu or length > 0.8:
            shrink = 0.3 if length > 0.8 else 0.6
            mu *= shrink
            slack = np.maximum(slack * shrink**2, 0.3 * barrier(mu) / lam)
    return lam, mu, best


def _longest(at: FloatArray, step: FloatArray) -> float:
    down = step < 0
    return float(np.min(-_TO_THE_BORDER * at[down] / step[down], initial=1.0))
