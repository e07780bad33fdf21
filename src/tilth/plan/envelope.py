"""A symmetric positive system of the rows, solved within its envelope: most pairs of rows share no class of units.

Written out, not asked of a BLAS library: its threads get in each other's way on matrices of this size, and its sums
depend on how many there are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from tilth.core import FloatArray, IntArray
from tilth.plan.compiled import Compiled


def narrow_order(c: Compiled) -> IntArray:
    """(rows) an order in which rows of one class stand together, those of many classes last."""
    of = np.repeat(np.arange(c.classes), np.diff(c.row_ptr))
    counts = np.bincount(c.row_of, minlength=c.rows)
    first = np.full(c.rows, c.classes)
    np.minimum.at(first, c.row_of, of)
    return np.lexsort((first, counts))


def solved(matrix: FloatArray, right: FloatArray, order: IntArray) -> FloatArray:
    """The solution of a system scaled to a unit diagonal; a little is added until it is positive."""
    scale = 1.0 / np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    scaled = (matrix * scale[:, None] * scale[None, :])[np.ix_(order, order)]
    begins = np.argmax(scaled != 0.0, axis=1)
    for extra in (1e-12, 1e-9, 1e-6, 1e-3):
        lower, positive = _factor(scaled, begins, extra)
        if positive:
            found = np.empty(len(right))
            found[order] = _substituted(lower, begins, (right * scale)[order])
            return np.asarray(found * scale)
    return np.asarray(right / np.maximum(np.diag(matrix), 1e-300))


@njit(cache=True)
def _factor(matrix: Any, begins: Any, extra: float) -> Any:
    """Cholesky's lower factor; row i is 0 before `begins[i]`. And whether the matrix is positive."""
    n = len(matrix)
    lower = np.zeros((n, n))
    for i in range(n):
        for j in range(begins[i], i + 1):
            left = matrix[i, j]
            for k in range(max(begins[i], begins[j]), j):
                left -= lower[i, k] * lower[j, k]
            if j < i:
                lower[i, j] = left / lower[j, j]
            elif left + extra > 0.0:
                lower[i, i] = np.sqrt(left + extra)
            else:
                return lower, False
    return lower, True


@njit(cache=True)
def _substituted(lower: Any, begins: Any, right: Any) -> Any:
    n = len(right)
    found = right.copy()
    for i in range(n):
        for k in range(begins[i], i):
            found[i] -= lower[i, k] * found[k]
        found[i] /= lower[i, i]
    for i in range(n - 1, -1, -1):
        found[i] /= lower[i, i]
        for k in range(begins[i], i):
            found[k] -= lower[i, k] * found[i]
    return found
