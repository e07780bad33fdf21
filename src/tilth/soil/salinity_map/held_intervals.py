"""How often prediction intervals hold, for every width that they might be given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilth.core import FloatArray
from tilth.soil.salinity_map.validation import Validation

#: Nominal levels that are looked at.
LEVELS = tuple(round(0.05 * step, 2) for step in range(1, 20))


@dataclass(frozen=True)
class CoverageCurve:
    """Observed against nominal coverage, overall and in each third of salinity, fresh to salty."""

    nominal: FloatArray  # (k,)
    overall: FloatArray  # (k,)
    by_found: FloatArray  # (3, k) thirds of the salinity found
    by_expected: FloatArray  # (3, k) thirds of the salinity expected
    samples: int


def coverage_curve(tried: Validation, levels: Sequence[float] = LEVELS) -> CoverageCurve:
    """Shares of held-out samples inside central intervals of each level.

    A sample lies inside the interval of level c where its rank in the predicted distribution is within c / 2 of 0.5.
    """
    nominal = np.asarray(levels, dtype=np.float64)
    inside = np.abs(tried.rank - 0.5)[None, :] <= nominal[:, None] / 2.0

    def thirds(key: FloatArray) -> FloatArray:
        third = np.argsort(np.argsort(key, kind="stable"), kind="stable") * 3 // len(key)
        return np.stack([inside[:, third == one].mean(axis=1) for one in range(3)])

    return CoverageCurve(
        nominal, inside.mean(axis=1), thirds(tried.target), thirds(tried.expected), int(inside.shape[1])
    )
