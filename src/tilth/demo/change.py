"""What happens to the land in a year: parcels are split, joined, built over, planted, reclaimed, flooded or redrawn.

Every change stays inside the parcels it changes: cuts run from one existing vertex to another, so no neighbour moves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

from tilth.core import FloatArray, IntArray
from tilth.demo.classes import FARMLAND, derive, with_areas
from tilth.demo.cuts import cut_across, nibble, passage
from tilth.demo.mesh import Polygons, borders, segments
from tilth.demo.names import COUNTY_CODE
from tilth.demo.strips import blob
from tilth.overlay import level_groups, survey_area

#: Share of all parcels that change in a year.
CHANGED = 0.03
#: Off a split, nothing smaller than this is left. [m²]
LEAST_PIECE = 700.0


@dataclass(frozen=True)
class Year:
    """One year's survey: fields of every parcel (areas in dm²) and their polygons, in the same order."""

    frame: pd.DataFrame
    polygons: Polygons


@dataclass(frozen=True)
class Changed:
    """The second year and how it came out of the first: one row of `process` for each piece of changed land."""

    year: Year
    process: pd.DataFrame
    pieces: Polygons


@dataclass
class _Draft:
    """Changes as they are decided. A piece is (old parcel, new parcel, polygon)."""

    old: Year
    rng: np.random.Generator
    neighbours: dict[int, list[int]]
    free: np.ndarray  # not yet changed
    pieces: list[tuple[int, int, Any]] = field(default_factory=list)
    new: list[tuple[int, dict[str, Any]]] = field(default_factory=list)  # attributes: those of an old parcel, but …

    def add(self, like: int, **but: Any) -> int:
        """A new parcel with the attributes of old parcel `like`, except those named."""
        self.new.append((like, but))
        return len(self.new) - 1

    def becomes(self, old: int, polygon: Any, new: int) -> None:
        """A piece of `old` goes to the new parcel."""
        self.pieces.append((old, new, polygon))
        self.free[old] = False

    def pick(self, codes: tuple[str, ...], n: int, least_m2: float = 3000.0) -> list[int]:
        """Up to `n` unchanged parcels of these classes without holes, at random."""
        shapes = self.old.polygons
        fits = self.free & self.old.frame["DLBM"].isin(codes).to_numpy() & (shapely.area(shapes) > least_m2)
        fits &= (shapely.get_num_interior_rings(shapes) == 0) & (self.old.frame["QSXZ"] != "20").to_numpy()
        return [int(i) for i in self.rng.permutation(np.flatnonzero(fits))[:n]]


def next_year(
    old: Year, crs: str, rng: np.random.Generator, river_distance: Callable[[FloatArray], FloatArray]
) -> Changed:
    """The survey a year later. Parcels that do not change keep their id, coordinates and areas."""
    edge = borders(old.polygons)
    neighbours: dict[int, list[int]] = {}
    me, other, _ = edge.both_ways()
    for a, b in zip(me.tolist(), other.tolist(), strict=True):
        neighbours.setdefault(a, []).append(b)
    draft = _Draft(old, rng, neighbours, np.ones(len(old.polygons), dtype=bool))
    n = CHANGED * len(old.polygons)
    _flood(draft, max(round(0.02 * n), 1), river_distance)
    _new_road(draft, max(round(0.004 * n), 1))
    _whole(draft, n)
    _split(draft, n)
    _join(draft, max(round(0.06 * n), 1))
    _redraw(draft, max(round(0.05 * n), 1))
    _build_inside(draft, max(round(0.05 * n), 1))
    return _settle(draft, crs)


def _whole(draft: _Draft, n: float) -> None:
    """Whole parcels that take another class, or another planting attribute only."""
    plain: dict[str, Any] = {"ZZSXDM": "", "TBXHDM": "", "CZCSXM": "", "XZDWKD": 0.0}
    farmed = {**plain, "ZZSXDM": "LS"}
    for codes, share, but in (
        (("1204",), 0.07, {**farmed, "DLBM": "0102", "TBXHDM": "YJGD", "GDPDJB": "1", "GDDB": 12, "ZLDJ": 9}),
        (("0404",), 0.05, {**farmed, "DLBM": "0103", "GDPDJB": "2", "GDLX": "PD", "GDDB": 11, "ZLDJ": 8}),
        (("0201K",), 0.05, {**farmed, "DLBM": "0102", "GDPDJB": "1", "GDDB": 7, "ZLDJ": 5}),
        (("0307", "0307K"), 0.03, {**farmed, "DLBM": "0103", "GDPDJB": "2", "GDLX": "TT", "GDDB": 10, "ZLDJ": 7}),
        (("0102", "0103"), 0.06, {**plain, "DLBM": "0201", "ZZSXDM": "JKHF"}),
        (("0101", "0102"), 0.04, {**plain, "DLBM": "1104A", "ZZSXDM": "GCHF"}),
        (("0103",), 0.03, {**plain, "DLBM": "0301", "ZZSXDM": "GCHF"}),
        (("0102",), 0.03, {**plain, "DLBM": "1202"}),
        (("0102", "0103"), 0.03, {**plain, "DLBM": "0601", "CZCSXM": "203A"}),
        (FARMLAND, 0.08, {"ZZSXDM": "FLS"}),
        (FARMLAND, 0.03, {"ZZSXDM": "WG"}),
    ):
        for old in draft.pick(codes, max(round(share * n), 1)):
            draft.becomes(old, draft.old.polygons[old], draft.add(old, **but))


def _split(draft: _Draft, n: float) -> None:
    """Parcels cut in two: divided fields, and fields of which a part is built over or planted."""
    gone: dict[str, Any] = {"ZZSXDM": "", "TBXHDM": ""}
    for codes, share, but in (
        (FARMLAND, 0.08, {"ZZSXDM": "LYFL"}),
        (("0102", "0103"), 0.06, {**gone, "DLBM": "0601", "CZCSXM": "203A"}),
        (("0102", "0103", "0101"), 0.06, {**gone, "DLBM": "0702", "CZCSXM": "203"}),
        (("0102", "0103"), 0.06, {**gone, "DLBM": "0201", "ZZSXDM": "GCHF"}),
        (("0102", "0103"), 0.02, {**gone, "DLBM": "1104"}),
        (("1204",), 0.03, {"DLBM": "0102", "ZZSXDM": "LS", "TBXHDM": "YJGD", "GDPDJB": "1", "GDDB": 12, "ZLDJ": 9}),
    ):
        for old in draft.pick(codes, max(round(share * n), 1), 3.5 * LEAST_PIECE):
            halves = cut_across(draft.old.polygons[old], float(draft.rng.uniform(0.25, 0.5)), LEAST_PIECE, draft.rng)
            if halves is not None:
                draft.becomes(old, halves[0], draft.add(old))
                draft.becomes(old, halves[1], draft.add(old, **but))


def _join(draft: _Draft, n: int) -> None:
    """Neighbours of one class and village that become one parcel."""
    frame = draft.old.frame
    kind = list(zip(frame["DLBM"], frame["ZLDWDM"], frame["GDPDJB"], strict=True))
    done = 0
    for old in draft.pick((*FARMLAND, "0301"), 6 * n):
        alike = [o for o in draft.neighbours.get(old, []) if draft.free[o] and kind[o] == kind[old]]
        if draft.free[old] and alike and done < n:
            new = draft.add(old)
            draft.becomes(old, draft.old.polygons[old], new)
            draft.becomes(alike[0], draft.old.polygons[alike[0]], new)
            done += 1


def _redraw(draft: _Draft, n: int) -> None:
    """A bite out of one field goes to its neighbour of the same village."""
    frame, shapes = draft.old.frame, draft.old.polygons
    done = 0
    for old in draft.pick(FARMLAND, 6 * n, 6000.0):
        for other in draft.neighbours.get(old, []):
            taker_fits = draft.free[other] and frame.at[other, "DLBM"] in (*FARMLAND, "0404", "0307", "1202")
            if not (taker_fits and draft.free[old] and frame.at[old, "ZLDWDM"] == frame.at[other, "ZLDWDM"]):
                continue
            bitten = nibble(shapes[old], shapes[other], LEAST_PIECE)
            if bitten is None or done >= n:
                continue
            grown = draft.add(other)
            draft.becomes(old, bitten[0], draft.add(old))
            draft.becomes(old, bitten[1], grown)
            draft.becomes(other, shapes[other], grown)
            done += 1


def _build_inside(draft: _Draft, n: int) -> None:
    """A shed or works in the middle of a field, which keeps a hole."""
    for old in draft.pick(FARMLAND, n, 9000.0):
        shape = draft.old.polygons[old]
        centre, reach = shapely.get_coordinates(shapely.maximum_inscribed_circle(shape, 1.0))
        radius = 0.45 * float(np.hypot(*(reach - centre)))
        inside = blob(draft.rng, np.round(centre, 3), min(radius, 34.0), 6.0)
        if not (shape.contains_properly(inside) and inside.area > 450):
            continue
        built = bool(draft.rng.random() < 0.5)
        draft.becomes(old, shapely.Polygon(shape.exterior, [inside.exterior]), draft.add(old))
        but = {"DLBM": "0601", "CZCSXM": "203A"} if built else {"DLBM": "1202"}
        draft.becomes(old, inside, draft.add(old, ZZSXDM="", TBXHDM="", **but))


def _flood(draft: _Draft, n: int, river_distance: Callable[[FloatArray], FloatArray]) -> None:
    """The river takes fields on its bank."""
    points = shapely.get_coordinates(shapely.point_on_surface(draft.old.polygons))
    near = draft.free & (river_distance(points) < 260.0)
    before, draft.free = draft.free, near
    taken = draft.pick(FARMLAND, 20 * n)
    draft.free = before
    rivers = draft.old.frame["DLBM"].eq("1101").to_numpy()
    beside = [old for old in taken if rivers[draft.neighbours.get(old, [])].any()]
    for old in beside[:n]:
        new = draft.add(old, DLBM="1101", ZZSXDM="", TBXHDM="", XZDWKD=40.0, QSXZ="20")
        draft.becomes(old, draft.old.polygons[old], new)


def _new_road(draft: _Draft, roads: int) -> None:
    """A highway through fields: a strip cut from one parcel after the other, joined inside each village."""
    edges = segments(draft.old.polygons)
    order = np.argsort(edges.key, kind="stable")
    key, polygon = edges.key[order], edges.polygon[order]
    twin = np.flatnonzero(key[1:] == key[:-1])
    beyond = {(int(a), int(k)): int(b) for k, a, b in zip(key[twin], polygon[twin], polygon[twin + 1], strict=True)}
    beyond |= {(b, k): a for (a, k), b in beyond.items()}
    keys_of: dict[int, IntArray] = {}
    starts = np.searchsorted(edges.polygon, np.arange(len(draft.old.polygons) + 1))
    for _ in range(roads):
        best: list[tuple[int, Any]] = []
        for start in draft.pick(FARMLAND, 12, 8000.0):
            walked = _walk(draft, start, lambda p: keys_of.setdefault(p, edges.key[starts[p] : starts[p + 1]]), beyond)
            best = max(best, walked, key=len)
        _lay(draft, best)


def _walk(
    draft: _Draft, start: int, keys: Callable[[int], IntArray], beyond: dict[tuple[int, int], int]
) -> list[tuple[int, Any]]:
    """Parcels in a row and the passage through each, in through one vertex pair and out through another."""
    frame, shapes = draft.old.frame, draft.old.polygons
    walked: list[tuple[int, Any]] = []
    entry, here = 0, start
    heading = draft.rng.uniform(0, 2 * np.pi)
    seen: set[int] = set()
    while len(walked) < 9:
        usable = draft.free[here] and frame.at[here, "DLBM"] in (*FARMLAND, "0404", "0307")
        if not usable or here in seen or shapely.get_num_interior_rings(shapes[here]):
            break
        found = passage(shapes[here], entry, heading, LEAST_PIECE)
        if found is None:
            break
        seen.add(here)
        walked.append((here, found))
        key = int(keys(here)[found.exit])
        following = beyond.get((here, key))
        if following is None:
            break
        entry, here = int(np.flatnonzero(keys(following) == key)[0]), following
    return walked


def _lay(draft: _Draft, walked: list[tuple[int, Any]]) -> None:
    road: dict[str, int] = {}
    for old, through in walked:
        village = draft.old.frame.at[old, "ZLDWDM"]
        if village not in road:
            road[village] = draft.add(
                old,
                DLBM="1003",
                ZZSXDM="",
                TBXHDM="",
                XZDWKD=9.0,
                QSXZ="20",
                QSDWDM=COUNTY_CODE + "0" * 13,
                QSDWMC="国有",
            )
        draft.becomes(old, through.road, road[village])
        for side in through.sides:
            draft.becomes(old, side, draft.add(old))


def _settle(draft: _Draft, crs: str) -> Changed:
    """Measure and level the pieces, give the new parcels their ids and write the process table."""
    old, new_of = draft.old, np.array([new for _, new, _ in draft.pieces])
    parent = np.array([was for was, _, _ in draft.pieces])
    shapes = np.empty(len(draft.pieces), dtype=object)
    shapes[:] = [shape for _, _, shape in draft.pieces]
    raw = survey_area(shapes, crs)
    parents, group = np.unique(parent, return_inverse=True)
    area = level_groups(raw, group, old.frame["TBMJ"].to_numpy()[parents])
    assert np.abs(area - raw).max() <= shapely.get_num_coordinates(shapes).max(), "a cut lost land"

    like = np.array([position for position, _ in draft.new])
    fresh = old.frame.iloc[like].reset_index(drop=True)
    for row, (_, but) in enumerate(draft.new):
        for name, value in but.items():
            fresh.at[row, name] = value
    total = np.zeros(len(fresh), dtype=np.int64)
    np.add.at(total, new_of, area)
    fresh = with_areas(derive(fresh), total)
    fresh = _numbered(fresh, old.frame)
    outline = np.empty(len(fresh), dtype=object)
    for position in range(len(fresh)):
        mine = shapes[new_of == position]
        outline[position] = mine[0] if len(mine) == 1 else shapely.coverage_union_all(mine)
    kept = draft.free
    frame = pd.concat([old.frame[kept], fresh], ignore_index=True).assign(SJNF=2024)
    year = Year(frame, np.concatenate([old.polygons[kept], outline]))
    return Changed(year, _process(old.frame.iloc[parent], fresh.iloc[new_of], area), shapes)


def _numbered(fresh: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Ids and parcel numbers that no earlier parcel has had."""
    last_id = int(old["BSM"].str[10:].astype(int).max())
    prefix = old["BSM"].iat[0][:10]
    last_no = old["TBBH"].astype(int).groupby(old["ZLDWDM"]).max()
    number = fresh.groupby("ZLDWDM").cumcount() + 1 + fresh["ZLDWDM"].map(last_no)
    return fresh.assign(
        BSM=[f"{prefix}{last_id + 1 + row:08d}" for row in range(len(fresh))], TBBH=[f"{n:04d}" for n in number]
    )


def _process(before: pd.DataFrame, after: pd.DataFrame, area: IntArray) -> pd.DataFrame:
    """The update-process table (DLTBGXGC): both sides of each piece, its area recomputed with both coefficients."""
    old = with_areas(before.reset_index(drop=True), area)
    new = with_areas(after.reset_index(drop=True), area)
    out = pd.DataFrame({"BSM": [f"{COUNTY_CODE}2099{row + 1:08d}" for row in range(len(area))]})
    out["BGQTBBSM"], out["BGHTBBSM"] = old["BSM"], new["BSM"]
    for name in ("TBBH", "DLBM", "QSXZ", "ZLDWDM", "KCXS", "KCMJ", "TBDLMJ"):
        out["BGQ" + name], out["BGH" + name] = old[name], new[name]
    out["TBBGMJ"] = area
    same_shape = old["BSM"].duplicated(keep=False) | new["BSM"].duplicated(keep=False)
    out["BGXW"] = np.where(same_shape, "2", "1")
    return out.assign(SJNF=2024, GXSJ="20241231")
