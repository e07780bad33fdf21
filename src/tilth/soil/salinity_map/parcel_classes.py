"""From cells to parcels: which share of each cell lies in each parcel, measured once, then used for every raster."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from tilth.core import FloatArray, IntArray
from tilth.runtime import fill_whole
from tilth.soil.rasters.grid import Grid, digest
from tilth.soil.salinity_map.mapping import NO_CLASS, WHOLE_BP, Mapped


@dataclass(frozen=True)
class CellShares:
    """One row for each pair of a parcel and a cell that it covers in part, by cell."""

    parcels: int
    cell: IntArray  # (m,) row * width + column, ascending
    parcel: IntArray  # (m,) position
    share: npt.NDArray[np.float32]  # (m,) of the cell, above 0


def cell_shares(shapes: npt.NDArray[np.object_], grid: Grid, *, kept: Path | None = None) -> CellShares:
    """Exact shares of cells in polygons, which have to be in the grid's reference system.

    Parameters
    ----------
    kept
        A folder where shares are kept for the same polygons on the same grid.
    """
    mark = digest(b"".join(shapely.to_wkb(shapes)), grid)
    file = None if kept is None else kept / f"shares-{mark[:24]}.npz"
    if file is not None and file.exists():
        with np.load(file) as held:
            return CellShares(int(held["parcels"]), held["cell"], held["parcel"], held["share"])
    found = _measured(shapes, grid)
    if file is not None:
        fill_whole(file, lambda path: np.savez(path, parcels=found.parcels, cell=found.cell, parcel=found.parcel,
                                               share=found.share))  # fmt: skip
    return found


def _measured(shapes: npt.NDArray[np.object_], grid: Grid) -> CellShares:
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    west, south, east, north = grid.bounds
    blank = np.broadcast_to(np.zeros((), dtype=np.int8), (grid.height, grid.width))
    source = NumPyRasterSource(blank, west, south, east, north)
    features = [
        {"type": "Feature", "properties": {}, "geometry": json.loads(text)} for text in shapely.to_geojson(shapes)
    ]
    told = exact_extract(source, features, ["cell_id", "coverage"])
    cell = [np.asarray(one["properties"]["cell_id"], dtype=np.int64) for one in told]
    share = [np.asarray(one["properties"]["coverage"], dtype=np.float32) for one in told]
    parcel = np.repeat(np.arange(len(cell)), [len(one) for one in cell])
    cells, shares = np.concatenate([*cell, np.empty(0, np.int64)]), np.concatenate([*share, np.empty(0, np.float32)])
    some = shares > 0
    order = np.lexsort((parcel[some], cells[some]))
    return CellShares(len(shapes), cells[some][order], parcel[some][order], shares[some][order])


def parcel_probabilities(
    shares: CellShares, blocks: Iterable[tuple[int, Mapped]], grid: Grid, classes: int
) -> tuple[FloatArray, FloatArray]:
    """Mean probability of each class over every parcel, and which share of the parcel is mapped.

    Returns
    -------
    (n, classes) adding up to 1, NaN for a parcel without a mapped cell; (n,) from 0 to 1.
    """
    total = np.zeros((shares.parcels, classes))
    mapped, whole = np.zeros(shares.parcels), np.zeros(shares.parcels)
    for row, block in blocks:
        first = row * grid.width
        begin, end = np.searchsorted(shares.cell, [first, first + block.classes.shape[1]])
        own = slice(int(begin), int(end))
        at, parcel, share = shares.cell[own] - first, shares.parcel[own], shares.share[own].astype(np.float64)
        there = block.classes[0, at] != NO_CLASS
        np.add.at(whole, parcel, share)
        np.add.at(mapped, parcel[there], share[there])
        for number in range(classes):
            weight = share[there] * block.classes[number, at[there]]
            np.add.at(total[:, number], parcel[there], weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / (mapped[:, None] * WHOLE_BP), np.where(whole > 0, mapped / whole, 0.0)
