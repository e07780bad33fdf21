"""What the regions of a group hold together, of whatever province: exact sums, and who lacks what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tilth.api.standing_records import Detail, GroupStanding
from tilth.core import Finding, Where, message

if TYPE_CHECKING:
    from tilth.change import Holding, Trend
    from tilth.land import RegionTree
    from tilth.ledger import Summed


def group_standing(
    name: str, tree: RegionTree, rows: Iterable[Holding], details: Mapping[str, Detail]
) -> tuple[GroupStanding, list[Holding], list[Finding]]:
    """The sum of a group, a row for each member whatever is known of it, and findings on members that lack something.

    A headroom is only given where both sides are known of every member.
    """
    from tilth.change import Holding, together

    members = tree.members(name)
    by_code = {row.region: row for row in rows}
    shown = [by_code.get(code) or _unknown(code, tree) for code in members]
    inside = tuple(code for code in members if code in tree and _inside(code, members, tree))
    counted = [row for row in shown if row.region not in inside]
    known = {row.region: details.get(row.region, Detail()) for row in counted}
    areas = ("farmland_dm2", "farmland_task_dm2", "pbf_dm2", "pbf_task_dm2", "pbf_farmland_dm2")
    missing = {what: tuple(row.region for row in counted if getattr(row, what) is None) for what in areas}
    missing["book"] = tuple(row.region for row in counted if known[row.region].book is None)
    missing["region"] = tuple(code for code in members if code not in tree)
    sums = {what: _sum(getattr(row, what) for row in counted) for what in areas}
    total = Holding(
        "", name, 0, sums["farmland_dm2"], sums["farmland_task_dm2"], sums["pbf_dm2"], sums["pbf_task_dm2"],
        max((row.task_year for row in counted if row.task_year), default=None),
        pbf_farmland_dm2=sums["pbf_farmland_dm2"],
        farmland_ha=_sum(row.hectares.farmland for row in counted), pbf_ha=_sum(row.hectares.pbf for row in counted),
        pbf_farmland_ha=_sum(row.hectares.pbf_farmland for row in counted),
        partial=frozenset(what for what in areas if missing[what]),
    )  # fmt: skip
    held = [one.held for one in known.values() if one.held is not None and one.held.parcels]
    detail = Detail(
        held=together(held) if held else None,
        book=_books(one.book for one in known.values()),
        farmland=_common(one.farmland for one in known.values()),
        pbf=_common(one.pbf for one in known.values()),
    )
    findings = [
        Finding("STANDING-GROUP-LACKS", Where(parcel=row.region), {"what": message("STANDING-AND").join(lacks)})
        for row in counted
        if (
            lacks := [
                message(f"STANDING-WHAT-{what.upper()}") for what, codes in missing.items() if row.region in codes
            ]
        )
    ]
    findings += [Finding("STANDING-GROUP-INSIDE", Where(parcel=code)) for code in inside]
    return GroupStanding(name, members, inside, total, detail, missing), shown, findings


def _unknown(code: str, tree: RegionTree) -> Holding:
    """A member of which neither a survey nor a task is known."""
    from tilth.change import Holding

    return Holding(code, tree[code].name if code in tree else code, 0, None, None, None, None, None)


def _inside(code: str, members: Iterable[str], tree: RegionTree) -> bool:
    above = {up.code for up in tree.ancestors(code)[1:]}
    return bool(above & set(members))


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _books(books: Iterable[Summed | None]) -> Summed | None:
    total = None
    for one in books:
        if one is not None:
            total = one if total is None else total.plus(one)
    return total


def _common(trends: Iterable[Trend | None]) -> Trend | None:
    """The sum of several, over the years that all of them know. None unless every one is known."""
    from tilth.change import Trend

    each = list(trends)
    known = [one for one in each if one is not None]
    if not known or len(known) < len(each):
        return None
    years = set.intersection(*(set(one.years) for one in known))
    return Trend({year: sum(one.by_year[year] for one in known) for year in years})
