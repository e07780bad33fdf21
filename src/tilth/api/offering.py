"""A file of replacement parcels, read: of each row a polygon and what the file says, or why it has none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from tilth.core import BadInput, Finding, Where
from tilth.intake import Table, impossible_places, read_vector
from tilth.ledger import Parcel, families, read_parcels

_AREAL = (3, 6)


@dataclass(frozen=True)
class Offer:
    """A file of replacement parcels, read: of each row a polygon and what the file says, or why it has none."""

    table: Table
    crs: str
    shapes: tuple[shapely.Geometry, ...]
    parcels: tuple[Parcel, ...]
    left_out: tuple[Finding, ...]


def offered(file: str | Path, layer: str | None, encoding: str | None, crs: str | None) -> Offer:
    table = read_vector(file, layer=layer, encoding=encoding, crs=crs)
    name = Path(file).name
    if table.crs is None:
        raise BadInput("API-NO-CRS", file=name)
    frame = table.frame
    shapes = np.asarray(frame.geometry, dtype=object)
    good = np.isin(shapely.get_type_id(shapes), _AREAL) & ~shapely.is_empty(shapes)
    nowhere, _ = impossible_places(shapes[good], table.crs)
    good[good] = ~nowhere
    rows = frame["source_row"].tolist()
    texts = pd.DataFrame(frame.drop(columns=[frame.geometry.name, "source_row"]))
    records = [{str(key): _text(value) for key, value in one.items()} for one in texts.to_dict("records")]
    if not records:
        raise BadInput("API-NO-ROWS", file=name, rows=table.rows_in, why="-")
    parcels = read_parcels(records, rows, name)
    known = families()["POOL"]["member"]
    for one in parcels:
        if one.pool and one.pool.upper() not in known:
            raise BadInput("ACCEPT-POOL", file=name, row=one.row, pool=one.pool, known=", ".join(known))
    left_out = [Finding(one.code, Where(file=name, row=one.source_row), one.values) for one in table.rejected]
    left_out += [
        Finding("ACCEPT-NO-POLYGON", Where(file=name, row=one.row, parcel=one.name))
        for one, usable in zip(parcels, good, strict=True)
        if not usable
    ]
    kept = [one for one, usable in zip(parcels, good, strict=True) if usable]
    return Offer(table, table.crs, tuple(shapes[good]), tuple(kept), tuple(left_out))


def _text(value: Any) -> str:
    """A value of a table as text; nothing for what is missing, whole numbers without a point."""
    if value is None or (not isinstance(value, list | tuple | np.ndarray) and pd.isna(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
