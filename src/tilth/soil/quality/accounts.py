"""Accounts of quality: what land of each grade (or degree) became between two years, exact to 0.01 m², and closing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tilth.core import BoolArray, FloatArray, IntArray

#: Why land of a state is more or less than it was, in the order of the columns. The first two are what stands at the
#: beginning and at the end; the others are changes, of either sign.
CHANGES = (
    "better",  # came from a worse state, or went to a better one
    "worse",
    "known",  # was without a state, or is now
    "came",  # became farmland
    "left",  # is farmland no more
    "edge",  # new to the survey or gone from it, counted twice
    "measured",  # measured anew: ridges, coefficients, recorded area
)


@dataclass(frozen=True)
class Side:
    """One year's parcels as an account sees them."""

    state: IntArray  # (n,) 1 the best to k; 0 unknown
    farmland: BoolArray  # (n,)
    net_dm2: IntArray  # (n,) net area


@dataclass(frozen=True)
class PiecesOfLand:
    """Land between two years in whole pieces: rows on both sides (−1 for none), and their net area on each. [dm²]"""

    left: IntArray
    right: IntArray
    net_before: IntArray  # by the opening parcel; adds up to its net area
    net_after: IntArray
    anew: BoolArray  # (m,) no land, but what a closing parcel was measured otherwise than its pieces


@dataclass(frozen=True)
class QualityAccount:
    """By state 0 to k: opening + changes = closing, to 0.01 m²; and land that went from one to another."""

    opening: IntArray  # (k + 1,) dm²; place 0: without a state
    changes: IntArray  # (k + 1, len(CHANGES)) dm²
    closing: IntArray
    moved: IntArray  # (k + 1, k + 1) dm² of land that is farmland in both years, by its state before and after

    def __post_init__(self) -> None:
        assert np.array_equal(self.opening + self.changes.sum(axis=1), self.closing), self

    @property
    def improved_dm2(self) -> int:
        """Land whose state got better (a smaller number), both known."""
        return int(np.tril(self.moved[1:, 1:], -1).sum())

    @property
    def worsened_dm2(self) -> int:
        """Land whose state got worse, both known."""
        return int(np.triu(self.moved[1:, 1:], 1).sum())

    @property
    def same_dm2(self) -> int:
        """Land whose state is the same, both known."""
        return int(np.trace(self.moved[1:, 1:]))

    @property
    def graded(self) -> IntArray:
        """(3,) area × state at the beginning, its change, and at the end. [dm² × grade]"""
        weight = np.arange(len(self.opening))
        first, last = int(self.opening @ weight), int(self.closing @ weight)
        return np.array([first, int((self.changes * weight[:, None]).sum()), last], dtype=np.int64)

    def mean(self, of: IntArray) -> Fraction | None:
        """Mean state by area over the land that has one, exactly; None where none has."""
        known = int(of[1:].sum())
        return Fraction(int(of @ np.arange(len(of))), known) if known else None


def quality_account(before: Side, after: Side, pieces: PiecesOfLand, states: int) -> QualityAccount:
    """The account of `states` states. Land is farmland of the survey, net of ridges.

    Every piece is booked by what became of it; what its net area differs by on both sides is booked as measured anew.
    """
    opening = np.zeros(states + 1, dtype=np.int64)
    closing, changes = opening.copy(), np.zeros((states + 1, len(CHANGES)), dtype=np.int64)
    np.add.at(opening, before.state[before.farmland], before.net_dm2[before.farmland])
    np.add.at(closing, after.state[after.farmland], after.net_dm2[after.farmland])
    first, was = _on(before, pieces.left)
    last, is_ = _on(after, pieces.right)
    there, here = pieces.left >= 0, pieces.right >= 0
    anew = is_ & pieces.anew
    out, into = pieces.net_before, pieces.net_after
    both = was & is_
    for name, chosen in (
        ("better", both & (first > last) & (last > 0)),
        ("worse", both & (last > first) & (first > 0)),
        ("known", both & (first != last) & ((first == 0) | (last == 0))),
    ):
        _move(changes, name, first[chosen], last[chosen], out[chosen])
    _put(changes, "measured", last[both], (into - out)[both])
    _put(changes, "left", first[was & here & ~is_], -out[was & here & ~is_])
    _put(changes, "came", last[is_ & there & ~was], into[is_ & there & ~was])
    _put(changes, "edge", first[was & ~here], -out[was & ~here])
    _put(changes, "edge", last[is_ & ~there & ~anew], into[is_ & ~there & ~anew])
    _put(changes, "measured", last[anew], into[anew])
    moved = np.zeros((states + 1, states + 1), dtype=np.int64)
    np.add.at(moved, (first[both], last[both]), out[both])
    return QualityAccount(opening, changes, closing, moved)


def _on(side: Side, rows: IntArray) -> tuple[IntArray, BoolArray]:
    """(m,) state of the parcel of each piece, 0 where it has none; and whether it is farmland."""
    held = np.maximum(rows, 0)
    farmland = (rows >= 0) & side.farmland[held]
    return np.where(farmland, side.state[held], 0), farmland


def _move(changes: IntArray, name: str, first: IntArray, last: IntArray, area: IntArray) -> None:
    _put(changes, name, first, -area)
    _put(changes, name, last, area)


def _put(changes: IntArray, name: str, state: IntArray, area: IntArray) -> None:
    np.add.at(changes[:, CHANGES.index(name)], state, area)


@dataclass(frozen=True)
class IndicatorChange:
    """How one number of the register changed on land that has it in both years."""

    id: str
    area_dm2: int  # farmland in both years with a value in both
    mean_before: float  # by area
    mean_after: float
    rose_dm2: int
    fell_dm2: int
    same_dm2: int

    def __post_init__(self) -> None:
        assert self.rose_dm2 + self.fell_dm2 + self.same_dm2 == self.area_dm2, self


def indicator_change(
    id: str, before: FloatArray, after: FloatArray, sides: tuple[Side, Side], pieces: PiecesOfLand
) -> IndicatorChange | None:
    """The change of one number; None where no land has it in both years."""
    _, was = _on(sides[0], pieces.left)
    _, is_ = _on(sides[1], pieces.right)
    old, new = before[np.maximum(pieces.left, 0)], after[np.maximum(pieces.right, 0)]
    both = was & is_ & np.isfinite(old) & np.isfinite(new)
    area = pieces.net_before[both]
    whole = int(area.sum())
    if not whole:
        return None
    old, new = old[both], new[both]
    means = (float(old @ area / whole), float(new @ area / whole))
    return IndicatorChange(
        id, whole, *means, int(area[new > old].sum()), int(area[new < old].sum()), int(area[new == old].sum())
    )
