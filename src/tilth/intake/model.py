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

#: What a file says of itself, by section; an exchange text has 属性描述 and perhaps 项目信息.
Header = Mapping[str, Mapping[str, str]]
#: Section and key of a header under which the encoding of the exchange text goes along; it is no line of the text.
FILE_SECTION, ENCODING = "file", "encoding"
#: Name under which formats with room for it carry the header of the exchange text that they were made from, as JSON.
HEADER_KEY = "TILTH_EXCHANGE_HEADER"
QUARANTINE_COLUMNS = ("source_row", "code", "reason", "reason_values", "attributes", "geometry")


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
    header: Header = field(default_factory=dict)  # of an exchange text, or of what was made from one

    def __post_init__(self) -> None:
        assert self.rows_in == len(self.frame) + len(self.rejected), (self.rows_in, len(self.frame))
        assert "source_row" in self.frame


def _plain(value: Any) -> Any:
    """A value of numpy or another library as JSON has it: a number stays one, so that a message can format it."""
    return value.item() if hasattr(value, "item") else str(value)


def header_text(header: Header) -> str:
    """The header as text, for a format that can carry it."""
    return json.dumps({section: dict(lines) for section, lines in header.items()}, ensure_ascii=False)


def header_of(text: str | None) -> Header:
    """The header that `header_text` wrote; empty where there is none or the text is something else."""
    try:
        read = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    sections = read.items() if isinstance(read, dict) else ()
    return {
        name: {str(key): str(value) for key, value in lines.items()}
        for name, lines in sections
        if isinstance(lines, dict)
    }


def quarantine_frame(rejected: Sequence[Rejected], crs: str | None) -> gpd.GeoDataFrame:
    """The quarantine as a frame: one row for each rejected row, with its reason in the language in use.

    The reason's own values go along, so that `tilth.land.retold` can say it again in another language.
    """
    rows = [
        {
            "source_row": row.source_row,
            "code": row.code,
            "reason": Finding(row.code, values=row.values).said,
            "reason_values": json.dumps(dict(row.values), ensure_ascii=False, default=_plain),
            "attributes": json.dumps(dict(row.attributes), ensure_ascii=False, default=str),
            "geometry": row.geometry,
        }
        for row in rejected
    ]
    return gpd.GeoDataFrame(rows, columns=list(QUARANTINE_COLUMNS), geometry="geometry", crs=crs)
