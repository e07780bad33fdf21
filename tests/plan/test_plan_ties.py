"""Blocks taken whole, least patches, either-or: said, told, checked; best of all choices; bounds that hold."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from plan_ties import keeps, tied_land, tied_problem

from tilth.core import BadInput, speaking
from tilth.plan import Amount, Options, Over, Problem, Progress, Stream, options, sequenced, solve, solving, tied_scan
from tilth.plan.compiling import compiled
from tilth.plan.draws import together
from tilth.plan.ties import cells_of
from tilth.plan.tying import tied


def five(seed: int = 0) -> Options:
    rng = np.random.default_rng(seed)
    units, size = 5, 15
    return options(
        np.repeat(np.arange(units), 3), np.tile(["as is", "drains", "gypsum"], units),
        {
            "income_yuan": rng.integers(0, 50, size), "cost_yuan": rng.integers(0, 20, size),
            "area_ha": np.repeat(rng.integers(1, 6, units), 3),
        },
        labels={"block": np.array(["a", "a", "b", "b", ""]), "zone": np.array(["n", "n", "s", "s", "s"])},
    )  # fmt: skip


def asked_of(table: Options, which: int) -> Problem:
    """Each tie alone, and several together."""
    base = Problem(table).maximise("income_yuan").within(cost_yuan=45)
    return (
        base.whole("block"),
        base.patch("drains", by="zone", area_ha=6),
        base.patch("drains", units=3).patch("gypsum", by="zone", units=2),
        base.either_or("drains", "gypsum", by="zone"),
        base.either_or("drains", "gypsum"),
        base.whole("block").patch("drains", by="zone", units=3).either_or("drains", "gypsum"),
        base.whole("block", [("as is", "drains")]),
    )[which]


def choices(asked: Problem) -> list[np.ndarray]:
    """All choices that keep the ties, whatever the rows say."""
    table = asked.options
    of_units = [range(3 * i, 3 * i + 3) for i in range(table.n)]
    every = [np.array(one) for one in product(*of_units)]

    class _Found:
        def __init__(self, chosen: np.ndarray) -> None:
            self.options = chosen
            self.choice = [table.treatments[code] for code in table.treatment[chosen]]

    free = Problem(table, asked.aim, (), (), asked.ties)
    return [one for one in every if not keeps(free, _Found(one))]  # type: ignore[arg-type]


@pytest.mark.parametrize("which", range(7))
def test_the_best_plan_is_the_best_of_all_choices_that_keep_what_ties_units(which: int):
    for seed in range(2):
        table = five(seed)
        asked = asked_of(table, which)
        income, cost = table.columns["income_yuan"], table.columns["cost_yuan"]
        worth = [int(income[one].sum()) for one in choices(asked) if cost[one].sum() <= 45]
        if not worth:
            with pytest.raises(BadInput, match="no plan meets all demands"):
                solve(asked, gap=1e-9)
            continue
        found = solve(asked, gap=1e-9)
        assert found.value == max(worth) and found.bound >= found.value and not keeps(asked, found)


@pytest.mark.parametrize("which", range(7))
def test_a_tied_plan_over_draws_is_the_best_of_all_choices(which: int):
    table, chances = five(1), np.full(4, 0.25)
    rng = np.random.default_rng(which)
    drawn = {
        f"income_yuan_draw{s}": np.rint(table.columns["income_yuan"] * rng.uniform(0.3, 1.7, table.size))
        for s in range(4)
    }
    table = replace(table, columns={**table.columns, **drawn})
    for over in (Over("cvar", 0.5), Over("quantile", 0.3)):
        asked = replace(asked_of(table, which), over=over)
        sums = [
            [drawn[name][one].sum() for name in drawn]
            for one in choices(asked)
            if table.columns["cost_yuan"][one].sum() <= 45
        ]
        best = max(together(over, np.array(one), chances) for one in sums)
        found = solve(asked, gap=1e-9)
        assert found.value == pytest.approx(best) and found.bound >= best * (1 - 1e-9) and not keeps(asked, found)


@pytest.mark.parametrize("which", range(7))
def test_no_prices_give_a_bound_below_the_best_choice_after_paying(which: int):
    """In fractions: at any prices, the bound is no less than what the best of all tied choices is worth."""
    rng = np.random.default_rng(which)
    for seed in range(3):
        table = five(seed)
        asked = asked_of(table, which)
        c = compiled(asked)
        ties = tied(asked, c)
        assert ties is not None
        for lam in rng.exponential(1.0, (3, 1)):
            price = Fraction(float(lam[0]))
            income, cost = table.columns["income_yuan"], table.columns["cost_yuan"]
            exact = max(int(income[one].sum()) - price * int(cost[one].sum()) for one in choices(asked)) + price * 45
            bound = tied_scan.scanned(c, ties, cells_of(c, ties), lam).bound
            assert Fraction(bound) >= exact
            if which in {0, 3, 4, 6}:  # without least amounts it is that, but for rounding
                assert bound <= float(exact) * (1 + 1e-9)


def test_ties_are_told_in_both_languages():
    asked = asked_of(five(), 5).patch("gypsum", by="zone", area_ha=Amount(30, "mu"))
    assert str(asked).splitlines()[3:] == [
        "  each block is taken whole: one treatment for all its units",
        "  'drains' is taken on at least 3 units in each zone, or not at all",
        "  at most one is used of drains, gypsum",
        "  'gypsum' is taken on at least area_ha 30 mu in each zone, or not at all",
    ]
    with speaking("zh"):
        assert str(asked).splitlines()[3:5] == [
            "  每个 block 整体实施：其全部单元采用同一措施",
            "  “drains”要么不采用，要么不少于 3 个单元（逐个 zone）",
        ]


def refusal(asked: Problem) -> str:
    with pytest.raises(BadInput) as caught:
        solve(asked)
    return caught.value.said


def test_wrong_ties_get_one_clear_sentence_each():
    base = Problem(five()).maximise("income_yuan")
    assert "there is no label 'blok'" in refusal(base.whole("blok"))
    assert "there is no treatment 'pipes'" in refusal(base.patch("pipes", by="zone", units=2))
    assert "there is no quantity 'area_mu'" in refusal(base.patch("drains", by="zone", area_mu=2))
    assert "the least amount of 'drains' is -3" in refusal(base.patch("drains", by="zone", area_ha=-3))
    assert "its limit is given in m3" in refusal(base.patch("drains", by="zone", area_ha=Amount(2, "m3")))
    assert "differs between its options of 'd'" in refusal(base.patch("drains", "gypsum", name="d", cost_yuan=9))
    assert "either-or needs two treatments" in refusal(base.either_or("drains"))
    assert "treatment 'drains' is named twice" in refusal(base.either_or("drains", ("both", ["gypsum", "drains"])))
    alike = base.whole("block", [("as is", "drains")])
    assert "'drains' counts as one with 'as is'" in refusal(alike.either_or("drains", "gypsum"))
    assert "count different treatments as the same" in refusal(alike.whole("zone"))
    locked = base.locked_in([0], "drains").locked_in([1], "gypsum")
    assert "the units of block a have no treatment in common" in refusal(locked.whole("block"))
    assert "no choice meets what ties units together: at most one is used of drains, gypsum" in refusal(
        locked.either_or("drains", "gypsum", by="zone")
    )


def test_blocks_across_zones_are_solved_while_small_and_refused_when_large(monkeypatch: pytest.MonkeyPatch):
    table = five()
    table.labels["zone"][1] = "s"
    asked = Problem(table).maximise("income_yuan").whole("block").patch("drains", by="zone", units=3)
    assert not keeps(asked, solve(asked))
    monkeypatch.setattr(solving, "WHOLE", 1)
    assert refusal(asked) == "block a lies in several groups of zone; so large a problem needs each to lie in one"


@pytest.mark.parametrize(
    ("kinds", "crops", "gap"),
    [(["whole"], False, 2e-3), (["whole", "patch", "either"], True, 0.02), (["patch", "units", "either"], False, 0.02)],
)
def test_prices_alone_prove_plans_of_tied_land(
    kinds: list[str], crops: bool, gap: float, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(solving, "WHOLE", 0)
    asked = tied_problem(tied_land(1500, 3, 3, 3, crops), 3, 0.35, kinds)
    found = solve(asked, gap=gap)
    assert found.proof == "prices" and found.gap <= gap and not keeps(asked, found)
    again = solve(asked, gap=gap, start=found)
    assert np.array_equal(again.options, found.options) and again.gap <= gap


def test_the_units_of_a_block_begin_in_the_same_year():
    table = five()
    spent = {"spent_yuan": Stream("cost_yuan", "cost_yuan")}
    plan = sequenced(table, (2027, 2028, 2029), idle="as is", benefit="income_yuan", spent=spent)
    asked = Problem(plan).maximise("income_yuan").within(by="year", spent_yuan=45)
    free, whole = solve(asked, gap=1e-9), solve(asked.whole("block"), gap=1e-9)
    for one, other in ((0, 1), (2, 3)):
        assert whole.choice[one] == whole.choice[other] and whole.start[one] == whole.start[other]
    assert whole.value <= free.value


def test_large_rules_that_no_choice_keeps_are_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(solving, "WHOLE", 0)
    locked = Problem(five()).maximise("income_yuan").locked_in([0], "drains").locked_in([1], "gypsum")
    assert "no choice meets what ties units together" in refusal(locked.either_or("drains", "gypsum", by="zone"))


def test_an_interrupt_ends_a_run_with_the_best_plan_so_far():
    asked = tied_problem(tied_land(200, 3, 3, 3), 3, 0.35, ["whole"])

    def stop(one: Progress) -> None:
        if np.isfinite(one.value):
            raise KeyboardInterrupt

    found = solve(asked, gap=0.0, progress=stop)
    assert not keeps(asked, found) and found.bound >= found.value

    def at_once(one: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve(asked, gap=0.0, progress=at_once)


def test_a_block_in_two_zones_and_a_patch_by_zone_are_solved_together():
    land = options(
        ["a", "a", "b", "b", "c", "c"], ["no", "yes"] * 3, {"value_yuan": [0, 9, 0, 9, 0, 4]},
        labels={"zone": ["N", "S", "N"], "block": ["k", "k", ""]},
    )  # fmt: skip
    found = solve(Problem(land).maximise("value_yuan").whole("block").patch("yes", by="zone", units=1))
    assert found.value == 22 and found.choice == ["yes"] * 3
    alone = solve(Problem(land).maximise("value_yuan").whole("block").patch("yes", by="zone", units=2))
    assert alone.value == 0, "the southern zone has one unit only, and the block is in it"


def test_a_patch_larger_than_a_zone_that_has_no_other_way_is_refused():
    land = options(["a", "b"], ["drains"] * 2, {"value_yuan": [10, 10]}, labels={"zone": ["Z", "Z"]})
    with pytest.raises(BadInput, match="no choice meets what ties units together"):
        solve(Problem(land).maximise("value_yuan").patch("drains", by="zone", units=3))
