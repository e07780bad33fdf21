"""The county of `desk_county` with soil: samples and rasters of a known rule, weather and ground. Not a test."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import desk_county as here
import numpy as np
import rasterio
from rasterio.transform import from_origin

from tilth import api
from tilth.runtime import Workspace
from tilth.soil import Recipe

WIDE, HIGH = 120, 60
CRS = "EPSG:4526"


@dataclass(frozen=True)
class Place:
    """Where the cells lie, and how large they are. [m]"""

    left: float = here.X - 100.0
    top: float = here.Y + 450.0
    cell: float = 10.0


HERE = Place()
#: A model that is fitted at once.
SMALL = (Recipe("extra-5", "extra", 20, 5, 0.5),)
NAMES = ("wet", "high")


def bands() -> np.ndarray:
    """(2, HIGH, WIDE) smooth covariates."""
    row, column = np.mgrid[0:HIGH, 0:WIDE].astype(float)
    row, column = row / HIGH, column / WIDE
    return np.stack([np.sin(5 * column) + np.cos(4 * row), column * row + 0.3 * np.sin(9 * row)]).astype(np.float32)


def raster(
    path: Path, at: Place = HERE, names: tuple[str, ...] = NAMES, values: tuple[float, ...] | None = None
) -> Path:
    """Both covariates as a GeoTIFF; with `values`, bands that are the same everywhere."""
    cells = bands() if values is None else np.stack([np.full((HIGH, WIDE), one, np.float32) for one in values])
    with rasterio.open(
        path, "w", driver="GTiff", width=WIDE, height=HIGH, count=2, dtype="float32", crs=CRS,
        transform=from_origin(at.left, at.top, at.cell, at.cell), nodata=-9999.0,
    ) as opened:  # fmt: skip
        opened.write(cells)
        opened.descriptions = names
    return path


def samples(path: Path, at: Place = HERE, count: int = 140) -> Path:
    """A laboratory's table: places, ECe of the paste, pH."""
    drawn = np.random.default_rng(5)
    column, row = drawn.integers(0, WIDE, count), drawn.integers(0, HIGH, count)
    held = bands()[:, row, column]
    ece = np.expm1(np.maximum(1.4 + 0.5 * held[0] + 0.7 * held[1] + 0.2 * drawn.standard_normal(count), 0.01))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "X", "Y", "土层", "电导率(µS/cm)", "pH"])
        for one in range(count):
            x, y = at.left + (column[one] + 0.5) * at.cell, at.top - (row[one] + 0.5) * at.cell
            writer.writerow([one + 1, f"{x:.1f}", f"{y:.1f}", "0-20", f"{1000 * ece[one]:.0f}", "8.1"])
    return path


def weather(path: Path) -> Path:
    """Two years of months like those of a dry plain that is irrigated."""
    rain = (2, 3, 6, 10, 15, 20, 40, 45, 20, 8, 3, 2)
    et0 = (15, 25, 60, 110, 160, 170, 165, 140, 95, 60, 25, 12)
    rows = [f"{year},{at + 1},{rain[at]},{et0[at]}" for year in (2022, 2023) for at in range(12)]
    path.write_text("year,month,rain_mm,et0_mm\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def ground(path: Path, region: str = here.NORTH) -> Path:
    """Texture and groundwater of one region only."""
    head = "region,texture,groundwater_depth_m,groundwater_ec_ds_m,esp_pct,outlet,water\n"
    path.write_text(f"{head}{region},loam,1.6,4.0,12,1,1\n", encoding="utf-8")
    return path


def brought(place: Workspace, files: Path, at: Place = HERE, region: str = here.NORTH) -> Workspace:
    """Samples, raster, weather and ground of files that are made in `files`, in the workspace."""
    files.mkdir(parents=True, exist_ok=True)
    api.import_samples(place, samples(files / "lab.csv", at), extract="paste", crs=CRS, label="spring")
    api.import_raster(place, raster(files / "stack.tif", at))
    api.import_weather(place, weather(files / "weather.csv"))
    api.import_ground(place, ground(files / "ground.csv", region))
    return place


def quickly(monkeypatch) -> None:
    """Fit small models."""
    import tilth.soil.salinity_map.modelling as modelling
    import tilth.soil.salinity_map.validation as validation

    for module in (modelling, validation):
        monkeypatch.setattr(module, "CANDIDATES", SMALL)
    for one in (modelling.fit_model, validation.cross_validate):
        monkeypatch.setattr(one, "__kwdefaults__", {**one.__kwdefaults__, "recipes": SMALL})
