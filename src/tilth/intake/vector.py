"""Any vector file, whatever it is packed in, as a `Table`: each row it declares is in the frame or named rejected."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tilth.core import BadInput, Finding, NeedsAnswer, Where
from tilth.intake import geoparquet, ogr
from tilth.intake.archive import find, unpacked
from tilth.intake.crs import resolve_crs
from tilth.intake.dbf import Dbf
from tilth.intake.encoding import asked_codec, decode_latin1
from tilth.intake.formats import DRIVERS, VECTOR_SUFFIXES, Prepared, prepared
from tilth.intake.model import Rejected, Table
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
        if files and files[0].suffix.lower() == EXCHANGE:
            return [LayerInfo(file.name, -1, "Polygon", None) for file in files]
        return [LayerInfo(layer.shown, layer.rows, layer.geometry, layer.crs) for layer in _layers(files)]


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
        if files[0].suffix.lower() == EXCHANGE:
            table = _exchange(place, files, layer, crs)
        else:
            chosen, findings = _choose(place, _layers(files), layer)
            table = _read(place, chosen, encoding, crs)
            table = replace(table, findings=(*findings, *table.findings))
    if place.is_file() and place.suffix.lower() == EXCHANGE:
        return table
    digest = sha256(place)
    return replace(table, sources=tuple(replace(source, name=place.name, sha256=digest) for source in table.sources))


@contextmanager
def _files(place: Path) -> Iterator[list[Path]]:
    """The vector files that `place` is or holds; exchange text only where there is nothing else."""
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
        found = find(folder, VECTOR_SUFFIXES) or find(folder, frozenset({EXCHANGE}))
    except OSError as error:
        raise BadInput("INTAKE-UNREADABLE", file=place.name, reason=error.strerror) from None
    if not found:
        raise BadInput("INTAKE-NO-CANDIDATE", file=place.name, known=KNOWN)
    return found


def _exchange(place: Path, files: Sequence[Path], layer: str | None, crs: str | None) -> Table:
    from tilth.intake.exchange import read_exchange_table  # the one reader that is no business of GDAL

    chosen = [file for file in files if layer is None or layer in (file.name, file.stem)]
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
        frame, rejected, findings = _assembled(rows, ready, declared, facts.driver, where)
    frame, crs, more = _placed(frame, facts, ready, asked, where)
    source = Source(place.name, "", layer.shown, ready.text.codec, facts.driver)
    said = tuple(replace(one, where=where) for one in ready.findings)
    total = len(frame) + len(rejected)
    return Table(frame, crs, (source,), total, tuple(rejected), (*said, *findings, *more), facts.driver)


def _deleted(ready: Prepared) -> int:
    dbf = ready.shapefile.dbf if ready.shapefile is not None else None
    return int(dbf.deleted().sum()) if dbf is not None else 0


def _assembled(
    rows: ogr.Rows, ready: Prepared, declared: int, driver: str, where: Where
) -> tuple[gpd.GeoDataFrame, list[Rejected], list[Finding]]:
    """The frame in the file's order with `source_row`, and a `Rejected` for every declared row that is not in it."""
    findings = [Finding("INTAKE-READER-NOTE", where, {"note": note}) for note in rows.notes]
    findings += [Finding("INTAKE-CURVES", where)] if rows.curves else []
    findings += [Finding("INTAKE-DIGITS-LOST", where, {"field": name}) for name in rows.rounded]
    findings += [
        Finding("INTAKE-TEXT-BROKEN", where, {"count": count, "field": name, "encoding": "utf-8"})
        for name, count in rows.broken.items()
    ]
    frame = rows.frame if "geometry" in rows.frame else rows.frame.assign(geometry=None)
    reasons = dict(rows.lost)
    positions = rows.positions
    if ready.shapefile is not None:
        frame, more = _shapefile_text(frame, rows.fids, ready, where)
        findings += more
        positions, reasons = rows.fids, {}
    elif ready.whole is not None and len(frame) == len(ready.whole) < declared:
        positions = np.asarray(ready.whole, dtype=np.int64)
    if driver in ("GeoJSON", "GeoJSONSeq") and "id" not in frame and list(rows.fids) != list(range(len(frame))):
        frame.insert(0, "id", rows.fids)
    if "source_row" in frame:
        frame = frame.rename(columns={"source_row": "source_row_in_file"})
    frame = frame.assign(source_row=np.asarray(positions, dtype=np.int64) + 1)
    missing = sorted(set(range(declared)) - set(positions.tolist()))
    rejected = [_missing(position, ready, reasons, where) for position in missing]
    cut = _beyond_the_end(frame, ready)
    rejected += [
        Rejected(int(row["source_row"]), "INTAKE-GEOMETRY-CUT", {}, _attributes(row))
        for _, row in frame[cut].iterrows()
    ]
    frame = gpd.GeoDataFrame(frame[~cut].reset_index(drop=True), geometry="geometry")
    frame, more = _flat(frame, where)
    return frame, sorted(rejected, key=lambda one: one.source_row), [*findings, *_names_lost(frame, where), *more]


def _shapefile_text(
    frame: pd.DataFrame, fids: np.ndarray, ready: Prepared, where: Where
) -> tuple[pd.DataFrame, list[Finding]]:
    """Names and text of a shapefile, read byte for byte so far, in their true encoding."""
    codec, findings = ready.text.codec, []
    shape = ready.shapefile
    assert shape is not None
    if shape.dbf is not None:
        frame = _with_true_cells(frame, fids, shape.dbf)
    names = {str(name): _renamed(str(name), codec) for name in frame.columns if name != "geometry"}
    for name, true_name in names.items():
        if frame[name].dtype.kind == "O" or isinstance(frame[name].dtype, pd.StringDtype):
            frame[name], broken = decode_latin1(frame[name], codec)
            if broken:
                values = {"count": broken, "field": true_name, "encoding": codec}
                findings.append(Finding("INTAKE-TEXT-BROKEN", where, values))
    if len(set(names.values())) == len(names):
        frame = frame.rename(columns=names)
    return frame, findings


def _with_true_cells(frame: pd.DataFrame, fids: np.ndarray, dbf: Dbf) -> pd.DataFrame:
    """The frame with those number fields as text that GDAL cannot bring as numbers: long codes, text in the cells."""
    attributes = [name for name in frame.columns if name != "geometry"]
    if len(attributes) != len(dbf.fields) or not (fids < dbf.held).all():
        return frame
    for index in sorted({*dbf.wide_integers(), *dbf.texts_in_numbers()}):
        cells = np.asarray(dbf.column(index), dtype=object)
        frame[attributes[index]] = cells[fids] if len(fids) else cells[:0]
    return frame


def _renamed(name: str, codec: str) -> str:
    return name if name.isascii() else name.encode("latin-1", errors="replace").decode(codec, errors="replace")


def _names_lost(frame: pd.DataFrame, where: Where) -> list[Finding]:
    """Field names that were question marks already when the file was written."""
    lost = [str(name) for name in frame.columns if "??" in str(name) or "\ufffd" in str(name)]
    return [Finding("INTAKE-NAMES-LOST", where, {"fields": ", ".join(lost)})] if lost else []


def _missing(position: int, ready: Prepared, reasons: dict[int, str], where: Where) -> Rejected:
    """Why a declared row is not there."""
    shape = ready.shapefile
    if shape is not None and shape.dbf is not None and position < shape.dbf.held and shape.dbf.deleted()[position]:
        return Rejected(position + 1, "INTAKE-ROW-DELETED")
    if position in reasons:
        return Rejected(position + 1, "INTAKE-ROW-UNREADABLE", {"reason": reasons[position]})
    return Rejected(position + 1, "INTAKE-ROW-MISSING")


def _beyond_the_end(frame: pd.DataFrame, ready: Prepared) -> np.ndarray:
    """True for rows of a shapefile whose shape lies beyond the end of the .shp. Shape (rows,)."""
    cut = np.zeros(len(frame), dtype=bool)
    shape = ready.shapefile
    if shape is None or not len(frame):
        return cut
    position = frame["source_row"].to_numpy() - 1
    inside = position < shape.shapes
    cut[inside] = shape.cut[position[inside]]
    unread: np.ndarray = cut & frame["geometry"].isna().to_numpy(dtype=bool)
    return unread


def _attributes(row: pd.Series[Any]) -> dict[str, Any]:
    return {
        str(name): value for name, value in row.items() if name not in ("geometry", "source_row") and pd.notna(value)
    }


def _flat(frame: gpd.GeoDataFrame, where: Where) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Two dimensions."""
    shapes = np.asarray(frame.geometry)
    tall = shapely.has_z(shapes) | shapely.has_m(shapes)
    if not tall.any():
        return frame, []
    frame = frame.set_geometry(gpd.GeoSeries(shapely.force_2d(shapes), index=frame.index))
    return frame, [Finding("INTAKE-FLATTENED", where, {"count": int(tall.sum())})]


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
