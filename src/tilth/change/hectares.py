"""Hectare tables that close: areas rounded to 0.01 ha, then levelled so that every row and every column adds up.

Source: survey rules on hectare statistics (公顷面积调平): the control area in ha is levelled over villages, then each
village's classes to the village, in descending code order and, where there are any, only in classes above 1 ha.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tilth.change.places import Places
from tilth.core import DM2_PER_HA, Adjustment, AreaTable, IntArray, label
from tilth.overlay import level, level_groups

#: One unit of a hectare table: 0.01 ha in dm².
UNIT_DM2 = DM2_PER_HA // 100
#: Classes of a row above this area take the row's difference before smaller ones do: 1 ha in dm².
LARGE_DM2 = DM2_PER_HA


def rounded_ha(dm2: IntArray) -> IntArray:
    """Areas in whole 0.01 ha, half away from zero. Shape kept.

    >>> rounded_ha(np.array([5000, 4999, -5000]))
    array([ 1,  0, -1])
    """
    size = (2 * np.abs(dm2) + UNIT_DM2) // (2 * UNIT_DM2)
    rounded: IntArray = (np.sign(dm2) * size).astype(np.int64)
    return rounded


def levelled_ha(parts_dm2: IntArray) -> IntArray:
    """Areas of at least 0 in whole 0.01 ha that add up to their rounded sum.

    >>> levelled_ha(np.array([14_000, 14_000, 14_000]))
    array([2, 1, 1])
    """
    return level(rounded_ha(parts_dm2), int(rounded_ha(parts_dm2.sum(keepdims=True))[0]))


def shown_ha(dm2: int, levelled: int | None = None) -> int:
    """One area in whole 0.01 ha: as the land tables level it, where they do, else rounded.

    >>> shown_ha(12_345), shown_ha(12_345, 2)
    (1, 2)
    """
    return int(rounded_ha(np.array(dm2, dtype=np.int64))) if levelled is None else levelled


def level_places(totals_dm2: IntArray, places: Places) -> IntArray:
    """(places,) the total of each place in 0.01 ha, levelled to its county's rounded total.

    Parameters
    ----------
    totals_dm2
        (places,) area of each place. [dm²]
    """
    counties, group = np.unique(places.control, return_inverse=True)
    control = np.zeros(len(counties), dtype=np.int64)
    np.add.at(control, group, totals_dm2)
    held = totals_dm2 > 0  # a place without land stays at 0.00
    out = np.zeros_like(totals_dm2)
    if held.any():
        out[held] = level_groups(rounded_ha(totals_dm2[held]), group[held], rounded_ha(control))
    return out


def level_cells(cells_dm2: IntArray, totals: IntArray, codes: Sequence[str]) -> IntArray:
    """(rows, columns) cells in 0.01 ha, each row levelled to its total. No cell goes below zero.

    Parameters
    ----------
    cells_dm2
        (rows, columns) areas, 0 or more. [dm²]
    totals
        (rows,) what the row must add up to. [0.01 ha]
    codes
        (columns,) class codes; a difference is spread in descending code order.
    """
    rounded = rounded_ha(cells_dm2)
    descending = np.array(sorted(range(len(codes)), key=lambda index: codes[index], reverse=True), dtype=np.int64)
    for row in np.flatnonzero(rounded.sum(axis=1) != totals):
        rounded[row] = _level_row(cells_dm2[row], rounded[row], int(totals[row]), descending)
    return rounded


def _level_row(dm2: IntArray, cells: IntArray, total: int, descending: IntArray) -> IntArray:
    out = cells.copy()
    left = total - int(out.sum())
    for taken in (dm2 > LARGE_DM2, dm2 > 0):
        chosen = descending[taken[descending]]
        out[chosen], left = _spread(out[chosen], left)
    assert left == 0, (cells, total)
    return out


def _spread(cells: IntArray, units_left: int) -> tuple[IntArray, int]:
    """Give (or take) units evenly, the first cells one more; what cells at zero cannot give goes to the others."""
    out = cells.copy()
    while units_left:
        able = np.flatnonzero(out > 0) if units_left < 0 else np.arange(len(out))
        if not len(able):
            break
        each, more = divmod(abs(units_left), len(able))
        share = each + (np.arange(len(able)) < more)
        if units_left > 0:
            out[able] += share
            return out, 0
        share = np.minimum(share, out[able])
        out[able] -= share
        units_left += int(share.sum())
    return out, units_left


def adjusted(table: AreaTable, hectares: IntArray) -> AreaTable:
    """`table` with its hectares, and with every cell that differs from its own rounded value named."""
    moved = hectares - rounded_ha(table.dm2)
    why = label("CHANGE-LEVELLED")
    adjustments = tuple(
        Adjustment(table.id, table.rows[row].names, table.columns[column].code, int(moved[row, column]), why)
        for row, column in zip(*np.nonzero(moved), strict=True)
    )
    return replace(table, hectares=hectares, adjustments=adjustments)
