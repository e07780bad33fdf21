"""What a plan takes of each limit and leaves, added up from the options chosen, outside the solver."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tilth.core import IntArray
from tilth.plan.checking import limit_of
from tilth.plan.draws import draws_of, sums_of, together
from tilth.plan.measures import unit_of
from tilth.plan.problem import Problem, Row
from tilth.plan.solving import Solution
from tilth.plan.table import Options

#: Sums of whole numbers below this fit into an int64.
_FITS = 2.0**62
#: A demand has room left where more than this share of its limit is free; then a price whose whole limit is worth less
#: than that share of the aim is what the descent of prices left there.
_ROOM, _LEFT_OVER = 0.01, 1e-4


@dataclass(frozen=True)
class Used:
    """One demand and what a plan comes to in it, in the unit of its column."""

    row: Row
    used: float
    limit: float
    price: float  # what relaxing the limit by one unit is worth to the aim; 0 where there is room left

    @property
    def unit(self) -> str:
        """The unit of its column; empty where there is none."""
        return unit_of(self.row.column)

    @property
    def left(self) -> float:
        """How far the plan stays from the limit, on its right side."""
        return self.used - self.limit if self.row.at_least else self.limit - self.used


def tallied(solution: Solution) -> list[Used]:
    """Each demand in the order in which it was asked for. Sums of whole numbers are exact.

    A limit that is not reached costs nothing. Prices that were found step by step only come near to that: the price of
    a demand with room left, into which another unit's share would fit, is told as 0. `Solution.lam` has them as proven.
    """
    return [
        _tallied(solution, row, price) for row, price in zip(solution.problem.rows, solution.lam.tolist(), strict=True)
    ]


def _tallied(solution: Solution, row: Row, price: float) -> Used:
    table = solution.problem.options
    parts = amounts(table, row, solution.options, np.arange(table.n))
    one = Used(row, total(parts), limit_of(table, row), price)
    if not price or one.left <= _ROOM * abs(one.limit):
        return one
    largest = float(np.abs(parts).max(initial=0))
    fits = 0 < largest < one.left
    faint = abs(price) * max(abs(one.limit), 1.0) <= _LEFT_OVER * abs(solution.value)
    return replace(one, price=0.0) if fits or faint else one


def total(values: Any) -> float:
    """The exact sum, of whole numbers as a whole number."""
    cells = np.asarray(values)
    if cells.dtype.kind not in "iu":
        return math.fsum(cells.tolist())
    fits = len(cells) * float(np.abs(cells).max(initial=0)) < _FITS
    return int(cells.sum()) if fits else sum(cells.tolist())


def worth(problem: Problem, chosen: IntArray) -> float:
    """What a choice is worth to the aim of a problem, as `Solution.value` tells it."""
    if problem.over is not None:
        draws = draws_of(problem, chosen)
        sums = sums_of(draws.values, np.arange(len(chosen)))
        return problem.sign * together(problem.over, sums, draws.chance)
    columns = problem.options.columns
    cells = sum(weight * np.asarray(columns[name][chosen], dtype=np.float64) for name, weight in problem.aim)
    return problem.sign * math.fsum(np.asarray(cells).tolist())


def amounts(table: Options, row: Row, options: IntArray, units: IntArray) -> Any:
    """(k) what each of some options, of these units, adds to a demand."""
    inside = np.ones(len(options), dtype=bool)
    start = np.zeros(len(options), np.int64) if table.start is None else table.start[options]
    where = dict(row.where)
    for label, value in row.where:
        if label == "treatment":
            inside &= table.treatment[options] == table.treatments.index(str(value))
        elif label != "year":
            inside &= np.asarray(table.labels[label])[units] == value
    stream, year = table.streams.get(row.column), where.get("year")
    if stream is None:
        counted = inside if year is None else inside & (start == year)
        return np.where(counted, np.asarray(table.columns[row.column])[options], 0)
    first = np.where(inside & (start == year), np.asarray(table.columns[stream.first])[options], 0)
    begun = (start < int(str(year))) | (start == 0)
    return first + np.where(inside & begun, np.asarray(table.columns[stream.after])[options], 0)
