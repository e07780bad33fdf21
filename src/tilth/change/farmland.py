"""Farmland in and out: where farmland came from and what it became, for every region, and its stable-use net.

All columns are net class areas and additive over regions, so every row is the exact sum of the rows below it.
A change of boundary is booked first, at the class the land had; the change of class then in the region it ends in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tilth.change.hectares import adjusted, level_cells
from tilth.change.lines import KEYS, SINKS, SOURCES
from tilth.change.places import Places
from tilth.change.rules import flow_classes
from tilth.core import AreaTable, Column, IntArray, Label, label
from tilth.land import CodeSystem

FROM = ("02", "03", "04", "1104", "OTHERAG", "CONSTRUCTION", "1204", "UNUSED")
TO = ("CONSTRUCTION", "02", "03", "04", "1104", "FACILITY", "ECO", "WATER", "DISASTER")
#: Leaf columns: what a flow is booked in. Everything else is a sum of these.
_BOOKED = (
    "OPENING",
    *(f"IN-{kind}" for kind in FROM),
    *(f"OUT-{kind}" for kind in TO),
    "RIDGE", "BOUNDARY", "EXTENT", "OVERLAP", "DIFFERENCE", "ROUNDING",
    "STABLE-OPENING", "STABLE-IN", "STABLE-OUT", "STABLE-OTHER", "STABLE-ROUNDING",
)  # fmt: skip
_OTHER = ("RIDGE", "BOUNDARY", "EXTENT", "OVERLAP", "DIFFERENCE", "ROUNDING")
_OF_END = {
    "LOST": "EXTENT",
    "GAINED": "EXTENT",
    "OVERLAP-BEFORE": "OVERLAP",
    "OVERLAP-AFTER": "OVERLAP",
    "DIFFERENCE": "DIFFERENCE",
}


def farmland_in_out(
    title: Label,
    leaves: pd.DataFrame,
    places: Places,
    codes: CodeSystem,
    *,
    opening_ha: IntArray,
    closing_ha: IntArray,
) -> AreaTable | None:
    """The table; None where the code system has no farmland flow kinds.

    N_t, the stable-use net (稳定利用耕地净增加), is column STABLE-NET: land that became farmland in stable use less
    land that ceased to be, by whatever cause. Re-measured ridges, a changed extent, double cover and measured
    differences change the stock but are no gain: STABLE-OTHER.

    `leaves` are those of `leaves.flow_leaves`. `opening_ha` and `closing_ha` (places,) are the farmland that the land
    tables of both years show, in 0.01 ha; what rounding leaves over between them is in ROUNDING.
    """
    if not flow_classes(codes.id):
        return None
    cells, hectares = _booked(leaves, places, codes)
    columns, weights = _columns()
    of = {column.code: weights[:, place] for place, column in enumerate(columns)}
    stocks = {"OPENING": opening_ha, "CLOSING": closing_ha}
    stocks |= {f"STABLE-{name}": _part_of(cells, of, name, stock) for name, stock in stocks.items()}
    for group in ("", "STABLE-"):
        hectares[:, _BOOKED.index(f"{group}OPENING")] = stocks[f"{group}OPENING"]
        short = stocks[f"{group}CLOSING"] - hectares @ of[f"{group}CLOSING"]
        hectares[:, _BOOKED.index(f"{group}ROUNDING")] = short
    table = AreaTable(
        "farmland_in_out",
        title,
        (label("CHANGE-NAME"), label("CHANGE-CODE")),
        columns,
        places.rows,
        places.sums(cells @ weights),
        notes=(label("CHANGE-NOTE-STOCK-HA", column=label("CHANGE-ROUNDING")),),
    )
    return adjusted(table, places.sums(hectares @ weights))


def _part_of(cells: IntArray, of: Mapping[str, IntArray], name: str, stock: IntArray) -> IntArray:
    """(places,) farmland in stable use as a part of all the farmland that the land tables show. [0.01 ha]"""
    whole, stable = cells @ of[name], cells @ of[f"STABLE-{name}"]
    return level_cells(np.column_stack([stable, whole - stable]), stock, ("stable", "other"))[:, 0]


@dataclass(frozen=True, slots=True)
class _Flow:
    """One kind of flow between two regions; farmland_* and stable_* are of the parcels, not of the classes."""

    source: str
    sink: str
    start: str  # region code, "" for none
    end: str
    farmland_before: bool
    farmland_after: bool
    stable_before: bool
    stable_after: bool


def _booked(leaves: pd.DataFrame, places: Places, codes: CodeSystem) -> tuple[IntArray, IntArray]:
    """(places, _BOOKED) what all flows add to each column, in dm² and in 0.01 ha."""
    cells, hectares = (np.zeros((len(places.codes), len(_BOOKED)), dtype=np.int64) for _ in range(2))
    row = {code: index for index, code in enumerate(places.codes)}
    column = {name: index for index, name in enumerate(_BOOKED)}
    for *key, dm2, ha in leaves[[*KEYS, "dm2", "ha"]].itertuples(index=False):
        for name, region, sign in _entries(_Flow(*key), codes):
            cells[row[region], column[name]] += sign * int(dm2)
            hectares[row[region], column[name]] += sign * int(ha)
    return cells, hectares


def _entries(flow: _Flow, codes: CodeSystem) -> Iterator[tuple[str, str, int]]:
    """(column, region, sign) that a flow is booked in."""
    gives = flow.source not in SOURCES and codes.is_farmland(flow.source)
    takes = flow.sink not in SINKS and codes.is_farmland(flow.sink)
    was, now = gives and flow.stable_before, takes and flow.stable_after
    if gives:
        yield "OPENING", flow.start, 1
    if was:
        yield "STABLE-OPENING", flow.start, 1
    if flow.source in SOURCES or flow.sink in SINKS:
        yield from _at_the_edge(flow, gives, takes, was, now)
        return
    if flow.start != flow.end:
        for name in (["BOUNDARY"] if gives else []) + (["STABLE-OTHER"] if was else []):
            yield name, flow.start, -1
            yield name, flow.end, 1
    kinds = flow_classes(codes.id)
    if gives and not takes:
        kind = kinds[flow.sink].farmland_to
        yield ("RIDGE", flow.end, -1) if kind == "RIDGE" else (f"OUT-{kind}", flow.end, 1)
    if takes and not gives:
        kind = kinds[flow.source].farmland_from
        yield ("RIDGE" if kind == "RIDGE" else f"IN-{kind}"), flow.end, 1
    if was != now:
        # Fields and ridges of land that is farmland in both years are only measured anew.
        remeasured = flow.farmland_before and flow.farmland_after and gives != takes
        if remeasured:
            yield "STABLE-OTHER", flow.end, 1 if now else -1
        else:
            yield ("STABLE-IN" if now else "STABLE-OUT"), flow.end, 1


def _at_the_edge(flow: _Flow, gives: bool, takes: bool, was: bool, now: bool) -> Iterator[tuple[str, str, int]]:
    """A flow with one parcel only: new or lost extent, double cover, measured difference."""
    if gives:
        yield _OF_END[flow.sink], flow.start, -1
    if takes:
        yield _OF_END[flow.source], flow.end, 1
    if was:
        yield "STABLE-OTHER", flow.start, -1
    if now:
        yield "STABLE-OTHER", flow.end, 1


def _columns() -> tuple[tuple[Column, ...], IntArray]:
    """The columns as printed, and the weight (leaf columns, columns) of each booked column in them."""
    come = {f"IN-{kind}": 1 for kind in FROM}
    go = {f"OUT-{kind}": -1 for kind in TO}
    other = dict.fromkeys(_OTHER, 1)
    groups = {"IN": label("CHANGE-GROUP-IN"), "OUT": label("CHANGE-GROUP-OUT")}
    groups |= {"STABLE": label("CHANGE-GROUP-STABLE")}
    plan: list[tuple[str, Label | None, dict[str, int]]] = [("OPENING", None, {"OPENING": 1})]
    plan += [(name, groups["IN"], {name: 1}) for name in come]
    plan.append(("IN-SUM", groups["IN"], come))
    plan += [(name, groups["OUT"], {name: 1}) for name in go]
    plan.append(("OUT-SUM", groups["OUT"], dict.fromkeys(go, 1)))
    plan.append(("NET", None, {**come, **go}))
    plan += [(name, None, {name: 1}) for name in _OTHER]
    plan.append(("CLOSING", None, {"OPENING": 1, **come, **go, **other}))
    net = {"STABLE-IN": 1, "STABLE-OUT": -1}
    plan += [(f"STABLE-{name}", groups["STABLE"], {f"STABLE-{name}": 1}) for name in ("OPENING", "IN", "OUT")]
    plan.append(("STABLE-NET", groups["STABLE"], net))
    rest = {"STABLE-OTHER": 1, "STABLE-ROUNDING": 1}
    plan += [(name, groups["STABLE"], {name: 1}) for name in rest]
    plan.append(("STABLE-CLOSING", groups["STABLE"], {"STABLE-OPENING": 1, **net, **rest}))
    weights = np.array([[parts.get(name, 0) for _, _, parts in plan] for name in _BOOKED], dtype=np.int64)
    columns = tuple(Column(name, label(f"CHANGE-FARMLAND-{name}"), group) for name, group, _ in plan)
    return columns, weights
