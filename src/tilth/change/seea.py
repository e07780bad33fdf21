"""The SEEA land account: opening stock, additions, reductions and closing stock by land-cover class, and its matrix.

Source: System of Environmental-Economic Accounting, Central Framework (2012), land-cover accounts. A change is managed
or natural by the class it leads to; what is measured anew (extent, double cover, measured differences) is a reappraisal
and never a gain or loss.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from tilth.change.hectares import adjusted
from tilth.change.lines import SINKS, SOURCES
from tilth.change.matrix import ROUNDING, VIEWS, Stocks, flow_matrix, grouped_lines
from tilth.change.rules import flow_classes
from tilth.core import AreaTable, Column, IntArray, Label, Row, label
from tilth.land import CodeSystem

CLASSES = (
    "artificial", "herbaceous_crops", "woody_crops", "multiple_crops", "grassland", "tree_covered", "mangroves",
    "shrub_covered", "regularly_flooded", "sparse_vegetation", "barren", "snow_and_glaciers", "inland_water",
    "coastal_water",
)  # fmt: skip
#: Words by which only the software knows a row of a matrix: no reader needs them beside the row's name.
ROW_WORDS = frozenset({"total", *SOURCES, *SINKS, *VIEWS, *CLASSES})
#: Booked rows, then how the printed rows are made of them.
_BOOKED = (
    "OPENING", "MANAGED-UP", "NATURAL-UP", "REAPPRAISED-UP", "MANAGED-DOWN", "NATURAL-DOWN", "REAPPRAISED-DOWN",
    ROUNDING,
)  # fmt: skip
_UP = {name: 1 for name in _BOOKED if name.endswith("UP")}
_DOWN = {name: 1 for name in _BOOKED if name.endswith("DOWN")}
_ROWS: tuple[tuple[str, dict[str, int]], ...] = (
    ("OPENING", {"OPENING": 1}),
    *((name, {name: 1}) for name in _UP),
    ("ADDITIONS", _UP),
    *((name, {name: 1}) for name in _DOWN),
    ("REDUCTIONS", _DOWN),
    (ROUNDING, {ROUNDING: 1}),
    ("CLOSING", {"OPENING": 1, **_UP, **dict.fromkeys(_DOWN, -1), ROUNDING: 1}),
)


def land_account(title: Label, leaves: pd.DataFrame, codes: CodeSystem, stocks: Stocks) -> AreaTable | None:
    """The account; None where no class of the system has a SEEA class. What rounding leaves over between the hectares
    of `stocks` is in a row of its own."""
    kinds = flow_classes(codes.id)
    if not kinds:
        return None
    cells, hectares = (np.zeros((len(_BOOKED), len(CLASSES)), dtype=np.int64) for _ in range(2))
    grouped = leaves.groupby(["source", "sink"], sort=False)[["dm2", "ha"]].sum()
    for (source, sink), dm2, ha in zip(grouped.index, grouped["dm2"], grouped["ha"], strict=True):
        for row, column, sign in _entries(str(source), str(sink), dm2 >= 0, codes):
            cells[row, column] += sign * int(dm2)
            hectares[row, column] += sign * int(ha)
    weights = np.array([[parts.get(name, 0) for name in _BOOKED] for _, parts in _ROWS], dtype=np.int64)
    columns = (Column("total", label("CHANGE-TOTAL")), *(Column(name, label(f"CHANGE-{name}")) for name in CLASSES))
    rows = tuple(Row((label(f"CHANGE-SEEA-{name}"),), 1 if name in _UP | _DOWN else 0) for name, _ in _ROWS)
    left_over = label("CHANGE-NOTE-STOCK-HA", column=label("CHANGE-ROUNDING"))
    keys, notes = (label("CHANGE-SEEA-ENTRY"),), (left_over,)
    table = AreaTable("seea", title, keys, columns, rows, _with_total(weights @ cells), notes=notes)
    held = stocks.grouped(lambda code: kinds[code].seea)
    hectares[_BOOKED.index("OPENING")] = [held.opening.get(name, 0) for name in CLASSES]
    closing = np.array([held.closing.get(name, 0) for name in CLASSES], dtype=np.int64)
    hectares[_BOOKED.index(ROUNDING)] = closing - (weights @ hectares)[-1]
    return adjusted(table, _with_total(weights @ hectares))


def _with_total(cells: IntArray) -> IntArray:
    return np.column_stack([cells.sum(axis=1), cells])


def _entries(source: str, sink: str, gained: bool, codes: CodeSystem) -> Iterator[tuple[int, int, int]]:
    """(booked row, class, sign) of a flow; `gained`: it is not negative, as only a measured difference can be."""
    kinds = flow_classes(codes.id)
    old = None if source in SOURCES else CLASSES.index(kinds[source].seea)
    new = None if sink in SINKS else CLASSES.index(kinds[sink].seea)
    row = {name: index for index, name in enumerate(_BOOKED)}
    if old is not None:
        yield row["OPENING"], old, 1
    if old == new:
        return
    kind = "REAPPRAISED" if old is None or new is None else kinds[sink].change_is.upper()
    if old is not None:
        yield row[f"{kind}-DOWN"], old, 1
    if new is not None:
        yield row[f"{kind}-UP" if gained else f"{kind}-DOWN"], new, 1 if gained else -1


def land_matrix(title: Label, leaves: pd.DataFrame, codes: CodeSystem, stocks: Stocks) -> AreaTable | None:
    """The change matrix by SEEA class; None where no class of the system has a SEEA class."""
    kinds = flow_classes(codes.id)
    if not kinds:
        return None
    grouped = grouped_lines(leaves, lambda code: kinds[code].seea)
    held = stocks.grouped(lambda code: kinds[code].seea)
    return flow_matrix("seea_matrix", title, grouped, CLASSES, lambda code: label(f"CHANGE-{code}"), held)
