"""Tilth itself, behind the same interface. Everything that knows its entries is in this one file."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from tilth.overlay import PieceTable, Rings, flatten, intersection_areas, prepare, rings_of_wkb

from answers import Matrix, Pieces
from peers.geos import by_class
from peers.model import Engine, Layer


def plane_of(x: float, y: float) -> str:
    """An equal-area projection in whose plane (x, y) is the middle: there, plane area and ground area are the same.

    Of a sphere, as PROJ's series for the ellipsoid keeps areas to 6e-10 only.
    """
    return f"+proj=laea +lat_0=40 +lon_0=100 +x_0={x!r} +y_0={y!r} +R=6371000 +units=m +no_defs"


@dataclass
class Tilth(Engine):
    """Areas on the ellipsoid of the layer's CRS, or, to compare them with the peers' plane areas, in that of `crs`.

    It holds what GeoPandas and shapely hold, an object for each polygon.
    """

    crs: str | None = None
    reading_s: float = 0.0  # of the last `matrix` [s]

    def __post_init__(self) -> None:
        self.name, self.does = "tilth", frozenset({"pairs", "kept", "footprint", "matrix"})

    def hold(self, layer: Layer) -> Any:
        """The polygons as they are, and their CRS."""
        return layer.polygons, layer.crs

    def pairs(self, left: Any, right: Any) -> Pieces:
        """Cold."""
        return _pieces(intersection_areas(left[0], right[0], self.crs or left[1]))

    def job(self, left: Any, rights: list[Any]) -> list[Pieces]:
        """Cold; with several layers, the first is made ready once."""
        if len(rights) > 1:
            left = self.keep(left)
        return [self.pairs(left, right) for right in rights]

    def keep(self, held: Any) -> Any:
        """Chains and a tree."""
        ready = prepare(held[0], self.crs or held[1])
        assert ready.tree is not None
        return ready, held[1]

    def kept_pairs(self, left: Any, right: Any) -> Pieces:
        """As `pairs`."""
        return self.pairs(left, right)

    def keep_all(self, held: list[Any]) -> list[Any]:
        """All layers in one, and where the rows of each begin."""
        ready, crs = self.keep((np.concatenate([polygons for polygons, _ in held]), held[0][1]))
        assert ready.lattice is not None
        return [ready, crs, np.cumsum([0, *(len(polygons) for polygons, _ in held)])]

    def footprint(self, shape: Any, kept: list[Any]) -> list[Pieces]:
        """Pieces come sorted by row, so that those of each layer are a run."""
        ready, crs, first = kept
        found = intersection_areas(prepare([shape], self.crs or crs), ready, self.crs or crs)
        runs = np.searchsorted(found.right, first)
        return [
            Pieces(found.left[a:b], found.right[a:b] - row, found.area_m2[a:b])
            for a, b, row in zip(runs[:-1], runs[1:], first, strict=False)
        ]

    def matrix(self, before: Path, after: Path) -> Matrix:
        """Read, overlay, add up; how long reading took stays in `reading_s`."""
        began = perf_counter()
        tables = [pq.read_table(path, columns=["class_code", "geometry"]) for path in (before, after)]
        crs = self.crs or _crs_of(before)
        layers = [(_rings(table["geometry"]), crs) for table in tables]
        self.reading_s = perf_counter() - began
        found = self.pairs(*layers)
        return by_class(found, *(table["class_code"].to_numpy() for table in tables))

    def in_plane(self, x: float, y: float) -> Tilth:
        """The same engine with areas of the plane around (x, y)."""
        return replace(self, crs=plane_of(x, y))


@dataclass
class TilthArrays(Tilth):
    """As `Tilth`, but it holds coordinates in one array, as DuckDB and SedonaDB hold their tables."""

    def __post_init__(self) -> None:
        self.name, self.does = "tilth-arrays", frozenset({"pairs"})

    def hold(self, layer: Layer) -> Any:
        """Coordinates, where rings begin, which are holes."""
        return flatten(layer.polygons), layer.crs


def _pieces(table: PieceTable) -> Pieces:
    return Pieces(table.left, table.right, table.area_m2)


def _rings(column: pa.ChunkedArray) -> Rings:
    """The polygons of a column of well-known binary."""
    binary = pc.cast(column.combine_chunks(), pa.large_binary())
    _, offsets, values = binary.buffers()
    places = np.frombuffer(offsets, np.int64)[binary.offset : binary.offset + len(binary) + 1]
    return rings_of_wkb(np.frombuffer(values, np.uint8), places)


def _crs_of(path: Path) -> str:
    meta = json.loads(pq.read_schema(path).metadata[b"geo"])
    return json.dumps(meta["columns"]["geometry"]["crs"])
