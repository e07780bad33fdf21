"""What surveys and layers say of ground that is offered or was accepted: by the overlay, not by what a file claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import shapely

from tilth.change import valid
from tilth.core import BadInput, BoolArray, FloatArray, IntArray, dm2_array
from tilth.land import Snapshot
from tilth.ledger.acceptance import Seen
from tilth.ledger.offered import Parcel
from tilth.overlay import engine_area, intersection_areas, survey_area

_GRADE_COLUMNS = ("PDJB", "slope_grade", "code", "name")
_PADDY = "0101"
_LONLAT = "EPSG:4490"
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Around:
    """What there is to look at: in one coordinate system, that of the survey at t0."""

    crs: str
    base: Snapshot | None = None
    now: Snapshot | None = None  # survey of the year of acceptance
    layers: Mapping[str, Snapshot] | None = None
    unusable: Mapping[str, str] | None = None  # kinds of layers that are there and cannot be used, and why


@dataclass(frozen=True)
class _Pieces:
    """What ground shares with rows of a survey or layer."""

    ground: IntArray
    row: IntArray
    dm2: IntArray


def look(shapes: Sequence[shapely.Geometry], parcels: Sequence[Parcel], around: Around) -> list[Seen]:
    """What is seen of each parcel's ground. `shapes` are in the coordinate system of `around`."""
    ground = np.array(shapes, dtype=object)
    exact = dm2_array(engine_area(ground, around.crs))
    seen = [{"gross_dm2": int(one)} for one in _measured(ground, around.crs, exact)]
    told: list[dict[str, object]] = [dict(one) for one in seen]
    if around.base is not None:
        _at_t0(told, ground, exact, around.base, around.crs)
    if around.now is not None:
        _at_acceptance(told, ground, exact, around.now, around.crs)
    layers = around.layers or {}
    if "slope" in layers:
        _sloping(told, ground, layers["slope"], around.crs)
    for at, one in enumerate(told):
        one["layers"] = {
            kind: _inside(ground[at], layer, around.crs) for kind, layer in layers.items() if kind != "slope"
        }
        one["layers"] |= {kind: (f"{kind}: {why}", None) for kind, why in (around.unusable or {}).items()}  # type: ignore[operator]
        one["photo_m"] = _distance(parcels[at], ground[at], around.crs)
    return [Seen(**one) for one in told]  # type: ignore[arg-type]


def farmland_in(shapes: Sequence[shapely.Geometry], crs: str, survey: Snapshot) -> tuple[IntArray, IntArray, IntArray]:
    """Of each shape: its ground, what of it is farmland in `survey`, and what `survey` does not know. [dm²]"""
    ground = np.array(shapes, dtype=object)
    exact = dm2_array(engine_area(ground, crs))
    found = _pieces(ground, survey, crs)
    farmland = _farmland(survey)[found.row]
    count = len(ground)
    return (
        exact,
        np.bincount(found.ground[farmland], found.dm2[farmland], count).astype(np.int64),
        np.maximum(exact - np.bincount(found.ground, found.dm2, count).astype(np.int64), 0),
    )


def name_of(survey: Snapshot) -> str:
    """A survey or layer as evidence: its year and the beginning of its content's name."""
    return f"{survey.meta.year} {survey.id[:12]}"


def _measured(ground: np.ndarray, crs: str, exact: IntArray) -> IntArray:
    """Gross area by the survey's method where the coordinate system allows it, else on the ellipsoid."""
    try:
        return survey_area(ground, crs)
    except BadInput:
        return exact


def _pieces(ground: np.ndarray, layer: Snapshot, crs: str) -> _Pieces:
    rows = np.flatnonzero(_meeting(layer.bounds, shapely.total_bounds(ground)))
    if not len(rows):
        nothing = np.zeros(0, dtype=np.int64)
        return _Pieces(nothing, nothing, nothing)
    table = intersection_areas(ground, valid(layer.shapes(rows)), crs)
    return _Pieces(table.left, rows[table.right], dm2_array(table.area_m2))


def _meeting(bounds: FloatArray, box: FloatArray) -> BoolArray:
    return np.asarray((bounds[:, :2] <= box[2:]).all(axis=1) & (bounds[:, 2:] >= box[:2]).all(axis=1))


def _farmland(survey: Snapshot) -> BoolArray:
    codes = survey.attributes["class_code"].astype(str)
    known = {code: code in survey.codes and survey.codes.is_farmland(code) for code in set(codes)}
    return np.array([known[code] for code in codes], dtype=np.bool_)


def _at_t0(told: list[dict[str, object]], ground: np.ndarray, exact: IntArray, base: Snapshot, crs: str) -> None:
    found = _pieces(ground, base, crs)
    codes = base.attributes["class_code"].astype(str).to_numpy()
    farmland = _farmland(base)
    for at, one in enumerate(told):
        mine = found.ground == at
        classes: dict[str, int] = {}
        for row, dm2 in zip(found.row[mine], found.dm2[mine].tolist(), strict=True):
            classes[str(codes[row])] = classes.get(str(codes[row]), 0) + dm2
        one |= {
            "base": name_of(base),
            "classes_dm2": classes,
            "farmland_dm2": int(found.dm2[mine][farmland[found.row[mine]]].sum()),
            "gap_dm2": max(0, int(exact[at]) - sum(classes.values())),
        }


def _at_acceptance(told: list[dict[str, object]], ground: np.ndarray, exact: IntArray, now: Snapshot, crs: str) -> None:
    """Ridges and paddy by the survey of the year of acceptance, where it has all of the ground as farmland."""
    found = _pieces(ground, now, crs)
    farmland = _farmland(now)
    codes = now.attributes["class_code"].astype(str).to_numpy()
    coefs = now.attributes["ridge_coef"].to_numpy()
    for at, one in enumerate(told):
        mine = (found.ground == at) & farmland[found.row]
        if int(exact[at]) - int(found.dm2[mine].sum()) > 100:
            continue
        rows, areas = found.row[mine], found.dm2[mine].tolist()
        ridge = sum((Decimal(str(coefs[row])) * dm2 for row, dm2 in zip(rows, areas, strict=True)), Decimal(0))
        one |= {
            "now": name_of(now),
            "ridge_dm2": int(ridge.quantize(Decimal(1), rounding="ROUND_HALF_UP")),
            "paddy_dm2": sum(dm2 for row, dm2 in zip(rows, areas, strict=True) if codes[row].startswith(_PADDY)),
        }


def _sloping(told: list[dict[str, object]], ground: np.ndarray, layer: Snapshot, crs: str) -> None:
    found = _pieces(ground, layer, crs)
    columns = [name for name in _GRADE_COLUMNS if name in layer.attributes]
    for at, one in enumerate(told):
        grades: dict[int, int] = {}
        for row, dm2 in zip(found.row[found.ground == at], found.dm2[found.ground == at].tolist(), strict=True):
            words = [str(layer.attributes[name].iloc[row]).strip().removesuffix(".0") for name in columns]
            grade = next((int(word) for word in words if word in ("1", "2", "3", "4", "5")), None)
            if grade is not None:
                grades[grade] = grades.get(grade, 0) + dm2
        if grades:
            one |= {"slope": name_of(layer), "slopes_dm2": grades}


def _inside(shape: shapely.Geometry, layer: Snapshot, crs: str) -> tuple[str, int | None]:
    """How much of `shape` lies in features of `layer`; None where rows set aside may lie there too."""
    ground = np.array([shape], dtype=object)
    inside = int(_pieces(ground, layer, crs).dm2.sum())
    held = layer.quarantine
    if held is not None and len(held):
        bounds = shapely.bounds(np.asarray(held.geometry, dtype=object))
        placeless = ~np.isfinite(bounds).all(axis=1)
        if not inside and (placeless | _meeting(bounds, np.asarray(shape.bounds))).any():
            return name_of(layer), None
    return name_of(layer), inside


def _distance(parcel: Parcel, shape: shapely.Geometry, crs: str) -> float | None:
    """How far the place of the photo lies from the parcel. [m]"""
    if parcel.photo_lon is None or parcel.photo_lat is None:
        return None
    from pyproj import CRS, Transformer

    there = CRS.from_user_input(crs)
    x, y = Transformer.from_crs(there.geodetic_crs or _LONLAT, there, always_xy=True).transform(
        float(parcel.photo_lon), float(parcel.photo_lat)
    )
    unit = _METRES_PER_DEGREE if there.is_geographic else float(there.axis_info[0].unit_conversion_factor)
    return float(shape.distance(shapely.Point(x, y))) * unit
