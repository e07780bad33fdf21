"""What ties units together, as the solver sees it: items that go one way, and rules of groups of items.

Units of a block that is taken whole are one item, any other unit is an item of its own. An item takes one form (a
treatment and its year, or as much of it as rules tell apart); each of its units then any of its options of that form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tilth.core import BoolArray, FloatArray, IntArray
from tilth.plan.compiled import Compiled


@dataclass(frozen=True)
class Least:
    """In each group forms are taken on at least so much, or not at all."""

    forms: BoolArray  # (forms)
    amount: FloatArray  # (n) what a unit adds where it takes them
    least: float


@dataclass(frozen=True)
class Either:
    """In each group the forms of one side at most are used."""

    sides: BoolArray  # (sides, forms)


Rule = Least | Either


@dataclass(frozen=True)
class Level:
    """A grouping of units and its rules."""

    by: str  # its label; empty where all units are one group
    member: IntArray  # (n) the group of each unit; -1 where it has none
    count: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Ties:
    """All that ties units together. Coarse levels stand before fine ones."""

    form: IntArray  # (K) form of each option
    forms: int
    item: IntArray  # (n) item of each unit
    items: int
    levels: tuple[Level, ...]

    def kept(self, c: Compiled, pick: IntArray) -> bool:
        """Whether a plan keeps all of it; amounts are added up exactly."""
        form = self.form[pick]
        order = np.argsort(self.item, kind="stable")
        same = np.diff(self.item[order]) == 0
        if np.any(same & (np.diff(form[order]) != 0)):
            return False
        return all(_rule_kept(level, rule, form) for level in self.levels for rule in level.rules)


def _rule_kept(level: Level, rule: Rule, form: IntArray) -> bool:
    inside = level.member >= 0
    group, form = level.member[inside], form[inside]
    if isinstance(rule, Either):
        used = sum((np.bincount(group, side[form], level.count) > 0).astype(np.int64) for side in rule.sides)
        return bool(np.all(used <= 1))
    taken = np.flatnonzero(rule.forms[form])
    taken = taken[np.argsort(group[taken], kind="stable")]
    amounts = np.split(rule.amount[inside][taken], np.flatnonzero(np.diff(group[taken])) + 1)
    return all(math.fsum(one) >= rule.least for one in amounts if len(one))


@dataclass(frozen=True)
class Cells:
    """An item's forms, and the options of each: sorted by item, form and unit, so that sums are over slices."""

    order: IntArray  # places of options
    first_option: IntArray  # (parts) where the options of one unit in one form begin in `order`
    first_part: IntArray  # (cells) where the parts of a cell begin
    item: IntArray  # (cells)
    form: IntArray  # (cells)
    members: tuple[IntArray, ...]  # by level: (items) the group of each item; that behind the last where it has none
    amounts: tuple[tuple[FloatArray, ...], ...]  # by level and rule: (items)

    @property
    def single(self) -> bool:
        """Whether no unit has a choice left once its form is known."""
        return len(self.order) == len(self.first_option)

    def parts_of(self, cells: IntArray) -> tuple[IntArray, IntArray]:
        """The parts of these cells, one cell after the other, and to which of `cells` each belongs."""
        ends = np.append(self.first_part[1:], len(self.first_option))
        return _spans(self.first_part[cells], ends[cells])

    def options_of(self, cells: IntArray) -> IntArray:
        """(places) all options of these cells."""
        parts, _ = self.parts_of(cells)
        ends = np.append(self.first_option[1:], len(self.order))
        return np.sort(self.order[_spans(self.first_option[parts], ends[parts])[0]])


def _spans(starts: IntArray, ends: IntArray) -> tuple[IntArray, IntArray]:
    """All places from each start to its end, and which span each is of."""
    lengths = ends - starts
    of = np.repeat(np.arange(len(starts)), lengths)
    return np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths) + starts[of], of


def _new(*keys: IntArray) -> BoolArray:
    """Where any of these sorted keys is another than before."""
    found = np.zeros(len(keys[0]), dtype=bool)
    found[:1] = True
    for key in keys:
        found[1:] |= key[1:] != key[:-1]
    return found


def cells_of(c: Compiled, ties: Ties) -> Cells:
    """The cells of the options that are there; a form that not every unit of an item has is none of its forms."""
    unit = np.repeat(np.arange(c.n), np.diff(c.ptr))
    rank = np.lexsort([ties.item, *(level.member for level in reversed(ties.levels))])
    named = np.empty(ties.items, np.int64)
    seen = ties.item[rank]
    first = np.sort(np.unique(seen, return_index=True)[1])
    named[seen[first]] = np.arange(ties.items)
    item = named[ties.item]
    order = np.lexsort((unit, ties.form, item[unit]))
    size = np.bincount(item, minlength=ties.items)
    while True:
        i, f, u = item[unit[order]], ties.form[order], unit[order]
        part, cell = _new(i, f, u), _new(i, f)
        cell_of = np.cumsum(cell) - 1
        whole = np.bincount(cell_of, part) == size[i[cell]]
        if whole.all():
            break
        order = order[whole[cell_of]]
    first_option = np.flatnonzero(part)
    members: list[IntArray] = []
    amounts: list[tuple[FloatArray, ...]] = []
    for level in ties.levels:
        member = np.empty(ties.items, np.int64)
        member[item] = np.where(level.member < 0, level.count, level.member)
        members.append(member)
        amounts.append(
            tuple(
                np.asarray(np.bincount(item, rule.amount, ties.items) if isinstance(rule, Least) else np.zeros(0))
                for rule in level.rules
            )
        )
    return Cells(
        order, first_option, np.searchsorted(first_option, np.flatnonzero(cell)), i[cell], f[cell], tuple(members),
        tuple(amounts),
    )  # fmt: skip
