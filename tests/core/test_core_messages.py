"""Every message is there in both languages, and findings and errors read from the same catalogue."""

from __future__ import annotations

import string
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from tilth.core import (
    AreaTable,
    BadInput,
    Column,
    Finding,
    Label,
    Row,
    Severity,
    Where,
    breaking,
    label,
    language,
    message,
    set_language,
    speaking,
)
from tilth.core.language import catalogue


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_every_message_says_the_same_in_both_languages(key: str) -> None:
    entry = catalogue()[key]

    def names(text: str) -> set[str]:
        return {field.split(".")[0].split("[")[0] for _, field, _, _ in string.Formatter().parse(text) if field}

    for part in ("said", "remedy", "why"):
        if part in entry:
            assert f"{part}_zh" in entry, f"{key} lacks {part}_zh"
            assert names(entry[part]) == names(entry[f"{part}_zh"]), key
    assert "said" in entry
    assert entry.get("severity", "breaks") in ("breaks", "odd")


def test_a_message_speaks_the_language_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking("zh"):
        assert language() == "zh"
        assert "没有" in message("LAND-CLASS-UNKNOWN", code="9999", system="sd2017")
    assert message("LAND-CLASS-UNKNOWN", code="9999", system="sd2017") == "there is no class '9999' in sd2017"
    monkeypatch.setenv("TILTH_LANG", "zh_CN.UTF-8")
    assert str(Label("land", "土地")) == "土地"
    assert Label("land", "土地").text("en") == "land"
    with pytest.raises(ValueError, match="language"):
        set_language("xx")


def test_a_label_holds_both_languages_at_once() -> None:
    both = label("RUNTIME-BUSY", folder="w")
    assert both.en.startswith("another process")
    assert both.zh.startswith("另有进程")


def test_a_finding_says_where_and_in_square_metres() -> None:
    finding = Finding(
        "LAND-CLASS-UNKNOWN", Where("DLTB.shp", "DLTB", 7, "B7", 1.0, 2.0), {"code": "x", "system": "s", "a_dm2": 12345}
    )
    assert str(finding) == "LAND-CLASS-UNKNOWN DLTB.shp DLTB #7 B7 (1.000, 2.000): there is no class 'x' in s"
    assert finding.remedy.startswith("Use a code")
    assert finding.severity is Severity.BREAKS
    assert breaking([finding]) == [finding]
    assert Finding.from_record(finding.as_record()) == finding


def test_an_error_says_what_is_wrong_and_what_to_do() -> None:
    error = BadInput("RUNTIME-NO-WORKSPACE", folder="/w")
    assert str(error).startswith("RUNTIME-NO-WORKSPACE: there is no workspace in /w Run 'tilth init")


def test_a_table_gives_rows_and_columns_by_their_codes() -> None:
    table = AreaTable(
        "t", Label("t", "t"), (Label("name", "名称"),),
        (Column("01", Label("f", "耕地")), Column("02", Label("g", "园地"))),
        (Row(("a",)), Row(("b",), 1)), np.array([[1, 2], [3, 4]], dtype=np.int64),
    )  # fmt: skip
    assert table.column("02").tolist() == [2, 4]
    assert table.row("b").tolist() == [3, 4]
    with pytest.raises(AssertionError):
        AreaTable("t", Label("t", "t"), (), (), (Row(("a",)),), np.zeros((2, 0), dtype=np.int64))


def test_chinese_sentences_name_kinds_reasons_and_lists_as_chinese_does() -> None:
    told = BadInput("LEDGER-GAIN", id="n1", kind="NONAG", region="r", area_m2="1.00")
    listed_ = BadInput("LEDGER-PROVINCE", id="t", regions="410882, 110101")
    crossed = Finding("G-INVALID", values={"reason": "Self-intersection"})
    placed = Finding("REPAIR-LEFT", values={"reason": "Holes are nested[500 600]"})
    odd = Finding("G-INVALID", values={"reason": "Something new"})
    with speaking("zh"):
        assert "非农建设为减少耕地的分录" in told.said and "NONAG" not in told.said
        assert "（410882、110101）" in listed_.said
        assert crossed.said.endswith("：边界线自相交") and placed.said.endswith("内环相互嵌套 [500 600]")
        assert odd.said.endswith("Something new"), "what has no Chinese yet is not lost"
    assert "NONAG" in told.said and "410882, 110101" in listed_.said
    assert crossed.said.endswith(": Self-intersection")


def test_each_message_is_read_as_its_whole_file_would_be() -> None:
    whole: dict[str, object] = {}
    for file in files("tilth.core").joinpath("data/messages").iterdir():
        if file.name.endswith(".toml"):
            whole |= tomllib.loads(file.read_text(encoding="utf-8"))
    assert dict(catalogue()) == whole and len(catalogue()) == len(whole) and "NO-SUCH" not in catalogue()
