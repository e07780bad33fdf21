"""The border of what can be had of two quantities at once: plans from the best in the aim to the best in another."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.plan_folders import UNIT, KeptPlan, as_json, kept_plan, plan_book, put
from tilth.api.plan_solving import plan_heading
from tilth.core import BadInput, label, language

if TYPE_CHECKING:
    from tilth.plan import Point, Progress
    from tilth.report import Listing
    from tilth.runtime import Workspace

#: Below the plan's folder; each point's choice, and what the points come to.
FRONTIER, POINTS, RECORD = "frontier", "points.parquet", "frontier.json"


@dataclass(frozen=True)
class PlanFrontier:
    """Points of one border or several, all in the same aim, and the files of them."""

    plan: KeptPlan
    of: str
    least: tuple[str, ...]  # of these quantities less is better
    borders: dict[str, tuple[Point, ...]]  # the other quantity -> points, from the best in the aim on
    asked_gap: float
    folder: Path
    files: tuple[Path, ...]

    @property
    def aim(self) -> str:
        """What is made as large as it can be, as the plan names it."""
        from tilth.plan import aim_told

        first = next(iter(self.borders.values()))[0]
        return aim_told(first.solution.problem.aim, naming=self.plan.words)

    def totals(self, point: Point) -> dict[str, float]:
        """The sum of each quantity over one point's plan."""
        from tilth.plan import plain, total

        columns = self.plan.options.columns
        return {name: total(columns[name][point.solution.options]) for name in plain(self.plan.options)}

    def rows(self) -> list[dict[str, Any]]:
        """A row for each point: what was asked for, value, bound, gap, and every quantity."""
        return [
            {
                "against": name, "less_is_better": name in self.least, "point": at, "asked": one.asked,
                "other": one.other, "value": one.solution.value, "bound": one.solution.bound, "gap": one.solution.gap,
                "price": float(one.solution.lam[-1]) if at else 0.0,
                "changed": int((one.solution.options != points[0].solution.options).sum()),
                "totals": self.totals(one),
            }
            for name, points in self.borders.items()
            for at, one in enumerate(points)
        ]  # fmt: skip

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.plan.name, "of": self.of, "gap_asked": self.asked_gap, "points": self.rows(),
            "folder": str(self.folder), "files": [one.name for one in self.files],
        }  # fmt: skip


def plan_frontier(
    workspace: Workspace,
    name: str,
    *,
    of: str | None = None,
    against: Sequence[str] = (),
    least: Sequence[str] = (),
    points: int = 9,
    gap: float = 1e-3,
    seconds: float = 120.0,
    out: str | Path | None = None,
    made_on: str | None = None,
    told: Callable[[str, int, Progress], None] | None = None,
) -> PlanFrontier:
    """What more of another quantity costs in the aim of `plans/NAME`: each point a plan with its own proven bound.

    Every point's choice is kept in `plans/NAME/frontier`, with a table, a workbook and a picture of the points.

    Parameters
    ----------
    of
        The quantity that is made as large as it can be; the plan's own aim where not said.
    against, least
        Quantities of which more is better, and of which less is better.
    points
        Of each border, from nothing asked for to nearly all that can be had.
    seconds
        For each point.
    out
        Folder for table, workbook and picture; that of the plan without.
    told
        Is told the other quantity, the point's number and its progress.

    Raises
    ------
    BadInput, NotFound
        If there is no such plan or quantity, or no plan meets all demands.
    """
    from tilth.plan import frontier
    from tilth.runtime import write_whole

    plan = kept_plan(workspace, name)
    problem = plan.problem
    if of is not None:
        if of not in plan.options.columns:
            raise BadInput("PLAN-UNKNOWN", what="quantity", name=of, known=", ".join(plan.options.columns))
        problem = replace(problem, aim=((of, 1.0),))
    others = list(dict.fromkeys([*against, *least]))
    if not others:
        raise BadInput("PLAN-FRONTIER-OF-WHAT", known=", ".join(plan.options.columns))
    aim = of or " + ".join(one for one, _ in problem.aim)
    borders = {}
    for other in others:
        tell = None if told is None else _telling(told, other)
        borders[other] = tuple(
            frontier(
                problem, other, least=other in least, points=points, gap=gap, seconds=seconds, progress=tell
            )
        )  # fmt: skip
    done = PlanFrontier(plan, aim, tuple(least), borders, gap, plan.folder / FRONTIER, ())
    title = label("PLAN-FRONTIER-BOOK", name=plan.about["title"])
    book = plan_book(workspace, plan, [frontier_listing(done)], title, made_on)
    shown = {
        f"frontier-{name}.csv": _csv(done), f"frontier-{name}.xlsx": book,
        f"frontier-{name}.png": _picture(done),
    }  # fmt: skip
    files = {POINTS: _choices(done), RECORD: as_json({**done.as_record(), "inputs": plan.inputs})}
    with workspace.writing():
        put(workspace, done.folder, {**files, **({} if out is not None else shown)})
    written = [done.folder / one for one in files]
    written += [done.folder / one if out is None else write_whole(Path(out) / one, shown[one]) for one in shown]
    return replace(done, files=tuple(written))


def _telling(told: Callable[[str, int, Progress], None], other: str) -> Callable[[int, Progress], None]:
    return lambda at, one: told(other, at, one)


def _choices(done: PlanFrontier) -> bytes:
    """The option of each unit at each point, by its place in the table of options."""
    import pandas as pd

    held: dict[str, Any] = {UNIT: done.plan.options.names}
    for name, points in done.borders.items():
        held |= {f"{name} {at}": one.solution.options for at, one in enumerate(points)}
    kept = io.BytesIO()
    pd.DataFrame(held).to_parquet(kept, index=False)
    return kept.getvalue()


_FIGURES = ("point", "asked", "other", "value", "bound", "gap", "price", "changed")


def _csv(done: PlanFrontier) -> bytes:
    from tilth.core import safe_cell

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    sums = list(done.rows()[0]["totals"])
    writer.writerow([safe_cell(one) for one in ("against", *_FIGURES, *sums)])
    for row in done.rows():
        cells = ["" if row[one] is None else row[one] for one in _FIGURES]
        writer.writerow([safe_cell(row["against"]), *cells, *(row["totals"][one] for one in sums)])
    return ("\ufeff" + text.getvalue()).encode()


def frontier_listing(done: PlanFrontier) -> Listing:
    """The points as a table."""
    from tilth.report import ListColumn, Listing

    sums, words = list(done.rows()[0]["totals"]), done.plan.words
    columns = (
        ListColumn("against", plan_heading("against")),
        *(ListColumn(one, plan_heading(one), "number") for one in _FIGURES),
        *(ListColumn(f"sum_{one}", words.quantity(one), "number") for one in sums),
    )
    rows = tuple(
        (
            str(words.quantity(row["against"])),
            *(row[one] for one in _FIGURES),
            *(row["totals"][one] for one in sums),
        )
        for row in done.rows()
    )
    return Listing("frontier", label("PLAN-FRONTIER-TITLE", aim=done.aim), columns, rows, label("PLAN-FRONTIER-NOTE"))


def _picture(done: PlanFrontier) -> bytes:
    from tilth.report import Border, frontier_chart

    borders = [
        Border(
            str(done.plan.words.quantity(name)), name in done.least, tuple(one.other for one in points),
            tuple(one.solution.value for one in points), tuple(one.solution.bound for one in points),
        )
        for name, points in done.borders.items()
    ]  # fmt: skip
    return frontier_chart(borders, done.aim, label("PLAN-FRONTIER-TITLE", aim=done.aim), language())
