"""Pictures of a salinity map: the mean beside the width of its interval, and the class of every cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyproj
from matplotlib.colors import FuncNorm, ListedColormap
from matplotlib.patches import Patch

from tilth.core import FloatArray, Label, label, speaking
from tilth.report.canvas import MapSheet, font, furnish, legend, map_grid, map_sheet, named, png
from tilth.report.cells import grouped
from tilth.soil import Surface

#: Marks of a scale of salinity that are printed. [dS/m]
_MARKS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
#: Beyond this share of the cells a colour is the last one: single cells do not rule the scale.
_REACH = 0.995
_OUTSIDE = "#4d4d4d"
#: From fresh to salty; as many as a scheme has are taken from it, evenly.
_RAMP = ("#4f9d69", "#b7d58a", "#fce08a", "#f2a24a", "#d9622b", "#a5291f", "#611a1a", "#2b0f14")


def class_ramp(classes: int) -> list[str]:
    """A colour for each class of salinity, from fresh to salty.

    >>> class_ramp(2)
    ['#4f9d69', '#2b0f14']
    """
    last = len(_RAMP) - 1
    even = [round(one * last / max(classes - 1, 1)) for one in range(classes)]
    return [_RAMP[at if classes <= len(_RAMP) else min(one, last)] for one, at in enumerate(even)]


def salinity_map(
    surface: Surface, title: Label, quantity: Label, lang: str, *, places: FloatArray | None = None
) -> bytes:
    """The mean, and beside it the width of the 90 % interval; hatched where the model was never tested.

    Parameters
    ----------
    quantity
        What is mapped, with its unit.
    places
        (n, 2) Of the samples, in the map's system. [m]
    """
    with speaking(lang):
        crs = pyproj.CRS.from_user_input(surface.grid.crs)
        bounds = _mapped_bounds(surface)
        note = str(label("SOIL-PICTURE-NOTE"))
        left, right = map_grid(title.text(lang), [bounds, bounds], crs, note=note, width=10.6)
        _paint(left, surface, surface.mean, "YlOrRd", quantity.text(lang), 0.60)
        _paint(right, surface, surface.width, "PuBu", str(label("SOIL-PICTURE-WIDTH-UNIT")), 0.18)
        for sheet, name in ((left, "SOIL-PICTURE-MEAN"), (right, "SOIL-PICTURE-WIDTH")):
            _hatch(sheet, surface)
            named(sheet.axes, str(label(name)))
            if places is not None and len(places):
                sheet.axes.scatter(*places.T, s=3.2, c="#202020", linewidths=0, zorder=6)
            furnish(sheet, crs)
        _key(left, places is not None and len(places) > 0, bool(surface.outside.any()))
        return png(left.figure)


def _mapped_bounds(surface: Surface) -> list[float]:
    """The box around what is mapped."""
    rows, columns = np.nonzero(np.isfinite(surface.mean))
    grid = surface.grid
    if not len(rows):
        return list(grid.bounds)
    return [
        grid.left + float(columns.min()) * grid.cell_x,
        grid.top - float(rows.max() + 1) * grid.cell_y,
        grid.left + float(columns.max() + 1) * grid.cell_x,
        grid.top - float(rows.min()) * grid.cell_y,
    ]


def _extent(surface: Surface) -> tuple[float, float, float, float]:
    west, south, east, north = surface.grid.bounds
    return west, east, south, north


def _shown(axes: Any, values: Any, surface: Surface, **more: Any) -> Any:
    """`values` as cells of the map; the frame stays as it is."""
    frame = axes.get_xlim(), axes.get_ylim()
    axes.set_facecolor("white")
    image = axes.imshow(values, extent=_extent(surface), interpolation="nearest", aspect="auto", **more)
    axes.set_xlim(frame[0])
    axes.set_ylim(frame[1])
    return image


def _paint(sheet: MapSheet, surface: Surface, values: FloatArray, colours: str, unit: str, bottom: float) -> None:
    """Cells on a scale of log(1 + value), with its bar beside the maps."""
    some = values[np.isfinite(values)]
    low, high = (float(np.quantile(some, one)) for one in (1 - _REACH, _REACH)) if len(some) else (0.0, 1.0)
    high = max(high, low + 0.1)
    norm = FuncNorm((np.log1p, np.expm1), vmin=low, vmax=high)
    image = _shown(sheet.axes, values, surface, cmap=colours, norm=norm)
    box = sheet.side.get_position()
    bar = sheet.figure.add_axes((box.x0 + 0.012, bottom, 0.018, 0.27))
    marks = [one for one in _MARKS if low <= one <= high]
    drawn = sheet.figure.colorbar(image, cax=bar, ticks=marks, extend="both")
    drawn.ax.set_yticklabels([f"{one:g}" for one in marks], fontproperties=font(8))
    drawn.ax.minorticks_off()
    sheet.figure.text(box.x0 + 0.008, bottom + 0.315, unit, fontproperties=font(8.5), va="bottom")


def _hatch(sheet: MapSheet, surface: Surface) -> None:
    """Lines over the cells that lie outside the area of applicability."""
    outside = surface.outside.astype(float)
    if not outside.any():
        return
    grid = surface.grid
    x = grid.left + (np.arange(grid.width) + 0.5) * grid.cell_x
    y = grid.top - (np.arange(grid.height) + 0.5) * grid.cell_y
    drawn = sheet.axes.contourf(x, y, outside, levels=[0.5, 1.5], colors="none", hatches=["//////"], zorder=5)
    drawn.set_edgecolor(_OUTSIDE)
    drawn.set_linewidth(0.0)


def _key(sheet: MapSheet, sampled: bool, outside: bool) -> None:
    handles: list[Any] = []
    if outside:
        text = str(label("SOIL-PICTURE-OUTSIDE"))
        handles.append(Patch(facecolor="white", edgecolor=_OUTSIDE, hatch="//////", linewidth=0.4, label=text))
    if sampled:
        from matplotlib.lines import Line2D

        text = str(label("SOIL-PICTURE-SAMPLE"))
        handles.append(Line2D([], [], marker="o", linestyle="none", color="#202020", markersize=2.6, label=text))
    if handles:
        sheet.side.legend(handles=handles, loc="lower left", frameon=False, prop=font(8), borderaxespad=0.0)


def salinity_class_map(
    surface: Surface, classes: Sequence[Label], title: Label, lang: str, *, areas: Sequence[tuple[int, int]] = ()
) -> bytes:
    """The most likely class of each cell, with the area of each class where it is known.

    Parameters
    ----------
    classes
        From fresh to salty.
    areas
        Area [dm²] and share [0.01 %] of each class, as its account says.
    """
    with speaking(lang):
        crs = pyproj.CRS.from_user_input(surface.grid.crs)
        sheet = map_sheet(title.text(lang), _mapped_bounds(surface), crs, width=8.4)
        colours, likely = class_ramp(len(classes)), surface.likely
        painted = np.ma.masked_less(likely, 0)
        _shown(sheet.axes, painted, surface, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(classes) - 0.5)
        _hatch(sheet, surface)
        furnish(sheet, crs)
        entries = []
        for at, (colour, name) in enumerate(zip(colours, classes, strict=True)):
            text = name.text(lang)
            if areas:
                hectares = grouped((areas[at][0] + 5_000) // 10_000)
                # Blanks that do not break: the area stands on a line of its own where there is no room.
                text += f" {hectares}\u00a0{label('REPORT-HA')},\u00a0{areas[at][1] / 100:.2f}\u00a0%"
            entries.append((colour, text))
        legend(sheet, entries)
        if surface.outside.any():
            note = str(label("SOIL-PICTURE-HATCHED"))
            sheet.side.text(0.0, 0.0, note, fontproperties=font(7.5), va="bottom", wrap=True)
        return png(sheet.figure)
