"""Each format's own look at a file before GDAL opens it: is it what its name says, how many rows does it declare?"""

from __future__ import annotations

import codecs
import json
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote
from xml.parsers import expat

from tilth.core import BadInput, Finding
from tilth.intake import shapefile
from tilth.intake.archive import MB
from tilth.intake.encoding import Decision, read_text
from tilth.intake.ogr import unreadable

#: Suffix -> the GDAL drivers that may answer for it. FlatGeobuf is left out: a damaged one makes GDAL read for ever.
DRIVERS: dict[str, frozenset[str]] = {
    ".shp": frozenset({"ESRI Shapefile"}),
    ".gpkg": frozenset({"GPKG"}),
    ".gdb": frozenset({"OpenFileGDB"}),
    ".geojson": frozenset({"GeoJSON", "GeoJSONSeq", "TopoJSON"}),
    ".json": frozenset({"GeoJSON", "GeoJSONSeq", "TopoJSON"}),
    ".topojson": frozenset({"TopoJSON"}),
    ".geojsonl": frozenset({"GeoJSONSeq"}),
    ".geojsons": frozenset({"GeoJSONSeq"}),
    ".ndjson": frozenset({"GeoJSONSeq"}),
    ".gml": frozenset({"GML"}),
    ".kml": frozenset({"KML", "LIBKML"}),
    ".parquet": frozenset({"Parquet"}),
    ".geoparquet": frozenset({"Parquet"}),
}
VECTOR_SUFFIXES = frozenset(DRIVERS)
_JSON_TYPES = frozenset(
    [
        "FeatureCollection",
        "Feature",
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "GeometryCollection",
    ]
)
_TEXT_LIMIT_MB = 2_000  # GDAL reads a whole JSON file into memory
_PARSE_LIMIT_MB = 100  # up to here the JSON is read a second time, to count what it declares
_CHUNK = 1 << 20
_COUNT_SECONDS = 60.0


@dataclass(frozen=True)
class Prepared:
    """A file that is what its name says, ready for GDAL."""

    path: Path  # what GDAL is to open; a temporary copy where the file itself must not be opened
    encoding: str | None = None  # handed to GDAL
    text: Decision = field(default_factory=lambda: Decision("utf-8"))
    options: dict[str, str] = field(default_factory=dict)
    declared: dict[str, int] = field(
        default_factory=dict
    )  # rows by layer, counted without GDAL, where that is possible
    whole: list[int] | None = None  # positions of GeoJSON features that are features at all
    says_crs: bool = True  # False for GeoJSON without a "crs" member: GDAL's WGS 84 is only the format's default
    shapefile: shapefile.Shapefile | None = None
    findings: tuple[Finding, ...] = ()


@contextmanager
def prepared(path: Path, encoding: str | None = None) -> Iterator[Prepared]:
    """`path`, looked at by its own format.

    Raises
    ------
    BadInput
        If it is not what its name says, is damaged or too large.
    """
    suffix = path.suffix.lower()
    try:
        if path.is_file() and not path.stat().st_size:
            raise BadInput("INTAKE-NO-BYTES", file=path.name)
        with TemporaryDirectory(prefix="tilth-") as folder:
            if suffix == ".shp":
                with shapefile.opened(path, encoding) as shape:
                    yield Prepared(
                        shape.path, "ISO-8859-1", shape.text, shapefile=shape, findings=shape.findings,
                        declared={shape.path.stem: shape.declared},
                    )  # fmt: skip
            else:
                yield _PREPARE[suffix](path, Path(folder), encoding)
    except OSError as error:
        raise unreadable(path, OSError(error.strerror or "not accessible")) from None


def _starts(path: Path, size: int = 16) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def _false(path: Path, expected: str) -> BadInput:
    return BadInput("INTAKE-FORMAT-FALSE", file=path.name, expected=expected)


def _geopackage(path: Path, folder: Path, encoding: str | None) -> Prepared:
    if not _starts(path).startswith(b"SQLite format 3\0"):
        raise _false(path, "GeoPackage")
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "immutable=1"
    declared: dict[str, int] = {}
    deadline = time.monotonic() + _COUNT_SECONDS
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?{mode}", uri=True)) as base:
            base.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
            views = base.execute("SELECT sql FROM sqlite_master WHERE type = 'view'").fetchall()
            if any(re.search(r"\brecursive\b", str(view[0]), re.I) for view in views):
                raise unreadable(path, ValueError("it holds a view that calls itself"))
            for (name,) in base.execute("SELECT table_name FROM gpkg_contents").fetchall():
                quoted = str(name).replace('"', '""')
                declared[str(name)] = base.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0]  # noqa: S608
    except (sqlite3.Error, UnicodeError, ValueError, TypeError):
        declared = {}  # GDAL knows how to read what is left of a damaged file, or refuses it
    return Prepared(path, declared=declared)


def _file_geodatabase(path: Path, folder: Path, encoding: str | None) -> Prepared:
    if not path.is_dir() or not any(entry.suffix.lower() == ".gdbtable" for entry in path.iterdir()):
        raise _false(path, "FileGDB")
    return Prepared(path)


def _parquet(path: Path, folder: Path, encoding: str | None) -> Prepared:
    if _starts(path, 4) != b"PAR1":
        raise _false(path, "GeoParquet")
    return Prepared(path)


def _xml(path: Path, folder: Path, encoding: str | None) -> Prepared:
    """GML and KML: whole XML without entities, in a folder where GDAL may leave its index file."""
    _small_enough(path)
    parser = expat.ParserCreate()

    def refuse(*_: object) -> int:
        raise BadInput("INTAKE-ENTITIES", file=path.name)

    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        raise unreadable(path, error) from None
    except (ValueError, LookupError) as error:  # an encoding that the parser does not know
        raise unreadable(path, error) from None
    place = folder / f"{path.stem}{path.suffix.lower()}"
    shutil.copyfile(path, place)
    schema = path.with_suffix(".xsd")
    if schema.is_file():
        shutil.copyfile(schema, place.with_suffix(".xsd"))
    return Prepared(
        place, options={} if path.suffix.lower() == ".kml" else {"WRITE_GFS": "NO", "DOWNLOAD_SCHEMA": "NO"}
    )


def _json(path: Path, folder: Path, encoding: str | None) -> Prepared:
    _small_enough(path)
    place, text = _utf8(path, folder, encoding)
    raw = place.read_bytes() if place.stat().st_size <= _PARSE_LIMIT_MB * MB else b""
    start = (raw or _starts(place, _CHUNK)).lstrip(b"\xef\xbb\xbf \t\r\n\x1e")
    if not start.startswith(b"{") or b"gdal_streamed_alg" in start:
        raise _false(path, "GeoJSON")
    if not raw:
        return Prepared(place, text=text, says_crs=b'"crs"' in start, findings=text.findings)
    described = _described_json(path, raw)
    return Prepared(place, text=text, findings=text.findings, **described)


def _described_json(path: Path, raw: bytes) -> dict[str, Any]:
    """What a JSON file declares: rows by layer, which features are features, whether it names a coordinate system."""
    try:
        content = json.loads(raw.decode("utf-8-sig").lstrip("\x1e"))
    except RecursionError:
        raise unreadable(path, ValueError("it is nested too deeply")) from None
    except ValueError as error:
        lines = _sequence(raw)
        if lines is None:
            raise unreadable(path, error) from None
        return {"declared": {"": len(lines)}, "whole": lines, "says_crs": False}
    kind = content.get("type") if isinstance(content, dict) else None
    if kind == "Topology":
        objects = content.get("objects")
        counts = {
            str(name): len(one["geometries"])
            for name, one in (objects.items() if isinstance(objects, dict) else ())
            if isinstance(one, dict) and isinstance(one.get("geometries"), list)
        }
        return {"declared": counts}
    if not isinstance(kind, str) or kind not in _JSON_TYPES:
        raise _false(path, "GeoJSON")
    features = content.get("features") if kind == "FeatureCollection" else [content]
    if not isinstance(features, list):
        raise _false(path, "GeoJSON")
    whole = [i for i, one in enumerate(features) if isinstance(one, dict)]
    return {"declared": {"": len(features)}, "whole": whole, "says_crs": "crs" in content}


def _sequence(raw: bytes) -> list[int] | None:
    """Positions of the rows of a GeoJSON text sequence that are JSON; None if the file is no such sequence."""
    rows = [line.strip(b"\x1e \t\r") for line in raw.split(b"\n")]
    rows = [line for line in rows if line]
    whole = []
    for position, line in enumerate(rows):
        try:
            if isinstance(json.loads(line), dict):
                whole.append(position)
        except (ValueError, RecursionError):
            continue
    return list(range(len(rows))) if len(whole) == len(rows) and len(rows) > 1 else None


def _utf8(path: Path, folder: Path, encoding: str | None) -> tuple[Path, Decision]:
    """`path` if it is UTF-8, else a copy of it that is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            marked = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
            file.seek(0)
            while not marked and (chunk := file.read(_CHUNK)):
                decoder.decode(chunk)
            if not marked and encoding is None:
                decoder.decode(b"", final=True)
                return path, Decision("utf-8")
    except UnicodeDecodeError:
        pass
    text, decision = read_text(path.read_bytes(), file=path.name, asked=encoding)
    place = folder / path.name
    place.write_text(text, encoding="utf-8")
    return place, decision


def _small_enough(path: Path) -> None:
    size = path.stat().st_size
    if size > _TEXT_LIMIT_MB * MB:
        raise BadInput("INTAKE-TOO-LARGE", file=path.name, size_mb=size // MB, limit_mb=_TEXT_LIMIT_MB)


_PREPARE: dict[str, Callable[[Path, Path, str | None], Prepared]] = {
    ".gpkg": _geopackage,
    ".gdb": _file_geodatabase,
    ".parquet": _parquet,
    ".geoparquet": _parquet,
    ".gml": _xml,
    ".kml": _xml,
    **dict.fromkeys((".geojson", ".json", ".topojson", ".geojsonl", ".geojsons", ".ndjson"), _json),
}
