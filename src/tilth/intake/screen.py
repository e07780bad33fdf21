"""What every import of polygons does to every row: screen it, name it once, keep its further columns, measure it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from tilth import overlay
from tilth.core import BadInput, Finding, FloatArray, IntArray, NeedsAnswer, Where, dm2_array
from tilth.intake.columns import BoolArray, as_text
from tilth.intake.model import Rejected, Table
from tilth.land import covered, told_apart

GeometryArray = npt.NDArray[np.object_]


def polygons_of(table: Table) -> tuple[gpd.GeoDataFrame, str]:
    """The table's rows and CRS, for an import that needs polygons.

    Raises
    ------
    BadInput
        If the table has no geometry.
    NeedsAnswer
        If its CRS is not known.
    """
    if not isinstance(table.frame, gpd.GeoDataFrame):
        raise BadInput("INTAKE-ROWS-NO-GEOMETRY", file=file_of(table))
    if table.crs is None:
        raise NeedsAnswer("INTAKE-ROWS-NO-CRS", file=file_of(table))
    return table.frame.reset_index(drop=True), table.crs


def file_of(table: Table) -> str:
    """The name of the first file of a table."""
    return table.sources[0].name if table.sources else ""


@dataclass
class Screen:
    """The rows still in, and those taken out with their reason. A row is taken out once, for the first reason."""

    frame: gpd.GeoDataFrame
    rejected: list[Rejected] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kept: BoolArray = np.ones(len(self.frame), dtype=np.bool_)

    def take_out(self, wrong: npt.ArrayLike, code: str, **values: Sequence[Any] | pd.Series) -> None:
        """Take out the rows where `wrong`; `values` are columns, one entry for each row, for the message."""
        rows = np.flatnonzero(np.asarray(wrong, dtype=np.bool_) & self.kept)
        self.kept[rows] = False
        if not len(rows):
            return
        geometry = self.frame.geometry.name
        attributes = self.frame.drop(columns=[geometry, "source_row"]).iloc[rows].to_dict("records")
        numbers = self.frame["source_row"].to_numpy()
        shapes = np.asarray(self.frame.geometry, dtype=object)
        shown = {name: np.asarray(column, dtype=object)[rows] for name, column in values.items()}
        for at, row in enumerate(rows):
            filled = {name: _short(column[at]) for name, column in shown.items()}
            self.rejected.append(Rejected(int(numbers[row]), code, filled, attributes[at], shapes[row]))

    def geometry(self, crs: str) -> None:
        """Take out rows without a polygon, and those whose coordinates are not finite or lie nowhere."""
        shapes = np.asarray(self.frame.geometry, dtype=object)
        missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        self.take_out(missing, "INTAKE-ROW-GEOMETRY-NONE")
        kinds = shapely.get_type_id(shapes)
        names = np.array([shape.geom_type if shape is not None else "" for shape in shapes], dtype=object)
        self.take_out(~np.isin(kinds, (3, 6)), "INTAKE-ROW-GEOMETRY-KIND", kind=names)
        wrong, shown = impossible_places(shapes, crs)
        self.take_out(wrong, "INTAKE-ROW-COORDINATES", value=shown)


def _short(value: Any) -> Any:
    return value[:60] if isinstance(value, str) else value


def impossible_places(shapes: GeometryArray, crs: str) -> tuple[BoolArray, GeometryArray]:
    """Rows with a coordinate that is not finite or beyond the CRS, and that coordinate as text. Both shape (rows,)."""
    wrong = np.zeros(len(shapes), dtype=np.bool_)
    shown = np.full(len(shapes), "", dtype=object)
    points, row = shapely.get_coordinates(shapes, return_index=True)
    if _geographic(crs):
        bad = ~(np.abs(points) <= np.array([360.0, 90.0]) * (1 + 1e-9)).all(axis=1)
    else:
        bad = ~(np.abs(points) <= _MOST_METRES).all(axis=1)
        doubtful = np.isin(row, _doubtful(shapes, crs)) & ~bad
        bad[doubtful] = _nowhere(points[doubtful], crs)
    for at in np.flatnonzero(bad)[::-1]:
        wrong[row[at]] = True
        shown[row[at]] = f"{points[at, 0]:g}, {points[at, 1]:g}"
    return wrong, shown


_MOST_METRES = 1e8
_BACK_AGAIN_M = 1_000.0
#: The most that a shape is said to draw: about the land and sea of the Earth. [m²]
_LARGEST_M2 = 5e14


def _doubtful(shapes: GeometryArray, crs: str) -> IntArray:
    """Rows whose bounds have a corner that is no place in the CRS; few, so that only their points are looked at."""
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    corners = np.column_stack([west, south, east, north, west, north, east, south]).reshape(-1, 2)
    row = np.repeat(np.arange(len(shapes)), 4)
    known = (np.abs(corners) <= _MOST_METRES).all(axis=1)
    rows: IntArray = np.unique(row[known][_nowhere(corners[known], crs)])
    return rows


def _nowhere(points: FloatArray, crs: str) -> BoolArray:
    """Points, shape (n, 2), that no place on the Earth has: taken there and back again they are elsewhere."""
    known = pyproj.CRS.from_user_input(crs)
    turn = pyproj.Transformer.from_crs(known, known.geodetic_crs, always_xy=True)
    longitude, latitude = turn.transform(points[:, 0], points[:, 1])
    back = np.column_stack(turn.transform(longitude, latitude, direction="INVERSE"))
    with np.errstate(invalid="ignore"):
        there = (np.abs(back - points) <= _BACK_AGAIN_M).all(axis=1)
    return np.logical_not(there, dtype=np.bool_)


def _geographic(crs: str) -> bool:
    try:
        return bool(pyproj.CRS.from_user_input(crs).is_geographic)
    except pyproj.exceptions.CRSError:
        raise BadInput("INTAKE-ROWS-CRS-UNKNOWN", crs=crs[:60]) from None


def flat(shapes: GeometryArray) -> GeometryArray:
    """The geometries without heights."""
    dropped: GeometryArray = shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes
    return dropped


def unique_ids(stated: pd.Series, source_row: pd.Series) -> tuple[pd.Series, BoolArray]:
    """An id for each row, and the rows whose stated id stood before: those get "~2", "~3" behind it.

    A row without an id is named by its row: "#17".
    """
    names, repeated = told_apart(stated, source_row)
    return pd.Series(names, index=stated.index, dtype=stated.dtype), repeated


def further_columns(
    frame: pd.DataFrame, rest: Iterable[str], taken: Iterable[str], file: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """The source's other fields as text, and a finding for each that bears a name the import has given away."""
    reserved = {name.casefold() for name in taken}
    kept: dict[str, pd.Series] = {}
    findings = []
    for name in rest:
        if str(name).casefold() in reserved:
            findings.append(Finding("INTAKE-FIELD-DROPPED", Where(file=file), {"field": str(name)}))
        else:
            kept[str(name)] = as_text(frame[name])
            reserved.add(str(name).casefold())
    return pd.DataFrame(kept, index=frame.index), findings


def measured(shapes: GeometryArray, crs: str) -> tuple[IntArray, str]:
    """Areas in dm² and how they were measured: "survey" where the survey's method fits the CRS, else "engine".

    Of parts that overlap and rings that cross, the ground that they cover is measured, once.
    """
    area, how = _by_the_survey(covered(shapes), crs)
    return dm2_array(area), how


def _by_the_survey(shapes: GeometryArray, crs: str) -> tuple[FloatArray, str]:
    """Areas in m², and by which method."""
    try:
        return overlay.survey_area_m2(shapes, crs), "survey"
    except BadInput:
        return overlay.engine_area(shapes, crs), "engine"


def crossed(shapes: GeometryArray, crs: str, source_row: Sequence[int], file: str) -> list[Finding]:
    """Rows whose parts overlap or whose rings cross, so that what is drawn is not the ground that it covers."""
    rows = np.flatnonzero(~shapely.is_valid(shapes))
    # What a damaged row draws may be larger than the Earth.
    areas = (_by_the_survey(some, crs)[0] for some in (shapes[rows], covered(shapes[rows])))
    drawn, ground = (dm2_array(np.clip(np.nan_to_num(area), 0.0, _LARGEST_M2)) for area in areas)
    return [
        Finding(
            "INTAKE-SHAPE-CROSSED",
            where_row(file, int(source_row[row])),
            {"drawn_dm2": int(before), "covered_dm2": int(after), "difference_dm2": int(before - after)},
        )
        for row, before, after in zip(rows.tolist(), drawn, ground, strict=True)
        if before != after
    ]


def where_row(file: str, row: int, name: str = "") -> Where:
    """The place of a finding on a source row."""
    return Where(file=file, row=row, parcel=name)


def in_order(rejected: Iterable[Rejected]) -> list[Rejected]:
    """Rejected rows by the row they stood in."""
    return sorted(rejected, key=lambda row: row.source_row)
