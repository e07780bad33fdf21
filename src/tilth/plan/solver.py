"""The one place where HiGHS is called: small problems whole, the core of large ones, and what stands in conflict."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from tilth.core import BoolArray, FloatArray, IntArray
from tilth.plan.compiled import Compiled

#: Ends of a run that need no second one.
_ENDED = {
    highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible,
    highspy.HighsModelStatus.kTimeLimit,
}  # fmt: skip
#: An objective may differ from what its columns add up to by this share.
_SAME = 1e-6


@dataclass(frozen=True)
class Answer:
    """What HiGHS said of a part of a problem."""

    status: str  # "optimal", "feasible", "infeasible" or "none"
    pick: IntArray | None  # the option of each unit asked for
    bound: float
    lam: FloatArray | None  # (rows) prices, of a relaxation
    over: FloatArray | None = None  # (rows) by how much limits are passed, where they may be


@dataclass(frozen=True)
class Extra:
    """Columns (whole numbers, 0 or 1) and rows beside those of options, units and coupling rows."""

    columns: int
    row: IntArray  # places among the extra rows
    column: IntArray  # options first, then the extra columns
    value: FloatArray
    low: FloatArray
    high: FloatArray
    barred: BoolArray  # (options) which cannot be chosen
    shown_column: IntArray  # an extra column is 1 where one of its options is chosen: pairs of both
    shown_option: IntArray

    def start(self, chosen: FloatArray) -> FloatArray:
        """The extra columns of a plan."""
        count = len(chosen) + self.columns
        return (np.bincount(self.shown_column, chosen[self.shown_option], count)[len(chosen) :] > 0).astype(float)


def _matrix(c: Compiled, units: IntArray, options: IntArray, of: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Columns of options: row `place of the unit` once, then the coupling rows behind."""
    starts, index, data = [0], [], []
    row_terms = [list(range(c.term_ptr[r], c.term_ptr[r + 1])) for r in range(c.rows)]
    rows_of = [c.row_of[c.row_ptr[u] : c.row_ptr[u + 1]].tolist() for u in range(c.classes)]
    for at, j in zip(of.tolist(), options.tolist(), strict=True):
        index.append(at)
        data.append(1.0)
        k = c.kind[j]
        for r in rows_of[c.cls[units[at]]]:
            total = 0.0
            for t in row_terms[r]:
                total += c.term_weight[t, k] * c.cells[j, 1 + c.term_column[t]]
            if total != 0.0:
                index.append(len(units) + r)
                data.append(total)
        starts.append(len(index))
    return np.array(starts, np.int32), np.array(index, np.int32), np.array(data)


def solve_part(
    c: Compiled, units: IntArray, options: IntArray, of: IntArray, room: FloatArray, *, integer: bool,
    seconds: float = 1e9, gap: float = 0.0, start: IntArray | None = None, elastic: FloatArray | None = None,
    loose: int = 0, extra: Extra | None = None,
) -> Answer:  # fmt: skip
    """The best choice for `units` among `options` (option `options[x]` belongs to unit `units[of[x]]`).

    `room` (rows) is what the rest leaves of each limit; `gap` in value; `elastic` prices of passing a limit, if it may
    be passed: then the aim is to pass limits as little as can be, and `lam` are the prices of that. The last `loose`
    units may have parts of several options. `extra` are columns and rows that tie units together, where all units and
    options are asked for.
    """
    starts, index, data = _matrix(c, units, options, of)
    count, rows = len(options), len(units) + c.rows
    cost = -c.cells[options, 0] if elastic is None else np.zeros(count)
    upper = np.ones(count)
    if elastic is not None:
        slack = np.arange(c.rows)
        starts = np.concatenate([starts, starts[-1] + 1 + slack]).astype(np.int32)
        index = np.concatenate([index, len(units) + slack]).astype(np.int32)
        data = np.concatenate([data, -np.ones(c.rows)])
        cost = np.concatenate([cost, elastic])
        upper = np.concatenate([upper, np.full(c.rows, highspy.kHighsInf)])
    low = np.concatenate([np.ones(len(units)), np.full(c.rows, -highspy.kHighsInf)])
    high = np.concatenate([np.ones(len(units)), room])
    whole = np.arange(len(cost)) < count
    if extra is not None:
        upper[:count][extra.barred] = 0.0
        starts, index, data = _with_rows(starts, index, data, count, rows, extra)
        cost, upper = np.append(cost, np.zeros(extra.columns)), np.append(upper, np.ones(extra.columns))
        low, high = np.append(low, extra.low), np.append(high, extra.high)
        whole, rows = np.append(whole, np.ones(extra.columns, dtype=bool)), rows + len(extra.low)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), rows
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(len(cost)), upper
    lp.row_lower_, lp.row_upper_ = low, high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = starts, index, data
    if integer:
        kinds = highspy.HighsVarType
        whole[:count] &= of < len(units) - loose
        lp.integrality_ = [kinds.kInteger if one else kinds.kContinuous for one in whole.tolist()]
    until = time.monotonic() + seconds
    for presolve in ("choose", "off"):
        highs = _highs(until - time.monotonic())
        highs.setOptionValue("presolve", presolve)
        highs.setOptionValue("mip_rel_gap", 0.0)
        highs.setOptionValue("mip_abs_gap", max(gap, 1e-9))
        highs.passModel(lp)
        if start is not None and integer:
            solution = highspy.HighsSolution()
            chosen = np.isin(options, start).astype(np.float64)
            behind = [] if extra is None else extra.start(chosen).tolist()
            solution.col_value = chosen.tolist() + [0.0] * (len(cost) - count - len(behind)) + behind
            highs.setSolution(solution)
        _ran(highs)
        if _agrees(highs, cost):
            return _answer(highs, c, units, of, options, integer, elastic is not None)
    return Answer("none", None, np.inf, None)


def _agrees(highs: Any, cost: FloatArray) -> bool:
    """Whether a run came to an end, and what it says its answer is worth is what the answer adds up to.

    Presolve has been seen to return an optimum with an objective that is not that of its own columns.
    """
    status, info = highs.getModelStatus(), highs.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return status in _ENDED
    own = float(cost @ np.array(highs.getSolution().col_value))
    return abs(own - float(info.objective_function_value)) <= _SAME * max(1.0, abs(own))


def _with_rows(
    starts: IntArray, index: IntArray, data: FloatArray, options: int, rows: int, extra: Extra
) -> tuple[IntArray, IntArray, FloatArray]:
    """A matrix by columns with more cells and columns behind."""
    before = len(starts) - 1
    column = np.where(extra.column < options, extra.column, extra.column + before - options)
    every = np.concatenate([np.repeat(np.arange(before), np.diff(starts)), column])
    within = np.concatenate([index, extra.row + rows])
    order = np.lexsort((within, every))
    ends = np.concatenate([[0], np.cumsum(np.bincount(every, minlength=before + extra.columns))])
    return ends.astype(np.int32), within[order].astype(np.int32), np.concatenate([data, extra.value])[order]


class _Quiet(highspy.Highs):
    """HiGHS that is silent from its first moment on: its banner would stand in the JSON of a command."""

    def enableCallbacks(self) -> None:  # noqa: N802  the library's name
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


def _ran(highs: Any) -> None:
    """Run; an interrupt stops HiGHS soon and goes on to the caller."""
    if threading.current_thread() is not threading.main_thread():
        highs.run()
        return
    highs.HandleUserInterrupt = True
    thread = highs.startSolve()
    try:
        while not highs.wait(0.2)[0]:
            pass
    except KeyboardInterrupt:
        highs.cancelSolve()
        thread.join()
        raise


def _highs(seconds: float) -> Any:
    highs = _Quiet()
    highs.setOptionValue("log_to_console", False)
    highs.setOptionValue("random_seed", 1)
    highs.setOptionValue("time_limit", float(max(seconds, 0.05)))
    highs.setOptionValue("primal_feasibility_tolerance", 1e-9)
    highs.setOptionValue("mip_feasibility_tolerance", 1e-9)
    return highs


def _answer(
    highs: Any, c: Compiled, units: IntArray, of: IntArray, options: IntArray, integer: bool, elastic: bool
) -> Answer:
    status, info = highs.getModelStatus(), highs.getInfo()
    if status in {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible}:
        return Answer("infeasible", None, -np.inf, None)
    ended = status in {highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit}
    if not ended or info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        # A run that failed has no bound: what stands in its record is not one.
        return Answer("none", None, np.inf, None)
    solution = highs.getSolution()
    share = np.array(solution.col_value)[: len(options)]
    order = np.lexsort((-share, of))
    first = np.concatenate([[True], np.diff(of[order]) != 0])
    pick = options[order][first]
    done = status == highspy.HighsModelStatus.kOptimal
    lam = None if integer else np.maximum(-np.array(solution.row_dual)[len(units) : len(units) + c.rows], 0.0)
    bound = -info.mip_dual_bound if integer else -info.objective_function_value
    over = np.array(solution.col_value)[len(options) : len(options) + c.rows] if elastic else np.empty(0)
    return Answer("optimal" if done else "feasible", pick, float(bound), lam, over if len(over) else None)


def passing(c: Compiled, size: FloatArray, *, integer: bool, seconds: float, extra: Extra | None = None) -> Answer:
    """The least by which limits must be passed (`over`), each counted in its size, and the prices of a relaxation."""
    of = np.repeat(np.arange(c.n), np.diff(c.ptr))
    every = np.arange(len(of))
    return solve_part(
        c, np.arange(c.n), every, of, c.limit, integer=integer, seconds=seconds, elastic=1.0 / size, extra=extra
    )  # fmt: skip
