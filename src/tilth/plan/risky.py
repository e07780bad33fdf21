"""The best plan when the aim is uncertain: the mean of its worst draws, or the value that it reaches but for a share.

The mean of the worst share α of draws is the least of q·V over all weights q of draws that add up to 1 and are at most
chance / α (Rockafellar and Uryasev). At any such q, and any prices of the rows, Lagrange's bound of the plain problem
whose value is q·V is therefore a bound of the uncertain one: that is what is proven, for any number of units. Prices
of the rows and weights of the draws are found in one descent: a level t, and how far each draw falls short of it, stand
as amounts beside the units, and each draw is a row. A small problem goes to HiGHS whole, with the same amounts.

A quantile is not so kind. Proven is: no plan reaches more in a draw than that draw's own best, so no quantile is more
than the quantile of these bests; and what HiGHS proves of a small problem. The plan is found by leaving out the draws
that are worst so far and making the least of the others as large as it can be: a heuristic, told as one by its gap.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from tilth.core import BoolArray, FloatArray, IntArray
from tilth.plan import core, dual, proof, scan, solver
from tilth.plan.compiled import Compiled
from tilth.plan.compiling import compiled
from tilth.plan.draws import CHANCE, Draws, draws_of, sums_of, together
from tilth.plan.extending import Amounts, extended
from tilth.plan.problem import Over, Problem, Row
from tilth.plan.solver import Extra
from tilth.plan.solving import WHOLE, Enough, Progress, Solution, gap_of, solve
from tilth.plan.tied_model import extra_of
from tilth.plan.tied_solving import judged
from tilth.plan.ties import Ties
from tilth.plan.tying import tied

_VALUE, _DRAW = "value over draws", "value in draw {}"
_ROUNDOFF = 2.0**-53
#: A problem of no more options goes to HiGHS at once.
_TINY = 1_000
#: Pieces of an amount in the descent, and undecided units that HiGHS closes, round by round, with its seconds.
_PIECES = 64
_CORES = ((200, 5.0), (600, 15.0), (1500, 40.0))
#: Turns of leaving out the worst draws.
_TURNS = 4


@dataclass
class _Run:
    """A problem over draws, the best plan so far, and the proof."""

    problem: Problem
    over: Over
    draws: Draws
    plain: Compiled  # its rows alone
    ties: Ties | None
    gap: float
    until: float
    told: Callable[[Progress], None] | None
    began: float
    chosen: IntArray | None = None
    value: float = -np.inf
    bound: float = np.inf
    proof: str = "prices"
    lam: FloatArray | None = None

    def planned(self, chosen: IntArray) -> None:
        """A plan whose rows hold; kept where it is better."""
        worth = together(self.over, sums_of(self.draws.values, chosen), self.draws.chance)
        if worth > self.value:
            self.value, self.chosen = worth, chosen
            self.tell()

    def picked(self, pick: IntArray) -> None:
        """A plan by its places among the options that locks leave; kept where all demands hold and it is better."""
        if judged(self.plain, pick, self.ties).holds:
            self.planned(self.plain.options[pick])

    def bounded(self, bound: float, lam: FloatArray, how: str) -> None:
        """A bound of what is asked for."""
        if bound < self.bound:
            self.bound, self.lam, self.proof = bound, lam, how
            self.tell()

    def tell(self) -> None:
        """Say how far the run is, once there is a plan and a bound."""
        if self.told is not None and np.isfinite(self.value) and np.isfinite(self.bound):
            self.told(Progress(self.value, self.bound, time.monotonic() - self.began))

    def left(self) -> float:
        """Seconds left."""
        return max(0.1, self.until - time.monotonic())

    def done(self) -> bool:
        """Whether the gap is closed or the time is up."""
        return gap_of(self.value, self.bound) <= self.gap or time.monotonic() >= self.until

    @property
    def small(self) -> bool:
        """Whether HiGHS is asked for the whole."""
        return len(self.plain.kind) <= WHOLE

    def at(self, weights: FloatArray) -> FloatArray:
        """(K) the value of each option that locks leave, at weights of the draws."""
        return np.asarray(self.draws.values[self.plain.options] @ weights)


def solve_over(
    problem: Problem, gap: float, seconds: float, told: Callable[[Progress], None] | None, start: FloatArray | None
) -> Solution:
    """A plan for an uncertain aim, and a bound that no plan passes."""
    assert problem.over is not None
    began = time.monotonic()
    draws = draws_of(problem)
    plain = compiled(_linear(problem, draws.values @ draws.chance))
    ties = tied(problem, plain)
    run = _Run(problem, problem.over, draws, plain, ties, gap, began + seconds, told, began)
    mean = _weighted(run, draws.chance, start)
    try:
        _searched(run, mean)
    except (Enough, KeyboardInterrupt):
        if run.chosen is None or run.lam is None:
            raise
    assert run.chosen is not None and run.lam is not None
    sign = problem.sign
    return Solution(
        problem, sign * run.value, sign * max(run.bound, run.value), run.chosen, run.lam,
        time.monotonic() - began, run.proof,
    )  # fmt: skip


def _searched(run: _Run, mean: Solution) -> None:
    if run.over.how == "mean":
        run.bounded(mean.bound, mean.lam, mean.proof)
        run.planned(mean.options)
    elif run.over.how == "cvar" or run.over.share < float(run.draws.chance.min()):
        # Where no draw may be left out, the quantile is the worst draw, and so is the mean of so small a share.
        run.over = Over("cvar", run.over.share)
        _cvar(run, mean)
    else:
        _quantile(run, mean)


def _linear(problem: Problem, values: FloatArray) -> Problem:
    """The problem whose aim is a column of values."""
    table = problem.options
    return replace(
        problem, options=replace(table, columns={**table.columns, _VALUE: values}), aim=((_VALUE, 1.0),), over=None
    )  # fmt: skip


def _weighted(run: _Run, weights: FloatArray, start: FloatArray | None) -> Solution:
    """The plain problem at weights of the draws; its bound takes in what weighting rounds."""
    seconds = max(1.0, 0.3 * run.left())
    found = solve(_linear(run.problem, run.draws.values @ weights), run.gap, seconds, start=start)
    return replace(found, bound=found.bound + _rounded(run, weights))


def _rounded(run: _Run, weights: FloatArray) -> float:
    """By how much rounding may have lowered a bound at these weights: of sums over draws, and of weights themselves."""
    exact = sum((Fraction(float(one)) for one in weights), Fraction(0))
    apart = float(abs(exact - 1)) + (2 * len(weights) + 8) * _ROUNDOFF
    largest = np.abs(run.draws.values).max(axis=1, initial=0.0)
    return 1.01 * apart * float(np.maximum.reduceat(largest, run.problem.options.ptr[:-1]).sum())


# --- the mean of the worst ------------------------------------------------------------------------------------------


def _cvar(run: _Run, mean: Solution) -> None:
    """Weights of the draws and prices of the rows by one descent, a plan from them, the core closed by HiGHS."""
    run.bounded(mean.bound, mean.lam, mean.proof)  # the mean of the worst is never more than the mean
    run.planned(mean.options)
    if run.done():
        return
    c = _with_draws(run)
    if len(c.kind) > _TINY:
        _descended(run, c, mean)
    if run.small and not run.done():
        low, high = _reach(run)
        assert run.lam is not None
        bound = _part(run, c, _levelled(run, c, low, high, 1), np.arange(c.n), run.left())
        run.bounded(bound + low + 1e-9 * abs(bound), run.lam, "branching")


def _descended(run: _Run, c: Compiled, mean: Solution) -> None:
    """Weights and prices, round by round nearer, and plans from them."""
    rows = run.plain.rows
    lam = np.concatenate([mean.lam, run.draws.chance])
    for size, limit in _CORES:
        assert run.chosen is not None
        sums = run.draws.values[run.chosen].sum(axis=0)
        wide = 2.0 * float(np.ptp(sums)) + 1e-3 * float(np.abs(sums).max()) + 1e-9
        found = dual.prices(
            _levelled(run, c, float(sums.min()) - wide, float(sums.max()) + wide, _PIECES),
            0.3 * run.gap, lam, run.until,
        )  # fmt: skip
        lam = found.lam
        weights = _fair(lam[rows:], run.draws.chance / run.over.share)
        fixed = _weighted(run, weights, lam[:rows])
        run.bounded(fixed.bound, fixed.lam, fixed.proof)
        run.planned(fixed.options)
        if run.ties is None and not run.done():
            _dealt(run, c, weights, lam[:rows], found.mu)
        if run.done() or run.ties is not None or len(c.kind) <= WHOLE // 4:
            break
        _closed(run, c, weights, lam[:rows], size, limit)
        if run.done():
            break


def _with_draws(run: _Run) -> Compiled:
    """The rows of the problem, and one for each draw behind them: what it comes to, to be set against a level."""
    held = _linear(run.problem, np.zeros(run.problem.options.size))
    names = [_DRAW.format(label) for label in run.draws.labels]
    columns = {**held.options.columns, **dict(zip(names, run.draws.values.T, strict=True))}
    rows = (*held.rows, *(Row(name, True, 0.0) for name in names))
    return compiled(replace(held, options=replace(held.options, columns=columns), rows=rows))


def _levelled(run: _Run, c: Compiled, low: float, high: float, pieces: int) -> Compiled:
    """With a level from `low` to `high`, and how far each draw falls short of it, in pieces."""
    count, first = len(run.draws.chance), run.plain.rows
    columns = [int(c.term_column[c.term_ptr[first + s]]) for s in range(count)]
    step = (high - low) / pieces
    level = Amounts(step, dict.fromkeys(columns, -step), tuple(range(first, c.rows)), pieces)
    costs = step * run.draws.chance / run.over.share
    short = [Amounts(-float(costs[s]), {columns[s]: step}, (first + s,), pieces) for s in range(count)]
    return extended(replace(c, limit=np.concatenate([c.limit[:first], np.full(count, -low)])), [level, *short])


def _reach(run: _Run) -> tuple[float, float]:
    """The least and the most that any draw can come to."""
    ends, values = run.plain.ptr[:-1], run.draws.values[run.plain.options]
    least = np.minimum.reduceat(values.min(axis=1), ends).sum()
    return float(least), float(np.maximum.reduceat(values.max(axis=1), ends).sum())


def _fair(weights: FloatArray, most: FloatArray) -> FloatArray:
    """The weights brought to a sum of 1, none above its most."""
    found = np.minimum(np.maximum(weights, 0.0), most)
    whole = float(found.sum())
    if whole >= 1.0:
        return np.asarray(found / whole)
    room = most - found
    return np.asarray(found + room * min(1.0, (1.0 - whole) / max(float(room.sum()), 1e-300)))


def _weighed(run: _Run, c: Compiled, weights: FloatArray) -> Compiled:
    cells = c.cells.copy()
    cells[:, 0] = run.at(weights)
    return replace(c, cells=cells)


def _dealt(run: _Run, c: Compiled, weights: FloatArray, lam: FloatArray, mu: float) -> None:
    """A plan dealt out so that the sum of each draw stays near that of the spread plan."""
    at = _weighed(run, c, weights)
    prices = np.concatenate([lam, np.zeros(len(weights))])
    look = dual.Dual(at).look(prices, mu, curved=False)
    excess, room = -look.gradient, 3.0 * dual.sizes_of(at)
    near = np.concatenate([excess[: len(lam)], -room[len(lam) :]])
    at = replace(at, limit=at.limit + (excess - near))
    run.picked(core.dealt(at, dual.Prices(prices, mu, look.hard, 0.0, near)).pick)


def _closed(run: _Run, c: Compiled, weights: FloatArray, lam: FloatArray, size: int, limit: float) -> None:
    """The best plan in which all but `size` undecided units stay as they are, by HiGHS."""
    at = _weighed(run, run.plain, weights)
    table = scan.price_table(lam, *at.terms, at.row_ptr, at.row_of, at.columns)
    _, _, behind = scan.best(at.ptr, at.kind, at.cls, at.cells, table)
    low, high = _reach(run)
    units = core.undecided(at, behind, size)
    _part(run, c, _levelled(run, c, low, high, 1), units, min(limit, run.left()))


def _part(run: _Run, c: Compiled, levelled: Compiled, units: IntArray, seconds: float, whole: int = 0) -> float:
    """HiGHS on some units and the amounts, the rest as in the best plan; its bound of what is asked for.

    `whole` of the amounts, the first, are on or off and nothing between.
    """
    assert run.chosen is not None
    pick = np.searchsorted(run.plain.options, run.chosen)
    inside = np.concatenate([units, np.arange(c.n, levelled.n)])
    lengths = levelled.ptr[inside + 1] - levelled.ptr[inside]
    of = np.repeat(np.arange(len(inside)), lengths)
    options = np.repeat(levelled.ptr[inside] - np.cumsum(lengths) + lengths, lengths) + np.arange(int(lengths.sum()))
    rest = np.ones(c.n, dtype=bool)
    rest[units] = False
    used = np.zeros(levelled.rows)
    used[: c.rows] = core.used_of(c, pick, rest)
    answer = solver.solve_part(
        levelled, inside, options, of, levelled.limit - used, integer=True, seconds=seconds,
        gap=0.5 * run.gap * abs(run.value), start=pick[units], loose=levelled.n - c.n - whole,
        extra=None if run.ties is None else _behind(extra_of(c, run.ties), len(levelled.kind) - len(c.kind)),
    )  # fmt: skip
    if answer.pick is None:
        return np.inf
    found = pick.copy()
    found[units] = answer.pick[: len(units)]
    run.picked(found)
    return answer.bound


def _behind(extra: Extra, more: int) -> Extra:
    """What ties units together, with `more` columns of amounts between the options and its own."""
    options = len(extra.barred)
    return replace(
        extra, column=extra.column + np.where(extra.column < options, 0, more),
        shown_column=extra.shown_column + more, barred=np.append(extra.barred, np.zeros(more, dtype=bool)),
    )  # fmt: skip


# --- a quantile -----------------------------------------------------------------------------------------------------


def _quantile(run: _Run, mean: Solution) -> None:
    """What each draw can come to alone bounds the quantile; a plan by leaving out the draws that are worst so far."""
    run.lam = mean.lam
    run.planned(mean.options)
    lam = mean.lam
    bests = np.empty(len(run.draws.chance))
    for s in range(len(bests)):
        alone = _weighed(run, run.plain, np.eye(len(bests))[s])
        lam = dual.prices(alone, 0.3 * run.gap, lam, run.until).lam
        bests[s] = proof.bound(alone, lam)
    run.bounded(together(run.over, bests, run.draws.chance), mean.lam, "prices")
    kept = np.ones(len(bests), dtype=bool)
    for _ in range(_TURNS if len(run.plain.kind) > _TINY else 1):
        before = run.value
        if run.done():
            return
        inner = _without(run, kept)
        _cvar(inner, _weighted(inner, inner.draws.chance, mean.lam))
        assert inner.chosen is not None
        run.planned(inner.chosen)
        run.lam = inner.lam
        if run.value <= before and not kept.all():
            break
        assert run.chosen is not None
        kept = _not_worst(run, run.chosen)
    if run.small and not run.done():
        _quantile_whole(run)


def _not_worst(run: _Run, chosen: IntArray) -> BoolArray:
    """(S) the draws but for the worst of a plan, as many as the share lets out."""
    order = np.argsort(sums_of(run.draws.values, chosen), kind="stable")
    out = np.cumsum(run.draws.chance[order]) <= run.over.share + CHANCE
    kept = np.ones(len(order), dtype=bool)
    kept[order[out]] = False
    return kept


def _without(run: _Run, kept: BoolArray) -> _Run:
    """The mean of the worst share of all draws; where some are left out the worst of the others."""
    chance = run.draws.chance[kept] / run.draws.chance[kept].sum()
    labels = tuple(one for one, there in zip(run.draws.labels, kept, strict=True) if there)
    share = run.over.share if kept.all() else float(chance.min())
    return replace(
        run, over=Over("cvar", share), draws=Draws(labels, chance, run.draws.values[:, kept]), told=None,
        until=time.monotonic() + 0.4 * run.left(), chosen=None, value=-np.inf, bound=np.inf,
    )  # fmt: skip


def _quantile_whole(run: _Run) -> None:
    """The whole to HiGHS: a level that all draws reach but those let out, whose chances are within the share."""
    c = _with_draws(run)
    count, first = len(run.draws.chance), run.plain.rows
    low, high = run.value, min(run.bound, _reach(run)[1])
    short = high - _reach(run)[0]
    columns = [int(c.term_column[c.term_ptr[first + s]]) for s in range(count)]
    c_out = c.columns  # a quantity of its own: the chance of the draws let out
    wider = replace(
        c, cells=np.column_stack([c.cells, np.zeros(len(c.kind))]),
        term_ptr=np.append(c.term_ptr, c.term_ptr[-1] + 1), term_column=np.append(c.term_column, c_out),
        term_weight=np.vstack([c.term_weight, np.ones(c.kinds)]),
        limit=np.concatenate([c.limit[:first], np.full(count, -low), [run.over.share + CHANCE]]),
    )  # fmt: skip
    out = [
        Amounts(0.0, {columns[s]: short, c_out: float(run.draws.chance[s])}, (first + s, c.rows)) for s in range(count)
    ]
    level = Amounts(high - low, dict.fromkeys(columns, -(high - low)), tuple(range(first, c.rows)))
    bound = _part(run, c, extended(wider, [*out, level]), np.arange(c.n), run.left(), whole=count)
    assert run.lam is not None
    run.bounded(bound + low + 1e-9 * abs(high), run.lam, "branching")
