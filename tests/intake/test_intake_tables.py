"""Tables come in as they are written: text stays text, numbers lose no digit, nothing is skipped unawares."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import BadInput, NeedsAnswer
from tilth.intake import read_table
from tilth.intake.tables import typed_column


@pytest.mark.parametrize("sign", [",", "\t", ";", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_delimiter_in_any_encoding(tmp_path: Path, sign: str, encoding: str, end: str) -> None:
    lines = ["编码,名称,面积", "0101,水田,12.5", "0102,水浇地,7"]
    path = tmp_path / "t.csv"
    path.write_bytes((end.join(lines).replace(",", sign) + end).encode(encoding))
    frame = read_table(path).frame
    assert frame["编码"].tolist() == ["0101", "0102"]
    assert frame["名称"].tolist() == ["水田", "水浇地"]
    assert frame["面积"].tolist() == [12.5, 7.0]
    assert frame["source_row"].tolist() == [1, 2]


def test_the_header_is_the_first_row_with_anything_in_it(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n ,\n,a,a\n1,2,3\n\n4,5\n", encoding="utf-8")
    table = read_table(path)
    assert list(table.frame) == ["column_1", "a", "a_2", "source_row"]
    assert len(table.frame) == 2
    assert table.frame["a_2"].isna().tolist() == [False, True]
    assert [finding.code for finding in table.findings] == ["INTAKE-NAME-GIVEN"]


def test_quoted_delimiters_and_line_breaks_belong_to_the_cell(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n"x, y","line\nbreak"\n', encoding="utf-8")
    assert read_table(path).frame.iloc[0, :2].tolist() == ["x, y", "line\nbreak"]


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (["1", "22", None], "Int64"),
        (["1.5", "-2", None], "float64"),
        (["1e-04", "2.0"], "float64"),
        (["0101", "0102"], "str"),
        (["201A", "202"], "str"),
        (["12E4", "3"], "str"),
        (["6,1", "7.1"], "str"),
        (["1234567890123456789"], "str"),
        ([None, None], "str"),
    ],
)
def test_a_column_becomes_numbers_only_where_nothing_is_lost(cells: list[str | None], dtype: str) -> None:
    assert str(pd.Series(typed_column(cells, numbers=True)).dtype) == dtype


@given(st.lists(st.one_of(st.none(), st.integers(-(10**14), 10**14)), min_size=1))
def test_whole_numbers_come_back_exactly(numbers: list[int | None]) -> None:
    column = typed_column([None if number is None else str(number) for number in numbers], numbers=True)
    assert [None if pd.isna(value) else int(value) for value in column] == numbers


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_keeps_codes_dates_and_blanks(tmp_path: Path) -> None:
    rows = [
        [],
        ["code", "day", "area", "mixed"],
        ["0101", dt.date(2024, 12, 31), 1, 6.1],
        ["0102", None, None, "6,1"],
    ]
    frame = read_table(workbook(tmp_path / "t.xlsx", {"任务": rows, "empty": []})).frame
    assert frame["code"].tolist() == ["0101", "0102"]
    assert frame["day"][0] == "2024-12-31"
    assert frame["area"].tolist() == [1, pd.NA]
    assert frame["mixed"].tolist() == ["6.1", "6,1"]


def test_of_several_sheets_the_user_names_one(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"a": [["x"], [1]], "b": [["y"], [2], [3]]})
    with pytest.raises(NeedsAnswer, match=r"a \(1\), b \(2\)"):
        read_table(path)
    assert read_table(path, sheet="b").frame["y"].tolist() == [2, 3]
    with pytest.raises(BadInput, match="it has: a, b"):
        read_table(path, sheet="c")


def test_a_dbf_without_shapes_is_a_table(tmp_path: Path) -> None:
    frame = pd.DataFrame({"DLMC": ["水田", "旱地", "果园"], "n": [1, 2, 3], "a": [1.5, 2.5, 3.5]})
    pyogrio.write_dataframe(gpd.GeoDataFrame(frame), tmp_path / "t.dbf", driver="ESRI Shapefile", encoding="GBK")
    path = tmp_path / "t.dbf"
    path.with_suffix(".cpg").unlink()
    table = read_table(path)
    assert table.frame["DLMC"].tolist() == ["水田", "旱地", "果园"]
    assert table.frame["n"].tolist() == [1, 2, 3]
    raw = bytearray(path.read_bytes())
    start, length = int.from_bytes(raw[8:10], "little"), int.from_bytes(raw[10:12], "little")
    raw[start + length] = ord("*")
    path.write_bytes(raw[: start + 2 * length + 3])
    table = read_table(path)
    assert table.rows_in == 3 and table.frame["source_row"].tolist() == [1]
    assert [(row.source_row, row.code) for row in table.rejected] == [
        (2, "INTAKE-ROW-DELETED"),
        (3, "INTAKE-ROW-MISSING"),
    ]


def test_what_is_no_table_is_refused_in_one_sentence(tmp_path: Path) -> None:
    for name, content in {
        "a.xlsx": b"PK\x03\x04 not really", "b.xls": b"\xd0\xcf\x11\xe0 no", "c.dbf": b"x", "d.csv": b"\0\1\2\3",
        "e.csv": b"", "f.pdf": b"%PDF", "g.zip": b"PK",
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match=name):
            read_table(tmp_path / name)
    with pytest.raises(BadInput, match="no file"):
        read_table(tmp_path / "none.csv")


def test_a_table_inside_a_zip_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("folder/t.csv", "a,b\n1,2\n")
    table = read_table(tmp_path / "t.zip")
    assert table.frame["b"].tolist() == [2]
    assert table.sources[0].name == "t.zip" and len(table.sources[0].sha256) == 64


#: Rows of the shared tables, counted in the files themselves.
SHARED = {
    "sal_xinjiang_cn/Soil_Salinity_Prediction_Raw_Dataset.xlsx": 322,
    "sal_cafine_gw/merged_data_cafine.csv": 183,
    "sal_odisha_bd/soil_data_raw.csv": 113,
    "sal_odisha_bd/groundwater_points_odisha_xy.csv": 279,
    "sal_ucrb_us/cop_ncss17_ec12_2D_covarsc.txt": 3067,
    "sal_ucrb_us/cop_ncss17SAR_pct_covarsc.txt": 3939,
    "cn_landclass_codes/sandiao_to_guokong.csv": 81,
    "cn_landclass_codes/erdiao_to_guokong.csv": 27,
    "cn_landclass_codes/sandiao_style_rgb.csv": 74,
    "cn_landclass_codes/sandiao_to_guokong.xls": 85,
    "cn_admin/division_areas.csv": 2978,
    "lulc_transitions_sl/lulc_Multistep.csv": 130,
    "lulc_transitions_sl/lulc_Onestep.csv": 45,
    "stats_cn/land_survey_2019.csv": 38,
    "rs_mt_modis/samples.csv": 603,
    "rs_abandonment_points_ee/Training_samples.dbf": 11757,
}


@pytest.mark.data
@pytest.mark.parametrize(("name", "rows"), SHARED.items())
def test_the_shared_tables_are_read_whole(data_dir: Path, name: str, rows: int) -> None:
    table = read_table(data_dir / name)
    assert (len(table.frame), table.rows_in) == (rows, rows)


@pytest.mark.data
def test_the_warts_of_the_shared_tables_are_kept(data_dir: Path) -> None:
    codes = read_table(data_dir / "cn_landclass_codes/sandiao_to_guokong.csv").frame
    assert "0101" in set(codes["sandiao_code"]) and "0506" in set(codes["guokong_code"])
    salt = read_table(data_dir / "sal_xinjiang_cn/Soil_Salinity_Prediction_Raw_Dataset.xlsx").frame
    assert any("6,1" in set(salt[name].dropna().astype(str)) for name in salt)
    soil = read_table(data_dir / "sal_odisha_bd/soil_data_raw.csv")
    assert (
        soil.sources[0].encoding == "cp1252"
        and soil.frame.apply(lambda column: column.astype(str).str.contains("µ|°").any()).any()
    )
    assert read_table(data_dir / "sal_cafine_gw/merged_data_cafine.csv").frame.columns[0] == "column_1"
