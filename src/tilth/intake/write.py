"""Writing vector files: the whole file or nothing, text in the encoding that was asked for, no name cut unawares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import shapely

from tilth.core import BadInput, Finding, Where
from tilth.intake.encoding import asked_codec
from tilth.intake.model import FILE_SECTION, HEADER_KEY, Header, header_text
from tilth.intake.ogr import FAULTS, noted
from tilth.runtime import fill_whole

FORMATS = (".gpkg", ".shp", ".geojson", ".json", ".parquet", ".geoparquet", ".gml")
_NAME_BYTES = 10
_TEXT_BYTES = 254
_WGS84 = 4326
#: Formats that are not written through GDAL, which takes a path for an address: ";", ":" and "!" part it there.
_PARQUET = (".parquet", ".geoparquet")
#: Formats with room for the header of an exchange text.
CARRIES_HEADER = (".gpkg", ".parquet", ".geoparquet")
#: Parts of a shapefile that this module does not write anew.
_SHAPEFILE_PARTS = (".cpg", ".qix", ".sbn", ".sbx")
#: What a .cpg calls a code page so that desktop GIS of all makers understand it.
_CPG = {"cp936": "GBK", "utf-8": "UTF-8", "gb18030": "GB18030"}


def write_vector(
    frame: gpd.GeoDataFrame,
    path: str | Path,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    header: Header | None = None,
) -> tuple[Finding, ...]:
    """Write `frame` to a file whose ending names the format; the file appears whole or not at all.

    Parameters
    ----------
    layer
        Name of the layer in formats that have names for them; the file's own name by default.
    encoding
        Of a shapefile's text: GBK by default. All other formats are UTF-8.
    header
        Of the exchange text that the rows come from (`Table.header`): GeoPackage and GeoParquet carry it.

    Returns
    -------
    What there is to say: coordinates that GeoJSON turned into WGS 84, names that a shapefile cut, a header that the
    format has no place for.

    Raises
    ------
    BadInput
        If the ending names no format, the text does not fit the encoding, or the place cannot be written.
    """
    place = Path(path)
    suffix = place.suffix.lower()
    if suffix not in FORMATS:
        raise BadInput("INTAKE-WRITE-FORMAT", file=place.name, known=", ".join(FORMATS))
    if suffix not in _PARQUET and (set(place.name) & set(";:!") or "!" in str(place)):
        raise BadInput("INTAKE-WRITE-MARKS", path=str(place))
    findings: list[Finding] = []
    if header and _shown(header) and suffix not in CARRIES_HEADER:
        findings.append(Finding("INTAKE-WRITE-HEADER", Where(file=place.name), {"lines": _shown(header)}))

    def write(target: Path) -> None:
        findings.extend(_WRITERS[suffix](frame, target, layer or place.stem, _Asked(encoding, header or {})))

    try:
        with noted([]):
            fill_whole(place, write, stale=_SHAPEFILE_PARTS if suffix == ".shp" else ())
    except FAULTS as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())[:200]
        raise BadInput("INTAKE-WRITE-FAILED", file=place.name, reason=reason or type(error).__name__) from None
    return tuple(findings)


def _shown(header: Header) -> str:
    sections = [lines for section, lines in header.items() if section != FILE_SECTION]
    return ", ".join(f"{name}={value}" for lines in sections for name, value in lines.items() if value)


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns that every format can hold: nullable numbers stay numbers, anything odd becomes text."""
    out = frame.reset_index(drop=True)
    for name in out.columns:
        if name != out.geometry.name and out[name].dtype == object:
            out[name] = [_written(value) for value in out[name]]
    return out


def _written(value: Any) -> str | None:
    gone = value is None or (np.isscalar(value) and bool(pd.isna(value)))
    return None if gone else str(value)


@dataclass(frozen=True)
class _Asked:
    """What a file is to be written with."""

    encoding: str | None
    header: Header


_Writer = Callable[[gpd.GeoDataFrame, Path, str, _Asked], tuple[Finding, ...]]


def _geopackage(frame: gpd.GeoDataFrame, path: Path, layer: str, asked: _Asked) -> tuple[Finding, ...]:
    said = {HEADER_KEY: header_text(asked.header)} if asked.header else None
    pyogrio.write_dataframe(
        _plain(frame), path, driver="GPKG", layer=layer, promote_to_multi=_mixed(frame), layer_metadata=said
    )
    return ()


def _gml(frame: gpd.GeoDataFrame, path: Path, layer: str, asked: _Asked) -> tuple[Finding, ...]:
    pyogrio.write_dataframe(_plain(frame), path, driver="GML", layer=layer, promote_to_multi=_mixed(frame))
    return ()


def _mixed(frame: gpd.GeoDataFrame) -> bool:
    kinds = set(shapely.get_type_id(np.asarray(frame.geometry))) - {-1}
    return len(kinds) > 1


def _geojson(frame: gpd.GeoDataFrame, path: Path, layer: str, asked: _Asked) -> tuple[Finding, ...]:
    findings: tuple[Finding, ...] = ()
    if frame.crs is not None and not frame.crs.equals(f"EPSG:{_WGS84}", ignore_axis_order=True):
        values = {"crs": f"EPSG:{frame.crs.to_epsg()}" if frame.crs.to_epsg() else frame.crs.name}
        findings = (Finding("INTAKE-WRITE-REPROJECTED", Where(file=path.name), values),)
        frame = frame.to_crs(_WGS84)
    options = {"COORDINATE_PRECISION": "9", "RFC7946": "NO"}
    pyogrio.write_dataframe(_plain(frame), path, driver="GeoJSON", layer=layer, **options)
    return findings


def _parquet(frame: gpd.GeoDataFrame, path: Path, layer: str, asked: _Asked) -> tuple[Finding, ...]:
    frame.reset_index(drop=True).to_parquet(path, index=False)
    if asked.header:
        table = pq.read_table(path)
        said = {**(table.schema.metadata or {}), HEADER_KEY.encode(): header_text(asked.header).encode()}
        pq.write_table(table.replace_schema_metadata(said), path)
    return ()


def _shapefile(frame: gpd.GeoDataFrame, path: Path, layer: str, asked: _Asked) -> tuple[Finding, ...]:
    codec = asked_codec(asked.encoding or "GBK")
    cut, findings = _cut_names(_plain(frame), path.name, codec)
    for name in cut.columns:
        if name != cut.geometry.name and (cut[name].dtype == object or isinstance(cut[name].dtype, pd.StringDtype)):
            _fits(cut[name], path.name, codec)
    shown = _CPG.get(codec, codec)
    pyogrio.write_dataframe(cut, path, driver="ESRI Shapefile", encoding=shown)
    path.with_suffix(".cpg").write_text(shown, encoding="ascii")
    return findings


def _cut_names(frame: gpd.GeoDataFrame, file: str, codec: str) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    names = {}
    for name in frame.columns:
        if name != frame.geometry.name:
            raw = str(name).encode(codec, errors="replace")[:_NAME_BYTES]
            names[name] = raw.decode(codec, errors="ignore")
    folded = [name.casefold() for name in names.values()]
    same = [str(name) for name, cut in names.items() if folded.count(cut.casefold()) > 1]
    if same:
        raise BadInput("INTAKE-WRITE-NAMES", file=file, fields=", ".join(same))
    changed = [f"{name} → {cut}" for name, cut in names.items() if cut != name]
    if not changed:
        return frame, ()
    finding = Finding("INTAKE-WRITE-RENAMED", Where(file=file), {"fields": ", ".join(changed)})
    return frame.rename(columns=names), (finding,)


def _fits(column: pd.Series[Any], file: str, codec: str) -> None:
    """Raise where a text is not writable in the encoding or longer than a field."""
    for text in column.dropna().unique():
        try:
            raw = str(text).encode(codec)
        except UnicodeEncodeError:
            raise BadInput(
                "INTAKE-WRITE-TEXT", file=file, field=column.name, encoding=codec, text=str(text)[:40]
            ) from None
        if len(raw) > _TEXT_BYTES:
            raise BadInput("INTAKE-WRITE-LONG", file=file, field=column.name, text=str(text)[:40])


_WRITERS: dict[str, _Writer] = {
    ".gpkg": _geopackage,
    ".gml": _gml,
    ".geojson": _geojson,
    ".json": _geojson,
    ".parquet": _parquet,
    ".geoparquet": _parquet,
    ".shp": _shapefile,
}
assert set(_WRITERS) == set(FORMATS)
