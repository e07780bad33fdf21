"""What of a layer lies under each plot: candidates by bounding box, cut by GEOS, every area checked by the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from tilth.change.footprint import Plots, tolerance_m2
from tilth.change.shapes import Plane, Shapes, joined, meet, moved, polygonal, transformer, valid
from tilth.core import Finding, FloatArray, IntArray, Where, dm2_array
from tilth.land import Snapshot, told_apart
from tilth.overlay import engine_area, intersection_areas

#: An overlap smaller than this rounds to 0.00 m² and is none. [m²]
SMALLEST_M2 = 0.005


@dataclass(frozen=True)
class Cuts:
    """k cuts of the plots by the features of one layer, sorted by plot and feature name."""

    kind: str
    plot: IntArray  # (k,) position of the plot
    row: IntArray  # (k,) position of the feature in its layer
    names: tuple[str, ...]  # (k,) id of the feature, unique in the layer
    titles: tuple[str, ...]  # (k,) name of the feature, as the file has it; may be blank
    geometry: Shapes  # (k,) plot ∩ feature, in the survey's CRS
    area_m2: FloatArray  # (k,)
    findings: tuple[Finding, ...]

    def __len__(self) -> int:
        return len(self.plot)

    def cover(self, plots: int, ground: Plane, chosen: Any = None) -> Shapes:
        """(plots,) the union of the cuts of each plot; of the `chosen` (k,) ones only, where given."""
        out = np.full(plots, shapely.Polygon(), dtype=object)
        used = np.ones(len(self), dtype=bool) if chosen is None else np.asarray(chosen, dtype=bool)
        for at in np.unique(self.plot[used]):
            out[at] = joined(self.geometry[used & (self.plot == at)], ground)
        return out


def feature_names(layer: Snapshot, rows: IntArray) -> tuple[str, ...]:
    """The unique ids of the features at `rows`; equal ids are told apart over the whole layer, in row order."""
    frame = layer.attributes
    ids = frame["feature_id" if "feature_id" in frame else "parcel_id"]
    own = tuple(str(one) for one in ids.iloc[rows])
    if layer.repeated_ids.isdisjoint(own):
        return own
    numbers = frame["source_row"] if "source_row" in frame else range(1, len(frame) + 1)
    names, _ = told_apart(ids.astype("str"), numbers)
    return tuple(names[row] for row in rows)


def cut(layer: Snapshot, kind: str, plots: Plots, crs: str, ground: Plane) -> Cuts:
    """What every feature of `layer` has in common with every plot. `crs` is the survey's.

    Raises
    ------
    BadInput
        If the layer's CRS cannot be brought to the survey's without changing the datum.
    """
    plot, row, shapes, odd = _candidates(layer, kind, plots, crs)
    names = np.array(feature_names(layer, row), dtype=object)
    line = np.lexsort((names, plot)) if len(plot) else np.zeros(0, dtype=np.int64)
    plot, row, names, shapes = plot[line], row[line], names[line], shapes[line]
    common = meet(plots.geometry[plot], shapes, ground)
    kept = shapely.area(common) > ground.nothing
    area = np.zeros(len(plot))
    area[kept] = engine_area(common[kept], crs)
    findings = (*odd, *_beside_the_kernel(kind, plots, (plot, names, shapes), common, area, crs=crs))
    titles = layer.attributes["name"].iloc[row[kept]] if "name" in layer.attributes else [""] * int(kept.sum())
    return Cuts(kind, plot[kept], row[kept], tuple(names[kept]), tuple(titles), common[kept], area[kept], findings)


def _candidates(layer: Snapshot, kind: str, plots: Plots, crs: str) -> tuple[IntArray, IntArray, Shapes, list[Finding]]:
    """Pairs of plot and feature whose bounding boxes meet; the features, valid, in the survey's CRS; what was odd."""
    own = layer.meta.crs
    there = plots.geometry if transformer(crs, own, kind) is None else moved(plots.geometry, crs, own, kind)
    pairs = _boxes_that_meet(shapely.bounds(there), layer)
    rows, which = np.unique(pairs[1], return_inverse=True)
    given = layer.shapes(rows)
    features = valid(given)
    findings = list(_read_otherwise(kind, feature_names(layer, rows), given, features, own))
    features = valid(moved(features, own, crs, kind))
    return pairs[0], pairs[1], features[which], findings


def _boxes_that_meet(plots: FloatArray, layer: Snapshot) -> IntArray:
    """(2, k) plots and features whose boxes meet, plot by plot."""
    near = [layer.meeting(box) for box in plots]
    plot = np.repeat(np.arange(len(plots)), [len(some) for some in near])
    return np.stack([plot, np.concatenate([*near, np.zeros(0, np.int64)])]).astype(np.int64)


def _read_otherwise(kind: str, names: tuple[str, ...], given: Shapes, features: Shapes, crs: str) -> Iterator[Finding]:
    """Features whose rings cross or whose parts overlap: their area as drawn, and the ground that they cover."""
    for at in np.flatnonzero(~shapely.is_valid(given)):
        before, after = dm2_array(engine_area([polygonal([given[at]])[0], features[at]], crs)).tolist()
        if before != after:
            x, y = shapely.get_coordinates(given[at])[0].tolist()
            values = {"layer": kind, "feature": names[at], "before_dm2": before, "after_dm2": after}
            yield Finding("CHECK-FEATURE-INVALID", Where(layer=kind, parcel=names[at], x=x, y=y), values)


def _beside_the_kernel(
    kind: str, plots: Plots, pairs: tuple[IntArray, Any, Shapes], common: Shapes, area_m2: FloatArray, *, crs: str
) -> Iterator[Finding]:
    """The same areas by the overlay kernel, which builds no geometry; a difference beyond tolerance is a finding."""
    plot, names, shapes = pairs
    if len(plot) == 0:
        return
    features, which = np.unique(names.astype(str), return_inverse=True)
    of_feature = np.full(len(features), None, dtype=object)
    of_feature[which] = shapes
    table = intersection_areas(plots.geometry, of_feature, crs)
    second = np.zeros(len(plot))
    place = {(int(a), int(b)): at for at, (a, b) in enumerate(zip(plot, which, strict=True))}
    for a, b, area in zip(table.left, table.right, table.area_m2, strict=True):
        second[place[int(a), int(b)]] += area
    vertices = shapely.get_num_coordinates(common)
    off = np.abs(second - area_m2) > tolerance_m2(np.maximum(second, area_m2), vertices)
    for at in np.flatnonzero(off):
        values = {"plot": plots.ids[plot[at]], "layer": kind, "feature": str(names[at])}
        values |= {"first": f"{area_m2[at]:,.4f}", "second": f"{second[at]:,.4f}"}
        values["difference"] = f"{abs(second[at] - area_m2[at]):,.4f}"
        x, y = shapely.bounds(shapes[at])[:2]
        yield Finding("CHECK-AREA", Where(layer=kind, parcel=str(names[at]), x=float(x), y=float(y)), values)
