"""The grid of tiles as GIS programs are told of it: WebMercatorQuad, and which part of it a layer fills.

Source: OGC 17-083r4 (Two Dimensional Tile Matrix Set and Tile Set Metadata 2.0), Annex D.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from tilth.tiles.world import LAST_ZOOM, RADIUS_M

GRID = "WebMercatorQuad"
GRID_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{GRID}"
GRID_CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
#: Cells of a side of a tile, as the standard counts them, and how large a cell of a screen is taken to be. [m]
_CELLS, _SCREEN_CELL_M = 256, 0.00028
_HALF_M = math.pi * RADIUS_M


def tile_matrix_set() -> dict[str, Any]:
    """The grid down to the last zoom of which there are tiles."""
    return {
        "id": GRID,
        "title": "Google Maps Compatible for the World",
        "uri": GRID_URI,
        "crs": GRID_CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(zoom) for zoom in range(LAST_ZOOM + 1)],
    }


def _matrix(zoom: int) -> dict[str, Any]:
    cell = 2.0 * _HALF_M / (_CELLS << zoom)
    return {
        "id": str(zoom),
        "scaleDenominator": cell / _SCREEN_CELL_M,
        "cellSize": cell,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-_HALF_M, _HALF_M],
        "matrixWidth": 1 << zoom,
        "matrixHeight": 1 << zoom,
        "tileWidth": _CELLS,
        "tileHeight": _CELLS,
    }


def limits(bounds: Sequence[float], first: int, last: int = LAST_ZOOM) -> Iterator[dict[str, Any]]:
    """For each zoom, in which rows and columns there may be tiles of a layer that lies in `bounds`.

    Parameters
    ----------
    bounds
        West, south, east, north. [degree]

    >>> next(limits((108.0, 34.0, 108.1, 34.1), 10))
    {'tileMatrix': '10', 'minTileRow': 408, 'maxTileRow': 408, 'minTileCol': 819, 'maxTileCol': 819}
    """
    west, south, east, north = bounds
    for zoom in range(first, last + 1):
        (left, top), (right, bottom) = _tile(west, north, zoom), _tile(east, south, zoom)
        yield {
            "tileMatrix": str(zoom), "minTileRow": top, "maxTileRow": bottom, "minTileCol": left, "maxTileCol": right,
        }  # fmt: skip


def _tile(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    """Column and row of the tile in which a point lies. [degree]"""
    x = longitude / 360.0 + 0.5
    y = 0.5 - math.asinh(math.tan(math.radians(latitude))) / (2.0 * math.pi)
    most = (1 << zoom) - 1
    return min(most, max(0, int(x * (1 << zoom)))), min(most, max(0, int(y * (1 << zoom))))
