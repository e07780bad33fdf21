"""Polygons from a mesh: cells of one group become one polygon, whose rings are what is left of their edges."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from county.mesh import BoolArray, FloatArray, IntArray, Mesh

#: What is added to mesh coordinates: easting and northing in CGCS2000 / 3-degree Gauss-Kruger zone 38. [m]
ORIGIN_M = np.array([38_520_000.0, 4_200_000.0])
CRS = "EPSG:4526"
#: Coordinates are whole multiples of 0.1 mm, as geodatabases of the survey hold them.
_DECIMALS = 4
#: Rings made at a time, to bound memory.
_BLOCK_RINGS = 100_000


def polygons(mesh: Mesh, group: IntArray) -> Any:
    """(max(group) + 1,) polygons: cells with the same `group` (c,) joined, those with -1 left out."""
    half, ring_group, ring_first = _cycles(mesh, group)
    made = np.full(int(group.max()) + 1, shapely.Polygon(), dtype=object)
    starts = np.flatnonzero(np.diff(ring_group, prepend=-1))  # rings of one group stay together
    cuts = starts[np.searchsorted(starts, np.arange(0, len(ring_group), _BLOCK_RINGS))]
    for low, high in pairwise([*cuts, len(ring_group)]):
        rings, anticlockwise = _rings(mesh, half, ring_first[low : high + 1])
        _assemble(made, rings, anticlockwise, ring_group[low:high])
    return made


def _cycles(mesh: Mesh, group: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Half-edges in the order of rings, the group of each ring, and the first half-edge of each ring and the end."""
    of = np.where(mesh.cell >= 0, group[mesh.cell], -1)
    outer = (of >= 0) & (of != of[mesh.twin])
    following = mesh.following.copy()
    todo = np.flatnonzero(outer)
    todo = todo[~outer[following[todo]]]
    while len(todo):
        following[todo] = mesh.following[mesh.twin[following[todo]]]
        todo = todo[~outer[following[todo]]]
    kept = np.flatnonzero(outer)
    number = np.cumsum(outer) - 1
    leader, left = _ranked(number[following[kept]])
    order = np.lexsort((-left, leader, of[kept]))
    first = np.flatnonzero(np.diff(leader[order], prepend=-1))
    return kept[order], of[kept[order[first]]], np.append(first, len(kept))


def _ranked(following: IntArray) -> tuple[IntArray, IntArray]:
    """For cycles of `following` (n,): the least member of each one's cycle, and the steps that lead on to it."""
    leader, jump = np.arange(len(following)), following
    while True:
        least = np.minimum(leader, leader[jump])
        if np.array_equal(least, leader):
            break
        leader, jump = least, jump[jump]
    head = leader == np.arange(len(following))
    ends = head[following]
    jump = np.where(ends, np.arange(len(following)), following)  # the last of a cycle stays where it is
    left = np.where(ends, 0, 1)
    while (left[jump] > 0).any():
        left, jump = left + left[jump], jump[jump]
    return leader, left


def _rings(mesh: Mesh, half: IntArray, first: IntArray) -> tuple[Any, BoolArray]:
    """Linear rings of the half-edges from `first[i]` to `first[i + 1]`, and whether each runs anticlockwise."""
    half, first = half[first[0] : first[-1]], first - first[0]
    edge, forward = mesh.edge[half], mesh.forward[half]
    inner = mesh.bend_start[edge + 1] - mesh.bend_start[edge]
    owner = np.repeat(np.arange(len(half)), inner + 1)
    place = np.concatenate([[0], np.cumsum(inner + 1)])
    step = np.arange(place[-1]) - place[owner]
    base = np.where(forward, mesh.bend_start[edge] - 1, mesh.bend_start[edge + 1])
    bend = base[owner] + np.where(forward, 1, -1)[owner] * step
    xy = np.empty((place[-1], 2))
    at_node = step == 0
    xy[at_node] = mesh.node[mesh.start[half]]
    xy[~at_node] = mesh.bend[bend[~at_node]]
    ring_start = place[first]
    ring = np.repeat(np.arange(len(first) - 1), np.diff(ring_start))
    xy = np.round(xy + ORIGIN_M, _DECIMALS)
    signed = _signed_areas(xy - ORIGIN_M, ring_start)
    return shapely.linearrings(xy, indices=ring), signed > 0


def _signed_areas(xy: FloatArray, ring_start: IntArray) -> FloatArray:
    """(r,) areas of open rings, anticlockwise positive. [m²]"""
    count = np.diff(ring_start)
    local = xy - np.repeat(xy[ring_start[:-1]], count, axis=0)
    after = np.arange(1, len(xy) + 1)
    after[ring_start[1:] - 1] = ring_start[:-1]
    cross = local[:, 0] * local[after, 1] - local[after, 0] * local[:, 1]
    return np.asarray(np.add.reduceat(cross, ring_start[:-1]) / 2)


def _assemble(made: Any, rings: Any, anticlockwise: BoolArray, ring_group: IntArray) -> None:
    """Polygon or multipolygon of each group put into `made`; a clockwise ring is a hole of the part that it lies in."""
    alone = np.bincount(ring_group - ring_group[0])[ring_group - ring_group[0]] == 1
    made[ring_group[alone]] = shapely.polygons(rings[alone])
    several = np.flatnonzero(~alone)
    cuts = np.flatnonzero(np.diff(ring_group[several])) + 1
    for run in np.split(several, cuts) if len(several) else []:
        parts = shapely.polygons(rings[run[anticlockwise[run]]])
        holes = rings[run[~anticlockwise[run]]]
        inside = np.array([np.argmax(shapely.contains(parts, shapely.polygons(hole))) for hole in holes], dtype=int)
        full = [_with_holes(part, holes[inside == i]) for i, part in enumerate(parts)]
        made[ring_group[run[0]]] = full[0] if len(full) == 1 else shapely.multipolygons(full)


def _with_holes(part: Any, holes: Any) -> Any:
    return shapely.polygons(shapely.get_exterior_ring(part), holes) if len(holes) else part
