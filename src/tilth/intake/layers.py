"""A table of any other layer (basic farmland, red lines, boundaries, projects) becomes the draft of a stored layer."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import geopandas as gpd
import numpy as np
import pandas as pd

from tilth.core import Finding, IntArray, Where
from tilth.intake.columns import as_areas, as_text, found_column
from tilth.intake.model import Table, quarantine_frame
from tilth.intake.screen import (
    Screen,
    crossed,
    file_of,
    flat,
    further_columns,
    in_order,
    measured,
    polygons_of,
    unique_ids,
    where_row,
)
from tilth.intake.survey import IMPORT_RULES
from tilth.land import LAYER_COLUMNS, Draft, Meta, typed


@cache
def _layer_fields() -> Mapping[str, Mapping[str, list[str]]]:
    text = files("tilth.intake").joinpath("data/layer-fields.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def layer_field_of(kind: str, column: str, names: list[str]) -> str | None:
    """The source field that holds `column` in a layer of `kind`, or None."""
    fields = _layer_fields()
    return found_column(names, [*fields.get(kind, {}).get(column, ()), *fields["any"].get(column, ())])


def layer_from(
    table: Table,
    kind: str,
    *,
    year: int | None = None,
    region: str = "",
    version: str = "",
    rules: str = IMPORT_RULES,
) -> Draft:
    """The draft of a layer. Rows in = rows stored + rows quarantined.

    Recorded areas are those of the kind's own field (YJJBNTTBMJ, DCMJ, TBMJ, …, in m²); a row without one is
    measured, and so is, with a finding, a row whose stated area is no positive number: its ground is protected all
    the same. Set aside are rows without a polygon.

    Parameters
    ----------
    kind
        One of `tilth.land.LAYER_KINDS`, or any other word.

    Raises
    ------
    BadInput
        If the table has no geometry.
    NeedsAnswer
        If the CRS of the table is not known.
    """
    frame, crs = polygons_of(table)
    file = file_of(table)
    names = [str(name) for name in frame.columns if name not in {frame.geometry.name, "source_row"}]
    used = {
        column: layer_field_of(kind, column, names) for column in ("feature_id", "name", "code", "area", "net_area")
    }
    findings = list(table.findings)
    screen = Screen(frame, list(table.rejected))
    screen.geometry(crs)
    gross, area_from, measured_rows = _gross(frame, used["area"], screen=screen, crs=crs, file=file, findings=findings)
    net = _net(frame, used["net_area"], gross, screen=screen, file=file, findings=findings)
    further, dropped = further_columns(frame, names, [*LAYER_COLUMNS, "geometry"], file)
    findings += [item for item in dropped if item.values["field"] not in used.values()]
    rows = np.flatnonzero(screen.kept)
    shapes = flat(np.asarray(frame.geometry, dtype=object)[rows])
    findings += crossed(shapes, crs, frame["source_row"].iloc[rows].tolist(), file)
    text = {column: _text(frame, used[column]) for column in ("feature_id", "name", "code")}
    ids, repeated = unique_ids(
        text["feature_id"].iloc[rows].reset_index(drop=True), frame["source_row"].iloc[rows].reset_index(drop=True)
    )
    first = {name: int(row) for name, row in zip(ids[::-1], frame["source_row"].iloc[rows][::-1], strict=True)}
    for at in np.flatnonzero(repeated):
        name = str(ids.iat[at])
        values = {"parcel": name, "value": name.rsplit("~", 1)[0], "first_row": first[name.rsplit("~", 1)[0]]}
        findings.append(Finding("V12", where_row(file, int(frame["source_row"].iat[rows[at]]), name), values))
    columns = {
        "source_row": frame["source_row"],
        "name": text["name"],
        "code": text["code"],
        "area_dm2": pd.Series(gross, index=frame.index),
        "net_area_dm2": pd.Series(net, index=frame.index),
    }
    ordered = (
        pd.concat([typed(pd.DataFrame(columns), LAYER_COLUMNS), further], axis=1).iloc[rows].reset_index(drop=True)
    )
    ordered["feature_id"] = ids.to_numpy(dtype=object)
    ordered = ordered.astype({"feature_id": "str"})
    stored = gpd.GeoDataFrame(ordered, geometry=shapes, crs=crs)
    meta = Meta(
        kind=kind,
        year=year,
        region=region,
        crs=crs,
        code_system="",
        profile=f"layer-{kind}",
        sources=table.sources,
        rows_in=table.rows_in,
        rows_stored=len(stored),
        rows_quarantined=len(screen.rejected),
        area_dm2=int(stored["area_dm2"].sum()),
        area_from=area_from if measured_rows == len(stored) else "file",
        version=version,
        rules=rules,
        extra={"fields": {column: name for column, name in used.items() if name}, "measured_rows": measured_rows},
    )
    return Draft(meta, stored, tuple(findings), quarantine_frame(in_order(screen.rejected), crs))


def _text(frame: gpd.GeoDataFrame, name: str | None) -> pd.Series:
    return as_text(frame[name]) if name is not None else pd.Series("", index=frame.index, dtype="str")


def _gross(
    frame: gpd.GeoDataFrame, name: str | None, *, screen: Screen, crs: str, file: str, findings: list[Finding]
) -> tuple[IntArray, str, int]:
    """Recorded or measured areas; how the measured ones were measured; how many stored rows are measured."""
    dm2: IntArray = np.zeros(len(frame), dtype=np.int64)
    given, doubted = np.zeros(len(frame), dtype=np.bool_), np.zeros(len(frame), dtype=np.bool_)
    text = pd.Series("", index=frame.index)
    if name is not None:
        stated = as_areas(frame[name], "m2")
        doubted = stated.bad | (stated.given & (stated.dm2 <= 0))
        dm2, given, text = np.where(doubted, 0, stated.dm2), stated.given & ~doubted, stated.text
    missing = np.flatnonzero(~given & screen.kept)
    if not len(missing):
        return dm2, "file", 0
    dm2[missing], method = measured(flat(np.asarray(frame.geometry, dtype=object)[missing]), crs)
    screen.take_out((dm2 <= 0) & ~given, "INTAKE-ROW-AREA-ZERO", area=dm2 / 100)
    blank = int((~given & ~doubted & screen.kept).sum())
    if blank and name is not None:
        findings.append(Finding("INTAKE-AREA-MEASURED", Where(file=file), {"rows": blank, "method": method}))
    for row in np.flatnonzero(doubted & screen.kept):
        values = {"value": str(text.iat[row])[:60], "measured_dm2": int(dm2[row])}
        findings.append(Finding("INTAKE-AREA-DOUBTED", where_row(file, int(frame["source_row"].iat[row])), values))
    return dm2, method, int((~given & screen.kept).sum())


def _net(
    frame: gpd.GeoDataFrame, name: str | None, gross: IntArray, *, screen: Screen, file: str, findings: list[Finding]
) -> IntArray:
    """Recorded net areas, the gross one where there is none or it can't be read."""
    if name is None:
        return gross
    stated = as_areas(frame[name], "m2")
    bad = stated.bad | (stated.given & (stated.dm2 < 0))
    for row in np.flatnonzero(bad & screen.kept):
        values = {"field": name, "value": str(stated.text.iat[row])[:60]}
        findings.append(Finding("INTAKE-VALUE-UNREADABLE", where_row(file, int(frame["source_row"].iat[row])), values))
    return np.where(stated.given & ~bad, stated.dm2, gross)
