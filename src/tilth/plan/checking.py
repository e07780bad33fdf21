"""What is wrong with a problem before anything is solved: one clear sentence for the first thing that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tilth.core import BadInput, BoolArray
from tilth.plan.draws import draws_of, labels_of
from tilth.plan.measures import Amount, unit_of
from tilth.plan.problem import Patch, Problem, Row, Tie, Whole
from tilth.plan.table import Options

#: From this on whole numbers do not all fit into a float64.
LARGEST = 2**53


def groups_of(table: Options, by: str) -> list[object]:
    """The groups of a label, of treatments or of years."""
    if by == "treatment":
        return list(table.treatments)
    if by == "year":
        return list(table.years)
    if by not in table.labels:
        raise BadInput("PLAN-UNKNOWN", what="label", name=by, known=", ".join([*table.labels, "treatment", "year"]))
    return list(np.unique(table.labels[by]).tolist())


def check(problem: Problem) -> None:
    """Stop at the first thing that cannot be meant."""
    table = problem.options
    counts = np.diff(table.ptr)
    if not table.n or not table.size:
        raise BadInput("PLAN-NO-OPTIONS")
    empty = np.flatnonzero(counts == 0)
    if len(empty):
        raise BadInput("PLAN-EMPTY-UNIT", unit=table.name(int(empty[0])), count=len(empty))
    if not problem.aim:
        raise BadInput("PLAN-NO-AIM")
    for name, column in table.columns.items():
        _numbers(table, name, np.asarray(column))
    for name, _ in (*problem.aim, *(part for then in problem.then for part in then.aim)):
        _one_of(table.columns, name)
    _uncertain(problem)
    for stream in table.streams.values():
        _one_of(table.columns, stream.first)
        _one_of(table.columns, stream.after)
    units = sorted(
        {unit_of(name) for name, _ in problem.aim if all(weight in (1.0, -1.0) for _, weight in problem.aim)}
    )
    if len(units) > 1:
        raise BadInput("PLAN-MIXED-AIM", columns=", ".join(name for name, _ in problem.aim), units=", ".join(units))
    wheres = [row.where for row in problem.rows] + [lock.where for lock in problem.locks]
    known = {label: groups_of(table, label) for label in dict(pair for where in wheres for pair in where)}
    for row in problem.rows:
        _row(table, row, known)
    for lock in problem.locks:
        _treatment(table, lock.treatment)
        _groups(known, lock.where)
    for tie in problem.ties:
        _tie(table, tie)
    if len({frozenset(map(frozenset, one.alike)) for one in problem.ties if isinstance(one, Whole)}) > 1:
        raise BadInput("PLAN-WHOLE-TWO")


def limit_of(table: Options, row: Row) -> float:
    """The limit of a row in the unit of its column."""
    unit = unit_of(row.column)
    return row.limit.in_unit(unit, row.column) if isinstance(row.limit, Amount) else float(row.limit)


def allowed(problem: Problem) -> BoolArray:
    """(K) which options the locks leave; a unit that is left without any is named."""
    table = problem.options
    keep = np.ones(table.size, dtype=bool)
    unit = table.unit_of()
    place = (
        {str(table.name(i)): i for i in range(table.n)} if any(one.units is not None for one in problem.locks) else {}
    )
    for lock in problem.locks:
        inside = np.ones(table.n, dtype=bool)
        if lock.units is not None:
            strange = [one for one in lock.units if str(one) not in place]
            if strange:
                raise BadInput("PLAN-LOCK-UNIT", unit=str(strange[0]))
            inside[:] = False
            inside[[place[str(one)] for one in lock.units]] = True
        for label, value in lock.where:
            inside &= np.asarray(table.labels[label]) == value
        same = table.treatment == table.treatments.index(lock.treatment)
        keep &= ~(inside[unit] & (same if lock.out else ~same))
    left = np.add.reduceat(keep.astype(np.int64), table.ptr[:-1])
    bare = np.flatnonzero(left == 0)
    if len(bare):
        raise BadInput("PLAN-LOCKED-OUT", unit=table.name(int(bare[0])), count=len(bare))
    return keep


def _uncertain(problem: Problem) -> None:
    """Aims over draws need draws, and only the last of several may be over the worst of them."""
    labels_of(problem.options)
    if problem.over is not None:
        draws_of(problem)
    at = problem
    for then in problem.then:
        if at.over is not None and at.over.how != "mean":
            raise BadInput("PLAN-THEN-OVER")
        at = replace(problem, aim=then.aim, over=then.over, then=())
        check(at)


def _numbers(table: Options, name: str, column: Any) -> None:
    if column.dtype.kind not in "iuf":
        raise BadInput("PLAN-NOT-NUMBERS", name=name)
    bad = np.flatnonzero(~np.isfinite(column)) if column.dtype.kind == "f" else np.empty(0, np.int64)
    bad = bad if len(bad) else np.flatnonzero(np.abs(column) >= LARGEST)
    if len(bad):
        j = int(bad[0])
        unit = int(np.searchsorted(table.ptr, j, side="right")) - 1
        raise BadInput(
            "PLAN-NOT-FINITE", name=name, unit=table.name(unit), value=column[j],
            treatment=table.treatments[table.treatment[j]], count=len(bad),
        )  # fmt: skip


def _one_of(known: Iterable[str], name: str) -> None:
    if name not in known:
        raise BadInput("PLAN-UNKNOWN", what="quantity", name=name, known=", ".join(known))


def _treatment(table: Options, name: object) -> None:
    if name not in table.treatments:
        raise BadInput("PLAN-UNKNOWN", what="treatment", name=name, known=", ".join(table.treatments))


def _row(table: Options, row: Row, known: Mapping[str, list[object]]) -> None:
    _one_of([*table.columns, *table.streams], row.column)
    limit = limit_of(table, row)
    if not abs(limit) < LARGEST:
        raise BadInput("PLAN-LIMIT", name=row.column, value=limit)
    if row.column in table.streams and "year" not in dict(row.where):
        raise BadInput("PLAN-STREAM", name=row.column)
    _groups(known, row.where)
    labels = [(label, value) for label, value in row.where if label in table.labels]
    if len(labels) < 2 or (limit if row.at_least else -limit) <= 0:
        return
    inside = np.ones(table.n, dtype=bool)
    for label, value in labels:
        inside &= np.asarray(table.labels[label]) == value
    if not inside.any():
        where = ", ".join(f"{label} {value}" for label, value in row.where)
        raise BadInput("PLAN-ROW-EMPTY", name=row.column, where=where, limit=row.limit)


def _groups(known: Mapping[str, list[object]], where: Iterable[tuple[str, object]]) -> None:
    for label, value in where:
        if value not in known[label]:
            raise BadInput("PLAN-UNKNOWN", what=label, name=value, known=", ".join(map(str, known[label][:20])))


def _tie(table: Options, tie: Tie) -> None:
    if tie.by and (tie.by not in table.labels):
        raise BadInput("PLAN-UNKNOWN", what="label", name=tie.by, known=", ".join(table.labels))
    if isinstance(tie, Whole):
        sides = tie.alike
    elif isinstance(tie, Patch):
        sides = (tie.treatments,)
        if tie.column:
            _one_of(table.columns, tie.column)
        if not 0 < least_of(tie) < np.inf:
            raise BadInput("PLAN-PATCH-LEAST", name=tie.name, value=tie.least)
    else:
        sides = tuple(treatments for _, treatments in tie.sides)
        if len(sides) < 2:
            raise BadInput("PLAN-ONE-SIDE", name=", ".join(name for name, _ in tie.sides) or "—")
    named = [one for side in sides for one in side]
    for one in named:
        _treatment(table, one)
    twice = [one for one in named if named.count(one) > 1]
    if twice:
        raise BadInput("PLAN-SIDE-TWICE", name=twice[0])


def least_of(patch: Patch) -> float:
    """The least amount of a patch in the unit of its column."""
    if not isinstance(patch.least, Amount):
        return float(patch.least)
    return patch.least.in_unit(unit_of(patch.column), patch.column or patch.name)
