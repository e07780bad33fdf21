"""What every reader of rasters does: opens a file, says the grid that it is on, and blanks what is no value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, NotFound
from tilth.soil import Grid

#: Grids whose corners differ by less than this share of a cell are one grid.
SAME = 1e-3


def opened(file: Path) -> Any:
    """A raster, open for reading.

    Raises
    ------
    NotFound, BadInput
        If the file is not there or no raster.
    """
    import rasterio

    if not file.exists():
        raise NotFound("SOIL-RASTER-NONE", file=str(file))
    try:
        return rasterio.open(file)
    except rasterio.errors.RasterioError as error:
        raise BadInput("SOIL-RASTER-UNREADABLE", file=file.name, why=str(error)) from None


def upright_grid(raster: Any, file: Path) -> Grid:
    """The grid of a raster whose rows run from north to south, in any reference system.

    Raises
    ------
    BadInput
        If it says no reference system or is turned.
    """
    place = raster.transform
    if raster.crs is None:
        raise BadInput("SOIL-RASTER-NO-CRS", file=file.name)
    if place.b or place.d or place.a <= 0 or place.e >= 0:
        raise BadInput("SOIL-RASTER-TURNED", file=file.name)
    return Grid(raster.width, raster.height, place.c, place.f, place.a, -place.e, raster.crs.to_string())


def edges_apart(one: Grid, other: Grid) -> float:
    """By how much the edges of two grids differ at most, in their unit."""
    return max(abs(here - there) for here, there in zip(one.bounds, other.bounds, strict=True))


def same_grid(one: Grid, other: Grid) -> bool:
    """Are two grids one, but for rounding of their corners?"""
    size = (one.width, one.height) == (other.width, other.height)
    return one.crs == other.crs and size and edges_apart(one, other) <= SAME * other.cell_x


def blanked(band: npt.NDArray[Any], nodata: float | None, kind: Any = np.float32) -> npt.NDArray[Any]:
    """Values of a band; NaN where the file says that there is none, or where a number is infinite."""
    values = band.astype(kind)
    if nodata is not None and np.isfinite(nodata):
        values[band == nodata] = np.nan
    values[~np.isfinite(values)] = np.nan
    return values


def described(raster: Any, file: Path, bands: Sequence[str] = ()) -> list[str]:
    """What each band of a raster is called, "" where nothing says so. A file's own descriptions win over `bands`.

    Raises
    ------
    BadInput
        If `bands` are not as many as the raster has.
    """
    names = [name or "" for name in raster.descriptions]
    if any(names) or not bands:
        return names
    if len(bands) != raster.count:
        raise BadInput("SOIL-STACK-BANDS", file=file.name, count=raster.count, given=len(bands))
    return list(bands)
