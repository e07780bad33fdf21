"""Machine code of the planner is made, or loaded, before a run's clock begins: the first run on a machine waits."""

from __future__ import annotations

from functools import cache

import numpy as np

from tilth.plan import dual
from tilth.plan.compiling import compiled
from tilth.plan.core import dealt
from tilth.plan.problem import Problem
from tilth.plan.proof import bound
from tilth.plan.table import options
from tilth.plan.tied_scan import scanned
from tilth.plan.ties import cells_of
from tilth.plan.tying import tied

_UNITS, _GROUPS = 60, 12


@cache
def warmed(ties: bool) -> None:
    """Go through each loop once, on a few units; with ties, through theirs as well."""
    rng = np.random.default_rng(1)
    table = options(
        np.repeat(np.arange(_UNITS), 2).tolist(), ["no", "yes"] * _UNITS,
        {"gain": np.where(np.arange(2 * _UNITS) % 2, rng.integers(5, 9, 2 * _UNITS), 0),
         "spent": np.where(np.arange(2 * _UNITS) % 2, rng.integers(3, 5, 2 * _UNITS), 0)},
        labels={"group": [str(at % _GROUPS) for at in range(_UNITS)]},
    )  # fmt: skip
    problem = Problem(table).maximise("gain").within(spent=_UNITS)
    if ties:
        problem = problem.whole("group")
    c = compiled(problem)
    prices = dual.prices(c, 1e-2)
    bound(c, prices.lam)
    dealt(c, prices)
    bundled = tied(problem, c)
    if bundled is not None:
        scanned(c, bundled, cells_of(c, bundled), prices.lam)
