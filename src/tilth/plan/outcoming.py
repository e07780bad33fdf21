"""What a plan comes to in each draw of what is uncertain: how its value spreads, how often each demand holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tilth.core import FloatArray
from tilth.plan.draws import chances_of, drawn, draws_of, labels_of, sums_of, together
from tilth.plan.problem import Over, Row
from tilth.plan.solving import Solution
from tilth.plan.tallying import tallied

#: Shares of the draws whose quantile is told.
SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
#: A row of measured quantities holds though its sum passes the limit by this share of it.
_LOOSE = 1e-9


@dataclass(frozen=True)
class RowInDraws:
    """One demand over the draws."""

    row: Row
    used: FloatArray  # (S)
    holds: float  # chance that it does
    worst: float  # by how much it fails where it fails most; 0 where it never does


@dataclass(frozen=True)
class Outcomes:
    """A plan over the draws."""

    labels: tuple[str, ...]
    chance: FloatArray  # (S)
    values: FloatArray | None  # (S) the aim; None where nothing of it is uncertain
    rows: tuple[RowInDraws, ...]  # demands on uncertain quantities, in their order

    @property
    def mean(self) -> float | None:
        """The mean of the value."""
        return None if self.values is None else together(Over("mean"), self.values, self.chance)

    @property
    def quantiles(self) -> Mapping[float, float]:
        """What the value is at most in such a share of the draws."""
        if self.values is None:
            return {}
        return {share: together(Over("quantile", share), self.values, self.chance) for share in SHARES}

    def worst(self, share: float) -> float | None:
        """The mean of the smallest values, of so large a share of the draws."""
        return None if self.values is None else together(Over("cvar", share), self.values, self.chance)


def outcomes(solution: Solution) -> Outcomes | None:
    """The plan in each draw; None where nothing is uncertain."""
    problem = solution.problem
    table, found = problem.options, drawn(problem.options)
    if not found:
        return None
    labels = labels_of(table)
    chance = chances_of(table, labels)
    values = None
    if any(name in found for name, _ in problem.aim):
        draws = draws_of(problem, solution.options)
        values = problem.sign * sums_of(draws.values, np.arange(table.n))
    uncertain = {name for name, one in table.streams.items() if {one.first, one.after} & set(found)} | set(found)
    rows = tuple(row for row in problem.rows if row.column in uncertain)
    used = np.empty((len(rows), len(labels)))
    lefts = np.empty_like(used)
    for s, label in enumerate(labels):
        columns = {**table.columns, **{name: table.columns[own[label]] for name, own in found.items()}}
        here = replace(problem, options=replace(table, columns=columns), rows=rows)
        told = tallied(replace(solution, problem=here, lam=np.zeros(len(rows))))
        used[:, s] = [one.used for one in told]
        lefts[:, s] = [0.0 if -_LOOSE * max(1.0, abs(one.limit)) <= one.left < 0 else one.left for one in told]
    each = tuple(
        RowInDraws(row, used[r], float(chance[lefts[r] >= 0].sum()), max(0.0, -float(lefts[r].min())))
        for r, row in enumerate(rows)
    )
    return Outcomes(labels, chance, values, each)
