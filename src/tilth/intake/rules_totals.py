"""Rules on sums: V10 control areas, V14 permanent basic farmland, V15 last year's parcels and their pieces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from tilth.change import homes, net_once, valid
from tilth.core import Finding, FloatArray, IntArray, Where, dm2_array, dm2_from_m2
from tilth.intake.geometry import Shapes, beyond_tolerance, outside_parts
from tilth.intake.ground import Ground
from tilth.intake.rules_attributes import nineteen_digits
from tilth.intake.rules_model import Subject, inner_point, rows_where
from tilth.land import Region, RegionTree, Snapshot, covered, ridge_deduction
from tilth.overlay import engine_area, intersection_areas

#: Names under which a source may carry the fields that these rules need.
AREA_FIELDS = ("TBMJ",)
LOCATION_FIELDS = ("ZLDWDM",)
ISLAND_FIELDS = ("MSSM",)
DEDUCTION_FIELDS = ("KCMJ", "TKMJ")
COEFFICIENT_FIELDS = ("KCXS", "TKXS")
PARENT_FIELDS = ("BGQTBBSM", "parent")
PIECE_FIELDS = ("TBBGMJ", "area")

MAINLAND, ISLAND = "00", "01"


def village_of(ground: Ground, regions: RegionTree) -> list[str]:
    """(n,) the village each parcel is counted in: the recorded one, or the one whose polygon it lies in where that is
    another (G-VILLAGE) or the recorded one does not exist (V2, V2-REGION); "" where neither is known."""
    recorded = ground.subject.frame["region_code"].astype("str")
    missing = ~recorded.isin(list(regions.regions))
    found = [str(code) for code in recorded.where(~missing, "")]
    for row, actual in ground.true_village.items():
        found[row] = actual
    if ground.villages is None or not missing.any():
        return found
    codes = ground.village_codes
    tree = shapely.STRtree(ground.village_shapes)
    rows = np.flatnonzero(missing)
    points = [shapely.Point(*inner_point(ground.subject.geometry[row])) for row in rows]
    for position, polygon in tree.query(points, predicate="within").T:
        found[rows[position]] = codes[polygon]
    return found


def unknown_villages(subject: Subject, regions: RegionTree) -> list[Finding]:
    """V2-REGION: the village that ZLDWDM names is one of the county's."""
    recorded, location = subject.text("region_code"), subject.text("location_code")
    known = np.isin(recorded.astype("str"), sorted(regions.regions))
    return [
        subject.finding("V2-REGION", row, value=location[row], region=recorded[row])
        for row in rows_where(~known & nineteen_digits(subject, "location_code"))
    ]


def control_areas(ground: Ground, regions: RegionTree) -> list[Finding]:
    """V10: parcels add up to the village's control area, villages to the township's, townships to the county's, each
    to 0.01 m², mainland and islands apart.

    A region is reported where neither its members' control areas nor its parcels add up to its own; so one wrong
    number is one finding, at the level where it stands. Every piece of ground is summed once and where it lies:
    second copies are left out, and rows set aside at import are summed as what they are, land with a fault of its own.
    """
    subject, home = ground.subject, village_of(ground, regions)
    areas = pd.DataFrame(
        {
            "region": home,
            "island": subject.frame["island"].fillna(value=False).astype(bool),
            "area": subject.whole("area_dm2"),
        }
    )[ground.once]
    areas = pd.concat([areas, _set_aside(ground.quarantine, regions)], ignore_index=True)
    found = []
    for island in (False, True):
        direct = areas[areas["island"] == island].groupby("region")["area"].sum().astype(np.int64).to_dict()
        found += _chain(regions, direct, island, subject)
    return found


def _set_aside(quarantine: pd.DataFrame | None, regions: RegionTree) -> pd.DataFrame:
    """Village, island flag and area of the rows set aside, as far as they can be read. Copies are no land."""
    rows = []
    for code, text in () if quarantine is None else zip(quarantine["code"], quarantine["attributes"], strict=True):
        read = json.loads(text) if text and code != "G-DUPLICATE" else {}
        location, area = _first(read, LOCATION_FIELDS), _first(read, AREA_FIELDS)
        village = str(location or "")[:12]
        try:
            dm2 = dm2_from_m2(str(area))
        except ValueError:
            continue
        if village in regions and dm2 > 0:
            rows.append((village, str(_first(read, ISLAND_FIELDS) or MAINLAND) == ISLAND, dm2))
    frame = pd.DataFrame(rows, columns=["region", "island", "area"])
    return frame.astype({"region": "str", "island": bool, "area": "int64"})


def _first(read: dict[str, Any], names: Sequence[str]) -> Any:
    upper = {str(name).upper(): value for name, value in read.items()}
    return next((upper[name.upper()] for name in names if name.upper() in upper), None)


def _chain(regions: RegionTree, direct: dict[str, int], island: bool, subject: Subject) -> list[Finding]:
    """Findings of one island flag. `direct` holds Σ of the parcels recorded in each region itself. [dm²]"""
    below: dict[str, list[Region]] = {}
    for region in regions.regions.values():
        below.setdefault(region.parent or "", []).append(region)
    found: list[Finding] = []
    parcels: dict[str, int] = {}
    for region, _ in reversed(list(regions.walk())):
        members = below.get(region.code, [])
        parcels[region.code] = direct.get(region.code, 0) + sum(parcels[member.code] for member in members)
        control = _control(region, island)
        if control is None or parcels[region.code] == control:
            continue
        stated = [_control(member, island) for member in members]
        by_members = None if not members or None in stated else sum(value or 0 for value in stated)
        if by_members == control:
            continue
        total, sum_of = (parcels[region.code], "TBMJ") if by_members is None else (by_members, "DCMJ")
        found.append(_sum_finding(region, total, sum_of, island, subject))
    return found[::-1]


def _control(region: Region, island: bool) -> int | None:
    return region.control_island_dm2 if island else region.control_dm2


def _sum_finding(region: Region, total: int, sum_of: str, island: bool, subject: Subject) -> Finding:
    control = _control(region, island) or 0
    return Finding(
        "V10",
        Where(subject.file, subject.layer, None, region.code),
        {
            "region": region.code,
            "name": region.name,
            "island": ISLAND if island else MAINLAND,
            "sum_of": sum_of,
            "sum_dm2": total,
            "control_dm2": control,
            "difference_dm2": total - control,
        },
    )


def control_known(regions: RegionTree) -> bool:
    """Does any region carry a control area?"""
    return any(r.control_dm2 is not None or r.control_island_dm2 is not None for r in regions.regions.values())


# --- permanent basic farmland ------------------------------------------------------------------------------------


def pbf_net(pbf: Snapshot) -> list[Finding]:
    """V14: YJJBNTMJ = YJJBNTTBMJ − KCMJ, with KCMJ = round2(YJJBNTTBMJ × KCXS) where the layer carries KCXS."""
    frame = pbf.parcels.reset_index(drop=True)
    gross, net = frame["area_dm2"].to_numpy(np.int64), frame["net_area_dm2"].to_numpy(np.int64)
    deduction = _deduction(frame, gross)
    expected = net if deduction is None else gross - deduction
    # Without a deduction to check against, a net area can still not be above the gross one.
    expected = np.where(net > gross, gross, expected)
    return [
        _pbf_finding(pbf, row, "YJJBNTMJ", (int(net[row]), int(expected[row]))) for row in rows_where(net != expected)
    ]


def _deduction(frame: pd.DataFrame, gross: IntArray) -> IntArray | None:
    coefficient, stated = _numbers(frame, COEFFICIENT_FIELDS), _numbers(frame, DEDUCTION_FIELDS)
    if coefficient is not None:
        usable = np.where((coefficient >= 0) & (coefficient < 1), coefficient, 0.0)
        return np.asarray(ridge_deduction(gross, usable), dtype=np.int64)
    return None if stated is None else dm2_array(np.nan_to_num(stated))


def _numbers(frame: pd.DataFrame, names: Sequence[str]) -> FloatArray | None:
    """The first column of `names` as numbers, blanks 0; None where there is none."""
    columns = {str(column).upper(): column for column in frame.columns}
    name = next((columns[name.upper()] for name in names if name.upper() in columns), None)
    if name is None:
        return None
    return np.asarray(pd.to_numeric(frame[name], errors="coerce").fillna(0.0), dtype=np.float64)


def pbf_crossed(pbf: Snapshot) -> list[Finding]:
    """V14-SHAPE: basic farmland whose parts overlap or whose rings cross: as drawn, and the ground that it covers."""
    shapes = np.asarray(pbf.parcels.geometry, dtype=object)
    found = []
    for row in np.flatnonzero(~shapely.is_valid(shapes)).tolist():
        drawn, ground = dm2_array(engine_area([shapes[row], covered(shapes[[row]])[0]], pbf.meta.crs)).tolist()
        if drawn != ground:
            found.append(_pbf_finding(pbf, row, "SHAPE", (drawn, ground), code="V14-SHAPE"))
    return found


def pbf_inside(pbf: Snapshot, county: shapely.Geometry) -> list[Finding]:
    """V14: every permanent-basic-farmland parcel lies inside the county's polygons."""
    shapes = covered(pbf.parcels.geometry)
    found = []
    for row, part in outside_parts(shapes, county):
        beyond = float(engine_area([part], pbf.meta.crs)[0])
        if not beyond_tolerance(part, beyond, pbf.meta.crs):
            continue
        whole = int(dm2_array(engine_area([shapes[row]], pbf.meta.crs))[0])
        inside = whole - int(dm2_array([beyond])[0])
        found.append(_pbf_finding(pbf, row, "YJJBNTTB ∩ XZQ", (inside, whole), part))
    return found


def _pbf_finding(
    pbf: Snapshot,
    row: int,
    field: str,
    areas: tuple[int, int],
    place: shapely.Geometry | None = None,
    *,
    code: str = "V14",
) -> Finding:
    """`areas`: found and expected. [dm²]"""
    found, expected = areas
    feature = pbf.parcels.iloc[row]
    source = pbf.meta.sources[0] if pbf.meta.sources else None
    x, y = inner_point(place if place is not None else pbf.parcels.geometry.iloc[row])
    identity = str(feature["feature_id"])
    where = Where(
        source.name if source else "", source.layer if source else "", int(feature["source_row"]), identity, x, y
    )
    values = {"parcel": identity, "field": field, "found_dm2": found, "expected_dm2": expected}
    return Finding(code, where, {**values, "difference_dm2": found - expected})


def pbf_above_farmland(pbf: Snapshot, ground: Ground, regions: RegionTree) -> list[Finding]:
    """V14-FARMLAND: villages with more permanent basic farmland, as its tasks count it, than farmland, and on which
    classes of this survey it lies."""
    subject, village = ground.subject, np.array(village_of(ground, regions), dtype=object)
    shapes = valid(np.asarray(pbf.parcels.geometry, dtype=object))
    home = np.array(homes(pbf, shapes, ground.shapes, village, ground.crs), dtype=object)
    held = pd.Series(net_once(pbf, shapes)).groupby(home).sum()
    of_farmland = subject.farmland & ground.once
    farmland = subject.frame[of_farmland].groupby(village[of_farmland])["net_area_dm2"].sum()
    found = []
    for code, total in held.drop("", errors="ignore").items():
        own = int(farmland.get(code, 0))
        if int(total) <= own:
            continue
        name = regions[str(code)].name if code in regions else ""
        values = {"region": code, "name": name, "pbf_dm2": int(total), "farmland_dm2": own}
        classes = _classes_under(shapes[home == code], ground)
        where = Where(subject.file, subject.layer, None, str(code))
        found.append(Finding("V14-FARMLAND", where, {**values, "excess_dm2": int(total) - own, "classes": classes}))
    return found


def _classes_under(shapes: Shapes, ground: Ground) -> str:
    """The classes that are not farmland under `shapes`, the largest three by area, for a message."""
    subject = ground.subject
    pieces = intersection_areas(shapes, ground.shapes, ground.crs)
    other = ~subject.farmland[pieces.right]
    area = pd.Series(pieces.area_m2[other]).groupby(subject.text("class_code")[pieces.right[other]]).sum()
    largest = area.sort_values(ascending=False, kind="stable")[:3]
    return ", ".join(f"{code} {square_metres:,.2f} m²" for code, square_metres in largest.items()) or "-"


# --- last year ---------------------------------------------------------------------------------------------------


def pieces_of_parents(changes: pd.DataFrame, previous: Snapshot) -> list[Finding]:
    """V15: the pieces (TBBGMJ) of every parent parcel of the update layer DLTBGXGC add up to its TBMJ of last year.

    A parent that last year's survey does not know is a V15-PARENT.
    """
    parents, areas = _text(changes, PARENT_FIELDS), _numbers(changes, PIECE_FIELDS)
    if parents is None or areas is None:
        return []
    pieces = pd.DataFrame({"parent": parents, "area": dm2_array(areas)})
    pieces["row"] = changes["source_row"].to_numpy() if "source_row" in changes else np.arange(1, len(changes) + 1)
    pieces = pieces[pieces["parent"] != ""]
    sums = pieces.groupby("parent", sort=True).agg(total=("area", "sum"), pieces=("area", "size"), row=("row", "min"))
    last = previous.parcels.drop_duplicates("parcel_id").set_index("parcel_id")["area_dm2"].astype("int64")
    found = []
    for parent, total, count, row in sums.itertuples():
        where = Where(layer="DLTBGXGC", row=int(row), parcel=str(parent))
        if parent not in last.index:
            found.append(Finding("V15-PARENT", where, {"parent": parent, "pieces": int(count), "sum_dm2": int(total)}))
        elif int(total) != int(last[parent]):
            values = {"parent": parent, "pieces": int(count), "sum_dm2": int(total), "area_dm2": int(last[parent])}
            found.append(Finding("V15", where, {**values, "difference_dm2": int(total) - int(last[parent])}))
    return found


def _text(frame: pd.DataFrame, names: Sequence[str]) -> list[str] | None:
    columns = {str(column).upper(): column for column in frame.columns}
    name = next((columns[name.upper()] for name in names if name.upper() in columns), None)
    return None if name is None else [str(value).strip() for value in frame[name].fillna("")]
