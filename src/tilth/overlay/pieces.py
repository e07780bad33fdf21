"""Overlay of two layers: which polygons share ground, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from tilth.core import FloatArray, IntArray
from tilth.overlay.ellipsoid import Surface, surface
from tilth.overlay.rings import Polygons, Rings, flatten, polygons
from tilth.overlay.threads import blocks, in_threads

if TYPE_CHECKING:  # numba is loaded by the first overlay, not by the first import
    from tilth.overlay.layer import Layer

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

    What is left out: pairs that only touch, and what is no more than the noise of the sum (some 1e-10 m²). Slivers
    that rounding has left along a shared boundary are pieces like others. Each area hangs on its two polygons alone,
    to the last bit: not on their order, on what else is in the layers, or on where their rings begin.

    Parameters
    ----------
    left, right
        Polygons or multipolygons (list, array, GeoSeries), x easting or longitude, y northing or latitude, in one
        CRS; or `Rings` of them; or, in the same CRS, what `prepare` made of them. None and empty ones have no pieces.
        Polygons of one layer may overlap: every pair is measured. Where a ring crosses itself, ground counts as often
        as the ring turns around it: repair such rings first.
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
    ground = surface(crs)
    ours, theirs = _Side.of(left, ground), _Side.of(right, ground)
    if ours.extent is None or theirs.extent is None:
        return _NOTHING
    if ours.known or not (theirs.known or ours.weight > theirs.weight):
        first = ours.near(theirs.extent)
        return _shared(first, theirs.meeting(first))
    second = theirs.near(ours.extent)
    return _shared(ours.meeting(second), second)


def overlaps(geometries: Any, crs: Any) -> PieceTable:
    """Ground that polygons of one layer share with each other: pairs with `left` < `right`.

    Parameters, errors and accuracy are those of `intersection_areas`.
    """
    layer = _Side.of(geometries, surface(crs)).near(None)
    return _shared(layer, layer)


def prepare(geometries: Any, crs: Any) -> Layer:
    """Polygons made ready once, to stand for them wherever they are overlaid again. About 25 bytes a vertex are kept.

    Parameters and errors are those of `intersection_areas`.
    """
    return _Side.of(geometries, surface(crs)).near(None)


def rings_of_wkb(values: Any, offsets: IntArray) -> Rings:
    """Polygons straight from well-known binary, without an object for each: see `wkb.rings_of_wkb`."""
    from tilth.overlay import wkb

    return wkb.rings_of_wkb(values, offsets)


@dataclass(frozen=True, eq=False)
class _Side:
    """One of two layers, made ready as far as the other one asks for."""

    ground: Surface
    given: Polygons | Rings | None
    bounds: FloatArray  # (p, 4), NaN for polygons without ground
    known: Layer | None = None

    @classmethod
    def of(cls, given: Any, ground: Surface) -> _Side:
        if hasattr(given, "cells"):
            return cls(ground, None, given.bounds, given)
        if isinstance(given, Rings):
            return cls(ground, given, given.bounds)
        shapes = polygons(given)
        return cls(ground, shapes, shapely.bounds(shapes))

    @property
    def weight(self) -> int:
        """Coordinates."""
        if isinstance(self.given, Rings):
            return len(self.given.xy)
        return 0 if self.given is None else int(shapely.get_num_coordinates(self.given).sum())

    @cached_property
    def extent(self) -> FloatArray | None:
        """(4,) around all of it; None if there is nothing."""
        some = self.bounds[~np.isnan(self.bounds[:, 0])]
        return np.concatenate([some[:, :2].min(axis=0), some[:, 2:].max(axis=0)]) if len(some) else None

    def near(self, extent: FloatArray | None) -> Layer:
        """What may meet the other layer, which lies within `extent`."""
        if self.known is not None:
            return self.known
        held = ~np.isnan(self.bounds[:, 0])
        if extent is not None:
            low, high = self.bounds[:, :2] < extent[2:], self.bounds[:, 2:] > extent[:2]
            held &= low.all(axis=1) & high.all(axis=1)
        return self._ready(np.flatnonzero(held))

    def meeting(self, other: Layer) -> Layer:
        """What meets any cell of the other layer."""
        from tilth.overlay.boxes import met

        return self._ready(met(self.bounds, other.tree)) if self.known is None else self.known

    def _ready(self, rows: IntArray) -> Layer:
        from tilth.overlay.layer import layer_of

        assert self.given is not None
        if len(rows) < len(self.bounds):
            some = self.given.take(rows) if isinstance(self.given, Rings) else flatten(self.given[rows])
        else:
            some = self.given if isinstance(self.given, Rings) else flatten(self.given)
        return layer_of(some, self.ground, rows, len(self.bounds))


def _shared(left: Layer, right: Layer) -> PieceTable:
    """The pieces of two layers; of one with itself, those of rows before later ones."""
    from tilth.overlay.boxes import meeting
    from tilth.overlay.kernel import find_twins, mirrored, pair_areas
    from tilth.overlay.scale import lattice_over

    ours, theirs = left.cells, right.cells
    within = left is right
    pairs = meeting(left.bounds, right.tree, after=within)
    if within and (ours.row[1:] == ours.row[:-1]).any():
        pairs = pairs[ours.row[pairs[:, 0]] < theirs.row[pairs[:, 1]]]
    if len(pairs) == 0:
        return _NOTHING
    lattice = lattice_over(left.ground, _common(left.bounds, right.bounds, pairs))
    measured, same = np.empty((len(pairs), 2)), np.empty(len(pairs), dtype=bool)
    longest = max(int((cells.chain_stop - cells.chain_start).max()) for cells in (ours, theirs))
    of_left, of_right = np.full(len(ours.row), -1), np.full(len(theirs.row), -1)
    like = np.arange(len(pairs))
    find_twins(ours, theirs, pairs, of_left, of_right, same)
    if same.any():
        mirrored(pairs, np.searchsorted(pairs[:, 0], np.arange(len(ours.row) + 1)), of_left, of_right, same, like)

    def measure(block: slice) -> None:
        pair_areas(ours, theirs, pairs, same, like, (block.start, block.stop), lattice, longest, measured)

    in_threads(measure, blocks(len(pairs), _BLOCK_PAIRS))
    measured = measured[like]
    return _table(ours.row[pairs[:, 0]], theirs.row[pairs[:, 1]], measured)


def _common(ours: FloatArray, theirs: FloatArray, pairs: IntArray) -> FloatArray:
    """(n, 4) boxes that hold all that pairs of boxes, sorted by the first, have in common."""
    boxes = ours[pairs[np.append(True, pairs[1:, 0] != pairs[:-1, 0]), 0]]
    low, high = theirs[:, :2].min(axis=0), theirs[:, 2:].max(axis=0)
    return np.concatenate([np.maximum(boxes[:, :2], low), np.minimum(boxes[:, 2:], high)], axis=1)


def _table(left: IntArray, right: IntArray, measured: FloatArray) -> PieceTable:
    """Pieces of cells added up by pair of polygons, without those that are no more than noise.

    They are added from the smallest up, so that the sum does not hang on how the layers lie.
    """
    width = int(right.max()) + 1
    key = left * width + right
    if (key[1:] <= key[:-1]).any():
        order = np.argsort(key, kind="stable")
        key = key[order]
        same = key[1:] == key[:-1]
        again = np.flatnonzero(np.append(same, False) | np.append(False, same))
        some = order[again]
        order[again] = some[np.lexsort((measured[some, 1], measured[some, 0], key[again]))]
        first = np.flatnonzero(np.append(True, ~same))
        left, right = left[order[first]], right[order[first]]
        measured = np.add.reduceat(measured[order], first, axis=0)
    real = measured[:, 0] > measured[:, 1]
    return PieceTable(left[real], right[real], measured[real, 0])
