"""Solve a plan of the workspace: value, bound and gap, what each demand takes, and every unit's assignment."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth import __version__
from tilth.api.plan_draws import draw_listings, in_draws, over_record
from tilth.api.plan_folders import (
    CHOICE,
    CROP,
    PROOF,
    SOLUTION,
    START,
    TREATMENT,
    UNIT,
    KeptPlan,
    as_json,
    digest,
    former,
    kept_plan,
    plan_book,
    put,
    sealed,
)  # fmt: skip
from tilth.core import BadInput, Label, label

if TYPE_CHECKING:
    from tilth.plan import Outcomes, Progress, Solution, Used
    from tilth.report import Listing
    from tilth.runtime import Workspace


#: What rounding leaves of a gap that is closed.
_ROUNDED = 1e-6


@dataclass(frozen=True)
class PlanSolved:
    """A plan's solution, what it takes of each demand, and the files of it."""

    plan: KeptPlan
    solution: Solution
    used: tuple[Used, ...]
    asked_gap: float
    folder: Path
    files: tuple[Path, ...]

    @property
    def reached(self) -> bool:
        """Whether the plan is proven to lie as near to the best as was asked for."""
        return self.solution.gap <= self.asked_gap + _ROUNDED

    @property
    def aim(self) -> str:
        """The quantity that is made as large, or as small, as it can be."""
        from tilth.plan import aim_told

        return aim_told(self.solution.problem.aim, self.solution.problem.over, self.plan.words)

    @cached_property
    def drawn(self) -> Outcomes | None:
        """The plan in each draw; None where nothing is uncertain."""
        from tilth.plan import outcomes

        return outcomes(self.solution)

    def totals(self) -> dict[str, float]:
        """The sum of each quantity that may be summed, over the plan; of whole numbers exact."""
        from tilth.plan import summed, total

        columns = self.plan.options.columns
        return {name: total(columns[name][self.solution.options]) for name in summed(self.plan.options)}

    def by_treatment(self) -> list[dict[str, Any]]:
        """Units and the sum of each quantity that may be summed, for each treatment that is chosen."""
        from tilth.plan import summed, total

        table, chosen = self.plan.options, self.solution.options
        rows = []
        for code, name in enumerate(table.treatments):
            own = chosen[table.treatment[chosen] == code]
            if len(own):
                sums = {one: total(table.columns[one][own]) for one in summed(table)}
                rows.append({TREATMENT: name, "units": len(own), **sums})
        return rows

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **proven(self.solution, self.used), "gap_asked": self.asked_gap, "name": self.plan.name,
            "folder": str(self.folder), "files": [one.name for one in self.files],
            "totals": self.totals(), "treatments": self.by_treatment(), "draws": in_draws(self.drawn),
        }  # fmt: skip


def plan_solve(
    workspace: Workspace,
    name: str,
    *,
    gap: float = 1e-3,
    seconds: float = 600.0,
    out: str | Path | None = None,
    made_on: str | None = None,
    start: str | None = None,
    told: Callable[[Progress], None] | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> PlanSolved:
    """Solve `plans/NAME` to a proven gap; the solution is stored beside its inputs, whole or not at all.

    Parameters
    ----------
    gap
        The most that the plan may lie from the best, as a share of its value.
    seconds
        After so long the best plan so far is taken.
    out
        Folder for the workbook of every unit's assignment; that of the solution without.
    start
        The plan to begin with: its prices, where demands are the same, and its choice, where the options are; without,
        the plan's own former solution, or that of the plan that it varies.
    told
        Is told value, bound and seconds while the run goes on.
    enough
        Is asked meanwhile; once it says so, the best plan so far is taken, if there is one yet.

    Raises
    ------
    BadInput, NotFound
        If there is no such plan, an input was changed, or no plan meets all demands.
    """
    from tilth.plan import Enough, Progress, solve, tallied

    if not 0 <= gap < 1 or not 0 < seconds < float("inf"):
        raise BadInput("PLAN-SOLVE-ASKED", gap=gap, seconds=seconds)
    plan = kept_plan(workspace, name)
    sign = plan.problem.sign

    def tell(one: Progress) -> None:
        if told is not None:
            told(Progress(sign * one.value, sign * one.bound, one.seconds))
        if isfinite(one.value) and enough():
            raise Enough

    found = solve(plan.problem, gap=gap, seconds=seconds, progress=tell, start=former(workspace, plan, start))
    done = PlanSolved(plan, found, tuple(tallied(found)), gap, plan.folder / SOLUTION, ())
    book = f"plan-{name}.xlsx"
    from tilth.runtime import write_whole

    lists = [_demands(done), *draw_listings(done.drawn, plan.words), _treatments(done), _assignment(done)]
    sheet = plan_book(workspace, plan, lists, label("PLAN-BOOK-TITLE", name=plan.about["title"]), made_on)
    choice = _choice(done)
    record = {
        **proven(found, done.used), "proven_at": found.lam.tolist(), "draws": in_draws(done.drawn), "gap_asked": gap,
        "inputs": plan.inputs, "choice_sha256": digest(choice),
        "rules": plan.about["version"], "software": f"tilth {__version__}", "solver": f"highspy {version('highspy')}",
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    files = {CHOICE: choice, PROOF: as_json(sealed(record))}
    if out is None:
        files[book] = sheet
    with workspace.writing():
        put(workspace, plan.folder / SOLUTION, files)
    written = [plan.folder / SOLUTION / one for one in files]
    if out is not None:
        written.append(write_whole(Path(out) / book, sheet))
    return replace(done, files=tuple(written))


def proven(found: Solution, used: tuple[Used, ...]) -> dict[str, Any]:
    """Value, bound, gap and every demand with its price."""
    from tilth.plan import row_told

    return {
        "aim": dict(found.problem.aim), "value": found.value, "bound": found.bound, "gap": found.gap,
        "seconds": found.seconds, "proof": found.proof, "over": over_record(found.problem.over),
        "stages": [
            {"aim": dict(one.aim), "over": over_record(one.over), "value": one.value, "bound": one.bound,
             "gap": one.gap}
            for one in found.stages
        ],
        "rows": [
            {
                "number": at, "column": one.row.column, "at_least": one.row.at_least, "limit": one.limit,
                "used": one.used, "unit": one.unit, "where": {name: _plain(value) for name, value in one.row.where},
                "price": one.price, "said": row_told(one.row),
            }
            for at, one in enumerate(used, start=1)
        ],
    }  # fmt: skip


def _plain(value: object) -> object:
    return value.item() if hasattr(value, "item") else value


def _chosen(done: PlanSolved) -> dict[str, Any]:
    """Columns of what is chosen, a row for each unit."""
    from tilth.plan import plain

    plan, at = done.plan, done.solution.options
    table = plan.options
    held: dict[str, Any] = {UNIT: table.names, **table.labels, TREATMENT: plan.measures[at]}
    if plan.crops is not None:
        held[CROP] = plan.crops[at]
    if table.start is not None:
        held[START] = table.start[at]
    columns = {name: table.columns[name][at] for name in plain(table)}
    return {**held, **columns}


def _choice(done: PlanSolved) -> bytes:
    import pandas as pd

    kept = io.BytesIO()
    held = _chosen(done)
    pd.DataFrame({UNIT: held.pop(UNIT), "option": done.solution.options, **held}).to_parquet(kept, index=False)
    return kept.getvalue()


# --- the workbook -------------------------------------------------------------------------------------------------


def plan_heading(name: str) -> Label:
    """The heading of a column: unit, treatment, region … in both languages, a quantity by its own name."""
    from tilth.core.language import catalogue

    key = f"PLAN-COL-{name.upper()}"
    return label(key) if key in catalogue() else Label(name, name)


def _demands(done: PlanSolved) -> Listing:
    """Value, bound and gap in the note; used, limit and price of each demand."""
    from tilth.plan import row_told
    from tilth.report import ListColumn, Listing

    columns = (
        *(ListColumn(one, plan_heading(one)) for one in ("demand", "unit_of")),
        *(ListColumn(one, plan_heading(one), "number") for one in ("used", "limit", "room", "price")),
    )
    words = done.plan.words
    rows = tuple(
        (row_told(one.row, words), words.unit(one.unit), one.used, one.limit, one.left, one.price) for one in done.used
    )
    found = done.solution
    said = label(
        "PLAN-BOOK-PROVEN", aim=done.aim, value=plan_figure(found.value), bound=plan_figure(found.bound),
        gap=f"{100 * found.gap:.2g}",
    )  # fmt: skip
    return Listing("demands", label("PLAN-BOOK-DEMANDS"), columns, rows, said)


def _treatments(done: PlanSolved) -> Listing:
    from tilth.report import ListColumn, Listing

    sums, words = done.totals(), done.plan.words
    columns = (
        ListColumn(TREATMENT, plan_heading(TREATMENT)), ListColumn("units", plan_heading("units"), "number"),
        *(ListColumn(one, words.quantity(one), "number") for one in sums),
    )  # fmt: skip
    rows = [
        (str(words.value(TREATMENT, one[TREATMENT])), one["units"], *(one[name] for name in sums))
        for one in done.by_treatment()
    ]
    rows.append((str(label("PLAN-BOOK-TOTAL")), done.plan.options.n, *sums.values()))
    return Listing("treatments", label("PLAN-BOOK-TREATMENTS"), columns, tuple(rows))


def _assignment(done: PlanSolved) -> Listing:
    """The total, then each unit."""
    from tilth.report import ListColumn, Listing

    held, sums = _chosen(done), done.totals()
    numbers, words = done.plan.options.columns, done.plan.words
    columns = tuple(
        ListColumn(one, words.quantity(one), "number") if one in numbers
        else ListColumn(one, plan_heading(one), "number" if one == START else "text")
        for one in held
    )  # fmt: skip
    first = tuple(str(label("PLAN-BOOK-TOTAL")) if name == UNIT else sums.get(name, "") for name in held)
    cells = zip(*(one.tolist() for one in held.values()), strict=True)
    return Listing("assignment", label("PLAN-BOOK-ASSIGNMENT"), columns, (first, *cells))


def plan_figure(value: float) -> str:
    """A figure as it is printed: whole numbers to the last digit, others to ten."""
    return f"{int(value):,}" if float(value).is_integer() and abs(value) < 2**53 else f"{value:,.10g}"
