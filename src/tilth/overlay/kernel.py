"""Area common to two polygons, straight from their edges: nothing is noded and no polygon is built.

With the edges of A stored left to right and signed +1 where A lies below them, -1 where above, A's indicator at (x, y)
is the sum of signs of the edges over y. The product of two indicators is a sum over pairs of edges, and so is its
integral of any scale s: `area(A ∩ B) = Σₐ Σᵦ sₐ sᵦ ∫ G(x, min(yₐ, yᵦ)) dx`, `G(x, y) = ∫ s dy`, over the x range that
the two edges share. Shared edges, touching corners and bridges need no special case. With rings that cross themselves
a point counts as often as they turn around it, times the same of the other polygon.

Edges come as chains (`chains`): of two chains the lower one is walked from left to right, and its pieces put down as
lines; at last G is integrated under all lines at once, which is what the processor does several of at a time.

Compiled by numba on first use. Functions that call each other stand in one module, so that the cache notices a change.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from tilth.core import FloatArray, IntArray
from tilth.overlay.options import INNER, OUTER

#: Three-point Gauss-Legendre: exact for degree 5, and G along an edge has degree 4.
_NODE, _SIDE, _MIDDLE = float(np.sqrt(0.6)), 5.0 / 18.0, 8.0 / 18.0
_EPSILON = float(np.finfo(np.float64).eps)
#: Lines weighed at a time.
_LINES = 1_024


@njit(**INNER)
def _scale_at(lattice: Any, x: float, y: float, g: FloatArray) -> None:
    """Fill `g` (10,) with G = ∫ s dy about a point, from the nearest node of the lattice (`scale.Lattice`).

    In the order 1, x, x², x³, y, xy, x²y, y², xy², y³ of s, each over its power of y, less the y that all share.
    """
    pitch, first, node = lattice
    at_x, at_y = np.floor(x / pitch), np.floor(y / pitch)
    i, j = int(at_x) - first[0], int(at_y) - first[1]
    u, v = x / pitch - at_x - 0.5, y / pitch - at_y - 0.5
    a = node[i, j]
    # A quartic about the node, counted anew from (u, v) and cut off behind the cubic.
    # Its terms: 0 is 1; 1, 2 x, y; 3 to 5 x², xy, y²; 6 to 9 x³, x²y, xy², y³; 10 to 14 x⁴, x³y, x²y², xy³, y⁴.
    uu, uv, vv = u * u, u * v, v * v
    s00 = (
        a[0]
        + a[1] * u
        + a[2] * v
        + a[3] * uu
        + a[4] * uv
        + a[5] * vv
        + u * (a[6] * uu + a[7] * uv + a[8] * vv)
        + a[9] * vv * v
        + uu * (a[10] * uu + a[11] * uv + a[12] * vv)
        + vv * (a[13] * uv + a[14] * vv)
    )
    s10 = (
        a[1]
        + 2.0 * a[3] * u
        + a[4] * v
        + 3.0 * a[6] * uu
        + 2.0 * a[7] * uv
        + a[8] * vv
        + u * (4.0 * a[10] * uu + 3.0 * a[11] * uv + 2.0 * a[12] * vv)
        + a[13] * vv * v
    )
    s01 = (
        a[2]
        + a[4] * u
        + 2.0 * a[5] * v
        + a[7] * uu
        + 2.0 * a[8] * uv
        + 3.0 * a[9] * vv
        + v * (4.0 * a[14] * vv + 3.0 * a[13] * uv + 2.0 * a[12] * uu)
        + a[11] * uu * u
    )
    s20 = a[3] + 3.0 * a[6] * u + a[7] * v + 6.0 * a[10] * uu + 3.0 * a[11] * uv + a[12] * vv
    s11 = a[4] + 2.0 * a[7] * u + 2.0 * a[8] * v + 3.0 * a[11] * uu + 4.0 * a[12] * uv + 3.0 * a[13] * vv
    s02 = a[5] + a[8] * u + 3.0 * a[9] * v + a[12] * uu + 3.0 * a[13] * uv + 6.0 * a[14] * vv
    s30 = a[6] + 4.0 * a[10] * u + a[11] * v
    s21 = a[7] + 3.0 * a[11] * u + 2.0 * a[12] * v
    s12 = a[8] + 2.0 * a[12] * u + 3.0 * a[13] * v
    s03 = a[9] + a[13] * u + 4.0 * a[14] * v
    one = 1.0 / pitch
    two, three = one * one, one * one * one
    g[0], g[1], g[2], g[3] = s00, s10 * one, s20 * two, s30 * three
    g[4], g[5], g[6] = s01 * one / 2.0, s11 * two / 2.0, s21 * three / 2.0
    g[7], g[8], g[9] = s02 * two / 3.0, s12 * three / 3.0, s03 * three / 4.0


@njit(**INNER, fastmath={"contract", "reassoc", "nsz"})
def _weigh(line: FloatArray, lines: int, g: FloatArray) -> tuple[float, float]:
    """Σ sign · ∫ G dx under the first `lines` of `line` (5, n: x, y, x, y, sign), and the sum of their sizes."""
    g0, g1, g2, g3, g4, g5, g6, g7, g8, g9 = g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9]
    total, size = 0.0, 0.0
    for n in range(lines):
        x, y = 0.5 * (line[0, n] + line[2, n]), 0.5 * (line[1, n] + line[3, n])
        width = line[2, n] - line[0, n]
        dx, dy = 0.5 * width * _NODE, 0.5 * (line[3, n] - line[1, n]) * _NODE
        p, q = x - dx, y - dy
        before = q * (
            (g0 + p * (g1 + p * (g2 + p * g3))) + q * ((g4 + p * (g5 + p * g6)) + q * ((g7 + p * g8) + q * g9))
        )
        p, q = x + dx, y + dy
        behind = q * (
            (g0 + p * (g1 + p * (g2 + p * g3))) + q * ((g4 + p * (g5 + p * g6)) + q * ((g7 + p * g8) + q * g9))
        )
        middle = y * (
            (g0 + x * (g1 + x * (g2 + x * g3))) + y * ((g4 + x * (g5 + x * g6)) + y * ((g7 + x * g8) + y * g9))
        )
        term = width * (_SIDE * (before + behind) + _MIDDLE * middle)
        total += line[4, n] * term
        size += abs(term)
    return total, size


@njit(**INNER)
def _edge_at(vertex: FloatArray, start: int, stop: int, x: float) -> int:
    """The edge of a chain that `x` is over: the last vertex at or left of it that has one right of it."""
    low, high = start, stop - 1
    while high - low > 1:
        middle = (low + high) // 2
        if vertex[middle, 0] <= x:
            low = middle
        else:
            high = middle
    return low


@njit(**INNER)
def _put(line: FloatArray, n: int, x0: float, y0: float, x1: float, y1: float, sign: float) -> int:
    """One line more; how many there are."""
    line[0, n], line[1, n], line[2, n], line[3, n], line[4, n] = x0, y0, x1, y1, sign
    return n + 1


@njit(**INNER)
def _alone(
    vertex: FloatArray,
    start: int,
    stop: int,
    shift: tuple[float, float],
    left: float,
    right: float,
    sign: float,
    line: FloatArray,
    n: int,
) -> int:
    """Put down a chain between `left` and `right`; coordinates are counted from `shift`."""
    at = _edge_at(vertex, start, stop, left + shift[0])
    x1, y1 = vertex[at, 0] - shift[0], vertex[at, 1] - shift[1]
    while x1 < right and at < stop - 1:
        x0, y0 = x1, y1
        at += 1
        x1, y1 = vertex[at, 0] - shift[0], vertex[at, 1] - shift[1]
        if x1 <= x0 or x1 <= left:
            continue
        begin, end, y_end = x0, x1, y1
        if x0 < left or x1 > right:
            slope = (y1 - y0) / (x1 - x0)
            if x0 < left:
                y0 += (left - x0) * slope
                begin = left
            if x1 > right:
                y_end = y0 + (right - begin) * slope
                end = right
        n = _put(line, n, begin, y0, end, y_end, sign)
    return n


@njit(**INNER)
def _lower(
    a: FloatArray,
    a_start: int,
    a_stop: int,
    a_shift: tuple[float, float],
    b: FloatArray,
    b_start: int,
    b_stop: int,
    b_shift: tuple[float, float],
    left: float,
    right: float,
    sign: float,
    line: FloatArray,
    n: int,
) -> int:
    """Put down the lower one of two chains, wherever that is, between `left` and `right`."""
    i, j = _edge_at(a, a_start, a_stop, left + a_shift[0]), _edge_at(b, b_start, b_stop, left + b_shift[0])
    x, a_end, b_end = left, left, left
    ax, ay, ax1, ay1, a_slope, a_left = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    bx, by, bx1, by1, b_slope, b_left = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    i, j = i - 1, j - 1
    while x < right:
        if x >= a_end:  # the next edge with width from x on
            while True:
                i += 1
                if i >= a_stop - 1:
                    return n
                ax, ax1 = a[i, 0] - a_shift[0], a[i + 1, 0] - a_shift[0]
                if ax1 > x:
                    break
            ay, ay1 = a[i, 1] - a_shift[1], a[i + 1, 1] - a_shift[1]
            a_slope, a_end = (ay1 - ay) / (ax1 - ax), ax1
            a_left = ay + (x - ax) * a_slope
        if x >= b_end:
            while True:
                j += 1
                if j >= b_stop - 1:
                    return n
                bx, bx1 = b[j, 0] - b_shift[0], b[j + 1, 0] - b_shift[0]
                if bx1 > x:
                    break
            by, by1 = b[j, 1] - b_shift[1], b[j + 1, 1] - b_shift[1]
            b_slope, b_end = (by1 - by) / (bx1 - bx), bx1
            b_left = by + (x - bx) * b_slope
        end = min(a_end, b_end, right)
        a_right = ay1 if end == a_end else ay + (end - ax) * a_slope
        b_right = by1 if end == b_end else by + (end - bx) * b_slope
        at_left, at_right = a_left - b_left, a_right - b_right
        if at_left <= 0.0 and at_right <= 0.0:
            n = _put(line, n, x, a_left, end, a_right, sign)
        elif at_left >= 0.0 and at_right >= 0.0:
            n = _put(line, n, x, b_left, end, b_right, sign)
        else:
            share = at_left / (at_left - at_right)
            cross, y = x + share * (end - x), a_left + share * (a_right - a_left)
            if at_left < 0.0:
                n = _put(line, n, x, a_left, cross, y, sign)
                n = _put(line, n, cross, y, end, b_right, sign)
            else:
                n = _put(line, n, x, b_left, cross, y, sign)
                n = _put(line, n, cross, y, end, a_right, sign)
        x, a_left, b_left = end, a_right, b_right
    return n


@njit(**INNER)
def _same(left: Any, a: int, right: Any, b: int) -> bool:
    """Are two cells the same, chain by chain? `key` says so first, coordinates confirm it."""
    if left.key[a] != right.key[b]:
        return False
    first, other = left.first_chain[a], right.first_chain[b]
    chains = left.first_chain[a + 1] - first
    if chains != right.first_chain[b + 1] - other:
        return False
    for axis in range(2):
        if left.origin[a, axis] != right.origin[b, axis]:
            return False
    for k in range(chains):
        i, j = left.chain_start[first + k], right.chain_start[other + k]
        length = left.chain_stop[first + k] - i
        if length != right.chain_stop[other + k] - j or left.chain[first + k, 0] != right.chain[other + k, 0]:
            return False
        for m in range(length):
            if left.vertex[i + m, 0] != right.vertex[j + m, 0] or left.vertex[i + m, 1] != right.vertex[j + m, 1]:
                return False
    return True


@njit(**OUTER)
def come_second(left: Any, right: Any, pairs: IntArray, second: FloatArray) -> None:
    """Fill `second` (n,): does the left cell of a pair come second by what the two are, whichever layer they are in?"""
    for n in range(len(pairs)):
        a, b = pairs[n, 0], pairs[n, 1]
        second[n] = left.key[a] > right.key[b]
        for side in range(4):
            ours, theirs = left.box[a, side], right.box[b, side]
            if side < 2 and left.origin[a, side] != right.origin[b, side]:
                ours, theirs = left.origin[a, side], right.origin[b, side]
            if ours != theirs:
                second[n] = ours > theirs
                break


@njit(**INNER)
def _own(one: Any, cell: int, lattice: Any, line: FloatArray, g: FloatArray) -> tuple[float, float]:
    """Area of one cell, and the sum of the sizes of its terms."""
    box = one.box[cell]
    centre = (0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3]))
    _scale_at(lattice, one.origin[cell, 0] + centre[0], one.origin[cell, 1] + centre[1], g)
    total, size, n = 0.0, 0.0, 0
    for k in range(one.first_chain[cell], one.first_chain[cell + 1]):
        for v in range(one.chain_start[k], one.chain_stop[k] - 1):
            x0, y0 = one.vertex[v, 0] - centre[0], one.vertex[v, 1] - centre[1]
            x1, y1 = one.vertex[v + 1, 0] - centre[0], one.vertex[v + 1, 1] - centre[1]
            n = _put(line, n, x0, y0, x1, y1, one.chain[k, 0])
            if n == _LINES:
                some, sizes = _weigh(line, n, g)
                total, size, n = total + some, size + sizes, 0
    some, sizes = _weigh(line, n, g)
    return total + some, size + sizes


@njit(**INNER)
def _near(
    cells: Any, cell: int, shift: tuple[float, float], half: tuple[float, float], floor: float, work: FloatArray, n: int
) -> int:
    """Put into `work` from row n the chains of a cell that are over the common box and not wholly below `floor`.

    Rows: sign, least and most y, least and most x, all counted from `shift`, and where the chain starts and stops.
    """
    for k in range(cells.first_chain[cell], cells.first_chain[cell + 1]):
        left, right = cells.chain[k, 3] - shift[0], cells.chain[k, 4] - shift[0]
        if left >= half[0]:
            break
        low, high = cells.chain[k, 1] - shift[1], cells.chain[k, 2] - shift[1]
        work[n, 0], work[n, 1], work[n, 2], work[n, 3], work[n, 4] = cells.chain[k, 0], low, high, left, right
        work[n, 5], work[n, 6] = cells.chain_start[k], cells.chain_stop[k]
        n += int((right > -half[0]) & (high >= floor))
    return n


@njit(**INNER, inline="always")
def _shared(
    one: Any, a: int, two: Any, b: int, lattice: Any, line: FloatArray, work: FloatArray, g: FloatArray
) -> tuple[float, float, float]:
    """Common area of two cells, the sum of the sizes of its terms, and half the way around their common box times
    the last place of their coordinates: what a boundary and its copy, cut elsewhere, may enclose. [m²]"""
    off_x, off_y = two.origin[b, 0] - one.origin[a, 0], two.origin[b, 1] - one.origin[a, 1]
    ours, theirs = one.box[a], two.box[b]
    left, right = max(ours[0], theirs[0] + off_x), min(ours[2], theirs[2] + off_x)
    low, high = max(ours[1], theirs[1] + off_y), min(ours[3], theirs[3] + off_y)
    if left >= right or low >= high:
        return 0.0, 0.0, 0.0
    x, y = 0.5 * (left + right), 0.5 * (low + high)
    _scale_at(lattice, one.origin[a, 0] + x, one.origin[a, 1] + y, g)
    a_shift, b_shift = (x, y), (x - off_x, y - off_y)
    half = (0.5 * (right - left), 0.5 * (high - low))
    # Of chains wholly below the other cell the other's signs add up to 0.
    ours_n = _near(one, a, a_shift, half, theirs[1] + off_y - y, work, 0)
    both_n = _near(two, b, b_shift, half, ours[1] - y, work, ours_n)
    total, size, n = 0.0, 0.0, 0
    for k in range(ours_n):
        a_left, a_right, a_low, a_high = work[k, 3], work[k, 4], work[k, 1], work[k, 2]
        a_start, a_stop = int(work[k, 5]), int(work[k, 6])
        for m in range(ours_n, both_n):
            if work[m, 3] >= a_right:
                break
            begin, end = max(a_left, work[m, 3]), min(a_right, work[m, 4])
            if begin >= end:
                continue
            b_start, b_stop = int(work[m, 5]), int(work[m, 6])
            sign = work[k, 0] * work[m, 0]
            if a_high <= work[m, 1]:
                n = _alone(one.vertex, a_start, a_stop, a_shift, begin, end, sign, line, n)
            elif work[m, 2] <= a_low:
                n = _alone(two.vertex, b_start, b_stop, b_shift, begin, end, sign, line, n)
            else:
                n = _lower(
                    one.vertex,
                    a_start,
                    a_stop,
                    a_shift,
                    two.vertex,
                    b_start,
                    b_stop,
                    b_shift,
                    begin,
                    end,
                    sign,
                    line,
                    n,
                )
            if n >= _LINES:
                some, sizes = _weigh(line, n, g)
                total, size, n = total + some, size + sizes, 0
    some, sizes = _weigh(line, n, g)
    around = (right - left + high - low) * (_last_place(ours) + _last_place(theirs))
    return total + some, size + sizes, around * g[0]


@njit(**INNER)
def _last_place(box: FloatArray) -> float:
    """The distance between neighbouring floats at the far corner of a box."""
    x, y = max(abs(box[0]), abs(box[2])), max(abs(box[1]), abs(box[3]))
    return float(np.spacing(max(x, y)))


@njit(**OUTER)
def find_same(left: Any, right: Any, pairs: IntArray, same: FloatArray) -> None:
    """Fill `same` (n,): are the two cells of a pair the same?"""
    for n in range(len(pairs)):
        same[n] = _same(left, pairs[n, 0], right, pairs[n, 1])


@njit(**OUTER)
def mirrored(
    pairs: IntArray, first: IntArray, of_left: IntArray, of_right: IntArray, same: FloatArray, like: IntArray
) -> None:
    """Fill `like` (n,) with the pair that has the same area, where there is an earlier one; with the pair itself, else.

    `of_left` and `of_right` say which cell of the other layer is the same as each; -1, none.

    Where neither of two neighbours changed, what the first shares with the second's twin is what the second shares
    with the first's. `pairs` are sorted; `first` (c + 1,) says where those of each left cell begin.
    """
    for n in range(len(pairs)):
        like[n] = n
        a, b = of_right[pairs[n, 1]], of_left[pairs[n, 0]]
        if a < 0 or b < 0 or same[n] or a >= pairs[n, 0]:
            continue
        low, high = first[a], first[a + 1]
        while low < high:
            middle = (low + high) // 2
            if pairs[middle, 1] < b:
                low = middle + 1
            else:
                high = middle
        if low < first[a + 1] and pairs[low, 1] == b and like[low] == low and not same[low]:
            like[n] = low


@njit(**OUTER)
def pair_areas(
    one: Any,
    two: Any,
    pairs: IntArray,
    side: int,
    which: IntArray,
    same: FloatArray,
    lattice: Any,
    longest: tuple[int, int],
    out: FloatArray,
) -> None:
    """Fill `out` (n, 2) at `which` with the common area of pairs of cells and the size of its noise. [m²]

    Parameters
    ----------
    one, two
        `layer.Cells`; the one that comes first (`come_second`).
    pairs
        (n, 2) a cell of each, that of `one` in column `side`.
    same
        (n,) from `find_same`.
    lattice
        `scale.Lattice` around the pairs.
    longest
        Most vertices of a chain of either, and most chains of two cells.
    """
    line, work, g = np.empty((5, _LINES + 8 * longest[0])), np.empty((longest[1] + 2, 7)), np.empty(10)
    for n in which:
        around = 0.0
        if same[n]:
            area, size = _own(one, pairs[n, side], lattice, line, g)
        else:
            area, size, around = _shared(one, pairs[n, side], two, pairs[n, 1 - side], lattice, line, work, g)
        out[n, 0] = area
        out[n, 1] = around + _EPSILON * size


@njit(**OUTER)
def own_areas(cells: Any, rows: tuple[int, int], lattice: Any, out: FloatArray) -> None:
    """Fill `out` (c,) of cells `rows` (from, to) with their areas. [m²]"""
    line, g = np.empty((5, _LINES)), np.empty(10)
    for c in range(rows[0], rows[1]):
        out[c], _ = _own(cells, c, lattice, line, g)
