"""The workbook holds the tables to the dm², in both units and both languages."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_sample import book, level_one, level_two, matrix, slopes

from tilth.core import AreaTable, Column, Finding, Label, Row, speaking
from tilth.report.cells import printed_names
from tilth.report.xlsx import number_of, safe_text, sheet_names, workbook_bytes


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def cells_of(sheet: Any, table: AreaTable) -> np.ndarray:
    """The numbers of a sheet in whole hundredths, found by the row of names."""
    rows = list(sheet.iter_rows(values_only=True))
    keys = len(table.key_columns)
    names = [*map(str, table.key_columns), *(str(column.label) for column in table.columns)]
    at = next(place for place, row in enumerate(rows) if list(row) == names)
    body = rows[at + 1 : at + 1 + len(table.rows)]
    assert [list(row[:keys]) for row in body] == [printed_names(row.names) for row in table.rows]
    return np.array([[round(value * 100) for value in row[keys:]] for row in body], dtype=np.int64)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_table_reads_back_to_the_dm2_and_to_the_hundredth_of_a_hectare(lang: str) -> None:
    with speaking(lang):
        workbook = opened(workbook_bytes(book(lang)))
        tables = [level_one(lang), level_two(lang), slopes(lang), matrix()]
        ha, m2 = workbook.worksheets[1:5], workbook.worksheets[5:9]
        for table, sheet_ha, sheet_m2 in zip(tables, ha, m2, strict=True):
            assert sheet_ha["A2"].value == ("面积单位：公顷" if lang == "zh" else "Unit: ha")
            assert sheet_m2["A2"].value == ("面积单位：平方米" if lang == "zh" else "Unit: m²")
            np.testing.assert_array_equal(cells_of(sheet_m2, table), table.dm2)
            if table.hectares is not None:
                np.testing.assert_array_equal(cells_of(sheet_ha, table), table.hectares)
            else:
                assert np.abs(cells_of(sheet_ha, table) * 10_000 - table.dm2).max() <= 5_000


def test_headings_are_words_and_only_official_codes_stand_beside_them() -> None:
    codes = ["LS:0101", "0201HJ", "01", "OPENING", "area_dm2", "IN-SUM", "AC66"]
    columns = tuple(Column(code, Label(f"name {code}", "名")) for code in codes)
    rows = (Row(("total", Label("Total", "合计"))), Row(("AC66", Label("Wheat", "小麦"))))
    keys = (Label("code", "代码"), Label("class", "地类"))
    table = AreaTable("t", Label("t", "t"), keys, columns, rows, np.zeros((2, 7), dtype=np.int64))
    sheet = opened(workbook_bytes(replace(book(), tables=(table,), flows=(), figures=()))).worksheets[1]
    heads = [[cell or "" for cell in row] for row in sheet.iter_rows(min_row=3, max_row=6, values_only=True)]
    assert heads[0] == ["", "", "0101", "0201", "01", "", "", "", "AC66"]
    assert heads[1] == ["code", "class", *(f"name {code}" for code in codes)]
    assert [row[:2] for row in heads[2:]] == [["", "Total"], ["AC66", "Wheat"]]


@given(st.integers(-4 * 10**15, 4 * 10**15))
def test_any_area_of_a_country_is_a_number_that_reads_back(dm2: int) -> None:
    number = number_of(dm2)
    assert isinstance(number, float) and round(float(repr(number)) * 100) == dm2


def test_an_area_too_large_for_a_spreadsheet_number_is_exact_text() -> None:
    assert number_of(8_981_119_224_927_579) == "89811192249275.79"


def test_the_largest_and_smallest_areas_survive_the_workbook() -> None:
    areas = [0, 1, -1, 29, 57, 115, 10**15 - 1, -(10**15) + 7, 96_000_000_000_003]
    cells = np.array([areas], dtype=np.int64)
    columns = tuple(Column(f"c{place}", Label("x", "x")) for place in range(len(areas)))
    table = AreaTable("t", Label("t", "t"), (Label("k", "k"),), columns, (Row(("row",)),), cells)
    workbook = opened(workbook_bytes(replace(book(), tables=(table,), flows=(), figures=())))
    np.testing.assert_array_equal(cells_of(workbook.worksheets[2], table), cells)


def test_a_text_that_looks_like_a_formula_stays_a_text(findings: tuple[Finding, ...]) -> None:
    workbook = opened(workbook_bytes(book(findings=findings)))
    kinds = {
        cell.data_type for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.value is not None
    }
    assert kinds == {"s", "n"}
    assert any(cell.value == "=1+1" for row in workbook["Change list"].iter_rows() for cell in row)


def test_headings_stay_in_sight_and_print_on_every_page() -> None:
    sheet = opened(workbook_bytes(book())).worksheets[2]
    assert sheet.freeze_panes == "C6"
    assert sheet.print_title_rows == "$3:$5" and sheet.print_title_cols == "$A:$B"
    assert sheet.page_setup.orientation == "landscape" and sheet.sheet_properties.pageSetUpPr.fitToPage
    assert "D3:K3" in {str(area) for area in sheet.merged_cells.ranges}  # 湿地 over its eight classes


def test_villages_are_indented_below_townships() -> None:
    sheet = opened(workbook_bytes(book())).worksheets[1]
    assert [sheet.cell(row, 1).alignment.indent for row in range(5, 8)] == [0, 1, 2]


def test_lists_carry_findings_quarantine_levelling_and_provenance(findings: tuple[Finding, ...]) -> None:
    workbook = opened(workbook_bytes(book(findings=findings)))
    texts = {
        sheet.title: [list(row) for row in sheet.iter_rows(min_row=3, values_only=True)]
        for sheet in workbook.worksheets
    }
    assert texts["Findings by kind"][1][:4] == ["LAND-TEST-BREAKS", None, "breaks a rule", 2]
    assert len([row for row in texts["Findings"] if row[0] in {finding.code for finding in findings}]) == 3
    assert texts["Quarantine"][1][:3] == [7, "G-EMPTY", "no geometry"]
    assert texts["Levelling adjustments"][1][:5] == [
        "Land use by level-1 class", "341881101201", "01 Cultivated land (farmland)", -0.01, "row total"
    ]  # fmt: skip
    assert texts["Source files"][1][:2] == ["dltb_2023.shp", "a1" * 32]
    assert texts["Snapshots and row counts"][1][:5] == ["survey 2023", "c3" * 32, 145, 144, 1]
    assert texts["Standing against the tasks"][2][2] is None  # no task given: blank, not zero
    assert texts["Contents"][1][1] == workbook.sheetnames[1]


def test_the_same_book_gives_the_same_bytes() -> None:
    assert workbook_bytes(book()) == workbook_bytes(book())


def test_sheet_names_are_short_legal_and_unique() -> None:
    names = sheet_names(["a/b:c", "A b c", "x" * 40, "x" * 41, "", "[]", "'quoted'"])
    assert names == ["a b c", "A b c 2", "x" * 31, "x" * 29 + " 2", "-", "- 2", "quoted"]


@given(st.lists(st.text(max_size=50), max_size=12))
def test_any_titles_give_names_that_a_workbook_takes(titles: list[str]) -> None:
    names = sheet_names([safe_text(title) for title in titles])
    assert len({name.lower() for name in names}) == len(titles)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


def test_an_overlong_or_unprintable_text_is_cut_and_shown_not_lost_in_silence() -> None:
    assert safe_text("a\x01b") == "a\\x01b"
    cut = safe_text("y" * 40_000)
    assert len(cut) == 32_767 and cut.endswith("… (cut; 40000 letters in all)")


def test_a_change_list_with_blank_numbers_keeps_them_blank() -> None:
    frame = pd.DataFrame({"seq": [1, 2], "slope_before": pd.array([2, None], dtype="Int8"), "area_dm2": [12345, 5]})
    sheet = opened(workbook_bytes(replace(book(), change_list=frame)))["Change list"]
    assert [list(row)[:3] for row in sheet.iter_rows(min_row=3, max_row=5, values_only=True)] == [
        ["no.", "slope before", "area (m²)"],
        [1, 2, 123.45],
        [2, None, 0.05],
    ]
