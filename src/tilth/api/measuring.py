"""Areas of any polygons, and files from one format to another. Neither needs a workspace."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from tilth.api.results import Measured, Measurement
from tilth.core import BadInput, Finding, FloatArray, message
from tilth.intake import (
    Rejected,
    Table,
    carried,
    compare_stated_area,
    crossed,
    impossible_places,
    read_exchange,
    read_vector,
    stated_area_findings,
    write_exchange,
    write_vector,
)
from tilth.land import covered
from tilth.overlay import engine_area, survey_area
from tilth.runtime import working

_TEXT = ".txt"
#: Endings of formats whose text has more than one encoding.
_ENCODED = (_TEXT, ".shp")


def area(
    file: str | Path, *, layer: str | None = None, encoding: str | None = None, crs: str | None = None
) -> Measurement:
    """Engine, survey and planar area of the ground that every polygon of any file covers.

    Raises
    ------
    BadInput, NeedsAnswer
        If the file cannot be used, or leaves something open.
    """
    with working(message("API-READING", file=Path(file).name)):
        table = read_vector(file, layer=layer, encoding=encoding, crs=crs)
    if table.crs is None:
        raise BadInput("API-NO-CRS", file=Path(file).name)
    good, rejected = _polygons(table, table.crs)
    engine = engine_area(np.asarray(good.geometry, dtype=object), table.crs)
    good, rejected = _with_area(good, engine, rejected)
    drawn = np.asarray(good.geometry, dtype=object)
    shapes = covered(drawn)
    engine = engine_area(shapes, table.crs)
    odd = crossed(drawn, table.crs, good["source_row"].tolist(), Path(file).name)
    survey = _survey(shapes, table.crs)
    planar = _planar(shapes, table.crs)
    names = good["plot_name"].astype("str") if "plot_name" in good else [""] * len(good)
    stated, findings = _stated(file, encoding, crs, table)
    polygons = tuple(
        Measured(int(row), str(name), float(exact), official, flat, *stated.get(int(row), (None, "")))
        for row, name, exact, official, flat in zip(
            good["source_row"].tolist(), names, engine.tolist(), survey, planar, strict=True
        )
    )
    reasons = tuple((one.source_row, one.code, Finding(one.code, values=one.values).said) for one in rejected)
    return Measurement(
        Path(file).name, table.crs, table.rows_in, polygons, reasons,
        (*table.findings, *findings, *odd), table.dialect,
    )  # fmt: skip


def _polygons(table: Table, crs: str) -> tuple[gpd.GeoDataFrame, list[Rejected]]:
    """Rows with a polygon that lies somewhere, and those without beside the rows that could not be read."""
    frame = table.frame
    shapes = np.asarray(frame.geometry, dtype=object)
    polygon = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    rejected = list(table.rejected)
    for row, shape in zip(frame["source_row"][~polygon].tolist(), shapes[~polygon], strict=True):
        rejected.append(Rejected(int(row), "API-NOT-A-POLYGON", {"kind": "-" if shape is None else shape.geom_type}))
    frame = frame[polygon]
    nowhere, shown = impossible_places(shapes[polygon], crs)
    for row, place in zip(frame["source_row"][nowhere].tolist(), shown[nowhere], strict=True):
        rejected.append(Rejected(int(row), "INTAKE-ROW-COORDINATES", {"value": place}))
    return frame[~nowhere], sorted(rejected, key=lambda one: one.source_row)


def _with_area(
    frame: gpd.GeoDataFrame, engine: FloatArray, rejected: list[Rejected]
) -> tuple[gpd.GeoDataFrame, list[Rejected]]:
    """Rows whose rings enclose an area; a hole larger than what it is in encloses none."""
    none = engine < 0
    more = [
        Rejected(int(row), "INTAKE-ROW-AREA-ZERO", {"area": float(area)})
        for row, area in zip(frame["source_row"][none].tolist(), engine[none], strict=True)
    ]
    return frame[~none], sorted([*rejected, *more], key=lambda one: one.source_row)


def _survey(shapes: np.ndarray, crs: str) -> list[int | None]:
    try:
        measured: list[int | None] = survey_area(shapes, crs).tolist()
    except BadInput:
        return [None] * len(shapes)
    return measured


def _planar(shapes: np.ndarray, crs: str) -> list[float | None]:
    from pyproj import CRS

    if CRS.from_user_input(crs).is_geographic:
        return [None] * len(shapes)
    return [float(value) for value in shapely.area(shapes)]


def _stated(
    file: str | Path, encoding: str | None, crs: str | None, table: Table
) -> tuple[dict[int, tuple[float | None, str]], list[Finding]]:
    """For exchange text: the stated area of each plot and which measured area it is."""
    if Path(file).suffix.lower() != _TEXT or not Path(file).is_file():
        return {}, []
    exchange = read_exchange(file, encoding=encoding, crs=crs)
    compared = compare_stated_area(exchange)
    stated = {
        one.row: (None if np.isnan(plot.stated_area_ha) else plot.stated_area_ha, one.kind)
        for one, plot in zip(compared, exchange.plots, strict=True)
    }
    known = {(finding.code, finding.where) for finding in table.findings}
    extra = [one for one in stated_area_findings(exchange, compared) if (one.code, one.where) not in known]
    return stated, extra


@dataclass(frozen=True)
class Converted:
    """A file written from another. Rows in = rows written + rows left out."""

    source: str
    target: Path
    rows_in: int
    rows_written: int
    rejected: tuple[tuple[int, str, str], ...]
    findings: tuple[Finding, ...]
    encoding: str = ""  # of the exchange text that was written; empty for any other format

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "source": self.source,
            "target": str(self.target),
            "encoding": self.encoding,
            "rows_in": self.rows_in,
            "rows_written": self.rows_written,
            "rows_left_out": len(self.rejected),
            "rejected": [{"row": r, "code": c, "reason": w} for r, c, w in self.rejected],
            "findings": [finding.as_record() for finding in self.findings],
        }


def convert(
    file: str | Path,
    target: str | Path,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
    to_crs: str | None = None,
    out_encoding: str | None = None,
    overwrite: bool = False,
) -> Converted:
    """Write the polygons of `file` in the format that the ending of `target` names; `.txt` is the exchange text.

    Parameters
    ----------
    encoding, crs
        Of `file`, where it does not say or is wrong.
    to_crs
        A CGCS2000 zone or EPSG:4490 to write in, from another of them. As read, without it.
    out_encoding
        Of the text that is written, for .shp and .txt: GBK without it.

    Raises
    ------
    BadInput, NeedsAnswer
        If the file cannot be used or leaves something open, or the target cannot be written.
    """
    table = read_vector(file, layer=layer, encoding=encoding, crs=crs)
    if table.crs is None:
        raise BadInput("API-NO-CRS", file=Path(file).name)
    good, rejected = _polygons(table, table.crs)
    place = Path(target)
    if place.exists() and not overwrite:
        raise BadInput("API-TARGET-EXISTS", file=str(place))
    if out_encoding and place.suffix.lower() not in _ENCODED and not _is_utf8(out_encoding):
        raise BadInput("INTAKE-WRITE-ENCODING", file=place.name, encoding=out_encoding)
    frame = gpd.GeoDataFrame(_one_source_row(good), geometry="geometry", crs=table.crs)
    if to_crs is not None:
        frame = carried(frame, table.crs, to_crs)
    if place.suffix.lower() == _TEXT:
        encoding, findings = write_exchange(
            frame, place, to_crs or table.crs, origin=table.header, encoding=out_encoding
        )
    else:
        encoding, findings = "", tuple(write_vector(frame, place, header=table.header, encoding=out_encoding))
    reasons = tuple((one.source_row, one.code, Finding(one.code, values=one.values).said) for one in rejected)
    said = (*table.findings, *findings)
    return Converted(Path(file).name, place, table.rows_in, len(good), reasons, said, encoding)


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
    except (LookupError, ValueError):
        raise BadInput("INTAKE-ENCODING-UNKNOWN", encoding=encoding) from None


def _one_source_row(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One column for the row of the source: the file's own, from an earlier conversion, where it has one."""
    if "source_row_in_file" not in frame:
        return frame
    return frame.drop(columns="source_row").rename(columns={"source_row_in_file": "source_row"})
