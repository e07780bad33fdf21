"""Shapes for display: of pieces and overlaps, built by GEOS only where shown. Their areas come from the kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely

from tilth.core import FloatArray
from tilth.overlay.piece_table import PieceTable
from tilth.overlay.rings import Polygons, polygons

#: The grid of the last attempt, in last places of the largest coordinate: some 0.1 mm for eastings with zone prefix.
_GRID_PLACES = 2.0**14


def piece_geometry(left: Any, right: Any, table: PieceTable) -> Polygons:
    """The shape of each piece of `table`, whose layers are `left` and `right`. Its area is the table's.

    Lines and points that two polygons share besides ground are left out. A piece that GEOS cannot build from the
    polygons as they are is tried again with repaired ones, at last on a grid of about 0.1 mm.

    Returns
    -------
    (n,) polygons or multipolygons; empty where a sliver vanishes.
    """
    ours, theirs = polygons(left)[table.left], polygons(right)[table.right]
    try:
        shapes = shapely.intersection(ours, theirs)
    except shapely.GEOSException:
        pairs = zip(ours, theirs, strict=True)
        shapes = np.array([robust(shapely.intersection, a, b) for a, b in pairs], dtype=object)
    return areal(shapes)


def overlap_polygon(geometries: Any, table: PieceTable) -> Polygons:
    """The shape of each overlap of `table`, as `overlaps` found them in `geometries`; see `piece_geometry`."""
    return piece_geometry(geometries, geometries, table)


def inner_points(shapes: Polygons) -> FloatArray:
    """(n, 2) a point inside each of `shapes`, to show where it is; NaN for an empty one."""
    points = shapely.point_on_surface(shapes)
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def robust(function: Callable[..., Any], a: Any, b: Any) -> Any:
    """`function` of two geometries: as they are, then repaired, then on a grid."""
    try:
        return function(a, b)
    except shapely.GEOSException:
        a, b = shapely.make_valid(a), shapely.make_valid(b)
    try:
        return function(a, b)
    except shapely.GEOSException:
        grid = _GRID_PLACES * np.spacing(np.abs(shapely.bounds([a, b])).max())
        return function(a, b, grid_size=grid)


def areal(shapes: Any) -> Polygons:
    """(n,) `shapes` with nothing but their polygons."""
    kept = np.atleast_1d(np.asarray(shapes, dtype=object)).copy()
    for index in np.flatnonzero(~np.isin(shapely.get_type_id(kept), (3, 6))):
        parts = shapely.get_parts(kept[index])
        flat = parts[shapely.get_dimensions(parts) == 2]
        kept[index] = shapely.union_all(flat) if len(flat) else shapely.Polygon()
    return kept
