"""A table of soil samples from any file: a laboratory's workbook or text, or points of any vector format."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from tilth.core import BadInput
from tilth.intake.formats import VECTOR_SUFFIXES
from tilth.intake.model import Table
from tilth.intake.screen import file_of
from tilth.intake.tables import read_table
from tilth.intake.vector import read_vector

#: Endings that are tables here, though some of them hold outlines elsewhere.
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".dbf")
#: Columns that the points of a vector file get.
POINT_X, POINT_Y = "point_x", "point_y"


def read_sample_table(
    path: str | Path,
    *,
    layer: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> Table:
    """The rows of a file of samples; points of a vector file stand in the columns point_x and point_y.

    Raises
    ------
    BadInput
        If it cannot be read, or its shapes are no points.
    NeedsAnswer
        If it leaves something open.
    """
    place = Path(path)
    vector = place.suffix.lower() in VECTOR_SUFFIXES and place.suffix.lower() not in TABLES
    if not vector and not (place.suffix.lower() == ".zip" and _is_vector(place)):
        return read_table(place, sheet=sheet, encoding=encoding)
    table = read_vector(place, layer=layer, encoding=encoding, crs=crs)
    if not isinstance(table.frame, gpd.GeoDataFrame):
        return table
    shapes = np.asarray(table.frame.geometry, dtype=object)
    kinds = {str(kind) for kind in table.frame.geometry.geom_type.dropna().unique()}
    if kinds - {"Point"}:
        raise BadInput("SOIL-NOT-POINTS", file=file_of(table), kinds=", ".join(sorted(kinds)))
    frame = table.frame.drop(columns=table.frame.geometry.name)
    frame[POINT_X], frame[POINT_Y] = shapely.get_x(shapes), shapely.get_y(shapes)
    return Table(
        frame, table.crs, table.sources, table.rows_in, table.rejected, table.findings, table.dialect, table.header
    )


def _is_vector(place: Path) -> bool:
    import zipfile

    try:
        with zipfile.ZipFile(place) as packed:
            endings = {Path(name).suffix.lower() for name in packed.namelist()}
    except (OSError, zipfile.BadZipFile):
        return False
    return bool(endings & (VECTOR_SUFFIXES - set(TABLES) - {".zip"}))


def read_sample_map(path: Path) -> dict[str, Any]:
    """What a MAP.toml says of the columns of a table of samples: columns, units, extract and crs.

        extract = "1:5"          # of EC and of the ions, where the table does not say
        crs = "4526"
        [columns]                # column = heading of the file
        ec = "DDL_1"
        [units]
        ec = "µS/cm"

    Raises
    ------
    BadInput
        If it cannot be read, or says something else.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput("SOIL-MAP-UNREADABLE", file=path.name, why=str(error)) from error
    for key, value in found.items():
        texts = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
        if not (texts if key in ("columns", "units") else key in ("extract", "crs") and isinstance(value, str)):
            raise BadInput("SOIL-MAP-BAD", file=path.name, key=key, wanted="[columns], [units], extract, crs")
    return found
