"""Aims one after the other, borders of two quantities, other costs than thought, and a unit that is forced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plan_lands import land, problem

from tilth.core import BadInput
from tilth.plan import (
    Over,
    Problem,
    Then,
    explained,
    forced,
    from_rows,
    frontier,
    in_case,
    solve,
    staged,
    tallied,
    varied,
    worth,
)  # fmt: skip


@pytest.fixture(scope="module")
def asked() -> Problem:
    return problem(land(24, 5, towns=2), 5)


def test_a_further_aim_is_sought_among_plans_nearly_best_in_the_first(asked: Problem) -> None:
    then = replace(asked, then=(Then((("grain_t", 1.0),), 0.05), Then((("cost_yuan", -1.0),))))
    found = solve(then, gap=1e-4)
    first, grain = found.stages
    assert first.value == solve(asked, gap=1e-4).value
    assert found.total("income_yuan") >= 0.95 * first.value and found.total("grain_t") >= grain.value
    assert grain.value > solve(asked, gap=1e-4).total("grain_t") and found.value == found.total("cost_yuan")
    # Held by rows of their own, the same problem gives the same plan.
    alone = staged(then, [first.value, grain.value])
    assert solve(alone, gap=1e-4).value == pytest.approx(found.value, rel=2e-4)


def test_an_aim_over_the_worst_draws_comes_last(asked: Problem) -> None:
    draws = {f"income_yuan_draw{s}": asked.options.columns["income_yuan"] * s for s in (1, 2)}
    table = replace(asked.options, columns={**asked.options.columns, **draws})
    over = replace(asked, options=table, over=Over("cvar", 0.5), then=(Then((("grain_t", 1.0),)),))
    with pytest.raises(BadInput, match="cannot be followed by another aim"):
        solve(over)
    last = replace(over, over=Over("mean"), then=(Then((("income_yuan", 1.0),), 0.1, Over("cvar", 0.5)),))
    found = solve(last)
    assert found.value == pytest.approx(table.columns["income_yuan_draw1"][found.options].sum())


def test_points_of_a_border_meet_what_they_ask_for_and_none_is_behind_another(asked: Problem) -> None:
    points = frontier(asked, "water_m3", least=True, points=5, gap=1e-4)
    assert points[0].asked is None and len(points) == 5
    values, bounds = [one.solution.value for one in points], [one.solution.bound for one in points]
    assert values == sorted(values, reverse=True) and bounds == sorted(bounds, reverse=True)
    for one in points:
        assert one.solution.value == worth(one.solution.problem, one.solution.options) <= one.solution.bound
        assert one.asked is None or one.other <= one.asked + 1e-6
        assert all(row.left >= -1e-6 for row in tallied(one.solution))
    best = solve(replace(asked, rows=points[2].solution.problem.rows), gap=1e-4)
    assert points[2].solution.value <= best.bound and best.value <= points[2].solution.bound


def test_a_border_needs_two_points_of_a_quantity_there_is(asked: Problem) -> None:
    with pytest.raises(BadInput, match="1 point is no border"):
        frontier(asked, "water_m3", points=1)
    with pytest.raises(BadInput, match="no quantity 'salt_t'"):
        frontier(asked, "salt_t")


def test_cases_change_the_plan_or_leave_it(asked: Problem) -> None:
    base = solve(asked, gap=1e-4)
    problems = {
        name: replace(asked, options=in_case(asked.options, "cost_yuan", case))
        for name, case in {"0.8": 0.8, "1": 1.0, "1.5": 1.5, "9": 9.0}.items()
    }
    low, same, high, far = varied(base, "cost_yuan", problems, gap=1e-4)
    assert low.solution is not None and high.solution is not None and same.solution is not None
    assert low.solution.value > base.value > high.solution.value and same.changed == 0
    assert low.kept == same.kept == high.kept == base.value
    assert not low.passed and high.passed and low.changed > 0
    assert far.solution is None and far.refused is not None and far.refused.code == "PLAN-INFEASIBLE"
    levels = replace(
        asked.options, columns={**asked.options.columns, "cost_yuan_low": asked.options.columns["grain_t"]}
    )
    assert in_case(levels, "cost_yuan", "low").columns["cost_yuan"] is levels.columns["cost_yuan_low"]
    with pytest.raises(BadInput, match=r"no column cost_yuan_high .* mid"):
        in_case(levels, "cost_yuan", "high")


def test_what_a_forced_unit_costs_lies_between_what_is_proven(asked: Problem) -> None:
    base = solve(asked, gap=1e-4)
    for unit in (3, 17):
        other = next(one for one in ("drains", "leach", "as is") if one != base.choice[unit])
        found = forced(base, unit, [other])
        least, most = found.lost_of_the_best
        again = solve(asked.locked_in([unit], other), gap=1e-4)
        assert found.after.choice[unit] == other and unit in found.changed
        assert least - 1e-6 <= base.value - again.value <= most + 1e-6
        assert all(row.left >= 0 for row in tallied(found.after))
    assert len(forced(base, 3, [base.choice[3]]).changed) == 0
    with pytest.raises(BadInput, match="has no option 'gold'"):
        forced(base, 3, ["gold"])
    with pytest.raises(BadInput, match="unit nowhere is to be locked, but there is no such unit"):
        forced(base, "nowhere", ["drains"])


def test_prices_of_townships_are_told_together() -> None:
    table = land(80, 8, towns=6)
    towns = np.unique(table.labels["township"]).tolist()
    each = {town: int(0.2 * table.columns["cost_yuan"][np.repeat(table.labels["township"] == town, 5)].sum() / 5)
            for town in towns}  # fmt: skip
    found = solve(Problem(table).maximise("income_yuan").within(by="township", cost_yuan=each))
    lines = [line for line in explained(found) if "by township" in line]
    assert len(lines) == 1 and "6 of 6 limits cost something" in lines[0]


@pytest.mark.parametrize("within", ["2 %", 0.02])
def test_further_aims_are_written_below_the_first(within: object) -> None:
    table = land(5, 1)
    asked = {"aim": {"maximise": "income_yuan", "then": [{"maximise": "grain_t", "within": within}]}}
    (then,) = from_rows(table, asked).then
    assert then == Then((("grain_t", 1.0),), 0.02)
    assert "then, giving up at most 2 % of that" in str(from_rows(table, asked))
    with pytest.raises(BadInput, match="within"):
        from_rows(table, {"aim": {"maximise": "income_yuan", "then": [{"maximise": "grain_t", "by": 1}]}})
