"""A tile as a picture: what is told of the polygon in which the middle of each pixel lies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tilth.tiles.filling import fill
from tilth.tiles.overview import SIDE, SIDE_BITS
from tilth.tiles.sheet import Sheet
from tilth.tiles.world import BITS, Address


def picture_of(sheet: Sheet, at: Address, code: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """(256, 256) the `code` (p,) of the polygon that each pixel's middle lies in; 0 where it lies in none."""
    out = np.zeros((SIDE, SIDE, 1), np.uint8)
    here, told = sheet.rows_in(at), code.astype(np.int64)[:, None]
    shift = BITS - SIDE_BITS - at.z
    first = at.x << SIDE_BITS, at.y << SIDE_BITS
    for run in np.split(here, np.flatnonzero(np.diff(here) > 1) + 1):
        if len(run):
            some = (int(run[0]), int(run[-1]) + 1)
            fill(some, sheet.xy, sheet.ring_start, sheet.first_ring, shift, *first, told, out)
    return out[:, :, 0]
