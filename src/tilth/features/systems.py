"""Coordinate reference systems by their OGC names: which way their axes go, and how coordinates come into them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from tilth.core import BadInput, FloatArray

Shapes = npt.NDArray[np.object_]

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"
_NAMES = (
    re.compile(r"https?://www\.opengis\.net/def/crs/EPSG/[0-9.]+/(?P<code>\d{4,6})"),
    re.compile(r"urn:ogc:def:crs:EPSG:[0-9.]*:(?P<code>\d{4,6})"),
    re.compile(r"\[?EPSG:(?P<code>\d{4,6})\]?", re.IGNORECASE),
)
#: In every answer: longitude and latitude on WGS 84 and CGCS2000, and web maps.
_ALWAYS = (4326, 4490, 3857)
#: WGS 84 and CGCS2000 are both realisations of ITRF, a few centimetres apart: for showing they are one. Sums of areas
#: never come this way.
_SAME = {4490: 4326, 4326: 4490}
#: Digits that are sent: some 0.1 mm. [degrees], [metres]
_DIGITS = {True: 9, False: 4}
#: Steps of a box that is carried into another CRS, on each side.
_STEPS = 32


@dataclass(frozen=True, slots=True)
class System:
    """One CRS: its OGC name, and what is needed to read and write it."""

    uri: str
    crs: CRS
    north_first: bool  # its definition gives northing or latitude before easting or longitude
    degrees: bool

    @property
    def digits(self) -> int:
        """Decimals of a coordinate."""
        return _DIGITS[self.degrees]


@lru_cache(maxsize=64)
def system(name: str) -> System:
    """The CRS of that OGC name (or URN, or "EPSG:n").

    Raises
    ------
    BadInput
        If nobody knows it.
    """
    if name in (CRS84, "urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"):
        return System(CRS84, CRS.from_authority("OGC", "CRS84"), False, True)
    found = next((match for pattern in _NAMES if (match := pattern.fullmatch(name))), None)
    try:
        if found is None:
            raise BadInput("FEATURES-CRS", crs=name)
        crs = CRS.from_epsg(int(found["code"]))
    except CRSError as error:
        raise BadInput("FEATURES-CRS", crs=name) from error
    first = crs.axis_info[0].direction if crs.axis_info else "east"
    return System(_EPSG.format(found["code"]), crs, first == "north", crs.is_geographic)


def systems_for(stored: str) -> tuple[System, ...]:
    """The CRSs in which what is stored in the CRS `stored` may be had, CRS84 first, its own last."""
    own = CRS.from_user_input(stored).to_epsg()
    names = [CRS84, *(_EPSG.format(code) for code in _ALWAYS), *([] if own is None else [_EPSG.format(own)])]
    return tuple(system(name) for name in dict.fromkeys(names))


def carried(shapes: Shapes, source: str, target: System) -> Shapes:
    """`shapes` from the CRS `source` into `target`, x and y in its own order of axes, rounded to its digits.

    Raises
    ------
    BadInput
        If a shape lies outside the projection.
    """
    route = _route(source, target.uri)

    def moved(xy: FloatArray) -> FloatArray:
        x, y = route.transform(xy[:, 0], xy[:, 1], errcheck=True) if route else (xy[:, 0], xy[:, 1])
        pair = (y, x) if target.north_first else (x, y)
        return np.round(np.column_stack(pair), target.digits)

    try:
        return np.asarray(shapely.transform(shapes, moved), dtype=object)
    except ProjError as error:
        raise BadInput("FEATURES-OUTSIDE", crs=target.uri) from error


def brought(shape: shapely.Geometry, source: System, target: str) -> shapely.Geometry:
    """A shape that somebody asks with, in `source`'s order of axes, as it lies in the CRS `target`."""
    route = _route(target, source.uri)

    def moved(xy: FloatArray) -> FloatArray:
        x, y = (xy[:, 1], xy[:, 0]) if source.north_first else (xy[:, 0], xy[:, 1])
        if route:
            x, y = route.transform(x, y, direction="INVERSE", errcheck=True)
        return np.column_stack([x, y])

    longest = max(float(shapely.length(shape)) / (4 * _STEPS), 1e-9)
    try:
        return shapely.transform(shapely.segmentize(shape, longest), moved)
    except ProjError as error:
        raise BadInput("FEATURES-OUTSIDE", crs=source.uri) from error


@lru_cache(maxsize=64)
def _route(source: str, target: str) -> Transformer | None:
    """From a stored CRS to one asked for, x before y; None where they are one."""
    here, there = CRS.from_user_input(source), system(target).crs
    if here.equals(there, ignore_axis_order=True) or (here.to_epsg() or "a") == (there.to_epsg() or "b"):
        return None
    base = here.geodetic_crs.to_epsg() if here.geodetic_crs is not None else None
    if base == 4490:
        there = _on_cgcs2000(there)
    if here.equals(there, ignore_axis_order=True):
        return None
    return Transformer.from_crs(here, there, always_xy=True)


def _on_cgcs2000(crs: CRS) -> CRS:
    """`crs` with its longitude and latitude taken as those of CGCS2000."""
    if crs.is_geographic and (crs.to_epsg() in _SAME or crs.to_authority() == ("OGC", "CRS84")):
        return CRS.from_epsg(4490)
    if crs.to_epsg() == 3857:
        return CRS.from_proj4(
            "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +k=1 +units=m +nadgrids=@null +no_defs"
        )
    return crs
