"""Area of applicability: where the covariates of a cell are farther from every sample than held-out samples were.

Compiled by numba on first use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from tilth.core import BoolArray, FloatArray, IntArray

#: A sample whose distance is this much beyond another's is farther, whatever the last bits were rounded to.
_ROUNDING = 1.0 + 1e-9


@dataclass(frozen=True)
class Applicability:
    """The samples in the space of covariates that the model heeds, and how far from them it was ever tested.

    Source: dissimilarity index of Meyer and Pebesma 2021, Methods in Ecology and Evolution 12.
    """

    column: IntArray  # (q,) covariates that count, the weightiest first
    middle: FloatArray  # (q,)
    scale: FloatArray  # (q,) importance over standard deviation
    known: FloatArray  # (m, q) scaled samples at distinct places, by the weightiest covariate
    apart: float  # mean distance of two samples
    threshold: float  # dissimilarity up to which held-out samples were

    def dissimilarity(self, covariates: npt.NDArray[Any]) -> FloatArray:
        """(n,) Distance to the nearest sample over the mean distance of samples. [-]"""
        if not len(self.column):
            return np.zeros(len(covariates))
        scaled = (np.asarray(covariates, dtype=np.float64)[:, self.column] - self.middle) * self.scale
        out = np.empty(len(scaled))
        _nearest(np.ascontiguousarray(scaled), self.known, out)
        return out / self.apart

    def dissimilarity_of_patches(self, covariates: npt.NDArray[np.float32], ends: npt.NDArray[np.int64]) -> FloatArray:
        """The same, sooner where rows lie in patches of like ones; see `Forest.moments_of_patches`."""
        out = np.zeros(len(covariates))
        if len(self.column):
            _nearest_of_patches(covariates, ends, self.column, self.middle, self.scale, self.known, out)
        return out / self.apart

    def inside(self, covariates: npt.NDArray[Any]) -> BoolArray:
        """(n,) Is a cell no farther from the samples than the model was tested?"""
        return self.dissimilarity(covariates) <= self.threshold


def applicability(covariates: FloatArray, importance: FloatArray, fold: IntArray) -> Applicability:
    """What the model was tested on: the index of every sample to those of other folds gives the threshold.

    Parameters
    ----------
    covariates
        (n, p) Of the samples.
    importance
        (p,) Weights, not negative; a covariate without weight is no ground to call a cell unlike.
    fold
        (n,) The fold in which each sample was held out.
    """
    spread = covariates.std(axis=0)
    column = np.argsort(-importance, kind="stable")
    column = column[(importance[column] > 0) & (spread[column] > 0)]
    if not len(column):
        return Applicability(column, np.empty(0), np.empty(0), np.empty((0, 0)), 1.0, np.inf)
    middle, scale = covariates[:, column].mean(axis=0), importance[column] / importance.max() / spread[column]
    scaled = (covariates[:, column] - middle) * scale
    unlike = np.empty(len(scaled))
    for one in np.unique(fold):
        held = fold == one
        own = np.empty(int(held.sum()))
        _nearest(np.ascontiguousarray(scaled[held]), _ordered(scaled[~held]), own)
        unlike[held] = own
    known = _ordered(scaled)
    apart = _mean_apart(known)
    low, high = np.quantile(unlike, [0.25, 0.75])
    limit = min(float(unlike.max()), float(high + 1.5 * (high - low)))
    return Applicability(column, middle, scale, known, apart, limit / apart)


def _ordered(scaled: FloatArray) -> FloatArray:
    """Distinct rows, by their first column."""
    return np.ascontiguousarray(np.unique(scaled, axis=0))


def _mean_apart(known: FloatArray) -> float:
    total, pairs = 0.0, len(known) * (len(known) - 1) // 2
    for row in range(len(known) - 1):
        total += float(np.sqrt(((known[row + 1 :] - known[row]) ** 2).sum(axis=1)).sum())
    return total / pairs if total > 0 else 1.0


@njit(nogil=True, cache=True)
def _nearest(cells, known, out):  # type: ignore[no-untyped-def]
    """Samples are tried outwards from the cell along the first column, until that column alone is too far.

    The one that was nearest to the cell before is tried first: what is no nearer is soon seen.
    """
    n, likely = known.shape[0], 0
    for cell in range(cells.shape[0]):
        value = cells[cell, 0]
        right = np.searchsorted(known[:, 0], value)
        left = right - 1
        best = 0.0
        for column in range(known.shape[1]):
            best += (cells[cell, column] - known[likely, column]) ** 2
        while left >= 0 or right < n:
            to_left = value - known[left, 0] if left >= 0 else np.inf
            to_right = known[right, 0] - value if right < n else np.inf
            if min(to_left, to_right) ** 2 >= best:
                break
            if to_left <= to_right:
                one = left
                left -= 1
            else:
                one = right
                right += 1
            total = 0.0
            for column in range(known.shape[1]):
                total += (cells[cell, column] - known[one, column]) ** 2
                if total >= best:
                    break
            if total < best:
                best, likely = total, one
        out[cell] = np.sqrt(best)


@njit(nogil=True, cache=True)
def _nearest_of_patches(rows, ends, column, middle, scale, known, out):  # type: ignore[no-untyped-def]
    """Samples that are farther from all of a patch than another is from any of it are left out for all its cells."""
    count, columns = known.shape
    begin = 0
    for end in ends:
        cells = np.empty((end - begin, columns))
        low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
        for cell in range(end - begin):
            for one in range(columns):
                value = (np.float64(rows[begin + cell, column[one]]) - middle[one]) * scale[one]
                cells[cell, one] = value
                low[one] = min(low[one], value)
                high[one] = max(high[one], value)
        nearest, bound = np.empty(count), np.inf
        for sample in range(count):
            least = most = 0.0
            for one in range(columns):
                below, above = low[one] - known[sample, one], known[sample, one] - high[one]
                least += max(below, above, 0.0) ** 2
                most += max(-below, -above) ** 2
            nearest[sample] = least
            bound = min(bound, most)
        _nearest(cells, known[nearest <= bound * _ROUNDING], out[begin:end])
        begin = end
