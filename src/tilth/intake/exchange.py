"""The ministry's exchange text (部标准坐标交换格式) read in every dialect that exporters write."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from tilth.core import BadInput, Finding, Where
from tilth.intake.exchange_layout import SAMPLE, Axes, Columns, axes_of, check_header, columns_of, crs_of
from tilth.intake.exchange_rings import CLOSING_DEGREES, CLOSING_M, Point, RingFault, polygon_of, split_rings
from tilth.intake.exchange_text import KINDS, Line, decoded, lines_of, number, read_bytes
from tilth.intake.model import ENCODING, FILE_SECTION, Rejected, Table
from tilth.land import Source

#: Areas written with their unit after the number, and what one of it is in hectares.
_AREA_UNITS = {"公顷": 1.0, "ha": 1.0, "平方米": 1e-4, "㎡": 1e-4, "m2": 1e-4, "m²": 1e-4, "亩": 1 / 15, "mu": 1 / 15}


@dataclass(frozen=True)
class Plot:
    """One plot (地块) of the file."""

    row: int  # 1-based plot number in the file
    line: int  # where its row stands
    number: str
    name: str
    kind: str  # 面, 线 or 点; "" where the row does not say
    sheet: str
    use: str
    class_code: str
    area_text: str  # as written
    stated_points: int | None
    geometry: shapely.Polygon | shapely.MultiPolygon

    @property
    def stated_area_ha(self) -> float:
        """The stated area as a number of hectares; NaN where there is none. Exporters that write m² are not undone."""
        return stated_hectares(self.area_text)


@dataclass(frozen=True)
class ExchangeFile:
    """Everything an exchange text holds. Plots read + plots rejected = plots in the file."""

    source: Source
    header: Mapping[str, str]  # [属性描述]
    project: Mapping[str, str]  # [项目信息]
    plots: tuple[Plot, ...]
    rejected: tuple[Rejected, ...]
    crs: str
    dialect: str
    findings: tuple[Finding, ...] = ()


def stated_hectares(text: str) -> float:
    """Hectares from an area as the row has it, with or without a unit; NaN where it is no number.

    >>> stated_hectares("9.1458"), stated_hectares("15亩"), stated_hectares("")
    (9.1458, 1.0, nan)
    """
    bare, factor = text.strip(), 1.0
    for unit, hectares in _AREA_UNITS.items():
        if bare.casefold().endswith(unit):
            bare, factor = bare[: -len(unit)].strip(), hectares
            break
    value = number(bare)
    return float("nan") if value is None else value * factor


@dataclass
class _Block:
    """The lines of one plot while the file is read."""

    line: int
    fields: tuple[str, ...]
    points: list[Line] = field(default_factory=list)
    unread: list[Line] = field(default_factory=list)


@dataclass
class _Content:
    """The file by sections, before anything is understood."""

    header: dict[str, str] = field(default_factory=dict)
    project: dict[str, str] = field(default_factory=dict)
    blocks: list[_Block] = field(default_factory=list)
    unread: list[Line] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)


def _content(text: str) -> _Content:
    content = _Content()
    section = ""
    for line in lines_of(text):
        block = content.blocks[-1] if content.blocks else None
        if line.shape == "section":
            section = line.fields[0]
            content.sections.append(section)
        elif line.shape == "plot":
            if any(line.fields):
                content.blocks.append(_Block(line.number, line.fields))
        elif line.shape == "point":
            if block is None:
                block = _Block(line.number, ())
                content.blocks.append(block)
            block.points.append(line)
        elif line.shape == "header" and block is None:
            (content.project if "项目" in section else content.header)[line.fields[0]] = line.fields[1]
        else:
            (content.unread if block is None else block.unread).append(line)
    return content


def read_exchange(path: str | PathLike[str], *, encoding: str | None = None, crs: str | None = None) -> ExchangeFile:
    """Read an exchange text in any dialect.

    Parameters
    ----------
    encoding
        Only where the file's own can't be told from its bytes.
    crs
        Only where the file leaves it open; must not contradict its numbers.

    Raises
    ------
    BadInput
        If the file is no exchange text, holds no plot, or is in the 1954 or 1980 datum.
    NeedsAnswer
        If neither numbers nor header tell the zone, or the header names a frame that is not CGCS2000.
    """
    file = Path(path)
    data = read_bytes(file)
    text, used_encoding = decoded(data, file.name, encoding)
    content = _content(text)
    _refuse_what_is_no_exchange(content, file.name)
    findings = check_header(content.header, file.name, crs)
    findings += [
        Finding("INTAKE-TXT-LINE", Where(file=file.name), {"line": line.number, "text": line.raw})
        for line in content.unread
    ]
    rows = [line.fields for block in content.blocks for line in block.points]
    columns = columns_of(rows)
    sampled = rows[:: max(1, len(rows) // SAMPLE)]
    pairs = [pair for pair in map(columns.coordinates, sampled) if pair is not None]
    axes = axes_of(pairs, file.name)
    own_crs, of_crs = crs_of(content.header, axes, file.name, crs)
    reader = _Plots(columns, axes, file.name)
    for row, block in enumerate(content.blocks, start=1):
        reader.read(row, block)
    return ExchangeFile(
        source=Source(file.name, hashlib.sha256(data).hexdigest(), "", used_encoding, "exchange-txt"),
        header=content.header,
        project=content.project,
        plots=tuple(reader.plots),
        rejected=tuple(reader.rejected),
        crs=own_crs,
        dialect=_dialect(content, columns, axes, used_encoding, text),
        findings=(*findings, *of_crs, *reader.findings),
    )


def _refuse_what_is_no_exchange(content: _Content, file: str) -> None:
    names_section = any("地块" in section or "属性描述" in section for section in content.sections)
    has_plot_row = any(block.fields for block in content.blocks)
    named_points = any(
        line.fields[0][:1] in "Jj" and line.fields[0][1:].isdecimal()
        for block in content.blocks
        for line in block.points[:5]
    )
    if not (names_section or has_plot_row or named_points):
        raise BadInput("INTAKE-TXT-NOT", file=file)
    if not content.blocks:
        raise BadInput("INTAKE-TXT-NO-PLOTS", file=file)


def _dialect(content: _Content, columns: Columns, axes: Axes, encoding: str, text: str) -> str:
    widths = sorted({len(block.fields) + 1 for block in content.blocks if block.fields})
    rows = "/".join(map(str, widths)) + "-field plot rows" if widths else "no plot rows"
    head = "header" if content.header else "no header"
    newline = "CRLF" if "\r\n" in text else "LF"
    return "; ".join((head, rows, columns.name, axes.said, encoding, newline))


@dataclass
class _Plots:
    """Turns the blocks of a file into plots and rejected rows."""

    columns: Columns
    axes: Axes
    file: str
    plots: list[Plot] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def read(self, row: int, block: _Block) -> None:
        """One block: a plot, or a rejected row with its reason."""
        named = plot_row(block.fields)
        try:
            rings = self._rings(block, named)
            geometry = polygon_of(rings)
        except RingFault as fault:
            self.rejected.append(Rejected(row, fault.code, {"line": block.line, **fault.values}, named))
            return
        plot = Plot(row, block.line, **named, geometry=geometry)
        self.plots.append(plot)
        self._note(plot, len(block.points), len(rings))

    def _rings(self, block: _Block, named: Mapping[str, Any]) -> list[list[Point]]:
        if named["kind"] not in {"面", ""}:
            raise RingFault("INTAKE-TXT-KIND", kind=named["kind"])
        if block.fields and len(block.fields) < 4:
            raise RingFault("INTAKE-TXT-PLOT-ROW", fields=len(block.fields) + 1)
        if block.unread:
            raise RingFault("INTAKE-TXT-POINT", line=block.unread[0].number, text=block.unread[0].raw)
        if not block.points:
            raise RingFault("INTAKE-TXT-NO-POINTS")
        points = [self._point(line) for line in block.points]
        return split_rings(points, CLOSING_DEGREES if self.axes.degrees else CLOSING_M)

    def _point(self, line: Line) -> Point:
        pair = self.columns.coordinates(line.fields)
        if pair is None:
            raise RingFault("INTAKE-TXT-POINT", line=line.number, text=line.raw)
        x, y = self.axes.xy(*pair)
        if fault := self.axes.fault(x, y):
            raise RingFault(fault, line=line.number, text=line.raw, zone=self.axes.zone)
        name = line.fields[self.columns.point] if self.columns.point >= 0 else ""
        ring = line.fields[self.columns.ring] if self.columns.ring >= 0 else ""
        return Point(line.number, name, ring, x, y)

    def _note(self, plot: Plot, points: int, rings: int) -> None:
        where = Where(file=self.file, row=plot.row, parcel=plot.number)
        stated = plot.stated_points
        if stated is not None and stated not in {points, points - rings, points + rings}:
            self.findings.append(Finding("INTAKE-TXT-COUNT", where, {"stated": stated, "points": points}))
        if plot.area_text and plot.stated_area_ha != plot.stated_area_ha:
            self.findings.append(Finding("INTAKE-TXT-AREA-TEXT", where, {"text": plot.area_text[:40]}))


def plot_row(fields: tuple[str, ...]) -> dict[str, Any]:
    """What a plot's row says, by the place of its kind (面, 线, 点): nine fields, five, or either with more behind."""
    named: dict[str, Any] = dict.fromkeys(("number", "name", "kind", "sheet", "use", "class_code", "area_text"), "")
    named["stated_points"] = None
    at = next((place for place, text in enumerate(fields) if place >= 2 and text.casefold() in KINDS), None)
    if at is None:
        at = 4 if len(fields) >= 8 else 2
    rest = dict(enumerate(fields))
    kind = rest.get(at, "")
    named["kind"] = KINDS.get(kind.casefold(), kind)
    if at >= 4:
        points = fields[0]
        named["stated_points"] = int(points) if points.isdecimal() and len(points) < 10 else None
        named["area_text"], named["number"] = fields[1], fields[2]
        named["name"] = ",".join(fields[3:at])
        named["sheet"], named["use"], named["class_code"] = (rest.get(at + step, "") for step in (1, 2, 3))
    else:
        named["number"], named["name"], named["use"] = rest.get(0, ""), rest.get(at - 1, ""), rest.get(at + 1, "")
    return named


def read_exchange_table(path: str | PathLike[str], crs: str | None = None, *, encoding: str | None = None) -> Table:
    """An exchange text as a `Table`, one row for each plot; see `read_exchange` for what it raises."""
    file = read_exchange(path, encoding=encoding, crs=crs)
    return exchange_table(file)


def exchange_table(file: ExchangeFile) -> Table:
    """The plots of `file` as rows: plot_no, plot_name, sheet_no, use, class_code, stated_area_ha, stated_points."""
    columns = {
        "plot_no": [plot.number for plot in file.plots],
        "plot_name": [plot.name for plot in file.plots],
        "sheet_no": [plot.sheet for plot in file.plots],
        "use": [plot.use for plot in file.plots],
        "class_code": [plot.class_code for plot in file.plots],
        "stated_area_ha": [plot.stated_area_ha for plot in file.plots],
        "stated_points": [plot.stated_points for plot in file.plots],
        "source_row": [plot.row for plot in file.plots],
    }
    dtypes = {"stated_area_ha": "float64", "stated_points": "Int64", "source_row": "int64"}
    frame = gpd.GeoDataFrame(columns, geometry=[plot.geometry for plot in file.plots], crs=file.crs)
    frame = frame.astype({name: dtypes.get(name, "str") for name in columns})
    return Table(
        frame,
        file.crs,
        (file.source,),
        len(file.plots) + len(file.rejected),
        file.rejected,
        file.findings,
        file.dialect,
        {
            **{name: lines for name, lines in (("项目信息", file.project), ("属性描述", file.header)) if lines},
            FILE_SECTION: {ENCODING: file.source.encoding},
        },
    )
