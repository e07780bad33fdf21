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
from tilth.overlay.rings import Rings
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
    """c cells as chains, in the order of their polygons. See `chains.fill`."""

    vertex: FloatArray  # (v, 2) vertices of chains, left to right, from the cell's origin
    chain_start: IntArray  # (k,)
    chain_stop: IntArray  # (k,)
    chain: FloatArray  # (k, 5) sign, least and most y, least and most x
    first_chain: IntArray  # (c + 1,)
    origin: FloatArray  # (c, 2) coordinate units
    box: FloatArray  # (c, 4) x and y least, x and y most, from the origin
    key: IntArray  # (c,) a hash of the chains
    row: IntArray  # (c,) the polygon it belongs to

    @property
    def bounds(self) -> FloatArray:
        """(c, 4) boxes in the coordinates of the layer; none smaller than the cell for want of places to write it."""
        shift = np.tile(self.origin, 2)
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
    def longest(self) -> int:
        """Most vertices of a chain."""
        return int((self.cells.chain_stop - self.cells.chain_start).max(initial=0))

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
    small = _Cut.whole(rings, turn, own[~large], box)
    cells = _chained(small, origin[small.row], origin)
    if large.any():
        cut = _cut(_Cut.alone(rings, turn, own[large], box, origin), ground.length(WIDEST_M))
        cells = _joined(cells, _chained(cut, np.zeros((len(cut.row), 2)), origin))
    given = np.arange(len(rings)) if rows is None else rows
    cells = cells._replace(row=given[cells.row])
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
    def whole(cls, rings: Rings, turn: FloatArray, rows: IntArray, box: FloatArray) -> _Cut:
        """The polygons at `rows`, as they are; `first_ring` and `turn` may stand for a gap where others are."""
        if len(rows) == len(rings):
            return cls(rings.xy, rings.ring_start, rings.first_ring, turn, rows, box)
        return cls._taken(rings, turn, rows, box)

    @classmethod
    def _taken(cls, rings: Rings, turn: FloatArray, rows: IntArray, box: FloatArray) -> _Cut:
        taken = rings.take(rows)
        owner = np.repeat(rings.first_ring[rows], np.diff(taken.first_ring))
        ring = owner + np.arange(len(owner)) - np.repeat(taken.first_ring[:-1], np.diff(taken.first_ring))
        return cls(taken.xy, taken.ring_start, taken.first_ring, turn[ring], rows, box[rows])

    @classmethod
    def alone(cls, rings: Rings, turn: FloatArray, rows: IntArray, box: FloatArray, origin: FloatArray) -> _Cut:
        """The polygons at `rows`, each counted from its own origin."""
        taken = cls._taken(rings, turn, rows, box)
        size = np.diff(taken.ring_start[taken.first_ring])
        xy = taken.xy - np.repeat(origin[rows], size, axis=0)
        return taken._replace(xy=xy, box=taken.box - np.tile(origin[rows], 2))


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


def _chained(cut: _Cut, shift: FloatArray, origin: FloatArray) -> Cells:
    """The chains of cells whose coordinates less `shift` count from the `origin` (p, 2) of their polygon."""
    n = len(cut.row)
    size = np.empty((n, 2), np.int64)

    def counted(block: slice) -> None:
        chains.count(cut.xy, cut.ring_start, cut.first_ring, (block.start, block.stop), size)

    in_threads(counted, blocks(n, _BLOCK_CELLS))
    first_vertex, first_chain = (np.concatenate([[0], np.cumsum(one)]).astype(np.int64) for one in size.T)
    vertex, chain = np.empty((first_vertex[-1], 2)), np.empty((first_chain[-1], 5))
    start, stop = np.empty(first_chain[-1], np.int64), np.empty(first_chain[-1], np.int64)
    key = np.empty(n, np.int64)

    def filled(block: slice) -> None:
        places = (first_vertex, first_chain, vertex, start, stop, chain, key)
        chains.fill(cut.xy, cut.ring_start, cut.first_ring, cut.turn, shift, (block.start, block.stop), *places)

    in_threads(filled, blocks(n, _BLOCK_CELLS))
    box = cut.box - np.tile(shift, 2)
    return Cells(vertex, start, stop, chain, first_chain, origin[cut.row], box, key, cut.row)


def _joined(one: Cells, two: Cells) -> Cells:
    """The cells of both, in the order of their polygons."""
    if len(two.row) == 0 or len(one.row) == 0:
        return one if len(two.row) == 0 else two
    order = np.argsort(np.concatenate([one.row, two.row]), kind="stable")
    vertices, ks = len(one.vertex), len(one.chain)
    first = np.concatenate([one.first_chain[:-1], two.first_chain[:-1] + ks])[order]
    last = np.concatenate([one.first_chain[1:], two.first_chain[1:] + ks])[order]
    count = last - first
    first_chain = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    chain = np.repeat(first - first_chain[:-1], count) + np.arange(int(first_chain[-1]))
    both = [np.concatenate(pair) for pair in zip(one, two, strict=True)]
    start = np.concatenate([one.chain_start, two.chain_start + vertices])[chain]
    stop = np.concatenate([one.chain_stop, two.chain_stop + vertices])[chain]
    return Cells(
        both[0],
        start,
        stop,
        both[3][chain],
        first_chain,
        both[5][order],
        both[6][order],
        both[7][order],
        both[8][order],
    )
