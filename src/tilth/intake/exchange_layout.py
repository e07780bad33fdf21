"""What the columns and the numbers of an exchange text mean: decided once for a file, from all its point rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyproj

from tilth.core import BadInput, Finding, NeedsAnswer, Where
from tilth.intake.exchange_text import number

#: A ring number beyond this is a coordinate.
MOST_RINGS = 99_999
#: Rows looked at to decide the columns.
SAMPLE = 2_000
_OLD_DATUM = re.compile(r"(?<!\d)(?:19)?(?:54|80)(?!\d)|西安|北京|xi'?an|beijing")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which field of a point row holds what; -1: the file has no such column."""

    name: str
    point: int
    ring: int
    first: int  # the coordinate written first, normally X (north)
    second: int

    @property
    def needed(self) -> int:
        """Fields a row must have."""
        return max(self.point, self.ring, self.first, self.second) + 1

    def coordinates(self, fields: Sequence[str]) -> tuple[float, float] | None:
        """The two coordinates of a row, or None where the row is not of this form."""
        if len(fields) < self.needed:
            return None
        first, second = number(fields[self.first]), number(fields[self.second])
        ring_ok = self.ring < 0 or (fields[self.ring].isdecimal() and int(fields[self.ring][:9]) <= MOST_RINGS)
        return (first, second) if ring_ok and first is not None and second is not None else None


#: The ministry's own order first; a file that fits several has the first of them.
STANDARD = Columns("point,ring,X,Y", 0, 1, 2, 3)
LAYOUTS = (
    STANDARD,
    Columns("point,X,Y,side,ring", 0, 4, 1, 2),
    Columns("serial,point,ring,X,Y", 1, 2, 3, 4),
    Columns("point,X,Y", 0, -1, 1, 2),
    Columns("X,Y", -1, -1, 0, 1),
)


def _place_like(pair: tuple[float, float] | None) -> bool:
    """Could the two numbers be a place: both metres of a projection, or degrees in the country's range?"""
    if pair is None:
        return False
    low, high = sorted(pair)
    return low >= 1_000 or (0 < low <= 60 and 70 <= high <= 140)


def columns_of(rows: Sequence[Sequence[str]]) -> Columns:
    """The layout that most point rows fit."""
    step = max(1, len(rows) // SAMPLE)
    sample = list(islice(rows, 0, None, step))
    fits = [sum(_place_like(layout.coordinates(row)) for row in sample) for layout in LAYOUTS]
    return LAYOUTS[int(np.argmax(fits))] if sample else STANDARD


@dataclass(frozen=True, slots=True)
class Axes:
    """How the two coordinates are to be taken."""

    degrees: bool
    east_first: bool
    zone: int  # the zone number inside the eastings; 0 where they carry none

    def xy(self, first: float, second: float) -> tuple[float, float]:
        """(easting or longitude, northing or latitude)."""
        return (first, second) if self.east_first else (second, first)

    def fault(self, x: float, y: float) -> str:
        """The catalogue key of what is wrong with a point, or ""."""
        if self.degrees:
            return "" if abs(x) <= 180 and abs(y) <= 90 else "INTAKE-TXT-COORDINATE"
        zone, east = divmod(x, 1e6)
        if not (0 <= y <= 1e7 and 0 < east < 1e6):
            return "INTAKE-TXT-COORDINATE"
        if zone == self.zone:
            return ""
        return "INTAKE-TXT-OTHER-ZONE" if self.zone and 13 <= zone <= 45 else "INTAKE-TXT-COORDINATE"

    @property
    def said(self) -> str:
        """For the dialect line."""
        if self.degrees:
            return "lon,lat degrees" if self.east_first else "lat,lon degrees"
        prefix = f"zone {self.zone} in the easting" if self.zone else "no zone in the easting"
        return prefix + (", easting first" if self.east_first else "")


def axes_of(pairs: Sequence[tuple[float, float]], file: str) -> Axes:
    """Degrees or metres, which axis stands first, and the zone number that the eastings carry.

    Raises
    ------
    BadInput
        If the numbers are degrees and it can't be told which is the longitude.
    """
    if not pairs:
        return Axes(degrees=False, east_first=False, zone=0)
    first, second = np.median(np.asarray(pairs), axis=0)
    if max(abs(first), abs(second)) <= 180:
        for east_first, (lon, lat) in ((True, (first, second)), (False, (second, first))):
            if 70 <= lon <= 140 and 0 <= lat <= 60:
                return Axes(degrees=True, east_first=east_first, zone=0)
        raise BadInput("INTAKE-TXT-DEGREES", file=file, first=f"{first:.6f}", second=f"{second:.6f}")
    east_first = bool(first >= 1e7 > second or first < 1e6 <= second < 1e7)
    eastings = [pair[0] if east_first else pair[1] for pair in pairs]
    zones = Counter(int(east // 1e6) for east in eastings if 0 < east < 1e8)
    zone = zones.most_common(1)[0][0] if zones else 0
    return Axes(degrees=False, east_first=east_first, zone=zone)


def _digits(text: str) -> int | None:
    digits = "".join(char for char in text if char.isdecimal())[:4]
    return int(digits) if digits else None


def _key(header: Mapping[str, str], *names: str) -> str:
    return next((header[name] for name in names if header.get(name)), "")


def check_header(header: Mapping[str, str], file: str, asked: str | None) -> list[Finding]:
    """What the header says of datum, projection and shift: refused where it can't be used, noted where it is odd.

    Raises
    ------
    BadInput
        For the 1954 and 1980 datums, whatever was asked for: they need local parameters that no file carries.
    NeedsAnswer
        For any other frame that is not CGCS2000, unless a CRS was asked for.
    """
    findings = []
    datum = _key(header, "坐标系", "坐标系统", "坐标系名称")
    folded = datum.casefold()
    if _OLD_DATUM.search(folded):
        raise BadInput("INTAKE-TXT-OLD-DATUM", file=file, datum=datum)
    if datum and not any(mark in folded for mark in ("2000", "cgcs", "4490")) and asked is None:
        raise NeedsAnswer("INTAKE-TXT-DATUM", file=file, datum=datum)
    if not datum and asked is None:
        findings.append(Finding("INTAKE-TXT-DATUM-ASSUMED", Where(file=file)))
    projection = _key(header, "投影类型", "投影")
    geographic = any(mark in projection for mark in ("经纬", "地理", "无"))
    known = "高斯" in projection or "gauss" in projection.casefold() or geographic
    if projection and not known and asked is None:
        raise NeedsAnswer("INTAKE-TXT-PROJECTION", file=file, projection=projection)
    shift = _key(header, "转换参数")
    if any((number(part.strip()) or 0.0) != 0.0 for part in shift.split(",")):
        findings.append(Finding("INTAKE-TXT-SHIFT", Where(file=file), {"shift": shift}))
    return findings


def crs_of(header: Mapping[str, str], axes: Axes, file: str, asked: str | None) -> tuple[str, list[Finding]]:
    """The CRS of the coordinates, as "EPSG:n": the zone in the eastings first, else the header's, else ask.

    Raises
    ------
    BadInput
        If the numbers contradict the CRS that was asked for, or name a zone that does not exist.
    NeedsAnswer
        If neither numbers nor header tell the zone.
    """
    own, findings = _own_crs(header, axes, file, asked)
    if asked is None:
        return own, findings
    try:
        wanted = pyproj.CRS.from_user_input(int(asked) if asked.strip().isdecimal() else asked)
    except (pyproj.exceptions.CRSError, ValueError):
        raise BadInput("INTAKE-TXT-CRS-UNKNOWN", file=file, crs=asked) from None
    if wanted.datum is not None and _OLD_DATUM.search(wanted.datum.name.casefold()):
        raise BadInput("INTAKE-TXT-OLD-DATUM", file=file, datum=wanted.datum.name)
    if wanted.is_geographic != axes.degrees:
        raise BadInput("INTAKE-TXT-CRS-DISAGREES", file=file, crs=asked, found=axes.said)
    code = wanted.to_epsg()
    contradicts = own and not axes.degrees and code is not None and 4491 <= code <= 4554 and f"EPSG:{code}" != own
    if contradicts and (axes.zone or 4491 <= code <= 4501 or 4513 <= code <= 4533):
        raise BadInput("INTAKE-TXT-CRS-DISAGREES", file=file, crs=asked, found=axes.said)
    return (f"EPSG:{code}" if code else wanted.to_wkt()), findings


def _own_crs(header: Mapping[str, str], axes: Axes, file: str, asked: str | None) -> tuple[str, list[Finding]]:
    if axes.degrees:
        return "EPSG:4490", []
    stated, width = _stated_zone(header)
    if axes.zone:
        if not (13 <= axes.zone <= 23 or 25 <= axes.zone <= 45):
            raise BadInput("INTAKE-TXT-ZONE-UNREAL", file=file, zone=axes.zone)
        differs = stated is not None and stated != axes.zone
        values = {"stated": stated, "zone": axes.zone}
        findings = [Finding("INTAKE-TXT-ZONE-DIFFERS", Where(file=file), values)] if differs else []
        return f"EPSG:{(4488 if axes.zone >= 25 else 4478) + axes.zone}", findings
    if stated is None or width is None:
        if asked is None:
            raise NeedsAnswer("INTAKE-TXT-ZONE", file=file)
        return "", []
    return f"EPSG:{(4509 if width == 3 else 4489) + stated}", []


def _stated_zone(header: Mapping[str, str]) -> tuple[int | None, int | None]:
    """Zone number and zone width in degrees as the header has them, or None for what it leaves open."""
    width = _digits(_key(header, "几度分带", "分带"))
    zone = _digits(_key(header, "带号"))
    meridian = _digits(_key(header, "中央子午线", "中央经线"))
    if zone is not None and 75 <= zone <= 135:
        zone, meridian = None, zone
    if zone is None and meridian is not None and width in {3, 6}:
        zone = meridian // 3 if width == 3 else (meridian + 3) // 6
    if zone is None:
        return None, None
    by_number = 3 if 25 <= zone <= 45 else 6 if 13 <= zone <= 23 else None
    return (zone, by_number) if by_number is not None and width in {None, by_number} else (None, None)
