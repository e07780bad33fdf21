"""What becomes of a plan when costs, yields or prices are other than thought."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from tilth.core import BadInput
from tilth.plan.problem import Problem, Row
from tilth.plan.solving import Progress, Solution, solve
from tilth.plan.table import Options
from tilth.plan.tallying import tallied, worth

#: Cases that a table may hold in columns of their own: `cost_yuan_low`, `cost_yuan` and `cost_yuan_high`.
LEVELS = ("low", "mid", "high")
#: Sums of measured quantities may pass a limit by this share of it.
_LOOSE = 1e-9


@dataclass(frozen=True)
class Case:
    """One quantity as it may be, the best plan then, and what the plan at hand would come to."""

    column: str
    case: str  # "0.8", or "low"
    solution: Solution | None  # None where no plan meets all demands
    refused: BadInput | None
    kept: float  # what the plan at hand is worth in this case
    passed: tuple[Row, ...]  # demands that it would not meet
    changed: int  # units that the best plan treats otherwise than the plan at hand


def in_case(table: Options, column: str, case: float | str) -> Options:
    """The table with a quantity times a factor, or with the low or high column in its place; its draws likewise."""
    if column not in table.columns:
        raise BadInput("PLAN-UNKNOWN", what="quantity", name=column, known=", ".join(table.columns))
    if case == "mid":
        return table
    if isinstance(case, str):
        name = f"{column}_{case}"
        if case not in LEVELS or name not in table.columns:
            raise BadInput("PLAN-CASE", name=column, case=case, known=", ".join(cases_of(table, column)) or "—")
        return replace(table, columns={**table.columns, column: table.columns[name]})
    own = re.compile(re.escape(column) + r"(_draw\w+)?")
    scaled = {name: np.asarray(one) * case for name, one in table.columns.items() if own.fullmatch(name) and case != 1}
    return replace(table, columns={**table.columns, **scaled})


def cases_of(table: Options, column: str) -> list[str]:
    """The cases that the table holds columns for; "mid" is the column itself."""
    there = [one for one in LEVELS if one == "mid" or f"{column}_{one}" in table.columns]
    return there if len(there) > 1 else []


def varied(
    base: Solution,
    column: str,
    problems: Mapping[str, Problem],
    *,
    gap: float = 1e-3,
    seconds: float = 120.0,
    progress: Callable[[str, Progress], None] | None = None,
) -> list[Case]:
    """Each case solved, beginning with the prices of the plan at hand, and that plan judged in it.

    Parameters
    ----------
    problems
        The problem of each case; all have the options of `base` in the same order.
    """
    found = []
    for case, problem in problems.items():
        here = replace(base, problem=problem, value=worth(problem, base.options))
        passed = tuple(one.row for one in tallied(here) if one.left < -_LOOSE * max(1.0, abs(one.limit)))
        best, refused = _best(here, gap, seconds, None if progress is None else _told(progress, case))
        if best is not None and not passed and problem.sign * (here.value - best.value) >= 0:
            best = replace(best, options=base.options, value=here.value)
        changed = 0 if best is None else int((best.options != base.options).sum())
        found.append(Case(column, case, best, refused, here.value, passed, changed))
    return found


def _best(
    here: Solution, gap: float, seconds: float, told: Callable[[Progress], None] | None
) -> tuple[Solution | None, BadInput | None]:
    """The best plan, or why there is none."""
    try:
        return solve(here.problem, gap, seconds, told, here.lam), None
    except BadInput as error:
        if error.code not in {"PLAN-INFEASIBLE", "PLAN-NONE-FOUND"}:
            raise
        return None, error


def _told(progress: Callable[[str, Progress], None], case: str) -> Callable[[Progress], None]:
    return lambda one: progress(case, one)
