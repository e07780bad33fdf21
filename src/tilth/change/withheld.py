"""Rows that an import set aside, as a check must see them: what stands in them may hold for the land they lie on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from tilth.change.covers import SMALLEST_M2
from tilth.change.footprint import Plots, written
from tilth.change.shapes import Shapes, joined, meet, moved, plane, valid
from tilth.core import BadInput, dm2_array
from tilth.land import Snapshot
from tilth.overlay import engine_area

_POLYGONS = (3, 6)
#: Why a row was set aside, where that leaves its polygon in no place that could be meant.
_PLACELESS = frozenset({"INTAKE-ROW-COORDINATES"})


@dataclass(frozen=True, slots=True)
class Withheld:
    """Quarantined rows of one layer beside one plot."""

    rows: frozenset[int] = frozenset()  # those whose polygon lies under the plot, by position
    area_dm2: int = 0  # the land of the plot under them
    placeless: int = 0  # how many have no usable polygon: they may lie anywhere

    def __bool__(self) -> bool:
        return bool(self.rows or self.placeless)

    def __add__(self, other: Withheld) -> Withheld:
        """Beside two plots: the total counts each plot by itself."""
        rows, placeless = self.rows | other.rows, max(self.placeless, other.placeless)
        return Withheld(rows, self.area_dm2 + other.area_dm2, placeless)


def withheld(snapshot: Snapshot, kind: str, plots: Plots, crs: str) -> Mapping[str, Withheld]:
    """What was quarantined of `snapshot` beside each plot, by plot id; plots that no such row can touch are left out.

    `crs` is the survey's, in which `plots` stand. A row without a polygon counts beside every plot.
    """
    if not snapshot.meta.rows_quarantined:
        return {}
    shapes = _placed(snapshot, kind, crs)
    placeless = snapshot.meta.rows_quarantined - len(shapes)
    found = {}
    for at, name in enumerate(plots.ids):
        under = meet(np.full(len(shapes), plots.geometry[at], dtype=object), shapes, plane(crs))
        hit = np.flatnonzero(engine_area(under, crs) >= SMALLEST_M2)
        land = engine_area([joined(under[hit], plane(crs))], crs) if len(hit) else np.zeros(1)
        one = Withheld(frozenset(hit.tolist()), int(dm2_array(land)[0]), placeless)
        if one:
            found[name] = one
    return found


def _placed(snapshot: Snapshot, kind: str, crs: str) -> Shapes:
    """The quarantined rows that have a polygon somewhere, in `crs`."""
    held = snapshot.quarantine
    if held is None or not len(held):
        return np.zeros(0, dtype=object)
    given = np.asarray(held.geometry, dtype=object)[~held["code"].isin(_PLACELESS).to_numpy(bool)]
    given = given[np.isin(shapely.get_type_id(given), _POLYGONS) & ~shapely.is_empty(given)]
    whole = np.array([bool(np.isfinite(shapely.get_coordinates(shape)).all()) for shape in given], dtype=bool)
    own = written(held.crs) if held.crs is not None else snapshot.meta.crs
    placed = []
    for shape in given[whole]:
        try:
            (there,) = valid(moved(valid([shape]), own, crs, kind))
        except BadInput:
            continue  # it lies outside the projection: nobody knows where it is meant to be
        if shapely.area(there) > 0:
            placed.append(there)
    out = np.zeros(len(placed), dtype=object)
    out[:] = placed
    return out
