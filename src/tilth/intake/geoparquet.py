"""GeoParquet, read through Arrow: geometry as WKB with the file's own words on its coordinate system."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from tilth.core import BadInput
from tilth.intake.model import HEADER_KEY, Header, header_of
from tilth.intake.ogr import _NULLABLE, FAULTS, LayerFacts, Rows, noted, unreadable


@dataclass(frozen=True)
class _Header:
    rows: int
    geometry: str
    encoding: str
    kind: str
    crs: str | None
    exchange: Header


def facts(path: Path) -> LayerFacts:
    """The one layer of a GeoParquet file.

    Raises
    ------
    BadInput
        If the file is damaged or holds no geometry.
    """
    header = _header(path)
    return LayerFacts(path.stem, header.rows, header.kind, header.crs, "Parquet", header.exchange)


def read(path: Path) -> Rows:
    """All rows of a GeoParquet file.

    Raises
    ------
    BadInput
        If the file is damaged or holds no geometry.
    """
    header = _header(path)
    notes: list[str] = []
    try:
        with noted(notes):
            table = pq.read_table(path.absolute())
            table.validate(full=True)  # text that is none would only be noticed where it is used
            if header.encoding != "WKB":
                frame = gpd.read_parquet(path.absolute()).rename_geometry("geometry")
            else:
                frame = _frame(table, header.geometry)
    except FAULTS as error:
        raise unreadable(path, error) from None
    order = np.arange(len(frame))
    return Rows(frame.reset_index(drop=True), order, order, notes=notes)


def _frame(table: pa.Table, geometry: str) -> gpd.GeoDataFrame:
    shapes = shapely.from_wkb(table.column(geometry).to_numpy(), on_invalid="ignore")
    attributes = table.drop_columns([geometry]).to_pandas(types_mapper=_NULLABLE.get, ignore_metadata=True)
    for name in attributes.columns:
        dtype = attributes[name].dtype
        if isinstance(dtype, pd.core.arrays.integer.IntegerDtype) and not attributes[name].isna().any():
            attributes[name] = attributes[name].astype(dtype.numpy_dtype)
    return gpd.GeoDataFrame(attributes, geometry=shapes)


def _header(path: Path) -> _Header:
    try:
        with noted([]):
            found = pq.read_metadata(path.absolute())
            geo: dict[str, Any] = json.loads((found.metadata or {}).get(b"geo", b"{}"))
    except FAULTS as error:
        raise unreadable(path, error) from None
    primary = geo.get("primary_column") if isinstance(geo, dict) else None
    column = (geo.get("columns") or {}).get(primary) if primary else None
    if not isinstance(column, dict):
        raise BadInput("INTAKE-NO-GEOMETRY", file=path.name)
    crs = column.get("crs", "OGC:CRS84")  # a missing key means longitude and latitude, null means unknown
    kinds = {str(kind).replace(" Z", "") for kind in column.get("geometry_types") or ()}
    kind = kinds.pop() if len(kinds) == 1 else "Unknown"
    text = json.dumps(crs) if isinstance(crs, dict) else crs
    exchange = header_of((found.metadata or {}).get(HEADER_KEY.encode(), b"").decode(errors="replace"))
    return _Header(found.num_rows, str(primary), str(column.get("encoding", "WKB")), kind, text, exchange)
