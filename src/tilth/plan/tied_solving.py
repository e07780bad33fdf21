"""Prices and plans where units are tied: settle groups at prices, solve what is left free, and price again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tilth.core import BoolArray, FloatArray, IntArray
from tilth.plan import core, dual, proof
from tilth.plan.compiled import Compiled
from tilth.plan.core import Plan
from tilth.plan.tied_scan import Scanned, scanned
from tilth.plan.tied_table import item_table, narrowed
from tilth.plan.ties import Cells, Either, Least, Level, Ties, cells_of

if TYPE_CHECKING:
    from tilth.plan.solving import Run

#: How near to the best prices the first ones come, which look away from ties.
_ROUGH = 3e-3
#: Undecided units, and seconds, that HiGHS is given in each round.
_ROUNDS = ((800, 6.0), (800, 6.0), (1600, 20.0), (1600, 20.0), (4000, 60.0), (4000, 60.0))


def by_prices(run: Run, ties: Ties, start: FloatArray | None, *, rounds: int = len(_ROUNDS)) -> None:
    """Bounds and plans from prices, until the gap is closed or nothing gets better."""
    c, cells = run.c, cells_of(run.c, ties)
    wanted = 0.3 * run.gap
    lam = start if start is not None else np.zeros(c.rows)
    if start is None and (ties.levels or not cells.single):
        lam = dual.prices(c, max(wanted, _ROUGH), None, run.until, never=_least_worth(c)).lam
        if proof.bound(c, lam) < _least_worth(c):
            return  # no choice meets the rows, tied or not
    picks: list[IntArray] = []
    for count, seconds in _ROUNDS[:rounds]:
        before = run.bound, _held(run)
        look = _looked(run, ties, cells, lam)
        if not np.isfinite(look.bound):
            return
        if not (picks and cells.single):
            picks.append(look.option)
        keep = _settled(ties, cells, look)
        tried = _under(run, ties, cells, keep, picks, lam, wanted, count, seconds)
        for one in tried:
            _looked(run, ties, cells, one)
            if run.done():
                return
        lam = tried[-1]
        if run.bound >= before[0] and _held(run) <= before[1]:
            return
        wanted *= 0.5


def _held(run: Run) -> float:
    """The value of the best plan so far."""
    return run.plan.value if run.plan is not None and run.plan.holds else -np.inf


def bound(c: Compiled, ties: Ties, lam: FloatArray) -> float:
    """No plan that keeps the ties is worth more than this, at prices `lam`."""
    return scanned(c, ties, cells_of(c, ties), lam).bound


def _looked(run: Run, ties: Ties, cells: Cells, lam: FloatArray) -> Scanned:
    look = scanned(run.c, ties, cells, lam)
    run.bounded(look.bound, lam)
    return look


def _under(
    run: Run, ties: Ties, cells: Cells, keep: BoolArray, picks: list[IntArray], lam: FloatArray, wanted: float,
    count: int, seconds: float,
) -> list[FloatArray]:  # fmt: skip
    """Plans that keep to these cells, told to the run; the prices that led to them."""
    c, kept = run.c, np.flatnonzero(keep)
    found = []
    if ties.items < c.n:
        turn = np.repeat(np.arange(len(picks)), len(kept))
        chosen = np.tile(kept, len(picks))
        table = item_table(c, ties, cells, chosen, picks, turn)
        prices, plan = _priced(run, table.c, lam, wanted, count, seconds)
        columns = table.columns[plan.pick]
        parts, of = cells.parts_of(chosen[columns])
        option = np.stack(picks)[turn[columns][of], parts]
        run.planned(judged(c, np.sort(option), ties))
        found, lam, kept = [prices], prices, chosen[columns]
        if cells.single or run.done():
            return found
    places = cells.options_of(kept)
    prices, plan = _priced(run, narrowed(c, places), lam, wanted, count, seconds)
    run.planned(judged(c, places[plan.pick], ties))
    return [*found, prices]


def _priced(
    run: Run, c: Compiled, lam: FloatArray, wanted: float, count: int, seconds: float
) -> tuple[FloatArray, Plan]:
    """Prices of a problem without ties, and a plan."""
    found = dual.prices(c, wanted, lam if lam.any() else None, run.until, never=_least_worth(c))
    plan = core.dealt(c, found)
    near = plan.holds and found.bound - plan.value <= 0.5 * run.gap * abs(found.bound)
    if c.rows and not near and run.left() > 0:
        size = 0.25 * run.gap * abs(found.bound)
        plan = core.closed(c, found, plan, count, size, min(seconds, max(run.left(), 0.1)))
    return found.lam, plan


def _least_worth(c: Compiled) -> float:
    """Any choice whatever is worth more than this."""
    floor = float(np.minimum.reduceat(c.cells[:, 0], c.ptr[:-1]).sum())
    return floor - 1e-6 * abs(floor) - 1.0


def judged(c: Compiled, pick: IntArray, ties: Ties | None) -> Plan:
    """A plan of all options: its value, and whether rows and ties are kept."""
    return Plan(pick, proof.value(c, pick), proof.holds(c, pick) and (ties is None or ties.kept(c, pick)))


def _settled(ties: Ties, cells: Cells, look: Scanned) -> BoolArray:
    """(cells) what stays free when every group keeps its rules in the way that is best at these prices."""
    keep = np.ones(len(cells.item), dtype=bool)
    for at, level in enumerate(ties.levels):
        for r, rule in enumerate(level.rules):
            if isinstance(rule, Either):
                keep &= _one_side(cells, at, level, rule, look)
            else:
                keep &= _taken_or_not(cells, at, level, r, rule, look)
    bare = np.bincount(cells.item[keep], minlength=ties.items) == 0
    keep[look.settled.cells[bare[look.settled.items]]] = True
    return keep


def _one_side(cells: Cells, at: int, level: Level, rule: Either, look: Scanned) -> BoolArray:
    """The side that a group uses stays; the first where it uses none."""
    member, settled = cells.members[at], look.settled
    sides = [one[cells.form[settled.cells]] for one in rule.sides]
    used = np.stack([np.bincount(member[settled.items[one]], minlength=level.count + 1) for one in sides])
    side = np.asarray(np.argmax(used > 0, axis=0))
    group = member[cells.item]
    every: BoolArray = np.logical_or.reduce(rule.sides)
    allowed = ~every[cells.form] | rule.sides[side[group], cells.form]
    return np.asarray(allowed | (group == level.count))


def _taken_or_not(cells: Cells, at: int, level: Level, r: int, rule: Least, look: Scanned) -> BoolArray:
    """Where a group takes the least amount, the items that give it, the surest ones, are bound to; else none may."""
    member, amount, settled = cells.members[at], cells.amounts[at][r], look.settled
    inside = rule.forms[cells.form]
    takes = rule.forms[cells.form[settled.cells]]
    items = settled.items[takes]
    taken = np.bincount(member[items], amount[items], level.count + 1) >= rule.least
    count = len(member)
    with_it, without = np.full(count, -np.inf), np.full(count, -np.inf)
    np.maximum.at(with_it, cells.item[inside], look.score[inside])
    np.maximum.at(without, cells.item[~inside], look.score[~inside])
    items = items[np.lexsort((without[items] - with_it[items], member[items]))]
    before = np.cumsum(amount[items]) - amount[items]
    first = np.searchsorted(member[items], member[items])
    needed = items[before - before[first] < rule.least] if len(items) else items
    bound = np.zeros(count, dtype=bool)
    bound[needed] = True
    bound &= taken[member]
    group = member[cells.item]
    free = taken[group] & (inside | ~bound[cells.item]) | ~taken[group] & ~inside
    return np.asarray(free | (group == level.count))
