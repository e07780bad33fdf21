"""The planner beside an independent solver on random problems. TILTH_FULL=1 runs 500 of them."""

from __future__ import annotations

import highspy
import numpy as np
import pytest
from plan_lands import land, problem

from tilth.core import BadInput
from tilth.plan import Problem, Solution, options, solve


def milp(asked: Problem, gap: float) -> tuple[float, float] | None:
    """Value and bound by HiGHS from a model written row by row here; None where it says there is no plan."""
    table = asked.options
    highs = highspy.Highs()
    highs.silent()
    highs.setOptionValue("mip_rel_gap", gap)
    highs.setOptionValue("mip_feasibility_tolerance", 1e-9)
    infinite = highspy.kHighsInf
    unit, towns = table.unit_of(), table.labels["township"]
    names = np.array(table.treatments)[table.treatment]
    size = table.size
    everywhere = np.ones(size, dtype=bool)
    for j in range(size):
        highs.addCol(float(table.columns["income_yuan"][j]), 0.0, 1.0, 0, np.array([], np.int32), np.array([]))
    highs.changeColsIntegrality(size, np.arange(size, dtype=np.int32), np.array([highspy.HighsVarType.kInteger] * size))
    highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
    for i in range(table.n):
        of = np.arange(table.ptr[i], table.ptr[i + 1], dtype=np.int32)
        highs.addRow(1.0, 1.0, len(of), of, np.ones(len(of)))
    for row in asked.rows:
        inside = everywhere.copy()
        for label, value in row.where:
            inside &= names == value if label == "treatment" else towns[unit] == value
        of = np.flatnonzero(inside & (table.columns[row.column] != 0)).astype(np.int32)
        limit = float(row.limit)
        low, high = (limit, infinite) if row.at_least else (-infinite, limit)
        highs.addRow(low, high, len(of), of, table.columns[row.column][of].astype(float))
    highs.run()
    if highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    info = highs.getInfo()
    return info.objective_function_value, info.mip_dual_bound


def meets(asked: Problem, found: Solution) -> bool:
    """Every row added up again, in whole numbers."""
    table = asked.options
    names, towns = np.array(found.choice), table.labels["township"]
    for row in asked.rows:
        inside = np.ones(table.n, dtype=bool)
        for label, value in row.where:
            inside &= names == value if label == "treatment" else towns == value
        total = int(table.columns[row.column][found.options][inside].sum())
        if total < row.limit if row.at_least else total > row.limit:
            return False
    return True


def shapes(count: int) -> list[tuple[int, int, float, bool, int]]:
    """Seed, units, tightness, ties and townships of each problem; some are too tight to be met."""
    rng = np.random.default_rng(11)
    found = []
    for seed in range(count):
        n = int(np.exp(rng.uniform(np.log(50), np.log(3000)))) if count > 100 else int(rng.integers(50, 160))
        found.append(
            (seed, n, float(rng.choice([0.05, 0.2, 0.35, 0.6])), bool(rng.integers(2)), int(rng.integers(1, 8)))
        )
    return found


def test_values_and_bounds_agree_with_highs_and_so_does_what_cannot_be_met(full: bool):
    infeasible = 0
    for seed, n, tight, ties, towns in shapes(500 if full else 12):
        table = land(n, seed, towns, ties)
        asked = problem(table, seed, tight)
        if seed % 4 == 3:  # more grain than the money pays for
            most = np.maximum.reduceat(table.columns["grain_t"], table.ptr[:-1]).sum()
            asked = asked.at_least(grain_t=int(0.97 * most))
        theirs = milp(asked, 1e-5)
        if theirs is None:
            infeasible += 1
            with pytest.raises(BadInput) as caught:
                solve(asked, gap=1e-3)
            assert caught.value.code == "PLAN-INFEASIBLE", (seed, n)
            continue
        found = solve(asked, gap=1e-3)
        value, bound = theirs
        assert meets(asked, found), (seed, n)
        assert found.value == sum(int(one) for one in table.columns["income_yuan"][found.options]), (seed, n)
        assert found.value <= bound + 1e-6 * abs(bound), (seed, n, found.value, bound)
        assert found.bound >= value - 1e-6 * abs(value), (seed, n, found.bound, value)
        assert found.gap <= 1e-3, (seed, n, found.gap)
    assert infeasible >= 1


def test_the_best_of_a_small_problem_is_the_best_of_all_choices():
    rng = np.random.default_rng(5)
    for _ in range(5):
        income, cost = rng.integers(0, 50, (6, 3)), rng.integers(0, 30, (6, 3))
        cost[:, 0] = 0
        table = options(
            np.repeat(np.arange(6), 3), np.tile(["a", "b", "c"], 6),
            {"income_yuan": income.ravel(), "cost_yuan": cost.ravel()},
        )  # fmt: skip
        every = np.stack(np.meshgrid(*[np.arange(3)] * 6, indexing="ij"), axis=-1).reshape(-1, 6)
        spent, earned = cost[np.arange(6), every].sum(axis=1), income[np.arange(6), every].sum(axis=1)
        found = solve(Problem(table).maximise("income_yuan").within(cost_yuan=40), gap=1e-9)
        assert found.value == earned[spent <= 40].max()
