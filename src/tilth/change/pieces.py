"""From measured pieces of year × year to whole dm²: every parcel's pieces add up to its recorded area, both years.

An opening parcel's land goes to closing parcels, or leaves the surveyed extent, or was counted twice in the opening
year. A closing parcel's land comes from opening parcels, or is new to the extent, or is counted twice in the closing
year; what then still separates its pieces from its recorded area is the *measured difference*. Nothing is hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from tilth.core import DM2_PER_M2, Finding, FloatArray, IntArray, Where
from tilth.land import ridge_deduction
from tilth.overlay import level_groups

#: Kinds of piece. LAND goes from an opening parcel to a closing one; the others have one parcel only.
LAND, LOST, OVERLAP_BEFORE, GAINED, OVERLAP_AFTER, DIFFERENCE = (
    "land",
    "lost",
    "overlap_before",
    "gained",
    "overlap_after",
    "difference",
)
#: Measured differences up to this much for each vertex, or this share of the parcel, are rounding. [m²], [-]
VERTEX_TOLERANCE_M2 = 0.01
SHARE_TOLERANCE = 1e-6


class Pieces(Protocol):
    """What `tilth.overlay.intersection_areas` returns: row positions on both sides and areas. [m²]"""

    @property
    def left(self) -> IntArray: ...
    @property
    def right(self) -> IntArray: ...
    @property
    def area_m2(self) -> FloatArray: ...


@dataclass(frozen=True)
class Measured:
    """What was measured of one year's parcels."""

    area_m2: FloatArray  # (n,) engine area
    vertices: IntArray  # (n,)
    #: (n,) land that more parcels of this year cover than of the other year, shared among them. [m²]
    overlap_m2: FloatArray

    def tolerance(self) -> FloatArray:
        """(n,) how far pieces may miss the parcel by rounding. [m²]"""
        limit: FloatArray = np.maximum(VERTEX_TOLERANCE_M2 * self.vertices, SHARE_TOLERANCE * self.area_m2)
        return limit

    @classmethod
    def as_recorded(cls, parcels: pd.DataFrame) -> Measured:
        """For parcels whose recorded areas are what the pieces were measured by."""
        count = len(parcels)
        area = parcels["area_dm2"].to_numpy(np.float64) / DM2_PER_M2
        return cls(area, np.full(count, 4, dtype=np.int64), np.zeros(count))


def booked_pieces(
    before: pd.DataFrame, after: pd.DataFrame, pieces: Pieces, opening: Measured, closing: Measured
) -> tuple[pd.DataFrame, list[Finding]]:
    """All land of both years as whole pieces, and what did not fit.

    Parameters
    ----------
    before, after
        Parcels of the two years; positions are what `pieces` refers to.
    pieces
        Measured pieces. Land under several parcels of one year must be shared among them (see `years.shared_pieces`);
        pieces that still exceed a parcel are cut back in proportion and the excess booked as overlap.

    Returns
    -------
    Columns kind, left and right (row positions, -1 for none), gross [dm²], and the ridges in it by the coefficient of
    the opening parcel and of the closing parcel: ridge_before, ridge_after [dm²]. Gross of `left` adds up to its
    recorded area, gross of `right` too; `difference` pieces may be negative, all others are not. The same holds for
    ridges and recorded ridges.
    """
    left, right = np.asarray(pieces.left, np.int64), np.asarray(pieces.right, np.int64)
    area = np.asarray(pieces.area_m2, np.float64)
    area, over_after, of_left = _cut_back(area, left, opening)
    area, over_before, of_right = _cut_back(area, right, closing)
    overlap_before = opening.overlap_m2 + np.bincount(left, over_before, len(before))
    overlap_after = closing.overlap_m2 + np.bincount(right, over_after, len(after))
    findings = _excess(before, of_left, "before") + _excess(after, of_right, "after")

    lost = _rest(opening, overlap_before, area, left)
    gained = _rest(closing, overlap_after, area, right)
    table = _opening_side(before, opening, (left, right, area), lost=lost, overlap=overlap_before, ranks=_ranks(after))
    table = pd.concat([table, _closing_side(closing, after, gained, overlap_after)], ignore_index=True)
    table = pd.concat([table, _differences(after, table)], ignore_index=True)
    findings += _extent(before, lost, "CHANGE-EXTENT-LOST") + _extent(after, gained, "CHANGE-EXTENT-GAINED")
    findings += _unlike(after, closing, table)
    table["ridge_before"] = _ridges_before(before, table, _ranks(after))
    table["ridge_after"] = _ridges_after(after, table, _ranks(before))
    _assert_closed(before, after, table)
    return table, findings


def covered_pieces(
    layer: pd.DataFrame, others: pd.DataFrame, pieces: Pieces, measured: Measured
) -> tuple[pd.DataFrame, FloatArray]:
    """Pieces of a layer's features, levelled to their recorded areas. What is counted twice is `measured.overlap_m2`.

    Parameters
    ----------
    layer
        Column area_dm2.
    others
        Column parcel_id.
    pieces, measured
        Features (left) cut by other polygons (right), and what was measured of the features.

    Returns
    -------
    Columns kind (LAND, LOST for land that nothing covers, OVERLAP_BEFORE for land counted twice), left, right (-1 for
    none) and gross [dm²]; (n,) land of each feature that nothing covers [m²].
    """
    left, right = np.asarray(pieces.left, np.int64), np.asarray(pieces.right, np.int64)
    area, _, _ = _cut_back(np.asarray(pieces.area_m2, np.float64), left, measured)
    rest = _rest(measured, measured.overlap_m2, area, left)
    cut = (left, right, area)
    table = _opening_side(layer, measured, cut, lost=rest, overlap=measured.overlap_m2, ranks=_ranks(others))
    return table.reset_index(drop=True), rest


def _cut_back(area: FloatArray, side: IntArray, measured: Measured) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Pieces cut to what their parcel holds; what was cut from each piece; the excess of each parcel. [m²]"""
    room = np.maximum(measured.area_m2 - measured.overlap_m2, 0.0)
    filled = np.bincount(side, area, len(room))
    excess = np.where(filled - room > measured.tolerance(), filled - room, 0.0)
    share = np.divide(room, filled, out=np.ones_like(room), where=excess > 0)
    kept = area * share[side]
    return kept, area - kept, excess


def _rest(measured: Measured, overlap: FloatArray, area: FloatArray, side: IntArray) -> FloatArray:
    """Land of each parcel that no parcel of the other year covers; 0 within tolerance. [m²]"""
    filled = np.bincount(side, area, len(overlap))
    rest = measured.area_m2 - filled - overlap
    empty = (filled == 0) & (overlap == 0)
    return np.where((rest > measured.tolerance()) | empty, np.maximum(rest, 0.0), 0.0)


def _opening_side(
    before: pd.DataFrame,
    opening: Measured,
    cut: tuple[IntArray, IntArray, FloatArray],
    *,
    lost: FloatArray,
    overlap: FloatArray,
    ranks: IntArray,
) -> pd.DataFrame:
    """Pieces of opening parcels, levelled to their recorded areas."""
    left, right, area = cut
    recorded = before["area_dm2"].to_numpy(np.int64)
    gone = np.flatnonzero((lost > 0) | (opening.area_m2 <= 0))
    twice = np.flatnonzero(overlap > 0)
    owner = np.concatenate([left, gone, twice])
    measured = np.concatenate([area, lost[gone], overlap[twice]])
    scale = np.divide(recorded, opening.area_m2, out=np.zeros(len(recorded)), where=opening.area_m2 > 0)
    parts = np.rint(measured * scale[owner]).astype(np.int64)
    kinds = [LAND] * len(left) + [LOST] * len(gone) + [OVERLAP_BEFORE] * len(twice)
    other = np.concatenate([right, np.full(len(gone) + len(twice), -1)])
    gross = level_groups(parts, owner, recorded, ranks[other])
    table = pd.DataFrame({"kind": kinds, "left": owner, "right": other, "gross": gross})
    return table[table["gross"] > 0]


def _closing_side(closing: Measured, after: pd.DataFrame, gained: FloatArray, overlap: FloatArray) -> pd.DataFrame:
    """Land of closing parcels that has no opening parcel, in their recorded scale."""
    recorded = after["area_dm2"].to_numpy(np.int64)
    scale = np.divide(recorded, closing.area_m2, out=np.zeros(len(recorded)), where=closing.area_m2 > 0)
    parts = []
    for kind, measured in ((GAINED, gained), (OVERLAP_AFTER, overlap)):
        gross = np.rint(measured * scale).astype(np.int64)
        held = np.flatnonzero(gross > 0)
        parts.append(pd.DataFrame({"kind": kind, "left": -1, "right": held, "gross": gross[held]}))
    return pd.concat(parts, ignore_index=True)


def _differences(after: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Recorded area of closing parcels less their pieces: the measured difference, of either sign."""
    recorded = after["area_dm2"].to_numpy(np.int64)
    short = recorded - _sums(table, "right", "gross", len(after))
    held = np.flatnonzero(short)
    return pd.DataFrame({"kind": DIFFERENCE, "left": -1, "right": held, "gross": short[held]})


def _sums(table: pd.DataFrame, side: str, column: str, count: int) -> IntArray:
    out = np.zeros(count, dtype=np.int64)
    owner = table[side].to_numpy(np.int64)
    held = owner >= 0
    np.add.at(out, owner[held], table[column].to_numpy(np.int64)[held])
    return out


def _ridges_before(before: pd.DataFrame, table: pd.DataFrame, ranks: IntArray) -> IntArray:
    """Ridges of each piece by its opening parcel's coefficient, levelled to the parcel's ridges. [dm²]"""
    out = np.zeros(len(table), dtype=np.int64)
    owner = table["left"].to_numpy(np.int64)
    held = np.flatnonzero(owner >= 0)
    coefficient = before["ridge_coef"].to_numpy(np.float64)[owner[held]]
    raw = ridge_deduction(table["gross"].to_numpy(np.int64)[held], coefficient)
    out[held] = level_groups(raw, owner[held], before["deduct_dm2"].to_numpy(np.int64), ranks[table["right"]][held])
    return out


def _ridges_after(after: pd.DataFrame, table: pd.DataFrame, ranks: IntArray) -> IntArray:
    """Ridges of each piece by its closing parcel's coefficient, levelled to the parcel's ridges. [dm²]"""
    out = np.zeros(len(table), dtype=np.int64)
    owner, gross = table["right"].to_numpy(np.int64), table["gross"].to_numpy(np.int64)
    recorded = after["deduct_dm2"].to_numpy(np.int64)
    coefficient = after["ridge_coef"].to_numpy(np.float64)
    difference = (table["kind"] == DIFFERENCE).to_numpy()
    held = np.flatnonzero((owner >= 0) & ~difference)
    alone = np.flatnonzero(difference)
    has_others = np.isin(owner[alone], owner[held])
    size = ridge_deduction(np.abs(gross[alone]), coefficient[owner[alone]]) * np.sign(gross[alone])
    out[alone] = np.where(has_others, size, recorded[owner[alone]])
    left_over = recorded.copy()
    np.subtract.at(left_over, owner[alone], out[alone])
    raw = ridge_deduction(gross[held], coefficient[owner[held]])
    out[held] = level_groups(raw, owner[held], left_over, ranks[table["left"]][held])
    return out


def _ranks(parcels: pd.DataFrame) -> IntArray:
    """Ranks of the ids, to settle ties so that no result hangs on the order of rows; the last: land without parcel."""
    _, ranks = np.unique(parcels["parcel_id"].to_numpy(object).astype(str), return_inverse=True)
    return np.append(ranks, len(ranks))


def _assert_closed(before: pd.DataFrame, after: pd.DataFrame, table: pd.DataFrame) -> None:
    """Both margins, gross and ridges."""
    for side, parcels, ridge in (("left", before, "ridge_before"), ("right", after, "ridge_after")):
        assert np.array_equal(_sums(table, side, "gross", len(parcels)), parcels["area_dm2"].to_numpy(np.int64)), side
        assert np.array_equal(_sums(table, side, ridge, len(parcels)), parcels["deduct_dm2"].to_numpy(np.int64)), ridge
    assert bool((table.loc[table["kind"] != DIFFERENCE, "gross"] >= 0).all())


def _dm2(square_metres: float) -> int:
    return int(np.rint(square_metres * DM2_PER_M2))


def whereabouts(features: pd.DataFrame) -> Callable[[int], Where]:
    """The place of a parcel (or of another layer's feature) by its position."""
    source_rows = features["source_row"].to_list()
    names = features["parcel_id" if "parcel_id" in features else "feature_id"].to_list()
    return lambda row: Where(row=int(source_rows[row]), parcel=str(names[row]))


def _excess(parcels: pd.DataFrame, excess: FloatArray, year: str) -> list[Finding]:
    where = whereabouts(parcels)
    return [
        Finding("CHANGE-COVERED-TWICE", where(row), {"year": year, "excess_dm2": _dm2(excess[row])})
        for row in np.flatnonzero(excess).tolist()
    ]


def _extent(parcels: pd.DataFrame, rest: FloatArray, code: str) -> list[Finding]:
    recorded, where = parcels["area_dm2"].to_numpy(np.int64), whereabouts(parcels)
    return [
        Finding(code, where(row), {"rest_dm2": _dm2(rest[row]), "area_dm2": int(recorded[row])})
        for row in np.flatnonzero(rest).tolist()
    ]


def _unlike(after: pd.DataFrame, closing: Measured, table: pd.DataFrame) -> list[Finding]:
    """Closing parcels whose recorded area is not what was measured, beyond rounding."""
    rows = table[table["kind"] == DIFFERENCE]
    recorded = after["area_dm2"].to_numpy(np.int64)
    limit, where = np.ceil(closing.tolerance() * DM2_PER_M2), whereabouts(after)
    return [
        Finding(
            "CHANGE-MEASURED-DIFFERENCE",
            where(row),
            {"recorded_dm2": int(recorded[row]), "pieces_dm2": int(recorded[row]) - gross, "difference_dm2": gross},
        )
        for row, gross in zip(rows["right"].tolist(), rows["gross"].tolist(), strict=True)
        if abs(gross) > limit[row]
    ]
