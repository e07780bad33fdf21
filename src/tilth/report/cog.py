"""Rasters out: cloud-optimised GeoTIFFs, written by rows and put in place whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy.typing as npt

from tilth.runtime import fill_whole
from tilth.soil import Grid

_TILE = 512


def write_cog(
    path: Path,
    grid: Grid,
    bands: Sequence[str],
    dtype: str,
    nodata: float,
    blocks: Iterable[tuple[int, npt.NDArray[Any]]],
    *,
    tags: dict[str, str] | None = None,
    resampling: str = "average",
) -> Path:
    """A raster from blocks of rows.

    Parameters
    ----------
    blocks
        First row and values (bands, rows * width) of each, in any order.
    """
    import rasterio
    from rasterio.shutil import copy
    from rasterio.transform import from_origin
    from rasterio.windows import Window

    def write(to: Path) -> None:
        with TemporaryDirectory(prefix=".tilth-cog-", dir=to.parent.parent) as folder:
            draft = Path(folder) / "draft.tif"
            with rasterio.open(
                draft, "w", driver="GTiff", width=grid.width, height=grid.height, count=len(bands), dtype=dtype,
                crs=grid.crs, transform=from_origin(grid.left, grid.top, grid.cell_x, grid.cell_y), nodata=nodata,
                bigtiff="if_safer", interleave="band",
            ) as opened:  # fmt: skip
                for row, values in blocks:
                    rows = values.shape[1] // grid.width
                    window = Window(0, row, grid.width, rows)
                    opened.write(values.reshape(len(bands), rows, grid.width), window=window)
                opened.descriptions = tuple(bands)
                opened.update_tags(**(tags or {}))
            copy(
                draft, to, driver="COG", compress="zstd", level=1, predictor="yes", blocksize=_TILE, bigtiff="if_safer",
                overview_resampling=resampling, num_threads=2,
            )  # fmt: skip

    return fill_whole(path, write)
