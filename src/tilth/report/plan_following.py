"""What was done of a plan beside what was planned: a line for each indicator and year, and every parcel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tilth.core import IntArray, Label, label
from tilth.report.model import ListColumn, Listing
from tilth.report.papers import Part
from tilth.report.plan_lists import Indicator, PlanTables

#: Parcels that are named in the text; the workbook has all.
_NAMED = 12
_FIGURES = ("planned", "due", "done", "off", "share")


@dataclass(frozen=True)
class FollowedLine:
    """One indicator: planned in all, due by now on the parcels that are told of, done, and how many are not told of."""

    indicator: Indicator
    due: int | None
    done: int | None
    told: int
    missing: int

    @property
    def off(self) -> int | None:
        """Done minus due."""
        return None if self.done is None or self.due is None else self.done - self.due

    def share(self) -> str:
        """The same in percent of what was due."""
        if self.off is None or not self.due:
            return ""
        hundredths = (abs(self.off) * 20_000 + abs(self.due)) // (2 * abs(self.due))
        sign = "-" if self.off < 0 else "+" if self.off > 0 else ""
        return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"

    def as_record(self) -> dict[str, Any]:
        """For JSON: values in whole units of the indicator's kind."""
        one = self.indicator
        return {
            "code": one.code, "indicator": str(one.label), "unit": str(one.unit), "kind": one.kind,
            "planned": one.planned, "due": self.due, "done": self.done, "deviation": self.off,
            "deviation_pct": self.share() or None, "told": self.told, "missing": self.missing,
        }  # fmt: skip


@dataclass(frozen=True)
class FollowedYear:
    """One year: area begun and money, planned and done."""

    year: int
    planned_dm2: int
    done_dm2: int
    planned_fen: int
    spent_fen: int


@dataclass(frozen=True)
class Followed:
    """What was done of a plan until a year."""

    title: Label
    until: int
    rows: int
    lines: tuple[FollowedLine, ...]
    years: tuple[FollowedYear, ...]
    as_planned: int  # parcels on which the planned treatment was done
    otherwise: int  # another one
    not_planned: int  # one where none was planned
    missing: tuple[str, ...]  # parcels that were due and of which nothing is told
    tables: PlanTables
    done: Any  # (n) treatment done; "" where none is told
    area: IntArray  # (n) area done [dm²]
    first: IntArray  # (n) year in which it was; 0


def follow_parts(found: Followed) -> tuple[Part, ...]:
    """The parts of the document in the language in use."""
    told = {"rows": f"{found.rows:,}", "until": found.until or "–"}
    counts = {"count": found.as_planned, "other": found.otherwise, "more": found.not_planned}
    said = [_said("ROWS", **told), _said("AS-PLANNED", **counts)]
    missing = _said("MISSING-NONE")
    if found.missing:
        some = str(label("PLAN-DOC-AND")).join(found.missing[:_NAMED])
        more = len(found.missing) - _NAMED
        missing = _said("MISSING", count=len(found.missing), units=some + (f" … (+{more:,})" if more > 0 else ""))
    return (
        Part(_said("INDICATORS"), tuple(said), (_said("NOTE"),), lists=(indicator_list(found),)),
        Part(_said("YEARS"), lists=(_years(found),)),
        Part(_said("LACKING"), (missing,)),
    )


def follow_workbook(found: Followed) -> tuple[Listing, ...]:
    """Indicators, years, and every parcel with what was planned and what was done."""
    return indicator_list(found), _years(found), _parcels(found)


def indicator_list(found: Followed) -> Listing:
    """A row for each indicator."""
    columns = (
        ListColumn("indicator", label("PLAN-DOC-INDICATOR")), ListColumn("unit", label("PLAN-COL-UNIT_OF")),
        *(ListColumn(one, label(f"FOLLOW-{one.upper()}"), "number") for one in _FIGURES),
        ListColumn("told", label("FOLLOW-TOLD"), "count"), ListColumn("missing", label("FOLLOW-NOT-TOLD"), "count"),
    )  # fmt: skip
    rows = []
    for one in found.lines:
        kind = one.indicator
        cells = ["" if value is None else kind.shown(value) for value in (one.due, one.done, one.off)]
        rows.append((
            str(kind.label), str(kind.unit), kind.shown(kind.planned), *cells, one.share(), one.told, one.missing,
        ))  # fmt: skip
    return Listing("followed", label("FOLLOW-INDICATORS"), columns, tuple(rows))


def _years(found: Followed) -> Listing:
    columns = (
        ListColumn("year", label("PLAN-DOC-YEAR")), ListColumn("planned_area", label("FOLLOW-YEAR-AREA"), "area"),
        ListColumn("done_area", label("FOLLOW-YEAR-DONE"), "area"),
        ListColumn("planned", label("FOLLOW-YEAR-MONEY"), "mean"),
        ListColumn("spent", label("FOLLOW-YEAR-SPENT"), "mean"),
    )  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (str(one.year), one.planned_dm2, one.done_dm2, one.planned_fen, one.spent_fen) for one in found.years
    ]
    sums = [sum(values) for values in zip(*(row[1:] for row in rows), strict=True)] if rows else [0] * 4
    rows.append((str(label("PLAN-BOOK-TOTAL")), *sums))
    return Listing("followed-years", label("FOLLOW-YEARS"), columns, tuple(rows))


def _parcels(found: Followed) -> Listing:
    figures, words = found.tables.figures, found.tables.words
    columns = (
        ListColumn("unit", label("PLAN-COL-UNIT")), ListColumn("planned", label("FOLLOW-PLANNED-MEASURE")),
        ListColumn("start", label("PLAN-COL-START")), ListColumn("area", label("PLAN-DOC-AREA"), "area"),
        ListColumn("done", label("FOLLOW-DONE-MEASURE")), ListColumn("year", label("FOLLOW-DONE-YEAR")),
        ListColumn("done_area", label("FOLLOW-YEAR-DONE"), "area"),
    )  # fmt: skip
    rows = [
        (
            unit, str(words.value("treatment", figures.treatment[at])), str(figures.start[at] or ""),
            int(figures.area[at]),
            str(words.value("treatment", found.done[at])) if found.done[at] else "", str(found.first[at] or ""),
            int(found.area[at]),
        )
        for at, unit in enumerate(figures.units.tolist())
    ]  # fmt: skip
    return Listing("followed-parcels", label("FOLLOW-PARCELS"), columns, tuple(rows))


def _said(key: str, **values: object) -> str:
    return str(label(f"FOLLOW-{key}", **values))
