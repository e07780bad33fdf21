"""Covariate rasters: any number of files on one grid, a band each or several, read by rows."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput
from tilth.intake.rasters import blanked, described, edges_apart, opened, same_grid, upright_grid
from tilth.soil import Grid, digest

if TYPE_CHECKING:
    from typing import Self


class CovariateRasters:
    """Opened rasters on one grid. A band is named by its description, or by its file where that has one band."""

    def __init__(self, files: Sequence[Path], *, degrees: bool = False, bands: Sequence[str] = ()) -> None:
        """Open them.

        Parameters
        ----------
        degrees
            A grid of degrees will do, as where nothing is measured on it.
        bands
            Names of the bands in their order, for files that describe none.

        Raises
        ------
        NotFound, BadInput
            If a file is not there or no raster, or two differ in reference system, cells or extent.
        """
        self._lock = threading.Lock()
        self._opened = [opened(file) for file in files]
        self.files = tuple(files)
        self.grid = _grid(self._opened[0], files[0], degrees)
        for one, file in zip(self._opened[1:], files[1:], strict=True):
            _refuse_other(self.grid, files[0], _grid(one, file, degrees), file)
        named = [
            (at, band, name) for at, one in enumerate(self._opened) for band, name in _named(one, files[at], bands)
        ]
        self.names = tuple(name for _, _, name in named)
        twice = sorted({name for name in self.names if self.names.count(name) > 1})
        if twice:
            raise BadInput("SOIL-RASTER-TWICE", name=twice[0], times=self.names.count(twice[0]))
        self._bands = [(at, band) for at, band, _ in named]

    @property
    def fingerprint(self) -> str:
        """Files by name, size and time of the last change."""
        return digest(*((str(one), one.stat().st_size, one.stat().st_mtime_ns) for one in self.files), self.names)

    def read(self, row: int, rows: int) -> npt.NDArray[np.float32]:
        """(bands, rows * width) Values; NaN where there is none."""
        from rasterio.windows import Window

        window = Window(0, row, self.grid.width, rows)
        out = np.empty((len(self._bands), rows * self.grid.width), dtype=np.float32)
        with self._lock:
            for at, raster in enumerate(self._opened):
                own = [to for to, (file, _) in enumerate(self._bands) if file == at]
                values = raster.read([self._bands[to][1] for to in own], window=window, masked=False)
                for to, band in zip(own, values, strict=True):
                    out[to] = blanked(band, raster.nodatavals[self._bands[to][1] - 1]).reshape(-1)
        return out

    def at(self, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(n, bands) Values of the cells that places lie in; NaN outside, and where there is none."""
        cells = self.grid.cells_at(x, y)
        out = np.full((len(x), len(self.names)), np.nan)
        for row in np.unique(cells[:, 0][cells[:, 0] >= 0]):
            held = cells[:, 0] == row
            out[held] = self.read(int(row), 1)[:, cells[held, 1]].T
        return out

    def close(self) -> None:
        """Let go of the files."""
        for one in self._opened:
            one.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _grid(raster: Any, file: Path, degrees: bool) -> Grid:
    grid = upright_grid(raster, file)
    if not degrees and not raster.crs.is_projected:
        raise BadInput("SOIL-RASTER-DEGREES", file=file.name, crs=grid.crs)
    return grid


def refuse_other_grid(file: Path, other: Path) -> None:
    """BadInput where two rasters differ in reference system, cells or extent."""
    with CovariateRasters([file]) as one, CovariateRasters([other]) as kept:
        _refuse_other(kept.grid, other, one.grid, file)


def _refuse_other(first: Grid, first_file: Path, grid: Grid, file: Path) -> None:
    if grid.crs != first.crs:
        raise BadInput("SOIL-RASTER-CRS", file=file.name, crs=grid.crs, other=first_file.name, other_crs=first.crs)
    if not same_grid(grid, first):
        raise BadInput(
            "SOIL-RASTER-GRID", file=file.name, width=grid.width, height=grid.height, cell=f"{grid.cell_x:g}",
            other=first_file.name, other_width=first.width, other_height=first.height, other_cell=f"{first.cell_x:g}",
            apart=f"{edges_apart(grid, first):,.2f}",
        )  # fmt: skip


def _named(raster: Any, file: Path, bands: Sequence[str]) -> list[tuple[int, str]]:
    names = described(raster, file, bands)
    if raster.count == 1:
        return [(1, names[0] or file.stem)]
    return [(band, name or f"{file.stem}_{band}") for band, name in enumerate(names, start=1)]
