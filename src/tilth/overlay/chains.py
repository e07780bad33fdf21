"""Rings as chains: runs of edges from left to right, sorted, counted from the polygon's own origin.

Chains are what the kernel reads. They say the same of a polygon wherever its rings start, whichever way they turn and
whatever else is in its layer, so that the same two polygons give the same area to the last bit in any company.

Compiled by numba on first use. Functions that call each other stand in one module, so that the cache notices a change.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from tilth.core import FloatArray, IntArray
from tilth.overlay.options import LEAF, outer

_PRIMES, _HALF = (1_640_531_527, 2_146_121_005), 0xFFFFFFFF


@njit(**LEAF)
def _direction(xy: FloatArray, at: int) -> int:
    """-1, 0 or 1: does the edge that starts at `at` run to the left, upright, or to the right?"""
    return int(np.sign(xy[at + 1, 0] - xy[at, 0]))


@njit(**LEAF)
def _first_turn(xy: FloatArray, first: int, edges: int) -> int:
    """The first edge of a ring that runs another way than the one before it; -1 if all are upright."""
    before = 0
    for m in range(edges - 1, -1, -1):
        before = _direction(xy, first + m)
        if before != 0:
            break
    for m in range(edges):
        now = _direction(xy, first + m)
        if now == -before:
            return m
    return -1


@njit(**LEAF)
def _next_chain(xy: FloatArray, first: int, edges: int, start: int, begin: int) -> tuple[int, int, int]:
    """The chain that starts `begin` edges behind edge `start`: its direction, its end, and where the next begins.

    Upright edges inside a chain stay, those at its ends do not.
    """
    way = _direction(xy, first + (start + begin) % edges)
    end, m = begin + 1, begin + 1
    while m < edges:
        now = _direction(xy, first + (start + m) % edges)
        if now == -way:
            break
        if now == way:
            end = m + 1
        m += 1
    return way, end, m


@njit(**LEAF)
def _size(xy: FloatArray, ring_start: IntArray, first_ring: IntArray, p: int) -> tuple[int, int]:
    """How many vertices and chains a polygon has."""
    vertices, chains = 0, 0
    for r in range(first_ring[p], first_ring[p + 1]):
        first, edges = ring_start[r], ring_start[r + 1] - ring_start[r] - 1
        start = _first_turn(xy, first, edges)
        begin = np.int64(0)
        while start >= 0 and begin < edges:
            _, end, following = _next_chain(xy, first, edges, start, begin)
            vertices += end - begin + 1
            chains += 1
            begin = following
    return vertices, chains


@outer
def measure(
    xy: FloatArray,
    ring_start: IntArray,
    first_ring: IntArray,
    hole: FloatArray,
    which: IntArray,
    bits: int,
    limit: tuple[int, float],
    turn: FloatArray,
    place: FloatArray,
    size: IntArray,
) -> None:
    """Fill `place` (n, 6) and `size` (n, 3) of the polygons `which` (n,), and `turn` (r,) of their rings.

    A ring turns +1 where it has ground on its left, by its planar signed area, whatever the source meant. `place` is as
    `layer.Cells` has it; origins are near the middle of the box, whole multiples of 2⁻ᵇⁱᵗˢ of the largest coordinate.
    Sizes are vertices and chains, as `count` has them, and 0 of what has no edges, 1 of what is within the `limit` of
    edges and of width and height, 2 of what is not.
    """
    for n in range(len(which)):
        p = which[n]
        edges, left, low, right, high = 0, np.inf, np.inf, -np.inf, -np.inf
        for r in range(first_ring[p], first_ring[p + 1]):
            first, last = ring_start[r], ring_start[r + 1]
            x0, y0 = xy[first, 0], xy[first, 1]
            twice = 0.0
            for k in range(first, last - 1):
                x, y = xy[k + 1, 0], xy[k + 1, 1]
                twice += (xy[k, 0] - x0) * (y - y0) - (x - x0) * (xy[k, 1] - y0)
                left, right, low, high = min(left, x), max(right, x), min(low, y), max(high, y)
            turn[r] = (-1.0 if twice < 0.0 else 1.0) * (-1.0 if hole[r] else 1.0)
            edges += last - first - 1
        if edges == 0:
            size[n, 0] = size[n, 1] = size[n, 2] = 0
            continue
        size[n, 0], size[n, 1] = _size(xy, ring_start, first_ring, p)
        size[n, 2] = 2 if edges > limit[0] or right - left > limit[1] or high - low > limit[1] else 1
        x, y = _origin(left, right, bits), _origin(low, high, bits)
        place[n, 0], place[n, 1], place[n, 2], place[n, 3] = x, y, left - x, low - y
        place[n, 4], place[n, 5] = right - x, high - y


@njit(**LEAF)
def _origin(least: float, most: float, bits: int) -> float:
    """Near the middle, on a grid that coordinates fall on."""
    step = math.ldexp(1.0, math.frexp(max(abs(least), abs(most)))[1] - bits)
    return float(np.rint(0.5 * (least + most) / step) * step)


@outer
def count(xy: FloatArray, ring_start: IntArray, first_ring: IntArray, rows: tuple[int, int], size: IntArray) -> None:
    """Fill `size` (p, 2) of polygons in `rows` (from, to) with how many vertices and chains they have."""
    for p in range(rows[0], rows[1]):
        size[p, 0], size[p, 1] = _size(xy, ring_start, first_ring, p)


@outer
def fill(
    xy: FloatArray,
    ring_start: IntArray,
    first_ring: IntArray,
    turn: FloatArray,
    shift: FloatArray,
    which: IntArray,
    places: IntArray,
    begin: IntArray,
    vertex: FloatArray,
    bits: IntArray,
    chain: FloatArray,
    mark: IntArray,
) -> None:
    """Write the chains of the polygons `which` (n,), each less the start of its `shift` (n, 6), as the cells `places`.

    `begin` (c + 1, 3) is where vertices and chains of each cell begin. `vertex`, `chain` and all but the first column
    of `mark` are written as `layer.Cells` has them; `bits` are those of `vertex`. The chains of a cell are sorted by
    their vertices.
    """
    for n in range(len(which)):
        p, c = which[n], places[n]
        v, k = begin[c, 0], begin[c, 1]
        for r in range(first_ring[p], first_ring[p + 1]):
            first, edges = ring_start[r], ring_start[r + 1] - ring_start[r] - 1
            start, after = _first_turn(xy, first, edges), np.int64(0)
            while start >= 0 and after < edges:
                way, end, following = _next_chain(xy, first, edges, start, after)
                length = end - after + 1
                low, high = np.inf, -np.inf
                for m in range(length):
                    at = first + (start + after + m) % edges
                    to = v + m if way > 0 else v + length - 1 - m
                    x, y = xy[at, 0] - shift[n, 0], xy[at, 1] - shift[n, 1]
                    vertex[to, 0], vertex[to, 1] = x, y
                    low, high = min(low, y), max(high, y)
                chain[k, 0], chain[k, 1], chain[k, 2] = -way * turn[r], low, high
                chain[k, 3], chain[k, 4] = vertex[v, 0], vertex[v + length - 1, 0]
                chain[k, 5], chain[k, 6] = v, v + length
                v += length
                k += 1
                after = following
        _sort(vertex, chain, begin[c, 1], k)
        mark[c, 1], mark[c, 2], mark[c, 3] = begin[c, 1], k, _hash(bits, chain, begin[c, 1], k)


@outer
def whole(
    xy: FloatArray,
    ring_start: IntArray,
    first_ring: IntArray,
    hole: FloatArray,
    bits: int,
    limit: tuple[int, float],
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray, tuple[int, int]]:
    """All of `layer.Cells` of few polygons, each its own cell, at one go; most vertices and chains of one.

    If one of them is not within the `limit` of `measure`, there is no cell at all.
    """
    n = len(first_ring) - 1
    turn, place, size = np.empty(len(hole)), np.empty((n, 6)), np.empty((n, 3), np.int64)
    measure(xy, ring_start, first_ring, hole, np.arange(n), bits, limit, turn, place, size)
    cells, vertices, chains = np.int64(0), 0, 0
    for p in range(n):
        if size[p, 2] == 2:
            return np.empty((0, 2)), np.empty((0, 7)), np.empty((0, 6)), np.empty((0, 4), np.int64), (0, 0)
        cells += size[p, 2]
    which, begin = np.empty(cells, np.int64), np.zeros((cells + 1, 3), np.int64)
    own, mark = np.empty((cells, 6)), np.empty((cells, 4), np.int64)
    c = 0
    for p in range(n):
        if size[p, 2] == 0:
            continue
        which[c] = mark[c, 0] = p
        for column in range(6):
            own[c, column] = place[p, column]
        for column in range(3):
            begin[c + 1, column] = begin[c, column] + size[p, column]
        vertices, chains = max(vertices, size[p, 0]), max(chains, size[p, 1])
        c += 1
    vertex, chain = np.empty((begin[cells, 0], 2)), np.empty((begin[cells, 1], 7))
    places, as_bits = np.arange(cells), vertex.view(np.int64)
    fill(xy, ring_start, first_ring, turn, own, which, places, begin, vertex, as_bits, chain, mark)
    return vertex, chain, own, mark, (vertices, chains)


@outer
def bounds(place: FloatArray, out: FloatArray) -> None:
    """Fill `out` (c, 4) with boxes in the coordinates of the layer, each at least as large as its cell: `place`."""
    for c in range(len(place)):
        for side in range(4):
            shift, box = place[c, side % 2], place[c, 2 + side]
            there = box + shift
            inside = there - shift - box
            if side < 2 and inside > 0.0:
                there = np.nextafter(there, -np.inf)
            elif side > 1 and inside < 0.0:
                there = np.nextafter(there, np.inf)
            out[c, side] = there


@njit(**LEAF)
def _before(vertex: FloatArray, chain: FloatArray, j: int, k: int) -> bool:
    """Does chain j come before chain k, vertex by vertex, then by length, then by sign?"""
    a, b = int(chain[j, 5]), int(chain[k, 5])
    a_size, b_size = int(chain[j, 6]) - a, int(chain[k, 6]) - b
    for m in range(min(a_size, b_size)):
        for axis in range(2):
            if vertex[a + m, axis] != vertex[b + m, axis]:
                return bool(vertex[a + m, axis] < vertex[b + m, axis])
    if a_size != b_size:
        return bool(a_size < b_size)
    return bool(chain[j, 0] < chain[k, 0])


@njit(**LEAF)
def _sort(vertex: FloatArray, chain: FloatArray, first: int, last: int) -> None:
    """Sort the chains from `first` to `last` by insertion; many, with shrinking gaps."""
    gap = 1
    while 9 * gap < last - first:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(first + gap, last):
            at = k
            while at >= first + gap and _before(vertex, chain, at, at - gap):
                for column in range(chain.shape[1]):
                    chain[at, column], chain[at - gap, column] = chain[at - gap, column], chain[at, column]
                at -= gap
        gap //= 3


@njit(**LEAF)
def _hash(bits: IntArray, chain: FloatArray, first: int, last: int) -> int:
    """62 bits of the chains. Equal chains have equal bits; equal bits are no proof."""
    one, two = last - first, np.int64(1)
    for k in range(first, last):
        start, stop = int(chain[k, 5]), int(chain[k, 6])
        one = _mixed(one, 2 * (stop - start) + (chain[k, 0] > 0.0), _PRIMES[0])
        for v in range(start, stop):
            x, y = bits[v, 0], bits[v, 1]
            one = _mixed(_mixed(one, x & _HALF, _PRIMES[0]), y & _HALF, _PRIMES[0])
            two = _mixed(_mixed(two, (x >> 32) & _HALF, _PRIMES[1]), (y >> 32) & _HALF, _PRIMES[1])
    return int(one << 31 | two)


@njit(**LEAF)
def _mixed(state: int, more: int, prime: int) -> int:
    """31 bits of 31 bits and 32 more; nothing overflows."""
    product = (state ^ more) * prime
    return (product ^ product >> 29) & 0x7FFFFFFF


@outer
def choose_cuts(
    xy: FloatArray,
    ring_start: IntArray,
    first_ring: IntArray,
    box: FloatArray,
    widest: FloatArray,
    most: int,
    worth: tuple[float, float],
    axis: IntArray,
    at: FloatArray,
) -> int:
    """Fill `axis` (c,): 0 or 1 where a cell is still to be halved across x or y `at` (c,), -1 where it is done.

    A cell with more than `most` edges is halved if the fuller side keeps at most the first share `worth` of them, and
    both together the second. How many are to be halved.
    """
    halved = 0
    for c in range(len(box)):
        axis[c] = -1
        edges = 0
        for r in range(first_ring[c], first_ring[c + 1]):
            edges += ring_start[r + 1] - ring_start[r] - 1
        long = int(box[c, 3] - box[c, 1] > box[c, 2] - box[c, 0])
        wide = box[c, 2 + long] - box[c, long] > widest[c]
        if not wide and edges <= most:
            continue
        for one in (long, 1 - long):
            middle = 0.5 * (box[c, one] + box[c, 2 + one])
            if not box[c, one] < middle < box[c, 2 + one]:
                continue
            below = above = 0
            for r in range(first_ring[c], first_ring[c + 1]):
                for k in range(ring_start[r], ring_start[r + 1] - 1):
                    below += xy[k, one] <= middle or xy[k + 1, one] <= middle
                    above += xy[k, one] >= middle or xy[k + 1, one] >= middle
            if wide or (max(below, above) <= worth[0] * edges and below + above <= worth[1] * edges):
                axis[c], at[c] = one, middle
                halved += 1
                break
    return halved


@njit(**LEAF)
def _side(xy: FloatArray, first: int, last: int, axis: int, at: float, side: float, out: FloatArray, n: int) -> int:
    """Write what a closed ring has below (`side` 1) or above (-1) `at`, closed along it, from `n`; where it ends.

    A crossing is computed from the lower end of its edge, so that it is the same from either side of a shared edge.
    """
    begin = n
    for k in range(first, last - 1):
        here, there = side * (xy[k, axis] - at), side * (xy[k + 1, axis] - at)
        if here <= 0.0:
            out[n, 0], out[n, 1] = xy[k, 0], xy[k, 1]
            n += 1
        if (here < 0.0 < there) or (there < 0.0 < here):
            low, high = (k, k + 1) if xy[k, axis] < xy[k + 1, axis] else (k + 1, k)
            share = (at - xy[low, axis]) / (xy[high, axis] - xy[low, axis])
            out[n, axis] = at
            out[n, 1 - axis] = xy[low, 1 - axis] + share * (xy[high, 1 - axis] - xy[low, 1 - axis])
            n += 1
    if n > begin:
        out[n, 0], out[n, 1] = out[begin, 0], out[begin, 1]
        n += 1
    return n


@outer
def halve(
    xy: FloatArray,
    ring_start: IntArray,
    first_ring: IntArray,
    turn: FloatArray,
    axis: IntArray,
    at: FloatArray,
    new_xy: FloatArray,
    new_start: IntArray,
    new_first: IntArray,
    new_turn: FloatArray,
    of: IntArray,
    box: FloatArray,
) -> tuple[int, int, int]:
    """Every cell cut in two where `choose_cuts` said so: below, then above; the others as they are.

    Written are xy, ring_start, first_ring, turn as given, (c,) the cell that each is from and (c, 4) its box; how many
    coordinates, rings and cells there are then. Where a ring crosses the line more than twice, its sides run to and fro
    along the line: bridges that enclose nothing.
    """
    n, rings, cells = np.int64(0), 0, 0
    new_start[0] = new_first[0] = 0
    for c in range(len(axis)):
        for side in (1.0, -1.0):
            before = rings
            for r in range(first_ring[c], first_ring[c + 1]):
                begin = n
                if axis[c] >= 0:
                    n = _side(xy, ring_start[r], ring_start[r + 1], axis[c], at[c], side, new_xy, n)
                elif side > 0.0:
                    for k in range(ring_start[r], ring_start[r + 1]):
                        new_xy[n, 0], new_xy[n, 1] = xy[k, 0], xy[k, 1]
                        n += 1
                left, low, right, high = np.inf, np.inf, -np.inf, -np.inf
                for k in range(begin, n):
                    left, right = min(left, new_xy[k, 0]), max(right, new_xy[k, 0])
                    low, high = min(low, new_xy[k, 1]), max(high, new_xy[k, 1])
                if left >= right or low >= high:  # nothing, or a ring that only touches the line
                    n = begin
                    continue
                if rings == before:
                    box[cells, 0], box[cells, 1], box[cells, 2], box[cells, 3] = left, low, right, high
                box[cells, 0], box[cells, 1] = min(box[cells, 0], left), min(box[cells, 1], low)
                box[cells, 2], box[cells, 3] = max(box[cells, 2], right), max(box[cells, 3], high)
                new_start[rings + 1], new_turn[rings] = n, turn[r]
                rings += 1
            if rings > before:
                new_first[cells + 1], of[cells] = rings, c
                cells += 1
    return int(n), rings, cells
