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
