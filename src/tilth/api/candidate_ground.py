"""What of candidate parcels is left when layers are taken off, one after the other, each piece of ground once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tilth.core import FloatArray, IntArray
    from tilth.land import Snapshot


def ground_by_layer(
    shapes: npt.NDArray[np.object_], ids: Sequence[str], areas: IntArray, layers: Mapping[str, Snapshot], crs: str
) -> tuple[IntArray, npt.NDArray[np.object_]]:
    """(n, layers + 1) Area of each parcel by the first layer that covers it and, last, by none, levelled to the
    parcel's own area [dm²]; and the shapes of what is left.

    Raises
    ------
    BadInput
        If a layer stands on another datum.
    """
    import numpy as np
    import shapely

    from tilth.change.covers import cut
    from tilth.change.footprint import Plots
    from tilth.change.shapes import parted, plane, valid
    from tilth.core import dm2_array
    from tilth.overlay import engine_area, level_groups

    ground, left = plane(crs), valid(shapes)
    plots = Plots(tuple(ids), tuple(ids), left, areas, "survey", ())
    parts = np.zeros((len(shapes), len(layers) + 1))
    for at, (kind, layer) in enumerate(layers.items()):
        cover = cut(layer, kind, plots, crs, ground).cover(len(plots), ground)
        touched = np.flatnonzero(~shapely.is_empty(cover))
        inside, outside = parted(left[touched], cover[touched], ground)
        parts[touched, at] = engine_area(inside, crs)
        left[touched] = outside
    parts[:, -1] = engine_area(left, crs)
    whole = dm2_array(parts.reshape(-1)).reshape(parts.shape)
    row, column = np.nonzero(whole)
    out = np.zeros_like(whole)
    out[row, column] = level_groups(whole[row, column], row, areas)
    bare = np.flatnonzero(whole.sum(axis=1) == 0)  # a parcel whose shape has no ground keeps its recorded area
    out[bare, -1] = areas[bare]
    return out, left


def main_grades(
    shapes: npt.NDArray[np.object_], ids: Sequence[str], areas: IntArray, layer: Snapshot, kind: str, crs: str
) -> FloatArray:
    """(n,) The grade (`code` of the layer) that covers most of each parcel, of equal covers the higher; NaN where none.

    Source: survey rules on slope grades (耕地坡度级别): one grade a parcel, that of the majority of its area.
    """
    import numpy as np
    import pandas as pd

    from tilth.change.covers import cut
    from tilth.change.footprint import Plots
    from tilth.change.shapes import plane, valid

    cuts = cut(layer, kind, Plots(tuple(ids), tuple(ids), valid(shapes), areas, "survey", ()), crs, plane(crs))
    grade = pd.to_numeric(layer.attributes["code"].iloc[cuts.row], errors="coerce").to_numpy(dtype=np.float64)
    out, most = np.full(len(shapes), np.nan), np.zeros(len(shapes))
    for one in sorted(set(grade[np.isfinite(grade)].tolist())):
        own = grade == one
        covered = np.bincount(cuts.plot[own], weights=cuts.area_m2[own], minlength=len(shapes))
        better = (covered >= most) & (covered > 0)
        out[better], most[better] = one, covered[better]
    return out
