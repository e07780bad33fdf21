"""A stack: one quantity over the years on one grid, for trends and for composites of several years."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, FloatArray
from tilth.soil.rasters.grid import Grid


@dataclass(frozen=True)
class Stack:
    """Values by year. `grid` may be of any reference system, degrees too: what is compared is a cell with itself."""

    name: str
    years: tuple[int, ...]  # ascending, each once
    values: FloatArray  # (years, height, width), NaN where there is none
    grid: Grid

    def __len__(self) -> int:
        return len(self.years)

    def within(self, share: npt.NDArray[np.float32], *, least: float = 0.5) -> Stack:
        """Without the cells of which less than `least` is covered.

        Parameters
        ----------
        share
            (height, width) Share of each cell that counts, such as cropland, as `covered_share` of intake reads it.
        """
        assert share.shape == self.values.shape[1:], (share.shape, self.values.shape)
        return replace(self, values=np.where(share >= least, self.values, np.nan))

    def of(self, years: tuple[int, ...]) -> Stack:
        """Some of the years.

        Raises
        ------
        BadInput
            If one of them is not in the stack.
        """
        lacking = [year for year in years if year not in self.years]
        if lacking:
            known = ", ".join(str(one) for one in self.years)
            raise BadInput("SOIL-STACK-YEAR", year=lacking[0], known=known)
        wanted = tuple(sorted(set(years)))
        return replace(self, years=wanted, values=self.values[[self.years.index(one) for one in wanted]])
