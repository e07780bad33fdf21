"""Shapes that have misled overlays before, each as a case of its own."""

from __future__ import annotations

from dataclasses import replace

import numba
import numpy as np
import pytest
import shapely
from overlay_shapes import EQUAL_AREA, geodesic_area, lattice

from tilth.overlay import engine_area, intersection_areas, overlaps, pairing, prepare

E0, N0 = 39_562_000.0, 4_060_000.0
#: For coverage the kernel runs as plain Python, a thousand times slower.
compiled_only = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="takes hours where nothing is compiled")


def common(a, b, crs=EQUAL_AREA):
    table = intersection_areas([a], [b], crs)
    return float(table.area_m2[0]) if len(table) else 0.0


def test_edges_on_the_lower_and_left_side_of_the_other_box_count():
    step = shapely.Polygon([(0, 0), (300, 0), (300, 1), (1, 1), (1, 300), (0, 300)])
    for box in (shapely.box(0, 0, 300, 300), shapely.box(0, 0, 1, 300), shapely.box(0, 0, 300, 1)):
        assert common(step, box) == pytest.approx(step.intersection(box).area, abs=1e-9)
        assert common(box, step) == common(step, box)


@compiled_only
def test_edges_on_the_lines_that_cells_are_cut_along_count():
    """A comb whose teeth end just where it is halved, and halved again."""
    teeth = [shapely.box(4 * i, 512, 4 * i + 2, 1024) for i in range(256)]
    comb = shapely.union_all([shapely.box(0, 0, 1024, 512), *teeth])
    assert len(prepare([comb], EQUAL_AREA).cells.row) > 1
    for x in (0, 256, 512, 768):
        for y in (0, 256, 512, 768):
            box = shapely.box(x, y, x + 256, y + 256)
            assert common(comb, box) == pytest.approx(comb.intersection(box).area, abs=1e-8)


def test_equal_hashes_of_different_parcels_are_not_taken_for_the_same_parcel(monkeypatch):
    monkeypatch.setattr(pairing, "FEW_PAIRS", 0)
    before, after = lattice(4, 150.0, (E0, N0), seed=1), lattice(4, 150.0, (E0, N0), seed=2)
    known = intersection_areas(before, after, 4527)
    ready = [prepare(layer, 4527) for layer in (before, after)]
    marks = [np.column_stack([one.cells.mark[:, :3], np.full(16, 7)]) for one in ready]
    for mark in marks:
        mark.flags.writeable = False
    forged = [replace(one, cells=one.cells._replace(mark=mark)) for one, mark in zip(ready, marks, strict=True)]
    table = pairing.pieces(*forged)
    assert np.array_equal(table.left, known.left) and np.array_equal(table.right, known.right)
    assert table.area_m2 == pytest.approx(known.area_m2, rel=1e-15)


def test_a_ring_that_crosses_itself_counts_as_often_as_it_turns():
    crossed = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    assert common(crossed, shapely.box(-1, -1, 5, 5)) == pytest.approx(0.0, abs=1e-12)
    right = shapely.Polygon([(4, 0), (4, 4), (2, 2)])
    assert abs(common(crossed, right)) in (0.0, pytest.approx(4.0))


def test_a_vertex_of_one_neighbour_on_the_edge_of_the_other_leaves_nothing_worth_a_dm2():
    """A T-junction, its point rounded to 0.1 mm: what is left between the neighbours is thinner than that."""
    rng = np.random.default_rng(4)
    for _ in range(20):
        a, b = np.array([E0, N0]) + rng.uniform(-90, 90, (2, 2))
        middle = np.round(a + rng.uniform(0.2, 0.8) * (b - a), 4)
        side = np.array([-(b - a)[1], (b - a)[0]])
        upper = shapely.Polygon([a, b, b + side, a + side])
        lower = shapely.Polygon([b, middle, a, a - side, b - side])
        assert common(upper, lower, 4527) <= 0.5e-4 * np.hypot(*(b - a)) + 1e-9
        both = common(upper, upper.union(lower), 4527)
        assert both == pytest.approx(engine_area([upper], 4527)[0], abs=0.01)


def test_edges_along_a_parallel_are_as_straight_as_any():
    south, north = shapely.box(116, 35, 117, 35.5), shapely.box(116.2, 35.25, 116.8, 36)
    area = common(south, north, 4490)
    assert area == pytest.approx(geodesic_area(shapely.box(116.2, 35.25, 116.8, 35.5), 4490, 1e-4), rel=1e-7)
    assert common(south, shapely.box(116, 35.5, 117, 36), 4490) == 0.0


@pytest.mark.parametrize("apart", [1e-9, -1e-9, 2e-8])
def test_edges_that_nearly_coincide_give_what_lies_between_them_or_nothing(apart):
    left = shapely.box(0, 0, 1, 1)
    right = shapely.box(1 - apart, 0, 2, 1)
    assert common(left, right) == pytest.approx(max(apart, 0.0), rel=1e-6, abs=1e-15)


def test_a_sliver_between_long_lines_is_measured():
    long = shapely.Polygon([(0, 0), (1000, 0), (1000, 1e-3)])
    assert common(long, shapely.box(-1, 5e-4, 2000, 1)) == pytest.approx(500 * 5e-4 / 2, rel=1e-9)


@compiled_only
def test_a_polygon_of_a_million_points_is_measured():
    turn = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    distance = 5_000 + 200 * np.sin(9 * turn) + 0.5 * np.sin(40_000 * turn)
    coast = shapely.Polygon(np.column_stack([E0 + distance * np.cos(turn), N0 + distance * np.sin(turn)]))
    parcels = shapely.box(*np.meshgrid(E0 + np.arange(-6, 6) * 1e3, N0 + np.arange(-6, 6) * 1e3), E0 + 7e3, N0 + 7e3)
    tiles = shapely.intersection(parcels.ravel()[:1], shapely.box(E0 - 6e3, N0 - 6e3, E0, N0 + 6e3))
    half = shapely.box(E0, N0 - 6e3, E0 + 6e3, N0 + 6e3)
    table = intersection_areas([*tiles, half], [coast], 4527)
    assert table.area_m2.sum() == pytest.approx(engine_area([coast], 4527)[0], rel=1e-11)
    assert common(coast, coast, 4527) == pytest.approx(engine_area([coast], 4527)[0], rel=1e-11)


@compiled_only
def test_ten_thousand_nested_holes_are_taken_out():
    turn = np.linspace(0, 2 * np.pi, 9)
    ring = np.column_stack([np.cos(turn), np.sin(turn)])
    rings = [shapely.Polygon(radius * ring, [(radius - 0.01) * ring]) for radius in 1 + 0.02 * np.arange(10_000)]
    onion = shapely.MultiPolygon(rings)
    area = shapely.area(rings).sum()
    assert common(onion, shapely.box(-300, -300, 300, 300)) == pytest.approx(area, rel=1e-12)
    assert common(onion, shapely.box(0, 0, 300, 300)) == pytest.approx(area / 4, rel=1e-9)


def test_rings_without_area_share_nothing():
    flat = shapely.Polygon([(0, 0), (5, 5), (0, 0), (5, 5)])
    there = shapely.Polygon([(0, 0), (3, 0), (1, 0), (4, 0)])
    upright = shapely.Polygon([(1, 0), (1, 3), (1, 1), (1, 4)])
    box = shapely.box(-1, -1, 6, 6)
    table = intersection_areas([flat, there, upright, box], [box], EQUAL_AREA)
    assert table.left.tolist() == [3]
    assert len(overlaps([flat, there, upright, box], EQUAL_AREA)) == 0


def test_parts_that_share_ground_count_twice_and_parts_apart_once():
    apart = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])
    assert common(apart, shapely.box(-1, -1, 9, 9)) == pytest.approx(2.0)
    twice = shapely.MultiPolygon([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])
    assert common(twice, shapely.box(-1, -1, 9, 9)) == pytest.approx(4.0)


def test_polygons_across_the_edge_of_a_zone_are_measured_in_either_zone():
    """1.5° from the meridian, where the neighbouring zone begins; parcels of 1 to 50 km²."""
    for side in (1_000.0, 7_000.0):
        for easting in (39_635_000.0, 39_365_000.0):
            parcel = shapely.box(easting - side / 2, N0, easting + side / 2, N0 + side)
            cut = shapely.box(easting, N0 - 1, easting + 2 * side, N0 + side / 3)
            area = common(parcel, cut, 4527)
            reference = geodesic_area(parcel.intersection(cut), 4527, 1.0)
            assert abs(area - reference) <= max(0.01, 1e-7 * reference)
