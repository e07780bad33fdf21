"""PostGIS on a server that the environment names, plain and in its expert form."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
import shapely

from answers import Pieces
from peers.model import Engine, Layer, Unavailable

#: A libpq connection string of a database with the extension, in which tables may be made.
DSN = "TILTH_BENCH_POSTGIS"
_SUBDIVIDED = 128
_SETTINGS = ("parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0", "jit = off")


@dataclass
class PostGis(Engine):
    """Tables with a spatial index, both ready before the clock starts; the answer stays in a table on the server."""

    _names: Any = field(default_factory=count, init=False)
    _connection: Any = field(init=False)

    _pairs = """SELECT l.id AS a, r.id AS b, ST_Area(ST_Intersection(l.g, r.g)) AS area
        FROM {left} l JOIN {right} r ON ST_Intersects(l.g, r.g)"""
    _one = """SELECT {number} AS layer, id, ST_Area(ST_Intersection(g, f.shape))
        FROM {table}, f WHERE ST_Intersects(g, f.shape)"""

    def __post_init__(self) -> None:
        self.name, self.does = "postgis", frozenset({"pairs", "footprint"})
        if DSN not in os.environ:
            raise Unavailable(f"no server named in {DSN}")
        try:
            import psycopg
        except ImportError as error:
            raise Unavailable(str(error)) from error
        try:
            self._connection = psycopg.connect(os.environ[DSN], autocommit=True)
        except psycopg.OperationalError as error:
            raise Unavailable(str(error)) from error
        self._run(f"SET max_parallel_workers_per_gather = {self.threads}")
        for setting in _SETTINGS:
            self._run(f"SET {setting}")

    def hold(self, layer: Layer) -> str:
        """Name of an indexed table."""
        name = self._name()
        self._run(f"CREATE UNLOGGED TABLE {name} (id integer, g geometry)")
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN") as into:
            for row, wkb in enumerate(shapely.to_wkb(layer.polygons, hex=True)):
                into.write_row((row, wkb))
        self._index(name)
        return name

    def pairs(self, left: str, right: str) -> Pieces:
        """One statement; fetching its answer is left to `fetch`."""
        answer = self._name()
        self._run(f"CREATE UNLOGGED TABLE {answer} AS {self._pairs.format(left=left, right=right)}")
        return self._fetch(answer)

    def footprint(self, shape: Any, kept: list[str]) -> list[Pieces]:
        """One statement for all layers."""
        each = " UNION ALL ".join(self._one.format(number=i, table=table) for i, table in enumerate(kept))
        with self._connection.cursor(binary=True) as cursor:
            cursor.execute(
                f"WITH f AS MATERIALIZED (SELECT %s::geometry AS shape) {each}", (shapely.to_wkb(shape),), prepare=True
            )
            rows = np.array(cursor.fetchall(), dtype=float).reshape(-1, 3)
        own = [rows[rows[:, 0] == layer] for layer in range(len(kept))]
        return [Pieces.of(np.zeros(len(some)), some[:, 1], some[:, 2]) for some in own]

    def close(self) -> None:
        """Drop what was made."""
        for _ in range(next(self._names)):
            self._run(f"DROP TABLE IF EXISTS {self._prefix}{_}")
        self._connection.close()

    @property
    def _prefix(self) -> str:
        return f"tilth_bench_{self._connection.info.backend_pid}_"

    def _name(self) -> str:
        return f"{self._prefix}{next(self._names)}"

    def _run(self, statement: str) -> None:
        self._connection.execute(statement)

    def _index(self, name: str) -> None:
        self._run(f"CREATE INDEX ON {name} USING gist (g)")
        self._run(f"VACUUM ANALYZE {name}")

    def _fetch(self, answer: str) -> Pieces:
        with self._connection.cursor(binary=True) as cursor:
            cursor.execute(f"SELECT array_agg(a), array_agg(b), array_agg(area) FROM {answer}")
            a, b, area = ([] if column is None else column for column in cursor.fetchone())
        self._run(f"DROP TABLE {answer}")
        return Pieces.of(np.array(a), np.array(b), np.array(area, dtype=float))


@dataclass
class PostGisExpert(PostGis):
    """The right layer through `ST_Subdivide`, which is timed; parcels inside a cell are taken whole."""

    _pairs = """SELECT l.id AS a, r.id AS b,
        CASE WHEN ST_CoveredBy(l.g, r.g) THEN ST_Area(l.g) ELSE ST_Area(ST_Intersection(l.g, r.g)) END AS area
        FROM {left} l JOIN {right} r ON ST_Intersects(l.g, r.g)"""
    _one = """SELECT {number} AS layer, id,
        CASE WHEN ST_CoveredBy(g, f.shape) THEN ST_Area(g) ELSE ST_Area(ST_Intersection(g, f.shape)) END
        FROM {table}, f WHERE ST_Intersects(g, f.shape)"""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.name, self.does = "postgis-expert", frozenset({"pairs", "kept", "footprint"})

    def pairs(self, left: str, right: str) -> Pieces:
        """Subdivide, index, ask."""
        cells = self.keep(right)
        try:
            return super().pairs(left, cells)
        finally:
            self._run(f"DROP TABLE {cells}")

    def keep(self, held: str) -> str:
        """Name of an indexed table of cells."""
        name = self._name()
        self._run(f"CREATE UNLOGGED TABLE {name} AS SELECT id, ST_Subdivide(g, {_SUBDIVIDED}) AS g FROM {held}")
        self._index(name)
        return name

    def kept_pairs(self, left: str, right: str) -> Pieces:
        """Both layers as cells: a pair's parts are added up."""
        return super().pairs(left, right)
