"""Coverage: ground of a region that no parcel covers, measured and shown."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from overlay_shapes import EQUAL_AREA, lattice, outline

from tilth.overlay import engine_area, gap_area, gap_polygons
from tilth.overlay.coverage import _union

REGIONS = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(30, 30, 31, 31)]


def test_a_region_covered_once_has_no_gap():
    parcels = lattice(5, 120.0, (39.55e6, 4.1e6), seed=2)
    village = outline(parcels)
    assert gap_area(parcels, [village], 4527) == pytest.approx([0.0], abs=1e-9 * 360_000)
    assert len(gap_polygons(parcels, [village], 4527)) == 0


def test_a_missing_parcel_is_the_gap():
    parcels = lattice(5, 120.0, (39.55e6, 4.1e6), seed=2)
    village = outline(parcels)
    rest = np.delete(parcels, 12)
    lost = engine_area(parcels[12:13], 4527)[0]
    assert gap_area(rest, [village], 4527)[0] == pytest.approx(lost, abs=1e-4)
    gaps = gap_polygons(rest, [village], 4527)
    assert gaps.region.tolist() == [0]
    assert gaps.area_m2[0] == pytest.approx(lost, abs=1e-4)
    assert shapely.contains_xy(parcels[12], *gaps.point[0])


def test_overlapping_parcels_do_not_hide_a_gap():
    parcels = [shapely.box(0, 0, 6, 10), shapely.box(4, 0, 9, 10), shapely.box(10, 0, 20, 10)]
    assert gap_area(parcels, REGIONS, EQUAL_AREA) == pytest.approx([10.0, 0.0, 1.0], abs=1e-9)
    gaps = gap_polygons(parcels, REGIONS, EQUAL_AREA)
    assert gaps.region.tolist() == [0, 2]
    assert gaps.polygon[0].bounds == (9, 0, 10, 10)
    assert gaps.polygon[1].equals(REGIONS[2])


def test_ground_covered_three_times_is_still_covered_once():
    parcels = [shapely.box(0, 0, 6, 10), shapely.box(4, 0, 10, 10), shapely.box(5, 0, 12, 9), shapely.box(5, 5, 20, 10)]
    covered = shapely.union_all(parcels)
    expected = [region.difference(covered).area for region in REGIONS]
    assert gap_area(parcels, REGIONS, EQUAL_AREA) == pytest.approx(expected, abs=1e-9)


def test_gaps_are_listed_by_region_and_size():
    parcels = [shapely.box(1, 0, 4, 10), shapely.box(6, 0, 10, 10), shapely.box(10, 0, 19.5, 10), REGIONS[2]]
    gaps = gap_polygons(parcels, REGIONS, EQUAL_AREA)
    assert gaps.region.tolist() == [0, 0, 1]
    assert gaps.area_m2 == pytest.approx([20.0, 10.0, 5.0], abs=1e-9)
    assert gap_polygons(parcels, REGIONS, EQUAL_AREA, least_m2=15.0).region.tolist() == [0]
    assert len(gap_polygons([], REGIONS, EQUAL_AREA)) == 3
    assert len(gap_polygons(parcels, [], EQUAL_AREA)) == 0


def test_crossing_parcels_are_repaired_before_they_are_joined():
    crossed = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    assert _union(np.array([crossed, shapely.box(1, 0, 3, 1)])).area > 0
