"""The lie of the made-up land: where it is hilly, wet or salty, and where the county, its villages and river are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from tilth.core import FloatArray, IntArray

#: Mean parcel area that the county is laid out for. [m²]
MEAN_PARCEL_M2 = 15_500.0
#: A point of zone 38 (central meridian 114° E), easting with the zone prefix. [m]
CENTRE = (38_472_000.0, 3_881_000.0)

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Noise:
    """A smooth random surface: a sum of plane waves, about -1 to 1."""

    waves: FloatArray  # (n, 2) wave vectors, radians per unit of length
    phase: FloatArray
    weight: FloatArray

    @classmethod
    def draw(cls, rng: np.random.Generator, longest: float, shortest: float, n: int = 12) -> Noise:
        """Waves of lengths between `longest` and `shortest`, longer ones stronger."""
        length = np.geomspace(longest, shortest, n)
        angle = rng.uniform(0, 2 * np.pi, n)
        waves = (2 * np.pi / length)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        weight = (length / longest) ** 0.6
        return cls(waves, rng.uniform(0, 2 * np.pi, n), weight / np.sqrt((weight**2).sum()))

    def __call__(self, xy: FloatArray) -> FloatArray:
        """The surface at points (n, 2)."""
        values: FloatArray = np.sin(xy @ self.waves.T + self.phase) @ self.weight
        return values


@dataclass(frozen=True)
class Land:
    """The county's ground. `radius` is its mean radius in metres; fields take plane coordinates (n, 2)."""

    radius: float
    outline: shapely.Polygon
    hill_noise: Noise
    salt_noise: Noise
    detail: Noise
    river: shapely.LineString
    village_xy: FloatArray  # (villages, 2)
    township_of: IntArray  # township position of each village
    seat_of: IntArray  # village position of each township's seat

    def hill(self, xy: FloatArray) -> FloatArray:
        """0 in the plain to 1 in the mountains of the north-west."""
        u, v = (xy - CENTRE).T / self.radius
        height: FloatArray = np.clip(0.30 + 0.56 * (0.72 * v - 0.70 * u) + 0.13 * self.hill_noise(xy), 0, 1)
        return height

    def brackish(self, xy: FloatArray) -> FloatArray:
        """How salt the ground is, below 0 where it is well washed: low land in the south-east is the saltiest."""
        u, v = (xy - CENTRE).T / self.radius
        found: FloatArray = 0.25 + 0.60 * (0.8 * u - 0.55 * v) + 0.22 * self.salt_noise(xy) - self.hill(xy)
        return found

    def salt(self, xy: FloatArray) -> FloatArray:
        """0 where the soil is sweet to 1 where it is salt."""
        salt: FloatArray = np.clip(self.brackish(xy), 0, 1)
        return salt

    def river_distance(self, xy: FloatArray) -> FloatArray:
        """How far north or south the river's middle line runs. [m]"""
        line = shapely.get_coordinates(self.river)
        distance: FloatArray = np.abs(xy[:, 1] - np.interp(xy[:, 0], line[:, 0], line[:, 1]))
        return distance

    def nearest_village(self, xy: FloatArray) -> tuple[IntArray, FloatArray]:
        """Position of the nearest village and the distance to its centre. [m]"""
        return nearest(self.village_xy, xy)


def nearest(sites: FloatArray, xy: FloatArray) -> tuple[IntArray, FloatArray]:
    """Position of the nearest of `sites` for each point, and the distance. Ties go to the first."""
    tree = shapely.STRtree(shapely.points(sites))
    found = np.asarray(tree.nearest(shapely.points(xy)), dtype=np.int64)
    return found, np.hypot(*(xy - sites[found]).T)


def lay_out(rng: np.random.Generator, parcels: int) -> Land:
    """The ground of a county of about `parcels` parcels: 40 villages in 6 townships for 6,000."""
    radius = float(np.sqrt(parcels * MEAN_PARCEL_M2 / np.pi))
    outline = _outline(rng, radius)
    villages = max(parcels // 150, 4)
    townships = int(np.clip(round(np.sqrt(villages) - 0.3), 2, 24))
    centres = _spread(rng, outline, villages, radius)
    seats = _spread_among(centres, townships)
    township_of, _ = nearest(centres[seats], centres)
    return Land(
        radius=radius,
        outline=outline,
        hill_noise=Noise.draw(rng, 1.3 * radius, 0.12 * radius),
        salt_noise=Noise.draw(rng, 0.9 * radius, 0.08 * radius),
        detail=Noise.draw(rng, 0.5 * radius, 0.02 * radius),
        river=_river(rng, radius),
        village_xy=centres,
        township_of=township_of,
        seat_of=seats,
    )


def _outline(rng: np.random.Generator, radius: float) -> shapely.Polygon:
    n = int(2 * np.pi * radius / 18.0)
    theta = np.linspace(0, 2 * np.pi, n, endpoint=False)
    r = np.ones(n)
    for k in range(2, 90):
        r += rng.normal(0, 0.16) * k**-1.35 * np.cos(k * theta + rng.uniform(0, 2 * np.pi))
    ring = radius * r[:, None] * np.column_stack([1.08 * np.cos(theta), 0.93 * np.sin(theta)]) + CENTRE
    return shapely.Polygon(np.round(ring, 3))


def _river(rng: np.random.Generator, radius: float) -> shapely.LineString:
    """A meandering line through the south of the county, from beyond its west edge to beyond its east edge."""
    u = np.linspace(-1.6, 1.6, max(int(3.2 * radius / 25.0), 60))
    a, b, c = rng.uniform(0, 2 * np.pi, 3)
    v = -0.30 - 0.10 * np.sin(2.4 * u + a) - 0.045 * np.sin(6.5 * u + b) - 0.012 * np.sin(17 * u + c)
    return shapely.LineString(np.column_stack([u, v]) * radius + CENTRE)


def _spread(rng: np.random.Generator, outline: shapely.Polygon, n: int, radius: float) -> FloatArray:
    """`n` points inside the outline, well apart: each the best of many tries."""
    inner = outline.buffer(-0.35 * radius / np.sqrt(n))
    shapely.prepare(inner)
    tries = rng.uniform(-1.4, 1.4, (60 * n, 2)) * radius + CENTRE
    tries = tries[shapely.contains_xy(inner, tries[:, 0], tries[:, 1])]
    chosen = [int(np.argmin(np.hypot(*(tries - CENTRE).T)))]
    gap = np.hypot(*(tries - tries[chosen[0]]).T)
    reach = 1.55 * radius / np.sqrt(n)
    while len(chosen) < n:
        # The farthest point is always on the rim; taking any point far enough keeps the spread even but not regular.
        far = np.flatnonzero(gap > reach)
        best = int(far[0]) if far.size else int(np.argmax(gap))
        chosen.append(best)
        gap = np.minimum(gap, np.hypot(*(tries - tries[best]).T))
    spread: FloatArray = np.round(tries[np.array(chosen)], 3)
    return spread


def _spread_among(points: FloatArray, n: int) -> IntArray:
    """Positions of `n` of the points that are far from each other; the first is the first point."""
    chosen = [0]
    gap = np.hypot(*(points - points[0]).T)
    while len(chosen) < n:
        chosen.append(int(np.argmax(gap)))
        gap = np.minimum(gap, np.hypot(*(points - points[chosen[-1]]).T))
    return np.array(chosen, dtype=np.int64)
