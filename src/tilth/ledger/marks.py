"""Which kinds of entries may change the marks of farmland that stays farmland: basic farmland, stable use, grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from tilth.core import BadInput, Label
from tilth.ledger.chart import Chart, kinds, marks_moved_by
from tilth.ledger.model import Account, Entry, Quantities

_CALLED = {"pbf": Label("permanent basic farmland", "永久基本农田"), "stable": Label("stable use", "稳定利用"),
           "grade": Label("quality grade", "质量等级")}  # fmt: skip

#: The rules by which entries are made of two surveys: the table of kinds, with its version.
FLOW_RULES = "flow-kinds"


def unmarked(entry: Entry, chart: Chart) -> None:
    """Nothing, if no farmland in `entry` changes a mark that its kind may not change.

    Raises
    ------
    BadInput
        If farmland leaves, or becomes, basic farmland (INV-12), stable use (INV-13) or a grade (INV-14, INV-16) by a
        kind of entry that is about something else. The remedy names the right kind.
    """
    if not _looks(entry.kind):
        return
    farmland = [(account, q.area_dm2) for account, q in entry.lines if account.name in chart.farmland]
    if entry.kind == "BOUNDARY":
        if _both_sides(entry):
            _held(entry, "", farmland)
        return
    for region in dict.fromkeys(account.region for account, _ in farmland):
        _held(entry, region, [(account, area) for account, area in farmland if account.region == region])


def _held(entry: Entry, region: str, farmland: list[tuple[Account, int]]) -> None:
    allowed = marks_moved_by(entry.kind)
    for mark, called in _CALLED.items():
        if mark in allowed:
            continue
        # What becomes another class is another field: of a change, the grade comes with the class.
        by_class = mark == "grade" and entry.kind == "CHANGE"
        off = _off(mark, farmland, by_class=by_class)
        if off:
            raise BadInput(
                f"LEDGER-MARK-{mark.upper()}", id=entry.id, kind=entry.kind, mark=called, area_m2=f"{off / 100:,.2f}",
                region=region or ", ".join(sorted({account.region for account, _ in farmland})),
            )  # fmt: skip


def _off(mark: str, farmland: Iterable[tuple[Account, int]], *, by_class: bool) -> int:
    """How much farmland changes the mark in place; with `by_class`, only what keeps its class counts."""
    sums: dict[str, dict[Any, int]] = {}
    for account, area in farmland:
        values = sums.setdefault(account.name if by_class else "", {})
        value = getattr(account, mark)
        values[value] = values.get(value, 0) + area
    return sum(_exchanged(values, by_class=by_class) for values in sums.values())


def _exchanged(values: Mapping[Any, int], *, by_class: bool) -> int:
    lost = -sum(min(0, area) for area in values.values())
    return min(lost, sum(max(0, area) for area in values.values())) if by_class else lost


def _both_sides(entry: Entry) -> bool:
    """Are both regions of a boundary in the entry, so that what one loses the other gets?"""
    return sum(q.area_dm2 for account, q in entry.lines if account.family == "LAND") == 0


@cache
def _looks(kind: str) -> bool:
    return kinds().get(kind) in ("never", "none") and kind != "OPENING" and marks_moved_by(kind) < _CALLED.keys()


def off_basic(entry: Entry, farmland: Iterable[str], regions: Iterable[str]) -> Quantities:
    """The basic farmland that `entry` takes off in `regions`; nothing if it takes none, or it goes to a neighbour."""
    names, within = frozenset(farmland), frozenset(regions)
    if entry.kind == "BOUNDARY" and _both_sides(entry):
        within = within | {account.region for account, _ in entry.lines}
    elif entry.kind == "BOUNDARY":
        return Quantities()
    net = Quantities()
    for account, quantities in entry.lines:
        if account.pbf and account.name in names and account.region in within:
            net = net.plus(quantities)
    return net.negated() if net.area_dm2 < 0 else Quantities()


def measured_anew(entry: Entry) -> bool:
    """Is it one of the sums by which a survey measures the same land anew: ridges, edges, slivers?

    Such an entry was made of two surveys by the table of kinds, and is about no single piece of ground.
    """
    return entry.kind == "REAPPRAISAL" and entry.rule_pack == FLOW_RULES and not entry.geometry
