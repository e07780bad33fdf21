"""Rivers, roads, canals and the small things inside fields: outlines that are cut out of the cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from tilth.core import FloatArray
from tilth.demo.terrain import CENTRE, Land, nearest


@dataclass(frozen=True)
class Strip:
    """Something drawn over the cells. Where two meet, the one listed first is on top."""

    kind: str  # class code outside settlements
    area: shapely.Polygon
    width: float = 0.0  # of a linear feature [m]


def strips(land: Land, rng: np.random.Generator, parcels: int) -> list[Strip]:
    """All of them: reservoir, river, railway, highways, canal, village roads, lanes and ditches, ponds and graves."""
    found = [*_reservoir(land, rng), _band("1101", land.river, 74.0, rng, rough=3.5)]
    found += _through_roads(land, rng)
    found += _village_roads(land, rng)
    found += _lanes(land, rng)
    found += _dots(land, rng, parcels)
    return found


def _band(kind: str, line: shapely.LineString, width: float, rng: np.random.Generator, rough: float = 0.12) -> Strip:
    """A line with a width: both sides drawn by hand, `rough` metres off."""
    xy = shapely.get_coordinates(line)
    tangent = np.gradient(xy, axis=0)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]]) / np.hypot(*tangent.T)[:, None]
    sides = [
        xy
        + normal * (side * width / 2 + np.convolve(rng.normal(0, rough, len(xy)), [0.25, 0.5, 0.25], "same"))[:, None]
        for side in (1, -1)
    ]
    area = shapely.Polygon(np.round(np.concatenate([sides[0], sides[1][::-1]]), 3))
    if not area.is_valid:
        area = line.buffer(width / 2, cap_style="flat", quad_segs=2)
    return Strip(kind, area, width)


def _curve(
    rng: np.random.Generator, start: FloatArray, end: FloatArray, step: float, bow: float = 0.05
) -> shapely.LineString:
    """A gentle curve between two points."""
    along = end - start
    length = float(np.hypot(*along))
    t = np.linspace(0, 1, max(int(length / step), 4) + 1)
    normal = np.array([-along[1], along[0]])
    waves = sum(rng.normal(0, bow) / k**1.5 * np.sin(k * np.pi * t) for k in range(1, 5))
    return shapely.LineString(start + t[:, None] * along + np.asarray(waves)[:, None] * normal)


def _reservoir(land: Land, rng: np.random.Generator) -> list[Strip]:
    """One reservoir (1103) in the hills."""
    places = rng.uniform(-1, 1, (400, 2)) * land.radius + CENTRE
    depth = 0.05 * land.radius
    inner = land.outline.buffer(-6 * depth)
    fits = (np.abs(land.hill(places) - 0.62) < 0.08) & shapely.contains_xy(inner, places[:, 0], places[:, 1])
    _, far = land.nearest_village(places)
    fits &= far > 2 * depth
    if not fits.any():
        return []
    return [Strip("1103", blob(rng, places[np.flatnonzero(fits)[0]], depth, 10.0))]


def blob(rng: np.random.Generator, centre: FloatArray, radius: float, step: float) -> shapely.Polygon:
    """A roundish outline around `centre`, vertices about `step` apart."""
    n = max(int(2 * np.pi * radius / step), 9)
    theta = np.linspace(0, 2 * np.pi, n, endpoint=False)
    r = np.ones(n)
    for k in range(2, min(9, n // 3)):
        r += rng.normal(0, 0.30) / k**1.3 * np.cos(k * theta + rng.uniform(0, 2 * np.pi))
    ring = radius * np.clip(r, 0.5, 1.7)[:, None] * np.column_stack([np.cos(theta), np.sin(theta)])
    return shapely.Polygon(np.round(ring + centre, 3))


def _through_roads(land: Land, rng: np.random.Generator) -> list[Strip]:
    """A railway, two highways that meet near the county seat, and the main canal."""
    seat = land.village_xy[land.seat_of[0]]
    reach = 1.5 * land.radius
    angle = rng.uniform(0.1, 0.5)
    found = []
    for kind, width, turn, off in (
        ("1001", 16.0, angle + 0.12, 0.21),
        ("1003", 24.0, angle, 0.035),
        ("1003", 18.0, angle + 1.45, -0.02),
        ("1107A", 21.0, angle - 0.35, -0.12),
    ):
        ahead = np.array([np.cos(turn), np.sin(turn)])
        beside = np.array([-ahead[1], ahead[0]]) * off * land.radius
        line = _curve(rng, seat + beside - reach * ahead, seat + beside + reach * ahead, 14.0, 0.012)
        found.append(_band(kind, line, width, rng))
    return found


def _village_roads(land: Land, rng: np.random.Generator) -> list[Strip]:
    """Rural roads (1006) between neighbouring villages."""
    triangles = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(land.village_xy), only_edges=True))
    ends = shapely.get_coordinates(triangles).reshape(-1, 2, 2)
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    middle = ends.mean(axis=1)
    _, nearest_centre = nearest(land.village_xy, middle)
    wanted = (nearest_centre > 0.47 * length) & (length < 3.5 * np.median(length))
    order = np.lexsort(middle[wanted].T)
    return [
        _band("1006", _curve(rng, a, b, 13.0, 0.03), float(rng.choice([5.0, 6.0, 7.0])), rng)
        for a, b in ends[wanted][order]
    ]


def _lanes(land: Land, rng: np.random.Generator) -> list[Strip]:
    """Field lanes (1006) and ditches (1107) in parallel through the plain, in one direction for each township."""
    found: list[Strip] = []
    seats = land.village_xy[land.seat_of]
    for township in range(len(seats)):
        angle = rng.uniform(0, np.pi)
        ahead, beside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        count = int(2.6 * land.radius / 520.0)
        t = np.arange(-1.3 * land.radius, 1.3 * land.radius, 13.0)
        for line in range(-count // 2, count // 2 + 1):
            offset = line * 520.0 + rng.uniform(-60, 60)
            sway = 9.0 * np.sin(t / rng.uniform(160, 420) + rng.uniform(0, 6))
            xy = seats[township] + t[:, None] * ahead + (offset + sway)[:, None] * beside
            mine, _ = nearest(seats, xy)
            _, far = land.nearest_village(xy)
            fits = (mine == township) & (land.hill(xy) < 0.44) & (far > 190) & (land.river_distance(xy) > 60)
            found += _runs(rng, xy, fits)
    return found


def _runs(rng: np.random.Generator, xy: FloatArray, fits: np.ndarray) -> list[Strip]:
    """A lane or ditch for each long enough run of points that fit."""
    ends = np.flatnonzero(np.diff(np.r_[False, fits, False].astype(np.int8)))
    found = []
    for start, stop in ends.reshape(-1, 2):
        if stop - start < 25 or rng.random() < 0.25:
            continue
        kind, width = ("1006", 4.5) if rng.random() < 0.55 else ("1107", float(rng.choice([4.0, 5.0, 7.0])))
        found.append(_band(kind, shapely.LineString(xy[start:stop]), width, rng, 0.08))
    return found


def _dots(land: Land, rng: np.random.Generator, parcels: int) -> list[Strip]:
    """Small outlines inside fields: ponds (1104), graves (09), pump houses (1109) and sheds (1202)."""
    wanted = max(parcels // 60, 3)
    places = rng.uniform(-1.2, 1.2, (8 * wanted, 2)) * land.radius + CENTRE
    inner = land.outline.buffer(-80.0)
    _, far = land.nearest_village(places)
    fits = shapely.contains_xy(inner, places[:, 0], places[:, 1]) & (far > 240) & (land.river_distance(places) > 110)
    places = places[fits][:wanted]
    kinds = rng.choice(["1104", "09", "1202", "1104"], len(places))
    return [Strip(str(kind), blob(rng, xy, rng.uniform(17, 30), 5.0)) for kind, xy in zip(kinds, places, strict=True)]
