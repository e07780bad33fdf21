"""The land of two surveys as the land book counts it: by class and marks, and what each piece of it was and became."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tilth.change import pieces as kinds
from tilth.change.distinct import by_value
from tilth.change.doubled import counted_once
from tilth.change.layout import RIDGE
from tilth.change.outlines import Outlines, mend
from tilth.change.pieces import Measured, booked_pieces
from tilth.change.rules import stable_rule
from tilth.change.years import SMALLEST_OVERLAP_M2, Year, shared_pieces
from tilth.core import DM2_PER_M2, BadInput, Finding, FloatArray, IntArray
from tilth.land import CodeSystem, Snapshot
from tilth.overlay import engine_area, intersection_areas, level, overlaps

#: What an account of land is told apart by, in the order of its key.
MARKS = ("region", "class_code", "pbf", "paddy", "stable", "grade")
#: Paddy fields.
_PADDY = "0101"
_GRADES = 11
#: Basic farmland is drawn anew where it differs by more than this on one piece; less is measuring. [dm²]
SMALLEST_REDRAWN = 100


@dataclass(frozen=True, eq=False)
class Cover:
    """Basic farmland of one layer, each bit of it once, and how much of every parcel of a survey it covers."""

    shapes: npt.NDArray[np.object_]
    crs: str
    share: FloatArray  # (n,) of the parcels' area; exactly 0 or 1 within the tolerance of measuring

    @classmethod
    def of(cls, layer: Snapshot, outlines: Outlines, *, shapes: npt.NDArray[np.object_] | None = None) -> Cover:
        """Of the parcels that `outlines` draws. `shapes` are the layer's features `once`, where they are known."""
        crs = layer.meta.crs
        shapes = once(layer) if shapes is None else shapes
        pieces = intersection_areas(shapes, outlines.layer, crs)
        covered = np.bincount(pieces.right, pieces.area_m2, len(outlines.area_m2))
        limit = Measured(outlines.area_m2, outlines.vertices, np.zeros(len(covered))).tolerance()
        share = np.divide(covered, outlines.area_m2, out=np.zeros_like(covered), where=outlines.area_m2 > 0)
        share = np.where(covered <= limit, 0.0, np.where(outlines.area_m2 - covered <= limit, 1.0, share))
        return cls(shapes, crs, np.minimum(share, 1.0))

    #: Raised when what is kept changes.
    EDITION: ClassVar[int] = 1

    def keep(self, folder: Path) -> None:
        """Write it into `folder`, an empty one."""
        texts = shapely.to_wkb(self.shapes).tolist()
        np.save(folder / "stops.npy", np.cumsum([len(one) for one in texts], dtype=np.int64))
        (folder / "shapes.wkb").write_bytes(b"".join(texts))
        np.save(folder / "share.npy", self.share)

    @classmethod
    def kept(cls, folder: Path, crs: str, *, shapes: npt.NDArray[np.object_] | None = None) -> Cover:
        """What `keep` wrote. `shapes` as for `of`."""
        stops, share = (np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("stops", "share"))
        if shapes is not None:
            return cls(shapes, crs, share)
        texts, starts = (folder / "shapes.wkb").read_bytes(), [0, *stops[:-1].tolist()]
        parts = [texts[start:stop] for start, stop in zip(starts, stops.tolist(), strict=False)]
        return cls(np.asarray(shapely.from_wkb(parts), dtype=object), crs, share)


def once(layer: Snapshot) -> npt.NDArray[np.object_]:
    """The features of a layer, each bit of ground in the first of them only. Most layers have none that overlap."""
    crs = layer.meta.crs
    shapes, _ = mend(layer.parcels.geometry, crs)
    table = overlaps(shapes, crs)
    large = table.area_m2 > SMALLEST_OVERLAP_M2
    rows = np.unique(np.concatenate([table.left[large], table.right[large]]))
    if len(rows):
        names = layer.parcels["feature_id"].to_numpy(object)[rows].tolist()
        shapes[rows], _ = counted_once(shapes[rows], names, crs)
    return shapes


@dataclass(frozen=True, eq=False)
class Stock:
    """The parcels of one survey with their marks. Marks are of farmland; other land has none."""

    region: npt.NDArray[np.object_]  # (n,) the region whose book counts the parcel
    class_code: npt.NDArray[np.object_]
    paddy: npt.NDArray[np.bool_]
    stable: npt.NDArray[np.bool_]
    grade: IntArray  # quality grade, 0 where none is known
    farmland: npt.NDArray[np.bool_]
    net: IntArray  # [dm²]
    ridge: IntArray  # [dm²]
    basic: IntArray  # the part of `net` that is permanent basic farmland [dm²]

    @classmethod
    def of(cls, survey: Snapshot, codes: CodeSystem, home: Callable[[str], str], cover: Cover | None) -> Stock:
        """The parcels of `survey`; `home` says which region's book counts the land of a village."""
        parcels = survey.attributes
        farmland = by_value(parcels["class_code"], codes.is_farmland, bool)
        net = parcels["net_area_dm2"].to_numpy(np.int64)
        grade = parcels["quality_grade"].astype("Int64").fillna(0).to_numpy(np.int64)
        grade = np.where(farmland & (grade > 0) & (grade < _GRADES), grade, 0)
        share = np.zeros(len(net)) if cover is None else cover.share
        return cls(
            region=by_value(parcels["region_code"].fillna(""), home, object),
            class_code=parcels["class_code"].to_numpy(object),
            paddy=(parcels["class_code"] == _PADDY).to_numpy(bool),
            stable=stable_rule().holds(parcels, codes),
            grade=grade,
            farmland=farmland,
            net=net,
            ridge=parcels["deduct_dm2"].to_numpy(np.int64),
            basic=np.where(farmland, np.rint(net * share).astype(np.int64), 0),
        )

    def __len__(self) -> int:
        return len(self.net)


@dataclass(frozen=True, eq=False)
class Stocked:
    """Two surveys as stocks, and every piece of land as parts of accounts, before and after.

    The parts of a piece before are what it is in the opening stock, those after what it is in the closing stock. An
    entry is the difference of the two; so the entries of all pieces make the one stock of the other, exactly.
    """

    years: tuple[int, int]
    surveys: tuple[str, str]  # ids
    accounts: pd.DataFrame  # MARKS, a row for each
    opening: IntArray  # (accounts,) the first survey [dm²]
    closing: IntArray  # (accounts,) the second
    #: kind, land (of both years), gross, old_parcel, new_parcel ("" for none), old_class, new_class, from_region,
    #: to_region; of farmland: lost, won or farmland (before and after); same (class and marks, but for basic farmland);
    #: sliver (so small a part of both its parcels that measuring them may have made it); old_grade15 (of the 15-grade
    #: system, 0 where the survey gives none)
    pieces: pd.DataFrame
    before: pd.DataFrame  # piece, account, dm2
    after: pd.DataFrame
    findings: tuple[Finding, ...]
    redrawn: bool  # basic farmland is that of another layer afterwards

    def unclosed(self) -> list[tuple[int, str, int, int]]:
        """Accounts (row, what, found, wanted) in which the flow matrix does not close; nothing where it does.

        Row sums are the opening stock, column sums the closing stock, and no cell is below nothing (INV-2, INV-4).
        """
        found = []
        count = len(self.accounts)
        for what, parts, wanted in (("opening", self.before, self.opening), ("closing", self.after, self.closing)):
            sums = _summed(parts["account"].to_numpy(np.int64), parts["dm2"].to_numpy(np.int64), count)
            off = np.flatnonzero(sums != wanted)
            found += [(row, what, int(sums[row]), int(wanted[row])) for row in off.tolist()]
        land = self.pieces["land"].to_numpy(bool)
        for parts in (self.before, self.after):
            below = parts[(parts["dm2"] < 0).to_numpy() & land[parts["piece"]]]
            found += [(int(one.account), "cell", int(one.dm2), 0) for one in below.itertuples()]
        sizes = [_summed(one["piece"].to_numpy(np.int64), one["dm2"].to_numpy(np.int64), len(land))
                 for one in (self.before, self.after)]  # fmt: skip
        for piece in np.flatnonzero(land & (sizes[0] != sizes[1])).tolist():
            row = int(self.before["account"][(self.before["piece"] == piece).to_numpy()].iloc[0])
            found.append((row, "piece", int(sizes[1][piece]), int(sizes[0][piece])))
        return found


def stocked(
    before: Snapshot,
    after: Snapshot,
    codes: CodeSystem,
    home: Callable[[str], str],
    *,
    outlines: tuple[Outlines, Outlines],
    basic: tuple[Cover | None, Cover | None] = (None, None),
    redrawn: bool = False,
) -> Stocked:
    """The land of two surveys by accounts, and what became of each piece.

    Parameters
    ----------
    home
        The region whose book counts a village.
    basic, redrawn
        Permanent basic farmland as each survey uses it, in the surveys' CRS; are the two of different layers?

    Raises
    ------
    BadInput
        If the surveys have no year, differ in CRS or code system, or have a class that `codes` does not know.
    """
    if before.meta.crs != after.meta.crs:
        raise BadInput("CHANGE-CRS-DIFFERS", before=before.meta.crs, after=after.meta.crs)
    if before.meta.code_system != after.meta.code_system:
        raise BadInput("CHANGE-CODES-DIFFER", before=before.meta.code_system, after=after.meta.code_system)
    opening, closing = Year(before, outlines[0]), Year(after, outlines[1])
    overlaid = shared_pieces(opening, closing, before.meta.crs)
    found, findings = booked_pieces(
        opening.parcels, closing.parcels, overlaid.pieces, overlaid.opening, overlaid.closing
    )
    booked = found.frame
    stocks = tuple(Stock.of(one, codes, home, cover) for one, cover in zip((before, after), basic, strict=True))
    drawn = _Drawn((opening, closing), booked, basic)
    parts = [_parts(booked, stock, side, drawn.of(side, stock)) for side, stock in enumerate(stocks)]
    accounts, numbers = _numbered([*parts, *(_whole(stock) for stock in stocks)])
    tables = [pd.DataFrame({"piece": one.piece, "account": number, "dm2": one.dm2})
              for one, number in zip(parts, numbers, strict=False)]  # fmt: skip
    sums = [
        _summed(number, _whole(stock).dm2, len(accounts)) for stock, number in zip(stocks, numbers[2:], strict=True)
    ]
    return Stocked(
        years=(before.meta.year or 0, after.meta.year or 0),
        surveys=(before.id, after.id),
        accounts=accounts,
        opening=sums[0],
        closing=sums[1],
        pieces=_described(booked, (opening, closing), stocks, (overlaid.opening, overlaid.closing)),
        before=tables[0],
        after=tables[1],
        findings=tuple(findings),
        redrawn=redrawn,
    )


class _Drawn:
    """How much basic farmland lies in each piece, on both sides, adding up to that of every parcel."""

    def __init__(
        self, years: tuple[Year, Year], booked: pd.DataFrame, covers: tuple[Cover | None, Cover | None]
    ) -> None:
        self.years, self.covers = years, covers
        self.rows = tuple(booked[name].to_numpy(np.int64) for name in ("left", "right"))
        ridges = tuple(booked[f"ridge_{name}"].to_numpy(np.int64) for name in ("before", "after"))
        self.room = tuple(booked["gross"].to_numpy(np.int64) - ridge for ridge in ridges)
        self.difference = (booked["kind"] == kinds.DIFFERENCE).to_numpy(bool)
        #: (pieces,) how much of each a layer covers, where that was measured; by layer
        self.measured: dict[int, FloatArray] = {}

    def of(self, side: int, stock: Stock) -> IntArray:
        """(pieces,) basic farmland in the piece as its parcel on one side has it. [dm²]"""
        owner, room, cover = self.rows[side], self.room[side], self.covers[side]
        out = np.zeros(len(owner), dtype=np.int64)
        if cover is None:
            return out
        held = owner >= 0
        whole = stock.basic == stock.net
        full = held & whole[owner] & stock.farmland[owner]
        out[full] = room[full]
        partly = (stock.basic > 0) & ~whole
        some = np.flatnonzero(held & partly[owner])
        if not len(some):
            return out
        alone = np.bincount(owner[some], minlength=len(stock))[owner[some]] == 1
        out[some[alone]] = stock.basic[owner[some[alone]]]
        cut = some[~alone]
        share = self._share(side, cut, cover)
        order = cut[np.argsort(owner[cut], kind="stable")]
        shares = dict(zip(cut.tolist(), share.tolist(), strict=True))
        stops = np.flatnonzero(owner[order][1:] != owner[order][:-1]) + 1
        for group in np.split(order, stops) if len(order) else ():
            wanted = np.array([shares[at] for at in group.tolist()]) * np.maximum(room[group], 0)
            total = int(stock.basic[owner[group[0]]])
            out[group] = _fitted(wanted, room[group], self.difference[group], total)
        return out

    def _share(self, side: int, cut: IntArray, cover: Cover) -> FloatArray:
        """(cut,) how much of each piece the layer covers; of land without a second parcel, as much as of its parcel."""
        left, right = self.rows[0][cut], self.rows[1][cut]
        owner = self.rows[side][cut]
        share: FloatArray = cover.share[owner].copy()
        # Where all but one of a parcel's pieces are slivers, that one is as the parcel is.
        large = self.room[side][cut] > SMALLEST_REDRAWN
        several = np.bincount(owner[large], minlength=len(cover.share))[owner] > 1
        both = np.flatnonzero((left >= 0) & (right >= 0) & large & several)
        known = self.measured.setdefault(id(cover.shapes), np.full(len(self.difference), np.nan))
        new = both[np.isnan(known[cut[both]])]
        if len(new):
            known[cut[new]] = self._covered(left[new], right[new], cover, share[new])
        share[both] = known[cut[both]]
        return share

    def _covered(self, left: IntArray, right: IntArray, cover: Cover, share: FloatArray) -> FloatArray:
        """(k,) how much of what two parcels share the layer covers; `share` where they share nothing to speak of."""
        old, new = (_shapes(year, rows, cover.crs) for year, rows in zip(self.years, (left, right), strict=True))
        shapes = np.array([_polygonal(one) for one in shapely.intersection(old, new)], dtype=object)
        pieces = intersection_areas(cover.shapes, shapes, cover.crs)
        area = engine_area(shapes, cover.crs)
        covered = np.bincount(pieces.right, pieces.area_m2, len(shapes))
        found: FloatArray = np.minimum(np.divide(covered, area, out=share.copy(), where=area > 0), 1.0)
        return found


def _shapes(year: Year, rows: IntArray, crs: str) -> npt.NDArray[np.object_]:
    """(k,) shapes of some parcels, made valid, without reading all others."""
    some, at = np.unique(rows, return_inverse=True)
    shapes, _ = mend(gpd.GeoSeries(list(year.snapshot.shapes(some)), crs=crs), crs)
    found: npt.NDArray[np.object_] = shapes[at]
    return found


def _polygonal(shape: shapely.Geometry) -> shapely.Geometry:
    """The surfaces in a shape: where two parcels only touch, they share a line."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    return shapely.MultiPolygon([one for one in shapely.get_parts([shape]) if one.geom_type == "Polygon"])


def _fitted(wanted: FloatArray, room: IntArray, difference: npt.NDArray[np.bool_], total: int) -> IntArray:
    """Whole parts near `wanted` that add up to `total`, none above its room. A measured difference takes what is left.

    >>> _fitted(np.array([6.4, 3.4, 0.0]), np.array([7, 3, 5]), np.array([False, False, True]), 11)
    array([7, 3, 1])
    """
    space = np.where(difference, 0, np.maximum(room, 0))
    parts = np.minimum(np.rint(wanted).astype(np.int64), space)
    if difference.any() or parts.sum() != total:
        parts = np.clip(level(parts, min(total, int(space.sum()))), 0, space) if len(parts) else parts
    left = total - int(parts.sum())
    for at in np.argsort(-(space if left > 0 else parts), kind="stable").tolist():
        step = min(left, int(space[at] - parts[at])) if left > 0 else -min(-left, int(parts[at]))
        parts[at] += step
        left -= step
    if left:
        parts[np.flatnonzero(difference)[0] if difference.any() else 0] += left
    return parts


@dataclass(frozen=True, eq=False)
class _Parts:
    """Parts of accounts: the piece (or parcel) that each is of, the marks of the account, how much."""

    piece: IntArray
    marks: Mapping[str, npt.NDArray[Any]]
    dm2: IntArray


def _parts(booked: pd.DataFrame, stock: Stock, side: int, basic: IntArray) -> _Parts:
    """What every piece is in the stock of one side: basic farmland, other land of its class, and ridges."""
    owner = booked[("left", "right")[side]].to_numpy(np.int64)
    ridge = booked[("ridge_before", "ridge_after")[side]].to_numpy(np.int64)
    held = np.flatnonzero(owner >= 0)
    return _split(held, stock, owner[held], booked["gross"].to_numpy(np.int64)[held] - ridge[held], ridge[held],
                  basic[held])  # fmt: skip


def _whole(stock: Stock) -> _Parts:
    """What every parcel is in the stock."""
    rows = np.arange(len(stock))
    return _split(rows, stock, rows, stock.net, stock.ridge, stock.basic)


def _split(piece: IntArray, stock: Stock, owner: IntArray, net: IntArray, ridge: IntArray, basic: IntArray) -> _Parts:
    nothing, number = np.zeros(len(owner), dtype=np.int64), np.arange(len(owner))
    parts = []
    for dm2, pbf, of_class in ((basic, 1, True), (net - basic, 0, True), (ridge, 0, False)):
        some = number[dm2 != 0]
        row = owner[some]
        marks = {
            "region": stock.region[row],
            "class_code": stock.class_code[row] if of_class else np.full(len(row), RIDGE, dtype=object),
            "pbf": nothing[some] + pbf,
            **{name: getattr(stock, name)[row].astype(np.int64) if of_class else nothing[some]
               for name in ("paddy", "stable", "grade")},
        }  # fmt: skip
        parts.append((piece[some], marks, dm2[some]))
    return _Parts(
        np.concatenate([one[0] for one in parts]),
        {name: np.concatenate([one[1][name] for one in parts]) for name in MARKS},
        np.concatenate([one[2] for one in parts]),
    )


def _numbered(parts: list[_Parts]) -> tuple[pd.DataFrame, list[IntArray]]:
    """The accounts that any of `parts` is of, and the account of each part."""
    names: dict[str, Any] = {}
    key = np.zeros(sum(len(one.dm2) for one in parts), dtype=np.int64)
    for name in MARKS:
        number, names[name] = pd.factorize(np.concatenate([one.marks[name] for one in parts]), sort=True)
        key = key * len(names[name]) + number
    found, number = np.unique(key, return_inverse=True)
    table, rest = {}, found
    for name in reversed(MARKS):
        rest, at = np.divmod(rest, max(len(names[name]), 1))
        table[name] = names[name][at]
    stops = np.cumsum([len(one.dm2) for one in parts])[:-1]
    return pd.DataFrame({name: table[name] for name in MARKS}), np.split(number.astype(np.int64), stops)


def _summed(account: IntArray, dm2: IntArray, count: int) -> IntArray:
    out = np.zeros(count, dtype=np.int64)
    np.add.at(out, account, dm2)
    return out


def _slivers(booked: pd.DataFrame, measured: tuple[Measured, Measured]) -> npt.NDArray[np.bool_]:
    """(pieces,) land that two parcels share by no more than either may be off by rounding, neither whole."""
    small = np.flatnonzero((booked["kind"] == kinds.LAND).to_numpy(bool))
    for side, one in zip(("left", "right"), measured, strict=True):
        rows, limit = booked[side].to_numpy(np.int64)[small], one.tolerance()
        gross = booked["gross"].to_numpy(np.float64)[small] / DM2_PER_M2
        small = small[(gross <= limit[rows]) & (one.area_m2[rows] > limit[rows])]
    out = np.zeros(len(booked), dtype=bool)
    out[small] = True
    return out


def _described(
    booked: pd.DataFrame, years: tuple[Year, Year], stocks: tuple[Stock, ...], measured: tuple[Measured, Measured]
) -> pd.DataFrame:
    left, right = booked["left"].to_numpy(np.int64), booked["right"].to_numpy(np.int64)
    old, new = stocks

    def of(values: npt.NDArray[Any], rows: IntArray, blank: Any) -> npt.NDArray[Any]:
        found: npt.NDArray[Any] = np.append(values, np.array([blank], dtype=values.dtype))[rows]
        return found

    both = (left >= 0) & (right >= 0)
    same = both.copy()
    for name in ("class_code", "paddy", "stable", "grade"):
        codes, _ = pd.factorize(np.concatenate([getattr(old, name), getattr(new, name)]))
        same &= codes[: len(old)][left] == codes[len(old) :][right]
    farmland = of(old.farmland, left, False), of(new.farmland, right, False)
    return pd.DataFrame(
        {
            "kind": booked["kind"].to_numpy(object),
            "land": both,
            "gross": booked["gross"].to_numpy(np.int64),
            "old_parcel": of(years[0].parcels["parcel_id"].to_numpy(object), left, ""),
            "new_parcel": of(years[1].parcels["parcel_id"].to_numpy(object), right, ""),
            "old_class": of(old.class_code, left, ""),
            "new_class": of(new.class_code, right, ""),
            "from_region": of(old.region, left, ""),
            "to_region": of(new.region, right, ""),
            "lost": both & farmland[0] & ~farmland[1],
            "won": both & ~farmland[0] & farmland[1],
            "farmland": both & farmland[0] & farmland[1],
            "same": same,
            "sliver": _slivers(booked, measured),
            "old_grade15": of(years[0].parcels["grade15"].astype("Int64").fillna(0).to_numpy(np.int64), left, 0),
        }
    )
