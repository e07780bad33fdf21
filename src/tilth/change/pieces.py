"""From measured pieces of year × year to whole dm²: every parcel's pieces add up to its recorded area, both years.

An opening parcel's land goes to closing parcels, or leaves the surveyed extent, or was counted twice in the opening
year. A closing parcel's land comes from opening parcels, or is new to the extent, or is counted twice in the closing
year; what then still separates its pieces from its recorded area is the *measured difference*. Nothing is hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from tilth.change.distinct import ranks
from tilth.core import DM2_PER_M2, BoolArray, Finding, FloatArray, IntArray, Where
from tilth.land import ridge_deduction
from tilth.overlay import level_groups

if TYPE_CHECKING:
    import pandas as pd

#: Kinds of piece. LAND goes from an opening parcel to a closing one; the others have one parcel only.
LAND, LOST, OVERLAP_BEFORE, GAINED, OVERLAP_AFTER, DIFFERENCE = (
    "land",
    "lost",
    "overlap_before",
    "gained",
    "overlap_after",
    "difference",
)
KINDS = (LAND, LOST, OVERLAP_BEFORE, GAINED, OVERLAP_AFTER, DIFFERENCE)
#: Measured differences up to this much for each vertex, or this share of the parcel, are rounding. [m²], [-]
VERTEX_TOLERANCE_M2 = 0.01
SHARE_TOLERANCE = 1e-6
#: Measured areas are added up in units of 2⁻²⁰ m², about a square millimetre. [1/m²]
UNITS_PER_M2 = 2.0**20


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


class _Some(NamedTuple):
    """Pieces without their ridges."""

    kind: npt.NDArray[np.int8]  # positions in KINDS
    left: IntArray  # row positions, -1 for none
    right: IntArray
    gross: IntArray  # [dm²]

    @property
    def frame(self) -> pd.DataFrame:
        """As a table, kinds by their names."""
        import pandas as pd

        kinds = pd.Categorical.from_codes(self.kind, dtype=pd.CategoricalDtype(list(KINDS)))
        return pd.DataFrame({"kind": kinds, "left": self.left, "right": self.right, "gross": self.gross})


@dataclass(frozen=True, eq=False)
class Booked:
    """All land of both years as whole pieces, see `booked_pieces`."""

    kind: npt.NDArray[np.int8]  # (k,) positions in KINDS
    left: IntArray  # (k,) row positions, -1 for none
    right: IntArray  # (k,)
    gross: IntArray  # (k,) [dm²]
    ridge_before: IntArray  # (k,) ridges in it by the coefficient of the opening parcel [dm²]
    ridge_after: IntArray  # (k,) … and of the closing parcel

    def of(self, kind: str) -> BoolArray:
        """(k,) is the piece of that kind?"""
        found: BoolArray = self.kind == KINDS.index(kind)
        return found

    @cached_property
    def frame(self) -> pd.DataFrame:
        """As a table: kind (by name), left, right, gross, ridge_before, ridge_after."""
        some = _Some(self.kind, self.left, self.right, self.gross).frame
        return some.assign(ridge_before=self.ridge_before, ridge_after=self.ridge_after)


def booked_pieces(
    before: pd.DataFrame, after: pd.DataFrame, pieces: Pieces, opening: Measured, closing: Measured
) -> tuple[Booked, list[Finding]]:
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
    The pieces. Gross of `left` adds up to its recorded area, gross of `right` too; `difference` pieces may be negative,
    all others are not. The same holds for ridges and recorded ridges.
    """
    left, right = np.asarray(pieces.left, np.int64), np.asarray(pieces.right, np.int64)
    area = np.asarray(pieces.area_m2, np.float64)
    area, over_after, of_left = _cut_back(area, left, opening)
    area, over_before, of_right = _cut_back(area, right, closing)
    overlap_before = opening.overlap_m2 + _total(left, over_before, len(before))
    overlap_after = closing.overlap_m2 + _total(right, over_after, len(after))
    findings = _excess(before, of_left, "before") + _excess(after, of_right, "after")

    lost = _rest(opening, overlap_before, area, left)
    gained = _rest(closing, overlap_after, area, right)
    keys = _keys(before), _keys(after)
    cut = (left, right, area)
    parts = [_opening_side(before, opening, cut, lost=lost, overlap=overlap_before, keys=keys[1])]
    parts += _closing_side(closing, after, gained, overlap_after)
    parts.append(_differences(after, parts))
    some = _Some(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    findings += _extent(before, lost, "CHANGE-EXTENT-LOST") + _extent(after, gained, "CHANGE-EXTENT-GAINED")
    findings += _unlike(after, closing, parts[-1])
    booked = Booked(*some, _ridges_before(before, some, keys[1]), _ridges_after(after, some, keys[0]))
    _assert_closed(before, after, booked)
    return booked, findings


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
    found = _opening_side(layer, measured, cut, lost=rest, overlap=measured.overlap_m2, keys=_keys(others))
    return found.frame, rest


def _total(side: IntArray, area: FloatArray, count: int) -> FloatArray:
    """(count,) area of the pieces of each parcel: the same number in whatever order they come. [m²]

    Sums of floating point numbers hang on their order by a last bit, which is enough to round half a unit up or down.
    Whole numbers do not (up to 2⁵³ units, a parcel of 8,590 km²).
    """
    total: FloatArray = np.bincount(side, np.rint(area * UNITS_PER_M2), count) / UNITS_PER_M2
    return total


def _cut_back(area: FloatArray, side: IntArray, measured: Measured) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Pieces cut to what their parcel holds; what was cut from each piece; the excess of each parcel. [m²]"""
    room = np.maximum(measured.area_m2 - measured.overlap_m2, 0.0)
    filled = _total(side, area, len(room))
    excess = np.where(filled - room > measured.tolerance(), filled - room, 0.0)
    if not excess.any():
        return area, np.zeros_like(area), excess
    share = np.divide(room, filled, out=np.ones_like(room), where=excess > 0)
    kept = area * share[side]
    return kept, area - kept, excess


def _rest(measured: Measured, overlap: FloatArray, area: FloatArray, side: IntArray) -> FloatArray:
    """Land of each parcel that no parcel of the other year covers; 0 within tolerance. [m²]"""
    filled = _total(side, area, len(overlap))
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
    keys: IntArray,
) -> _Some:
    """Pieces of opening parcels, levelled to their recorded areas."""
    left, right, area = cut
    recorded = before["area_dm2"].to_numpy(np.int64)
    gone = np.flatnonzero((lost > 0) | (opening.area_m2 <= 0))
    twice = np.flatnonzero(overlap > 0)
    owner = np.concatenate([left, gone, twice])
    measured = np.concatenate([area, lost[gone], overlap[twice]])
    parts = np.rint(measured * _scale(recorded, opening)[owner]).astype(np.int64)
    other = np.concatenate([right, np.full(len(gone) + len(twice), -1)])
    gross = level_groups(parts, owner, recorded, keys[other])
    kinds = np.repeat(np.arange(3, dtype=np.int8), (len(left), len(gone), len(twice)))
    some = gross > 0
    return _Some(kinds[some], owner[some], other[some], gross[some])


def _scale(recorded: IntArray, measured: Measured) -> FloatArray:
    """(n,) recorded area for each measured m² of a parcel. [dm²/m²]"""
    none = np.zeros(len(recorded))
    scale: FloatArray = np.divide(recorded, measured.area_m2, out=none, where=measured.area_m2 > 0)
    return scale


def _alone(kind: str, right: IntArray, gross: IntArray) -> _Some:
    """Pieces of one kind that have a closing parcel only."""
    return _Some(np.full(len(right), KINDS.index(kind), dtype=np.int8), np.full(len(right), -1), right, gross)


def _closing_side(closing: Measured, after: pd.DataFrame, gained: FloatArray, overlap: FloatArray) -> list[_Some]:
    """Land of closing parcels that has no opening parcel, in their recorded scale."""
    scale = _scale(after["area_dm2"].to_numpy(np.int64), closing)
    parts = []
    for kind, measured in ((GAINED, gained), (OVERLAP_AFTER, overlap)):
        gross = np.rint(measured * scale).astype(np.int64)
        held = np.flatnonzero(gross > 0)
        parts.append(_alone(kind, held, gross[held]))
    return parts


def _differences(after: pd.DataFrame, parts: list[_Some]) -> _Some:
    """Recorded area of closing parcels less their pieces: the measured difference, of either sign."""
    short = after["area_dm2"].to_numpy(np.int64, copy=True)
    for some in parts:
        short -= _sums(some.right, some.gross, len(after))
    held = np.flatnonzero(short)
    return _alone(DIFFERENCE, held, short[held])


def _sums(owner: IntArray, amounts: IntArray, count: int) -> IntArray:
    """(count,) what each owner has; -1 is nobody."""
    out = np.zeros(count + 1, dtype=np.int64)
    np.add.at(out, owner, amounts)
    return out[:-1]


def _ridges_before(before: pd.DataFrame, some: _Some, keys: IntArray) -> IntArray:
    """Ridges of each piece by its opening parcel's coefficient, levelled to the parcel's ridges. [dm²]"""
    recorded, coefficient = before["deduct_dm2"].to_numpy(np.int64), before["ridge_coef"].to_numpy(np.float64)
    held = np.flatnonzero(_ridged(recorded, coefficient)[some.left])
    return _levelled(some.gross, some.left, held, (recorded, coefficient), keys[some.right[held]])


def _ridges_after(after: pd.DataFrame, some: _Some, keys: IntArray) -> IntArray:
    """Ridges of each piece by its closing parcel's coefficient, levelled to the parcel's ridges. [dm²]"""
    recorded, coefficient = after["deduct_dm2"].to_numpy(np.int64), after["ridge_coef"].to_numpy(np.float64)
    ridged = _ridged(recorded, coefficient)[some.right]
    difference = some.kind == KINDS.index(DIFFERENCE)
    held, alone = np.flatnonzero(ridged & ~difference), np.flatnonzero(ridged & difference)
    owner, gross = some.right[alone], some.gross[alone]
    has_others = np.zeros(len(after), dtype=np.bool_)
    has_others[some.right[held]] = True
    size = ridge_deduction(np.abs(gross), coefficient[owner]) * np.sign(gross)
    apart = np.where(has_others[owner], size, recorded[owner])
    left_over = recorded.copy()
    np.subtract.at(left_over, owner, apart)
    out = _levelled(some.gross, some.right, held, (left_over, coefficient), keys[some.left[held]])
    out[alone] = apart
    return out


def _ridged(recorded: IntArray, coefficient: FloatArray) -> BoolArray:
    """(n + 1,) can there be ridges in a piece of the parcel? The last: of no parcel."""
    return np.append((recorded != 0) | (coefficient != 0), False)


def _levelled(
    gross: IntArray, owner: IntArray, held: IntArray, ridges: tuple[IntArray, FloatArray], keys: IntArray
) -> IntArray:
    """(k,) ridges of the pieces `held` by the coefficients of their owners, levelled to what these have. [dm²]"""
    out = np.zeros(len(gross), dtype=np.int64)
    recorded, coefficient = ridges
    raw = ridge_deduction(gross[held], coefficient[owner[held]])
    out[held] = level_groups(raw, owner[held], recorded, keys)
    return out


def _keys(parcels: pd.DataFrame) -> IntArray:
    """Ranks of the ids, to settle ties so that no result hangs on the order of rows; the last: land without parcel."""
    found = ranks(parcels["parcel_id"].to_numpy(object))
    return np.append(found, len(found))


def _assert_closed(before: pd.DataFrame, after: pd.DataFrame, booked: Booked) -> None:
    """Both margins, gross and ridges."""
    for parcels, owner, ridge in (
        (before, booked.left, booked.ridge_before),
        (after, booked.right, booked.ridge_after),
    ):
        for column, amounts in (("area_dm2", booked.gross), ("deduct_dm2", ridge)):
            found = _sums(owner, amounts, len(parcels))
            assert np.array_equal(found, parcels[column].to_numpy(np.int64)), column
    assert bool((booked.gross[~booked.of(DIFFERENCE)] >= 0).all())


def _dm2(square_metres: float) -> int:
    return int(np.rint(square_metres * DM2_PER_M2))


def whereabouts(features: pd.DataFrame) -> Callable[[int], Where]:
    """The place of a parcel (or of another layer's feature) by its position."""
    columns: list[list[object]] = []  # of most surveys nothing is asked

    def where(row: int) -> Where:
        if not columns:
            columns.append(features["source_row"].to_list())
            columns.append(features["parcel_id" if "parcel_id" in features else "feature_id"].to_list())
        source_rows, names = columns
        return Where(row=int(str(source_rows[row])), parcel=str(names[row]))

    return where


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


def _unlike(after: pd.DataFrame, closing: Measured, differences: _Some) -> list[Finding]:
    """Closing parcels whose recorded area is not what was measured, beyond rounding."""
    recorded, where = after["area_dm2"].to_numpy(np.int64), whereabouts(after)
    limit = np.ceil(closing.tolerance() * DM2_PER_M2)
    beyond = np.abs(differences.gross) > limit[differences.right]
    return [
        Finding(
            "CHANGE-MEASURED-DIFFERENCE",
            where(row),
            {"recorded_dm2": int(recorded[row]), "pieces_dm2": int(recorded[row]) - gross, "difference_dm2": gross},
        )
        for row, gross in zip(differences.right[beyond].tolist(), differences.gross[beyond].tolist(), strict=True)
    ]
