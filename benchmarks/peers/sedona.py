"""SedonaDB, plain and with huge polygons cut for it first."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from answers import Matrix, Pieces
from peers.cutting import cut
from peers.model import Engine, Layer, Polygons, Unavailable

_PAIRS = """SELECT l.id AS a, r.id AS b, ST_Area(ST_Intersection(l.geometry, r.geometry)) AS area
    FROM {left} l JOIN {right} r ON ST_Intersects(l.geometry, r.geometry)"""
_MATRIX = """SELECT l.class_code AS a, r.class_code AS b,
    sum(ST_Area(ST_Intersection(l.geometry, r.geometry))) AS area
    FROM {left} l JOIN {right} r ON ST_Intersects(l.geometry, r.geometry) GROUP BY l.class_code, r.class_code"""


@dataclass
class Sedona(Engine):
    """Spatial join in one statement, from tables in SedonaDB's memory."""

    _names: Any = field(default_factory=count, init=False)
    _context: Any = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.does = "sedonadb", frozenset({"pairs", "matrix"})
        try:
            import sedonadb  # type: ignore[import-untyped]
        except ImportError as error:
            raise Unavailable(str(error)) from error
        self._context = sedonadb.connect()
        self._context.sql(f"SET datafusion.execution.target_partitions = {self.threads}").execute()

    def hold(self, layer: Layer) -> str:
        """Name of a view of a table in memory."""
        return self._table(np.arange(len(layer.polygons)), layer.polygons, layer.crs)

    def pairs(self, left: str, right: str) -> Pieces:
        """One statement."""
        made = self._context.sql(_PAIRS.format(left=left, right=right)).to_arrow_table()
        return Pieces.of(*(made[column].to_numpy() for column in ("a", "b", "area")))

    def matrix(self, before: Path, after: Path) -> Matrix:
        """One statement, straight from the files."""
        views = [f"file_{next(self._names)}" for _ in (before, after)]
        for view, path in zip(views, (before, after), strict=True):
            self._context.read_parquet(str(path)).to_view(view)
        made = self._context.sql(_MATRIX.format(left=views[0], right=views[1])).to_arrow_table().to_pydict()
        flows = zip(made["a"], made["b"], made["area"], strict=True)
        return {(str(a), str(b)): area for a, b, area in flows if area > 0}

    def _table(self, ids: Any, shapes: Polygons, crs: str) -> str:
        name = f"layer_{next(self._names)}"
        frame = gpd.GeoDataFrame({"id": ids}, geometry=shapes, crs=crs)
        self._context.create_data_frame(frame).to_memtable().to_view(name)
        return name


@dataclass
class SedonaCut(Sedona):
    """As `Sedona`, with the right layer cut by us: cutting and filling its table are timed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.name, self.does = "sedonadb-cut", frozenset({"pairs"})
        self._shapes: dict[str, Layer] = {}

    def hold(self, layer: Layer) -> str:
        """A table, and the polygons to cut."""
        name = super().hold(layer)
        self._shapes[name] = layer
        return name

    def pairs(self, left: str, right: str) -> Pieces:
        """Cut, fill a table, ask."""
        cells, owner = cut(self._shapes[right].polygons)
        name = self._table(owner, cells, self._shapes[right].crs)
        try:
            return super().pairs(left, name)
        finally:
            self._context.drop_view(name)
