"""The footprint cut into pieces: each in one plot, on one parcel, wholly inside or outside of every layer.

The pieces of a plot are a partition of it. Their areas are measured on the ellipsoid and levelled to the plot's own
area, so every table made of them adds up to the footprint exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tilth.change.covers import SMALLEST_M2, Cuts, cut
from tilth.change.footprint import Plots, overlapping, tolerance_m2
from tilth.change.shapes import Plane, Shapes, joined, less, parted, plane
from tilth.change.verdict import BEYOND, GAP, ON_PARCEL, PIECE_COLUMNS, UNKNOWN
from tilth.core import BadInput, Finding, Where, dm2_array
from tilth.land import CodeSystem, RegionTree, Snapshot, ridge_deduction
from tilth.overlay import engine_area, level_groups

#: Layers that tell where the county is; they cut only what lies on no parcel.
BOUNDARIES = ("township", "village")
#: Layers whose `code` is a grade, used where the parcel has none, and the column they fill.
GRADES = {"slope": ("slope_grade", 5), "quality": ("quality_grade", 10)}
#: Column names that no layer kind may take.
RESERVED = frozenset({*PIECE_COLUMNS, "plot", "row", "geometry"})
#: The paddy class of each code system that has one.
PADDY = {"sd2017": "0101", "gh2023": "0101", "ed2007": "011"}


@dataclass(frozen=True)
class Partition:
    """The pieces (PIECE_COLUMNS, a boolean column for each layer kind, geometry) and the cuts they came from."""

    pieces: pd.DataFrame
    cuts: Mapping[str, Cuts]  # by layer kind; only layers that are there
    kinds: tuple[str, ...]  # the boolean columns
    repeated_dm2: Mapping[str, int]  # by plot id
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Land:
    """What a footprint is held against: one survey, its layers by kind, its regions and its code system."""

    parcels: Snapshot
    layers: Mapping[str, Snapshot]
    regions: RegionTree
    classes: CodeSystem

    @property
    def crs(self) -> str:
        """The survey's CRS, in which everything is cut and shown."""
        return self.parcels.meta.crs


def partition(plots: Plots, land: Land, kinds: Iterable[str]) -> Partition:
    """Cut `plots` by the parcels and by every layer. `kinds` are the layers that rules ask for, there or not."""
    crs, ground, layers = land.crs, plane(land.crs), land.layers
    on_parcels = cut(land.parcels, "parcels", plots, crs, ground)
    pieces, findings = _on_parcels(on_parcels, plots, crs, ground)
    known = [kind for kind in BOUNDARIES if kind in layers and len(layers[kind].attributes)]
    boundaries = [cut(layers[kind], kind, plots, crs, ground) for kind in known]
    pieces = _off_parcels(pieces, boundaries, len(plots), ground)
    pieces = _attributes(pieces, land)
    cuts: dict[str, Cuts] = {}
    for kind, (column, worst) in GRADES.items():
        if kind in layers:
            cuts[kind] = cut(layers[kind], kind, plots, crs, ground)
            pieces = _graded(pieces, cuts[kind], (layers[kind], column, worst), len(plots), ground)
    flags = flag_kinds(layers, kinds)
    for kind in flags:
        if kind not in layers:
            pieces[kind] = None
            continue
        cuts[kind] = cut(layers[kind], kind, plots, crs, ground)
        cover = cuts[kind].cover(len(plots), ground)
        findings += _features_overlap(cuts[kind], cover, plots, crs)
        pieces = _split(pieces, cover, kind, ground)
        findings += _flagged_otherwise(pieces, cover, plots, kind, crs)
    pieces, overlaps = _repeated(pieces, plots, crs, ground)
    findings += [
        *overlaps,
        *(finding for each in (on_parcels, *boundaries, *cuts.values()) for finding in each.findings),
    ]
    frame, off = _measured(pieces, plots, flags, crs)
    repeated = frame[frame["repeated"]].groupby("plot_id")["area_dm2"].sum()
    return Partition(frame, cuts, tuple(flags), {str(k): int(v) for k, v in repeated.items()}, (*findings, *off))


def flag_kinds(layers: Iterable[str], asked: Iterable[str]) -> list[str]:
    """The kinds that a piece is inside or outside of, sorted: those that are there, and those that rules ask for.

    Raises
    ------
    BadInput
        If a kind has the name of a column that every piece has.
    """
    kinds = sorted({*layers, *asked} - {*BOUNDARIES, *GRADES})
    for kind in kinds:
        if kind in RESERVED or kind.startswith("_"):
            raise BadInput("CHECK-LAYER-NAME", kind=kind)
    return kinds


def _on_parcels(cuts: Cuts, plots: Plots, crs: str, ground: Plane) -> tuple[pd.DataFrame, list[Finding]]:
    """Plot ∩ parcel, parcels that overlap told apart (the first by id keeps the land), and what is on no parcel."""
    geometry, findings = cuts.geometry.copy(), []
    rest = np.array(plots.geometry, dtype=object)
    for at in np.unique(cuts.plot):
        mine = np.flatnonzero(cuts.plot == at)
        union = joined(geometry[mine], ground)
        twice = shapely.area(geometry[mine]).sum() - shapely.area(union)
        if twice > ground.hair:
            geometry[mine] = _in_turn(geometry[mine], ground)
            lost = float(cuts.area_m2[mine].sum() - engine_area([union], crs)[0])
            findings.append(_layer_overlap("parcels", plots.ids[at], plots.geometry[at], lost))
        rest[at] = parted(rest[[at]], np.array([union], dtype=object), ground)[1][0]
    names = [*cuts.names, *[""] * len(plots)]
    frame = pd.DataFrame(
        {
            "plot": np.concatenate([cuts.plot, np.arange(len(plots))]),
            "row": np.concatenate([cuts.row, np.full(len(plots), -1)]),
            "parcel_id": pd.array(names, dtype="str"),
            "geometry": pd.Series([*geometry, *rest], dtype=object),
        }
    )
    return frame[shapely.area(_shapes(frame)) > ground.nothing].reset_index(drop=True), findings


def _in_turn(shapes: Shapes, ground: Plane) -> Shapes:
    """`shapes` without what an earlier one of them has."""
    out, taken = shapes.copy(), shapes[0]
    for at in range(1, len(shapes)):
        out[at] = less(shapes[[at]], np.array([taken], dtype=object), ground)[0]
        taken = joined(np.array([taken, shapes[at]], dtype=object), ground)
    return out


def _layer_overlap(kind: str, plot: str, shape: Any, area_m2: float) -> Finding:
    x, y = shapely.bounds(shape)[:2]
    values = {"layer": kind, "plot": plot, "area_dm2": int(dm2_array([max(area_m2, 0.0)])[0])}
    return Finding("CHECK-LAYER-OVERLAP", Where(layer=kind, parcel=plot, x=float(x), y=float(y)), values)


def _features_overlap(cuts: Cuts, cover: Shapes, plots: Plots, crs: str) -> list[Finding]:
    """Land that two features of one layer both claim: it counts once in the pieces, and in each of the hits."""
    whole = engine_area(cover, crs)
    each = np.bincount(cuts.plot, weights=cuts.area_m2, minlength=len(plots))
    twice = np.flatnonzero(each - whole > SMALLEST_M2)
    return [_layer_overlap(cuts.kind, plots.ids[at], cover[at], float(each[at] - whole[at])) for at in twice]


def _flagged_otherwise(pieces: pd.DataFrame, cover: Shapes, plots: Plots, kind: str, crs: str) -> list[Finding]:
    """Plots whose pieces inside a layer do not have the area of the layer's cover under them."""
    inside = pieces[pieces[kind].astype(bool)]
    shapes, plot = _shapes(inside), inside["plot"].to_numpy()
    found = np.bincount(plot, weights=engine_area(shapes, crs), minlength=len(plots))
    vertices = np.bincount(plot, weights=shapely.get_num_coordinates(shapes), minlength=len(plots))
    vertices = np.maximum(vertices, shapely.get_num_coordinates(cover))
    whole = engine_area(cover, crs)
    off = np.flatnonzero(np.abs(found - whole) > tolerance_m2(whole, vertices))
    return [_differ(plots.ids[at], kind, float(found[at]), float(whole[at])) for at in off]


def _differ(plot: str, kind: str, first: float, second: float) -> Finding:
    values = {"plot": plot, "layer": kind, "feature": "Σ", "first": f"{first:,.4f}", "second": f"{second:,.4f}"}
    values["difference"] = f"{abs(first - second):,.4f}"
    return Finding("CHECK-AREA", Where(layer=kind, parcel=plot), values)


def _off_parcels(pieces: pd.DataFrame, boundaries: list[Cuts], plots: int, ground: Plane) -> pd.DataFrame:
    """The column `ground`: what lies on no parcel is a gap inside the county, or beyond it, or cannot be told."""
    off = (pieces["row"] < 0).to_numpy()
    pieces["ground"] = np.where(off, UNKNOWN, ON_PARCEL)
    if not boundaries or not off.any():
        return pieces
    cover = np.full(plots, shapely.Polygon(), dtype=object)
    for at in range(plots):
        county = [each.geometry[each.plot == at] for each in boundaries]
        cover[at] = joined(np.concatenate(county), ground)
    split = _split(pieces[off], cover, "_inside", ground)
    split["ground"] = np.where(split.pop("_inside").astype(bool), GAP, BEYOND)
    return pd.concat([pieces[~off], split], ignore_index=True)


def _attributes(pieces: pd.DataFrame, land: Land) -> pd.DataFrame:
    """What each piece has from its parcel; blank where it lies on none."""
    row = pieces["row"].to_numpy()
    on = row >= 0
    source = land.parcels.attributes.iloc[np.where(on, row, 0)] if on.any() else None

    def of_parcel(column: str, blank: Any, dtype: str) -> Any:
        if source is None:
            return pd.array([blank] * len(pieces), dtype=dtype)
        return pd.array(source[column].reset_index(drop=True).where(on, blank), dtype=dtype)

    pieces["class_code"] = of_parcel("class_code", "", "str")
    pieces["village"] = of_parcel("region_code", "", "str")
    pieces["township"] = pieces["village"].map(
        {code: _township(code, land.regions) for code in pieces["village"].unique()}
    )
    classes = land.classes
    farmland = {code for code in pieces["class_code"].unique() if code in classes and classes.is_farmland(code)}
    pieces["farmland"] = pieces["class_code"].isin(farmland)
    paddy = PADDY.get(classes.id, "")
    pieces["paddy"] = pieces["farmland"] & (pieces["class_code"] == paddy)
    pieces["slope_grade"] = of_parcel("slope_grade", pd.NA, "Int8")
    pieces["quality_grade"] = of_parcel("quality_grade", pd.NA, "Int8")
    pieces["_ridge"] = of_parcel("ridge_coef", 0.0, "Float64").fillna(0.0).astype(float)
    return pieces


def _township(village: str, regions: RegionTree) -> str:
    """The township above a village: by the region tree, else by the first nine of its twelve digits."""
    if village in regions:
        above = [region.code for region in regions.ancestors(village) if region.level == "township"]
        return above[0] if above else ""
    return village[:9] if len(village) == 12 and village.isdigit() else ""


def _graded(
    pieces: pd.DataFrame, cuts: Cuts, target: tuple[Snapshot, str, int], plots: int, ground: Plane
) -> pd.DataFrame:
    """Grades of a grade layer for the pieces whose parcel has none. Where features overlap, the lowest grade counts."""
    layer, column, worst = target
    grade = pd.to_numeric(layer.attributes["code"].iloc[cuts.row], errors="coerce").to_numpy(dtype=float)
    for value in range(1, worst + 1):
        blank = pieces[column].isna().to_numpy()
        if not blank.any() or not (grade == value).any():
            continue
        split = _split(pieces[blank], cuts.cover(plots, ground, grade == value), "_inside", ground)
        inside = split.pop("_inside").astype(bool)
        split[column] = split[column].mask(inside, value)
        pieces = pd.concat([pieces[~blank], split], ignore_index=True)
    return pieces


def _repeated(pieces: pd.DataFrame, plots: Plots, crs: str, ground: Plane) -> tuple[pd.DataFrame, list[Finding]]:
    """The column `repeated`: land of a plot that lies in an earlier plot as well, and a finding for each such pair."""
    pairs = overlapping(plots, crs)
    cover = np.full(len(plots), shapely.Polygon(), dtype=object)
    findings = []
    for first, second, area in pairs:
        earlier = np.array([cover[second], plots.geometry[first]], dtype=object)
        cover[second] = joined(earlier, ground)
        values = {"plot": plots.ids[second], "other": plots.ids[first], "area_dm2": int(dm2_array([area])[0])}
        findings.append(Finding("CHECK-PLOTS-OVERLAP", Where(parcel=plots.ids[second]), values))
    return _split(pieces, cover, "repeated", ground), findings


def _split(pieces: pd.DataFrame, cover: Shapes, name: str, ground: Plane) -> pd.DataFrame:
    """Each piece cut into its parts inside and outside the cover of its plot; `name` tells which. Nothing is lost:
    a part that is only arithmetic noise stays with the other."""
    shapes = _shapes(pieces)
    over = cover[pieces["plot"].to_numpy()]
    touched = np.flatnonzero(shapely.intersects(shapely.box(*shapely.bounds(shapes).T), over))
    inside, outside = shapes.copy(), shapes.copy()
    is_in, is_out = np.zeros(len(shapes), dtype=bool), np.ones(len(shapes), dtype=bool)
    within, without = parted(shapes[touched], over[touched], ground)
    some_in, some_out = (shapely.area(part) > ground.nothing for part in (within, without))
    inside[touched] = np.where(some_out, within, shapes[touched])
    outside[touched] = np.where(some_in, without, shapes[touched])
    is_in[touched], is_out[touched] = some_in, some_out | ~some_in
    parts = [pieces[is_in].assign(geometry=inside[is_in]), pieces[is_out].assign(geometry=outside[is_out])]
    parts[0][name], parts[1][name] = True, False
    order = np.concatenate([np.flatnonzero(is_in), np.flatnonzero(is_out)])
    joint = parts[0] if not is_out.any() else parts[1] if not is_in.any() else pd.concat(parts)
    return joint.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _measured(
    pieces: pd.DataFrame, plots: Plots, kinds: list[str], crs: str
) -> tuple[gpd.GeoDataFrame, Iterable[Finding]]:
    """Areas of the pieces, levelled to their plot; pieces that round to 0.00 m² are gone, their area is levelled in."""
    shapes = _shapes(pieces)
    area_m2 = engine_area(shapes, crs)
    plot = pieces["plot"].to_numpy()
    pieces["area_dm2"] = level_groups(dm2_array(area_m2), plot, plots.area_dm2)
    findings = _off_the_plot(pieces, area_m2, shapes, plots)
    kept = pieces[pieces["area_dm2"] > 0].reset_index(drop=True)
    kept["deduct_dm2"] = ridge_deduction(kept["area_dm2"].to_numpy(), kept["_ridge"].to_numpy())
    kept["net_dm2"] = kept["area_dm2"] - kept["deduct_dm2"]
    kept["plot_id"] = pd.array([plots.ids[at] for at in kept["plot"]], dtype="str")
    for kind in kinds:
        kept[kind] = pd.array(kept[kind].astype(object).where(kept[kind].notna(), pd.NA), dtype="boolean")
    frame = kept.sort_values(["plot", "parcel_id"], kind="stable")[[*PIECE_COLUMNS, *kinds, "geometry"]]
    return gpd.GeoDataFrame(frame.reset_index(drop=True), geometry="geometry", crs=crs), findings


def _off_the_plot(pieces: pd.DataFrame, area_m2: Any, shapes: Shapes, plots: Plots) -> list[Finding]:
    """Plots whose pieces, before levelling, miss the plot's area by more than the survey allows."""
    plot = pieces["plot"].to_numpy()
    total = np.bincount(plot, weights=area_m2, minlength=len(plots))
    vertices = np.bincount(plot, weights=shapely.get_num_coordinates(shapes), minlength=len(plots))
    own = plots.area_dm2 / 100
    off = np.flatnonzero(np.abs(total - own) > tolerance_m2(own, vertices))
    return [_differ(plots.ids[at], "parcels", float(total[at]), float(own[at])) for at in off]


def _shapes(pieces: pd.DataFrame) -> Shapes:
    return np.asarray(pieces["geometry"], dtype=object)
