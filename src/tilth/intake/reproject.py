"""From one CGCS2000 zone to another, vertex by vertex: exact, because nothing but the projection changes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from pyproj.exceptions import ProjError

from tilth.core import BadInput, FloatArray
from tilth.intake.crs import on_survey_datum, understood

#: Half the step of the false eastings from zone to zone. [m]
MOST_M = 500_000.0


def carried(frame: gpd.GeoDataFrame, crs: str, target: str) -> gpd.GeoDataFrame:
    """`frame` in the coordinates of `target`. Vertices stay what they are, none are put in between.

    Raises
    ------
    BadInput
        If one of the two is no CGCS2000 zone or longitude and latitude (a shift between datums is never guessed), or
        coordinates lie outside the projection.
    """
    if not understood(target):
        raise BadInput("INTAKE-TO-CRS-UNKNOWN", crs=target[:60])
    here, there = pyproj.CRS.from_user_input(crs), pyproj.CRS.from_user_input(target)
    for one in (here, there):
        if not on_survey_datum(one):
            raise BadInput("INTAKE-TO-CRS-DATUM", source=here.name, target=there.name, crs=one.name)
    route = pyproj.Transformer.from_crs(here, there, always_xy=True)
    try:
        shapes = shapely.transform(
            np.asarray(frame.geometry, dtype=object),
            lambda xy: np.column_stack(route.transform(xy[:, 0], xy[:, 1], errcheck=True)),
        )
    except ProjError:
        raise BadInput("INTAKE-TO-CRS-OUTSIDE", source=here.name, target=there.name) from None
    if there.is_projected and not _in_zone(shapely.get_coordinates(shapes)[:, 0], there):
        raise BadInput("INTAKE-TO-CRS-OUTSIDE", source=here.name, target=there.name)
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=there))


def _in_zone(eastings: FloatArray, zone: pyproj.CRS) -> bool:
    """Do eastings stay so near the meridian that they cannot be taken for another zone's?"""
    assert zone.coordinate_operation is not None
    false_easting = next(one.value for one in zone.coordinate_operation.params if one.name == "False easting")
    return bool((np.abs(eastings - false_easting) < MOST_M).all())
