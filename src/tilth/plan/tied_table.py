"""Items as units of a problem of their own: one option for each form, with what all its units bring and take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import njit

from tilth.core import BoolArray, FloatArray, IntArray
from tilth.plan.compiled import Compiled
from tilth.plan.ties import Cells, Ties


@dataclass(frozen=True)
class ItemTable:
    """A problem whose units are items."""

    c: Compiled
    columns: IntArray  # (options) which of the columns asked for each option is


def narrowed(c: Compiled, keep: IntArray) -> Compiled:
    """The same problem with these options alone (places, in order); each unit keeps one at least."""
    unit = np.repeat(np.arange(c.n), np.diff(c.ptr))
    counts = np.bincount(unit[keep], minlength=c.n)
    assert counts.all()
    ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return replace(c, ptr=ptr, kind=c.kind[keep], cells=c.cells[keep], options=c.options[keep])


def item_table(
    c: Compiled, ties: Ties, cells: Cells, chosen: IntArray, picks: list[IntArray], turn: IntArray
) -> ItemTable:
    """Column `x` is cell `chosen[x]`, its units taking what `picks[turn[x]]` says for each part."""
    order = np.argsort(cells.item[chosen], kind="stable")
    chosen, turn = chosen[order], turn[order]
    unit_of_option = np.repeat(np.arange(c.n), np.diff(c.ptr))
    parts, of = cells.parts_of(chosen)
    option = np.stack(picks)[turn[of], parts]
    items, place = np.unique(cells.item[chosen], return_inverse=True)
    cls, row_ptr, row_of = _classes(c, place.reshape(-1)[of], c.cls[unit_of_option[option]], len(items))
    colour = _colours(c.rows, row_ptr, row_of)
    summed = np.zeros((len(chosen), 1 + int(colour.max(initial=-1)) + 1))
    _gather(
        summed, of, option, c.cls[unit_of_option[option]], c.kind, c.cells, *c.terms, c.row_ptr, c.row_of, colour
    )  # fmt: skip
    counts = np.bincount(place.reshape(-1), minlength=len(items))
    table = Compiled(
        ptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), kind=np.zeros(len(chosen), np.int64), cls=cls,
        cells=summed, term_ptr=np.arange(c.rows + 1), term_column=colour, term_weight=np.ones((c.rows, 1)),
        limit=c.limit, row_ptr=row_ptr, row_of=row_of, options=np.arange(len(chosen)), whole=c.whole,
    )  # fmt: skip
    return ItemTable(table, order)


def _classes(c: Compiled, item: IntArray, cls: IntArray, items: int) -> tuple[IntArray, IntArray, IntArray]:
    """(items) class of each item, and the rows of each class: those of all classes of its units."""
    pairs = np.unique(item * c.classes + cls)
    owner, one = pairs // c.classes, pairs % c.classes
    several = np.bincount(owner, minlength=items) > 1
    found = np.zeros(items, np.int64)
    found[owner] = one
    sets: dict[tuple[int, ...], int] = {}
    rows: list[IntArray] = [c.row_of[c.row_ptr[u] : c.row_ptr[u + 1]] for u in range(c.classes)]
    starts = np.searchsorted(owner, np.arange(items + 1))
    for at in np.flatnonzero(several).tolist():
        mixed = tuple(one[starts[at] : starts[at + 1]].tolist())
        if mixed not in sets:
            sets[mixed] = len(rows)
            rows.append(np.unique(np.concatenate([rows[u] for u in mixed])))
        found[at] = sets[mixed]
    row_ptr = np.concatenate([[0], np.cumsum([len(each) for each in rows])]).astype(np.int64)
    return found, row_ptr, np.concatenate([*rows, np.empty(0, np.int64)]).astype(np.int64)


def _colours(rows: int, row_ptr: IntArray, row_of: IntArray) -> IntArray:
    """(rows) a column for each row; rows that count the same item have different ones."""
    colour = np.full(rows, -1)
    classes_of: list[list[int]] = [[] for _ in range(rows)]
    for u in range(len(row_ptr) - 1):
        for r in row_of[row_ptr[u] : row_ptr[u + 1]].tolist():
            classes_of[r].append(u)
    for r in np.argsort([-len(one) for one in classes_of], kind="stable").tolist():
        near = {int(colour[o]) for u in classes_of[r] for o in row_of[row_ptr[u] : row_ptr[u + 1]].tolist()}
        colour[r] = next(free for free in range(rows) if free not in near)
    return colour.astype(np.int64)


@njit(cache=True)
def _gather(
    summed: Any, of: Any, option: Any, cls: Any, kind: Any, cells: Any, term_ptr: Any, term_column: Any,
    term_weight: Any, row_ptr: Any, row_of: Any, colour: Any,
) -> None:  # fmt: skip
    for at in range(len(of)):
        x, j, u = of[at], option[at], cls[at]
        summed[x, 0] += cells[j, 0]
        for a in range(row_ptr[u], row_ptr[u + 1]):
            r = row_of[a]
            for t in range(term_ptr[r], term_ptr[r + 1]):
                summed[x, 1 + colour[r]] += term_weight[t, kind[j]] * cells[j, 1 + term_column[t]]


__all__ = ["BoolArray", "FloatArray", "ItemTable", "item_table", "narrowed"]
