"""Ties as rows and columns for HiGHS: one number for each form of an item, and for each treatment a group may use."""

from __future__ import annotations

import numpy as np

from tilth.core import BoolArray, FloatArray, IntArray
from tilth.plan.compiled import Compiled
from tilth.plan.solver import Extra
from tilth.plan.ties import Either, Least, Level, Ties, cells_of


class _Rows:
    """Triplets that grow."""

    def __init__(self, count: int) -> None:
        self.columns, self.rows = count, 0
        self.parts: list[tuple[IntArray, IntArray, FloatArray]] = []
        self.low: list[FloatArray] = []
        self.high: list[FloatArray] = []
        self.shown: list[tuple[IntArray, IntArray]] = []

    def more_columns(self, count: int) -> IntArray:
        self.columns += count
        return np.arange(self.columns - count, self.columns)

    def more_rows(self, count: int, low: float, high: float) -> IntArray:
        self.low.append(np.full(count, low))
        self.high.append(np.full(count, high))
        self.rows += count
        return np.arange(self.rows - count, self.rows)

    def put(self, row: IntArray, column: IntArray, value: FloatArray | float) -> None:
        self.parts.append((row, column, np.broadcast_to(np.asarray(value, dtype=np.float64), row.shape)))


def extra_of(c: Compiled, ties: Ties) -> Extra:
    """What stands beside one column for each option and the rows that units and demands give."""
    unit = np.repeat(np.arange(c.n), np.diff(c.ptr))
    rows = _Rows(len(unit))
    cells = cells_of(c, ties)
    usable = np.zeros(len(unit), dtype=bool)
    usable[cells.order] = True
    size = np.bincount(ties.item, minlength=ties.items)
    several = np.flatnonzero(usable & (size[ties.item[unit]] > 1))
    if len(several):
        key = np.unique(ties.item[unit[several]] * ties.forms + ties.form[several], return_inverse=True)[1]
        column = rows.more_columns(int(key.max()) + 1)[key]
        part = np.unique(unit[several] * ties.forms + ties.form[several], return_index=True, return_inverse=True)
        row = rows.more_rows(len(part[0]), 0.0, 0.0)
        rows.put(row[part[2].reshape(-1)], several, 1.0)
        rows.put(row, column[part[1]], -1.0)
        rows.shown.append((column, several))
    for level in ties.levels:
        for rule in level.rules:
            _rule(rows, ties, level, rule, unit)
    row, column, value = (np.concatenate([one[k] for one in rows.parts] or [np.empty(0)]) for k in range(3))
    shown = [np.concatenate([one[k] for one in rows.shown] or [np.empty(0, np.int64)]) for k in range(2)]
    return Extra(
        rows.columns - len(unit), row.astype(np.int64), column.astype(np.int64), value,
        np.concatenate([*rows.low, np.empty(0)]), np.concatenate([*rows.high, np.empty(0)]), ~usable,
        shown[0], shown[1],
    )  # fmt: skip


def _rule(rows: _Rows, ties: Ties, level: Level, rule: Either | Least, unit: IntArray) -> None:
    group = level.member[unit]
    sides: list[BoolArray] = list(rule.sides) if isinstance(rule, Either) else [rule.forms]
    used = [rows.more_columns(level.count) for _ in sides]
    for column, side in zip(used, sides, strict=True):
        options = np.flatnonzero((group >= 0) & side[ties.form])
        owners, at = np.unique(unit[options], return_inverse=True)
        row = rows.more_rows(len(owners), -np.inf, 0.0)
        rows.put(row[at.reshape(-1)], options, 1.0)
        rows.put(row, column[level.member[owners]], -1.0)
        rows.shown.append((column[group[options]], options))
        if isinstance(rule, Least):
            row = rows.more_rows(level.count, 0.0, np.inf)
            rows.put(row[group[options]], options, rule.amount[unit[options]])
            rows.put(row, column, -rule.least)
    if isinstance(rule, Either):
        row = rows.more_rows(level.count, -np.inf, 1.0)
        for column in used:
            rows.put(row, column, 1.0)
