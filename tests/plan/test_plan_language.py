"""How a problem is said, told and checked."""

from __future__ import annotations

import highspy
import numpy as np
import pytest
from plan_lands import land, problem

from tilth.core import BadInput, Label, speaking
from tilth.plan import Amount, Options, Problem, explained, options, solve, solver, told
from tilth.plan.compiled import Compiled
from tilth.plan.compiling import compiled


def two() -> Options:
    return options(
        [1, 1, 2, 2], ["no", "drain"] * 2, {"income_yuan": [0, 9, 0, 7], "cost_yuan": [0, 5, 0, 5]},
        labels={"township": ["a", "b"]},
    )  # fmt: skip


def refusal(asked: Problem) -> str:
    with pytest.raises(BadInput) as caught:
        solve(asked)
    return caught.value.said


def test_a_problem_tells_itself_in_both_languages():
    asked = Problem(two()).maximise("income_yuan").within(cost_yuan=Amount(0.0005, "wan_yuan")).locked_in([2], "drain")
    assert str(asked).splitlines() == [
        "Choose one option for each of 2 units (4 options) so that",
        "  income_yuan is as large as it can be",
        "  cost_yuan is at most 0.0005 wan_yuan",
        "  'drain' is fixed [1]",
    ]
    with speaking("zh"):
        assert str(asked).splitlines()[:3] == [
            "为 2 个单元各选一个方案（共 4 个备选方案），使得",
            "  income_yuan 尽可能大",
            "  cost_yuan 不超过 0.0005 wan_yuan",
        ]


class Called:
    """Names that are not those of the tables."""

    def quantity(self, name: str) -> Label:
        return Label(f"<{name}>", f"《{name}》")

    heading = quantity

    def value(self, kind: str, value: object) -> Label:
        return self.quantity(str(value))

    def unit(self, unit: str) -> str:
        return {"wan_yuan": "10,000 yuan"}.get(unit, unit)


def test_a_problem_is_told_with_the_names_that_a_reader_knows():
    asked = (
        Problem(two()).maximise("income_yuan").within(cost_yuan=Amount(0.0005, "wan_yuan")).locked_out("drain", [2])
        .at_least(income_yuan=1, where={"township": "a"}).whole("township").patch("drain", units=1)
        .either_or("no", "drain")
    )  # fmt: skip
    assert told(asked, Called()).splitlines()[1:] == [
        "  <income_yuan> is as large as it can be",
        "  <cost_yuan> is at most 0.0005 × 10,000 yuan",
        "  <income_yuan> is at least 1 (<township> <a>)",
        "  '<drain>' is excluded [1]",
        "  each <township> is taken whole: one treatment for all its units",
        "  '<drain>' is taken on at least 1 unit, or not at all",
        "  at most one is used of <no>, <drain>",
    ]
    assert told(asked) == str(asked) and "<" not in str(asked)


def test_what_limits_cost_is_told_with_the_names_that_a_reader_knows():
    found = solve(Problem(two()).maximise("income_yuan").within(cost_yuan=5, by="township", where={}))
    with speaking("zh"):
        lines = explained(found, Called())
    assert lines[0].startswith("《income_yuan》：16") and "income_yuan：" not in lines[0].replace("《income_yuan》", "")
    assert explained(found)[0].startswith("income_yuan: 16")


def test_rows_of_many_townships_are_told_on_one_line():
    asked = problem(land(60, 1, towns=9), 1)
    assert sum("in each township (9)" in line for line in str(asked).splitlines()) == 2


def test_a_limit_in_another_unit_of_the_same_kind_is_converted():
    base = Problem(two()).maximise("income_yuan")
    assert solve(base.within(cost_yuan=Amount(0.0005, "wan_yuan"))).choice == ["drain", "no"]


def test_wrong_problems_get_one_clear_sentence_each():
    table = two()
    base = Problem(table).maximise("income_yuan")
    costs = {"income_yuan": [0, 9, 0, 7], "cost_yuan": [0, 5, 0, float("nan")]}
    unknown_cost = options([1, 1, 2, 2], ["no", "drain"] * 2, costs)
    assert refusal(Problem(unknown_cost).maximise("income_yuan")) == (
        "cost_yuan of unit 2, treatment 'drain', is nan, which is no usable number (1 cell in all)"
    )
    gap = options([1, 1], ["no", "drain"], {"income_yuan": [0, 9]}, names=[1, 2])
    assert refusal(Problem(gap).maximise("income_yuan")) == "unit 2 has no option to choose from (1 unit in all)"
    assert refusal(Problem(options([], [], {"income_yuan": []})).maximise("income_yuan")) == (
        "the option table holds no options"
    )
    assert refusal(base.within(cost_yuan=Amount(5, "m3"))) == (
        "cost_yuan is counted in yuan, its limit is given in m3: these do not measure the same"
    )
    mixed = options([1], ["no"], {"income_yuan": [1], "grain_t": [1]})
    assert refusal(Problem(mixed).maximise("income_yuan", "grain_t")) == (
        "the aim adds up income_yuan, grain_t, which are in different units (t, yuan)"
    )
    assert refusal(base.within(dung_t=5)) == "there is no quantity 'dung_t'; there are: income_yuan, cost_yuan"
    assert refusal(Problem(table).within(cost_yuan=5)) == "the problem has no aim"
    assert refusal(base.locked_out("no").locked_out("drain", [1])) == (
        "the locks leave unit 1 without any option (1 unit in all)"
    )
    assert refusal(base.locked_in([7], "drain")) == "unit 7 is to be locked, but there is no such unit"


def test_a_problem_that_is_infeasible_by_one_yuan_names_the_rows_and_the_yuan():
    asked = Problem(two()).maximise("income_yuan").within(cost_yuan=9).locked_in([1, 2], "drain")
    assert refusal(asked) == (
        "no plan meets all demands; in conflict: cost_yuan is at most 9. "
        "The smallest relaxation: cost_yuan is at most 9: 1"
    )
    relaxed = Problem(two()).maximise("income_yuan").within(cost_yuan=10).locked_in([1, 2], "drain")
    assert solve(relaxed).value == 16


def test_demands_that_only_whole_choices_cannot_meet_are_refused_too():
    asked = Problem(two()).maximise("income_yuan").within(cost_yuan=9).at_least(cost_yuan=6)
    assert refusal(asked).startswith("no plan meets all demands; in conflict: ")


def test_another_use_of_highs_in_the_same_process_leaves_answers_as_they_are():
    first = highspy.Highs()
    first.setOptionValue("output_flag", False)
    first.addVar(0.0, 1.0)
    first.run()
    asked = problem(land(64, 0, towns=3, ties=True), 0, 0.05)
    found = solve(asked, gap=1e-6)
    assert found.proof == "branching" and found.gap <= 1e-6
    assert solver.solve_part(*_whole(asked), integer=True).pick is not None


def _whole(asked: Problem) -> tuple[Compiled, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    c = compiled(asked)
    of = np.repeat(np.arange(c.n), np.diff(c.ptr))
    return c, np.arange(c.n), np.arange(len(of)), of, c.limit


def test_locks_are_kept_whatever_they_cost():
    table = land(80, 3)
    asked = problem(table, 3).locked_in([4, 5], "straw").locked_out("drains", where={"township": 1})
    found = solve(asked, gap=0.01)
    assert found.choice[4] == found.choice[5] == "straw"
    inside = np.flatnonzero(table.labels["township"] == 1)
    assert all(found.choice[i] != "drains" for i in inside)


def test_demands_that_fall_on_nothing_are_told_and_never_dropped():
    table = options(
        [1, 1, 2, 2], ["no", "drain", "no", "drain"], {"income_yuan": [0, 9, 0, 7], "cost_yuan": [0, 5, 0, 5]},
        labels={"town": ["a", "b"], "zone": ["p", "q"]},
    )  # fmt: skip
    asked = Problem(table).maximise("income_yuan")
    assert "no unit lies in zone p, town b" in refusal(asked.at_least(cost_yuan=5, by="town", where={"zone": "p"}))
    assert "no unit lies in zone p, town b" in refusal(asked.within(cost_yuan=-1, by="town", where={"zone": "p"}))
    assert solve(asked.within(cost_yuan=5, by="town", where={"zone": "p"})).value == 16
    with pytest.raises(BadInput, match="limited for each year"):
        asked.within(by="year", cost_yuan=3)
    assert "there is no zone 'typo'" in refusal(asked.locked_out("drain", where={"zone": "typo"}))
    assert "there is no label 'zoen'" in refusal(asked.locked_out("drain", where={"zoen": "p"}))
    with pytest.raises(BadInput, match="the start has 3 prices"):
        solve(asked.within(cost_yuan=5), start=np.zeros(3))
