"""The two sides of an overlay: made ready as far as they meet, and tile by tile where they are large.

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
from tilth.overlay.rings import Extent, Polygons, Rings, extent_of, flatten, polygons
from tilth.overlay.threads import in_threads

if TYPE_CHECKING:  # numba is loaded by the first overlay, not by the first import
    from tilth.overlay.layer import Layer

#: Coordinates of one side that are made ready at a time.
TILE_COORDINATES = 8_000_000
#: A layer this many times as heavy as the other one, at most, is made ready beside it, not only what the other touches.
ALIKE = 2


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
    def extent(self) -> Extent | None:
        """Around all of it; None if there is nothing."""
        if self.known is not None:
            return self.known.extent
        return extent_of(self.bounds[~np.isnan(self.bounds[:, 0])])

    def held(self, extent: Extent | None) -> IntArray:
        """Rows with ground whose box meets `extent`."""
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
        assert self.given is not None
        if len(rows) == len(self.bounds):
            return layer_of_all(self.given, self.ground)
        if isinstance(self.given, Rings):
            return _made(self.given, self.ground, rows)
        return _made(flatten(self.given[rows]), self.ground, None, rows, len(self.bounds))

    def tiles(self, rows: IntArray) -> list[IntArray]:
        """`rows` in neighbourhoods of at most about `TILE_COORDINATES` each."""
        if int(self.size[rows].sum()) <= TILE_COORDINATES:
            return [rows]
        from tilth.overlay.boxes import tree_of

        near = rows[tree_of(self.bounds[rows]).order]
        number = np.cumsum(self.size[near]) // TILE_COORDINATES
        return [np.sort(tile) for tile in np.split(near, np.flatnonzero(np.diff(number)) + 1)]


def layer_of_all(given: Polygons | Rings, ground: Surface) -> Layer:
    """All of them, made ready."""
    return _made(given if isinstance(given, Rings) else flatten(given), ground)


def _made(rings: Rings, ground: Surface, *some: Any) -> Layer:
    from tilth.overlay.compiled import ready
    from tilth.overlay.layer import layer_of

    ready()
    return layer_of(rings, ground, *some)


def pieces_of_both(left: Side, right: Side) -> PieceTable:
    """The pieces of two layers. The heavier one, which is not made ready yet, is gone through tile by tile."""
    if left.extent is None or right.extent is None:
        return PieceTable.nothing()
    forward = left.known is None and (right.known is not None or left.size.sum() >= right.size.sum())
    lead, other = (left, right) if forward else (right, left)
    assert other.extent is not None
    tiles = lead.tiles(lead.held(other.extent))
    if len(tiles) == 1 and other.size.sum() <= TILE_COORDINATES:
        if lead.known is None and other.known is None and ALIKE * other.size.sum() >= lead.size.sum():
            first, second = in_threads(
                lambda side: side[0].ready(side[0].held(side[1])), ((lead, other.extent), (other, lead.extent))
            )
            return _paired(first, second, forward)
        # Of the heavier layer, only what the lighter one touches.
        light = other.ready(other.held(lead.extent)) if other.known is None else other.known
        return _paired(lead.meeting(light), light, forward)
    return PieceTable.joined([_tile(lead.ready(tile), other, forward) for tile in tiles])


def pieces_of_layers(left: Layer, right: Layer, known: PieceTable | None = None) -> PieceTable:
    """The pieces of two layers that are ready. `known` are those of `left` with itself."""
    from tilth.overlay.pairing import pieces

    return pieces(left, right, known)


def _tile(tile: Layer, other: Side, forward: bool) -> PieceTable:
    return _paired(tile, other.meeting(tile), forward)


def _paired(lead: Layer, other: Layer, forward: bool) -> PieceTable:
    return pieces_of_layers(lead, other) if forward else pieces_of_layers(other, lead)


def pieces_within(side: Side) -> PieceTable:
    """The pieces that polygons of one layer share, the earlier row on the left."""
    from tilth.overlay.pairing import pieces

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
