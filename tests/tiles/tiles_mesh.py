"""Small counties of which neighbours share every point, and sheets of them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from shapely.geometry import shape

from tilth.tiles import Address, Choices, Column, Sheet, Texts, Wholes, tile_of, write_sheet
from tilth.tiles.world import BITS

EAST, NORTH = 38_450_000.0, 3_880_000.0


def mesh(seed: int, parcels: int = 40, size_m: float = 1_000.0, bends: int = 6) -> np.ndarray:
    """Cells of a diagram with bent edges, every edge bent once for both of its cells, so that none cross."""
    chance = np.random.default_rng(seed)
    while True:
        found = _bent(chance, parcels, size_m, bends)
        if shapely.is_valid(found).all():
            return found


def _bent(chance: np.random.Generator, parcels: int, size_m: float, bends: int) -> np.ndarray:
    """Cells like those; edges may cross where a cell is very thin."""
    points = shapely.MultiPoint(chance.uniform(0.0, size_m, (parcels, 2)))
    frame = shapely.box(0.0, 0.0, size_m, size_m)
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame))
    cells = shapely.set_precision(shapely.intersection(cells, frame), 0.001)
    known: dict[tuple[tuple[float, float], ...], np.ndarray] = {}
    out = []
    for cell in cells:
        ring = shapely.get_coordinates(cell)
        course: list[np.ndarray] = []
        for a, b in pairwise(ring):
            ends = (tuple(a), tuple(b)) if tuple(a) < tuple(b) else (tuple(b), tuple(a))
            if ends not in known:
                start, end = np.array(ends[0]), np.array(ends[1])
                along = np.linspace(0.0, 1.0, bends + 1)[:, None]
                off = chance.uniform(-0.04, 0.04, bends + 1) * np.hypot(*(end - start))
                off[[0, -1]] = 0.0
                on_frame = any(abs(start[k] - end[k]) < 1e-9 and start[k] in (0.0, size_m) for k in range(2))
                across = np.array([start[1] - end[1], end[0] - start[0]]) / max(np.hypot(*(end - start)), 1e-9)
                known[ends] = start + (end - start) * along + (0.0 if on_frame else 1.0) * off[:, None] * across
            line = known[ends]
            course.append(line[:-1] if ends[0] == tuple(a) else line[::-1][:-1])
        out.append(shapely.Polygon(np.concatenate(course) + np.array([EAST, NORTH])))
    return np.array(out, dtype=object)


def sheet_of_shapes(
    folder: Path, shapes: Any, columns: list[Column] | None = None, crs: str = "EPSG:4526", parts: int = 1
) -> Sheet:
    """A sheet of `shapes`, handed over in `parts`."""
    shapes = np.asarray(shapes, dtype=object)
    if columns is None:
        columns = told(len(shapes))
    folder.mkdir(parents=True, exist_ok=True)
    some = []
    for run in np.array_split(shapes, parts):
        texts = [b"" if one is None else shapely.to_wkb(one) for one in run]
        start = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
        some.append((np.frombuffer(b"".join(texts), np.uint8), start))
    write_sheet(folder, "parcels", some, shapely.bounds(shapes), crs, columns)
    return Sheet.kept(folder)


def told(count: int, regions: int = 3) -> list[Column]:
    """Something of every kind about each parcel."""
    return [
        Texts.of("parcel_id", [f"P{n:05d}地" for n in range(count)]),
        Choices.of("class_code", np.array(["0101", "0303", ""] * count)[:count]),
        Wholes("area_dm2", np.arange(count) * 1_000_003 - 1),
        Choices.of("region_code", np.array([f"99990100{n % regions}" for n in range(count)])),
    ]


def address_over(sheet: Sheet, z: int) -> Address:
    """The tile in the middle of a sheet."""
    left, top, right, bottom = sheet.tree.box[-1]
    return Address.of(z, int((left + right) / 2) >> (BITS - z), int((top + bottom) / 2) >> (BITS - z))


def addresses_over(sheet: Sheet, z: int) -> list[Address]:
    """All tiles that a sheet reaches."""
    left, top, right, bottom = (int(side) >> (BITS - z) for side in sheet.tree.box[-1])
    return [Address.of(z, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]


def shown(sheet: Sheet, at: Address, allowed: Any = None) -> dict[int, tuple[Any, dict[str, Any]]]:
    """Shape and properties of each feature of a tile, by its number, as another program reads them."""
    content = tile_of(sheet, at, allowed)
    if not content:
        return {}
    layer = mapbox_vector_tile.decode(content, default_options={"y_coord_down": True})["parcels"]
    assert layer["extent"] == 4096 and layer["version"] == 2
    return {one["id"]: (shape(one["geometry"]), one["properties"]) for one in layer["features"]}
