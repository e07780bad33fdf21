"""Polygons as a tile shows them: thinned, in steps of the tile, cut at its edge, without what rounding made of them.

Compiled by numba on first use.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit

from tilth.core import IntArray
from tilth.overlay.options import LEAF, outer
from tilth.overlay.rings import flatten
from tilth.tiles.world import BITS, BUFFER, EXTENT, EXTENT_BITS, Address, Units

#: A ring of no more edges is compared edge by edge, a longer one is sorted first.
_SHORT = 40


class Drawn(NamedTuple):
    """The f polygons that a tile shows, outer rings clockwise on the page, holes the other way, none closed."""

    xy: Units  # (n, 2) steps of the tile
    ring_start: IntArray  # (r + 1,)
    hole: npt.NDArray[np.uint8]  # (r,)
    first_ring: IntArray  # (f + 1,)
    row: IntArray  # (f,) which of the layer's polygons each is


def draw(
    at: Address,
    rows: IntArray,
    xy: Units,
    zoom: npt.NDArray[np.uint8],
    ring_start: IntArray,
    hole: npt.NDArray[np.uint8],
    first_ring: IntArray,
) -> Drawn:
    """What the tile `at` shows of the polygons `rows`; those that it is too coarse for are left out."""
    x, y = at.corner
    shift = BITS - EXTENT_BITS - at.z
    points, start, holes, first, row, odd = _draw(rows, xy, zoom, ring_start, hole, first_ring, at.z, x, y, shift)
    found = Drawn(points, start, holes, first, row)
    return _mended(found, np.flatnonzero(odd)) if odd.any() else found


@njit(**LEAF)
def _sides(x: int, y: int, low: int, high: int) -> int:
    """Beyond which sides of the square a point lies, as bits."""
    return int(x < low) + 2 * int(x > high) + 4 * int(y < low) + 8 * int(y > high)


@njit(**LEAF)
def _crossing(ax: int, ay: int, bx: int, by: int, at: int) -> int:
    """y where the line from a to b has x = at, rounded, whichever end is named first."""
    if ax > bx or (ax == bx and ay > by):
        ax, ay, bx, by = bx, by, ax, ay
    return int(np.floor(ay + (by - ay) * ((at - ax) / (bx - ax)) + 0.5))


@njit(**LEAF)
def _cut(given: IntArray, size: int, out: IntArray, axis: int, limit: int, sign: int) -> int:
    """Sutherland and Hodgman's rule on one side: keep what has sign · coordinate ≤ sign · limit."""
    k, other = 0, 1 - axis
    for n in range(size):
        m = n + 1 if n + 1 < size else 0
        here, there = sign * (given[n, axis] - limit) <= 0, sign * (given[m, axis] - limit) <= 0
        if here:
            out[k, 0], out[k, 1] = given[n, 0], given[n, 1]
            k += 1
        if here != there:
            out[k, axis] = limit
            out[k, other] = _crossing(given[n, axis], given[n, other], given[m, axis], given[m, other], limit)
            k += 1
    return k


@njit(**LEAF)
def _straightened(ring: IntArray, size: int) -> int:
    """Take out repeated points, points on a straight line and spikes; how many are left."""
    while True:
        k = 0
        for n in range(size):
            x, y = ring[n, 0], ring[n, 1]
            while k > 0:
                if ring[k - 1, 0] == x and ring[k - 1, 1] == y:
                    k -= 1
                    continue
                if k > 1 and _turn(ring, k - 2, k - 1, x, y) == 0:
                    k -= 1
                    continue
                break
            ring[k, 0], ring[k, 1] = x, y
            k += 1
        while k > 2:  # round the beginning
            if _turn(ring, k - 2, k - 1, ring[0, 0], ring[0, 1]) == 0:
                k -= 1
            elif _turn(ring, k - 1, 0, ring[1, 0], ring[1, 1]) == 0:
                for n in range(1, k):
                    ring[n - 1, 0], ring[n - 1, 1] = ring[n, 0], ring[n, 1]
                k -= 1
            else:
                break
        if k == size or k < 3:
            return k if k > 2 else 0
        size = k


@njit(**LEAF)
def _turn(ring: IntArray, a: int, b: int, x: int, y: int) -> int:
    """Above 0 where a, b and (x, y) turn one way, below where the other, 0 where they are on a line."""
    return int((ring[b, 0] - ring[a, 0]) * (y - ring[b, 1]) - (ring[b, 1] - ring[a, 1]) * (x - ring[b, 0]))


@njit(**LEAF)
def _twice(ring: IntArray, size: int) -> int:
    """Twice the area by the surveyor's formula; above 0 where it turns clockwise on the page, whose y runs down."""
    total, before = 0, size - 1
    for n in range(size):
        total += ring[before, 0] * ring[n, 1] - ring[n, 0] * ring[before, 1]
        before = n
    return total


@njit(**LEAF)
def _side(ax: int, ay: int, bx: int, by: int, x: int, y: int) -> int:
    turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    return int(turn > 0) - int(turn < 0)


@njit(**LEAF)
def _within(ax: int, ay: int, bx: int, by: int, x: int, y: int) -> bool:
    """Is a point on the line of a and b also between them?"""
    return bool(min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by))


@njit(**LEAF)
def _meet(edge: IntArray, n: int, m: int) -> bool:
    """Have two edges, whose boxes meet, a point in common other than that where one ends and the other begins?"""
    ax, ay, bx, by = edge[n, 0], edge[n, 1], edge[n, 2], edge[n, 3]
    cx, cy, dx, dy = edge[m, 0], edge[m, 1], edge[m, 2], edge[m, 3]
    one, two = _side(ax, ay, bx, by, cx, cy), _side(ax, ay, bx, by, dx, dy)
    if edge[n, 4] == m:  # the next one begins where this one ends: no more may they share
        return bool(two == 0 and _within(ax, ay, bx, by, dx, dy))
    if edge[m, 4] == n:
        return bool(one == 0 and _within(ax, ay, bx, by, cx, cy))
    three, four = _side(cx, cy, dx, dy, ax, ay), _side(cx, cy, dx, dy, bx, by)
    if one * two < 0 and three * four < 0:
        return True
    if one == 0 and _within(ax, ay, bx, by, cx, cy):
        return True
    if two == 0 and _within(ax, ay, bx, by, dx, dy):
        return True
    if three == 0 and _within(cx, cy, dx, dy, ax, ay):
        return True
    return bool(four == 0 and _within(cx, cy, dx, dy, bx, by))


@outer
def _is_odd(xy: Units, ring_start: IntArray, first: int, last: int) -> bool:
    """Does a polygon of several rings, or the one that it has, cross or touch itself, or has it a hole outside?"""
    size = ring_start[last] - ring_start[first]
    edge, box, k = np.empty((size, 5), np.int64), np.empty((size, 4), np.int32), 0
    for ring in range(first, last):
        a, b = ring_start[ring], ring_start[ring + 1]
        begin = k
        for n in range(a, b):
            m = n + 1 if n + 1 < b else a
            edge[k, 0], edge[k, 1], edge[k, 2], edge[k, 3] = xy[n, 0], xy[n, 1], xy[m, 0], xy[m, 1]
            edge[k, 4] = k + 1 if n + 1 < b else begin
            box[k, 0], box[k, 2] = min(xy[n, 0], xy[m, 0]), max(xy[n, 0], xy[m, 0])
            box[k, 1], box[k, 3] = min(xy[n, 1], xy[m, 1]), max(xy[n, 1], xy[m, 1])
            k += 1
    if size <= _SHORT:
        for n in range(size):
            left, low, right, high = box[n, 0], box[n, 1], box[n, 2], box[n, 3]
            for m in range(n + 1, size):
                apart = (box[m, 0] > right) | (box[m, 2] < left) | (box[m, 1] > high) | (box[m, 3] < low)
                if not apart and _meet(edge, n, m):
                    return True
        return False
    order = np.argsort(box[:, 0])
    for i in range(size):
        n = order[i]
        low, right, high = box[n, 1], box[n, 2], box[n, 3]
        for j in range(i + 1, size):
            m = order[j]
            if box[m, 0] > right:
                break
            if box[m, 1] <= high and box[m, 3] >= low and _meet(edge, n, m):
                return True
    return False


@njit(**LEAF)
def _inside(xy: Units, a: int, b: int, x: int, y: int) -> bool:
    """Does the ring of the points from a to b go around a point that is not on it?"""
    inside, before = False, b - 1
    for n in range(a, b):
        ax, ay, bx, by = int(xy[before, 0]), int(xy[before, 1]), int(xy[n, 0]), int(xy[n, 1])
        if (ay > y) != (by > y) and ((bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0) == (by > ay):
            inside = not inside
        before = n
    return inside


@outer
def _draw(
    rows: IntArray,
    xy: Units,
    zoom: npt.NDArray[np.uint8],
    ring_start: IntArray,
    hole: npt.NDArray[np.uint8],
    first_ring: IntArray,
    z: int,
    left: int,
    top: int,
    shift: int,
) -> tuple[Units, IntArray, npt.NDArray[np.uint8], IntArray, IntArray, npt.NDArray[np.uint8]]:
    low, high = -BUFFER, EXTENT + BUFFER
    longest, rings = 1, 0
    for p in rows:
        rings += first_ring[p + 1] - first_ring[p]
        for ring in range(first_ring[p], first_ring[p + 1]):
            longest = max(longest, ring_start[ring + 1] - ring_start[ring])
    one, two = np.empty((6 * longest + 8, 2), np.int64), np.empty((6 * longest + 8, 2), np.int64)
    out = np.empty((16 * len(rows) + 1_024, 2), np.int32)
    start, holes = np.empty(rings + 1, np.int64), np.empty(rings, np.uint8)
    first, row, odd = np.empty(len(rows) + 1, np.int64), np.empty(len(rows), np.int64), np.zeros(len(rows), np.uint8)
    half = (1 << shift) >> 1
    k, r, f = 0, 0, 0
    for p in rows:
        begin, gone = r, False
        for ring in range(first_ring[p], first_ring[p + 1]):
            if hole[ring] and gone:
                continue
            size, beyond, every = 0, 0, 15
            for n in range(ring_start[ring], ring_start[ring + 1]):
                if zoom[n] > z:
                    continue
                x = (np.int64(xy[n, 0]) - left + half) >> shift
                y = (np.int64(xy[n, 1]) - top + half) >> shift
                if size > 0 and one[size - 1, 0] == x and one[size - 1, 1] == y:
                    continue
                sides = _sides(x, y, low, high)
                if sides & two[max(size - 1, 0), 0] & two[max(size - 2, 0), 0] and size > 1:
                    size -= 1  # three in a row beyond one side: the middle one says nothing
                one[size, 0], one[size, 1], two[size, 0] = x, y, sides
                size += 1
                beyond, every = beyond | sides, every & sides
            if every:
                size = 0
            elif beyond:
                size = _cut(one, size, two, 0, low, -1)
                size = _cut(two, size, one, 0, high, 1)
                size = _cut(one, size, two, 1, low, -1)
                size = _cut(two, size, one, 1, high, 1)
            size = _straightened(one, size)
            twice = _twice(one, size) if size > 2 else 0
            if not hole[ring]:
                gone = twice == 0
            if twice == 0:
                continue
            if k + size > len(out):
                more = np.empty((2 * (k + size), 2), np.int32)
                more[:k] = out[:k]
                out = more
            turned = (twice > 0) == (hole[ring] == 1)
            for n in range(size):
                m = size - 1 - n if turned else n
                out[k + n, 0], out[k + n, 1] = one[m, 0], one[m, 1]
            start[r], holes[r] = k, hole[ring]
            k += size
            r += 1
        if r == begin:
            continue
        start[r] = k
        first[f], row[f] = begin, p
        odd[f] = _is_odd(out, start, begin, r)
        if not odd[f]:
            outer = begin
            for ring in range(begin, r):
                if not holes[ring]:
                    outer, around = ring, 0
                    for other in range(begin, r):
                        if other != ring:
                            x, y = out[start[ring], 0], out[start[ring], 1]
                            around += _inside(out, start[other], start[other + 1], x, y)
                    odd[f] |= around & 1  # ground within ground
                elif not _inside(out, start[outer], start[outer + 1], out[start[ring], 0], out[start[ring], 1]):
                    odd[f] = 1
        f += 1
    start[r], first[f] = k, r
    return out[:k], start[: r + 1], holes[:r], first[: f + 1], row[:f], odd[:f]


def _mended(drawn: Drawn, odd: IntArray) -> Drawn:
    """With the polygons `odd` that cross or touch themselves as the ground that they cover, on whole steps again."""
    owner, shapes = [], []
    for f in odd.tolist():
        outer, held = np.zeros((0, 2), np.int32), list[Units]()
        for ring in range(drawn.first_ring[f], drawn.first_ring[f + 1]):
            points = drawn.xy[drawn.ring_start[ring] : drawn.ring_start[ring + 1]]
            if drawn.hole[ring]:
                held.append(points)
                continue
            if len(outer):
                owner.append(f)
                shapes.append(shapely.Polygon(outer, held))
            outer, held = points, []
        owner.append(f)
        shapes.append(shapely.Polygon(outer, held))
    valid = shapely.set_precision(shapely.make_valid(np.array(shapes), method="structure", keep_collapsed=False), 1.0)
    new: dict[int, list[shapely.Polygon]] = {}
    parts, of = shapely.get_parts(valid, return_index=True)
    for part, n in zip(parts, of.tolist(), strict=True):
        if part.geom_type == "Polygon" and not part.is_empty:
            new.setdefault(owner[n], []).append(part)
    whole = {f: _one(parts) for f, parts in new.items()}
    return _put(drawn, odd, whole)


def _one(parts: list[shapely.Polygon]) -> shapely.Geometry:
    """Parts of one polygon as one geometry; where they share ground they are joined."""
    if len(parts) == 1:
        return parts[0]
    many = shapely.MultiPolygon(parts)
    return many if many.is_valid else shapely.set_precision(shapely.union_all(parts, grid_size=1.0), 1.0)


def _put(drawn: Drawn, odd: IntArray, whole: dict[int, shapely.Geometry]) -> Drawn:
    """`drawn` with other polygons in the places `odd`; those without one are left out."""
    sound = np.ones(len(drawn.row), dtype=bool)
    sound[odd] = False
    kept = np.flatnonzero(sound)
    flat = flatten(shapely.orient_polygons(np.array([whole[f] for f in whole], dtype=object), exterior_cw=False))
    xy, size, hole, count, row = [], [], [], [], []
    lengths, rings = np.diff(drawn.ring_start), np.diff(drawn.first_ring)
    of_sound = np.repeat(sound, rings)
    xy.append(drawn.xy[np.repeat(of_sound, lengths)])
    size.append(lengths[of_sound])
    hole.append(drawn.hole[of_sound])
    count.append(rings[kept])
    row.append(drawn.row[kept])
    last = flat.ring_start[1:] - 1
    open_ = np.ones(len(flat.xy), dtype=bool)
    open_[last] = False  # a tile does not repeat the first point of a ring
    xy.append(np.rint(flat.xy[open_]).astype(np.int32))
    size.append(np.diff(flat.ring_start) - 1)
    hole.append(flat.hole.astype(np.uint8))
    count.append(np.diff(flat.first_ring))
    row.append(drawn.row[np.array(list(whole), dtype=np.int64)])
    start = np.concatenate([[0], np.cumsum(np.concatenate(size))]).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(np.concatenate(count))]).astype(np.int64)
    return Drawn(np.concatenate(xy), start, np.concatenate(hole), first, np.concatenate(row))
