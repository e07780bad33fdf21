"""Area common to two polygons, straight from their edges: nothing is noded and no polygon is built.

With the edges of A stored left to right and signed +1 where A lies below them, -1 where above, A's indicator at (x, y)
is the sum of signs of the edges over y. The product of two indicators is a sum over pairs of edges, and so is its
integral of any scale s: `area(A ∩ B) = Σₐ Σᵦ sₐ sᵦ ∫ G(x, min(yₐ, yᵦ)) dx`, `G(x, y) = ∫ s dy`, over the x range that
the two edges share. Shared edges, touching corners and bridges need no special case. With rings that cross themselves
a point counts as often as they turn around it, times the same of the other polygon.

Compiled by numba on first use; everything compiled is in this one module, so that the cache notices any change.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from tilth.core import FloatArray, IntArray

#: Three-point Gauss-Legendre: exact for degree 5, and G along an edge has degree 4.
_NODE, _SIDE, _MIDDLE = float(np.sqrt(0.6)), 5.0 / 18.0, 8.0 / 18.0
_EPSILON = float(np.finfo(np.float64).eps)


@njit(cache=True, nogil=True)
def split_ring(ring: FloatArray, axis: int, at: float) -> tuple[FloatArray, FloatArray]:
    """The closed ring (n, 2) cut at coordinate `at` of `axis`: what is left of it below, and above, both closed.

    A crossing is computed from the lower end of its edge, so that it is the same from either side of a shared edge.
    """
    n = len(ring)
    below, above = np.empty((2 * n + 1, 2)), np.empty((2 * n + 1, 2))
    lows, highs = 0, 0
    for k in range(n - 1):
        here, there = ring[k, axis] - at, ring[k + 1, axis] - at
        if here <= 0.0:
            below[lows] = ring[k]
            lows += 1
        if here >= 0.0:
            above[highs] = ring[k]
            highs += 1
        if (here < 0.0 < there) or (there < 0.0 < here):
            low, high = (k, k + 1) if here < there else (k + 1, k)
            share = (at - ring[low, axis]) / (ring[high, axis] - ring[low, axis])
            other = ring[low, 1 - axis] + share * (ring[high, 1 - axis] - ring[low, 1 - axis])
            below[lows, axis], below[lows, 1 - axis] = at, other
            above[highs, axis], above[highs, 1 - axis] = at, other
            lows += 1
            highs += 1
    below[lows] = below[0]
    above[highs] = above[0]
    return below[: lows + 1], above[: highs + 1]


@njit(cache=True, nogil=True)
def local_scale(coefficients: FloatArray, half: FloatArray, u: float, v: float) -> FloatArray:
    """The Chebyshev model at (u, v) as a cubic about that point, made ready for `_under`: (4, 4), unused places 0.

    Entry [i, j] is the coefficient of xⁱ yʲ⁺¹ in G = ∫ s dy, with x, y in coordinate units from the point.
    """
    n = len(coefficients)
    in_x, in_y = _taylor(u, n), _taylor(v, n)
    partial = np.zeros((4, n))
    for i in range(4):
        for m in range(n):
            for k in range(n):
                partial[i, k] += in_x[i, m] * coefficients[m, k]
    g = np.zeros((4, 4))
    for i in range(4):
        for j in range(4 - i):
            value = 0.0
            for k in range(n):
                value += partial[i, k] * in_y[j, k]
            g[i, j] = value / (half[0] ** i * half[1] ** j * (j + 1))
    return g


@njit(cache=True, nogil=True)
def _taylor(t: float, n: int) -> FloatArray:
    """(4, n): the i-th derivative of the Chebyshev polynomials at t, over i!."""
    d = np.zeros((4, n))
    d[0, 0] = 1.0
    d[0, 1] = t
    d[1, 1] = 1.0
    for m in range(2, n):
        for i in range(4):
            lower = d[i - 1, m - 1] if i > 0 else 0.0
            d[i, m] = 2.0 * t * d[i, m - 1] + 2.0 * lower - d[i, m - 2]
    return d


@njit(cache=True, nogil=True)
def _gather(cells: Any, cell: int, box: FloatArray, floor: float, edges: FloatArray) -> int:
    """Put into `edges` those of `cell` that matter in the common `box`, counted from its middle; how many.

    Row: x left, x right, y left, slope, sign. Left out are upright edges and those *wholly* below the other cell's
    box (`floor`): there the other's signs add up to 0. An edge on that level stays.
    """
    count = 0
    x, y = 0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3])
    first, last = cells.ring_start[cells.first_ring[cell]], cells.ring_start[cells.first_ring[cell + 1]]
    ring_end = cells.ring_start[cells.first_ring[cell] + 1]
    ring = cells.first_ring[cell]
    for k in range(first, last - 1):
        if k + 1 == ring_end:
            ring += 1
            ring_end = cells.ring_start[ring + 1]
            continue
        x0, x1, y0, y1 = cells.x[k], cells.x[k + 1], cells.y[k], cells.y[k + 1]
        sign = -1.0
        if x0 > x1:
            x0, x1, y0, y1, sign = x1, x0, y1, y0, 1.0
        if x0 == x1 or x1 <= box[0] or x0 >= box[2] or (y0 < floor and y1 < floor):
            continue
        edges[count, 0] = x0 - x
        edges[count, 1] = x1 - x
        edges[count, 2] = y0 - y
        edges[count, 3] = (y1 - y0) / (x1 - x0)
        edges[count, 4] = sign
        count += 1
    return count


@njit(cache=True, nogil=True)
def _under(x0: float, y0: float, x1: float, y1: float, g: FloatArray) -> float:
    """∫ G(x, y(x)) dx along the line from (x0, y0) to (x1, y1)."""
    x, dx = 0.5 * (x0 + x1), 0.5 * (x1 - x0) * _NODE
    y, dy = 0.5 * (y0 + y1), 0.5 * (y1 - y0) * _NODE
    ends = _height(x - dx, y - dy, g) + _height(x + dx, y + dy, g)
    area: float = (x1 - x0) * (_SIDE * ends + _MIDDLE * _height(x, y, g))
    return area


@njit(cache=True, nogil=True)
def _height(x: float, y: float, g: FloatArray) -> float:
    """G(x, y)."""
    first = g[0, 0] + x * (g[1, 0] + x * (g[2, 0] + x * g[3, 0]))
    second = g[0, 1] + x * (g[1, 1] + x * g[2, 1])
    third = g[0, 2] + x * g[1, 2]
    total: float = y * (first + y * (second + y * (third + y * g[0, 3])))
    return total


@njit(cache=True, nogil=True)
def _common(a: FloatArray, b: FloatArray, g: FloatArray) -> tuple[float, float]:
    """Area of the intersection of two sets of edges (`_gather`), and the sum of the sizes of its terms."""
    total, size = 0.0, 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            left, right = max(a[i, 0], b[j, 0]), min(a[i, 1], b[j, 1])
            if left >= right:
                continue
            a_left, b_left = a[i, 2] + (left - a[i, 0]) * a[i, 3], b[j, 2] + (left - b[j, 0]) * b[j, 3]
            a_right, b_right = a[i, 2] + (right - a[i, 0]) * a[i, 3], b[j, 2] + (right - b[j, 0]) * b[j, 3]
            at_left, at_right = a_left - b_left, a_right - b_right
            if at_left <= 0.0 and at_right <= 0.0:
                term = _under(left, a_left, right, a_right, g)
            elif at_left >= 0.0 and at_right >= 0.0:
                term = _under(left, b_left, right, b_right, g)
            else:
                share = at_left / (at_left - at_right)
                x, y = left + share * (right - left), a_left + share * (a_right - a_left)
                if at_left < 0.0:
                    term = _under(left, a_left, x, y, g) + _under(x, y, right, b_right, g)
                else:
                    term = _under(left, b_left, x, y, g) + _under(x, y, right, a_right, g)
            total += a[i, 4] * b[j, 4] * term
            size += abs(term)
    return total, size


@njit(cache=True, nogil=True)
def pair_areas(left: Any, right: Any, pairs: IntArray, model: Any, out: FloatArray) -> None:
    """Fill `out` (n, 2) with the common area of n pairs of cells and with the size of its noise. [m²]

    Parameters
    ----------
    left, right
        `Cells`, counted from one origin.
    pairs
        (n, 2) a cell of each.
    model
        centre (2,), half (2,) and coefficients (k, k) of a `ScaleModel` from the same origin, and (2,) the last place
        of the coordinates as they were given: what two copies of a point may differ by.
    """
    centre, half, coefficients, ulp = model
    longest = 0
    for n in range(len(pairs)):
        a, b = pairs[n]
        longest = max(longest, left.ring_start[left.first_ring[a + 1]] - left.ring_start[left.first_ring[a]])
        longest = max(longest, right.ring_start[right.first_ring[b + 1]] - right.ring_start[right.first_ring[b]])
    ours, theirs = np.empty((longest, 5)), np.empty((longest, 5))
    box = np.empty(4)
    for n in range(len(pairs)):
        a, b = pairs[n]
        for side in range(2):
            box[side] = max(left.box[a, side], right.box[b, side])
            box[side + 2] = min(left.box[a, side + 2], right.box[b, side + 2])
        x, y = 0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3])
        some = _gather(left, a, box, right.box[b, 1], ours)
        others = _gather(right, b, box, left.box[a, 1], theirs)
        g = local_scale(coefficients, half, (x - centre[0]) / half[0], (y - centre[1]) / half[1])
        area, size = _common(ours[:some], theirs[:others], g)
        out[n, 0] = area
        strip = ulp[0] * (box[3] - box[1]) + ulp[1] * (box[2] - box[0])
        out[n, 1] = 2.0 * strip * g[0, 0] + 4.0 * _EPSILON * size
