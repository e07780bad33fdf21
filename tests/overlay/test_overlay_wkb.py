"""Polygons straight from well-known binary are those that shapely reads."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from overlay_shapes import star

from tilth.core import BadInput
from tilth.overlay import flatten, rings_of_wkb


def layer():
    rng = np.random.default_rng(6)
    plain = [star(rng, rng.uniform(0, 1000, 2), 50.0, 12) for _ in range(20)]
    holed = [shape.difference(shape.centroid.buffer(3.0)) for shape in plain[:8]]
    parts = [shapely.MultiPolygon([holed[i], shapely.box(9e3 + i, 0, 9e3 + i + 0.5, 1)]) for i in range(5)]
    return np.array([*plain, *holed, *parts, None, shapely.Polygon(), shapely.MultiPolygon()], dtype=object)


def read(shapes, **options):
    texts = [text or b"" for text in shapely.to_wkb(shapes, **options)]
    return rings_of_wkb(np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)]))


@pytest.mark.parametrize("heights", [False, True])
@pytest.mark.parametrize("options", [{}, {"flavor": "iso"}, {"byte_order": 0}, {"include_srid": True}])
def test_every_dialect_gives_the_rings_that_shapely_gives(heights, options):
    shapes = layer()
    known = flatten(np.where(shapely.is_missing(shapes), shapely.Polygon(), shapes))
    given = shapely.set_srid(shapely.force_3d(shapes, 7.0) if heights else shapes, 4527)
    found = read(given, **options)
    for name in ("xy", "ring_start", "first_ring", "hole"):
        assert np.array_equal(getattr(found, name), getattr(known, name)), name
    assert np.array_equal(found.bounds, shapely.bounds(shapes), equal_nan=True)


def test_what_is_no_polygon_or_not_finite_is_refused_by_its_row():
    with pytest.raises(BadInput, match="row 1 holds a Point"):
        read(np.array([shapely.box(0, 0, 1, 1), shapely.Point(0, 0)]))
    with pytest.raises(BadInput, match="row 1"):
        read(np.array([shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, np.inf)]))


def test_rows_can_be_taken_in_any_order():
    shapes = layer()[:30]
    rows = np.array([29, 3, 3, 25, 0])
    taken, known = flatten(shapes).take(rows), flatten(shapes[rows])
    for name in ("xy", "ring_start", "first_ring", "hole"):
        assert np.array_equal(getattr(taken, name), getattr(known, name)), name
