"""DuckDB with its spatial extension, plain and with huge polygons cut for it first."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from answers import Matrix, Pieces
from peers.cutting import cut
from peers.model import Engine, Layer, Polygons, Unavailable

_PAIRS = """SELECT l.id AS a, r.id AS b, ST_Area(ST_Intersection(l.g, r.g)) AS area
    FROM {left} l JOIN {right} r ON ST_Intersects(l.g, r.g)"""
_MATRIX = """SELECT l.class_code, r.class_code, sum(ST_Area(ST_Intersection(l.geometry, r.geometry)))
    FROM read_parquet('{before}') l JOIN read_parquet('{after}') r ON ST_Intersects(l.geometry, r.geometry)
    GROUP BY ALL"""


@dataclass
class DuckDb(Engine):
    """Spatial join in one statement, from tables that are already DuckDB's own."""

    _names: Any = field(default_factory=count, init=False)
    _connection: Any = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.does = "duckdb", frozenset({"pairs", "matrix"})
        try:
            import duckdb
            from duckdb_extensions import import_extension  # type: ignore[import-untyped]
        except ImportError as error:
            raise Unavailable(str(error)) from error
        self._connection = duckdb.connect(config={"threads": self.threads})
        import_extension("spatial", con=self._connection)
        self._connection.execute("LOAD spatial")

    def hold(self, layer: Layer) -> str:
        """Name of a table with the polygons."""
        return self._table(np.arange(len(layer.polygons)), layer.polygons)

    def pairs(self, left: str, right: str) -> Pieces:
        """One statement."""
        made = self._connection.execute(_PAIRS.format(left=left, right=right)).fetchnumpy()
        return Pieces.of(made["a"], made["b"], made["area"])

    def matrix(self, before: Path, after: Path) -> Matrix:
        """One statement, straight from the files."""
        rows = self._connection.execute(_MATRIX.format(before=before, after=after)).fetchall()
        return {(a, b): area for a, b, area in rows if area > 0}

    def close(self) -> None:
        """Drop the database, which is in memory."""
        self._connection.close()

    def _table(self, ids: Any, shapes: Polygons) -> str:
        name = f"layer_{next(self._names)}"
        source = pa.table({"id": ids, "wkb": pa.array(shapely.to_wkb(shapes), pa.binary())})
        self._connection.register("source", source)
        self._connection.execute(f"CREATE TABLE {name} AS SELECT id, ST_GeomFromWKB(wkb) AS g FROM source")
        self._connection.unregister("source")
        return name


@dataclass
class DuckDbCut(DuckDb):
    """As `DuckDb`, with the right layer cut by us: cutting and filling its table are timed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.name, self.does = "duckdb-cut", frozenset({"pairs"})
        self._shapes: dict[str, Polygons] = {}

    def hold(self, layer: Layer) -> str:
        """A table, and the polygons to cut."""
        name = super().hold(layer)
        self._shapes[name] = layer.polygons
        return name

    def pairs(self, left: str, right: str) -> Pieces:
        """Cut, fill a table, ask."""
        cells, owner = cut(self._shapes[right])
        name = self._table(owner, cells)
        try:
            return super().pairs(left, name)
        finally:
            self._connection.execute(f"DROP TABLE {name}")
