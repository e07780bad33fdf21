"""The two sides of an overlay: made ready as far as they meet, tile by tile where they are large, and paired.

Tiles bound the memory that chains take. They change nothing else: a pair's area hangs on its two polygons alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from tilth.core import FloatArray, IntArray
from tilth.overlay.ellipsoid import Surface
from tilth.overlay.piece_table import PieceTable
from tilth.overlay.rings import Polygons, Rings, flatten, polygons
from tilth.overlay.threads import blocks, in_threads

if TYPE_CHECKING:  # numba is loaded by the first overlay, not by the first import
    from tilth.overlay.layer import Layer

#: Coordinates of one side that are made ready at a time.
TILE_COORDINATES = 8_000_000
#: Pairs handed to a thread at a time.
BLOCK_PAIRS = 8_192


@dataclass(frozen=True, eq=False)
class Side:
    """One of two layers, made ready as far as the other one asks for."""

    ground: Surface
    given: Polygons | Rings | None
    bounds: FloatArray  # (p, 4), NaN for polygons without ground
    known: Layer | None = None

    @classmethod
    def of(cls, given: Any, ground: Surface) -> Side:
        """What `intersection_areas` takes. BadInput for anything else."""
        if hasattr(given, "cells"):
            return cls(ground, None, given.bounds, given)
        if isinstance(given, Rings):
            return cls(ground, given, given.bounds)
        shapes = polygons(given)
        return cls(ground, shapes, shapely.bounds(shapes))

    @cached_property
    def size(self) -> IntArray:
        """(p,) coordinates of each polygon; 0 of all that is made ready already."""
        if isinstance(self.given, Rings):
            return np.diff(self.given.ring_start[self.given.first_ring])
        if self.given is None:
            return np.zeros(len(self.bounds), np.int64)
        return np.asarray(shapely.get_num_coordinates(self.given), dtype=np.int64)

    @cached_property
    def extent(self) -> FloatArray | None:
        """(4,) around all of it; None if there is nothing."""
        if self.known is not None:
            return self.known.extent
        some = self.bounds[~np.isnan(self.bounds[:, 0])]
        return np.concatenate([some[:, :2].min(axis=0), some[:, 2:].max(axis=0)]) if len(some) else None

    def whole(self) -> Layer:
        """All of it, made ready."""
        return self.ready(self.held(None)) if self.known is None else self.known

    def held(self, extent: FloatArray | None) -> IntArray:
        """Rows with ground whose box meets `extent` (4,)."""
        some = ~np.isnan(self.bounds[:, 0])
        if extent is not None:
            some &= (self.bounds[:, :2] < extent[2:]).all(axis=1) & (self.bounds[:, 2:] > extent[:2]).all(axis=1)
        return np.flatnonzero(some)

    def meeting(self, other: Layer) -> Layer:
        """What meets any cell of the other layer."""
        from tilth.overlay.boxes import met

        return self.ready(met(self.bounds, other.tree)) if self.known is None else self.known

    def ready(self, rows: IntArray) -> Layer:
        """The polygons at `rows`."""
        from tilth.overlay.compiled import ready
        from tilth.overlay.layer import layer_of

        ready()
        assert self.given is not None
        if len(rows) < len(self.bounds):
            some = self.given.take(rows) if isinstance(self.given, Rings) else flatten(self.given[rows])
        else:
            some = self.given if isinstance(self.given, Rings) else flatten(self.given)
        return layer_of(some, self.ground, rows, len(self.bounds))

    def tiles(self, rows: IntArray) -> list[IntArray]:
        """`rows` in neighbourhoods of at most about `TILE_COORDINATES` each."""
        if int(self.size[rows].sum()) <= TILE_COORDINATES:
            return [rows]
        from tilth.overlay.boxes import tree_of

        near = rows[tree_of(self.bounds[rows]).order]
        number = np.cumsum(self.size[near]) // TILE_COORDINATES
        return [np.sort(tile) for tile in np.split(near, np.flatnonzero(np.diff(number)) + 1)]


def pieces_of_both(left: Side, right: Side) -> PieceTable:
    """The pieces of two layers. The heavier one, which is not made ready yet, is gone through tile by tile."""
    if left.extent is None or right.extent is None:
        return PieceTable.nothing()
    forward = left.known is None and (right.known is not None or left.size.sum() >= right.size.sum())
    lead, other = (left, right) if forward else (right, left)
    if lead.known is not None:
        return _paired(lead.known, other.meeting(lead.known), forward)
    assert other.extent is not None
    tiles = lead.tiles(lead.held(other.extent))
    if len(tiles) == 1 and other.size.sum() <= TILE_COORDINATES:
        # Of the heavier layer, only what the lighter one touches.
        light = other.ready(other.held(lead.extent)) if other.known is None else other.known
        return _paired(lead.meeting(light), light, forward)
    return PieceTable.joined([_tile(lead.ready(tile), other, forward) for tile in tiles])


def _tile(tile: Layer, other: Side, forward: bool) -> PieceTable:
    return _paired(tile, other.meeting(tile), forward)


def _paired(lead: Layer, other: Layer, forward: bool) -> PieceTable:
    return pieces(lead, other) if forward else pieces(other, lead)


def pieces_within(side: Side) -> PieceTable:
    """The pieces that polygons of one layer share, the earlier row on the left."""
    if side.known is not None:
        return pieces(side.known, side.known)
    tiles = side.tiles(side.held(None))
    if len(tiles) == 1:
        layer = side.ready(tiles[0])
        return pieces(layer, layer)
    found = []
    for tile in tiles:
        layer = side.ready(tile)
        table = pieces(layer, side.meeting(layer))
        later = table.left < table.right
        found.append(PieceTable(table.left[later], table.right[later], table.area_m2[later]))
    return PieceTable.joined(found)


def pieces(left: Layer, right: Layer) -> PieceTable:
    """The pieces of two layers; of one with itself, those of rows before later ones."""
    from tilth.overlay.boxes import meeting
    from tilth.overlay.kernel import come_second, find_same, mirrored, pair_areas
    from tilth.overlay.scale import lattice_over, lattice_within

    ours, theirs = left.cells, right.cells
    within = left is right
    pairs = meeting(left.bounds, right.tree, after=within)
    if within and (ours.row[1:] == ours.row[:-1]).any():
        pairs = pairs[ours.row[pairs[:, 0]] < theirs.row[pairs[:, 1]]]
    if len(pairs) == 0:
        return PieceTable.nothing()
    extent = _common(left, right)
    lattice = lattice_within(left.ground, extent)
    if lattice is None:
        lattice = lattice_over(left.ground, _boxes(left, pairs, extent))
    measured, same = np.empty((len(pairs), 2)), ours.key[pairs[:, 0]] == theirs.key[pairs[:, 1]]
    like, second = np.arange(len(pairs)), np.empty(len(pairs), dtype=bool)
    come_second(ours, theirs, pairs, second)
    if same.any():
        find_same(ours, theirs, pairs, same)
        of_left, of_right = np.full(len(ours.row), -1), np.full(len(theirs.row), -1)
        of_left[pairs[same, 0]], of_right[pairs[same, 1]] = pairs[same, 1], pairs[same, 0]
        mirrored(pairs, np.searchsorted(pairs[:, 0], np.arange(len(ours.row) + 1)), of_left, of_right, same, like)
    own, longest = like == np.arange(len(pairs)), _longest(left, right)

    def measure(block: tuple[int, IntArray]) -> None:
        side, which = block
        layers = (ours, theirs) if side == 0 else (theirs, ours)
        pair_areas(*layers, pairs, side, which, same, lattice, longest, measured)

    both = [np.flatnonzero(own & ~second), np.flatnonzero(own & second)]
    jobs = [(side, rows[some]) for side, rows in enumerate(both) for some in blocks(len(rows), BLOCK_PAIRS)]
    in_threads(measure, jobs, worth_it=len(pairs) > BLOCK_PAIRS // 8)
    return _table(ours.row[pairs[:, 0]], theirs.row[pairs[:, 1]], measured[like])


def _longest(left: Layer, right: Layer) -> tuple[int, int]:
    """Most vertices of a chain of either layer, and most chains of two cells."""
    return max(left.longest[0], right.longest[0]), left.longest[1] + right.longest[1]


def _common(left: Layer, right: Layer) -> FloatArray:
    """(4,) the box that two layers have in common."""
    assert left.extent is not None and right.extent is not None
    low, high = np.maximum(left.extent[:2], right.extent[:2]), np.minimum(left.extent[2:], right.extent[2:])
    return np.concatenate([low, high])


def _boxes(left: Layer, pairs: IntArray, extent: FloatArray) -> FloatArray:
    """(n, 4) boxes that hold all that pairs of cells, sorted by the first, have in common."""
    boxes = left.bounds[pairs[np.append(True, pairs[1:, 0] != pairs[:-1, 0]), 0]]
    return np.concatenate([np.maximum(boxes[:, :2], extent[:2]), np.minimum(boxes[:, 2:], extent[2:])], axis=1)


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
