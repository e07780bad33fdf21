"""Is a project's footprint clear of the red lines? Exact areas, a verdict for each rule, every hit by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tilth.change.basic_farmland import designated
from tilth.change.contest import Contest, hit_id
from tilth.change.covers import SMALLEST_M2, Cuts
from tilth.change.footprint import Plots, read_plots
from tilth.change.judge import Facts, area, chosen, judge, measured_only
from tilth.change.partition import BOUNDARIES, Land, Partition, flag_kinds, partition
from tilth.change.rulepack import OF_A_LAYER, PARCELS, Kind, Outcome, Rule, RulePack
from tilth.change.shapes import joined, plane
from tilth.change.standing import farmland_standing, pbf_standing
from tilth.change.verdict import BEYOND, GAP, ON_PARCEL, UNKNOWN, Hit, PlotVerdict, RuleOutcome, Verdict
from tilth.change.withheld import Withheld, withheld
from tilth.core import BadInput, Finding, IntArray, Label, Where, dm2_array
from tilth.land import CodeSystem, RegionTree, Snapshot, Task
from tilth.overlay import intersection_areas, level

#: Rules about tasks: they are judged for the whole footprint, not for each plot.
_OF_THE_WHOLE = frozenset({Kind.HOLDING, Kind.PBF_HOLDING})
_OF_PARCELS = frozenset({Kind.FARMLAND, Kind.SLOPE})
_OF_PLOTS = frozenset({Kind.GAP, Kind.BEYOND})


def check_footprint(
    footprint: gpd.GeoDataFrame,
    parcels: Snapshot,
    layers: Mapping[str, Snapshot],
    regions: RegionTree,
    tasks: Iterable[Task],
    rules: RulePack,
    *,
    year: int,
    act_date: date | None = None,
    contests: Iterable[Contest] = (),
    unusable: Mapping[str, Label] | None = None,
    pbf_held: Mapping[str, int] | None = None,
) -> Verdict:
    """Judge a project's footprint.

    Parameters
    ----------
    footprint
        One row for each plot: plot_id, plot_name, geometry; with a CRS. A plot id that is blank or comes twice is
        told apart ("#2", "1~2").
    parcels
        The survey of `year`. Its CRS is the CRS of the verdict.
    layers
        By kind (`land.LAYER_KINDS`, or any other word: measured, with a line that says that no rule looks at it).
        "slope" and "quality" hold grades 1… in `code`, used where the parcel has none; "township" and "village" tell
        where the county ends.
    regions, tasks
        Tasks of `year`, or the latest before it, of whatever levels have one.
    rules
        A rule pack; the rules in force on `act_date` are asked.
    act_date
        The day of the act. The last day of `year`, the survey's standard date, if None.
    contests
        Objections to hits of an earlier run, applied again by hit id.
    unusable
        By kind, why a layer of it that there is cannot be used; its rules are not assessed, and say this.
    pbf_held
        What `designated` found of the layer "pbf", where it is known already.

    Returns
    -------
    The verdict. Its pieces are a partition of each plot; the area of a plot is its survey area where its own CRS is
    a CGCS2000 one, else its engine area, and the pieces add up to it to 0.01 m².

    Raises
    ------
    NeedsAnswer
        If the footprint has no CRS.
    BadInput
        For a plot without area, a CRS on another datum, a survey of another year, or no rule in force.
    """
    if parcels.meta.year is not None and parcels.meta.year != year:
        raise BadInput("CHECK-YEAR", asked=year, found=parcels.meta.year)
    day = act_date or date(year, 12, 31)
    asked = rules.in_force(day)
    wanted = [rule.layer for rule in asked if rule.kind in OF_A_LAYER]
    flag_kinds(layers, wanted)
    plots = read_plots(footprint, parcels.meta.crs)
    land = Land(parcels, layers, regions, parcels.codes)
    cut = partition(plots, land, wanted)
    parts = replace(cut, pieces=pd.DataFrame(cut.pieces))  # a plain frame is asked faster, and often
    aside = _beside(land, parts, plots)
    facts = replace(_facts(parts, land, tuple(tasks), year, pbf_held), withheld=aside, unusable=unusable or {})
    hits, unused = _contested(_hits(asked, parts, plots, parcels.meta.crs), contests)
    unruled = [kind for kind in parts.kinds if kind not in wanted]
    of_plots = [rule for rule in asked if rule.kind not in _OF_THE_WHOLE]

    def judged(pieces: pd.DataFrame, some: Iterable[Rule]) -> tuple[RuleOutcome, ...]:
        rest = (measured_only(kind, pieces, facts, rules, day) for kind in unruled)
        return (*(judge(rule, pieces, facts) for rule in some), *rest)

    whole = judged(parts.pieces, asked)
    alone = tuple(one for one in whole if one.rule not in {rule.id for rule in asked if rule.kind in _OF_THE_WHOLE})

    def of_plot(pieces: pd.DataFrame) -> tuple[RuleOutcome, ...]:
        return alone if len(plots) == 1 else judged(pieces, of_plots)

    findings = (*plots.findings, *parts.findings, *_about_inputs(land, parts, facts, asked), *unused)
    return Verdict(
        year=year,
        act_date=day,
        crs=parcels.meta.crs,
        pack=rules.id,
        pack_version=rules.version,
        area_dm2=int(plots.area_dm2.sum()),
        area_from=plots.area_from,
        plots=tuple(_plots(plots, parts, of_plot, hits)),
        outcomes=_counted(whole, hits),
        hits=hits,
        pieces=cut.pieces,
        layers=parts.kinds,
        classes=_labels(land.classes, parts),
        findings=findings,
        inputs={PARCELS: parcels.id, **{kind: layers[kind].id for kind in sorted(layers)}},
    )


def _labels(classes: CodeSystem, parts: Partition) -> dict[str, Label]:
    return {code: classes[code].label for code in parts.pieces["class_code"].unique() if code in classes}


def _facts(
    parts: Partition, land: Land, tasks: tuple[Task, ...], year: int, pbf_held: Mapping[str, int] | None
) -> Facts:
    layers, pieces = land.layers, parts.pieces
    farmland = [code for code, known in land.classes.classes.items() if known.farmland]
    filled = frozenset(kind for kind, layer in layers.items() if len(layer.attributes))
    survey = land.parcels.attributes
    holding = farmland_standing(pieces, survey, land.regions, tasks, farmland=farmland, year=year)
    pbf = []
    if "pbf" in filled and any(task.pbf_dm2 is not None for task in tasks):
        held = designated(layers["pbf"], land.parcels) if pbf_held is None else pbf_held
        pbf = pbf_standing(pieces, held, land.regions, tasks, year)
    return Facts(
        filled=filled,
        empty=frozenset(layers) - filled,
        farmland_known=bool(farmland),
        county_known=bool(filled & set(BOUNDARIES)),
        holding=tuple(holding),
        pbf_holding=tuple(pbf),
        strange=frozenset(pieces["class_code"]) - {""} - set(land.classes.classes),
    )


def _beside(land: Land, parts: Partition, plots: Plots) -> dict[str, Mapping[str, Withheld]]:
    """Quarantined rows that may hold for the land of a plot, by layer kind and plot id.

    A survey has a parcel everywhere and nowhere two: a row without a polygon can only lie where no other parcel does.
    """
    found = {kind: withheld(land.layers[kind], kind, plots, land.crs) for kind in parts.kinds if kind in land.layers}
    holed = set(parts.pieces.loc[parts.pieces["ground"] != ON_PARCEL, "plot_id"])
    rows = withheld(land.parcels, PARCELS, plots, land.crs)
    found[PARCELS] = {
        name: told for name, one in rows.items() if (told := one if name in holed else replace(one, placeless=0))
    }
    return found


def _plots(
    plots: Plots, parts: Partition, judged: Callable[[pd.DataFrame], tuple[RuleOutcome, ...]], hits: tuple[Hit, ...]
) -> Iterator[PlotVerdict]:
    for at, name in enumerate(plots.ids):
        pieces = parts.pieces[parts.pieces["plot_id"] == name]
        mine = tuple(hit for hit in hits if hit.plot_id == name)
        yield PlotVerdict(
            id=name,
            name=plots.names[at],
            area_dm2=int(plots.area_dm2[at]),
            repeated_dm2=parts.repeated_dm2.get(name, 0),
            outcomes=_counted(judged(pieces), mine),
            geometry=plots.geometry[at],
        )


def _counted(outcomes: Iterable[RuleOutcome], hits: tuple[Hit, ...]) -> tuple[RuleOutcome, ...]:
    """The outcomes with the number of their hits, and of those contested."""
    by_rule: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_rule[hit.rule].append(hit)
    return tuple(
        replace(one, hits=len(found), contested=sum(hit.contest is not None for hit in found))
        for one in outcomes
        for found in (by_rule[one.rule],)
    )


def _hits(rules: tuple[Rule, ...], parts: Partition, plots: Plots, crs: str) -> Iterator[Hit]:
    """Every feature, parcel or gap that a rule found, plot by plot."""
    for rule in rules:
        if rule.outcome is Outcome.PASS:
            continue
        if rule.kind is Kind.INSIDE and rule.layer in parts.cuts:
            yield from _feature_hits(rule, parts, plots, crs)
        elif rule.kind in _OF_PARCELS or rule.kind in _OF_PLOTS:
            yield from _piece_hits(rule, parts, crs)


def _feature_hits(rule: Rule, parts: Partition, plots: Plots, crs: str) -> Iterator[Hit]:
    """One hit for each feature of the layer under each plot.

    Where the features do not overlap one another their areas are levelled, so that they add up to the rule's area.
    """
    cuts = parts.cuts[rule.layer]
    inside = parts.pieces[chosen(rule, parts.pieces)]
    areas = _levelled(cuts, inside, plots)
    shown = np.flatnonzero(areas)
    under = _parcels_under(cuts, shown, inside, plots, crs)
    for at in shown:
        plot, area_dm2 = plots.ids[cuts.plot[at]], int(areas[at])
        parcels = _closed(under[int(at)], area_dm2)
        hit = _hit(rule, cuts.names[at], plot, parcels, dm2=area_dm2, shape=cuts.geometry[at])
        yield replace(hit, name=cuts.titles[at])


def _closed(shares: list[tuple[str, float]], area_dm2: int) -> dict[str, int]:
    """The parts of a hit on each parcel, adding up to the hit where all of it lies on parcels. [dm²]"""
    parts = dm2_array([share for _, share in shares])
    if shares and abs(sum(share for _, share in shares) * 100 - area_dm2) <= len(shares) + area_dm2 * 1e-6:
        parts = level(parts, area_dm2)
    return dict(zip((name for name, _ in shares), parts.tolist(), strict=True))


def _levelled(cuts: Cuts, inside: pd.DataFrame, plots: Plots) -> IntArray:
    """(k,) the area of each cut. [dm²]"""
    areas = dm2_array(cuts.area_m2)
    for at in np.unique(cuts.plot):
        mine = np.flatnonzero(cuts.plot == at)
        total = area(inside, inside["plot_id"] == plots.ids[at])
        slack_dm2 = len(mine) + len(inside) + total * 1e-6
        if abs(float(cuts.area_m2[mine].sum()) * 100 - total) <= slack_dm2:
            areas[mine] = level(areas[mine], total)
    return areas


def _parcels_under(
    cuts: Cuts, shown: IntArray, inside: pd.DataFrame, plots: Plots, crs: str
) -> dict[int, list[tuple[str, float]]]:
    """The parcels under each cut of `shown` with their shares [m²], the largest first, by the overlay kernel."""
    out: dict[int, list[tuple[str, float]]] = {int(at): [] for at in shown}
    pieces = inside[inside["parcel_id"] != ""]
    if len(shown) == 0 or len(pieces) == 0:
        return out
    table = intersection_areas(cuts.geometry[shown], np.asarray(pieces.geometry, dtype=object), crs)
    shares: dict[int, dict[str, float]] = {int(at): defaultdict(float) for at in shown}
    owner, parcel = pieces["plot_id"].to_numpy(), pieces["parcel_id"].to_numpy()
    for left, right, share in zip(table.left, table.right, table.area_m2, strict=True):
        at = int(shown[left])
        if owner[right] == plots.ids[cuts.plot[at]]:
            shares[at][str(parcel[right])] += float(share)
    for at, found in shares.items():
        real = [(name, share) for name, share in found.items() if share >= SMALLEST_M2]
        out[at] = sorted(real, key=lambda item: (-item[1], item[0]))
    return out


def _piece_hits(rule: Rule, parts: Partition, crs: str) -> Iterator[Hit]:
    """One hit for each parcel (rules about farmland) or each plot (rules about what lies on no parcel)."""
    found = pd.DataFrame(parts.pieces)[chosen(rule, parts.pieces)]
    for (plot, parcel), some in found.groupby(["plot_id", "parcel_id"], sort=False):
        shape = joined(some["geometry"].to_numpy(), plane(crs))
        parcels = {str(parcel): area(some)} if parcel else {}
        feature = str(parcel) if parcel else str(some["ground"].iloc[0])
        feature = feature if feature not in (GAP, BEYOND, UNKNOWN) else f"({feature})"
        yield _hit(rule, feature, str(plot), parcels, dm2=area(some), shape=shape)


def _hit(rule: Rule, feature: str, plot: str, parcels: Mapping[str, int], *, dm2: int, shape: Any) -> Hit:
    point = shapely.point_on_surface(shape)
    return Hit(
        id=hit_id(rule.id, rule.layer, feature, plot),
        rule=rule.id,
        layer=rule.layer,
        feature_id=feature,
        name="",
        plot_id=plot,
        parcel_ids=tuple(parcels),
        parcel_dm2=tuple(parcels.values()),
        area_dm2=dm2,
        x=float(point.x),
        y=float(point.y),
        geometry=shape,
    )


def _contested(hits: Iterable[Hit], contests: Iterable[Contest]) -> tuple[tuple[Hit, ...], list[Finding]]:
    """The hits with their contests, and a finding for each contest that matches no hit any more."""
    latest = {contest.hit_id: contest for contest in sorted(contests, key=lambda contest: contest.on)}
    marked = tuple(replace(hit, contest=latest.get(hit.id)) for hit in hits)
    known = {hit.id for hit in marked}
    unused = [
        Finding("CHECK-CONTEST-UNUSED", values={"hit": c.hit_id, "who": c.who, "date": c.on.isoformat()})
        for c in latest.values()
        if c.hit_id not in known
    ]
    return marked, unused


def _about_inputs(land: Land, parts: Partition, facts: Facts, asked: Iterable[Rule]) -> Iterator[Finding]:
    """What the check could not look at: quarantined rows, and classes that the code system does not know.

    Rows that may lie under the footprint leave it open where a rule that can be broken asks about their layer.
    """
    grave = {rule.layer for rule in asked if rule.outcome is Outcome.FAIL}
    for kind, snapshot in ((PARCELS, land.parcels), *sorted(land.layers.items())):
        rows, beside = snapshot.meta.rows_quarantined, facts.beside(kind, parts.pieces)
        if beside and kind in grave:
            values = {"layer": kind, "rows": rows, "under": len(beside.rows), "area_dm2": beside.area_dm2}
            yield Finding("CHECK-ROWS-WITHHELD", Where(layer=kind), {**values, "placeless": beside.placeless})
        elif rows:
            yield Finding("CHECK-ROWS-QUARANTINED", Where(layer=kind), {"layer": kind, "rows": rows})
    for code in sorted(facts.strange):
        unknown = {"code": code, "system": land.classes.id}
        yield Finding("CHECK-CLASS-UNKNOWN", Where(layer=PARCELS), unknown)
