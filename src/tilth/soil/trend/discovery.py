"""Which of very many tests are discoveries, so that of all that are called so only a stated share is expected false."""

from __future__ import annotations

import numpy as np

from tilth.core import BadInput, FloatArray, IntArray

#: How tests may depend on each other for the rate to hold.
DEPENDENCE = ("positive", "any")


class Tally:
    """Probabilities of tests that come in parts, kept as how often each value occurs: cells by the hundred million."""

    def __init__(self) -> None:
        self.values: FloatArray = np.empty(0)
        self.counts: IntArray = np.empty(0, dtype=np.int64)

    @property
    def tests(self) -> int:
        """How many there were."""
        return int(self.counts.sum())

    def add(self, p: FloatArray) -> None:
        """More tests; NaN is none."""
        values, counts = np.unique(p[np.isfinite(p)], return_counts=True)
        joint, where = np.unique(np.concatenate([self.values, values]), return_inverse=True)
        both = np.concatenate([self.counts, counts])
        self.values, self.counts = joint, np.bincount(where, weights=both, minlength=len(joint)).astype(np.int64)

    def limit(self, rate: float, dependence: str = "positive") -> float:
        """The largest p that is a discovery at this false-discovery rate; -1 where none is.

        Benjamini and Hochberg 1995: the largest p(k) ≤ rate · k / m. It holds where tests are independent or depend
        positively, as neighbours on a map do (Benjamini and Yekutieli 2001). "any": however they depend, with the rate
        divided by 1 + 1/2 + … + 1/m.

        Raises
        ------
        BadInput
            If the rate is not between 0 and 1, or no such dependence is known.

        >>> tally = Tally()
        >>> tally.add(np.array([0.01, 0.04, 0.03, 0.5]))
        >>> tally.limit(0.1), tally.limit(0.05), tally.limit(0.01)
        (0.04, 0.01, -1.0)
        """
        if not 0.0 < rate < 1.0:
            raise BadInput("SOIL-TREND-RATE", rate=f"{rate:g}")
        if dependence not in DEPENDENCE:
            raise BadInput("SOIL-TREND-DEPENDENCE", given=dependence, known=", ".join(DEPENDENCE))
        tests = self.tests
        if tests == 0:
            return -1.0
        if dependence == "any":
            rate = rate / _harmonic(tests)
        good = np.flatnonzero(self.values <= rate * np.cumsum(self.counts) / tests)
        return float(self.values[good[-1]]) if len(good) else -1.0


def _harmonic(count: int) -> float:
    """1 + 1/2 + … + 1/count; from a million on by its expansion, right to 1e-13."""
    if count < 1_000_000:
        return float((1.0 / np.arange(1, count + 1)).sum())
    return float(np.log(count) + np.euler_gamma + 0.5 / count)


def discoveries(p: FloatArray, rate: float, dependence: str = "positive") -> np.ndarray:
    """(n,) Which of these tests are discoveries, see `Tally.limit`; NaN never is."""
    tally = Tally()
    tally.add(p)
    found: np.ndarray = np.nan_to_num(p, nan=np.inf) <= tally.limit(rate, dependence)
    return found
