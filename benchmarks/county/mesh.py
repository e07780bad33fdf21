"""A made-up county as a mesh: cells that share their wiggly edges, so parcels built from it fit without a gap.

The cells are those of a Voronoi diagram. Every edge is bent, but only within the two triangles that it spans with the
points its cells grew from; those triangles do not overlap, so no two edges cross however they are bent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay  # type: ignore[import-untyped]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

#: Distance of the points that cells grow from; a parcel has about the square of it. [m]
SPACING_M = 103.0
#: A point lies off its place on the grid by at most this share of `SPACING_M`.
_LOOSE = 0.36
#: One row of cells in so many is a road or canal.
_ROAD_ROWS = 24
#: Width of roads and canals, least and most. [m]
_ROAD_WIDTH_M = (8.0, 16.0)
#: Cells in a row that are one road parcel, least and most.
_ROAD_CELLS = (6, 32)
#: Distance of the points along an edge. [m]
_STEP_M = 7.75
#: How much more densely some edges, and the edges of some places, are drawn than others; a logarithm. [-]
_UNEVEN = 0.34
#: An edge leaves its straight course by at most this share of the distance to its nearer end.
_BEND = 0.35
#: And keeps this share of the way to the side of its triangle free.
_FREE = 0.2
#: Rows and columns around the county that make the outermost parcels ordinary ones.
_MARGIN = 4


@dataclass(frozen=True, eq=False)
class Mesh:
    """c cells, e edges seen from both sides as half-edges with the cell on the left, v nodes. Coordinates in m."""

    node: FloatArray  # (v, 2)
    bend: FloatArray  # (m, 2) points along edges, each edge's from its forward half-edge's start to its end
    bend_start: IntArray  # (e + 1,) first of each edge
    edge: IntArray  # (h,) edge of a half-edge
    forward: BoolArray  # (h,) does it run as the points of its edge do?
    twin: IntArray  # (h,) the same edge from the other side
    following: IntArray  # (h,) the next half-edge around the cell
    start: IntArray  # (h,) node
    cell: IntArray  # (h,) -1 outside the county
    centre: FloatArray  # (c, 2) the point that the cell grew from
    road: IntArray  # (c,) number of the road or canal that the cell is part of, or -1

    def moved(self, rng: np.random.Generator, most_m: float) -> Mesh:
        """The mesh with every vertex moved by at most `most_m` on each axis, for all its parcels alike.

        Vertices that stand close together move less, so that no ring comes to cross itself.
        """
        count = np.diff(self.bend_start)
        halves = np.flatnonzero(self.forward)
        length = np.empty(len(count))
        length[self.edge[halves]] = np.hypot(
            *(self.node[self.start[self.twin[halves]]] - self.node[self.start[halves]]).T
        )
        room = np.minimum(most_m, 0.01 * length / (count + 1))
        at_node = np.full(len(self.node), most_m)
        np.minimum.at(at_node, self.start, room[self.edge])
        node = self.node + at_node[:, None] * rng.uniform(-1, 1, self.node.shape)
        bend = self.bend + np.repeat(room, count)[:, None] * rng.uniform(-1, 1, self.bend.shape)
        return replace(self, node=node, bend=bend)


def county_mesh(parcels: int, rng: np.random.Generator) -> Mesh:
    """A mesh that makes about `parcels` parcels of about a hectare, in a square around (0, 0)."""
    points, inside, road = _points(parcels, rng)
    triangles = Delaunay(points)
    corner = triangles.simplices.astype(np.int64)
    beside = triangles.neighbors.astype(np.int64)
    # Half-edge 3 t + i leaves triangle t across its side i; its cell is the corner on its left.
    cell_of = corner[:, [2, 0, 1]].ravel()
    other = corner[:, [1, 2, 0]].ravel()
    to = beside.ravel()
    kept = np.flatnonzero((inside[cell_of] | inside[other]) & (to >= 0))
    back = np.argmax(beside[to[kept]] == (kept // 3)[:, None], axis=1)
    ahead = np.argmax(corner[to[kept]] == cell_of[kept, None], axis=1)
    number = np.full(len(to), -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    twin = number[3 * to[kept] + back]
    following = number[3 * to[kept] + (ahead + 1) % 3]
    forward = np.arange(len(kept)) < twin
    edge = np.empty(len(kept), dtype=np.int64)
    edge[forward] = np.arange(forward.sum())
    edge[twin[forward]] = edge[forward]
    cells = np.cumsum(inside) - 1
    cell = np.where(inside[cell_of[kept]], cells[cell_of[kept]], -1)
    node = _circumcentres(points, corner)
    begin, end = kept[forward] // 3, to[kept[forward]]
    sides = np.stack([node[begin], node[end], points[cell_of[kept[forward]]], points[other[kept[forward]]]])
    bend_start, bend = bent(sides, rng)
    return Mesh(node, bend, bend_start, edge, forward, twin, following, kept // 3, cell, points[inside], road[inside])


def bent(sides: FloatArray, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Points along edges, and the first of each: sides (4, e, 2) are start, end, point on the left, on the right."""
    length = np.hypot(*(sides[1] - sides[0]).T)
    x, y = sides[0].T
    dense = np.exp(_UNEVEN * np.sin(x / 700.0) * np.sin(y / 900.0) + rng.normal(0.0, _UNEVEN, len(length)))
    count = np.round(length / _STEP_M * dense).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(count)])
    along = np.arange(first[-1]) - np.repeat(first[:-1], count) + 1 + rng.uniform(-0.35, 0.35, first[-1])
    return first, displaced(sides, count, along / np.repeat(count + 1, count), rng)


def displaced(sides: FloatArray, count: IntArray, along: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Points of bent edges: `count` (e,) of them on each edge, at `along` (m,), 0 at its start and 1 at its end."""
    start, run = sides[0], sides[1] - sides[0]
    length = np.maximum(np.hypot(*run.T), 1e-9)
    unit = run / length[:, None]
    foot = ((sides[2] - start) * unit).sum(axis=1) / length
    height = np.hypot(*(sides[2] - sides[3]).T) / 2
    with np.errstate(divide="ignore"):
        rise = np.where(foot > 0, height / foot, np.inf)
        fall = np.where(foot < 1, height / (1 - foot), np.inf)
    least = np.minimum(np.repeat(rise, count) * along, np.repeat(fall, count) * (1 - along))
    room = np.minimum((1 - _FREE) * least, _BEND * np.repeat(length, count) * np.minimum(along, 1 - along))
    edges = len(count)
    wave = (
        0.7
        * np.repeat(rng.uniform(-1, 1, edges), count)
        * np.sin(
            np.pi * (np.repeat(rng.integers(1, 4, edges), count) * along + np.repeat(rng.uniform(0, 1, edges), count))
        )
    )
    aside = room * (wave + rng.uniform(-0.25, 0.25, len(along)))
    normal = np.column_stack([-unit[:, 1], unit[:, 0]])
    return np.asarray(
        np.repeat(start, count, axis=0)
        + along[:, None] * np.repeat(run, count, axis=0)
        + aside[:, None] * np.repeat(normal, count, axis=0)
    )


def _points(parcels: int, rng: np.random.Generator) -> tuple[FloatArray, BoolArray, IntArray]:
    """Points to grow cells from, which of them are in the county, and the road that each is part of, or -1."""
    side = max(4, round(np.sqrt(parcels * _ROAD_ROWS / (_ROAD_ROWS + 1.1))))
    size = side + 2 * _MARGIN
    column, row = np.meshgrid(np.arange(size), np.arange(size))
    x, y = (SPACING_M * (place - size / 2 + rng.uniform(-_LOOSE, _LOOSE, place.shape)) for place in (column, row))
    rows = np.arange(_ROAD_ROWS // 2, size, _ROAD_ROWS)
    y[rows] = SPACING_M * (rows - size / 2)[:, None]
    # Two shears bend rows and roads without changing any area.
    x += 260.0 * np.sin(y / 1100.0)
    y += 310.0 * np.sin(x / 1500.0)
    points = np.stack([x, y], axis=-1)
    along = np.gradient(points[rows], axis=1)
    across = np.stack([-along[..., 1], along[..., 0]], axis=-1) / np.hypot(along[..., :1], along[..., 1:])
    # Cells beside a road grow from points that mirror the road's own, so that they meet it along a smooth line.
    aside = across * rng.uniform(*_ROAD_WIDTH_M, len(rows))[:, None, None]
    inside = np.minimum(np.minimum(column, row), size - 1 - np.maximum(column, row)) >= _MARGIN
    road = np.full(x.shape, -1, dtype=np.int64)
    road[rows] = _road_numbers((len(rows), size), rng)
    every = np.concatenate([points.reshape(-1, 2), *((points[rows] + s * aside).reshape(-1, 2) for s in (-1, 1))])
    every += rng.uniform(-0.01, 0.01, every.shape)  # four points on a circle would make a node of four edges
    within = np.concatenate([inside.ravel(), *(2 * [inside[rows].ravel()])])
    return every, within, np.concatenate([road.ravel(), np.full(2 * rows.size * size, -1)])


def _road_numbers(shape: tuple[int, int], rng: np.random.Generator) -> IntArray:
    """Number of the road that each cell of a road row is part of, runs of `_ROAD_CELLS` cells."""
    ends = rng.random(shape) < 2.0 / sum(_ROAD_CELLS)
    column = np.arange(shape[1])
    ends |= column % _ROAD_CELLS[1] == 0
    return np.cumsum(ends.ravel()).reshape(shape).astype(np.int64)


def _circumcentres(points: FloatArray, corner: IntArray) -> FloatArray:
    a, b, c = (points[corner[:, i]] for i in range(3))
    ab, ac = b - a, c - a
    double = 2 * (ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])
    ab2, ac2 = (ab**2).sum(axis=1), (ac**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = (ac[:, 1] * ab2 - ab[:, 1] * ac2) / double
        y = (ab[:, 0] * ac2 - ac[:, 0] * ab2) / double
    return np.asarray(a + np.column_stack([x, y]))
