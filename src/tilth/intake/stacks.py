"""Rasters of several years, one file a year: bands are found by their description, never by their number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, Finding, FloatArray, Where
from tilth.intake.rasters import blanked, described, edges_apart, opened, same_grid, upright_grid
from tilth.soil import Grid, Stack

if TYPE_CHECKING:
    from typing import Self

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


class YearRasters:
    """Opened rasters of several years on one grid."""

    def __init__(self, files: Sequence[Path], *, years: Sequence[int] = (), bands: Sequence[str] = ()) -> None:
        """Open them.

        Parameters
        ----------
        years
            Of the files in their order; without, the year that each file's name has in it.
        bands
            Names of the bands in their order, for files that describe none; a file's own descriptions win.

        Raises
        ------
        NotFound, BadInput
            If a file is not there or no raster, is of no year or of one that another has, describes no bands, or lies
            on another grid.
        """
        if not files:
            raise BadInput("SOIL-STACK-NONE")
        if years and len(years) != len(files):
            raise BadInput("SOIL-STACK-YEARS", files=len(files), years=len(years))
        of_year: dict[int, Path] = {}
        for at, file in enumerate(files):
            year = years[at] if years else _year(file)
            if year in of_year:
                raise BadInput("SOIL-STACK-YEAR-TWICE", year=year, file=file.name, other=of_year[year].name)
            of_year[year] = file
        self.years = tuple(sorted(of_year))
        self.files = tuple(of_year[year] for year in self.years)
        self._opened = [opened(file) for file in self.files]
        self._bands = [_described(one, file, bands) for one, file in zip(self._opened, self.files, strict=True)]
        self.grid = upright_grid(self._opened[0], self.files[0])
        for one, file in zip(self._opened[1:], self.files[1:], strict=True):
            _refuse_other(self.grid, self.files[0], upright_grid(one, file), file)

    @property
    def names(self) -> tuple[str, ...]:
        """Bands that every year has, in the order of the first."""
        return tuple(name for name in self._bands[0] if all(name in held for held in self._bands))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth knowing: years whose bands stand elsewhere than in the first, and bands that some lack."""
        found = []
        first, file = self._bands[0], self.files[0].name
        moved = [at for at, held in enumerate(self._bands) if any(held[one] != first[one] for one in self.names)]
        if moved:
            name = next(one for one in self.names if self._bands[moved[0]][one] != first[one])
            found.append(
                Finding(
                    "SOIL-STACK-ORDER", Where(file=self.files[moved[0]].name),
                    {"count": len(moved), "years": _ranges([self.years[at] for at in moved]), "band": name,
                     "number": self._bands[moved[0]][name], "other": first[name], "other_file": file},
                )
            )  # fmt: skip
        for name in dict.fromkeys(name for held in self._bands for name in held):
            lacking = [self.years[at] for at, held in enumerate(self._bands) if name not in held]
            if lacking:
                values = {"band": name, "years": _ranges(lacking), "count": len(lacking)}
                found.append(Finding("SOIL-STACK-BAND-SOME", Where(file=file), values))
        return tuple(found)

    def years_of(self, name: str) -> tuple[int, ...]:
        """The years whose file has a band of that name."""
        return tuple(year for year, held in zip(self.years, self._bands, strict=True) if name in held)

    def read(self, name: str, row: int, rows: int) -> FloatArray:
        """(years, rows, width) A band in every year; NaN where there is no value.

        Raises
        ------
        BadInput
            If a year has no band of that name.
        """
        from rasterio.windows import Window

        out = np.empty((len(self.years), rows, self.grid.width))
        for at, raster in enumerate(self._opened):
            out[at] = self._read(at, raster, name, Window(0, row, self.grid.width, rows))
        return out

    def whole(self, name: str) -> Stack:
        """A band in every year, in memory."""
        return Stack(name, self.years, self.read(name, 0, self.grid.height), self.grid)

    def _read(self, at: int, raster: Any, name: str, window: Any) -> FloatArray:
        held = self._bands[at]
        if name not in held:
            raise BadInput("SOIL-STACK-BAND", band=name, file=self.files[at].name, known=", ".join(held))
        band = held[name]
        values: FloatArray = blanked(raster.read(band, window=window), raster.nodatavals[band - 1], np.float64)
        return values

    def close(self) -> None:
        """Let go of the files."""
        for one in self._opened:
            one.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def covered_share(file: Path, grid: Grid, *, values: Sequence[int] = ()) -> npt.NDArray[np.float32]:
    """(height, width) Share of each cell of `grid` that a mask covers; the mask may lie on any grid and system.

    Parameters
    ----------
    file
        A raster of one band. What is not 0, not blank and no missing value covers; or, if given,
    values
        what has one of these values, as classes of a land-cover raster.

    Raises
    ------
    NotFound, BadInput
        If the file is not there or no raster, says no reference system, or shares no ground with the grid.
    """
    from rasterio.enums import Resampling
    from rasterio.transform import from_origin
    from rasterio.warp import reproject, transform_bounds

    with opened(file) as mask:
        own = upright_grid(mask, file)
        west, south, east, north = transform_bounds(own.crs, grid.crs, *own.bounds)
        left, bottom, right, top = grid.bounds
        if west >= right or east <= left or south >= top or north <= bottom:
            raise BadInput("SOIL-MASK-APART", file=file.name, crs=own.crs, other_crs=grid.crs)
        held = blanked(mask.read(1), mask.nodatavals[0])
    covers = np.isin(held, values) if values else np.isfinite(held) & (held != 0)
    # An average leaves out what lies beyond the mask; a border of nothing, as wide as a cell, makes it count.
    border = 2 + int(max(grid.cell_x * own.width / (east - west), grid.cell_y * own.height / (north - south)))
    out = np.zeros((grid.height, grid.width), dtype=np.float32)
    reproject(
        np.pad(covers.astype(np.float32), border), out, src_crs=own.crs, dst_crs=grid.crs,
        resampling=Resampling.average,
        src_transform=from_origin(
            own.left - border * own.cell_x, own.top + border * own.cell_y, own.cell_x, own.cell_y
        ),
        dst_transform=from_origin(grid.left, grid.top, grid.cell_x, grid.cell_y), init_dest_nodata=False,
    )  # fmt: skip
    return out


def year_of(file: Path) -> int | None:
    """The year that a file's name has in it; None where it has none or several.

    >>> year_of(Path("summer_2019.tif")), year_of(Path("2019-2020.tif"))
    (2019, None)
    """
    found = _years(file)
    return found.pop() if len(found) == 1 else None


def _years(file: Path) -> set[int]:
    return {int(one) for one in _YEAR.findall(file.stem)}


def _year(file: Path) -> int:
    found = _years(file)
    if len(found) != 1:
        code = "SOIL-STACK-YEAR-MANY" if found else "SOIL-STACK-YEAR-NONE"
        raise BadInput(code, file=file.name, years=", ".join(str(one) for one in sorted(found)))
    return found.pop()


def _described(raster: Any, file: Path, bands: Sequence[str]) -> Mapping[str, int]:
    """Number of each band by its name."""
    names = described(raster, file, bands)
    if not all(names):
        raise BadInput("SOIL-STACK-UNNAMED", file=file.name, band=names.index("") + 1, count=raster.count)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise BadInput("SOIL-RASTER-TWICE", name=twice[0], times=names.count(twice[0]))
    return {name: number for number, name in enumerate(names, start=1)}


def _refuse_other(first: Grid, first_file: Path, grid: Grid, file: Path) -> None:
    if grid.crs != first.crs:
        raise BadInput("SOIL-RASTER-CRS", file=file.name, crs=grid.crs, other=first_file.name, other_crs=first.crs)
    if not same_grid(grid, first):
        raise BadInput(
            "SOIL-STACK-GRID", file=file.name, width=grid.width, height=grid.height, other=first_file.name,
            other_width=first.width, other_height=first.height, cells=f"{edges_apart(grid, first) / first.cell_x:,.2f}",
        )  # fmt: skip


def _ranges(years: Sequence[int]) -> str:
    """Years as text, a run of them as its ends.

    >>> _ranges([2000, 2001, 2002, 2005])
    '2000–2002, 2005'
    """
    runs: list[list[int]] = []
    for year in sorted(years):
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
