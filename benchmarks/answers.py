"""What every engine has to answer alike, and the comparison that comes before any time is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: A pair with less common ground than this may be missing: engines round crossing points differently. [m²]
LEAST_M2 = 1e-4
#: Areas of one pair may differ by this. [m²]
PAIR_M2 = 1e-6
#: And by this share of the larger one, which is what coordinates of 8 digits before the point leave of a large area.
PAIR_SHARE = 1e-10
#: Sums may differ by this share.
SUM_SHARE = 1e-9


class Disagreement(Exception):
    """Two engines gave different answers; there is no speed to speak of."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pairs of rows that share ground, sorted by `left`, then `right`, each once."""

    left: IntArray
    right: IntArray
    area_m2: FloatArray

    @classmethod
    def of(cls, left: Any, right: Any, area_m2: Any) -> Pieces:
        """Pieces from columns in any order; parts of one pair are added up, those without ground left out."""
        area = np.asarray(area_m2, dtype=np.float64)
        some = np.flatnonzero(area > 0)
        area = area[some]
        rows = [np.asarray(column)[some].astype(np.int64) for column in (left, right)]
        order = np.lexsort((rows[1], rows[0]))
        a, b = rows[0][order], rows[1][order]
        first = np.flatnonzero(np.append(True, (a[1:] != a[:-1]) | (b[1:] != b[:-1]))) if len(a) else some
        return cls(a[first], b[first], np.add.reduceat(area[order], first) if len(a) else area)

    @property
    def total_m2(self) -> float:
        """Sum of all pieces. [m²]"""
        return float(self.area_m2.sum())


Referee = Callable[[IntArray, IntArray], FloatArray]  # rows left and right -> common area [m²]

#: More pairs than this are not taken to the referee.
_APPEALS = 200


def near_origin(left: Any, right: Any) -> Referee:
    """The area of each pair by GEOS, its coordinates counted from the pair, where floats have places to spare.

    GEOS on coordinates of eight digits before the point is now and then wrong by 1e-4 m²; it is not here.
    """

    def area(a: IntArray, b: IntArray) -> FloatArray:
        corner = np.round(shapely.bounds(left[a])[:, :2])
        ours, theirs = (
            np.array([shapely.transform(s, lambda xy, c=c: xy - c) for s, c in zip(shapes, corner, strict=True)])
            for shapes in (left[a], right[b])
        )
        return np.asarray(shapely.area(shapely.intersection(ours, theirs)))

    return area


def compare(name: str, other: str, one: Pieces, two: Pieces, referee: Referee | None = None) -> float:
    """The largest difference between pieces of `name` and `other`. [m²]

    A few pairs that differ by more than they may are taken to the `referee`; where it sides with `name`, `other` was
    wrong, and the difference is told but stops nothing.

    Raises
    ------
    Disagreement
        Naming the pair of rows that differ most, if they differ by more than they may.
    """
    width = int(max(one.right.max(initial=0), two.right.max(initial=0))) + 1
    keys = [pieces.left * width + pieces.right for pieces in (one, two)]
    every = np.union1d(*keys)
    areas = np.zeros((2, len(every)))
    for row, (key, pieces) in enumerate(zip(keys, (one, two), strict=True)):
        areas[row, np.searchsorted(every, key)] = pieces.area_m2
    seen = (areas >= LEAST_M2).any(axis=0) | ((areas > 0).all(axis=0))
    off = np.where(seen, np.abs(areas[0] - areas[1]), 0.0)
    excess = off - PAIR_M2 - PAIR_SHARE * areas.max(axis=0)
    if len(excess) and excess.max() > 0:
        wrong = np.flatnonzero(excess > 0)
        if referee is not None and len(wrong) <= _APPEALS:
            judged = referee(*np.divmod(every[wrong], width))
            if (np.abs(judged - areas[0, wrong]) <= PAIR_M2 + PAIR_SHARE * judged).all():
                _compare_sums(name, other, one.total_m2, two.total_m2)
                return float(off.max())
        worst = int(np.argmax(excess))
        left, right = divmod(int(every[worst]), width)
        raise Disagreement(
            f"left row {left} and right row {right}: {name} {areas[0, worst]!r} m², {other} {areas[1, worst]!r} m²; "
            f"{int((excess > 0).sum()):,} of {len(every):,} pairs differ"
        )
    _compare_sums(name, other, one.total_m2, two.total_m2)
    return float(off.max(initial=0.0))


def _compare_sums(name: str, other: str, one: float, two: float) -> None:
    if abs(one - two) > SUM_SHARE * max(one, two) + LEAST_M2:
        raise Disagreement(f"sum of all pieces: {name} {one!r} m², {other} {two!r} m²")


Matrix = dict[tuple[str, str], float]  # (class before, class after) -> ground [m²]


def compare_matrices(name: str, other: str, one: Matrix, two: Matrix) -> float:
    """The largest difference between two flow matrices; Disagreement where it is more than rounding. [m²]"""
    most = 0.0
    for pair in sorted(one.keys() | two.keys()):
        a, b = one.get(pair, 0.0), two.get(pair, 0.0)
        if abs(a - b) > SUM_SHARE * max(a, b) + LEAST_M2:
            raise Disagreement(f"flow {pair[0]} to {pair[1]}: {name} {a!r} m², {other} {b!r} m²")
        most = max(most, abs(a - b))
    return most


def compare_ground(plane: Pieces, ground: Pieces, boxes: FloatArray, crs: str) -> float:
    """Check areas on the ellipsoid against those in the plane, by PROJ's own scale: the largest excess. [m²]

    A piece's area on the ellipsoid lies between its plane area over the largest, and over the least areal scale of
    the projection within the box (p, 4) of its left polygon.
    """
    some = np.flatnonzero(plane.area_m2 >= LEAST_M2)
    if len(some) == 0:
        return 0.0
    width = int(max(plane.right.max(), ground.right.max(initial=0))) + 1
    wanted, key = (pieces.left * width + pieces.right for pieces in (plane, ground))
    at = np.minimum(np.searchsorted(key, wanted[some]), len(key) - 1)
    if len(key) == 0 or (key[at] != wanted[some]).any():
        raise Disagreement("pieces on the ellipsoid and in the plane are not the same pairs")
    least, most = (scale[plane.left[some]] for scale in _scale_range(boxes, crs))
    area, measured = plane.area_m2[some], ground.area_m2[at]
    excess = np.maximum(area / most - measured, measured - area / least)
    worst = int(np.argmax(excess - 1e-9 * area))
    if excess[worst] > PAIR_M2 + 1e-9 * area[worst]:
        raise Disagreement(
            f"left row {plane.left[some[worst]]} and right row {plane.right[some[worst]]}: {measured[worst]!r} m² on "
            f"the ellipsoid, {area[worst]!r} m² in the plane, areal scale {least[worst]!r} to {most[worst]!r}"
        )
    return max(0.0, float(excess.max()))


def compare_ground_matrix(
    plane: Matrix, ground: Matrix, box: FloatArray, crs: str, share: float = SUM_SHARE, least_m2: float = LEAST_M2
) -> float:
    """As `compare_ground`, for flows within `box` (4,)."""
    least, most = (float(scale[0]) for scale in _scale_range(box[None], crs))
    for pair, area in plane.items():
        measured = ground.get(pair, 0.0)
        if not area / most * (1 - share) - least_m2 <= measured <= area / least * (1 + share) + least_m2:
            raise Disagreement(f"flow {pair}: {measured!r} m² on the ellipsoid, {area!r} m² in the plane")
    return 0.0


def _scale_range(boxes: FloatArray, crs: str) -> tuple[FloatArray, FloatArray]:
    """(p,) least and most areal scale (plane over ellipsoid) at the corners and the middle of each box."""
    from pyproj import CRS, Proj

    projection = Proj(CRS.from_user_input(crs))
    x = np.stack([boxes[:, 0], boxes[:, 2], boxes[:, 0], boxes[:, 2], boxes[:, [0, 2]].mean(axis=1)])
    y = np.stack([boxes[:, 1], boxes[:, 1], boxes[:, 3], boxes[:, 3], boxes[:, [1, 3]].mean(axis=1)])
    longitude, latitude = projection(x.ravel(), y.ravel(), inverse=True)
    scale = np.reshape(projection.get_factors(longitude, latitude).areal_scale, x.shape)
    return scale.min(axis=0), scale.max(axis=0)
