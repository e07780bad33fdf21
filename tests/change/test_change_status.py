"""Land status tables: official columns, exact sums at every level, hectares that close."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from change_cases import COUNTY, SD2017, TREE, VILLAGES, column, counties, parcels
from hypothesis import given

from tilth.change import status_tables
from tilth.change.hectares import level_cells, rounded_ha
from tilth.change.places import places
from tilth.core import AreaTable, BadInput, Label, speaking
from tilth.land import Region, RegionTree, observed_code_system

NAME = Label("Wheatfield", "麦田县")


def tables(frame: pd.DataFrame, regions: RegionTree = TREE, **more: object) -> dict[str, AreaTable]:
    return status_tables(frame, SD2017, regions, year=2023, unit_name=NAME, **more)  # type: ignore[arg-type]


def small_county() -> pd.DataFrame:
    return parcels(
        {"class_code": "0101", "m2": 10_000, "ridge_coef": 0.1, "slope_grade": 2, "farmland_form": "TT",
         "planting": "LS", "refinement": "YJGD", "tenure": "30", "region_code": VILLAGES[0]},
        {"class_code": "0201K", "m2": 30_000.01, "planting": "JKHF", "tenure": "31", "region_code": VILLAGES[1]},
        {"class_code": "0601", "m2": 0.77, "settlement": "201A", "tenure": "20", "region_code": VILLAGES[2]},
    )  # fmt: skip


def test_ridges_leave_farmland_and_stand_in_other_land():
    by_class = tables(small_county())["2"]
    assert column(by_class) == {
        "total": 4_000_078, "01": 900_000, "0101": 900_000, "02": 3_000_001, "0201HJ": 3_000_001,
        "06": 77, "0601": 77, "12": 100_000, "1203": 100_000,
    }  # fmt: skip


def test_the_level_2_table_has_the_official_seventy_one_columns():
    by_class = tables(small_county())["2"]
    codes = [one.code for one in by_class.columns]
    assert len(by_class.key_columns) + len(codes) == 71
    assert codes[:10] == ["total", "00", "0303", "0304", "0306", "0402", "0603", "1105", "1106", "1108"]
    assert codes[codes.index("08") : codes.index("10")] == ["08", "08H1", "08H2HJ", "0809", "0810HJ", "09"]
    assert len(tables(small_county())["1"].columns) + 2 == 16


def test_rows_run_county_township_village():
    rows = tables(small_county())["1"].rows
    assert [(row.key[1], row.depth) for row in rows] == [
        ("650102", 0), ("650102001", 1), (VILLAGES[0], 2), (VILLAGES[1], 2), ("650102002", 1), (VILLAGES[2], 2),
    ]  # fmt: skip
    assert rows[0].key[0] == "Wheatfield"


def test_each_attribute_table_counts_its_land():
    found = tables(small_county())
    assert column(found["5"]) == {"01": 900_000, "2": 900_000, "2TT": 900_000}
    assert column(found["6"])["LS:0101"] == 900_000
    assert column(found["12"]) == {"HJ:01": 900_000, "HJ:0101": 900_000, "YJGD:01": 900_000, "YJGD:0101": 900_000}
    assert column(found["10"]) == {"HJ": 3_000_001, "0201K": 3_000_001}
    assert column(found["restorable"]) == {"JKHF:HJ": 3_000_001, "JKHF:0201HJ": 3_000_001, "JKHF:0201K": 3_000_001}
    assert column(found["three_class"])["agricultural"] == 4_000_001
    assert column(found["4"])["0601"] == 77
    assert [row.key[2] for row in found["4"].rows[:6]] == ["20", "201", "202", "203", "204", "205"]
    state = found["3"].row("Wheatfield", "650102", "state")
    assert state[0] == 77 and found["3"].row("Wheatfield", "650102", "sum")[0] == 4_000_078


def test_land_without_a_place_in_the_official_columns_gets_a_column_of_its_own():
    frame = parcels(
        {"class_code": "0103", "m2": 5, "slope_grade": 4, "farmland_form": "XX", "planting": "GZ"},
        {"class_code": "0103", "m2": 7, "refinement": "odd"},
        {"class_code": "0601", "m2": 9, "planting": "GCHF", "settlement": "300", "tenure": "9"},
    )
    found = tables(frame)
    assert column(found["5"]) == {"01": 1200, "4": 500, "4?": 500, "?": 700}
    assert column(found["6"])["?:01"] == 1200
    assert column(found["12"])["?:01"] == 700
    assert column(found["restorable"]) == {"GCHF:HJ": 900, "GCHF:?": 900}
    assert ("Wheatfield", "650102", "?") in [row.key for row in found["4"].rows]
    assert ("Wheatfield", "650102", "not stated") in [row.key for row in found["3"].rows]


def test_islands_and_enclaves_have_tables_of_their_own_inside_the_whole():
    frame = parcels({"class_code": "0101", "m2": 10, "island": True}, {"class_code": "0301", "m2": 20, "enclave": True})
    found = tables(frame)
    assert found["1-island"].dm2[0, 0] == 1000 and found["1-enclave"].dm2[0, 0] == 2000
    assert found["1"].dm2[0, 0] == 3000
    assert "islands" in found["2-island"].title.en and "海岛" in found["2-island"].title.zh
    assert not any(key.endswith("-island") for key in tables(parcels({"class_code": "0101", "m2": 10})))


def test_titles_speak_both_languages():
    title = tables(small_county())["1"].title
    assert title.zh == "麦田县2023年土地利用现状一级分类面积汇总表"
    assert title.en == "Wheatfield: land use by level-1 class, 2023"
    with speaking("zh"):
        assert tables(small_county())["3"].rows[0].key[2] == "小计"


def test_another_code_system_has_the_tables_of_its_own_classes_and_a_note():
    frame = parcels({"class_code": "rye", "m2": 10}, {"class_code": "beet", "m2": 20})
    system = observed_code_system("fiboa", ["rye", "beet"])
    found = status_tables(frame, system, RegionTree({}), year=2024, unit_name=NAME)
    assert set(found) == {"1", "2"}
    assert column(found["1"]) == {"total": 3000, "beet": 2000, "rye": 1000}
    assert "fiboa" in found["1"].notes[0].en


def test_a_class_that_the_system_does_not_have_is_refused_by_name():
    with pytest.raises(BadInput, match="'0199'"):
        tables(parcels({"class_code": "0199", "m2": 10}))


def test_permanent_basic_farmland_by_current_class():
    pieces = pd.DataFrame(
        {
            "region_code": [VILLAGES[0], VILLAGES[0], ""],
            "class_code": ["0101", "0201", ""],
            "area_dm2": [1000, 300, 7],
            "net_area_dm2": [900, 300, 7],
            "deduct_dm2": [100, 0, 0],
        }
    )
    found = tables(small_county(), pbf_pieces=pieces)["15"]
    assert column(found) == {
        "total": 1307, "01": 900, "0101": 900, "02": 300, "0201HJ": 300, "12": 100, "1203": 100, "?": 7,
    }  # fmt: skip


def test_national_totals_of_the_third_survey_add_up():
    ten_thousand_ha = {"0101": 3139.20, "0102": 3211.48, "0103": 6435.51}
    rows = [{"class_code": code, "m2": area * 1e8, "slope_grade": 1} for code, area in ten_thousand_ha.items()]
    found = tables(parcels(*rows))
    assert column(found["1"])["01"] == 127_861_900_000_000  # dm²: 12 786.19 x 10^4 ha
    slopes = [7919.03, 1959.32, 1712.64, 772.68, 422.52]
    graded = [
        {"class_code": "0103", "m2": area * 1e8, "slope_grade": grade + 1, "farmland_form": "PD"}
        for grade, area in enumerate(slopes)
    ]
    table = tables(parcels(*graded))["5"]
    assert column(table)["01"] == column(found["1"])["01"] == sum(column(table)[str(grade)] for grade in range(1, 6))


# ---- laws ---------------------------------------------------------------------------------------------------------


def closes_over_regions(cells: np.ndarray, table: AreaTable) -> bool:
    """Is every row the sum of the rows right below it (of the same split)?"""
    splits = len({row.key[2:] for row in table.rows})
    for start, row in enumerate(table.rows):
        below = []
        for index in range(start + splits, len(table.rows), splits):
            if table.rows[index].depth <= row.depth:
                break
            if table.rows[index].depth == row.depth + 1:
                below.append(cells[index])
        if below and not np.array_equal(sum(below), cells[start]):
            return False
    return True


def closes_over_classes(cells: np.ndarray, table: AreaTable) -> bool:
    position = {one.code: index for index, one in enumerate(table.columns)}
    headings = [one.code for one in table.columns if one.code in SD2017.headings]
    total = sum(cells[:, position[code]] for code in headings)
    for code in headings:
        below = [
            index
            for shown, index in position.items()
            if shown not in (code, "total") and shown != "?" and SD2017.heading(shown.removesuffix("HJ")) == code
        ]
        wide = table.id.startswith(("2", "4", "15"))
        if wide and below and not np.array_equal(cells[:, below].sum(axis=1), cells[:, position[code]]):
            return False
    return bool(np.array_equal(total, cells[:, position["total"]]))


@given(counties())
def test_every_table_is_exact_at_every_level_in_m2_and_in_hectares(frame: pd.DataFrame):
    found = tables(frame)
    assert found["1"].dm2[0, 0] == frame["area_dm2"].sum()
    for table in found.values():
        for cells in (table.dm2, table.hectares):
            assert cells is not None and closes_over_regions(cells, table), table.id
            assert cells.min(initial=0) >= 0
            if table.id[0] in "1234" and table.id[:2] not in ("10", "12"):
                assert closes_over_classes(cells, table), table.id
        assert_adjustments_explain_every_difference_from_plain_rounding(table)
    assert_tables_agree_in_hectares(found)


def assert_adjustments_explain_every_difference_from_plain_rounding(table: AreaTable) -> None:
    rows, columns = [row.key for row in table.rows], [one.code for one in table.columns]
    explained = rounded_ha(table.dm2)
    for moved in table.adjustments:
        explained[rows.index(moved.row), columns.index(moved.column)] += moved.units
        assert moved.units and moved.table == table.id and moved.why
    assert np.array_equal(explained, table.hectares)


def assert_tables_agree_in_hectares(found: dict[str, AreaTable]) -> None:
    """The county's total is its own rounded value, and farmland is the same number in every table."""
    wide = found["2"]
    assert wide.hectares is not None and wide.hectares[0, 0] == rounded_ha(wide.dm2)[0, 0]
    farmland = wide.hectares[:, [one.code for one in wide.columns].index("01")]
    for other, name in (("1", "01"), ("5", "01"), ("6", "HJ:01")):
        table = found[other]
        assert table.hectares is not None
        assert np.array_equal(table.hectares[:, [one.code for one in table.columns].index(name)], farmland)


@given(counties())
def test_the_order_of_parcels_changes_nothing(frame: pd.DataFrame):
    turned = frame.iloc[::-1].reset_index(drop=True)
    for one, other in zip(tables(frame).values(), tables(turned).values(), strict=True):
        assert np.array_equal(one.dm2, other.dm2) and np.array_equal(one.hectares, other.hectares)


# ---- levelling ----------------------------------------------------------------------------------------------------


def test_hectares_are_spread_in_descending_code_order_over_classes_above_one_hectare():
    cells = np.array([[3_004_000, 3_004_000, 3_004_000, 4_000]])  # 3.004 ha three times, and 0.004 ha
    levelled = level_cells(cells, np.array([902]), ["01", "02", "03", "04"])
    assert levelled.tolist() == [[300, 301, 301, 0]]


def test_where_no_class_has_a_hectare_all_classes_with_land_take_part():
    cells = np.array([[4_000, 4_000, 4_000, 0]])
    assert level_cells(cells, np.array([1]), ["01", "02", "03", "04"]).tolist() == [[0, 0, 1, 0]]
    cells = np.array([[5_000, 5_000, 6_000, 0]])
    assert level_cells(cells, np.array([2]), ["01", "02", "03", "04"]).tolist() == [[1, 1, 0, 0]]
    assert level_cells(cells, np.array([0]), ["01", "02", "03", "04"]).tolist() == [[0, 0, 0, 0]]


# ---- regions ------------------------------------------------------------------------------------------------------


def test_land_in_a_township_itself_has_a_row_below_it():
    frame = parcels({"class_code": "0101", "m2": 1, "region_code": "650102001"}, {"class_code": "0101", "m2": 2})
    rows = tables(frame)["1"].rows
    assert ("650102001 (not in a unit below it)", "650102001") in [row.key for row in rows]


def test_codes_that_the_tree_does_not_know_hang_below_what_they_begin_with():
    found = places(["650102001777", ""], TREE, names={"650102001777": "new village"})
    names = [row.key[0] for row in found.rows]
    assert "new village" in names and "no region given" in names
    assert found.rows[names.index("new village")].depth == 2
    assert found.members[0].tolist() == [1] * len(found.codes)


def test_a_tree_without_one_top_gets_a_total_row():
    regions = {code: Region(code, code, "county") for code in ("650102", "650103")}
    found = places(["650102", "650103"], RegionTree(regions))
    assert [row.key for row in found.rows] == [("total", ""), ("650102", "650102"), ("650103", "650103")]
    assert found.control.tolist() == [1, 2]
    assert [row.key for row in places([], RegionTree(regions)).rows] == [("total", "")]


def test_only_the_county_of_the_parcels_is_listed_from_a_larger_tree():
    regions = {"65": Region("65", "P", "province"), "650103": Region("650103", "Q", "county", "65")}
    regions |= {COUNTY.code: Region(COUNTY.code, COUNTY.name, "county", "65")}
    regions |= {code: region for code, region in TREE.regions.items() if code != COUNTY.code}
    tree = RegionTree(regions)
    assert places([VILLAGES[0]], tree).rows[0].key[1] == COUNTY.code
    assert len(places([VILLAGES[0]], tree).rows) == 6
    assert [row.key[1] for row in places([VILLAGES[0]], tree, top="65").rows][:2] == ["65", COUNTY.code]
