"""Layers as rules and tables need them: one of each kind, in the survey's coordinate system, or named as left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tilth.change import moved
from tilth.core import BadInput, Finding, Where
from tilth.land import Snapshot, Store, Stored
from tilth.runtime.held import HOLDING

#: Code of the finding that names a layer which could not be looked at.
LEFT_OUT = "API-LAYER-LEFT-OUT"


def usable_layers(
    store: Store, survey: Snapshot, kinds: Iterable[str] | None = None
) -> tuple[dict[str, Snapshot], tuple[Finding, ...]]:
    """The layers that the year of `survey` uses, by kind, in its coordinate system; and those that cannot be used.

    A kind of which one layer is damaged or stands on another datum is left out as a whole, with a finding: half of it
    would give a number that is too small. What depends on it is then not assessed.

    Parameters
    ----------
    kinds
        The kinds wanted; all of them if None.
    """
    entries: dict[str, list[Stored]] = {}
    for entry in store.chosen(survey.meta.year):
        entries.setdefault(entry.kind, []).append(entry)
    found: dict[str, Snapshot] = {}
    left_out = []
    for kind in sorted(entries if kinds is None else set(kinds) & set(entries)):
        try:
            layer = _held(store, kind, [store.load(entry) for entry in entries[kind]], survey.meta.crs)
        except BadInput as error:
            values = {"kind": kind, "ids": ", ".join(entry.id[:12] for entry in entries[kind]), "why": str(error)}
            left_out.append(Finding(LEFT_OUT, Where(layer=kind), values))
            continue
        if layer is not None:
            found[kind] = layer
    return found, tuple(left_out)


def _held(store: Store, kind: str, found: Sequence[Snapshot], crs: str) -> Snapshot | None:
    """As `layer_in`; what takes work is held by a server for whoever asks next."""

    def make() -> Snapshot | None:
        return layer_in({kind: found}, kind, crs)

    if len(found) == 1 and found[0].meta.crs == crs:
        return make()
    key = ("layer", str(store.workspace.root), kind, tuple(one.id for one in found), crs)
    return HOLDING.held(key, make, lambda one: 1 if one is None else one.meta.rows_stored)


def layer_in(layers: Mapping[str, Sequence[Snapshot]], kind: str, crs: str) -> Snapshot | None:
    """The layer of `kind` in `crs`; None where there is none or it holds no feature. Several are joined.

    Raises
    ------
    BadInput
        If it would take a change of datum.
    """
    found = [in_crs(layer, crs) for layer in layers.get(kind, ())]
    filled = [layer for layer in found if len(layer.attributes)]
    if len(found) < 2 or not filled:
        return filled[0] if filled else None
    rows = pd.concat([layer.parcels for layer in filled], ignore_index=True)
    held = [layer.quarantine for layer in found if layer.quarantine is not None and len(layer.quarantine)]
    first = filled[0]
    meta = replace(
        first.meta,
        sources=tuple(source for layer in found for source in layer.meta.sources),
        rows_in=sum(layer.meta.rows_in for layer in found),
        rows_stored=sum(layer.meta.rows_stored for layer in found),
        rows_quarantined=sum(layer.meta.rows_quarantined for layer in found),
        area_dm2=sum(layer.meta.area_dm2 for layer in found),
    )
    return replace(
        first,
        id="+".join(layer.id for layer in found),
        meta=meta,
        rows=gpd.GeoDataFrame(rows, geometry="geometry", crs=crs),
        findings=tuple(finding for layer in found for finding in layer.findings),
        aside=_in_frame(pd.concat(held, ignore_index=True), crs) if held else first.aside,
    )


def in_crs(layer: Snapshot, crs: str) -> Snapshot:
    """`layer` with its coordinates in `crs`, long edges densified so that they stay where they were.

    A quarantined row whose shape cannot be brought there has none afterwards: nobody knows where it lies.

    Raises
    ------
    BadInput
        If it would take a change of datum.
    """
    if layer.meta.crs == crs:
        return layer
    kind, source = layer.meta.kind, layer.meta.crs
    shapes = moved(layer.parcels.geometry.to_numpy(), source, crs, kind)
    held = layer.quarantine
    if held is not None and len(held):
        held = _in_frame(held, crs, [_moved_or_none(shape, source, crs, kind) for shape in held.geometry])
    return replace(
        layer,
        meta=replace(layer.meta, crs=crs),
        rows=_in_frame(layer.parcels, crs, list(shapes)),
        aside=held,
    )


def reason_out_of_reach(source: str, target: str, kind: str) -> str | None:
    """Why shapes in the CRS `source` cannot be brought to `target`; None where they can."""
    try:
        moved(np.array([], dtype=object), source, target, kind)
    except BadInput as error:
        return str(error)
    return None


def _moved_or_none(shape: shapely.Geometry | None, source: str, target: str, kind: str) -> shapely.Geometry | None:
    if shape is None or not np.isfinite(shapely.get_coordinates(shape)).all():
        return None
    try:
        carried: shapely.Geometry = moved(np.array([shape], dtype=object), source, target, kind)[0]
    except BadInput:
        return None
    return carried


def _in_frame(
    frame: pd.DataFrame, crs: str, shapes: Sequence[shapely.Geometry | None] | None = None
) -> gpd.GeoDataFrame:
    """`frame` as one of polygons in `crs`, with new `shapes` where they are given."""
    given = frame["geometry"] if shapes is None else shapes
    return gpd.GeoDataFrame(pd.DataFrame(frame).drop(columns="geometry"), geometry=list(given), crs=crs)
