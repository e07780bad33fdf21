"""A finished salinity map in memory, as coarse as a picture needs it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilth.core import FloatArray, IntArray
from tilth.soil.rasters.grid import Grid


@dataclass(frozen=True)
class Surface:
    """Bands of a map on one grid, each (height, width); NaN where nothing is mapped."""

    grid: Grid
    mean: FloatArray  # [dS/m]
    lower: FloatArray  # 5 % quantile [dS/m]
    median: FloatArray  # [dS/m]
    upper: FloatArray  # 95 % quantile [dS/m]
    unlike: FloatArray  # dissimilarity over the model's limit: above 1 it was never tested on such land
    probability: FloatArray  # (classes, height, width) 0 to 1

    @property
    def width(self) -> FloatArray:
        """Of the 90 % interval. [dS/m]"""
        found: FloatArray = self.upper - self.lower
        return found

    @property
    def likely(self) -> IntArray:
        """The most likely class of each cell, counted from 0; -1 where nothing is mapped."""
        some = np.isfinite(self.probability).all(axis=0)
        return np.where(some, np.argmax(np.nan_to_num(self.probability), axis=0), -1)

    @property
    def outside(self) -> np.ndarray:
        """Cells outside the area of applicability."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.unlike > 1.0)
