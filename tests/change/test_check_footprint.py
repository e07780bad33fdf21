"""The check of a footprint on squares that can be worked on paper."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest
import shapely
from check_county import COUNTY, CRS, REGIONS, TOWNSHIP, VILLAGES, box, everything, layer, project, ring, survey, task

from tilth.change.check import check_footprint
from tilth.change.contest import Contest
from tilth.change.rulepack import Outcome, RulePack, load_rules
from tilth.change.verdict import RuleOutcome, Verdict, hits_frame
from tilth.core import BadInput, NeedsAnswer, speaking
from tilth.land import RegionTree

RULES = load_rules()

#: West half dry farmland of grade 5 with a 10 % ridge coefficient, east half paddy of grade 3, then a village.
PARCELS = survey(
    [
        {
            "parcel_id": "dry",
            "shape": box(0, 0, 50, 100),
            "slope_grade": 4,
            "quality_grade": 5,
            "ridge_coef": 0.1,
            "region_code": VILLAGES[1],
            "net_area_dm2": 450_000,
        },
        {
            "parcel_id": "paddy",
            "shape": box(50, 0, 90, 100),
            "class_code": "0101",
            "slope_grade": 1,
            "quality_grade": 3,
        },
        {"parcel_id": "homes", "shape": box(90, 0, 100, 100), "class_code": "0702"},
    ]
)


def check(
    footprint, layers=None, tasks=(), *, parcels=PARCELS, rules: RulePack = RULES, regions=REGIONS, **more
) -> Verdict:
    layers = everything() if layers is None else layers
    return check_footprint(footprint, parcels, layers, regions, tasks, rules, year=2024, **more)


def of(verdict: Verdict, rule: str) -> RuleOutcome:
    return next(outcome for outcome in verdict.outcomes if outcome.rule == rule)


def test_a_footprint_on_a_village_is_clear():
    verdict = check(project(box(92, 10, 98, 20)))
    assert verdict.clear
    assert verdict.area_dm2 == 6_000 and verdict.area_from == "survey"
    assert str(verdict.said) == "clear: no rule is broken; 0 warnings, 0 rules not assessed"
    assert {o.outcome for o in verdict.outcomes} == {Outcome.PASS, Outcome.INFO}  # info: outside the town boundary


def test_permanent_basic_farmland_is_found_to_the_hundredth_of_a_square_metre():
    verdict = check(project(box(10, 10, 30, 20)), everything(pbf=[box(29, 19, 60, 60), box(60, 0, 80, 20)]))
    outcome = of(verdict, "cn-pbf-occupied")
    assert outcome.outcome is Outcome.FAIL and not verdict.clear
    assert outcome.area_dm2 == 100
    assert str(outcome.said) == "1.00 m² (0.50 %) lie in permanent basic farmland, 199.00 m² outside"
    assert "approval of the State Council" in str(outcome.duty)
    (hit,) = [hit for hit in verdict.hits if hit.rule == "cn-pbf-occupied"]
    assert (hit.layer, hit.feature_id, hit.name) == ("pbf", "pbf-1", "pbf 1")
    assert (hit.parcel_id, hit.area_dm2) == ("dry", 100)
    assert hit.geometry.contains(shapely.Point(hit.x, hit.y))
    assert str(verdict.said).startswith(
        "fails: 1 rule is broken (cn-pbf-occupied Permanent basic farmland is not occupied), 1 hit"
    )
    assert "不通过" in verdict.said.zh


def test_a_hit_over_several_parcels_names_each_with_its_area():
    halves = survey(
        [{"parcel_id": "a", "shape": box(0, 0, 50, 100)}, {"parcel_id": "b", "shape": box(50, 0, 100, 100)}]
    )
    verdict = check(project(box(40, 0, 70, 10)), everything(pbf=[box(30, 0, 99, 10)]), parcels=halves)
    (hit,) = [one for one in verdict.hits if one.rule == "cn-pbf-occupied"]
    assert dict(zip(hit.parcel_ids, hit.parcel_dm2, strict=True)) == {"b": 20_000, "a": 10_000}
    assert sum(hit.parcel_dm2) == hit.area_dm2 == 30_000 and hit.as_record()["parcel_dm2"] == [20_000, 10_000]


def test_touching_a_red_line_is_not_crossing_it():
    layers = everything(pbf=[box(30, 0, 60, 60)], ecology=[box(0, 20, 60, 60)])
    verdict = check(project(box(10, 10, 30, 20)), layers, [task(1)])
    assert verdict.clear
    assert [hit for hit in verdict.hits if hit.layer != "parcels"] == []


def test_farmland_occupied_names_the_claim_it_would_create():
    verdict = check(project(box(40, 0, 60, 10)))
    outcome = of(verdict, "cn-farmland-occupied")
    assert outcome.outcome is Outcome.INFO and outcome.version == "2024"
    assert outcome.values == {
        "gross_dm2": 20_000,
        "deduct_dm2": 1_000,
        "claim_dm2": 19_000,
        "claim_paddy_dm2": 10_000,
        "claim_by_class_dm2": {"0101": 10_000, "0103": 9_000},
        "claim_by_grade_dm2": {"3": 10_000, "5": 9_000},
    }
    assert [hit.feature_id for hit in verdict.hits if hit.rule == outcome.rule] == ["dry", "paddy"]


def test_steep_farmland_is_given_as_a_share_of_the_farmland():
    outcome = of(check(project(box(40, 0, 60, 10))), "cn-farmland-slope")
    assert outcome.area_dm2 == 10_000
    assert "4: 100.00 m² (50.00 %), 5: 0.00 m² (0.00 %), of 200.00 m² farmland" in str(outcome.said)


def test_steep_farmland_is_said_in_chinese_units_in_chinese():
    said = of(check(project(box(0, 0, 20, 10))), "cn-farmland-slope").said
    assert "m²" in said.en and "m²" not in said.zh and "4级：" in said.zh and "平方米（" in said.zh


def test_mean_quality_weighs_grades_by_net_area():
    outcome = of(check(project(box(40, 0, 60, 10))), "cn-farmland-quality")
    assert outcome.values["mean_grade"] == "3.95"  # (3 × 100 + 5 × 90) / 190 = 3.947
    assert outcome.values["area_x_grade"] == 3 * 10_000 + 5 * 9_000


def test_farmland_without_a_grade_is_said_and_not_assumed():
    parcels = survey([{"parcel_id": "a", "shape": box(0, 0, 10, 10)}, {"parcel_id": "b", "shape": box(10, 0, 20, 10)}])
    verdict = check(project(box(0, 0, 20, 10)), parcels=parcels)
    assert of(verdict, "cn-farmland-quality").outcome is Outcome.NOT_ASSESSED
    assert of(verdict, "cn-farmland-slope").outcome is Outcome.NOT_ASSESSED
    assert of(verdict, "cn-farmland-occupied").values["claim_by_grade_dm2"] == {"": 20_000}


def test_grades_come_from_the_grade_layers_where_the_parcel_has_none():
    parcels = survey([{"parcel_id": "a", "shape": box(0, 0, 20, 10)}])
    layers = everything() | {
        "slope": layer("slope", [box(0, 0, 5, 10), box(5, 0, 40, 10)], codes=["5", "2"]),
        "quality": layer("quality", [box(0, 0, 20, 5), box(0, 0, 20, 9)], codes=["7", "2"]),
    }
    verdict = check(project(box(0, 0, 20, 10)), layers, parcels=parcels)
    cross = verdict.cross(by_plot=False).fillna({"quality_grade": 0})
    cells = {(s, q): a for s, q, a in zip(cross["slope_grade"], cross["quality_grade"], cross["area_dm2"], strict=True)}
    assert cells == {(5, 2): 4_500, (5, 0): 500, (2, 2): 13_500, (2, 0): 1_500}
    assert of(verdict, "cn-farmland-slope").area_dm2 == 5_000


def test_a_missing_layer_is_never_a_pass():
    verdict = check(project(box(40, 0, 60, 10)), {}, [task(1)])
    silent = {o.rule for o in verdict.outcomes if o.outcome is Outcome.NOT_ASSESSED}
    assert silent >= {"cn-pbf-occupied", "cn-ecology-red-line", "cn-town-boundary", "cn-pbf-reserve", "cn-pbf-task"}
    assert str(of(verdict, "cn-pbf-occupied").said) == (
        "not assessed: there is no layer of kind pbf (permanent basic farmland); "
        "bring one in with: tilth import layer FILE --kind pbf"
    )
    assert "kind project (other projects)" in str(of(verdict, "cn-other-project").said)
    assert verdict.pieces["pbf"].isna().all()
    assert not verdict.clear and verdict.failed == ()
    assert str(verdict.said) == (
        "not fully assessed: no rule is broken, but 3 rules that can be broken were not assessed "
        "(cn-pbf-occupied Permanent basic farmland is not occupied, "
        "cn-ecology-red-line The ecological protection red line is kept clear, "
        "cn-pbf-task The permanent basic farmland left meets the task)"
    )
    assert verdict.said.zh.startswith("未完全评估：未违反规则，但有 3 条")
    assert verdict.as_record()["outcomes"][0]["at_worst"] == "fail"


def test_an_empty_layer_is_not_assessed_either():
    verdict = check(project(box(40, 0, 60, 10)), everything(pbf=[]))
    assert of(verdict, "cn-pbf-occupied").outcome is Outcome.NOT_ASSESSED
    assert "holds no feature" in str(of(verdict, "cn-pbf-task").said)


def test_a_layer_that_no_rule_knows_is_measured_and_said_to_be_unjudged():
    layers = everything() | {"heritage": layer("heritage", [box(55, 0, 60, 10)])}
    verdict = check(project(box(40, 0, 60, 10)), layers)
    assert verdict.pieces.loc[verdict.pieces["heritage"], "area_dm2"].sum() == 5_000
    outcome = of(verdict, "layer:heritage")
    assert outcome.outcome is Outcome.INFO and outcome.area_dm2 == 5_000 and outcome.hits == 0
    assert str(outcome.said) == (
        "50.00 m² (25.00 %) lie in heritage, 150.00 m² outside; measured; no rule of rule pack cn-2024 in force on "
        "2024-12-31 looks at this kind"
    )
    assert verdict.plots[0].outcomes[-1].rule == "layer:heritage"


def test_an_empty_layer_that_no_rule_knows_is_not_assessed():
    verdict = check(project(box(40, 0, 60, 10)), everything() | {"heritage": layer("heritage", [])})
    assert of(verdict, "layer:heritage").outcome is Outcome.NOT_ASSESSED


def test_a_rule_that_is_not_in_force_leaves_its_layer_measured():
    verdict = check(project(box(40, 0, 60, 10)), act_date=date(2000, 1, 1))
    assert "in force on 2000-01-01" in str(of(verdict, "layer:reserve").said)


def test_the_town_boundary_tells_inside_from_outside():
    outcome = of(check(project(box(40, 0, 60, 10)), everything(town=[box(0, 0, 45, 99)])), "cn-town-boundary")
    assert outcome.outcome is Outcome.INFO
    assert outcome.values == {"inside_dm2": 5_000, "outside_dm2": 15_000}
    inside = of(check(project(box(40, 0, 60, 10)), everything(town=[box(0, 0, 99, 99)])), "cn-town-boundary")
    assert inside.outcome is Outcome.PASS


def test_warnings_do_not_stop_a_project():
    layers = everything(reserve=[box(0, 0, 45, 99)], project=[box(0, 0, 41, 9)])
    verdict = check(project(box(40, 0, 60, 10)), layers, [task(1)])
    assert verdict.clear
    assert (of(verdict, "cn-pbf-reserve").outcome, of(verdict, "cn-other-project").area_dm2) == (Outcome.WARN, 900)


def test_land_that_the_survey_does_not_know_is_told_from_land_beyond_the_county():
    holed = survey([{"parcel_id": "a", "shape": box(0, 0, 50, 100)}, {"parcel_id": "b", "shape": box(52, 0, 100, 100)}])
    footprint = project(box(40, 90, 60, 110))
    verdict = check(footprint, parcels=holed)
    assert (of(verdict, "cn-survey-gap").outcome, of(verdict, "cn-survey-gap").area_dm2) == (Outcome.WARN, 2_000)
    beyond = of(verdict, "cn-outside-county")
    assert (beyond.outcome, beyond.area_dm2) == (Outcome.FAIL, 20_000) and not verdict.clear
    assert {h.feature_id for h in verdict.hits if h.rule == "cn-survey-gap"} == {"(gap)"}
    unknown = everything()
    del unknown["village"]
    verdict = check(footprint, unknown, parcels=holed)
    assert (of(verdict, "cn-survey-gap").area_dm2, of(verdict, "cn-outside-county").area_dm2) == (22_000, 22_000)
    assert "no township or village layer" in str(of(verdict, "cn-outside-county").said)


def test_a_footprint_on_no_parcel_at_all():
    verdict = check(project(box(200, 0, 210, 10)))
    assert of(verdict, "cn-outside-county").area_dm2 == 10_000 == verdict.area_dm2
    assert not verdict.clear  # land that no survey and no layer covers never looks clear
    assert of(verdict, "cn-farmland-occupied").outcome is Outcome.NOT_ASSESSED


def test_an_act_that_would_break_the_holding_is_refused_with_the_shortfall():
    """Held: 4,500 net on dry land and 4,000 paddy. The act takes 90 and 100 net."""
    kept = of(check(project(box(40, 0, 60, 10)), tasks=[task(8_310)]), "cn-holding-task")
    assert kept.outcome is Outcome.PASS and kept.values["standing"][0]["headroom_dm2"] == 0
    broken = of(check(project(box(40, 0, 60, 10)), tasks=[task(8_310.01)]), "cn-holding-task")
    assert broken.outcome is Outcome.FAIL
    assert str(broken.said) == (
        "320981 Salt County: 8,500.00 m² before, 8,310.00 m² after, task of 2024 8,310.01 m², 0.01 m² short"
    )


def test_each_level_that_has_a_task_is_judged():
    tasks = [task(8_000), task(8_000, region=TOWNSHIP), task(3_950, region=VILLAGES[0]), task(9, region="999999")]
    outcome = of(check(project(box(40, 0, 60, 10)), tasks=tasks), "cn-holding-task")
    assert outcome.outcome is Outcome.FAIL
    assert [row["region"] for row in outcome.values["standing"]] == [COUNTY, TOWNSHIP, VILLAGES[0]]
    assert "East" in str(outcome.said) and "50.00 m² short" in str(outcome.said)


def test_the_latest_task_up_to_the_year_counts():
    tasks = [task(8_000, year=2020), task(9_999, year=2035)]
    assert of(check(project(box(40, 0, 60, 10)), tasks=tasks), "cn-holding-task").outcome is Outcome.PASS
    late = of(check(project(box(40, 0, 60, 10)), tasks=tasks[1:]), "cn-holding-task")
    assert late.outcome is Outcome.NOT_ASSESSED


def test_no_task_is_not_assessed_unless_nothing_is_taken():
    assert of(check(project(box(40, 0, 60, 10))), "cn-holding-task").outcome is Outcome.NOT_ASSESSED
    assert of(check(project(box(92, 0, 98, 10))), "cn-holding-task").outcome is Outcome.PASS


def test_permanent_basic_farmland_left_is_held_against_its_task():
    layers = everything(pbf=[box(0, 0, 50, 100)])
    footprint = project(box(40, 0, 60, 10))
    assert of(check(footprint, layers, [task(0, 4_910)]), "cn-pbf-task").outcome is Outcome.PASS
    broken = of(check(footprint, layers, [task(0, 4_910.01)]), "cn-pbf-task")
    assert broken.outcome is Outcome.FAIL and broken.values["occupied_dm2"] == 9_000


def test_permanent_basic_farmland_is_known_by_village_where_the_layer_says_so():
    pbf = layer("pbf", [box(0, 0, 50, 100), box(60, 0, 70, 10)], ZLDWDM=[v + "0000000" for v in VILLAGES[::-1]])
    tasks = [task(0, 4_950, region=VILLAGES[1]), task(0, 100, region=VILLAGES[0])]
    outcome = of(check(project(box(40, 0, 60, 10)), everything() | {"pbf": pbf}, tasks), "cn-pbf-task")
    assert [row["region"] for row in outcome.values["standing"]] == [VILLAGES[1]]
    assert outcome.outcome is Outcome.FAIL


def test_without_villages_in_the_layer_basic_farmland_lies_where_its_parcels_lie():
    layers, footprint = everything(pbf=[box(0, 0, 50, 100)]), project(box(40, 0, 60, 10))
    kept = of(check(footprint, layers, [task(0, 4_910, region=VILLAGES[1])]), "cn-pbf-task")
    assert kept.outcome is Outcome.PASS and kept.values["standing"][0]["before_dm2"] == 500_000
    other = of(check(footprint, layers, [task(0, 1, region=VILLAGES[0])]), "cn-pbf-task")
    assert other.outcome is Outcome.NOT_ASSESSED, "the land taken is not that village's"


def test_a_village_that_the_tree_lacks_counts_towards_the_region_its_digits_name():
    county = RegionTree({COUNTY: REGIONS[COUNTY]})
    verdict = check(project(box(40, 0, 60, 10)), tasks=[task(8_400)], regions=county)
    assert of(verdict, "cn-holding-task").outcome is Outcome.FAIL
    assert set(verdict.pieces["township"]) == {TOWNSHIP}


def test_plots_that_overlap_count_each_by_itself_and_once_towards_the_task():
    verdict = check(project(box(50, 0, 60, 10), box(55, 0, 65, 10), ids=["a", "a"]), tasks=[task(8_350)])
    assert verdict.area_dm2 == 20_000 and verdict.distinct_dm2 == 15_000
    assert [(plot.id, plot.repeated_dm2) for plot in verdict.plots] == [("a", 0), ("a~2", 5_000)]
    assert of(verdict, "cn-holding-task").outcome is Outcome.PASS  # 8,500 − 150, not − 200
    (finding,) = verdict.findings
    assert finding.code == "CHECK-PLOTS-OVERLAP" and "50.00 m²" in finding.said


def test_parcels_that_overlap_are_counted_once_and_reported():
    parcels = survey([{"parcel_id": "b", "shape": box(5, 0, 20, 10)}, {"parcel_id": "a", "shape": box(0, 0, 10, 10)}])
    verdict = check(project(box(0, 0, 20, 10)), parcels=parcels)
    by_parcel = verdict.pieces.groupby("parcel_id")["area_dm2"].sum().to_dict()
    assert by_parcel == {"a": 10_000, "b": 10_000}
    assert [(f.code, f.values["area_dm2"]) for f in verdict.findings] == [("CHECK-LAYER-OVERLAP", 5_000)]


def test_features_that_overlap_count_once_in_the_table_and_wholly_as_hits():
    verdict = check(project(box(0, 0, 20, 10)), everything(pbf=[box(0, 0, 10, 10), box(5, 0, 15, 10)]))
    assert of(verdict, "cn-pbf-occupied").area_dm2 == 15_000
    assert [hit.area_dm2 for hit in verdict.hits if hit.layer == "pbf"] == [10_000, 10_000]
    assert [f.code for f in verdict.findings] == ["CHECK-LAYER-OVERLAP"]


def test_a_contest_marks_its_hit_on_every_later_run():
    layers = everything(pbf=[box(0, 0, 5, 10), box(8, 0, 12, 10)])
    first = check(project(box(0, 0, 20, 10)), layers)
    hits = [hit for hit in first.hits if hit.layer == "pbf"]
    contest = Contest(hits[1].id, "misdrawn parcel", "village committee", date(2025, 3, 1))
    gone = Contest("H-000000000000", "old", "somebody", date(2024, 1, 1))
    again = check(project(box(0, 0, 20, 10)), layers, contests=[contest, gone])
    assert [hit.id for hit in again.hits] == [hit.id for hit in first.hits]
    assert [hit.contest for hit in again.hits if hit.layer == "pbf"] == [None, contest]
    assert not again.clear and str(again.said).endswith("2 hits, 1 contested")
    assert of(again, "cn-pbf-occupied").contested == 1
    assert [f.code for f in again.findings] == ["CHECK-CONTEST-UNUSED"]


def test_hits_of_features_without_or_with_equal_ids_are_told_apart():
    pbf = layer("pbf", [box(0, 0, 5, 10), box(8, 0, 12, 10), box(13, 0, 14, 9)], ["", "7", "7"])
    verdict = check(project(box(0, 0, 20, 10)), everything() | {"pbf": pbf})
    assert [hit.feature_id for hit in verdict.hits if hit.layer == "pbf"] == ["#1", "7", "7~2"]
    assert len({hit.id for hit in verdict.hits}) == len(verdict.hits)


def test_the_act_date_chooses_the_version_of_a_rule():
    layers = everything(pbf=[box(0, 0, 5, 10)])
    versions = {
        day: of(check(project(box(0, 0, 20, 10)), layers, act_date=day), "cn-pbf-occupied").version
        for day in (date(2025, 9, 30), date(2025, 10, 1))
    }
    assert list(versions.values()) == ["1999", "2025"]
    with pytest.raises(BadInput, match=r"no rule of cn-2024 was in force on 1950-01-01; the first .* 1999-01-01"):
        check(project(box(0, 0, 20, 10)), act_date=date(1950, 1, 1))


def test_a_tolerance_turns_a_failure_into_a_warning():
    from dataclasses import replace

    rules = RulePack("mine", "1", RULES.title, tuple(replace(rule, tolerance_dm2=100) for rule in RULES.rules))
    verdict = check(project(box(0, 0, 20, 10)), everything(pbf=[box(19, 9, 30, 30)]), rules=rules)
    assert of(verdict, "cn-pbf-occupied").outcome is Outcome.WARN


def test_a_footprint_from_another_zone_is_moved_and_keeps_its_own_area():
    far = project(shapely.box(39_630_000, 4_000_000, 39_630_500, 4_000_300))
    other = far.to_crs("EPSG:4528")
    ground = shapely.transform(far.geometry.iloc[0].buffer(5_000), lambda xy: xy)
    parcels = survey([{"parcel_id": "a", "shape": ground}])
    verdict = check(other, parcels=parcels)
    assert verdict.crs == CRS and not verdict.findings
    assert abs(verdict.area_dm2 - check(far, parcels=parcels).area_dm2) <= 2
    assert verdict.cross()["area_dm2"].sum() == verdict.area_dm2


def test_a_layer_in_degrees_is_brought_to_the_survey():
    pbf = layer("pbf", [box(0, 0, 5, 10)]).parcels.to_crs("EPSG:4490")
    moved = layer("pbf", pbf.geometry, crs="EPSG:4490")
    verdict = check(project(box(0, 0, 20, 10)), everything() | {"pbf": moved})
    assert of(verdict, "cn-pbf-occupied").area_dm2 == 5_000


def test_a_survey_in_degrees_is_checked_too():
    parcels = PARCELS.parcels.to_crs("EPSG:4490")
    rows = [{"parcel_id": "a", "shape": shape} for shape in parcels.geometry]
    footprint = project(box(40, 0, 60, 10)).to_crs("EPSG:4490")
    verdict = check(footprint, {}, parcels=survey(rows, crs="EPSG:4490"))
    assert abs(verdict.area_dm2 - 20_000) <= 2


def test_another_datum_is_refused():
    with pytest.raises(BadInput, match="two stand on different datums"):
        check(project(box(0, 0, 20, 10)).to_crs("EPSG:32650"))
    with pytest.raises(BadInput, match="ecology is in"):
        check(
            project(box(0, 0, 2, 1)), everything() | {"ecology": layer("ecology", [box(0, 0, 1, 1)], crs="EPSG:32650")}
        )


def test_a_foreign_survey_is_measured_by_the_engine_and_knows_no_farmland():
    square = shapely.box(500_000, 4_000_000, 500_100, 4_000_100)
    parcels = survey([{"parcel_id": "f", "shape": square, "class_code": "wheat"}], system="crops", crs="EPSG:32650")
    footprint = project(square, crs="EPSG:32650")
    verdict = check(footprint, {}, [task(1)], parcels=parcels)
    assert verdict.area_from == "engine" and verdict.area_dm2 == 1_000_800  # scale 0.9996 at the meridian
    for rule in ("cn-farmland-occupied", "cn-farmland-slope", "cn-farmland-quality", "cn-holding-task"):
        assert of(verdict, rule).outcome is Outcome.NOT_ASSESSED


@pytest.mark.parametrize(
    ("footprint", "said"),
    [
        (project(), "holds no plot"),
        (project(None), "plot 1 of the footprint has no area"),
        (project(shapely.Polygon()), "plot 1 of the footprint has no area"),
        (project(shapely.Point(1, 2), ids=["well"]), r"plot well .* \(Point\)"),
        (project(shapely.transform(box(0, 0, 1, 1), lambda xy: xy + np.inf)), "plot 1"),
        (project(ring((0, 0), (5, 5), (0, 0))), "plot 1 of the footprint has no area"),
    ],
)
def test_a_footprint_that_has_no_area_is_refused_with_its_plot(footprint, said):
    with pytest.raises(BadInput, match=said):
        check(footprint)


def test_requests_that_leave_something_open_are_refused():
    with pytest.raises(NeedsAnswer, match="CHECK-CRS-MISSING"):
        check(project(box(0, 0, 1, 1), crs=None))
    with pytest.raises(BadInput, match="asked for 2023, but the survey given is of 2024"):
        check_footprint(project(box(0, 0, 1, 1)), PARCELS, {}, REGIONS, (), RULES, year=2023)
    with pytest.raises(BadInput, match="a layer cannot be of kind 'farmland'"):
        check(project(box(0, 0, 1, 1)), {"farmland": layer("farmland", [box(0, 0, 1, 1)])})


def test_a_crossed_outline_holds_all_that_it_encloses_and_that_is_said():
    bow = ring((0, 0), (10, 10), (10, 0), (0, 10))
    verdict = check(project(bow))
    assert verdict.area_dm2 == 5_000
    (finding,) = verdict.findings
    assert finding.code == "CHECK-PLOT-INVALID" and "50.00 m² as read" in finding.said


def test_rows_that_were_quarantined_are_named():
    layers = everything() | {"reserve": layer("reserve", [box(0, 50, 1, 51)], quarantined=3)}
    (finding,) = check(project(box(0, 0, 1, 1)), layers).findings
    assert "3 rows of layer reserve were quarantined" in finding.said


def test_a_class_that_the_code_system_lacks_is_named():
    parcels = survey([{"parcel_id": "a", "shape": box(0, 0, 20, 10), "class_code": "9999"}])
    verdict = check(project(box(0, 0, 20, 10)), parcels=parcels)
    assert [f.code for f in verdict.findings] == ["CHECK-CLASS-UNKNOWN"]


def test_a_z_coordinate_changes_nothing():
    flat, high = box(0, 0, 20, 10), shapely.force_3d(box(0, 0, 20, 10), 7.0)
    assert check(project(high)).area_dm2 == check(project(flat)).area_dm2 == 20_000


def test_the_verdict_as_a_record_is_plain_json_in_either_language():
    verdict = check(project(box(40, 95, 60, 105)), everything(pbf=[box(0, 0, 50, 100)]), [task(9_000)], contests=())
    contest = Contest(verdict.hits[0].id, "r", "w", date(2025, 1, 1))
    verdict = check(
        project(box(40, 95, 60, 105)), everything(pbf=[box(0, 0, 50, 100)]), [task(9_000)], contests=[contest]
    )
    record = json.loads(json.dumps(verdict.as_record()))
    assert record["clear"] is False
    assert sum(row["area_dm2"] for row in record["cross"]) == record["area_dm2"] == 20_000
    assert record["inputs"]["pbf"] == "id-of-pbf"
    with speaking("zh"):
        assert verdict.as_record()["said"].startswith("不通过")
    frame = hits_frame(verdict.hits, verdict.crs)
    assert len(frame) == len(verdict.hits) and frame.loc[0, "contest"] == "r"


def test_the_tables_of_a_verdict_add_up_to_the_footprint():
    layers = everything(pbf=[box(0, 0, 50, 100)])
    del layers["reserve"]
    verdict = check(project(box(40, 95, 60, 105), box(0, 0, 10, 10)), layers)
    plots, cross = verdict.tables()
    assert plots.row("Total", "")[0] == verdict.area_dm2 == cross.column("area").sum()
    assert plots.column("pbf").tolist() == [5_000, 10_000, 15_000]
    assert plots.column("beyond").tolist() == [10_000, 0, 10_000]
    assert "reserve" not in [column.code for column in plots.columns]
    assert "PBF reserve zone" in str(plots.notes[0])
    assert cross.rows[0].key[0] == "1" and any("0103 " in cell for row in cross.rows for cell in row.key)


def test_shapes_that_differ_from_the_kernel_are_a_finding_that_breaks(monkeypatch):
    from tilth.change import covers

    def wrong(left, right, crs):
        from dataclasses import replace

        from tilth.overlay import intersection_areas

        table = intersection_areas(left, right, crs)
        return replace(table, area_m2=table.area_m2 * 1.5)

    monkeypatch.setattr(covers, "intersection_areas", wrong)
    verdict = check(project(box(92, 10, 98, 20)))
    assert [f.code for f in verdict.findings] == ["CHECK-AREA", "CHECK-AREA"]  # the parcel and the village
    assert not verdict.clear and "put the areas in doubt" in str(verdict.said)


TWICE = shapely.MultiPolygon([box(10, 10, 40, 40), box(20, 20, 60, 60)])  # 2,500 m² in parts, 2,100 m² of ground


def test_land_under_two_parts_of_one_basic_farmland_feature_is_occupied():
    verdict = check(project(box(25, 25, 35, 35)), everything(pbf=[TWICE]))
    outcome = of(verdict, "cn-pbf-occupied")
    assert (outcome.outcome, outcome.area_dm2) == (Outcome.FAIL, 10_000)
    (finding,) = [f for f in verdict.findings if f.code == "CHECK-FEATURE-INVALID"]
    assert finding.where.parcel == "pbf-1" and "2,500.00 m² as drawn, 2,100.00 m² as read" in finding.said


def test_land_that_a_crossed_ring_goes_around_twice_is_occupied():
    curl = ring((0, 0), (50, 0), (50, 50), (10, 50), (10, 10), (30, 10), (30, 30), (0, 30))
    verdict = check(project(box(15, 15, 25, 25)), everything(pbf=[curl]))
    assert of(verdict, "cn-pbf-occupied").area_dm2 == 10_000
    assert "CHECK-FEATURE-INVALID" in [f.code for f in verdict.findings]


def test_a_footprint_whose_parts_overlap_is_judged_on_all_its_ground():
    verdict = check(project(TWICE), everything(pbf=[box(22, 22, 38, 38)]))
    assert verdict.area_dm2 == 210_000
    assert of(verdict, "cn-pbf-occupied").area_dm2 == 25_600
    (finding,) = verdict.findings
    assert finding.code == "CHECK-PLOT-INVALID" and "2,500.00 m² as drawn, 2,100.00 m² as read" in finding.said
