"""A file of entries is read whole or refused: with the file, the row, the byte, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tilth.cli.run import run
from tilth.core import BadInput
from tilth.ledger import read_entries

HEAD = "id,kind,posting_date,evidence,author,account,area_m2\n"
ROWS = "r1,RESTORE,2025-03-01,验收意见一号,李明,LAND:0201,-30\nr1,,,,,LAND:0103,30\n"


def entries(folder: Path, content: bytes, name: str = "e.csv") -> list[str]:
    path = folder / name
    path.write_bytes(content)
    return [one.evidence for one in read_entries(path, region="410882")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_file_is_read_in_utf8_and_in_what_chinese_workbooks_write(tmp_path: Path, encoding: str) -> None:
    assert entries(tmp_path, (HEAD + ROWS).encode(encoding)) == ["验收意见一号"]


@pytest.mark.parametrize(
    ("content", "row", "byte"),
    [
        ((HEAD + ROWS).encode().replace("李明".encode(), b"\xe6\x9d"), 2, 0xE6),  # UTF-8 cut inside a character
        ((HEAD + ROWS).encode("gbk").replace("李明".encode("gbk"), b"\xff\xfe"), 2, 0xFF),
        (HEAD.encode() + b"r1,RESTORE,2025-03-01,a,b,LAND:0201,-30\n\xff1,,,,,LAND:0103,30\n", 3, 0xFF),
    ],
)
def test_a_byte_that_is_no_text_is_refused_with_its_row(tmp_path: Path, content: bytes, row: int, byte: int) -> None:
    with pytest.raises(BadInput, match=rf"e\.csv #{row}: byte .* \(0x{byte:02X}\)") as told:
        entries(tmp_path, content)
    assert told.value.code == "LEDGER-FILE-BYTES" and "UTF-8" in str(told.value.remedy)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e.csv", ""),
        ("e.csv", HEAD),
        ("e.csv", "\n\n"),
        ("e.json", "[]"),
        ("e.json", '{"entries": []}'),
        ("e.json", ""),
    ],
)
def test_a_file_without_entries_is_refused(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(BadInput, match="has no entries") as told:
        entries(tmp_path, content.encode(), name)
    assert told.value.code == "LEDGER-FILE-EMPTY"


@pytest.mark.parametrize("verb", ["post", "reserve"])
def test_the_command_ends_with_a_sentence_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    place, path = str(tmp_path / "w"), tmp_path / "e.csv"
    path.write_text(HEAD)
    run(["init", place, "--region", "410882", "--name", "county"])
    capsys.readouterr()
    assert run(["-w", place, "ledger", verb, str(path)]) == 2
    assert "e.csv has no entries" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "true"), ("id", '["x"]'), ("id", "1.5"), ("evidence", '["x"]'), ("kind", "true"), ("author", "{}"),
        ("links", "[null]"), ("links", '[["x"]]'), ("settles", "false"), ("rules", "[1]"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_not_made_one(tmp_path: Path, field: str, value: str) -> None:
    one = {"id": '"r1"', "kind": '"RESTORE"', "posting_date": '"2025-03-01"', "evidence": '"e"', field: value}
    body = "[{" + ", ".join(f'"{name}": {text}' for name, text in one.items()) + ', "lines": []}]'
    with pytest.raises(BadInput, match=f"is no value for {field}"):
        entries(tmp_path, body.encode(), "e.json")


def test_null_is_nothing_given(tmp_path: Path) -> None:
    one = '"id": 7, "kind": "RESTORE", "posting_date": "2025-03-01", "evidence": "e", "settles": null, "links": null'
    line = '"region": null, "account": "LAND:0201", "grade": null, "paddy_m2": null, "area_m2": -3'
    (tmp_path / "e.json").write_text(f'[{{{one}, "lines": [{{{line}}}]}}]')
    (read,) = read_entries(tmp_path / "e.json", region="410882")
    assert (read.id, read.settles, read.links) == ("7", "", ())
    assert read.lines[0].account.region == "410882" and read.lines[0].quantities.area_dm2 == -300


@pytest.mark.parametrize("grade", ["1_0", "１0", "5.0", "0x5", " "])
def test_a_mark_is_a_plain_whole_number(tmp_path: Path, grade: str) -> None:
    body = f'[{{"id": "r1", "kind": "RESTORE", "posting_date": "2025-03-01", "lines": [{{"grade": "{grade}"}}]}}]'
    with pytest.raises(BadInput, match="is no value for grade"):
        entries(tmp_path, body.encode(), "e.json")


def test_a_row_without_an_id_belongs_to_no_entry_whatever_that_is_called(tmp_path: Path) -> None:
    rows = "#4,RESTORE,2025-03-01,a,b,LAND:0201,-2\n#4,,,,,LAND:0103,1\n,,,,,LAND:0103,1\n"
    with pytest.raises(BadInput, match="the field 'id' is missing"):
        entries(tmp_path, (HEAD + rows).encode())


@pytest.mark.parametrize("verb", ["settle", "void"])
def test_an_id_that_cannot_be_text_is_not_found(tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str) -> None:
    assert run(["init", str(tmp_path / "w"), "--region", "410882"]) == 0
    assert run(["-w", str(tmp_path / "w"), "ledger", verb, "\udcff", "--evidence", "e", "--author", "Li"]) == 2
    assert "LEDGER-NO-ENTRY" in capsys.readouterr().err


def test_an_id_in_a_file_that_cannot_be_text_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "w"), "--region", "410882"]) == 0
    (tmp_path / "e.json").write_text(
        '[{"id": "\\ud800", "kind": "RESTORE", "posting_date": "2025-03-01", "evidence": "e", "lines": []}]'
    )
    assert run(["-w", str(tmp_path / "w"), "ledger", "post", str(tmp_path / "e.json"), "--author", "Li"]) == 2
    assert "LEDGER-ID" in capsys.readouterr().err
