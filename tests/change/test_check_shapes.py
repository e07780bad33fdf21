"""Cutting shapes: what GEOS refuses is tried again on the survey's grid, and never comes out as a traceback."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from check_county import CRS, REGIONS, box, layer, project, survey

from tilth.change import hits_frame, layer_label
from tilth.change.check import check_footprint
from tilth.change.footprint import read_plots
from tilth.change.rulepack import Kind, Outcome, RulePack, load_rules
from tilth.change.shapes import joined, less, meet, moved, parted, plane, polygonal, transformer, valid
from tilth.core import BadInput, NeedsAnswer


def array(*shapes) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


def test_a_plane_knows_how_small_nothing_is_in_its_unit():
    assert plane(CRS).metre == 1.0 and plane(CRS).grid == 1e-4
    assert plane("EPSG:4490").metre == pytest.approx(1 / 111_320)
    assert plane("EPSG:2264").metre == pytest.approx(3.28083, rel=1e-5)  # US survey feet


def test_a_crs_that_cannot_be_read_is_refused():
    with pytest.raises(NeedsAnswer, match="CHECK-CRS-MISSING"):
        plane("")
    with pytest.raises(BadInput, match="CHECK-CRS-UNKNOWN"):
        plane("EPSG:nowhere")


def test_all_forms_of_cgcs2000_are_one_datum_and_beijing_1954_is_another():
    esri = plane("EPSG:4527").crs.to_wkt("WKT1_ESRI")
    assert transformer(esri, "EPSG:4528", "x") is not None
    assert transformer("EPSG:4527", "EPSG:4527", "x") is None
    with pytest.raises(BadInput, match="different datums"):
        transformer("EPSG:2422", "EPSG:4527", "x")


def test_coordinates_outside_the_projection_are_refused():
    with pytest.raises(BadInput, match="CHECK-CRS-OUTSIDE"):
        moved(array(shapely.box(0, 0, 9e20, 9e20)), "EPSG:4527", "EPSG:4528", "x")
    with pytest.raises(BadInput, match="CHECK-CRS-OUTSIDE"):
        moved(array(shapely.box(9e20, 0, 9e20 + 1e6, 1e5)), "EPSG:4527", "EPSG:4528", "x")


def test_only_the_polygon_part_of_a_shape_is_kept():
    mixed = shapely.GeometryCollection(
        [box(0, 0, 1, 1), shapely.Point(5, 5), shapely.MultiPolygon([box(2, 2, 3, 3), box(4, 4, 5, 5)])]
    )
    found = polygonal(array(mixed, shapely.LineString([(0, 0), (1, 1)]), box(0, 0, 2, 2)))
    assert [shape.area for shape in found] == [3.0, 0.0, 4.0]


def test_a_missing_shape_is_an_empty_polygon():
    assert valid(array(None))[0].is_empty


def test_where_geos_fails_the_pair_is_cut_again_on_the_grid(monkeypatch):
    tried = []

    def stubborn(real):
        def operation(*shapes, **options):
            tried.append(options)
            if "grid_size" not in options:
                raise shapely.GEOSException("TopologyException: side location conflict")
            return real(*shapes, **options)

        return operation

    for name in ("intersection", "difference", "union_all"):
        monkeypatch.setattr(shapely, name, stubborn(getattr(shapely, name)))
    ground, left, right = plane(CRS), array(box(0, 0, 4, 4)), array(box(2, 0, 6, 4))
    assert meet(left, right, ground)[0].area == 8.0
    assert less(left, right, ground)[0].area == 8.0
    assert joined(array(left[0], right[0]), ground).area == 24.0
    assert {"grid_size": 1e-4} in tried


def test_parts_that_do_not_add_up_are_cut_again_on_the_grid(monkeypatch):
    """GEOS 3.14 gives an intersection of 4 m² for two polygons that only touch; here it is made to."""
    real = shapely.intersection

    def wrong(left, right, **options):
        return real(left, right, **options) if options else array(box(0, 0, 2, 2))

    monkeypatch.setattr(shapely, "intersection", wrong)
    inside, outside = parted(array(box(0, 0, 4, 4)), array(box(4, 0, 6, 4)), plane(CRS))
    assert (inside[0].area, outside[0].area) == (0.0, 16.0)


def test_pieces_inside_a_layer_that_miss_its_cover_are_a_finding(monkeypatch):
    from tilth.change import partition

    monkeypatch.setattr(
        partition, "parted", lambda shapes, over, ground: (shapes, array(*[shapely.Polygon()] * len(over)))
    )
    parcels = survey([{"parcel_id": "a", "shape": box(0, 0, 20, 10)}])
    layers = {"pbf": layer("pbf", [box(0, 0, 5, 10)])}
    verdict = check_footprint(project(box(0, 0, 20, 10)), parcels, layers, REGIONS, (), load_rules(), year=2024)
    assert [f.said.split(":")[0] for f in verdict.findings] == ["plot 1, layer pbf, feature Σ"]
    assert not verdict.clear


def test_what_geos_refuses_twice_is_said_with_its_place(monkeypatch):
    def refuses(*_, **__):
        raise shapely.GEOSException("no")

    monkeypatch.setattr(shapely, "intersection", refuses)
    with pytest.raises(BadInput, match=r"near \(39500000.000, 4000000.000\) cannot be cut: no"):
        meet(array(box(0, 0, 4, 4)), array(box(2, 0, 6, 4)), plane(CRS))


def test_one_pair_that_fails_does_not_touch_the_others(monkeypatch):
    real = shapely.intersection

    def picky(left, right, **options):
        if isinstance(left, np.ndarray):
            raise shapely.GEOSException("one of them")
        return real(left, right, **options)

    monkeypatch.setattr(shapely, "intersection", picky)
    found = meet(array(box(0, 0, 4, 4), box(0, 0, 1, 1)), array(box(2, 0, 6, 4), box(0, 0, 1, 1)), plane(CRS))
    assert [shape.area for shape in found] == [8.0, 1.0]


def test_parts_that_miss_their_plot_by_more_than_the_survey_allows_are_a_finding(monkeypatch):
    from tilth.change import footprint

    monkeypatch.setattr(footprint, "survey_area", lambda shapes, crs: np.full(len(shapes), 25_000))
    parcels = survey([{"parcel_id": "a", "shape": box(0, 0, 20, 10)}])
    verdict = check_footprint(project(box(0, 0, 20, 10)), parcels, {}, REGIONS, (), load_rules(), year=2024)
    (finding,) = verdict.findings
    assert finding.code == "CHECK-AREA" and "by 50.0000 m²" in finding.said
    assert not verdict.clear


def test_a_footprint_without_names_is_called_by_its_rows():
    plots = read_plots(project(box(0, 0, 1, 1), box(2, 0, 3, 1)).drop(columns=["plot_id", "plot_name"]), CRS)
    assert plots.ids == ("#1", "#2") and plots.names == ("", "")


def test_what_the_survey_area_refuses_for_another_reason_is_passed_on(monkeypatch):
    from tilth.change import footprint

    def refuses(shapes, crs):
        raise BadInput("overlay-outside-crs", crs=crs)

    monkeypatch.setattr(footprint, "survey_area", refuses)
    with pytest.raises(BadInput, match="overlay-outside-crs"):
        read_plots(project(box(0, 0, 1, 1)), CRS)


def test_a_plot_smaller_than_a_hundredth_of_a_square_metre_is_refused():
    with pytest.raises(BadInput, match=r"has no area that can be measured \(Polygon 0.00 m²\)"):
        read_plots(project(box(0, 0, 0.05, 0.05)), CRS)


def test_a_rule_that_only_passes_lists_no_hits():
    rules = load_rules()
    silent = tuple(replace(rule, outcome=Outcome.PASS) for rule in rules.rules if rule.kind is Kind.INSIDE)
    parcels = survey([{"parcel_id": "a", "shape": box(0, 0, 20, 10)}])
    pack = RulePack("silent", "1", rules.title, silent)
    layers = {"pbf": layer("pbf", [box(0, 0, 5, 5)])}
    verdict = check_footprint(project(box(0, 0, 20, 10)), parcels, layers, REGIONS, (), pack, year=2024)
    assert verdict.hits == () and len(hits_frame(verdict.hits, CRS)) == 0


def test_a_layer_kind_that_has_no_name_is_called_by_its_word():
    assert (layer_label("heritage").zh, layer_label("pbf").zh) == ("heritage", "永久基本农田")
