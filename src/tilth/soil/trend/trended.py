"""Trends over a whole grid, block of rows by block of rows, and over parcels in the same pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from tilth.core import FloatArray, message
from tilth.overlay import engine_area
from tilth.runtime import working
from tilth.soil.rasters.grid import Grid
from tilth.soil.salinity_map.parcel_classes import CellShares
from tilth.soil.trend.discovery import Tally
from tilth.soil.trend.theil_sen import Trends, refuse_few, trends

#: Bands of the raster of trends, after the unit of what is followed.
TREND_BANDS = ("slope_per_year", "slope_low", "slope_high", "p", "serial_correlation", "years")
#: What a cell or a parcel does; the raster of directions holds these.
NONE, SALINISING, FRESHENING, UNTESTED = 0, 1, 2, 255
DIRECTIONS = {SALINISING: "salinising", FRESHENING: "freshening", NONE: "none", UNTESTED: "untested"}
#: Which way a value says that land grows saltier.
SALTIER = ("higher", "lower")
_VALUES = 1 << 24  # of a block: some 130 MB of the stack
#: Share of a parcel's cells that must have a value in a year for the year to count.
COVERED = 0.8


@dataclass(frozen=True)
class TrendBlocks:
    """Trends of every cell as files, one for each block of rows, and what the tests came to."""

    folder: Path
    grid: Grid
    rows: int
    tally: Tally
    serial: float  # median over the cells tested, NaN where none was

    def __iter__(self) -> Iterator[tuple[int, Trends]]:
        for row in range(0, self.grid.height, self.rows):
            with np.load(self.folder / f"{row:08d}.npz") as held:
                yield row, Trends(*(held[name] for name in ("slope", "low", "high", "p", "serial", "years")))


class ParcelSeries:
    """Mean of each parcel in each year, by exact shares of cells. Cells with too few years are left out in every year,
    and a year counts only where `COVERED` of the rest has a value, so that no parcel's mean moves with its gaps."""

    def __init__(self, shares: CellShares, years: int) -> None:
        self.shares = shares
        self._sum, self._seen = np.zeros((years, shares.parcels)), np.zeros((years, shares.parcels))
        self._whole = np.zeros(shares.parcels)

    def add(self, first: int, values: FloatArray, usable: npt.NDArray[np.bool_]) -> None:
        """Cells from number `first` on: (years, cells) values, (cells,) enough years."""
        begin, end = np.searchsorted(self.shares.cell, [first, first + values.shape[1]])
        own = slice(int(begin), int(end))
        at, parcel = self.shares.cell[own] - first, self.shares.parcel[own]
        share = self.shares.share[own].astype(np.float64) * usable[at]
        np.add.at(self._whole, parcel, share)  # in the order of the cells, whatever the blocks
        for year in range(len(values)):
            there = np.isfinite(values[year, at])
            weight = share * there
            np.add.at(self._seen[year], parcel, weight)
            np.add.at(self._sum[year], parcel, weight * np.where(there, values[year, at], 0.0))

    def series(self) -> FloatArray:
        """(years, parcels) NaN where too little of a parcel has a value."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self._seen > COVERED * self._whole - 1e-9, self._sum / self._seen, np.nan)


def trend_blocks(
    read: Callable[[int, int], FloatArray], grid: Grid, years: Sequence[int], folder: Path, *, least: int,
    parcels: ParcelSeries | None = None, rows: int = 0,
) -> TrendBlocks:  # fmt: skip
    """Test every cell of a stack. `read`: first row and number of rows to (years, rows, width).

    Parameters
    ----------
    rows
        Of one block; 0 takes as many as keep the stack of a block within some 130 MB. Trends are the same with any.

    Raises
    ------
    BadInput
        If there are fewer years than `least`.
    """
    refuse_few(len(years), least)
    rows = rows or max(1, min(grid.height, _VALUES // (grid.width * len(years))))
    tally, serial = Tally(), Tally()
    folder.mkdir(parents=True, exist_ok=True)
    with working(message("SOIL-TREND-WORKING"), grid.width * grid.height) as advance:
        for row in range(0, grid.height, rows):
            values = read(row, min(rows, grid.height - row)).reshape(len(years), -1)
            found = trends(values, years, least=least)
            tally.add(found.p)
            serial.add(found.serial.round(3))
            if parcels is not None:
                parcels.add(row * grid.width, values, found.years >= least)
            np.savez(
                folder / f"{row:08d}.npz", slope=found.slope, low=found.low, high=found.high, p=found.p,
                serial=found.serial, years=found.years,
            )  # fmt: skip
            advance(values.shape[1])
    return TrendBlocks(folder, grid, rows, tally, _middle(serial))


def _middle(tally: Tally) -> float:
    if not tally.tests:
        return float("nan")
    at = np.searchsorted(np.cumsum(tally.counts), (tally.tests + 1) // 2)
    return float(tally.values[at])


def directions(found: Trends, limit: float, saltier: str) -> npt.NDArray[np.uint8]:
    """(n,) Which way each goes, of those whose p is up to `limit`; a slope of 0 goes no way."""
    out = np.full(len(found), UNTESTED, dtype=np.uint8)
    tested = np.isfinite(found.p)
    out[tested] = NONE
    rising = found.slope if saltier == "higher" else -found.slope
    with np.errstate(invalid="ignore"):
        called = tested & (found.p <= limit)
        out[called & (rising > 0)] = SALINISING
        out[called & (rising < 0)] = FRESHENING
    return out


def row_areas(grid: Grid) -> FloatArray:
    """(height,) Ground of a cell of each row: on the ellipsoid where the grid is in degrees, else of the plane. [m²]"""
    if not pyproj.CRS.from_user_input(grid.crs).is_geographic:
        return np.full(grid.height, grid.cell_x * grid.cell_y)
    north = grid.top - grid.cell_y * np.arange(grid.height)
    boxes = shapely.box(grid.left, north - grid.cell_y, grid.left + grid.cell_x, north)
    return np.asarray(engine_area(boxes, grid.crs))
