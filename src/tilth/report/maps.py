"""The maps of a yearbook and of a project check, as PNG pictures with a legend of class names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from tilth.core import Label, label, speaking
from tilth.land import CodeSystem
from tilth.report.canvas import (
    EDGE,
    MapSheet,
    fill,
    furnish,
    legend,
    map_sheet,
    outline,
    png,
    polygons_of,
    ring_around_small,
)
from tilth.report.colours import CHANGED, FARMLAND, GAINED, GREY, LOST, PBF, PBF_FILL, class_colours, ring_colour

#: More classes than this do not fit a legend; the smallest are then drawn in grey and counted.
LEGEND_LIMIT = 44
MANY_PARCELS = 4000
#: In a check map, more classes than this are shown by their level-1 class; more outlines than this are drawn finer.
NEARBY_CLASSES = 24
FEW_OUTLINES = 150
_LINES = {"pbf": PBF, "ecology": "#1b7837", "town": "#7b3294", "reserve": "#00695c"}


def _bounds(*frames: gpd.GeoDataFrame) -> list[float]:
    boxes = [frame.total_bounds for frame in frames if len(frame)]
    if not boxes:
        return [float("nan")] * 4
    corners = np.array(boxes, dtype=np.float64)
    low, high = np.nanmin(corners[:, :2], axis=0), np.nanmax(corners[:, 2:], axis=0)
    return [*low.tolist(), *high.tolist()]


def _class_name(system: CodeSystem, code: str) -> str:
    return system.named(code) if code in system and str(system[code].label) != code else code


def _largest_first(parcels: gpd.GeoDataFrame, codes: pd.Series) -> list[str]:
    """Codes that occur, the largest area first."""
    weight = parcels["area_dm2"] if "area_dm2" in parcels else pd.Series(1, index=parcels.index)
    sums = weight.groupby(codes).sum()
    return [str(code) for code in sums.sort_values(ascending=False, kind="stable").index]


def class_map(
    parcels: gpd.GeoDataFrame, codes: CodeSystem, title: Label, lang: str, *, by_heading: bool = False
) -> bytes:
    """Every parcel in the colour of its class.

    Parameters
    ----------
    parcels
        Needs `class_code` and polygons; `area_dm2` orders a legend that is too long.
    by_heading
        Colour by level-1 class.
    """
    with speaking(lang):
        sheet = map_sheet(title.text(lang), _bounds(parcels), parcels.crs)
        shown = parcels["class_code"].astype("str")
        if by_heading:
            shown = shown.map(lambda code: codes.heading(code) if code in codes else code)
        return _finished(sheet, parcels.crs, _draw_classes(sheet, parcels, shown, codes))


def _draw_classes(
    sheet: MapSheet, parcels: gpd.GeoDataFrame, shown: pd.Series, codes: CodeSystem, strength: float = 1.0
) -> list[tuple[str, str]]:
    """Fill the parcels by class and give the legend; classes beyond its room are grey and counted."""
    shapes, ranked = np.asarray(parcels.geometry), _largest_first(parcels, shown)
    kept, rest = ranked[:LEGEND_LIMIT], ranked[LEGEND_LIMIT:]
    colours = class_colours(codes)
    order = {code: place for place, code in enumerate(codes.classes)}
    entries = []
    for place, code in enumerate(sorted(kept, key=lambda one: (order.get(one, len(order)), one))):
        colour = _pale(colours.get(code, ring_colour(place)), strength)
        _fill_parcels(sheet, shapes[(shown == code).to_numpy(bool)], colour, len(parcels))
        entries.append((colour, _class_name(codes, code)))
    if rest:
        _fill_parcels(sheet, shapes[shown.isin(rest).to_numpy(bool)], GREY, len(parcels))
        entries.append((GREY, str(label("REPORT-MAP-OTHER-CLASSES", count=len(rest)))))
    return entries


def _fill_parcels(sheet: MapSheet, shapes: Any, colour: str, count: int) -> None:
    """White edges between few parcels; among many they would drown the colours."""
    fill(sheet.axes, polygons_of(shapes), colour, edge=EDGE if count <= MANY_PARCELS else colour)


def _pale(colour: str, strength: float) -> str:
    """`colour` thinned with white: at strength 1 as it is, at 0 white."""
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(part * strength + 255 * (1 - strength)):02x}" for part in parts)


def _finished(sheet: MapSheet, crs: Any, entries: Sequence[tuple[str, str]]) -> bytes:
    legend(sheet, entries)
    furnish(sheet, crs)
    return png(sheet.figure)


def farmland_map(
    parcels: gpd.GeoDataFrame, codes: CodeSystem, pbf: gpd.GeoDataFrame | None, title: Label, lang: str
) -> bytes:
    """Farmland, and permanent basic farmland (永久基本农田) over it."""
    with speaking(lang):
        sheet = map_sheet(title.text(lang), _bounds(parcels), parcels.crs)
        is_farmland = parcels["class_code"].map(lambda code: code in codes and codes.is_farmland(code)).astype(bool)
        for chosen, colour in ((~is_farmland, "#e9e9e6"), (is_farmland, FARMLAND)):
            _fill_parcels(sheet, parcels.geometry[chosen], colour, len(parcels))
        entries = [(FARMLAND, str(label("REPORT-MAP-FARMLAND"))), ("#e9e9e6", str(label("REPORT-MAP-OTHER-LAND")))]
        if pbf is not None and len(pbf):
            drawn = pbf.to_crs(parcels.crs) if pbf.crs != parcels.crs else pbf
            fill(sheet.axes, polygons_of(drawn.geometry), PBF_FILL, edge=PBF_FILL)
            entries.insert(1, (PBF_FILL, str(label("REPORT-MAP-PBF"))))
        return _finished(sheet, parcels.crs, entries)


def change_map(
    parcels: gpd.GeoDataFrame,
    pieces: gpd.GeoDataFrame,
    codes: CodeSystem,
    title: Label,
    lang: str,
    *,
    before: str = "old_class",
    after: str = "new_class",
) -> bytes:
    """Where land changed its class: farmland lost, farmland gained, any other change.

    Parameters
    ----------
    pieces
        Changed pieces with their class before and after in the columns named by `before` and `after`.
    """
    with speaking(lang):
        sheet = map_sheet(title.text(lang), _bounds(parcels, pieces), parcels.crs)
        fill(sheet.axes, polygons_of(parcels.geometry), "#eeeeeb", edge="#d8d8d4")
        entries = [("#eeeeeb", str(label("REPORT-MAP-UNCHANGED")))]
        if len(pieces):
            kinds = _change_kinds(pieces, codes, before, after)
            for kind, colour in (("LOST", LOST), ("GAINED", GAINED), ("CHANGED", CHANGED)):
                chosen = pieces.geometry[kinds == kind]
                if len(chosen):
                    fill(sheet.axes, polygons_of(chosen), colour, edge=colour, width=0.7)
                    name = "REPORT-MAP-CHANGED" if kind == "CHANGED" else f"REPORT-MAP-FARMLAND-{kind}"
                    entries.append((colour, f"{label(name)} ({len(chosen):,})"))
        else:
            entries.append((CHANGED, str(label("REPORT-MAP-NO-CHANGE"))))
        return _finished(sheet, parcels.crs, entries)


def _change_kinds(pieces: gpd.GeoDataFrame, codes: CodeSystem, before: str, after: str) -> pd.Series:
    was = pieces[before].map(lambda code: code in codes and codes.is_farmland(code)).astype(bool)
    now = pieces[after].map(lambda code: code in codes and codes.is_farmland(code)).astype(bool)
    return pd.Series(np.select([was & ~now, now & ~was], ["LOST", "GAINED"], "CHANGED"), index=pieces.index)


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

    Only what lies in the picture is drawn, with a margin of half the footprint's size around it.

    Parameters
    ----------
    layers
        Kind of layer ("pbf", "ecology", …) to its name and its features.
    hits
        Pieces of the footprint that a rule concerns; None or empty where there is none.
    """
    with speaking(lang):
        sheet = map_sheet(title.text(lang), _margin(footprint, 0.5), footprint.crs)
        x, y = sheet.axes.get_xlim(), sheet.axes.get_ylim()
        seen = [x[0], y[0], x[1], y[1]]
        near = _near(parcels, footprint.crs, seen)
        shown = near["class_code"].astype("str")
        if shown.nunique() > NEARBY_CLASSES:
            shown = shown.map(lambda code: codes.heading(code) if code in codes else code)
        entries = _draw_classes(sheet, near, shown, codes, strength=0.55)
        lines = [_line(sheet, kind, place, footprint.crs, *layers[kind]) for place, kind in enumerate(sorted(layers))]
        marks = [("line:#000000", str(label("REPORT-MAP-FOOTPRINT")))]
        if hits is not None and len(hits):
            drawn = hits.to_crs(footprint.crs) if hits.crs != footprint.crs else hits
            fill(sheet.axes, polygons_of(drawn.geometry), LOST, edge=LOST, width=0.6, alpha=0.75, zorder=6)
            ring_around_small(sheet.axes, polygons_of(drawn.geometry), LOST, zorder=7)
            marks.append((LOST, str(label("REPORT-MAP-HIT"))))
        outline(sheet.axes, polygons_of(footprint.geometry), "#000000", 2.0, zorder=8)
        ring_around_small(sheet.axes, polygons_of(footprint.geometry), "#000000", share=0.01, zorder=9)
        return _finished(sheet, footprint.crs, [*marks, *filter(None, lines), *entries])


def _line(
    sheet: MapSheet, kind: str, place: int, crs: Any, name: Label, frame: gpd.GeoDataFrame
) -> tuple[str, str] | None:
    """Draw the outlines of a layer, finer where there are many, and give the legend; None where none is in sight."""
    x, y = sheet.axes.get_xlim(), sheet.axes.get_ylim()
    seen = polygons_of(_near(frame, crs, [x[0], y[0], x[1], y[1]]).geometry)
    if not len(seen):
        return None
    colour = _LINES.get(kind, ring_colour(place + 5))
    outline(sheet.axes, seen, colour, 1.2 if len(seen) <= FEW_OUTLINES else 0.35, zorder=5)
    return f"line:{colour}", str(name)


def _margin(frame: gpd.GeoDataFrame, share: float) -> list[float]:
    x0, y0, x1, y1 = _bounds(frame)
    pad = max(x1 - x0, y1 - y0) * share
    return [x0 - pad, y0 - pad, x1 + pad, y1 + pad]


def _near(frame: gpd.GeoDataFrame, crs: Any, bounds: Sequence[float]) -> gpd.GeoDataFrame:
    """Rows whose box meets `bounds`, in `crs`."""
    drawn = frame.to_crs(crs) if frame.crs is not None and crs is not None and frame.crs != crs else frame
    x0, y0, x1, y1 = bounds
    return drawn.cx[x0:x1, y0:y1] if len(drawn) else drawn
