"""A price is the slope of the best value: each limit is moved both ways and the problem solved anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_lands import land

from tilth.plan import Problem, Row, Solution, explained, options, solve, tallied

#: Share of a limit by which it is moved, and of the change by which it may miss what the prices say.
STEP, NEAR = 0.05, 0.03


def moved(asked: Problem, row: Row, step: float) -> tuple[Problem, Row]:
    """The problem with one limit relaxed by `step` of its column (tightened where it is negative)."""
    other = replace(row, limit=row.limit - step if row.at_least else row.limit + step)
    return replace(asked, rows=tuple(other if one is row else one for one in asked.rows)), other


def agrees(before: Solution, row: Row, after: Solution, other: Row, step: float) -> bool:
    """Whether the value changed by the mean of both prices; what the two gaps leave open is allowed for.

    The best value is concave in a limit, so its change lies between what the prices before and after say.
    """
    known = before.bound - before.value + after.bound - after.value
    here, there = step * before.prices[row], step * after.prices[other]
    changed = after.value - before.value
    assert there - known <= changed <= here + known, (row, step, there, changed, here)
    return abs(changed - (here + there) / 2.0) <= NEAR * abs(changed) + known


def posed(seed: int, tight: float) -> Problem:
    """Money, water, a grain floor and a limit on one treatment: no two rows alike, so that each price is its own."""
    table = land(4_000, seed, towns=1)
    most = {name: int(np.maximum.reduceat(one, table.ptr[:-1]).sum()) for name, one in table.columns.items()}
    return (
        Problem(table)
        .maximise("income_yuan")
        .within(cost_yuan=int(tight * most["cost_yuan"]), water_m3=int(0.7 * tight * most["water_m3"]))
        .within(cost_yuan=int(0.1 * tight * most["cost_yuan"]), where={"treatment": "drains"})
        .at_least(grain_t=int(0.8 * tight * most["grain_t"]))
    )


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000), tight=st.sampled_from([0.2, 0.35, 0.5]))
def test_the_value_changes_as_prices_say_whichever_limit_is_moved_either_way(seed: int, tight: float):
    asked = posed(seed, tight)
    found = solve(asked)
    priced = 0
    for row, price in found.prices.items():
        step = STEP * float(row.limit)
        priced += price > 0
        for sign in (1.0, -1.0):
            changed, other = moved(asked, row, sign * step)
            after = solve(changed, start=found)
            assert agrees(found, row, after, other, sign * step), (row, sign, price)
    assert priced >= 1


def test_the_price_is_exact_where_the_next_yuan_is_known():
    """Forty units that each turn 2 yuan into 3: the next yuan brings 1.5, as half a unit more does."""
    table = options(
        np.repeat(np.arange(40), 2), np.tile(["no", "drain"], 40),
        {"income_yuan": np.tile([0, 3], 40), "cost_yuan": np.tile([0, 2], 40)},
    )  # fmt: skip
    asked = Problem(table).maximise("income_yuan")
    spent = {limit: solve(asked.within(cost_yuan=limit), gap=1e-9) for limit in (40, 42)}
    assert [one.value for one in spent.values()] == [60, 63]
    assert all(abs(price - 1.5) < 1e-6 for one in spent.values() for price in one.prices.values())


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_limit_that_is_not_reached_costs_nothing_whatever_the_descent_left_there(seed: int):
    """Twice the water that could ever be used: its price is 0 to the last digit, and no line tells of it."""
    asked = posed(seed, 0.35)
    never = int(np.maximum.reduceat(asked.options.columns["water_m3"], asked.options.ptr[:-1]).sum())
    found = solve(asked.within(water_m3=2 * never), gap=5e-3)
    left_over = replace(found, lam=np.where(found.lam > 0, found.lam, 1e-7))
    used = tallied(left_over)
    assert used[-1].price == 0.0 and used[0].price == found.lam[0] > 0
    assert sum(f"{2 * never:,}" in line for line in explained(left_over)) == 0


def test_a_small_plan_keeps_the_price_of_a_limit_whose_room_fits_no_further_unit():
    """Units that cost 5 under a limit of 18: 3 are left, and the next yuan is worth something all the same."""
    table = options(
        np.repeat(np.arange(6), 2), np.tile(["no", "drain"], 6),
        {"income_yuan": np.tile([0, 9], 6), "cost_yuan": np.tile([0, 5], 6)},
    )  # fmt: skip
    found = solve(Problem(table).maximise("income_yuan").within(cost_yuan=18), gap=1e-9)
    (one,) = tallied(found)
    assert one.left == 3 and one.price == found.lam[0] > 0
