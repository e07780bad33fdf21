"""From what a problem says of blocks, least patches and either-or to items and rules."""

from __future__ import annotations

import numpy as np

from tilth.core import BadInput, FloatArray, IntArray
from tilth.plan import proof
from tilth.plan.checking import least_of
from tilth.plan.compiled import Compiled
from tilth.plan.problem import EitherOr, Patch, Problem, Whole
from tilth.plan.table import Options
from tilth.plan.ties import Either, Least, Level, Rule, Ties, cells_of


def tied(problem: Problem, c: Compiled) -> Ties | None:
    """The ties of a checked problem over its compiled options; None where there are none."""
    if not problem.ties:
        return None
    table = problem.options
    wholes = [tie for tie in problem.ties if isinstance(tie, Whole)]
    rules = [tie for tie in problem.ties if not isinstance(tie, Whole)]
    code = _codes(table, wholes, rules)
    treatment = table.treatment[c.options]
    start = table.start[c.options] if table.start is not None and wholes else np.zeros(len(treatment), np.int64)
    years, at = np.unique(start, return_inverse=True)
    used, form = np.unique(code[treatment] * len(years) + at.reshape(-1), return_inverse=True)
    form = form.reshape(-1).astype(np.int64)
    of_form = np.zeros(len(used), np.int64)
    of_form[form] = treatment
    levels = []
    for by in dict.fromkeys(tie.by for tie in rules):
        member, count = _groups(table, by)
        own = tuple(_rule(problem, c, tie, of_form, form) for tie in rules if tie.by == by)
        levels.append(Level(by, member, count, own))
    levels.sort(key=lambda level: level.count)
    item, items = _items(table, wholes)
    ties = Ties(form, len(used), item, items, tuple(levels))
    _possible(problem, c, ties, wholes)
    return ties


def crossing(problem: Problem, ties: Ties) -> BadInput | None:
    """What is wrong where an item, or a group of a fine level, lies in several groups of a coarser one."""
    table = problem.options
    finer = [(" + ".join(one.by for one in problem.ties if isinstance(one, Whole)), ties.item)]
    for level in reversed(ties.levels):
        for by, member in finer:
            inside = np.flatnonzero(member >= 0)
            order = inside[np.argsort(member[inside], kind="stable")]
            apart = (np.diff(member[order]) == 0) & (np.diff(level.member[order]) != 0)
            if apart.any():
                unit = int(order[int(np.flatnonzero(apart)[0])])
                label = by.split(" + ")[0]
                return BadInput("PLAN-CROSSING", label=label, group=table.labels[label][unit], other=level.by)
        finer.append((level.by, level.member))
    return None


def _codes(table: Options, wholes: list[Whole], rules: list[Patch | EitherOr]) -> IntArray:
    """(treatments) a number for each set of treatments that ties do not tell apart."""
    places = {name: at for at, name in enumerate(table.treatments)}
    sides = [side for tie in rules for side in _sides(tie)]
    if wholes:
        code = np.arange(len(table.treatments))
        for same in wholes[0].alike:
            code[[places[one] for one in same]] = places[same[0]]
            for side in sides:
                split = set(same) & set(side)
                if split and split != set(same):
                    other = next(one for one in same if one not in split)
                    raise BadInput("PLAN-SIDE-SPLIT", name=sorted(split)[0], other=other)
        return code
    told = np.zeros((len(table.treatments), len(sides)), dtype=bool)
    for at, side in enumerate(sides):
        told[[places[one] for one in side], at] = True
    return np.asarray(np.unique(told, axis=0, return_inverse=True)[1]).reshape(-1).astype(np.int64)


def _sides(tie: Patch | EitherOr) -> list[tuple[str, ...]]:
    return [tie.treatments] if isinstance(tie, Patch) else [treatments for _, treatments in tie.sides]


def _rule(problem: Problem, c: Compiled, tie: Patch | EitherOr, of_form: IntArray, form: IntArray) -> Rule:
    table = problem.options
    sides = np.array([[table.treatments[code] in side for code in of_form] for side in _sides(tie)])
    if isinstance(tie, EitherOr):
        return Either(sides)
    unit = np.repeat(np.arange(c.n), np.diff(c.ptr))
    amount = np.ones(c.n)
    least = least_of(tie)
    if tie.column:
        inside = sides[0][form]
        cells = np.asarray(table.columns[tie.column])[c.options]
        amount = np.zeros(c.n)
        amount[unit[inside]] = cells[inside]
        wrong = np.flatnonzero(inside & ((cells != amount[unit]) | (cells < 0)))
        if len(wrong):
            name = table.name(int(unit[wrong[0]]))
            raise BadInput("PLAN-PATCH-AMOUNT", column=tie.column, unit=name, name=tie.name)
        if cells.dtype.kind == "f":
            least *= 1.0 - proof.TOLERANCE
    return Least(sides[0], amount, least)


def _groups(table: Options, by: str) -> tuple[IntArray, int]:
    """(n) the group of each unit, -1 where its label is empty; and how many groups there are."""
    if not by:
        return np.zeros(table.n, np.int64), 1
    label = np.asarray(table.labels[by])
    names, at = np.unique(label, return_inverse=True)
    given = np.array([str(one) != "" for one in names.tolist()], dtype=bool)
    place = np.where(given, np.cumsum(given) - 1, -1)
    return place[at.reshape(-1)].astype(np.int64), int(given.sum())


def _items(table: Options, wholes: list[Whole]) -> tuple[IntArray, int]:
    """(n) the item of each unit: units that some label takes whole together, directly or through others."""
    item = np.arange(table.n)
    groups = [_groups(table, one.by)[0] for one in wholes]
    changed = bool(groups)
    while changed:
        changed = False
        for member in groups:
            inside = member >= 0
            least = np.full(int(member.max(initial=-1)) + 1, table.n)
            np.minimum.at(least, member[inside], item[inside])
            new = item.copy()
            new[inside] = least[member[inside]]
            changed = changed or bool((new != item).any())
            item = new
    names, at = np.unique(item, return_inverse=True)
    return at.reshape(-1).astype(np.int64), len(names)


def _possible(problem: Problem, c: Compiled, ties: Ties, wholes: list[Whole]) -> None:
    """Every item needs a form that all its units have."""
    cells = cells_of(c, ties)
    if len(np.unique(cells.item)) == ties.items:
        return
    unit = np.repeat(np.arange(c.n), np.diff(c.ptr))
    there = np.zeros(c.n, dtype=bool)
    there[unit[cells.order]] = True
    bare = np.flatnonzero(~there)
    label = np.asarray(problem.options.labels[wholes[0].by])
    raise BadInput(
        "PLAN-NO-COMMON", label=wholes[0].by, group=label[bare[0]], count=len(np.unique(ties.item[bare]))
    )  # fmt: skip


__all__ = ["FloatArray", "crossing", "tied"]
