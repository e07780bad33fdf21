"""Where coordinates lie on the ellipsoid: from x, y of any CRS to longitude and authalic height.

The area on an ellipsoid between the equator, a curve and two meridians is `b² ∫ q(φ) dλ`, so every area is a plane
area once a point is known by its longitude λ and its `q(φ)`. Nothing is ever moved to another datum.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from tilth.core import BadInput, FloatArray, NeedsAnswer


def authalic(latitude: FloatArray, eccentricity: float) -> FloatArray:
    """`q(φ) = sin φ / 2(1 - e² sin²φ) + artanh(e sin φ) / 2e`: area over b² between the equator and a parallel.

    Parameters
    ----------
    latitude
        Geodetic latitude, any shape. [rad]
    eccentricity
        First eccentricity e of the ellipsoid; 0 for a sphere. [-]

    Returns
    -------
    Area of the strip one radian of longitude wide, divided by b², same shape. [-]
    Source: Snyder, Map Projections: A Working Manual (1987), 3-12, divided by 2(1 - e²).

    >>> 2 * np.pi * 6356752.314140356**2 * 2 * authalic(np.array(np.pi / 2), 0.0818191910428158) / 1e12
    np.float64(510.0656217...)
    """
    sine = np.sin(latitude)
    if eccentricity == 0.0:
        return np.asarray(sine)
    along = eccentricity * sine
    return np.asarray(sine / (2.0 * (1.0 - along * along)) + np.arctanh(along) / (2.0 * eccentricity))


@dataclass(frozen=True, eq=False)
class Surface:
    """A CRS as a coordinate net on its own ellipsoid. Points are x = easting or longitude, y = northing or latitude,
    as GIS files store them, whatever axis order the CRS declares."""

    crs: CRS
    polar_radius: float  # b [m]
    eccentricity: float  # e [-]
    unit: float  # one coordinate unit in metres if projected, in radians if geographic
    geographic: bool
    _to_geodetic: Transformer | None = field(repr=False)
    _degree: float = field(repr=False)  # unit of the geodetic CRS [rad]

    @property
    def name(self) -> str:
        """Name of the CRS, for messages."""
        return str(self.crs.name)

    def length(self, metres: float) -> float:
        """`metres` on the ground in coordinate units, roughly (a degree is taken at the equator)."""
        return metres / self.unit / (self.polar_radius if self.geographic else 1.0)

    def position(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Longitude and latitude of points, same shape as `x` and `y`. [rad]

        Raises
        ------
        BadInput
            If a point lies outside the domain of the projection.
        """
        if self._to_geodetic is None:
            return x * self.unit, y * self.unit
        try:
            longitude, latitude = self._to_geodetic.transform(x, y)
        except ProjError as error:  # pragma: no cover - PROJ marks bad points with inf; this is for a broken set-up
            raise BadInput("overlay-outside-crs", crs=self.name) from error
        longitude, latitude = np.asarray(longitude) * self._degree, np.asarray(latitude) * self._degree
        if not (np.isfinite(longitude).all() and np.isfinite(latitude).all()):
            raise BadInput("overlay-outside-crs", crs=self.name)
        return longitude, latitude

    def authalic(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Longitude λ [rad] and q(φ) [-] of points, same shape as `x` and `y`."""
        longitude, latitude = self.position(x, y)
        return longitude, authalic(latitude, self.eccentricity)

    def place(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Where points of the surface are in space, from its centre: (3, ...). [m]"""
        longitude, latitude = self.position(x, y)
        shrink = 1.0 - self.eccentricity**2
        normal = self.polar_radius / np.sqrt(shrink * (1.0 - (self.eccentricity * np.sin(latitude)) ** 2))
        out = normal * np.cos(latitude)
        return np.stack([out * np.cos(longitude), out * np.sin(longitude), shrink * normal * np.sin(latitude)])


def read_crs(crs: Any) -> CRS:
    """The horizontal CRS meant by `crs`: whatever `pyproj.CRS.from_user_input` takes, bound and compound ones too.

    Raises
    ------
    NeedsAnswer
        If `crs` is None.
    BadInput
        If it cannot be read.
    """
    if crs is None:
        raise NeedsAnswer("overlay-crs-missing")
    try:
        known = CRS.from_user_input(crs)
    except CRSError as error:
        raise BadInput("overlay-crs-unknown", crs=repr(crs)) from error
    while known.is_bound or known.is_compound:
        known = known.source_crs if known.is_bound else known.sub_crs_list[0]
    return known


def surface(crs: Any) -> Surface:
    """The coordinate net of `crs`, see `read_crs`. BadInput if it is neither projected nor geographic."""
    return _named(crs) if isinstance(crs, str | int) else _surface(read_crs(crs))


@lru_cache(maxsize=64)
def _named(crs: str | int) -> Surface:
    return _surface(read_crs(crs))


@lru_cache(maxsize=32)
def _surface(crs: CRS) -> Surface:
    derived = crs.is_geographic and crs.is_derived  # a rotated pole: its degrees are not longitude and latitude
    if not (crs.is_projected or crs.is_geographic) or derived or crs.ellipsoid is None:
        raise BadInput("overlay-crs-kind", crs=crs.name)
    inverse_flattening = crs.ellipsoid.inverse_flattening
    flattening = 1.0 / inverse_flattening if inverse_flattening else 0.0
    geodetic = crs.geodetic_crs
    degree = float(geodetic.axis_info[0].unit_conversion_factor)
    return Surface(
        crs=crs,
        polar_radius=float(crs.ellipsoid.semi_major_metre) * (1.0 - flattening),
        eccentricity=float(np.sqrt(flattening * (2.0 - flattening))),
        unit=float(crs.axis_info[0].unit_conversion_factor),
        geographic=bool(crs.is_geographic),
        _to_geodetic=None if crs.is_geographic else Transformer.from_crs(crs, geodetic, always_xy=True),
        _degree=degree,
    )
