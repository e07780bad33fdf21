"""Solve a problem: prices, a plan from them, and the proof of how far from the best it can be at most."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tilth.core import BadInput, FloatArray, IntArray
from tilth.plan import core, dual, proof, solver, tied_solving
from tilth.plan.checking import check
from tilth.plan.compiled import Compiled
from tilth.plan.compiling import compiled
from tilth.plan.conflict import refuse, tied_out, without_plan
from tilth.plan.core import Plan
from tilth.plan.problem import Over, Problem, Row
from tilth.plan.tied_model import extra_of
from tilth.plan.tied_solving import judged
from tilth.plan.ties import Ties
from tilth.plan.tying import crossing, tied
from tilth.plan.warming import warmed

#: Problems of so many options and fewer go to HiGHS whole where prices alone do not close the gap.
WHOLE = 40_000
#: Undecided units that are closed by HiGHS, round by round, and its seconds.
_CORES = ((800, 6.0), (1600, 20.0), (4000, 60.0))


@dataclass(frozen=True)
class Progress:
    """How far a run is: best plan and bound so far, and the seconds since it began."""

    value: float
    bound: float
    seconds: float

    @property
    def gap(self) -> float:
        """The most that the plan may lie below the best, as a share of its value."""
        return gap_of(self.value, self.bound)


class Enough(Exception):
    """Raised by whoever is told of the progress, once there is a plan: the best so far is taken."""


@dataclass(frozen=True)
class Stage:
    """An aim before the last, and how good the plan had to be in it."""

    aim: tuple[tuple[str, float], ...]
    over: Over | None
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """The most that it may lie from the best, as a share of its value."""
        return gap_of(self.value, self.bound)


@dataclass(frozen=True)
class Solution:
    """A plan and its proof. `value` is the aim's; no plan is better than `bound`."""

    problem: Problem
    value: float
    bound: float
    options: IntArray  # (n) the option chosen for each unit, by its place in the table
    lam: FloatArray  # (rows) what one more of each limit is worth to the aim
    seconds: float
    proof: str  # "prices": recomputed from them; "branching": HiGHS searched all other plans
    stages: tuple[Stage, ...] = ()  # aims before this one, whose demands stand among the rows

    @property
    def gap(self) -> float:
        """The most that this plan may lie from the best, as a share of its value."""
        return gap_of(self.value, self.bound)

    @property
    def choice(self) -> list[str]:
        """(n) the treatment of each unit."""
        table = self.problem.options
        return [table.treatments[code] for code in table.treatment[self.options].tolist()]

    @property
    def start(self) -> IntArray:
        """(n) the year in which each unit's treatment begins; 0 where none does."""
        begins = self.problem.options.start
        return np.zeros(len(self.options), np.int64) if begins is None else begins[self.options]

    @property
    def prices(self) -> Mapping[Row, float]:
        """What relaxing each row by one unit of its column is worth, as proven: all but 0 where there is room left."""
        return dict(zip(self.problem.rows, self.lam.tolist(), strict=True))

    def total(self, column: str) -> float:
        """Sum of a quantity over the plan."""
        return float(np.asarray(self.problem.options.columns[column])[self.options].sum())


def gap_of(value: float, bound: float) -> float:
    """Distance of value and bound as a share of the value; infinite while there is no plan."""
    if not np.isfinite(value):
        return np.inf
    return abs(bound - value) / max(abs(value), 1e-12) if value != bound else 0.0


class Run:
    """The best plan and bound so far, and who is told of them."""

    def __init__(self, c: Compiled, gap: float, seconds: float, told: Callable[[Progress], None] | None) -> None:
        self.c, self.gap, self.told = c, gap, told
        self.began = time.monotonic()
        self.until = self.began + seconds
        self.plan: Plan | None = None
        self.bound = np.inf
        self.lam = np.zeros(c.rows)
        self.proof = "prices"

    def priced(self, lam: FloatArray) -> None:
        """A bound from prices, recomputed."""
        self.bounded(proof.bound(self.c, lam), lam)

    def bounded(self, found: float, lam: FloatArray) -> None:
        """A bound, and the prices it is from."""
        if found < self.bound:
            self.bound, self.lam = found, lam
        self.tell()

    def planned(self, plan: Plan) -> None:
        """A plan; kept when its rows hold and it is better."""
        kept = self.plan
        if kept is None or (plan.holds and (not kept.holds or plan.value > kept.value)):
            self.plan = plan
        self.tell()

    def tell(self, bound: float = np.inf) -> None:
        """Say how far the run is; `bound` is one that is not recomputed yet."""
        if self.told is not None:
            value = self.plan.value if self.plan is not None and self.plan.holds else -np.inf
            self.told(Progress(value, min(self.bound, bound), time.monotonic() - self.began))

    def left(self) -> float:
        """Seconds left."""
        return self.until - time.monotonic()

    def done(self) -> bool:
        """Whether the gap is closed or the time is up."""
        closed = self.plan is not None and self.plan.holds and gap_of(self.plan.value, self.bound) <= self.gap
        return closed or self.left() <= 0


def solve(
    problem: Problem,
    gap: float = 1e-3,
    seconds: float = 600.0,
    progress: Callable[[Progress], None] | None = None,
    start: Solution | FloatArray | None = None,
) -> Solution:
    """A plan proven to lie within `gap` of the best, or the best found in `seconds`.

    `start` is a former run, whose prices are begun with, and whose plan where it is one of the same table; or prices.
    The same problem and start give the same plan, whatever the number of processors. A problem that no plan meets is
    refused: the rows in conflict are named, and the smallest relaxation. An interrupt (Ctrl-C), or `Enough` raised by
    `progress`, ends the run with the best plan so far, if there is one. `seconds` count once machine code is ready.
    """
    check(problem)
    warmed(bool(problem.ties))
    lam = start.lam if isinstance(start, Solution) else start
    if problem.then:
        from tilth.plan.staging import solve_then

        return solve_then(problem, gap, seconds, progress, lam)
    if problem.over is not None:
        from tilth.plan.risky import solve_over

        return solve_over(problem, gap, seconds, progress, lam)
    c = compiled(problem)
    run = Run(c, gap, seconds, progress)
    if lam is not None and len(lam) != c.rows:
        raise BadInput("PLAN-START", count=len(lam), rows=c.rows)
    ties = tied(problem, c)
    try:
        if isinstance(start, Solution):
            _again(run, start, problem, ties)
        if not run.done():
            _searched(run, problem, ties, lam)
    except (Enough, KeyboardInterrupt) as stopped:
        if isinstance(stopped, KeyboardInterrupt) and (run.plan is None or not run.plan.holds):
            raise
    if run.plan is None or not run.plan.holds:
        refuse(problem, c, max(run.left(), 5.0), run.plan, ties)
    assert run.plan is not None
    sign = problem.sign
    bound = max(run.bound, run.plan.value)
    return Solution(
        problem, sign * run.plan.value, sign * bound, c.options[run.plan.pick], run.lam,
        time.monotonic() - run.began, run.proof,
    )  # fmt: skip


def _again(run: Run, start: Solution, problem: Problem, ties: Ties | None) -> None:
    """The bound of former prices, and the former plan, where it is one of this table."""
    c = run.c
    lam = np.maximum(start.lam, 0.0)
    if ties is None or crossing(problem, ties):
        run.priced(lam)  # without ties no plan is worth less
    else:
        run.bounded(tied_solving.bound(c, ties, lam), lam)
    if start.problem.options is problem.options:
        places = np.searchsorted(c.options, start.options)
        if np.array_equal(c.options[np.minimum(places, len(c.options) - 1)], start.options):
            run.planned(judged(c, places, ties))


def _searched(run: Run, problem: Problem, ties: Ties | None, lam: FloatArray | None) -> None:
    if ties is None:
        _by_prices(run, problem, lam)
    else:
        _tied(run, problem, ties, lam)
    if not run.done() and len(run.c.kind) <= WHOLE:
        _whole(run, problem, ties)


def _by_prices(run: Run, problem: Problem, start: FloatArray | None) -> None:
    c, wanted = run.c, 0.3 * run.gap
    lam: FloatArray | None = start
    for count, limit in _CORES:
        found = dual.prices(c, wanted, lam, run.until, lambda one: run.tell(one.bound))
        run.priced(found.lam)
        run.planned(core.dealt(c, found))
        if run.plan is not None and not run.plan.holds and without_plan(c) is not None:
            refuse(problem, c, max(run.left(), 5.0))
        if run.done() or len(c.kind) <= WHOLE // 4 or not c.rows:
            return
        assert run.plan is not None
        size = 0.25 * run.gap * abs(run.bound)
        run.planned(core.closed(c, found, run.plan, count, size, min(limit, max(run.left(), 0.1))))
        if run.done():
            return
        wanted, lam = wanted * 0.2, found.lam


def _tied(run: Run, problem: Problem, ties: Ties, start: FloatArray | None) -> None:
    across = crossing(problem, ties)
    small = len(run.c.kind) <= WHOLE
    if across is None:
        tied_solving.by_prices(run, ties, start, rounds=2 if small else 6)
        if run.bound == -np.inf:
            raise tied_out(problem)
    elif not small:
        raise across


def _whole(run: Run, problem: Problem, ties: Ties | None) -> None:
    """The whole problem to HiGHS, from the best plan on."""
    c = run.c
    of = np.repeat(np.arange(c.n), np.diff(c.ptr))
    kept = run.plan.pick if run.plan is not None and run.plan.holds else None
    size = run.gap * abs(run.plan.value) * 0.9 if kept is not None and run.plan is not None else 0.0
    room = c.limit + (0.0 if c.whole else 0.5 * proof.tolerance(c))
    answer = solver.solve_part(
        c, np.arange(c.n), np.arange(len(of)), of, room, integer=True, seconds=run.left(), gap=size, start=kept,
        extra=None if ties is None else extra_of(c, ties),
    )  # fmt: skip
    if answer.status == "infeasible":
        refuse(problem, c, max(run.left(), 5.0), None, ties)
    if answer.pick is not None:
        run.planned(judged(c, answer.pick, ties))
    if answer.bound < run.bound:
        run.bound, run.proof = answer.bound + 1e-9 * abs(answer.bound), "branching"
    run.tell()
