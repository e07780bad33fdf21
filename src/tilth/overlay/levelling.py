"""Levelling: measured parts are moved by single units, so that they add up to a whole that is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.core import IntArray

#: Many parts in groups of few are dealt by compiled code, which is not worth its loading for less.
MANY, FEW = 20_000, 1_000


def level(parts: npt.ArrayLike, total: int, order: Any = None) -> IntArray:
    """`parts` moved by as few units each as will make them add up to `total`.

    The survey's rule: the parts that count are sorted by size, largest first; of n units to give (or take) among k
    parts, the first n mod k get one more than n div k, the others n div k.

    A part of size 0 counts only if all are 0, so nothing comes out of nothing while there is something to grow. A
    part that would become negative is left as it is, and its units are levelled over the other parts by the same
    rule. When every part still in line is smaller than its share, parts are used up, the largest first.

    Parameters
    ----------
    parts
        (k,) whole units (dm² for parcels, 0.01 ha for tables), none negative.
    total
        What they shall add up to, not negative.
    order
        (k,) keys, numbers or texts: among parts of one size the lower key comes first. Positions if None.

    Returns
    -------
    (k,) levelled parts, none negative, their sum `total`.

    Raises
    ------
    ValueError
        If a part or `total` is negative, or there are no parts for a total other than 0.

    >>> level([3333, 3333, 3333], 10000), level([60002, 39999, 4], 100000)
    (array([3334, 3333, 3333]), array([60000, 39997,     3]))
    """
    sizes = _units(parts)
    return level_groups(sizes, np.zeros(len(sizes), dtype=np.int64), np.array([total]), order)


def level_groups(
    parts: npt.ArrayLike, group_index: npt.ArrayLike, totals: npt.ArrayLike, order: Any = None
) -> IntArray:
    """`level` within each of g groups at once.

    Parameters
    ----------
    parts, order
        (k,) as for `level`.
    group_index
        (k,) the group of each part, 0 to g - 1, in any order.
    totals
        (g,) what the parts of each group shall add up to.

    Returns
    -------
    (k,) levelled parts in the order given.

    >>> level_groups([5, 7, 5], [0, 1, 0], [11, 6])
    array([6, 6, 5])
    """
    sizes, wanted = _units(parts), _units(totals)
    group = np.asarray(group_index, dtype=np.int64)
    if group.shape != sizes.shape or (len(group) and not 0 <= group.min() <= group.max() < len(wanted)):
        raise ValueError(f"each of {len(sizes)} parts needs a group from 0 to {len(wanted) - 1}")
    short = wanted - _sums(sizes, group, len(wanted))
    counts = np.bincount(group, minlength=len(wanted))
    if np.any((short != 0) & (counts == 0)):
        raise ValueError("a total other than 0 needs at least one part")
    keys = _keys(order, len(sizes))
    if len(sizes) >= MANY and counts.max(initial=0) <= FEW:
        from tilth.overlay.dealing import dealt

        line, moved, refused = dealt(sizes, group, keys, short, counts)
    else:
        line = np.lexsort((keys, -sizes, group))
        moved, refused = _deal(sizes[line], group[line], short)
    ends = np.cumsum(counts)
    for one in refused:
        own = slice(ends[one] - counts[one], ends[one])
        moved[own] = _take(sizes[line[own]], int(-short[one]))
    levelled = np.empty_like(sizes)
    levelled[line] = sizes[line] + moved
    assert levelled.min(initial=0) >= 0, levelled.min()
    assert np.array_equal(_sums(levelled, group, len(wanted)), wanted)
    return levelled


def _deal(sizes: IntArray, group: IntArray, short: IntArray) -> tuple[IntArray, IntArray]:
    """Units for each member of a line sorted by group and size, and the groups where one would become negative."""
    largest = np.zeros(len(short), dtype=np.int64)
    np.maximum.at(largest, group, sizes)
    counts = (sizes > 0) | (largest[group] == 0)
    members = np.bincount(group, weights=counts, minlength=len(short)).astype(np.int64)
    units = np.abs(short)
    each, more = units // np.maximum(members, 1), units % np.maximum(members, 1)
    starts = np.searchsorted(group, np.arange(len(short)))
    place = np.arange(len(sizes)) - starts[group]  # members of size 0 stand at the end of their group
    moved = np.where(counts, np.sign(short)[group] * (each[group] + (place < more[group])), 0)
    return moved, np.unique(group[sizes + moved < 0])


def _take(sizes: IntArray, units: int) -> IntArray:
    """What each of `sizes` (largest first) gives up when `units` are taken and some cannot bear their share."""
    taken = np.zeros_like(sizes)
    line = np.flatnonzero(sizes)
    while units:
        each, more = divmod(units, len(line))
        share = each + (np.arange(len(line)) < more)
        able = sizes[line] - taken[line] >= share
        if not able.any():
            return -_used_up(sizes, taken, units)
        taken[line[able]] += share[able]
        units, line = int(share[~able].sum()), line[able]
    return -taken


def _used_up(sizes: IntArray, taken: IntArray, units: int) -> IntArray:
    """`taken` and `units` more, whatever is left of one member after the other, the largest first."""
    left = sizes - taken
    line = np.argsort(-left, kind="stable")
    before = np.concatenate([[0], np.cumsum(left[line])[:-1]])
    more = np.zeros_like(sizes)
    more[line] = np.clip(units - before, 0, left[line])
    return taken + more


def _units(values: npt.ArrayLike) -> IntArray:
    units = np.asarray(values)
    if units.ndim != 1 or (units.size and (not np.issubdtype(units.dtype, np.integer) or units.min() < 0)):
        raise ValueError("parts and totals must be whole numbers, none negative, in one row")
    return units.astype(np.int64)


def _sums(values: IntArray, group: IntArray, groups: int) -> IntArray:
    sums = np.zeros(groups, dtype=np.int64)
    np.add.at(sums, group, values)
    return sums


def _keys(order: Any, length: int) -> IntArray:
    """(k,) whole numbers that sort as `order` does."""
    if order is None:
        return np.arange(length)
    keys = np.asarray(order)
    if keys.shape != (length,):
        raise ValueError(f"order needs one key for each of {length} parts")
    return keys.astype(np.int64) if keys.dtype.kind == "i" else np.unique(keys, return_inverse=True)[1]
