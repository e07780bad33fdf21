"""From demands in words to the arrays of the solver."""

from __future__ import annotations

from typing import Any

import numpy as np

from tilth.core import BoolArray, FloatArray, IntArray
from tilth.plan.checking import allowed, limit_of
from tilth.plan.compiled import Compiled
from tilth.plan.problem import Problem, Row
from tilth.plan.table import Options


def compiled(problem: Problem) -> Compiled:
    """The arrays of a checked problem. Its rows stand in the order in which they were asked for."""
    table = problem.options
    keep = allowed(problem)
    names = sorted({name for row in problem.rows for name, _ in _terms(table, row)})
    kind, kinds = _kinds(table)
    cls, members = _classes(table, problem.rows)
    cells = np.empty((int(keep.sum()), 1 + len(names)))
    cells[:, 0] = sum(weight * np.asarray(table.columns[name][keep], dtype=np.float64) for name, weight in problem.aim)
    for c, name in enumerate(names):
        cells[:, 1 + c] = table.columns[name][keep]
    most = [float(np.abs(cells[:, 1 + c]).sum()) for c in range(len(names))]
    columns: list[int] = []
    weights: list[FloatArray] = []
    starts, limits = [0], []
    for row in problem.rows:
        sign = -1.0 if row.at_least else 1.0
        for name, weight in _terms(table, row):
            columns.append(names.index(name))
            weights.append(sign * _counts(table, row, kinds, weight))
        mine = slice(starts[-1], len(columns))
        reach = sum(most[c] * np.abs(w).max() for c, w in zip(columns[mine], weights[mine], strict=True))
        limits.append(min(sign * limit_of(table, row), np.ceil(1.001 * reach) + 1))  # no plan comes to more
        starts.append(len(columns))
    rows_of = [np.flatnonzero(inside) for inside in members.T]
    return Compiled(
        ptr=np.concatenate([[0], np.cumsum(np.add.reduceat(keep.astype(np.int64), table.ptr[:-1]))]).astype(np.int64),
        kind=kind[keep], cls=cls, cells=cells, term_ptr=np.array(starts, np.int64),
        term_column=np.array(columns, np.int64),
        term_weight=np.array(weights) if weights else np.zeros((0, len(kinds))),
        limit=np.array(limits, dtype=np.float64),
        row_ptr=np.concatenate([[0], np.cumsum([len(one) for one in rows_of])]).astype(np.int64),
        row_of=np.concatenate([*rows_of, np.empty(0, np.int64)]).astype(np.int64),
        options=np.flatnonzero(keep), whole=_whole(problem, names),
    )  # fmt: skip


def _whole(problem: Problem, names: list[str]) -> bool:
    """Whether every quantity that a row counts, and every limit, is a whole number."""
    limits = [limit_of(problem.options, row) for row in problem.rows]
    return all(np.asarray(problem.options.columns[name]).dtype.kind in "iu" for name in names) and all(
        limit.is_integer() for limit in limits
    )


def _terms(table: Options, row: Row) -> list[tuple[str, str]]:
    """The columns that a row counts: one, or the two of a stream; with when they count."""
    stream = table.streams.get(row.column)
    return [(row.column, "")] if stream is None else [(stream.first, "first"), (stream.after, "after")]


def _kinds(table: Options) -> tuple[IntArray, list[tuple[int, int]]]:
    """(K) class of each option, and the treatment and year of each class."""
    start = table.start if table.start is not None else np.zeros(table.size, np.int64)
    years, at = np.unique(start, return_inverse=True)
    code = table.treatment * len(years) + at.reshape(-1)
    used, kind = np.unique(code, return_inverse=True)
    return kind.reshape(-1).astype(np.int64), [(int(one) // len(years), int(years[one % len(years)])) for one in used]


def _classes(table: Options, rows: tuple[Row, ...]) -> tuple[IntArray, BoolArray]:
    """(n) class of each unit, and (rows, classes) which rows count which classes: as few classes as rows tell apart."""
    used = sorted({label for row in rows for label, _ in row.where if label in table.labels})
    cls = np.zeros(table.n, np.int64)
    for label in used:
        groups, at = np.unique(table.labels[label], return_inverse=True)
        cls = np.unique(cls * len(groups) + at.reshape(-1), return_inverse=True)[1].reshape(-1)
    _, first = np.unique(cls, return_index=True)
    members = np.ones((len(rows), len(first)), dtype=bool)
    for r, row in enumerate(rows):
        for label, value in row.where:
            if label in table.labels:
                members[r] &= np.asarray(table.labels[label])[first] == value
    return cls.astype(np.int64), members


def _counts(table: Options, row: Row, kinds: list[tuple[int, int]], when: str) -> FloatArray:
    """(kinds) 1 for the classes of options that a term counts, 0 for others."""
    where: dict[str, Any] = dict(row.where)
    treatment = table.treatments.index(where["treatment"]) if "treatment" in where else None
    year = where.get("year")
    counted = [
        (treatment is None or of == treatment)
        and (year is None or (start == year if when in {"", "first"} else 0 < start < year or start == 0))
        for of, start in kinds
    ]
    return np.array(counted, dtype=np.float64)
