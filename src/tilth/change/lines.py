"""Flows of class area: what each piece moves from one class to another, ridges (1203) told apart from fields."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tilth.change import pieces as kinds
from tilth.change.distinct import by_value
from tilth.change.layout import RIDGE
from tilth.change.places import Places
from tilth.core import IntArray

#: How a piece that has one parcel only is shown: where its land comes from, or goes.
ENDS = {
    kinds.LOST: "LOST",
    kinds.OVERLAP_BEFORE: "OVERLAP-BEFORE",
    kinds.GAINED: "GAINED",
    kinds.OVERLAP_AFTER: "OVERLAP-AFTER",
    kinds.DIFFERENCE: "DIFFERENCE",
}
#: Rows and columns of a matrix that are no class.
SOURCES = ("GAINED", "OVERLAP-AFTER", "DIFFERENCE", "FROM-OTHERS")
SINKS = ("LOST", "OVERLAP-BEFORE", "TO-OTHERS")


def class_lines(before: pd.DataFrame, after: pd.DataFrame, booked: pd.DataFrame) -> pd.DataFrame:
    """Every piece as one to four flows between classes.

    A piece of gross area x with ridges r₀ before and r₁ after moves min(x - r₀, x - r₁) from class to class and
    min(r₀, r₁) from ridge to ridge; what is left goes from the old ridges to the new class or from the old class to
    the new ridges. So the opening class gives its net area and the closing class gets its net area, exactly.

    Returns
    -------
    Columns piece (position in `booked`), source and sink (class codes, or one of SOURCES, SINKS), dm2,
    from_region and to_region ("" for none), field (True where neither end is a ridge).
    """
    left, right = booked["left"].to_numpy(np.int64), booked["right"].to_numpy(np.int64)
    gross = booked["gross"].to_numpy(np.int64)
    ends = by_value(booked["kind"], lambda kind: ENDS.get(kind, ""), object)
    old, new = _of(before, "class_code", left, ends), _of(after, "class_code", right, ends)
    ridge_old, ridge_new = booked["ridge_before"].to_numpy(np.int64), booked["ridge_after"].to_numpy(np.int64)
    both = (left >= 0) & (right >= 0)
    # A piece with one parcel only has no ridges at its other end: all it moves keeps the parcel's own split.
    ridge_old = np.where(left >= 0, ridge_old, ridge_new)
    ridge_new = np.where(right >= 0, ridge_new, ridge_old)
    field_old = np.where(left >= 0, RIDGE, ends)
    field_new = np.where(right >= 0, RIDGE, ends)
    flows = (
        (old, new, np.where(both, np.minimum(gross - ridge_old, gross - ridge_new), gross - ridge_old)),
        (field_old, field_new, np.where(both, np.minimum(ridge_old, ridge_new), ridge_old)),
        (field_old, new, np.where(both, np.maximum(ridge_old - ridge_new, 0), 0)),
        (old, field_new, np.where(both, np.maximum(ridge_new - ridge_old, 0), 0)),
    )
    number = np.arange(len(booked))
    blank = np.full(len(booked), "", dtype=object)
    from_region, to_region = _of(before, "region_code", left, blank), _of(after, "region_code", right, blank)
    parts = []
    for position, (source, sink, dm2) in enumerate(flows):
        some = dm2 != 0
        parts.append(
            pd.DataFrame(
                {
                    "piece": number[some],
                    "source": source[some],
                    "sink": sink[some],
                    "dm2": dm2[some],
                    "from_region": from_region[some],
                    "to_region": to_region[some],
                    "field": position == 0,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _of(parcels: pd.DataFrame, column: str, rows: IntArray, otherwise: np.ndarray) -> np.ndarray:
    """A column of the parcels at `rows`, `otherwise` where there is none (-1)."""
    values = np.append(parcels[column].to_numpy(object), "")
    found: np.ndarray = np.where(rows >= 0, values[rows], otherwise)
    return found


def seen_from(lines: pd.DataFrame, inside: set[str]) -> pd.DataFrame:
    """The flows of a region: what stays inside, what leaves it and what joins it by a change of boundary."""
    starts = lines["from_region"].isin(inside) & ~lines["source"].isin(SOURCES)
    ends = lines["to_region"].isin(inside) & ~lines["sink"].isin(SINKS)
    joins = ends & ~starts & ~lines["source"].isin(SOURCES)
    leaves = starts & ~ends & ~lines["sink"].isin(SINKS)
    own = lines.copy()
    own.loc[joins, "source"] = "FROM-OTHERS"
    own.loc[leaves, "sink"] = "TO-OTHERS"
    return own[starts | ends]


def inside(places: Places, code: str) -> set[str]:
    """The places (region codes) in the row of `code`."""
    row = places.members[places.row_of(code)]
    return {place for place, held in zip(places.codes, row, strict=True) if held}
