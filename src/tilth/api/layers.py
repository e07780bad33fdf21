"""Layers as rules and tables need them: one of each kind, in the survey's coordinate system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from tilth.change import moved
from tilth.land import Snapshot


def layer_in(layers: Mapping[str, Sequence[Snapshot]], kind: str, crs: str) -> Snapshot | None:
    """The layer of `kind` in `crs`; None where there is none or it holds no feature. Several are joined.

    Raises
    ------
    BadInput
        If it would take a change of datum.
    """
    found = [layer for layer in layers.get(kind, ()) if len(layer.parcels)]
    if not found:
        return None
    joined = in_crs(found[0], crs)
    for layer in found[1:]:
        rows = pd.concat([joined.parcels, in_crs(layer, crs).parcels], ignore_index=True)
        meta = replace(
            joined.meta,
            sources=(*joined.meta.sources, *layer.meta.sources),
            rows_in=joined.meta.rows_in + layer.meta.rows_in,
            rows_stored=joined.meta.rows_stored + layer.meta.rows_stored,
            rows_quarantined=joined.meta.rows_quarantined + layer.meta.rows_quarantined,
            area_dm2=joined.meta.area_dm2 + layer.meta.area_dm2,
        )
        joined = replace(
            joined,
            id=f"{joined.id}+{layer.id}",
            meta=meta,
            parcels=gpd.GeoDataFrame(rows, geometry="geometry", crs=crs),
            findings=(*joined.findings, *layer.findings),
        )
    return joined


def in_crs(layer: Snapshot, crs: str) -> Snapshot:
    """`layer` with its coordinates in `crs`, long edges densified so that they stay where they were.

    Raises
    ------
    BadInput
        If it would take a change of datum.
    """
    if layer.meta.crs == crs:
        return layer
    shapes = moved(layer.parcels.geometry.to_numpy(), layer.meta.crs, crs, layer.meta.kind)
    frame = gpd.GeoDataFrame(
        pd.DataFrame(layer.parcels).drop(columns=layer.parcels.geometry.name), geometry=list(shapes), crs=crs
    )
    return replace(layer, meta=replace(layer.meta, crs=crs), parcels=frame)
