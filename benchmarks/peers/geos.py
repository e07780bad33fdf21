"""GEOS through GeoPandas and shapely: the stock call, a tree with intersections, and all that an expert would do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from answers import Matrix, Pieces
from peers.cutting import cut
from peers.model import Engine, Layer, Polygons

#: Pairs that a thread intersects at a time, to bound memory.
_BLOCK = 50_000


@dataclass
class GeoPandas(Engine):
    """`geopandas.overlay` and nothing else."""

    def __post_init__(self) -> None:
        self.name, self.does = "geopandas", frozenset({"pairs", "matrix"})

    def hold(self, layer: Layer) -> gpd.GeoDataFrame:
        """A frame with the row numbers."""
        return gpd.GeoDataFrame({"row": np.arange(len(layer.polygons))}, geometry=layer.polygons, crs=layer.crs)

    def pairs(self, left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> Pieces:
        """Intersection, then area."""
        made = gpd.overlay(left, right, how="intersection", keep_geom_type=True)
        return Pieces.of(made["row_1"], made["row_2"], made.area)

    def matrix(self, before: Path, after: Path) -> Matrix:
        """Read, overlay, group."""
        left, right = (gpd.read_parquet(path, columns=["class_code", "geometry"]) for path in (before, after))
        made = gpd.overlay(left, right, how="intersection", keep_geom_type=True)
        summed = made.area.groupby([made["class_code_1"], made["class_code_2"]]).sum()
        return {pair: area for pair, area in summed.items() if area > 0}


@dataclass
class Shapely(Engine):
    """STRtree over one layer, intersection of what meets."""

    def __post_init__(self) -> None:
        self.name, self.does = "shapely", frozenset({"pairs", "footprint"})

    def hold(self, layer: Layer) -> Polygons:
        """Polygons of our own: trees and prepared forms stay with them."""
        return np.asarray(shapely.from_wkb(shapely.to_wkb(layer.polygons)))

    def pairs(self, left: Polygons, right: Polygons) -> Pieces:
        """One thread, one tree."""
        a, b = shapely.STRtree(right).query(left, predicate="intersects")
        return Pieces.of(a, b, shapely.area(shapely.intersection(left[a], right[b])))

    def keep(self, held: Polygons) -> Any:
        """A tree that has been asked once, since it is built by the first question."""
        tree = shapely.STRtree(held)
        tree.query(shapely.Point(0, 0))
        return tree, held

    def footprint(self, shape: Any, kept: list[Any]) -> list[Pieces]:
        """A tree search and intersections for each layer."""
        shapely.prepare(shape)
        found = []
        for tree, polygons in kept:
            rows = tree.query(shape, predicate="intersects")
            found.append(Pieces.of(0 * rows, rows, shapely.area(shapely.intersection(polygons[rows], shape))))
        return found


@dataclass(frozen=True, eq=False)
class _Cells:
    """Cells of a layer, the row that each is cut from, a tree over them."""

    shapes: Polygons
    owner: Any
    tree: shapely.STRtree

    @classmethod
    def of(cls, shapes: Polygons, owner: Any) -> _Cells:
        return cls(shapes, owner, shapely.STRtree(shapes))

    def copy(self) -> _Cells:
        """The same for another thread: a prepared polygon must not be shared."""
        return _Cells.of(np.asarray(shapely.from_wkb(shapely.to_wkb(self.shapes))), self.owner)


@dataclass
class ShapelyExpert(Shapely):
    """Huge polygons cut, prepared predicates, parcels that lie inside taken whole, threads that share nothing."""

    def __post_init__(self) -> None:
        self.name, self.does = "shapely-expert", frozenset({"pairs", "kept", "footprint", "matrix"})

    def pairs(self, left: Polygons, right: Polygons) -> Pieces:
        """Cut, then every thread overlays its share of the left layer."""
        return self._overlay(left, self._copies(_Cells.of(*cut(right))))

    def keep(self, held: Polygons) -> Any:
        """Cut, with a tree; one copy for each thread, all prepared."""
        copies = self._copies(_Cells.of(*cut(held)))
        for cells in copies:
            shapely.prepare(cells.shapes)
            cells.tree.query(shapely.Point(0, 0))
        return copies

    def kept_pairs(self, left: list[_Cells], right: list[_Cells]) -> Pieces:
        """The left layer whole, as it was not cut for this; the right one as kept."""
        found = self._overlay(left[0].shapes, right)
        return Pieces.of(left[0].owner[found.left], found.right, found.area_m2)

    def footprint(self, shape: Any, kept: list[Any]) -> list[Pieces]:
        """Cells inside the footprint are taken whole."""
        shapely.prepare(shape)
        found = []
        for cells, *_ in kept:
            rows = cells.tree.query(shape, predicate="intersects")
            near = cells.shapes[rows]
            inside = shapely.contains_properly(shape, near)
            area = np.empty(len(rows))
            area[inside] = shapely.area(near[inside])
            area[~inside] = shapely.area(shapely.intersection(near[~inside], shape))
            found.append(Pieces.of(0 * rows, cells.owner[rows], area))
        return found

    def matrix(self, before: Path, after: Path) -> Matrix:
        """Read, overlay as above, add up by class numbers."""
        frames = [gpd.read_parquet(path, columns=["class_code", "geometry"]) for path in (before, after)]
        found = self.pairs(*(frame.geometry.to_numpy() for frame in frames))
        return by_class(found, *(frame["class_code"].to_numpy() for frame in frames))

    def _copies(self, cells: _Cells) -> list[_Cells]:
        return [cells, *(cells.copy() for _ in range(self.threads - 1))]

    def _overlay(self, left: Polygons, copies: list[_Cells]) -> Pieces:
        # Shares are runs of neighbours in many blocks, dealt out in turn, so that threads finish together.
        runs = np.array_split(np.arange(len(left)), 16 * len(copies))
        shares = [np.concatenate(runs[i :: len(copies)]) for i in range(len(copies))]
        with ThreadPoolExecutor(len(copies)) as pool:
            parts = list(pool.map(_share, [left[share] for share in shares], copies))
        a = np.concatenate([share[part[0]] for share, part in zip(shares, parts, strict=True)])
        return Pieces.of(a, *(np.concatenate([part[i] for part in parts]) for i in (1, 2)))


def _share(left: Polygons, cells: _Cells) -> tuple[Any, Any, Any]:
    """Rows of `left`, rows that cells are cut from, and areas, for one thread."""
    a, b = cells.tree.query(left)
    ours, theirs = shapely.bounds(left), shapely.bounds(cells.shapes)
    open_ = np.minimum(ours[a, 2:], theirs[b, 2:]) > np.maximum(ours[a, :2], theirs[b, :2])
    a, b = (column[open_.all(axis=1)] for column in (a, b))
    shapely.prepare(cells.shapes)
    area = shapely.area(left)[a]
    todo = np.flatnonzero(~shapely.contains_properly(cells.shapes[b], left[a]))
    todo, rest = todo[shapely.intersects(cells.shapes[b[todo]], left[a[todo]])], todo
    area[rest] = 0.0
    for at in range(0, len(todo), _BLOCK):
        some = todo[at : at + _BLOCK]
        area[some] = shapely.area(shapely.intersection(left[a[some]], cells.shapes[b[some]]))
    return a, cells.owner[b], area


def by_class(found: Pieces, before: Any, after: Any) -> Matrix:
    """Pieces added up by the classes of their parcels."""
    names, left = np.unique(before.astype(str), return_inverse=True)
    others, right = np.unique(after.astype(str), return_inverse=True)
    flow = np.bincount(left[found.left] * len(others) + right[found.right], found.area_m2)
    pairs = [divmod(int(at), len(others)) for at in np.flatnonzero(flow)]
    return {(str(names[a]), str(others[b])): float(flow[a * len(others) + b]) for a, b in pairs}


@dataclass
class ShapelyChanged(ShapelyExpert):
    """Parcels with the same bytes in both layers are taken as they are and left out of the overlay.

    This trusts that neither layer overlaps itself, which no other engine here does: an overlap is lost in silence.
    """

    def __post_init__(self) -> None:
        self.name, self.does = "shapely-changed", frozenset({"pairs", "matrix"})

    def pairs(self, left: Polygons, right: Polygons) -> Pieces:
        """Match equal bytes, overlay the rest."""
        known = {wkb: row for row, wkb in enumerate(shapely.to_wkb(right))}
        match = np.array([known.get(wkb, -1) for wkb in shapely.to_wkb(left)])
        same = np.flatnonzero(match >= 0)
        ours = np.flatnonzero(match < 0)
        theirs = np.setdiff1d(np.arange(len(right)), match[same])
        rest = super().pairs(left[ours], right[theirs])
        return Pieces.of(
            np.concatenate([same, ours[rest.left]]),
            np.concatenate([match[same], theirs[rest.right]]),
            np.concatenate([shapely.area(left[same]), rest.area_m2]),
        )
