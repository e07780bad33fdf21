"""Value, rows and bound of a plan worked out anew, outside the solver, with an error that is stated and added on.

The bound is Lagrange's: at any prices of the rows that are not negative, no plan is worth more than what every unit's
best option brings after paying for what it takes, plus the prices times the limits. Its floating-point error is bounded
by (operations × unit roundoff) × the sum of all magnitudes, and added to it; `exact_bound` does without any rounding.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numba import njit, prange

from tilth.core import FloatArray, IntArray
from tilth.plan import scan
from tilth.plan.compiled import Compiled

#: A row of measured quantities may be passed by this share of its limit; rows of whole numbers by nothing.
TOLERANCE = 1e-9
_ROUNDOFF = 2.0**-53


def tolerance(c: Compiled) -> FloatArray:
    """(rows) by how much a row may pass its limit."""
    return np.zeros(c.rows) if c.whole else TOLERANCE * np.maximum(1.0, np.abs(c.limit))


def bound(c: Compiled, lam: FloatArray) -> float:
    """No plan is worth more than this, at prices `lam` (rows, none negative): rounding is on the safe side."""
    assert not np.any(lam < 0)
    table = scan.price_table(lam, *c.terms, c.row_ptr, c.row_of, c.columns)
    sizes = scan.price_table(lam, c.term_ptr, c.term_column, np.abs(c.term_weight), c.row_ptr, c.row_of, c.columns)
    chunks = max(1, min(64, c.n // 1024))
    tops, magnitudes = _tops(c.ptr, c.kind, c.cls, c.cells, table, sizes, chunks)
    most = int(np.diff(c.row_ptr).max(initial=0)) * max(1, int(np.diff(c.term_ptr).max(initial=1)))
    error = (2 * most + 2 * c.columns + 8) * _ROUNDOFF * 1.01 * math.fsum(magnitudes)
    paid = [Fraction(float(a)) * Fraction(float(b)) for a, b in zip(lam, c.limit + tolerance(c), strict=True)]
    exact = sum(paid, Fraction(math.fsum(tops))) + Fraction(error)
    near = float(exact)
    return (near if near >= exact else math.nextafter(near, math.inf)) + 4 * _ROUNDOFF * abs(near)


def exact_bound(c: Compiled, lam: FloatArray) -> Fraction:
    """The same bound as an exact fraction, in whole-number arithmetic: slow, for checking."""
    prices = [Fraction(float(one)) for one in lam]
    total = sum((a * Fraction(float(b)) for a, b in zip(prices, c.limit + tolerance(c), strict=True)), Fraction(0))
    for i in range(c.n):
        rows = c.row_of[c.row_ptr[c.cls[i]] : c.row_ptr[c.cls[i] + 1]]
        scores = []
        for j in range(c.ptr[i], c.ptr[i + 1]):
            score = Fraction(float(c.cells[j, 0]))
            for r in rows:
                for t in range(c.term_ptr[r], c.term_ptr[r + 1]):
                    weight = Fraction(float(c.term_weight[t, c.kind[j]]))
                    score -= prices[r] * weight * Fraction(float(c.cells[j, 1 + c.term_column[t]]))
            scores.append(score)
        total += max(scores)
    return total


def value(c: Compiled, pick: IntArray) -> float:
    """What a plan is worth: the exact sum, rounded once."""
    return math.fsum(c.cells[pick, 0])


def passed(c: Compiled, pick: IntArray) -> FloatArray:
    """(rows) by how much each row passes its limit; the sign of each is that of the exact sum."""
    order = np.argsort(c.cls, kind="stable")
    starts = np.searchsorted(c.cls[order], np.arange(c.classes + 1))
    inside: list[list[int]] = [[] for _ in range(c.rows)]
    for u in range(c.classes):
        for r in c.row_of[c.row_ptr[u] : c.row_ptr[u + 1]]:
            inside[r].append(u)
    found = np.empty(c.rows)
    for r in range(c.rows):
        units = order if len(inside[r]) == c.classes else np.concatenate(
            [order[starts[u] : starts[u + 1]] for u in inside[r]] or [order[:0]]
        )  # fmt: skip
        chosen = pick[units]
        parts = [-float(c.limit[r])]
        for t in range(c.term_ptr[r], c.term_ptr[r + 1]):
            weight = c.term_weight[t, c.kind[chosen]]
            parts.extend((weight * c.cells[chosen, 1 + c.term_column[t]])[weight != 0].tolist())
        found[r] = math.fsum(parts)
    return found


def holds(c: Compiled, pick: IntArray) -> bool:
    """Whether a plan meets every row."""
    return bool(np.all(passed(c, pick) <= tolerance(c)))


@njit(cache=True, parallel=True)
def _tops(ptr: Any, kind: Any, cls: Any, cells: Any, table: Any, sizes: Any, chunks: int) -> Any:
    """(chunks) sum of best scores, by compensated addition, and of the largest magnitudes that went into them."""
    n = len(ptr) - 1
    columns = cells.shape[1] - 1
    tops, magnitudes = np.zeros(chunks), np.zeros(chunks)
    for part in prange(chunks):
        total, lost, most = 0.0, 0.0, 0.0
        for i in range(part * n // chunks, (part + 1) * n // chunks):
            top, size = -np.inf, 0.0
            for j in range(ptr[i], ptr[i + 1]):
                score, magnitude = cells[j, 0], abs(cells[j, 0])
                for c in range(columns):
                    score -= table[cls[i], kind[j], c] * cells[j, 1 + c]
                    magnitude += sizes[cls[i], kind[j], c] * abs(cells[j, 1 + c])
                top, size = max(top, score), max(size, magnitude)
            new = total + top
            lost += (total - new) + top if abs(total) >= abs(top) else (top - new) + total
            total = new
            most += size
        tops[part] = total + lost
        magnitudes[part] = most * (1.0 + 1e-9)
    return tops, magnitudes
