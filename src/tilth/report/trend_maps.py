"""Pictures of trends: cells that grow saltier or less salty, the stronger the darker, with what each covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyproj

from tilth.core import FloatArray, Label, label, language, speaking
from tilth.report.canvas import font, furnish, legend, map_sheet, outline, png, polygons_of
from tilth.report.cells import grouped
from tilth.soil import DIRECTIONS, FRESHENING, NONE, SALINISING, UNTESTED, Grid

TREND_COLOURS = {SALINISING: "#b2402d", FRESHENING: "#2d6fa6", NONE: "#e4e2da", UNTESTED: "#ffffff"}
#: Palest shade of a trend that is shown at all.
_PALEST = 0.35


def trend_map(
    direction: npt.NDArray[np.uint8],
    slope: FloatArray,
    grid: Grid,
    areas_dm2: Mapping[int, int],
    title: Label,
    note: Label,
    lang: str,
    *,
    parcels: Sequence[object] = (),
) -> bytes:
    """A map as PNG.

    Parameters
    ----------
    direction, slope
        (rows, columns) of the grid, or of every n-th of its cells.
    areas_dm2
        Ground by direction, for the legend.
    parcels
        Shapes in the grid's system that are drawn round in black, such as the parcels that grow saltier.
    """
    crs = pyproj.CRS.from_user_input(grid.crs)
    west, south, east, north = grid.bounds
    with speaking(lang):
        sheet = map_sheet(title.text(lang), grid.bounds, crs)
        sheet.axes.imshow(
            _shaded(direction, slope),
            extent=(west, east, south, north),
            interpolation="nearest",
            aspect="auto",
            zorder=1,
        )
        if len(parcels):
            outline(sheet.axes, polygons_of(np.asarray(parcels, dtype=object)), "#1c1c1c", 0.5, zorder=3)
        entries = [
            (
                TREND_COLOURS[one],
                f"{label(f'SOIL-TREND-DIRECTION-{DIRECTIONS[one].upper()}')} · {_ha(areas_dm2.get(one, 0))}",
            )
            for one in (SALINISING, NONE, FRESHENING, UNTESTED)
        ]
        legend(sheet, entries)
        sheet.side.text(0.0, 0.0, _lines(note.text(lang)), fontproperties=font(6.5), va="bottom",
            color="#444444",
        )  # fmt: skip
        furnish(sheet, crs)
        return png(sheet.figure)


def _shaded(direction: npt.NDArray[np.uint8], slope: FloatArray) -> npt.NDArray[np.uint8]:
    """(rows, columns, 4) Colours; strength by the size of the slope against that which 2 % exceed."""
    out = np.zeros((*direction.shape, 4), dtype=np.uint8)
    called = (direction == SALINISING) | (direction == FRESHENING)
    size = np.abs(np.where(called, slope, 0.0))
    most = float(np.quantile(size[called], 0.98)) if called.any() else 1.0
    strength = _PALEST + (1.0 - _PALEST) * np.clip(size / (most or 1.0), 0.0, 1.0)
    for one, colour in TREND_COLOURS.items():
        at = direction == one
        parts = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)], dtype=np.float64)
        share = strength[at][:, None] if one in (SALINISING, FRESHENING) else 1.0
        out[at, :3] = np.rint(255 + (parts - 255) * share).astype(np.uint8)
        out[at, 3] = 0 if one == UNTESTED else 255
    return out


def _ha(dm2: int) -> str:
    return f"{grouped(round(dm2 / 10_000))} {label('REPORT-HA')}"


def _lines(text: str) -> str:
    """A text in lines that fit the side of a map: broken at blanks, in Chinese anywhere."""
    blank, words, letters = (" ", text.split(" "), 42) if language() == "en" else ("", list(text), 23)
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(blank + word) > letters:
            lines.append(word.strip())
        else:
            lines[-1] += (blank if lines[-1] else "") + word
    return "\n".join(lines)
