"""Cutting polygons with GEOS so that nothing is lost and nothing is raised: areas are judged elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from tilth.core import BadInput, NeedsAnswer
from tilth.land import covered

Shapes = npt.NDArray[np.object_]

_POLYGON, _MULTIPOLYGON = 3, 6
_METRES_PER_DEGREE = 111_320.0
#: Longest straight edge kept when a shape goes to another CRS; over this length a chord and its curve differ by
#: less than a micrometre. The survey's own densification step. [m]
STEP_M = 70.0
#: An outline longer than the Earth's girth lies outside any projection. [m]
LONGEST_M = 4e7
#: Names of the CGCS2000 datum, in letters and digits only.
_CGCS2000 = {"china2000", "dchina2000", "cgcs2000", "chinageodeticcoordinatesystem2000", "dcgcs2000"}


@dataclass(frozen=True)
class Plane:
    """The plane of a CRS, and how small is nothing in it."""

    crs: CRS
    metre: float  # coordinate units in a metre, roughly

    @property
    def grid(self) -> float:
        """Grid of the second try where GEOS fails: 0.1 mm, the survey's topology tolerance. [unit]"""
        return 1e-4 * self.metre

    @property
    def nothing(self) -> float:
        """Planar area that is only arithmetic noise: 1e-6 m². [unit²]"""
        return 1e-6 * self.metre**2

    @property
    def hair(self) -> float:
        """Planar area that rounds to 0.00 m². [unit²]"""
        return 0.005 * self.metre**2


@lru_cache(maxsize=32)
def plane(crs: str) -> Plane:
    """The plane of `crs`, an authority code or WKT.

    Raises
    ------
    NeedsAnswer
        If `crs` is empty.
    BadInput
        If it cannot be read.
    """
    if not crs:
        raise NeedsAnswer("CHECK-CRS-MISSING")
    try:
        known = CRS.from_user_input(crs)
    except CRSError as error:
        raise BadInput("CHECK-CRS-UNKNOWN", crs=crs) from error
    if known.is_geographic:
        return Plane(known, 1.0 / _METRES_PER_DEGREE)
    return Plane(known, 1.0 / float(known.axis_info[0].unit_conversion_factor))


def _datum(crs: CRS) -> str:
    datum = crs.geodetic_crs.datum
    name = "".join(letter for letter in str(datum.name if datum else crs.name).lower() if letter.isalnum())
    return "cgcs2000" if name in _CGCS2000 else name


@lru_cache(maxsize=64)
def transformer(source: str, target: str, what: str) -> Transformer | None:
    """From `source` to `target`, None where they are one CRS. `what` names what is to be moved, for the message.

    Raises
    ------
    BadInput
        If the two stand on different datums: a shift between datums is never guessed.
    """
    here, there = plane(source).crs, plane(target).crs
    if here.equals(there, ignore_axis_order=True) or (here.to_epsg() or "a") == (there.to_epsg() or "b"):
        return None
    if _datum(here) != _datum(there):
        raise BadInput("CHECK-CRS-DATUM", what=what, source=here.name, target=there.name)
    return Transformer.from_crs(here, there, always_xy=True)


def moved(shapes: Shapes, source: str, target: str, what: str) -> Shapes:
    """`shapes` in the coordinates of `target`, long edges first cut into steps so that they keep their course.

    `what` names the shapes in messages. Shapes come back as they are where the two are one CRS.

    Raises
    ------
    BadInput
        If the two stand on different datums, or a shape lies outside the projection.
    """
    route = transformer(source, target, what)
    if route is None:
        return shapes
    if np.nanmax(shapely.length(shapes), initial=0.0) > LONGEST_M * plane(source).metre:
        raise BadInput("CHECK-CRS-OUTSIDE", what=what, source=source, target=target)
    stepped = shapely.segmentize(shapes, STEP_M * plane(source).metre)
    try:
        carried: Shapes = shapely.transform(
            stepped, lambda xy: np.column_stack(route.transform(xy[:, 0], xy[:, 1], errcheck=True))
        )
    except ProjError as error:
        raise BadInput("CHECK-CRS-OUTSIDE", what=what, source=source, target=target) from error
    return carried


def polygonal(shapes: Iterable[Any]) -> Shapes:
    """The polygon part of each shape; lines and points that an intersection leaves are dropped."""
    given = np.asarray(shapes, dtype=object)
    kinds = shapely.get_type_id(given)
    kept = (kinds == _POLYGON) | (kinds == _MULTIPOLYGON)
    if kept.all():
        return given.copy()
    out = np.where(kept, given, shapely.Polygon())
    for at in np.flatnonzero(kinds > _MULTIPOLYGON):
        parts = shapely.get_parts(shapely.get_parts(given[at]))
        out[at] = shapely.multipolygons(parts[shapely.get_type_id(parts) == _POLYGON])
    return np.asarray(out, dtype=object)


def valid(shapes: Iterable[Any]) -> Shapes:
    """Each shape as a valid polygon without heights: all the ground that it covers (see `land.covered`)."""
    flat = shapely.force_2d(np.asarray(shapes, dtype=object))
    return polygonal(covered(flat))


def meet(left: Shapes, right: Shapes, ground: Plane) -> Shapes:
    """The intersection of each pair."""
    return _pairwise(shapely.intersection, left, right, ground)


def less(left: Shapes, right: Shapes, ground: Plane) -> Shapes:
    """Each left shape without the right one."""
    return _pairwise(shapely.difference, left, right, ground)


def parted(shapes: Shapes, over: Shapes, ground: Plane) -> tuple[Shapes, Shapes]:
    """Each shape's part inside and outside of `over`, which together have the shape's area.

    GEOS can be wrong by square metres, without a word, where outlines run within micrometres of each other; a pair
    that does not add up is cut again on the survey's grid, and the cut that adds up better is taken.
    """
    inside, outside = meet(shapes, over, ground), less(shapes, over, ground)
    whole = shapely.area(shapes)
    off = np.abs(shapely.area(inside) + shapely.area(outside) - whole)
    for at in np.flatnonzero(off > ground.hair):
        again = polygonal(_on_grid(shapes[at], over[at], ground))
        if abs(shapely.area(again).sum() - whole[at]) < off[at]:
            inside[at], outside[at] = again
    return inside, outside


def _on_grid(shape: Any, over: Any, ground: Plane) -> list[Any]:
    inside = _last_try(lambda: shapely.intersection(shape, over, grid_size=ground.grid), shape)
    return [inside, _last_try(lambda: shapely.difference(shape, over, grid_size=ground.grid), shape)]


def joined(shapes: Shapes, ground: Plane) -> Any:
    """The union of `shapes`."""
    try:
        union = shapely.union_all(shapes)
    except shapely.GEOSException:
        union = _last_try(lambda: shapely.union_all(shapely.make_valid(shapes), grid_size=ground.grid), shapes[0])
    return polygonal([union])[0]


def _pairwise(operation: Callable[..., Any], left: Shapes, right: Shapes, ground: Plane) -> Shapes:
    try:
        return polygonal(operation(left, right))
    except shapely.GEOSException:
        return polygonal([_one(operation, a, b, ground) for a, b in zip(left, right, strict=True)])


def _one(operation: Callable[..., Any], left: Any, right: Any, ground: Plane) -> Any:
    try:
        return operation(left, right)
    except shapely.GEOSException:
        mended = shapely.make_valid(left), shapely.make_valid(right)
        return _last_try(lambda: operation(*mended, grid_size=ground.grid), left)


def _last_try(operation: Callable[[], Any], where: Any) -> Any:
    try:
        return operation()
    except shapely.GEOSException as error:
        x, y = shapely.bounds(where)[:2]
        raise BadInput("CHECK-GEOMETRY-FAILED", x=f"{x:.3f}", y=f"{y:.3f}", reason=error) from error
