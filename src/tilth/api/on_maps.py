"""Shapes as web maps draw them: GeoJSON in longitude and latitude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from pyproj import Transformer

#: Digits of a degree: 0.1 mm on the ground.
_DIGITS = 9
WGS84 = "EPSG:4326"


def lonlat(shapes: npt.NDArray[np.object_], crs: str) -> npt.NDArray[np.object_]:
    """`shapes` in degrees, to be drawn. CGCS2000 and WGS 84 are the same for that; other datums as PROJ knows."""
    import numpy as np
    import shapely

    route = _route(crs)

    def degrees(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.round(np.column_stack(route.transform(xy[:, 0], xy[:, 1])), _DIGITS)

    return np.asarray(shapely.transform(shapely.force_2d(shapes), degrees), dtype=object)


@lru_cache(maxsize=16)
def _route(crs: str) -> Transformer:
    from pyproj import Transformer

    return Transformer.from_crs(crs, WGS84, always_xy=True)


def collection(shapes: Sequence[Any], crs: str, properties: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A FeatureCollection of `shapes` that stand in `crs`."""
    import json

    import numpy as np
    import shapely

    placed = np.empty(len(shapes), dtype=object)
    placed[:] = list(shapes)
    texts = shapely.to_geojson(lonlat(placed, crs)) if len(placed) else []
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": dict(one), "geometry": json.loads(text) if text else None}
            for text, one in zip(texts, properties, strict=True)
        ],
    }
