"""Rasters of a finished map, read again: a picture's worth of cells at any zoom, and the cells around a parcel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, NotFound
from tilth.soil import Grid

#: Pixels of a side of a tile, and half the side of the world in Web Mercator. [m]
SIDE, _HALF_WORLD = 256, 20_037_508.342789244
_MERCATOR = "EPSG:3857"


def raster_grid(path: Path) -> Grid:
    """The grid of a raster.

    Raises
    ------
    NotFound, BadInput
        If it is not there, or cannot be read.
    """
    with _opened(path) as opened:
        return _grid_of(opened)


def raster_tile(path: Path, bands: Sequence[int], z: int, x: int, y: int) -> npt.NDArray[np.float32] | None:
    """(bands, 256, 256) Values of the cells nearest to a tile's pixels in Web Mercator, NaN where there is none.

    None where the raster has nothing in the tile. From afar, the overviews of the file are read.
    """
    from rasterio.enums import Resampling
    from rasterio.transform import from_bounds
    from rasterio.vrt import WarpedVRT
    from rasterio.warp import transform_bounds

    side = 2 * _HALF_WORLD / (1 << z)
    west, north = -_HALF_WORLD + x * side, _HALF_WORLD - y * side
    box = (west, north - side, west + side, north)
    with _opened(path) as opened:
        own = transform_bounds(opened.crs, _MERCATOR, *opened.bounds)
        if own[0] >= box[2] or own[2] <= box[0] or own[1] >= box[3] or own[3] <= box[1]:
            return None
        with WarpedVRT(
            opened, crs=_MERCATOR, transform=from_bounds(*box, SIDE, SIDE), width=SIDE, height=SIDE,
            resampling=Resampling.nearest, nodata=opened.nodata,
        ) as warped:  # fmt: skip
            found = _values(warped, warped.read(list(bands)))
    return found if np.isfinite(found).any() else None


def raster_around(path: Path, box: tuple[float, float, float, float]) -> tuple[Grid, npt.NDArray[np.float32]] | None:
    """Grid and (bands, h * w) values of the cells that touch `box` (west, south, east, north, in the raster's system).

    None where the raster does not reach it.
    """
    from rasterio.windows import Window

    with _opened(path) as opened:
        whole = _grid_of(opened)
        first = max(math.floor((box[0] - whole.left) / whole.cell_x), 0)
        last = min(math.ceil((box[2] - whole.left) / whole.cell_x), whole.width)
        top = max(math.floor((whole.top - box[3]) / whole.cell_y), 0)
        bottom = min(math.ceil((whole.top - box[1]) / whole.cell_y), whole.height)
        if first >= last or top >= bottom:
            return None
        values = _values(opened, opened.read(window=Window(first, top, last - first, bottom - top)))
    part = Grid(
        last - first, bottom - top, whole.left + first * whole.cell_x, whole.top - top * whole.cell_y, whole.cell_x,
        whole.cell_y, whole.crs,
    )  # fmt: skip
    return part, values.reshape(len(values), -1)


def _grid_of(opened: Any) -> Grid:
    place = opened.transform
    return Grid(opened.width, opened.height, place.c, place.f, place.a, -place.e, opened.crs.to_string())


def _values(opened: Any, read: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    values = read.astype(np.float32)
    nodata = opened.nodata
    if nodata is not None and np.isfinite(nodata):
        values[read == nodata] = np.nan
    return values


def _opened(path: Path) -> Any:
    import rasterio

    if not path.is_file():
        raise NotFound("SOIL-RASTER-NONE", file=path.name)
    try:
        return rasterio.open(path)
    except rasterio.errors.RasterioError as error:
        raise BadInput("SOIL-RASTER-UNREADABLE", file=path.name, why=str(error)) from None
