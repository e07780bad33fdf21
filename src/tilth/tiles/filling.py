"""Polygons on a raster: which pixel's middle lies in which polygon, line by line; and what most of a block shows.

Compiled by numba on first use.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from tilth.core import IntArray
from tilth.overlay.options import LEAF, outer
from tilth.tiles.world import Units

Raster = npt.NDArray[np.uint16]


@njit(**LEAF)
def _sort(row: IntArray, x: IntArray, size: int) -> None:
    """Sort crossings by line, then by place; shrinking gaps."""
    gap = 1
    while 9 * gap < size:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(gap, size):
            a, b, at = row[k], x[k], k
            while at >= gap and (row[at - gap] > a or (row[at - gap] == a and x[at - gap] > b)):
                row[at], x[at] = row[at - gap], x[at - gap]
                at -= gap
            row[at], x[at] = a, b
        gap //= 3


@outer
def fill(
    polygons: tuple[int, int],
    xy: Units,
    ring_start: IntArray,
    first_ring: IntArray,
    shift: int,
    left: int,
    top: int,
    code: IntArray,
    out: Any,
) -> None:
    """Write each polygon's row of `code` (p, k) to the pixels of `out` (h, w, k) whose middles lie in it.

    A pixel has 2^shift units; `left` and `top` are the raster's first column and line.
    """
    high, wide, themes = out.shape
    size = 1 << shift
    half = size >> 1
    row, at = np.empty(256, np.int64), np.empty(256, np.int64)
    for p in range(polygons[0], polygons[1]):
        k = 0
        for ring in range(first_ring[p], first_ring[p + 1]):
            a, b = ring_start[ring], ring_start[ring + 1]
            before = b - 1
            for n in range(a, b):
                ax, ay = np.int64(xy[before, 0]), np.int64(xy[before, 1])
                bx, by = np.int64(xy[n, 0]), np.int64(xy[n, 1])
                before = n
                if ay > by:
                    ax, ay, bx, by = bx, by, ax, ay
                # lines whose middle lies in [ay, by)
                first, last = int(ay - half + size - 1) >> shift, int(by - half + size - 1) >> shift
                for line in range(max(first, top), min(last, top + int(high))):
                    if k == len(row):
                        more = np.empty((2, 2 * k), np.int64)
                        more[0, :k], more[1, :k] = row, at
                        row, at = more[0], more[1]
                    middle = (line << shift) + half
                    row[k] = line
                    at[k] = ax + int(np.floor((bx - ax) * ((middle - ay) / (by - ay))))
                    k += 1
        _sort(row, at, k)
        for n in range(0, k - 1, 2):
            first, last = int(at[n] - half + size - 1) >> shift, int(at[n + 1] - half + size - 1) >> shift
            for column in range(max(first - left, 0), min(last - left, int(wide))):
                for theme in range(themes):
                    out[row[n] - top, column, theme] = code[p, theme]


@outer
def most_of(
    given: Any,
    region: Raster,
    allowed: npt.NDArray[np.bool_],
    power: int,
    corner: tuple[int, int],
    given_corner: tuple[int, int],
    out: npt.NDArray[np.uint8],
) -> None:
    """What most of the ground in each block of 2^power pixels shows; 0 where less than half of it is anything.

    Parameters
    ----------
    given, given_corner
        (h, w) pixels, and the column and line of the first.
    region, allowed
        (h, w) where each pixel lies, and what may be seen of it; the latter is empty where all may.
    corner
        Column and line of the first block of `out`.
    """
    high, wide = given.shape
    side = 1 << power
    count = np.zeros(256, np.int64)
    for i in range(out.shape[0]):
        top = ((corner[1] + i) << power) - given_corner[1]
        for j in range(out.shape[1]):
            left = ((corner[0] + j) << power) - given_corner[0]
            a, b = max(top, 0), min(top + side, high)
            c, d = max(left, 0), min(left + side, wide)
            out[i, j] = 0
            if a >= b or c >= d:
                continue
            best, held = 0, 0
            for y in range(a, b):
                for x in range(c, d):
                    value = given[y, x]
                    if value == 0 or (len(allowed) > 0 and not allowed[region[y, x]]):
                        continue
                    count[value] += 1
                    held += 1
                    if count[value] > count[best] or (count[value] == count[best] and value < best):
                        best = value
            for y in range(a, b):
                for x in range(c, d):
                    count[given[y, x]] = 0
            if 2 * held >= side * side:
                out[i, j] = best
