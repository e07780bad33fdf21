"""Survey area: the official figure, to the last printed digit."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from overlay_shapes import star

from tilth.core import BadInput
from tilth.overlay import engine_area, survey_area, survey_area_m2
from tilth.overlay.survey import CGCS2000, inverse_gauss, survey_zone, trapezoid

FIVE_POINTS = [
    (40450123.4567, 3600000.1234),
    (40450200.25, 3600310.5),
    (40450610.125, 3600420.75),
    (40450820.9, 3600105.3),
    (40450501.77, 3599880.42),
]


@pytest.mark.parametrize(
    ("polygon", "epsg", "expected"),
    [
        (shapely.box(39500000, 4000000, 39501000, 4001000), 4527, 999999.9954),
        (shapely.box(39630000, 4000000, 39631000, 4001000), 4527, 999580.6200),
        (shapely.box(38400000, 3500000, 38400020, 3500500), 4526, 9997.5341),
        (shapely.Polygon(FIVE_POINTS), 4528, 242086.4835),
    ],
)
def test_published_rings_come_out_to_a_tenth_of_a_thousandth(polygon, epsg, expected):
    assert survey_area_m2([polygon], epsg)[0] == pytest.approx(expected, abs=5.1e-5)


@pytest.mark.parametrize(
    ("south", "area"), [(20, 30165060.64), (35, 26367263.06), (45, 22810533.44), (50, 20758420.67)]
)
def test_sheet_theoretical_areas(south, area):
    sheet = shapely.box(117.0, south, 117.0 + 3.75 / 60, south + 2.5 / 60)
    assert survey_area([sheet], "EPSG:4490")[0] == round(area * 100)


def test_the_trapezoid_series_is_the_closed_form():
    south, north = np.deg2rad(np.arange(0.0, 60.0, 5.0)), np.deg2rad(np.arange(0.0, 60.0, 5.0) + 1.0)
    cells = [shapely.box(100, degree, 101, degree + 1) for degree in range(0, 60, 5)]
    assert trapezoid(south, north, np.full(12, np.deg2rad(1.0))) == pytest.approx(engine_area(cells, 4490), rel=1e-10)
    assert CGCS2000.trapezoid == pytest.approx(
        (
            1.0033640898341927,
            0.0011241893819271072,
            1.6994594735188535e-06,
            2.717857845577432e-09,
            4.358419004834252e-12,
        ),
        rel=1e-12,
    )


def test_example_parcels_of_the_exchange_format():
    simple = shapely.Polygon(
        [(38412300.125, 3500400.250), (38412660.750, 3500420.5), (38412700.0, 3500180.375), (38412320.625, 3500150.0)]
    )
    holed = shapely.Polygon(
        [(38413000, 3501000), (38413500, 3501010), (38413520, 3500700), (38413010, 3500690)],
        [[(38413200, 3500900), (38413260, 3500900), (38413260, 3500840), (38413200, 3500840)]],
    )
    parts = shapely.MultiPolygon(
        [shapely.box(38412500, 3499500, 38412600, 3499600), shapely.box(38412700, 3499540, 38412760, 3499600)]
    )
    assert survey_area([simple, holed, parts, None], 4526).tolist() == [9145832, 15307160, 1359744, 0]
    assert survey_area([None, shapely.Polygon()], 4526).tolist() == [0, 0]
    outer, hole = (shapely.Polygon(ring) for ring in (holed.exterior, holed.interiors[0]))
    assert survey_area([outer, hole], 4526).tolist() == [15667093, 359933]


def test_with_and_without_zone_prefix_in_three_and_six_degrees_it_is_the_same_ground():
    # Zone 39 of 3 degrees and zone 20 of 6 degrees share the central meridian 117.
    boxes = {
        4527: shapely.box(39510000, 4000000, 39510200, 4000300),
        4548: shapely.box(510000, 4000000, 510200, 4000300),
        4498: shapely.box(20510000, 4000000, 20510200, 4000300),
        4509: shapely.box(510000, 4000000, 510200, 4000300),
    }
    assert len({int(survey_area([box], epsg)[0]) for epsg, box in boxes.items()}) == 1


@pytest.mark.parametrize("epsg", [4491, 4501, 4502, 4512, 4513, 4533, 4534, 4554])
def test_every_zone_is_known_by_code_and_by_its_text(epsg):
    crs = pyproj.CRS(epsg)
    zone = survey_zone(epsg)
    for text in (crs.to_wkt(), crs.to_wkt("WKT1_ESRI"), crs.to_wkt("WKT1_GDAL")):
        assert survey_zone(text) == zone
    assert np.rad2deg(zone.central_meridian) in range(75, 136, 3)


def test_the_inverse_series_agrees_with_proj_to_a_millimetre():
    to_geodetic = pyproj.Transformer.from_crs(4527, 4490, always_xy=True)
    northing, east = np.meshgrid(np.linspace(2e6, 5.9e6, 9), np.linspace(-150e3, 150e3, 7))
    longitude, latitude = to_geodetic.transform(39.5e6 + east, northing)
    ours = inverse_gauss(northing, east, np.deg2rad(117.0))
    assert np.abs(np.rad2deg(ours[0]) - latitude).max() * 111e3 < 1e-3
    assert np.abs(np.rad2deg(ours[1]) - longitude).max() * 111e3 < 1e-3


def test_survey_and_engine_differ_by_no_more_than_the_rounding_of_coordinates():
    rng = np.random.default_rng(8)
    layer = [star(rng, (39.5e6 + rng.uniform(-1e5, 1e5), 4e6), 400.0, 12) for _ in range(40)]
    difference = np.abs(survey_area_m2(layer, 4527) - engine_area(layer, 4527))
    assert difference.max() < 0.05


def test_in_degrees_short_edges_give_the_area_of_the_projected_parcel():
    rng = np.random.default_rng(9)
    parcel = star(rng, (39_560_000.0, 3.9e6), 60.0, 24)
    to_degrees = pyproj.Transformer.from_crs(4527, 4490, always_xy=True)
    same = shapely.transform(parcel, lambda xy: np.column_stack(to_degrees.transform(*xy.T)))
    assert survey_area_m2([same], 4490)[0] == pytest.approx(survey_area_m2([parcel], 4527)[0], abs=0.005)


@pytest.mark.parametrize("crs", [32650, 4326, 2414, 4610, 3857, "EPSG:4479", "+proj=tmerc +ellps=GRS80 +type=crs"])
def test_other_systems_are_refused(crs):
    with pytest.raises(BadInput, match="overlay-crs-not-survey"):
        survey_area([shapely.box(0, 0, 1, 1)], crs)


def test_a_zone_with_a_scale_factor_is_refused():
    wkt = (
        pyproj.CRS(4527)
        .to_wkt()
        .replace('"Scale factor at natural origin",1,', '"Scale factor at natural origin",0.9996,')
    )
    with pytest.raises(BadInput, match="overlay-crs-not-survey"):
        survey_zone(wkt)
