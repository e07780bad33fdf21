"""Rasters brought to parcels: means of numbers and main kinds, by exact shares of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.core import FloatArray
from tilth.soil.rasters.grid import Covariates
from tilth.soil.salinity_map.parcel_classes import CellShares
from tilth.soil.trend.trended import ParcelSeries

_CELLS = 1 << 20


def parcel_bands(
    shares: CellShares, rasters: Covariates, kinds: Sequence[str] = ()
) -> dict[str, FloatArray | npt.NDArray[np.object_]]:
    """Each band by name: (n,) mean of a parcel, NaN where less than 80 % of it has a value; of `kinds` the value that
    covers most, as text, "" where none is known."""
    grid, names = rasters.grid, rasters.names
    plain = [at for at, name in enumerate(names) if name not in kinds]
    coded = [at for at, name in enumerate(names) if name in kinds]
    means = ParcelSeries(shares, len(plain))
    seen: dict[int, dict[float, FloatArray]] = {at: {} for at in coded}
    rows = max(1, _CELLS // grid.width)
    for row in range(0, grid.height, rows):
        values = rasters.read(row, min(rows, grid.height - row))
        means.add(row * grid.width, values[plain].astype(np.float64), np.ones(values.shape[1], dtype=bool))
        begin, end = np.searchsorted(shares.cell, [row * grid.width, row * grid.width + values.shape[1]])
        own = slice(int(begin), int(end))
        for at in coded:
            here = values[at, shares.cell[own] - row * grid.width]
            for code in np.unique(here[np.isfinite(here)]).tolist():
                held = seen[at].setdefault(code, np.zeros(shares.parcels))
                there = here == code
                np.add.at(held, shares.parcel[own][there], shares.share[own][there].astype(np.float64))
    out: dict[str, FloatArray | npt.NDArray[np.object_]] = {
        names[at]: found for at, found in zip(plain, means.series(), strict=True)
    }
    return out | {names[at]: _main(seen[at], shares.parcels) for at in coded}


def _main(seen: Mapping[float, npt.NDArray[Any]], parcels: int) -> npt.NDArray[np.object_]:
    """Of equal covers the lower code."""
    out = np.full(parcels, "", dtype=object)
    if seen:
        codes = sorted(seen)
        table = np.column_stack([seen[code] for code in codes])
        best = np.argmax(table, axis=1)
        some = table.max(axis=1) > 0
        out[some] = [f"{codes[at]:g}" for at in best[some]]
    return out


def coarse_bands(
    rasters: Covariates, factor: int, kinds: Sequence[str] = ()
) -> tuple[dict[str, FloatArray | npt.NDArray[np.object_]], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Squares of `factor` × `factor` cells: each band by name (n,), cells that have a value in any band (n,), and row
    and column of each square (n, 2). Squares without any value are left out."""
    grid, names = rasters.grid, rasters.names
    across = -(-grid.width // factor)
    columns = np.arange(grid.width) // factor
    out: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in names}
    counts, places = [], []
    for row in range(0, grid.height, factor):
        rows = min(factor, grid.height - row)
        values = rasters.read(row, rows).astype(np.float64)
        square = np.tile(columns, rows)
        some = np.isfinite(values).any(axis=0)
        count = np.bincount(square, weights=some, minlength=across).astype(np.int64)
        kept = np.flatnonzero(count)
        counts.append(count[kept])
        places.append(np.column_stack([np.full(len(kept), row // factor), kept]))
        for at, name in enumerate(names):
            known = np.isfinite(values[at])
            if name in kinds:
                held = {
                    code: np.bincount(square, weights=(values[at] == code).astype(np.float64), minlength=across)
                    for code in np.unique(values[at][known]).tolist()
                }
                out[name].append(_main(held, across)[kept])
            else:
                whole = np.bincount(square, weights=known, minlength=across)
                total = np.bincount(square, weights=np.where(known, values[at], 0.0), minlength=across)
                with np.errstate(invalid="ignore", divide="ignore"):
                    out[name].append(np.where(whole > 0, total / whole, np.nan)[kept])
    return {name: np.concatenate(parts) for name, parts in out.items()}, np.concatenate(counts), np.concatenate(places)
