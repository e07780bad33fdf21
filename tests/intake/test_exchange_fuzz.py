"""Exchange text damaged at random: a result or one clear refusal, and no plot lost in silence."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tilth.core import TilthError
from tilth.intake import read_exchange, read_exchange_table

GOOD = (
    "[属性描述]\r\n坐标系=2000国家大地坐标系\r\n几度分带=3\r\n投影类型=高斯克吕格\r\n带号=38\r\n转换参数=0,0,0,0,0,0,0\r\n[地块坐标]\r\n"
    "5,1.0,P-1,地块一,面,H50G000001,耕地,0101,@\r\n"
    "J1,1,3500100.000,38412000.000\r\nJ2,1,3500100.000,38412100.000\r\nJ3,1,3500000.000,38412100.000\r\n"
    "J4,1,3500000.000,38412000.000\r\nJ1,1,3500100.000,38412000.000\r\n"
    "8,1.0,P-2,地块二,面,,,0102,@\r\n"
    "J1,1,3500100.000,38413000.000\r\nJ2,1,3500100.000,38413100.000\r\nJ3,1,3500000.000,38413100.000\r\n"
    "J1,1,3500100.000,38413000.000\r\nJ4,2,3500090.000,38413080.000\r\nJ5,2,3500090.000,38413090.000\r\n"
    "J6,2,3500080.000,38413090.000\r\nJ4,2,3500090.000,38413080.000\r\n"
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with one to six bytes, slices or lines changed."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(out) + 1)
        end = min(len(out), at + chance.randint(1, 40))
        kind = chance.randrange(7)
        if kind == 0 and out:
            out[min(at, len(out) - 1)] = chance.randrange(256)
        elif kind == 1:
            del out[at:end]
        elif kind == 2:
            out[at:at] = out[at:end] * chance.randint(1, 50)
        elif kind == 3:
            out[at:at] = chance.choice(
                [b"@", b",", b"\n", b"nan", b"1e999", b"-", b"\0", "，面,".encode(), b"[", b"=", b"9" * 30]
            )
        elif kind == 4:
            lines = bytes(out).split(b"\n")
            chance.shuffle(lines)
            out = bytearray(b"\n".join(lines))
        elif kind == 5:
            lines = bytes(out).split(b"\n")
            del lines[chance.randrange(len(lines))]
            out = bytearray(b"\n".join(lines))
        else:
            out = out[:at]
    return bytes(out)


@pytest.mark.slow
def test_damaged_text_gives_a_result_or_a_refusal(tmp_path: Path, full: bool) -> None:
    chance = random.Random(20260115)
    path = tmp_path / "x.txt"
    results = 0
    refusals: list[str] = []
    for run in range(5_000 if full else 300):
        data = mutated(GOOD.encode(chance.choice(["utf-8", "gbk"])), chance)
        path.write_bytes(data)
        started = time.monotonic()
        try:
            file = read_exchange(path)
            table = read_exchange_table(path)
        except TilthError as error:
            refusals.append(error.said)
        else:
            results += 1
            assert len(file.plots) + len(file.rejected) == table.rows_in, run
            assert sorted([p.row for p in file.plots] + [r.source_row for r in file.rejected]) == [
                *range(1, table.rows_in + 1)
            ], run
            for finding in (*file.findings, *table.findings):
                assert finding.said
        assert time.monotonic() - started < 10, run
    assert results > 50 and all(said and "\n" not in said for said in refusals)
