"""Two layers that are ready: pairs of cells that meet, the area of each, and pieces of polygons out of them."""

from __future__ import annotations

import numpy as np

from tilth.core import BoolArray, FloatArray, IntArray
from tilth.overlay.boxes import meeting
from tilth.overlay.kernel import add_up, mirrored, pair_areas
from tilth.overlay.layer import Cells, Layer
from tilth.overlay.piece_table import PieceTable
from tilth.overlay.scale import Lattice, lattice_over, lattice_within
from tilth.overlay.threads import blocks, in_threads

#: Pairs handed to a thread at a time.
BLOCK_PAIRS = 8_192
#: So few are measured at once, by one thread, with no look at which of them have the same answer.
FEW_PAIRS = 1_024


def pieces(left: Layer, right: Layer, known: PieceTable | None = None) -> PieceTable:
    """The pieces of two layers; of one with itself, those of rows before later ones.

    `known` are those of `left` with itself: what two of its polygons share whose copies are in `right` is not measured.
    """
    ours, theirs = left.cells, right.cells
    within = left is right
    pairs = meeting(left.bounds, right.tree, after=within)
    if within and (ours.row[1:] == ours.row[:-1]).any():
        pairs = pairs[ours.row[pairs[:, 0]] < theirs.row[pairs[:, 1]]]
    if len(pairs) == 0:
        return PieceTable.nothing()
    lattice = (left if len(left.bounds) < len(right.bounds) else right).lattice or _lattice(left, right, pairs)
    longest = left.longest[0] + right.longest[0], left.longest[1] + right.longest[1]
    measured = np.empty((len(pairs), 2))
    if len(pairs) <= FEW_PAIRS:
        order = np.arange(len(pairs))
        return PieceTable(*pair_areas(ours, theirs, pairs, order, lattice, longest, measured, True))
    like, copies = twins(ours, theirs, pairs)
    own = like == np.arange(len(pairs))
    if known is not None:
        own &= ~_known(left, right, pairs, copies, known, measured)
    own = np.flatnonzero(own)
    in_threads(
        lambda block: pair_areas(ours, theirs, pairs, own[block], lattice, longest, measured, False),
        blocks(len(own), BLOCK_PAIRS),
    )
    measured = measured[like]
    rows, area = np.empty((2, len(pairs)), np.int64), np.empty(len(pairs))
    count = add_up(ours, theirs, pairs, measured, np.arange(len(pairs)), rows[0], rows[1], area)
    if count == len(pairs):
        return PieceTable(rows[0], rows[1], area)
    return PieceTable(rows[0, :count].copy(), rows[1, :count].copy(), area[:count].copy())


def twins(ours: Cells, theirs: Cells, pairs: IntArray) -> tuple[IntArray, tuple[IntArray, IntArray]]:
    """(n,) the pair that has the same answer as each; which cell of the other layer is a copy of each cell of ours and
    of theirs, -1 where none is. See `kernel.mirrored`."""
    like, same = np.arange(len(pairs)), ours.mark[pairs[:, 0], 3] == theirs.mark[pairs[:, 1], 3]
    of_left, of_right = np.full(len(ours.mark), -1), np.full(len(theirs.mark), -1)
    if same.any():
        first = np.searchsorted(pairs[:, 0], np.arange(len(ours.mark) + 1))
        mirrored(ours, theirs, pairs, first, of_left, of_right, same, like)
    return like, (of_left, of_right)


def _known(
    left: Layer, right: Layer, pairs: IntArray, copies: tuple[IntArray, IntArray], known: PieceTable, out: FloatArray
) -> BoolArray:
    """(n,) the pairs of a polygon with the copy of another whose own copy is there too, each of a single cell: their
    areas and noise, which is none, are filled in `out` (n, 2) from what the two polygons of `left` share."""
    ours, theirs = left.cells, right.cells
    alone, other_alone = (
        (np.bincount(cells.row, minlength=layer.rows) == 1)[cells.row]
        for cells, layer in ((ours, left), (theirs, right))
    )
    copy, origin = copies[0][pairs[:, 0]], copies[1][pairs[:, 1]]
    found = (copy >= 0) & (origin >= 0) & (copy != pairs[:, 1]) & (origin != pairs[:, 0])
    some = np.flatnonzero(found)
    a, b = pairs[some, 0], origin[some]
    whole = alone[a] & alone[b] & other_alone[pairs[some, 1]] & other_alone[copy[some]]
    some, a, b = some[whole], ours.row[a[whole]], ours.row[b[whole]]
    keys, wanted = known.left * left.rows + known.right, np.minimum(a, b) * left.rows + np.maximum(a, b)
    order = np.argsort(keys)
    at = np.searchsorted(keys, wanted, sorter=order)
    there = at < len(keys)
    there[there] = keys[order[at[there]]] == wanted[there]
    out[some] = 0.0
    out[some[there], 0] = known.area_m2[order[at[there]]]
    spared = np.zeros(len(pairs), dtype=np.bool_)
    spared[some] = True
    return spared


def _lattice(left: Layer, right: Layer, pairs: IntArray) -> Lattice:
    """The area scale about what the two cells of each pair have in common."""
    a, b = left.extent, right.extent
    assert a is not None and b is not None
    extent = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    few = lattice_within(left.ground, extent)
    if few is not None:
        return few
    boxes = left.bounds[pairs[np.append(True, pairs[1:, 0] != pairs[:-1, 0]), 0]]
    common = [np.maximum(boxes[:, :2], extent[:2]), np.minimum(boxes[:, 2:], extent[2:])]
    return lattice_over(left.ground, np.concatenate(common, axis=1))
