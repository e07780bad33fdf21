"""Shapes and references that the overlay's tests share."""

from __future__ import annotations

import os
from itertools import pairwise

import numpy as np
import pyproj
import shapely
from gmpy2 import mpq as Fraction  # exact, and some ten times as fast as the standard library's
from hypothesis import strategies as st

FULL = os.environ.get("TILTH_FULL") == "1"
#: A plane CRS whose area scale is 1 everywhere, so exact planar areas are the right answer. (On an ellipsoid PROJ's
#: own series for such projections is good to 1e-9 only.)
EQUAL_AREA = "+proj=cea +R=6371000 +units=m +type=crs"
#: Zones as (EPSG, false easting): 3-degree and 6-degree, with and without prefix, west to east.
ZONES = ((4513, 25.5e6), (4527, 39.5e6), (4533, 45.5e6), (4547, 5e5), (4498, 20.5e6), (4509, 5e5))


def star(rng, centre, radius, points):
    """A simple polygon of random bearings and distances around `centre`."""
    bearing = np.sort(rng.uniform(0, 2 * np.pi, points))
    distance = radius * rng.uniform(0.4, 1.0, points)
    return shapely.Polygon(
        np.column_stack([centre[0] + distance * np.cos(bearing), centre[1] + distance * np.sin(bearing)])
    )


def lattice(n, size, origin, seed=0, bends=3):
    """n × n parcels without gaps or overlaps: wandering corners, bent boundaries that neighbours share exactly."""
    rng = np.random.default_rng(seed)
    index = np.stack(np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"), -1)
    corner = index * size + rng.uniform(-0.25, 0.25, index.shape) * size

    def bent(a, b):
        t = np.linspace(0, 1, bends + 2)[:, None]
        line = a[..., None, :] * (1 - t) + b[..., None, :] * t
        line[..., 1:-1, :] += rng.uniform(-0.04, 0.04, line[..., 1:-1, :].shape) * size
        return line

    across, up = bent(corner[:-1], corner[1:]), bent(corner[:, :-1], corner[:, 1:])
    rings = [
        across[:, :-1][..., :-1, :],
        up[1:][..., :-1, :],
        across[:, 1:][..., :0:-1, :],
        up[:-1][..., :0:-1, :],
    ]
    ring = np.round(np.concatenate(rings, axis=2) + np.array(origin), 4).reshape(n * n, -1, 2)
    parcels = shapely.polygons(np.concatenate([ring, ring[:, :1]], axis=1))
    assert shapely.is_valid(parcels).all()
    return parcels


def outline(parcels):
    """The ground of a gap-free layer as one polygon with all the vertices on its outside."""
    return shapely.coverage_union_all(parcels)


def _closely(ring, step):
    xy = np.asarray(ring.coords)
    points = []
    for a, b in pairwise(xy):
        count = max(1, int(np.ceil(np.hypot(*(b - a)) / step)))
        points.append(a + np.arange(count)[:, None] / count * (b - a))
    return np.concatenate(points)


def _by_ring(polygon, of_ring):
    return sum(
        of_ring(part.exterior) - sum(of_ring(hole) for hole in part.interiors) for part in shapely.get_parts(polygon)
    )


def geodesic_area(polygon, crs, step=1.0):
    """GeographicLib's area of the ring with a point every `step`, straight in `crs`."""
    known = pyproj.CRS.from_user_input(crs)
    to_geodetic = pyproj.Transformer.from_crs(known, known.geodetic_crs, always_xy=True)
    geod = known.get_geod()

    def of_ring(ring):
        longitude, latitude = to_geodetic.transform(*_closely(ring, step).T)
        return abs(geod.polygon_area_perimeter(longitude, latitude)[0])

    return _by_ring(polygon, of_ring)


def equal_area(polygon, crs, step=1.0):
    """Planar area in PROJ's cylindrical equal-area projection of the ring with a point every `step`.

    Less noisy than geodesics for small polygons: those carry some 1e-4 m² of rounding.
    """
    known = pyproj.CRS.from_user_input(crs)
    to_geodetic = pyproj.Transformer.from_crs(known, known.geodetic_crs, always_xy=True)

    def of_ring(ring):
        longitude, latitude = to_geodetic.transform(*_closely(ring, step).T)
        ellipsoid = known.ellipsoid
        project = pyproj.Proj(
            proj="cea", lon_0=longitude[0], a=ellipsoid.semi_major_metre, rf=ellipsoid.inverse_flattening
        )
        x, y = project(longitude, latitude)
        x, y = x - x[0], y - y[0]
        return abs((x * (np.roll(y, -1) - np.roll(y, 1))).sum() / 2)

    return _by_ring(polygon, of_ring)


# --- exact areas of polygons with integer corners -------------------------------------------------------------------


def _edges(polygon):
    rings = [
        ring for part in shapely.get_parts(polygon) for ring in (part.exterior, *part.interiors) if not part.is_empty
    ]
    for ring in rings:
        corners = [(Fraction(x), Fraction(y)) for x, y in ring.coords]
        yield from (tuple(sorted(edge)) for edge in pairwise(corners) if edge[0][0] != edge[1][0])


def _height(edge, x):
    (x0, y0), (x1, y1) = edge
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def exact_common_area(a, b):
    """Area of a ∩ b in exact fractions: slabs between all corners and crossings, even-odd along each slab's middle."""
    ours, theirs = list(_edges(a)), list(_edges(b))
    cuts = {point[0] for edge in ours + theirs for point in edge}
    for edge in ours + theirs:
        for other in ours + theirs:
            left, right = max(edge[0][0], other[0][0]), min(edge[1][0], other[1][0])
            if left < right:
                before = _height(edge, left) - _height(other, left)
                after = _height(edge, right) - _height(other, right)
                if before * after < 0:
                    cuts.add(left + (right - left) * before / (before - after))
    total = Fraction(0)
    for left, right in pairwise(sorted(cuts)):
        middle = (left + right) / 2
        levels = sorted(
            (_height(edge, middle), layer)
            for layer, edges in enumerate((ours, theirs))
            for edge in edges
            if edge[0][0] < middle < edge[1][0]
        )
        inside = [False, False]
        for (low, layer), (high, _) in pairwise(levels):
            inside[layer] = not inside[layer]
            if all(inside):
                total += (high - low) * (right - left)
    return total


coordinate = st.integers(0, 7)


@st.composite
def blocks_on_a_grid(draw):
    """Unions of rectangles with integer corners: holes, parts, touching corners, long shared sides."""
    boxes = draw(
        st.lists(st.tuples(coordinate, coordinate, st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=5)
    )
    whole = shapely.union_all([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes])
    if draw(st.booleans()):
        x, y = draw(st.tuples(coordinate, coordinate))
        whole = whole.difference(shapely.box(x, y, x + 2, y + 1))
    return whole if whole.geom_type in ("Polygon", "MultiPolygon") else shapely.Polygon()


@st.composite
def corners_on_a_grid(draw):
    """Simple polygons with integer corners in any direction."""
    points = draw(st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=8, unique=True))
    middle = np.mean(points, axis=0) + 0.01
    polygon = shapely.Polygon(sorted(points, key=lambda p: np.arctan2(p[1] - middle[1], p[0] - middle[0])))
    return polygon if polygon.is_valid else shapely.convex_hull(shapely.MultiPoint([*points, (0, 0), (0, 7), (7, 0)]))


grid_polygons = blocks_on_a_grid() | corners_on_a_grid()
