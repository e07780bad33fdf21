"""Engine area: the exact area on the ellipsoid of a polygon whose edges are straight in its own CRS."""

from __future__ import annotations

from typing import Any

import numpy as np

from tilth.core import FloatArray, IntArray
from tilth.overlay.ellipsoid import Surface, authalic, surface
from tilth.overlay.rings import Polygons, Rings, flatten, polygons
from tilth.overlay.threads import by_coordinates

#: A longer edge is measured in pieces; over one piece λ and q are parabolas to 1e-12 of its own length squared. [m]
PIECE_M = 1000.0
#: No edge is cut into more pieces than this: it would be a third of the way around the Earth.
MOST_PIECES = 16_384


def engine_area(geometries: Any, crs: Any) -> FloatArray:
    """Area on the ellipsoid of each geometry, its edges being straight lines in the coordinates of `crs`. [m²]

    The boundary integral `b² ∮ q(φ) dλ` is taken on the CRS's own ellipsoid, without a datum shift. Within 1e-9 of
    the area of the same ring put in by GeographicLib at every metre.

    Parameters
    ----------
    geometries
        p polygons or multipolygons: list, array, GeoSeries. x is easting or longitude, y northing or latitude, as
        files store them, also where the CRS declares northing first. Heights are ignored; None and empty measure 0.
        Holes are subtracted, parts added. A self-crossing ring measures the size of its *net* turn (a symmetrical
        figure of eight is 0): repair such rings first.
    crs
        Whatever `pyproj.CRS.from_user_input` takes: any projected or geographic CRS, any unit.

    Returns
    -------
    (p,) areas. [m²]

    Raises
    ------
    BadInput
        For other geometry types, coordinates that are not finite or outside the projection, or an unusable CRS.
    NeedsAnswer
        If `crs` is None.

    >>> engine_area([shapely.box(39_500_000, 4_000_000, 39_501_000, 4_001_000)], "EPSG:4527").round(4)
    array([999999.9918])
    """
    shapes = polygons(geometries)
    ground = surface(crs)
    return by_coordinates(lambda some: _measure(some, ground), shapes)


def _measure(shapes: Polygons, ground: Surface) -> FloatArray:
    rings = flatten(shapes)
    if len(rings.x) == 0:
        return np.zeros(len(shapes))
    size = np.abs(_ring_areas(rings, ground))
    return rings.sum_by_polygon(np.where(rings.hole, -size, size))


def _ring_areas(rings: Rings, ground: Surface) -> FloatArray:
    """(r,) the signed area of each ring, anticlockwise on the ellipsoid positive. [m²]"""
    x, y, pieces, first_piece = _stations(rings, ground)
    longitude, q = ground.authalic(x, y)
    # Station 2i starts piece i, 2i + 1 is its middle; its end is the next start, or the ring's first station.
    start = 2 * np.arange(pieces)
    end = start + 2
    end[first_piece[1:] - 1] = start[first_piece[:-1]]
    to_middle, to_end = longitude[start + 1] - longitude[start], longitude[end] - longitude[start]
    if not ground.geographic:
        to_middle, to_end = _short_way(to_middle), _short_way(to_end)
    # ∫ q dλ over one piece, both being the parabolas through start, middle and end (weights ∫ ℓᵢ ℓⱼ′ dt), with q
    # counted from the ring's first station so that nothing large cancels.
    base = np.repeat(q[start[first_piece[:-1]]], np.diff(first_piece))
    q0, qm, q1 = q[start] - base, q[start + 1] - base, q[end] - base
    under = (q0 * (4.0 * to_middle - to_end) + 4.0 * qm * to_end + q1 * (3.0 * to_end - 4.0 * to_middle)) / 6.0
    turns = np.rint(np.add.reduceat(to_end, first_piece[:-1]) / (2.0 * np.pi))
    pole = turns * (_pole_q(ground, q[start[first_piece[:-1]]]) - q[start[first_piece[:-1]]]) * 2.0 * np.pi
    return ground.polar_radius**2 * (pole - np.add.reduceat(under, first_piece[:-1]))


def _stations(rings: Rings, ground: Surface) -> tuple[FloatArray, FloatArray, int, IntArray]:
    """Start and middle of every piece of every edge, the number of pieces, and where each ring's begin (r + 1,)."""
    edge, first_edge = rings.edges()
    dx, dy = rings.x[edge + 1] - rings.x[edge], rings.y[edge + 1] - rings.y[edge]
    longest = ground.length(PIECE_M)
    count = np.clip(np.ceil(np.hypot(dx, dy) / longest), 1, MOST_PIECES).astype(np.int64)
    first_piece = np.concatenate([[0], np.cumsum(count)])
    halves = np.repeat(np.arange(len(edge)), 2 * count)
    along = (np.arange(len(halves)) - 2 * first_piece[halves]) / (2.0 * count[halves])
    x = rings.x[edge][halves] + along * dx[halves]
    y = rings.y[edge][halves] + along * dy[halves]
    return x, y, int(first_piece[-1]), first_piece[first_edge]


def _short_way(turn: FloatArray) -> FloatArray:
    """A difference of two longitudes taken across ±180° where that is nearer. [rad]"""
    return turn - 2.0 * np.pi * np.rint(turn / (2.0 * np.pi))


def _pole_q(ground: Surface, near: FloatArray) -> FloatArray:
    """q at the pole on the side of `near`, for rings that go around it."""
    return np.copysign(authalic(np.array(np.pi / 2), ground.eccentricity), near)
