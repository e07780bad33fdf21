"""A grid of square cells on the ground, as every raster of a map has it, and how covariates are read from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tilth.core import FloatArray


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows from north to south, columns from west to east, in projected metres."""

    width: int
    height: int
    left: float
    top: float
    cell_x: float  # [m]
    cell_y: float  # [m]
    crs: str

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        return (
            self.left,
            self.top - self.cell_y * self.height,
            self.left + self.cell_x * self.width,
            self.top,
        )

    def centres(self, row: int, rows: int) -> tuple[FloatArray, FloatArray]:
        """(rows * width,) x and y of the cells of some rows."""
        x = self.left + (np.arange(self.width) + 0.5) * self.cell_x
        y = self.top - (np.arange(row, row + rows) + 0.5) * self.cell_y
        return np.tile(x, rows), np.repeat(y, self.width)

    def cells_at(self, x: FloatArray, y: FloatArray) -> npt.NDArray[np.int64]:
        """(n, 2) Row and column of the cell that each place lies in; -1 where it lies outside."""
        column = np.floor((x - self.left) / self.cell_x)
        row = np.floor((self.top - y) / self.cell_y)
        inside = (column >= 0) & (column < self.width) & (row >= 0) & (row < self.height)
        return np.where(inside[:, None], np.column_stack([row, column]), -1).astype(np.int64)


class Covariates(Protocol):
    """Rasters on one grid. `read` may be called from several threads."""

    @property
    def grid(self) -> Grid: ...
    @property
    def names(self) -> tuple[str, ...]:
        """One for each band."""
        ...

    @property
    def fingerprint(self) -> str:
        """Another text whenever the rasters are others."""
        ...

    def read(self, row: int, rows: int) -> npt.NDArray[np.float32]:
        """(bands, rows * width) Values; NaN where there is none."""
        ...


def digest(*parts: Any) -> str:
    """A text that is another whenever one of the parts is."""
    from hashlib import sha256

    whole = sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            whole.update(f"{part.dtype}{part.shape}".encode() + np.ascontiguousarray(part).tobytes())
        else:
            whole.update(repr(part).encode())
        whole.update(b"\0")
    return whole.hexdigest()
