"""Layers, regions and tasks: recorded areas first, codes cut to their level, bad rows collected."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from tilth.core import BadInput, NeedsAnswer
from tilth.intake import Table, changes_from, layer_from, regions_from, tasks_from
from tilth.land import LAYER_COLUMNS, Source, Task

CRS = "EPSG:4526"


def table_of(rows: list[dict[str, Any]]) -> Table:
    shapes = [
        row.pop("geometry", shapely.box(38412000 + 200 * at, 3500000, 38412100 + 200 * at, 3500100))
        for at, row in enumerate(rows)
    ]
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)
    frame["source_row"] = np.arange(1, len(rows) + 1, dtype=np.int64)
    return Table(frame, CRS, (Source("a.shp", "0"),), len(rows))


def plain_table(rows: list[dict[str, Any]]) -> Table:
    frame = pd.DataFrame(rows)
    frame["source_row"] = np.arange(1, len(rows) + 1, dtype=np.int64)
    return Table(frame, None, (Source("a.csv", "0"),), len(rows))


def test_basic_farmland_keeps_its_gross_and_net_area() -> None:
    rows = [
        {"BSM": "1", "YJJBNTTBBH": "P1", "DLBM": "0103", "YJJBNTTBMJ": "100.00", "YJJBNTMJ": "90.00", "TBMJ": "7"},
        {"BSM": "1", "YJJBNTTBBH": "P2", "DLBM": "0101", "YJJBNTTBMJ": None, "YJJBNTMJ": None, "TBMJ": "7"},
        {"BSM": "3", "YJJBNTTBBH": "P3", "DLBM": "0101", "YJJBNTTBMJ": "x", "YJJBNTMJ": "", "TBMJ": "7"},
        {"BSM": "4", "YJJBNTTBBH": "P4", "DLBM": "0101", "YJJBNTTBMJ": "5", "YJJBNTMJ": "?", "TBMJ": "7"},
    ]
    draft = layer_from(table_of(rows), "pbf", year=2023, region="371302")
    stored = draft.parcels
    assert list(stored.columns[: len(LAYER_COLUMNS)]) == list(LAYER_COLUMNS) and stored.columns[-1] == "geometry"
    assert {name: str(stored[name].dtype) for name in LAYER_COLUMNS} == LAYER_COLUMNS
    assert list(stored["feature_id"]) == ["1", "1~2", "3", "4"]
    assert list(stored["code"]) == ["0103", "0101", "0101", "0101"]
    assert list(stored["area_dm2"])[::3] == [10_000, 500] and stored["area_dm2"].iloc[1:3].between(990_000, 10**6).all()
    assert stored["net_area_dm2"].iloc[0] == 9_000 and stored["net_area_dm2"].iloc[3] == 500
    assert len(draft.quarantine) == 0
    codes = ["INTAKE-AREA-MEASURED", "INTAKE-AREA-DOUBTED", "INTAKE-VALUE-UNREADABLE", "V12"]
    assert [finding.code for finding in draft.findings] == codes
    assert draft.meta.rows_in == 4 == draft.meta.rows_stored + draft.meta.rows_quarantined


def test_a_layer_feature_that_overlaps_itself_is_said_and_measured_by_its_ground() -> None:
    left, right = shapely.box(38412000, 3500000, 38412030, 3500030), shapely.box(38412010, 3500010, 38412050, 3500050)
    both = [{"BSM": "1", "geometry": shapely.MultiPolygon([left, right])}, {"BSM": "2", "geometry": left.union(right)}]
    draft = layer_from(table_of(both), "pbf")
    twice, once = draft.parcels["area_dm2"]
    assert twice == once
    (told,) = [finding for finding in draft.findings if finding.code == "INTAKE-SHAPE-CROSSED"]
    assert told.where.row == 1 and told.values["covered_dm2"] == once and told.values["drawn_dm2"] > once


@pytest.mark.parametrize("value", ["abc", "10,000", "0", "-5", "1e30"])
def test_protected_ground_is_not_lost_for_an_area_that_cannot_be_read(value: str) -> None:
    """Land that a rule protects is protected whatever somebody typed beside it."""
    draft = layer_from(table_of([{"BSM": "1", "YJJBNTTBMJ": value}]), "pbf")
    assert draft.parcels["area_dm2"].between(990_000, 1_000_000).all() and len(draft.parcels) == 1
    (finding,) = draft.findings
    measured = int(draft.parcels["area_dm2"].iloc[0]) / 100
    assert (finding.code, finding.severity, finding.where.row) == ("INTAKE-AREA-DOUBTED", "breaks", 1)
    assert repr(value) in finding.said and f"{measured:,.2f} m²" in finding.said


def test_a_region_without_a_control_area_that_can_be_read_is_set_aside_once_and_for_one_reason() -> None:
    rows = [{"XZQDM": f"37130200{n}", "XZQMC": "镇", "DCMJ": area} for n, area in enumerate(["x", "0", "-1", "5"])]
    regions, draft, _ = regions_from(table_of(rows), "township")
    assert [region.code for region in regions] == ["371302003"] and draft.findings == ()
    assert list(draft.quarantine["code"]) == ["INTAKE-REGION-CONTROL"] * 3


def test_any_kind_of_layer_is_stored_with_its_own_fields() -> None:
    draft = layer_from(table_of([{"名称": "甲", "等级": 1.0}, {"名称": "乙", "geometry": None}]), "something")
    assert draft.meta.kind == "something" and draft.meta.area_from == "survey"
    assert draft.parcels.iloc[0][["name", "feature_id", "等级"]].tolist() == ["甲", "#1", "1"]
    assert list(draft.quarantine["code"]) == ["INTAKE-ROW-GEOMETRY-NONE"]


def test_townships_and_villages_carry_their_control_areas() -> None:
    villages = [
        {"ZLDWDM": "3713020011010000000", "ZLDWMC": "东村", "DCMJ": "100.01", "MSSM": "00"},
        {"ZLDWDM": "3713020011010000000", "ZLDWMC": "东村", "DCMJ": "0.99", "MSSM": "00"},
        {"ZLDWDM": "3713020011010000000", "ZLDWMC": "东村岛", "DCMJ": "5.00", "MSSM": "01"},
        {"ZLDWDM": "", "ZLDWMC": "无码", "DCMJ": "5.00", "MSSM": "00"},
    ]
    regions, draft, _ = regions_from(table_of(villages), "village", region="371302")
    (village,) = regions
    assert (village.code, village.name, village.level, village.parent) == (
        "371302001101",
        "东村",
        "village",
        "371302001",
    )
    assert (village.control_dm2, village.control_island_dm2) == (10_100, 500)
    assert draft.meta.kind == "village" and draft.meta.rows_in == 4 and len(draft.parcels) == 3
    assert list(draft.quarantine["code"]) == ["INTAKE-REGION-CODE-NONE"]
    assert [finding.code for finding in draft.findings] == ["INTAKE-REGION-TWICE"]
    township, *_ = regions_from(
        table_of([{"XZQDM": "371302001000", "XZQMC": "甲镇", "DCMJ": 106.0, "MSSM": "00"}]), "township"
    )
    assert (township[0].code, township[0].parent, township[0].control_dm2) == ("371302001", "371302", 10_600)


def test_a_plain_table_of_regions() -> None:
    rows = [
        {"code": "3713", "name": "临沂", "level": "prefecture", "parent": "", "control_m2": ""},
        {"code": "371302", "name": "兰山", "level": "", "parent": "", "control_m2": "1000.5"},
        {"code": "371303", "name": "罗庄", "level": "", "parent": "", "control_m2": "viel"},
    ]
    regions, draft, _ = regions_from(plain_table(rows))
    assert [(r.code, r.level, r.parent, r.control_dm2) for r in regions] == [
        ("3713", "prefecture", "37", None),
        ("371302", "county", "3713", 100_050),
    ]
    assert (
        draft.meta.rows_in == 3 and draft.meta.crs == "" and list(draft.quarantine["code"]) == ["INTAKE-REGION-CONTROL"]
    )
    with pytest.raises(BadInput, match="no field for the region code"):
        regions_from(plain_table([{"a": 1}]))
    with pytest.raises(BadInput, match="level"):
        regions_from(plain_table(rows), "hamlet")


def test_a_table_names_the_groups_of_its_regions() -> None:
    rows = [
        {"code": "31", "name": "甲", "group": "delta; coast"},
        {"code": "32", "name": "乙", "group": "delta"},
        {"code": "33", "name": "丙", "group": ""},
        {"code": "", "name": "丁", "group": "delta"},
    ]
    assert regions_from(plain_table(rows)).groups == {"delta": ["31", "32"], "coast": ["31"]}
    in_chinese = regions_from(plain_table([{"行政区代码": "31", "区域组": "沿海、沿江"}]))
    assert in_chinese.groups == {"沿海": ["31"], "沿江": ["31"]}
    assert regions_from(plain_table([{"code": "31"}])).groups == {}


def test_a_level_that_is_none_is_set_aside_by_name() -> None:
    rows = [{"code": "31", "level": "provinz"}, {"code": "32", "level": "province"}]
    regions, draft, _ = regions_from(plain_table(rows))
    assert [region.code for region in regions] == ["32"]
    assert list(draft.quarantine["code"]) == ["INTAKE-REGION-LEVEL-ROW"]


def test_the_update_process_table_has_a_parent_and_a_number_on_every_row() -> None:
    rows = [
        {"BGQTBBSM": "1", "TBBGMJ": "10.5", "备注": "x"},
        {"BGQTBBSM": "", "TBBGMJ": "3"},
        {"BGQTBBSM": "2", "TBBGMJ": "12,3"},
        {"BGQTBBSM": "2", "TBBGMJ": None},
    ]
    kept, rejected = changes_from(plain_table(rows))
    assert kept["source_row"].tolist() == [1, 2] and list(kept.columns) == ["BGQTBBSM", "TBBGMJ", "备注", "source_row"]
    assert [(row.source_row, row.values["value"]) for row in rejected] == [(3, "12,3"), (4, "")]


@pytest.mark.parametrize(
    ("read", "rows", "said"),
    [
        (regions_from, {"Gebiet": "1"}, "no field for the region code .*code.*; its columns are Gebiet .* control_m2"),
        (tasks_from, {"region": "1", "Ziel": "2"}, "no column for the holding; its columns are region, Ziel .*pbf_mu"),
        (changes_from, {"BGQTBBSM": "1", "MJ": "2"}, "no column TBBGMJ / area; its columns are BGQTBBSM, MJ .*m²"),
        (changes_from, {"TBBGMJ": "1"}, "no column BGQTBBSM / parent; its columns are TBBGMJ"),
    ],
)
def test_a_missing_column_is_named_with_those_that_are_there(read: Any, rows: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(plain_table([rows]))
    assert re.search(said, str(refused.value))


@pytest.mark.parametrize(
    ("holding", "value", "dm2"),
    [
        ("holding_m2", "12.34", 1234), ("holding_ha", "1.5", 1_500_000), ("holding_mu", "1", 66_667),
        ("耕地保有量（万亩）", "1,200.5", round(12_005_000 * 200_000 / 3)), ("耕地保有量(公顷)", "2", 2_000_000),
        ("耕地保有量（万公顷）", "1", 10**10), ("耕地保有量(亩)", "3", 200_000), ("耕地保有量（平方米）", "3", 300),
    ],
)  # fmt: skip
def test_tasks_take_their_unit_from_the_heading(holding: str, value: str, dm2: int) -> None:
    tasks, rejected = tasks_from(plain_table([{"region": "371302", "year": 2025, holding: value, "pbf_m2": 1}]))
    assert tasks == [Task("371302", 2025, dm2, 100, "a.csv")] and rejected == []


_HA, _MU = 10**6, 200_000 / 3


@pytest.mark.parametrize(
    ("heading", "dm2"),
    [
        ("holding_m2", 100), ("耕地保有量（㎡）", 100), ("耕地保有量 m²", 100), ("耕地保有量(万平方米)", 10**6),
        ("holding_ha", _HA), ("holding_hm2", _HA), ("耕地保有量(hm²)", _HA), ("耕地保有量（hm2）", _HA),
        ("耕地保有量（ＨＭ２）", _HA), ("Holding [hectares]", _HA), ("耕地保有量公顷", _HA),
        ("holding_km2", 10**8), ("holding (km²)", 10**8),
        ("耕地保有量(平方公里)", 10**8), ("耕地保有量（平方千米）", 10**8),
        ("耕地保有量(百公顷)", 100 * _HA), ("耕地保有量(千公顷)", 1000 * _HA), ("耕地保有量(万 公顷)", 10**4 * _HA),
        ("holding (1000 ha)", 1000 * _HA), ("holding 1,000 ha", 1000 * _HA), ("holding 10^3 ha", 1000 * _HA),
        ("holding (10³ hm²)", 1000 * _HA), ("holding_thousand_ha", 1000 * _HA), ("holding (kha)", 1000 * _HA),
        ("holding_mu", _MU), ("holdingMu", _MU), ("mu_holding_2035", _MU), ("耕地保有量目标2035年（亩）", _MU),
        ("耕地保有量（万亩）", 10**4 * _MU),
        ("耕地保有量（万 亩）", 10**4 * _MU), ("耕地保有量（×10⁴亩）", 10**4 * _MU),
        ("holding_wan_mu", 10**4 * _MU), ("holding 10000 mu", 10**4 * _MU),
        ("retention_target_2035_10000mu", 10**4 * _MU),
        ("holding (million mu)", 10**6 * _MU),
        ("耕地保有量(亿亩)", 10**8 * _MU), ("耕地保有量（单位：万亩）", 10**4 * _MU),
    ],
)  # fmt: skip
def test_the_unit_of_a_task_is_read_whole(heading: str, dm2: float) -> None:
    (task,), _ = tasks_from(plain_table([{"region": "1", "year": 2025, heading: "3"}]))
    assert task.holding_dm2 == round(3 * dm2)


@pytest.mark.parametrize(
    "heading",
    [
        "holding", "耕地保有量", "holding (acres)",
        "holding [sq mi]", "holding_mha", "耕地保有量(亿亿亩)", "耕地保有量(方里)",
        "holding mu/person", "人均耕地保有量（亩）", "holding 104 mu",
        "holding_share_ha", "holding (ha or mu)", "holding %",
        "holding 2000 ha of 3000 mu", "shape_area_holding m2",
        "耕地保有量（公亩）", "耕地保有量（亩/人）", "holding_dm2",
    ],
)  # fmt: skip
def test_a_unit_of_a_task_that_is_not_known_in_full_is_asked_about(heading: str) -> None:
    with pytest.raises(NeedsAnswer, match="does not say its unit"):
        tasks_from(plain_table([{"region": "1", "year": 2025, heading: "3"}]))


def test_bad_task_rows_are_collected() -> None:
    good = {"行政区代码": "371302", "年份": "2025", "耕地保有量（亩）": "3", "永久基本农田（亩）": "1.5"}
    rows = [good, {**good, "行政区代码": ""}, {**good, "年份": "明年"}, {**good, "耕地保有量（亩）": "多"}, good]
    tasks, rejected = tasks_from(plain_table([*rows, {**good, "永久基本农田（亩）": None}]))
    assert tasks == [Task("371302", 2025, 200_000, 100_000, "a.csv")]
    assert [row.code for row in rejected] == [
        "INTAKE-TASK-REGION", "INTAKE-TASK-YEAR", "INTAKE-TASK-AREA", "INTAKE-TASK-TWICE", "INTAKE-TASK-AREA",
    ]  # fmt: skip
    with pytest.raises(NeedsAnswer, match="does not say its unit"):
        tasks_from(plain_table([{"region": "1", "year": 2025, "holding": 1}]))
    for missing in ({"year": 2025, "holding_mu": 1}, {"region": "1", "year": 2025}, {"region": "1", "holding_mu": 1}):
        with pytest.raises(BadInput, match="has no column"):
            tasks_from(plain_table([missing]))


def test_a_table_without_basic_farmland_gives_no_task_for_it() -> None:
    tasks, _ = tasks_from(plain_table([{"region": "371302", "year": 2025, "holding_m2": 1}]))
    assert tasks == [Task("371302", 2025, 100, None, "a.csv")]


@pytest.mark.data
def test_published_targets_read(data_dir: Path) -> None:
    frame = pd.read_csv(data_dir / "stats_cn" / "province_targets_2035.csv")
    tasks, rejected = tasks_from(frame)
    assert len(tasks) + len(rejected) == 32 and tasks[0].year == 2035
    assert tasks[0].region == "全国" and tasks[0].holding_dm2 == 12 * 10**13
