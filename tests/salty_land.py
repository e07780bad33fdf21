"""Land made up with a known rule of salinity, for tests of models and maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from tilth.soil import Recipe, Training, training

SMALL = (Recipe("extra-5", "extra", 20, 5, 0.5),)
LEFT, TOP, CELL, SIDE = 500_000.0, 4_000_000.0, 10.0, 120
NAMES = ("wet", "high", "noise")


def bands(seed: int = 3) -> np.ndarray:
    """(3, SIDE, SIDE) Smooth covariates, and one that says nothing."""
    row, column = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    wet = np.sin(5 * column) + np.cos(4 * row)
    high = column * row + 0.3 * np.sin(9 * row)
    noise = np.random.default_rng(seed).standard_normal((SIDE, SIDE))
    return np.stack([wet, high, noise]).astype(np.float32)


def raster(
    path: Path,
    values: np.ndarray,
    *,
    names: tuple[str, ...] = NAMES,
    crs: str = "EPSG:32649",
    left: float = LEFT,
    nodata: float | None = -9999.0,
) -> Path:
    """A file of those bands."""
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[2], height=values.shape[1], count=len(values), dtype="float32",
        crs=crs, transform=from_origin(left, TOP, CELL, CELL), nodata=nodata,
    ) as opened:  # fmt: skip
        opened.write(values)
        opened.descriptions = names
    return path


def places(count: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """x, y, row and column of places drawn at random."""
    drawn = np.random.default_rng(seed)
    column, row = drawn.integers(0, SIDE, count), drawn.integers(0, SIDE, count)
    return LEFT + (column + 0.5) * CELL, TOP - (row + 0.5) * CELL, row, column


def salty(count: int = 160, seed: int = 5) -> Training:
    """Samples whose log salinity follows `wet` and `high`, with noise."""
    x, y, row, column = places(count, seed)
    held = bands()[:, row, column].T.astype(np.float64)
    target = 1.6 + 0.6 * held[:, 0] + 0.8 * held[:, 1] + 0.25 * np.random.default_rng(seed + 1).standard_normal(count)
    return training(np.expm1(np.maximum(target, 0.01)), held, NAMES, x, y)
