"""From which zoom on each point of a layer is drawn: decided once, and alike for all that share a line.

Lines are thinned between their ends by Douglas and Peucker's rule. Ends are the points at which what is on either side
of a line changes: where polygons that share a point do not go on to the same two points. Between two ends the line is
one, whoever it belongs to, and it is walked from the same end.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from numba import njit

from tilth.core import IntArray
from tilth.overlay.boxes import Tree, meeting
from tilth.overlay.options import LEAF, outer
from tilth.overlay.threads import blocks, in_threads
from tilth.tiles.world import BITS, EXTENT_BITS, LAST_ZOOM, Units

Zooms = npt.NDArray[np.uint8]

#: A point is drawn where without it the line would run more than this far from it. [steps of a tile]
TOLERANCE = 2.0
#: As many polygons are looked up in one table, or a few more.
_TABLE = 60_000
_BLOCK = 65_536
_ONE, _TWO = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


def zooms_of(xy: Units, ring_start: IntArray, first_ring: IntArray, tree: Tree) -> Zooms:
    """(n,) the first zoom at which each point is drawn; all are at the last one. The tree is over the polygons."""
    ends = np.zeros(len(xy), np.uint8)
    in_threads(lambda cell: _mark_ends(*cell, xy, ring_start, first_ring, ends), list(_cells(tree)))
    out = np.full(len(xy), LAST_ZOOM, np.uint8)
    steps = TOLERANCE * 2.0 ** (BITS - EXTENT_BITS - np.arange(LAST_ZOOM + 1))
    in_threads(
        lambda some: _thin(xy, ring_start, (some.start, some.stop), ends, steps, out),
        blocks(len(ring_start) - 1, _BLOCK),
    )
    return out


def _cells(tree: Tree) -> Iterator[tuple[IntArray, IntArray]]:
    """Squares that together cover everything, each with the polygons that reach into it: x and y from, x and y to."""
    if not len(tree.order):
        return
    left, top, right, bottom = tree.box[-1].astype(np.int64).tolist()
    side = 1 << max(right - left, bottom - top).bit_length()
    stack = [(left, top, side)]
    while stack:
        x, y, side = stack.pop()
        rows = meeting(np.array([[x, y, x + side, y + side]]) - 0.5, tree)[:, 1]
        if len(rows) <= _TABLE or side == 1:
            if len(rows):
                yield np.ascontiguousarray(rows), np.array([x, y, x + side, y + side])
            continue
        half = side >> 1
        stack += [(x, y, half), (x + half, y, half), (x, y + half, half), (x + half, y + half, half)]


@njit(**LEAF)
def _key(x: int, y: int) -> np.uint64:
    return (np.uint64(np.uint32(x)) << np.uint64(32)) | np.uint64(np.uint32(y))


@njit(**LEAF)
def _mix(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(29))


@outer
def _mark_ends(
    rows: IntArray, cell: IntArray, xy: Units, ring_start: IntArray, first_ring: IntArray, ends: Zooms
) -> None:
    """Set `ends` of the points of polygons `rows` that lie in a square."""
    points = 0
    for p in rows:
        points += ring_start[first_ring[p + 1]] - ring_start[first_ring[p]]
    size = np.int64(64)
    while 2 * size < 3 * points:
        size *= 2
    keys, goes = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    end = np.zeros(size, np.uint8)
    mask = np.uint64(size - 1)
    for turn in range(2):
        for p in rows:
            for ring in range(first_ring[p], first_ring[p + 1]):
                a, b = ring_start[ring], ring_start[ring + 1]
                for n in range(a, b):
                    x, y = np.int64(xy[n, 0]), np.int64(xy[n, 1])
                    if x < cell[0] or y < cell[1] or x >= cell[2] or y >= cell[3]:
                        continue
                    key = _key(x, y)
                    at = _mix(key) & mask
                    while keys[at] != key and keys[at] != np.uint64(0):
                        at = (at + np.uint64(1)) & mask
                    if turn == 1:
                        ends[n] = end[at]
                        continue
                    before, after = n - 1 if n > a else b - 1, n + 1 if n + 1 < b else a
                    one, two = _key(xy[before, 0], xy[before, 1]), _key(xy[after, 0], xy[after, 1])
                    pair = _mix(min(one, two) * _ONE) ^ (_mix(max(one, two) * _TWO) << np.uint64(1))
                    if keys[at] == np.uint64(0):
                        keys[at], goes[at] = key, pair
                    elif goes[at] != pair:
                        end[at] = 1


@njit(**LEAF)
def _before(xy: Units, n: int, m: int) -> bool:
    """Does point n come before point m, by x and then y?"""
    return bool(xy[n, 0] < xy[m, 0] or (xy[n, 0] == xy[m, 0] and xy[n, 1] < xy[m, 1]))


@njit(**LEAF)
def _off(xy: Units, n: int, a: int, b: int) -> float:
    """How far point n lies from the line between a and b, squared."""
    dx, dy = float(xy[b, 0]) - float(xy[a, 0]), float(xy[b, 1]) - float(xy[a, 1])
    x, y = float(xy[n, 0]) - float(xy[a, 0]), float(xy[n, 1]) - float(xy[a, 1])
    whole = dx * dx + dy * dy
    share = min(max((x * dx + y * dy) / whole, 0.0), 1.0) if whole > 0.0 else 0.0
    x, y = x - share * dx, y - share * dy
    return x * x + y * y


@outer
def _thin(xy: Units, ring_start: IntArray, rings: tuple[int, int], ends: Zooms, steps: IntArray, out: Zooms) -> None:
    """Fill `out` for the points of `rings` (from, to)."""
    longest = 0
    for ring in range(rings[0], rings[1]):
        longest = max(longest, ring_start[ring + 1] - ring_start[ring])
    line = np.empty(longest + 1, np.int64)
    stack, most = np.empty((longest + 2, 2), np.int64), np.empty(longest + 2)
    for ring in range(rings[0], rings[1]):
        a, b = ring_start[ring], ring_start[ring + 1]
        first = a
        for n in range(a, b):
            if ends[n] > ends[first] or (ends[n] == ends[first] and _before(xy, n, first)):
                first = n
        out[first] = 0
        begin = first
        while True:  # from one end to the next, round the ring
            size, n = 1, begin
            line[0] = begin
            while True:
                n = n + 1 if n + 1 < b else a
                line[size] = n
                size += 1
                if ends[n] or n == first:
                    break
            out[n] = 0
            _thin_line(xy, line, size, steps, stack, most, out)
            begin = n
            if begin == first:
                break


@njit(**LEAF)
def _thin_line(
    xy: Units, line: IntArray, size: int, steps: IntArray, stack: IntArray, most: IntArray, out: Zooms
) -> None:
    """Fill `out` for the points of a line between its two ends."""
    closed = xy[line[0], 0] == xy[line[size - 1], 0] and xy[line[0], 1] == xy[line[size - 1], 1]
    if size < 3:
        return
    turned = _before(xy, line[size - 2], line[1]) if closed else _before(xy, line[size - 1], line[0])
    held = 1
    stack[0, 0], stack[0, 1], most[0] = 0, size - 1, np.inf
    while held > 0:
        held -= 1
        a, b, limit = stack[held, 0], stack[held, 1], most[held]
        far, at = -1.0, -1
        for step in range(a + 1, b):
            k = a + b - step if turned else step
            off = _off(xy, line[k], line[b], line[a]) if turned else _off(xy, line[k], line[a], line[b])
            if off > far:
                far, at = off, k
        if at < 0:
            continue
        far = min(far, limit)
        zoom, distance = 0, np.sqrt(far)
        while zoom < len(steps) - 1 and distance <= steps[zoom]:
            zoom += 1
        out[line[at]] = zoom
        if at - a > 1:
            stack[held, 0], stack[held, 1], most[held] = a, at, far
            held += 1
        if b - at > 1:
            stack[held, 0], stack[held, 1], most[held] = at, b, far
            held += 1
