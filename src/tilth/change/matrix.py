"""The flow matrix: from each class at the year's start to each class at its end, closed on both margins.

Row sums are the opening areas (INV-4), column sums the closing areas; opening - decrease + increase = closing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from tilth.change.hectares import adjusted, level_cells, units
from tilth.change.lines import SINKS, SOURCES
from tilth.core import AreaTable, BadInput, Column, IntArray, Label, Row, label
from tilth.land import CodeSystem
from tilth.overlay import level

_SUMMARY = ("DECREASE", "INCREASE", "NET", "CLOSING")


def flow_matrix(
    id_: str,
    title: Label,
    lines: pd.DataFrame,
    order: Sequence[str],
    name: Callable[[str], Label],
) -> AreaTable:
    """A matrix of `lines` (source, sink, dm2).

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
    table = AreaTable(id_, title, keys, tuple(columns), tuple(rows), _complete(cells, len(classes)))
    assert closed(table, len(classes))
    return adjusted(table, _complete(_in_hectares(cells, classes, sinks), len(classes)))


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


def _in_hectares(cells: IntArray, classes: Sequence[str], sinks: Sequence[str]) -> IntArray:
    """Cells in 0.01 ha: opening areas levelled to their rounded total, then the cells of each row to its opening."""
    own = len(classes)
    opening = cells[:own].sum(axis=1)
    out = units(cells)
    held = np.flatnonzero(opening)  # a class without land stays at 0.00
    if len(held) and bool((cells[:own] >= 0).all()):
        control = int(units(opening.sum(keepdims=True))[0])
        targets = level(units(opening[held]), control, np.array(classes)[held])
        out[held] = level_cells(cells[held], targets, sinks)
    return out


def grouped_lines(lines: pd.DataFrame, group: Callable[[str], str]) -> pd.DataFrame:
    """`lines` with classes replaced by their group; sources and sinks that are no class stay."""
    fixed = {*SOURCES, *SINKS}
    codes = {code for column in ("source", "sink") for code in pd.unique(lines[column])}
    names = {code: code if code in fixed else group(code) for code in codes}
    return lines.assign(source=lines["source"].map(names), sink=lines["sink"].map(names))


def class_matrix(id_: str, title: Label, lines: pd.DataFrame, codes: CodeSystem) -> AreaTable:
    """The matrix of level-2 classes, refinements counted in."""
    order = [code for code in codes.classes if codes.base(code) == code]
    return flow_matrix(id_, title, grouped_lines(lines, codes.base), order, lambda code: codes[code].label)


def three_class_matrix(id_: str, title: Label, lines: pd.DataFrame, codes: CodeSystem) -> AreaTable | None:
    """The matrix of agricultural, construction and unused land; None where the system has no such view."""
    views = ("agricultural", "construction", "unused")
    fixed = {*SOURCES, *SINKS}
    used = {code for column in ("source", "sink") for code in pd.unique(lines[column])} - fixed
    if any(codes.three_class(code) not in views for code in used):
        return None
    return flow_matrix(id_, title, grouped_lines(lines, codes.three_class), views, lambda view: label(f"CHANGE-{view}"))


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
