"""What a stored plan is worth and what its limits cost, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tilth.api.plan_folders import kept_plan, kept_solution
from tilth.api.plan_solving import proven

if TYPE_CHECKING:
    from tilth.plan import Solution
    from tilth.runtime import Workspace


@dataclass(frozen=True)
class PlanExplained:
    """A solution in words, with the names that the plan gives."""

    name: str
    solution: Solution
    lines: tuple[str, ...]
    rows: tuple[str, ...]  # each demand, in the order of their numbers

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        from tilth.plan import explained, tallied

        found = self.solution
        return {"name": self.name, **proven(found, tuple(tallied(found))), "said": explained(found)}


def plan_explain(workspace: Workspace, name: str) -> PlanExplained:
    """The proof of `plans/NAME` in one line, then what relaxing each limit is worth, the dearest first.

    Raises
    ------
    BadInput, NotFound
        If there is no such plan, it is not solved yet, or a file of it was changed.
    """
    from tilth.plan import explained, row_told

    plan = kept_plan(workspace, name)
    found = kept_solution(plan)
    rows = tuple(row_told(one, plan.words) for one in found.problem.rows)
    return PlanExplained(name, found, tuple(explained(found, plan.words)), rows)
