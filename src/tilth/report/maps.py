"""The maps of a yearbook, as PNG pictures with a legend of class names."""

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
    png,
    polygons_of,
)
from tilth.report.cells import class_name
from tilth.report.colours import CHANGED, FARMLAND, GAINED, GREY, LOST, PBF_FILL, chosen_colours

#: More classes than this do not fit a legend; the smallest are then drawn in grey and counted.
LEGEND_LIMIT = 25
MANY_PARCELS = 4000

Entry = tuple[str, str]  # of a legend: colour, name


def bounds_of(*frames: gpd.GeoDataFrame) -> list[float]:
    """The box (x0, y0, x1, y1) around all rows of `frames`; NaN where there is none."""
    boxes = [frame.total_bounds for frame in frames if len(frame)]
    if not boxes:
        return [float("nan")] * 4
    corners = np.array(boxes, dtype=np.float64)
    low, high = np.nanmin(corners[:, :2], axis=0), np.nanmax(corners[:, 2:], axis=0)
    return [*low.tolist(), *high.tolist()]


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
        sheet = map_sheet(title.text(lang), bounds_of(parcels), parcels.crs)
        shown = parcels["class_code"].astype("str")
        if by_heading:
            shown = shown.map(lambda code: codes.heading(code) if code in codes else code)
        return finished(sheet, parcels.crs, _draw_classes(sheet, parcels, shown, codes))


def _draw_classes(sheet: MapSheet, parcels: gpd.GeoDataFrame, shown: pd.Series, codes: CodeSystem) -> list[Entry]:
    """Fill the parcels by class and give the legend; classes beyond its room are grey and counted."""
    colours, entries = palette(parcels, shown, codes)
    fill_classes(sheet, np.asarray(parcels.geometry), shown, colours)
    return entries


def palette(
    parcels: gpd.GeoDataFrame, shown: pd.Series, codes: CodeSystem, strength: float = 1.0
) -> tuple[dict[str, str], list[Entry]]:
    """The colour of each class in `shown` (of `parcels`, row by row), and the legend in the order of the classes."""
    ranked = _largest_first(parcels, shown)
    kept, rest = ranked[:LEGEND_LIMIT], ranked[LEGEND_LIMIT:]
    order = {code: place for place, code in enumerate(codes.classes)}
    listed = sorted(kept, key=lambda one: (order.get(one, len(order)), one))
    colours = {code: _pale(colour, strength) for code, colour in chosen_colours(codes, listed).items()}
    entries = [(colour, class_name(codes, code)) for code, colour in colours.items()]
    if rest:
        entries.append((GREY, str(label("REPORT-MAP-OTHER-CLASSES", count=len(rest)))))
    return colours, entries


def fill_classes(sheet: MapSheet, shapes: Any, shown: pd.Series, colours: Mapping[str, str]) -> None:
    """Fill `shapes` by their class; a class without a colour is grey."""
    for code, colour in colours.items():
        fill_parcels(sheet, shapes[(shown == code).to_numpy(bool)], colour, len(shapes))
    fill_parcels(sheet, shapes[~shown.isin(list(colours)).to_numpy(bool)], GREY, len(shapes))


def fill_parcels(sheet: MapSheet, shapes: Any, colour: str, count: int) -> None:
    """Fill with one colour. White edges between few parcels; among many they would drown the colours."""
    fill(sheet.axes, polygons_of(shapes), colour, edge=EDGE if count <= MANY_PARCELS else colour)


def _pale(colour: str, strength: float) -> str:
    """`colour` thinned with white: at strength 1 as it is, at 0 white."""
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(part * strength + 255 * (1 - strength)):02x}" for part in parts)


def finished(sheet: MapSheet, crs: Any, entries: Sequence[Entry]) -> bytes:
    """The sheet with its legend, scale bar and north arrow, as PNG."""
    legend(sheet, entries)
    furnish(sheet, crs)
    return png(sheet.figure)


def farmland_map(
    parcels: gpd.GeoDataFrame, codes: CodeSystem, pbf: gpd.GeoDataFrame | None, title: Label, lang: str
) -> bytes:
    """Farmland, and permanent basic farmland (永久基本农田) over it."""
    with speaking(lang):
        sheet = map_sheet(title.text(lang), bounds_of(parcels), parcels.crs)
        is_farmland = parcels["class_code"].map(lambda code: code in codes and codes.is_farmland(code)).astype(bool)
        for chosen, colour in ((~is_farmland, "#e9e9e6"), (is_farmland, FARMLAND)):
            fill_parcels(sheet, parcels.geometry[chosen], colour, len(parcels))
        entries = [(FARMLAND, str(label("REPORT-MAP-FARMLAND"))), ("#e9e9e6", str(label("REPORT-MAP-OTHER-LAND")))]
        if pbf is not None and len(pbf):
            drawn = pbf.to_crs(parcels.crs) if pbf.crs != parcels.crs else pbf
            fill(sheet.axes, polygons_of(drawn.geometry), PBF_FILL, edge=PBF_FILL)
            entries.insert(1, (PBF_FILL, str(label("REPORT-MAP-PBF"))))
        return finished(sheet, parcels.crs, entries)


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
        sheet = map_sheet(title.text(lang), bounds_of(parcels, pieces), parcels.crs)
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
        return finished(sheet, parcels.crs, entries)


def _change_kinds(pieces: gpd.GeoDataFrame, codes: CodeSystem, before: str, after: str) -> pd.Series:
    was = pieces[before].map(lambda code: code in codes and codes.is_farmland(code)).astype(bool)
    now = pieces[after].map(lambda code: code in codes and codes.is_farmland(code)).astype(bool)
    return pd.Series(np.select([was & ~now, now & ~was], ["LOST", "GAINED"], "CHANGED"), index=pieces.index)
