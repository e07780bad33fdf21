"""Reading through GDAL: only the formats we mean, no network, no traceback, and no row lost without a word."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from tilth.core import BadInput
from tilth.intake.model import HEADER_KEY, Header, header_of

#: GDAL must not fetch anything: schemas and linked documents are left alone, a request would go to a closed port.
pyogrio.set_gdal_config_options(
    {
        "GML_DOWNLOAD_SCHEMA": "NO",
        "GDAL_HTTP_PROXY": "127.0.0.1:9",
        "GDAL_HTTP_TIMEOUT": "1",
        "GDAL_HTTP_CONNECTTIMEOUT": "1",
        "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
        "OGR_SQLITE_LOAD_EXTENSIONS": "",
        "OGR_SQLITE_LIST_VIRTUAL_OGR": "NO",
    }
)
#: Whatever the libraries below raise on a damaged file.
FAULTS = (
    RuntimeError, ValueError, OSError, TypeError, KeyError, IndexError, AttributeError, NameError,
    OverflowError, MemoryError, pa.ArrowException, shapely.errors.ShapelyError,
)  # fmt: skip
_NULLABLE = {
    pa.int8(): pd.Int8Dtype(), pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(), pa.uint16(): pd.UInt16Dtype(), pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(), pa.bool_(): pd.BooleanDtype(),
}  # fmt: skip
_TRIES = 200  # failing reads before the rest of a broken layer is given up
_EXACT = 2**53


@dataclass(frozen=True)
class LayerFacts:
    """What GDAL says of one layer before its rows are read."""

    name: str
    rows: int
    geometry: str  # "" for a table without geometry
    crs: str | None
    driver: str
    header: Header = field(default_factory=dict)


@dataclass
class Rows:
    """Rows as read: `frame` (geometry in "geometry" where there is any), their places in the layer and their FIDs."""

    frame: pd.DataFrame
    positions: np.ndarray  # 0-based place in the layer's order
    fids: np.ndarray
    lost: list[tuple[int, str]] = field(default_factory=list)  # position, reason
    notes: list[str] = field(default_factory=list)
    curves: bool = False
    rounded: list[str] = field(default_factory=list)
    broken: dict[str, int] = field(default_factory=dict)  # cells whose bytes are no UTF-8, by field


@contextmanager
def noted(notes: list[str]) -> Iterator[None]:
    """Inside the block warnings of the libraries are collected in `notes` instead of shown."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        text = str(warning.message)
        if issubclass(warning.category, UserWarning | RuntimeWarning) and not _idle(text) and text not in notes:
            notes.append(text[:300])


def _idle(text: str) -> bool:
    """Notes that say nothing a user can use: heights are reported on their own, invalid rings are checked later."""
    return "Measured (M)" in text or "Invalid WKB" in text or "winding order" in text or "autocorrect" in text.lower()


def address(path: Path) -> str | Path:
    """`path` as it has to be said to pyogrio for reading.

    It takes a path for an address: what follows a ";" is lost, and what stands before a ":" is a scheme.

    Raises
    ------
    BadInput
        For a "!", after which it looks for a file inside an archive, whatever is written.
    """
    if "!" in str(path):
        raise BadInput("INTAKE-FILE-NAME", file=path.name, path=str(path))
    marked = os.name == "posix" and (";" in path.name or ":" in str(path))
    return f"file://{path.absolute().as_posix()}" if marked else path


def layers(path: Path, **options: str) -> list[LayerFacts]:
    """The layers of a file, counted.

    Raises
    ------
    BadInput
        If GDAL cannot open it.
    """
    try:
        with noted([]):
            names = [str(name) for name in pyogrio.list_layers(address(path))[:, 0]]
            return [_facts(path, name, options) for name in names]
    except FAULTS as error:
        raise unreadable(path, error) from None


def _facts(path: Path, name: str, options: dict[str, str]) -> LayerFacts:
    try:
        info = pyogrio.read_info(
            address(path), layer=name, force_feature_count=True, force_total_bounds=False, **options
        )
    except UnicodeDecodeError:  # field names in an encoding that the file does not state
        info = pyogrio.read_info(address(path), layer=name, encoding="ISO-8859-1", force_feature_count=True, **options)
    geometry = info.get("geometry_type")
    crs = info.get("crs")
    return LayerFacts(
        name,
        max(int(info["features"]), 0),
        str(geometry or ""),
        str(crs) if crs else None,
        info["driver"],
        header_of((info.get("layer_metadata") or {}).get(HEADER_KEY)),
    )


def unreadable(path: Path, error: BaseException) -> BadInput:
    """The refusal of a file that a library could not read, with the library's own reason in one line."""
    reason = " ".join(str(error).split()) or type(error).__name__
    reason = reason.replace(str(path), path.name).replace(str(path.parent), "").split("; It might help")[0]
    return BadInput("INTAKE-UNREADABLE", file=path.name, reason=reason[:200])


def read_rows(path: Path, layer: str, declared: int, *, encoding: str | None = None, **options: str) -> Rows:
    """All rows of a layer that can be read; those that cannot are named in `lost`.

    Parameters
    ----------
    declared
        How many rows the layer says it has.
    encoding
        Handed to GDAL; "ISO-8859-1" brings text byte for byte.

    Raises
    ------
    BadInput
        If nothing at all can be read.
    """
    notes: list[str] = []
    source: dict[str, Any] = {"layer": layer, "encoding": encoding, **options}
    error: BaseException | None = None
    best: Rows | None = None
    with noted(notes):
        for way in (_by_arrow, _by_both, _plainly, _with_text_dates):
            try:
                rows = way(path, source, {})
            except FAULTS as fault:
                error = error or fault
                continue
            if best is None or len(rows.frame) > len(best.frame):
                best = rows
            if len(rows.frame) >= declared:
                break
        if best is None or len(best.frame) < declared:
            best = _salvaged(path, source, declared, best, error)
    best.notes = notes
    return best


def _by_arrow(path: Path, source: dict[str, Any], part: dict[str, int]) -> Rows:
    kwargs = {"types_mapper": _NULLABLE.get}
    frame = pyogrio.read_dataframe(
        address(path),
        use_arrow=True,
        fid_as_index=True,
        on_invalid="ignore",
        arrow_to_pandas_kwargs=kwargs,
        **source,
        **part,
    )
    broken = _mended(frame)
    rows = _rows(frame)
    rows.broken = broken
    return rows


def _mended(frame: pd.DataFrame) -> dict[str, int]:
    """Put U+FFFD for bytes that are no UTF-8, which Arrow hands on as they are; how many cells, by field."""
    broken = {}
    for name in frame.columns:
        if not isinstance(frame[name].dtype, pd.StringDtype):
            continue
        cells = pa.chunked_array(pa.array(frame[name].array))
        try:
            cells.validate(full=True)
        except pa.ArrowInvalid:
            raw = cells.cast(pa.large_binary()).to_pylist()
            text = [None if cell is None else cell.decode("utf-8", errors="replace") for cell in raw]
            frame[name] = pd.array(text, dtype="str")
            broken[str(name)] = sum(cell is not None and "\ufffd" in cell for cell in text)
    return broken


def _by_both(path: Path, source: dict[str, Any], part: dict[str, int]) -> Rows:
    """Attributes by Arrow, geometry without: Arrow does not know arcs, the other way rounds long whole numbers."""
    table = _by_arrow(path, {**source, "read_geometry": False}, part)
    shapes = pyogrio.read_dataframe(address(path), columns=[], fid_as_index=True, on_invalid="ignore", **source, **part)
    if len(shapes) != len(table.frame) or "geometry" not in shapes:
        raise ValueError("the two readings differ")
    frame = gpd.GeoDataFrame(table.frame, geometry=np.asarray(shapes.geometry))
    return Rows(frame, table.positions, table.fids, curves=True, broken=table.broken)


def _plainly(path: Path, source: dict[str, Any], part: dict[str, int]) -> Rows:
    frame = pyogrio.read_dataframe(
        address(path), use_arrow=False, fid_as_index=True, on_invalid="ignore", **source, **part
    )
    rows = _rows(frame)
    rows.rounded = _rounded(path, source, frame)
    return rows


def _with_text_dates(path: Path, source: dict[str, Any], part: dict[str, int]) -> Rows:
    return _plainly(path, {**source, "datetime_as_string": True}, part)


def _rounded(path: Path, source: dict[str, Any], frame: pd.DataFrame) -> list[str]:
    """Fields of whole numbers that this way of reading turned into floats and that floats cannot hold."""
    options = {name: value for name, value in source.items() if name != "datetime_as_string"}
    info = pyogrio.read_info(address(path), **options)
    whole = {str(name) for name, kind in zip(info["fields"], info["dtypes"], strict=True) if "int" in str(kind)}
    floats = [name for name in frame.columns if name in whole and frame[name].dtype.kind == "f"]
    return [name for name in floats if (frame[name].abs() > _EXACT).any()]


def _rows(frame: pd.DataFrame) -> Rows:
    fids = np.asarray(frame.index, dtype=np.int64)
    frame = frame.reset_index(drop=True)
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.core.arrays.integer.IntegerDtype) and not frame[name].isna().any():
            frame[name] = frame[name].astype(frame[name].dtype.numpy_dtype)
    return Rows(frame, np.arange(len(frame)), fids)


def _salvaged(
    path: Path, source: dict[str, Any], declared: int, best: Rows | None, error: BaseException | None
) -> Rows:
    """What can be had of a layer that fails as a whole: halves of halves, until the broken rows stand alone."""
    first = len(best.frame) if best is not None else 0
    way = _with_text_dates if best is None else _by_arrow
    parts = [best] if best is not None else []
    lost: list[tuple[int, str]] = []
    pieces = [(first, declared)]
    failures = 0
    while pieces:
        start, end = pieces.pop()
        if failures > _TRIES:
            lost += [(position, _said(error)) for position in range(start, end)]
            continue
        try:
            rows = _part(way, path, source, start, end)
        except FAULTS as fault:
            error = fault
            failures += 1
            middle = (start + end) // 2
            if end - start == 1:
                lost.append((start, _said(fault)))
            else:
                pieces += [(middle, end), (start, middle)]
            continue
        parts += [rows] if len(rows.frame) else []
        got = start + len(rows.frame)
        if got < end:  # reading stopped here: this row is broken, go on behind it
            failures += 1
            lost.append((got, _said(error)))
            pieces += [(got + 1, end)] if got + 1 < end else []
    if not parts:
        raise unreadable(path, error or ValueError("no row can be read"))
    return _joined(parts, lost)


def _part(way: Callable[..., Rows], path: Path, source: dict[str, Any], start: int, end: int) -> Rows:
    rows = way(path, source, {"skip_features": start, "max_features": end - start})
    rows.positions = rows.positions + start
    return rows


def _joined(parts: list[Rows], lost: list[tuple[int, str]]) -> Rows:
    positions = np.concatenate([part.positions for part in parts])
    known = np.concatenate([part.fids for part in parts])
    order = np.argsort(positions, kind="stable")
    order = order[np.sort(np.unique(known[order], return_index=True)[1])]  # a row that was met twice counts once
    frame = pd.concat([part.frame for part in parts], ignore_index=True).iloc[order].reset_index(drop=True)
    fids = known[order]
    rounded = sorted({name for part in parts for name in part.rounded})
    broken: Counter[str] = sum((Counter(part.broken) for part in parts), Counter())
    curves = any(part.curves for part in parts)
    return Rows(frame, positions[order], fids, sorted(lost), curves=curves, rounded=rounded, broken=dict(broken))


def _said(error: BaseException | None) -> str:
    return (" ".join(str(error).split()) if error is not None else "")[:200] or "not there"
