"""Tables on a terminal, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_sample import book, level_one, level_two, matrix, slopes

from tilth.change import rounded_ha
from tilth.core import BadInput, safe_cell, speaking
from tilth.report import as_json, as_text, table_csv
from tilth.report.cells import display_width, grouped, hundredths
from tilth.report.csvs import listing_csv
from tilth.report.listings import all_listings, standing_listing
from tilth.report.text import padded


def test_chinese_columns_line_up_on_a_terminal() -> None:
    with speaking("zh"):
        lines = as_text(level_one("zh")).split("\n")
    rule = next(place for place, line in enumerate(lines) if set(line) == {"-"})
    body = lines[rule - 2 : rule] + lines[rule + 1 :]
    assert {display_width(line) for line in body} == {display_width(lines[rule])}
    assert lines[:2] == ["土地利用现状一级分类面积汇总表", "面积单位：公顷"]


def test_units_are_named_and_levelling_is_told() -> None:
    assert "Unit: m²" in as_text(level_one(), "m2") and "1,440,717.84" in as_text(level_one(), "m2")
    assert "Unit: mu" in as_text(level_one(), "mu")
    assert "not levelled" in as_text(level_two()) and "not levelled" not in as_text(level_one())
    with pytest.raises(BadInput, match="acre"):
        as_text(level_one(), "acre")


def test_a_hectare_table_says_how_far_levelling_took_a_number_from_its_square_metres() -> None:
    table = level_one()
    assert table.hectares is not None
    moved = np.abs(table.hectares - rounded_ha(table.dm2)).max()
    note = f"off its own m², here by up to 0.{moved:02d} ha"
    assert (note in as_text(table)) == bool(moved) and "levelled by" not in as_text(table, "m2")
    further = replace(table, hectares=table.hectares + 8)
    assert "here by up to 0.08 ha" in as_text(replace(table, hectares=rounded_ha(table.dm2) + 8))
    assert as_text(further).count("levelled by the survey's rule") == 1


def test_columns_left_out_are_counted() -> None:
    assert "columns without any area are not shown" in as_text(level_two(), skip_zero_columns=True)
    assert as_text(level_one(), per_block=5).count("Demo County") == 3


@given(st.text(alphabet="ab田公顷，é", max_size=12), st.integers(0, 30), st.booleans())
def test_padding_fills_to_the_width_on_the_screen(text: str, width: int, right: bool) -> None:
    assert display_width(padded(text, width, right)) == max(width, display_width(text))


@given(st.integers(-(10**17), 10**17))
def test_hundredths_read_back_exactly(value: int) -> None:
    assert int(hundredths(value).replace(".", "")) == value
    assert grouped(value).replace(",", "") == hundredths(value)


def test_json_carries_whole_dm2_and_survives_a_round_trip() -> None:
    table = slopes()
    record = json.loads(json.dumps(as_json(table)))
    assert [list(row["dm2"].values()) for row in record["rows"]] == table.dm2.tolist()
    assert [[round(value * 100) for value in row["m2"].values()] for row in record["rows"]] == table.dm2.tolist()
    assert record["columns"][2] == {"code": "2TT", "name": "terrace", "group": "grade 2"}
    assert record["hectares_levelled"] is True


@pytest.mark.parametrize("unit", ["m2", "ha"])
def test_csv_reads_back_exactly_under_codes_with_units(unit: str) -> None:
    table = level_one("zh")
    content = table_csv(table, unit)
    assert content.startswith(b"\xef\xbb\xbf") and not table_csv(table, unit, bom=False).startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert head[:5] == ["name", "code", "depth", f"total_{unit}", f"00_{unit}"]
    cells = np.array([[int(cell.replace(".", "")) for cell in row[3:]] for row in rows], dtype=np.int64)
    np.testing.assert_array_equal(cells, table.dm2 if unit == "m2" else table.hectares)


def test_negative_areas_below_one_keep_their_sign() -> None:
    text = table_csv(matrix()).decode("utf-8-sig")
    assert "-0.05" in text


def test_lists_as_csv_keep_blank_tasks_blank_and_formulas_text() -> None:
    sample = book()
    head, _, township = csv.reader(io.StringIO(listing_csv(standing_listing(sample.standing)).decode("utf-8-sig")))
    assert head[:3] == ["region", "name", "depth"] and township[1:3] == ["Heping Town", "1"]
    assert township[head.index("farmland_task_ha")] == "" and township[head.index("farmland_held_m2")] == "200000.00"
    assert safe_cell("=1+1") == "'=1+1" and safe_cell("水田") == "水田"
    assert len({listing.id for listing in all_listings(sample)}) == len(all_listings(sample))
