"""Shapes that a page or a program sends as GeoJSON: read without a file and without GDAL, for what is asked often."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from tilth.core import BadInput, NeedsAnswer

#: What GeoJSON stands in where it says nothing (RFC 7946).
_BY_RULE = "EPSG:4326"
#: `urn:ogc:def:crs:EPSG::4490`, `http://www.opengis.net/def/crs/EPSG/0/4490`, `EPSG:4490`.
_CODE = re.compile(r"EPSG[:/](?:[0-9.]*[:/])?([0-9]{4,6})$", re.IGNORECASE)
_CRS84 = ("CRS84", "CRS84H")


@dataclass(frozen=True, eq=False)
class Drawn:
    """Polygons as they were sent."""

    names: tuple[str, ...]  # (n,) "" where none was given
    shapes: Any  # (n,) geometries; None where a feature has none
    crs: str


def read_drawn(body: bytes, *, crs: str | None = None) -> Drawn:
    """A FeatureCollection, a Feature or a geometry, x easting or longitude.

    Parameters
    ----------
    crs
        In which coordinate system it is, where it does not say or is wrong.

    Raises
    ------
    BadInput
        If it is none of these.
    NeedsAnswer
        If it names no coordinate system and its numbers are no degrees.
    """
    try:
        found = json.loads(body)
        features = list(_features(found))
        texts = [None if one.get("geometry") is None else json.dumps(one["geometry"]) for one in features]
        shapes = np.asarray(shapely.from_geojson(texts), dtype=object).reshape(len(texts))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, shapely.GEOSException) as error:
        raise BadInput("INTAKE-DRAWN", why=(str(error) or type(error).__name__).splitlines()[0][:200]) from error
    names = tuple(_name(one.get("properties")) for one in features)
    return Drawn(names, shapely.force_2d(shapes), crs or _named(found, shapes))


def _features(found: Any) -> Iterator[dict[str, Any]]:
    match found.get("type"):
        case "FeatureCollection":
            for one in found["features"]:
                yield from _features(one)
        case "Feature":
            yield found
        case _:
            yield {"geometry": found}


def _name(properties: Any) -> str:
    if not isinstance(properties, dict):
        return ""
    return next(
        (str(properties[key]) for key in ("plot_id", "plot_no", "plot_name", "name") if properties.get(key)), ""
    )


def _named(found: Any, shapes: Any) -> str:
    """The coordinate system that the member `crs` names, or that of the rule."""
    about = found.get("crs")
    if about is not None:
        name = str(about.get("properties", {}).get("name", "")) if isinstance(about, dict) else ""
        if name.upper().endswith(_CRS84):
            return _BY_RULE
        code = _CODE.search(name)
        if code is None:
            raise BadInput("CHECK-CRS-UNKNOWN", crs=name[:80])
        return f"EPSG:{code[1]}"
    if np.nanmax(np.abs(shapely.get_coordinates(shapes)), initial=0.0) > 360.0:
        raise NeedsAnswer("CHECK-CRS-MISSING")
    return _BY_RULE
