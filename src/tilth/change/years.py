"""Two years of parcels, or a layer and its parcels, overlaid: the only place where flows meet geometry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from tilth.change.change_list import ATTRIBUTES
from tilth.change.doubled import counted_once
from tilth.change.flowing import Flows, flows
from tilth.change.outlines import Outlines, crossed, mend, mended_findings
from tilth.change.pieces import OVERLAP_BEFORE, Measured, covered_pieces, whereabouts
from tilth.change.rules import StableRule
from tilth.change.status_columns import TWICE
from tilth.core import DM2_PER_M2, BadInput, Finding, FloatArray, IntArray, Label, Where
from tilth.land import CodeSystem, RegionTree, Snapshot, ridge_deduction
from tilth.overlay import PieceTable, engine_area, intersection_areas, overlap_polygon

if TYPE_CHECKING:
    import geopandas as gpd

#: Overlaps inside a year up to this size are left to levelling. [m²]
SMALLEST_OVERLAP_M2 = 0.01
#: A piece below this rounds to 0.00 m². [m²]
SMALLEST_PIECE_M2 = 0.005
#: A share below this is the rounding of those before it. [-]
SMALLEST_SHARE = 1e-9


@dataclass(frozen=True, eq=False)
class Year:
    """One year's survey, and what its shapes say by themselves."""

    snapshot: Snapshot
    outlines: Outlines

    @property
    def parcels(self) -> pd.DataFrame:
        """(n,) attributes"""
        return self.snapshot.attributes

    @cached_property
    def shapes(self) -> np.ndarray:
        """(n,) polygons, made valid"""
        return self.outlines.shapes(self.snapshot.parcels.geometry)

    def likeness(self, rows: IntArray) -> tuple[dict[int, Any], ...]:
        """Keys of the parcels at `rows`, from "the very same parcel" to "the same class" to "any": of parcels with one
        key in both years nothing has changed that the key holds."""
        frame = self.parcels.iloc[rows]
        shown = frame[["class_code", "region_code", *ATTRIBUTES.values(), "ridge_coef"]].astype(object)
        like = list(shown.where(shown.notna(), "").itertuples(index=False, name=None))
        shapes = shapely.to_wkb(shapely.normalize(self.shapes[rows])).tolist()
        same = zip(frame["parcel_id"], frame["area_dm2"], like, shapes, strict=True)
        keys = (same, like, frame["class_code"], [""] * len(frame))
        return tuple(dict(zip(rows.tolist(), one, strict=True)) for one in keys)


@dataclass(frozen=True)
class Overlaid:
    """Year × year: pieces that share doubly covered land among its parcels, and what both years were measured to be."""

    pieces: PieceTable
    opening: Measured
    closing: Measured


def compare_years(
    before: Snapshot,
    after: Snapshot,
    codes: CodeSystem,
    regions: RegionTree,
    *,
    rule: StableRule | None = None,
    unit_name: Label | None = None,
    outlines: tuple[Outlines, Outlines] | None = None,
    pieces: Callable[[], PieceTable] | None = None,
) -> Flows:
    """The flows between two snapshots of one region.

    Rings that cross themselves are made valid for the overlay only; parcels that overlap inside a year share the
    land, and what is counted twice is booked apart. Both are in the findings.

    Parameters
    ----------
    outlines
        Those of the two snapshots, where they are known already.
    pieces
        Gives what `crossed` makes of these, where that is under way already.

    Raises
    ------
    BadInput
        If the snapshots differ in CRS or code system, or a class is not in `codes`.
    """
    if before.meta.crs != after.meta.crs:
        raise BadInput("CHANGE-CRS-DIFFERS", before=before.meta.crs, after=after.meta.crs)
    if before.meta.code_system != after.meta.code_system:
        raise BadInput("CHANGE-CODES-DIFFER", before=before.meta.code_system, after=after.meta.code_system)
    crs = before.meta.crs
    known = outlines or tuple(Outlines.of(snapshot.parcels.geometry, crs) for snapshot in (before, after))
    opening, closing = Year(before, known[0]), Year(after, known[1])
    overlaid = shared_pieces(opening, closing, crs, pieces)
    years = (before.meta.year, after.meta.year)
    region = before.meta.region
    name = regions[region].name if region in regions else region
    found = flows(
        before.attributes,
        after.attributes,
        overlaid.pieces,
        codes,
        regions,
        opening=overlaid.opening,
        closing=overlaid.closing,
        years=None if None in years else years,  # type: ignore[arg-type]
        unit_name=unit_name or Label(name, name),
        rule=rule,
        top=region if region in regions else None,
    )
    return replace(found, findings=(*_odd(opening), *_odd(closing), *found.findings))


def _odd(year: Year) -> list[Finding]:
    """What was odd about the shapes of a year."""
    findings = mended_findings(year.parcels, year.outlines.mended)
    name, found = str(year.snapshot.meta.year), year.outlines.overlaps
    if len(found):
        values = {"year": name, "count": len(found), "overlap_dm2": _dm2(found.area_m2.sum())}
        findings.append(Finding("CHANGE-OVERLAPS", Where(), values))
    return findings + _scaled(year, name)


def _dm2(square_metres: float) -> int:
    return int(np.rint(square_metres * DM2_PER_M2))


def _scaled(year: Year, name: str) -> list[Finding]:
    """Recorded areas that are not the measured ones beyond rounding: one finding; shapes without area: one each."""
    recorded, measured = year.parcels["area_dm2"].to_numpy(np.int64), year.outlines.area_m2
    off = np.abs(recorded - measured * DM2_PER_M2)
    limit = _measured(year, np.zeros(len(recorded))).tolerance() * DM2_PER_M2
    empty, where = measured <= 0, whereabouts(year.parcels)
    findings = [
        Finding("CHANGE-NO-AREA", where(row), {"area_dm2": int(recorded[row])})
        for row in np.flatnonzero(empty).tolist()
    ]
    some = off[(off > limit) & ~empty]
    if len(some):
        values = {"year": name, "count": len(some), "difference_dm2": int(some.sum()), "largest_dm2": int(some.max())}
        findings.append(Finding("CHANGE-SCALED", Where(), values))
    return findings


def _measured(year: Year, overlap_m2: FloatArray) -> Measured:
    return Measured(year.outlines.area_m2, year.outlines.vertices, overlap_m2)


def shared_pieces(opening: Year, closing: Year, crs: Any, measured: Callable[[], PieceTable] | None = None) -> Overlaid:
    """Pieces of year × year in which every bit of ground counts as often as both years can account for.

    Ground under m₀ parcels of the opening and m₁ of the closing year gives m₀·m₁ pieces, but only min(m₀, m₁) times
    its area can have moved. A parcel that is there in both years keeps its ground, then a class its own; only what is
    left is shared evenly (`_shares`). What is left of a parcel at last is its double cover. Ground that one of the
    years does not cover at all is no double cover, it is extent lost or gained.
    """
    pieces = measured() if measured is not None else crossed(opening.outlines, closing.outlines, crs)
    area = pieces.area_m2.copy()
    twice = (np.zeros(len(opening.parcels)), np.zeros(len(closing.parcels)))
    if not len(opening.outlines.overlaps) and not len(closing.outlines.overlaps):
        return Overlaid(pieces, _measured(opening, twice[0]), _measured(closing, twice[1]))
    area[_slivers_beside_twins(opening, closing, pieces)] = 0.0
    shared = np.zeros(len(area), dtype=np.bool_)
    index = {pair: row for row, pair in enumerate(zip(pieces.left.tolist(), pieces.right.tolist(), strict=True))}
    bits = _arrangement(opening, closing, crs)
    likeness = opening.likeness(_any_of(olds for olds, _, _ in bits)), closing.likeness(_any_of(n for _, n, _ in bits))
    for olds, news, size in bits:
        most = max(len(olds), len(news))
        if not olds or not news or most < 2:
            continue
        shares, rest = _shares(likeness, olds, news)
        for pair in product(olds, news):
            if pair in index:
                area[index[pair]] -= size * (1 - shares.get(pair, 0.0))
                shared[index[pair]] = True
        for side, some in zip(twice, rest, strict=True):
            for row, part in some.items():
                side[row] += size * part
    # What a shared piece keeps below that is the rounding of the bits that were taken off it.
    kept = area > np.where(shared, SMALLEST_PIECE_M2, 0.0)
    return Overlaid(
        PieceTable(pieces.left[kept], pieces.right[kept], area[kept]),
        _measured(opening, twice[0]),
        _measured(closing, twice[1]),
    )


def _any_of(rows: Iterable[list[int]]) -> IntArray:
    return np.unique(np.array([row for some in rows for row in some], dtype=np.int64))


def _shares(
    likeness: tuple[tuple[dict[int, Any], ...], tuple[dict[int, Any], ...]], olds: list[int], news: list[int]
) -> tuple[dict[tuple[int, int], float], tuple[dict[int, float], dict[int, float]]]:
    """How much of a bit of ground goes from each opening to each closing parcel over it, and what each has left.

    Likest first: the very same parcel, then parcels that differ in nothing the tables show, then those of one class,
    then all others. Among the equally like what each still has is shared in proportion, so that the order of rows
    does not matter.
    """
    shares: dict[tuple[int, int], float] = defaultdict(float)
    left, right = dict.fromkeys(olds, 1.0), dict.fromkeys(news, 1.0)
    for old_keys, new_keys in zip(*likeness, strict=True):
        groups: dict[Any, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for old in olds:
            groups[old_keys[old]][0].append(old)
        for new in news:
            groups[new_keys[new]][1].append(new)
        for mine, theirs in groups.values():
            had = sum(left[old] for old in mine), sum(right[new] for new in theirs)
            if min(had) <= SMALLEST_SHARE:
                continue
            moved = {(old, new): left[old] * right[new] / max(had) for old in mine for new in theirs}
            for (old, new), share in moved.items():
                shares[old, new] += share
                left[old] -= share
                right[new] -= share
    return shares, (left, right)


def _slivers_beside_twins(opening: Year, closing: Year, pieces: PieceTable) -> np.ndarray:
    """(pieces,) overlaps too small to be cut out, of a parcel that is there in both years: its land stays with it."""
    small = np.flatnonzero(pieces.area_m2 <= SMALLEST_OVERLAP_M2)
    ids = [year.parcels["parcel_id"] for year in (opening, closing)]
    named = {*ids[0].iloc[pieces.left[small]], *ids[1].iloc[pieces.right[small]]}  # a twin has the same id
    before, after = (
        year.likeness(np.flatnonzero(own.isin(named)))[0] for year, own in zip((opening, closing), ids, strict=True)
    )
    known = set(before.values()) & set(after.values())
    found = np.zeros(len(pieces), dtype=np.bool_)
    for at in small.tolist():
        old, new = before[pieces.left[at]], after[pieces.right[at]]
        found[at] = old != new and (old in known or new in known)
    return found


def _arrangement(opening: Year, closing: Year, crs: Any) -> list[tuple[list[int], list[int], float]]:
    """Ground under more than one parcel of a year, cut so that each bit lies in or out of every parcel.

    For each bit: the opening parcels and the closing parcels over it, and its area. [m²]
    """
    zones = np.concatenate([_overlap_zones(year) for year in (opening, closing)])
    zones = shapely.get_parts(shapely.union_all(zones)) if len(zones) else zones
    if not len(zones):
        return []
    near = [_near(zones, year.shapes) for year in (opening, closing)]
    found: list[tuple[list[int], list[int], float]] = []
    for number, zone in enumerate(zones):
        groups = [(year.shapes, rows[number]) for year, rows in zip((opening, closing), near, strict=True)]
        bits = _bits(zone, [shape for shapes, rows in groups for shape in shapes[rows]])
        points = shapely.point_on_surface(bits)
        covers = [
            [[row for row in rows if shapely.contains_xy(shapes[row], point.x, point.y)] for point in points]
            for shapes, rows in groups
        ]
        found += list(zip(*covers, engine_area(bits, crs).tolist(), strict=True))
    return found


def _overlap_zones(year: Year) -> np.ndarray:
    found = year.outlines.overlaps
    large = found.area_m2 > SMALLEST_OVERLAP_M2
    table = PieceTable(found.left[large], found.right[large], found.area_m2[large])
    return np.asarray(overlap_polygon(year.shapes, table), dtype=object)


def _near(zones: np.ndarray, shapes: np.ndarray) -> dict[int, list[int]]:
    """Rows of `shapes` that touch each zone."""
    rows: dict[int, list[int]] = defaultdict(list)
    for zone, row in zip(*shapely.STRtree(shapes).query(zones, predicate="intersects"), strict=True):
        rows[int(zone)].append(int(row))
    return rows


def _bits(zone: shapely.Geometry, shapes: list[shapely.Geometry]) -> np.ndarray:
    """`zone` cut along the boundaries of `shapes`."""
    left, low, right, high = zone.bounds
    # Lines run on past the zone: ends that only just reach its boundary would not cut it.
    margin = max(right - left, high - low)
    window = shapely.box(left - margin, low - margin, right + margin, high + margin)
    edges = shapely.intersection(shapely.boundary(np.array(shapes, dtype=object)), window)
    network = shapely.union_all(np.append(edges, shapely.boundary(zone)))
    bits = shapely.get_parts(shapely.polygonize(shapely.get_parts(network)))
    kept: np.ndarray = bits[shapely.contains(zone, shapely.point_on_surface(bits))]
    return kept


def pbf_by_class(
    survey: Snapshot, pbf: gpd.GeoDataFrame, outlines: Outlines | None = None
) -> tuple[pd.DataFrame, list[Finding]]:
    """What stands on permanent basic farmland today: PBF features cut by parcels, for table 15.

    Pieces of a feature are levelled to its recorded gross area; the ridges in a piece are taken by the parcel's
    coefficient. PBF that no parcel covers has class "" and region ""; what an earlier feature (by id) has already has
    class "twice" and region "", and is a finding.

    Parameters
    ----------
    survey
        The parcels.
    pbf
        Frame of LAYER_COLUMNS with geometry in the survey's CRS.
    outlines
        Those of the survey, where they are known already.

    Returns
    -------
    Columns feature_id, parcel_id, region_code, class_code, slope_grade, area_dm2, net_area_dm2, deduct_dm2; findings.
    """
    crs, parcels = survey.meta.crs, survey.attributes
    grounds = outlines or Outlines.of(survey.parcels.geometry, crs)
    shapes, mended = mend(pbf.geometry, crs)
    kept, twice = counted_once(shapes, pbf["feature_id"].to_list(), crs)
    pieces = intersection_areas(kept, grounds.layer, crs)
    area = engine_area(shapes, crs)
    measured = Measured(area, shapely.get_num_coordinates(shapes).astype(np.int64), twice)
    table, outside = covered_pieces(pbf, parcels, pieces, measured)
    where = whereabouts(pbf)
    recorded = pbf["area_dm2"].to_numpy(np.int64)
    findings = [*mended_findings(pbf, mended), *mended_findings(parcels, grounds.mended)]
    findings += [
        Finding("CHANGE-PBF-TWICE", where(row), {"twice_dm2": _dm2(twice[row]), "area_dm2": int(recorded[row])})
        for row in np.flatnonzero(twice).tolist()
    ]
    findings += [
        Finding("CHANGE-PBF-OUTSIDE", where(row), {"rest_dm2": _dm2(outside[row])})
        for row in np.flatnonzero(outside).tolist()
    ]
    gross, right = table["gross"].to_numpy(np.int64), table["right"].to_numpy(np.int64)

    def of(column: str, blank: Any) -> np.ndarray:
        values = np.append(parcels[column].to_numpy(object), np.array([blank], dtype=object))
        found: np.ndarray = values[right]
        return found

    ridges = ridge_deduction(gross, of("ridge_coef", 0.0).astype(np.float64))
    out = pd.DataFrame(
        {
            "feature_id": pbf["feature_id"].to_numpy(object)[table["left"]],
            "parcel_id": of("parcel_id", ""),
            "region_code": of("region_code", ""),
            "class_code": np.where(table["kind"] == OVERLAP_BEFORE, TWICE, of("class_code", "")),
            "slope_grade": pd.array(of("slope_grade", pd.NA), dtype="Int8"),
            "area_dm2": gross,
            "net_area_dm2": gross - ridges,
            "deduct_dm2": ridges,
        }
    )
    assert int(out["area_dm2"].sum()) == int(pbf["area_dm2"].sum())
    return out, findings
