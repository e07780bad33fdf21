"""The index of farmland quality: a weighted sum of memberships, its grade, and what is not known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tilth.core import FloatArray, IntArray
from tilth.soil.quality.columns import Texts, looked_up, numbers_of, texts_of
from tilth.soil.quality.weights import WeightTable

HIGH, MEDIUM, LOW, NONE = "high", "medium", "low", "none"
#: Decimals of the index: it is printed so and graded so, that both agree.
DECIMALS = 4


@dataclass(frozen=True)
class QualityIndex:
    """The index of n parcels. What is not known takes no part in it: it lowers `known` and `confidence` and widens the
    range, and is never a zero."""

    index: FloatArray  # (n,) 0 to 1, four decimals; NaN where nothing is known
    low: FloatArray  # (n,) if all that is not known were at its worst; `index` where that is less
    high: FloatArray  # (n,) … and at its best; `index` where that is more
    known: FloatArray  # (n,) share of the weight that is known
    confidence: FloatArray  # (n,) 0 to 1: share of the weight that is known, each value counted by its mark
    grade: IntArray  # (n,) 1 to 10; 0 where too little is known
    grade_best: IntArray  # (n,) of `high`
    grade_worst: IntArray  # (n,) of `low`
    word: Texts  # (n,) high, medium, low; none where no grade is given
    membership: Mapping[str, FloatArray]  # indicator → (n,)


def quality_index(frame: pd.DataFrame, table: WeightTable) -> QualityIndex:
    """The index of each row of `frame`, which has the indicators under their ids and their marks under id.confidence.

    P = Σ wᵢ Fᵢ / Σ wᵢ over the indicators that are known. [-]

    Source: GB/T 33469-2016, P = Σ Fᵢ Cᵢ; dividing by the known weight, the range and the confidence: product rules.
    """
    count, whole = len(frame), table.whole
    sums, known, sure = np.zeros(count), np.zeros(count), np.zeros(count)
    low, high = np.zeros(count), np.zeros(count)
    memberships = {}
    for one in table.indicators:
        found = one.membership(texts_of(frame, one.id) if one.scores else numbers_of(frame, one.id))
        memberships[one.id] = found
        there = np.isfinite(found)
        marks = looked_up(texts_of(frame, one.id, "confidence"), table.counts, table.counts["unverified"])
        sums += np.where(there, one.weight * np.nan_to_num(found), 0.0)
        known += np.where(there, one.weight, 0.0)
        sure += np.where(there, one.weight * marks, 0.0)
        worst, best = one.ends
        low += one.weight * np.where(there, np.nan_to_num(found), worst)
        high += one.weight * np.where(there, np.nan_to_num(found), best)
    with np.errstate(invalid="ignore", divide="ignore"):
        index = _rounded(np.where(known > 0, sums / known, np.nan))
    share, confidence = known / whole, sure / whole
    enough = share >= table.least_known - 1e-12
    grade = np.where(enough, grade_of(index, table.grades_from), 0)
    # dividing by what is known can lie beyond what the unknown can make of it
    low, high = np.fmin(_rounded(low / whole), index), np.fmax(_rounded(high / whole), index)
    words = np.where(confidence >= table.high - 1e-12, HIGH, np.where(confidence >= table.medium - 1e-12, MEDIUM, LOW))
    return QualityIndex(
        index, low, high, share, confidence, grade, grade_of(high, table.grades_from),
        grade_of(low, table.grades_from), np.where(enough, words, NONE).astype(object), memberships,
    )  # fmt: skip


def grade_of(index: FloatArray, bounds: Sequence[float]) -> IntArray:
    """(n,) Grade of an index, lower bounds inclusive, 10 below the last; 0 where there is none.

    >>> grade_of(np.array([0.90, 0.8999, 0.5799, np.nan]), (0.90, 0.86, 0.82, 0.78, 0.74, 0.70, 0.66, 0.62, 0.58))
    array([ 1,  2, 10,  0])
    """
    ascending = np.array(sorted(bounds))
    place = np.searchsorted(ascending, index, side="right")
    return np.where(np.isfinite(index), len(ascending) + 1 - place, 0).astype(np.int64)


def _rounded(values: FloatArray) -> FloatArray:
    """Half away from zero at the printed decimals; what stands a last digit below a half counts as the half."""
    size = 10.0**DECIMALS
    found: FloatArray = np.floor(values * size + 0.5 + 1e-9) / size
    return found
