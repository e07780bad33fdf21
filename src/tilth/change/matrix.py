"""The flow matrix: from each class at the year's start to each class at its end, closed on both margins.

Row sums are the opening areas (INV-4), column sums the closing areas; opening - decrease + increase = closing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tilth.change.hectares import adjusted, levelled_ha
from tilth.change.leaves import flow_hectares
from tilth.change.lines import SINKS, SOURCES
from tilth.core import AreaTable, BadInput, Column, IntArray, Label, Row, label
from tilth.land import CodeSystem

VIEWS = ("agricultural", "construction", "unused")
_SUMMARY = ("DECREASE", "INCREASE", "NET", "CLOSING")
#: The column of what levelling leaves over between both years' hectares. It holds no land.
ROUNDING = "ROUNDING"


def flow_matrix(
    id_: str, title: Label, leaves: pd.DataFrame, order: Sequence[str], name: Callable[[str], Label], stocks: Stocks
) -> AreaTable:
    """A matrix of `leaves` (source, sink, dm2, ha).

    In hectares opening and closing are those of `stocks`, flows those of the leaves; what stayed in its class is the
    opening less what left it, and what is then missing to the closing stands in a column of its own.

    Rows: the classes that hold land in either year, in `order`; land that comes from no class (new extent, double
    cover, measured difference, other regions) where there is any; the total. Columns: the opening area, the classes,
    land that goes to no class, then decrease, increase, net, rounding (where there is any) and closing area.
    """
    grouped = leaves.groupby(["source", "sink"], sort=False)[["dm2", "ha"]].sum()
    held = {code for pair in grouped.index for code in pair}
    classes = [code for code in order if code in held]
    sources = [*classes, *(code for code in SOURCES if code in held)]
    sinks = [*classes, *(code for code in SINKS if code in held)]
    assert held <= {*sources, *sinks}, held
    cells, hectares = (np.zeros((len(sources), len(sinks)), dtype=np.int64) for _ in range(2))
    for (source, sink), dm2, ha in zip(grouped.index, grouped["dm2"], grouped["ha"], strict=True):
        cells[sources.index(source), sinks.index(sink)] += int(dm2)
        hectares[sources.index(source), sinks.index(sink)] += int(ha)
    exact = _complete(cells, _margins(cells, len(classes)))
    shown = _complete(*_in_hectares(cells, hectares, classes, stocks))
    columns = _columns(classes, sinks, name)
    kept = [place for place, one in enumerate(columns) if one.code != ROUNDING or shown[:, place].any()]
    rows = [
        *(Row((code, name(code)), 1) for code in classes),
        *(Row((code, label(f"CHANGE-{code}")), 1) for code in sources[len(classes) :]),
        Row(("total", label("CHANGE-TOTAL")), 0),
    ]
    keys = (label("CHANGE-CODE"), label("CHANGE-CLASS"))
    notes = (label("CHANGE-NOTE-STOCK-HA", column=label("CHANGE-ROUNDING")),)
    table = AreaTable(id_, title, keys, tuple(columns[at] for at in kept), tuple(rows), exact[:, kept], notes=notes)
    assert closed(table, len(classes))
    return adjusted(table, shown[:, kept])


def _columns(classes: Sequence[str], sinks: Sequence[str], name: Callable[[str], Label]) -> list[Column]:
    return [
        Column("OPENING", label("CHANGE-OPENING")),
        *(Column(code, name(code), label("CHANGE-BECAME")) for code in classes),
        *(Column(code, label(f"CHANGE-{code}")) for code in sinks[len(classes) :]),
        *(Column(code, label(f"CHANGE-{code}")) for code in (*_SUMMARY[:-1], ROUNDING, _SUMMARY[-1])),
    ]


def _margins(cells: IntArray, classes: int) -> tuple[IntArray, IntArray]:
    """Opening and closing of each class, as its row and its column add up to."""
    return cells[:classes].sum(axis=1), cells[:, :classes].sum(axis=0)


def _complete(cells: IntArray, margins: tuple[IntArray, IntArray]) -> IntArray:
    """`cells` with the opening column before them, the summary columns behind and the total row below."""
    own = len(margins[0])
    more = np.zeros(len(cells) - own, dtype=np.int64)
    opening, closing = (np.append(margin, more) for margin in margins)
    kept = np.diagonal(cells)[:own]
    decrease = np.append(cells[:own].sum(axis=1) - kept, more)
    increase = np.append(cells[:, :own].sum(axis=0) - kept, more)
    rounding = closing - opening - increase + decrease
    body = np.column_stack([opening, cells, decrease, increase, increase - decrease, rounding, closing])
    return np.vstack([body, body.sum(axis=0)]).astype(np.int64)


def closed(table: AreaTable, classes: int) -> bool:
    """INV-2 and INV-4 on a matrix as printed: both margins, and every identity of the summary columns."""
    codes = [column.code for column in table.columns]
    cells, total = table.dm2[:-1], table.dm2[-1]
    body = cells[:, 1 : codes.index("DECREASE")]
    opening, decrease, increase, net, closing = (cells[:, codes.index(code)] for code in ("OPENING", *_SUMMARY))
    rows = np.array_equal(body[:classes].sum(axis=1), opening[:classes])
    ends = np.array_equal(body[:, :classes].sum(axis=0), closing[:classes])
    identity = np.array_equal(opening - decrease + increase, closing) and np.array_equal(net, closing - opening)
    return rows and ends and identity and np.array_equal(cells.sum(axis=0), total)


def _in_hectares(
    cells: IntArray, flowed: IntArray, classes: Sequence[str], stocks: Stocks
) -> tuple[IntArray, tuple[IntArray, IntArray]]:
    """The cells in 0.01 ha, and opening and closing: those of the land tables."""
    own = len(classes)
    out, place = flowed.copy(), np.arange(own)
    out[place, place] = 0
    opening, closing = (
        np.array([stock.get(code, 0) for code in classes], dtype=np.int64) for stock in (stocks.opening, stocks.closing)
    )
    left = np.maximum(opening - out[:own].sum(axis=1), 0)
    out[place, place] = np.where(np.diagonal(cells)[:own] != 0, left, 0)
    return out, (opening, closing)


def grouped_lines(lines: pd.DataFrame, group: Callable[[str], str]) -> pd.DataFrame:
    """`lines` with classes replaced by their group; sources and sinks that are no class stay."""
    fixed = {*SOURCES, *SINKS}
    codes = {code for column in ("source", "sink") for code in pd.unique(lines[column])}
    names = {code: code if code in fixed else group(code) for code in codes}
    return lines.assign(source=lines["source"].map(names), sink=lines["sink"].map(names))


@dataclass(frozen=True)
class Stocks:
    """What the land tables of both years show of each class. [0.01 ha]"""

    opening: Mapping[str, int]
    closing: Mapping[str, int]

    def grouped(self, group: Callable[[str], str]) -> Stocks:
        """The same summed by group; classes without land are in none."""
        return Stocks(_grouped(self.opening, group), _grouped(self.closing, group))


def _grouped(stock: Mapping[str, int], group: Callable[[str], str]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for code, hectares in stock.items():
        if hectares:
            sums[group(code)] = sums.get(group(code), 0) + hectares
    return sums


def class_matrix(id_: str, title: Label, lines: pd.DataFrame, codes: CodeSystem, stocks: Stocks) -> AreaTable:
    """The matrix of level-2 classes, refinements counted in."""
    order = [code for code in codes.classes if codes.base(code) == code]
    grouped = grouped_lines(lines, codes.base)
    return flow_matrix(id_, title, grouped, order, lambda code: codes[code].label, stocks.grouped(codes.base))


def three_class_matrix(
    id_: str, title: Label, lines: pd.DataFrame, codes: CodeSystem, stocks: Stocks
) -> AreaTable | None:
    """The matrix of agricultural, construction and unused land; None where the system has no such view."""
    views = VIEWS
    fixed = {*SOURCES, *SINKS}
    used = {code for column in ("source", "sink") for code in pd.unique(lines[column])} - fixed
    if any(codes.three_class(code) not in views for code in used):
        return None
    grouped, held = grouped_lines(lines, codes.three_class), stocks.grouped(codes.three_class)
    return flow_matrix(id_, title, grouped, views, lambda view: label(f"CHANGE-{view}"), held)


def flow_matrix_from_transitions(
    frame: pd.DataFrame, codes: CodeSystem | None = None, *, title: Label | None = None
) -> AreaTable:
    """The flow matrix of a published transition table.

    Parameters
    ----------
    frame
        Columns from, to (class codes, read as text) and area (whole numbers: dm², or pixels); several rows of one
        pair are added. In a matrix of pixels the hectares have no meaning.
    codes
        Order and names of the classes; without it, codes in sorted order.

    Raises
    ------
    BadInput
        If an area is negative or not a whole number, or a class is not in `codes`.
    """
    area = pd.to_numeric(frame["area"], errors="coerce").to_numpy()
    wrong = np.flatnonzero(~(np.isfinite(area.astype(np.float64)) & (area >= 0) & (area == np.floor(area))))
    if len(wrong):
        row = int(wrong[0])
        raise BadInput("CHANGE-TRANSITION-AREA", row=row + 1, value=frame["area"].iloc[row])
    lines = pd.DataFrame(
        {"source": frame["from"].astype(str), "sink": frame["to"].astype(str), "dm2": area.astype(np.int64)}
    )
    used = set(lines["source"]) | set(lines["sink"])
    if codes is not None:
        for code in used:
            codes[code]
        order, name = list(codes.classes), lambda code: codes[code].label
    else:
        order, name = _natural(used), lambda code: Label(code, code)
    opening = _rounded_stock(lines)
    leaves = lines.assign(ha=flow_hectares(lines, opening))
    stocks = Stocks(opening, _closing(leaves, opening))
    return flow_matrix("transitions", title or label("CHANGE-TABLE-matrix"), leaves, order, name, stocks)


def _rounded_stock(lines: pd.DataFrame) -> dict[str, int]:
    """Classes in 0.01 ha, levelled to their rounded total."""
    sums = lines.groupby("source")["dm2"].sum()
    held = sums[sums > 0]
    return dict(zip(held.index, levelled_ha(held.to_numpy(np.int64)).tolist(), strict=True))


def _closing(leaves: pd.DataFrame, opening: Mapping[str, int]) -> dict[str, int]:
    """What the flows leave of `opening`: there is no other table to agree with."""
    moved = leaves[leaves["source"] != leaves["sink"]]
    gone, come = (moved.groupby(end)["ha"].sum() for end in ("source", "sink"))
    return {
        code: opening.get(code, 0) - int(gone.get(code, 0)) + int(come.get(code, 0)) for code in {*opening, *come.index}
    }


def _natural(codes: set[str]) -> list[str]:
    """Sorted, whole numbers by size and before texts."""
    return sorted(codes, key=lambda code: (0, int(code), code) if code.isdecimal() else (1, 0, code))
