"""Scenarios of a plan: other limits, two plans side by side, one unit's options with the reason, the best so far."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tilth import api
from tilth.core import BadInput, NotFound
from tilth.runtime import Workspace

ROWS = """
title = "East"
[aim]
maximise = "value_yuan"
[[within]]
column = "cost_yuan"
most = 6000  # all of it
[[within]]
column = "cost_yuan"
most = 4000
where = {treatment = "drains", crop = "cotton"}
[[at_least]]
column = "grain_kg"
least = {North = 100, South = 150}
by = "region"
"""
MANY = 60


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return api.init(tmp_path / "w", region="150821", name="示范县")


@pytest.fixture
def east(workspace: Workspace, tmp_path: Path) -> str:
    """A plan of sixty units in two regions."""
    table(MANY).to_csv(tmp_path / "options.csv", index=False)
    (tmp_path / "rows.toml").write_text(ROWS, encoding="utf-8")
    api.plan_new(workspace, "east", tmp_path / "options.csv", rows=tmp_path / "rows.toml")
    return "east"


def table(count: int) -> pd.DataFrame:
    drawn = np.random.default_rng(3)
    rows = []
    for at in range(count):
        region, value, cost = ("North", "South")[at % 2], int(drawn.integers(300, 900)), int(drawn.integers(200, 500))
        rows.append((f"p{at}", "as is", "cotton", region, 0, 0, 0))
        rows.append((f"p{at}", "drains", "cotton", region, value, cost, 0))
        rows.append((f"p{at}", "drains", "wheat", region, value - 50, cost, int(drawn.integers(10, 40))))
    return pd.DataFrame(
        rows, columns=["unit", "treatment", "crop", "region", "value_yuan", "cost_yuan", "grain_kg"]
    )  # fmt: skip


def test_a_scenario_differs_in_the_limits_that_are_named_and_in_nothing_else(workspace: Workspace, east: str) -> None:
    made = api.plan_vary(workspace, east, "poorer", {1: "0.3 wan_yuan", 4: 120})
    assert made.about["varies"] == {"plan": "east", "limits": {"1": "0.3 wan_yuan", "4": 120}}
    before, after = api.plan_record(workspace, east), api.plan_record(workspace, "poorer")
    assert [one["limit"] for one in before["rows"]] == [6000, 4000, 100, 150]
    assert [one["limit"] for one in after["rows"]] == [3000, 4000, 100, 120]
    for one, other in zip(before["rows"], after["rows"], strict=True):
        assert all(one[key] == other[key] for key in ("column", "at_least", "where", "unit", "number"))
    text = (workspace.root / "plans/poorer/rows.toml").read_text(encoding="utf-8")
    assert text.startswith(ROWS.rstrip()), "what somebody wrote stays as it was written, with its comments"
    again = api.plan_vary(workspace, "poorer", "richer", {1: 9000})
    assert [one["limit"] for one in api.plan_record(workspace, "richer")["rows"]] == [9000, 4000, 100, 120]
    assert again.about["varies"]["plan"] == "poorer"


def test_a_scenario_that_cannot_be_meant_is_refused_and_leaves_nothing(workspace: Workspace, east: str) -> None:
    for limits, code in (
        ({5: 1}, "PLAN-ROWS-NO-ROW"), ({0: 1}, "PLAN-ROWS-NO-ROW"), ({1: "3 kg"}, "PLAN-UNIT"),
        ({1: "a lot"}, "PLAN-ROWS-VALUE"), ({1: '3"\n[aim]'}, "PLAN-ROWS-VALUE"), ({}, "PLAN-VARY-NOTHING"),
        ({1: float("nan")}, "PLAN-ROWS-VALUE"),
    ):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            api.plan_vary(workspace, east, "wrong", limits)
        assert refused.value.code == code, limits
    with pytest.raises(BadInput, match="there is a plan 'east' already"):
        api.plan_vary(workspace, east, east, {1: 5})
    with pytest.raises(NotFound):
        api.plan_vary(workspace, "west", "wrong", {1: 5})
    assert [one["name"] for one in api.plan_list(workspace)] == ["east"]


def test_two_plans_stand_side_by_side_and_their_differences_add_up(workspace: Workspace, east: str) -> None:
    api.plan_vary(workspace, east, "poorer", {1: 3000})
    with pytest.raises(NotFound, match="not solved yet"):
        api.plan_compare(workspace, east, "poorer")
    rich, poor = (api.plan_solve(workspace, name, gap=1e-6) for name in (east, "poorer"))
    found = api.plan_compare(workspace, east, "poorer")
    assert [one["value"] for one in found.plans] == [rich.solution.value, poor.solution.value]
    assert rich.solution.value > poor.solution.value
    cost = found.rows[0]
    assert cost["limit"] == [6000, 3000] and cost["used"][0] <= 6000 and cost["used"][1] <= 3000
    assert cost["used"] == [rich.totals()["cost_yuan"], poor.totals()["cost_yuan"]]
    for side, plan in enumerate((rich, poor)):
        for by in ("treatment", "crop"):
            groups = [one["plans"][side] for one in found.groups[by] if one["plans"][side] is not None]
            assert sum(one["units"] for one in groups) == MANY
            assert sum(one["totals"]["value_yuan"] for one in groups) == plan.solution.value
    differing = sum(a != b for a, b in zip(rich.solution.choice, poor.solution.choice, strict=True))
    assert found.differ == differing > 0 and found.same == MANY - differing and found.alone == (0, 0)
    assert sum(one["units"] for one in found.moves) == differing
    mirrored = api.plan_compare(workspace, "poorer", east)
    assert mirrored.differ == differing and mirrored.rows[0]["limit"] == [3000, 6000]
    assert api.plan_compare(workspace, east, east).differ == 0


def test_a_unit_tells_all_its_options_and_why_its_own_is_chosen(workspace: Workspace, east: str) -> None:
    done = api.plan_solve(workspace, east, gap=1e-6)
    prices = {row.where: price for row, price in done.solution.prices.items() if row.column == "grain_kg"}
    budget = next(price for row, price in done.solution.prices.items() if row.column == "cost_yuan")
    cotton = next(price for row, price in done.solution.prices.items() if row.column.endswith(": cost_yuan"))
    for at in range(MANY):
        told = api.plan_unit(workspace, east, f"p{at}")
        assert len(told["options"]) == 3 and told["labels"] == {"region": ("North", "South")[at % 2]}
        chosen = [one for one in told["options"] if one["chosen"]]
        assert len(chosen) == 1
        for one in told["options"]:
            grain = prices[(("region", told["labels"]["region"]),)] * one["amounts"]["grain_kg"]
            own = budget + (cotton if (one["treatment"], one["crop"]) == ("drains", "cotton") else 0)
            by_hand = one["amounts"]["value_yuan"] - own * one["amounts"]["cost_yuan"] + grain
            assert one["left"] == pytest.approx(by_hand)
        ahead = chosen[0]["left"] - max(one["left"] for one in told["options"] if not one["chosen"])
        even = abs(ahead) <= 1e-4 * max(one["brings"] for one in told["options"])
        said = "bring the same" if even else "brings most" if ahead > 0 else "would bring"
        assert said in told["why"]
    with pytest.raises(NotFound, match="has no unit 'p99'"):
        api.plan_unit(workspace, east, "p99")


def test_units_are_listed_page_by_page_and_by_what_they_get(workspace: Workspace, east: str) -> None:
    done = api.plan_solve(workspace, east, gap=1e-6)
    seen, after = [], 0
    while after is not None:
        page = api.plan_units(workspace, east, after=after, limit=7)
        seen += page.items
        after = page.next
    assert [one["unit"] for one in seen] == [f"p{at}" for at in range(MANY)] and page.count == MANY
    assert sum(one["totals"]["cost_yuan"] for one in seen) == done.totals()["cost_yuan"]
    north = api.plan_units(workspace, east, where={"region": "North", "crop": "wheat", "treatment": "drains"})
    assert 0 < north.count < MANY and {one["crop"] for one in north.items} == {"wheat"}
    with pytest.raises(BadInput):
        api.plan_units(workspace, east, where={"zone": "1"})


def test_whoever_has_enough_gets_the_best_so_far_with_its_proof(workspace: Workspace, tmp_path: Path) -> None:
    """A gap of nothing goes on for long; with enough said at the first plan it ends there, and the bound holds."""
    table(4000).to_parquet(tmp_path / "o.parquet")
    rows = '[aim]\nmaximise = "value_yuan"\n[[within]]\ncolumn = "cost_yuan"\nmost = 400001\n'
    (tmp_path / "r.toml").write_text(rows, encoding="utf-8")
    api.plan_new(workspace, "large", tmp_path / "o.parquet", rows=tmp_path / "r.toml")
    told: list[float] = []
    found = api.plan_solve(
        workspace, "large", gap=0.0, seconds=60, told=lambda one: told.append(one.bound), enough=lambda: True
    )
    assert found.solution.seconds < 30 and 0 < found.solution.gap < 0.01
    assert len(told) > 5 and told[-1] < told[0], "the bound closes while the run goes on"
    assert all(after <= before * (1 + 1e-9) for before, after in pairwise(told))
    assert found.solution.bound >= found.solution.value
    assert api.plan_record(workspace, "large")["solution"]["gap"] == found.solution.gap
