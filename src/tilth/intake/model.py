"""What a reader hands on: the rows as the file has them, what could not be read, and what was noticed on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from tilth.core import Finding
from tilth.land import Source

QUARANTINE_COLUMNS = ("source_row", "code", "reason", "attributes", "geometry")


@dataclass(frozen=True)
class Rejected:
    """One row that cannot be used: where it stood, why, and everything that was read of it."""

    source_row: int  # 1-based
    code: str  # key of the message catalogue
    values: Mapping[str, Any] = field(default_factory=dict)  # placeholders of the message
    attributes: Mapping[str, Any] = field(default_factory=dict)
    geometry: shapely.Geometry | None = None


@dataclass(frozen=True)
class Table:
    """The rows of one layer of one file. Index 0..n-1; column `source_row` (int64, 1-based) tells where each stood.

    `crs` is "EPSG:n" or WKT, None for a table without geometry. x is easting or longitude, y northing or latitude,
    whatever order the file used. rows_in = len(frame) + len(rejected).
    """

    frame: gpd.GeoDataFrame | pd.DataFrame
    crs: str | None
    sources: tuple[Source, ...]
    rows_in: int
    rejected: tuple[Rejected, ...] = ()
    findings: tuple[Finding, ...] = ()
    dialect: str = ""

    def __post_init__(self) -> None:
        assert self.rows_in == len(self.frame) + len(self.rejected), (self.rows_in, len(self.frame))
        assert "source_row" in self.frame


def quarantine_frame(rejected: Sequence[Rejected], crs: str | None) -> gpd.GeoDataFrame:
    """The quarantine as a frame: one row for each rejected row, with its reason in the language in use."""
    rows = [
        {
            "source_row": row.source_row,
            "code": row.code,
            "reason": Finding(row.code, values=row.values).said,
            "attributes": json.dumps(dict(row.attributes), ensure_ascii=False, default=str),
            "geometry": row.geometry,
        }
        for row in rejected
    ]
    return gpd.GeoDataFrame(rows, columns=list(QUARANTINE_COLUMNS), geometry="geometry", crs=crs)
