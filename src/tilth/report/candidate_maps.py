"""The map of land that could become farmland, by kind; what is out is pale."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from tilth.change import shown_ha
from tilth.core import IntArray, Label, label, speaking
from tilth.report.canvas import EDGE, fill, furnish, legend, map_sheet, png, polygons_of
from tilth.report.cells import grouped

CANDIDATE_COLOURS = {
    "saline": "#c9824a", "saline-grass": "#d9c24f", "restorable-now": "#4f9d69", "restorable-works": "#8fc18f",
    "adjustable": "#5b86b8", "abandoned": "#a2587a", "idle": "#8c7bb5",
}  # fmt: skip
CANDIDATE_REST, CANDIDATE_OUT = "#f1f0ec", "#b9b6ad"


def candidate_map(
    parcels: npt.NDArray[np.object_], candidates: npt.NDArray[np.object_], kind: npt.NDArray[np.object_],
    usable_dm2: IntArray, areas_dm2: IntArray, crs: Any, title: Label, lang: str,
) -> bytes:  # fmt: skip
    """A map as PNG: all parcels, candidates by kind where some of them is usable, grey where none is.

    The legend has the usable area of each kind, as the tables have it; and in one line what is taken out, of parcels in
    whole and in part. They add up to the area of the candidates.
    """
    usable, out = usable_dm2 > 0, areas_dm2 - usable_dm2
    with speaking(lang):
        place = pyproj.CRS.from_user_input(crs)
        sheet = map_sheet(title.text(lang), shapely.total_bounds(parcels).tolist(), place)
        fill(sheet.axes, polygons_of(parcels), CANDIDATE_REST, edge="#dddbd4", width=0.1)
        entries = []
        for one, colour in CANDIDATE_COLOURS.items():
            own = (kind == one) & usable
            fill(sheet.axes, polygons_of(candidates[own]), colour, edge=EDGE)
            if own.any():
                name = label(f"SOIL-CANDIDATES-KIND-{one.upper()}")
                entries.append((colour, f"{name} · {label('SOIL-CANDIDATES-USABLE')} {_ha(usable_dm2[own])}"))
        if not usable.all():
            fill(sheet.axes, polygons_of(candidates[~usable]), CANDIDATE_OUT, edge=EDGE)
        if out.any():
            entries.append((CANDIDATE_OUT, f"{label('SOIL-CANDIDATES-OUT')} · {_ha(out)}"))
        entries.append((CANDIDATE_REST, str(label("REPORT-MAP-OTHER-LAND"))))
        legend(sheet, entries)
        furnish(sheet, place)
        return png(sheet.figure)


def _ha(areas_dm2: IntArray) -> str:
    return f"{grouped(shown_ha(int(areas_dm2.sum())))}\u00a0{label('REPORT-HA')}"
