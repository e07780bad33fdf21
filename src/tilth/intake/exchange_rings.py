"""From the points of a plot to its polygon: where one ring ends and the next begins, and which ring is a hole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from tilth.core import FloatArray

#: Two writings of one closing point may differ by the last of three decimals. [m; degrees where those are used]
CLOSING_M, CLOSING_DEGREES = 0.0015, 2e-8
#: Beyond this many pairs of overlapping ring boxes a plot is no land parcel.
MOST_PAIRS = 200_000


@dataclass(frozen=True, slots=True)
class Point:
    """One point row. x is easting or longitude, y northing or latitude."""

    line: int
    name: str
    ring: str
    x: float
    y: float


class RingFault(Exception):
    """A plot whose rings make no polygon: a key of the catalogue and the values of its placeholders."""

    def __init__(self, code: str, /, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def split_rings(points: Sequence[Point], tolerance: float) -> list[list[Point]]:
    """The points of a plot, ring by ring, each without its closing point.

    A ring ends where the ring number changes, where its first point comes back, or where the numbering starts again
    under the same ring number. Exporters close rings with J1 again, with J01, with the next number, or not at all.
    """
    rings: list[list[Point]] = []
    ring: list[Point] = []
    closed = False
    for point in points:
        starts = not ring or closed or point.ring != ring[0].ring
        if not starts and len(ring) >= 3 and _closes(point, ring, tolerance):
            closed = True
            continue
        if not starts and len(ring) >= 3 and point.name == ring[0].name != ring[1].name:
            starts = True
        if starts:
            ring = [point]
            rings.append(ring)
            closed = False
        else:
            ring.append(point)
    return rings


def _closes(point: Point, ring: Sequence[Point], tolerance: float) -> bool:
    first = ring[0]
    if point.x == first.x and point.y == first.y:
        return True
    return point.name == first.name and max(abs(point.x - first.x), abs(point.y - first.y)) <= tolerance


def polygon_of(rings: Sequence[Sequence[Point]]) -> shapely.Polygon | shapely.MultiPolygon:
    """The polygon of `rings` by the even-odd rule: a ring inside another is a hole, a ring in a hole is land again.

    Raises
    ------
    RingFault
        If a ring has fewer than three points or no area.
    """
    outlines = []
    for number, ring in enumerate(rings, start=1):
        corners = {(point.x, point.y) for point in ring}
        if len(corners) < 3:
            raise RingFault("INTAKE-TXT-RING-SHORT", ring=number, points=len(corners), line=ring[0].line)
        outline = shapely.Polygon([(point.x, point.y) for point in ring])
        if outline.area == 0 and shapely.minimum_rotated_rectangle(outline).area == 0:
            raise RingFault("INTAKE-TXT-RING-FLAT", ring=number, line=ring[0].line)
        outlines.append(outline)
    if len(outlines) == 1:
        return outlines[0]
    above = _rings_above(np.asarray(outlines, dtype=object))
    depth = [len(outer) for outer in above]
    holes: dict[int, list[int]] = {}
    for inner, outer in enumerate(above):
        if depth[inner] % 2:
            parent = min((o for o in outer if depth[o] == depth[inner] - 1), default=outer[0])
            holes.setdefault(parent, []).append(inner)
    parts = [
        shapely.Polygon(outline.exterior, [outlines[hole].exterior for hole in holes.get(position, ())])
        for position, outline in enumerate(outlines)
        if depth[position] % 2 == 0
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _rings_above(outlines: FloatArray) -> list[list[int]]:
    """For each ring the rings that it lies in."""
    tree = shapely.STRtree(outlines)
    areas = shapely.area(outlines)
    pairs = 0
    candidates = []
    for inner, outline in enumerate(outlines):
        near = tree.query(outline)
        candidates.append(near[areas[near] > areas[inner]])
        pairs += len(near)
        if pairs > MOST_PAIRS:
            raise RingFault("INTAKE-TXT-RINGS-MANY", rings=len(outlines))
    above: list[list[int]] = []
    for outline, near in zip(outlines, candidates, strict=True):
        probes = _probes(outline)
        above.append([int(other) for other in near if _inside(probes, outlines[other])])
    return above


def _probes(outline: shapely.Polygon) -> FloatArray:
    corners = shapely.get_coordinates(outline)
    middles: FloatArray = np.vstack([corners[:-1], (corners[:-1] + corners[1:]) / 2])
    return middles


def _inside(probes: FloatArray, outer: shapely.Polygon) -> bool:
    """Do more of the probes lie strictly inside `outer` than strictly outside? Rings may touch; no call on a ring that
    crosses itself can fail."""
    shapely.prepare(outer)
    within = shapely.contains_xy(outer, probes[:, 0], probes[:, 1])
    touching = shapely.intersects_xy(outer, probes[:, 0], probes[:, 1])
    return bool(within.sum() > (~touching).sum())
