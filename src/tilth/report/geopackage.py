"""The year's maps as a GeoPackage that carries its own styles: in QGIS the classes have names and colours."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from tilth.core import BadInput, Finding, Label, label, speaking
from tilth.land import CodeSystem
from tilth.report.colours import CHANGED, GAINED, LOST, class_colours, ring_colour
from tilth.report.model import Category, StyledLayer
from tilth.report.styles import qml, sld
from tilth.runtime import fill_whole

#: The table that QGIS and GDAL know, column by column.
_LAYER_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
  ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""


def _named(codes: CodeSystem, code: str) -> Label:
    name = codes[code].label
    return Label(code, code) if name.en == code else Label(f"{code} {name.en}", f"{code} {name.zh}")


def class_categories(codes: CodeSystem, used: pd.Series) -> tuple[Category, ...]:
    """Name and colour of every class that occurs, in the official order."""
    occurring = set(used.astype("str"))
    colours = class_colours(codes)
    known = [Category(code, _named(codes, code), colours[code]) for code in codes.classes if code in occurring]
    foreign = sorted(occurring - set(codes.classes))
    return (*known, *(Category(code, Label(code, code), ring_colour(place)) for place, code in enumerate(foreign)))


def parcel_layer(parcels: gpd.GeoDataFrame, codes: CodeSystem, *, name: str = "parcels") -> StyledLayer:
    """The year's parcels with the name of their class in both languages, coloured by class."""
    frame = parcels.copy()
    for lang in ("en", "zh"):
        named = {code: one.label.text(lang) for code, one in codes.classes.items()}
        frame[f"class_{lang}"] = frame["class_code"].map(named).fillna("").astype("str")
    categories = class_categories(codes, frame["class_code"])
    return StyledLayer(name, label("REPORT-LAYER-PARCELS"), frame, "class_code", categories)


def change_layer(
    pieces: gpd.GeoDataFrame, codes: CodeSystem, *, before: str = "old_class", after: str = "new_class"
) -> StyledLayer:
    """Changed pieces, coloured by what became of farmland in the column `change`: lost, gained or other."""
    frame = pieces.copy()
    was = [code in codes and codes.is_farmland(code) for code in frame[before]]
    now = [code in codes and codes.is_farmland(code) for code in frame[after]]
    kinds = {(True, False): "lost", (False, True): "gained"}
    frame["change"] = [kinds.get(pair, "other") for pair in zip(was, now, strict=True)]
    categories = (
        Category("lost", label("REPORT-MAP-FARMLAND-LOST"), LOST),
        Category("gained", label("REPORT-MAP-FARMLAND-GAINED"), GAINED),
        Category("other", label("REPORT-MAP-CHANGED"), CHANGED),
    )
    return StyledLayer("changes", label("REPORT-LAYER-CHANGES"), frame, "change", categories)


def findings_layer(findings: Sequence[Finding], crs: object) -> StyledLayer:
    """Findings as points, in both languages, coloured by their code.

    Those without coordinates are rows without geometry, not dropped.
    """
    names = ["code", "severity", "file", "layer", "row", "parcel", "x", "y"]
    columns: dict[str, list[object]] = {name: [] for name in names}
    for finding in findings:
        record = finding.as_record()
        for name in names:
            columns[name].append(record[name])
    for lang in ("en", "zh"):
        with speaking(lang):
            columns[f"said_{lang}"] = [finding.said for finding in findings]
            columns[f"remedy_{lang}"] = [finding.remedy for finding in findings]
    places = [(finding.where.x, finding.where.y) for finding in findings]
    points = [None if x is None or y is None else shapely.Point(x, y) for x, y in places]
    frame = gpd.GeoDataFrame(pd.DataFrame(columns), geometry=points, crs=crs)
    frame = frame.astype({"row": "Int64", "x": "float64", "y": "float64"})
    codes = sorted(set(frame["code"]))
    categories = tuple(Category(code, Label(code, code), ring_colour(place)) for place, code in enumerate(codes))
    return StyledLayer("findings", label("REPORT-LAYER-FINDINGS"), frame, "code", categories)


def plain_layer(name: str, title: Label, frame: gpd.GeoDataFrame, colour: str, *, filled: bool = False) -> StyledLayer:
    """Any other layer (villages, permanent basic farmland, …) in one colour."""
    return StyledLayer(name, title, frame, colour=colour, filled=filled)


def _storable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns as GDAL takes them: areas in dm² with a twin in m², small integers widened, texts as texts.

    SQLite does not tell upper from lower case, so a name that is taken gets a number.
    """
    out: dict[str, pd.Series] = {}
    taken = {"fid", "geom"}

    def put(name: str, values: pd.Series) -> None:
        free, number = name, 1
        while free.lower() in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free.lower())
        out[free] = values

    for place, name in enumerate(map(str, frame.columns)):
        if name == frame.geometry.name:
            continue
        values = frame.iloc[:, place]
        put(name, _column(values))
        if name.endswith("_dm2"):
            put(name.removesuffix("_dm2") + "_m2", values.astype("float64") / 100)
    return gpd.GeoDataFrame(out, geometry=list(frame.geometry), crs=frame.crs, index=frame.index)


def _column(values: pd.Series) -> pd.Series:
    kind, blanks = str(values.dtype), bool(values.isna().any())
    if kind.startswith(("Int", "UInt")):
        return values.astype("float64" if blanks else "int64")
    if kind in ("boolean", "bool"):
        return values.astype("float64" if blanks else "bool")
    if kind == "object":
        return values.map(lambda one: None if one is None else str(one))
    return values


def _write_layer(path: Path, layer: StyledLayer, shown: Path) -> None:
    """Add one layer to the file at `path`; `shown` is the name the user knows."""
    kinds = set(layer.frame.geometry.dropna().geom_type)
    many = kinds <= {"Polygon", "MultiPolygon"} or kinds <= {"LineString", "MultiLineString"}
    kind = "Point" if kinds == {"Point"} else None
    try:
        pyogrio.write_dataframe(
            _storable(layer.frame),
            path,
            layer=layer.name,
            driver="GPKG",
            promote_to_multi=bool(kinds) and many,
            geometry_type=kind or (None if kinds else "Unknown"),
            append=False,
            layer_options={"IDENTIFIER": str(layer.title), "GEOMETRY_NAME": "geom"},
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, ValueError) as error:
        raise BadInput("REPORT-LAYER-FAILED", layer=layer.name, path=str(shown), reason=str(error)) from None


def _add_styles(path: Path, layers: Sequence[StyledLayer], made_on: str) -> None:
    """The table of styles, registered as the standard asks, and every time stamp set to the report's date."""
    stamp = f"{made_on}T00:00:00.000Z"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_LAYER_STYLES)
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
            (stamp,),
        )
        for layer in layers:
            row = (
                "",
                "",
                layer.name,
                "geom",
                layer.name[:30],
                qml(layer),
                sld(layer),
                True,
                str(layer.title),
                "",
                None,
            )
            database.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
                " styleQML, styleSLD, useAsDefault, description, owner, ui, update_time)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, stamp),
            )
        database.execute("UPDATE gpkg_contents SET last_change = ?", (stamp,))


def write_geopackage(layers: Sequence[StyledLayer], path: Path, made_on: str) -> Path:
    """Write every layer, then its style, to one GeoPackage; whole or not at all.

    Raises
    ------
    BadInput
        If a layer cannot be written.
    """

    assert len({layer.name for layer in layers}) == len(layers), [layer.name for layer in layers]

    def write(temporary: Path) -> None:
        for layer in layers:
            _write_layer(temporary, layer, path)
        _add_styles(temporary, layers, made_on)

    return fill_whole(path, write)
