"""What becomes of a plan when costs, yields or prices are other than thought: low, mid and high."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.plan_folders import KeptPlan, kept_plan, kept_solution, plan_book, posed
from tilth.api.plan_solving import plan_heading
from tilth.core import BadInput, label

if TYPE_CHECKING:
    from tilth.plan import Case, Naming, Progress, Solution
    from tilth.report import Listing
    from tilth.report.model import Kind
    from tilth.runtime import Workspace

_AREA = "area_dm2"


@dataclass(frozen=True)
class PlanSensitivity:
    """A plan and what it becomes in each case."""

    plan: KeptPlan
    base: Solution
    cases: tuple[Case, ...]
    asked_gap: float
    files: tuple[Path, ...] = ()

    def areas(self, solution: Solution) -> dict[str, int]:
        """Area of each treatment that is chosen, in dm²; units where the table has no areas."""
        from tilth.plan import total

        table = self.plan.options
        codes = table.treatment[solution.options]
        sizes = table.columns.get(_AREA)
        found = {}
        for code, name in enumerate(table.treatments):
            own = solution.options[codes == code]
            if len(own):
                found[name] = len(own) if sizes is None else int(total(sizes[own]))
        return found

    @property
    def areas_in(self) -> str:
        """What the areas are counted in: "dm2" or "units"."""
        return "dm2" if _AREA in self.plan.options.columns else "units"

    def rows(self, naming: Naming | None = None) -> list[dict[str, Any]]:
        """A row for each case; quantities and demands as the tables call them, or as `naming` does."""
        from tilth.plan import AS_WRITTEN, row_told

        found, naming = [], naming or AS_WRITTEN
        for one in self.cases:
            best = one.solution
            found.append({
                "column": str(naming.quantity(one.column)), "case": one.case,
                "value": None if best is None else best.value, "bound": None if best is None else best.bound,
                "gap": None if best is None else best.gap, "changed": None if best is None else one.changed,
                "refused": None if one.refused is None else one.refused.said, "kept_value": one.kept,
                "kept_fails": [row_told(row, naming) for row in one.passed],
                "treatments": {} if best is None else self.areas(best),
            })  # fmt: skip
        return found

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        base = self.base
        return {
            "name": self.plan.name, "value": base.value, "bound": base.bound, "gap": base.gap,
            "gap_asked": self.asked_gap, "units": self.plan.options.n, "areas_in": self.areas_in,
            "treatments": self.areas(base), "cases": self.rows(), "files": [one.name for one in self.files],
        }  # fmt: skip


def plan_sensitivity(
    workspace: Workspace,
    name: str,
    factors: Mapping[str, Sequence[float | str]],
    *,
    gap: float = 1e-3,
    seconds: float = 120.0,
    out: str | Path | None = None,
    made_on: str | None = None,
    told: Callable[[str, str, Progress], None] | None = None,
) -> PlanSensitivity:
    """The best plan of `plans/NAME`, and what its solution would come to, with each quantity as it may turn out.

    Parameters
    ----------
    factors
        For each quantity the factors to try, or "low", "mid", "high" where the table has columns of these
        (`cost_yuan_low`, `cost_yuan_high`); empty: all cases that the table has. One quantity changes at a time.
    seconds
        For each case.
    out
        Folder for a workbook of the cases; none is written without.
    told
        Is told quantity, case and progress.

    Raises
    ------
    BadInput, NotFound
        If there is no such plan or quantity, or the plan is not solved yet.
    """
    from tilth.plan import by_first_aim, cases_of, in_case, varied
    from tilth.runtime import write_whole

    plan = kept_plan(workspace, name)
    base = by_first_aim(kept_solution(plan))
    if not factors:
        raise BadInput("PLAN-FACTOR-NONE", known=", ".join(plan.options.columns))
    problems = {}
    for column, given in factors.items():
        tried = given or cases_of(plan.options, column)
        for one in tried:
            if not isinstance(one, str) and not 0 <= one < float("inf"):
                raise BadInput("PLAN-FACTOR", name=column, value=one)
        if not tried:
            raise BadInput("PLAN-CASE", name=column, case="low", known="—")
        problems[column] = {
            one if isinstance(one, str) else f"{one:g}": replace(
                posed(in_case(plan.options, column, one), plan.asked, plan.crops, plan.measures), then=()
            )
            for one in tried
        }  # fmt: skip
    cases = [
        one
        for column, own in problems.items()
        for one in varied(base, column, own, gap=gap, seconds=seconds, progress=_telling(told, column))
    ]
    done = PlanSensitivity(plan, base, tuple(cases), gap)
    if out is None:
        return done
    title = label("PLAN-SENSITIVITY-BOOK", name=done.plan.about["title"])
    book = plan_book(workspace, done.plan, [sensitivity_listing(done)], title, made_on)
    written = write_whole(Path(out) / f"sensitivity-{name}.xlsx", book)
    return replace(done, files=(written,))


def _telling(
    told: Callable[[str, str, Progress], None] | None, column: str
) -> Callable[[str, Progress], None] | None:  # fmt: skip
    return None if told is None else lambda case, one: told(column, case, one)


def sensitivity_listing(done: PlanSensitivity) -> Listing:
    """The cases as a table: value, bound, units changed, what the plan at hand would come to, areas by treatment."""
    from tilth.report import ListColumn, Listing

    figures = ("value", "bound", "gap", "changed", "kept_value")
    kinds, words = list(done.plan.options.treatments), done.plan.words
    area: Kind = "area" if done.areas_in == "dm2" else "number"
    columns = (
        ListColumn("column", plan_heading("quantity")), ListColumn("case", plan_heading("case")),
        *(ListColumn(one, plan_heading(one), "number") for one in figures),
        ListColumn("kept_fails", plan_heading("kept_fails")), ListColumn("refused", plan_heading("refused")),
        *(ListColumn(f"treatment_{at}", words.value("treatment", one), area) for at, one in enumerate(kinds)),
    )  # fmt: skip
    rows = tuple(
        (
            row["column"], row["case"], *(row[one] for one in figures), "; ".join(row["kept_fails"]),
            row["refused"] or "", *(row["treatments"].get(one, 0) if row["treatments"] else None for one in kinds),
        )
        for row in done.rows(words)
    )  # fmt: skip
    return Listing("sensitivity", label("PLAN-SENSITIVITY-TITLE"), columns, rows, label("PLAN-SENSITIVITY-NOTE"))
