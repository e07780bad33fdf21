"""The best that items can do at given prices, under the rules of their groups; and the bound that follows.

Rules are looked at only where they are broken. A group that breaks one is tried both ways: without the treatment, or
with the least amount asked for (every unit's worth of it is paid for by a price that just brings the amount); with each
side of an either-or alone. Each way is worth no more than it is counted here, so the best of them bounds the group.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numba import njit, prange

from tilth.core import BoolArray, FloatArray, IntArray
from tilth.plan import proof, scan
from tilth.plan.compiled import Compiled
from tilth.plan.ties import Cells, Either, Least, Rule, Ties

#: Halvings of the interval in which the price of a least amount lies.
_HALVINGS = 36


@dataclass
class Settled:
    """The cell of each item, and what it is worth; minus infinity where a group can keep no rule."""

    items: IntArray
    cells: IntArray
    value: FloatArray


@dataclass(frozen=True)
class Scanned:
    """All items at one set of prices."""

    settled: Settled
    option: IntArray  # (parts) the option that each unit takes in each form
    score: FloatArray  # (cells)
    bound: float  # no plan is worth more


@njit(cache=True, parallel=True)
def _scores(ptr: Any, kind: Any, cls: Any, cells: Any, table: Any, sizes: Any) -> Any:
    """(K) what each option brings after paying; (n) the largest magnitude that went into a unit's."""
    n, columns = len(ptr) - 1, cells.shape[1] - 1
    score, most = np.empty(len(cells)), np.zeros(n)
    for i in prange(n):
        for j in range(ptr[i], ptr[i + 1]):
            value, size = cells[j, 0], abs(cells[j, 0])
            for c in range(columns):
                value -= table[cls[i], kind[j], c] * cells[j, 1 + c]
                size += sizes[cls[i], kind[j], c] * abs(cells[j, 1 + c])
            score[j] = value
            most[i] = max(most[i], size)
    return score, most


def scanned(c: Compiled, ties: Ties, cells: Cells, lam: FloatArray) -> Scanned:
    """The best of every item and group at prices `lam`, and the bound, rounded to the safe side."""
    table = scan.price_table(lam, *c.terms, c.row_ptr, c.row_of, c.columns)
    sizes = scan.price_table(lam, c.term_ptr, c.term_column, np.abs(c.term_weight), c.row_ptr, c.row_of, c.columns)
    each, most = _scores(c.ptr, c.kind, c.cls, c.cells, table, sizes)
    each = each[cells.order]
    top = np.maximum.reduceat(each, cells.first_option)
    lengths = np.diff(cells.first_option, append=len(each))
    at = np.flatnonzero(each == np.repeat(top, lengths))
    part = np.searchsorted(cells.first_option, at, side="right") - 1
    option = cells.order[at[np.unique(part, return_index=True)[1]]]
    score = np.add.reduceat(top, cells.first_part)
    walk = _Walk(ties, cells)
    settled = walk.level(0, np.arange(len(score)), score, frozenset())
    magnitude = math.fsum(most) + walk.paid
    parts = int(np.diff(c.row_ptr).max(initial=0)) * max(1, int(np.diff(c.term_ptr).max(initial=1)))
    longest = int(np.diff(np.append(cells.first_part, len(top))).max(initial=1))
    error = (2 * parts + 2 * c.columns + 16 + longest) * 2.0**-53 * 1.01 * magnitude
    if not np.isfinite(settled.value).all():
        return Scanned(settled, option, score, -np.inf)
    paid = [Fraction(float(a)) * Fraction(float(b)) for a, b in zip(lam, c.limit + proof.tolerance(c), strict=True)]
    exact = sum(paid, Fraction(math.fsum(settled.value))) + Fraction(error)
    return Scanned(settled, option, score, math.nextafter(float(exact), math.inf) + 2.0**-50 * abs(float(exact)))


class _Walk:
    """Level by level, coarse ones first."""

    def __init__(self, ties: Ties, cells: Cells) -> None:
        self.ties, self.cells = ties, cells
        self.paid = 0.0  # magnitude of prices of least amounts

    def level(self, at: int, cells: IntArray, score: FloatArray, decided: frozenset[int]) -> Settled:
        """The best of the items of these cells under the rules of level `at` and finer ones."""
        if at == len(self.ties.levels):
            return self._leaf(cells, score)
        found = self.level(at + 1, cells, score, frozenset())
        member = self.cells.members[at]
        rules = self.ties.levels[at].rules
        broken = np.full(self.ties.levels[at].count + 1, -1)
        for r in reversed(range(len(rules))):
            if r not in decided:
                broken[self._broken(at, r, found)] = r
        for r in np.unique(broken[broken >= 0]).tolist():
            inside = broken[member[self.cells.item[cells]]] == r
            part, own = cells[inside], score[inside]
            self._tried(at, int(r), part, own, decided | {int(r)}, found)
        return found

    def _leaf(self, cells: IntArray, score: FloatArray) -> Settled:
        items = self.cells.item[cells]
        first = np.flatnonzero(np.diff(items, prepend=-1))
        if not len(first):
            return Settled(items, cells, score)
        top = np.maximum.reduceat(score, first)
        best = np.flatnonzero(score == np.repeat(top, np.diff(first, append=len(cells))))
        best = best[np.flatnonzero(np.diff(items[best], prepend=-1))]
        return Settled(items[first], cells[best], top)

    def _broken(self, at: int, r: int, found: Settled) -> BoolArray:
        """(groups + 1) which groups break a rule."""
        level = self.ties.levels[at]
        rule, count = level.rules[r], level.count
        group, form = self.cells.members[at][found.items], self.cells.form[found.cells]
        if isinstance(rule, Either):
            used = [np.bincount(group[one[form]], minlength=count + 1) > 0 for one in rule.sides]
            wrong = np.sum(used, axis=0) > 1
        else:
            taken = rule.forms[form]
            sums = np.bincount(group[taken], self.cells.amounts[at][r][found.items[taken]], count + 1)
            wrong = (np.bincount(group[taken], minlength=count + 1) > 0) & (sums < rule.least)
        wrong[count] = False
        return np.asarray(wrong)

    def _tried(self, at: int, r: int, part: IntArray, own: FloatArray, decided: frozenset[int], found: Settled) -> None:
        """Each way of keeping a rule that groups break; the best of each group is written into `found`."""
        member, count = self.cells.members[at], self.ties.levels[at].count
        rule, form = self.ties.levels[at].rules[r], self.cells.form[part]
        place = np.searchsorted(found.items, np.unique(self.cells.item[part]))
        group = member[found.items[place]]
        expected = np.bincount(group, minlength=count + 1)
        best = np.full(count + 1, -np.inf)
        found.value[place] = -np.inf
        ways = [self.level(at, part[keep], own[keep], decided) for keep in _ways(rule, form)]
        if isinstance(rule, Least):
            ways.append(self._paid(at, r, part, own, decided))
        for one in ways:
            of = member[one.items]
            value = np.bincount(of, one.value, count + 1).astype(np.float64)  # whole numbers where there is none
            value[np.bincount(of, minlength=count + 1) < expected] = -np.inf
            better = value > best
            best = np.where(better, value, best)
            taken = better[of]
            to = np.searchsorted(found.items, one.items[taken])
            found.cells[to], found.value[to] = one.cells[taken], one.value[taken]

    def _paid(self, at: int, r: int, part: IntArray, own: FloatArray, decided: frozenset[int]) -> Settled:
        """With a price on what is taken, as low as brings the least amount in each group."""
        level, member = self.ties.levels[at], self.cells.members[at]
        rule = level.rules[r]
        assert isinstance(rule, Least)
        amount = self.cells.amounts[at][r]
        item = self.cells.item[part]
        group = member[item]
        counted = np.where(rule.forms[self.cells.form[part]], amount[item], 0.0)
        smallest = np.full(level.count + 1, np.inf)
        np.minimum.at(smallest, group[counted > 0], counted[counted > 0])
        high_score, low_score = np.full(level.count + 1, -np.inf), np.full(level.count + 1, np.inf)
        np.maximum.at(high_score, group, own)
        np.minimum.at(low_score, group, own)
        there = np.isfinite(smallest)
        high = np.where(there, 1.0 + 1.01 * np.where(there, high_score - low_score, 0) / smallest, 0.0)
        low = np.zeros(level.count + 1)
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            one = self.level(at + 1, part, own + middle[group] * counted, frozenset())
            took = np.where(rule.forms[self.cells.form[one.cells]], amount[one.items], 0.0)
            enough = np.bincount(member[one.items], took, level.count + 1) >= rule.least
            high, low = np.where(enough, middle, high), np.where(enough, low, middle)
        price = high
        one = self.level(at, part, own + price[group] * counted, decided)
        of = member[one.items]
        first = np.flatnonzero(np.diff(of, prepend=-1))
        one.value[first] -= price[of[first]] * rule.least
        here = np.unique(group)
        self.paid += float((price[here] * (np.bincount(member, amount, level.count + 1)[here] + rule.least)).sum())
        return one


def _ways(rule: Rule, form: IntArray) -> list[BoolArray]:
    """What cells stay where a side alone is used, or where the treatment is not taken."""
    if isinstance(rule, Least):
        return [~rule.forms[form]]
    every: BoolArray = np.logical_or.reduce(rule.sides)
    return [~every[form] | side[form] for side in rule.sides]
