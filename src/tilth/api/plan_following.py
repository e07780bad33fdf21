"""Follow a plan: what was done of it beside what was planned, indicator by indicator, and what is not known yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tilth import __version__
from tilth.api.plan_documents import plan_figures
from tilth.api.plan_folders import ROWS, KeptPlan, kept_plan
from tilth.api.plan_making import quarantined
from tilth.core import Finding, Label, Where, label, language, speaking
from tilth.runtime import write_whole

if TYPE_CHECKING:
    from tilth.core import BoolArray, FloatArray, IntArray
    from tilth.intake import FollowedTable
    from tilth.report import PlanFigures
    from tilth.report.plan_following import Followed
    from tilth.runtime import Workspace

FOLLOW_FORMATS = ("xlsx", "docx", "pdf")
REJECTED = "quarantine.csv"


@dataclass(frozen=True)
class PlanFollowed:
    """What was done of a plan."""

    name: str
    followed: Followed
    rows_in: int
    findings: tuple[Finding, ...]
    files: tuple[Path, ...]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        found = self.followed
        return {
            "name": self.name, "until": found.until, "rows_in": self.rows_in, "rows_used": found.rows,
            "rows_quarantined": self.rows_in - found.rows,
            "indicators": [one.as_record() for one in found.lines],
            "years": [
                {"year": one.year, "planned_dm2": one.planned_dm2, "done_dm2": one.done_dm2,
                 "planned_fen": one.planned_fen, "spent_fen": one.spent_fen}
                for one in found.years
            ],
            "as_planned": found.as_planned, "otherwise": found.otherwise, "not_planned": found.not_planned,
            "missing": list(found.missing), "findings": [one.as_record() for one in self.findings],
            "files": [str(one) for one in self.files],
        }  # fmt: skip


def plan_follow(
    workspace: Workspace,
    name: str,
    file: str | Path,
    *,
    out: str | Path | None = None,
    lang: str | None = None,
    formats: Sequence[str] = FOLLOW_FORMATS,
    encoding: str | None = None,
    made_on: str | None = None,
) -> PlanFollowed:
    """Set what a table says was done beside what `plans/NAME` planned; rows that cannot be used are set aside.

    Parameters
    ----------
    file
        A row for each parcel and year: `parcel_id`, `year`, and what is known of `treatment`, `cost_yuan`, `area_m2`
        and the quantities of the plan (`grain_kg`, `ece_ds_m` …).
    out
        Folder of the files; `plans/NAME/follow` without.

    Raises
    ------
    BadInput, NotFound
        If there is no such plan, it is not solved, or the file cannot be read.
    """
    from tilth.intake import followed_table
    from tilth.report import follow_parts

    plan = kept_plan(workspace, name)
    figures = plan_figures(plan)
    with speaking(lang or language()):
        maker = _Following(plan, figures)
        table = followed_table(
            file, figures.units.tolist(), measure=maker.measure, known=maker.column, most=maker.most, encoding=encoding
        )
        found = maker.followed(table)
        folder = Path(out) if out is not None else plan.folder / "follow"
        source = table.sources[0].name
        findings = [Finding(one.code, Where(file=source, row=one.source_row), one.values) for one in table.rejected]
        if table.ignored:
            findings.append(Finding("FOLLOW-IGNORED", Where(file=source), {"columns": ", ".join(table.ignored)}))
        files = _written(workspace, plan, found, follow_parts(found), table, folder, formats, made_on)
    return PlanFollowed(name, found, table.rows_in, tuple(findings), tuple(files))


class _Following:
    """Names and units of a plan, as a table of what was done may write them."""

    def __init__(self, plan: KeptPlan, figures: PlanFigures) -> None:
        from tilth.report.plan_lists import PlanTables

        self.figures = figures
        self.words = plan.words
        self.tables = PlanTables(figures, self.words)
        self.title = self.words.title(plan.about["title"])
        self.names: dict[str, str] = {}
        for one in sorted({str(each) for each in plan.measures}):
            told = self.words.value("treatment", one)
            for text in (one, told.en, told.zh):
                self.names.setdefault(text.strip().casefold(), one)

    def measure(self, text: str) -> str | None:
        """The plan's name of a treatment."""
        return self.names.get(text.strip().casefold())

    def most(self, column: str) -> FloatArray | None:
        """(n) the area of each parcel, in the unit of the column, where that is an area."""
        from tilth.plan import UNITS, unit_of

        if self.column(column) != "area":
            return None
        return np.asarray(self.figures.area / UNITS[unit_of(column)][1] * (1 + 1e-12))

    def column(self, column: str) -> str | None:
        """What a column is followed as: "area", "works", or a quantity of the plan."""
        from tilth.plan import UNITS, unit_of

        unit = unit_of(column)
        stem = column.removesuffix(f"_{unit}") if unit else column
        if stem == "area" and unit and UNITS[unit][0] == "area":
            return "area"
        if stem == "cost" and unit and UNITS[unit][0] == "money":
            return "works"
        for name in self.figures.quantities:
            own = unit_of(name)
            same = name == column if not (unit and own) else UNITS[unit][0] == UNITS[own][0]
            if same and name.removesuffix(f"_{own}" if own else "") == stem:
                return name
        return None

    def followed(self, table: FollowedTable) -> Followed:
        """Indicator by indicator."""
        from tilth.report.plan_following import Followed

        until = int(table.year.max()) if len(table.year) else 0
        newest = _newest(table)
        done = self._done(table, newest)
        amounts = self._amounts(table)
        acting = done != ""
        idle = _idle(self.figures)
        acted = acting & ~np.isin(done, idle)
        area = self._area(table, amounts.get("area"), acted)
        lines = self._lines(table, amounts, acted, area, until)
        due = self._due(until)
        meant, same = self.figures.treated, acted & (done == self.figures.treatment)
        missing = tuple(str(one) for one in self.figures.units[due & ~np.isin(np.arange(len(due)), table.unit)])
        return Followed(
            self.title, until, len(table.unit), tuple(lines), tuple(self._years(table, amounts, acted, area)),
            int(same.sum()), int((acted & meant & ~same).sum()), int((acted & ~meant).sum()), missing,
            self.tables, done, area, self._first(table, acted),
        )  # fmt: skip

    def _due(self, until: int) -> BoolArray:
        """(n) parcels whose works were to begin by a year."""
        started = self.figures.start <= until if self.figures.years else np.ones(len(self.figures), dtype=bool)
        return np.asarray(self.figures.treated & started)

    def _done(self, table: FollowedTable, newest: Any) -> Any:
        """(n) what was done on each parcel, by its newest row that says so; "" where none does."""
        done = np.full(len(self.figures), "", dtype=object)
        for at in newest:
            if table.treatment[at]:
                done[table.unit[at]] = table.treatment[at]
        return done

    def _first(self, table: FollowedTable, acted: BoolArray) -> IntArray:
        """(n) the first year in which something was done on a parcel; 0 where nothing was."""
        idle = _idle(self.figures)
        found = np.zeros(len(self.figures), dtype=np.int64)
        for at in np.argsort(table.year, kind="stable").tolist():
            unit = table.unit[at]
            if acted[unit] and not found[unit] and table.treatment[at] and table.treatment[at] not in idle:
                found[unit] = table.year[at]
        return found

    def _amounts(self, table: FollowedTable) -> dict[str, tuple[IntArray, BoolArray]]:
        """By what it is followed as; of columns of one quantity a row fills one."""
        found: dict[str, tuple[IntArray, BoolArray]] = {}
        for name, values in table.columns.items():
            whole, there = self._whole(name, values)
            own = str(self.column(name))
            before, told = found.get(own, (whole, there))
            found[own] = np.where(there, whole, before), there | told
        return found

    def _whole(self, column: str, values: FloatArray) -> tuple[IntArray, BoolArray]:
        """(r) values in whole units of the kind that the plan has them in, and where there are any."""
        from tilth.plan import UNITS, unit_of
        from tilth.report.plan_figures import Quantity

        name = str(self.column(column))
        told = {"area": "area_dm2", "works": "cost_yuan"}.get(name, name)
        mine, own = unit_of(column), unit_of(told)
        factor = UNITS[mine][1] / UNITS[own][1] if mine and own else 1.0
        there = ~np.isnan(values)
        amounts = np.nan_to_num(values) * factor
        kind = self.figures.quantities[name].kind if name in self.figures.quantities else ""
        cells = np.floor(amounts + 0.5).astype(np.int64) if kind == "count" or name == "area" else amounts
        return Quantity.of(told, cells).values, there

    def _area(self, table: FollowedTable, said: Any, acted: BoolArray) -> IntArray:
        """(n) area done [dm²]: the newest that is said, else all of a parcel on which something was done."""
        area = np.where(acted, self.figures.area, 0)
        if said is not None:
            values, there = said
            for at in np.argsort(table.year, kind="stable").tolist():
                if there[at] and acted[table.unit[at]]:
                    area[table.unit[at]] = values[at]
        return np.asarray(area, dtype=np.int64)

    def _lines(self, table: FollowedTable, amounts: Any, acted: BoolArray, area: IntArray, until: int) -> list[Any]:
        from tilth.report.plan_following import FollowedLine

        figures, due = self.figures, self._due(until)
        reported = np.isin(np.arange(len(figures)), table.unit)
        out = []
        for one in self.tables.followed():
            if one.code == "units":
                done, expected, known = int(acted.sum()), int(due.sum()), reported & due
            elif one.code == "area":
                done, expected, known = int(area.sum()), int(figures.area[due].sum()), reported & due
            elif one.code == "works":
                assert figures.spending is not None
                expected = self._spent_until(until)
                known = self._told(table, amounts.get("works")) & due
                done = self._sum(amounts.get("works"))
            else:
                own = amounts.get(one.code)
                known = self._told(table, own) & (due if one.kind != "level" else reported)
                expected = figures.quantities[one.code].total(known, figures.area)
                done = self._newest_total(table, own, one.code, known)
            missing = int((due & ~known).sum())
            has = bool(known.any()) or one.code in ("units", "area")
            out.append(FollowedLine(one, expected if has else None, done if has else None, int(known.sum()), missing))
        return out

    def _spent_until(self, until: int) -> int:
        """Works to the end of a year, as planned. [fen]"""
        if not self.figures.years:
            return self.figures.once()
        return sum(self.figures.spent(year)[0] for year in self.figures.years if year <= until)

    def _told(self, table: FollowedTable, own: Any) -> BoolArray:
        """(n) parcels of which a quantity is said."""
        found = np.zeros(len(self.figures), dtype=bool)
        if own is not None:
            found[table.unit[own[1]]] = True
        return found

    @staticmethod
    def _sum(own: Any) -> int:
        return 0 if own is None else sum(own[0][own[1]].tolist())

    def _newest_total(self, table: FollowedTable, own: Any, name: str, known: BoolArray) -> int:
        """Of the newest value of each parcel."""
        if own is None:
            return 0
        values = np.zeros(len(self.figures), dtype=np.int64)
        for at in np.argsort(table.year, kind="stable").tolist():
            if own[1][at]:
                values[table.unit[at]] = own[0][at]
        return replace(self.figures.quantities[name], values=values).total(known, self.figures.area)

    def _years(self, table: FollowedTable, amounts: Any, acted: BoolArray, area: IntArray) -> list[Any]:
        from tilth.report.plan_following import FollowedYear

        figures, first = self.figures, self._first(table, acted)
        works = amounts.get("works")
        out = []
        for year in sorted({*figures.years, *table.year.tolist()}):
            own = table.year == year
            spent = 0 if works is None else sum(works[0][own & works[1]].tolist())
            planned = figures.spent(year)[0] if figures.spending is not None and year in figures.years else 0
            begun = int(figures.area[(figures.start == year) & figures.treated].sum())
            out.append(FollowedYear(int(year), begun, int(area[first == year].sum()), planned, spent))
        return out


def _newest(table: FollowedTable) -> list[int]:
    """Rows, the newest of each parcel last."""
    return [int(one) for one in np.argsort(table.year, kind="stable")]


def _idle(figures: PlanFigures) -> list[str]:
    """What is called a treatment and is none: nothing begins."""
    names = sorted({str(one) for one in figures.treatment})
    return [one for one in names if not figures.treated[figures.treatment == one].any()]


def _written(
    workspace: Workspace, plan: KeptPlan, found: Followed, parts: Any, table: FollowedTable, folder: Path,
    formats: Sequence[str], made_on: str | None,
) -> list[Path]:  # fmt: skip
    from tilth.report import Paper, Provenance, follow_workbook, write_paper

    rules = ((ROWS, " ".join(filter(None, (str(plan.about["version"]), plan.inputs[ROWS][:8])))),)
    sources = tuple((one.name, one.sha256) for one in table.sources)
    title = Label(label("FOLLOW-TITLE", title=found.title.en).en, label("FOLLOW-TITLE", title=found.title.zh).zh)
    made = Paper(
        title, Label(workspace.name, workspace.name), found.until or None, parts,
        Provenance(f"tilth {__version__}", rules, sources), made_on or datetime.now(UTC).date().isoformat(),
        workbook=follow_workbook(found), flowing=True,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    files = write_paper(made, folder, f"{plan.name}-followed-{language()}", formats)
    if table.rejected:
        files.append(write_whole(folder / REJECTED, quarantined(table.rejected)))
    return files
