"""Are coordinates what their columns say? Wrong signs, metres among degrees, columns swapped, another place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tilth.core import BadInput, BoolArray, Finding, FloatArray, NeedsAnswer, Where, message

#: A sign that so many rows share is the right one.
_MOST = 0.9
#: How far from the survey samples may lie: beyond it, all of them are elsewhere. [km]
FAR_KM = 100.0
_KM_PER_DEGREE = 111.2


@dataclass
class Checked:
    """What came out: why rows cannot stand (place in the table → code and values), and what there is to say."""

    wrong: dict[int, tuple[str, Mapping[str, object]]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def check_degrees(lon: FloatArray, lat: FloatArray, names: tuple[str, str], file: str) -> Checked:
    """Rows whose longitude and latitude cannot be.

    Raises
    ------
    NeedsAnswer
        If the columns hold metres.
    BadInput
        If they are swapped.
    """
    given = np.isfinite(lon) & np.isfinite(lat)
    done = Checked()
    if not given.any():
        return done
    x, y = float(np.median(lon[given])), float(np.median(lat[given]))
    shown = {"file": file, "lon": names[0], "lat": names[1], "x": f"{x:g}", "y": f"{y:g}"}
    if abs(x) > 180 or (abs(y) > 90 and abs(x) > 90) or abs(y) > 180:
        raise NeedsAnswer("SOIL-DEGREES-ARE-METRES", **shown)
    if abs(y) > 90:
        raise BadInput("SOIL-PLACE-SWAPPED", **shown)
    for at in np.flatnonzero(given & (lon == 0) & (lat == 0)):
        done.wrong[int(at)] = ("SOIL-ROW-ZERO", {})
    for at in np.flatnonzero(given & ((np.abs(lon) > 180) | (np.abs(lat) > 90))):
        done.wrong.setdefault(int(at), ("SOIL-ROW-DEGREES", {"x": f"{lon[at]:g}", "y": f"{lat[at]:g}"}))
    for values, which in ((lon, "LONGITUDE"), (lat, "LATITUDE")):
        for at in np.flatnonzero(_other_sign(values, given)):
            word = message(f"SOIL-WORD-{which}")
            wrong = {"which": word, "value": f"{values[at]:g}", "turned": f"{-values[at]:g}"}
            done.wrong.setdefault(int(at), ("SOIL-ROW-SIGN", wrong))
    return done


def _other_sign(values: FloatArray, given: BoolArray) -> BoolArray:
    """Rows that would lie among the others if their sign were turned, and far from them as they are."""
    signs = np.sign(np.where(given, values, 0.0))
    main = 1.0 if (signs > 0).sum() >= (signs < 0).sum() else -1.0
    same = given & (signs == main)
    other = given & (signs == -main)
    if not other.any() or same.sum() < _MOST * given.sum():
        return np.zeros(len(values), dtype=np.bool_)
    low, high = values[same].min(), values[same].max()
    room = max(1.0, high - low)
    found: BoolArray = other & (-values >= low - room) & (-values <= high + room)
    return found


def check_place(
    lon: FloatArray, lat: FloatArray, ground: tuple[float, float, float, float], rows: list[int], file: str
) -> list[Finding]:
    """Findings on samples far from `ground`, the box of the survey in degrees (west, south, east, north).

    Raises
    ------
    BadInput
        If all of them are elsewhere; it says what would bring them in.
    """
    given = np.isfinite(lon) & np.isfinite(lat)
    if not given.any():
        return []
    away = _km_to(lon, lat, ground)
    far = given & (away > FAR_KM)
    if far.sum() == given.sum():
        x, y = float(np.median(lon[given])), float(np.median(lat[given]))
        shown = {"lon": f"{x:.3f}", "lat": f"{y:.3f}", "km": f"{np.median(away[given]):,.0f}"}
        raise BadInput("SOIL-PLACE-ELSEWHERE", file=file, hint=_hint(x, y, ground), **shown)
    return [
        Finding(
            "SOIL-ROW-FAR", Where(file=file, row=rows[at], x=float(lon[at]), y=float(lat[at])),
            {"lon": f"{lon[at]:.4f}", "lat": f"{lat[at]:.4f}", "km": f"{away[at]:,.0f}"},
        )
        for at in np.flatnonzero(far)
    ]  # fmt: skip


def _km_to(lon: FloatArray, lat: FloatArray, ground: tuple[float, float, float, float]) -> FloatArray:
    """Distance to a box in degrees, near enough to tell one county from another. [km]"""
    west, south, east, north = ground
    across = np.maximum(np.maximum(west - lon, lon - east), 0.0) * np.cos(np.radians((south + north) / 2))
    along = np.maximum(np.maximum(south - lat, lat - north), 0.0)
    found: FloatArray = np.hypot(across, along) * _KM_PER_DEGREE
    return found


def _hint(x: float, y: float, ground: tuple[float, float, float, float]) -> str:
    def inside(lon: float, lat: float) -> bool:
        return float(_km_to(np.array([lon]), np.array([lat]), ground)[0]) <= FAR_KM

    for turned, which in (((-x, y), "LONGITUDE"), ((x, -y), "LATITUDE")):
        if inside(*turned):
            return message("SOIL-HINT-SIGN", which=message(f"SOIL-WORD-{which}"))
    return message("SOIL-HINT-SWAP") if inside(y, x) else ""
