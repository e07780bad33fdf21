"""Zones on paper: the map of all, and a sheet for each with its land, its drivers and what they call for."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.core import Label, label, speaking
from tilth.core.language import catalogue
from tilth.report.canvas import EDGE, fill, font, furnish, legend, map_sheet, outline, png, polygons_of
from tilth.report.cells import grouped
from tilth.report.maps import MANY_PARCELS
from tilth.report.model import ListColumn, Listing, Provenance
from tilth.report.papers import Paper, Part, write_paper
from tilth.soil.zones.measures import Called

_OTHER, _MOVED = "#ecebe6", "#1c1c1c"
#: Hues of up to eight zones that are told apart in print and by the colour-blind; beyond, steps round the circle.
_HUES = ("#4e79a7", "#e0a03b", "#59a06a", "#b0556a", "#7d6bab", "#5fb3b3", "#a0724a", "#9aa33b")


@dataclass(frozen=True, slots=True)
class DriverLine:
    """A driver in one zone: median and range of numbers by area, or the main kind and its share of the area."""

    name: str
    median: float | None
    least: float | None
    most: float | None
    kind: str
    share: float | None
    known: float  # share of the area of which it is known


@dataclass(frozen=True)
class ZoneSheet:
    """All that is told of one zone. Areas by class add up to its own."""

    name: str
    area_dm2: int
    share_bp: int
    units: int
    pieces: int
    moved: int  # units that were put here by hand
    classes: tuple[tuple[Label, int], ...]
    salinity: tuple[tuple[str, int], ...]
    drivers: tuple[DriverLine, ...]
    measures: tuple[Called, ...]

    def __post_init__(self) -> None:
        for parts in (self.classes, self.salinity):
            assert not parts or sum(dm2 for _, dm2 in parts) == self.area_dm2, self.name


@dataclass(frozen=True)
class ZoneMap:
    """Units in zones, for pictures."""

    shapes: npt.NDArray[np.object_]
    zone: npt.NDArray[np.object_]  # (n,) names
    moved: npt.NDArray[np.bool_]
    crs: Any
    bounds: Sequence[float]


def zone_colour(place: int) -> str:
    """The colour of the zone at `place` in the list of zones."""
    if place < len(_HUES):
        return _HUES[place]
    hue = (0.07 + place * 0.618034) % 1.0
    return "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, 0.55, 0.4))


def zones_map(held: ZoneMap, sheets: Sequence[ZoneSheet], title: Label, lang: str) -> bytes:
    """All zones with their areas; units that were put elsewhere by hand have a dark edge."""
    with speaking(lang):
        sheet = map_sheet(title.text(lang), held.bounds, held.crs)
        entries = []
        for place, one in enumerate(sheets):
            _fill(sheet.axes, held, held.zone == one.name, zone_colour(place))
            entries.append((zone_colour(place), f"{one.name} · {_ha(one.area_dm2)}"))
        _moved(sheet, held, held.moved, entries)
        legend(sheet, entries)
        furnish(sheet, held.crs)
        return png(sheet.figure)


def zone_picture(held: ZoneMap, one: ZoneSheet, place: int, lang: str) -> bytes:
    """One zone among the others, with what drives its salt beside it."""
    with speaking(lang):
        sheet = map_sheet(_of(one), held.bounds, held.crs)
        own = held.zone == one.name
        _fill(sheet.axes, held, ~own, _OTHER)
        _fill(sheet.axes, held, own, zone_colour(place))
        entries = [(zone_colour(place), f"{one.name} · {_ha(one.area_dm2)}"), (_OTHER, _said("OTHERS"))]
        _moved(sheet, held, held.moved & own, entries)
        legend(sheet, entries)
        told = [f"{driver_name(line.name)}: {_short(line)}" for line in one.drivers]
        told += ["", *(_said("MEASURE", what=str(each.label)) for each in one.measures if not each.forbidden)][:7]
        sheet.side.text(0.0, 0.02, "\n".join(told), fontproperties=font(7.5), va="bottom", linespacing=1.5)
        furnish(sheet, held.crs)
        return png(sheet.figure)


def _fill(axes: Any, held: ZoneMap, chosen: npt.NDArray[np.bool_], colour: str) -> None:
    edge = EDGE if len(held.shapes) <= MANY_PARCELS else colour
    fill(axes, polygons_of(held.shapes[chosen]), colour, edge=edge)


def _moved(sheet: Any, held: ZoneMap, chosen: npt.NDArray[np.bool_], entries: list[tuple[str, str]]) -> None:
    if chosen.any():
        outline(sheet.axes, polygons_of(held.shapes[chosen]), _MOVED, 0.9, zorder=4)
        entries.append((f"line:{_MOVED}", _said("BY-HAND", count=int(chosen.sum()))))


def write_zone_papers(
    sheets: Sequence[ZoneSheet], held: ZoneMap, rule: Sequence[Label], overrides: Listing, folder: Path, *,
    title: Label, unit: Label, year: int | None, provenance: Provenance, made_on: str, formats: Sequence[str],
) -> list[Path]:  # fmt: skip
    """Pictures and papers in both languages: zones-LANG.png, zone-NAME-LANG.png, zones-LANG.docx, .pdf, .xlsx."""
    written = []
    for lang in ("en", "zh"):
        with speaking(lang):
            whole = zones_map(held, sheets, title, lang)
            pictures = [zone_picture(held, one, place, lang) for place, one in enumerate(sheets)]
            for name, picture in zip(
                ("zones", *(f"zone-{one.name}" for one in sheets)), (whole, *pictures), strict=True
            ):
                written.append(folder / f"{name}-{lang}.png")
                written[-1].write_bytes(picture)
            every = (zone_table(sheets), _drivers_table(sheets), _classes_table(sheets), overrides)
            tables = tuple(one for one in every if one.rows)
            first = Part(
                _said("ALL"), said=tuple(str(one) for one in rule), picture=whole, caption=str(title),
                lists=tuple(one for one in (tables[0], overrides) if one.rows),
            )  # fmt: skip
            parts = [_part(one, picture) for one, picture in zip(sheets, pictures, strict=True)]
            paper = Paper(title, unit, year, (first, *parts), provenance, made_on, workbook=tables)
            written += write_paper(paper, folder, f"zones-{lang}", [one for one in formats if one != "csv"])
    return written


def _part(one: ZoneSheet, picture: bytes) -> Part:
    said = [_said("SHEET", area=_ha(one.area_dm2), share=f"{one.share_bp / 100:.2f}", units=f"{one.units:,}")]
    if one.pieces > 1:
        said.append(_said("PIECES", pieces=one.pieces))
    if one.moved:
        said.append(_said("MOVED", count=one.moved))
    lists = (_drivers_list(one), _areas_list(one, "classes"), _areas_list(one, "salinity"), _measures_list(one))
    return Part(
        _of(one), tuple(said), picture=picture, caption=_of(one), lists=tuple(each for each in lists if each.rows)
    )


def zone_table(sheets: Sequence[ZoneSheet]) -> Listing:
    """Area, share, units of every zone, and their sum."""
    rows: list[tuple[object, ...]] = [
        (one.name, one.area_dm2, one.share_bp, one.units, one.pieces, one.moved) for one in sheets
    ]
    total = sum(one.area_dm2 for one in sheets)
    rows.append(
        (
            _said("TOTAL"),
            total,
            sum(one.share_bp for one in sheets),
            sum(one.units for one in sheets),
            None,
            sum(one.moved for one in sheets),
        )
    )
    columns = _columns("zone area:area share:mean units:count pieces:count moved:count")
    return Listing("zone-table", label("SOIL-ZONES-TABLE"), columns, tuple(rows))


def _drivers_table(sheets: Sequence[ZoneSheet]) -> Listing:
    rows = [(one.name, *row) for one in sheets for row in _drivers_list(one).rows]
    columns = _columns("zone driver median:number least:number most:number kind share:number known:number")
    return Listing("zone-drivers", label("SOIL-ZONES-DRIVERS"), columns, tuple(rows))


def _classes_table(sheets: Sequence[ZoneSheet]) -> Listing:
    rows = [
        (one.name, *row) for one in sheets for kind in ("classes", "salinity") for row in _areas_list(one, kind).rows
    ]
    return Listing("zone-classes", label("SOIL-ZONES-CLASSES"), _columns("zone class area:area"), tuple(rows))


def _drivers_list(one: ZoneSheet) -> Listing:
    rows = tuple(
        (
            driver_name(line.name), *(_rounded(each) for each in (line.median, line.least, line.most)), line.kind,
            None if line.share is None else round(100 * line.share, 1), round(100 * line.known, 1),
        )
        for line in one.drivers
    )  # fmt: skip
    columns = _columns("driver median:number least:number most:number kind share:number known:number")
    return Listing("drivers", label("SOIL-ZONES-DRIVERS"), columns, rows)


def _areas_list(one: ZoneSheet, kind: str) -> Listing:
    held: Sequence[tuple[Label | str, int]] = one.classes if kind == "classes" else one.salinity
    rows = tuple((str(name), dm2) for name, dm2 in held)
    return Listing(kind, label(f"SOIL-ZONES-{kind.upper()}"), _columns("class area:area"), rows)


def _measures_list(one: ZoneSheet) -> Listing:
    rows = tuple(
        (str(each.label), "; ".join(str(why) for why in each.why), ", ".join(each.forbidden)) for each in one.measures
    )
    note = label("SOIL-ZONES-FORBIDDEN") if any(each.forbidden for each in one.measures) else None
    return Listing("measures", label("SOIL-ZONES-MEASURES"), _columns("measure why forbidden"), rows, note)


def _columns(spec: str) -> tuple[ListColumn, ...]:
    out = []
    for word in spec.split():
        name, _, kind = word.partition(":")
        out.append(ListColumn(name, label(f"SOIL-ZONES-COL-{name.upper()}"), kind or "text"))  # type: ignore[arg-type]
    return tuple(out)


def _of(one: ZoneSheet) -> str:
    return _said("ZONE", name=one.name)


def _said(key: str, **values: object) -> str:
    return str(label(f"SOIL-ZONES-{key}", **values))


def _ha(dm2: int) -> str:
    return f"{grouped(round(dm2 / 10_000))} {label('REPORT-HA')}"


def driver_name(name: str) -> str:
    """What a driver of the rules is called in the language in use; any other as the file has it."""
    key = f"SOIL-DRIVER-{name.upper().replace('_', '-')}"
    return str(label(key)) if key in catalogue() else name


def _rounded(value: float | None) -> float | None:
    """To four significant digits: more no survey of drivers has."""
    return None if value is None else float(f"{value:.4g}")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _short(line: DriverLine) -> str:
    if line.median is None:
        return f"{line.kind or '–'}" + ("" if line.share is None else f" ({100 * line.share:.0f} %)")
    return f"{_number(line.median)} ({_number(line.least)} – {_number(line.most)})"
