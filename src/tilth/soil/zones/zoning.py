"""Zones: land that hangs together and is alike in what drives salt, drawn by a rule that gives the same every time.

Rule: every driver is brought to variance 1, kinds are told by a column each; Ward's method joins only neighbours; the
tree is cut into the number that is asked for, or where the pseudo-F of Caliński and Harabasz 1974 is largest; what is
smaller than the least area goes to the neighbour from which it differs least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from tilth.core import BadInput, BoolArray, FloatArray, IntArray

#: More zones than this are not tried where no number is asked for.
MOST_ZONES = 12
#: How far beyond the number asked for a tree is cut to come to it after small zones are gone.
_DEEPER = 60
_NEAREST = 8


@dataclass(frozen=True)
class Driver:
    """What is known of n units under one name: numbers (NaN unknown) or kinds ("" unknown)."""

    name: str
    numbers: FloatArray | None = None
    kinds: npt.NDArray[np.object_] | None = None
    weight: float = 1.0

    @property
    def known(self) -> BoolArray:
        """(n,) Which units it is known of."""
        if self.numbers is not None:
            return np.asarray(np.isfinite(self.numbers))
        assert self.kinds is not None, self.name
        return np.array([one != "" for one in self.kinds], dtype=bool)


@dataclass(frozen=True, slots=True)
class Tried:
    """One number of zones: what it leaves after small ones are gone, and how well they part the drivers."""

    cut: int
    zones: int
    explained: float  # share of the drivers' variance that lies between zones
    pseudo_f: float


@dataclass(frozen=True)
class Zoned:
    """n units in zones numbered from 0, the largest first."""

    zone: IntArray  # (n,)
    by_neighbour: BoolArray  # (n,) a driver is not known: the zone of its neighbours
    tried: tuple[Tried, ...]
    links: IntArray  # (k, 2) pairs joined across a gap, as no chain of neighbours does
    pairs: IntArray  # (m, 2) neighbours

    @property
    def count(self) -> int:
        """Number of zones."""
        return int(self.zone.max()) + 1


def neighbours(shapes: npt.NDArray[np.object_], reach: float) -> IntArray:
    """(m, 2) Pairs of shapes that touch or come within `reach`, in their reference system's unit; the lower first."""
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=max(reach, 0.0))
    pairs = np.column_stack([one, other])[one < other]
    return np.asarray(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))], dtype=np.int64)


def links_across(pairs: IntArray, x: FloatArray, y: FloatArray) -> IntArray:
    """(k, 2) The shortest pairs that join what no chain of neighbours does: a shortest spanning tree of the parts."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
    from scipy.spatial import cKDTree

    count = len(x)
    points, near = np.column_stack([x, y]), _NEAREST
    while True:
        near = min(near, count)
        away, to = cKDTree(points).query(points, k=near)
        one, other = np.repeat(np.arange(count), near), np.asarray(to).reshape(-1)
        low, high, far = np.minimum(one, other), np.maximum(one, other), np.asarray(away).reshape(-1)
        fresh = low < high
        low, high, far = low[fresh], high[fresh], far[fresh] + 1.0  # a pair of neighbours costs nothing to speak of
        low, high = np.concatenate([pairs[:, 0], low]), np.concatenate([pairs[:, 1], high])
        far = np.concatenate([np.full(len(pairs), 1e-9), far])
        keys, first = np.unique(low * count + high, return_index=True)  # neighbours come first, so they stay
        graph = coo_array((far[first], (keys // count, keys % count)), shape=(count, count)).tocsr()
        if near == count or connected_components(graph, directed=False)[0] == 1:
            break
        near *= 4
    tree = minimum_spanning_tree(graph).tocoo()
    long = tree.data > 0.5
    found = np.sort(np.column_stack([tree.row[long], tree.col[long]]), axis=1)
    return found[np.lexsort((found[:, 1], found[:, 0]))].astype(np.int64)


def scaled(drivers: Sequence[Driver]) -> FloatArray:
    """(n, p) Columns of all drivers, each driver of variance `weight`² over the units; NaN where it is unknown.

    A driver that is the same everywhere says nothing and gives no column.
    """
    columns: list[FloatArray] = []
    for one in drivers:
        known = one.known
        if one.numbers is not None:
            own = [one.numbers.astype(np.float64)]
        else:
            assert one.kinds is not None
            own = [
                np.where(known, (one.kinds == kind).astype(np.float64), np.nan)
                for kind in sorted(set(one.kinds[known].tolist()))
            ]
        spread = sum(float(np.var(column[known])) for column in own) if known.any() else 0.0
        if spread > 0.0:
            columns += [(column - column[known].mean()) * (one.weight / np.sqrt(spread)) for column in own]
    return np.column_stack(columns) if columns else np.empty((len(drivers[0].known) if drivers else 0, 0))


def zoned(
    drivers: Sequence[Driver], pairs: IntArray, x: FloatArray, y: FloatArray, areas: IntArray, *,
    zones: int | None = None, most: int = MOST_ZONES, least: int = 0,
) -> Zoned:  # fmt: skip
    """Units in zones.

    Parameters
    ----------
    pairs
        Neighbours, as `neighbours` tells them. `x`, `y`: a place of each unit, for joining parts that do not touch.
    areas
        (n,) [dm²]
    zones
        How many; without, the number up to `most` at which pseudo-F is largest.
    least
        No zone is smaller. [dm²]

    Raises
    ------
    BadInput
        If no driver differs anywhere, too few units have all drivers, or the number cannot be had.
    """
    table = scaled(drivers)
    if table.shape[1] == 0:
        raise BadInput("SOIL-ZONES-ALIKE", names=", ".join(one.name for one in drivers))
    whole: BoolArray = np.asarray(np.isfinite(table).all(axis=1))
    wanted = zones or 2
    if zones is not None and zones < 1:
        raise BadInput("SOIL-ZONES-COUNT", zones=zones)
    if int(whole.sum()) < max(wanted, 2):
        raise BadInput("SOIL-ZONES-UNITS", units=int(whole.sum()), all=len(whole), zones=wanted)
    at = np.flatnonzero(whole)
    place = np.full(len(whole), -1, dtype=np.int64)
    place[at] = np.arange(len(at))
    own = place[pairs[whole[pairs].all(axis=1)]] if len(pairs) else np.empty((0, 2), dtype=np.int64)
    links = links_across(own, x[at], y[at])
    edges = np.concatenate([own, links])
    children = _tree(table[at], edges)
    found, tried = _chosen(children, table[at], edges, areas[at], zones, most, least)
    label = np.full(len(whole), -1, dtype=np.int64)
    label[at] = found
    label = _by_neighbours(label, pairs, x, y)
    return Zoned(_numbered(label, areas), ~whole, tried, at[links], pairs)


def _tree(table: FloatArray, edges: IntArray) -> IntArray:
    """(n - 1, 2) Which two each step of Ward's method joins; n + s is what step s made."""
    from scipy.sparse import coo_array
    from sklearn.cluster import ward_tree

    count = len(table)
    both = np.concatenate([edges, edges[:, ::-1]])
    graph = coo_array((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(count, count)).tocsr()
    children: IntArray = np.asarray(ward_tree(table, connectivity=graph)[0], dtype=np.int64)
    return children


def cut(children: IntArray, zones: int) -> IntArray:
    """(n,) The zone of each unit when a tree is cut into so many, numbered in no order."""
    count = len(children) + 1
    above = np.arange(count + len(children))
    for step in range(count - zones):
        above[children[step]] = count + step
    for node in range(count + len(children) - 1, -1, -1):  # parents have higher numbers, so they are done first
        above[node] = above[above[node]]
    return np.asarray(np.unique(above[:count], return_inverse=True)[1], dtype=np.int64)


def _chosen(
    children: IntArray, table: FloatArray, edges: IntArray, areas: IntArray, zones: int | None, most: int, least: int
) -> tuple[IntArray, tuple[Tried, ...]]:
    units = len(table)
    if zones is not None:
        best = 0
        for number in range(zones, min(units, max(zones * _DEEPER, 2)) + 1):
            found = absorbed(cut(children, number), table, edges, areas, least)
            best = max(best, int(found.max()) + 1)
            if found.max() + 1 == zones:
                return found, (_tried(number, found, table),)
        raise BadInput("SOIL-ZONES-LEAST", zones=zones, found=best, least=f"{least / 1e6:,.2f}")
    kept: tuple[IntArray, Tried] | None = None
    tried = []
    for number in range(2, min(most, units) + 1):
        found = absorbed(cut(children, number), table, edges, areas, least)
        told = _tried(number, found, table)
        tried.append(told)
        if told.zones > 1 and (kept is None or told.pseudo_f > kept[1].pseudo_f * (1 + 1e-12)):
            kept = found, told
    if kept is None:
        raise BadInput("SOIL-ZONES-LEAST", zones=2, found=1, least=f"{least / 1e6:,.2f}")
    return kept[0], tuple(tried)


def _tried(number: int, found: IntArray, table: FloatArray) -> Tried:
    """Pseudo-F: variance between zones over that within, each by its degrees of freedom; infinite where none is left
    within, 0 for one zone."""
    count, units = int(found.max()) + 1, len(table)
    means, _ = _means(found, table)
    total = float(((table - table.mean(axis=0)) ** 2).sum())
    within = float(((table - means[found]) ** 2).sum())
    explained = 1.0 - within / total
    if count == 1:
        return Tried(number, count, 0.0, 0.0)
    if within <= 1e-12 * total or count == units:
        return Tried(number, count, explained, float("inf"))
    return Tried(number, count, explained, (total - within) / (count - 1) / (within / (units - count)))


def _means(found: IntArray, table: FloatArray) -> tuple[FloatArray, FloatArray]:
    count = int(found.max()) + 1
    sizes = np.bincount(found, minlength=count).astype(np.float64)
    sums = np.column_stack([np.bincount(found, weights=column, minlength=count) for column in table.T])
    return sums / sizes[:, None], sizes


def absorbed(zone: IntArray, table: FloatArray, edges: IntArray, areas: IntArray, least: int) -> IntArray:
    """(n,) Zones of at least `least` dm²: the smallest goes to the neighbour that Ward's method would join it to, and
    so on. Numbered from 0."""
    found = zone.copy()
    while True:
        sums = np.bincount(found, weights=areas.astype(np.float64))
        small = int(np.argmin(sums))
        if sums[small] >= least or len(sums) == 1:
            return found
        ends = found[edges]
        beside = np.unique(np.concatenate([ends[ends[:, 0] == small, 1], ends[ends[:, 1] == small, 0]]))
        beside = beside[beside != small]
        means, sizes = _means(found, table)
        cost = sizes[beside] * sizes[small] / (sizes[beside] + sizes[small])
        cost = cost * ((means[beside] - means[small]) ** 2).sum(axis=1)
        found[found == small] = beside[int(np.argmin(cost))]
        found = np.asarray(np.unique(found, return_inverse=True)[1], dtype=np.int64)


def _by_neighbours(label: IntArray, pairs: IntArray, x: FloatArray, y: FloatArray) -> IntArray:
    """Units without a zone (-1) take that which most of their neighbours have, from the edge inwards; those without
    any neighbour in a zone take that of the nearest unit."""
    from scipy.spatial import cKDTree

    found = label.copy()
    both = np.concatenate([pairs, pairs[:, ::-1]]) if len(pairs) else np.empty((0, 2), dtype=np.int64)
    count = int(found.max()) + 1
    while (found < 0).any():
        open_, there = both[(found[both[:, 0]] < 0) & (found[both[:, 1]] >= 0)].T if len(both) else (both.T)
        if not len(open_):
            break
        units, of = np.unique(open_, return_inverse=True)
        votes = np.bincount(of * count + found[there], minlength=len(units) * count).reshape(len(units), count)
        found[units] = np.argmax(votes, axis=1)
    left, held = np.flatnonzero(found < 0), np.flatnonzero(found >= 0)
    if len(left):
        nearest = cKDTree(np.column_stack([x[held], y[held]])).query(np.column_stack([x[left], y[left]]))[1]
        found[left] = found[held[nearest]]
    return found


def _numbered(label: IntArray, areas: IntArray) -> IntArray:
    """Zones by area, the largest first; of equal ones that which holds the earlier unit."""
    sums = np.zeros(int(label.max()) + 1, dtype=np.int64)
    np.add.at(sums, label, areas)
    first = np.full(len(sums), len(label))
    np.minimum.at(first, label, np.arange(len(label)))
    order = np.lexsort((first, -sums))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[label]


def parts_of(zone: npt.NDArray[Any], pairs: IntArray) -> dict[Any, int]:
    """How many pieces each zone is in, by its neighbours."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(zone)
    inner = pairs[zone[pairs[:, 0]] == zone[pairs[:, 1]]] if len(pairs) else np.empty((0, 2), dtype=np.int64)
    graph = coo_array((np.ones(len(inner)), (inner[:, 0], inner[:, 1])), shape=(count, count))
    piece = connected_components(graph, directed=False)[1]
    return {one: len(np.unique(piece[zone == one])) for one in sorted(set(zone.tolist()))}


def weighted_median(values: FloatArray, weights: IntArray) -> float:
    """The value that half the weight lies at or below; NaN where nothing is known."""
    known = np.isfinite(values) & (weights > 0)
    if not known.any():
        return float("nan")
    order = np.argsort(values[known], kind="stable")
    running = np.cumsum(weights[known][order])
    at = int(np.searchsorted(running, running[-1] / 2.0))
    return float(values[known][order][at])
