"""Sizes and limits that prices begin from, and the system of a Newton step, checked a second way."""

from __future__ import annotations

import numpy as np
from plan_lands import land, problem

from tilth.plan import Problem, dual, solve
from tilth.plan.compiling import compiled
from tilth.plan.envelope import narrow_order, solved


def test_rows_have_the_same_size_whatever_the_number_of_units():
    """Options of a unit repeat in the table: a sample by every so many options sees only one treatment."""
    few, many = (dual.sizes_of(compiled(problem(land(n, 3), 3))) for n in (2_000, 20_000))
    assert np.allclose(few, many, rtol=0.15) and few.min() > 0.1


def test_a_limit_beyond_all_there_is_leaves_the_bound_tight():
    table = land(60, 4)
    free = int(np.maximum.reduceat(table.columns["income_yuan"], table.ptr[:-1]).sum())
    found = solve(Problem(table).maximise("income_yuan").within(cost_yuan=9 * 10**15, water_m3=10**12))
    assert found.value == free and found.gap <= 1e-3


def test_a_newton_step_within_the_envelope_is_that_of_a_dense_system():
    c = compiled(problem(land(400, 5, towns=7), 5))
    rng = np.random.default_rng(0)
    lam = rng.uniform(0.1, 1.0, c.rows)
    each = dual.Dual(c)
    matrix = each.matrix(each.look(lam, 100.0))
    matrix[np.diag_indices_from(matrix)] += 1.0
    right = rng.uniform(-1.0, 1.0, c.rows)
    assert np.allclose(solved(matrix, right, narrow_order(c)), np.linalg.solve(matrix, right), rtol=1e-8)


def test_a_system_that_is_not_positive_still_gives_a_step():
    right = np.array([1.0, 1.0])
    c = compiled(Problem(land(10, 0)).maximise("income_yuan").within(cost_yuan=1, water_m3=1))
    assert np.isfinite(solved(np.array([[1.0, 2.0], [2.0, 1.0]]), right, narrow_order(c))).all()
