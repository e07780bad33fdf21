"""A layer made ready for the overlay: cells of chains, and a tree over their boxes.

A polygon with many edges, or a wide one, is cut along lines of constant x or y into cells; others are their own, only
cell. How a polygon is cut and what its chains are counted from hang on the polygon alone, never on its layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tilth.core import FloatArray, IntArray
from tilth.overlay import chains
from tilth.overlay.boxes import Tree, tree_of
from tilth.overlay.ellipsoid import Surface
from tilth.overlay.rings import Rings, runs
from tilth.overlay.scale import lattice_over
from tilth.overlay.threads import blocks, in_threads

#: A polygon with more edges is cut until no cell has more, as long as cutting helps.
MOST_EDGES = 256
#: A polygon wider or higher is cut until no cell is, so that the area scale within one is a cubic. [m]
WIDEST_M = 20_000.0
#: But no finer than this share of its own width, which bounds how many cells there are.
FINEST = 1 / 64
#: A cut made only to part the edges has to leave the fuller side at most the first share of them, and both sides
#: together no more than the second: where every ring crosses the line, cutting makes more edges than it parts.
WORTH_IT = (0.8, 1.3)
#: Origins are whole multiples of 2⁻²² of the largest coordinate, so that counting from one loses nothing.
_ORIGIN_BITS = 22
_BLOCK_CELLS = 4_096
_DEEPEST = 64


class Cells(NamedTuple):
    """c cells as chains, in the order of their polygons. Few arrays, so that what is read together lies together."""

    vertex: FloatArray  # (v, 2) vertices of chains, left to right, from the cell's origin
    chain: FloatArray  # (k, 7) sign, least and most y, least and most x, its first vertex, the one behind its last
    place: FloatArray  # (c, 6) origin [coordinate units], then its box from there: x and y least, x and y most
    mark: IntArray  # (c, 4) the polygon it belongs to, its first chain, the one behind its last, a hash of the chains

    @property
    def row(self) -> IntArray:
        """(c,) the polygon that each belongs to."""
        return self.mark[:, 0]

    @property
    def box(self) -> FloatArray:
        """(c, 4) x and y least, x and y most, from the origin."""
        return self.place[:, 2:]

    @property
    def bounds(self) -> FloatArray:
        """(c, 4) boxes in the coordinates of the layer; none smaller than the cell for want of places to write it."""
        shift = np.tile(self.place[:, :2], 2)
        out = self.box + shift
        short = (out - shift - self.box) * np.repeat([1.0, -1.0], 2) > 0.0
        if short.any():
            out[short] = np.nextafter(out, np.repeat([-np.inf, np.inf], 2))[short]
        return out


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer made ready, see `pieces.prepare`: it stands for its polygons wherever they are overlaid again."""

    cells: Cells
    rows: int  # polygons of the layer, those without cells too
    ground: Surface

    def __len__(self) -> int:
        return self.rows

    @cached_property
    def bounds(self) -> FloatArray:
        """(c, 4) boxes of the cells."""
        return self.cells.bounds

    @cached_property
    def extent(self) -> FloatArray | None:
        """(4,) around all cells; None if there is none."""
        if len(self.bounds) == 0:
            return None
        return np.concatenate([self.bounds[:, :2].min(axis=0), self.bounds[:, 2:].max(axis=0)])

    @cached_property
    def tree(self) -> Tree:
        """Over the boxes of the cells."""
        return tree_of(self.bounds)

    @cached_property
    def longest(self) -> tuple[int, int]:
        """Most vertices, and most chains, of a cell."""
        first, last = self.cells.mark[:, 1], self.cells.mark[:, 2]
        before = np.append(0.0, np.cumsum(self.cells.chain[:, 6] - self.cells.chain[:, 5]))
        return int((before[last] - before[first]).max(initial=0.0)), int((last - first).max(initial=0))

    @cached_property
    def area_m2(self) -> FloatArray:
        """(rows,) area of each polygon on the ellipsoid, as its pieces add up to it: `engine_area` within 1e-9. [m²]"""
        from tilth.overlay.kernel import own_areas

        area = np.zeros(len(self.cells.row))
        if len(area):
            lattice = lattice_over(self.ground, self.bounds)
            in_threads(
                lambda block: own_areas(self.cells, (block.start, block.stop), lattice, area),
                blocks(len(area), _BLOCK_CELLS),
            )
        return np.asarray(np.bincount(self.cells.row, area, self.rows), dtype=np.float64)

    def keep(self, folder: Path) -> None:
        """Write it into `folder`, an empty one, as arrays that `kept` maps into memory."""
        parts = {**self.cells._asdict(), **{f"tree_{name}": part for name, part in self.tree._asdict().items()}}
        for name, part in parts.items():
            np.save(folder / f"{name}.npy", part)
        np.save(folder / "rows.npy", np.array([self.rows]))


def kept(folder: Path, ground: Surface) -> Layer:
    """The layer that `keep` wrote into `folder`, mapped into memory: only what is asked for is read."""

    def part(name: str) -> Any:
        return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)

    layer = Layer(Cells(*map(part, Cells._fields)), int(part("rows")[0]), ground)
    layer.__dict__["tree"] = Tree(*(part(f"tree_{name}") for name in Tree._fields))
    return layer


def layer_of(rings: Rings, ground: Surface, rows: IntArray | None = None, total: int | None = None) -> Layer:
    """The layer of polygons that are `rows` of a layer of `total` (all of it, if None)."""
    box, turn = _measured(rings)
    own = np.flatnonzero(np.diff(rings.first_ring))
    edges = _edges(rings, own)
    wide = np.maximum(box[own, 2] - box[own, 0], box[own, 3] - box[own, 1])
    large = (edges > MOST_EDGES) | (wide > ground.length(WIDEST_M))
    origin = _origins(box)
    small = own[~large]
    cut = _cut(_Cut.alone(rings, turn, own[large], box, origin), ground.length(WIDEST_M)) if large.any() else None
    row = small if cut is None else np.concatenate([small, cut.row])
    order = np.argsort(row, kind="stable")
    place = np.empty(len(row), np.int64)
    place[order] = np.arange(len(row))
    parts = [_Part(rings.xy, rings.ring_start, rings.first_ring, turn, origin, small, place[: len(small)])]
    own_box = box[small] - np.tile(origin[small], 2)
    if cut is not None:
        none = np.zeros((len(cut.row), 2))
        parts.append(_Part(*cut[:4], none, np.arange(len(cut.row)), place[len(small) :]))
        own_box = np.concatenate([own_box, cut.box])
    cells = _chained(parts, row[order], origin, own_box[order])
    given = np.arange(len(rings)) if rows is None else rows
    cells.mark[:, 0] = given[cells.row]
    for part in cells:
        part.flags.writeable = False  # as those that are mapped into memory, so that one compilation serves both
    return Layer(cells, len(rings) if total is None else total, ground)


def _measured(rings: Rings) -> tuple[FloatArray, FloatArray]:
    box, turn = np.zeros((len(rings), 4)), np.ones(len(rings.hole))

    def some(block: slice) -> None:
        span = (block.start, block.stop)
        chains.measure(rings.xy, rings.ring_start, rings.first_ring, rings.hole, span, box, turn)

    in_threads(some, blocks(len(rings), _BLOCK_CELLS))
    return box, turn


def _edges(rings: Rings, rows: IntArray) -> IntArray:
    """How many edges each of `rows` has."""
    first, last = rings.first_ring[rows], rings.first_ring[rows + 1]
    return rings.ring_start[last] - rings.ring_start[first] - (last - first)


def _origins(box: FloatArray) -> FloatArray:
    """(p, 2) near the middle of each box, on a grid that its coordinates fall on."""
    middle = np.stack([box[:, 0] + box[:, 2], box[:, 1] + box[:, 3]], axis=1) / 2
    largest = np.stack([np.abs(box[:, [0, 2]]).max(axis=1), np.abs(box[:, [1, 3]]).max(axis=1)], axis=1)
    step = np.ldexp(1.0, np.frexp(largest)[1] - _ORIGIN_BITS)
    return np.asarray(np.rint(middle / step) * step)


class _Cut(NamedTuple):
    """Cells as rings."""

    xy: FloatArray  # (n, 2)
    ring_start: IntArray  # (r + 1,)
    first_ring: IntArray  # (c + 1,)
    turn: FloatArray  # (r,)
    row: IntArray  # (c,)
    box: FloatArray  # (c, 4)

    @classmethod
    def alone(cls, rings: Rings, turn: FloatArray, rows: IntArray, box: FloatArray, origin: FloatArray) -> _Cut:
        """The polygons at `rows`, each counted from its own origin."""
        taken = rings.take(rows)
        turns = turn[runs(rings.first_ring[rows], rings.first_ring[rows + 1])]
        xy = taken.xy - np.repeat(origin[rows], np.diff(taken.ring_start[taken.first_ring]), axis=0)
        return cls(xy, taken.ring_start, taken.first_ring, turns, rows, box[rows] - np.tile(origin[rows], 2))


def _cut(cells: _Cut, widest: float) -> _Cut:
    """`cells` halved until they are small enough; those of one polygon stay together, in an order of their own."""
    limit = np.maximum(
        widest, FINEST * np.maximum(cells.box[:, 2] - cells.box[:, 0], cells.box[:, 3] - cells.box[:, 1])
    )
    for _ in range(_DEEPEST):
        axis, at = np.empty(len(cells.row), np.int64), np.zeros(len(cells.row))
        xy, start, first, turn, row, box = cells
        if not chains.choose_cuts(xy, start, first, box, limit, MOST_EDGES, WORTH_IT, axis, at):
            break
        xy, start, first, turn, of, box = chains.halve(xy, start, first, turn, axis, at)
        cells, limit = _Cut(xy, start, first, turn, row[of], box), limit[of]
    return cells


class _Part(NamedTuple):
    """Rings of which some polygons are made into cells, at their places among all cells."""

    xy: FloatArray
    ring_start: IntArray
    first_ring: IntArray
    turn: FloatArray
    shift: FloatArray  # (p, 2) the origin that coordinates are not counted from yet
    which: IntArray
    place: IntArray


def _chained(parts: list[_Part], row: IntArray, origin: FloatArray, box: FloatArray) -> Cells:
    """The chains of all cells; `row` (c,) and `box` (c, 4) of each, `origin` (p, 2) of each polygon."""
    size = np.empty((len(row), 2), np.int64)
    jobs = [(part, some) for part in parts for some in blocks(len(part.which), _BLOCK_CELLS)]

    def counted(job: tuple[_Part, slice]) -> None:
        part, some = job
        chains.count(part.xy, part.ring_start, part.first_ring, part.which[some], part.place[some], size)

    in_threads(counted, jobs, worth_it=len(row) > _BLOCK_CELLS)
    first_vertex, first_chain = (np.concatenate([[0], np.cumsum(one)]).astype(np.int64) for one in size.T)
    vertex, chain = np.empty((first_vertex[-1], 2)), np.empty((first_chain[-1], 7))
    mark = np.empty((len(row), 4), np.int64)
    mark[:, 0] = row

    def filled(job: tuple[_Part, slice]) -> None:
        part, some = job
        cells = (first_vertex, first_chain, vertex, chain, mark)
        chains.fill(*part[:5], part.which[some], part.place[some], *cells)

    in_threads(filled, jobs, worth_it=len(row) > _BLOCK_CELLS)
    return Cells(vertex, chain, np.concatenate([origin[row], box], axis=1), mark)
