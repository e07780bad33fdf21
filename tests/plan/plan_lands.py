"""Made-up land with options, for the planner's tests: whole numbers, so that sums are exact."""

from __future__ import annotations

import numpy as np

from tilth.plan import Options, Problem, options

TREATMENTS = ("as is", "leach", "drains", "gypsum", "straw")


def land(n: int, seed: int, towns: int = 4, ties: bool = False) -> Options:
    """`n` units with five options each: income and grain grow with cost and water, more or less."""
    rng = np.random.default_rng(seed)
    count = len(TREATMENTS)
    area = rng.lognormal(2.5, 0.8, n)
    effort = rng.uniform(0.2, 1.0, (n, count))
    luck = rng.uniform(0.3, 1.0, (n, count))
    doing = np.arange(count) > 0
    step = 40.0 if ties else 1.0

    def column(rate: np.ndarray) -> np.ndarray:
        return (np.round(rate * area[:, None] * doing / step) * step).astype(np.int64).ravel()

    return options(
        np.repeat(np.arange(n), count),
        np.tile(TREATMENTS, n),
        {
            "income_yuan": column(900 * effort * luck),
            "cost_yuan": column(700 * effort),
            "water_m3": column(300 * rng.uniform(0.0, 1.0, (n, count))),
            "grain_t": column(8 * luck),
        },
        labels={"township": rng.integers(0, towns, n)},
    )


def problem(table: Options, seed: int, tight: float = 0.35) -> Problem:
    """Money, water, a grain floor, a limit on one treatment, and a share of the money for each township."""
    rng = np.random.default_rng(seed + 10_000)
    each = {name: np.maximum.reduceat(column, table.ptr[:-1]) for name, column in table.columns.items()}
    most = {name: int(one.sum()) for name, one in each.items()}
    towns = table.labels["township"]
    fair = {int(t): int(tight * rng.uniform(0.8, 1.4) * each["cost_yuan"][towns == t].sum()) for t in np.unique(towns)}
    floor = {int(t): int(0.4 * tight * each["grain_t"][towns == t].sum()) for t in np.unique(towns)}
    return (
        Problem(table)
        .maximise("income_yuan")
        .within(cost_yuan=int(tight * most["cost_yuan"]), water_m3=int(tight * most["water_m3"]))
        .within(cost_yuan=int(0.2 * tight * most["cost_yuan"]), where={"treatment": "drains"})
        .at_least(grain_t=int(0.6 * tight * most["grain_t"]))
        .within(by="township", cost_yuan=fair)
        .at_least(by="township", grain_t=floor)
    )
