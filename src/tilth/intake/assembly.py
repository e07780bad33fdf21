"""The rows that a reader brought, put together: in the file's order, text in its true encoding, none lost unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tilth.core import Finding, Where
from tilth.intake import ogr
from tilth.intake.dbf import Dbf
from tilth.intake.encoding import decode_latin1
from tilth.intake.formats import Prepared
from tilth.intake.model import Rejected


def assembled(
    rows: ogr.Rows, ready: Prepared, declared: int, driver: str, where: Where
) -> tuple[gpd.GeoDataFrame, list[Rejected], list[Finding]]:
    """The frame in the file's order with `source_row`, and a `Rejected` for every declared row that is not in it."""
    findings = [Finding("INTAKE-READER-NOTE", where, {"note": note}) for note in _still_true(rows.notes, ready)]
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


def _still_true(notes: Sequence[str], ready: Prepared) -> list[str]:
    """Notes of GDAL, without those on text in number fields where the .dbf itself is asked for that text."""
    asked = ready.shapefile is not None and ready.shapefile.dbf is not None
    return [note for note in notes if not (asked and "parsed incompletely" in note)]


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
