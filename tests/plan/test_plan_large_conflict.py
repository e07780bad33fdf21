"""Large problems that no plan meets are proven to be so, without a search."""

from __future__ import annotations

import numpy as np
import pytest
from plan_lands import land, problem

from tilth.core import BadInput
from tilth.plan import Problem, dual, proof, solve, solver
from tilth.plan.compiling import compiled
from tilth.plan.relaxing import relaxation


def test_grain_that_the_money_cannot_pay_for_is_refused_and_the_rows_are_named():
    table = land(13_000, 2)
    most = int(np.maximum.reduceat(table.columns["grain_t"], table.ptr[:-1]).sum())
    with pytest.raises(BadInput) as caught:
        solve(problem(table, 2, tight=0.1).at_least(grain_t=int(0.97 * most)), seconds=60.0)
    assert caught.value.code == "PLAN-INFEASIBLE"
    assert "grain_t is at least" in caught.value.said and "cost_yuan is at most" in caught.value.said
    assert "The smallest relaxation: grain_t is at least" in caught.value.said


def test_a_large_problem_that_is_infeasible_by_one_yuan_names_the_yuan():
    table = land(13_000, 2)
    drains = table.treatment == table.treatments.index("drains")
    asked = Problem(table).maximise("income_yuan").locked_in(range(table.n), "drains")
    limit = int(table.columns["cost_yuan"][drains].sum()) - 1
    with pytest.raises(BadInput) as caught:
        solve(asked.within(cost_yuan=limit), seconds=60.0)
    row = f"cost_yuan is at most {limit:,}"
    assert caught.value.said == (f"no plan meets all demands; in conflict: {row}. The smallest relaxation: {row}: 1")


def test_a_relaxation_from_prices_would_do_and_is_nearly_the_smallest():
    """Beside HiGHS on the relaxed whole problem; the plan meets the limits once they give way."""
    table = land(1500, 2)
    most = int(np.maximum.reduceat(table.columns["grain_t"], table.ptr[:-1]).sum())
    c = compiled(problem(table, 2, tight=0.1).at_least(grain_t=int(0.9 * most)))
    size = dual.sizes_of(c)
    found = relaxation(c, size, 60.0)
    assert found is not None
    least = solver.passing(c, size, integer=False, seconds=60.0)
    assert least.over is not None
    smallest = float((least.over / size).sum())
    assert found.least <= smallest * (1 + 1e-9) and found.least >= 0.98 * smallest
    assert float((found.over / size).sum()) <= 1.03 * smallest
    assert np.all(proof.passed(c, found.pick) <= found.over + proof.tolerance(c))
