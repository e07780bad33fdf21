"""The county's soil: covariate rasters over a planted salinity, and the samples of two laboratories, warts and all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from tilth.core import FloatArray
from tilth.demo.files import CRS
from tilth.demo.terrain import CENTRE, Land, Noise
from tilth.demo.weather import OPTIONS, weather_rows
from tilth.demo.written import write_csv

#: Cells of a raster along its longer side.
CELLS = 240
#: Places that are sampled, and how many of them by horizons.
PLACES, PROFILES = 170, 40
#: Land steeper and higher than this is not sampled: nobody looks for salt in the mountains.
HIGHEST = 0.52
HORIZONS = ((0, 20), (20, 40), (40, 60))
#: Salt of each horizon over that of the first.
_BELOW = (1.0, 0.86, 0.74)
#: What the maps cannot know, and what a laboratory adds, on the log of ECe.
_LOCAL, _LABORATORY = 0.34, 0.12
#: ECe of a loam and others over EC of their 1:5 extract.
_TEXTURES = {"砂壤土": 13.8, "壤土": 9.5, "黏壤土": 8.6}
_HEAD = (
    "样品编号", "采样点", "采样日期", "横坐标", "纵坐标", "土层深度(cm)", "质地", "土水比", "电导率", "单位", "pH值",
    "全盐量(g/kg)",
)  # fmt: skip


@dataclass(frozen=True)
class PlantedRow:
    """One wart of the samples: the code that has to be told, and the row it stands in (1 for the first; 0 for all)."""

    code: str
    row: int
    note: str


@dataclass(frozen=True)
class SoilFiles:
    """The soil part of the county's files."""

    samples: Path  # the table of the laboratories, GBK
    rasters: tuple[Path, ...]  # covariates on one grid
    groundwater: Path  # of these, the one with depth and salinity of the groundwater
    weather: Path
    options: Path  # what may be done on salty land
    planted_rows: Path
    planted: tuple[PlantedRow, ...]
    rows: int  # of the samples


@dataclass(frozen=True)
class Ground:
    """What the land is like at any place, from plane coordinates (n, 2)."""

    land: Land
    detail: Noise
    drains: FloatArray  # (d,) easting at which main drains run from north to south [m]

    def height(self, xy: FloatArray) -> FloatArray:
        """Above sea. [m]"""
        found: FloatArray = 24.0 + 240.0 * self.land.hill(xy) ** 2 + 1.5 * self.detail(xy)
        return found

    def to_drain(self, xy: FloatArray) -> FloatArray:
        """To the nearest main drain or the river. [m]"""
        wave = 0.06 * self.land.radius * np.sin(4.0 * (xy[:, 1] - CENTRE[1]) / self.land.radius)
        across = np.abs(xy[:, :1] - (self.drains[None, :] + wave[:, None])).min(axis=1)
        found: FloatArray = np.minimum(across, self.land.river_distance(xy))
        return found

    def water_depth(self, xy: FloatArray) -> FloatArray:
        """Of the groundwater below the surface. [m]"""
        low = np.clip(self.land.brackish(xy) + 0.2, 0.0, 1.0)
        found: FloatArray = np.clip(
            3.1 + 9.0 * self.land.hill(xy) ** 2 - 2.0 * low + 0.25 * self.detail(1.7 * xy), 0.7, 30.0
        )
        return found

    def water_ec(self, xy: FloatArray) -> FloatArray:
        """Of the groundwater. [dS/m]"""
        found: FloatArray = np.exp(-0.2 + 1.5 * np.clip(self.land.brackish(xy) + 0.25, 0.0, 1.1))
        return found

    def salinity(self, xy: FloatArray) -> FloatArray:
        """The planted ECe of the upper 20 cm. [dS/m]"""
        log = (
            -0.15
            + 1.9 * np.clip(self.land.brackish(xy) + 0.2, 0.0, 1.1)
            + 0.8 * np.exp(-(self.water_depth(xy) - 0.7) / 1.2)
            + 0.45 * (1.0 - np.exp(-self.to_drain(xy) / 900.0))
        )
        found: FloatArray = np.exp(log)
        return found


def ground_of(land: Land, rng: np.random.Generator) -> Ground:
    """The ground under a county, with a drain every third of its radius."""
    step = land.radius / 3.0
    drains = CENTRE[0] + np.arange(-4, 5) * step + rng.uniform(-0.15, 0.15, 9) * step
    return Ground(land, Noise.draw(rng, 0.35 * land.radius, 0.03 * land.radius), drains)


def write_soil(folder: Path, land: Land, outline: Any, rng: np.random.Generator) -> SoilFiles:
    """Rasters, samples, weather and options into `folder`; `outline` of the county."""
    folder.mkdir(parents=True, exist_ok=True)
    ground = ground_of(land, rng)
    rasters = _write_rasters(folder, ground, outline, rng)
    rows, planted = _sampled(ground, outline, rng)
    write_csv(folder / "soil_samples.csv", list(_HEAD), rows, "gbk")
    named = [(one.code, str(one.row), one.note) for one in planted]
    write_csv(folder / "planted_rows.csv", ["code", "row", "note"], named)
    head, weather = weather_rows(rng)
    write_csv(folder / "weather.csv", head, weather)
    (folder / "options.toml").write_text(OPTIONS, encoding="utf-8", newline="\n")
    return SoilFiles(
        folder / "soil_samples.csv", rasters, folder / "groundwater.tif", folder / "weather.csv",
        folder / "options.toml", folder / "planted_rows.csv", tuple(planted), len(rows),
    )  # fmt: skip


# --- rasters --------------------------------------------------------------------------------------------------------


def _write_rasters(folder: Path, ground: Ground, outline: Any, rng: np.random.Generator) -> tuple[Path, ...]:
    """One file for each source, as they come: nothing outside the county."""
    west, south, east, north = shapely.bounds(outline)
    cell = max(5.0, np.ceil(max(east - west, north - south) / (CELLS - 6) / 5.0) * 5.0)
    left, top = np.floor(west / cell - 3) * cell, np.ceil(north / cell + 3) * cell
    width, height = (int(np.ceil(one / cell)) + 3 for one in (east - left, top - south))
    x, y = np.meshgrid(left + (np.arange(width) + 0.5) * cell, top - (np.arange(height) + 0.5) * cell)
    xy = np.column_stack([x.ravel(), y.ravel()])
    near = outline.buffer(1.5 * cell, quad_segs=2)
    shapely.prepare(near)
    inside = shapely.contains_xy(near, xy[:, 0], xy[:, 1])
    salty = np.log(ground.salinity(xy))

    def noise(size: float) -> FloatArray:
        return rng.normal(0.0, size, len(xy))

    files = {
        "terrain": {"elevation_m": ground.height(xy) + noise(0.3)},
        "indices": {
            "ndvi": np.clip(0.62 - 0.12 * salty + noise(0.05), -0.1, 0.95),
            "si": np.clip(0.16 + 0.035 * salty + noise(0.012), 0.0, 1.0),
        },
        "groundwater": {
            "groundwater_depth_m": ground.water_depth(xy) + noise(0.05),
            "groundwater_ec_ds_m": ground.water_ec(xy) * np.exp(noise(0.05)),
        },
        "drains": {"distance_to_drain_m": ground.to_drain(xy)},
    }
    place = (left, top, cell, width, height)
    return tuple(_write_raster(folder / f"{name}.tif", bands, inside, place) for name, bands in files.items())


def _write_raster(
    path: Path, bands: dict[str, FloatArray], inside: Any, place: tuple[float, float, float, int, int]
) -> Path:
    import rasterio
    from rasterio.transform import from_origin

    left, top, cell, width, height = place
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=len(bands), dtype="float32", crs=CRS,
        transform=from_origin(left, top, cell, cell), nodata=-9999.0, compress="deflate", predictor=3,
    ) as opened:  # fmt: skip
        for number, values in enumerate(bands.values(), start=1):
            held = np.where(inside, values, -9999.0).astype(np.float32)
            opened.write(held.reshape(height, width), number)
        opened.descriptions = tuple(bands)
    return path


# --- samples --------------------------------------------------------------------------------------------------------


def _sampled(ground: Ground, outline: Any, rng: np.random.Generator) -> tuple[list[tuple[str, ...]], list[PlantedRow]]:
    """Rows of the laboratories' table, with the warts that are planted in it."""
    places = _places(ground, outline, rng)
    here = np.log(ground.salinity(places)) + rng.normal(0.0, _LOCAL, len(places))
    texture = np.array(list(_TEXTURES))[np.searchsorted([-0.45, 0.5], ground.detail(0.6 * places))]
    by_horizon = np.arange(len(places)) % max(len(places) // PROFILES, 1) == 0
    rows: list[tuple[str, ...]] = []
    for at, (xy, log, kind) in enumerate(zip(places, here, texture, strict=True)):
        for depth, share in list(zip(HORIZONS, _BELOW, strict=True))[: 3 if by_horizon[at] else 1]:
            ece = share * float(np.exp(log + rng.normal(0.0, _LABORATORY)))
            rows.append(_row(len(rows) + 1, at + 1, xy, depth, str(kind), ece, rng))
    return rows, _spoil(rows)


def _places(ground: Ground, outline: Any, rng: np.random.Generator) -> FloatArray:
    """Places drawn at random below the mountains, to the centimetre."""
    west, south, east, north = shapely.bounds(outline)
    tries = rng.uniform((west, south), (east, north), (PLACES * 12, 2))
    inner = outline.buffer(-20.0)
    fits = shapely.contains_xy(inner, tries[:, 0], tries[:, 1]) & (ground.land.hill(tries) < HIGHEST)
    found: FloatArray = np.round(tries[fits][:PLACES], 2)
    return found


def _row(
    number: int, place: int, xy: FloatArray, depth: tuple[int, int], texture: str, ece: float, rng: np.random.Generator
) -> tuple[str, ...]:
    """One sample as its laboratory writes it: the county's measures a 1:5 extract in µS/cm, the other a paste."""
    paste = place % 4 == 0
    ec15 = ece / _TEXTURES[texture]
    ec, unit = (f"{ece:.2f}", "dS/m") if paste else (f"{1000 * ec15:.0f}", "μS/cm")
    if not paste and place % 7 == 0:
        ec, unit = f"{ec15:.3f}", "mS/cm"
    ph = float(np.clip(7.9 + 0.25 * np.log1p(ece) + rng.normal(0.0, 0.15), 7.0, 9.4))
    return (
        f"SY{number:04d}", f"D{place:03d}", f"2024-04-{1 + place % 20:02d}", f"{xy[0]:.2f}", f"{xy[1]:.2f}",
        f"{depth[0]}-{depth[1]}", texture, "饱和泥浆" if paste else "1:5", ec, unit, f"{ph:.2f}", f"{3.2 * ec15:.3f}",
    )  # fmt: skip


def _spoil(rows: list[tuple[str, ...]]) -> list[PlantedRow]:
    """Plant what tables of laboratories have, in rows of places with one horizon; tell where."""
    single = [at for at, row in enumerate(rows) if row[5] == "0-20" and rows[min(at + 1, len(rows) - 1)][5] == "0-20"]
    paste = [at for at in single if rows[at][9] == "dS/m"]
    other = [at for at in single if at not in paste]
    warts = (
        (paste[3], {8: lambda text: text.replace(".", ",")}, "SOIL-CELL-REREAD", "decimal comma"),
        (other[9], {3: lambda _: "0", 4: lambda _: "0"}, "SOIL-ROW-ZERO", "coordinates 0, 0"),
        (other[20], {5: lambda _: "40-20"}, "SOIL-ROW-DEPTH", "bottom above top"),
        (other[31], {10: lambda text: text.replace(".", "")}, "SOIL-ROW-IMPOSSIBLE", "decimal point of the pH lost"),
        (other[42], dict.fromkeys((8, 10, 11), lambda _: ""), "SOIL-ROW-EMPTY", "nothing measured"),
        (other[53], {3: lambda _: "", 4: lambda _: ""}, "SOIL-ROW-PLACELESS", "no coordinates"),
        (other[64], {0: lambda _: rows[other[63]][0]}, "SOIL-ID-TWICE", "number used twice"),
    )
    planted = []
    for at, changes, code, note in warts:
        rows[at] = tuple(changes[place](cell) if place in changes else cell for place, cell in enumerate(rows[at]))
        planted.append(PlantedRow(code, at + 1, note))
    return planted
