"""Features by box, value, place and page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from collections.abc import Collection as Several
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from tilth.core import BadInput, BoolArray, IntArray, NotFound
from tilth.features.collections import Collection
from tilth.features.systems import CRS84, System, brought, carried, system

#: Most features of one answer.
MOST = 10_000


@dataclass(frozen=True)
class Query:
    """What is asked of a collection."""

    box: tuple[float, float, float, float] | None = None  # in the order of axes of `box_system`
    box_system: System = field(default_factory=lambda: system(CRS84))
    equal: Mapping[str, str] = field(default_factory=dict)  # column: value, all must hold
    where: Callable[[Collection], BoolArray] | None = None  # a filter, see `filtering.where`
    regions: Several[str] | None = None  # only rows whose `region_code` is among these
    start: int = 0
    limit: int = 10
    system: System = field(default_factory=lambda: system(CRS84))


@dataclass(frozen=True)
class Page:
    """Some features, as GeoJSON text each, and how many there are in all."""

    features: tuple[str, ...]
    matched: int
    start: int

    @property
    def more(self) -> bool:
        """Are there features behind these?"""
        return self.start + len(self.features) < self.matched


def found(collection: Collection, query: Query) -> Page:
    """The features that `query` asks for, in the order of the source's rows.

    Raises
    ------
    BadInput
        If a column is unknown, or the box lies outside its CRS.
    """
    rows = np.flatnonzero(_chosen(collection, query))
    some = rows[query.start : query.start + min(query.limit, MOST)]
    return Page(tuple(_as_geojson(collection, some, query.system)), len(rows), query.start)


def one(collection: Collection, name: str, query: Query) -> str:
    """The feature of that id, as GeoJSON text. NotFound where there is none among those that `query` lets see."""
    attributes = collection.snapshot.attributes
    rows = np.flatnonzero((attributes[collection.key].astype(str) == name).to_numpy() & _seen(collection, query))
    if not len(rows):
        raise NotFound("FEATURES-NO-FEATURE", feature=name, collection=collection.id)
    return next(iter(_as_geojson(collection, rows[:1], query.system)))


def _chosen(collection: Collection, query: Query) -> BoolArray:
    chosen = _seen(collection, query)
    for column, value in query.equal.items():
        chosen &= _equal(collection, column, value)
    if query.where is not None:
        chosen &= query.where(collection)
    if query.box is not None:
        chosen[chosen] = meets(collection, np.flatnonzero(chosen), _frame(collection, query), shapely.intersects)
    return chosen


def _seen(collection: Collection, query: Query) -> BoolArray:
    attributes = collection.snapshot.attributes
    if query.regions is None:
        return np.ones(len(attributes), dtype=np.bool_)
    if "region_code" not in attributes:
        return np.zeros(len(attributes), dtype=np.bool_)
    return np.array(attributes["region_code"].isin(list(query.regions)), dtype=np.bool_)


def _equal(collection: Collection, column: str, value: str) -> BoolArray:
    attributes = collection.snapshot.attributes
    if column not in attributes:
        raise BadInput("FEATURES-COLUMN", column=column, collection=collection.id)
    values = attributes[column]
    if values.dtype.kind in "iuf":
        try:
            return np.asarray(values.eq(float(value)).fillna(False), dtype=np.bool_)
        except ValueError:
            raise BadInput("FEATURES-NUMBER", column=column, value=value) from None
    if values.dtype.kind == "b":
        return np.asarray(values.eq(value.lower() == "true").fillna(False), dtype=np.bool_)
    return np.asarray(values.astype(str).eq(value), dtype=np.bool_)


def _frame(collection: Collection, query: Query) -> shapely.Geometry:
    assert query.box is not None
    a, b, c, d = query.box
    return brought(
        shapely.box(min(a, c), min(b, d), max(a, c), max(b, d)), query.box_system, collection.snapshot.meta.crs
    )


def meets(
    collection: Collection, rows: IntArray, shape: shapely.Geometry, asked: Callable[[Any, Any], Any]
) -> BoolArray:
    """(k,) does `asked` hold between each of `rows` and `shape`? Shapes are read of those alone whose boxes meet it.

    `asked` must be false for shapes whose boxes do not meet.
    """
    held = np.zeros(len(rows), dtype=np.bool_)
    bounds = collection.snapshot.bounds[rows]
    west, south, east, north = shapely.bounds(shape)
    with np.errstate(invalid="ignore"):
        near = (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
    some = np.flatnonzero(near)
    if len(some):
        shapely.prepare(shape)
        held[some] = asked(collection.snapshot.shapes(rows[some]), shape)
    return held


def _as_geojson(collection: Collection, rows: IntArray, target: System) -> list[str]:
    """Each of `rows` as the text of a GeoJSON feature."""
    snapshot = collection.snapshot
    if not len(rows):
        return []
    shapes = shapely.to_geojson(carried(snapshot.shapes(rows), snapshot.meta.crs, target))
    frame = snapshot.attributes.iloc[rows]
    frame = frame.drop(columns="geometry", errors="ignore")
    records = json.loads(frame.to_json(orient="records", double_precision=15, force_ascii=False))
    ids = frame[collection.key].astype(str)
    return [
        f'{{"type":"Feature","id":{json.dumps(name, ensure_ascii=False)},"geometry":{shape or "null"},'
        f'"properties":{json.dumps(record, ensure_ascii=False)}}}'
        for name, shape, record in zip(ids, shapes.tolist(), records, strict=True)
    ]
