"""Two layers that are ready: pairs of cells that meet, the area of each, and pieces of polygons out of them."""

from __future__ import annotations

import numpy as np

from tilth.core import FloatArray, IntArray
from tilth.overlay.boxes import meeting
from tilth.overlay.kernel import find_same, mirrored, pair_areas
from tilth.overlay.layer import Layer
from tilth.overlay.piece_table import PieceTable
from tilth.overlay.scale import lattice_over, lattice_within
from tilth.overlay.threads import blocks, in_threads

#: Pairs handed to a thread at a time.
BLOCK_PAIRS = 8_192


def pieces(left: Layer, right: Layer) -> PieceTable:
    """The pieces of two layers; of one with itself, those of rows before later ones."""
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
    measured, same = np.empty((len(pairs), 2)), ours.mark[pairs[:, 0], 3] == theirs.mark[pairs[:, 1], 3]
    like = np.arange(len(pairs))
    if same.any():
        find_same(ours, theirs, pairs, same)
        of_left, of_right = np.full(len(ours.mark), -1), np.full(len(theirs.mark), -1)
        of_left[pairs[same, 0]], of_right[pairs[same, 1]] = pairs[same, 1], pairs[same, 0]
        mirrored(pairs, np.searchsorted(pairs[:, 0], np.arange(len(ours.mark) + 1)), of_left, of_right, same, like)
    own, longest = np.flatnonzero(like == np.arange(len(pairs))), _longest(left, right)

    def measure(block: slice) -> None:
        pair_areas(ours, theirs, pairs, own[block], lattice, longest, measured)

    in_threads(measure, blocks(len(own), BLOCK_PAIRS), worth_it=len(pairs) > BLOCK_PAIRS // 8)
    return _table(ours.row[pairs[:, 0]], theirs.row[pairs[:, 1]], measured[like])


def _longest(left: Layer, right: Layer) -> tuple[int, int]:
    """Most vertices, and most chains, of two cells."""
    return left.longest[0] + right.longest[0], left.longest[1] + right.longest[1]


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
