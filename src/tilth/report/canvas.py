"""A sheet to draw maps and charts on: fonts by file, no global state, polygons fast, scale bar, north arrow, legend."""

from __future__ import annotations

import importlib.util
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon
from matplotlib.path import Path as MplPath

from tilth.core import FloatArray, label
from tilth.report.cells import cut, display_width

DPI = 160
EDGE = "#ffffff"


@cache
def font_folder() -> Path:
    """The folder of the fonts that are installed with the product; Chinese needs no font of the machine's own."""
    found = importlib.util.find_spec("mplfonts")
    assert found is not None and found.submodule_search_locations
    return Path(next(iter(found.submodule_search_locations))) / "fonts"


def font(size: float) -> Any:
    """Noto Sans CJK at `size` points, by its file."""
    return FontProperties(fname=str(font_folder() / "NotoSansCJKsc-Regular.otf"), size=size)


def new_figure(width: float, height: float) -> Any:
    """A figure of `width` x `height` inches that draws to memory only."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Any) -> bytes:
    """The figure as PNG; equal drawings give equal bytes. Packed lightly: twice as quick, hardly larger."""
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 4})
    return out.getvalue()


def _outline_of(geometries: FloatArray) -> Any:
    """All polygons as one path, holes wound the other way; None where there is nothing to draw."""
    rings = shapely.get_rings(shapely.orient_polygons(np.asarray(geometries, dtype=object)))
    if not len(rings):
        return None
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    ends = np.searchsorted(ring, np.arange(len(rings)), side="right")
    codes = np.full(len(vertices), MplPath.LINETO, dtype=MplPath.code_type)
    codes[0] = MplPath.MOVETO
    codes[ends[:-1]] = MplPath.MOVETO
    codes[ends - 1] = MplPath.CLOSEPOLY
    return MplPath(vertices, codes)


def polygons_of(shapes: Any) -> Any:
    """Every polygon in `shapes`, those of multipolygons and collections one by one; empty ones are left out."""
    parts = np.asarray(shapes, dtype=object)
    while np.isin(shapely.get_type_id(parts), (6, 7)).any():
        parts = shapely.get_parts(parts)
    return parts[(shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)]


def fill(axes: Any, geometries: Any, colour: str, *, edge: str = EDGE, width: float = 0.15, **more: Any) -> None:
    """Fill polygons with one colour, all in one stroke."""
    path = _outline_of(geometries)
    if path is not None:
        shapes = PathCollection([path], facecolors=colour, edgecolors=edge, linewidths=width, **more)
        axes.add_collection(shapes, autolim=False)


def outline(axes: Any, geometries: Any, colour: str, width: float = 0.8, **more: Any) -> None:
    """Draw only the rings of polygons."""
    fill(axes, geometries, "none", edge=colour, width=width, **more)


def ring_around_small(axes: Any, geometries: Any, colour: str, share: float = 0.02, **more: Any) -> None:
    """A circle around every polygon too small to see: smaller than `share` of the picture's width."""
    x0, x1 = axes.get_xlim()
    shapes = np.asarray(geometries, dtype=object)
    boxes = shapely.bounds(shapes)
    small = shapes[(boxes[:, 2:] - boxes[:, :2]).max(axis=1) < share * (x1 - x0)] if len(shapes) else shapes
    if len(small):
        places = shapely.get_coordinates(shapely.centroid(small))
        axes.scatter(*places.T, s=70, facecolors="none", edgecolors=colour, linewidths=1.1, **more)


@dataclass(frozen=True)
class MapSheet:
    """A figure with one map and a column for the legend."""

    figure: Any
    axes: Any
    side: Any


def map_sheet(title: str, bounds: Sequence[float], crs: Any, width: float = 7.4) -> MapSheet:
    """An empty map of `bounds` (x0, y0, x1, y1), with title, scale bar and north arrow."""
    x0, y0, x1, y1 = _padded(bounds)
    stretch = _stretch(crs, (y0 + y1) / 2)
    shape = ((y1 - y0) * stretch) / (x1 - x0)
    height = min(max(width * 0.68 * min(max(shape, 0.45), 0.85) + 0.7, 4.2), 10.5)
    figure = new_figure(width, height)
    axes = _map_axes(figure, (0.015, 0.02, 0.68, 0.98 - 0.5 / height), (x0, y0, x1, y1), crs)
    figure.text(0.02, 1 - 0.32 / height, title, fontproperties=font(13), va="center")
    return MapSheet(figure, axes, _side_axes(figure, height))


def map_grid(
    title: str, bounds: Sequence[Sequence[float]], crs: Any, *, note: str = "", width: float = 7.4
) -> list[MapSheet]:
    """Several maps in two columns of one figure, one for each of `bounds`, with one legend; `note` stands below."""
    lines = _wrapped(note, 105).splitlines()
    rows, cell = -(-len(bounds) // 2), width * 0.335
    foot = 0.14 + 0.16 * len(lines)
    height = rows * (cell + 0.06) + 0.5 + foot
    figure = new_figure(width, height)
    side = _side_axes(figure, height)
    sheets = []
    for place, box in enumerate(bounds):
        left, bottom = 0.015 + 0.345 * (place % 2), 1 - (0.5 + (place // 2 + 1) * (cell + 0.06)) / height
        axes = _map_axes(figure, (left, bottom, 0.335, cell / height), _padded(box), crs)
        sheets.append(MapSheet(figure, axes, side))
    figure.text(0.02, 1 - 0.28 / height, title, fontproperties=font(13), va="center")
    if lines:
        figure.text(0.015, (foot - 0.04) / height, "\n".join(lines), fontproperties=font(7.5), va="top")
    return sheets


def _side_axes(figure: Any, height: float) -> Any:
    side = figure.add_axes((0.705, 0.02, 0.285, 0.98 - 0.5 / height))
    side.set_axis_off()
    return side


def _map_axes(figure: Any, place: tuple[float, float, float, float], bounds: Sequence[float], crs: Any) -> Any:
    """A frame at `place` (shares of the figure) that shows at least `bounds`."""
    axes = figure.add_axes(place)
    width, height = figure.get_size_inches()
    stretch = _stretch(crs, (bounds[1] + bounds[3]) / 2)
    _set_extent(axes, bounds, stretch, (width * place[2]) / (height * place[3]))
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_linewidth(0.6)
        spine.set_color("#555555")
    return axes


def named(axes: Any, text: str) -> None:
    """A name in the upper left corner of a map."""
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.85}
    axes.text(
        0.02, 0.98, text, transform=axes.transAxes, ha="left", va="top", fontproperties=font(7.5), bbox=box, zorder=20
    )


def marked(axes: Any, places: Sequence[tuple[float, float, str]], colour: str) -> None:
    """A ring and a name at each of `places` (x, y, name), for frames too small to draw to scale."""
    for x, y, name in places:
        axes.scatter([x], [y], s=45, facecolors="none", edgecolors=colour, linewidths=1.1, zorder=9)
        axes.annotate(
            name,
            (x, y),
            xytext=(5, 3),
            textcoords="offset points",
            fontproperties=font(8),
            zorder=10,
            bbox={"boxstyle": "round,pad=0.08", "fc": "white", "ec": "none", "alpha": 0.7},
        )


def _set_extent(axes: Any, bounds: Sequence[float], stretch: float, shape: float) -> None:
    """Show at least `bounds`, widened so that a picture `shape` times as wide as high keeps ground distances true."""
    x0, y0, x1, y1 = bounds
    wide, tall = x1 - x0, (y1 - y0) * stretch
    more_x = max(tall * shape - wide, 0.0) / 2
    more_y = max(wide / shape - tall, 0.0) / 2 / stretch
    axes.set_xlim(x0 - more_x, x1 + more_x)
    axes.set_ylim(y0 - more_y, y1 + more_y)


def _padded(bounds: Sequence[float]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(value) for value in bounds)
    if not all(math.isfinite(value) for value in (x0, y0, x1, y1)):
        return 0.0, 0.0, 1.0, 1.0
    pad = max(x1 - x0, y1 - y0) * 0.03 or 1e-3
    return x0 - pad, y0 - pad, x1 + pad, y1 + pad


def _stretch(crs: Any, latitude: float) -> float:
    """How much longer a unit of y is than one of x on the ground: 1 on a grid, 1/cos(latitude) in degrees."""
    if crs is None or not crs.is_geographic:
        return 1.0
    return 1.0 / max(math.cos(math.radians(min(abs(latitude), 85.0))), 0.05)


def _metres_per_x(crs: Any, latitude: float) -> float | None:
    """Ground metres of one unit of x; None where the unit is not known."""
    if crs is None:
        return None
    if crs.is_geographic:
        return 111_320.0 * math.cos(math.radians(min(abs(latitude), 85.0)))
    return float(crs.axis_info[0].unit_conversion_factor) if crs.axis_info else None


def furnish(sheet: MapSheet, crs: Any) -> None:
    """Scale bar and north arrow."""
    axes = sheet.axes
    x0, x1 = axes.get_xlim()
    y0, y1 = axes.get_ylim()
    per_unit = _metres_per_x(crs, (y0 + y1) / 2)
    if per_unit:
        _scale_bar(axes, (x1 - x0) * per_unit, label_of=_distance)
    axes.annotate(
        str(label("REPORT-MAP-N")),
        xy=(0.965, 0.975),
        xytext=(0.965, 0.885),
        xycoords="axes fraction",
        ha="center",
        va="center",
        fontproperties=font(9),
        arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1.2},
        bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75},
        zorder=20,
    )


def _distance(metres: float) -> str:
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"


def _scale_bar(axes: Any, across: float, label_of: Any) -> None:
    """A bar of a round length, about a fifth of the map's width of `across` metres."""
    target = across / 5
    power = 10.0 ** math.floor(math.log10(target))
    length = max(step * power for step in (1, 2, 5) if step * power <= target)
    share = length / across
    left, bottom, tall = 0.03, 0.03, 0.008
    background = [(left - 0.012, bottom - 0.014), (left + share + 0.012, bottom - 0.014)]
    background += [(left + share + 0.012, bottom + 0.05), (left - 0.012, bottom + 0.05)]
    axes.add_patch(Polygon(background, transform=axes.transAxes, fc="white", ec="none", alpha=0.78, zorder=18))
    for half, colour in ((0, "black"), (1, "white")):
        start = left + half * share / 2
        corners = [(start, bottom), (start + share / 2, bottom), (start + share / 2, bottom + tall)]
        corners.append((start, bottom + tall))
        axes.add_patch(Polygon(corners, transform=axes.transAxes, fc=colour, ec="black", lw=0.6, zorder=19))
    axes.text(
        left + share / 2,
        bottom + 0.016,
        label_of(length),
        transform=axes.transAxes,
        ha="center",
        va="bottom",
        fontproperties=font(7.5),
        zorder=19,
    )


#: Letters of a legend in points, with the signs that fit a line of its column; the largest that has room is taken.
_LEGEND_SIZES = ((8.0, 26), (7.2, 29), (6.5, 32), (5.8, 36), (5.2, 40))
_LINE, _BETWEEN = 1.35, 0.5  # height of a line and of the space between entries, in letters


def legend(sheet: MapSheet, entries: Sequence[tuple[str, str]]) -> None:
    """The legend: (colour, name) in order; "line:#rrggbb" is an outline, "dot:" a point, "cross:" a cross. Names are
    broken into lines, or cut where there are too many of them for the sheet."""
    size, names = _set(sheet, [name for _, name in entries])
    handles = [_handle(colour, shown) for (colour, _), shown in zip(entries, names, strict=True)]
    sheet.side.legend(
        handles=handles, loc="upper left", frameon=False, prop=font(size), borderaxespad=0.0, handlelength=1.6
    )


def _handle(colour: str, shown: str) -> Artist:
    how, _, own = colour.rpartition(":")
    if how == "line":
        return Patch(facecolor="none", edgecolor=own, linewidth=1.4, label=shown)
    if how == "dot":
        return Line2D([], [], color=own, linewidth=0.9, marker="o", markersize=5, markeredgecolor="white", label=shown)
    if how == "cross":
        return Line2D([], [], color=own, linestyle="none", marker="x", markersize=4.5, markeredgewidth=0.8, label=shown)
    return Patch(facecolor=colour, edgecolor="#777777", linewidth=0.4, label=shown)


def _set(sheet: MapSheet, names: Sequence[str]) -> tuple[float, list[str]]:
    """Size and lines in which `names` fit the side of the sheet."""
    room = sheet.figure.get_size_inches()[1] * 72 * sheet.side.get_position().height
    for size, signs in _LEGEND_SIZES:
        broken = [_wrapped(name, signs) for name in names]
        lines = sum(name.count("\n") + 1 for name in broken)
        if size * (_LINE * lines + _BETWEEN * len(names)) <= room:
            return size, broken
    size, signs = next(
        (one for one in _LEGEND_SIZES if one[0] * (_LINE + _BETWEEN) * len(names) <= room), _LEGEND_SIZES[-1]
    )
    return size, [cut(name, signs) for name in names]


def _wrapped(text: str, width: int) -> str:
    """`text` broken at blanks into lines of about `width` signs, a Chinese one counted as two."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and display_width(lines[-1]) + 1 + display_width(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
