"""Tables of quality come in as offices write them; what cannot be used is set aside with its reason, and counted."""

from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd
import pytest

from tilth.core import BadInput, Finding, NeedsAnswer, TilthError, speaking
from tilth.intake import read_table
from tilth.soil import QualityTold, quality_rows

CHINESE = """图斑标识码,耕地质量等级,有机质(%),pH值,有效土层厚度（cm）,黑土层厚度(m),灌溉能力,排水能力,\
盐渍化程度,高标准农田,有机质来源,数据来源,采样日期,可信度
A1,三等,2.15,6.4,95,0.35,充分满足,满足,无,是,土壤普查,变更调查,2024年5月,实测
A2,Ⅳ,1.8,"6,1",80,,基本满足,不满足,轻度,否,,变更调查,2023,推算
"""


def table(tmp_path, text, encoding="utf-8", name="q.csv"):
    file = tmp_path / name
    file.write_bytes(text.encode(encoding))
    return read_table(file).frame


def rows(text, **more):
    lines = [line.split(",") for line in text.strip().splitlines()]
    frame = pd.DataFrame(lines[1:], columns=lines[0]).assign(source_row=range(1, len(lines)))
    return quality_rows(frame, year=2024, file="q.csv", **more)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-8-sig"])
def test_a_chinese_table_is_read_in_any_encoding_with_units_and_marks(tmp_path, encoding):
    found = quality_rows(table(tmp_path, CHINESE, encoding), year=2024, file="q.csv").frame
    assert found["quality_grade"].tolist() == [3, 4]
    assert found["organic_matter_g_kg"].tolist() == [21.5, 18.0]
    assert found["black_layer_cm"][0] == 35 and np.isnan(found["black_layer_cm"][1])
    assert found["ph"].tolist() == [6.4, 6.1]
    assert found["irrigation"].tolist() == ["full", "basic"] and found["drainage"].tolist() == ["met", "none"]
    assert found["salinisation"].tolist() == ["none", "slight"], "无 is a level here, not a blank"
    assert found["high_standard"].tolist() == ["built", "none"]
    assert found["organic_matter_g_kg.source"].tolist() == ["土壤普查", "变更调查"], "its own source, else the row's"
    assert found["ph.date"].tolist() == ["2024-05", "2023"]
    assert found["ph.confidence"].tolist() == ["sure", "likely"]
    assert found["black_layer_cm.source"].tolist() == ["变更调查", ""], "nothing is said of what is not there"


def test_an_english_table_in_cp1252_is_read(tmp_path):
    text = "parcel_id;Organic matter [g/kg];Effective soil depth (cm);Irrigation;source;date;confidence\n" \
           "B1;21,5;95;fully met;Musée d’agronomie;2024/05/03;high\n"  # fmt: skip
    found = quality_rows(table(tmp_path, text, "cp1252"), year=2024, file="q.csv")
    one = found.frame.iloc[0]
    assert (one["organic_matter_g_kg"], one["irrigation"]) == (21.5, "full")
    assert one["organic_matter_g_kg.source"].startswith("Mus") and one["organic_matter_g_kg.date"] == "2024-05-03"
    assert "QUALITY-REREAD" in [one.code for one in found.findings]


def test_a_workbook_is_read_like_a_table(tmp_path):
    book = openpyxl.Workbook()
    for row in (["BSM", "pH", "灌溉能力", "有机质(g/kg)"], ["C1", 6.5, 2, 20], ["C2", None, "不满足", 19.5]):
        book.active.append(row)
    book.save(tmp_path / "q.xlsx")
    found = quality_rows(read_table(tmp_path / "q.xlsx").frame, year=2024, file="q.xlsx").frame
    assert found["irrigation"].tolist() == ["met", "none"] and np.isnan(found["ph"][1])
    assert found["ph.source"].tolist() == ["q.xlsx", ""], "where nobody says, it is the file"


#: Rows that cannot be used, and why.
BAD = {
    ",7,met,2024,sure": "QUALITY-ROW-NO-PARCEL",
    "Z9,7,met,2024,sure": "QUALITY-ROW-UNKNOWN",
    "A1,7,met,2024,sure": "QUALITY-ROW-TWICE",
    "A2,,,2024,sure": "QUALITY-ROW-EMPTY",
    "A3,seven,met,2024,sure": "QUALITY-ROW-NUMBER",
    "A4,1.99,met,2024,sure": "QUALITY-ROW-IMPOSSIBLE",
    "A5,12.01,met,2024,sure": "QUALITY-ROW-IMPOSSIBLE",
    "A6,7,excellent,2024,sure": "QUALITY-ROW-LEVEL",
    "A7,7,met,31.5.2024x,sure": "QUALITY-ROW-DATE",
    "A8,7,met,2025-01-01,sure": "QUALITY-ROW-LATER",
    "A9,7,met,2024,perhaps": "QUALITY-ROW-CONFIDENCE",
}


@pytest.mark.parametrize("bad", BAD)
def test_a_row_that_cannot_be_used_is_set_aside_for_its_reason_and_nothing_else_is(bad):
    known = np.array([f"A{number}" for number in range(1, 13)], dtype=object)
    found = rows(
        f"BSM,pH,irrigation,date,confidence\nA1,7,met,2024,sure\n{bad}\nA12,2,none,2024-12-31,low", known=known
    )
    assert [(one.source_row, one.code) for one in found.aside] == [(2, BAD[bad])]
    assert (found.rows_in, len(found.frame)) == (3, 2)
    for lang in ("en", "zh"):
        with speaking(lang):
            said = Finding(found.aside[0].code, values=found.aside[0].values).said
            assert said and "{" not in said and "\n" not in said
            assert (lang == "zh") is any("\u4e00" <= letter <= "\u9fff" for letter in said)


@pytest.mark.parametrize(
    ("grade", "good"), [("1", True), ("10", True), ("0", False), ("11", False), ("2.5", False), ("十等", True)]
)
def test_grades_are_those_of_the_standard(grade, good):
    found = rows(f"BSM,质量等级,pH\nA1,5,7\nA2,{grade},7")
    assert (not found.aside) is good and (good or found.aside[0].code == "QUALITY-ROW-GRADE")


@pytest.mark.parametrize(("ph", "good"), [("2", True), ("1.9999", False), ("12", True), ("12.0001", False)])
def test_what_no_field_has_is_told_from_what_one_can_have(ph, good):
    assert (not rows(f"BSM,pH\nA1,7\nA2,{ph}").aside) is good


def test_values_of_which_nobody_says_how_sure_they_are_are_unverified_and_counted():
    found = rows("BSM,pH,irrigation\nA1,7,met\nA2,7,")
    assert found.frame["ph.confidence"].tolist() == ["unverified", "unverified"]
    (said,) = [one for one in found.findings if one.code == "QUALITY-UNSAID-CONFIDENCE"]
    assert said.values == {"count": 3}
    told = rows("BSM,pH\nA1,7", told=QualityTold(source="lab", date="2024-05", confidence="sure")).frame
    assert told[["ph.source", "ph.date", "ph.confidence"]].iloc[0].tolist() == ["lab", "2024-05", "sure"]


#: Inputs that are wrong as a whole: text, what the user says, and the code of the one sentence.
WRONG = [
    ("pH,irrigation\n7,met", {}, "QUALITY-NO-PARCEL"),
    ("BSM,remarks\nA1,x", {}, "QUALITY-NO-COLUMN"),
    ("BSM,pH,ph value\nA1,7,7", {}, "QUALITY-TWO-COLUMNS"),
    ("BSM,有机质\nA1,20", {}, "QUALITY-UNIT-UNSAID"),
    ("BSM,有机质(furlong)\nA1,20", {}, "QUALITY-UNIT"),
    ("BSM,pH\nA1,7", {"units": {"organic matter": "%"}}, "QUALITY-MAP-COLUMN"),
    ("BSM,pH\nA1,7", {"units": {"mood": "%"}}, "QUALITY-MAP-COLUMN"),
    ("BSM,pH\nA1,7", {"columns": {"irrigation": "water"}}, "QUALITY-MAP-HEADING"),
    ("BSM,有机质(g/kg)\nA1,20", {"units": {"organic matter": "µS/cm"}}, "QUALITY-UNIT"),
]


@pytest.mark.parametrize(("text", "told", "code"), WRONG)
def test_a_wrong_table_is_answered_with_one_clear_sentence(text, told, code):
    with pytest.raises((BadInput, NeedsAnswer)) as refused:
        rows(text, told=QualityTold(**told))
    assert refused.value.code == code
    for lang in ("en", "zh"):
        with speaking(lang):
            assert refused.value.said and refused.value.remedy and "\n" not in refused.value.said


@pytest.mark.parametrize(
    ("told", "code"), [({"confidence": "certain"}, "QUALITY-CONFIDENCE"), ({"date": "yesterday"}, "QUALITY-DATE")]
)
def test_what_the_user_says_of_the_table_has_to_be_right_too(told, code):
    with pytest.raises(TilthError) as refused:
        QualityTold(**told)
    assert refused.value.code == code


def test_the_user_may_name_a_column_and_its_unit():
    told = QualityTold(units={"organic matter": "%"}, columns={"organic matter": "SOM_X", "ph": "acid"})
    found = rows("BSM,SOM_X,acid\nA1,2.1,6.6", told=told).frame
    assert (found["organic_matter_g_kg"][0], found["ph"][0]) == (21.0, 6.6)


def test_columns_that_are_not_kept_are_named():
    found = rows("BSM,pH,备注,weather\nA1,7,x,fine")
    (said,) = [one for one in found.findings if one.code == "QUALITY-UNREAD"]
    assert said.values == {"count": 2, "columns": "备注, weather"}
