"""The SEEA land account: opening stock, additions, reductions and closing stock by land-cover class, and its matrix.

Source: System of Environmental-Economic Accounting, Central Framework (2012), land-cover accounts. A change is managed
or natural by the class it leads to; what is measured anew (extent, double cover, measured differences) is a reappraisal
and never a gain or loss.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tilth.change.hectares import adjusted, rounded_ha
from tilth.change.lines import SINKS, SOURCES
from tilth.change.matrix import VIEWS, Stocks, flow_matrix, grouped_lines
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
_BOOKED = ("OPENING", "MANAGED-UP", "NATURAL-UP", "REAPPRAISED-UP", "MANAGED-DOWN", "NATURAL-DOWN", "REAPPRAISED-DOWN")
_UP = {name: 1 for name in _BOOKED if name.endswith("UP")}
_DOWN = {name: 1 for name in _BOOKED if name.endswith("DOWN")}
_ROWS: tuple[tuple[str, dict[str, int]], ...] = (
    ("OPENING", {"OPENING": 1}),
    *((name, {name: 1}) for name in _UP),
    ("ADDITIONS", _UP),
    *((name, {name: 1}) for name in _DOWN),
    ("REDUCTIONS", _DOWN),
    ("CLOSING", {"OPENING": 1, **_UP, **dict.fromkeys(_DOWN, -1)}),
)


def land_account(title: Label, lines: pd.DataFrame, codes: CodeSystem, stocks: Stocks) -> AreaTable | None:
    """The account; None where no class of the system has a SEEA class. What rounding leaves over between the hectares
    of `stocks` is in the reappraisals."""
    kinds = flow_classes(codes.id)
    if not kinds:
        return None
    cells = np.zeros((len(_BOOKED), len(CLASSES)), dtype=np.int64)
    grouped = lines.groupby(["source", "sink"], sort=False)["dm2"].sum()
    for (source, sink), dm2 in grouped.items():
        _book(cells, str(source), str(sink), int(dm2), codes)
    weights = np.array([[parts.get(name, 0) for name in _BOOKED] for _, parts in _ROWS], dtype=np.int64)
    columns = (Column("total", label("CHANGE-TOTAL")), *(Column(name, label(f"CHANGE-{name}")) for name in CLASSES))
    rows = tuple(Row((label(f"CHANGE-SEEA-{name}"),), 1 if name in _UP | _DOWN else 0) for name, _ in _ROWS)
    left_over = label("CHANGE-NOTE-STOCK-HA", column=label("CHANGE-SEEA-REAPPRAISED-UP"))
    keys, notes = (label("CHANGE-SEEA-ENTRY"),), (left_over,)
    table = AreaTable("seea", title, keys, columns, rows, _with_total(weights @ cells), notes=notes)
    hectares, held = rounded_ha(cells), stocks.grouped(lambda code: kinds[code].seea)
    hectares[_BOOKED.index("OPENING")] = [held.opening.get(name, 0) for name in CLASSES]
    short = np.array([held.closing.get(name, 0) for name in CLASSES], dtype=np.int64) - (weights @ hectares)[-1]
    hectares[_BOOKED.index("REAPPRAISED-UP")] += np.maximum(short, 0)
    hectares[_BOOKED.index("REAPPRAISED-DOWN")] += np.maximum(-short, 0)
    return adjusted(table, _with_total(weights @ hectares))


def _with_total(cells: IntArray) -> IntArray:
    return np.column_stack([cells.sum(axis=1), cells])


def _book(cells: IntArray, source: str, sink: str, dm2: int, codes: CodeSystem) -> None:
    kinds = flow_classes(codes.id)
    old = None if source in SOURCES else CLASSES.index(kinds[source].seea)
    new = None if sink in SINKS else CLASSES.index(kinds[sink].seea)
    row = {name: index for index, name in enumerate(_BOOKED)}
    if old is not None:
        cells[row["OPENING"], old] += dm2
    if old == new:
        return
    kind = "REAPPRAISED" if old is None or new is None else kinds[sink].change_is.upper()
    if old is not None:
        cells[row[f"{kind}-DOWN"], old] += dm2
    if new is not None:
        cells[row[f"{kind}-UP" if dm2 >= 0 else f"{kind}-DOWN"], new] += abs(dm2)


def land_matrix(title: Label, lines: pd.DataFrame, codes: CodeSystem, stocks: Stocks) -> AreaTable | None:
    """The change matrix by SEEA class; None where no class of the system has a SEEA class."""
    kinds = flow_classes(codes.id)
    if not kinds:
        return None
    grouped = grouped_lines(lines, lambda code: kinds[code].seea)
    held = stocks.grouped(lambda code: kinds[code].seea)
    return flow_matrix("seea_matrix", title, grouped, CLASSES, lambda code: label(f"CHANGE-{code}"), stocks=held)
