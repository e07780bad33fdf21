"""A salinity map of many cells beside the straightforward way: read a block, predict, write.

    python benchmarks/soil_map.py FOLDER --side 10000

The straightforward way asks scikit-learn tree by tree for the leaves of a block, with two threads, and its nearest
neighbours for the index of dissimilarity; model, blocks and threads are the same. It is run on as many of the blocks
as `--peer-cells` covers, and its numbers have to be those of the map.
"""

from __future__ import annotations

import argparse
import platform
import resource
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.neighbors import NearestNeighbors
from tilth.intake import CovariateRasters
from tilth.report import write_cog
from tilth.soil import BANDS, Mapper, Recipe, fit_model, map_blocks, training

BANDS_IN, LEFT, TOP, CELL, KNOT = 12, 600_000.0, 2_600_000.0, 10.0, 64
RECIPE = Recipe("extra-5", "extra", 100, 5, 0.5)
BOUNDS = (2.0, 4.0, 8.0, 16.0)


def stack(path: Path, side: int, rough: bool) -> None:
    """Twelve smooth covariates with noise, as whole numbers; a strip of one has no value. Rough: noise and no more."""
    drawn = np.random.default_rng(0)
    knots = drawn.standard_normal((BANDS_IN, side // KNOT + 2, side // KNOT + 2)).astype(np.float32)
    at = np.arange(side) // KNOT
    part = ((np.arange(side) % KNOT) / KNOT).astype(np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=BANDS_IN, dtype="int16", crs="EPSG:32645",
        transform=from_origin(LEFT, TOP, CELL, CELL), tiled=True, blockxsize=512, blockysize=512, nodata=-32768,
        bigtiff="yes", interleave="band",
    ) as opened:  # fmt: skip
        for row in range(0, side, 512):
            rows = np.arange(row, min(row + 512, side))
            low, high, down = at[rows], at[rows] + 1, part[rows][:, None]
            for band in range(BANDS_IN):
                upper = knots[band][low][:, at] * (1 - part) + knots[band][low][:, at + 1] * part
                lower = knots[band][high][:, at] * (1 - part) + knots[band][high][:, at + 1] * part
                values = (upper * (1 - down) + lower * down) * 3000 + drawn.integers(-300, 300, upper.shape)
                if rough:
                    values = drawn.standard_normal(upper.shape) * 2000
                values = values.astype(np.int16)
                if band == 3:
                    values[:, :40] = -32768
                opened.write(values, band + 1, window=Window(0, row, side, len(rows)))
        opened.descriptions = tuple(f"c{one}" for one in range(BANDS_IN))


def learned(rasters: CovariateRasters):
    """600 places with five depths each, over at most 1,000 rows of the grid."""
    drawn = np.random.default_rng(1)
    reach = min(rasters.grid.width, 1_000) * CELL
    x, y = LEFT + drawn.uniform(500, reach, 600), TOP - drawn.uniform(10, reach, 600)
    held = rasters.at(x, y).repeat(5, axis=0)
    depth = np.tile([5.0, 15.0, 30.0, 50.0, 80.0], 600)
    target = 1 + held[:, 0] / 6000 + np.maximum(held[:, 1], 0) / 5000 - depth / 250 + 0.3 * drawn.standard_normal(3_000)
    value = np.expm1(np.maximum(target, 0.02))
    names = (*rasters.names, "depth_cm")
    return training(value, np.column_stack([held, depth]), names, x.repeat(5), y.repeat(5), of_sample=["depth_cm"])


class Straightforward:
    """The same model by scikit-learn and numpy, block by block."""

    def __init__(self, model, samples) -> None:
        self.model = model
        self.grown = ExtraTreesRegressor(
            RECIPE.trees, min_samples_leaf=RECIPE.least_leaf, max_features=RECIPE.share, random_state=0, n_jobs=2
        ).fit(samples.covariates.astype(np.float32), samples.target)
        self.nearest = NearestNeighbors(n_neighbors=1).fit(model.applicability.known)

    def told(self, bands):
        rows = np.column_stack([bands.T, np.full(bands.shape[1], 10.0, np.float32)])
        rows = rows[np.isfinite(rows).all(axis=1)]
        first, second = np.zeros(len(rows)), np.zeros(len(rows))

        def leaves(tree):
            leaf = tree.tree_.apply(rows)
            value = tree.tree_.value[leaf, 0, 0]
            return value, tree.tree_.impurity[leaf] + value * value

        with ThreadPoolExecutor(2) as pool:
            for value, square in pool.map(leaves, self.grown.estimators_):
                first += value
                second += square
        trees = len(self.grown.estimators_)
        mean = first / trees
        centre = self.model.level + self.model.slope * (mean - self.model.level)
        spread = self.model.scale.of(np.sqrt(np.maximum(second / trees - mean * mean, 0)), centre)
        quantiles = self.model.quantiles(centre, spread, (0.05, 0.5, 0.95))
        below = [self.model.probability_below(centre, spread, one) for one in BOUNDS]
        area = self.model.applicability
        unlike, _ = self.nearest.kneighbors((rows[:, area.column] - area.middle) * area.scale)
        return quantiles, np.array(below), unlike[:, 0] / area.apart / area.threshold


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("folder", type=Path)
    asked.add_argument("--side", type=int, default=10_000)
    asked.add_argument("--peer-cells", type=int, default=2_000_000)
    asked.add_argument("--rough", action="store_true", help="covariates of which no cell is like the next")
    given = asked.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    source = given.folder / f"{'rough' if given.rough else 'stack'}-{given.side}.tif"
    if not source.exists():
        stack(source, given.side, given.rough)
    with CovariateRasters([source]) as rasters:
        samples = learned(rasters)
        model = fit_model(samples, recipes=[RECIPE])
        mapper = Mapper(model, rasters.names, BOUNDS, {"depth_cm": 10.0})
        mapper.told(rasters.read(0, 1), *rasters.grid.centres(0, 1))  # compiled
        print(f"{platform.machine()}, {rasters.grid.width} x {rasters.grid.height} cells x {BANDS_IN} covariates, "
              f"{RECIPE.trees} trees of {len(model.forest.word) / RECIPE.trees:.0f} nodes, "
              f"kriging {model.residual is not None}", flush=True)  # fmt: skip
        rows = max(1, (1 << 19) // rasters.grid.width)
        peer, cells, spent, used, own_used, differ = Straightforward(model, samples), 0, 0.0, 0.0, 0.0, 0.0
        for row in range(0, rasters.grid.height, rows):
            if cells >= given.peer_cells:
                break
            started, before = time.perf_counter(), time.process_time()
            bands = rasters.read(row, min(rows, rasters.grid.height - row))
            quantiles, _, unlike = peer.told(bands)
            spent += time.perf_counter() - started
            used += time.process_time() - before
            cells += bands.shape[1]
            before = time.process_time()
            ours = mapper.told(bands, *rasters.grid.centres(row, bands.shape[1] // rasters.grid.width),
                               width=rasters.grid.width)  # fmt: skip
            own_used += time.process_time() - before
            there = np.isfinite(ours.unlike)
            expected = quantiles.T.astype(np.float32)
            apart = np.abs(ours.ec[1:, there] - expected) / (expected + 0.01)
            also = np.abs(ours.unlike[there] - unlike.astype(np.float32))
            assert np.isfinite(apart).all() and np.isfinite(also).all()
            differ = max(differ, float(apart.max()), float(also.max()))
        peer_rate = cells / spent
        print(f"straightforward: {peer_rate:,.0f} cells/s on {cells:,} cells, {used / cells * 1e6:.2f} µs of a "
              f"processor for a cell; the map's {own_used / cells * 1e6:.2f} µs, {used / own_used:.2f} times less; "
              f"largest relative difference {differ:.1e}", flush=True)  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started, used = time.perf_counter(), time.process_time()
        blocks = map_blocks(mapper, rasters, given.folder / "blocks")
        spent, used = time.perf_counter() - started, time.process_time() - used
        whole = rasters.grid.width * rasters.grid.height
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"map: {spent:,.1f} s ({used:,.1f} s of processors), {whole / spent:,.0f} cells/s, "
              f"{whole / spent / peer_rate:.2f} times; "
              f"peak memory {peak / 2**20:.2f} GiB ({before / 2**20:.2f} before)", flush=True)  # fmt: skip
        started = time.perf_counter()
        write_cog(given.folder / "ec.tif", rasters.grid, BANDS, "float32", float("nan"),
                  ((row, one.ec) for row, one in blocks))  # fmt: skip
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"cloud-optimised raster of 4 bands: {time.perf_counter() - started:,.1f} s; peak {peak / 2**20:.2f} GiB")
    shutil.rmtree(given.folder / "blocks")


if __name__ == "__main__":
    main()
