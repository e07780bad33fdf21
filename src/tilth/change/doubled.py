"""Features of one layer that lie on the same land: who keeps it, and how much of each is counted twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely

from tilth.change.footprint import tolerance_m2
from tilth.change.shapes import Shapes, joined, less, plane
from tilth.core import FloatArray
from tilth.overlay import engine_area, overlaps
from tilth.overlay.threads import blocks, in_threads

_BLOCK = 256


def counted_once(shapes: Shapes, names: Sequence[str], crs: str) -> tuple[Shapes, FloatArray]:
    """Each shape without what an earlier one has, and (n,) what it lost by that. [m²]

    Parameters
    ----------
    shapes
        (n,) valid polygons in `crs`.
    names
        (n,) unique ids; the first of them keeps the land, so that the order of rows does not matter.

    Overlaps within the survey's tolerance (0.01 m² for each vertex) stay as they are: levelling takes them in.
    """
    place = np.empty(len(names), dtype=np.int64)
    place[np.argsort(np.asarray(names, dtype=object), kind="stable")] = np.arange(len(names))
    table = overlaps(shapes, crs)
    earlier: dict[int, list[int]] = defaultdict(list)
    for left, right in zip(table.left.tolist(), table.right.tolist(), strict=True):
        first, second = sorted((left, right), key=lambda row: place[row])
        earlier[second].append(first)
    rows, ground = np.fromiter(earlier, np.int64, len(earlier)), plane(crs)

    def without(block: slice) -> Shapes:
        others = [shapes[earlier[row]] for row in rows[block].tolist()]
        covers = [some[0] if len(some) == 1 else joined(some, ground) for some in others]
        return less(shapes[rows[block]], np.array(covers, dtype=object), ground)

    rest = np.concatenate([np.zeros(0, dtype=object), *in_threads(without, blocks(len(rows), _BLOCK))])
    before, after = engine_area(shapes[rows], crs), engine_area(rest, crs)
    cut = before - after > tolerance_m2(before, shapely.get_num_coordinates(shapes[rows]))
    kept, twice = shapes.copy(), np.zeros(len(shapes))
    kept[rows[cut]], twice[rows[cut]] = rest[cut], (before - after)[cut]
    return kept, twice
