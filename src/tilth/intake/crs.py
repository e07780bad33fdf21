"""In which coordinate system a file is: what it says, checked against its numbers, and never guessed in silence.

CGCS2000 zones: land-survey rules, coordinate systems; EPSG 4490 and 4491 to 4554.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyproj
from pyproj.exceptions import ProjError

from tilth.core import BadInput, Finding, FloatArray, NeedsAnswer, Where, message

_OLD_DATUM = re.compile(
    r"beijing|xi'?_?an[_ ]?(19)?80|krass?ov?sky|1980西安|西安_?(19)?80|80西安|北京_?(19)?54|1954北京|80国家", re.I
)
_CHINA_2000 = re.compile(
    r"china[ _]?2000|cgcs[ _]?2000|china[ _]geodetic[ _]coordinate[ _]system[ _]2000|国家大地坐标系|国家2000", re.I
)
_CHINA_BOX = (72.0, 3.0, 137.0, 54.5)  # longitude, latitude; the whole of China with its sea
_AREA_MARGIN_DEG = 5.0
_MOST = 0.9


@dataclass(frozen=True)
class ResolvedCrs:
    """The coordinate system to use, whether x and y must change places, and what there is to say about it."""

    crs: str  # "EPSG:n", or WKT where no code fits
    findings: tuple[Finding, ...] = ()
    swap: bool = False


@dataclass(frozen=True)
class GaussZone:
    """A Gauss-Krueger zone of CGCS2000. `number` is None where eastings carry no zone number."""

    meridian: int
    width: int
    number: int | None

    @property
    def epsg(self) -> int:
        """Its EPSG code. Source: EPSG registry, 4491-4554."""
        if self.width == 3:
            return 4488 + self.number if self.number is not None else 4534 + (self.meridian - 75) // 3
        return 4478 + self.number if self.number is not None else 4502 + (self.meridian - 75) // 6

    @classmethod
    def of_number(cls, number: int) -> GaussZone | None:
        """The zone with this number: 25 to 45 are 3-degree zones, 13 to 23 are 6-degree zones."""
        if 25 <= number <= 45:
            return cls(3 * number, 3, number)
        return cls(6 * number - 3, 6, number) if 13 <= number <= 23 else None


@dataclass(frozen=True)
class _Numbers:
    """A typical coordinate of the file (medians, so that one wild row decides nothing) and its zone numbers."""

    x: float
    y: float
    zones: Counter[int]

    @classmethod
    def of(cls, coordinates: FloatArray) -> _Numbers | None:
        points = np.asarray(coordinates, dtype=np.float64).reshape(-1, 2)
        points = points[np.all(np.isfinite(points), axis=1) & np.all(np.abs(points) < 1e9, axis=1)]
        if len(points) == 0:
            return None
        x, y = np.median(points, axis=0)
        millions = np.floor(points[:, 0] / 1e6).astype(int)
        return cls(float(x), float(y), Counter(int(number) for number in millions[millions >= 13]))

    @property
    def degrees(self) -> bool:
        return abs(self.x) <= 180 and abs(self.y) <= 90

    @property
    def zone(self) -> GaussZone | None:
        """The zone that the eastings carry."""
        return GaussZone.of_number(math.floor(self.x / 1e6))

    @property
    def shown(self) -> dict[str, str]:
        digits = 4 if self.degrees else 0
        return {"x": f"{self.x:.{digits}f}", "y": f"{self.y:.{digits}f}"}


def resolve_crs(
    found: str | None, coordinates: FloatArray, asked: str | None = None, *, file: str = "", layer: str = ""
) -> ResolvedCrs:
    """The coordinate system of a file.

    Parameters
    ----------
    found
        What the file says: EPSG code or WKT of any dialect, or None.
    coordinates
        Shape (n, 2): a point of each row, x and y as the file has them; [m] or [degrees]. NaN where a row has none.
    asked
        What the user says; wins over the file, must fit the numbers.

    Raises
    ------
    NeedsAnswer
        If neither says anything, or what the file says cannot be understood or cannot be; names the likely answers.
    BadInput
        If the datum is Beijing 1954 or Xi'an 1980, or `asked` is not understood or contradicts the numbers.
    """
    numbers = _Numbers.of(coordinates)
    if found:
        refuse_old(found, file)
    stated = asked or found
    if not stated:
        raise NeedsAnswer("INTAKE-CRS-MISSING", file=file, likely=_likely(numbers), **_shown(numbers))
    if not asked and not understood(stated):
        values = {"crs": _name(stated), "likely": _likely(numbers), **_shown(numbers)}
        raise NeedsAnswer("INTAKE-CRS-UNREADABLE", file=file, **values)
    crs = _parsed(stated, file)
    if _is_old(stated, crs):
        raise BadInput("INTAKE-CRS-OLD", file=file, crs=crs.name)
    where = Where(file=file, layer=layer)
    findings: list[Finding] = []
    if asked and found and not (understood(found) and normalised(found) == normalised(asked)):
        values = {"stated": _name(found), "crs": normalised(asked)}
        findings.append(Finding("INTAKE-CRS-OVERRIDDEN", where, values))
    if numbers is None:
        return ResolvedCrs(_text(crs), tuple(findings))
    swap = _swapped(crs, numbers)
    if swap:
        findings.append(Finding("INTAKE-AXES-SWAPPED", where))
        numbers = _Numbers.of(np.asarray(coordinates, dtype=np.float64).reshape(-1, 2)[:, ::-1])
        assert numbers is not None
    text, more = _fitted(crs, numbers, bool(asked), where)
    return ResolvedCrs(text, (*findings, *more), swap)


def refuse_old(text: str, file: str) -> None:
    """Refuse what stands on an older datum, by what it says or, where that is damaged, by the names in it.

    Raises
    ------
    BadInput
        If `text` stands on Beijing 1954 or Xi'an 1980.
    """
    if _is_old(text):
        raise BadInput("INTAKE-CRS-OLD", file=file, crs=_name(text))


def understood(text: str) -> bool:
    """Whether `text` names or describes a coordinate system on the Earth, complete with what it needs."""
    try:
        _parsed(text, "")
    except BadInput:
        return False
    return True


def normalised(text: str) -> str:
    """ "EPSG:n" where the system is equal to one of the registry's, else its WKT.

    Raises
    ------
    BadInput
        If it is not understood.
    """
    return _text(_parsed(text, ""))


def _parsed(text: str, file: str) -> pyproj.CRS:
    wanted = str(text).strip()
    try:
        crs = pyproj.CRS.from_user_input(int(wanted) if wanted.isdigit() else wanted)
        if crs.is_compound:
            crs = crs.sub_crs_list[0]
        crs = crs.to_2d() if len(crs.axis_info) > 2 and crs.is_geographic else crs
        geodetic = crs.geodetic_crs  # a damaged base is only noticed where it is asked for
        if geodetic is None or not (crs.is_geographic or crs.is_projected) or _without_meridian(crs):
            raise BadInput("INTAKE-CRS-UNKNOWN", file=file, crs=crs.name)
    except (ProjError, ValueError, OverflowError, TypeError, AttributeError, UnicodeError):
        raise BadInput("INTAKE-CRS-UNKNOWN", file=file, crs=_short(wanted)) from None
    return crs


def _without_meridian(crs: pyproj.CRS) -> bool:
    """A transverse projection that does not say around which meridian: its description lost a line."""
    operation = crs.coordinate_operation
    if operation is None or operation.method_name not in _TRANSVERSE:
        return False
    return all(parameter.name != _MERIDIAN for parameter in operation.params)


_TRANSVERSE = ("Transverse Mercator", "Gauss-Kruger")
_MERIDIAN = "Longitude of natural origin"


def _text(crs: pyproj.CRS) -> str:
    zone = _gauss(crs)
    if zone is not None:
        return f"EPSG:{zone.epsg}"
    if crs.is_geographic and _on_china_2000(crs):
        return "EPSG:4490"
    if crs.to_authority() == ("OGC", "CRS84"):
        return "EPSG:4326"
    code = crs.to_epsg()
    return f"EPSG:{code}" if code is not None else str(crs.to_wkt())


def on_survey_datum(crs: pyproj.CRS) -> bool:
    """Is `crs` a standard zone of CGCS2000, or its longitude and latitude?"""
    return _gauss(crs) is not None or (crs.is_geographic and _on_china_2000(crs))


def _on_china_2000(crs: pyproj.CRS) -> bool:
    if crs.ellipsoid is None or not math.isclose(crs.ellipsoid.inverse_flattening, 298.257222101, abs_tol=1e-8):
        return False
    geodetic = crs.geodetic_crs
    names = (crs.datum.name if crs.datum else "", geodetic.name if geodetic is not None else "", crs.ellipsoid.name)
    return any(_CHINA_2000.search(name) for name in names)


def _gauss(crs: pyproj.CRS) -> GaussZone | None:
    """The standard zone that `crs` is by its parameters, whatever it is called; None if it is none."""
    operation = crs.coordinate_operation
    if not crs.is_projected or operation is None or not _on_china_2000(crs):
        return None
    if operation.method_name not in _TRANSVERSE:
        return None
    if any(not math.isclose(axis.unit_conversion_factor, 1.0) for axis in crs.axis_info):
        return None
    values = {parameter.name: parameter.value for parameter in operation.params}
    plain = values.get("Latitude of natural origin"), values.get("False northing"), values.get(_SCALE)
    meridian, easting = values.get(_MERIDIAN, 0.0), values.get("False easting", 0.0)
    if plain != (0.0, 0.0, 1.0) or meridian % 3 or not 75 <= meridian <= 135 or easting % 1e6 != 500_000:
        return None
    return _numbered(int(meridian), int(easting // 1_000_000), crs.name)


_SCALE = "Scale factor at natural origin"


def _numbered(meridian: int, number: int, name: str) -> GaussZone | None:
    if number == 0:
        six = bool(re.search(r"\b6[-_ ]?(degree|度)|^CGCS2000 / Gauss-Kruger CM|^CGCS2000_GK_CM", name, re.I))
        return GaussZone(meridian, 6 if six and (meridian - 75) % 6 == 0 else 3, None)
    zone = GaussZone.of_number(number)
    return zone if zone is not None and zone.meridian == meridian else None


def _is_old(text: str, crs: pyproj.CRS | None = None) -> bool:
    """Whether a system stands on Beijing 1954, Xi'an 1980 or New Beijing: by its datum, ellipsoid or name."""
    if crs is None:
        try:
            crs = _parsed(text, "")
        except BadInput:
            return bool(_OLD_DATUM.search(text))
    if _on_china_2000(crs):
        return False
    names = [crs.name, crs.datum.name if crs.datum else "", crs.geodetic_crs.name if crs.geodetic_crs else ""]
    chinese_ellipsoid = crs.ellipsoid is not None and bool(re.search(r"IAG.?1975|Xian.?1980", crs.ellipsoid.name, re.I))
    return chinese_ellipsoid or any(_OLD_DATUM.search(name) for name in names)


def _in_china(lon: float, lat: float) -> bool:
    west, south, east, north = _CHINA_BOX
    return west <= lon <= east and south <= lat <= north


def _swapped(crs: pyproj.CRS, numbers: _Numbers) -> bool:
    """Whether the file has northing (latitude) in x and easting (longitude) in y, beyond doubt."""
    x, y = numbers.x, numbers.y
    if crs.is_geographic:
        if abs(y) > 90:
            return abs(x) <= 90 and abs(y) <= 180
        return _in_china(y, x) and not _in_china(x, y) and _text(crs) == "EPSG:4490"
    if not _on_china_2000(crs) or not 1_500_000 < x < 6_500_000:
        return False
    return GaussZone.of_number(math.floor(y / 1e6)) is not None or 0 < y < 1_000_000


def _fitted(crs: pyproj.CRS, numbers: _Numbers, asked: bool, where: Where) -> tuple[str, tuple[Finding, ...]]:
    """The system that the numbers are in, given what was stated; raises where the two cannot be brought together."""
    zone = _gauss(crs)
    if zone is None:
        return _text(crs), _checked_area(crs, numbers, asked, where)
    carried = numbers.zone
    if carried is None and not (0 <= numbers.x < 1_000_000 and not numbers.degrees):
        raise _contradiction(crs, numbers, asked, where)
    if carried is not None and carried.meridian != zone.meridian:
        raise _contradiction(crs, numbers, asked, where)
    strays = _strays(numbers, where)
    matching = carried if carried is not None else GaussZone(zone.meridian, zone.width, None)
    if (carried is None) == (zone.number is None) and (carried is None or carried == zone):
        return f"EPSG:{zone.epsg}", strays
    if asked:
        raise _contradiction(crs, numbers, asked, where)
    values = {"stated": crs.name, "x": numbers.shown["x"], "crs": f"EPSG:{matching.epsg}"}
    return f"EPSG:{matching.epsg}", (Finding("INTAKE-CRS-CORRECTED", where, values), *strays)


def _strays(numbers: _Numbers, where: Where) -> tuple[Finding, ...]:
    """Rows whose eastings carry another zone number than most: a finding if few, a refusal if many."""
    if numbers.zone is None or not numbers.zones:
        return ()
    elsewhere = sum(numbers.zones.values()) - numbers.zones[numbers.zone.number or 0]
    if elsewhere == 0:
        return ()
    if elsewhere > (1 - _MOST) * sum(numbers.zones.values()):
        zones = ", ".join(f"{number} ({count})" for number, count in sorted(numbers.zones.items()))
        raise BadInput("INTAKE-CRS-MIXED", file=where.file, zones=zones)
    return (Finding("INTAKE-CRS-FEW-ELSEWHERE", where, {"count": elsewhere}),)


def _checked_area(crs: pyproj.CRS, numbers: _Numbers, asked: bool, where: Where) -> tuple[Finding, ...]:
    """Findings if the numbers lie outside the area the system is made for; raises where they cannot be in it at all."""
    if crs.is_geographic:
        if not numbers.degrees:
            raise _contradiction(crs, numbers, asked, where)
        lon, lat = numbers.x, numbers.y
    else:
        lon, lat = _lonlat(crs, numbers)
        degrees = numbers.degrees and (_in_china(numbers.x, numbers.y) or not _within(crs, lon, lat))
        if degrees or not math.isfinite(lon + lat):
            raise _contradiction(crs, numbers, asked, where)
    if _within(crs, lon, lat):
        return ()
    if asked:
        raise _contradiction(crs, numbers, asked, where)
    values = {"crs": crs.name, "lon": f"{lon:.2f}", "lat": f"{lat:.2f}"}
    return (Finding("INTAKE-CRS-FAR", where, values),)


def _lonlat(crs: pyproj.CRS, numbers: _Numbers) -> tuple[float, float]:
    try:
        turn = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        lon, lat = turn.transform(numbers.x, numbers.y)
    except ProjError:
        return math.nan, math.nan
    return float(lon), float(lat)


def _within(crs: pyproj.CRS, lon: float, lat: float) -> bool:
    area = crs.area_of_use
    if area is None:
        return True
    west, south, east, north = area.bounds
    if not south - _AREA_MARGIN_DEG <= lat <= north + _AREA_MARGIN_DEG:
        return False
    width = (east - west) % 360 or 360
    return bool((lon - west + _AREA_MARGIN_DEG) % 360 <= width + 2 * _AREA_MARGIN_DEG) or width >= 350


def _contradiction(crs: pyproj.CRS, numbers: _Numbers, asked: bool, where: Where) -> BadInput | NeedsAnswer:
    error = BadInput if asked else NeedsAnswer
    values = {"file": where.file, "crs": crs.name, "likely": _likely(numbers), **numbers.shown}
    return error("INTAKE-CRS-CONTRADICTS", **values)


def _likely(numbers: _Numbers | None) -> str:
    """The systems that the numbers may be in, as text for the user."""
    if numbers is None:
        return message("INTAKE-LIKELY-NONE")
    for x, y in ((numbers.x, numbers.y), (numbers.y, numbers.x)):
        zone = GaussZone.of_number(math.floor(x / 1e6))
        if zone is not None and 0 < y < 1e7:
            return message("INTAKE-LIKELY-GK", code=zone.epsg, width=zone.width, zone=zone.number)
    if numbers.degrees:
        return message("INTAKE-LIKELY-DEGREES" if _in_china(numbers.x, numbers.y) else "INTAKE-LIKELY-WGS84")
    easting, northing = sorted((numbers.x, numbers.y))
    if 0 < easting < 1e6 and 1.5e6 < northing < 6.5e6:
        return message("INTAKE-LIKELY-BARE")
    return message("INTAKE-LIKELY-NONE")


def _shown(numbers: _Numbers | None) -> dict[str, str]:
    return numbers.shown if numbers is not None else {"x": "–", "y": "–"}


def _name(text: str) -> str:
    try:
        return str(_parsed(text, "").name)
    except BadInput:
        return _short(text)


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "…"
