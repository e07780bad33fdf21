"""The change list (变更一览表): one row for every piece of land that is not what it was a year ago."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tilth.change import pieces as kinds
from tilth.change.distinct import numbered, pressed
from tilth.change.pieces import Booked
from tilth.core import IntArray

#: Attributes shown before and after, by their name in the list.
ATTRIBUTES = {
    "slope": "slope_grade",
    "form": "farmland_form",
    "tenure": "tenure",
    "planting": "planting",
    "settlement": "settlement",
    "refinement": "refinement",
}
#: Columns of the list, in the official order; areas in dm².
COLUMNS = (
    "seq",
    "kind",  # class, attribute, region, lost, gained, overlap_before, overlap_after
    "old_region", "old_parcel", "old_no", "old_class",
    "new_region", "new_parcel", "new_no", "new_class",
    "area_dm2", "old_net_dm2", "new_net_dm2",
    *(f"{name}_{side}" for name in ATTRIBUTES for side in ("before", "after")),
    "reason", "document",
)  # fmt: skip


def change_list(before: pd.DataFrame, after: pd.DataFrame, booked: Booked) -> pd.DataFrame:
    """Pieces whose class, region or attributes differ, and land that only one of the years knows.

    Rows run by old region and parcel, then new parcel; `reason` and `document` are left blank for the office to fill.
    Measured differences are in the matrix by class, not here.
    """
    some = booked.frame[changed(before, after, booked)].reset_index(drop=True)
    left, right = some["left"].to_numpy(np.int64), some["right"].to_numpy(np.int64)
    out = pd.DataFrame({"kind": some["kind"], "area_dm2": some["gross"]})
    for side, parcels, rows, name in (("old", before, left, "before"), ("new", after, right, "after")):
        for column, field in (("region", "region_code"), ("parcel", "parcel_id"), ("no", "parcel_no")):
            out[f"{side}_{column}"] = _text(parcels, field, rows)
        out[f"{side}_class"] = _text(parcels, "class_code", rows)
        out[f"{side}_net_dm2"] = np.where(rows >= 0, some["gross"] - some[f"ridge_{name}"], 0)
        for shown, field in ATTRIBUTES.items():
            out[f"{shown}_{name}"] = _text(parcels, field, rows)
    out["reason"] = out["document"] = ""
    out["kind"] = _kind(out)
    out = out.sort_values(
        ["old_region", "old_parcel", "new_region", "new_parcel", "kind"], kind="stable", ignore_index=True
    )
    out["seq"] = np.arange(1, len(out) + 1)
    return out[list(COLUMNS)]


def changed(before: pd.DataFrame, after: pd.DataFrame, booked: Booked) -> np.ndarray:
    """(booked,) is the piece in the list: has it one parcel only, or does anything differ that the list shows?"""
    number, most = np.zeros(len(before) + len(after), dtype=np.int64), 1
    for field in ("class_code", "region_code", *ATTRIBUTES.values()):
        both = pd.concat([before[field], after[field]], ignore_index=True)
        own, values = numbered(both)
        shown, different = numbered(_shown(pd.Series(values, dtype=both.dtype)))
        number, kept = pressed(number * max(len(different), 1) + shown[own], most * max(len(different), 1))
        most = len(kept)
    land = booked.of(kinds.LAND)
    found = ~land
    found[land] = number[booked.left[land]] != number[len(before) + booked.right[land]]
    found &= ~booked.of(kinds.DIFFERENCE)
    return found


def _text(parcels: pd.DataFrame, field: str, rows: IntArray) -> np.ndarray:
    """Values of `field` as text, "" where there is no parcel or no value."""
    found = np.full(len(rows), "", dtype=object)
    found[rows >= 0] = _shown(parcels[field].iloc[rows[rows >= 0]])
    return found


def _shown(values: pd.Series[Any]) -> np.ndarray:
    """(n,) as text, "" where there is none."""
    return np.asarray(values.astype("object").where(values.notna(), "").astype(str), dtype=object)


def _kind(out: pd.DataFrame) -> np.ndarray:
    """What kind of change a row is. The weightiest is named."""
    choices = [
        (out["kind"] != kinds.LAND).to_numpy(),
        (out["old_class"] != out["new_class"]).to_numpy(),
        (out["old_region"] != out["new_region"]).to_numpy(),
    ]
    found: np.ndarray = np.select(choices, [out["kind"].to_numpy(object), "class", "region"], "attribute")
    return found
