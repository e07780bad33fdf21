"""Area common to two polygons, straight from their edges: nothing is noded and no polygon is built.

With the edges of A stored left to right and signed +1 where A lies below them, -1 where above, A's indicator at (x, y)
is the sum of signs of the edges over y. The product of two indicators is a sum over pairs of edges, and so is its
integral of any scale s: `area(A ∩ B) = Σₐ Σᵦ sₐ sᵦ ∫ G(x, min(yₐ, yᵦ)) dx`, `G(x, y) = ∫ s dy`, over the x range that
the two edges share. Shared edges, touching corners and bridges need no special case. With rings that cross themselves
a point counts as often as they turn around it, times the same of the other polygon.

Edges come as chains (`chains`). What of two cells' chains is over the box that both have in common is put together;
where nothing of one cell is left, nothing is shared. Two chains are walked together from left to right and put down as
pairs of lines; at last G is integrated under the lower ones, which is what the processor does several of at a time.

Compiled by numba on first use. Functions that call each other stand in one module, so that the cache notices a change.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from tilth.core import FloatArray, IntArray
from tilth.overlay.options import LEAF, outer

#: Three-point Gauss-Legendre: exact for degree 5, and G along an edge has degree 4.
_NODE, _SIDE, _MIDDLE = float(np.sqrt(0.6)), 5.0 / 18.0, 8.0 / 18.0
_EPSILON = float(np.finfo(np.float64).eps)
#: Lines weighed at a time.
_LINES = 256


@njit(**LEAF)
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


@njit(**LEAF, fastmath={"contract", "reassoc", "nsz"})
def _weigh(line: FloatArray, lines: int, g: FloatArray) -> tuple[float, float]:
    """Σ sign · ∫ G dx under the first `lines` of `line` (7, n), and the sum of their sizes.

    A line is the lower one of two between x and x, bent where they cross. Rows: x, x, y and y of the one, y and y of
    the other, sign.
    """
    g0, g1, g2, g3, g4, g5, g6, g7, g8, g9 = g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9]
    total, size = 0.0, 0.0
    for n in range(lines):
        x0, x2, a0, a2, b0, b2 = line[0, n], line[1, n], line[2, n], line[3, n], line[4, n], line[5, n]
        left, right = a0 - b0, a2 - b2
        cross = left * right < 0.0
        share = left / (left - right) if cross else 1.0
        x1 = x0 + share * (x2 - x0) if cross else x2
        y0, y2 = min(a0, b0), min(a2, b2)
        y1 = a0 + share * (a2 - a0) if cross else y2
        term = 0.0
        for part in range(2):
            xa, xb, ya, yb = (x0, x1, y0, y1) if part == 0 else (x1, x2, y1, y2)
            x, y, width = 0.5 * (xa + xb), 0.5 * (ya + yb), xb - xa
            dx, dy = 0.5 * width * _NODE, 0.5 * (yb - ya) * _NODE
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
            term += width * (_SIDE * (before + behind) + _MIDDLE * middle)
        total += line[6, n] * term
        size += abs(term)
    return total, size


@njit(**LEAF)
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


@njit(**LEAF)
def _put(
    line: FloatArray, n: int, x0: float, x1: float, a0: float, a1: float, b0: float, b1: float, sign: float
) -> int:
    """One line more; how many there are."""
    line[0, n], line[1, n], line[2, n], line[3, n], line[4, n], line[5, n], line[6, n] = x0, x1, a0, a1, b0, b1, sign
    return n + 1


@njit(**LEAF)
def _from(point: FloatArray, at: int, last: int, x: float) -> int:
    """As `_edge_at`, of a chain from point `at` to `last`."""
    if point[0, at + 1] > x:
        return at
    while last - at > 1:
        middle = (at + last) // 2
        if point[0, middle] <= x:
            at = middle
        else:
            last = middle
    return at


@njit(**LEAF)
def _alone(
    point: FloatArray, at: int, last: int, left: float, right: float, sign: float, line: FloatArray, n: int
) -> int:
    """Put down a chain, the points from `at` to `last`, between `left` and `right`."""
    at = _from(point, at, last, left)
    x = left
    while x < right:
        x0, y0, x1, y1, slope = point[0, at], point[1, at], point[0, at + 1], point[1, at + 1], point[2, at]
        end = min(x1, right)
        begin, y1 = y0 + (x - x0) * slope, y1 if end == x1 else y0 + (end - x0) * slope
        n = _put(line, n, x, end, begin, y1, begin, y1, sign)
        x = end
        at += 1
    return n


@njit(**LEAF)
def _lower(
    point: FloatArray,
    i: int,
    i_last: int,
    j: int,
    j_last: int,
    left: float,
    right: float,
    sign: float,
    line: FloatArray,
    n: int,
) -> int:
    """Put down the lower one of two chains, the points from `i` and those from `j`, between `left` and `right`.

    Without branches that hang on the coordinates: which chain has the next point is anybody's guess.
    """
    i, j, x = _from(point, i, i_last, left), _from(point, j, j_last, left), left
    while x < right:
        ax, ay, ax1, ay1, a_slope = point[0, i], point[1, i], point[0, i + 1], point[1, i + 1], point[2, i]
        bx, by, bx1, by1, b_slope = point[0, j], point[1, j], point[0, j + 1], point[1, j + 1], point[2, j]
        end = min(ax1, bx1, right)
        a_end = ay1 if end == ax1 else ay + (end - ax) * a_slope
        b_end = by1 if end == bx1 else by + (end - bx) * b_slope
        n = _put(line, n, x, end, ay + (x - ax) * a_slope, a_end, by + (x - bx) * b_slope, b_end, sign)
        i += int(ax1 <= end)
        j += int(bx1 <= end)
        x = end
    return n


@njit(**LEAF)
def _same(left: Any, a: int, right: Any, b: int) -> bool:
    """Are two cells the same, chain by chain? The hash says so first, coordinates confirm it."""
    if left.mark[a, 3] != right.mark[b, 3]:
        return False
    first, other = left.mark[a, 1], right.mark[b, 1]
    chains = left.mark[a, 2] - first
    if chains != right.mark[b, 2] - other:
        return False
    for axis in range(2):
        if left.place[a, axis] != right.place[b, axis]:
            return False
    for k in range(chains):
        i, j = int(left.chain[first + k, 5]), int(right.chain[other + k, 5])
        length = int(left.chain[first + k, 6]) - i
        if length != int(right.chain[other + k, 6]) - j or left.chain[first + k, 0] != right.chain[other + k, 0]:
            return False
        for m in range(length):
            if left.vertex[i + m, 0] != right.vertex[j + m, 0] or left.vertex[i + m, 1] != right.vertex[j + m, 1]:
                return False
    return True


@njit(**LEAF)
def _comes_second(left: Any, a: int, right: Any, b: int) -> bool:
    """Does the left cell come second by what the two are, whichever layer they are in? The larger one comes first."""
    ours = left.place[a, 4] - left.place[a, 2] + (left.place[a, 5] - left.place[a, 3])
    theirs = right.place[b, 4] - right.place[b, 2] + (right.place[b, 5] - right.place[b, 3])
    if ours != theirs:
        return bool(ours < theirs)
    for column in range(6):
        if left.place[a, column] != right.place[b, column]:
            return bool(left.place[a, column] > right.place[b, column])
    return bool(left.mark[a, 3] > right.mark[b, 3])


@njit(**LEAF)
def _own(one: Any, cell: int, lattice: Any, line: FloatArray, g: FloatArray) -> tuple[float, float]:
    """Area of one cell, and the sum of the sizes of its terms."""
    x = 0.5 * (one.place[cell, 2] + one.place[cell, 4])
    y = 0.5 * (one.place[cell, 3] + one.place[cell, 5])
    _scale_at(lattice, one.place[cell, 0] + x, one.place[cell, 1] + y, g)
    total, size, n = 0.0, 0.0, np.int64(0)
    for k in range(one.mark[cell, 1], one.mark[cell, 2]):
        for v in range(int(one.chain[k, 5]), int(one.chain[k, 6]) - 1):
            y0, y1 = one.vertex[v, 1] - y, one.vertex[v + 1, 1] - y
            n = _put(line, n, one.vertex[v, 0] - x, one.vertex[v + 1, 0] - x, y0, y1, y0, y1, one.chain[k, 0])
            if n == _LINES:
                some, sizes = _weigh(line, n, g)
                total, size, n = total + some, size + sizes, np.int64(0)
    some, sizes = _weigh(line, n, g)
    return total + some, size + sizes


@njit(**LEAF)
def _over(
    cells: Any, k: int, shift: tuple[float, float], wide: float, point: FloatArray, n: int
) -> tuple[int, float, float]:
    """Put what of chain `k` is over the common box, `wide` to both sides of `shift`, into `point` from `n` on.

    How many points there are then, and the least and most y of these.
    """
    v, last = int(cells.chain[k, 5]), int(cells.chain[k, 6]) - 1
    if cells.chain[k, 3] - shift[0] < -wide:
        v = _edge_at(cells.vertex, v, last + 1, shift[0] - wide)
    x, y = cells.vertex[v, 0] - shift[0], cells.vertex[v, 1] - shift[1]
    if x < -wide:
        x1, y1 = cells.vertex[v + 1, 0] - shift[0], cells.vertex[v + 1, 1] - shift[1]
        x, y = -wide, y + (-wide - x) * ((y1 - y) / (x1 - x))
    point[0, n], point[1, n] = x, y
    least = most = y
    while x < wide and v < last:
        v += 1
        n += 1
        x1, y1 = cells.vertex[v, 0] - shift[0], cells.vertex[v, 1] - shift[1]
        if x1 > wide:
            x1, y1 = wide, y + (wide - x) * ((y1 - y) / (x1 - x))
        point[0, n], point[1, n] = x1, y1
        least, most = min(least, y1), max(most, y1)
        x, y = x1, y1
    return n + 1, least, most


@njit(**LEAF)
def _steep(point: FloatArray, points: int) -> None:
    """Fill the last row of `point` with how steep the edges between points are; between chains, it means nothing."""
    for n in range(points - 1):
        width = point[0, n + 1] - point[0, n]
        point[2, n] = (point[1, n + 1] - point[1, n]) / width if width > 0.0 else 0.0


@njit(**LEAF)
def _near(
    cells: Any,
    cell: int,
    shift: tuple[float, float],
    half: tuple[float, float],
    floor: float,
    above: bool,
    work: FloatArray,
    row: int,
    point: FloatArray,
    n: int,
) -> tuple[int, int, int]:
    """Put the chains that a cell has over the common box into `work` from `row` on, their points from `n` on.

    Rows of `work`: sign, least and most y, least and most x, the first and the last point. The first row, the one
    behind the last, and how many points there are then. Coordinates are counted from `shift`.

    Left out are chains wholly below `floor`, where the other cell ends: its signs over them add up to 0. If `above`,
    the other cell ends where the common box does: there, chains over the box are as good as endlessly high and need no
    points. Those over all of it are added up; they come first, or not at all.
    """
    wide, high = half
    begin, sign_above = row, 0.0
    row += 1
    for k in range(cells.mark[cell, 1], cells.mark[cell, 2]):
        left, right = cells.chain[k, 3] - shift[0], cells.chain[k, 4] - shift[0]
        if left >= wide:
            break
        if right <= -wide or cells.chain[k, 2] - shift[1] < floor:
            continue
        first, least, most = n, np.inf, np.inf
        if not above or cells.chain[k, 1] - shift[1] < high:
            n, least, most = _over(cells, k, shift, wide, point, n)
            if most < floor:
                n = first
                continue
            if above and least >= high:
                n, least, most = first, np.inf, np.inf
        if least == np.inf and left <= -wide and right >= wide:
            sign_above += cells.chain[k, 0]
            continue
        work[row, 0], work[row, 1], work[row, 2] = cells.chain[k, 0], least, most
        work[row, 3], work[row, 4], work[row, 5], work[row, 6] = max(left, -wide), min(right, wide), first, n - 1
        row += 1
    if sign_above == 0.0:
        return begin + 1, row, n
    work[begin, 0], work[begin, 1], work[begin, 2], work[begin, 3], work[begin, 4] = (
        sign_above,
        np.inf,
        np.inf,
        -wide,
        wide,
    )
    work[begin, 5] = work[begin, 6] = n
    return begin, row, n


@njit(**LEAF)
def _shared(
    one: Any,
    a: int,
    two: Any,
    b: int,
    lattice: Any,
    line: FloatArray,
    work: FloatArray,
    point: FloatArray,
    g: FloatArray,
) -> tuple[float, float, float]:
    """Common area of two cells, the sum of the sizes of its terms, and half the way around their common box times
    the last place of their coordinates: what a boundary and its copy, cut elsewhere, may enclose. [m²]"""
    off_x, off_y = two.place[b, 0] - one.place[a, 0], two.place[b, 1] - one.place[a, 1]
    a_low, a_high, b_low, b_high = one.place[a, 3], one.place[a, 5], two.place[b, 3] + off_y, two.place[b, 5] + off_y
    left, right = max(one.place[a, 2], two.place[b, 2] + off_x), min(one.place[a, 4], two.place[b, 4] + off_x)
    low, high = max(a_low, b_low), min(a_high, b_high)
    if left >= right or low >= high:
        return 0.0, 0.0, 0.0
    x, y = 0.5 * (left + right), 0.5 * (low + high)
    half, shift = (0.5 * (right - left), 0.5 * (high - low)), (x - off_x, y - off_y)
    none = np.int64(0)
    begin, end, n = _near(one, a, (x, y), half, b_low - y, a_high > high, work, none, point, none)
    if begin == end:
        return 0.0, 0.0, 0.0
    other, last, n = _near(two, b, shift, half, a_low - y, b_high > high, work, end, point, n)
    if other == last:
        return 0.0, 0.0, 0.0
    _scale_at(lattice, one.place[a, 0] + x, one.place[a, 1] + y, g)
    _steep(point, n)
    total, size = _under(work, (begin, end), (other, last), point, line, g)
    around = 2.0 * (half[0] + half[1]) * (_last_place(one, a) + _last_place(two, b))
    return total, size, around * g[0]


@njit(**LEAF)
def _under(
    work: FloatArray, ours: tuple[int, int], theirs: tuple[int, int], point: FloatArray, line: FloatArray, g: FloatArray
) -> tuple[float, float]:
    """Σ signs · ∫ G dx under the lower one of each two chains, `ours` and `theirs` (from, to); the sum of the sizes."""
    total, size, n = 0.0, 0.0, np.int64(0)
    for k in range(ours[0], ours[1]):
        low, high, left, right = work[k, 1], work[k, 2], work[k, 3], work[k, 4]
        i, i_last = int(work[k, 5]), int(work[k, 6])
        for m in range(theirs[0], theirs[1]):
            if work[m, 3] >= right:
                break
            begin, end = max(left, work[m, 3]), min(right, work[m, 4])
            if begin >= end:
                continue
            sign = work[k, 0] * work[m, 0]
            j, j_last = int(work[m, 5]), int(work[m, 6])
            if high <= work[m, 1]:
                n = _alone(point, i, i_last, begin, end, sign, line, n)
            elif work[m, 2] <= low:
                n = _alone(point, j, j_last, begin, end, sign, line, n)
            else:
                n = _lower(point, i, i_last, j, j_last, begin, end, sign, line, n)
            if n >= _LINES:
                some, sizes = _weigh(line, n, g)
                total, size, n = total + some, size + sizes, np.int64(0)
    some, sizes = _weigh(line, n, g)
    return total + some, size + sizes


@njit(**LEAF)
def _last_place(cells: Any, cell: int) -> float:
    """The distance between neighbouring floats at the far corner of the box of a cell."""
    x = max(abs(cells.place[cell, 2]), abs(cells.place[cell, 4]))
    y = max(abs(cells.place[cell, 3]), abs(cells.place[cell, 5]))
    return float(np.spacing(max(x, y)))


@outer
def mirrored(
    left: Any,
    right: Any,
    pairs: IntArray,
    first: IntArray,
    of_left: IntArray,
    of_right: IntArray,
    same: FloatArray,
    like: IntArray,
) -> None:
    """Fill `like` (n,) with the pair that has the same area, where there is an earlier one; with the pair itself, else.

    Where neither of two neighbours changed, what the first shares with the second's twin is what the second shares
    with the first's. `pairs` are sorted; `first` (c + 1,) says where those of each left cell begin. `same` (n,) says
    whose hashes are the same. `of_left` and `of_right`, full of -1, are told which cell of the other layer is the same.
    """
    for n in range(len(pairs)):
        if same[n]:
            same[n] = _same(left, pairs[n, 0], right, pairs[n, 1])
        if same[n]:
            of_left[pairs[n, 0]], of_right[pairs[n, 1]] = pairs[n, 1], pairs[n, 0]
    for n in range(len(pairs)):
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


@outer
def own_areas(cells: Any, rows: tuple[int, int], lattice: Any, out: FloatArray) -> None:
    """Fill `out` (c,) of cells `rows` (from, to) with their areas. [m²]"""
    line, g = np.empty((7, _LINES)), np.empty(10)
    for c in range(rows[0], rows[1]):
        out[c], _ = _own(cells, c, lattice, line, g)


@njit(**LEAF)
def _smaller(right: Any, pairs: IntArray, measured: FloatArray, n: int, m: int) -> bool:
    """Does pair n come before pair m of the same left polygon: by the right polygon, then from the smallest up?"""
    row, other = right.mark[pairs[n, 1], 0], right.mark[pairs[m, 1], 0]
    if row != other:
        return bool(row < other)
    if measured[n, 0] != measured[m, 0]:
        return bool(measured[n, 0] < measured[m, 0])
    return bool(measured[n, 1] < measured[m, 1])


@njit(**LEAF)
def _sort(right: Any, pairs: IntArray, measured: FloatArray, order: IntArray, first: int, last: int) -> None:
    """Sort `order` from `first` to `last` as `_smaller` has it, by insertion; many, with shrinking gaps."""
    gap = 1
    while 9 * gap < last - first:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(first + gap, last):
            one, at = order[k], k
            while at >= first + gap and _smaller(right, pairs, measured, one, order[at - gap]):
                order[at] = order[at - gap]
                at -= gap
            order[at] = one
        gap //= 3


@outer
def add_up(
    left: Any,
    right: Any,
    pairs: IntArray,
    measured: FloatArray,
    order: IntArray,
    row: IntArray,
    other: IntArray,
    area: FloatArray,
) -> int:
    """Add up pieces of cells by pair of polygons, leave out those that are no more than noise; how many there are.

    Filled are `row`, `other` and `area` (n,). `pairs` are sorted, `measured` is from `pair_areas`,
    `order` counts from 0. Areas are added from the smallest up, so that sums do not hang on how the layers lie.
    """
    count, end = 0, np.int64(0)
    while end < len(pairs):
        begin, ours, sorted_ = end, left.mark[pairs[end, 0], 0], True
        while end < len(pairs) and left.mark[pairs[end, 0], 0] == ours:
            sorted_ &= end == begin or right.mark[pairs[end - 1, 1], 0] < right.mark[pairs[end, 1], 0]
            end += 1
        if not sorted_:
            _sort(right, pairs, measured, order, begin, end)
        while begin < end:
            theirs, total, noise = right.mark[pairs[order[begin], 1], 0], 0.0, 0.0
            while begin < end and right.mark[pairs[order[begin], 1], 0] == theirs:
                total, noise = total + measured[order[begin], 0], noise + measured[order[begin], 1]
                begin += 1
            if total > noise:
                row[count], other[count], area[count] = ours, theirs, total
                count += 1
    return count


@outer
def pair_areas(
    left: Any,
    right: Any,
    pairs: IntArray,
    which: IntArray,
    lattice: Any,
    longest: tuple[int, int],
    out: FloatArray,
    at_once: bool,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Fill `out` (n, 2) at `which` with the common area of pairs of cells and the size of its noise. [m²]

    With `at_once`, `which` is all of them, and what `add_up` makes of them is returned; else, nothing.

    Parameters
    ----------
    left, right
        `layer.Cells`.
    pairs
        (n, 2) a cell of each.
    lattice
        `scale.Lattice` around the pairs.
    longest
        Most vertices, and most chains, of two cells.
    """
    line, g = np.empty((7, _LINES + longest[0])), np.empty(10)
    work, point = np.empty((longest[1] + 2, 7)), np.empty((3, longest[0] + 1))
    for n in which:
        a, b, around = pairs[n, 0], pairs[n, 1], 0.0
        if _same(left, a, right, b):
            area, size = _own(left, a, lattice, line, g)
        elif _comes_second(left, a, right, b):
            area, size, around = _shared(right, b, left, a, lattice, line, work, point, g)
        else:
            area, size, around = _shared(left, a, right, b, lattice, line, work, point, g)
        out[n, 0] = area
        out[n, 1] = around + _EPSILON * size
    count = len(pairs) if at_once else 0
    rows, areas = np.empty((2, count), np.int64), np.empty(count)
    if at_once:
        count = add_up(left, right, pairs, out, which, rows[0], rows[1], areas)
    return rows[0, :count], rows[1, :count], areas[:count]
