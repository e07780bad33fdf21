"""Quality grades from a layer, for farmland whose own parcel has none. Where features overlap, the best one counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tilth.change.doubled import counted_once
from tilth.change.held import GRADES
from tilth.change.shapes import valid
from tilth.core import IntArray, dm2_array
from tilth.land import Snapshot
from tilth.overlay import engine_area, intersection_areas

#: What is left uncovered of a parcel by no more than rounding, as a part of it, takes the grade beside it.
_ROUNDING = 1_000_000


def graded_by_layer(survey: Snapshot, by_grade_dm2: IntArray, layer: Snapshot) -> IntArray:
    """`by_grade_dm2` (n, 11) with what stood in column 0 moved to the grades that `layer` gives the ground, by `code`.

    A parcel's net area is parted as its ground is; the parts and what stays without a grade add up to it exactly.
    """
    grade = pd.to_numeric(layer.attributes["code"], errors="coerce").fillna(0).to_numpy(np.float64)
    known = np.flatnonzero(np.isin(grade, GRADES[1:]))
    rows = np.flatnonzero(by_grade_dm2[:, 0])
    if not len(known) or not len(rows):
        return by_grade_dm2
    crs = survey.meta.crs
    ground = valid(np.asarray(survey.shapes(rows), dtype=object))
    names = [f"{int(grade[row]):02d} {row:09d}" for row in known.tolist()]  # the best grade keeps what several cover
    zones, _ = counted_once(valid(np.asarray(layer.shapes(known), dtype=object)), names, crs)
    pieces = intersection_areas(ground, zones, crs)
    covered = np.zeros((len(rows), len(GRADES)))
    np.add.at(covered, (pieces.left, grade[known].astype(np.int64)[pieces.right]), pieces.area_m2)
    whole, cover = dm2_array(engine_area(ground, crs)).tolist(), dm2_array(covered).tolist()
    out = by_grade_dm2.copy()
    for row, full, areas in zip(rows.tolist(), whole, cover, strict=True):
        out[row] += _parted(int(by_grade_dm2[row, 0]), full, areas)
        out[row, 0] -= by_grade_dm2[row, 0]
    return out


def _parted(net: int, full: int, areas: list[int]) -> IntArray:
    """(11,) `net` by grade, as `areas` of the ground `full` lie; cutting the running sum keeps the parts adding up."""
    out = np.zeros(len(GRADES), dtype=np.int64)
    gone, cut = 0, 0
    for grade in GRADES[1:]:
        gone = min(full, gone + areas[grade])
        if full - gone <= full // _ROUNDING:
            gone = full
        upto = net * gone // full if full else 0
        out[grade], cut = upto - cut, upto
    out[0] = net - cut
    return out
