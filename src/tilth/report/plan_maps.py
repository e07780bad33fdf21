"""The maps of a plan: parcels in the colour of what they are put to, with the area of each entry in the legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd

from tilth.core import BoolArray, Label, label, speaking
from tilth.report.canvas import map_sheet
from tilth.report.cells import grouped
from tilth.report.maps import bounds_of, fill_parcels, finished

_GROUND = "#efefec"
#: Told apart in print and by the colour-blind; what stays as it is, is pale.
_HUES = ("#4e79a7", "#e0a03b", "#59a06a", "#b0556a", "#7d6bab", "#5fb3b3", "#a0724a", "#9aa33b")
IDLE = "#d9d4c4"


def hue(place: int) -> str:
    """The colour at `place` of a legend."""
    from tilth.report.colours import ring_colour

    return _HUES[place] if place < len(_HUES) else ring_colour(place)


@dataclass(frozen=True)
class MapEntry:
    """One entry of a legend: its parcels, by their place among the plan's."""

    value: str
    label: Label
    colour: str
    chosen: BoolArray  # (n)
    area_dm2: int

    def said(self, lang: str) -> str:
        """Name and area, as the tables have it."""
        return f"{self.label.text(lang)} · {grouped(self.area_dm2)}\u00a0m²"


def plan_map(shapes: Any, entries: Sequence[MapEntry], ground: gpd.GeoDataFrame, title: Label, lang: str) -> bytes:
    """Parcels of a plan by entry, on the land around them.

    Parameters
    ----------
    shapes
        (n) Of the plan's parcels, in the system of `ground`; None where the survey has no such parcel.
    ground
        All parcels of the survey.
    """
    import numpy as np
    import shapely

    with speaking(lang):
        known = np.array([one is not None for one in shapes], dtype=bool)
        own = gpd.GeoDataFrame(geometry=list(shapes[known]), crs=ground.crs)
        sheet = map_sheet(title.text(lang), bounds_of(own if len(own) else ground), ground.crs, width=8.4)
        frame = shapely.box(*(sheet.axes.get_xlim()[0], sheet.axes.get_ylim()[0]),
                            *(sheet.axes.get_xlim()[1], sheet.axes.get_ylim()[1]))  # fmt: skip
        near = ground.geometry[shapely.intersects(np.asarray(ground.geometry), frame)]
        fill_parcels(sheet, near, _GROUND, 1)
        listed = []
        for one in entries:
            fill_parcels(sheet, shapes[one.chosen & known], one.colour, 1)
            listed.append((one.colour, one.said(lang)))
        listed.append((_GROUND, str(label("PLAN-MAP-OTHER"))))
        return finished(sheet, ground.crs, listed)
