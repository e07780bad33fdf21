"""Engine area: exact on the ellipsoid, whatever the CRS."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from overlay_shapes import FULL, ZONES, equal_area, geodesic_area, star

from tilth.core import BadInput, NeedsAnswer
from tilth.overlay import engine_area, scale, survey_area_m2, threads
from tilth.overlay.ellipsoid import authalic, surface
from tilth.overlay.scale import area_scale, fit_scale

#: GeographicLib's area of a densified ring carries rounding of this size, however close its points are. [m²]
GEODESIC_NOISE = 3e-3


@pytest.mark.slow
@pytest.mark.parametrize(("epsg", "easting"), ZONES)
def test_area_is_the_geodesic_one_of_the_ring_with_a_point_every_metre(epsg, easting):
    rng = np.random.default_rng(epsg)
    for _ in range(170 if FULL else 4):
        centre = easting + rng.uniform(-150e3, 150e3), rng.uniform(2.0e6, 5.9e6)
        polygon = star(rng, centre, 10 ** rng.uniform(1.0, 3.3), int(rng.integers(4, 40)))
        area = engine_area([polygon], epsg)[0]
        assert area == pytest.approx(geodesic_area(polygon, epsg), rel=1e-9, abs=GEODESIC_NOISE)
        assert area == pytest.approx(equal_area(polygon, epsg, step=0.5), rel=1e-9, abs=1e-6)


@pytest.mark.slow
def test_area_in_degrees_is_the_geodesic_one():
    rng = np.random.default_rng(4490)
    for _ in range(170 if FULL else 6):
        centre = rng.uniform(74, 135), rng.uniform(18, 53)
        polygon = star(rng, centre, 10 ** rng.uniform(-4.0, -1.7), int(rng.integers(4, 40)))
        area = engine_area([polygon], 4490)[0]
        assert area == pytest.approx(geodesic_area(polygon, 4490, 1e-5), rel=1e-9, abs=GEODESIC_NOISE)
        assert area == pytest.approx(equal_area(polygon, 4490, 1e-5), rel=1e-9, abs=1e-6)


def test_a_degree_cell_has_the_area_of_the_survey_tables():
    assert engine_area([shapely.box(112, 35, 113, 36)], "EPSG:4490")[0] == pytest.approx(10066275204.05, abs=0.01)


def test_holes_are_subtracted_parts_added_and_nothing_measures_nothing():
    outer, hole = shapely.box(39.5e6, 4e6, 39.5e6 + 900, 4e6 + 900), shapely.box(39500300, 4000300, 39500600, 4000600)
    far = shapely.box(39510000, 4e6, 39510050, 4000050)
    whole, inner, other, ring, both, none, empty = engine_area(
        [outer, hole, far, outer - hole, shapely.MultiPolygon([outer - hole, far]), None, shapely.Polygon()], 4527
    )
    assert ring == pytest.approx(whole - inner, abs=1e-6)
    assert both == pytest.approx(whole - inner + other, abs=1e-6)
    assert (none, empty) == (0.0, 0.0)
    assert engine_area([], 4527).shape == (0,)
    assert engine_area([None], 4527).tolist() == [0.0]


def test_how_much_is_measured_at_a_time_changes_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    layer = [star(rng, (39.5e6, 4e6), 500, 12) for _ in range(20)]
    at_once = engine_area(layer, 4527), survey_area_m2(layer, 4527)
    monkeypatch.setattr(threads, "BLOCK_COORDINATES", 30)
    assert np.array_equal(engine_area(layer, 4527), at_once[0])
    assert np.array_equal(survey_area_m2(layer, 4527), at_once[1])
    layer[7] = shapely.Polygon([(0, 0), (1, np.inf), (1, 0)])
    for measured in (engine_area, survey_area_m2):
        with pytest.raises(BadInput) as refused:
            measured(layer, 4527)
        assert refused.value.values["row"] == 7


def test_order_of_points_and_of_polygons_does_not_matter():
    rng = np.random.default_rng(3)
    layer = np.array([star(rng, (39.5e6, 4e6), 500, 12) for _ in range(20)])
    order = rng.permutation(20)
    area = engine_area(layer, 4527)
    assert np.array_equal(engine_area(layer[order], 4527), area[order])
    assert engine_area(shapely.reverse(layer), 4527) == pytest.approx(area, rel=1e-12)


def test_series_frames_single_shapes_and_heights_are_taken():
    flat = shapely.box(39.5e6, 4e6, 39500100, 4000100)
    high = shapely.force_3d(flat, 812.5)
    frame = gpd.GeoDataFrame(geometry=[flat, None], crs=4527)
    area = engine_area([flat], 4527)[0]
    assert engine_area(frame.geometry, frame.crs).tolist() == [area, 0.0]
    assert engine_area(frame, frame.crs).tolist() == [area, 0.0]
    assert engine_area(high, 4527).tolist() == [area]


def test_a_polygon_across_the_date_line_is_measured_the_short_way():
    crs = pyproj.CRS.from_proj4("+proj=tmerc +lon_0=180 +ellps=GRS80")
    box = shapely.box(-5_000, 3e6, 5_000, 3.01e6)
    assert engine_area([box], crs)[0] == pytest.approx(geodesic_area(box, crs, 10.0), rel=1e-9)


def test_a_polygon_around_a_pole_is_measured():
    box = shapely.box(-1e6, -1e6, 1e6, 1e6)
    for epsg in (3413, 3031):
        known = pyproj.CRS(epsg)
        corners = pyproj.Transformer.from_crs(known, known.geodetic_crs, always_xy=True).transform(
            *shapely.get_coordinates(shapely.segmentize(box, 500.0))[:-1].T
        )
        geodesic = abs(known.get_geod().polygon_area_perimeter(*corners)[0])
        assert engine_area([box], epsg)[0] == pytest.approx(geodesic, rel=1e-7)


def test_feet_grads_spheres_compound_and_bound_systems_work_by_themselves():
    feet = shapely.box(980_000, 190_000, 990_000, 200_000)
    assert engine_area([feet], 2263)[0] == pytest.approx(geodesic_area(feet, 2263, 10.0), rel=1e-9)
    paris = shapely.box(2.0, 54.0, 2.01, 54.01)  # NTF (Paris), in grads from Paris
    degrees = shapely.box(1.8, 48.6, 1.809, 48.609)
    assert engine_area([paris], 4807)[0] == pytest.approx(engine_area([degrees], 4275)[0], rel=1e-9)
    sphere = "+proj=longlat +R=6371000 +type=crs"
    octant = engine_area([shapely.box(0, 0, 90, 90)], sphere)[0]
    assert octant == pytest.approx(4 * np.pi * 6371000.0**2 / 8, rel=1e-9)
    box = shapely.box(39.5e6, 4e6, 39500100, 4000100)
    bound = pyproj.CRS.from_proj4("+proj=tmerc +lon_0=117 +x_0=39500000 +ellps=GRS80 +towgs84=1,2,3 +type=crs")
    area = engine_area([box], 4527)[0]
    assert bound.is_bound
    assert engine_area([box], bound)[0] == pytest.approx(area, rel=1e-11)
    assert engine_area([box], "EPSG:4527+5737")[0] == area


def test_authalic_height_of_the_pole_makes_the_area_of_the_earth():
    ground = surface(4326)
    half = ground.polar_radius**2 * 2 * np.pi * authalic(np.array(np.pi / 2), ground.eccentricity)
    assert 2 * half == pytest.approx(510065621724088.44, rel=1e-14)  # GeographicLib, WGS 84


def test_area_scale_in_degrees_is_that_of_the_ellipsoid():
    ground, latitude = surface(4490), np.linspace(-70, 70, 15)
    e2, phi = ground.eccentricity**2, np.deg2rad(latitude)
    meridian_times_parallel = (
        6378137.0**2 * (1 - e2) * np.cos(phi) / (1 - e2 * np.sin(phi) ** 2) ** 2 * np.deg2rad(1) ** 2
    )
    assert area_scale(ground, np.full(15, 117.0), latitude) == pytest.approx(meridian_times_parallel, rel=1e-11)


def test_a_polynomial_carries_the_area_scale_of_a_whole_zone():
    ground = surface(4527)
    model = fit_scale(ground, np.array([-150e3, -1.8e6, 150e3, 1.8e6]), np.array([39.5e6, 4e6]))
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-150e3, 150e3, 200), rng.uniform(-1.8e6, 1.8e6, 200)
    assert model.at(x, y) == pytest.approx(area_scale(ground, 39.5e6 + x, 4e6 + y), rel=2e-11)


def test_an_area_scale_that_no_polynomial_carries_is_said(monkeypatch):
    monkeypatch.setattr(scale, "_SIDES", (8,))
    with pytest.raises(BadInput, match="overlay-outside-crs"):
        fit_scale(surface(4490), np.array([0.0, -85.0, 90.0, 85.0]), np.zeros(2))


@pytest.mark.parametrize(
    ("geometries", "crs", "code"),
    [
        ([shapely.Point(1, 2)], 4527, "overlay-not-polygon"),
        (["POLYGON EMPTY"], 4527, "overlay-not-polygon"),
        ([shapely.Polygon([(0, 0), (1, np.inf), (1, 0)])], 4527, "overlay-not-finite"),
        ([shapely.box(39.5e6, 4e6, 39.6e6, 4.1e6)], "no such system", "overlay-crs-unknown"),
        ([shapely.box(0, 0, 1, 1)], 4479, "overlay-crs-kind"),
        ([shapely.box(39.5e6, 4e6, 39.6e6, 4.1e6)], 4547, "overlay-outside-crs"),
    ],
)
def test_what_cannot_be_measured_is_said(geometries, crs, code):
    with pytest.raises(BadInput) as said:
        engine_area(geometries, crs)
    assert said.value.code == code
    assert said.value.said
    assert said.value.remedy


def test_the_row_at_fault_is_named_and_a_missing_crs_is_asked_for():
    with pytest.raises(BadInput, match="row 1 holds a LineString"):
        engine_area([None, shapely.LineString([(0, 0), (1, 1)])], 4527)
    infinite = shapely.Polygon([(0, 0), (1, np.inf), (1, 0)])
    with pytest.raises(BadInput, match="row 2 has a coordinate"):
        engine_area([None, shapely.box(0, 0, 1, 1), infinite], 4527)
    with pytest.raises(NeedsAnswer, match="EPSG:4527"):
        engine_area([shapely.box(0, 0, 1, 1)], None)
