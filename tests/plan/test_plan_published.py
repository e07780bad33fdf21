"""Published problems of known optimum: a job is a unit, an agent a treatment, an agent's capacity a demand."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tilth.plan import Problem, options, solve

KNOWN = tomllib.loads((Path(__file__).parent / "data" / "generalised-assignment.toml").read_text(encoding="utf-8"))


def posed(one: dict[str, Any]) -> Problem:
    worth, taken = np.array(one["worth"]), np.array(one["taken"])
    agents, jobs = worth.shape
    names = [f"agent {a}" for a in range(agents)]
    table = options(
        np.repeat(np.arange(jobs), agents), np.tile(names, jobs),
        {"worth": worth.T.ravel(), "taken": taken.T.ravel()},
    )  # fmt: skip
    return Problem(table).maximise("worth").within(by="treatment", taken=dict(zip(names, one["capacity"], strict=True)))


@pytest.mark.parametrize("name", KNOWN)
def test_the_value_is_the_optimum_that_was_published_and_it_is_proven(name: str):
    one = KNOWN[name]
    found = solve(posed(one), gap=0.5 / one["optimum"])
    agent = [int(choice.removeprefix("agent ")) for choice in found.choice]
    assert sum(one["worth"][a][job] for job, a in enumerate(agent)) == found.value == one["optimum"]
    for a, capacity in enumerate(one["capacity"]):
        assert sum(one["taken"][a][job] for job, own in enumerate(agent) if own == a) <= capacity
    assert math.floor(found.bound) == one["optimum"]
