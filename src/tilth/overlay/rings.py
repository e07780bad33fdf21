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

_POLYGON, _MULTIPOLYGON = 3, 6


@dataclass(frozen=True)
class Rings:
    """The rings of p polygons, r in all, with n coordinates. Every ring repeats its first point at its end.

    Exteriors run anticlockwise and holes clockwise by their planar signed area, whatever the source did.
    """

    x: FloatArray  # (n,) coordinate units
    y: FloatArray  # (n,)
    ring_start: IntArray  # (r + 1,) first coordinate of each ring
    first_ring: IntArray  # (p + 1,) first ring of each polygon
    hole: BoolArray  # (r,) is the ring a hole?

    def __len__(self) -> int:
        return len(self.first_ring) - 1

    @property
    def owner(self) -> IntArray:
        """(r,) the polygon that each ring belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.first_ring))

    def sum_by_polygon(self, of_rings: FloatArray) -> FloatArray:
        """(p,) the sum of `of_rings` (r,) over the rings of each polygon; 0 where there is none."""
        return np.asarray(np.bincount(self.owner, of_rings, len(self)), dtype=np.float64)

    def edges(self) -> tuple[IntArray, IntArray]:
        """Index of the first coordinate of every edge, and (r + 1,) the first edge of each ring."""
        keep = np.ones(len(self.x), dtype=bool)
        keep[self.ring_start[1:] - 1] = False
        return np.flatnonzero(keep), self.ring_start - np.arange(len(self.ring_start))


def polygons(geometries: Any) -> Polygons:
    """`geometries` (list, array, GeoSeries, GeoDataFrame) as an array of polygons, None and empty ones as empty.

    Raises
    ------
    BadInput
        If a geometry is not a polygon or multipolygon, or has a coordinate that is not finite.
    """
    given = np.atleast_1d(np.asarray(getattr(geometries, "geometry", geometries), dtype=object)).ravel()
    known = shapely.is_geometry(given) | shapely.is_missing(given)
    if not known.all():
        row = int(np.argmin(known))
        raise BadInput("overlay-not-polygon", row=row, kind=type(given[row]).__name__)
    empty = shapely.is_missing(given) | shapely.is_empty(given)
    kind = shapely.get_type_id(given)
    usable = empty | (kind == _POLYGON) | (kind == _MULTIPOLYGON)
    if not usable.all():
        row = int(np.argmin(usable))
        raise BadInput("overlay-not-polygon", row=row, kind=given[row].geom_type)
    return np.where(empty, shapely.Polygon(), given)


def flatten(shapes: Polygons) -> Rings:
    """The rings of `shapes`, as `polygons` returned them. Heights are left out."""
    if len(shapes) == 0:
        none, nothing = np.zeros(1, dtype=np.int64), np.zeros(0)
        return Rings(nothing, nothing, none, none, np.zeros(0, dtype=bool))
    oriented = shapely.orient_polygons(shapes)
    kind, xy, offsets = shapely.to_ragged_array(oriented, include_z=False)
    ring_start, first_of_part = (np.asarray(run, dtype=np.int64) for run in offsets[:2])
    first_ring = first_of_part[offsets[2]] if kind == _MULTIPOLYGON else first_of_part
    hole = np.ones(len(ring_start) - 1, dtype=bool)
    hole[first_of_part[:-1][np.diff(first_of_part) > 0]] = False
    rings = Rings(np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1]), ring_start, first_ring, hole)
    finite = np.isfinite(xy).all(axis=1)
    if not finite.all():
        ring = np.searchsorted(ring_start, int(np.argmin(finite)), side="right") - 1
        raise BadInput("overlay-not-finite", row=int(rings.owner[ring]))
    return rings
