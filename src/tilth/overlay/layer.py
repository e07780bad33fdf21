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
from tilth.overlay.rings import Extent, Rings, extent_of, runs
from tilth.overlay.scale import Lattice, lattice_over, lattice_within
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
#: So few polygons are made ready at one go, by one thread.
_FEW = 64


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
        out = np.empty((len(self.place), 4))
        chains.bounds(self.place, out)
        return out


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer made ready, see `pieces.prepare`: it stands for its polygons wherever they are overlaid again."""

    cells: Cells
    rows: int  # polygons of the layer, those without cells too
    longest: tuple[int, int]  # most vertices, and most chains, of a cell
    ground: Surface

    def __len__(self) -> int:
        return self.rows

    @cached_property
    def bounds(self) -> FloatArray:
        """(c, 4) boxes of the cells."""
        return self.cells.bounds

    @cached_property
    def extent(self) -> Extent | None:
        """Around all cells; None if there is none."""
        return extent_of(self.bounds)

    @cached_property
    def lattice(self) -> Lattice | None:
        """The area scale about all cells; None where they reach far, or out of the projection."""
        return None if self.extent is None else lattice_within(self.ground, self.extent)

    @cached_property
    def tree(self) -> Tree:
        """Over the boxes of the cells."""
        return tree_of(self.bounds)

    @cached_property
    def area_m2(self) -> FloatArray:
        """(rows,) area of each polygon on the ellipsoid, as its pieces add up to it: `engine_area` within 1e-9. [m²]"""
        from tilth.overlay.kernel import own_areas

        area = np.zeros(len(self.cells.row))
        if len(area):
            lattice = self.lattice or lattice_over(self.ground, self.bounds)
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
        np.save(folder / "sizes.npy", np.array([self.rows, *self.longest]))


def kept(folder: Path, ground: Surface) -> Layer:
    """The layer that `keep` wrote into `folder`, mapped into memory: only what is asked for is read."""

    def part(name: str) -> Any:
        return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)

    rows, *longest = part("sizes").tolist()
    layer = Layer(Cells(*map(part, Cells._fields)), rows, (longest[0], longest[1]), ground)
    layer.__dict__["tree"] = Tree(*(part(f"tree_{name}") for name in Tree._fields))
    return layer


def layer_of(
    rings: Rings,
    ground: Surface,
    which: IntArray | None = None,
    rows: IntArray | None = None,
    total: int | None = None,
) -> Layer:
    """The layer of the polygons `which` of `rings` (all, if None), that are `rows` of a layer of `total`.

    Without `rows`, they are in the layer what they are in `rings`.
    """
    names = which if rows is None else rows
    count = len(rings) if total is None else total
    if which is None and len(rings) <= _FEW:
        limit = MOST_EDGES, ground.length(WIDEST_M)
        *found, longest = chains.whole(rings.xy, rings.ring_start, rings.first_ring, rings.hole, _ORIGIN_BITS, limit)
        if len(found[-1]):
            return _layer(Cells(*found), longest, ground, names, count)
    which = np.arange(len(rings)) if which is None else which
    turn, place, size = _measured(rings, which, ground.length(WIDEST_M))
    own, large = np.flatnonzero(size[:, 2] == 1), np.flatnonzero(size[:, 2] == 2)
    parts = [
        _Part(rings.xy, rings.ring_start, rings.first_ring, turn, place[own], which[own], own, place[own], size[own])
    ]
    if len(large):
        cut = _cut(_Cut.alone(rings, turn, which[large], large, place[large]), ground.length(WIDEST_M))
        cells, none = np.arange(len(cut.row)), np.zeros((len(cut.row), 6))
        where = np.concatenate([place[cut.row, :2], cut.box], axis=1)
        parts.append(_Part(*cut[:4], none, cells, cut.row, where, _counted(cut)))
    return _layer(*_chained(parts), ground, names, count)


def _layer(cells: Cells, longest: tuple[int, int], ground: Surface, rows: IntArray | None, total: int) -> Layer:
    if rows is not None:
        cells.mark[:, 0] = rows[cells.row]
    for part in cells:
        part.flags.writeable = False  # as those that are mapped into memory, so that one compilation serves both
    return Layer(cells, total, longest, ground)


def _measured(rings: Rings, which: IntArray, widest: float) -> tuple[FloatArray, FloatArray, IntArray]:
    """What `chains.measure` fills."""
    n = len(which)
    known = np.empty(len(rings.hole)), np.empty((n, 6)), np.empty((n, 3), np.int64)

    def some(block: slice) -> None:
        own, limit = (known[0], known[1][block], known[2][block]), (MOST_EDGES, widest)
        chains.measure(
            rings.xy, rings.ring_start, rings.first_ring, rings.hole, which[block], _ORIGIN_BITS, limit, *own
        )

    in_threads(some, blocks(n, _BLOCK_CELLS))
    return known


class _Cut(NamedTuple):
    """Cells as rings."""

    xy: FloatArray  # (n, 2)
    ring_start: IntArray  # (r + 1,)
    first_ring: IntArray  # (c + 1,)
    turn: FloatArray  # (r,)
    row: IntArray  # (c,)
    box: FloatArray  # (c, 4)

    @classmethod
    def alone(cls, rings: Rings, turn: FloatArray, which: IntArray, rows: IntArray, place: FloatArray) -> _Cut:
        """The polygons `which` (n,) of `rings`, each counted from its own origin in `place` (n, 6), named `rows`."""
        taken = rings.take(which)
        turns = turn[runs(rings.first_ring[which], rings.first_ring[which + 1])]
        xy = taken.xy - np.repeat(place[:, :2], np.diff(taken.ring_start[taken.first_ring]), axis=0)
        return cls(xy, taken.ring_start, taken.first_ring, turns, rows, place[:, 2:])


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
        xy, start, first, turn, of, box = halved(xy, start, first, turn, axis, at)
        cells, limit = _Cut(xy, start, first, turn, row[of], box), limit[of]
    return cells


def halved(
    xy: FloatArray, ring_start: IntArray, first_ring: IntArray, turn: FloatArray, axis: IntArray, at: FloatArray
) -> tuple[FloatArray, IntArray, IntArray, FloatArray, IntArray, FloatArray]:
    """What `chains.halve` writes."""
    r, c = 2 * len(turn), 2 * len(axis)
    new_xy, start, new_turn = np.empty((4 * len(xy) + 4, 2)), np.empty(r + 1, np.int64), np.empty(r)
    first, of, box = np.empty(c + 1, np.int64), np.empty(c, np.int64), np.empty((c, 4))
    n, r, c = chains.halve(xy, ring_start, first_ring, turn, axis, at, new_xy, start, first, new_turn, of, box)
    new_xy = new_xy[:n].copy()
    return new_xy, start[: r + 1].copy(), first[: c + 1].copy(), new_turn[:r].copy(), of[:c].copy(), box[:c].copy()


def _counted(cells: _Cut) -> IntArray:
    """(c, 3) vertices and chains of each, and 1."""
    size = np.ones((len(cells.row), 3), np.int64)

    def some(block: slice) -> None:
        chains.count(cells.xy, cells.ring_start, cells.first_ring, (block.start, block.stop), size)

    in_threads(some, blocks(len(size), _BLOCK_CELLS))
    return size


class _Part(NamedTuple):
    """Rings of which some polygons are made into cells."""

    xy: FloatArray
    ring_start: IntArray
    first_ring: IntArray
    turn: FloatArray
    shift: FloatArray  # (n, 6) the origin that coordinates are not counted from yet, and more
    which: IntArray  # (n,) polygons of these rings
    row: IntArray  # (n,) and what they are in the layer
    place: FloatArray  # (n, 6) as of cells
    size: IntArray  # (n, 3) vertices, chains, 1


def _chained(parts: list[_Part]) -> tuple[Cells, tuple[int, int]]:
    """The chains of all cells, and most vertices and chains of one."""
    row, place, size = parts[0].row, parts[0].place, parts[0].size
    at = np.arange(len(row))
    if len(parts) > 1:
        row, place, size = (np.concatenate([getattr(p, name) for p in parts]) for name in ("row", "place", "size"))
        order = np.argsort(row, kind="stable")
        row, place, size, at = row[order], place[order], size[order], np.argsort(order)
    begin = np.zeros((len(row) + 1, 3), np.int64)
    np.cumsum(size, axis=0, out=begin[1:])
    vertices, count, _ = begin[-1].tolist()
    mark = np.empty((len(row), 4), np.int64)
    mark[:, 0] = row
    cells = Cells(np.empty((vertices, 2)), np.empty((count, 7)), place, mark)
    bits, first = cells.vertex.view(np.int64), (0, len(parts[0].row))
    jobs = [(n, some) for n, part in enumerate(parts) for some in blocks(len(part.which), _BLOCK_CELLS)]

    def filled(job: tuple[int, slice]) -> None:
        part, (start, stop) = parts[job[0]], (first[job[0]] + job[1].start, first[job[0]] + job[1].stop)
        own = part.shift[job[1]], part.which[job[1]], at[start:stop]
        chains.fill(*part[:4], *own, begin, cells.vertex, bits, cells.chain, mark)

    in_threads(filled, jobs, worth_it=len(row) > _BLOCK_CELLS)
    vertices, count, _ = size.max(axis=0, initial=0).tolist()
    return cells, (vertices, count)
