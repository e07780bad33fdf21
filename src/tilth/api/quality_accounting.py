"""Accounts of quality between two years, beside the accounts of area: every piece of farmland, closing to 0.01 m²."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tilth.api.quality_grading import BYS, STATED, QualityGraded, graded, mean_said
from tilth.core import BadInput, label, message

if TYPE_CHECKING:
    import pandas as pd

    from tilth.core import AreaTable, BoolArray, IntArray, Label
    from tilth.land import RegionTree
    from tilth.runtime import Workspace
    from tilth.soil import IndicatorChange, PiecesOfLand, QualityAccount, Side


@dataclass(frozen=True)
class QualityAccounts:
    """Accounts between two years: of grades, of each kind of degraded land, of what can be counted, and by region."""

    before: QualityGraded
    after: QualityGraded
    by: str
    grades: QualityAccount
    degraded: dict[str, QualityAccount]  # kinds of which something is known in one of the years
    indicators: tuple[IndicatorChange, ...]
    regions: tuple[tuple[str, str, int, QualityAccount], ...]  # name, code, depth
    tables: tuple[AreaTable, ...]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        from tilth.report import as_json
        from tilth.soil import register_columns

        columns = register_columns()
        return {
            "from": self.before.year,
            "to": self.after.year,
            "by": self.by,
            "table": {"id": self.after.table.id, "version": self.after.table.version},
            "grades": _account(self.grades),
            "degraded": {kind: _account(one) for kind, one in self.degraded.items()},
            "indicators": [
                {
                    "id": one.id, "label": str(columns[one.id].label), "unit": columns[one.id].unit,
                    "area_dm2": one.area_dm2, "mean_before": one.mean_before, "mean_after": one.mean_after,
                    "rose_dm2": one.rose_dm2, "fell_dm2": one.fell_dm2, "same_dm2": one.same_dm2,
                }
                for one in self.indicators
            ],
            "regions": [
                {"name": name, "region": code, "depth": depth, **_account(one)}
                for name, code, depth, one in self.regions
            ],
            "tables": [as_json(one) for one in self.tables],
        }  # fmt: skip


def _account(one: QualityAccount) -> dict[str, Any]:
    first, change, last = one.graded.tolist()
    return {
        "opening_dm2": int(one.opening.sum()), "closing_dm2": int(one.closing.sum()),
        "opening_grade_dm2": first, "change_grade_dm2": change, "closing_grade_dm2": last,
        "mean_before": mean_said(one.opening), "mean_after": mean_said(one.closing),
        "improved_dm2": one.improved_dm2, "worsened_dm2": one.worsened_dm2, "same_dm2": one.same_dm2,
    }  # fmt: skip


def quality_accounts(
    workspace: Workspace, *, before: int, after: int, table: str = "", by: str = STATED, region: str | None = None
) -> QualityAccounts:
    """What became of the farmland of each grade, and of degraded land, from one year to the next.

    Opening + changes = closing for every grade and region, to 0.01 m²; so do area × grade. A year without a register
    has the grades of its survey.

    Parameters
    ----------
    table, by
        As for `quality_grade`; both years are graded the same way.
    region
        Only land in it and below it: what a neighbour gave or took counts as the edge.

    Raises
    ------
    NotFound
        If a year has no survey, or there is no such region or table.
    BadInput
        If the years are the wrong way round, the surveys do not go together, or a table of the workspace is none.
    """
    from tilth.api.accounting import flows
    from tilth.land import Store
    from tilth.soil import DEGREES, indicator_change, numbers_of, quality_account, register_columns

    if before >= after:
        raise BadInput("QUALITY-YEARS", before=before, year=after)
    if by not in BYS:
        raise BadInput("QUALITY-BY", by=by, known=", ".join(BYS))
    tree = Store(workspace).regions()
    below = tree.below(region) if region not in (None, workspace.region) else None
    years = [graded(workspace, year, table=table, by=by, needed=False) for year in (before, after)]
    booked = flows(workspace, before=before, after=after).flows.booked
    pieces = _pieces(booked, years, below)
    sides = [_side(one, one.grade) for one in years]
    sides = [_cut(side, one, below) for side, one in zip(sides, years, strict=True)]
    grades = quality_account(sides[0], sides[1], pieces, 10)
    degraded = {}
    for kind in years[1].degrees:
        if all((one.degrees[kind] < 0).all() for one in years):
            continue
        states = [_cut(_side(one, one.degrees[kind] + 1), one, below) for one in years]
        degraded[kind] = quality_account(states[0], states[1], pieces, len(DEGREES))
    changes = []
    for id, column in register_columns().items():
        if column.kind == "number":
            values = [_spread(one, numbers_of(one.frame, id)) for one in years]
            change = indicator_change(id, values[0], values[1], (sides[0], sides[1]), pieces)
            changes += [change] if change is not None else []
    regions = _by_region(tree, workspace, years, pieces, region)
    tables = [_table("quality-grades", label("QUALITY-TABLE-GRADES"), _grade_names(), grades, years, by)]
    kinds = {one.id: one.label for one in years[1].needs.degradations}
    for kind, one in degraded.items():
        title = label("QUALITY-TABLE-DEGRADED", kind=kinds[kind])
        tables.append(_table(f"quality-{kind}", title, _degree_names(), one, years, by))
    return QualityAccounts(years[0], years[1], by, grades, degraded, tuple(changes), regions, tuple(tables))


def _spread(found: QualityGraded, values: Any) -> Any:
    """Values of farmland as values of every parcel of the survey; NaN elsewhere."""
    import numpy as np

    out = np.full(len(found.survey.attributes), np.nan)
    out[found.rows] = values
    return out


def _side(found: QualityGraded, state: IntArray) -> Side:
    import numpy as np

    from tilth.soil import Side

    count = len(found.survey.attributes)
    farmland, states = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.int64)
    farmland[found.rows], states[found.rows] = True, state
    return Side(states, farmland, found.survey.attributes["net_area_dm2"].to_numpy(np.int64))


def _within(found: QualityGraded, below: frozenset[str] | None) -> BoolArray | None:
    if below is None:
        return None
    there: BoolArray = found.survey.attributes["region_code"].isin(below).to_numpy(bool)
    return there


def _cut(side: Side, found: QualityGraded, below: frozenset[str] | None) -> Side:
    from dataclasses import replace

    there = _within(found, below)
    return side if there is None else replace(side, farmland=side.farmland & there)


def _pieces(booked: pd.DataFrame, years: Sequence[QualityGraded], below: frozenset[str] | None) -> PiecesOfLand:
    """Pieces with their net areas; in a region, those outside have no parcel on that side."""
    import numpy as np

    from tilth.change.pieces import DIFFERENCE
    from tilth.soil import PiecesOfLand

    left, right = booked["left"].to_numpy(np.int64), booked["right"].to_numpy(np.int64)
    gross = booked["gross"].to_numpy(np.int64)
    before = np.where(left >= 0, gross - booked["ridge_before"].to_numpy(np.int64), 0)
    after = np.where(right >= 0, gross - booked["ridge_after"].to_numpy(np.int64), 0)
    anew = (booked["kind"] == DIFFERENCE).to_numpy(bool)
    for number, (one, rows) in enumerate(zip(years, (left, right), strict=True)):
        there = _within(one, below)
        if there is not None:
            kept = np.where((rows >= 0) & there[np.maximum(rows, 0)], rows, -1)
            left, right = (kept, right) if number == 0 else (left, kept)
    return PiecesOfLand(left, right, before, after, anew)


def _by_region(
    tree: RegionTree, workspace: Workspace, years: Sequence[QualityGraded], pieces: PiecesOfLand, region: str | None
) -> tuple[tuple[str, str, int, QualityAccount], ...]:
    """The account of grades of the region and of those directly below it."""
    from dataclasses import replace

    import numpy as np

    from tilth.soil import quality_account

    top = region or workspace.region
    found = []
    names = [(tree[top].name, top, 0)] if top in tree else []
    names += [(one.name, one.code, 1) for one in tree.children(top)]
    for name, code, depth in names:
        below = tree.below(code)
        sides, rows = [], []
        for one, held in zip(years, (pieces.left, pieces.right), strict=True):
            there = _within(one, below)
            assert there is not None
            sides.append(_cut(_side(one, one.grade), one, below))
            rows.append(np.where((held >= 0) & there[np.maximum(held, 0)], held, -1))
        here = (rows[0] >= 0) | (rows[1] >= 0)
        cut = replace(
            pieces, left=rows[0][here], right=rows[1][here], net_before=pieces.net_before[here],
            net_after=pieces.net_after[here], anew=pieces.anew[here],
        )  # fmt: skip
        found.append((name, code, depth, quality_account(sides[0], sides[1], cut, 10)))
    return tuple(found)


def _grade_names() -> list[Label]:
    return [label("QUALITY-UNGRADED"), *(label("QUALITY-GRADE", grade=grade) for grade in range(1, 11))]


def _degree_names() -> list[Label]:
    from tilth.soil import DEGREES

    return [label(f"QUALITY-DEGREE-{name.upper()}") for name in ("unknown", *DEGREES)]


def _table(
    id: str, title: Label, names: Sequence[Label], one: QualityAccount, years: Sequence[QualityGraded], by: str
) -> AreaTable:
    """The account as a table: the states from the best to the worst, what has none, and all together."""
    import numpy as np

    from tilth.change.hectares import adjusted, levelled_ha, rounded_ha
    from tilth.core import AreaTable, Column, Row
    from tilth.soil import CHANGES

    cells = np.column_stack([one.opening, one.changes, one.closing])
    hectares = rounded_ha(cells)
    for end in (0, -1):
        hectares[:, end] = levelled_ha(cells[:, end])
    for column in (1 + CHANGES.index(name) for name in ("better", "worse", "known")):
        hectares[np.abs(cells[:, column]).argmax(), column] -= hectares[:, column].sum()  # land that only moves
    measured = 1 + CHANGES.index("measured")
    hectares[:, measured] += hectares[:, -1] - hectares[:, :-1].sum(axis=1)
    order = [*range(1, len(names)), 0]
    with_total = [np.vstack([whole[order], whole.sum(axis=0)]) for whole in (cells, hectares)]
    first, last = (label(f"QUALITY-CHANGE-{end}", year=found.year)
                   for end, found in zip(("OPENING", "CLOSING"), years, strict=True))  # fmt: skip
    columns = (
        Column("OPENING", first), *(Column(name.upper(), label(f"QUALITY-CHANGE-{name.upper()}")) for name in CHANGES),
        Column("CLOSING", last),
    )  # fmt: skip
    rows = (*(Row((names[number],), 1) for number in order), Row((label("QUALITY-TOTAL"),)))
    notes = (label("QUALITY-TABLE-NOTE", by=message(f"QUALITY-BY-{by.upper()}")), label("QUALITY-TABLE-NOTE-HA"))
    table = AreaTable(id, title, (label("QUALITY-TABLE-KEY"),), columns, rows, with_total[0], notes=notes)
    return adjusted(table, with_total[1])
