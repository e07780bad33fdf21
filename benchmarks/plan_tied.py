"""Land whose units are tied, and land over ten years: blocks that go one way, patches, either-or, years of start.

Part of `benchmarks/plan.py` (`blocks`, `years`), which holds the land and the rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from tilth.plan import Options, Problem, Solution, Stream, sequenced, solve, tallied

YEARS = tuple(range(2027, 2037))
#: Treatments of the problem over years; each may begin in any year.
KINDS = 5


def blocks(table: Options, asked: Problem, size: int = 10) -> dict[str, Problem]:
    """The same rows with blocks of `size` units taken whole, with patches and either-or, and with all three."""
    rng = np.random.default_rng(3)
    towns = table.labels["township"]
    zone = towns * 5 + rng.integers(0, 5, table.n)
    block = np.empty(table.n, np.int64)
    order = np.argsort(zone, kind="stable")
    block[order] = zone[order] * table.n + np.arange(table.n) // size
    area = np.repeat(rng.integers(5, 60, table.n), np.diff(table.ptr))
    grown = replace(
        table, labels={**table.labels, "zone": zone, "block": block}, columns={**table.columns, "area_mu": area}
    )
    asked = replace(asked, options=grown)
    two = [(f"option {one}", f"option {one + 1}") for one in (1, 3, 5, 7)]
    patches = asked.patch(*two[0], by="zone", area_mu=1500).either_or(
        ("one", two[0]), ("other", two[1]), by="township"
    )  # fmt: skip
    return {
        "whole": asked.whole("block"),
        "whole, two crops": asked.whole("block", two),
        "patch, either-or": patches,
        "whole, patch, either-or": patches.whole("block"),
    }


def over_years(table: Options, tight: float = 0.35) -> Problem:
    """Money and water by year over ten years, township shares of grain; upkeep follows what was built."""
    keep = table.treatment < KINDS
    cost = table.columns["cost_yuan"][keep]
    short = replace(
        table, ptr=np.arange(0, table.n * KINDS + 1, KINDS), treatment=table.treatment[keep],
        treatments=table.treatments[:KINDS],
        columns={**{name: one[keep] for name, one in table.columns.items()}, "upkeep_yuan": cost // 20},
    )  # fmt: skip
    spent = {"spent_yuan": Stream("cost_yuan", "upkeep_yuan"), "used_m3": Stream("water_m3", "water_m3")}
    long = sequenced(short, YEARS, idle=short.treatments[0], benefit="income_yuan", spent=spent)
    most = {name: int(one.reshape(-1, KINDS).max(axis=1).sum()) for name, one in short.columns.items()}
    grain = short.columns["grain_kg"].reshape(-1, KINDS).max(axis=1)
    floor = {int(t): int(0.2 * grain[table.labels["township"] == t].sum()) for t in np.unique(table.labels["township"])}
    return (
        Problem(long)
        .maximise("income_yuan")
        .within(by="year", spent_yuan=int(tight * most["cost_yuan"] / len(YEARS)))
        .within(by="year", used_m3={y: int(tight * most["water_m3"] * (at + 2) / 12) for at, y in enumerate(YEARS)})
        .at_least(by="township", grain_kg=floor)
    )


def timed(name: str, asked: Problem, gap: float, checked: Callable[[Problem, Solution], None]) -> dict[str, Any]:
    """One run, its rows and ties added up again."""
    began, worked = time.perf_counter(), time.process_time()
    found = solve(asked, gap=gap, seconds=600.0)
    took, work = time.perf_counter() - began, time.process_time() - worked
    checked(asked, found)
    return {
        "variant": name, "units": asked.options.n, "options": asked.options.size, "rows": len(asked.rows),
        "seconds": round(took, 2), "processor_seconds": round(work, 2), "gap": found.gap, "value": found.value,
        "bound": found.bound, "proof": found.proof,
    }  # fmt: skip


def rows_hold(asked: Problem, found: Solution) -> None:
    """Every row added up again, year by year where it is counted so."""
    assert all(one.left >= 0 for one in tallied(found))
    assert found.bound >= found.value


def ties_hold(asked: Problem, found: Solution) -> None:
    """Rows, and every tie counted again."""
    rows_hold(asked, found)
    table = asked.options
    named = np.array(table.treatments)[table.treatment[found.options]]
    for tie in asked.ties:
        alike = getattr(tie, "alike", None)
        groups = np.unique(table.labels[tie.by], return_inverse=True)[1].reshape(-1)
        if alike is not None:
            same = {one: side[0] for side in alike for one in side}
            shown = np.unique([same.get(one, one) for one in named.tolist()], return_inverse=True)[1].reshape(-1)
            assert len(np.unique(groups * table.size + shown)) == groups.max() + 1, tie
        elif hasattr(tie, "sides"):
            used = [np.bincount(groups[np.isin(named, side)], minlength=groups.max() + 1) > 0 for _, side in tie.sides]
            assert np.sum(used, axis=0).max() <= 1, tie
        else:
            inside = np.isin(named, tie.treatments)
            taken = np.bincount(groups[inside], table.columns[tie.column][found.options][inside])
            assert np.all((taken == 0) | (taken >= tie.least)), tie
