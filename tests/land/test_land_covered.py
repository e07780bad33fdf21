"""The ground that a polygon covers, on squares that can be counted on paper."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from tilth.land import covered

corners = st.tuples(st.integers(0, 12), st.integers(0, 12))


def ground(shape: object) -> float:
    (found,) = covered([shape])
    assert found.is_valid and found.geom_type in ("Polygon", "MultiPolygon")
    return float(found.area)


TEN, HOLE = box(0, 0, 10, 10).exterior, box(2, 2, 6, 6).exterior
CURL = [(0, 0), (10, 0), (10, 10), (2, 10), (2, 2), (6, 2), (6, 6), (0, 6)]
FOLDED = [(0, 0), (6, 0), (6, 6), (0, 6), (0, 0), (3, 9), (9, 3)]
KEYHOLE = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 5), (3, 5), (3, 7), (5, 7), (5, 4), (3, 4), (3, 5), (0, 5)]


@pytest.mark.parametrize(
    ("what", "shape", "area"),
    [
        ("two parts that overlap", MultiPolygon([box(0, 0, 4, 4), box(2, 2, 6, 6)]), 28),
        ("a part inside another", MultiPolygon([box(0, 0, 10, 10), box(2, 2, 6, 6)]), 100),
        ("a part that stands twice", MultiPolygon([box(0, 0, 2, 2), box(0, 0, 2, 2)]), 4),
        ("two parts that share an edge", MultiPolygon([box(0, 0, 2, 2), box(2, 0, 4, 2)]), 8),
        ("a figure of eight", Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), 50),
        ("a ring around some ground twice", Polygon(CURL), 92),
        ("an eight folded over itself", Polygon(FOLDED), 48),
        ("a hole reached along one line", Polygon(KEYHOLE), 94),
        ("two holes that overlap", Polygon(TEN, [box(1, 1, 5, 5).exterior, box(3, 3, 7, 7).exterior]), 72),
        ("the hole written as the outer ring", Polygon(HOLE, [TEN]), 84),
        ("a hole that lies outside", Polygon(box(0, 0, 4, 4).exterior, [box(6, 0, 8, 2).exterior]), 20),
        ("a part whose hole another part fills", MultiPolygon([Polygon(TEN, [HOLE]), box(1, 1, 7, 7)]), 100),
        ("a line there and back", Polygon([(0, 0), (5, 5), (0, 0), (5, 5)]), 0),
        ("no shape", None, 0),
    ],
)
def test_ground_that_a_shape_encloses_is_covered(what: str, shape: object, area: float) -> None:
    assert ground(shape) == area


def test_a_valid_shape_is_left_as_it_is() -> None:
    shape = Polygon(box(0, 0, 10, 10).exterior, [box(2, 2, 6, 6).exterior])
    assert covered([shape])[0] is shape


@given(st.lists(st.tuples(corners, st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=6))
def test_parts_cover_the_ground_that_any_of_them_covers(cells: list[tuple[tuple[int, int], int, int]]) -> None:
    grid = np.zeros((20, 20), dtype=bool)
    for (x, y), width, height in cells:
        grid[x : x + width, y : y + height] = True
    parts = MultiPolygon([box(x, y, x + width, y + height) for (x, y), width, height in cells])
    assert ground(parts) == grid.sum()


@given(st.lists(corners, min_size=3, max_size=9, unique=True))
@example([(2, 0), (0, 1), (3, 0), (0, 0), (0, 2), (1, 0)])  # runs back along itself
def test_no_reading_of_a_crossed_ring_loses_ground(points: list[tuple[int, int]]) -> None:
    shape = Polygon(points)
    (found,) = covered([shape])
    for method in ("linework", "structure"):
        other = shapely.make_valid(shape, method=method)
        assert shapely.area(shapely.difference(other, found)) < 1e-9
