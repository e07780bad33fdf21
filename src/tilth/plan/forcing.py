"""What changes when one unit must have another treatment: value lost, demands touched, other units that give way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tilth.core import BadInput, IntArray
from tilth.plan import core, dual, proof, scan
from tilth.plan.compiling import compiled
from tilth.plan.core import Plan
from tilth.plan.problem import Problem
from tilth.plan.solving import Solution, solve

#: What rounding leaves of a gap that is closed, as a share of the value.
_CLOSED = 1e-6


@dataclass(frozen=True)
class Forced:
    """Two plans side by side: before, and with one unit forced."""

    before: Solution
    after: Solution
    unit: int  # its place
    changed: IntArray  # units whose option changed, by their place

    @property
    def lost(self) -> float:
        """How much worse the plan with the forced unit is; below 0 where it happens to be better."""
        return self.before.problem.sign * (self.before.value - self.after.value)

    @property
    def lost_of_the_best(self) -> tuple[float, float]:
        """What the best plan would lose lies proven between these two."""
        sign = self.before.problem.sign
        least = sign * (self.before.value - self.after.bound)
        return max(0.0, least), max(0.0, sign * (self.before.bound - self.after.value))

    @property
    def open(self) -> bool:
        """Whether it is not proven that the best plan loses anything, nor that it loses nothing."""
        least, most = self.lost_of_the_best
        return least == 0 and most > _CLOSED * abs(self.before.value)


def forced(
    before: Solution, unit: object, treatments: Sequence[str], *, gap: float = 1e-3, seconds: float = 120.0
) -> Forced:
    """The plan that stays nearest to `before` when `unit` must have one of `treatments`.

    Single units give way until every demand holds again; where that does not come within `gap` of the best, the whole
    problem is solved anew. What can be gained by further changes is gained.

    Raises
    ------
    BadInput
        If there is no such unit, it has no such option, or no plan meets all demands then.
    """
    table = before.problem.options
    place = [at for at in range(table.n) if table.name(at) == str(unit)]
    if not place:
        raise BadInput("PLAN-LOCK-UNIT", unit=str(unit))
    at = place[0]
    codes = table.treatment[table.ptr[at] : table.ptr[at + 1]]
    own = [table.treatments[code] for code in dict.fromkeys(codes.tolist())]
    if not set(own) & set(treatments):
        raise BadInput("PLAN-FORCE-NONE", unit=str(unit), treatment=", ".join(treatments), known=", ".join(own))
    problem = before.problem
    for one in own:
        if one not in treatments:
            problem = problem.locked_out(one, [unit])
    after = _near(problem, before, at, gap)
    if after is None:
        after = solve(problem, gap, seconds, start=before.lam)
    return Forced(before, after, at, np.flatnonzero(after.options != before.options))


def _near(problem: Problem, before: Solution, at: int, gap: float) -> Solution | None:
    """The plan before, mended around the forced unit; None where that does not do."""
    if problem.over is not None or problem.then or problem.ties:
        return None
    c = compiled(problem)
    table = scan.price_table(before.lam, *c.terms, c.row_ptr, c.row_of, c.columns)
    best, _, behind = scan.best(c.ptr, c.kind, c.cls, c.cells, table)
    pick = np.searchsorted(c.options, before.options)
    if c.options[min(int(pick[at]), len(c.options) - 1)] != before.options[at]:
        pick[at] = best[at]
    behind[at] = np.inf  # the forced unit is the last to give way again
    plan: Plan = core.mended(c, pick, table, behind, dual.sizes_of(c))
    bound = max(proof.bound(c, before.lam), plan.value)
    if not plan.holds or bound - plan.value > gap * abs(plan.value):
        return None
    sign = problem.sign
    return replace(
        before, problem=problem, value=sign * plan.value, bound=sign * bound, options=c.options[plan.pick],
        proof="prices",
    )  # fmt: skip
