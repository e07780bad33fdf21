"""Why no plan meets all demands: the rows in conflict, and the smallest relaxation that would do."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import numpy as np

from tilth.core import BadInput, BoolArray, FloatArray, Label, enumerated, label, message
from tilth.plan import core, dual, proof, solver
from tilth.plan.compiled import Compiled
from tilth.plan.core import Plan
from tilth.plan.problem import Problem
from tilth.plan.relaxing import relaxation
from tilth.plan.telling import row_told, tie_told
from tilth.plan.tied_model import extra_of
from tilth.plan.ties import Ties

#: Larger problems are not given to HiGHS to find the smallest relaxation.
_SMALL = 60_000
#: Seconds that the smallest relaxation of a larger one may take at least; demands that are named; a share of 1, nearly.
_LONG, _NAMED, _AS_GOOD_AS = 60.0, 6, 0.9995


def without_plan(c: Compiled) -> FloatArray | None:
    """(rows) prices that prove that no choice meets all rows, if there are: what units give is less than rows ask."""
    cells = c.cells.copy()
    cells[:, 0] = 0.0
    empty = replace(c, cells=cells)
    found = dual.prices(empty, 1e-6, never=0.0).lam
    return found if proof.bound(empty, found) < 0 else None


def tied_out(problem: Problem) -> BadInput:
    """What is said where no choice keeps the ties, whatever the rows ask for."""
    return BadInput("PLAN-TIED", ties=enumerated([tie_told(tie) for tie in problem.ties]))


def refuse(
    problem: Problem, c: Compiled, seconds: float, plan: Plan | None = None, ties: Ties | None = None
) -> NoReturn:
    """Say which rows are in conflict, or, where that is not proven, how near the nearest plan came."""
    size = dual.sizes_of(c)
    if len(c.kind) <= _SMALL:
        extra = None if ties is None else extra_of(c, ties)
        answer = solver.passing(c, size, integer=False, seconds=seconds, extra=extra)
        if answer.over is not None and float((answer.over / size).sum()) <= 1e-7:
            answer = solver.passing(c, size, integer=True, seconds=seconds, extra=extra)
        if answer.status == "infeasible":
            raise tied_out(problem)
        if answer.over is not None and float((answer.over / size).sum()) > 1e-9:
            over = answer.over
            priced = over > 1e-9 * size if answer.lam is None else (answer.lam * size > 1e-7) | (over > 1e-9 * size)
            _infeasible(problem, over, priced, size)
    else:
        found = relaxation(c, size, max(seconds, _LONG))
        if found is not None:
            priced = found.lam * size > 1e-3 * float((found.lam * size).max())
            _infeasible(problem, found.over, priced | (found.over > 0), size, found.share(size), tied=ties is not None)
    near = proof.passed(c, plan.pick) if plan is not None else core.excess_of(c, c.ptr[:-1])
    rows = [f"{row_told(problem.rows[r])} ({near[r]:+.6g})" for r in np.flatnonzero(near > proof.tolerance(c))[:6]]
    raise BadInput("PLAN-NONE-FOUND", rows=enumerated(rows))


def _infeasible(
    problem: Problem, over: FloatArray, named: BoolArray, size: FloatArray, share: float = 1.0, *, tied: bool = False
) -> NoReturn:
    """`share` is what a smaller relaxation would come to at least; with `tied` it looks away from ties."""
    rows = [row_told(problem.rows[r]) for r in np.flatnonzero(named)[:_NAMED]]
    largest = [int(r) for r in np.argsort(-over / size)[:_NAMED] if over[r] > 1e-9 * size[r]]
    relaxed = [f"{row_told(problem.rows[r])}: {over[r]:.10g}" for r in largest]
    more = int((over > 1e-9 * size).sum()) - len(relaxed)
    if more:
        relaxed.append(message("PLAN-RELAXED-MORE", count=more))
    said = [enumerated(relaxed)]
    if share < _AS_GOOD_AS:
        said.append(label("PLAN-RELAXED-NEARLY", share=f"{100 * (1 - share):.2g} %"))
    if tied:
        said.append(label("PLAN-RELAXED-TIED"))
    whole = Label("".join(one.en for one in said), "".join(one.zh for one in said))
    raise BadInput("PLAN-INFEASIBLE", rows=enumerated(rows), relaxed=whole)
