"""Draws of uncertain quantities: columns `value_yuan_draw01`, `value_yuan_draw02` … beside or instead of `value_yuan`.

A draw is one way in which things may turn out for all units at once: the same draw of all columns belongs together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tilth.core import BadInput, FloatArray, IntArray
from tilth.plan.measures import STATES
from tilth.plan.problem import Over, Problem
from tilth.plan.table import Options

_DRAW = re.compile(r"(.+)_draw(\w+)")
#: Chances are added up to this; a sum of chances within it of a share is that share.
CHANCE = 1e-9


@dataclass(frozen=True)
class Draws:
    """The aim of a problem in each draw."""

    labels: tuple[str, ...]
    chance: FloatArray  # (S), adding up to 1
    values: FloatArray  # (K, S), larger is better


def drawn(table: Options) -> dict[str, dict[str, str]]:
    """Quantities that have draws: their columns by the draw's label, in the order of labels."""
    found: dict[str, dict[str, str]] = {}
    for name in table.columns:
        match = _DRAW.fullmatch(name)
        if match:
            found.setdefault(match[1], {})[match[2]] = name
    return {name: dict(sorted(own.items())) for name, own in found.items()}


def plain(table: Options) -> list[str]:
    """Quantities of the table, their draws left out."""
    draws = {name for own in drawn(table).values() for name in own.values()}
    return [name for name in table.columns if name not in draws]


def summed(table: Options) -> list[str]:
    """Quantities of which a sum may be told: without draws, and without what is a state of the land."""
    return [name for name in plain(table) if not name.endswith(STATES)]


def labels_of(table: Options) -> tuple[str, ...]:
    """Labels of the draws; every uncertain quantity must have all of them."""
    found = drawn(table)
    every = sorted({label for own in found.values() for label in own})
    for name, own in found.items():
        lacking = [label for label in every if label not in own]
        if lacking:
            raise BadInput("PLAN-DRAW-LACKS", name=name, draw=lacking[0])
    return tuple(every)


def chances_of(table: Options, labels: Sequence[str]) -> FloatArray:
    """(S) the chance of each draw: that of the table, or the same for all."""
    given: Mapping[str, float] = table.chances or dict.fromkeys(labels, 1.0)
    weights = np.array([float(given.get(label, 0.0)) for label in labels])
    if set(given) != set(labels) or not np.all(np.isfinite(weights)) or np.any(weights <= 0):
        raise BadInput("PLAN-DRAW-CHANCE", known=", ".join(labels))
    return np.asarray(weights / weights.sum())


def with_means(table: Options) -> Options:
    """The table with the mean over the draws as a column of its own, where a quantity has draws only."""
    missing = {name: own for name, own in drawn(table).items() if name not in table.columns}
    if not missing:
        return table
    labels = labels_of(table)
    chance = chances_of(table, labels)
    means = {name: in_draws(table, name, labels) @ chance for name in missing}
    return replace(table, columns={**table.columns, **means})


def in_draws(table: Options, name: str, labels: Sequence[str], at: Any = slice(None)) -> FloatArray:
    """(K, S) a quantity in each draw; one without draws is the same in all."""
    own = drawn(table).get(name)
    if own is None:
        same = np.asarray(table.columns[name], dtype=np.float64)[at]
        return np.repeat(same[:, None], len(labels), axis=1)
    return np.column_stack([np.asarray(table.columns[own[label]], dtype=np.float64)[at] for label in labels])


def draws_of(problem: Problem, at: Any = slice(None)) -> Draws:
    """The aim in each draw, for all options or those `at` some places."""
    table = problem.options
    labels = labels_of(table)
    if not any(name in drawn(table) for name, _ in problem.aim):
        raise BadInput("PLAN-NO-DRAWS", columns=", ".join(name for name, _ in problem.aim))
    values = sum(weight * in_draws(table, name, labels, at) for name, weight in problem.aim)
    return Draws(labels, chances_of(table, labels), np.asarray(values))


def together(over: Over, sums: FloatArray, chance: FloatArray) -> float:
    """What an uncertain sum counts for: larger is better, and the worst are the smallest.

    The quantile is the largest value that is reached but for a chance of `share`; "cvar" the mean of the worst `share`.

    >>> together(Over("cvar", 0.5), np.array([4.0, 1.0, 2.0, 3.0]), np.full(4, 0.25))
    1.5
    >>> together(Over("quantile", 0.25), np.array([4.0, 1.0, 2.0, 3.0]), np.full(4, 0.25))
    2.0
    """
    if over.how == "mean":
        return math.fsum((sums * chance).tolist())
    order = np.argsort(sums, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(chance[order])])
    if over.how == "quantile":
        at = int(np.searchsorted(before[1:], over.share + CHANCE, side="right"))
        return float(sums[order[min(at, len(order) - 1)]])
    taken = np.clip(over.share - before[:-1], 0.0, chance[order])
    return math.fsum((taken * sums[order]).tolist()) / math.fsum(taken.tolist())


def sums_of(values: FloatArray, chosen: IntArray) -> FloatArray:
    """(S) the exact sum over the options chosen, rounded once, in each draw."""
    return np.array([math.fsum(values[chosen, s].tolist()) for s in range(values.shape[1])])
