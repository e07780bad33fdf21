"""Rules on shapes: rings, copies, overlaps and gaps (V11), slivers, minimum sizes, measured areas. Each is a function
from the ground to findings with coordinates and areas."""

from __future__ import annotations

import itertools

import numpy as np
import shapely

from tilth.core import Finding, IntArray, Where, dm2_array
from tilth.intake.geometry import mean_width_m
from tilth.intake.ground import Ground, measured_dm2
from tilth.intake.rules_model import BoolArray, inner_point, rows_where
from tilth.overlay import engine_area

#: A sliver is a parcel below this area …
SLIVER_M2 = 100.0
#: … and on average narrower than this, on a class that is not a linear feature.
SLIVER_WIDTH_M = 1.0
#: Recorded area against the measured one: 0.01 m² for each vertex, or this share of the area, whichever is more
#: (the limit above which levelling may not hide a difference).
AREA_SHARE = 1e-6
#: The same for data from elsewhere, whose areas are rounded or taken in the plane: this share, or 1 m².
FOREIGN_SHARE, FOREIGN_DM2 = 1e-3, 100
#: A gap and a protrusion are measured on the ellipsoid and rounded by themselves; so much may be left over. [dm²]
ROUNDING_DM2 = 3


def invalid_rings(ground: Ground) -> list[Finding]:
    """G-INVALID: rings that cross themselves or each other. G-TOUCH: a ring that touches itself at a point."""
    return [
        ground.subject.finding(
            "G-TOUCH" if ground.touching[row] else "G-INVALID",
            row,
            point=(x, y),
            reason=what,
        )
        for row, (what, x, y) in ground.faults.items()
    ]


def spiky_rings(ground: Ground) -> list[Finding]:
    """G-SPIKE: a very acute vertex that encloses next to nothing."""
    points, spikes = ground.vertices, ground.spikes
    corners = [
        np.array([points.xy[points.before[at]], points.xy[at], points.xy[points.after[at]]]) for at in spikes.vertex
    ]
    areas = dm2_array(engine_area([shapely.Polygon(corner) for corner in corners], ground.crs))
    return [
        ground.subject.finding(
            "G-SPIKE",
            int(points.row[at]),
            point=_xy(points.xy[at]),
            degrees=round(float(degrees), 3),
            length_m=round(float(length), 2),
            area_dm2=int(area),
        )
        for at, degrees, length, area in zip(spikes.vertex, spikes.degrees, spikes.length_m, areas, strict=True)
    ]


def repeated_vertices(ground: Ground) -> list[Finding]:
    """G-REPEAT: vertices that follow themselves; one finding for each parcel."""
    points = ground.raw_vertices
    rows, first, count = np.unique(points.row[ground.repeats], return_index=True, return_counts=True)
    return [
        ground.subject.finding("G-REPEAT", int(row), point=_xy(points.xy[ground.repeats[at]]), count=int(times))
        for row, at, times in zip(rows, first, count, strict=True)
    ]


def _xy(point: np.ndarray) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def copied_polygons(ground: Ground) -> list[Finding]:
    """G-DUPLICATE: the polygon of an earlier row once more."""
    area = ground.subject.whole("area_dm2")
    return [
        ground.subject.finding(
            "G-DUPLICATE",
            row,
            other=ground.subject.parcel(first),
            other_row=ground.subject.source_row(first),
            area_dm2=int(area[row]),
        )
        for row, first in ground.copy_of.items()
    ]


def overlapping(ground: Ground) -> list[Finding]:
    """V11: ground that two parcels cover, one finding for each pair."""
    subject = ground.subject
    return [
        subject.finding(
            "V11",
            piece.row,
            point=inner_point(piece.shape),
            count=2,
            who=f"{subject.parcel(piece.row)}, {subject.parcel(piece.other)}",
            other=subject.parcel(piece.other),
            other_row=subject.source_row(piece.other),
            area_dm2=piece.dm2,
        )
        for piece in ground.overlaps
    ]


def uncovered(ground: Ground) -> list[Finding]:
    """V11: ground of a village that no parcel covers, one finding for each connected piece."""
    assert ground.villages is not None
    features = ground.villages.parcels
    found = []
    for piece in ground.gaps:
        code, name = str(features["code"].iat[piece.row]), str(features["name"].iat[piece.row])
        x, y = inner_point(piece.shape)
        where = Where(ground.subject.file, ground.subject.layer, None, code, x, y)
        found.append(
            Finding("V11", where, {"count": 0, "who": f"{code} {name}".strip(), "region": code, "area_dm2": piece.dm2})
        )
    return found


def protruding(ground: Ground) -> list[Finding]:
    """G-OUTSIDE: the part of a parcel that lies in none of the county's villages."""
    whole = ground.engine_m2
    return [
        ground.subject.finding(
            "G-OUTSIDE",
            piece.row,
            point=inner_point(piece.shape),
            area_dm2=piece.dm2,
            whole_dm2=int(dm2_array([whole[piece.row]])[0]),
        )
        for piece in ground.outside
    ]


def wrong_village(ground: Ground) -> list[Finding]:
    """G-VILLAGE: a parcel whose larger part lies in another village than the one it is recorded in."""
    recorded = ground.subject.text("region_code")
    return [
        ground.subject.finding("G-VILLAGE", row, recorded=recorded[row], actual=actual)
        for row, actual in ground.true_village.items()
    ]


def _thin(ground: Ground) -> BoolArray:
    """(n,) is the parcel a sliver?"""
    subject = ground.subject
    linear = subject.of_classes({code for code, found in subject.codes.classes.items() if found.linear})
    found = np.zeros(len(subject), dtype=np.bool_)
    for row in rows_where(ground.usable & ~linear & (ground.engine_m2 < SLIVER_M2)):
        width = mean_width_m(ground.shapes[row], float(ground.engine_m2[row]), ground.crs)
        found[row] = width < SLIVER_WIDTH_M
    return found


def slivers(ground: Ground) -> list[Finding]:
    """G-SLIVER: a parcel that is small and thin and not a linear feature."""
    return [
        ground.subject.finding(
            "G-SLIVER",
            int(row),
            area_dm2=int(dm2_array([ground.engine_m2[row]])[0]),
            width_m=round(mean_width_m(ground.shapes[row], float(ground.engine_m2[row]), ground.crs), 3),
        )
        for row in rows_where(_thin(ground))
    ]


def below_minimum(ground: Ground) -> list[Finding]:
    """G-MINSIZE: a parcel below the smallest size that its class is drawn at. Linear features and slivers aside."""
    subject, area = ground.subject, ground.subject.whole("area_dm2")
    classes = subject.text("class_code")
    least = np.array([100 * subject.domains.minimum_m2.get(code, 0) for code in classes], dtype=np.int64)
    small = (area < least) & ground.once & ~ground.broken & ~_thin(ground)
    return [
        subject.finding(
            "G-MINSIZE",
            int(row),
            class_code=classes[row],
            area_dm2=int(area[row]),
            least_dm2=int(least[row]),
            difference_dm2=int(area[row] - least[row]),
        )
        for row in rows_where(small)
    ]


def multiple_parts(ground: Ground) -> list[Finding]:
    """G-MULTIPART: a parcel of several separate parts."""
    parts = shapely.get_num_geometries(ground.subject.geometry)
    return [
        ground.subject.finding("G-MULTIPART", int(row), parts=int(parts[row]))
        for row in rows_where((parts > 1) & ~ground.broken & ~ground.touching)
    ]


def recorded_areas(ground: Ground) -> list[Finding]:
    """G-AREA: the recorded area against the measured one, beyond 0.01 m² for each vertex and 1e-6 of the area.

    A difference that an overlap, gap, protrusion or spike of the parcel accounts for is left to that finding.
    """
    return _area_findings(ground, "G-AREA", measured_dm2(ground.shapes, ground.crs), _tolerance(ground))


def _area_findings(ground: Ground, code: str, measured: IntArray, tolerance: IntArray) -> list[Finding]:
    recorded = ground.subject.whole("area_dm2")
    return [
        ground.subject.finding(
            code,
            row,
            recorded_dm2=int(recorded[row]),
            measured_dm2=int(measured[row]),
            difference_dm2=int(recorded[row] - measured[row]),
            tolerance_dm2=int(tolerance[row]),
        )
        for row in rows_where(ground.usable & (np.abs(measured - recorded) > tolerance))
        if not _accounted_for(ground, row, int(recorded[row] - measured[row]), int(tolerance[row]))
    ]


def _tolerance(ground: Ground) -> IntArray:
    vertex_count = np.bincount(ground.raw_vertices.row, minlength=len(ground.subject))
    share = (AREA_SHARE * ground.subject.whole("area_dm2")).astype(np.int64)
    return np.maximum(vertex_count, share)


def _accounted_for(ground: Ground, row: int, difference_dm2: int, tolerance_dm2: int) -> bool:
    """Is recorded − measured what the parcel's other findings add to, or take from, its polygon?"""
    too_much, gaps = ground.surplus_dm2.get(row, 0), ground.gaps_beside.get(row, [])
    spikes = _spike_dm2(ground, row)
    ways = itertools.product((0, -too_much), (0, *gaps, sum(gaps)), (0, spikes, -spikes))
    allowed = tolerance_dm2 + ROUNDING_DM2
    return any(way != (0, 0, 0) and abs(difference_dm2 - sum(way)) <= allowed for way in ways)


def _spike_dm2(ground: Ground, row: int) -> int:
    if row not in ground.vertices.row[ground.spikes.vertex]:
        return 0
    whole = engine_area([ground.subject.geometry[row]], ground.crs)
    return abs(int(dm2_array(whole)[0]) - int(dm2_array([ground.engine_m2[row]])[0]))


def foreign_areas(ground: Ground) -> list[Finding]:
    """G-AREA-FOREIGN: the same for data that is not the national survey's: more than 1 m² and 0.1 % apart is odd."""
    share = (FOREIGN_SHARE * ground.subject.whole("area_dm2")).astype(np.int64)
    return _area_findings(ground, "G-AREA-FOREIGN", dm2_array(ground.engine_m2), np.maximum(FOREIGN_DM2, share))
