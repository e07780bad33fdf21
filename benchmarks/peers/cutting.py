"""Huge polygons cut into small cells by GEOS: what an expert does before asking any of the peers."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from peers.model import Polygons

#: Most vertices of a cell.
MOST = 256
#: Only polygons with more vertices than this are cut at all.
HUGE = 512
_DEPTH = 24


def cut(shapes: Polygons) -> tuple[Polygons, Any]:
    """Cells of all `shapes`, and the row that each is cut from; polygons up to `HUGE` vertices stay whole."""
    rows = np.arange(len(shapes))
    huge = shapely.get_num_coordinates(shapes) > HUGE
    cells, owner = _divided(shapes[huge], rows[huge], _clipped)
    spoiled = np.unique(owner[~shapely.is_valid(cells)])
    if len(spoiled):  # clipping is quick and sometimes wrong
        fine = ~np.isin(owner, spoiled)
        again, of = _divided(shapes[spoiled], spoiled, _intersected)
        cells, owner = np.concatenate([cells[fine], again]), np.concatenate([owner[fine], of])
    return np.concatenate([shapes[~huge], cells]), np.concatenate([rows[~huge], owner])


def _divided(cells: Polygons, of: Any, clip: Any) -> tuple[Polygons, Any]:
    done, owner = [cells[:0]], [of[:0]]
    for _ in range(_DEPTH):
        if len(cells) == 0:
            break
        cells, of = _halved(cells, of, clip)
        small = shapely.get_num_coordinates(cells) <= MOST
        done.append(cells[small])
        owner.append(of[small])
        cells, of = cells[~small], of[~small]
    return np.concatenate([*done, cells]), np.concatenate([*owner, of])


def _halved(cells: Polygons, of: Any, clip: Any) -> tuple[Polygons, Any]:
    """Each cell cut across the middle of its longer side."""
    boxes = shapely.bounds(cells)
    wide = boxes[:, 2] - boxes[:, 0] > boxes[:, 3] - boxes[:, 1]
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    low, high = boxes.copy(), boxes.copy()
    low[wide, 2] = high[wide, 0] = middle[wide, 0]
    low[~wide, 3] = high[~wide, 1] = middle[~wide, 1]
    parts, source = shapely.get_parts(np.concatenate([clip(cells, box) for box in (low, high)]), return_index=True)
    polygon = shapely.get_type_id(parts) == 3
    return parts[polygon], np.concatenate([of, of])[source[polygon]]


def _clipped(cells: Polygons, boxes: Any) -> Polygons:
    pairs = zip(cells, boxes, strict=True)
    return np.array([shapely.clip_by_rect(cell, *box) for cell, box in pairs], dtype=object)


def _intersected(cells: Polygons, boxes: Any) -> Polygons:
    return np.asarray(shapely.intersection(cells, shapely.box(*boxes.T)))
