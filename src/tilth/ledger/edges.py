"""Do two parcels drawn in different coordinate systems share ground, or only the noise of one line drawn twice?

A file gives corners, and does not say in which system the line between them is straight: a line of 300 m that is
straight in degrees lies up to 1 mm beside the one that is straight in a projection, and shares 0.2 m² with a neighbour
that was drawn along the other. And corners are rounded: exchange files give them to 0.001 m. So ground counts as shared
only if both readings of the lines share it, and only where it is wider than that last place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: Two lines no further from each other are one: the last place of coordinates in exchange files (精度=0.001). [m]
LAST_PLACE_M = 0.001


def shared_beyond_noise(one: BaseGeometry, crs: str, other: BaseGeometry, there: str) -> float:
    """What two parcels of different systems share in either reading of their lines, strips left aside. [m²]"""
    import numpy as np

    from tilth.change.shapes import moved

    if _degrees(there) and not _degrees(crs):
        one, crs, other, there = other, there, one, crs
    along = moved(np.array([one], dtype=object), crs, there, "pool")[0]
    return min(_wide(shape, other, there) for shape in (along, _by_corners(one, crs, there)))


def _degrees(crs: str) -> bool:
    from pyproj import CRS

    return bool(CRS.from_user_input(crs).is_geographic)


def _by_corners(shape: BaseGeometry, crs: str, there: str) -> BaseGeometry:
    """The corners moved, with straight lines between them."""
    import numpy as np
    import shapely
    from pyproj import Transformer

    route = Transformer.from_crs(crs, there, always_xy=True)

    def carried(points: Any) -> Any:
        return np.column_stack(route.transform(points[:, 0], points[:, 1]))

    return shapely.transform(shape, carried)


def _wide(one: BaseGeometry, other: BaseGeometry, crs: str) -> float:
    """What two shapes share, without what is no wider than the last place. [m²]"""
    import shapely

    from tilth.change.shapes import plane, valid
    from tilth.overlay import engine_area

    common = shapely.intersection(*valid([one, other]))
    half = LAST_PLACE_M / 2 * plane(crs).metre
    core = shapely.buffer(common, -half, join_style="mitre")
    if core.is_empty:
        return 0.0
    return float(engine_area([shapely.intersection(shapely.buffer(core, half, join_style="mitre"), common)], crs)[0])
