"""Which boxes meet: a packed tree over boxes along a Hilbert curve, in flat arrays.

Compiled by numba on first use.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from tilth.core import FloatArray, IntArray
from tilth.overlay.options import LEAF, outer
from tilth.overlay.threads import blocks, in_threads

#: Boxes below one node of the tree.
NODE = 8
_SIDE = 65_536.0
_BLOCK = 4_096


class Tree(NamedTuple):
    """A packed tree: level by level from the leaves up, the node above `NODE` of the level below."""

    box: FloatArray  # (m, 4) leaves first, in the order of `order`
    order: IntArray  # (n,) which box each leaf is
    level: IntArray  # (l + 1,) where each level begins in `box`


def tree_of(box: FloatArray) -> Tree:
    """The tree over n boxes (n, 4): x and y least, x and y most."""
    n = len(box)
    if n == 0:
        return Tree(np.zeros((0, 4)), np.zeros(0, np.int64), np.zeros(1, np.int64))
    low, high = box[:, :2].min(axis=0), box[:, 2:].max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    curve = np.empty(n, np.uint32)
    _hilbert(box, low, (_SIDE - 1.0) / span, curve)
    order = np.argsort(curve, kind="stable")
    sizes = [n]
    while sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // NODE))
    level = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    nodes = np.empty((level[-1], 4))
    nodes[:n] = box[order]
    _stack(nodes, level)
    tree = Tree(nodes, order.astype(np.int64), level)
    for part in tree:
        part.flags.writeable = False  # as those that are mapped into memory, so that one compilation serves both
    return tree


@outer
def _hilbert(box: FloatArray, low: FloatArray, scale: FloatArray, out: IntArray) -> None:
    """Place of each box's middle along a Hilbert curve of 2¹⁶ × 2¹⁶ steps."""
    for n in range(len(box)):
        x = np.int64((0.5 * (box[n, 0] + box[n, 2]) - low[0]) * scale[0])
        y = np.int64((0.5 * (box[n, 1] + box[n, 3]) - low[1]) * scale[1])
        place, s = np.int64(0), np.int64(32_768)
        while s > 0:
            right, top = np.int64((x & s) > 0), np.int64((y & s) > 0)
            place += s * s * ((3 * right) ^ top)
            if top == 0:
                if right == 1:
                    x, y = 65_535 - x, 65_535 - y
                x, y = y, x
            s >>= 1
        out[n] = np.uint32(place)


@outer
def _stack(node: FloatArray, level: IntArray) -> None:
    """Fill the levels above the leaves."""
    for depth in range(1, len(level) - 1):
        for n in range(level[depth], level[depth + 1]):
            first = level[depth - 1] + NODE * (n - level[depth])
            last = min(first + NODE, level[depth])
            left, low, right, high = np.inf, np.inf, -np.inf, -np.inf
            for child in range(first, last):
                left, low = min(left, node[child, 0]), min(low, node[child, 1])
                right, high = max(right, node[child, 2]), max(high, node[child, 3])
            node[n, 0], node[n, 1], node[n, 2], node[n, 3] = left, low, right, high


@njit(**LEAF)
def _open(a: FloatArray, n: int, b: FloatArray, m: int) -> bool:
    """Do the boxes have ground in common, not only a side or a corner?"""
    wide = min(a[n, 2], b[m, 2]) > max(a[n, 0], b[m, 0])
    return bool(wide and min(a[n, 3], b[m, 3]) > max(a[n, 1], b[m, 1]))


@outer
def _search(
    box: FloatArray, rows: tuple[int, int], node: FloatArray, order: IntArray, level: IntArray, after: int
) -> IntArray:
    """(n, 2) boxes of `rows` (from, to) and boxes of the tree that have ground in common, sorted.

    With `after` 1, only boxes of the tree behind the box itself.
    """
    found = np.empty((8 * (rows[1] - rows[0]) + 64, 2), np.int64)
    count, top = np.int64(0), len(level) - 2
    nodes, depths = np.empty(16 * (NODE + 1), np.int64), np.empty(16 * (NODE + 1), np.int64)
    for n in range(rows[0], rows[1]):
        begin, held = count, 1
        nodes[0], depths[0] = level[top], top
        while held > 0:
            held -= 1
            at, depth = nodes[held], depths[held]
            if not _open(box, n, node, at):
                continue
            if depth > 0:
                first = level[depth - 1] + NODE * (at - level[depth])
                for child in range(first, min(first + NODE, level[depth])):
                    nodes[held], depths[held] = child, depth - 1
                    held += 1
                continue
            other = order[at]
            if after and other <= n:
                continue
            if count == len(found):
                more = np.empty((2 * count, 2), np.int64)
                for k in range(count):
                    more[k, 0], more[k, 1] = found[k, 0], found[k, 1]
                found = more
            found[count, 0], found[count, 1] = n, other
            count += 1
        _sort(found, begin, count)
    return found[:count]


@njit(**LEAF)
def _sort(found: IntArray, begin: int, end: int) -> None:
    """Sort the second column from `begin` to `end` by insertion; many, with shrinking gaps."""
    gap = 1
    while 9 * gap < end - begin:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(begin + gap, end):
            value, at = found[k, 1], k
            while at >= begin + gap and found[at - gap, 1] > value:
                found[at, 1] = found[at - gap, 1]
                at -= gap
            found[at, 1] = value
        gap //= 3


@outer
def _any(box: FloatArray, rows: tuple[int, int], node: FloatArray, level: IntArray, out: FloatArray) -> None:
    """Fill `out` (n,) of `rows`: does anything of the tree have ground in common with the box?"""
    top = len(level) - 2
    nodes, depths = np.empty(16 * (NODE + 1), np.int64), np.empty(16 * (NODE + 1), np.int64)
    for n in range(rows[0], rows[1]):
        out[n] = False
        held = 1
        nodes[0], depths[0] = level[top], top
        while held > 0 and not out[n]:
            held -= 1
            at, depth = nodes[held], depths[held]
            if not _open(box, n, node, at):
                continue
            if depth == 0:
                out[n] = True
                continue
            first = level[depth - 1] + NODE * (at - level[depth])
            for child in range(first, min(first + NODE, level[depth])):
                nodes[held], depths[held] = child, depth - 1
                held += 1


def meeting(box: FloatArray, tree: Tree, after: bool = False) -> IntArray:
    """(n, 2) pairs of a box of `box` (b, 4) and one of the tree that have ground in common, sorted.

    With `after`, `box` is what the tree is of, and only pairs with the first before the second are told.
    """
    if len(box) == 0 or len(tree.order) == 0:
        return np.zeros((0, 2), np.int64)
    if len(box) <= _BLOCK:
        return np.asarray(_search(box, (0, len(box)), *tree, int(after)))
    parts = in_threads(
        lambda block: _search(box, (block.start, block.stop), *tree, int(after)), blocks(len(box), _BLOCK)
    )
    return np.concatenate(parts)


def met(box: FloatArray, tree: Tree) -> IntArray:
    """Which boxes of `box` (b, 4) have ground in common with any of the tree."""
    hit = np.zeros(len(box), dtype=bool)
    if len(tree.order):
        in_threads(
            lambda block: _any(box, (block.start, block.stop), tree.box, tree.level, hit), blocks(len(box), _BLOCK)
        )
    return np.flatnonzero(hit)
