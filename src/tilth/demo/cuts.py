"""Cutting a parcel without touching its neighbours: every cut begins and ends at vertices the parcel already has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from tilth.core import FloatArray

#: No piece gets a corner sharper than this at the ends of a cut. [degrees]
SHARPEST = 28.0


@dataclass(frozen=True)
class Passage:
    """A strip through a parcel: the land it takes, what is left on both sides, and the edge where it leaves."""

    road: Any
    sides: tuple[Any, Any]
    exit: int


def open_ring(polygon: Any) -> FloatArray:
    """The outer ring without its closing vertex."""
    xy: FloatArray = shapely.get_coordinates(polygon.exterior)[:-1]
    return xy


def cut_across(polygon: Any, share: float, least_m2: float, rng: np.random.Generator) -> tuple[Any, Any] | None:
    """The parcel in two along a slightly bent line that leaves about `share` of it on one side."""
    ring = open_ring(polygon)
    for start in rng.permutation(len(ring))[:24].tolist():
        xy = np.roll(ring, -start, axis=0)
        swept = np.cumsum(_cross(xy[0], xy[:-1], xy[1:])) / 2
        end = int(np.argmin(np.abs(np.abs(swept) - share * polygon.area))) + 1
        if not 3 <= end <= len(xy) - 3:
            continue
        across = _bent(xy[0], xy[end], float(rng.normal(0, 0.03)))
        halves = (
            shapely.Polygon(np.concatenate([xy[: end + 1], across[::-1]])),
            shapely.Polygon(np.concatenate([xy[end:], xy[:1], across])),
        )
        if _sound(polygon, halves, least_m2):
            return halves
    return None


def nibble(giver: Any, taker: Any, least_m2: float) -> tuple[Any, Any] | None:
    """What is left of `giver` and the lens along their common border that goes to `taker`."""
    ring = open_ring(giver)
    theirs = {tuple(point) for point in open_ring(taker).tolist()}
    shared = np.array([tuple(point) in theirs for point in ring.tolist()])
    if shared.all() or shared.sum() < 7:
        return None
    ring = np.roll(ring, -(int(np.argmin(shared)) + 1), axis=0)
    shared = np.roll(shared, -(int(np.argmin(shared)) + 1))
    ends = np.flatnonzero(np.diff(np.r_[False, shared, False].astype(np.int8))).reshape(-1, 2)
    first, stop = max(ends.tolist(), key=lambda run: run[1] - run[0])
    if stop - first < 7:
        return None
    i, j = first + 1, stop - 2
    chord = ring[j] - ring[i]
    length = float(np.hypot(*chord))
    inward = np.array([-chord[1], chord[0]]) / length * (1 if giver.exterior.is_ccw else -1)
    t = np.linspace(0, 1, max(int(length / 9), 3) + 1)[1:-1]
    across = np.round(ring[i] + t[:, None] * chord + (np.sin(np.pi * t) * 0.42 * length)[:, None] * inward, 3)
    lens = shapely.Polygon(np.concatenate([ring[i : j + 1], across[::-1]]))
    rest = shapely.Polygon(np.concatenate([ring[j:], ring[:i], ring[i : i + 1], across]))
    return (rest, lens) if _sound(giver, (rest, lens), 250.0) and rest.area > least_m2 else None


def passage(polygon: Any, entry: int, heading: float, least_m2: float) -> Passage | None:
    """A strip from edge `entry` of the outer ring to the edge that lies best in direction `heading` [radians]."""
    ring = open_ring(polygon)
    xy = np.roll(ring, -entry, axis=0)  # the road comes in between vertices 0 and 1
    n = len(xy)
    middle = (xy + np.roll(xy, -1, axis=0)) / 2
    way = middle - middle[0]
    width = np.hypot(*(np.roll(xy, -1, axis=0) - xy).T)
    ahead = (way @ np.array([np.cos(heading), np.sin(heading)])) / np.maximum(np.hypot(*way.T), 1e-9)
    if not 6.0 <= width[0] <= 14.0:
        return None
    for b in np.argsort(-ahead)[:10].tolist():
        if not 4 <= b <= n - 4 or ahead[b] < 0.8 or not 6.0 <= width[b] <= 14.0:
            continue
        road = shapely.Polygon(xy[[1, b, b + 1, 0]])
        sides = (shapely.Polygon(xy[1 : b + 1]), shapely.Polygon(np.concatenate([xy[b + 1 :], xy[:1]])))
        if min(side.area for side in sides) > least_m2 and _sound(polygon, (road, *sides), 100.0):
            return Passage(road, sides, (entry + b) % n)
    return None


def _bent(start: FloatArray, end: FloatArray, bow: float) -> FloatArray:
    """Points between two ends, not including them, about 20 m apart."""
    along = end - start
    t = np.linspace(0, 1, max(int(np.hypot(*along) / 20), 1) + 1)[1:-1, None]
    points: FloatArray = np.round(start + t * along + bow * np.sin(np.pi * t) * np.array([-along[1], along[0]]), 3)
    return points


def _cross(origin: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    u, v = a - origin, b - origin
    product: FloatArray = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    return product


def _sound(whole: Any, parts: tuple[Any, ...], least_m2: float) -> bool:
    """Are the parts simple, large enough, without sharp corners, and exactly the whole?"""
    if not all(part.is_valid and part.area >= least_m2 for part in parts):
        return False
    if any(sharpest_corner(part) < min(SHARPEST, sharpest_corner(whole) - 1e-9) for part in parts):
        return False
    return bool(abs(sum(part.area for part in parts) - whole.area) < 1e-3 and all(whole.covers(part) for part in parts))


def sharpest_corner(polygon: Any) -> float:
    """The smallest angle between two neighbouring edges of the outer ring. [degrees]"""
    xy = open_ring(polygon)
    back, forth = np.roll(xy, 1, axis=0) - xy, np.roll(xy, -1, axis=0) - xy
    cosine = (back * forth).sum(axis=1) / np.maximum(np.hypot(*back.T) * np.hypot(*forth.T), 1e-12)
    return float(np.rad2deg(np.arccos(np.clip(cosine, -1, 1)).min()))
