"""Any vector file, whatever it is packed in, as a `Table`: each row it declares is in the frame or named rejected."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from tilth.core import BadInput, Finding, NeedsAnswer, Where
from tilth.intake import geoparquet, ogr
from tilth.intake.archive import find, unpacked
from tilth.intake.assembly import assembled
from tilth.intake.crs import resolve_crs
from tilth.intake.encoding import asked_codec
from tilth.intake.exchange_text import decoded, lines_of, read_bytes
from tilth.intake.formats import DRIVERS, VECTOR_SUFFIXES, Prepared, prepared
from tilth.intake.model import Table
from tilth.intake.shapefile import parts
from tilth.land import Source

EXCHANGE = ".txt"
KNOWN = "zip, " + ", ".join(sorted(suffix[1:] for suffix in VECTOR_SUFFIXES)) + ", txt"
_LAYER_MARK = "/"


@dataclass(frozen=True)
class LayerInfo:
    """One layer of a file: its name as `layer=` takes it, how many rows it declares, their kind, the file's CRS."""

    name: str
    rows: int
    geometry: str
    crs: str | None


@dataclass(frozen=True)
class _Layer:
    """A layer and the file, perhaps inside an archive, that it is in."""

    file: Path
    name: str  # as GDAL knows it
    shown: str  # as the user names it
    rows: int
    geometry: str
    crs: str | None

    @property
    def areal(self) -> bool:
        return self.geometry.replace(" Z", "").replace(" M", "") not in _NOT_AREAL


_NOT_AREAL = frozenset(
    {"", "None", "Point", "MultiPoint", "LineString", "MultiLineString", "CompoundCurve", "MultiCurve"}
)


def local(path: str | Path) -> Path:
    """`path`, if it is a file or folder on this machine.

    Raises
    ------
    BadInput
        If it is an address, a virtual path of GDAL, or not there.
    """
    text = str(path)
    if text.startswith("/vsi") or re.match(r"^[A-Za-z][A-Za-z0-9+.-]+:/", text) or "\0" in text:
        raise BadInput("INTAKE-NOT-A-FILE", file=text.replace("\0", ""))
    place = Path(path)
    try:
        if not place.exists():
            raise BadInput("INTAKE-FILE-MISSING", file=place)
        if not (place.is_file() or place.is_dir()):
            raise BadInput("INTAKE-NOT-A-FILE", file=place)
        if place.is_file():
            with place.open("rb"):
                pass
    except OSError as error:
        raise BadInput("INTAKE-UNREADABLE", file=place.name, reason=error.strerror) from None
    return place


def list_layers(path: str | Path) -> list[LayerInfo]:
    """The layers of a file, folder or archive, in the order of their names in the file.

    Raises
    ------
    BadInput
        If it cannot be read.
    """
    with _files(local(path)) as files:
        texts = [file for file in files if file.suffix.lower() == EXCHANGE]
        layers = _layers([file for file in files if file not in texts])
        return [
            *(LayerInfo(layer.shown, layer.rows, layer.geometry, layer.crs) for layer in layers),
            *(LayerInfo(text.name, -1, "Polygon", None) for text in texts),
        ]


def read_vector(
    path: str | Path, *, layer: str | None = None, encoding: str | None = None, crs: str | None = None
) -> Table:
    """One layer of a vector file.

    Parameters
    ----------
    path
        A file, a FileGDB or other folder, or a zip of such.
    layer
        Which layer, where several hold rows; in an archive also the file inside.
    encoding
        In which encoding the text is, where the file does not say or is wrong.
    crs
        In which coordinate system the file is, where it does not say or is wrong.

    Returns
    -------
    A table whose frame has the attributes as read, x as easting or longitude and y as northing or latitude, two
    dimensions. Rows without a geometry, or with one that is not a polygon, are in the frame as they are.

    Raises
    ------
    BadInput
        If the file cannot be read.
    NeedsAnswer
        If several layers hold rows, or the coordinate system is not known.
    """
    place = local(path)
    if encoding:
        asked_codec(encoding)
    with _files(place) as files:
        texts = [file for file in files if file.suffix.lower() == EXCHANGE]
        layers = _layers([file for file in files if file not in texts])
        if not layers or (_named(texts, layer) and not any(layer in _names(one) for one in layers)):
            table = _exchange(place, texts, layer, crs)
        else:
            chosen, findings = _choose(place, layers, layer)
            table = _read(place, chosen, encoding, crs)
            table = replace(table, findings=(*findings, *_texts_passed(place, texts), *table.findings))
    if place.is_file() and place.suffix.lower() == EXCHANGE:
        return table
    digest = sha256(place)
    return replace(table, sources=tuple(replace(source, name=place.name, sha256=digest) for source in table.sources))


@contextmanager
def _files(place: Path) -> Iterator[list[Path]]:
    """The vector files that `place` is or holds, then the exchange texts; other texts where there is nothing else."""
    suffix = place.suffix.lower()
    if place.is_file() and suffix == ".zip":
        with unpacked(place) as folder:
            yield _found(place, folder)
    elif place.is_dir() and suffix != ".gdb":
        yield _found(place, place)
    elif suffix in VECTOR_SUFFIXES or suffix == EXCHANGE:
        yield [place]
    elif suffix in (".shx", ".dbf", ".prj", ".cpg") and place.with_suffix(".shp").is_file():
        yield [place.with_suffix(".shp")]
    else:
        raise BadInput("INTAKE-FORMAT-UNKNOWN", file=place.name, known=KNOWN)


def _found(place: Path, folder: Path) -> list[Path]:
    try:
        found, texts = find(folder, VECTOR_SUFFIXES), find(folder, frozenset({EXCHANGE}))
        found += [text for text in texts if not found or _holds_plots(text)]
    except OSError as error:
        raise BadInput("INTAKE-UNREADABLE", file=place.name, reason=error.strerror) from None
    if not found:
        raise BadInput("INTAKE-NO-CANDIDATE", file=place.name, known=KNOWN)
    return found


def _holds_plots(text: Path) -> bool:
    """Is a text beside other files an exchange text, not a readme?"""
    try:
        return any(line.shape == "plot" for line in lines_of(decoded(read_bytes(text), text.name)[0]))
    except BadInput:
        return False


def _named(files: Sequence[Path], layer: str | None) -> list[Path]:
    return [file for file in files if layer is not None and layer in (file.name, file.stem)]


def _texts_passed(place: Path, texts: Sequence[Path]) -> tuple[Finding, ...]:
    values = {"files": ", ".join(text.name for text in texts), "first": texts[0].name if texts else ""}
    return (Finding("INTAKE-TEXTS-PASSED", Where(file=place.name), values),) if texts else ()


def _exchange(place: Path, files: Sequence[Path], layer: str | None, crs: str | None) -> Table:
    from tilth.intake.exchange import read_exchange_table  # the one reader that is no business of GDAL

    chosen = _named(files, layer) if layer is not None else list(files)
    names = ", ".join(file.name for file in files)
    if not chosen:
        raise BadInput("INTAKE-LAYER-UNKNOWN", file=place.name, layer=layer, layers=names)
    if len(chosen) > 1:
        raise NeedsAnswer("INTAKE-LAYER-WHICH", file=place.name, layers=names)
    return read_exchange_table(chosen[0], crs=crs)


def _layers(files: Sequence[Path]) -> list[_Layer]:
    found = [layer for file in files for layer in _layers_of(file)]
    names = [layer.name for layer in found]
    return [
        replace(layer, shown=f"{layer.file.name}{_LAYER_MARK}{layer.name}") if names.count(layer.name) > 1 else layer
        for layer in found
    ]


def _layers_of(file: Path) -> list[_Layer]:
    with prepared(file) as ready:
        facts = _facts(file, ready)
    declared = [ready.declared.get(one.name, ready.declared.get("", one.rows)) for one in facts]
    alone = len(facts) == 1
    return [
        _Layer(
            file,
            one.name,
            file.stem if alone and one.driver in _NAMED_BY_FILE else one.name,
            rows,
            one.geometry,
            one.crs,
        )
        for one, rows in zip(facts, declared, strict=True)
    ]


_NAMED_BY_FILE = frozenset({"ESRI Shapefile", "GeoJSON", "GeoJSONSeq", "Parquet", "TopoJSON"})


def _facts(file: Path, ready: Prepared) -> list[ogr.LayerFacts]:
    if "Parquet" in DRIVERS[file.suffix.lower()]:
        return [geoparquet.facts(ready.path)]
    facts = ogr.layers(ready.path, **ready.options)
    if any(one.driver not in DRIVERS[file.suffix.lower()] for one in facts):
        raise BadInput("INTAKE-FORMAT-FALSE", file=file.name, expected=" / ".join(sorted(DRIVERS[file.suffix.lower()])))
    return facts


def _choose(place: Path, layers: Sequence[_Layer], asked: str | None) -> tuple[_Layer, tuple[Finding, ...]]:
    """The layer to read: the one asked for, else the only one with polygon rows, else the only one with shapes."""
    if asked is not None:
        matching = [layer for layer in layers if asked in _names(layer)]
        if not matching:
            names = ", ".join(layer.shown for layer in layers)
            raise BadInput("INTAKE-LAYER-UNKNOWN", file=place.name, layer=asked, layers=names)
        if len(matching) > 1:
            raise NeedsAnswer("INTAKE-LAYER-WHICH", file=place.name, layers=_listed(matching))
        return matching[0], ()
    spatial = [layer for layer in layers if layer.geometry not in ("", "None")]
    if not spatial:
        raise BadInput("INTAKE-NO-GEOMETRY", file=place.name)
    filled = [layer for layer in spatial if layer.rows > 0]
    if not filled:
        raise BadInput("INTAKE-EMPTY", file=place.name)
    wanted = [layer for layer in filled if layer.areal] or filled
    if len(wanted) > 1:
        raise NeedsAnswer("INTAKE-LAYER-WHICH", file=place.name, layers=_listed(wanted))
    passed = [layer for layer in layers if layer is not wanted[0]]
    if not passed:
        return wanted[0], ()
    where = Where(file=place.name, layer=wanted[0].shown)
    return wanted[0], (Finding("INTAKE-LAYERS-PASSED", where, {"layers": _listed(passed)}),)


def _names(layer: _Layer) -> set[str]:
    return {layer.name, layer.shown, layer.file.name, layer.file.stem, f"{layer.file.name}{_LAYER_MARK}{layer.name}"}


def _listed(layers: Sequence[_Layer]) -> str:
    return ", ".join(f"{layer.shown} ({layer.rows})" for layer in layers)


def _read(place: Path, layer: _Layer, encoding: str | None, asked: str | None) -> Table:
    with prepared(layer.file, encoding) as ready:
        facts = next(one for one in _facts(layer.file, ready) if one.name == layer.name or ready.shapefile is not None)
        declared = ready.declared.get(facts.name, ready.declared.get("", facts.rows))
        if facts.driver == "Parquet":
            rows = geoparquet.read(ready.path)
        else:
            by_gdal = ready.shapefile is not None or ready.whole is not None
            expected = facts.rows - _deleted(ready) if by_gdal else declared
            rows = ogr.read_rows(ready.path, facts.name, expected, encoding=ready.encoding, **ready.options)
        where = Where(file=place.name, layer=layer.shown)
        frame, rejected, findings = assembled(rows, ready, declared, facts.driver, where)
    frame, crs, more = _placed(frame, facts, ready, asked, where)
    source = Source(place.name, "", layer.shown, ready.text.codec, facts.driver)
    said = tuple(replace(one, where=where) for one in ready.findings)
    total = len(frame) + len(rejected)
    return Table(frame, crs, (source,), total, tuple(rejected), (*said, *findings, *more), facts.driver, facts.header)


def _deleted(ready: Prepared) -> int:
    dbf = ready.shapefile.dbf if ready.shapefile is not None else None
    return int(dbf.deleted().sum()) if dbf is not None else 0


def _placed(
    frame: gpd.GeoDataFrame, facts: ogr.LayerFacts, ready: Prepared, asked: str | None, where: Where
) -> tuple[gpd.GeoDataFrame, str, tuple[Finding, ...]]:
    """The frame in its coordinate system, axes in order."""
    shapes = np.asarray(frame.geometry)
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    middle = np.column_stack([bounds[:, [0, 2]].mean(axis=1), bounds[:, [1, 3]].mean(axis=1)])
    by_default = facts.driver.startswith("GeoJSON") and not ready.says_crs
    inside = middle[np.isfinite(middle).all(axis=1)]
    lonlat = not len(inside) or bool(np.all(np.abs(np.median(inside, axis=0)) <= 180))
    found = None if by_default and (asked is not None or not lonlat) else facts.crs
    resolved = resolve_crs(found, middle, asked, file=where.file, layer=where.layer)
    if resolved.swap:
        shapes = shapely.transform(shapes, lambda points: points[:, ::-1])
        frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index))
    return frame.set_crs(resolved.crs, allow_override=True), resolved.crs, resolved.findings


def sha256(place: Path) -> str:
    """SHA-256 of a file; of a shapefile's parts or a folder's files together, in order of name; hexadecimal."""
    if place.is_dir():
        files = sorted(path for path in place.rglob("*") if path.is_file())
    elif place.suffix.lower() == ".shp":
        files = [part for _, part in sorted(parts(place).items())]
    else:
        files = [place]
    digest = hashlib.sha256()
    for file in files:
        if len(files) > 1:
            digest.update(file.name.encode())
        with file.open("rb") as opened:
            while chunk := opened.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
