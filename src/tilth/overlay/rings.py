"""Polygons as flat arrays: one run of coordinates for each ring, one run of rings for each polygon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from tilth.core import BadInput, FloatArray, IntArray

#: An array of shapely polygons; a missing one is an empty polygon.
Polygons = npt.NDArray[np.object_]
BoolArray = npt.NDArray[np.bool_]
#: A box: x and y least, x and y most.
Extent = tuple[float, float, float, float]

_POLYGON, _MULTIPOLYGON = 3, 6


@dataclass(frozen=True, eq=False)
class Rings:
    """The rings of p polygons, r in all, with n coordinates. Every ring repeats its first point at its end.

    Rings turn as the source has them: which side is ground follows from `hole`, not from their turn.
    """

    xy: FloatArray  # (n, 2) coordinate units
    ring_start: IntArray  # (r + 1,) first coordinate of each ring
    first_ring: IntArray  # (p + 1,) first ring of each polygon
    hole: BoolArray  # (r,) is the ring a hole?

    def __len__(self) -> int:
        return len(self.first_ring) - 1

    @property
    def x(self) -> FloatArray:
        """(n,) coordinate units"""
        return self.xy[:, 0]

    @property
    def y(self) -> FloatArray:
        """(n,) coordinate units"""
        return self.xy[:, 1]

    @property
    def owner(self) -> IntArray:
        """(r,) the polygon that each ring belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.first_ring))

    def sum_by_polygon(self, of_rings: FloatArray) -> FloatArray:
        """(p,) the sum of `of_rings` (r,) over the rings of each polygon; 0 where there is none."""
        return np.asarray(np.bincount(self.owner, of_rings, len(self)), dtype=np.float64)

    def edges(self) -> tuple[IntArray, IntArray]:
        """Index of the first coordinate of every edge, and (r + 1,) the first edge of each ring."""
        keep = np.ones(len(self.xy), dtype=bool)
        keep[self.ring_start[1:] - 1] = False
        return np.flatnonzero(keep), self.ring_start - np.arange(len(self.ring_start))

    @property
    def bounds(self) -> FloatArray:
        """(p, 4) x and y least, x and y most; NaN for a polygon without rings."""
        out = np.full((len(self), 4), np.nan)
        held = np.flatnonzero(np.diff(self.first_ring))
        if len(held):
            first = self.ring_start[self.first_ring[held]]
            out[held, :2], out[held, 2:] = np.minimum.reduceat(self.xy, first), np.maximum.reduceat(self.xy, first)
        return out

    def take(self, rows: IntArray) -> Rings:
        """The polygons at `rows`, in that order."""
        rings = runs(self.first_ring[rows], self.first_ring[rows + 1])
        first = np.concatenate([[0], np.cumsum(self.first_ring[rows + 1] - self.first_ring[rows])])
        begin, end = self.ring_start[rings], self.ring_start[rings + 1]
        start = np.concatenate([[0], np.cumsum(end - begin)])
        return Rings(self.xy[runs(begin, end)], start, first, self.hole[rings])


def extent_of(boxes: FloatArray) -> Extent | None:
    """The box around boxes (n, 4); None if there is none."""
    if len(boxes) == 0:
        return None
    left, low, right, high = boxes[0].tolist()
    if len(boxes) > 1:
        (left, low), (right, high) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
    return left, low, right, high


def runs(begin: IntArray, end: IntArray) -> IntArray:
    """The whole numbers from each `begin` to its `end`, one run behind the other."""
    size = end - begin
    first = np.cumsum(size) - size
    return np.asarray(np.arange(int(size.sum())) + np.repeat(begin - first, size))


def polygons(geometries: Any) -> Polygons:
    """`geometries` (list, array, GeoSeries, GeoDataFrame) as an array of polygons, None and empty ones as empty.

    Raises
    ------
    BadInput
        If a geometry is not a polygon or multipolygon, or has a coordinate that is not finite.
    """
    given = np.asarray(getattr(geometries, "geometry", geometries), dtype=object)
    if given.ndim != 1:
        given = given.ravel()
    kind = _kinds(given)
    usable = (kind == _POLYGON) | (kind == _MULTIPOLYGON)
    if usable.all():
        return given
    empty = (kind < 0) | shapely.is_empty(given)
    usable |= empty
    if not usable.all():
        row = int(np.argmin(usable))
        raise BadInput("overlay-not-polygon", row=row, kind=given[row].geom_type)
    return np.where(empty, shapely.Polygon(), given)


def _kinds(given: Polygons) -> IntArray:
    """(p,) shapely's type numbers, -1 for what is missing; BadInput where there is something else."""
    try:
        return np.asarray(shapely.get_type_id(given))
    except TypeError:
        known = shapely.is_geometry(given) | shapely.is_missing(given)
        row = int(np.argmin(known))
        raise BadInput("overlay-not-polygon", row=row, kind=type(given[row]).__name__) from None


def flatten(shapes: Polygons) -> Rings:
    """The rings of `shapes`, as `polygons` returned them. Heights are left out."""
    xy = shapely.get_coordinates(shapes)
    size = np.asarray(shapely.get_num_coordinates(shapes))
    one = (shapely.get_type_id(shapes) == _POLYGON) & (shapely.get_num_interior_rings(shapes) == 0)
    if (one & (size > 0)).all():
        start, first = _starts(size), np.arange(len(shapes) + 1)
        flat = Rings(xy, start, first, np.zeros(len(shapes), dtype=bool))
    else:
        flat = _taken_apart(shapes, xy, size, one)
    if not np.isfinite(xy.sum()):
        refuse_endless(flat)
    return flat


def _starts(size: IntArray) -> IntArray:
    """(n + 1,) where runs of `size` (n,) begin, and the last one ends."""
    out = np.zeros(len(size) + 1, np.int64)
    np.cumsum(size, out=out[1:])
    return out


def _taken_apart(shapes: Polygons, xy: FloatArray, size: IntArray, one: BoolArray) -> Rings:
    """The rings of `shapes`, of which all but `one` have holes or parts. Their coordinates, and how many each has."""
    count = np.where(one & (size > 0), 1, 0)
    # Only polygons with holes or parts are taken apart, which makes an object of every ring.
    more = np.flatnonzero(~one)
    parts, part_of = shapely.get_parts(shapes[more], return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    length = np.asarray(shapely.get_num_coordinates(rings), dtype=np.int64)
    rings, ring_of, length = rings[length > 0], ring_of[length > 0], length[length > 0]
    count[more] = np.bincount(part_of[ring_of], minlength=len(more))
    first_ring = _starts(count)
    lengths, hole = np.zeros(first_ring[-1], np.int64), np.zeros(first_ring[-1], dtype=bool)
    lengths[first_ring[:-1][one & (size > 0)]] = size[one & (size > 0)]
    places = runs(first_ring[more], first_ring[more + 1])
    lengths[places] = length
    hole[places[1:]] = ring_of[1:] == ring_of[:-1]
    return Rings(xy, _starts(lengths), first_ring, hole)


def refuse_endless(rings: Rings) -> None:
    """BadInput if a coordinate is not finite; their sum may be endless though none of them is."""
    finite = np.isfinite(rings.xy).all(axis=1)
    if not finite.all():
        ring = np.searchsorted(rings.ring_start, int(np.argmin(finite)), side="right") - 1
        raise BadInput("overlay-not-finite", row=int(rings.owner[ring]))
