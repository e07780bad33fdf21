"""A plan from prices: units that the prices decide are settled, the rest dealt out, and the core closed by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilth.core import BoolArray, FloatArray, IntArray
from tilth.plan import proof, rounding, scan, solver
from tilth.plan.compiled import Compiled
from tilth.plan.dual import Prices, sizes_of

#: Units that are looked at when rows are mended.
_MENDED = 60_000
_TURNS = 40
#: Options of a unit that the core keeps.
_KEPT = 5


@dataclass(frozen=True)
class Plan:
    """One option for each unit."""

    pick: IntArray
    value: float
    holds: bool


def excess_of(c: Compiled, pick: IntArray) -> FloatArray:
    """(rows) what a plan adds up to, minus the limits."""
    return used_of(c, pick, np.ones(c.n, dtype=bool)) - c.limit


def used_of(c: Compiled, pick: IntArray, inside: BoolArray) -> FloatArray:
    """(rows) what the units `inside` add up to."""
    chunks = scan.chunks_of(c.n, c.classes * c.kinds * c.cells.shape[1])
    whole = scan.totals(pick[inside], c.kind, c.cls[inside], c.cells, c.classes, c.kinds, chunks)
    return np.asarray(scan.row_sums(whole, *c.terms, c.row_ptr, c.row_of))


def dealt(c: Compiled, prices: Prices) -> Plan:
    """A plan dealt out at prices and mended."""
    table = scan.price_table(prices.lam, *c.terms, c.row_ptr, c.row_of, c.columns)
    pick, _, behind = scan.best(c.ptr, c.kind, c.cls, c.cells, table)
    size = sizes_of(c)
    unsure = np.flatnonzero(behind < 12.0 * prices.mu)
    weight = np.abs(c.cells[pick[unsure], 1:]).sum(axis=1) if c.columns else np.zeros(len(unsure))
    unsure = unsure[np.argsort(-weight, kind="stable")]
    goal = np.minimum(prices.excess, 0.0)
    active = prices.excess > -30.0 * size
    if len(unsure):
        rounding.deal(
            pick, unsure, prices.mu, prices.excess.copy(), goal, active, size, c.ptr, c.kind, c.cls, c.cells, table,
            *c.terms, c.row_ptr, c.row_of, 0.02 / max(prices.mu, 1e-300),
        )  # fmt: skip
    return mended(c, pick, table, behind, size)


def mended(c: Compiled, pick: IntArray, table: FloatArray, behind: FloatArray, size: FloatArray) -> Plan:
    """The plan changed until its rows hold, and improved while that is easy."""
    pick = pick.copy()
    nearest = np.argpartition(behind, _MENDED)[:_MENDED] if c.n > _MENDED else np.arange(c.n)
    order = nearest[np.argsort(behind[nearest], kind="stable")]
    margin = 0.0 if c.whole else 0.5 * proof.TOLERANCE
    for _ in range(2):
        excess = excess_of(c, pick) - margin * np.abs(c.limit)
        rounding.mend(
            pick, order, excess, size, c.ptr, c.kind, c.cls, c.cells, table, *c.terms, c.row_ptr, c.row_of, _TURNS
        )
        if proof.holds(c, pick):
            break
        order = np.argsort(behind, kind="stable")
    return Plan(pick, proof.value(c, pick), proof.holds(c, pick))


def closed(c: Compiled, prices: Prices, plan: Plan, count: int, gap: float, seconds: float) -> Plan:
    """The best plan in which all but `count` undecided units stay as they are, to within `gap` of value."""
    table = scan.price_table(prices.lam, *c.terms, c.row_ptr, c.row_of, c.columns)
    _, _, behind = scan.best(c.ptr, c.kind, c.cls, c.cells, table)
    units = undecided(c, behind, count)
    lengths = c.ptr[units + 1] - c.ptr[units]
    of = np.repeat(np.arange(len(units)), lengths)
    options = np.repeat(c.ptr[units] - np.cumsum(lengths) + lengths, lengths) + np.arange(int(lengths.sum()))
    score = c.cells[options, 0] - (table[c.cls[units[of]], c.kind[options]] * c.cells[options, 1:]).sum(axis=1)
    order = np.lexsort((-score, of))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    keep = (rank < _KEPT) | np.isin(options, plan.pick[units]) | (len(units) == c.n)
    inside = np.zeros(c.n, dtype=bool)
    inside[units] = True
    room = c.limit - used_of(c, plan.pick, ~inside)
    room = np.round(room) if c.whole else room
    answer = solver.solve_part(
        c, units, options[keep], of[keep], room, integer=True, seconds=seconds, gap=gap,
        start=plan.pick[units] if plan.holds else None,
    )  # fmt: skip
    if answer.pick is None:
        return plan
    pick = plan.pick.copy()
    pick[units] = answer.pick
    holds = proof.holds(c, pick)
    if not holds:
        better = mended(c, pick, table, behind, sizes_of(c))
        return better if _better(better, plan) else plan
    found = Plan(pick, proof.value(c, pick), True)
    return found if _better(found, plan) else plan


def _better(one: Plan, other: Plan) -> bool:
    return (one.holds, one.value) > (other.holds, other.value)


def undecided(c: Compiled, behind: FloatArray, count: int) -> IntArray:
    """The units that prices decide least, and some of every class."""
    if count >= c.n:
        return np.arange(c.n)
    order = np.argsort(behind, kind="stable")
    by_class = order[np.argsort(c.cls[order], kind="stable")]
    starts = np.searchsorted(c.cls[by_class], np.arange(c.classes))
    place = np.arange(c.n) - starts[c.cls[by_class]]
    least = max(4, count // (2 * c.classes))
    taken = np.zeros(c.n, dtype=bool)
    taken[by_class[place < least]] = True
    taken[order[: max(0, count - int(taken.sum()))]] = True
    return np.flatnonzero(taken)
