"""The world as a square of whole units, on which every tile of every zoom is a square of whole units too.

Web Mercator, x to the east, y to the south. A side has 2³¹ units of about 2 cm, so a coordinate is rounded once, alike
for all that share it, and what neighbours have in common they have in common at every zoom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.core import FloatArray, NotFound

#: Units of a side of the world, as a power of 2.
BITS = 31
#: Steps of a side of a tile, as a power of 2, and what a tile holds beyond its sides, in those steps.
EXTENT_BITS, BUFFER = 12, 64
EXTENT = 1 << EXTENT_BITS
#: The last zoom of which there are tiles: a step is 15 cm at the equator. Beyond it they are drawn larger.
LAST_ZOOM = 16
#: The sphere of Web Mercator. [m]
RADIUS_M = 6_378_137.0

Units = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Address:
    """Which tile is meant."""

    z: int
    x: int
    y: int

    @classmethod
    def of(cls, z: int, x: int, y: int, last: int = LAST_ZOOM) -> Address:
        """The address, if there is such a tile.

        Raises
        ------
        NotFound
            If zoom `z` has no such row or column, or lies beyond `last`.
        """
        if not 0 <= z <= last or not (0 <= x < 1 << z and 0 <= y < 1 << z):
            raise NotFound("TILES-NO-SUCH-TILE", z=z, x=x, y=y, last=last)
        return cls(z, x, y)

    @property
    def side(self) -> int:
        """Units of a side."""
        return 1 << (BITS - self.z)

    @property
    def corner(self) -> tuple[int, int]:
        """Its north-western corner. [units]"""
        return self.x * self.side, self.y * self.side

    def box(self, beyond: int = BUFFER) -> FloatArray:
        """(1, 4) x and y least, x and y most, with `beyond` steps of the tile around it. [units]"""
        more = beyond * (self.side / EXTENT)
        x, y = self.corner
        return np.array([[x - more, y - more, x + self.side + more, y + self.side + more]])


def units_of(longitude: FloatArray, latitude: FloatArray) -> FloatArray:
    """(2, ...) where points given in radians lie, in units, not rounded."""
    x = (longitude / (2.0 * math.pi) + 0.5) * 2.0**BITS
    y = (0.5 - np.arcsinh(np.tan(latitude)) / (2.0 * math.pi)) * 2.0**BITS
    return np.stack([x, y])


def degrees_of(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a point given in units. [degree]"""
    longitude = (x / 2.0**BITS - 0.5) * 360.0
    return longitude, math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * y / 2.0**BITS))))


def bounds_of(box: Any) -> list[float]:
    """West, south, east, north of a box in units. [degree]"""
    left, top, right, bottom = (float(side) for side in box)
    west, north = degrees_of(left, top)
    east, south = degrees_of(right, bottom)
    return [round(side, 7) for side in (west, south, east, north)]
