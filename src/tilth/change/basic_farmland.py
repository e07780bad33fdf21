"""Permanent basic farmland as its tasks count it: one definition for standing, for checks and for the examination.

The net area that the layer records (YJJBNTMJ), land under several features once, in the village that the layer states
for a feature (ZLDWDM), else in that of the parcel which a point inside it lies in.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from tilth.change.doubled import counted_once
from tilth.change.shapes import Shapes, moved, valid
from tilth.core import IntArray
from tilth.land import Snapshot
from tilth.overlay import engine_area

#: Columns of a layer that may say in which village a feature lies.
_PLACES = ("region_code", "location_code", "ZLDWDM")
_VILLAGE_DIGITS = 12

Texts = npt.NDArray[np.object_]


def designated(pbf: Snapshot, parcels: Snapshot) -> dict[str, int]:
    """Designated net area by village code, "" where none is known. [dm²]

    `parcels` is the survey that tells in which village a feature lies, where the layer does not.
    """
    shapes = valid(np.asarray(pbf.parcels.geometry, dtype=object))
    ground = np.asarray(parcels.parcels.geometry, dtype=object)
    codes = parcels.parcels["region_code"].fillna("").to_numpy(object)
    home = homes(pbf, shapes, ground, codes, parcels.meta.crs)
    sums: dict[str, int] = {}
    for code, area in zip(home, net_once(pbf, shapes).tolist(), strict=True):
        sums[code] = sums.get(code, 0) + area
    return sums


def net_once(pbf: Snapshot, shapes: Shapes) -> IntArray:
    """(n,) recorded net areas, less the share of each feature that an earlier one has already. [dm²]"""
    frame, crs = pbf.parcels, pbf.meta.crs
    _, twice = counted_once(shapes, frame["feature_id"].to_list(), crs)
    net: IntArray = frame["net_area_dm2"].to_numpy(np.int64).copy()
    rows = np.flatnonzero(twice)
    if len(rows):
        share = twice[rows] / engine_area(shapes[rows], crs)
        net[rows] -= np.rint(net[rows] * np.minimum(share, 1.0)).astype(np.int64)
    return net


def homes(pbf: Snapshot, shapes: Shapes, ground: Shapes, villages: Texts, crs: str) -> list[str]:
    """(n,) the village of each feature, "" where neither the layer nor the survey tells.

    `ground` holds the shapes of the survey's parcels in `crs`, `villages` the village of each.
    """
    frame = pbf.parcels
    place = next((name for name in _PLACES if name in frame), None)
    found = np.full(len(frame), "", dtype=object)
    if place is not None:
        found[:] = [str(code).strip()[:_VILLAGE_DIGITS] for code in frame[place].fillna("")]
    unsaid = np.flatnonzero((found == "") & ~shapely.is_empty(shapes))
    if len(unsaid):
        points = shapely.point_on_surface(moved(shapes[unsaid], pbf.meta.crs, crs, "pbf"))
        for at, parcel in zip(*shapely.STRtree(ground).query(points, predicate="intersects"), strict=True):
            found[unsaid[at]] = str(villages[parcel])
    return [str(code) for code in found]
