"""Overlay of polygons that are wide, or have very many points."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from overlay_shapes import EQUAL_AREA, FULL, geodesic_area, lattice, star

from tilth.core import BadInput
from tilth.overlay import engine_area, intersection_areas, overlaps, prepare
from tilth.overlay.kernel import own_areas
from tilth.overlay.layer import FINEST, MOST_EDGES, WIDEST_M, halved
from tilth.overlay.scale import lattice_over


def cells_of(shapes, crs=EQUAL_AREA):
    """The cells of a layer, and the area of each."""
    layer = prepare(shapes, crs)
    area = np.empty(len(layer.cells.row))
    own_areas(layer.cells, (0, len(area)), lattice_over(layer.ground, layer.bounds), area)
    return layer.cells, area


@pytest.mark.parametrize("radius", [700.0, 2_000.0, 5_000.0] if FULL else [700.0, 5_000.0])
@pytest.mark.parametrize(("easting", "northing"), [(39.65e6, 4.0e6), (39.35e6, 5.5e6)])
def test_pieces_of_square_kilometres_far_from_the_meridian_are_exact(radius, easting, northing):
    parcel = star(np.random.default_rng(int(radius)), (easting, northing), radius, 14)
    cut_at = easting + 0.13 * radius
    sides = [
        shapely.box(easting - 1e5, northing - 1e5, cut_at, northing + 1e5),
        shapely.box(cut_at, northing - 1e5, easting + 1e5, northing + 1e5),
    ]
    table = intersection_areas([parcel], sides, 4527)
    assert table.area_m2.sum() == pytest.approx(engine_area([parcel], 4527)[0], rel=1e-11)
    for area, side in zip(table.area_m2, sides, strict=True):
        shape = parcel.intersection(side)
        assert area == pytest.approx(geodesic_area(shape, 4527, 1.0), rel=1e-9, abs=0.001)


def test_a_common_box_of_a_hundred_kilometres_is_measured_in_tiles():
    county = star(np.random.default_rng(1), (39.6e6, 4.0e6), 40_000.0, 12)
    outside = shapely.box(39.5e6, 3.9e6, 39.7e6, 4.1e6)
    table = intersection_areas([county], [outside], 4527)
    assert table.area_m2[0] == pytest.approx(engine_area([county], 4527)[0], rel=1e-11)
    degrees = shapely.Polygon([(116, 35), (117, 35.2), (116.8, 36.1), (116.1, 35.9)])
    table = intersection_areas([degrees], [shapely.box(115, 34, 118, 37)], 4490)
    assert table.area_m2[0] == pytest.approx(engine_area([degrees], 4490)[0], rel=1e-11)


def test_a_red_line_of_many_points_shares_with_parcels_what_geos_says():
    rng = np.random.default_rng(2)
    bearing = np.linspace(0, 2 * np.pi, 1_500, endpoint=False)
    distance = 900.0 + 60.0 * np.sin(25 * bearing) + rng.uniform(-2, 2, 1_500)
    ring = np.column_stack([39_500_900 + distance * np.cos(bearing), 4_000_900 + distance * np.sin(bearing)])
    hole = shapely.box(39_500_700, 4_000_700, 39_500_950, 4_000_950)
    red_line = shapely.Polygon(ring).difference(hole)
    parcels = lattice(6, 300.0, (39.5e6, 4e6), seed=3)
    table = intersection_areas(parcels, [red_line], 4527)
    shapes = shapely.intersection(parcels[table.left], red_line)
    assert table.area_m2 == pytest.approx(engine_area(shapes, 4527), rel=1e-9, abs=1e-5)
    assert len(overlaps([red_line, hole], 4527)) == 0
    itself = intersection_areas([red_line], [red_line], 4527)
    assert itself.area_m2 == pytest.approx(engine_area([red_line], 4527), rel=1e-10)


def test_cells_keep_the_area_and_the_limits():
    comb = shapely.union_all([shapely.box(0, 0, 1000, 1), *(shapely.box(2 * i, 1, 2 * i + 1, 500) for i in range(500))])
    assert comb.geom_type == "Polygon"
    wide = shapely.Polygon([(0, 0), (60_000, 100), (61_000, 45_000), (-500, 50_000)])
    cells, area = cells_of([shapely.box(0, 0, 1, 1), comb, shapely.Polygon(), wide])
    vertices = np.add.reduceat(cells.chain[:, 6] - cells.chain[:, 5], cells.mark[:, 1])
    assert vertices.max() <= 2 * MOST_EDGES
    assert (cells.box[:, 2:] - cells.box[:, :2]).max() <= WIDEST_M
    assert set(cells.row) == {0, 1, 3}
    assert np.bincount(cells.row, area) == pytest.approx([1.0, comb.area, 0.0, wide.area], rel=1e-12)


def test_a_polygon_is_cut_no_finer_than_a_share_of_its_own_width():
    country = shapely.Polygon([(0, 0), (4_000_000, 0), (4_000_000, 3_000_000), (10, 3_000_000)])
    cells, area = cells_of([country])
    assert len(cells.row) <= (2 / FINEST) ** 2
    assert area.sum() == pytest.approx(country.area, rel=1e-9)


def test_a_wide_bent_polygon_around_a_parcel_shares_nothing_with_it():
    bend = shapely.box(0, 0, 60_000, 60_000).difference(shapely.box(1_000, 1_000, 60_000, 60_000))
    parcel = shapely.box(50_000, 50_000, 50_100, 50_100)
    assert len(intersection_areas([parcel], [bend], EQUAL_AREA)) == 0
    assert len(intersection_areas([bend], [parcel, None], EQUAL_AREA)) == 0


def test_a_layer_of_nothing_has_no_cells():
    assert len(prepare([shapely.Polygon(), None], EQUAL_AREA).cells.row) == 0
    assert len(intersection_areas(prepare([None], EQUAL_AREA), [shapely.box(0, 0, 1, 1)], EQUAL_AREA)) == 0


def test_edges_that_no_cut_can_part_are_left_together():
    fan = [(0.0, 0.0)]
    for i in range(300):
        fan += [(100.0 + i * 1e-3, 1e-3 * i), (0.001 * i, 100.0 + i)]
    cells, area = cells_of([shapely.Polygon(fan)])
    assert 1 <= len(cells.row) < 100
    assert area.sum() == pytest.approx(shapely.Polygon(fan).area, rel=1e-9)


def test_a_ring_is_parted_at_the_same_point_from_either_side():
    ring = np.array([[0.0, 0.0], [3.0, 1.0], [3.0, 7.0], [0.0, 7.0], [0.0, 0.0]])

    def halves(xy, axis, at):
        found = halved(xy, np.array([0, 5]), np.array([0, 1]), np.ones(1), np.array([axis]), np.array([at]))
        return [found[0][a:b] for a, b in zip(found[1][:-1], found[1][1:], strict=True)]

    left, right = halves(ring, 0, 1.0)
    assert left.tolist() == [[0, 0], [1, 1 / 3], [1, 7], [0, 7], [0, 0]]
    assert right.tolist() == [[1, 1 / 3], [3, 1], [3, 7], [1, 7], [1, 1 / 3]]
    for one, other in zip(halves(ring, 1, 2.0), halves(ring[::-1].copy(), 1, 2.0), strict=True):
        assert set(map(tuple, one)) == set(map(tuple, other))


def test_an_extent_that_no_projection_covers_is_said():
    far = shapely.box(-3e7, -3e7, 3e7, 3e7)
    with pytest.raises(BadInput, match="overlay-outside-crs"):
        intersection_areas([far], [far], 4527)


def test_a_layer_of_one_equals_its_parts_measured_apart():
    parcels = lattice(5, 100.0, (1000.0, 2000.0), seed=9)
    together = shapely.MultiPolygon(list(parcels[::2]))
    probe = shapely.box(1050, 2050, 1350, 2420)
    apart = intersection_areas(parcels[::2], [probe], EQUAL_AREA).area_m2.sum()
    assert intersection_areas([together], [probe], EQUAL_AREA).area_m2[0] == pytest.approx(apart, rel=1e-11)
