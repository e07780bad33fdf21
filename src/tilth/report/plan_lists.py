"""The tables of a plan's document. Every one is made of the same figures by parcel, so what they sum up agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tilth.core import BoolArray, Label, label
from tilth.plan import Used, row_told
from tilth.report.model import Kind, ListColumn, Listing
from tilth.report.plan_figures import FigureKind, PlanFigures, Quantity
from tilth.report.plan_words import Words

_KINDS: Mapping[FigureKind, Kind] = {
    "area": "area", "money": "mean", "count": "count", "mean": "mean", "level": "mean",
}  # fmt: skip
#: Quantities that a column of every table holds already.
_TOLD_ALREADY = ("area_", "treated_")
#: Quantities that stand in the tables of a document; the workbook has all.
ON_PAPER = 7


@dataclass(frozen=True)
class PlanTables:
    """Makes the tables of a plan in the language in use."""

    figures: PlanFigures
    words: Words

    def by(self, name: str, id_: str, title: Label) -> Listing:
        """A row for each value of a label, and their sum."""
        of = np.asarray(self.figures.labels[name]).astype(str)
        rows = [(self.words.value(name, one), of == one) for one in self.figures.groups(name)]
        return self._table(id_, title, self.words.heading(name), rows)

    def by_treatment(self) -> Listing:
        """A row for each treatment and crop that is chosen."""
        figures = self.figures
        keys = sorted(
            {(str(t), "" if c is None else str(c)) for t, c in zip(figures.treatment, self._crops(), strict=True)}
        )
        rows = []
        for treatment, crop in keys:
            own = (figures.treatment == treatment) & np.array(
                [("" if c is None else str(c)) == crop for c in self._crops()]
            )
            rows.append((self.choice(treatment, crop), own))
        return self._table("treatments", label("PLAN-DOC-MEASURES"), self.words.heading("treatment"), rows)

    def by_treatment_short(self) -> Listing:
        """Parcels and area of each treatment."""
        figures = self.figures
        names = sorted({str(one) for one in figures.treatment})
        rows = [(self.words.value("treatment", one), figures.treatment == one) for one in names]
        table = self._table("choice", label("PLAN-DOC-CHOICE"), self.words.heading("treatment"), rows)
        return narrowed(table, ("name", "units", "area", "treated"))

    def choice(self, treatment: str, crop: str) -> Label:
        """A treatment with its crop."""
        what = self.words.value("treatment", treatment)
        if not crop:
            return what
        grown = self.words.value("crop", crop)
        return Label(f"{what.en}, {grown.en}", f"{what.zh}，{grown.zh}")

    def _crops(self) -> Any:
        return [None] * len(self.figures) if self.figures.crop is None else self.figures.crop

    def _table(self, id_: str, title: Label, first: Label, rows: Sequence[tuple[Label, BoolArray]]) -> Listing:
        figures = self.figures
        names = [one for one in figures.quantities if not one.startswith(_TOLD_ALREADY)]
        columns = [
            ListColumn("name", first), ListColumn("units", label("PLAN-COL-UNITS"), "count"),
            ListColumn("area", label("PLAN-DOC-AREA"), "area"),
            ListColumn("treated", label("PLAN-DOC-TREATED"), "area"),
            *(
                ListColumn(one, self.words.column(one), _KINDS[figures.quantities[one].kind], on_paper=at < ON_PAPER)
                for at, one in enumerate(names)
            ),
        ]  # fmt: skip
        body = [(str(name), *self._cells(chosen, names)) for name, chosen in rows]
        body.append((str(label("PLAN-BOOK-TOTAL")), *self._cells(figures.every, names)))
        return Listing(id_, title, tuple(columns), tuple(body))

    def _told_already(self, held: Quantity) -> bool:
        """Whether it is the area of the parcels, or of those that are treated: these have columns of their own."""
        area = self.figures.area
        told = (area, np.where(self.figures.treated, area, 0))
        return held.name.startswith(_TOLD_ALREADY) and any(np.array_equal(held.values, one) for one in told)

    def _cells(self, chosen: BoolArray, names: Sequence[str]) -> tuple[int, ...]:
        figures = self.figures
        area, treated = (int(figures.area[one].sum()) for one in (chosen, chosen & figures.treated))
        return int(chosen.sum()), area, treated, *(figures.total(name, chosen) for name in names)

    def sequence(self) -> Listing:
        """What begins in each year, and what is done by its end."""
        figures = self.figures
        columns = (
            ListColumn("year", label("PLAN-DOC-YEAR")), ListColumn("units", label("PLAN-COL-UNITS"), "count"),
            ListColumn("begun", label("PLAN-DOC-BEGUN"), "area"), ListColumn("done", label("PLAN-DOC-DONE"), "area"),
            ListColumn("what", label("PLAN-DOC-WHAT")),
        )  # fmt: skip
        rows: list[tuple[object, ...]] = []
        done = 0
        for year in figures.years:
            own = figures.start == year
            begun = int(figures.area[own].sum())
            done += begun
            rows.append((str(year), int(own.sum()), begun, done, self._what(own)))
        total = figures.treated
        rows.append((str(label("PLAN-BOOK-TOTAL")), int(total.sum()), done, done, ""))
        return Listing("sequence", label("PLAN-DOC-SEQUENCE"), columns, tuple(rows))

    def _what(self, own: BoolArray) -> str:
        figures = self.figures
        parts = []
        for one in sorted({str(name) for name in figures.treatment[own]}):
            count = int((figures.treatment[own] == one).sum())
            parts.append(f"{self.words.value('treatment', one)} {count:,}")
        return str(label("PLAN-DOC-AND")).join(parts)

    def budget(self) -> Listing:
        """Works and upkeep of each year, by source, and what has been paid by its end. [fen]"""
        figures = self.figures
        columns = [
            ListColumn("year", label("PLAN-DOC-YEAR")), ListColumn("works", label("PLAN-DOC-WORKS"), "mean"),
            ListColumn("upkeep", label("PLAN-DOC-UPKEEP"), "mean"),
            ListColumn("spent", label("PLAN-DOC-SPENT"), "mean"),
            *(ListColumn(f"source{at}", one.name, "mean") for at, one in enumerate(figures.sources)),
            ListColumn("paid", label("PLAN-DOC-PAID"), "mean"),
        ]  # fmt: skip
        years = [(str(year), *figures.spent(year), figures.paid_by(year)) for year in figures.years] or [
            (str(label("PLAN-DOC-ONCE")), figures.once(), 0, figures.paid_by(None))
        ]
        rows: list[tuple[object, ...]] = []
        paid, sums = 0, np.zeros(3 + len(figures.sources), dtype=np.int64)
        for year, works, upkeep, by_source in years:
            spent = works + upkeep
            paid += spent
            cells = [works, upkeep, spent, *by_source]
            sums += np.array(cells, dtype=np.int64)
            rows.append((year, *cells, paid))
        rows.append((str(label("PLAN-BOOK-TOTAL")), *sums.tolist(), paid))
        return Listing("budget", label("PLAN-DOC-BUDGET"), tuple(columns), tuple(rows), label("PLAN-DOC-BUDGET-NOTE"))

    def indicators(self) -> Listing:
        """What will be followed: each with the value that is planned, all in all and for each year."""
        columns = (
            ListColumn("indicator", label("PLAN-DOC-INDICATOR")), ListColumn("unit", label("PLAN-COL-UNIT_OF")),
            ListColumn("planned", label("PLAN-DOC-PLANNED"), "number"),
        )  # fmt: skip
        rows = [(str(one.label), str(one.unit), one.shown(one.planned)) for one in self.followed()]
        return Listing("indicators", label("PLAN-DOC-INDICATORS"), columns, tuple(rows))

    def followed(self) -> tuple[Indicator, ...]:
        """The indicators, in the order in which they are told."""
        figures = self.figures
        count, area = int(figures.treated.sum()), int(figures.area[figures.treated].sum())
        out = [
            Indicator("units", label("PLAN-DOC-TREATED-UNITS"), label("PLAN-UNIT-PARCELS"), "count", count),
            Indicator("area", label("PLAN-DOC-TREATED"), Label("m²", "m²"), "area", area),
        ]  # fmt: skip
        if figures.spending is not None:
            out.append(Indicator("works", label("PLAN-DOC-WORKS"), label("PLAN-UNIT-YUAN"), "money", figures.once()))
        for name, one in figures.quantities.items():
            if not name.startswith((*_TOLD_ALREADY, "cost")):
                out.append(
                    Indicator(name, self.words.column(name), unit_label(name, one.kind), one.kind, figures.total(name))
                )
        return tuple(out)

    def demands(self, used: Sequence[Used]) -> Listing:
        """What each demand takes, leaves and costs."""
        columns = (
            ListColumn("demand", label("PLAN-COL-DEMAND")), ListColumn("unit_of", label("PLAN-COL-UNIT_OF")),
            *(
                ListColumn(one, label(f"PLAN-COL-{one.upper()}"), "number")
                for one in ("used", "limit", "room", "price")
            ),
        )  # fmt: skip
        rows = tuple(
            (
                row_told(one.row, self.words), self.words.unit(one.unit),
                *(f"{value:,.10g}" for value in (one.used, one.limit, one.left)),
                f"{one.price:,.4g}",
            )
            for one in used
        )  # fmt: skip
        return Listing("demands", label("PLAN-BOOK-DEMANDS"), columns, rows)

    def assignment(self, found: BoolArray) -> Listing:
        """Every parcel, after the sum of all. `found`: its outline is known."""
        figures = self.figures
        names = [one for one, held in figures.quantities.items() if not self._told_already(held)]
        columns = [
            ListColumn("unit", label("PLAN-COL-UNIT")),
            *(ListColumn(one, self.words.heading(one)) for one in figures.labels),
            ListColumn("treatment_id", label("PLAN-DOC-ID")), ListColumn("treatment", label("PLAN-COL-TREATMENT")),
            ListColumn("crop", label("PLAN-COL-CROP")), ListColumn("start", label("PLAN-COL-START")),
            ListColumn("mapped", label("PLAN-DOC-MAPPED")), ListColumn("area", label("PLAN-DOC-AREA"), "area"),
            ListColumn("treated", label("PLAN-DOC-TREATED"), "area"),
            *(ListColumn(one, self.words.column(one), _KINDS[figures.quantities[one].kind]) for one in names),
        ]  # fmt: skip
        total = (
            str(label("PLAN-BOOK-TOTAL")), *([""] * len(figures.labels)), "", "", "", "", "",
            *self._cells(figures.every, names)[1:],
        )  # fmt: skip
        yes, no = str(label("PLAN-DOC-YES")), str(label("PLAN-DOC-NO"))
        rows: list[tuple[object, ...]] = [total]
        for at, unit in enumerate(figures.units.tolist()):
            belongs = [str(self.words.value(name, np.asarray(one)[at])) for name, one in figures.labels.items()]
            crop = "" if figures.crop is None else str(self.words.value("crop", figures.crop[at]))
            rows.append((
                unit, *belongs, str(figures.treatment[at]),
                str(self.words.value("treatment", figures.treatment[at])), crop,
                str(figures.start[at]) if figures.start[at] else "", yes if found[at] else no, int(figures.area[at]),
                int(figures.area[at]) if figures.treated[at] else 0,
                *(int(figures.quantities[name].values[at]) for name in names),
            ))  # fmt: skip
        return Listing("assignment", label("PLAN-BOOK-ASSIGNMENT"), tuple(columns), tuple(rows))


@dataclass(frozen=True)
class Indicator:
    """One thing that is followed, in whole units of its kind."""

    code: str
    label: Label
    unit: Label
    kind: FigureKind
    planned: int

    def shown(self, value: int) -> str:
        """A value as it is printed."""
        from tilth.report.cells import grouped

        return f"{value:,}" if self.kind == "count" else grouped(value)


def unit_label(name: str, kind: FigureKind) -> Label:
    """The unit in which a quantity is shown."""
    from tilth.plan import unit_of

    if kind == "area":
        return Label("m²", "m²")
    if kind == "money":
        return label("PLAN-UNIT-YUAN")
    if name.endswith("_ds_m"):
        return Label("dS/m", "dS/m")
    unit = {"m3": "m³"}.get(unit_of(name), unit_of(name))
    return Label(unit, unit)


def narrowed(listing: Listing, codes: Sequence[str]) -> Listing:
    """The same list with only these columns on paper."""
    kept = {*codes}
    columns = tuple(replace(one, on_paper=one.code in kept) for one in listing.columns)
    return replace(listing, columns=columns)
