"""A tile of a layer: what lies in it, drawn and told."""

from __future__ import annotations

import numpy as np

from tilth.core import BoolArray, IntArray
from tilth.tiles.columns import Choices
from tilth.tiles.drawing import draw
from tilth.tiles.encoding import layer_bytes
from tilth.tiles.sheet import Sheet
from tilth.tiles.world import Address


def tile_of(sheet: Sheet, at: Address, allowed: BoolArray | None = None) -> bytes:
    """The bytes of the tile `at`; none where it shows nothing.

    Parameters
    ----------
    allowed
        (c,) which of the choices of the sheet's `region_code` may be seen; all of them if None. What is of no region
        may only be seen by who may see all.
    """
    rows = sheet.rows_in(at)
    region = sheet.column("region_code")
    if allowed is not None and isinstance(region, Choices):
        code = region.code[rows]
        rows = rows[(code >= 0) & allowed[code]] if len(allowed) else rows[:0]
    if len(rows) == 0:
        return b""
    drawn = draw(at, rows, sheet.xy, sheet.zoom, sheet.ring_start, sheet.hole, sheet.first_ring)
    if len(drawn.row) == 0:
        return b""
    tags, values, count = np.empty((len(drawn.row), len(sheet.columns)), np.int64), [], 0
    for k, column in enumerate(sheet.columns):
        tags[:, k], more, held = column.values(drawn.row, count)
        values.append(held)
        count += more
    ids: IntArray = sheet.row[drawn.row] + 1
    keys = [column.name for column in sheet.columns]
    return layer_bytes(sheet.name, drawn, ids, keys, tags, b"".join(values))
