"""Coordinates of a survey brought to the world's units.

A projection is smooth: between points some kilometres apart it is a cubic to far less than a unit. So the projection
itself is asked at the nodes of a net, and the coordinates in between are interpolated, with a sample of them compared.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, FloatArray, IntArray
from tilth.overlay.ellipsoid import surface
from tilth.overlay.options import outer
from tilth.tiles.world import Units, units_of

#: Distance between the nodes of the net. [m]
PITCH_M = 4_000.0
#: An edge longer than this is cut into equal parts, so that it keeps its course. [m]
LONGEST_M = 500.0
#: A net has no more nodes than this: what covers more is asked point by point.
_MOST_NODES = 1_000_000
#: Interpolated coordinates differ by no more than this from the projection's. [units]
_NEAR = 0.05


Holes = npt.NDArray[np.uint8]


class Net(NamedTuple):
    """The projection at nodes `pitch` apart, the first of them at `first`."""

    first: FloatArray  # (2,) coordinate units
    pitch: float
    node: FloatArray  # (nx, ny, 2) units of the world


def exact(xy: FloatArray, crs: Any) -> FloatArray:
    """(n, 2) where points of `crs` lie, in units. BadInput where one lies outside the projection."""
    longitude, latitude = surface(crs).position(xy[:, 0], xy[:, 1])
    return np.ascontiguousarray(units_of(longitude, latitude).T)


def net_over(box: FloatArray, crs: Any) -> Net | None:
    """The net over a box (4,); None where it would be too large, or some of it lies outside the projection."""
    pitch = surface(crs).length(PITCH_M)
    first = box[:2] - 2.0 * pitch
    nx, ny = (np.ceil((box[2:] - first) / pitch) + 3).astype(np.int64).tolist()
    if not np.isfinite(box).all() or nx * ny > _MOST_NODES:
        return None
    x, y = first[0] + pitch * np.arange(nx), first[1] + pitch * np.arange(ny)
    nodes = np.column_stack([np.repeat(x, ny), np.tile(y, nx)])
    try:
        node = exact(nodes, crs).reshape(nx, ny, 2)
    except BadInput:  # outside of the projection: then every point is asked by itself
        return None
    return Net(first, pitch, node) if np.isfinite(node).all() else None


def carried(xy: FloatArray, crs: Any, net: Net | None) -> FloatArray:
    """(n, 2) where points lie, in units, not rounded."""
    if net is None or len(xy) == 0:
        return exact(xy, crs)
    out = np.empty((len(xy), 2))
    _interpolate(xy, net.first, net.pitch, net.node, out)
    some = slice(None, None, max(1, len(xy) // 64))
    if np.abs(exact(xy[some], crs) - out[some]).max() > _NEAR:
        return exact(xy, crs)
    return out


@outer
def _interpolate(xy: FloatArray, first: FloatArray, pitch: float, node: FloatArray, out: FloatArray) -> None:
    """Cubics through four nodes each way."""
    for n in range(len(xy)):
        u, v = (xy[n, 0] - first[0]) / pitch, (xy[n, 1] - first[1]) / pitch
        i, j = int(np.floor(u)), int(np.floor(v))
        i, j = min(max(i, 1), node.shape[0] - 3), min(max(j, 1), node.shape[1] - 3)
        u, v = u - i, v - j
        a0, a1 = -u * (u - 1.0) * (u - 2.0) / 6.0, (u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0
        a2, a3 = -(u + 1.0) * u * (u - 2.0) / 2.0, (u + 1.0) * u * (u - 1.0) / 6.0
        b0, b1 = -v * (v - 1.0) * (v - 2.0) / 6.0, (v + 1.0) * (v - 1.0) * (v - 2.0) / 2.0
        b2, b3 = -(v + 1.0) * v * (v - 2.0) / 2.0, (v + 1.0) * v * (v - 1.0) / 6.0
        for k in range(2):
            c0 = b0 * node[i - 1, j - 1, k] + b1 * node[i - 1, j, k] + b2 * node[i - 1, j + 1, k]
            c1 = b0 * node[i, j - 1, k] + b1 * node[i, j, k] + b2 * node[i, j + 1, k]
            c2 = b0 * node[i + 1, j - 1, k] + b1 * node[i + 1, j, k] + b2 * node[i + 1, j + 1, k]
            c3 = b0 * node[i + 2, j - 1, k] + b1 * node[i + 2, j, k] + b2 * node[i + 2, j + 1, k]
            c0 += b3 * node[i - 1, j + 2, k]
            c1 += b3 * node[i, j + 2, k]
            c2 += b3 * node[i + 1, j + 2, k]
            c3 += b3 * node[i + 2, j + 2, k]
            out[n, k] = a0 * c0 + a1 * c1 + a2 * c2 + a3 * c3


@outer
def stepped(xy: FloatArray, ring_start: IntArray, longest: float) -> tuple[FloatArray, IntArray]:
    """The rings with every edge longer than `longest` cut into equal parts, at the same points both ways."""
    more = 0
    for ring in range(len(ring_start) - 1):
        for n in range(ring_start[ring], ring_start[ring + 1] - 1):
            far = np.hypot(xy[n + 1, 0] - xy[n, 0], xy[n + 1, 1] - xy[n, 1])
            if far > longest:
                more += int(np.ceil(far / longest)) - 1
    out, start = np.empty((len(xy) + more, 2)), np.empty(len(ring_start), np.int64)
    k = 0
    for ring in range(len(ring_start) - 1):
        start[ring] = k
        for n in range(ring_start[ring], ring_start[ring + 1]):
            out[k, 0], out[k, 1] = xy[n, 0], xy[n, 1]
            k += 1
            if n + 1 == ring_start[ring + 1]:
                continue
            far = np.hypot(xy[n + 1, 0] - xy[n, 0], xy[n + 1, 1] - xy[n, 1])
            if far <= longest:
                continue
            parts = int(np.ceil(far / longest))
            ahead = xy[n, 0] < xy[n + 1, 0] or (xy[n, 0] == xy[n + 1, 0] and xy[n, 1] <= xy[n + 1, 1])
            a, b = (n, n + 1) if ahead else (n + 1, n)
            for part in range(1, parts):
                share = (part if ahead else parts - part) / parts
                out[k, 0] = xy[a, 0] + (xy[b, 0] - xy[a, 0]) * share
                out[k, 1] = xy[a, 1] + (xy[b, 1] - xy[a, 1]) * share
                k += 1
    start[len(ring_start) - 1] = k
    return out, start


@outer
def rounded(
    at: FloatArray, ring_start: IntArray, first_ring: IntArray, hole: Holes
) -> tuple[Units, IntArray, IntArray, Holes, FloatArray]:
    """Points as whole units, each ring without its repeated points and its closing one; rings of fewer than three
    points are left out. Returns points, first point of each ring, first ring of each polygon, holes, boxes (p, 4)."""
    xy, start = np.empty((len(at), 2), np.int32), np.empty(len(ring_start), np.int64)
    first, kept = np.zeros(len(first_ring), np.int64), np.empty(len(hole), np.uint8)
    box = np.full((len(first_ring) - 1, 4), np.nan)
    k, r = 0, 0
    for p in range(len(first_ring) - 1):
        first[p] = r
        for ring in range(first_ring[p], first_ring[p + 1]):
            begin = k
            for n in range(ring_start[ring], ring_start[ring + 1]):
                x, y = np.int32(np.floor(at[n, 0] + 0.5)), np.int32(np.floor(at[n, 1] + 0.5))
                if k == begin or xy[k - 1, 0] != x or xy[k - 1, 1] != y:
                    xy[k, 0], xy[k, 1] = x, y
                    k += 1
            while k - begin > 1 and xy[k - 1, 0] == xy[begin, 0] and xy[k - 1, 1] == xy[begin, 1]:
                k -= 1
            if k - begin < 3:
                k = begin
                continue
            start[r], kept[r] = begin, hole[ring]
            r += 1
            for n in range(begin, k):
                for axis in range(2):
                    if not box[p, axis] <= xy[n, axis]:
                        box[p, axis] = xy[n, axis]
                    if not box[p, 2 + axis] >= xy[n, axis]:
                        box[p, 2 + axis] = xy[n, axis]
    start[r], first[len(first_ring) - 1] = k, r
    return xy[:k], start[: r + 1], first, kept[:r], box
