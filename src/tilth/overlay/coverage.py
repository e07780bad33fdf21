"""Does a layer cover its regions once? Ground that no parcel covers, measured and shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from tilth.core import FloatArray, IntArray
from tilth.overlay.engine import engine_area
from tilth.overlay.piece_table import PieceTable
from tilth.overlay.pieces import intersection_areas, overlaps
from tilth.overlay.rings import Polygons, polygons
from tilth.overlay.shapes import areal, inner_points, piece_geometry, robust

#: Smaller gaps are not shown: half of the survey's last place. [m²]
LEAST_SHOWN_M2 = 0.005


@dataclass(frozen=True, eq=False)
class GapTable:
    """Ground of regions that no parcel covers: one row for each connected gap, by region, then largest first."""

    region: IntArray  # (n,) row position of the region
    area_m2: FloatArray  # (n,) engine area of the gap [m²]
    polygon: Polygons  # (n,)
    point: FloatArray  # (n, 2) a point inside, coordinate units

    def __len__(self) -> int:
        return len(self.region)


def gap_area(parcels: Any, regions: Any, crs: Any) -> FloatArray:
    """(g,) area of each region that no parcel covers. [m²]

    The region's area, less its pieces, and with what parcels cover twice or more counted once. A region covered once
    comes out as 0 within 1e-9 of its area, on either side. Parameters and errors as for `intersection_areas`.

    >>> gap_area([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)], [shapely.box(0, 0, 4, 1)], "EPSG:6933").round(6)
    array([1.])
    """
    return _gap_area(parcels, regions, crs, intersection_areas(parcels, regions, crs))


def _gap_area(parcels: Any, regions: Any, crs: Any, pieces: PieceTable) -> FloatArray:
    whole = engine_area(regions, crs)
    return whole - pieces.total_by_right(len(whole)) + _covered_again(parcels, regions, crs)


def _covered_again(parcels: Any, regions: Any, crs: Any) -> FloatArray:
    """(g,) ground of each region that a parcel covers after an earlier one did, however many share it. [m²]"""
    table = overlaps(parcels, crs)
    by_later = np.argsort(table.right, kind="stable")
    again = piece_geometry(parcels, parcels, table)[by_later]
    cuts = np.flatnonzero(np.diff(table.right[by_later])) + 1
    # Three parcels on one spot: the third counts once, though it overlaps two.
    merged = [
        shapely.union_all(shapes) if len(shapes) > 1 else shapes[0] for shapes in np.split(again, cuts) if len(shapes)
    ]
    return intersection_areas(merged, regions, crs).total_by_right(len(polygons(regions)))


def gap_polygons(parcels: Any, regions: Any, crs: Any, least_m2: float = LEAST_SHOWN_M2) -> GapTable:
    """Where the gaps of `gap_area` are: one row for each connected gap larger than `least_m2`.

    GEOS builds the shapes, region by region and only where there is a gap. Errors as for `intersection_areas`.
    """
    layer, areas = polygons(parcels), polygons(regions)
    pieces = intersection_areas(layer, areas, crs)
    missing = _gap_area(layer, areas, crs, pieces)
    found: list[tuple[int, Polygons]] = []
    for region in np.flatnonzero(missing > least_m2):
        cover = _union(layer[pieces.left[pieces.right == region]])
        holes = shapely.get_parts(areal(robust(shapely.difference, areas[region], cover)))
        found.append((int(region), holes))
    of = np.repeat([region for region, _ in found], [len(holes) for _, holes in found]).astype(np.int64)
    shapes = np.concatenate([np.zeros(0, dtype=object), *(holes for _, holes in found)])
    size = engine_area(shapes, crs)
    order = np.lexsort((-size, of))
    order = order[size[order] > least_m2]
    return GapTable(of[order], size[order], shapes[order], inner_points(shapes[order]))


def _union(shapes: Polygons) -> Any:
    try:
        return shapely.union_all(shapes)
    except shapely.GEOSException:
        return shapely.union_all(shapely.make_valid(shapes))
