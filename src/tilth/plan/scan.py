"""One pass over every option of every unit at given prices: what each unit would choose, and what that adds up to.

Arrays: `ptr` (n+1) where each unit's options begin; `kind` (K) class of an option (treatment × year); `cls` (n) class
of a unit (region × zone …); `cells` (K, 1+C) value, then quantities; `prices` (classes, kinds, C) price of a quantity.
Units are added up in a fixed number of chunks, so the sums do not depend on how many threads there are.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, prange

from tilth.core import FloatArray, IntArray

#: Probabilities below this add nothing that is seen.
_NOTHING = 1e-10
_MOST_CHUNKS = 16


def chunks_of(n: int, size: int) -> int:
    """How many parts `n` units are walked in: fixed by the problem, not by the machine."""
    fits = max(1, 4_000_000 // max(size, 1))
    return int(max(1, min(_MOST_CHUNKS, fits, n // 256 + 1)))


@njit(cache=True)
def price_table(
    lam: Any, term_ptr: Any, term_column: Any, term_weight: Any, row_ptr: Any, row_of: Any, columns: int
) -> Any:
    """(classes, kinds, C) price of each quantity: the prices of all rows that count it, added up."""
    classes = len(row_ptr) - 1
    kinds = term_weight.shape[1]
    table = np.zeros((classes, kinds, columns))
    for u in range(classes):
        for at in range(row_ptr[u], row_ptr[u + 1]):
            r = row_of[at]
            if lam[r] != 0.0:
                for t in range(term_ptr[r], term_ptr[r + 1]):
                    for k in range(kinds):
                        table[u, k, term_column[t]] += lam[r] * term_weight[t, k]
    return table


@njit(cache=True, parallel=True)
def best(ptr: Any, kind: Any, cls: Any, cells: Any, prices: Any) -> Any:
    """For each unit the best option, its score, and how far the second best lies behind (inf where there is none)."""
    n = len(ptr) - 1
    columns = cells.shape[1] - 1
    pick, top, behind = np.empty(n, np.int64), np.empty(n), np.empty(n)
    for i in prange(n):
        first, second, at = -np.inf, -np.inf, ptr[i]
        for j in range(ptr[i], ptr[i + 1]):
            score = cells[j, 0]
            for c in range(columns):
                score -= prices[cls[i], kind[j], c] * cells[j, 1 + c]
            if score > first:
                second, first, at = first, score, j
            elif score > second:
                second = score
        pick[i], top[i], behind[i] = at, first, first - second
    return pick, top, behind


@njit(cache=True, parallel=True)
def totals(pick: Any, kind: Any, cls: Any, cells: Any, classes: int, kinds: int, chunks: int) -> Any:
    """(classes, kinds, 1+C) value and quantities of the options chosen, added up by class and kind."""
    n, width = len(pick), cells.shape[1]
    parts = np.zeros((chunks, classes, kinds, width))
    for part in prange(chunks):
        for i in range(part * n // chunks, (part + 1) * n // chunks):
            j = pick[i]
            for c in range(width):
                parts[part, cls[i], kind[j], c] += cells[j, c]
    whole = np.zeros((classes, kinds, width))
    for part in range(chunks):
        whole += parts[part]
    return whole


@njit(cache=True)
def row_sums(whole: Any, term_ptr: Any, term_column: Any, term_weight: Any, row_ptr: Any, row_of: Any) -> Any:
    """(rows,) what each row counts, from sums by class and kind."""
    kinds = term_weight.shape[1]
    sums = np.zeros(len(term_ptr) - 1)
    for u in range(len(row_ptr) - 1):
        for at in range(row_ptr[u], row_ptr[u + 1]):
            r = row_of[at]
            for t in range(term_ptr[r], term_ptr[r + 1]):
                for k in range(kinds):
                    sums[r] += term_weight[t, k] * whole[u, k, 1 + term_column[t]]
    return sums


@njit(cache=True, parallel=True)
def soft(
    units: Any, share: Any, ptr: Any, kind: Any, cls: Any, cells: Any, prices: Any, mu: float, term_ptr: Any,
    term_column: Any, term_weight: Any, row_ptr: Any, row_of: Any, square: Any, longest: int, chunks: int, curved: bool,
) -> Any:  # fmt: skip
    """Every unit spreads over its options by exp(score / mu): smooth value, hard value, mean score, sums, curvature.

    `units` are walked, each counted `share` times (a sample stands for its class); `square` (classes+1) where the
    curvature of each class begins, one number for each pair
    of its rows.
    """
    n = len(units)
    classes, kinds, columns = prices.shape
    sums = np.zeros((chunks, classes, kinds, columns + 1))
    curve = np.zeros((chunks, square[-1]))
    values = np.zeros((chunks, 3))
    for part in prange(chunks):
        score, odds = np.empty(longest), np.empty(longest)
        most = 0
        for u in range(classes):
            most = max(most, row_ptr[u + 1] - row_ptr[u])
        mean, each = np.empty(most), np.empty((longest, most))
        for at in range(part * n // chunks, (part + 1) * n // chunks):
            i = units[at]
            u, start, count = cls[i], ptr[i], ptr[i + 1] - ptr[i]
            times = share[at]
            top = -np.inf
            for o in range(count):
                j = start + o
                k = kind[j]
                value = cells[j, 0]
                for c in range(columns):
                    value -= prices[u, k, c] * cells[j, 1 + c]
                score[o] = value
                top = max(top, score[o])
            whole = 0.0
            for o in range(count):
                away = (score[o] - top) / mu
                odds[o] = math.exp(away) if away > -25.0 else 0.0
                whole += odds[o]
            expected, largest = 0.0, 0.0
            for o in range(count):
                odds[o] /= whole
                largest = max(largest, odds[o])
                if odds[o] > _NOTHING:
                    j = start + o
                    expected += odds[o] * (score[o] - top)
                    for c in range(columns + 1):
                        sums[part, u, kind[j], c] += times * odds[o] * cells[j, c]
            values[part, 0] += times * (top + mu * math.log(whole))
            values[part, 1] += times * top
            values[part, 2] += times * expected
            if not curved or largest > 1.0 - 1e-8:
                continue
            first, rows = row_ptr[u], row_ptr[u + 1] - row_ptr[u]
            for a in range(rows):
                mean[a] = 0.0
            for o in range(count):
                if odds[o] > 1e-6:
                    j = start + o
                    k = kind[j]
                    for a in range(rows):
                        r = row_of[first + a]
                        counted = 0.0
                        for t in range(term_ptr[r], term_ptr[r + 1]):
                            counted += term_weight[t, k] * cells[j, 1 + term_column[t]]
                        each[o, a] = counted
                        mean[a] += odds[o] * counted
            for o in range(count):
                if odds[o] > 1e-6:
                    scale = times * odds[o] / mu
                    at_pair = square[u]
                    for a in range(rows):
                        left = scale * (each[o, a] - mean[a])
                        for b in range(a + 1):
                            curve[part, at_pair + b] += left * (each[o, b] - mean[b])
                        at_pair += a + 1
    whole_sums, whole_curve, whole_values = np.zeros((classes, kinds, columns + 1)), np.zeros(square[-1]), np.zeros(3)
    for part in range(chunks):
        whole_sums += sums[part]
        whole_curve += curve[part]
        whole_values += values[part]
    return whole_values, whole_sums, whole_curve


@njit(cache=True)
def spread_curve(curve: Any, square: Any, row_ptr: Any, row_of: Any, rows: int) -> Any:
    """(rows, rows) curvature of all classes in one matrix."""
    matrix = np.zeros((rows, rows))
    for u in range(len(row_ptr) - 1):
        first, here = row_ptr[u], row_ptr[u + 1] - row_ptr[u]
        at = square[u]
        for a in range(here):
            for b in range(a + 1):
                part = curve[at]
                at += 1
                matrix[row_of[first + a], row_of[first + b]] += part
                if a != b:
                    matrix[row_of[first + b], row_of[first + a]] += part
    return matrix


__all__ = ["FloatArray", "IntArray", "best", "chunks_of", "price_table", "row_sums", "soft", "spread_curve", "totals"]
