"""One picture from many: bare soil of the dry season, and several years' highest or middle value."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from tilth.core import BadInput, FloatArray, IntArray

#: Below this NDVI the ground is bare. Source: common practice of bare-soil composites, 0.2 to 0.3.
BARE_NDVI = 0.25
#: Months of bare soil and salt crust in North China. Source: practice of soil salinity mapping.
SPRING = (4, 5)
_HOW = ("max", "min", "median", "mean")


@dataclass(frozen=True)
class Composite:
    """(…) values, NaN where too few were seen, and how many went into each."""

    values: FloatArray
    seen: IntArray


def of_months(dates: Sequence[date], months: Sequence[int] = SPRING) -> IntArray:
    """Which of `dates` lie in `months`: their places."""
    return np.array([at for at, day in enumerate(dates) if day.month in months], dtype=np.int64)


def bare_soil(bands: FloatArray, ndvi: FloatArray, *, below: float = BARE_NDVI, fewest: int = 1) -> Composite:
    """The median of what was seen bare, band by band.

    Parameters
    ----------
    bands
        Shape (times, bands, …), reflectance; NaN where cloud, water or settlement was masked.
    ndvi
        Shape (times, …). A time counts at a pixel where it is from 0 to below `below` (water is below 0).
    fewest
        How many times must count at a pixel.

    Raises
    ------
    BadInput
        If the shapes do not fit.
    """
    if bands.ndim < 2 or bands.shape[:1] + bands.shape[2:] != ndvi.shape:
        raise BadInput("SOIL-STACK-SHAPES", one=bands.shape, other=ndvi.shape)
    with np.errstate(invalid="ignore"):
        bare = (ndvi >= 0) & (ndvi < below) & np.isfinite(bands).all(axis=1)
    seen = bare.sum(axis=0)
    values = _over(np.where(bare[:, np.newaxis], bands, np.nan), "median")
    return Composite(np.where(seen >= fewest, values, np.nan), seen)


def over_years(stack: FloatArray, how: str = "max", *, fewest: int = 1) -> Composite:
    """The highest, lowest, middle or mean value of each pixel over (years, …).

    A canopy that is poor in every one of several years is poor for salt rather than for one dry year; the highest CRSI
    or NDVI of seven years stands for the root zone. Source: Scudiero et al. 2014-2015.

    Raises
    ------
    BadInput
        If `how` is not one of "max", "min", "median", "mean".
    """
    if how not in _HOW:
        raise BadInput("SOIL-COMPOSITE-HOW", how=how, known=", ".join(_HOW))
    seen = np.isfinite(stack).sum(axis=0)
    values = _over(np.where(np.isfinite(stack), stack, np.nan), how)
    return Composite(np.where(seen >= fewest, values, np.nan), seen)


def _over(stack: FloatArray, how: str) -> FloatArray:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN|Mean of empty", RuntimeWarning)
        found: FloatArray = getattr(np, f"nan{how}")(stack, axis=0)
    return found
