"""Ordinary kriging of what a model leaves over. gstools fits the variogram; the weights are solved once.

Compiled by numba on first use.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numba import njit

from tilth.core import FloatArray, IntArray

_BINS = 15
#: Pairs farther apart than this share of the extent say more of its edge than of the ground.
_LONGEST = 0.5
#: More pairs than this tell a variogram nothing new; a sample of the places, drawn once, stands for them.
_MOST_PLACES = 2_000


@dataclass(frozen=True)
class Variogram:
    """Exponential: nugget + sill (1 - exp(-h / length))."""

    nugget: float
    sill: float
    length: float  # [m]

    def covariance(self, distance: FloatArray) -> FloatArray:
        """Of two places so far apart, without what the nugget adds at one place."""
        return self.sill * np.exp(-distance / self.length)


@dataclass(frozen=True)
class Kriged:
    """Ordinary kriging in its dual form: a value is a mean plus one weight for each known place."""

    x: FloatArray  # (n,) [m]
    y: FloatArray  # (n,) [m]
    weight: FloatArray  # (n,)
    mean: float
    variogram: Variogram

    def at(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Estimates at places, each by itself in the order of the known ones."""
        out = np.empty(len(x))
        _sum_up(x, y, self.x, self.y, self.weight, self.mean, self.variogram.sill, self.variogram.length, out)
        return out


def by_place(
    x: FloatArray, y: FloatArray, value: FloatArray, place: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Places and the mean of the values at each."""
    known = np.unique(place)
    count = np.bincount(place)[known]
    return tuple(np.bincount(place, weights=one)[known] / count for one in (x, y, value))  # type: ignore[return-value]


def fitted_variogram(x: FloatArray, y: FloatArray, value: FloatArray, seed: int = 0) -> Variogram:
    """The exponential variogram of values at distinct places; where none can be fitted, all is nugget."""
    import gstools as gs

    if len(x) > _MOST_PLACES:
        kept = np.random.default_rng(seed).permutation(len(x))[:_MOST_PLACES]
        x, y, value = x[kept], y[kept], value[kept]
    longest = _LONGEST * float(np.hypot(np.ptp(x), np.ptp(y)))
    variance = float(np.var(value))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            centre, gamma, pairs = gs.vario_estimate(
                (x, y), value, np.linspace(0.0, longest, _BINS + 1), return_counts=True
            )
            model = gs.Exponential(dim=2, var=variance, len_scale=longest / 5, nugget=variance / 2)
            model.set_arg_bounds(
                var=[0.0, 4 * variance], len_scale=[longest / 1e4, longest], nugget=[0.0, 4 * variance]
            )
            used = pairs > 0
            model.fit_variogram(centre[used], gamma[used], weights=np.sqrt(pairs[used]))
    except (RuntimeError, ValueError):
        return Variogram(max(variance, np.finfo(float).tiny), 0.0, longest)
    return Variogram(float(model.nugget), float(model.var), float(model.len_scale))


def kriged(x: FloatArray, y: FloatArray, value: FloatArray, variogram: Variogram) -> Kriged:
    """Ordinary kriging from values at distinct places; the nugget counts as error of the values."""
    n = len(x)
    apart = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    system = np.ones((n + 1, n + 1))
    system[:n, :n] = variogram.covariance(apart) + np.eye(n) * max(variogram.nugget, 1e-9 * variogram.sill + 1e-12)
    system[n, n] = 0.0
    solved = np.linalg.solve(system, np.append(value, 0.0))
    return Kriged(x, y, solved[:n], float(solved[n]), variogram)


@njit(nogil=True, cache=True)
def _sum_up(x, y, known_x, known_y, weight, mean, sill, length, out):  # type: ignore[no-untyped-def]
    for cell in range(len(x)):
        total = 0.0
        for one in range(len(weight)):
            apart = np.sqrt((x[cell] - known_x[one]) ** 2 + (y[cell] - known_y[one]) ** 2)
            total += weight[one] * np.exp(-apart / length)
        out[cell] = mean + sill * total
