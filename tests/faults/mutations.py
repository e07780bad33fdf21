"""Small good files of every kind, and ways to damage them at random. Not a test."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

Files = dict[str, bytes]

EXCHANGE = (
    "[属性描述]\r\n坐标系=2000国家大地坐标系\r\n几度分带=3\r\n投影类型=高斯克吕格\r\n带号=38\r\n精度=0.001\r\n"
    "转换参数=0,0,0,0,0,0,0\r\n[地块坐标]\r\n"
    "5,1.0000,P-1,地块一,面,H50G000001,耕地,0101,@\r\n"
    "J1,1,3500100.000,38412000.000\r\nJ2,1,3500100.000,38412100.000\r\nJ3,1,3500000.000,38412100.000\r\n"
    "J4,1,3500000.000,38412000.000\r\nJ1,1,3500100.000,38412000.000\r\n"
    "8,0.4900,P-2,地块二,面,,,0102,@\r\n"
    "J1,1,3500100.000,38413000.000\r\nJ2,1,3500100.000,38413100.000\r\nJ3,1,3500000.000,38413100.000\r\n"
    "J1,1,3500100.000,38413000.000\r\nJ4,2,3500090.000,38413080.000\r\nJ5,2,3500090.000,38413090.000\r\n"
    "J6,2,3500080.000,38413090.000\r\nJ4,2,3500090.000,38413080.000\r\n"
)
TASKS = (
    "行政区代码,行政区,年份,耕地保有量(公顷),永久基本农田(公顷)\n"
    "999901,示范县,2023,1200.50,1000.25\n999901001,城关镇,2023,300,250\n999901002,河东乡,2024,410.75,\n"
)
REGIONS = (
    "code,name,level,parent,control_m2\n"
    "999901001,城关镇,township,999901,1234567.89\n999901001001,东村,village,999901001,34567.80\n"
    "999901001002,西村,village,999901001,\n"
)


def survey(rows: int = 4) -> gpd.GeoDataFrame:
    """A survey of touching squares in zone 38."""
    squares = [shapely.box(38_400_000 + 100 * n, 3_500_000, 38_400_100 + 100 * n, 3_500_100) for n in range(rows)]
    squares[1] = shapely.Polygon(
        squares[1].exterior, [shapely.box(38_400_140, 3_500_040, 38_400_150, 3_500_050).exterior]
    )
    columns = {
        "BSM": [f"{371302211000000000 + n}" for n in range(rows)],
        "DLBM": ["0101", "0102", "0103", "0301"][:rows],
        "DLMC": ["水田", "水浇地", "旱地", "乔木林地"][:rows],
        "ZLDWDM": ["9999010010010000000"] * rows,
        "TBMJ": [10_000.0, 9_900.0, 10_000.0, 10_000.0][:rows],
        "KCXS": [0.0, 0.0, 0.05, 0.0][:rows],
        "GDPDJB": ["1", "1", "2", ""][:rows],
    }
    return gpd.GeoDataFrame(columns, geometry=squares, crs=4526)


def base_files(folder: Path) -> dict[str, Files]:
    """Good files by kind; a kind is one file, or the parts of a shapefile, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = survey()
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-01-01T00:00:00.000Z"})  # the same bytes every day
    pyogrio.write_dataframe(frame, folder / "t.shp", encoding="GBK")
    pyogrio.write_dataframe(frame, folder / "t.gpkg", layer="DLTB")
    pyogrio.write_dataframe(frame.iloc[:3], folder / "t.gml", driver="GML")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    frame.iloc[:3].to_parquet(folder / "t.parquet")
    degrees = json.loads(frame.to_crs(4490).to_json())
    degrees["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    shape = {f"t{ending}": (folder / f"t{ending}").read_bytes() for ending in (".shp", ".shx", ".dbf", ".prj", ".cpg")}
    shape["t.dbf"] = shape["t.dbf"][:1] + bytes([126, 1, 1]) + shape["t.dbf"][4:]
    pd.read_csv(io.StringIO(TASKS)).to_excel(folder / "t.xlsx", index=False)
    with zipfile.ZipFile(folder / "t.xlsx") as book:
        sheets = {
            name: re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2026-01-01T00:00:00Z", book.read(name))
            for name in book.namelist()
        }
    return {
        "shp": shape,
        **{kind: {f"t.{kind}": (folder / f"t.{kind}").read_bytes()} for kind in ("gpkg", "gml", "parquet")},
        "zip": {"t.zip": _packed(shape)},
        "xlsx": {"t.xlsx": _packed(sheets)},
        "geojson": {"t.geojson": json.dumps(degrees, ensure_ascii=False).encode()},
        "txt": {"t.txt": EXCHANGE.encode("gbk")},
        "tasks": {"t.csv": TASKS.encode()},
        "regions": {"t.csv": REGIONS.encode("gbk")},
        "dbf": {"t.dbf": shape["t.dbf"]},
    }


def _packed(files: Files) -> bytes:
    """A zip of `files`, with the same bytes every day."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), raw, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def damaged(files: Files, chance: Random) -> Files:
    """`files` with one of them changed in one to four ways; now and then a part is swapped or gone."""
    out = dict(files)
    name = chance.choice(sorted(files))
    if len(out) > 1 and chance.random() < 0.08:
        other = chance.choice(sorted(files))
        out[name], out[other] = out[other], out[name]
        return out
    if len(out) > 1 and chance.random() < 0.04:
        del out[name]
        return out or files
    text = Path(name).suffix in _TEXTS
    for _ in range(chance.choice([1, 1, 1, 2, 3, 4])):
        ways = (*_BYTES, *_TOKENS) if text else _BYTES
        out[name] = chance.choice(ways)(out[name], chance)
    return out


_TEXTS = {".txt", ".csv", ".geojson", ".gml", ".prj", ".cpg"}


def _span(raw: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randrange(len(raw) + 1)
    return start, min(len(raw), start + chance.choice([1, 2, 4, 8, 40, 100, 512]))


def _flip(raw: bytes, chance: Random) -> bytes:
    out = bytearray(raw)
    for _ in range(chance.choice([1, 1, 2, 8])):
        if out:
            at = chance.randrange(len(out))
            out[at] = chance.choice(
                [out[at] ^ (1 << chance.randrange(8)), 0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)]
            )
    return bytes(out)


def _head_flip(raw: bytes, chance: Random) -> bytes:
    head = min(len(raw), 128)
    return _flip(raw[:head], chance) + raw[head:]


def _cut(raw: bytes, chance: Random) -> bytes:
    start, end = _span(raw, chance)
    return raw[:start] + raw[end:]


def _end(raw: bytes, chance: Random) -> bytes:
    return raw[: chance.randrange(len(raw) + 1)]


def _insert(raw: bytes, chance: Random) -> bytes:
    start, _ = _span(raw, chance)
    return raw[:start] + bytes(chance.randrange(256) for _ in range(chance.choice([1, 4, 17]))) + raw[start:]


def _doubled(raw: bytes, chance: Random) -> bytes:
    start, end = _span(raw, chance)
    return raw[:start] + raw[start:end] * chance.choice([2, 2, 3, 50]) + raw[end:]


def _zeroed(raw: bytes, chance: Random) -> bytes:
    start, end = _span(raw, chance)
    return raw[:start] + b"\0" * (end - start) + raw[end:]


def _moved(raw: bytes, chance: Random) -> bytes:
    start, end = _span(raw, chance)
    rest = raw[:start] + raw[end:]
    to = chance.randrange(len(rest) + 1)
    return rest[:to] + raw[start:end] + rest[to:]


def _doubles(raw: bytes, chance: Random) -> bytes:
    """Eight bytes become a number that is none, is endless, or is absurd."""
    start, _ = _span(raw, chance)
    bits = chance.choice(
        ["000000000000f87f", "000000000000f07f", "000000000000f0ff", "0000000000000080", "9c7500883ce4377e"]
    )
    return raw[:start] + bytes.fromhex(bits) + raw[start + 8 :]


_BYTES: tuple[Callable[[bytes, Random], bytes], ...] = (
    _flip, _flip, _head_flip, _cut, _end, _insert, _doubled, _zeroed, _moved, _doubles,
)  # fmt: skip

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_ODD = (
    b"nan", b"NaN", b"inf", b"-Infinity", b"1e999", b"-0", b"0", b"-1", b"9" * 30, b"1e308", b"", b"null", b"true",
    b'"7"', b"1_000", b"1,000", b"0x10", "１２".encode(), "约12亩".encode(), "约12亩".encode("gbk"), b"-", b".", b"[]",
    b"{}", b"2147483648", b"9223372036854775808", b"1E-400", b"12.345678901234567890123",
)  # fmt: skip


def _number(raw: bytes, chance: Random) -> bytes:
    return _instead(raw, _NUMBER, chance.choice(_ODD), chance)


def _instead(raw: bytes, pattern: re.Pattern[bytes], new: bytes, chance: Random) -> bytes:
    found = list(pattern.finditer(raw))
    if not found:
        return raw
    one = chance.choice(found)
    return raw[: one.start()] + new + raw[one.end() :]


def _word(raw: bytes, chance: Random) -> bytes:
    """A word (key, name) becomes another of the file, or one that nobody knows."""
    words = re.findall(rb"[A-Za-z_\x80-\xff]{2,}", raw) or [b""]
    new = chance.choice(
        [chance.choice(words), b"x", b"", b"__proto__", "耕地".encode(), "耕地".encode("gbk"), b"a" * 5000]
    )
    return _instead(raw, re.compile(rb"[A-Za-z_\x80-\xff]{2,}"), new, chance)


def _bracket(raw: bytes, chance: Random) -> bytes:
    new = chance.choice(
        [b"", b"", b"[", b"]", b"{", b"}", b'"', b",", b"<", b">", b"(", b"@", b"\n", b"=", "，".encode()]
    )
    return _instead(raw, re.compile(rb"[][{}<>()\",@=:;\n]"), new, chance)


def _line(raw: bytes, chance: Random) -> bytes:
    lines = raw.split(b"\n")
    at = chance.randrange(len(lines))
    way = chance.randrange(4)
    if way == 0:
        del lines[at]
    elif way == 1:
        lines[at:at] = [lines[at]] * chance.choice([1, 2, 30])
    elif way == 2:
        chance.shuffle(lines)
    else:
        lines[at] = chance.choice([b"", b"," * 20, lines[at][: len(lines[at]) // 2], "，".encode(), b"@"])
    return b"\n".join(lines)


def _recoded(raw: bytes, chance: Random) -> bytes:
    """The whole file, or the end of it, in another encoding."""
    text = raw.decode(chance.choice(["utf-8", "gbk"]), errors="replace")
    codec = chance.choice(["gbk", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "utf-7", "big5"])
    at = chance.choice([0, 0, chance.randrange(len(text) + 1)])
    return text[:at].encode("utf-8", errors="replace") + text[at:].encode(codec, errors="replace")


_TOKENS = (_number, _number, _number, _word, _word, _bracket, _bracket, _line, _recoded)
