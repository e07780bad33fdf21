"""Text in whatever encoding the office used is read as it was meant, and the assumption is said."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shapely.geometry import box

from tilth.core import BadInput
from tilth.intake import read_vector
from tilth.intake.encoding import codec_name, decide, sniff

NAMES = ["水田", "旱地", "设施农用地", "盐碱地", "农村宅基地"]


def shapefile(folder: Path, encoding: str, names: list[str], cpg: str | None) -> Path:
    squares = [box(38_400_000 + 100 * i, 3_500_000, 38_400_090 + 100 * i, 3_500_090) for i in range(len(names))]
    frame = gpd.GeoDataFrame({"DLMC": names, "DLBM": ["0101"] * len(names)}, geometry=squares, crs="EPSG:4526")
    path = folder / "DLTB.shp"
    pyogrio.write_dataframe(frame, path, encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    return path


@pytest.mark.parametrize(
    ("written", "cpg", "used", "said"),
    [
        ("GBK", None, "cp936", ["INTAKE-ENCODING-ASSUMED"]),
        ("GBK", "GBK", "cp936", []),
        ("GBK", "936", "cp936", []),
        ("GBK", "UTF-8", "cp936", ["INTAKE-ENCODING-WRONG"]),
        ("UTF-8", None, "utf-8", ["INTAKE-ENCODING-ASSUMED"]),
        ("UTF-8", "UTF-8", "utf-8", []),
        ("UTF-8", "GBK", "utf-8", ["INTAKE-ENCODING-WRONG"]),
        ("UTF-8", "ISO-8859-1", "utf-8", ["INTAKE-ENCODING-WRONG"]),
    ],
)
def test_names_are_read_whatever_the_cpg_says(
    tmp_path: Path, written: str, cpg: str | None, used: str, said: list[str]
) -> None:
    table = read_vector(shapefile(tmp_path, written, NAMES, cpg))
    assert list(table.frame["DLMC"]) == NAMES
    assert table.sources[0].encoding == used
    assert [finding.code for finding in table.findings] == said


def test_the_encoding_that_was_asked_for_wins(tmp_path: Path) -> None:
    path = shapefile(tmp_path, "UTF-8", NAMES, "UTF-8")
    table = read_vector(path, encoding="GBK")
    assert table.sources[0].encoding == "cp936"
    assert list(table.frame["DLMC"]) != NAMES
    with pytest.raises(BadInput, match="there is no encoding 'klingon'"):
        read_vector(path, encoding="klingon")


def test_western_text_without_cpg_is_not_taken_for_chinese(tmp_path: Path) -> None:
    names = ["ÖR 1a ohne Produktion (Begrünung)", "Brak, slåning", "CONSOCIAÇÕES ANUAIS"]
    assert list(read_vector(shapefile(tmp_path, "CP1252", names, None)).frame["DLMC"]) == names


def test_plain_ascii_needs_no_assumption(tmp_path: Path) -> None:
    assert read_vector(shapefile(tmp_path, "UTF-8", ["paddy", "dry"], None)).findings == ()


def test_chinese_field_names_are_read(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"地类名称": ["水田"]}, geometry=[box(38e6 + 4e5, 35e5, 38e6 + 4e5 + 9, 35e5 + 9)], crs=4526
    )
    pyogrio.write_dataframe(frame, tmp_path / "t.shp", encoding="GBK")
    (tmp_path / "t.cpg").unlink()
    assert "地类名称" in read_vector(tmp_path / "t.shp").frame


def test_names_that_were_lost_before_are_reported(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"XXXX": ["a"]}, geometry=[box(0, 0, 1, 1)], crs=4326)
    pyogrio.write_dataframe(frame, tmp_path / "t.shp")
    dbf = tmp_path / "t.dbf"
    dbf.write_bytes(dbf.read_bytes().replace(b"XXXX", b"????"))
    table = read_vector(tmp_path / "t.shp")
    assert "????" in table.frame
    assert [finding.code for finding in table.findings] == ["INTAKE-NAMES-LOST"]


def test_a_name_cut_inside_a_character_is_shown_and_counted(tmp_path: Path) -> None:
    path = shapefile(tmp_path, "GBK", NAMES, "GBK")
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace("水田".encode("gbk"), "水".encode("gbk") + b"\xcc "))
    table = read_vector(path)
    assert table.frame["DLMC"][0].startswith("水\ufffd")
    assert [finding.code for finding in table.findings] == ["INTAKE-TEXT-BROKEN"]


def test_names_of_code_pages_as_people_write_them() -> None:
    assert [codec_name(name) for name in ("GBK", "CP936", "ANSI 936", "gb2312", "UTF8", "65001")] == [
        "cp936", "cp936", "cp936", "cp936", "utf-8", "utf-8",
    ]  # fmt: skip
    assert codec_name("ISO-8859-1") == codec_name("88591")
    assert codec_name("base64") is None
    assert codec_name("") is None


@example(["一农"])
@given(
    st.lists(st.text(alphabet="的一是水田旱地林园草建设用农村宅基盐碱滩涂坑塘沟渠", min_size=2), min_size=1, max_size=9)
)
def test_chinese_survey_words_are_told_apart_in_both_encodings(words: list[str]) -> None:
    assert sniff([word.encode("utf-8") for word in words]) == "utf-8"
    assert sniff([word.encode("gbk") for word in words]) == "cp936"


@given(st.lists(st.binary(max_size=30), max_size=9), st.sampled_from(["", "GBK", "UTF-8", "nonsense"]))
def test_any_bytes_get_an_encoding(texts: list[bytes], declared: str) -> None:
    codec = decide(texts, file="t", declared=declared).codec
    assert all(isinstance(text.decode(codec, errors="replace"), str) for text in texts)
