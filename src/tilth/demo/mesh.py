"""Coverages: polygons that share their edges exactly. Who touches whom, and joining them without moving a vertex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from tilth.core import FloatArray, IntArray

Polygons = npt.NDArray[Any]  # an object array of shapely polygons

MM = 1000.0


@dataclass(frozen=True)
class Borders:
    """Pairs of polygons that share a border, `left < right`, and how long it is. [m]"""

    left: IntArray
    right: IntArray
    length: FloatArray

    def both_ways(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Each pair from either side."""
        return (
            np.concatenate([self.left, self.right]),
            np.concatenate([self.right, self.left]),
            np.concatenate([self.length, self.length]),
        )


@dataclass(frozen=True)
class Segments:
    """Every edge of a set of polygons, with one key for the two directions of the same edge."""

    polygon: IntArray
    key: IntArray
    length: FloatArray


def segments(polygons: Polygons) -> Segments:
    """The edges of `polygons`; points are told apart at 1 mm."""
    rings, of_ring = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    whole = np.rint(xy * MM).astype(np.int64)
    whole -= whole.min(axis=0)
    _, point = np.unique(whole[:, 0] * (whole[:, 1].max() + 1) + whole[:, 1], return_inverse=True)
    inside = ring[1:] == ring[:-1]
    a, b = point[:-1][inside], point[1:][inside]
    length = np.hypot(*(xy[1:] - xy[:-1])[inside].T)
    key = np.minimum(a, b) * (point.max() + 1) + np.maximum(a, b)
    return Segments(of_ring[ring[:-1][inside]], key, length)


def borders(polygons: Polygons) -> Borders:
    """Which polygons share edges. Each edge belongs to at most two polygons."""
    edges = segments(polygons)
    order = np.argsort(edges.key, kind="stable")
    key, polygon, length = edges.key[order], edges.polygon[order], edges.length[order]
    twin = np.flatnonzero(key[1:] == key[:-1])
    a, b = polygon[twin], polygon[twin + 1]
    left, right = np.minimum(a, b), np.maximum(a, b)
    pair, where = np.unique(left * len(polygons) + right, return_inverse=True)
    shared = np.bincount(where, weights=length[twin], minlength=len(pair))
    keep = pair // len(polygons) != pair % len(polygons)
    return Borders((pair // len(polygons))[keep], (pair % len(polygons))[keep], shared[keep])


def dissolve(polygons: Polygons, group: IntArray) -> tuple[Polygons, IntArray]:
    """Join the polygons of each group; parts that do not touch stay apart.

    Returns
    -------
    The joined polygons, and for each the position of one of its members (the largest of the group), in order of the
    group's first member.
    """
    area = shapely.area(polygons)
    order = np.lexsort([-area, group])
    starts = np.flatnonzero(np.r_[True, group[order][1:] != group[order][:-1]])
    joined: list[Any] = []
    member: list[int] = []
    for positions in np.split(order, starts[1:]):
        first = int(positions[0])
        parts = [polygons[first]] if len(positions) == 1 else _joined(polygons[positions])
        joined.extend(parts)
        member.extend([first] * len(parts))
    out = np.empty(len(joined), dtype=object)
    out[:] = joined
    return out, np.array(member, dtype=np.int64)


def _joined(polygons: Polygons) -> list[Any]:
    parts = shapely.get_parts(shapely.coverage_union_all(polygons))
    return sorted(parts, key=lambda part: -float(part.area))


@dataclass(frozen=True)
class _Corner:
    """A vertex of a ring with the ones before and after it."""

    polygon: int
    before: tuple[float, float]
    tip: tuple[float, float]
    after: tuple[float, float]


def blunt(polygons: Polygons, degrees: float = 2.5, mouth_m: float = 1.2) -> Polygons:
    """The coverage without needles: a very sharp corner is cut off and goes to the neighbour on one side of it.

    No vertex moves; only to whom the thin triangle at the corner belongs changes.
    """
    out = polygons.copy()
    for _ in range(20):
        needles = _needles(out, degrees, mouth_m)
        if not needles:
            return out
        done: set[int] = set()
        tree = shapely.STRtree(out)
        for corner in needles:
            near = [int(i) for i in tree.query(shapely.Point(corner.tip), predicate="intersects")]
            if done.isdisjoint(near):
                done.update(near)
                _cut_off(out, corner, near)
    raise AssertionError(f"{len(needles)} needles are left")


def _needles(polygons: Polygons, degrees: float, mouth_m: float) -> list[_Corner]:
    rings, of_ring = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    first = np.r_[0, np.flatnonzero(np.diff(ring)) + 1]
    last = np.r_[first[1:], len(xy)] - 1
    index = np.arange(len(xy))
    before, after = index - 1, index + 1
    before[first], after[last] = last - 1, first + 1
    u, v = xy[before] - xy, xy[np.minimum(after, len(xy) - 1)] - xy
    cross, dot = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]), (u * v).sum(axis=1)
    longer = np.maximum(np.hypot(*u.T), np.hypot(*v.T))
    sharp = (np.rad2deg(np.arctan2(cross, dot)) < degrees) & (cross <= mouth_m * longer)
    sharp[last] = False
    return [
        _Corner(int(of_ring[ring[i]]), *(tuple(xy[j].tolist()) for j in (before[i], i, after[i])))
        for i in np.flatnonzero(sharp)
    ]


def _cut_off(polygons: Polygons, corner: _Corner, near: list[int]) -> None:
    """Take `tip` out of its ring; the ring that runs along before–tip or tip–after takes the triangle."""
    for start, end, third in (
        (corner.before, corner.tip, corner.after),
        (corner.after, corner.tip, corner.before),
    ):
        for other in near:
            grown = None if other == corner.polygon else _with_detour(polygons[other], start, end, third)
            if grown is not None:
                polygons[other] = grown
                polygons[corner.polygon] = _edited(
                    polygons[corner.polygon], lambda p: [q for q in p if q != corner.tip]
                )
                return
    raise AssertionError("a needle without a neighbour")


def _with_detour(polygon: Any, start: Any, end: Any, third: Any) -> Any | None:
    """The polygon with `third` put between its neighbouring vertices `start` and `end`; None if it has no such edge."""
    found = False

    def detour(ring: list[Any]) -> list[Any]:
        nonlocal found
        for i, (a, b) in enumerate(zip(ring, ring[1:] + ring[:1], strict=True)):
            if {a, b} == {start, end}:
                found = True
                ring = [*ring[: i + 1], third, *ring[i + 1 :]]
                break
        else:
            return ring
        at = ring.index(end)
        if ring[at - 1] == ring[(at + 1) % len(ring)]:  # the tip was this polygon's too: nothing is left of it
            ring = [p for i, p in enumerate(ring) if i not in (at, (at + 1) % len(ring))]
        return ring

    edited = _edited(polygon, detour)
    return edited if found else None


def _edited(polygon: Any, edit: Any) -> Any:
    rings = [edit([tuple(p) for p in shapely.get_coordinates(r)[:-1].tolist()]) for r in shapely.get_rings(polygon)]
    return shapely.Polygon(rings[0], rings[1:])


def absorb(
    polygons: Polygons, small: npt.NDArray[np.bool_], rank: IntArray, *, only_rank: bool = False, rounds: int = 6
) -> tuple[Polygons, IntArray]:
    """Join every small polygon to the neighbour with the longest common border.

    Neighbours of the same `rank` go first, others only where there is none, or never if `only_rank`. A polygon that
    has itself been chosen to be absorbed takes nobody in during that round.

    Returns
    -------
    The polygons that remain, and for each the position of the polygon whose properties it keeps.
    """
    owner = np.arange(len(polygons))
    for _ in range(rounds):
        todo = small[owner]
        if not todo.any():
            break
        group = _absorbing_groups(polygons, todo, rank[owner], only_rank)
        if (group == np.arange(len(polygons))).all():
            break
        keeps = group == np.arange(len(polygons))
        joined, member = dissolve(polygons, group)
        # the largest member of a group is its properties' owner only if it is not one of the small ones
        survivor = group[member]
        assert keeps[survivor].all()
        polygons, owner = joined, owner[survivor]
    return polygons, owner


def _absorbing_groups(polygons: Polygons, todo: npt.NDArray[np.bool_], rank: IntArray, only_rank: bool) -> IntArray:
    me, other, length = borders(polygons).both_ways()
    usable = todo[me] & ~todo[other] & ((rank[me] == rank[other]) | (not only_rank))
    me, other, length = me[usable], other[usable], length[usable]
    order = np.lexsort([other, -length, rank[me] != rank[other], me])
    first = order[np.r_[True, me[order][1:] != me[order][:-1]]] if len(order) else order
    group = np.arange(len(polygons))
    group[me[first]] = other[first]
    return group
