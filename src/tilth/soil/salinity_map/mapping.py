"""A salinity map, block of rows by block of rows: memory is bounded, a stopped map goes on, and blocks leave no trace.

Compiled by numba on first use.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import njit

from tilth.core import BadInput, FloatArray, message
from tilth.runtime import working
from tilth.soil.rasters.grid import Covariates, Grid, digest
from tilth.soil.salinity_map.modelling import Model
from tilth.soil.salinity_map.validation import LOWER, UPPER

#: Bands of the salinity raster [dS/m], and the one of applicability [-].
BANDS = ("mean", "lower", "median", "upper")
#: Probabilities are held in 0.01 %; this stands for no value.
WHOLE_BP, NO_CLASS = 10_000, 65_535
_CELLS = 1 << 19  # of a block: some 200 MB while it is worked on
_MOMENTS = 2_048
#: Side of the patches of neighbouring cells that go down a tree together.
_PATCH = 32
#: Tails beyond which errors do not count in the mean: exp() of the last few would rule it.
_TRIMMED = 0.005
_THREADS = 2


@dataclass(frozen=True)
class Mapped:
    """What a model says of some cells. NaN, or `NO_CLASS`, where a covariate has no value."""

    ec: npt.NDArray[np.float32]  # (4, n) as `BANDS` [dS/m]
    unlike: npt.NDArray[np.float32]  # (n,) dissimilarity over the model's limit: above 1 it was never tested there
    classes: npt.NDArray[np.uint16]  # (k + 1, n) probability of each class [0.01 %]


@dataclass(frozen=True)
class Blocks:
    """A finished map as files, a pair for each block of rows."""

    folder: Path
    grid: Grid
    rows: int
    bounds: tuple[float, ...]  # of the classes [dS/m], lower-inclusive

    def __iter__(self) -> Iterator[tuple[int, Mapped]]:
        """First row and content of every block, from the north."""
        for row in range(0, self.grid.height, self.rows):
            yield row, _loaded(self.folder, row)


class Mapper:
    """A model made ready to map: tables of its errors, and which covariate comes from where."""

    def __init__(
        self, model: Model, names: Sequence[str], bounds: Sequence[float], fixed: Mapping[str, float] | None = None
    ) -> None:
        """`names`: of the rasters. `bounds`: of the classes [dS/m], ascending. `fixed`: covariates of one value.

        Raises
        ------
        BadInput
            If a covariate of the model is neither among the rasters nor fixed.
        """
        self.model = model
        self.fixed = dict(fixed or {})
        self.bounds = tuple(float(one) for one in bounds)
        lacking = [name for name in model.names if name not in names and name not in self.fixed]
        if lacking:
            raise BadInput("SOIL-MAP-LACKS", names=", ".join(lacking), count=len(lacking), rasters=", ".join(names))
        self._taken = np.array([-1 if name in self.fixed else list(names).index(name) for name in model.names])
        self._fixed = np.array([self.fixed.get(name, 0.0) for name in model.names], dtype=np.float32)
        self._scaled = model.errors.scaled
        self._tails = np.array([model.errors.quantile(level) for level in (LOWER, 0.5, UPPER)])
        self._logs = np.log1p(np.array(self.bounds))
        counted = self._scaled[
            int(_TRIMMED * len(self._scaled)) : len(self._scaled) - int(_TRIMMED * len(self._scaled))
        ]
        apart = np.array([model.forest.highest - model.forest.lowest + 1.0])
        self._widest = float(model.scale.of(apart, np.array([model.forest.highest]))[0])
        self._moment = np.array(
            [np.exp(spread * counted).mean() for spread in np.linspace(0.0, self._widest, _MOMENTS)]
        )

    @property
    def fingerprint(self) -> str:
        """Another text whenever a cell could be told otherwise."""
        model = self.model
        residual = (
            () if model.residual is None else (model.residual.weight, model.residual.mean, model.residual.variogram)
        )
        return digest(
            model.forest.word, model.forest.mean, model.forest.square, self._scaled, model.level, model.slope,
            model.scale,            model.applicability.known, model.applicability.threshold, *residual, self.bounds,
            sorted(self.fixed.items()),
        )  # fmt: skip

    def told(self, bands: npt.NDArray[np.float32], x: FloatArray, y: FloatArray, *, width: int = 0) -> Mapped:
        """What the model says of cells whose covariates are `bands` (p, n) at places (n,).

        Parameters
        ----------
        width
            Cells in a row of the raster that they are from: patches of neighbours are told together, which is sooner.
        """
        count = bands.shape[1]
        found = Mapped(
            np.full((len(BANDS), count), np.nan, dtype=np.float32),
            np.full(count, np.nan, dtype=np.float32),
            np.full((len(self.bounds) + 1, count), NO_CLASS, dtype=np.uint16),
        )
        rows = np.empty((count, len(self._taken)), dtype=np.float32)
        at, ends = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
        whole, patches = _gathered(bands, self._taken, self._fixed, width or count, rows, at, ends)
        if not whole:
            return found
        rows, at, ends = rows[:whole], at[:whole], ends[:patches]
        centre, spread = self.model.estimate(rows, x[at], y[at], ends=ends)
        _tell(
            centre, spread, at, self._tails, self._scaled, self._logs, self._moment, self._widest,
            found.ec, found.classes,
        )  # fmt: skip
        limit = self.model.applicability.threshold
        found.unlike[at] = self.model.applicability.dissimilarity_of_patches(rows, ends) / limit
        return found


def map_blocks(mapper: Mapper, rasters: Covariates, folder: Path, *, rows: int = 0, threads: int = _THREADS) -> Blocks:
    """Every cell of the rasters' grid, as files of blocks in `folder`. Blocks that are there already stay.

    Parameters
    ----------
    folder
        Where the blocks go. What another model or other rasters left there is taken away.
    rows
        Of one block; 0 takes as many as keep the work within some hundred MB. The map is the same with any number.
    """
    grid = rasters.grid
    rows = rows or max(1, min(grid.height, _CELLS // grid.width))
    done = Blocks(folder, grid, rows, mapper.bounds)
    _begin(folder, digest(mapper.fingerprint, rasters.fingerprint, grid, rows))
    starts = [row for row in range(0, grid.height, rows) if not _path(folder, row).exists()]

    def one(row: int) -> int:
        count = min(rows, grid.height - row)
        _keep(folder, row, mapper.told(rasters.read(row, count), *grid.centres(row, count), width=grid.width))
        return count * grid.width

    with working(message("SOIL-MAPPING"), grid.width * grid.height) as advance, ThreadPoolExecutor(threads) as pool:
        advance(grid.width * (grid.height - sum(min(rows, grid.height - row) for row in starts)))
        left, running = iter(starts), set()
        for row in left:
            running.add(pool.submit(one, row))
            if len(running) > threads:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for each in finished:
                    advance(each.result())
        for each in running:
            advance(each.result())
    return done


def _begin(folder: Path, mark: str) -> None:
    """An empty folder for a new map; the same one for a map that was stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    noted = folder / "map.txt"
    if noted.exists() and noted.read_text(encoding="ascii") == mark:
        return
    for old in folder.glob("*.np[yz]"):
        old.unlink()
    noted.write_text(mark, encoding="ascii")


def _path(folder: Path, row: int) -> Path:
    return folder / f"{row:08d}.npz"


def _keep(folder: Path, row: int, block: Mapped) -> None:
    """A block is there whole or not at all."""
    draft = folder / f"{row:08d}.part"
    with draft.open("wb") as file:
        np.savez(file, ec=block.ec, unlike=block.unlike, classes=block.classes)
    os.replace(draft, _path(folder, row))


def _loaded(folder: Path, row: int) -> Mapped:
    with np.load(_path(folder, row)) as held:
        return Mapped(held["ec"], held["unlike"], held["classes"])


@njit(nogil=True, cache=True)
def _gathered(bands, taken, fixed, width, rows, at, ends):  # type: ignore[no-untyped-def]
    """Cells that have every covariate, patch by patch: their covariates, which cell each is, where patches end."""
    count = patches = 0
    height = bands.shape[1] // width
    for top in range(0, height, _PATCH):
        for left in range(0, width, _PATCH):
            begin = count
            for row in range(top, min(top + _PATCH, height)):
                for cell in range(row * width + left, row * width + min(left + _PATCH, width)):
                    whole = True
                    for column in range(len(taken)):
                        value = fixed[column] if taken[column] < 0 else bands[taken[column], cell]
                        rows[count, column] = value
                        whole &= np.isfinite(value)
                    if whole:
                        at[count] = cell
                        count += 1
            if count > begin:
                ends[patches] = count
                patches += 1
    return count, patches


@njit(nogil=True, cache=True)
def _tell(centre, spread, at, tails, scaled, logs, moment, widest, ec, classes):  # type: ignore[no-untyped-def]
    """Each cell by itself and with scalar functions only, so that no block's length changes a bit."""
    n = len(scaled)
    for cell in range(len(centre)):
        to, middle, wide = at[cell], centre[cell], spread[cell]
        place = min(wide, widest) / widest * (len(moment) - 1)
        low = min(int(place), len(moment) - 2)
        grown = moment[low] + (place - low) * (moment[low + 1] - moment[low])
        ec[0, to] = max(np.exp(middle) * grown - 1.0, 0.0)
        for tail in range(3):
            ec[tail + 1, to] = max(np.expm1(middle + wide * tails[tail]), 0.0)
        before = 0
        for bound in range(len(logs)):
            asked = (logs[bound] - middle) / wide
            right = np.searchsorted(scaled, asked)
            if right == 0:
                below = 0.0
            elif right == n:
                below = 1.0
            else:
                step = scaled[right] - scaled[right - 1]
                part = (asked - scaled[right - 1]) / step if step > 0.0 else 1.0
                below = (right + part) / (n + 1)
            here = max(int(np.floor(below * 10_000 + 0.5)), before)
            classes[bound, to] = here - before
            before = here
        classes[len(logs), to] = 10_000 - before
