"""Plans over draws: against all plans there are, against HiGHS on the explicit programme, and laws of the bound."""

from __future__ import annotations

import itertools
from dataclasses import replace

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_lands import land

from tilth.core import BadInput
from tilth.plan import Options, Over, Problem, from_rows, options, outcomes, solve, with_means, worth
from tilth.plan.checking import limit_of
from tilth.plan.draws import draws_of, sums_of, together


def risky(n: int, k: int, draws: int, seed: int) -> Problem:
    """`n` units with `k` options each, whose value is drawn, under a budget and a floor of grain."""
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 100, (n, k)) * (np.arange(k) > 0)
    columns = {
        f"value_yuan_draw{s:02d}": np.round(base * rng.uniform(0.2, 1.8, (1, k)) * rng.uniform(0.5, 1.5, (n, k)))
        .astype(np.int64).ravel()
        for s in range(draws)
    }  # fmt: skip
    columns["cost_yuan"] = (rng.integers(10, 60, (n, k)) * (np.arange(k) > 0)).ravel()
    columns["grain_kg"] = rng.integers(0, 30, (n, k)).ravel()
    table = with_means(options(np.repeat(np.arange(n), k), np.tile(list("abcdefg"[:k]), n), columns))
    return Problem(table).maximise("value_yuan").within(cost_yuan=int(15 * n)).at_least(grain_kg=int(12 * n))


def best_of_all(problem: Problem) -> float:
    table, draws = problem.options, draws_of(problem)
    assert problem.over is not None
    found = -np.inf
    for pick in itertools.product(*(range(table.ptr[i], table.ptr[i + 1]) for i in range(table.n))):
        at = np.array(pick)
        cost, grain = (float(table.columns[one][at].sum()) for one in ("cost_yuan", "grain_kg"))
        if cost <= limit_of(table, problem.rows[0]) and grain >= limit_of(table, problem.rows[1]):
            found = max(found, together(problem.over, sums_of(draws.values, at), draws.chance))
    return found


OVERS = (Over("mean"), Over("cvar", 0.3), Over("cvar", 0.5), Over("quantile", 0.2), Over("quantile", 0.4))


@pytest.mark.parametrize("seed", range(3))
def test_small_plans_over_draws_are_the_best_of_all_plans(seed: int) -> None:
    problem = risky(5, 3, 3 + seed, seed)
    for over in OVERS:
        asked = replace(problem, over=over)
        found, best = solve(asked, gap=1e-9), best_of_all(asked)
        assert found.value == pytest.approx(best, rel=1e-9) and found.bound >= best * (1 - 1e-9)
        assert found.value == worth(asked, found.options) and found.gap <= 1e-6


def explicit(problem: Problem, *, integer: bool) -> float:
    """Rockafellar and Uryasev's programme, written out for HiGHS: max t - Σ p z / α, z ≥ t - V, z ≥ 0."""
    table, draws = problem.options, draws_of(problem)
    assert problem.over is not None
    size, count = table.size, len(draws.chance)
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 1e-9)
    infinite = highspy.kHighsInf
    for _ in range(size):
        highs.addVar(0.0, 1.0)
    highs.addVar(-infinite, infinite)
    highs.changeColCost(size, -1.0)
    for s in range(count):
        highs.addVar(0.0, infinite)
        highs.changeColCost(size + 1 + s, float(draws.chance[s]) / problem.over.share)
    if integer:
        for j in range(size):
            highs.changeColIntegrality(j, highspy.HighsVarType.kInteger)
    for i in range(table.n):
        own = np.arange(table.ptr[i], table.ptr[i + 1], dtype=np.int32)
        highs.addRow(1.0, 1.0, len(own), own, np.ones(len(own)))
    every = np.arange(size, dtype=np.int32)
    cost, grain = (np.asarray(table.columns[one], dtype=np.float64) for one in ("cost_yuan", "grain_kg"))
    highs.addRow(-infinite, limit_of(table, problem.rows[0]), size, every, cost)
    highs.addRow(limit_of(table, problem.rows[1]), infinite, size, every, grain)
    for s in range(count):
        index = np.append(every, [size, size + 1 + s]).astype(np.int32)
        highs.addRow(0.0, infinite, len(index), index, np.append(draws.values[:, s], [-1.0, 1.0]))
    highs.run()
    return -float(highs.getInfo().objective_function_value)


@pytest.mark.parametrize("seed", range(4))
def test_the_mean_of_the_worst_agrees_with_the_explicit_programme(seed: int) -> None:
    problem = replace(risky(40, 4, 8, 100 + seed), over=Over("cvar", 0.25))
    found, best = solve(problem, gap=1e-6), explicit(problem, integer=True)
    assert found.value <= best * (1 + 1e-7) and found.bound >= best * (1 - 1e-7) and found.gap <= 1e-6


def test_the_bound_of_many_units_is_that_of_the_relaxed_programme_and_plans_come_near() -> None:
    problem = replace(risky(3000, 4, 8, 7), over=Over("cvar", 0.25))
    found, relaxed = solve(problem, gap=1e-3), explicit(problem, integer=False)
    assert found.proof == "prices" and found.gap <= 1e-3
    assert found.value <= relaxed * (1 + 1e-9) and relaxed <= found.bound * (1 + 1e-9)


@settings(max_examples=60, deadline=None)
@given(sums=st.lists(st.integers(-1000, 1000), min_size=1, max_size=12), share=st.floats(0.01, 0.99))
def test_the_mean_of_the_worst_is_at_most_the_quantile_and_the_mean(sums: list[int], share: float) -> None:
    values, chance = np.array(sums, dtype=np.float64), np.full(len(sums), 1 / len(sums))
    worst, quantile = (together(Over(how, share), values, chance) for how in ("cvar", "quantile"))
    assert worst <= quantile + 1e-9 and worst <= together(Over("mean"), values, chance) + 1e-9
    assert chance[values < quantile].sum() <= share + 1e-6
    # The same mean as the largest of t - Σ p (t - V)+ / α over all t.
    reached = max(t - float((chance * np.maximum(t - values, 0.0)).sum()) / share for t in values)
    assert worst == pytest.approx(reached, abs=1e-6)


def test_draws_have_chances_and_belong_together() -> None:
    problem = risky(5, 3, 3, 1)
    sure = replace(problem.options, chances={"00": 1.0, "01": 1e-6, "02": 1e-6})
    found = solve(replace(problem, options=sure, over=Over("mean")), gap=1e-9)
    alone = replace(problem, aim=(("value_yuan_draw00", 1.0),))
    assert found.value == pytest.approx(solve(alone, gap=1e-9).value, rel=1e-4)
    with pytest.raises(BadInput, match="chances of the draws"):
        solve(replace(problem, options=replace(sure, chances={"00": 1.0}), over=Over("mean")))
    lacking = {**problem.options.columns, "grain_kg_draw00": problem.options.columns["grain_kg"]}
    with pytest.raises(BadInput, match="grain_kg has no draw '01'"):
        solve(replace(problem, options=replace(problem.options, columns=lacking)))
    with pytest.raises(BadInput, match="no draws of cost_yuan"):
        solve(replace(problem.minimise("cost_yuan"), over=Over("mean")))


def test_a_plan_is_told_in_each_draw_and_how_often_its_demands_hold() -> None:
    """Two units, two draws: grain is 3 + 3 in the one and 1 + 1 in the other, and 4 are asked for."""
    table = options(
        [1, 2], ["wheat", "wheat"],
        {"value_yuan": [5, 5], "grain_kg_draw1": [3, 3], "grain_kg_draw2": [1, 1]},
    )  # fmt: skip
    problem = from_rows(table, {"aim": {"maximise": "value_yuan"}, "at_least": {"column": "grain_kg", "least": 4}})
    found = outcomes(solve(problem))
    assert found is not None and found.values is None and found.labels == ("1", "2")
    (row,) = found.rows
    assert row.used.tolist() == [6, 2] and row.holds == 0.5 and row.worst == 2
    assert outcomes(solve(Problem(land(5, 1)).maximise("income_yuan"))) is None


def test_what_is_to_be_small_is_worst_where_it_is_large() -> None:
    rng = np.random.default_rng(4)
    costs = {f"cost_yuan_draw{s}": rng.integers(1, 90, 8) for s in range(4)}
    table: Options = options(np.repeat(np.arange(4), 2), ["a", "b"] * 4, costs)
    asked = {"aim": {"minimise": "cost_yuan", "over": "cvar 25 %"}}
    problem = from_rows(table, asked)
    found = solve(problem, gap=1e-9)
    each = np.column_stack(list(costs.values())).reshape(4, 2, 4)
    least = min(
        max(sum(each[i, pick[i], s] for i in range(4)) for s in range(4))
        for pick in itertools.product(range(2), repeat=4)
    )
    assert found.value == pytest.approx(least) and found.bound <= least + 1e-6


@pytest.mark.parametrize("said", ["cvar", "cvar 0", "cvar 1.5", "worst 0.1", "quantile x", "mean 0.1", 3])
def test_a_way_to_take_draws_together_that_is_none_is_refused(said: object) -> None:
    with pytest.raises(BadInput, match="draws cannot be taken together"):
        from_rows(risky(2, 2, 2, 0).options, {"aim": {"maximise": "value_yuan", "over": said}})


def test_an_answer_whose_worth_is_not_what_its_columns_add_up_to_is_not_taken_as_proof() -> None:
    """A presolved run of HiGHS tells an objective of 38.55 here, of a plan that is worth 24.52 by its own columns."""
    columns = {
        "v_yuan_draw1": [15.95, 38.45, 9.77],
        "v_yuan_draw2": [6.96, 30.8, -7.75],
        "v_yuan_draw3": [7.32, 16.41, 22.38],
    }
    table = with_means(options([0, 1, 1], ["a", "a", "b"], columns))
    found = solve(replace(Problem(table).maximise("v_yuan"), over=Over("cvar", 1 / 3)), gap=0)
    assert found.value == pytest.approx(23.73) and found.bound == pytest.approx(23.73, abs=1e-6)
