"""The footprint of a project: its plots, valid, measured in their own CRS, standing in the survey's coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from tilth.change.shapes import Shapes, moved, polygonal, valid
from tilth.core import BadInput, Finding, IntArray, NeedsAnswer, Where, dm2_array
from tilth.land import told_apart
from tilth.overlay import engine_area, overlaps, survey_area

if TYPE_CHECKING:
    import geopandas as gpd

#: A difference up to this many m² for each vertex, or up to the share below, is the survey's tolerance.
TOLERANCE_PER_VERTEX_M2 = 0.01
TOLERANCE_SHARE = 1e-6
_POLYGONS = (3, 6)


@dataclass(frozen=True)
class Plots:
    """The plots of one footprint, in the order of the file."""

    ids: tuple[str, ...]  # unique
    names: tuple[str, ...]
    geometry: Shapes  # in the survey's CRS
    area_dm2: IntArray  # measured in the footprint's own CRS
    area_from: str  # "survey" or "engine"
    findings: tuple[Finding, ...]

    def __len__(self) -> int:
        return len(self.ids)


def read_plots(footprint: gpd.GeoDataFrame, crs: str) -> Plots:
    """The plots of `footprint` (columns plot_id, plot_name, geometry) moved to `crs`, the survey's.

    Raises
    ------
    NeedsAnswer
        If the footprint has no CRS.
    BadInput
        If there is no plot, a plot is not a polygon with an area, or its CRS stands on another datum.
    """
    if footprint.crs is None:
        raise NeedsAnswer("CHECK-CRS-MISSING")
    shapes = np.asarray(footprint.geometry, dtype=object)
    return plots_of(
        _texts(footprint, "plot_id"), shapes, written(footprint.crs), crs, names=_texts(footprint, "plot_name")
    )


def plots_of(ids: Sequence[str], given: Shapes, own: str, crs: str, *, names: Sequence[str] | None = None) -> Plots:
    """The plots `given` in the coordinate system `own`, moved to `crs`; their names are their ids where none are told.

    Raises
    ------
    BadInput
        As `read_plots`.
    """
    if len(given) == 0:
        raise BadInput("CHECK-NO-PLOT")
    told, _ = told_apart(ids, range(1, len(given) + 1))
    _refuse_what_has_no_area(told, given)
    shapes = valid(given)
    findings = [*_repairs(told, given, shapes, own)]
    area_dm2, area_from = measured(shapes, own)
    for name, shape, area in zip(told, shapes, area_dm2, strict=True):
        if area <= 0:
            raise BadInput("CHECK-PLOT-NO-AREA", plot=name, found=f"{shape.geom_type} 0.00 m²")
    there = moved(shapes, own, crs, "footprint")
    if there is not shapes:
        there = valid(there)
    return Plots(told, tuple(ids if names is None else names), there, area_dm2, area_from, tuple(findings))


def measured(shapes: Shapes, crs: str) -> tuple[IntArray, str]:
    """Areas in dm² and how they were found: by the survey's method where `crs` allows it, else the engine's."""
    try:
        return np.asarray(survey_area(shapes, crs), dtype=np.int64), "survey"
    except BadInput as error:
        if error.code != "overlay-crs-not-survey":
            raise
        return dm2_array(engine_area(shapes, crs)), "engine"


def overlapping(plots: Plots, crs: str) -> list[tuple[int, int, float]]:
    """Pairs of plots that lie on the same land, and how much. [m²]"""
    table = overlaps(plots.geometry, crs)
    return [
        (min(int(a), int(b)), max(int(a), int(b)), float(area))
        for a, b, area in zip(table.left, table.right, table.area_m2, strict=True)
        if area >= 0.005
    ]


def tolerance_m2(area_m2: Any, vertices: Any) -> Any:
    """How far two measurements of the same shape may differ: max(0.01 m² × vertices, 1e-6 of the area). [m²]"""
    return np.maximum(TOLERANCE_PER_VERTEX_M2 * np.asarray(vertices), TOLERANCE_SHARE * np.asarray(area_m2))


def written(crs: Any) -> str:
    """A CRS as text: its authority's code where it has one, else WKT."""
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.to_wkt())


def _texts(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    if column not in frame:
        return [""] * len(frame)
    return [str(value).strip() for value in frame[column].fillna("")]


def _refuse_what_has_no_area(ids: Iterable[str], shapes: Shapes) -> None:
    for name, shape in zip(ids, shapes, strict=True):
        if shape is None or shapely.is_empty(shape):
            raise BadInput("CHECK-PLOT-NO-AREA", plot=name, found="-")
        if shapely.get_type_id(shape) not in _POLYGONS:
            raise BadInput("CHECK-PLOT-NO-AREA", plot=name, found=shape.geom_type)
        if not np.isfinite(shapely.get_coordinates(shape)).all():
            raise BadInput("CHECK-PLOT-NO-AREA", plot=name, found="NaN")


def _repairs(ids: tuple[str, ...], given: Shapes, shapes: Shapes, crs: str) -> Iterable[Finding]:
    """Plots whose rings cross, touch or repeat: their area as drawn, and the ground that they cover."""
    for at in np.flatnonzero(~shapely.is_valid(given)):
        before, after = dm2_array(engine_area([polygonal([given[at]])[0], shapes[at]], crs))
        point = shapely.get_coordinates(given[at])[0]
        values = {"plot": ids[at], "before_dm2": int(before), "after_dm2": int(after)}
        values["reason"] = shapely.is_valid_reason(given[at])
        yield Finding("CHECK-PLOT-INVALID", Where(parcel=ids[at], x=float(point[0]), y=float(point[1])), values)
