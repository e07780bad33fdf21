"""The picture of a project check: the footprint over parcels and layers; plots far apart in a frame for each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tilth.core import IntArray, Label, label, speaking
from tilth.land import CodeSystem
from tilth.report.canvas import (
    MapSheet,
    fill,
    furnish,
    legend,
    map_grid,
    map_sheet,
    marked,
    named,
    outline,
    png,
    polygons_of,
    ring_around_small,
)
from tilth.report.colours import LOST, PBF, ring_colour
from tilth.report.maps import Entry, bounds_of, fill_classes, fill_parcels, palette

#: More classes than this are shown by their level-1 class; more outlines than this are drawn finer.
NEARBY_CLASSES = 24
FEW_OUTLINES = 150
#: Groups of plots that get a frame of their own; the others are named.
FRAMES = 5
#: The smallest group of plots may be this part of the whole footprint's width and still be seen in one picture.
SEEN_TOGETHER = 1 / 8
#: Plots nearer to each other than this part of the footprint's width share a frame, whatever their size.
NEAR = 1 / 100
_LINES = {"pbf": PBF, "ecology": "#1b7837", "town": "#7b3294", "reserve": "#00695c"}


@dataclass(frozen=True)
class Group:
    """Plots, or parts of plots, that lie together: the plots' rows, their area, and the box around (x0, y0, x1, y1)."""

    rows: tuple[int, ...]
    area: float  # in the plane of the CRS
    bounds: tuple[float, float, float, float]

    @property
    def size(self) -> float:
        """The longer side of the box, in units of the CRS."""
        return max(self.bounds[2] - self.bounds[0], self.bounds[3] - self.bounds[1])

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box."""
        return (self.bounds[0] + self.bounds[2]) / 2, (self.bounds[1] + self.bounds[3]) / 2


def groups_of(shapes: Sequence[Any]) -> list[Group]:
    """The plots as groups, in the order of their first plots; one group where all of them are seen in one picture.

    Two plots, or parts of one, are in one group if they are no further apart than both are long together, or than
    twice `NEAR` of the whole footprint; so is whoever is joined by plots between them.
    """
    parts, plot = shapely.get_parts(np.asarray(shapes, dtype=object), return_index=True)
    boxes = shapely.bounds(parts)
    whole = _group(np.arange(len(parts)), parts, plot)
    reach = np.maximum((boxes[:, 2:] - boxes[:, :2]).max(axis=1), whole.size * NEAR)
    around = shapely.box(*(boxes[:, :2] - reach[:, None]).T, *(boxes[:, 2:] + reach[:, None]).T)
    zones = shapely.get_parts(shapely.union_all(around))
    middles = shapely.points(boxes[:, :2] / 2 + boxes[:, 2:] / 2)
    part, zone = shapely.STRtree(zones).query(middles, predicate="intersects")
    found = [_group(part[zone == number], parts, plot) for number in range(len(zones))]
    if min(group.size for group in found) >= whole.size * SEEN_TOGETHER:
        return [whole]
    return sorted(found, key=_in_order)


def _in_order(group: Group) -> tuple[tuple[int, ...], tuple[float, float, float, float]]:
    return group.rows, group.bounds


def _group(chosen: IntArray, parts: Any, plot: IntArray) -> Group:
    x0, y0, x1, y1 = shapely.total_bounds(parts[chosen]).tolist()
    rows = tuple(sorted(set(plot[chosen].tolist())))
    return Group(rows, float(shapely.area(parts[chosen]).sum()), (x0, y0, x1, y1))


def check_map(
    footprint: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    layers: Mapping[str, tuple[Label, gpd.GeoDataFrame]],
    hits: gpd.GeoDataFrame | None,
    *,
    codes: CodeSystem,
    title: Label,
    lang: str,
) -> bytes:
    """A project's footprint over the parcels, the layers of the rules, and the pieces that hit one.

    Only what lies in the picture is drawn, with a margin of half the footprint's size around it. Plots that lie too
    far apart to be seen in one picture are drawn group by group, those with hits first, beside a small map of where
    they lie; groups beyond the room of the page are marked there and named.

    Parameters
    ----------
    footprint
        One row for each plot; `plot_id` names it, the number of its row without.
    layers
        Kind of layer ("pbf", "ecology", …) to its name and its features.
    hits
        Pieces of the footprint that a rule concerns; None or empty where there is none.
    """
    with speaking(lang):
        groups = groups_of(list(footprint.geometry))
        struck = _struck(footprint, hits)
        first = sorted(groups, key=lambda group: (-_hit_area(group, struck), -group.area, _in_order(group)))
        shown = sorted(first[:FRAMES], key=_in_order)
        left = sorted(first[FRAMES:], key=_in_order)
        if len(groups) == 1:
            sheets = [map_sheet(title.text(lang), _margin(groups[0].bounds), footprint.crs)]
        else:
            boxes = [*(_margin(group.bounds) for group in shown), bounds_of(parcels, footprint)]
            sheets = map_grid(title.text(lang), boxes, footprint.crs, note=_left_out(left, footprint))
        entries = _draw(sheets[: len(shown)], footprint, parcels, layers, struck, codes)
        for sheet in sheets:
            furnish(sheet, footprint.crs)
        if len(groups) > 1:
            for letter, group, sheet in zip(ascii_uppercase, shown, sheets, strict=False):
                named(sheet.axes, f"{letter}: {_names(group, footprint, 28)}")
            _locate(sheets[-1], shown, left, parcels)
        legend(sheets[0], entries)
        return png(sheets[0].figure)


def _struck(footprint: gpd.GeoDataFrame, hits: gpd.GeoDataFrame | None) -> Any:
    """The polygons of the hits, in the footprint's CRS."""
    if hits is None or not len(hits):
        return np.array([], dtype=object)
    drawn = hits.to_crs(footprint.crs) if hits.crs != footprint.crs else hits
    return polygons_of(drawn.geometry)


def _hit_area(group: Group, struck: Any) -> float:
    if not len(struck):
        return 0.0
    return float(shapely.area(struck[shapely.intersects(struck, shapely.box(*group.bounds))]).sum())


def _draw(
    sheets: Sequence[MapSheet],
    footprint: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    layers: Mapping[str, tuple[Label, gpd.GeoDataFrame]],
    struck: Any,
    codes: CodeSystem,
) -> list[Entry]:
    """Every frame in the same colours, and the legend of all of them."""
    crs, plots = footprint.crs, polygons_of(footprint.geometry)
    near = [_near(parcels, crs, _seen(sheet)) for sheet in sheets]
    together = pd.concat(near)
    shown = together["class_code"].astype("str")
    if shown.nunique() > NEARBY_CLASSES:
        shown = shown.map(lambda code: codes.heading(code) if code in codes else code)
    colours, classes = palette(together, shown, codes, strength=0.55)
    ends = np.cumsum([0, *map(len, near)])
    lines: dict[int, Entry] = {}
    for number, sheet in enumerate(sheets):
        own = shown.iloc[ends[number] : ends[number + 1]]
        fill_classes(sheet, np.asarray(near[number].geometry), own, colours)
        for place, kind in enumerate(sorted(layers)):
            line = _line(sheet, kind, place, crs, *layers[kind])
            lines |= {place: line} if line else {}
        fill(sheet.axes, struck, LOST, edge=LOST, width=0.6, alpha=0.75, zorder=6)
        ring_around_small(sheet.axes, struck, LOST, zorder=7)
        outline(sheet.axes, plots, "#000000", 2.0, zorder=8)
        ring_around_small(sheet.axes, plots, "#000000", share=0.01, zorder=9)
    marks = [("line:#000000", str(label("REPORT-MAP-FOOTPRINT")))]
    marks += [(LOST, str(label("REPORT-MAP-HIT")))] if len(struck) else []
    return [*marks, *(lines[place] for place in sorted(lines)), *classes]


def _locate(sheet: MapSheet, shown: Sequence[Group], left: Sequence[Group], parcels: gpd.GeoDataFrame) -> None:
    """Where the frames lie in the county; groups without a frame are marked in grey."""
    fill_parcels(sheet, parcels.geometry, "#dfe3da", len(parcels))
    named(sheet.axes, str(label("REPORT-MAP-LOCATOR")))
    marked(sheet.axes, [(*group.centre, "") for group in left], "#8a8a8a")
    places = [(*group.centre, letter) for letter, group in zip(ascii_uppercase, shown, strict=False)]
    marked(sheet.axes, places, "#000000")


def _left_out(left: Sequence[Group], footprint: gpd.GeoDataFrame) -> str:
    if not left:
        return ""
    plots = ", ".join(_names(group, footprint, 60) for group in left)
    return str(label("REPORT-MAP-GROUPS-LEFT", count=len(left), plots=plots))


def _names(group: Group, footprint: gpd.GeoDataFrame, letters: int) -> str:
    """The plots of a group by name, as many as go into `letters`, and how many more there are."""
    names = footprint["plot_id"] if "plot_id" in footprint else pd.Series(range(1, len(footprint) + 1))
    texts = [str(names.iloc[row]) for row in group.rows]
    kept = texts[:1]
    while len(kept) < len(texts) and len(", ".join(texts[: len(kept) + 1])) <= letters:
        kept = texts[: len(kept) + 1]
    return ", ".join(kept) + (f" +{len(texts) - len(kept)}" if len(kept) < len(texts) else "")


def _seen(sheet: MapSheet) -> list[float]:
    x, y = sheet.axes.get_xlim(), sheet.axes.get_ylim()
    return [x[0], y[0], x[1], y[1]]


def _line(sheet: MapSheet, kind: str, place: int, crs: Any, name: Label, frame: gpd.GeoDataFrame) -> Entry | None:
    """Draw the outlines of a layer, finer where there are many, and give the legend; None where none is in sight."""
    seen = polygons_of(_near(frame, crs, _seen(sheet)).geometry)
    if not len(seen):
        return None
    colour = _LINES.get(kind, ring_colour(place + 5))
    outline(sheet.axes, seen, colour, 1.2 if len(seen) <= FEW_OUTLINES else 0.35, zorder=5)
    return f"line:{colour}", str(name)


def _margin(bounds: Sequence[float]) -> list[float]:
    x0, y0, x1, y1 = bounds
    pad = max(x1 - x0, y1 - y0) * 0.5
    return [x0 - pad, y0 - pad, x1 + pad, y1 + pad]


def _near(frame: gpd.GeoDataFrame, crs: Any, bounds: Sequence[float]) -> gpd.GeoDataFrame:
    """Rows whose box meets `bounds`, in `crs`."""
    drawn = frame.to_crs(crs) if frame.crs is not None and crs is not None and frame.crs != crs else frame
    x0, y0, x1, y1 = bounds
    return drawn.cx[x0:x1, y0:y1] if len(drawn) else drawn
