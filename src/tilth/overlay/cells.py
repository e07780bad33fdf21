"""Polygons made small enough to overlay: large ones are cut along lines of constant x or y into cells.

A cell is what is left of every ring on one side of each line. Where a ring crosses a line more than twice, the cell's
rings run to and fro along the line; those bridges enclose nothing, and the kernel's integral does not see them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tilth.core import FloatArray, IntArray
from tilth.overlay.kernel import split_ring
from tilth.overlay.rings import Rings

#: A polygon with more edges is cut until no cell has more, as long as cutting helps.
MOST_EDGES = 256
#: A polygon wider or higher is cut until no cell is, so that the area scale within one is a cubic. [m]
WIDEST_M = 20_000.0
#: But no finer than this share of the ground that two layers have in common, which bounds how many cells there are.
FINEST = 1 / 64
#: A cut made only to part the edges has to leave the fuller side at most this share of them.
_WORTH_IT = 0.8

Ring = FloatArray  # (n, 2), last point = first point


class Cells(NamedTuple):
    """Flat rings of c cells, in the layout of `Rings`, with the polygon each is cut from and its bounding box."""

    x: FloatArray
    y: FloatArray
    ring_start: IntArray  # (r + 1,)
    first_ring: IntArray  # (c + 1,)
    row: IntArray  # (c,)
    box: FloatArray  # (c, 4) x and y least, x and y most


@dataclass(frozen=True)
class _Cell:
    rings: list[Ring]
    box: FloatArray  # (4,)
    edges: int


def cut(rings: Rings, origin: FloatArray, within: FloatArray, widest: float) -> Cells:
    """The cells of all polygons of `rings`, counted from `origin`; those of one polygon stand together.

    What large polygons have outside the box `within` (4,), also counted from `origin`, may be missing.

    Polygons of at most `MOST_EDGES` edges and `widest` (coordinate units) across are their own, only cell; a polygon
    without rings has none.
    """
    x, y = rings.x - origin[0], rings.y - origin[1]
    filled = np.flatnonzero(np.diff(rings.first_ring))
    first = rings.ring_start[rings.first_ring[filled]]
    if len(filled) == 0:
        return _none()
    lows = np.minimum.reduceat(x, first), np.minimum.reduceat(y, first)
    highs = np.maximum.reduceat(x, first), np.maximum.reduceat(y, first)
    box = np.column_stack([*lows, *highs])
    edges = np.diff(np.append(first, len(x))) - np.diff(rings.first_ring)[filled]
    large = (edges > MOST_EDGES) | (np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]) > widest)
    starts = np.append(rings.first_ring[filled], rings.first_ring[-1])
    if not large.any():
        return Cells(x, y, rings.ring_start, starts, filled, box)
    widest = max(widest, FINEST * float(np.max(within[2:] - within[:2])))
    xy = np.column_stack([x, y])
    made: list[tuple[int, _Cell]] = []
    for index in range(len(filled)):
        bounds = rings.ring_start[starts[index] : starts[index + 1] + 1]
        whole = [xy[bounds[i] : bounds[i + 1]] for i in range(len(bounds) - 1)]
        cell = _Cell(whole, box[index], int(edges[index]))
        pieces = _divide(cell, within, widest) if large[index] else [cell]
        made.extend((int(filled[index]), piece) for piece in pieces)
    return _flat(made) if made else _none()


def _none() -> Cells:
    start, nothing = np.zeros(1, np.int64), np.zeros(0)
    return Cells(nothing, nothing, start, start, np.zeros(0, np.int64), np.zeros((0, 4)))


def _divide(cell: _Cell, within: FloatArray, widest: float) -> list[_Cell]:
    """`cell` cut down to size, without what lies outside `within`."""
    waiting, done = [cell], []
    while waiting:
        cell = waiting.pop()
        if (cell.box[:2] >= within[2:]).any() or (cell.box[2:] <= within[:2]).any():
            continue
        size = cell.box[2:] - cell.box[:2]
        long = int(size[1] > size[0])
        if size[long] > widest:
            waiting.extend(_halves(cell, long))
            continue
        if cell.edges > MOST_EDGES:
            for axis in (long, 1 - long):
                halves = _halves(cell, axis)
                if max(half.edges for half in halves) <= _WORTH_IT * cell.edges:
                    waiting.extend(halves)
                    break
            else:
                done.append(cell)
            continue
        done.append(cell)
    return done


def _halves(cell: _Cell, axis: int) -> list[_Cell]:
    """What lies below and above the middle of `cell` on `axis` (0 x, 1 y); an empty side is left out."""
    at = float(cell.box[axis] + cell.box[axis + 2]) / 2
    below: list[Ring] = []
    above: list[Ring] = []
    for ring in cell.rings:
        along = ring[:, axis]
        if along.max() <= at:
            below.append(ring)
        elif along.min() >= at:
            above.append(ring)
        else:
            low, high = split_ring(ring, axis, at)
            below.append(low)
            above.append(high)
    return [_of(rings) for rings in (below, above) if rings]


def _of(rings: list[Ring]) -> _Cell:
    least = np.min([ring.min(axis=0) for ring in rings], axis=0)
    most = np.max([ring.max(axis=0) for ring in rings], axis=0)
    return _Cell(rings, np.concatenate([least, most]), sum(len(ring) - 1 for ring in rings))


def _flat(cells: list[tuple[int, _Cell]]) -> Cells:
    rings = [ring for _, cell in cells for ring in cell.rings]
    xy = np.concatenate(rings)
    return Cells(
        x=np.ascontiguousarray(xy[:, 0]),
        y=np.ascontiguousarray(xy[:, 1]),
        ring_start=np.cumsum([0, *(len(ring) for ring in rings)], dtype=np.int64),
        first_ring=np.cumsum([0, *(len(cell.rings) for _, cell in cells)], dtype=np.int64),
        row=np.array([row for row, _ in cells], dtype=np.int64),
        box=np.array([cell.box for _, cell in cells]),
    )
