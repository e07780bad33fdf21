"""A master plan or a special plan as a paper: state, zones, measures, sequence, budget, indicators, prices, proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np

from tilth.core import BoolArray, IntArray, Label, label, language, message
from tilth.plan import Solution, aim_told, row_told, tallied
from tilth.report.cells import grouped
from tilth.report.model import ListColumn, Listing
from tilth.report.papers import Part
from tilth.report.plan_figures import PlanFigures
from tilth.report.plan_lists import PlanTables, narrowed
from tilth.report.plan_maps import IDLE, MapEntry, hue, plan_map
from tilth.report.plan_words import Words

#: A demand is tight where its room is below this share of its limit.
_TIGHT = 0.01
#: Prices, and tight demands, that are told in words; the table has all.
_PRICES, _TOLD = 12, 6


@dataclass(frozen=True)
class SaltMapped:
    """The classes of a salinity map on the plan's parcels, from fresh to salty."""

    name: str
    classes: tuple[Label, ...]
    of: Any  # (n) place among the classes; -1 where the map says nothing
    cells: IntArray  # (n, classes) of each parcel by the cells of the map [dm²]
    area: IntArray  # (n) [dm²]


@dataclass(frozen=True)
class LeftOut:
    """Land like that of the plan that has no option in it, and rows of its table that were set aside."""

    classes: tuple[tuple[Label, int, int, int], ...]  # class, parcels and area of them, parcels in the plan
    rows: tuple[tuple[str, int], ...]  # reason, rows
    lost: int  # units all of whose rows were set aside
    differ: int  # parcels whose area in the plan is not that of the survey
    unknown: int  # units that the survey does not have


@dataclass(frozen=True)
class PlanPaper:
    """What the document of a plan is made of."""

    figures: PlanFigures
    words: Words
    solution: Solution
    value: str = ""  # of the label that a special plan is for
    by: str = ""  # that label
    whole: PlanFigures | None = None  # of a special plan: all parcels
    shapes: Any | None = None  # (n) in the system of `ground`
    ground: gpd.GeoDataFrame | None = None
    year: int | None = None  # of the survey
    salt: SaltMapped | None = None
    left_out: LeftOut | None = None
    special: tuple[str, ...] = ()  # labels by which special plans are made
    basis: tuple[tuple[str, str], ...] = field(default=())

    @property
    def tables(self) -> PlanTables:
        """The tables of its parcels."""
        return PlanTables(self.figures, self.words)


def choice_entries(figures: PlanFigures, words: Words) -> list[MapEntry]:
    """Treatments, what stays as it is last and pale."""
    names = sorted({str(one) for one in figures.treatment})
    idle = [one for one in names if not figures.treated[figures.treatment == one].any()]
    acting = [one for one in names if one not in idle]
    colours = {**{one: hue(at) for at, one in enumerate(acting)}, **dict.fromkeys(idle, IDLE)}
    return _entries(
        figures, figures.treatment, [(one, words.value("treatment", one), colours[one]) for one in acting + idle]
    )


def year_entries(figures: PlanFigures) -> list[MapEntry]:
    """Years of start, in which nothing begins last."""
    starts = [(str(year), Label(str(year), str(year)), hue(at)) for at, year in enumerate(figures.years)]
    of = np.array([str(one) if one else "" for one in figures.start], dtype=object)
    return [one for one in _entries(figures, of, [*starts, ("", label("PLAN-MAP-NEVER"), IDLE)]) if one.chosen.any()]


def label_entries(figures: PlanFigures, words: Words, name: str) -> list[MapEntry]:
    """The values of a label."""
    groups = figures.groups(name)
    of = np.asarray(figures.labels[name]).astype(str)
    return _entries(figures, of, [(one, words.value(name, one), hue(at)) for at, one in enumerate(groups)])


def _entries(figures: PlanFigures, of: Any, named: Sequence[tuple[str, Label, str]]) -> list[MapEntry]:
    found = []
    for value, name, colour in named:
        chosen: BoolArray = np.asarray(of == value, dtype=bool)
        found.append(MapEntry(value, name, colour, chosen, int(figures.area[chosen].sum())))
    return found


def plan_parts(paper: PlanPaper) -> tuple[Part, ...]:
    """The parts of the document in the language in use."""
    parts = [_summary(paper), _state(paper), *_zones(paper), _measures(paper), _sequence(paper)]
    if paper.figures.spending is not None:
        parts.append(_budget(paper))
    parts += [_indicators(paper), _prices(paper), _uncertain(paper)]
    if not paper.by:
        parts += [_left(paper), *_special(paper)]
    parts.append(_basis(paper))
    return tuple(parts)


def plan_workbook(paper: PlanPaper) -> tuple[Listing, ...]:
    """Every table of the document, and every parcel."""
    found = np.zeros(len(paper.figures), bool)
    if paper.shapes is not None:
        found = np.array([one is not None for one in paper.shapes], dtype=bool)
    lists = [one for part in plan_parts(replace(paper, ground=None)) for one in part.lists]
    return (*lists, paper.tables.assignment(found))


def _said(key: str, **values: object) -> str:
    return str(label(f"PLAN-DOC-{key}", **values))


def _picture(paper: PlanPaper, key: str, entries: Callable[[], Sequence[MapEntry]]) -> tuple[bytes | None, str]:
    if paper.ground is None or paper.shapes is None:
        return None, ""
    title = label(f"PLAN-MAP-{key}")
    return plan_map(paper.shapes, entries(), paper.ground, title, language()), str(title)


def _summary(paper: PlanPaper) -> Part:
    figures, tables = paper.figures, paper.tables
    treated = figures.area[figures.treated]
    said = [
        _said(
            "SUMMARY-LAND", units=f"{len(figures):,}", area=grouped(int(figures.area.sum())),
            treated=f"{len(treated):,}", done=grouped(int(treated.sum())),
        )
    ]  # fmt: skip
    if paper.by:
        whole = paper.whole or figures
        name = paper.words.value(paper.by, paper.value)
        said.insert(
            0,
            _said(
                "SUMMARY-SPECIAL", heading=str(paper.words.heading(paper.by)), name=str(name), units=f"{len(whole):,}"
            ),
        )
    if figures.spending is not None:
        spent = sum(map(sum, (figures.spent(year) for year in figures.years))) if figures.years else figures.once()
        key = "SUMMARY-MONEY" if figures.years else "SUMMARY-ONCE"
        said.append(_said(key, works=grouped(figures.once()), spent=grouped(spent), **_span(figures)))
    if not paper.by:
        said.append(_proven(paper))
    return Part(_said("SUMMARY"), tuple(said), lists=(tables.by_treatment_short(),))


def _span(figures: PlanFigures) -> dict[str, object]:
    return {"first": figures.years[0], "last": figures.years[-1]} if figures.years else {}


def _aim(paper: PlanPaper) -> str:
    problem = paper.solution.problem
    return aim_told(problem.aim, problem.over, paper.words)


def _state(paper: PlanPaper) -> Part:
    figures, lists = paper.figures, []
    said = [_said("STATE-LAND", units=f"{len(figures):,}", area=grouped(int(figures.area.sum())))]
    place = next((one for one in ("township", "region", "village") if one in figures.labels), "")
    if place:
        lists.append(_areas(paper, place))
    picture, caption = None, ""
    if paper.salt is not None:
        lists.append(_salt(paper.salt))
        said.append(_said("STATE-SALT", map=paper.salt.name))
        picture, caption = _picture(paper, "SALT", lambda: _salt_entries(paper))
    else:
        said.append(_said("STATE-NO-SALT"))
    return Part(_said("STATE"), tuple(said), picture=picture, caption=caption, lists=tuple(lists))


def _salt_entries(paper: PlanPaper) -> list[MapEntry]:
    from tilth.report.soil_maps import class_ramp

    salt = paper.salt
    assert salt is not None
    named = [
        (str(at), name, colour)
        for at, (name, colour) in enumerate(zip(salt.classes, class_ramp(len(salt.classes)), strict=True))
    ]
    entries = _entries(paper.figures, np.asarray(salt.of).astype(str), named)
    return [one for one in entries if one.chosen.any()]


def _areas(paper: PlanPaper, place: str) -> Listing:
    return narrowed(paper.tables.by(place, "places", label("PLAN-DOC-PLACES")), ("name", "units", "area"))


def _salt(salt: SaltMapped) -> Listing:
    columns = (
        ListColumn("class", label("PLAN-DOC-CLASS")), ListColumn("units", label("PLAN-COL-UNITS"), "count"),
        ListColumn("area", label("PLAN-DOC-OF-PARCELS"), "area"),
        ListColumn("cells", label("PLAN-DOC-OF-CELLS"), "area"),
    )  # fmt: skip
    whole = int(salt.area.sum())
    rows: list[tuple[object, ...]] = []
    for at, name in [*enumerate(map(str, salt.classes)), (-1, _said("UNMAPPED"))]:
        own = salt.of == at
        cells = int(salt.cells[:, at].sum()) if at >= 0 else whole - int(salt.cells.sum())
        rows.append((name, int(own.sum()), int(salt.area[own].sum()), cells))
    rows.append((str(label("PLAN-BOOK-TOTAL")), len(salt.of), whole, whole))
    return Listing("salinity", label("PLAN-DOC-SALT"), columns, tuple(rows), label("PLAN-DOC-SALT-NOTE"))


def _zones(paper: PlanPaper) -> Iterator[Part]:
    for name in ("zone", "township", "region"):
        if name in paper.figures.labels and name != paper.by:
            heading = str(paper.words.heading(name))
            table = paper.tables.by(name, f"by-{name}", label("PLAN-DOC-BY", name=heading))
            picture, caption = (None, "")
            if name == "zone":
                picture, caption = _picture(paper, "ZONES", lambda: label_entries(paper.figures, paper.words, "zone"))
            yield Part(_said("BY", name=heading), picture=picture, caption=caption, lists=(table,))


def _measures(paper: PlanPaper) -> Part:
    picture, caption = _picture(paper, "CHOICE", lambda: choice_entries(paper.figures, paper.words))
    return Part(_said("MEASURES"), (_said("MEASURES-SAID"),), picture=picture, caption=caption,
                lists=(paper.tables.by_treatment(),))  # fmt: skip


def _sequence(paper: PlanPaper) -> Part:
    if not paper.figures.years:
        return Part(_said("SEQUENCE"), (_said("SEQUENCE-ONCE"),))
    picture, caption = _picture(paper, "YEARS", lambda: year_entries(paper.figures))
    return Part(_said("SEQUENCE"), (_said("SEQUENCE-SAID"),), picture=picture, caption=caption,
                lists=(paper.tables.sequence(),))  # fmt: skip


def _budget(paper: PlanPaper) -> Part:
    said = [
        _said("SOURCE-SAID", name=str(one.name), share=f"{float(100 * one.share):g}") for one in paper.figures.sources
    ]
    if not said:
        said = [_said("SOURCE-NONE")]
    return Part(_said("BUDGET"), tuple(said), lists=(paper.tables.budget(),))


def _indicators(paper: PlanPaper) -> Part:
    return Part(_said("INDICATORS"), (_said("INDICATORS-SAID"),), lists=(paper.tables.indicators(),))


def _prices(paper: PlanPaper) -> Part:
    lines = list(_price_lines(paper))
    notes = [_said("PRICES-MORE", count=len(lines) - _PRICES)] if len(lines) > _PRICES else []
    key = {"branching": "PROOF-BRANCHING"}.get(paper.solution.proof, "PROOF-PRICES")
    said = [_proven(paper), _said(key), *lines[:_PRICES]]
    if paper.by:
        said.append(_said("PRICES-WHOLE"))
    return Part(
        _said("PRICES"),
        tuple(said),
        tuple(notes),
        lists=(paper.tables.demands(tallied(paper.solution)),),
    )


def _proven(paper: PlanPaper) -> str:
    """Value, bound and gap in one line."""
    found = paper.solution
    return message(
        "PLAN-PROVEN", aim=_aim(paper), value=f"{found.value:,.10g}", bound=f"{found.bound:,.10g}",
        share=f"{100 * found.gap:.2g} %",
    )  # fmt: skip


def _price_lines(paper: PlanPaper) -> Iterator[str]:
    """What relaxing each demand is worth, the dearest first; those that are worth nothing are counted."""
    words, used = paper.words, tallied(paper.solution)
    saved = "SAVED-" if all(weight <= 0 for _, weight in paper.solution.problem.aim) else ""
    dear = [one for one in used if one.price]
    for one in sorted(dear, key=lambda one: -abs(one.price * one.limit)):
        key = f"PLAN-PRICE-{saved}{'LEAST' if one.row.at_least else 'MOST'}"
        told = {"row": row_told(one.row, words), "unit": words.unit(one.unit) or "1", "price": f"{one.price:,.4g}"}
        yield message(key, **told, aim=_aim(paper))
    if len(dear) < len(used):
        yield message("PLAN-PRICE-FREE", count=len(used) - len(dear))


def _uncertain(paper: PlanPaper) -> Part:
    said = [_said("UNCERTAIN-GAP", gap=f"{100 * paper.solution.gap:.2g}")]
    tight = [one for one in tallied(paper.solution) if one.left < _TIGHT * abs(one.limit)]
    said.append(_said("UNCERTAIN-TIGHT", count=len(tight), rows=f"{len(paper.solution.problem.rows):,}"))
    dear = sorted((one for one in tight if one.price), key=lambda one: -abs(one.price * one.limit))
    for one in dear[:_TOLD]:
        lost = abs(one.price * one.limit) * _TIGHT
        price = f"{lost:,.0f}" if lost >= 1000 else f"{lost:,.3g}"
        said.append(_said("UNCERTAIN-TIGHT-ROW", row=row_told(one.row, paper.words), price=price, aim=_aim(paper)))
    banded = [one for one in paper.figures.quantities if one.endswith(("_low", "_high"))]
    said.append(
        _said("UNCERTAIN-BANDS", names=str(label("PLAN-DOC-AND")).join(banded)) if banded else _said("UNCERTAIN-ONE")
    )
    return Part(_said("UNCERTAIN"), tuple(said))


def _left(paper: PlanPaper) -> Part:
    left = paper.left_out
    if left is None:
        return Part(_said("LEFT"), (_said("LEFT-UNKNOWN"),))
    said, lists = [], []
    if left.classes:
        out = sum(row[1] for row in left.classes)
        area = sum(row[2] for row in left.classes)
        said.append(_said("LEFT-LAND", year=paper.year, count=f"{out:,}", area=grouped(area)))
        columns = (
            ListColumn("class", label("PLAN-DOC-LAND-CLASS")), ListColumn("out", label("PLAN-DOC-OUT"), "count"),
            ListColumn("area", label("PLAN-DOC-OUT-AREA"), "area"),
            ListColumn("inside", label("PLAN-DOC-INSIDE"), "count"),
        )  # fmt: skip
        rows: list[tuple[object, ...]] = [(str(name), *cells) for name, *cells in left.classes]
        rows.append((str(label("PLAN-BOOK-TOTAL")), *(sum(row[at] for row in left.classes) for at in (1, 2, 3))))  # type: ignore[misc]
        lists.append(Listing("left-out", label("PLAN-DOC-LEFT-TABLE"), columns, tuple(rows)))
        said.append(_said("LEFT-SAME" if not left.differ else "LEFT-DIFFER", count=left.differ, year=paper.year))
    if left.unknown:
        said.append(_said("LEFT-UNMAPPED", count=left.unknown, year=paper.year or "–"))
    if left.rows:
        said.append(_said("LEFT-ROWS", count=sum(one[1] for one in left.rows), lost=left.lost))
        reasons = (ListColumn("reason", label("PLAN-DOC-REASON")), ListColumn("rows", label("PLAN-DOC-ROWS"), "count"))
        lists.append(Listing("set-aside", label("PLAN-DOC-SET-ASIDE"), reasons, left.rows))
    else:
        said.append(_said("LEFT-NO-ROWS"))
    return Part(_said("LEFT"), tuple(said), lists=tuple(lists))


def _special(paper: PlanPaper) -> Iterator[Part]:
    for name in paper.special:
        if name in paper.figures.labels:
            heading = str(paper.words.heading(name))
            table = paper.tables.by(name, f"special-{name}", label("PLAN-DOC-SPECIAL-TABLE", name=heading))
            yield Part(_said("SPECIAL", name=heading), (_said("SPECIAL-SAID"),), lists=(table,))


def _basis(paper: PlanPaper) -> Part:
    columns = (ListColumn("item", label("PLAN-DOC-ITEM")), ListColumn("value", label("PLAN-DOC-VALUE")))
    return Part(_said("BASIS"), (_said("BASIS-SAID"),),
                lists=(Listing("basis", label("PLAN-DOC-BASIS"), columns, paper.basis),))  # fmt: skip
