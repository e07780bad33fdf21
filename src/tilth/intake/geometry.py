"""Rings as a surveyor looks at them: repeated vertices, spikes, crossings, copies; and how wide a piece must be.

All lengths are metres; a geographic CRS is measured with the length of a degree at the place, close enough for
thresholds (never for areas: those come from `overlay`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from tilth.core import FloatArray, IntArray
from tilth.intake.rules_model import BoolArray

Shapes = npt.NDArray[np.object_]

#: Two lines nearer than this are one line (survey data, topology tolerance). Vertices nearer are one vertex. [m]
TOLERANCE_M = 0.0001
#: Nothing smaller can be written down: half of the survey's last place. [m²]
LEAST_M2 = 0.005
#: A vertex is a spike where its angle is below this …
SPIKE_DEGREES = 1.0
#: … its mouth is no wider than this …
SPIKE_MOUTH_M = 1.0
#: … and it is longer than this (shorter ones are the rounding of coordinates).
SPIKE_LENGTH_M = 0.1
#: Taking a spike off may not take more than this share of the polygon: a wedge-shaped parcel is no spike.
SPIKE_SHARE = 0.1
DEGREE_M = 111_320.0


@lru_cache(maxsize=16)
def metres_per_unit(crs: str) -> float | None:
    """Length of a coordinate unit of a projected CRS [m]; None for a geographic one."""
    known = CRS.from_user_input(crs)
    return None if known.is_geographic else float(known.axis_info[0].unit_conversion_factor)


def in_metres(xy: FloatArray, crs: str) -> FloatArray:
    """(n, 2) coordinates in metres, each axis scaled for its place."""
    unit = metres_per_unit(crs)
    if unit is not None:
        return np.asarray(xy * unit)
    middle = np.deg2rad(np.clip(np.mean(xy[:, 1]), -89.0, 89.0)) if len(xy) else 0.0
    return np.asarray(xy * np.array([DEGREE_M * np.cos(middle), DEGREE_M]))


def perimeter_m(geometry: shapely.Geometry, crs: str) -> float:
    """Length of the boundary of `geometry`. [m]"""
    unit = metres_per_unit(crs)
    if unit is not None:
        return float(geometry.length) * unit
    return float(shapely.transform(geometry, lambda xy: in_metres(xy, crs)).length)


def mean_width_m(geometry: shapely.Geometry, area_m2: float, crs: str) -> float:
    """Twice the area over the boundary: the width of a strip. [m]"""
    around = perimeter_m(geometry, crs)
    return 2.0 * area_m2 / around if around > 0 else 0.0


def beyond_tolerance(piece: shapely.Geometry, area_m2: float, crs: str) -> bool:
    """Is a piece of overlap, gap or protrusion real: at least 0.01 m² when rounded, and wider than the tolerance?"""
    return area_m2 >= LEAST_M2 and mean_width_m(piece, area_m2, crs) > TOLERANCE_M


def polygonal(geometry: shapely.Geometry) -> shapely.Geometry:
    """The polygons of `geometry`, without its lines and points."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def outside_parts(shapes: Shapes, region: shapely.Geometry) -> Iterator[tuple[int, shapely.Geometry]]:
    """Position and outside part of every geometry that is not inside `region`. All must be valid."""
    shapely.prepare(region)
    for row in np.flatnonzero(~shapely.covers(region, shapes)):
        part = polygonal(shapely.difference(shapes[row], region))
        if not part.is_empty:
            yield int(row), part


@dataclass(frozen=True)
class Vertices:
    """All vertices of many polygons, ring by ring, without the closing one."""

    xy: FloatArray  # (v, 2) in the CRS
    metres: FloatArray  # (v, 2) scaled to metres
    before: IntArray  # (v,) the vertex before it in its ring
    after: IntArray  # (v,)
    count: IntArray  # (v,) vertices of its ring
    row: IntArray  # (v,) the polygon it belongs to


def vertices(shapes: Shapes, crs: str) -> Vertices:
    """The vertices of polygons and multipolygons; missing and empty ones have none."""
    parts, row_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    size = np.bincount(ring, minlength=len(rings))
    start = np.concatenate([[0], np.cumsum(size)])[:-1]
    keep = np.ones(len(xy), dtype=np.bool_)
    keep[start[size > 0] + size[size > 0] - 1] = False
    xy, ring = xy[keep], ring[keep]
    size = np.maximum(size - 1, 0)
    start = np.concatenate([[0], np.cumsum(size)])[:-1]
    index = np.arange(len(xy))
    before = np.where(index == start[ring], start[ring] + size[ring] - 1, index - 1)
    after = np.where(index == start[ring] + size[ring] - 1, start[ring], index + 1)
    row = row_of_part[part_of_ring][ring]
    return Vertices(xy, _metres_by_row(xy, row, crs), before, after, size[ring], row)


def _metres_by_row(xy: FloatArray, row: IntArray, crs: str) -> FloatArray:
    unit = metres_per_unit(crs)
    if unit is not None:
        return xy * unit
    scale = DEGREE_M * np.cos(np.deg2rad(np.clip(xy[:, 1], -89.0, 89.0)))
    first = np.concatenate([[0], np.flatnonzero(np.diff(row)) + 1]) if len(row) else np.zeros(0, np.int64)
    # One scale for each polygon, or neighbouring vertices would shear.
    scale = np.repeat(scale[first], np.diff(np.append(first, len(row)))) if len(row) else scale
    return np.column_stack([xy[:, 0] * scale, xy[:, 1] * DEGREE_M])


def repeated(points: Vertices) -> BoolArray:
    """(v,) is the vertex the same as the one before it, within the tolerance?"""
    step = points.metres - points.metres[points.before]
    return np.asarray((np.hypot(*step.T) <= TOLERANCE_M) & (points.count > 1), dtype=np.bool_)


@dataclass(frozen=True)
class Spikes:
    """Acute vertices that stick out of, or into, a ring."""

    vertex: IntArray  # (s,) position in the vertices
    degrees: FloatArray  # (s,)
    length_m: FloatArray  # (s,)
    area_m2: FloatArray  # (s,) of the triangle that is lost with it, planar


def spikes(points: Vertices, area_m2: FloatArray) -> Spikes:
    """The spikes among `points`, in which no vertex is repeated. `area_m2` (p,) of each polygon bounds their size."""
    to_before = points.metres[points.before] - points.metres
    to_after = points.metres[points.after] - points.metres
    cross = np.abs(to_before[:, 0] * to_after[:, 1] - to_before[:, 1] * to_after[:, 0])
    dot = np.sum(to_before * to_after, axis=1)
    degrees = np.rad2deg(np.arctan2(cross, dot))
    shorter = np.minimum(np.hypot(*to_before.T), np.hypot(*to_after.T))
    longer = np.maximum(np.hypot(*to_before.T), np.hypot(*to_after.T))
    mouth = np.divide(cross, longer, out=np.zeros_like(cross), where=longer > 0)
    is_spike = (
        (degrees < SPIKE_DEGREES)
        & (mouth <= SPIKE_MOUTH_M)
        & (shorter > SPIKE_LENGTH_M)
        & (points.count > 3)
        & (cross / 2.0 <= SPIKE_SHARE * area_m2[points.row])
    )
    at = np.flatnonzero(is_spike)
    return Spikes(at, degrees[at], shorter[at], cross[at] / 2.0)


def rough_area_m2(shapes: Shapes, crs: str) -> FloatArray:
    """(p,) planar areas, for thresholds only. [m²]"""
    unit = metres_per_unit(crs)
    if unit is not None:
        return np.asarray(shapely.area(shapes)) * unit**2
    bounds = shapely.bounds(shapes)
    scale = np.cos(np.deg2rad(np.nan_to_num((bounds[:, 1] + bounds[:, 3]) / 2)))
    return np.asarray(shapely.area(shapes) * DEGREE_M**2 * scale)


def trimmed(geometry: shapely.Geometry, crs: str, *, spiky: bool = True) -> shapely.Geometry:
    """`geometry` without repeated vertices and (`spiky`) spikes, taken off until none is left; all other vertices as
    they were. A ring that keeps fewer than three vertices is left out.
    """
    parts = []
    for part in shapely.get_parts(geometry):
        area = float(rough_area_m2(np.array([part], dtype=object), crs)[0])
        shell = _trim_ring(shapely.get_coordinates(part.exterior), area, crs, spiky)
        holes = [_trim_ring(shapely.get_coordinates(ring), area, crs, spiky) for ring in part.interiors]
        if len(shell) >= 4:
            parts.append(shapely.Polygon(shell, [hole for hole in holes if len(hole) >= 4]))
    if len(parts) == 1:
        return parts[0]
    return shapely.MultiPolygon(parts)


def _trim_ring(xy: FloatArray, area_m2: float, crs: str, spiky: bool) -> FloatArray:
    """(k, 2) the closed ring `xy` without its repeated vertices and spikes; as it was where it has neither."""
    ring = xy[:-1]
    while len(ring) >= 3:
        shape = np.array([shapely.Polygon(np.vstack([ring, ring[:1]]))], dtype=object)
        points = vertices(shape, crs)
        drop = np.flatnonzero(repeated(points))
        if len(drop) == 0 and spiky:
            drop = spikes(points, np.array([area_m2])).vertex[:1]
        if len(drop) == 0:
            break
        ring = np.delete(ring, drop, axis=0)
    return np.vstack([ring, ring[:1]])


def rows_to_mend(shapes: Shapes, crs: str) -> IntArray:
    """Positions of the polygons that have repeated vertices, spikes or invalid rings."""
    points = vertices(shapes, crs)
    spiky = spikes(points, rough_area_m2(shapes, crs)).vertex
    return np.unique(
        np.concatenate(
            [
                points.row[repeated(points)],
                points.row[spiky],
                np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)),
            ]
        )
    )


_PLACE = re.compile(r"^(?P<what>[^\[]*?)\s*\[(?P<x>\S+) (?P<y>\S+)\]")


def fault_of(geometry: shapely.Geometry) -> tuple[str, float | None, float | None]:
    """What makes `geometry` invalid and where: ("Self-intersection", x, y)."""
    reason = str(shapely.is_valid_reason(geometry))
    match = _PLACE.match(reason)
    if match is None:
        x, y = shapely.get_coordinates(geometry)[0] if shapely.get_num_coordinates(geometry) else (None, None)
        return reason, x, y
    return match["what"], float(match["x"]), float(match["y"])


def copies(shapes: Shapes) -> dict[int, int]:
    """The later rows whose polygon is the same as an earlier one, whatever its starting point and direction, and the
    earlier row: {later: first}. Coordinates are compared to the tolerance's last place."""
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, 9 if np.abs(xy).max(initial=0) <= 360 else 4))
    keys: dict[Any, int] = {}
    found = {}
    for row, key in enumerate(shapely.to_wkb(shapely.normalize(rounded))):
        if key is None or shapes[row].is_empty:
            continue
        first = keys.setdefault(key, row)
        if first != row:
            found[row] = first
    return found
