"""Every code of the examination: the smallest county that has the fault, and the exact sentence it is told in."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from validate_county import (
    CODES,
    CRS,
    EAST,
    TOWN,
    WEST,
    X,
    Y,
    examined,
    layer,
    parcels,
    regions,
    said,
    snapshot,
    square,
    with_shape,
    with_value,
)

from tilth.core import Finding, speaking
from tilth.core.language import catalogue
from tilth.intake import RidgeTable, validate
from tilth.intake.model import Rejected, quarantine_frame
from tilth.land import RegionTree, observed_code_system

ID = "33010100000000000"
GROSS = "from TBMJ 10,000.00 m² and KCXS"


def polygon(*points: tuple[float, float]) -> shapely.Polygon:
    """Corners in metres from the county's south-west corner."""
    return shapely.Polygon([(X + x, Y + y) for x, y in points])


def relocated(row: int, village: str) -> gpd.GeoDataFrame:
    frame = parcels()
    frame.loc[row, ["owner_code", "location_code"]] = village + "0000000"
    frame.loc[row, "region_code"] = village
    return frame


def with_row(**values: object) -> gpd.GeoDataFrame:
    frame = parcels()
    extra = frame.iloc[[1]].copy()
    for column, value in values.items():
        extra[column] = [value]
    return pd.concat([frame, extra], ignore_index=True)


def with_area(row: int, dm2: int) -> gpd.GeoDataFrame:
    """A parcel without deductions whose recorded areas are all `dm2`."""
    frame = parcels()
    frame.loc[row, ["area_dm2", "net_area_dm2", "stated_net_dm2"]] = dm2
    return frame


def control(code: str, more_dm2: int) -> RegionTree:
    tree = regions()
    changed = replace(tree[code], control_dm2=(tree[code].control_dm2 or 0) + more_dm2)
    return RegionTree({**tree.regions, code: changed})


GALLERY = {
    "name": (
        with_value("class_name", 0, "旱地"),
        "V1: DLBM '0101' carries the name DLMC '旱地'; the class list has '水田'",
    ),
    "heading as class": (
        with_value("class_code", 3, "07"),
        "V1: DLBM '07' carries the name DLMC '农村宅基地'; the class list has ''",
    ),
    "owner": (
        with_value("owner_code", 1, "33010100100100000"),
        "V2: QSDWDM is '33010100100100000': 17 characters, not 19 digits",
    ),
    "location": (with_value("location_code", 1, "3301"), "V2: ZLDWDM is '3301': 4 characters, not 19 digits"),
    "village unknown": (
        relocated(2, "330101001009"),
        "V2-REGION: ZLDWDM 3301010010090000000 names village 330101001009, which is not among the county's villages",
    ),
    "deducted class": (
        with_value("deduct_class", 2, "1203"),
        "V3: KCDLBM is '1203' on class 0301; it is 1203 or empty on farmland and empty elsewhere",
    ),
    "percent": (with_value("ridge_coef", 1, 8.12), "V4: KCXS is 8.12; it must be at least 0 and below 1"),
    "grade 7": (
        with_value("slope_grade", 0, 7),
        "V5: GDPDJB is 7 on class 0101; it is 1 to 5 on farmland and empty elsewhere",
    ),
    "grade blank": (
        with_value("slope_grade", 1, pd.NA),
        "V5: GDPDJB is '' on class 0103; it is 1 to 5 on farmland and empty elsewhere",
    ),
    "form": (
        with_value("farmland_form", 1, "FD"),
        "V6: GDLX is 'FD' on class 0103 at slope grade 3; expected PD / TT",
    ),
    "width": (
        with_value("linear_width_m", 3, 4.5),
        "V7: XZDWKD is 4.5 m on class 0702, which is not a class of linear features",
    ),
    "planting": (
        with_value("planting", 0, "JKHF"),
        "V8: ZZSXDM is 'JKHF' on class 0101 in data of 2023; allowed: FLS LLJZ LS LYFL WG XG",
    ),
    "planting blank": (
        with_value("planting", 1, ""),
        "V8: ZZSXDM is '' on class 0103 in data of 2023; allowed: FLS LLJZ LS LYFL WG XG",
    ),
    "tenure": (
        with_value("tenure", 3, "99"),
        "V-DOMAIN: QSXZ is '99' on class 0702; the list has 10 20 21 30 31 32 33 34 40 41",
    ),
    "grade": (with_value("grade15", 0, 16), "V-DOMAIN: GDDB is 16 on class 0101; the list has 1..15"),
    "deduction": (
        with_value("stated_deduct_dm2", 1, 80_000),
        f"V9: KCMJ is 800.00 m², expected 812.00 m² {GROSS} 0.0812; difference -12.00 m²",
    ),
    "net": (
        with_value("stated_net_dm2", 1, 918_799),
        f"V9: TBDLMJ is 9,187.99 m², expected 9,188.00 m² {GROSS} 0.0812; difference -0.01 m²",
    ),
    "id": (
        with_value("parcel_id", 5, ID + "1~2"),
        f"V12: BSM {ID}1 is used again; row 1 has it first",
    ),
    "enclave": (
        with_value("enclave", 5, True),
        "V13: FRDBS is 1, expected 0: tenure 30, owner 3301010010020000000, location 3301010010020000000",
    ),
    "area": (
        with_area(2, 1_000_004),
        "V10: 330101001001 West (MSSM 00): Σ TBMJ is 40,000.04 m², its control area 40,000.00 m²; difference 0.04 m²",
    ),
    "overlap": (
        with_shape(1, polygon((99, 0), (200, 0), (200, 100), (99, 100))),
        f"V11: 100.00 m² of ground is covered by 2 parcels, not by one ({ID}1, {ID}2)",
    ),
    "gap": (
        with_shape(1, polygon((102, 0), (200, 0), (200, 100), (102, 100))),
        "V11: 200.00 m² of ground is covered by 0 parcels, not by one (330101001001 West)",
    ),
    "outside": (
        with_shape(0, polygon((-3, 0), (100, 0), (100, 100), (-3, 100))),
        "G-OUTSIDE: 300.00 m² of 10,300.00 m² lie outside every village of the county",
    ),
    "wrong village": (relocated(2, EAST), "G-VILLAGE: recorded in village 330101001002, but lies in 330101001001"),
    "crossed ring": (
        with_shape(1, polygon((100, 0), (200, 0), (100, 100), (200, 100))),
        "G-INVALID: the rings do not enclose ground without doubt: Self-intersection",
    ),
    "touching ring": (
        with_shape(
            1, polygon((100, 0), (200, 0), (200, 100), (150, 100), (151, 99), (149, 99), (150, 100), (100, 100))
        ),
        "G-TOUCH: a ring touches itself at a point (Ring Self-intersection); its area is certain",
        "V11: 1.00 m² of ground is covered by 0 parcels, not by one (330101001001 West)",
    ),
    "spike": (
        with_shape(1, polygon((100, 0), (200, 0), (200, 100), (100, 100), (100, 60), (70, 60.05), (100, 60.1))),
        "G-SPIKE: a spike 30.0 m long with an angle of 0.191° and 1.50 m²",
    ),
    "spike without width": (
        with_shape(1, polygon((100, 0), (200, 0), (200, 100), (100, 100), (100, 60), (70, 60), (100, 60))),
        "G-SPIKE: a spike 30.0 m long with an angle of 0.0° and 0.00 m²",
    ),
    "spike inwards": (
        with_shape(1, polygon((100, 0), (200, 0), (200, 100), (100, 100), (100, 60.1), (130, 60.05), (100, 60))),
        "G-SPIKE: a spike 30.0 m long with an angle of 0.191° and 1.50 m²",
    ),
    "repeated vertex": (
        with_shape(1, polygon((100, 0), (200, 0), (200, 0), (200, 100), (100, 100))),
        "G-REPEAT: 1 vertex repeats the one before it",
    ),
    "copy": (
        with_row(parcel_id="X9", source_row=9),
        f"G-DUPLICATE: the polygon is that of {ID}2 (row 2) once more; 10,000.00 m² are counted twice",
    ),
    "parts": (
        with_shape(
            1,
            shapely.MultiPolygon(
                [
                    polygon((100, 0), (150, 0), (150, 100), (100, 100)),
                    polygon((160, 0), (200, 0), (200, 100), (160, 100)),
                ]
            ),
        ),
        "V11: 1,000.00 m² of ground is covered by 0 parcels, not by one (330101001001 West)",
        "G-MULTIPART: the parcel consists of 2 separate parts",
    ),
}


@pytest.mark.parametrize("case", GALLERY)
def test_a_fault_is_told_once_in_one_exact_sentence(case: str) -> None:
    frame, *sentences = GALLERY[case]
    assert sorted(said(examined(frame))) == sorted(sentences)


def test_a_county_without_faults_has_no_findings() -> None:
    result = examined(parcels())
    assert result.findings == ()
    assert {"V1", "V9", "V10", "V11", "G-AREA", "G-OUTSIDE"} <= set(result.assessed)


def test_a_finding_names_file_row_parcel_and_place() -> None:
    (finding,) = examined(GALLERY["overlap"][0]).findings
    assert str(finding.where) == f"DLTB.shp #1 {ID}1 (39500099.500, 4000050.000)"
    assert finding.values["area_dm2"] == 10_000 and finding.values["other"] == ID + "2"


def test_a_wrong_recorded_area_is_told_of_the_parcel_and_of_the_village_sum() -> None:
    assert said(examined(with_area(2, 1_000_405))) == [
        "V10: 330101001001 West (MSSM 00): Σ TBMJ is 40,004.05 m², its control area 40,000.00 m²; difference 4.05 m²",
        "G-AREA: the recorded area is 10,004.05 m², the polygon measures 10,000.00 m²; difference 4.05 m², "
        "allowed 0.04 m²",
    ]


def test_a_wrong_control_area_is_told_once_at_the_level_where_it_stands() -> None:
    assert said(examined(parcels(), regions=control(WEST, 1))) == [
        "V10: 330101001001 West (MSSM 00): Σ TBMJ is 40,000.00 m², its control area 40,000.01 m²; difference -0.01 m²"
    ]
    assert said(examined(parcels(), regions=control(TOWN, 1))) == [
        "V10: 330101001 Town (MSSM 00): Σ DCMJ is 80,000.00 m², its control area 80,000.01 m²; difference -0.01 m²"
    ]


def test_a_coefficient_that_is_not_the_countys_is_told_by_the_table_and_not_again_by_the_deduction() -> None:
    wrong, table = with_value("ridge_coef", 1, 0.09), RidgeTable.of(PD3=0.0812)
    assert said(examined(wrong, ridge_table=table)) == [
        "V6: KCXS is 0.0900 on class 0103 at slope grade 3; expected 0.0812"
    ]
    assert [finding.code for finding in examined(wrong).findings] == ["V9"]


def test_a_row_set_aside_at_import_is_neither_a_gap_nor_missing_area() -> None:
    frame = parcels()
    read = {"TBMJ": frame["area_dm2"][3] / 100, "ZLDWDM": frame["location_code"][3]}
    aside = Rejected(4, "V1", {"class_code": "9999", "name": "", "expected": ""}, read, frame.geometry[3])
    result = examined(frame.drop(index=3), quarantine=quarantine_frame([aside], CRS))
    assert result.findings == ()


def test_slivers_and_small_parcels_are_odd() -> None:
    frame = with_shape(3, polygon((100, 100), (200, 100), (200, 199.5), (100, 199.5)))
    frame = pd.concat([frame, frame.iloc[[3]]], ignore_index=True)
    sliver, small = (
        polygon((100, 199.5), (190, 199.5), (190, 200), (100, 200)),
        polygon((190, 199.5), (200, 199.5), (200, 200), (190, 200)),
    )
    frame = pd.concat([frame, frame.iloc[[3]]], ignore_index=True)
    shapes = [*list(frame.geometry)[:8], sliver, small]
    frame = frame.set_geometry(gpd.GeoSeries(shapes, crs=CRS))
    frame["parcel_id"] = [f"P{row}" for row in range(10)]
    for row, dm2 in ((3, 995_000), (8, 4_500), (9, 500)):
        frame.loc[row, ["area_dm2", "net_area_dm2", "stated_net_dm2"]] = dm2
    assert said(examined(frame)) == [
        "G-SLIVER: a sliver of 45.00 m², 0.497 m wide on average",
        "G-SLIVER: a sliver of 5.00 m², 0.476 m wide on average",
    ]
    frame["class_code"], frame["class_name"] = (
        frame["class_code"].replace("0702", "1006"),
        frame["class_name"].replace("农村宅基地", "农村道路"),
    )
    assert said(examined(frame)) == []  # a rural road may be thin


def test_a_parcel_below_the_smallest_size_is_odd() -> None:
    frame = with_shape(2, polygon((0, 100), (100, 100), (100, 200), (10, 200), (10, 190), (0, 190)))
    frame = pd.concat([frame, frame.iloc[[2]]], ignore_index=True)
    frame = frame.set_geometry(
        gpd.GeoSeries([*list(frame.geometry)[:8], polygon((0, 190), (10, 190), (10, 200), (0, 200))], crs=CRS)
    )
    frame.loc[8, "parcel_id"] = "P9"
    for row, dm2 in ((2, 990_000), (8, 10_000)):
        frame.loc[row, ["area_dm2", "net_area_dm2", "stated_net_dm2"]] = dm2
    assert said(examined(frame)) == [
        "G-MINSIZE: 100.00 m² is below the 600.00 m² at which class 0301 is drawn; difference -500.00 m²"
    ]


def test_permanent_basic_farmland_has_its_net_area_and_lies_in_the_county() -> None:
    inside = {"code": "0101", "area_dm2": 1_000_000, "net_area_dm2": 900_000, "KCXS": 0.0, "geometry": square(0, 0)}
    outside = polygon((-2, 0), (50, 0), (50, 20), (-2, 20))
    across = {"code": "0103", "area_dm2": 104_000, "net_area_dm2": 95_555, "KCXS": 0.0812, "geometry": outside}
    assert said(examined(parcels(), pbf=layer("pbf", [inside, across]))) == [
        "V14: YJJBNTMJ is 9,000.00 m², expected 10,000.00 m²; difference -1,000.00 m²",
        "V14: YJJBNTTB ∩ XZQ is 1,000.00 m², expected 1,040.00 m²; difference -40.00 m²",
    ]


def test_a_village_with_more_basic_farmland_than_farmland_is_told_what_stands_on_it() -> None:
    """Basic farmland over a field and the wood beside it, as if the wood had been a field when it was drawn."""
    frame = parcels()
    farm = int(
        frame[(frame["region_code"] == WEST) & frame["class_code"].isin(["0101", "0102", "0103"])]["net_area_dm2"].sum()
    )
    whole = {
        "code": "0103",
        "area_dm2": farm + 100,
        "net_area_dm2": farm + 100,
        "geometry": shapely.box(X, Y, X + 200, Y + 200),
    }
    (told,) = examined(frame, pbf=layer("pbf", [whole])).findings
    assert told.code == "V14-FARMLAND" and told.where.parcel == WEST and told.severity == "odd"
    assert told.values["excess_dm2"] == 100 and "West has" in told.said and "1.00 m² less" in told.said
    others = frame[(frame["region_code"] == WEST) & ~frame["class_code"].isin(["0101", "0102", "0103"])]["class_code"]
    assert {part.split()[0] for part in told.values["classes"].split(", ") if "m²" in part} <= set(others)
    less = {**whole, "net_area_dm2": farm}
    assert examined(frame, pbf=layer("pbf", [{**less, "area_dm2": farm}])).findings == ()


def test_the_pieces_of_a_parent_add_up_to_its_area_of_last_year() -> None:
    changes = pd.DataFrame({"BGQTBBSM": [ID + "1", ID + "1", "gone", ID + "3"], "TBBGMJ": [5000, 4999.99, 10, 10_000]})
    assert said(examined(parcels(), changes=changes, previous=snapshot(parcels()))) == [
        f"V15: the 2 pieces of parent parcel {ID}1 add up to 9,999.99 m², its TBMJ of last year is 10,000.00 m²; "
        "difference -0.01 m²",
        "V15-PARENT: parent parcel gone of 1 piece (10.00 m²) is not in last year's survey",
    ]


def test_from_2025_an_unknown_planting_flag_on_restorable_land_is_odd_not_wrong() -> None:
    later = snapshot(with_value("planting", 2, "ZZTZ"))
    later = replace(later, meta=replace(later.meta, year=2025))
    result = validate(later, codes=CODES, regions=regions())
    assert said(result) == ["V8-OPEN: ZZSXDM is 'ZZTZ' on class 0301 in data of 2025; known so far: GCHF JKHF"]


def test_data_of_another_code_system_are_examined_by_the_rules_that_make_sense() -> None:
    frame = with_shape(1, polygon((99, 0), (200, 0), (200, 100), (99, 100)))
    frame.loc[3, "area_dm2"] = 1_100_000
    codes = observed_code_system("fields", frame["class_code"])
    result = validate(snapshot(frame, system="fields"), codes=codes, regions=RegionTree({}))
    assert [finding.code for finding in result.findings] == ["V11", "G-AREA-FOREIGN"]
    missed = {rule: str(reason) for rule, reason in result.not_assessed}
    assert missed["V10"] == "the rule belongs to the national survey (sd2017), the data are fields"
    assert missed["V15"] == "the update layer DLTBGXGC and last year's survey are needed"


def test_villages_without_the_parcels_codes_are_no_witness_for_the_village_recorded() -> None:
    towns = layer("township", [{"code": TOWN, "geometry": shapely.box(X, Y, X + 400, Y + 200)}])
    result = examined(parcels(), villages=towns)
    assert result.findings == ()
    assert "G-VILLAGE" not in result.assessed and "V11" in result.assessed


def test_every_rule_is_either_run_or_said_not_to_be() -> None:
    result = validate(snapshot(parcels()), codes=CODES, regions=RegionTree({}))
    named = set(result.assessed) | {rule for rule, _ in result.not_assessed}
    assert {f"V{number}" for number in range(1, 16)} <= named


@pytest.mark.parametrize("case", GALLERY)
def test_every_sentence_reads_in_chinese_too(case: str) -> None:
    with speaking("zh"):
        for finding in examined(GALLERY[case][0]).findings:
            assert "{" not in finding.said + finding.remedy
            assert any("\u4e00" <= letter <= "\u9fff" for letter in finding.said)


def test_every_code_explains_itself_in_both_languages() -> None:
    ours = {key: entry for key, entry in catalogue().items() if key.startswith(("V", "G-")) and "severity" in entry}
    assert {"V1", "V15", "G-AREA", "G-MULTIPART"} <= set(ours)
    wanted = ("said", "said_zh", "remedy", "remedy_zh", "why", "why_zh")
    assert [(key, part) for key, entry in ours.items() for part in wanted if not entry.get(part)] == []


def test_the_size_from_which_overlaps_are_listed_is_named() -> None:
    from tilth.intake.geometry import LEAST_M2, TOLERANCE_M

    named = Finding("V11", values={"area_dm2": 1, "count": 2, "who": ""}).remedy
    assert f"at least {2 * LEAST_M2:.2f} m² and wider than {TOLERANCE_M * 1000:.1f} mm" in named


def test_basic_farmland_whose_parts_overlap_is_said_with_the_ground_that_it_covers() -> None:
    twice = shapely.MultiPolygon([shapely.box(X, Y, X + 30, Y + 30), shapely.box(X + 10, Y + 10, X + 50, Y + 50)])
    known = {"code": "0103", "area_dm2": 210_000, "net_area_dm2": 210_000, "geometry": twice}
    (told,) = examined(parcels(), pbf=layer("pbf", [known])).findings
    assert told.code == "V14-SHAPE" and "2,500.00 m² as drawn, 2,100.00 m² of ground covered" in told.said
