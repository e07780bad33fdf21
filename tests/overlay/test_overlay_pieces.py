"""Overlay: the ground that polygons share, exact and closing."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from overlay_shapes import EQUAL_AREA, FULL, ZONES, exact_common_area, grid_polygons, lattice, outline, star
from shapely import affinity

from tilth.core import BadInput
from tilth.overlay import (
    PieceTable,
    engine_area,
    inner_points,
    intersection_areas,
    overlap_polygon,
    overlaps,
    pairing,
    piece_geometry,
)
from tilth.overlay.shapes import areal, robust

EXAMPLES = 1_000 if FULL else 30


def common_area(a, b, crs=EQUAL_AREA):
    table = intersection_areas([a], [b], crs)
    return float(table.area_m2[0]) if len(table) else 0.0


@settings(max_examples=EXAMPLES, deadline=None)
@given(a=grid_polygons, b=grid_polygons)
def test_polygons_on_a_grid_share_the_exact_area(a, b):
    exact = exact_common_area(a, b)
    assert float(exact) == pytest.approx(a.intersection(b).area, abs=1e-9)
    assert common_area(a, b) == pytest.approx(float(exact), abs=1e-9)
    assert (len(intersection_areas([a], [b], EQUAL_AREA)) == 1) == (exact > 0)


@settings(max_examples=EXAMPLES, deadline=None)
@given(a=grid_polygons, b=grid_polygons)
def test_overlay_does_not_care_which_layer_comes_first_nor_how_it_lies(a, b):
    forward = common_area(a, b)
    assert common_area(b, a) == pytest.approx(forward, abs=1e-9)
    assert common_area(shapely.reverse(a), b) == pytest.approx(forward, abs=1e-9)
    turned = [affinity.rotate(shape, 90, origin=(0, 0)) for shape in (a, b)]
    assert common_area(*turned) == pytest.approx(forward, abs=1e-9)


@settings(max_examples=EXAMPLES, deadline=None)
@given(a=grid_polygons)
def test_a_polygon_shares_all_of_itself_with_itself_and_nothing_with_what_surrounds_it(a):
    assert common_area(a, a) == pytest.approx(a.area, abs=1e-9)
    assert common_area(a, shapely.box(-1, -1, 20, 20).difference(a)) == 0.0


@settings(max_examples=EXAMPLES, deadline=None)
@given(a=grid_polygons)
def test_edges_on_the_sides_of_the_other_box_are_counted(a):
    low_left, right_top = a.bounds[:2], a.bounds[2:]
    for box in (
        shapely.box(*a.bounds),
        shapely.box(*low_left, 30, 30),
        shapely.box(-30, -30, *right_top),
        shapely.box(low_left[0], -30, 30, right_top[1]),
        shapely.box(-30, low_left[1], right_top[0], 30),
    ):
        assert common_area(a, box) == pytest.approx(a.area, abs=1e-9)
        assert common_area(box, a) == pytest.approx(a.area, abs=1e-9)


def test_touching_corners_and_shared_sides_are_no_piece():
    left, right = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    corner, apart = shapely.box(1, 1, 2, 2), shapely.box(5, 5, 6, 6)
    assert len(intersection_areas([left], [right, corner, apart], EQUAL_AREA)) == 0
    wedge = shapely.Polygon([(1, 0.5), (2, 0), (2, 1)])
    assert len(intersection_areas([left], [wedge], EQUAL_AREA)) == 0


def test_a_crossing_of_wide_boxes_with_little_ground_in_common():
    first = shapely.Polygon([(0, 0), (10, 10), (10, 10.5), (0, 0.5)])
    second = shapely.Polygon([(0, 10), (10, 0), (10, 0.5), (0, 10.5)])
    assert common_area(first, second) == pytest.approx(first.intersection(second).area, abs=1e-12)


@pytest.mark.parametrize(("epsg", "easting"), ZONES)
def test_pieces_of_a_parcel_add_up_to_its_area(epsg, easting):
    origin = (easting + 120_000, 4.2e6)
    before, after = lattice(6, 200.0, origin, seed=1), lattice(7, 190.0, (origin[0] - 60, origin[1] - 60), seed=2)
    whole = shapely.box(origin[0] - 500, origin[1] - 500, origin[0] + 2000, origin[1] + 2000)
    after = np.append(after, whole.difference(outline(after)))
    area = engine_area(before, epsg)
    total = intersection_areas(before, after, epsg).total_by_left(len(before))
    assert total == pytest.approx(area, rel=1e-9, abs=2e-6)
    again = intersection_areas(before, before, epsg)
    assert np.array_equal(again.left, np.arange(36))
    assert np.array_equal(again.right, np.arange(36))
    assert again.area_m2 == pytest.approx(area, rel=1e-9, abs=2e-6)


def test_pieces_in_degrees_add_up_too():
    before = shapely.transform(lattice(4, 0.002, (117.0, 36.0)), np.asarray)
    after = shapely.box(*np.meshgrid(116.99 + np.arange(6) * 0.0031, 35.99 + np.arange(6) * 0.0031), 118.0, 37.0)
    area = engine_area(before, 4490)
    nearest = shapely.box(116.0, 35.0, 118.0, 36.004), shapely.box(116.0, 36.004, 118.0, 37.0)
    assert intersection_areas(before, nearest, 4490).total_by_left(16) == pytest.approx(area, rel=1e-9)
    assert len(intersection_areas(before, after.ravel(), 4490))


def test_pieces_agree_with_the_shapes_that_geos_builds():
    before = lattice(5, 150.0, (39.63e6, 4.1e6), seed=4)
    rng = np.random.default_rng(5)
    projects = np.array([star(rng, (39.63e6 + x, 4.1e6 + x), 200.0, 15) for x in (100, 300, 500)])
    table = intersection_areas(before, projects, 4527)
    shapes = piece_geometry(before, projects, table)
    assert table.area_m2 == pytest.approx(engine_area(shapes, 4527), rel=1e-9, abs=2e-6)
    missed = [(i, j) for i, j in np.ndindex(25, 3) if before[i].intersection(projects[j]).area > 1e-6]
    assert list(zip(table.left.tolist(), table.right.tolist(), strict=True)) == missed


def test_the_order_of_rows_changes_nothing():
    before, after = lattice(4, 150.0, (39.5e6, 4.1e6), seed=4), lattice(4, 170.0, (39.5e6, 4.1e6), seed=6)
    rng = np.random.default_rng(0)
    ours, theirs = rng.permutation(16), rng.permutation(16)
    table, shuffled = (
        intersection_areas(before, after, 4527),
        intersection_areas(before[ours], after[theirs], 4527),
    )
    known = dict(zip(zip(table.left, table.right, strict=True), table.area_m2, strict=True))
    pairs = zip(ours[shuffled.left], theirs[shuffled.right], strict=True)
    assert [known.pop(pair) for pair in pairs] == shuffled.area_m2.tolist()
    assert not known
    assert (np.lexsort((shuffled.right, shuffled.left)) == np.arange(len(shuffled))).all()


def test_how_many_pairs_a_thread_takes_at_a_time_changes_nothing(monkeypatch):
    before, after = lattice(3, 150.0, (39.5e6, 4.1e6), seed=4), lattice(3, 170.0, (39.5e6, 4.1e6), seed=6)
    at_once = intersection_areas(before, after, 4527)
    monkeypatch.setattr(pairing, "BLOCK_PAIRS", 4)
    monkeypatch.setattr(pairing, "FEW_PAIRS", 8)
    assert np.array_equal(intersection_areas(before, after, 4527).area_m2, at_once.area_m2)


def test_missing_and_empty_polygons_have_no_pieces():
    box = shapely.box(0, 0, 2, 2)
    table = intersection_areas([None, box, shapely.Polygon()], [shapely.MultiPolygon(), None, box], EQUAL_AREA)
    assert (table.left.tolist(), table.right.tolist()) == ([1], [2])
    for left, right in (([], [box]), ([None], [box]), ([box], [])):
        assert isinstance(intersection_areas(left, right, EQUAL_AREA), PieceTable)
        assert len(intersection_areas(left, right, EQUAL_AREA)) == 0
    with pytest.raises(BadInput, match="row 0 holds a Point"):
        intersection_areas([box], [shapely.Point(0, 0)], EQUAL_AREA)


def test_a_sliver_is_a_piece_however_thin_it_is():
    x = 39_500_100.0
    left, right = shapely.box(x - 100, 4e6, np.nextafter(x, np.inf), 4000100), shapely.box(x, 4e6, x + 100, 4000100)
    thinnest = intersection_areas([left], [right], 4527)
    assert thinnest.area_m2[0] == pytest.approx(100 * np.spacing(x), rel=1e-3)
    millimetre = shapely.box(x - 0.001, 4e6, x + 100, 4000100)
    assert intersection_areas([left], [millimetre], 4527).area_m2[0] == pytest.approx(0.1, rel=1e-3)


def test_overlaps_inside_a_layer_name_each_pair_once():
    layer = [shapely.box(0, 0, 2, 2), shapely.box(2, 0, 4, 2), shapely.box(1, 1, 3, 3), shapely.box(9, 9, 10, 10)]
    table = overlaps(layer, EQUAL_AREA)
    assert (table.left.tolist(), table.right.tolist()) == ([0, 1], [2, 2])
    assert table.area_m2 == pytest.approx([1.0, 1.0], abs=1e-9)
    shapes = overlap_polygon(layer, table)
    assert [shape.bounds for shape in shapes] == [(1, 1, 2, 2), (2, 1, 3, 2)]
    assert shapely.contains_xy(shapes, inner_points(shapes)[:, 0], inner_points(shapes)[:, 1]).all()
    assert len(overlaps(layer[:2], EQUAL_AREA)) == 0
    assert len(overlaps(layer[3:], EQUAL_AREA)) == 0


def test_shown_pieces_are_polygons_even_where_geos_finds_lines_as_well():
    left = shapely.union(shapely.box(0, 0, 1, 3), shapely.box(1, 1, 2, 2))
    right = shapely.union(shapely.box(1, 0, 3, 1), shapely.box(1.5, 1, 3, 3))
    assert left.intersection(right).geom_type == "GeometryCollection"
    shapes = piece_geometry([left], [right], intersection_areas([left], [right], EQUAL_AREA))
    assert [shape.geom_type for shape in shapes] == ["Polygon"]
    assert shapes[0].area == 0.5
    assert areal([shapely.LineString([(0, 0), (1, 1)])])[0].is_empty


def test_shapes_are_built_of_crossing_rings_too():
    crossed = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    wild = shapely.Polygon([(0, 1), (5, 1), (5, 3), (1, 3), (1, 0), (2, 0), (2, 5), (0, 5)])
    table = PieceTable(np.array([0]), np.array([0]), np.array([1.0]))
    shape = piece_geometry([crossed], [wild], table)[0]
    assert shape.is_valid
    assert shape.area > 0


def test_geos_is_asked_again_with_repaired_polygons_and_then_on_a_grid():
    asked = []

    def stubborn(a, b, grid_size=None):
        asked.append(grid_size)
        if grid_size is None:
            raise shapely.GEOSException("TopologyException")
        return shapely.intersection(a, b, grid_size=grid_size)

    box = shapely.box(39.5e6, 4e6, 39500100, 4000100)
    assert robust(stubborn, box, box).area == pytest.approx(10_000, abs=0.1)
    assert asked[:2] == [None, None]
    assert 1e-5 < asked[2] < 1e-3
