"""The distribution of a model's errors on land that it had not seen, in units of its own spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilth.core import FloatArray, IntArray

#: The smallest spread, so that a leaf of equal values promises no exact answer. On the scale of log(1 + EC).
LEAST_SPREAD = 0.02


@dataclass(frozen=True)
class Errors:
    """Errors of held-out blocks divided by the spread that the model gave there, ascending.

    Quantiles of these, times the spread of a cell, are how far its value may lie from the estimate. The two tails
    are taken apart, because soil is far more often much saltier than expected than much fresher.

    Source: split-conformal prediction with normalised scores, Lei et al. 2018; the scores here come from folds of
    whole spatial blocks, so that they hold for ground as far from the samples as the blocks are wide.
    """

    scaled: FloatArray  # (n,) ascending

    def quantile(self, level: float) -> float:
        """The scaled error that a share `level` of new places stays below."""
        at = level * (len(self.scaled) + 1) - 1
        return float(np.interp(at, np.arange(len(self.scaled)), self.scaled))

    def below(self, scaled: FloatArray) -> FloatArray:
        """Share of new places whose scaled error is below; the inverse of `quantile`."""
        ranks = np.arange(1, len(self.scaled) + 1) / (len(self.scaled) + 1)
        found: FloatArray = np.interp(scaled, self.scaled, ranks, left=0.0, right=1.0)
        return found


@dataclass(frozen=True, slots=True)
class Scale:
    """How wide errors are, from the spread of the forest and from how salty a cell is expected to be."""

    power: float
    growth: float

    def of(self, spread: FloatArray, centre: FloatArray) -> FloatArray:
        """(n,) The unit that a cell's error is counted in, on log(1 + EC)."""
        wide: FloatArray = np.exp(self.power * np.log(np.maximum(spread, LEAST_SPREAD)) + self.growth * centre)
        return wide


def scale_of(target: FloatArray, centre: FloatArray, spread: FloatArray) -> Scale:
    """Half way, on the log, from the forest's own spread to the one that a regression of held-out errors gives.

    The spread alone is too wide on fresh land and too narrow on salty land; the regression alone follows few large
    errors. Half way, intervals hold about as often in each third of salinity, found or expected.
    """
    known = np.column_stack([np.ones(len(target)), np.log(np.maximum(spread, LEAST_SPREAD)), centre])
    wide = np.log(np.abs(target - centre) + LEAST_SPREAD)
    _, power, growth = np.linalg.lstsq(known, wide, rcond=None)[0]
    return Scale((1.0 + float(np.clip(power, 0.0, 2.0))) / 2, float(np.clip(growth, -2.0, 2.0)) / 2)


def held_out_units(target: FloatArray, centre: FloatArray, spread: FloatArray, fold: IntArray) -> FloatArray:
    """(n,) The unit of each held-out error by a scale that was fitted to the errors of the other folds.

    A scale that has seen an error follows it, and the error divided by it is smaller than that of new land: with a
    hundred samples intervals of 90 % then hold some 3 % less often than they say.
    """
    wide = np.empty(len(target))
    for one in range(int(fold.max()) + 1):
        held = fold == one
        known = scale_of(target[~held], centre[~held], spread[~held])
        wide[held] = known.of(spread[held], centre[held])
    return wide


def errors(target: FloatArray, centre: FloatArray, wide: FloatArray) -> Errors:
    """Of held-out samples: what was found, what was expected, and the unit of the error there."""
    return Errors(np.sort((target - centre) / wide))
