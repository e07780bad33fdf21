"""Survey area: the ellipsoidal area of a parcel as the national survey computes it, rounding steps and all.

Source: the survey's technical rules (TD/T 1055-2019) and notice 国土调查办发〔2008〕32号, with CGCS2000 constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from pyproj import CRS

from tilth.core import BadInput, FloatArray, IntArray, dm2_array
from tilth.overlay.ellipsoid import read_crs
from tilth.overlay.rings import Polygons, Rings, flatten, polygons
from tilth.overlay.threads import by_coordinates

#: Edges longer than this get points at equal distances in the projected plane. [m]
LONGEST_EDGE_M = 70.0
#: Coordinates are rounded to this many decimals of a metre, arc seconds to this many.
METRE_DECIMALS, SECOND_DECIMALS = 4, 6
_SECOND = np.pi / 648_000  # [rad]
_ZONE_WIDTH_M = 1_000_000.0
_FALSE_EASTING_M = 500_000.0


@dataclass(frozen=True, slots=True)
class SurveyEllipsoid:
    """CGCS2000 as the rules print it, with the constants that they derive from it."""

    b: float = 6356752.314140356  # [m]
    e2: float = 0.006694380022900686  # first eccentricity squared
    second_e2: float = 0.006739496775478856
    c: float = 6399593.625864023  # a² / b [m]
    #: Rectifying latitude: E = K0 x, Bf = E + cos E (K1 sin E - K2 sin³E + K3 sin⁵E - K4 sin⁷E)
    k: tuple[float, ...] = (
        1.57048761144159e-7,
        5.05250178820567e-3,
        2.98472900956587e-5,
        2.41626669230084e-7,
        2.22241238938534e-9,
    )

    @property
    def trapezoid(self) -> tuple[float, ...]:
        """A to E of the trapezoid series, in powers of the *first* eccentricity."""
        e2, e4, e6, e8 = self.e2, self.e2**2, self.e2**3, self.e2**4
        return (
            1 + 3 / 6 * e2 + 30 / 80 * e4 + 35 / 112 * e6 + 630 / 2304 * e8,
            1 / 6 * e2 + 15 / 80 * e4 + 21 / 112 * e6 + 420 / 2304 * e8,
            3 / 80 * e4 + 7 / 112 * e6 + 180 / 2304 * e8,
            1 / 112 * e6 + 45 / 2304 * e8,
            5 / 2304 * e8,
        )


CGCS2000 = SurveyEllipsoid()


@dataclass(frozen=True, slots=True)
class Zone:
    """A Gauss-Kruger zone: where its central meridian is and what its eastings carry."""

    central_meridian: float  # [rad]
    false_easting: float  # [m]


def survey_area(geometries: Any, crs: Any) -> IntArray:
    """Area of each geometry by the survey's own method, in whole dm² (0.01 m²), half rounded away from zero.

    Parameters, errors and the method are those of `survey_area_m2`.

    >>> import shapely
    >>> survey_area([shapely.box(39_500_000, 4_000_000, 39_501_000, 4_001_000)], "EPSG:4527")
    array([100000000])
    """
    return dm2_array(survey_area_m2(geometries, crs))


def survey_area_m2(geometries: Any, crs: Any) -> FloatArray:
    """Area of each geometry by the survey's own method, before the last rounding. [m²]

    Points are put into edges longer than 70 m, coordinates rounded to 0.1 mm, taken to latitude and longitude by the
    inverse Gauss series, those rounded to 10⁻⁶ arc seconds, and the trapezoids under the edges summed. Rings count as
    outer minus holes, parts are added. In CGCS2000 longitude/latitude the vertices are taken as they are, rounded to
    10⁻⁶ arc seconds: no points are put in, since what is straight was decided in a projection that is not known here.
    The two ways agree where no edge is longer than 70 m.

    Parameters
    ----------
    geometries
        p polygons or multipolygons, x easting or longitude, y northing or latitude. None and empty measure 0.
    crs
        A CGCS2000 Gauss-Kruger zone (EPSG 4491 to 4554 or equal WKT) or CGCS2000 longitude/latitude (EPSG 4490).

    Returns
    -------
    (p,) areas. [m²]

    Raises
    ------
    BadInput
        For any other CRS, geometry type or coordinates that are not finite.
    NeedsAnswer
        If `crs` is None.

    >>> import shapely
    >>> survey_area_m2([shapely.box(39_630_000, 4_000_000, 39_631_000, 4_001_000)], "EPSG:4527").round(4)
    array([999580.62])
    """
    zone, shapes = survey_zone(crs), polygons(geometries)
    return by_coordinates(lambda some: _measure(some, zone), shapes)


def _measure(shapes: Polygons, zone: Zone | None) -> FloatArray:
    rings = flatten(shapes)
    if len(rings.x) == 0:
        return np.zeros(len(rings))
    if zone is None:
        latitude, longitude, first = np.deg2rad(rings.y), np.deg2rad(rings.x), rings.ring_start
    else:
        x, y, first = _densified(rings)
        northing, easting = _rounded(y, METRE_DECIMALS), _rounded(x, METRE_DECIMALS) - zone.false_easting
        latitude, longitude = inverse_gauss(northing, easting, zone.central_meridian)
    latitude = _rounded(latitude / _SECOND, SECOND_DECIMALS) * _SECOND
    longitude = _rounded(longitude / _SECOND, SECOND_DECIMALS) * _SECOND
    size = np.abs(_ring_areas(latitude, longitude, first))
    return rings.sum_by_polygon(np.where(rings.hole, -size, size))


def survey_zone(crs: Any) -> Zone | None:
    """The Gauss-Kruger zone that `crs` is, None for CGCS2000 longitude/latitude, BadInput for anything else."""
    return _named(crs) if isinstance(crs, str | int) else _zone(read_crs(crs))


@lru_cache(maxsize=64)
def _named(crs: str | int) -> Zone | None:
    return _zone(read_crs(crs))


def _zone(known: CRS) -> Zone | None:
    if known.ellipsoid is None or known.ellipsoid.name.upper().replace(" ", "") != "CGCS2000":
        raise BadInput("overlay-crs-not-survey", crs=known.name)
    if known.is_geographic:
        return None
    operation = known.coordinate_operation
    values = {} if operation is None else {item.name: item.value for item in operation.params}
    gauss = (
        operation is not None
        and operation.method_name == "Transverse Mercator"
        and "Longitude of natural origin" in values
        and values.get("Scale factor at natural origin") == 1.0
        and values.get("Latitude of natural origin") == 0.0
        and values.get("False northing") == 0.0
        and values.get("False easting", 0.0) % _ZONE_WIDTH_M == _FALSE_EASTING_M
        and known.axis_info[0].unit_conversion_factor == 1.0
    )
    if not gauss:
        raise BadInput("overlay-crs-not-survey", crs=known.name)
    return Zone(np.deg2rad(values["Longitude of natural origin"]), values["False easting"])


def trapezoid(south: FloatArray, north: FloatArray, width: FloatArray) -> FloatArray:
    """Area between two parallels and two meridians, by the series of the rules; negative if `north` is the lower.

    `south`, `north` and `width` (difference of longitude) are of one shape. [rad → m²]

    >>> edge = np.deg2rad(np.array([35.0, 35.0 + 2.5 / 60]))
    >>> trapezoid(edge[:1], edge[1:], np.deg2rad(np.array([3.75 / 60]))).round(2)
    array([26367263.06])
    """
    middle, height = (south + north) / 2, north - south
    series = np.zeros_like(middle)
    for order, coefficient in enumerate(CGCS2000.trapezoid):
        multiple = 2 * order + 1
        series += (-1) ** order * coefficient * np.sin(multiple * height / 2) * np.cos(multiple * middle)
    return 2 * CGCS2000.b**2 * width * series


def inverse_gauss(northing: FloatArray, easting: FloatArray, central_meridian: float) -> tuple[FloatArray, FloatArray]:
    """Latitude and longitude [rad] of points of a Gauss-Kruger zone, by the series of the rules.

    `northing` and `easting` are in metres; `easting` is counted from the central meridian [rad].
    """
    k0, k1, k2, k3, k4 = CGCS2000.k
    arc = k0 * northing
    sine = np.sin(arc)
    square = sine * sine
    foot = arc + np.cos(arc) * sine * (k1 - square * (k2 - square * (k3 - square * k4)))
    t2, n2 = np.tan(foot) ** 2, CGCS2000.second_e2 * np.cos(foot) ** 2
    v2 = 1 + n2
    q = easting / (CGCS2000.c / np.sqrt(v2))
    q2 = q * q
    latitude = foot - v2 * np.tan(foot) * q2 * (
        1 / 2 - q2 * ((5 + 3 * t2 + n2 - 9 * n2 * t2) / 24 - q2 * (61 + 90 * t2 + 45 * t2**2) / 720)
    )
    fifth = (5 + 28 * t2 + 24 * t2**2 + 6 * n2 + 8 * n2 * t2) / 120
    from_middle = q * (1 - q2 * ((1 + 2 * t2 + n2) / 6 - q2 * fifth)) / np.cos(foot)
    return latitude, central_meridian + from_middle


def _densified(rings: Rings) -> tuple[FloatArray, FloatArray, IntArray]:
    """x, y with floor(length / 70 m) points put into every edge at equal distances, and the new ring starts."""
    edge, first_edge = rings.edges()
    dx, dy = rings.x[edge + 1] - rings.x[edge], rings.y[edge + 1] - rings.y[edge]
    length = np.hypot(dx, dy)
    pieces = np.where(length > LONGEST_EDGE_M, np.floor(length / LONGEST_EDGE_M), 0).astype(np.int64) + 1
    # One more for the last point of a ring, which closes it.
    closing = np.zeros(len(edge), dtype=np.int64)
    closing[first_edge[1:] - 1] = 1
    count = pieces + closing
    first = np.concatenate([[0], np.cumsum(count)])
    of = np.repeat(np.arange(len(edge)), count)
    along = (np.arange(len(of)) - first[of]) / pieces[of]
    return rings.x[edge][of] + along * dx[of], rings.y[edge][of] + along * dy[of], first[first_edge]


def _ring_areas(latitude: FloatArray, longitude: FloatArray, first: IntArray) -> FloatArray:
    """(r,) signed area of closed rings that start at `first` (r + 1,). [rad → m²]

    The rules count longitude from Greenwich; counting from each ring's first point changes nothing but the noise.
    """
    count = np.diff(first)
    longitude = longitude - np.repeat(longitude[first[:-1]], count)
    width = (longitude[:-1] + longitude[1:]) / 2
    under = trapezoid(latitude[:-1], latitude[1:], width)
    under[first[1:-1] - 1] = 0.0  # from one ring's last point to the next ring's first
    return np.add.reduceat(np.append(under, 0.0), first[:-1])


def _rounded(value: FloatArray, decimals: int) -> FloatArray:
    """`value` at `decimals` places, a half away from zero."""
    scale = 10.0**decimals
    return np.copysign(np.floor(np.abs(value) * scale + 0.5), value) / scale
