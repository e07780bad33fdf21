"""The ministry's exchange text written: what it holds can be read back, ring by ring, to the last decimal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from tilth import overlay
from tilth.core import BadInput, Finding, FloatArray, Where, message
from tilth.intake.columns import found_column
from tilth.intake.model import ENCODING, FILE_SECTION, Header
from tilth.runtime import write_whole

_HEADER = {
    "格式版本号": "1.01版本",
    "数据产生单位": "",
    "数据产生日期": "",
    "坐标系": "2000国家大地坐标系",
    "几度分带": "3",
    "投影类型": "高斯克吕格",
    "计量单位": "米",
    "带号": "",
    "精度": "0.001",
    "转换参数": "0,0,0,0,0,0,0",
}
#: Encodings in which a text goes back as it came; the first where nothing is known.
_ENCODINGS = ("gbk", "utf-8", "utf-8-sig", "gb18030")
_PROJECT, _ATTRIBUTES = "项目信息", "属性描述"
_DECIMALS, _MOST_DECIMALS = 3, 9
#: What fills the fields of a plot row: the first of these columns that is there and not empty.
_SOURCES = {
    "plot_no": ("plot_no", "地块编号", "DKBH", "plot_id", "BSM", "TBBH", "parcel_id", "parcel_no", "id", "flik"),
    "plot_name": ("plot_name", "地块名称", "DKMC", "name"),
    "sheet_no": ("sheet_no", "图幅号", "TFH"),
    "use": ("use", "地块用途", "DKYT"),
    "class_code": ("class_code", "地类编码", "DLBM", "crop:code", "crop_code"),
}
#: Columns that say nothing of their own: the reader's, and what is counted and measured anew; and as a shapefile cuts
#: their names.
_NOT_CARRIED = frozenset(
    {"source_row", "source_row_in_file", "stated_area_ha", "stated_points", "stated_are", "stated_poi"}
)
_IN_A_FIELD = str.maketrans({",": "，", "@": "＠", "\r": " ", "\n": " ", "\t": " "})


class Written(NamedTuple):
    """What an exchange text was written in, and what it could not hold."""

    encoding: str
    findings: tuple[Finding, ...]


def write_exchange(
    frame: gpd.GeoDataFrame,
    path: str | PathLike[str],
    crs: str | None = None,
    *,
    encoding: str | None = None,
    stated: str = "survey",
    header: Mapping[str, str] | None = None,
    origin: Header | None = None,
    decimals: int | None = None,
) -> Written:
    """Write the polygons of `frame` as exchange text: CRLF, rings closed and clockwise from the north-west.

    Holes run the other way round; those of an exchange text (`origin`) run as they did there, for both is right.
    The plot rows have room for a number, a name, the sheet, the use and the class code, filled from columns by the
    names that other formats have for them; those absent stay empty, a plot without a number gets its row number.
    Eastings carry the zone number.

    Parameters
    ----------
    crs
        Of the geometries; the frame's own by default. A CGCS2000 Gauss-Krüger zone.
    encoding
        "gbk", "utf-8" or "utf-8-sig"; that of `origin`, or "gbk", if None.
    stated
        The area in the plot rows, hectares with four decimals: "survey", "planar" or "none".
    header
        Lines of the header to set or change, e.g. {"数据产生单位": "…"}.
    origin
        The header of the exchange text that the polygons come from (`Table.header`): its producer, date and every
        other line stay, but for a zone or projection that is not that of the coordinates. Without it the date is
        today's.
    decimals
        Of the coordinates in metres; by default 3, or more where the precision (精度) of `origin` is finer.

    Returns
    -------
    The encoding, and a finding for the fields that hold something and have no place in the format.

    Raises
    ------
    BadInput
        If the CRS is no such zone, a row is not a valid polygon or vanishes when rounded, or a text does not fit the
        encoding. Nothing is written then: the file appears whole or not at all.
    """
    name = crs or (frame.crs.to_string() if frame.crs is not None else "")
    zone, width, shift = _zone_of(name)
    geometries = np.asarray(frame.geometry, dtype=object)
    for row, geometry in enumerate(geometries, start=1):
        _check(row, geometry)
    origin = origin or {}
    encoding = encoding or _encoding_of(origin)
    decimals = _decimals_of(origin) if decimals is None else decimals
    lines = [_head(origin, _own_lines(zone, width, decimals), header or {})]
    areas = _stated_areas(geometries, name, stated)
    sources = _sources(frame)
    texts = _texts(frame, sources)
    for row, geometry in enumerate(geometries, start=1):
        points = list(_point_rows(geometry, shift, decimals, row, keep_holes=bool(origin)))
        number, title, sheet, use, class_code = texts[row - 1]
        plot = (str(len(points)), areas[row - 1], number, title, "面", sheet, use, class_code, "@")
        lines.append("\r\n".join((",".join(plot), *points)) + "\r\n")
    _write(Path(path), lines, encoding)
    left = _left_behind(frame, sources)
    values = {"fields": ", ".join(left), "used": ", ".join(str(name) for name in sources.values() if name is not None)}
    found = (Finding("INTAKE-TXT-WRITE-FIELDS", Where(file=Path(path).name), values),) if left else ()
    return Written(encoding, found)


def _encoding_of(origin: Header) -> str:
    said = origin.get(FILE_SECTION, {}).get(ENCODING, "")
    return said if said in _ENCODINGS else _ENCODINGS[0]


def _zone_of(crs: str) -> tuple[int, int, float]:
    """Zone number, zone width in degrees, and what must be added to the eastings to carry the zone number."""
    try:
        code = pyproj.CRS.from_user_input(crs).to_epsg() or 0
    except pyproj.exceptions.CRSError:
        code = 0
    for first, last, offset, width, prefixed in (
        (4491, 4501, 4478, 6, True),
        (4502, 4512, 4489, 6, False),
        (4513, 4533, 4488, 3, True),
        (4534, 4554, 4509, 3, False),
    ):
        if first <= code <= last:
            zone = code - offset
            return zone, width, 0.0 if prefixed else zone * 1e6
    raise BadInput("INTAKE-TXT-WRITE-CRS", crs=crs or "?")


def _check(row: int, geometry: shapely.Geometry | None) -> None:
    kind = "empty" if geometry is None or geometry.is_empty else geometry.geom_type
    if kind not in {"Polygon", "MultiPolygon"}:
        why = message("INTAKE-TXT-WHY-KIND", kind=kind)
    elif not np.isfinite(shapely.get_coordinates(geometry)).all():
        why = message("INTAKE-TXT-WHY-INVALID", reason="nan")
    elif not shapely.is_valid(geometry):
        why = message("INTAKE-TXT-WHY-INVALID", reason=shapely.is_valid_reason(geometry))
    else:
        return
    raise BadInput("INTAKE-TXT-WRITE-GEOMETRY", row=row, why=why)


def _own_lines(zone: int, width: int, decimals: int) -> dict[str, str]:
    """What the header says of the coordinates as they are written."""
    of_zone = {"几度分带": str(width), "带号": str(zone)}
    return {**_HEADER, **of_zone, "精度": f"{10.0**-decimals:.{decimals}f}"}


def _decimals_of(origin: Header) -> int:
    return max(_DECIMALS, min(_fineness(origin.get(_ATTRIBUTES, {}).get("精度", "")), _MOST_DECIMALS))


def _fineness(precision: str) -> int:
    """The decimals that a precision such as 0.001 stands for; 0 where it is no such number."""
    found = re.fullmatch(r"0?\.(0*1)", precision.strip())
    return len(found[1]) if found else 0


def _head(origin: Header, own: Mapping[str, str], header: Mapping[str, str]) -> str:
    """All lines before the plots. What is said of the coordinates keeps its wording only where it is still true."""
    said = dict(origin.get(_ATTRIBUTES, {}))
    today = date.today().isoformat()  # noqa: DTZ011 — the day at the desk where the file is made
    entries = {**own, "数据产生日期": "" if said else today, **said}
    for name, still in _STILL_TRUE.items():
        if name in said and not still(said[name], own[name]):
            entries[name] = own[name]
    entries = {**{name: entries[name] for name in said}, **entries, **header}
    sections = [(name, lines) for name, lines in origin.items() if name == _PROJECT]
    texts = [f"[{name}]\r\n{_lines(lines)}" for name, lines in [*sections, (_ATTRIBUTES, entries)]]
    return "".join(texts) + "[地块坐标]\r\n"


def _lines(entries: Mapping[str, str]) -> str:
    return "".join(f"{key}={value}".translate({13: " ", 10: " "}) + "\r\n" for key, value in entries.items())


def _same_number(said: str, own: str) -> bool:
    return "".join(filter(str.isdecimal, said)) == own


#: Lines that speak of the coordinates, and whether what was said is true of those that are written.
_STILL_TRUE: Mapping[str, Callable[[str, str], bool]] = {
    "坐标系": lambda said, _: "2000" in said or "cgcs" in said.casefold(),
    "几度分带": _same_number,
    "投影类型": lambda said, _: "高斯" in said or "gauss" in said.casefold(),
    "计量单位": lambda said, _: said.strip().casefold() in {"米", "m", "meter", "metre"},
    "带号": _same_number,
    "精度": lambda said, own: _fineness(said) <= _fineness(own),
}


def _stated_areas(geometries: FloatArray, crs: str, stated: str) -> list[str]:
    if stated == "none":
        return [""] * len(geometries)
    square_metres = overlay.survey_area(geometries, crs) / 100 if stated == "survey" else shapely.area(geometries)
    return [f"{area / 10_000:.4f}" for area in square_metres]


def _sources(frame: gpd.GeoDataFrame) -> dict[str, str | None]:
    """The column that fills each field of a plot row; None where there is none with anything in it."""
    filled = [str(name) for name in frame.columns if name != frame.geometry.name and any(_plain(frame[name]))]
    return {field: found_column(filled, wanted) for field, wanted in _SOURCES.items()}


def _left_behind(frame: gpd.GeoDataFrame, sources: Mapping[str, str | None]) -> list[str]:
    """Columns with something in them that have no place in the format."""
    known = {frame.geometry.name, *_NOT_CARRIED, *sources.values()}
    return [str(name) for name in frame.columns if name not in known and any(_plain(frame[name]))]


def _plain(values: pd.Series) -> list[str]:
    return [
        "" if gone else str(value).translate(_IN_A_FIELD).strip()
        for value, gone in zip(values, values.isna(), strict=True)
    ]


def _texts(frame: gpd.GeoDataFrame, sources: Mapping[str, str | None]) -> list[tuple[str, ...]]:
    columns = [_plain(frame[name]) if name is not None else [""] * len(frame) for name in sources.values()]
    columns[0] = [text or str(row) for row, text in enumerate(columns[0], start=1)]
    return list(zip(*columns, strict=True))


def _point_rows(
    geometry: shapely.Geometry, shift: float, decimals: int, row: int, *, keep_holes: bool
) -> Iterator[str]:
    number = 0
    ring_number = 0
    for part in shapely.get_parts(geometry):
        for hole, ring in enumerate((part.exterior, *part.interiors)):
            ring_number += 1
            clockwise = None if hole and keep_holes else hole == 0
            corners = _corners(shapely.get_coordinates(ring), shift, decimals, clockwise=clockwise)
            if len(set(corners)) < 3 or shapely.Polygon([(float(x), float(y)) for x, y in corners]).area == 0:
                why = message("INTAKE-TXT-WHY-THIN", decimals=decimals)
                raise BadInput("INTAKE-TXT-WRITE-GEOMETRY", row=row, why=why)
            first = number + 1
            for east, north in corners:
                number += 1
                yield f"J{number},{ring_number},{north},{east}"
            yield f"J{first},{ring_number},{corners[0][1]},{corners[0][0]}"


def _corners(coordinates: FloatArray, shift: float, decimals: int, *, clockwise: bool | None) -> list[tuple[str, str]]:
    """The corners as (east, north) texts, each once, from the north-west one on; None: in the order they stand."""
    as_wanted = clockwise is None or shapely.is_ccw(shapely.LinearRing(coordinates)) != clockwise
    turned = coordinates[:-1] if as_wanted else coordinates[:0:-1]
    texts = [(f"{x + shift:.{decimals}f}", f"{y:.{decimals}f}") for x, y in turned]
    kept = [text for at, text in enumerate(texts) if text != texts[at - 1]]
    if not kept:
        return texts[:1]
    start = max(range(len(kept)), key=lambda at: (float(kept[at][1]) - float(kept[at][0]), float(kept[at][1])))
    return kept[start:] + kept[:start]


def _write(path: Path, blocks: list[str], encoding: str) -> None:
    data = bytearray()
    for row, block in enumerate(blocks):
        try:
            data += block.encode(encoding if row == 0 else encoding.removesuffix("-sig"))
        except UnicodeEncodeError as error:
            text = error.object[error.start : error.end]
            raise BadInput("INTAKE-TXT-WRITE-ENCODING", row=row, text=text, encoding=encoding) from None
        except LookupError:
            raise BadInput("INTAKE-TXT-ENCODING", file=path.name, encoding=encoding) from None
    write_whole(path, bytes(data))
