"""Bounds, prices, years and repeatability."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from plan_lands import land, problem

from tilth.core import speaking
from tilth.plan import Problem, Progress, Row, Solution, Stream, explained, options, proof, sequenced, solve
from tilth.plan.compiling import compiled


@pytest.fixture(scope="module")
def solved() -> Solution:
    return solve(problem(land(2500, 1), 1), gap=2e-3)


def test_the_bound_lies_above_the_exact_one_and_hardly_so():
    asked = problem(land(200, 4), 4)
    c = compiled(asked)
    rng = np.random.default_rng(0)
    for _ in range(4):
        lam = rng.uniform(0.0, 2.0, c.rows) * (rng.uniform(size=c.rows) < 0.7)
        exact = proof.exact_bound(c, lam)
        told = Fraction(proof.bound(c, lam))
        assert exact <= told <= exact * (1 + Fraction(1, 10**11))


def test_no_prices_whatever_give_a_bound_below_a_plan(solved: Solution):
    c = compiled(solved.problem)
    rng = np.random.default_rng(1)
    for _ in range(20):
        assert proof.bound(c, rng.exponential(1.0, c.rows)) >= solved.value


def test_a_plan_of_thousands_is_proven_within_the_gap_asked_for(solved: Solution):
    assert solved.proof == "prices" and solved.gap <= 2e-3
    assert proof.bound(compiled(solved.problem), solved.lam) == solved.bound


def test_the_same_problem_gives_the_same_plan(solved: Solution):
    again = solve(solved.problem, gap=2e-3)
    assert np.array_equal(again.options, solved.options) and again.bound == solved.bound


def test_prices_of_a_former_run_begin_the_next(solved: Solution):
    row = solved.problem.rows[0]
    changed = replace(solved.problem, rows=(replace(row, limit=int(row.limit * 1.01)), *solved.problem.rows[1:]))
    warm = solve(changed, gap=2e-3, start=solved)
    assert warm.gap <= 2e-3 and warm.bound >= solved.value


def test_a_price_is_what_one_more_of_the_limit_brings(solved: Solution):
    """The best value is concave in a limit: its change lies within what prices before and after say."""
    for place in (0, 1, 3):
        row = solved.problem.rows[place]
        price = solved.prices[row]
        step = 0.02 * float(row.limit)
        sign = -1.0 if row.at_least else 1.0
        moved = replace(row, limit=row.limit + sign * step)
        rows = tuple(moved if one is row else one for one in solved.problem.rows)
        after = solve(replace(solved.problem, rows=rows), gap=1e-3, start=solved)
        slack = solved.bound - solved.value
        assert after.value - solved.bound <= price * step + 1e-9 * solved.bound
        assert after.bound - solved.value >= after.prices[moved] * step - slack


def test_progress_is_told_and_bounds_only_fall():
    told: list[Progress] = []
    found = solve(problem(land(2500, 2), 2), gap=2e-3, progress=told.append)
    assert told and told[-1].gap <= 2e-3
    assert all(later.bound <= earlier.bound for earlier, later in pairwise(told))
    assert told[-1].bound == found.bound
    assert told[0].gap == np.inf  # a bound stands before there is a plan


def test_what_is_minimised_has_its_bound_below():
    table = land(300, 6)
    floor = int(0.3 * np.maximum.reduceat(table.columns["grain_t"], table.ptr[:-1]).sum())
    found = solve(Problem(table).minimise("cost_yuan").at_least(grain_t=floor))
    assert found.bound <= found.value == found.total("cost_yuan") and found.total("grain_t") >= floor


def test_treatments_begin_in_years_that_their_budgets_allow():
    rng = np.random.default_rng(3)
    n = 120
    table = options(
        np.repeat(np.arange(n), 2), np.tile(["as is", "drains"], n),
        {
            "net_yuan": np.column_stack([np.zeros(n), rng.integers(200, 900, n)]).astype(np.int64).ravel(),
            "build_yuan": np.column_stack([np.zeros(n), rng.integers(500, 1500, n)]).astype(np.int64).ravel(),
            "upkeep_yuan": np.column_stack([np.zeros(n), rng.integers(10, 50, n)]).astype(np.int64).ravel(),
        },
    )  # fmt: skip
    years = (2027, 2028, 2029, 2030)
    spent = {"spent_yuan": Stream("build_yuan", "upkeep_yuan")}
    plan = sequenced(table, years, idle="as is", benefit="net_yuan", spent=spent)
    found = solve(Problem(plan).maximise("net_yuan").within(by="year", spent_yuan=25_000), gap=1e-2)
    built, kept = plan.columns["build_yuan"][found.options], plan.columns["upkeep_yuan"][found.options]
    for year in years:
        cash = built[found.start == year].sum() + kept[(found.start > 0) & (found.start < year)].sum()
        assert cash <= 25_000
    gained = table.columns["net_yuan"].reshape(n, 2)[:, 1]
    begun = found.start > 0
    assert found.value == (gained[begun] * (2030 - found.start[begun])).sum()
    assert len(set(found.start[begun].tolist())) >= 2


def test_equal_rows_have_a_price_each():
    asked = Problem(land(60, 8)).maximise("income_yuan").within(cost_yuan=10_000)
    assert list(solve(asked, gap=0.05).prices) == [Row("cost_yuan", False, 10_000)]


def test_prices_are_told_in_words_in_both_languages():
    table = options(
        np.repeat(np.arange(40), 2), np.tile(["no", "drain"], 40),
        {"income_yuan": np.tile([0, 3], 40), "cost_yuan": np.tile([0, 2], 40), "water_m3": np.tile([0, 1], 40)},
    )  # fmt: skip
    found = solve(Problem(table).maximise("income_yuan").within(cost_yuan=40, water_m3=60), gap=1e-6)
    assert found.value == 60
    assert explained(found)[0].startswith("income_yuan: 60; no plan is better than 60")
    assert explained(found)[1:] == [
        "cost_yuan is at most 40: one yuan more is worth 1.5 income_yuan",
        "1 demand has room to spare: more of it changes nothing",
    ]
    with speaking("zh"):
        assert explained(found)[1:] == [
            "cost_yuan 不超过 40：每放宽 1 yuan，income_yuan 可增加 1.5",
            "1 项约束尚有余量，放宽也不会改变结果",
        ]
