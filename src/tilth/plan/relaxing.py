"""The smallest relaxation of a large problem that no plan meets: limits that give way, each at a price of its own.

Every limit gets a unit of its own that may give way by nothing, or by steps of ten up to all that could ever be wanted,
and loses for it what it gives way, counted in the size of its row. The prices of that problem name what is in conflict;
its bound is what every relaxation costs at least; and a plan from the prices, added up again, is one that would do.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import njit

from tilth.core import FloatArray, IntArray
from tilth.plan import core, dual, proof, scan
from tilth.plan.compiled import Compiled

#: How many steps of ten a limit may give way by.
_STEPS = 11


@dataclass(frozen=True)
class Relaxation:
    """By how much limits give way so that a plan meets them, and what stands in conflict."""

    over: FloatArray  # (rows)
    lam: FloatArray  # (rows) prices of the conflict
    least: float  # no relaxation is smaller, each row counted in its size
    pick: IntArray  # the plan that meets the relaxed limits

    def share(self, size: FloatArray) -> float:
        """What the smallest relaxation is at least, as a share of this one."""
        return self.least / max(float((self.over / size).sum()), 1e-300)


def relaxation(c: Compiled, size: FloatArray, seconds: float) -> Relaxation | None:
    """The smallest relaxation, nearly; None where it is not proven that one is needed."""
    began = time.monotonic()
    wide = _giving_way(c, size)
    found = dual.prices(wide, 1e-4, None, began + seconds)
    least = -proof.bound(wide, found.lam)
    if least <= 0:
        return None
    table = scan.price_table(found.lam, *wide.terms, wide.row_ptr, wide.row_of, wide.columns)
    plans = [scan.best(wide.ptr, wide.kind, wide.cls, wide.cells, table)[0], core.dealt(wide, found).pick]
    picks = [pick[: c.n] for pick in plans]
    over = [np.maximum(proof.passed(c, pick) - proof.tolerance(c), 0.0) for pick in picks]
    at = int(np.argmin([float((one / size).sum()) for one in over]))
    return Relaxation(over[at], found.lam, least, picks[at])


def _giving_way(c: Compiled, size: FloatArray) -> Compiled:
    """The problem with a unit for each limit behind its own; what land brings counts nothing."""
    most = np.maximum(_most(c.ptr, c.kind, c.cls, c.cells, *c.terms, c.row_ptr, c.row_of) - c.limit, size)
    steps = np.concatenate([[0.0], 10.0 ** -np.arange(_STEPS - 1.0, -1.0, -1.0)])
    by = np.outer(most, steps)
    cells = np.zeros((len(c.kind) + by.size, c.cells.shape[1] + 1))
    cells[: len(c.kind), 1:-1] = c.cells[:, 1:]
    cells[len(c.kind) :, 0] = -(by / size[:, None]).ravel()
    cells[len(c.kind) :, -1] = -by.ravel()
    own = np.zeros((1, c.kinds + 1))
    own[0, -1] = 1.0
    weights: list[FloatArray] = []
    columns: list[IntArray] = []
    for r in range(c.rows):
        terms = slice(c.term_ptr[r], c.term_ptr[r + 1])
        weights += [np.pad(c.term_weight[terms], ((0, 0), (0, 1))), own]
        columns += [c.term_column[terms], np.array([c.columns], dtype=np.int64)]
    return replace(
        c, ptr=np.concatenate([c.ptr, c.ptr[-1] + len(steps) * np.arange(1, c.rows + 1)]),
        kind=np.concatenate([c.kind, np.full(by.size, c.kinds)]),
        cls=np.concatenate([c.cls, c.classes + np.arange(c.rows)]), cells=cells,
        term_ptr=c.term_ptr + np.arange(c.rows + 1), term_column=np.concatenate(columns).astype(np.int64),
        term_weight=np.concatenate(weights),
        row_ptr=np.concatenate([c.row_ptr, c.row_ptr[-1] + np.arange(1, c.rows + 1)]),
        row_of=np.concatenate([c.row_of, np.arange(c.rows)]), options=np.arange(len(cells)), whole=False,
    )  # fmt: skip


@njit(cache=True)
def _most(
    ptr: Any, kind: Any, cls: Any, cells: Any, term_ptr: Any, term_column: Any, term_weight: Any, row_ptr: Any,
    row_of: Any,
) -> Any:  # fmt: skip
    """(rows) the most that each row could add up to."""
    most = np.zeros(len(term_ptr) - 1)
    for i in range(len(ptr) - 1):
        for a in range(row_ptr[cls[i]], row_ptr[cls[i] + 1]):
            r = row_of[a]
            top = -np.inf
            for j in range(ptr[i], ptr[i + 1]):
                counted = 0.0
                for t in range(term_ptr[r], term_ptr[r + 1]):
                    counted += term_weight[t, kind[j]] * cells[j, 1 + term_column[t]]
                top = max(top, counted)
            most[r] += top
    return most
