"""Overlay of two layers: which polygons share ground, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from tilth.core import FloatArray, IntArray
from tilth.overlay.ellipsoid import Surface, surface
from tilth.overlay.rings import Polygons, Rings, flatten, polygons
from tilth.overlay.threads import blocks, in_threads

#: Pairs handed to a thread at a time.
_BLOCK_PAIRS = 8_192


@dataclass(frozen=True, eq=False)
class PieceTable:
    """The pieces of an overlay, sorted by `left`, then `right`: one row for each pair that shares ground."""

    left: IntArray  # (n,) row position in the first layer
    right: IntArray  # (n,) row position in the second layer
    area_m2: FloatArray  # (n,) common area on the ellipsoid, more than 0 [m²]

    def __len__(self) -> int:
        return len(self.left)

    def total_by_left(self, rows: int) -> FloatArray:
        """(rows,) area of the pieces of each of the `rows` members of the first layer. [m²]"""
        return np.asarray(np.bincount(self.left, self.area_m2, rows), dtype=np.float64)

    def total_by_right(self, rows: int) -> FloatArray:
        """(rows,) area of the pieces of each of the `rows` members of the second layer. [m²]"""
        return np.asarray(np.bincount(self.right, self.area_m2, rows), dtype=np.float64)


_NOTHING = PieceTable(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


def intersection_areas(left: Any, right: Any, crs: Any) -> PieceTable:
    """The area that each polygon of `left` shares with each of `right`, on the ellipsoid of `crs`. [m²]

    Edges are straight in the coordinates of `crs`. Pieces of a polygon that is covered once add up to its
    `engine_area`, within about 1e-9 of it. Areas are right to 0.01 m² or 1e-7, whichever is more (in fact far better).

    What is left out: pairs that only touch, and slivers no wider than the last place of the coordinates, which are
    what remains of a shared boundary when its points were rounded (7e-9 m at eastings with a zone prefix).

    Parameters
    ----------
    left, right
        Polygons or multipolygons (list, array, GeoSeries), x easting or longitude, y northing or latitude, in one
        CRS. None and empty ones have no pieces. Polygons of one layer may overlap: every pair is measured. Where a
        ring crosses itself, ground counts as often as the ring turns around it: repair such rings first.
    crs
        Whatever `pyproj.CRS.from_user_input` takes: any projected or geographic CRS, any unit.

    Raises
    ------
    BadInput
        For other geometry types, coordinates that are not finite or outside the projection, or an unusable CRS.
    NeedsAnswer
        If `crs` is None.

    >>> table = intersection_areas([shapely.box(0, 0, 2, 1)], [shapely.box(1, 0, 3, 1)], "EPSG:6933")
    >>> table.left, table.right, table.area_m2.round(9)
    (array([0]), array([0]), array([1.]))
    """
    return _overlay(polygons(left), polygons(right), surface(crs))


def overlaps(geometries: Any, crs: Any) -> PieceTable:
    """Ground that polygons of one layer share with each other: pairs with `left` < `right`.

    Parameters, errors and accuracy are those of `intersection_areas`.
    """
    shapes = polygons(geometries)
    return _overlay(shapes, shapes, surface(crs), within=True)


def _overlay(left: Polygons, right: Polygons, ground: Surface, within: bool = False) -> PieceTable:
    left_rows, right_rows, common = _near(left, right)
    if len(left_rows) == 0 or len(right_rows) == 0:
        return _NOTHING
    # numba is loaded by the first overlay, not by the first import
    from tilth.overlay.cells import WIDEST_M, cut
    from tilth.overlay.kernel import pair_areas
    from tilth.overlay.scale import fit_scale

    ours = flatten(left[left_rows])
    theirs = ours if within else flatten(right[right_rows])
    origin = np.round((common[:2] + common[2:]) / 2)  # whole units, so that counting from it loses nothing
    box, widest = common - np.tile(origin, 2), ground.length(WIDEST_M)
    left_cells = cut(ours, origin, box, widest)
    right_cells = left_cells if within else cut(theirs, origin, box, widest)
    pairs = _touching(left_cells.box, right_cells.box)
    if within:
        pairs = pairs[left_cells.row[pairs[:, 0]] < right_cells.row[pairs[:, 1]]]
    if len(pairs) == 0:
        return _NOTHING
    scale = fit_scale(ground, _extent(left_cells, right_cells, pairs), origin)
    model = (scale.centre, scale.half, scale.coefficients, _last_place(ours, theirs))
    measured = np.empty((len(pairs), 2))

    def measure(block: slice) -> None:
        pair_areas(left_cells, right_cells, pairs[block], model, measured[block])

    in_threads(measure, blocks(len(pairs), _BLOCK_PAIRS))
    rows = np.column_stack([left_rows[left_cells.row[pairs[:, 0]]], right_rows[right_cells.row[pairs[:, 1]]]])
    return _table(rows, measured)


def _near(left: Polygons, right: Polygons) -> tuple[IntArray, IntArray, FloatArray]:
    """Rows of each layer whose box meets the other layer's, and the box (4,) that the layers have in common."""
    ours, theirs = shapely.bounds(left), shapely.bounds(right)
    if np.isnan(ours).all() or np.isnan(theirs).all():
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(4)
    common = np.concatenate(
        [
            np.maximum(np.nanmin(ours[:, :2], axis=0), np.nanmin(theirs[:, :2], axis=0)),
            np.minimum(np.nanmax(ours[:, 2:], axis=0), np.nanmax(theirs[:, 2:], axis=0)),
        ]
    )
    return _meeting(ours, common), _meeting(theirs, common), common


def _meeting(boxes: FloatArray, common: FloatArray) -> IntArray:
    return np.flatnonzero((boxes[:, :2] < common[2:]).all(axis=1) & (boxes[:, 2:] > common[:2]).all(axis=1))


def _touching(ours: FloatArray, theirs: FloatArray) -> IntArray:
    """(n, 2) pairs of boxes with common ground, sorted."""
    tree = shapely.STRtree(shapely.box(*theirs.T))
    a, b = tree.query(shapely.box(*ours.T))
    open_ = np.minimum(ours[a, 2:], theirs[b, 2:]) > np.maximum(ours[a, :2], theirs[b, :2])
    keep = open_.all(axis=1)
    pairs = np.column_stack([a[keep], b[keep]]).astype(np.int64)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _extent(left: Any, right: Any, pairs: IntArray) -> FloatArray:
    """(4,) the box around all that `pairs` of cells can have in common."""
    low = np.maximum(left.box[pairs[:, 0], :2], right.box[pairs[:, 1], :2])
    high = np.minimum(left.box[pairs[:, 0], 2:], right.box[pairs[:, 1], 2:])
    return np.concatenate([low.min(axis=0), high.max(axis=0)])


def _table(rows: IntArray, measured: FloatArray) -> PieceTable:
    """Pieces of cells added up by pair of polygons, without those that are no more than noise."""
    order = np.lexsort((rows[:, 1], rows[:, 0]))
    rows = rows[order]
    first = np.flatnonzero(np.append(True, (rows[1:] != rows[:-1]).any(axis=1)))
    area, noise = np.add.reduceat(measured[order], first, axis=0).T
    real = area > noise
    return PieceTable(rows[first[real], 0], rows[first[real], 1], area[real])


def _last_place(*layers: Rings) -> FloatArray:
    """(2,) the distance between neighbouring floats at the largest x and y of `layers`."""
    largest = [[np.abs(layer.x).max(), np.abs(layer.y).max()] for layer in layers]
    return np.asarray(np.spacing(np.max(largest, axis=0)))
