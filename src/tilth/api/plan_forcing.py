"""What changes when one parcel must have another treatment than the plan gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tilth.api.plan_folders import KeptPlan, kept_plan, kept_solution

if TYPE_CHECKING:
    from tilth.plan import Forced, Naming
    from tilth.runtime import Workspace


@dataclass(frozen=True)
class PlanForced:
    """The plan before and the one with a unit forced."""

    plan: KeptPlan
    unit: str
    treatment: str
    forced: Forced

    @property
    def was(self) -> str:
        """The treatment that the plan gives the unit."""
        return self.forced.before.choice[self.forced.unit]

    def changes(self) -> list[dict[str, Any]]:
        """Each unit whose option changes: from what, to what."""
        table, before, after = self.plan.options, self.forced.before, self.forced.after

        def told(option: int) -> dict[str, Any]:
            start = {} if table.start is None else {"start": int(table.start[option])}
            return {"treatment": table.treatments[int(table.treatment[option])], **start}

        return [
            {"unit": table.name(at), "from": told(before.options[at]), "to": told(after.options[at])}
            for at in self.forced.changed.tolist()
        ]

    def demands(self, naming: Naming | None = None) -> list[dict[str, Any]]:
        """Each demand with what both plans come to in it, those that differ first; told as `naming` calls things."""
        from tilth.plan import AS_WRITTEN, row_told, tallied

        naming = naming or AS_WRITTEN
        pairs = zip(tallied(self.forced.before), tallied(self.forced.after), strict=True)
        rows = [
            {
                "said": row_told(old.row, naming),
                "unit": old.unit,
                "limit": old.limit,
                "before": old.used,
                "after": new.used,
            }
            for old, new in pairs
        ]
        return sorted(rows, key=lambda one: one["before"] == one["after"])

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        found = self.forced
        least, most = found.lost_of_the_best
        return {
            "name": self.plan.name, "unit": self.unit, "treatment": self.treatment, "was": self.was,
            "value_before": found.before.value, "value": found.after.value, "bound": found.after.bound,
            "gap": found.after.gap, "lost": found.lost, "lost_at_least": least, "lost_at_most": most,
            "rows": self.demands(), "changed": self.changes(),
        }  # fmt: skip


def plan_force(
    workspace: Workspace, name: str, unit: str, treatment: str, *, gap: float = 1e-3, seconds: float = 120.0
) -> PlanForced:
    """What is lost when `unit` of `plans/NAME` must have `treatment`, which demands it touches, and who gives way.

    Nothing is kept: to force it for good, make a new plan with a lock.

    Parameters
    ----------
    treatment
        A measure of the table, with any of its crops; or one with its crop, as the workbook names it.

    Raises
    ------
    BadInput, NotFound
        If there is no such plan, unit or option, it is not solved yet, or no plan meets all demands then.
    """
    from tilth.plan import forced

    plan = kept_plan(workspace, name)
    before = kept_solution(plan)
    table = plan.options
    own = plan.measures == treatment
    names = [table.treatments[code] for code in dict.fromkeys(table.treatment[own].tolist())] or [treatment]
    return PlanForced(plan, unit, treatment, forced(before, unit, names, gap=gap, seconds=seconds))
