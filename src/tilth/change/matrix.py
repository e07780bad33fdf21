"""The flow matrix: from each class at the year's start to each class at its end, closed on both margins.

Row sums are the opening areas (INV-4), column sums the closing areas; opening - decrease + increase = closing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tilth.change.hectares import adjusted, level_cells, level_columns, rounded_ha
from tilth.change.lines import SINKS, SOURCES
from tilth.core import AreaTable, BadInput, Column, IntArray, Label, Row, label
from tilth.land import CodeSystem
from tilth.overlay import level

VIEWS = ("agricultural", "construction", "unused")
#: The row of land that takes what rounding leaves over between both years' hectares.
_REST = "DIFFERENCE"
_SUMMARY = ("DECREASE", "INCREASE", "NET", "CLOSING")


def flow_matrix(
    id_: str,
    title: Label,
    lines: pd.DataFrame,
    order: Sequence[str],
    name: Callable[[str], Label],
    *,
    stocks: Stocks | None = None,
) -> AreaTable:
    """A matrix of `lines` (source, sink, dm2).

    Hectares are levelled to `stocks`, both margins; what no cell can take is in the row of measured differences.
    Without it the classes are levelled to their total.

    Rows: the classes that hold land in either year, in `order`; land that comes from no class (new extent, double
    cover, measured difference, other regions) where there is any; the total. Columns: the opening area, the classes,
    land that goes to no class, then decrease, increase, net and closing area.
    """
    grouped = lines.groupby(["source", "sink"], sort=False)["dm2"].sum()
    held = {code for pair in grouped.index for code in pair}
    classes = [code for code in order if code in held]
    sources = [*classes, *(code for code in SOURCES if code in held)]
    sinks = [*classes, *(code for code in SINKS if code in held)]
    assert held <= {*sources, *sinks}, held
    cells = np.zeros((len(sources), len(sinks)), dtype=np.int64)
    for (source, sink), dm2 in grouped.items():
        cells[sources.index(source), sinks.index(sink)] += int(dm2)
    hectares = _in_hectares(cells, classes, sinks, stocks)
    rest = np.zeros(len(sinks), dtype=np.int64)
    if stocks is not None:
        rest[: len(classes)] = _of(stocks.closing, classes) - hectares[:, : len(classes)].sum(axis=0)
    if rest.any():
        if _REST not in sources:
            sources.append(_REST)
            cells, hectares = (np.vstack([part, np.zeros_like(rest)]) for part in (cells, hectares))
        hectares[sources.index(_REST)] += rest

    columns = [
        Column("OPENING", label("CHANGE-OPENING")),
        *(Column(code, name(code), label("CHANGE-BECAME")) for code in classes),
        *(Column(code, label(f"CHANGE-{code}")) for code in sinks[len(classes) :]),
        *(Column(code, label(f"CHANGE-{code}")) for code in _SUMMARY),
    ]
    rows = [
        *(Row((code, name(code)), 1) for code in classes),
        *(Row((code, label(f"CHANGE-{code}")), 1) for code in sources[len(classes) :]),
        Row(("total", label("CHANGE-TOTAL")), 0),
    ]
    keys = (label("CHANGE-CODE"), label("CHANGE-CLASS"))
    notes = () if stocks is None else (label("CHANGE-NOTE-STOCK-HA", column=label(f"CHANGE-{_REST}")),)
    table = AreaTable(id_, title, keys, tuple(columns), tuple(rows), _complete(cells, len(classes)), notes=notes)
    assert closed(table, len(classes))
    return adjusted(table, _complete(hectares, len(classes)))


def _complete(cells: IntArray, classes: int) -> IntArray:
    """`cells` with the opening column before them, the four summary columns behind and the total row below."""
    zeros = np.zeros(len(cells) - classes, dtype=np.int64)
    opening = np.append(cells[:classes].sum(axis=1), zeros)
    closing = np.append(cells[:, :classes].sum(axis=0), zeros)
    kept = np.append(np.diagonal(cells)[:classes], zeros)
    body = np.column_stack([opening, cells, opening - kept, closing - kept, closing - opening, closing])
    return np.vstack([body, body.sum(axis=0)]).astype(np.int64)


def closed(table: AreaTable, classes: int) -> bool:
    """INV-2 and INV-4 on a matrix as printed: both margins, and every identity of the summary columns."""
    cells, total = table.dm2[:-1], table.dm2[-1]
    body = cells[:, 1:-4]
    opening, (decrease, increase, net, closing) = cells[:, 0], cells[:, -4:].T
    rows = np.array_equal(body[:classes].sum(axis=1), opening[:classes])
    ends = np.array_equal(body[:, :classes].sum(axis=0), closing[:classes])
    identity = np.array_equal(opening - decrease + increase, closing) and np.array_equal(net, closing - opening)
    return rows and ends and identity and np.array_equal(cells.sum(axis=0), total)


def _of(hectares: Mapping[str, int], classes: Sequence[str]) -> IntArray:
    return np.array([hectares.get(code, 0) for code in classes], dtype=np.int64)


def _in_hectares(cells: IntArray, classes: Sequence[str], sinks: Sequence[str], stocks: Stocks | None) -> IntArray:
    """Cells in 0.01 ha: the cells of each row levelled to its opening, then moved until columns come to the closing.

    Without `stocks`, openings are levelled to their rounded total, and columns are what the cells give.
    """
    own = len(classes)
    opening = cells[:own].sum(axis=1)
    out = rounded_ha(cells)
    held = np.flatnonzero(opening)  # a class without land stays at 0.00
    if len(held) and bool((cells[:own] >= 0).all()):
        if stocks is None:
            control = int(rounded_ha(opening.sum(keepdims=True))[0])
            targets = level(rounded_ha(opening[held]), control, np.array(classes)[held])
        else:
            targets = _of(stocks.opening, classes)[held]
        out[held] = level_cells(cells[held], targets, sinks)
        if stocks is not None:
            closing = _of(stocks.closing, classes) - out[own:, :own].sum(axis=0)
            out[:own] = level_columns(cells[:own], out[:own], closing)
    return out


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
    return flow_matrix(id_, title, grouped, order, lambda code: codes[code].label, stocks=stocks.grouped(codes.base))


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
    return flow_matrix(id_, title, grouped, views, lambda view: label(f"CHANGE-{view}"), stocks=held)


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
    return flow_matrix("transitions", title or label("CHANGE-TABLE-matrix"), lines, order, name)


def _natural(codes: set[str]) -> list[str]:
    """Sorted, whole numbers by size and before texts."""
    return sorted(codes, key=lambda code: (0, int(code), code) if code.isdecimal() else (1, 0, code))
