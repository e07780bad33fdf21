"""Land that is made up for the planner's benchmark: ten options a unit, six rows over all, two in each township."""

from __future__ import annotations

from typing import Any

import numpy as np
from tilth.plan import Options, Problem

TREATMENTS = tuple(f"option {one}" for one in range(10))
#: Shapes of the robust run: how tight limits are, how cost follows value, townships, tails of areas, ties.
TIGHT = (0.08, 0.2, 0.35, 0.7)
FOLLOWS = (-0.9, 0.0, 0.9)
TOWNS = (1, 20, 60, 500)


def land(n: int, seed: int, towns: int = 60, follows: float = 0.0, heavy: bool = False, ties: bool = False) -> Options:
    """`n` units with ten options: the first leaves the land as it is, the others bring and take uniform amounts."""
    rng = np.random.default_rng(seed)
    count = len(TREATMENTS)
    area = rng.lognormal(0.0, 1.5 if heavy else 0.4, (n, 1))
    common = rng.uniform(size=(n, count))
    share = abs(follows)
    value = (1 - share) * rng.uniform(size=(n, count)) + share * (common if follows >= 0 else 1 - common)
    cost = (1 - share) * rng.uniform(size=(n, count)) + share * common
    water, labour, grain = (rng.uniform(size=(n, count)) for _ in range(3))
    columns = {"income_yuan": value, "cost_yuan": cost, "water_m3": water, "work_days": labour, "grain_kg": grain}
    if ties:
        columns = {name: np.round(one * 4) / 4 for name, one in columns.items()}
        area = np.round(area * 2) / 2 + 0.5
    doing = np.arange(count) > 0
    return Options(
        ptr=np.arange(0, n * count + 1, count),
        columns={name: np.rint(one * area * doing * 10_000).astype(np.int64).ravel() for name, one in columns.items()},
        treatment=np.tile(np.arange(count), n),
        treatments=TREATMENTS,
        labels={"township": rng.integers(0, towns, n)},
    )


def problem(table: Options, seed: int, tight: float = 0.35) -> Problem:
    """Six rows over all land and two in each township, as shares of what units take when they earn most."""
    rng = np.random.default_rng(seed + 1)
    count = len(TREATMENTS)
    free = np.argmax(table.columns["income_yuan"].reshape(-1, count), axis=1) + table.ptr[:-1]
    taken = {name: column[free] for name, column in table.columns.items()}
    whole = {name: int(one.sum()) for name, one in taken.items()}
    towns = table.labels["township"]
    spent = np.bincount(towns, taken["cost_yuan"])
    grown = np.bincount(towns, taken["grain_kg"])
    each = range(len(spent))
    return (
        Problem(table)
        .maximise("income_yuan")
        .within(cost_yuan=int(tight * whole["cost_yuan"]), water_m3=int(1.3 * tight * whole["water_m3"]))
        .within(work_days=int(0.9 * whole["work_days"]))
        .within(cost_yuan=int(0.1 * tight * whole["cost_yuan"]), where={"treatment": "option 1"})
        .at_least(grain_kg=int(0.9 * tight * whole["grain_kg"]), work_days=int(0.05 * tight * whole["work_days"]))
        .within(by="township", cost_yuan={t: int(tight * rng.uniform(0.9, 1.3) * spent[t]) for t in each})
        .at_least(by="township", grain_kg={t: int(tight * rng.uniform(0.5, 0.9) * grown[t]) for t in each})
    )


def shape(seed: int) -> dict[str, Any]:
    """The shape of one problem of the robust run: 192 seeds go through all of them."""
    return {
        "tight": TIGHT[seed % 4], "follows": FOLLOWS[seed // 4 % 3], "towns": TOWNS[seed // 12 % 4],
        "heavy": bool(seed // 48 % 2), "ties": bool(seed // 96 % 2),
    }  # fmt: skip


def unkind(n: int, seed: int) -> Problem:
    """One problem of the robust run."""
    of = shape(seed)
    tight = of.pop("tight")
    return problem(land(n, seed, **of), seed, tight)


def worth(asked: Problem, pick: Any) -> int:
    """What a choice of options is worth, every row added up again in whole numbers first."""
    table = asked.options
    names = np.array(table.treatments)[table.treatment[pick]]
    assert np.all((pick >= table.ptr[:-1]) & (pick < table.ptr[1:])), "one option of its own for each unit"
    for row in asked.rows:
        inside = np.ones(table.n, dtype=bool)
        for label, value in row.where:
            inside &= names == value if label == "treatment" else table.labels[label] == value
        total = int(table.columns[row.column][pick][inside].sum())
        limit = float(row.limit)  # type: ignore[arg-type]
        assert total >= limit if row.at_least else total <= limit, row
    return int(table.columns["income_yuan"][pick].sum())
