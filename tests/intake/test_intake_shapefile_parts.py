"""A shapefile whose .prj is damaged asks for its system; text in a number field is named, never read as a number."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import box

from tilth.core import BadInput, NeedsAnswer
from tilth.intake import parcels_from, read_table, read_vector
from tilth.intake.dbf import Dbf

GBK_BYTE = b"\x4d"


def survey(folder: Path) -> Path:
    """Four parcels in zone 38, recorded with 10 000.00 m² each, with a .prj and without a .cpg."""
    frame = gpd.GeoDataFrame(
        {
            "BSM": [f"{n:018d}" for n in range(4)],
            "DLBM": ["0101", "0102", "0103", "0301"],
            "DLMC": ["水田", "水浇地", "旱地", "乔木林地"],
            "TBMJ": [10_000.25] * 4,
        },
        geometry=[box(38_400_000 + 100 * n, 3_500_000, 38_400_100 + 100 * n, 3_500_100) for n in range(4)],
        crs="EPSG:4526",
    )
    path = folder / "DLTB.shp"
    pyogrio.write_dataframe(frame, path, encoding="GBK")
    path.with_suffix(".cpg").unlink()
    return path


def put(path: Path, row: int, name: str, text: bytes) -> None:
    """Write `text` into a cell of the .dbf, to the left."""
    dbf = Dbf.open(path.with_suffix(".dbf"))
    field = next(one for one in dbf.fields if one.name.decode() == name)
    raw = bytearray(path.with_suffix(".dbf").read_bytes())
    raw_start = int.from_bytes(raw[8:10], "little") + row * int.from_bytes(raw[10:12], "little") + field.offset
    raw[raw_start : raw_start + field.length] = text.ljust(field.length)
    path.with_suffix(".dbf").write_bytes(raw)


DAMAGED = {
    "cut": lambda wkt: wkt[:200],
    "a NUL in it": lambda wkt: wkt[:100] + b"\0" + wkt[100:],
    "no number for a number": lambda wkt: wkt.replace(b"6378137", b"x"),
    "without its meridian": lambda wkt: wkt.replace(b"Central_Meridian", b"Central_Merxdian"),
    "a bracket gone": lambda wkt: wkt.replace(b"PROJCS[", b"PROJCS\x01"),
    "rubbish": lambda _: bytes(range(256)),
    "zeros": lambda _: b"\0" * 400,
    "no place on the Earth": lambda _: b'LOCAL_CS["x",UNIT["m",1]]',
}


@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_prj_is_a_question_with_the_likely_answer(tmp_path: Path, how: str) -> None:
    path = survey(tmp_path)
    path.with_suffix(".prj").write_bytes(DAMAGED[how](path.with_suffix(".prj").read_bytes()))
    with pytest.raises(NeedsAnswer, match="EPSG:4526") as raised:
        read_vector(path)
    assert raised.value.code == "INTAKE-CRS-MISSING"
    table = read_vector(path, crs="EPSG:4526")
    assert table.crs == "EPSG:4526" and table.rows_in == len(table.frame) == 4


def test_a_damaged_prj_that_names_an_old_datum_is_still_refused(tmp_path: Path) -> None:
    path = survey(tmp_path)
    path.with_suffix(".prj").write_bytes(b'PROJCS["Xian_1980_3_Degree_GK_Zone_38",GEOGCS["GCS_Xian_1980",DATUM["D_Xi')
    for crs in (None, "EPSG:4526"):
        with pytest.raises(BadInput) as raised:
            read_vector(path, crs=crs)
        assert raised.value.code == "INTAKE-CRS-OLD"


@pytest.mark.parametrize(
    "text", ["12,3", "abc", "约12亩", "12亩", "about 12", "1-2", "1 000", "3,500.00", "1.2.3", "1e", "0x10", "12e3e"]
)
def test_text_in_a_number_field_is_named_never_read_as_a_number(tmp_path: Path, text: str) -> None:
    path = survey(tmp_path)
    put(path, 1, "TBMJ", text.encode("gbk"))
    table = read_vector(path)
    assert table.frame["TBMJ"].tolist()[1] == text
    assert "INTAKE-READER-NOTE" not in {finding.code for finding in table.findings}  # nothing was "parsed to 12"
    draft = parcels_from(table, "dltb", year=2024, region="999901")
    assert draft.parcels["area_dm2"].tolist() == [1_000_025] * len(draft.parcels)
    (row,) = draft.quarantine.to_dict("records")
    assert (row["source_row"], row["code"]) == (2, "INTAKE-ROW-AREA-UNREADABLE")
    assert repr(text) in row["reason"]
    assert read_table(path.with_suffix(".dbf")).frame["TBMJ"].tolist()[1] == text


@pytest.mark.parametrize("text", [b"-", b"nan", b"/"])
def test_ways_to_write_nothing_are_no_area_so_the_parcel_is_measured(tmp_path: Path, text: bytes) -> None:
    path = survey(tmp_path)
    put(path, 1, "TBMJ", text)
    draft = parcels_from(read_vector(path), "dltb", year=2024, region="999901")
    assert draft.parcels["area_dm2"].tolist() == [1_000_025, 999_754, 1_000_025, 1_000_025]
    assert "INTAKE-AREA-MEASURED" in [finding.code for finding in draft.findings]


@pytest.mark.parametrize("blank", [b"", b"***************", b"\0\0\0\0"])
def test_a_blank_number_is_no_text(tmp_path: Path, blank: bytes) -> None:
    path = survey(tmp_path)
    put(path, 1, "TBMJ", blank)
    assert Dbf.open(path.with_suffix(".dbf")).texts_in_numbers() == []
    assert read_vector(path).frame["TBMJ"].isna().tolist() == [False, True, False, False]
    assert read_table(path.with_suffix(".dbf")).frame["TBMJ"].isna().tolist() == [False, True, False, False]


@pytest.mark.parametrize("number", [b"+12.50", b"-.5", b"12.", b"1.25E+01", b"      12.5"])
def test_every_way_to_write_a_number_is_a_number(tmp_path: Path, number: bytes) -> None:
    path = survey(tmp_path)
    put(path, 1, "TBMJ", number)
    assert Dbf.open(path.with_suffix(".dbf")).texts_in_numbers() == []
    assert read_vector(path).frame["TBMJ"].tolist()[1] == float(number)


def test_the_note_on_the_encoding_says_what_the_language_byte_says(tmp_path: Path) -> None:
    path = survey(tmp_path)
    raw = path.with_suffix(".dbf").read_bytes()
    path.with_suffix(".dbf").write_bytes(raw[:29] + GBK_BYTE + raw[30:])
    table = read_vector(path)
    assert table.frame["DLMC"].tolist()[0] == "水田"
    assert [finding.code for finding in table.findings] == ["INTAKE-ENCODING-BYTE"]
    assert "cp936" in table.findings[0].said
