"""The map of places to sample: numbered, in the colour of their day, over what the design looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
from matplotlib import colormaps
from matplotlib.colors import to_hex

from tilth.core import FloatArray, IntArray, Label, label, speaking
from tilth.report.canvas import font, furnish, legend, map_sheet, outline, png, polygons_of
from tilth.report.zone_sheets import zone_colour

_ALREADY = "#6b6b6b"
#: The pale ground, and the values at the ends of its colours.
_GROUND, _LOW, _HIGH = "YlOrBr", -0.1, 1.6


def next_samples_map(
    x: FloatArray, y: FloatArray, day: IntArray, order: IntArray, pool: FloatArray, crs: str, title: Label, lang: str,
    *,
    known: FloatArray | None = None, parcels: npt.NDArray[np.object_] | None = None, widest: str = "",
) -> bytes:  # fmt: skip
    """A map as PNG.

    Parameters
    ----------
    x, y, day, order
        (n,) of the places.
    pool
        (m, 3) x, y and a value from 0 to 1 of cells that could have been chosen, drawn as a pale ground.
    known
        (k, 2) places sampled already.
    widest
        What the value 1 stands for, where the values are widths of intervals.
    """
    with speaking(lang):
        place: Any = pyproj.CRS.from_user_input(crs)
        box = [pool[:, 0].min(), pool[:, 1].min(), pool[:, 0].max(), pool[:, 1].max()]
        sheet = map_sheet(title.text(lang), box, place)
        sheet.axes.scatter(
            pool[:, 0], pool[:, 1], c=pool[:, 2], cmap=_GROUND, vmin=_LOW, vmax=_HIGH, s=5, marker="s", linewidths=0,
            zorder=1,
        )  # fmt: skip
        if parcels is not None:
            outline(sheet.axes, polygons_of(parcels), "#c7c3b6", 0.2, zorder=2)
        entries = []
        for one in range(1, int(day.max()) + 1):
            own = np.flatnonzero(day == one)
            own = own[np.argsort(order[own])]
            colour = zone_colour(one - 1)
            sheet.axes.plot(x[own], y[own], color=colour, linewidth=0.9, zorder=4)
            sheet.axes.scatter(x[own], y[own], s=26, color=colour, edgecolors="white", linewidths=0.5, zorder=5)
            for at in own:
                sheet.axes.annotate(
                    str(at + 1), (x[at], y[at]), xytext=(3, 3), textcoords="offset points", fontproperties=font(6),
                    zorder=6,
                )  # fmt: skip
            entries.append((f"dot:{colour}", f"{label('SOIL-NEXT-DAY', day=one)} · {len(own)}"))
        if known is not None and len(known):
            sheet.axes.scatter(known[:, 0], known[:, 1], s=16, marker="x", color=_ALREADY, linewidths=0.8, zorder=3)
            entries.append((f"cross:{_ALREADY}", str(label("SOIL-NEXT-ALREADY"))))
        if widest:
            entries.append((_shade(0.0), str(label("SOIL-NEXT-NARROW"))))
            entries.append((_shade(1.0), str(label("SOIL-NEXT-WIDEST", widest=widest))))
        else:
            entries.append((_shade(0.0), str(label("SOIL-NEXT-POOL"))))
        legend(sheet, entries)
        furnish(sheet, place)
        return png(sheet.figure)


def _shade(value: float) -> str:
    return to_hex(colormaps[_GROUND]((value - _LOW) / (_HIGH - _LOW)))
