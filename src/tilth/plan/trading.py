"""How much of the aim is given up for more of another quantity: plans along the border of what can be had of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tilth.core import BadInput
from tilth.plan.problem import Problem, Row
from tilth.plan.solving import Progress, Solution, solve
from tilth.plan.tallying import total, worth

#: The last point asks for all of the other quantity but this share of its range.
_SPARED = 1e-3


@dataclass(frozen=True)
class Point:
    """The best plan that comes to at least, or at most, so much of the other quantity."""

    asked: float | None  # of the other quantity; None: nothing, the aim alone
    other: float  # what the plan comes to in it
    solution: Solution


def frontier(
    problem: Problem,
    against: str,
    *,
    least: bool = False,
    points: int = 9,
    gap: float = 1e-3,
    seconds: float = 120.0,
    progress: Callable[[int, Progress], None] | None = None,
) -> list[Point]:
    """Plans from the best in the aim to the best in `against`, evenly apart in `against`, each with its bound.

    The first point asks for nothing of `against`; each other one begins with its neighbour's prices. A plan that is
    better in both takes its neighbour's place, and no bound is worse than that of the point that asks for less.

    Parameters
    ----------
    least
        Whether less of `against` is better, as of water.
    seconds
        For each point.
    """
    if points < 2:
        raise BadInput("PLAN-POINTS", count=points)
    problem = replace(problem, then=())
    table = problem.options
    if against not in table.columns:
        raise BadInput("PLAN-UNKNOWN", what="quantity", name=against, known=", ".join(table.columns))

    def told(at: int) -> Callable[[Progress], None] | None:
        return None if progress is None else lambda one: progress(at, one)

    def other(one: Solution) -> float:
        return total(np.asarray(table.columns[against])[one.options])

    first = solve(problem, gap, seconds, told(0))
    far = solve(replace(problem, aim=((against, -1.0 if least else 1.0),), over=None, then=()), gap, seconds, told(1))
    begin, end = other(first), other(far)
    found = [first]
    lam = np.append(first.lam, 0.0)
    asked: list[float | None] = [None]
    if (begin - end if least else end - begin) > 0:
        for at in range(1, points):
            share = min(at / (points - 1), 1.0 - _SPARED)
            limit = begin + (end - begin) * share
            asked.append(limit)
            floor = replace(problem, rows=(*problem.rows, Row(against, not least, limit)))
            found.append(_point(floor, far, found[-1], lam, gap, seconds, told(at + 1)))
            lam = found[-1].lam
    found = _enveloped(found)
    return [Point(limit, other(one), one) for limit, one in zip(asked, found, strict=True)]


def _point(
    problem: Problem, far: Solution, before: Solution, lam: np.ndarray, gap: float, seconds: float,
    told: Callable[[Progress], None] | None,
) -> Solution:  # fmt: skip
    """The best plan of one point; where none is found that at the far end, which meets every floor."""
    try:
        return solve(problem, gap, seconds, told, lam)
    except BadInput as refused:
        if refused.code != "PLAN-NONE-FOUND":
            raise
        value = worth(problem, far.options)
        return replace(far, problem=problem, value=value, bound=before.bound, lam=lam)


def _enveloped(found: list[Solution]) -> list[Solution]:
    """What holds at a point that asks for more holds at those that ask for less; and bounds the other way."""
    sign = found[0].problem.sign
    for at in range(len(found) - 2, -1, -1):
        here, beyond = found[at], found[at + 1]
        if sign * (beyond.value - here.value) > 0:
            found[at] = replace(here, options=beyond.options, value=beyond.value)
    for at in range(1, len(found)):
        here, nearer = found[at], found[at - 1]
        if sign * (here.bound - nearer.bound) > 0:
            found[at] = replace(here, bound=nearer.bound)
    return found
