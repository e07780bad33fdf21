"""Laws of the examination: a planted fault is found with its exact area, wherever it lies."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from validate_county import CRS, SIDE, X, Y, examined, with_shape

from tilth.core import BadInput, dm2_array
from tilth.intake import read_ridge_table, shipped_domains
from tilth.overlay import engine_area

widths = st.integers(1, 400).map(lambda centimetres: centimetres / 100)
tops = st.integers(10, 100)


def rectangle(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    return shapely.Polygon([(X + x0, Y + y0), (X + x1, Y + y0), (X + x1, Y + y1), (X + x0, Y + y1)])


@given(width=widths)
def test_an_overlap_is_measured_to_a_hundredth_of_a_square_metre(width: float) -> None:
    result = examined(with_shape(1, rectangle(SIDE - width, 0, 2 * SIDE, SIDE)))
    expected = int(dm2_array(engine_area([rectangle(SIDE - width, 0, SIDE, SIDE)], CRS))[0])
    (finding,) = result.findings
    assert (finding.code, finding.values["count"]) == ("V11", 2)
    assert abs(finding.values["area_dm2"] - expected) <= 1


@given(width=widths)
def test_a_gap_is_measured_to_a_hundredth_of_a_square_metre(width: float) -> None:
    result = examined(with_shape(1, rectangle(SIDE + width, 0, 2 * SIDE, SIDE)))
    expected = int(dm2_array(engine_area([rectangle(SIDE, 0, SIDE + width, SIDE)], CRS))[0])
    (finding,) = result.findings
    assert (finding.code, finding.values["count"]) == ("V11", 0)
    assert abs(finding.values["area_dm2"] - expected) <= 1


@given(shift=st.floats(-0.00009, 0.00009))
def test_what_lies_within_the_tolerance_of_a_tenth_of_a_millimetre_is_no_fault(shift: float) -> None:
    assert examined(with_shape(1, rectangle(SIDE + shift, 0, 2 * SIDE, SIDE))).findings == ()


def test_a_ridge_table_is_read_with_its_strata(tmp_path: Path) -> None:
    file = tmp_path / "ridge.csv"
    file.write_text("key,ridge_coef,stratum\nPD2,0.0412,plain\nPD2,0.0650,hills\nTT5,,\n", encoding="utf-8-sig")
    assert read_ridge_table(file).allowed == {"PD2": (0.0412, 0.065)}


@pytest.mark.parametrize(
    "text", ["key,ridge_coef\nPD9,0.1\n", "key,ridge_coef\nPD2,8.12\n", "key,value\nPD2,0.1\n", ""]
)
def test_a_file_that_is_no_ridge_table_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ridge.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"ridge\.csv"):
        read_ridge_table(file)


def test_a_ridge_table_without_a_column_names_it_and_those_that_are_there(tmp_path: Path) -> None:
    file = tmp_path / "ridge.csv"
    file.write_text("key,value\nPD2,0.1\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"no column ridge_coef / KCXS .*its columns are key, value"):
        read_ridge_table(file)
    file.write_text("代码,田坎系数\nPD2,0.1\n", encoding="gbk")
    assert read_ridge_table(file).allowed == {"PD2": (0.1,)}


def test_the_planting_list_changes_with_the_year() -> None:
    domains = shipped_domains()
    assert domains.codes("ZZSXDM", 2018, "0101") >= {"GZ", "WG"} and "LS" not in domains.codes("ZZSXDM", 2018, "0101")
    assert domains.codes("ZZSXDM", 2023, "0305") == {"JKHF", "GCHF"}
    assert domains.codes("ZZSXDM", 2023, "0403") == frozenset()
    assert "?" in domains.codes("ZZSXDM", 2025, "0305")
