"""A salinity map read back from its rasters, at the resolution of a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tilth.core import FloatArray, NotFound
from tilth.soil import WHOLE_BP, Grid, Surface

#: Cells along the longer side that a picture shows.
MOST_CELLS = 900


def read_surface(ec: Path, classes: Path, applicability: Path, *, most: int = MOST_CELLS) -> Surface:
    """The rasters of one map, with at most `most` cells along a side.

    Raises
    ------
    NotFound
        If one of them is not there.
    """
    (mean, lower, median, upper), grid = _bands(ec, most)
    probability, _ = _bands(classes, most)
    unlike, _ = _bands(applicability, most)
    return Surface(grid, mean, lower, median, upper, unlike[0], probability / WHOLE_BP)


def _bands(file: Path, most: int) -> tuple[FloatArray, Grid]:
    import rasterio

    if not file.exists():
        raise NotFound("SOIL-RASTER-NONE", file=str(file))
    with rasterio.open(file) as opened:
        step = max(1.0, max(opened.width, opened.height) / most)
        width, height = max(1, round(opened.width / step)), max(1, round(opened.height / step))
        held: Any = opened.read(out_shape=(opened.count, height, width), masked=True)
        values: FloatArray = np.asarray(np.ma.filled(held.astype(np.float64), np.nan))
        place = opened.transform
        cell_x, cell_y = place.a * opened.width / width, -place.e * opened.height / height
        return values, Grid(width, height, place.c, place.f, cell_x, cell_y, opened.crs.to_string())
