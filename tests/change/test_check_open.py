"""What a check cannot know stays open: quarantined rows, land without a class, layers that are not there yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from check_county import CRS, REGIONS, VILLAGES, box, everything, layer, project, survey, task

from tilth.change.check import check_footprint
from tilth.change.rulepack import Outcome, load_rules
from tilth.change.verdict import RuleOutcome, Verdict
from tilth.core import Label
from tilth.land import Snapshot, Task

RULES = load_rules()
FIELDS = survey([{"parcel_id": "home", "class_code": "0702", "shape": box(0, 0, 50, 100)}])
WHOLE = survey([{"parcel_id": "home", "class_code": "0702", "shape": box(0, 0, 100, 100)}])
PLOT = box(10, 10, 20, 20)


def aside(
    known: Snapshot, shapes: Iterable[Any], *, code: str = "INTAKE-ROW-AREA-UNREADABLE", crs: str = CRS
) -> Snapshot:
    """`known` with rows quarantined at import."""
    held = gpd.GeoDataFrame({"code": code}, index=range(len(listed := list(shapes))), geometry=listed, crs=crs)
    count = len(listed)
    meta = replace(known.meta, rows_in=known.meta.rows_in + count, rows_quarantined=count)
    return replace(known, meta=meta, aside=held)


def check(
    *plots: Any,
    layers: dict[str, Snapshot] | None = None,
    parcels: Snapshot = WHOLE,
    tasks: Sequence[Task] = (),
    **more,
) -> Verdict:
    given = everything() if layers is None else layers
    return check_footprint(project(*plots), parcels, given, REGIONS, tasks, RULES, year=2024, **more)


def of(verdict: Verdict, rule: str) -> RuleOutcome:
    return next(outcome for outcome in verdict.outcomes if outcome.rule == rule)


# --- quarantined rows of a layer -----------------------------------------------------------------------------------


def test_a_quarantined_feature_over_the_footprint_leaves_its_rule_open():
    layers = everything()
    layers["pbf"] = aside(layers["pbf"], [box(0, 0, 15, 100), box(90, 90, 95, 95)])
    verdict = check(PLOT, layers=layers)
    occupied = of(verdict, "cn-pbf-occupied")
    assert occupied.outcome is Outcome.NOT_ASSESSED and not verdict.clear
    assert str(occupied.said) == (
        "not assessed: 1 row of the layer, quarantined at import, lies on 50.00 m² of the footprint"
    )
    assert of(verdict, "cn-pbf-task").outcome is Outcome.NOT_ASSESSED
    (finding,) = verdict.findings
    assert finding.code == "CHECK-ROWS-WITHHELD" and "of 2 rows of layer pbf" in finding.said
    assert "1 lies on 50.00 m² of the footprint and 0 have no usable polygon" in finding.said
    assert [str(outcome.outcome) for outcome in verdict.plots[0].outcomes if outcome.rule == occupied.rule] == [
        "not_assessed"
    ]


def test_a_quarantined_feature_elsewhere_is_only_named():
    layers = everything()
    layers["pbf"] = aside(layers["pbf"], [box(20, 10, 30, 20)])  # it touches the plot
    verdict = check(PLOT, layers=layers)
    assert verdict.clear and [finding.code for finding in verdict.findings] == ["CHECK-ROWS-QUARANTINED"]
    assert of(verdict, "cn-pbf-occupied").outcome is Outcome.PASS


def test_only_the_plot_under_a_quarantined_feature_is_left_open():
    layers = everything()
    layers["ecology"] = aside(layers["ecology"], [box(0, 0, 15, 100)])
    verdict = check(PLOT, box(30, 10, 40, 20), layers=layers)
    said = [one.outcome for plot in verdict.plots for one in plot.outcomes if one.rule == "cn-ecology-red-line"]
    assert said == [Outcome.NOT_ASSESSED, Outcome.PASS]
    assert of(verdict, "cn-ecology-red-line").outcome is Outcome.NOT_ASSESSED


@pytest.mark.parametrize(
    "shape",
    [
        None,
        shapely.Polygon(),
        shapely.Point(1, 2),
        shapely.LineString([(0, 0), (1, 1)]),
        shapely.transform(box(0, 0, 1, 1), lambda xy: xy + np.inf),
        shapely.transform(box(0, 0, 1, 1), lambda xy: xy * 0),
    ],
)
def test_a_quarantined_row_without_a_polygon_may_lie_anywhere(shape):
    layers = everything()
    layers["ecology"] = aside(layers["ecology"], [shape])
    verdict = check(PLOT, layers=layers)
    assert not verdict.clear
    assert str(of(verdict, "cn-ecology-red-line").said) == (
        "not assessed: 1 row of the layer, quarantined at import, has no usable polygon and may lie anywhere"
    )


def test_a_quarantined_polygon_in_no_possible_place_may_lie_anywhere():
    layers = everything()
    far = shapely.transform(box(0, 0, 1, 1), lambda xy: xy * 10)
    layers["ecology"] = aside(layers["ecology"], [far], code="INTAKE-ROW-COORDINATES")
    assert "may lie anywhere" in str(of(check(PLOT, layers=layers), "cn-ecology-red-line").said)
    degrees = shapely.box(120, 100, 121, 101)
    layers["ecology"] = aside(layer("ecology", [box(500, 500, 501, 501)]), [degrees], crs="EPSG:4490")
    assert not check(PLOT, layers=layers).clear


def test_a_quarantined_feature_in_degrees_is_brought_to_the_survey():
    layers = everything()
    there = gpd.GeoSeries([box(0, 0, 15, 100)], crs=CRS).to_crs("EPSG:4490")
    layers["pbf"] = aside(layers["pbf"], there, crs="EPSG:4490")
    assert "lies on 50.00 m²" in str(of(check(PLOT, layers=layers), "cn-pbf-occupied").said)


def test_a_rule_that_is_broken_anyway_stays_broken():
    layers = everything(pbf=[box(0, 0, 12, 100)])
    layers["pbf"] = aside(layers["pbf"], [box(12, 0, 15, 100)])
    verdict = check(PLOT, layers=layers)
    occupied = of(verdict, "cn-pbf-occupied")
    assert occupied.outcome is Outcome.FAIL and occupied.area_dm2 == 2_000
    assert "1 row of the layer, quarantined at import, lies on 30.00 m²" in str(occupied.said)


def test_whether_land_lies_outside_the_town_is_open_where_the_boundary_was_quarantined():
    layers = everything()
    layers["town"] = aside(layers["town"], [box(0, 0, 15, 100)])
    verdict = check(PLOT, layers=layers)
    assert of(verdict, "cn-town-boundary").outcome is Outcome.NOT_ASSESSED
    assert verdict.clear  # no footprint is refused for it
    inside = everything(town=[box(0, 0, 50, 50)])
    inside["town"] = aside(inside["town"], [box(0, 0, 15, 100)])
    assert of(check(PLOT, layers=inside), "cn-town-boundary").outcome is Outcome.PASS


def test_a_quarantined_feature_of_a_kind_that_no_rule_knows_is_said():
    layers = everything() | {"heritage": aside(layer("heritage", [box(80, 80, 81, 81)]), [box(0, 0, 15, 100)])}
    verdict = check(PLOT, layers=layers)
    assert "quarantined at import, lies on 50.00 m²" in str(of(verdict, "layer:heritage").said)
    assert verdict.clear


# --- land whose class nobody knows ---------------------------------------------------------------------------------


def test_no_farmland_is_never_said_of_land_whose_parcel_was_quarantined():
    verdict = check(box(60, 10, 70, 20), parcels=aside(FIELDS, [box(50, 0, 100, 100)], code="INTAKE-ROW-CLASS-UNKNOWN"))
    for rule in ("cn-farmland-occupied", "cn-farmland-slope", "cn-farmland-quality", "cn-holding-task"):
        assert of(verdict, rule).outcome is Outcome.NOT_ASSESSED, rule
    assert str(of(verdict, "cn-farmland-occupied").said) == (
        "not assessed: 100.00 m² of the footprint are of no known class, so farmland there cannot be ruled out; "
        "1 row of the layer, quarantined at import, lies on 100.00 m² of the footprint"
    )
    assert "地类不明" in of(verdict, "cn-farmland-occupied").said.zh
    assert not verdict.clear and "CHECK-ROWS-WITHHELD" in {finding.code for finding in verdict.findings}


def test_land_on_no_parcel_is_never_said_to_hold_no_farmland():
    verdict = check(box(40, 10, 60, 20), parcels=FIELDS)
    assert of(verdict, "cn-farmland-occupied").outcome is Outcome.NOT_ASSESSED
    assert [one.rule for one in verdict.open] == ["cn-holding-task"] and not verdict.clear


def test_a_class_that_is_in_no_code_system_may_be_farmland():
    odd = survey([{"parcel_id": "a", "class_code": "9999", "shape": box(0, 0, 100, 100)}])
    assert of(check(PLOT, parcels=odd), "cn-farmland-occupied").outcome is Outcome.NOT_ASSESSED


def test_a_parcel_without_a_polygon_can_only_lie_where_no_other_does():
    known = check(PLOT, parcels=aside(FIELDS, [None]))
    assert known.clear and of(known, "cn-farmland-occupied").outcome is Outcome.PASS
    assert "may lie anywhere" in str(
        of(check(box(40, 10, 60, 20), parcels=aside(FIELDS, [None])), "cn-holding-task").said
    )


def test_farmland_that_is_known_is_measured_beside_land_that_is_not():
    dry = survey([{"parcel_id": "dry", "shape": box(0, 0, 50, 100), "region_code": VILLAGES[0]}])
    verdict = check(box(40, 10, 60, 20), parcels=dry, tasks=[task(4_000)])
    occupied = of(verdict, "cn-farmland-occupied")
    assert occupied.outcome is Outcome.INFO and occupied.area_dm2 == 10_000
    assert "100.00 m² of the footprint are of no known class" in str(occupied.said)
    assert of(verdict, "cn-holding-task").outcome is Outcome.PASS  # 900 m² to spare, 100 m² not known
    close = of(check(box(40, 10, 60, 20), parcels=dry, tasks=[task(4_801)]), "cn-holding-task")
    assert close.outcome is Outcome.NOT_ASSESSED  # 99 m² to spare
    broken = of(check(box(40, 10, 60, 20), parcels=dry, tasks=[task(4_901)]), "cn-holding-task")
    assert broken.outcome is Outcome.FAIL


def test_basic_farmland_that_was_quarantined_counts_where_the_task_is_close():
    def kept(task_m2: float) -> Outcome:
        layers = everything(pbf=[box(0, 0, 12, 100)])
        layers["pbf"] = aside(layers["pbf"], [box(12, 0, 15, 100)])
        return of(check(PLOT, layers=layers, tasks=[task(0, task_m2)]), "cn-pbf-task").outcome

    assert (kept(1_150), kept(1_151), kept(1_181)) == (Outcome.PASS, Outcome.NOT_ASSESSED, Outcome.FAIL)


def test_basic_farmland_that_stands_twice_meets_no_task():
    """1,200 m² under two features each, 200 of it under the plot: 1,000 m² are left, whatever the layer adds up to."""

    def kept(task_m2: float) -> RuleOutcome:
        layers = everything(pbf=[box(0, 0, 12, 100), box(0, 0, 12, 100)])
        return of(check(box(10, 0, 12, 100), layers=layers, tasks=[task(0, task_m2)]), "cn-pbf-task")

    assert (kept(1_000).outcome, kept(1_001).outcome) == (Outcome.PASS, Outcome.FAIL)
    assert kept(1_001).values["standing"][0]["before_dm2"] == 120_000


# --- layers and tasks that are not there ---------------------------------------------------------------------------


def test_land_outside_every_parcel_is_not_clear_without_a_boundary():
    layers = everything()
    del layers["village"]
    verdict = check(box(500, 0, 510, 10), layers=layers)
    assert not verdict.clear and not verdict.failed
    assert str(verdict.said).startswith("not fully assessed: no rule is broken, but 5 rules that can be broken")


LAYER_RULES = ("cn-pbf-occupied", "cn-ecology-red-line", "cn-pbf-reserve", "cn-town-boundary", "cn-other-project")


def test_no_rule_about_a_layer_passes_for_land_outside_the_county():
    verdict = check(box(500, 0, 510, 10))
    for rule in LAYER_RULES:
        one = of(verdict, rule)
        assert one.outcome is Outcome.NOT_ASSESSED, rule
        assert one.said.en.startswith("not assessed: all 100.00 m² lie beyond the land that the survey covers, where ")
    gap, beyond = of(verdict, "cn-survey-gap"), of(verdict, "cn-outside-county")
    assert str(gap.said) == "not assessed: none of the footprint lies in the county"
    assert beyond.outcome is Outcome.FAIL and "not assessed" not in str(beyond.said)
    assert str(beyond.said) == "100.00 m² lie outside the county: its survey and its layers say nothing of them"
    assert of(verdict, "cn-pbf-task").outcome is Outcome.NOT_ASSESSED
    assert not any(str(one.outcome) == "pass" for one in verdict.outcomes)


def test_a_footprint_that_reaches_beyond_the_county_is_assessed_in_part():
    verdict = check(box(90, 90, 110, 100))
    clear = of(verdict, "cn-pbf-occupied")
    assert clear.outcome is Outcome.NOT_ASSESSED
    assert str(clear.said).startswith("assessed in part only: nothing lies in permanent basic farmland;")
    assert "100.00 m² lie beyond the land that the survey covers, where permanent basic farmland is not" in str(
        clear.said
    )
    broken = of(check(box(90, 90, 110, 100), layers=everything(pbf=[box(95, 90, 99, 99)])), "cn-pbf-occupied")
    assert broken.outcome is Outcome.FAIL and "beyond the land that the survey covers" in str(broken.said)
    cells = {row.key for table in verdict.tables() if table.id == "check-cross" for row in table.rows}
    assert {"not assessed" in key for key in cells if "outside the county" in key} == {True}


def test_a_layer_that_reaches_beyond_the_county_is_heard_there():
    verdict = check(box(500, 0, 510, 10), layers=everything(ecology=[box(490, 0, 520, 99)]))
    assert of(verdict, "cn-ecology-red-line").outcome is Outcome.FAIL


def test_a_layer_that_cannot_be_used_says_why():
    layers = everything()
    del layers["pbf"]
    verdict = check(PLOT, layers=layers, unusable={"pbf": Label("it is of 2025", "为2025年")})
    assert of(verdict, "cn-pbf-occupied").said == Label("not assessed: it is of 2025", "未评估：为2025年")
    assert not verdict.clear


def test_a_task_without_basic_farmland_leaves_that_rule_open():
    silent = replace(task(1), pbf_dm2=None)
    verdict = check(PLOT, layers=everything(pbf=[box(0, 0, 12, 100)]), tasks=[silent])
    assert of(verdict, "cn-pbf-task").outcome is Outcome.NOT_ASSESSED


# --- names -----------------------------------------------------------------------------------------------------------


def test_plots_whose_names_collide_are_still_told_apart():
    squares = [box(10, 10, 20, 20), box(30, 10, 60, 20), box(70, 10, 80, 20)]
    footprint = project(*squares, ids=["a", "a~2", "a"])
    verdict = check_footprint(footprint, WHOLE, everything(), REGIONS, (), RULES, year=2024)
    assert [(plot.id, plot.area_dm2) for plot in verdict.plots] == [("a", 10_000), ("a~2", 30_000), ("a~3", 10_000)]
    plots, _ = verdict.tables()
    assert plots.column("total").tolist() == [10_000, 30_000, 10_000, 50_000]


def test_features_whose_names_collide_are_still_told_apart():
    pbf = layer("pbf", [box(0, 0, 12, 50), box(12, 0, 14, 50), box(14, 0, 16, 50)], ["7", "7~2", "7"])
    verdict = check(PLOT, layers=everything() | {"pbf": pbf})
    hits = [hit for hit in verdict.hits if hit.layer == "pbf"]
    assert [hit.feature_id for hit in hits] == ["7", "7~2", "7~3"] and len({hit.id for hit in hits}) == 3
