"""Polygons straight from the well-known binary of a GeoParquet file, without an object for each.

Compiled by numba on first use.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit

from tilth.core import FloatArray, IntArray
from tilth.overlay.options import LEAF, outer
from tilth.overlay.rings import Rings, flatten, polygons, refuse_endless
from tilth.overlay.threads import blocks, in_threads

Bytes = npt.NDArray[np.uint8]
_BLOCK = 4_096
_POLYGON, _MULTIPOLYGON = 3, 6


def rings_of_wkb(values: Bytes, offsets: IntArray) -> Rings:
    """The polygons that well-known binary says; a missing one (no bytes) is empty. Heights are left out.

    Parameters
    ----------
    values, offsets
        All bytes, and (p + 1,) where each polygon's begin, as in an Arrow column of binary.

    Raises
    ------
    BadInput
        If a geometry is not a polygon or multipolygon, or has a coordinate that is not finite.
    """
    n = len(offsets) - 1
    size = np.zeros((n, 2), np.int64)
    in_threads(lambda block: _count(values, offsets, (block.start, block.stop), size), blocks(n, _BLOCK))
    if (size < 0).any():  # other byte orders, other kinds: seldom, and shapely knows them all
        texts = [values[a:b].tobytes() or None for a, b in pairwise(offsets.tolist())]
        return flatten(polygons(shapely.from_wkb(np.array(texts, dtype=object))))
    first_ring, first = (np.concatenate([[0], np.cumsum(one)]).astype(np.int64) for one in size.T)
    ring_start, hole = np.zeros(first_ring[-1] + 1, np.int64), np.zeros(first_ring[-1], dtype=bool)
    xy = np.empty((first[-1], 2))
    in_threads(
        lambda block: _fill(values, offsets, (block.start, block.stop), first_ring, first, ring_start, hole, xy),
        blocks(n, _BLOCK),
    )
    ring_start[-1] = len(xy)
    rings = Rings(xy, ring_start, first_ring, hole)
    if not np.isfinite(xy.sum()):
        refuse_endless(rings)
    return rings


@njit(**LEAF)
def _whole(values: Bytes, at: int) -> int:
    """The four bytes at `at` as a number, the last byte first."""
    found = 0
    for place in range(3, -1, -1):
        found = found * 256 + int(values[at + place])
    return found


@njit(**LEAF)
def _head(values: Bytes, at: int, end: int) -> tuple[int, int, int]:
    """Kind of the geometry at `at`, numbers a coordinate has, and where its counts begin; kind -1 if unreadable."""
    if at + 9 > end or values[at] != 1:
        return -1, 0, 0
    code = _whole(values, at + 1)
    extended = code >> 28
    kind, more = (code & 0xFFFF) % 1000, (code & 0xFFFF) // 1000
    if extended & 2 or more > 3:  # a reference system before the counts
        return -1, 0, 0
    numbers = 2 + (more in (1, 2)) + 2 * (more == 3) + (extended >> 3 & 1) + (extended >> 2 & 1)
    return kind, numbers, at + 5


@outer
def _count(values: Bytes, offsets: IntArray, rows: tuple[int, int], size: IntArray) -> None:
    """Fill `size` (p, 2) of `rows` (from, to) with how many rings and coordinates each has; -1 where unreadable."""
    for p in range(rows[0], rows[1]):
        at, end = offsets[p], offsets[p + 1]
        if at == end:
            continue
        kind, numbers, at = _head(values, at, end)
        parts, nested = 1, kind == _MULTIPOLYGON
        if nested:
            parts = _whole(values, at)
            at += 4
        rings, points = 0, 0
        readable = kind in (_POLYGON, _MULTIPOLYGON)
        for _ in range(parts):
            if nested:
                kind, numbers, at = _head(values, at, end)
                readable = readable and kind == _POLYGON
            if not readable:
                break
            count = _whole(values, at)
            at += 4
            for _ in range(count):
                if at + 4 > end:
                    readable = False
                    break
                length = _whole(values, at)
                at += 4 + 8 * numbers * length
                rings += length > 0
                points += length
            if at > end:
                readable = False
        size[p, 0], size[p, 1] = (rings, points) if readable else (-1, -1)


@outer
def _fill(
    values: Bytes,
    offsets: IntArray,
    rows: tuple[int, int],
    first_ring: IntArray,
    first: IntArray,
    ring_start: IntArray,
    hole: FloatArray,
    xy: FloatArray,
) -> None:
    """Write the rings of `rows` (from, to) to the places that `_count` made for them."""
    out = xy.reshape(-1).view(np.uint8)
    for p in range(rows[0], rows[1]):
        at, end = offsets[p], offsets[p + 1]
        if at == end:
            continue
        kind, numbers, at = _head(values, at, end)
        parts, nested = 1, kind == _MULTIPOLYGON
        if nested:
            parts = _whole(values, at)
            at += 4
        ring, n = first_ring[p], first[p]
        for _ in range(parts):
            if nested:
                kind, numbers, at = _head(values, at, end)
            count = _whole(values, at)
            at += 4
            for r in range(count):
                length = _whole(values, at)
                at += 4
                if length > 0:
                    ring_start[ring], hole[ring] = n, r > 0
                    ring += 1
                if numbers == 2:
                    for byte in range(16 * length):
                        out[16 * n + byte] = values[at + byte]
                else:
                    for k in range(length):
                        for byte in range(16):
                            out[16 * (n + k) + byte] = values[at + 8 * numbers * k + byte]
                n += length
                at += 8 * numbers * length
