"""The ground that a polygon covers, whatever its parts and rings do: the one reading that every room takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from tilth.core import FloatArray, IntArray

Shapes = npt.NDArray[np.object_]

_POLYGON, _MULTIPOLYGON = 3, 6


def covered(shapes: Iterable[Any]) -> Shapes:
    """(n,) valid polygons: each shape as it is where it is valid, else all the ground that it covers.

    Ground that any part covers is covered, also where two parts lie on it. A ring that crosses itself covers all that
    it encloses, also what it goes around twice: what it was meant to be is not known, and no ground may be lost by a
    slip of the pen. A ring that only touches itself, or runs out and back along one line, keeps its holes. Rings of
    one part that lie inside one another take turns, as ground and hole. None is an empty polygon.
    """
    out = np.asarray(shapes, dtype=object).copy()
    missing = shapely.is_missing(out)
    if missing.any():
        out[missing] = shapely.Polygon()
    for at in np.flatnonzero(~shapely.is_valid(out)):
        out[at] = _read(out[at])
    return out


def _read(shape: Any) -> Any:
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return shapely.Polygon()
    try:
        return _polygonal(shapely.union_all([_part(part) for part in shapely.get_parts(shape)]))
    except shapely.GEOSException:
        return _polygonal(shapely.make_valid(shape, method="structure", keep_collapsed=False))


def _part(part: Any) -> Any:
    if part.is_valid or not isinstance(part, shapely.Polygon):
        return _polygonal(part)
    holes = [_polygonal(shapely.make_valid(shapely.Polygon(hole))) for hole in part.interiors]
    return shapely.symmetric_difference(_enclosed(part.exterior), shapely.union_all(holes))


def _enclosed(ring: Any) -> Any:
    """The ground that a ring encloses: what it goes around, and what lies between two turns of opposite sense."""
    alone = shapely.Polygon(ring)
    if alone.is_valid:
        return alone
    network = shapely.union_all(shapely.LineString(ring.coords))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(network)))
    turns = _turns(shapely.get_coordinates(ring), shapely.get_coordinates(shapely.point_on_surface(faces)))
    inside = turns != 0
    if (turns > 0).any() and (turns < 0).any():
        edges = [shapely.boundary(shapely.union_all(faces[side])) for side in (turns > 0, turns < 0)]
        for at in np.flatnonzero(~inside):
            beside = [shapely.length(shapely.intersection(faces[at].exterior, edge)) > 0 for edge in edges]
            inside[at] = all(beside)
    # Where the ring runs along itself, the even-odd reading may take ground that the turns do not.
    return shapely.union_all([*faces[inside], _polygonal(shapely.make_valid(alone))])


def _turns(ring: FloatArray, points: FloatArray) -> IntArray:
    """(n,) how often the closed `ring` (k, 2) goes around each of `points` (n, 2), anticlockwise positive."""
    found = np.zeros(len(points), dtype=np.int64)
    for at, point in enumerate(points):
        here, there = ring[:-1] - point, ring[1:] - point
        cross = here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0]
        found[at] = np.rint(np.arctan2(cross, (here * there).sum(axis=1)).sum() / (2 * np.pi))
    return found


def _polygonal(shape: Any) -> Any:
    """The polygons of `shape`, without its lines and points."""
    if shapely.get_type_id(shape) in (_POLYGON, _MULTIPOLYGON):
        return shape
    parts = shapely.get_parts(shapely.get_parts(shape))
    flat = parts[shapely.get_dimensions(parts) == 2]
    return shapely.union_all(flat) if len(flat) else shapely.Polygon()
