"""Aims one after the other: the first as good as can be, then the next among the plans nearly as good in the first."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tilth.core import BadInput, FloatArray
from tilth.plan.draws import draws_of
from tilth.plan.problem import Problem, Row
from tilth.plan.solving import Progress, Solution, Stage, solve
from tilth.plan.tallying import worth

_AIM = "aim {}: {}"


def staged(problem: Problem, values: Sequence[float]) -> Problem:
    """The problem of the aim behind those of `values`, each held within what it may fall short by."""
    at = replace(problem, then=())
    for number, (value, then) in enumerate(zip(values, problem.then, strict=False), start=1):
        name = _AIM.format(number, " + ".join(one for one, _ in at.aim))
        columns = at.options.columns
        if at.over is not None:
            draws = draws_of(at)
            cells = draws.values @ draws.chance
        else:
            cells = np.asarray(sum(weight * np.asarray(columns[one]) for one, weight in at.aim))
        limit = at.sign * value - then.within * abs(value)
        table = replace(at.options, columns={**columns, name: cells})
        at = replace(at, options=table, rows=(*at.rows, Row(name, True, limit)), aim=then.aim, over=then.over)
    return at


def by_first_aim(solution: Solution) -> Solution:
    """A solution of several aims, judged by the first of them alone."""
    if not solution.stages:
        return solution
    first, count = solution.stages[0], len(solution.stages)
    problem = replace(solution.problem, aim=first.aim, over=first.over, rows=solution.problem.rows[:-count])
    return replace(
        solution, problem=problem, value=worth(problem, solution.options), bound=first.bound,
        lam=solution.lam[:-count], stages=(),
    )  # fmt: skip


def solve_then(
    problem: Problem, gap: float, seconds: float, told: Callable[[Progress], None] | None, start: FloatArray | None
) -> Solution:
    """Each aim solved in its turn; `stages` of the solution tell those before the last."""
    began = time.monotonic()
    found = solve(staged(problem, ()), gap, seconds, told, None if start is None else start[: len(problem.rows)])
    stages: list[Stage] = []
    for _ in problem.then:
        aim = found.problem
        stages.append(Stage(aim.aim, aim.over, found.value, found.bound))
        left = max(1.0, seconds - (time.monotonic() - began))
        following = staged(problem, [one.value for one in stages])
        found = _next(following, found, gap, left, told)
    return replace(found, seconds=time.monotonic() - began, stages=tuple(stages))


def _next(
    problem: Problem, before: Solution, gap: float, seconds: float, told: Callable[[Progress], None] | None
) -> Solution:
    """The best plan for the next aim; the plan before meets its rows, whatever else is found."""
    kept = worth(problem, before.options)
    try:
        found = solve(problem, gap, seconds, told, np.append(before.lam, 0.0))
    except BadInput as refused:
        if refused.code not in {"PLAN-NONE-FOUND", "PLAN-INFEASIBLE"}:
            raise
        free = solve(replace(problem, rows=problem.rows[:-1]), gap, seconds, told, before.lam)
        return replace(free, problem=problem, value=kept, options=before.options, lam=np.append(free.lam, 0.0))
    return found if problem.sign * (found.value - kept) >= 0 else replace(found, value=kept, options=before.options)
