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
    kept, twice = shapes.copy(), np.zeros(len(shapes))
    for row, others in earlier.items():
        rest = less(shapes[[row]], np.array([joined(shapes[others], plane(crs))], dtype=object), plane(crs))
        before, after = engine_area(np.array([shapes[row], rest[0]], dtype=object), crs)
        if before - after > tolerance_m2(before, shapely.get_num_coordinates(shapes[row])):
            kept[row], twice[row] = rest[0], before - after
    return kept, twice
