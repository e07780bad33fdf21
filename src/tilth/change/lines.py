"""Flows of class area: what pieces move from one class to another, ridges (1203) told apart from fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tilth.change import pieces as kinds
from tilth.change.distinct import by_value, numbered, pressed
from tilth.change.layout import RIDGE
from tilth.change.pieces import Booked
from tilth.change.places import Places
from tilth.change.rules import StableRule
from tilth.core import IntArray
from tilth.land import CodeSystem

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
#: What flows are told apart by in any table. farmland_* and stable_* are of the parcels, not of the classes.
KEYS = (
    "source", "sink", "from_region", "to_region",
    "farmland_before", "farmland_after", "stable_before", "stable_after",
)  # fmt: skip


@dataclass(frozen=True)
class Ends:
    """The parcels of one year by what flows are told apart by: class, region, is it farmland, is that in stable use."""

    number: IntArray  # (n,) position of each parcel's kind
    kinds: Mapping[str, np.ndarray]  # (m,) class_code, region_code, farmland, stable: each combination once

    @classmethod
    def of(cls, parcels: pd.DataFrame, codes: CodeSystem, rule: StableRule) -> Ends:
        """From parcels of `tilth.land.PARCEL_COLUMNS`."""
        yes_or_no = np.array([False, True], dtype=object)
        columns = {
            "class_code": numbered(parcels["class_code"]),
            "region_code": numbered(parcels["region_code"]),
            "farmland": (by_value(parcels["class_code"], codes.is_farmland, np.int64), yes_or_no),
            "stable": (rule.holds(parcels, codes).astype(np.int64), yes_or_no),
        }
        number, kept = np.zeros(len(parcels), dtype=np.int64), np.zeros(1, dtype=np.int64)
        for own, values in columns.values():
            number, kept = pressed(number * len(values) + own, len(kept) * max(len(values), 1))
        first = np.zeros(len(kept), dtype=np.int64)
        first[number] = np.arange(len(number))
        return cls(number, {name: values[own[first]] for name, (own, values) in columns.items()})

    def __len__(self) -> int:
        return len(self.kinds["class_code"])

    def at(self, column: str, rows: IntArray, otherwise: Any) -> np.ndarray:
        """A column of the kinds at `rows`, `otherwise` where there is none (-1)."""
        values = np.array([*self.kinds[column], None], dtype=object)
        found: np.ndarray = np.where(rows >= 0, values[rows], otherwise)
        return found


def class_lines(booked: Booked, before: Ends, after: Ends) -> pd.DataFrame:
    """All pieces as flows between classes, ridges (1203) told apart, summed by what tables tell them apart by.

    A piece of gross area x with ridges r₀ before and r₁ after moves min(x - r₀, x - r₁) from class to class and
    min(r₀, r₁) from ridge to ridge; what is left goes from the old ridges to the new class or from the old class to
    the new ridges. So the opening class gives its net area and the closing class gets its net area, exactly.

    Returns
    -------
    Columns `KEYS` (source and sink are class codes, or one of SOURCES, SINKS; a region is "" for none) and dm2.
    """
    left, right = np.append(before.number, -1)[booked.left], np.append(after.number, -1)[booked.right]
    deep, wide = len(before) + 1, len(after) + 1
    place, pairs = pressed(
        (booked.kind.astype(np.int64) * deep + left + 1) * wide + right + 1, len(kinds.KINDS) * deep * wide
    )
    rest, right = np.divmod(pairs, wide)
    kind, left = np.divmod(rest, deep)
    named = np.array(kinds.KINDS, dtype=object)[kind]
    parts = []
    for flow, moved in zip(_FLOWS, _moved(booked), strict=True):
        some = np.flatnonzero(moved)
        dm2, there = np.zeros(len(pairs), dtype=np.int64), np.zeros(len(pairs), dtype=np.bool_)
        np.add.at(dm2, place[some], moved[some])
        there[place[some]] = True
        parts.append(_ends(flow, named, (before, left - 1), (after, right - 1)).assign(dm2=dm2)[there])
    return pd.concat(parts).groupby(list(KEYS), sort=True)["dm2"].sum().reset_index()


#: Does a flow start, and does it end, at the ridges?
_FLOWS = ((False, False), (True, True), (True, False), (False, True))


def _moved(booked: Booked) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """(booked,) what each piece moves by each of `_FLOWS`. [dm²]"""
    gross, old, new = booked.gross, booked.ridge_before, booked.ridge_after
    if not old.any() and not new.any():
        return gross, old, old, old
    one, other = booked.left < 0, booked.right < 0
    # A piece with one parcel only has no ridges at its other end: all it moves keeps the parcel's own split.
    old, new = np.where(one, new, old), np.where(other, old, new)
    alone = one | other
    fields = np.where(alone, gross - old, gross - np.maximum(old, new))
    ridges = np.where(alone, old, np.minimum(old, new))
    return fields, ridges, np.maximum(old - new, 0), np.maximum(new - old, 0)


def _ends(
    ridges: tuple[bool, bool], kind: np.ndarray, before: tuple[Ends, IntArray], after: tuple[Ends, IntArray]
) -> pd.DataFrame:
    """Where flows between kinds of parcels start and end, if they do so at the ridges or not."""
    edge = np.array([ENDS.get(one, "") for one in kind], dtype=object)
    columns: dict[str, np.ndarray] = {}
    for name, side, (ends, rows), at_ridges in zip(
        ("source", "sink"), ("before", "after"), (before, after), ridges, strict=True
    ):
        columns[name] = np.where(rows >= 0, RIDGE, edge) if at_ridges else ends.at("class_code", rows, edge)
        columns[f"{'from' if name == 'source' else 'to'}_region"] = ends.at("region_code", rows, "")
        columns[f"farmland_{side}"] = ends.at("farmland", rows, False).astype(bool)
        columns[f"stable_{side}"] = ends.at("stable", rows, False).astype(bool)
    return pd.DataFrame(columns)


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
