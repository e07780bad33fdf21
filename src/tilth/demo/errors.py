"""The second year as it was first delivered: one planted error of every kind that an examination should find.

Each error sits on ground of its own, so that it is found once and under one code; where it cannot help breaking a
second rule (a parcel without a shape also leaves a gap), both are listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from tilth.core import FloatArray
from tilth.demo.change import Year
from tilth.demo.classes import FARMLAND
from tilth.demo.cuts import cut_across, open_ring, sharpest_corner
from tilth.demo.files import CRS
from tilth.demo.mesh import Polygons, borders
from tilth.demo.terrain import BoolArray
from tilth.land import ridge_deduction
from tilth.overlay import level, survey_area

#: Farmland and other land that may be tampered with; long strips and settlements are left alone.
_OPEN = (*FARMLAND, "0301", "0305", "0307", "0404", "0201")


class Planted(NamedTuple):
    """One error: the code it is found under, the parcel (or region) it is found at, its layer, and what was done."""

    code: str
    parcel_id: str
    layer: str
    note: str

    @property
    def row(self) -> tuple[str, ...]:
        """As written to planted_errors.csv."""
        return tuple(self)


@dataclass(frozen=True)
class Delivery:
    """What is delivered: the survey, the update-process table, basic farmland (frame and shapes)."""

    year: Year
    process: pd.DataFrame
    basic_farmland: tuple[pd.DataFrame, Polygons]
    villages: list[str]
    county: Any
    planted: tuple[Planted, ...] = ()


def plant(clean: Delivery, rng: np.random.Generator) -> Delivery:
    """The delivery with errors, and the list of them."""
    work = _Work(clean, rng)
    for step in (_fields, _codes, _identities, _rows_set_aside, _sums, _edges, _shapes, _copies):
        step(work)
    process = _process(work, clean.process)
    basic = _basic_farmland(work, *clean.basic_farmland)
    shapes = np.empty(len(work.shapes), dtype=object)
    shapes[:] = work.shapes
    order = np.argsort(np.array(work.position), kind="stable")
    frame = work.frame.iloc[order].reset_index(drop=True)
    return Delivery(Year(frame, shapes[order]), process, basic, clean.villages, clean.county, tuple(work.planted))


@dataclass
class _Work:
    """The draft while it is being spoilt."""

    clean: Delivery
    rng: np.random.Generator
    planted: list[Planted] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.frame = self.clean.year.frame.astype(object)
        self.shapes: list[Any] = list(self.clean.year.polygons)
        self.position: list[float] = [float(i) for i in range(len(self.shapes))]
        n = len(self.shapes)
        edge = borders(self.clean.year.polygons)
        self.beside: dict[int, set[int]] = {i: set() for i in range(n)}
        for a, b in zip(edge.left.tolist(), edge.right.tolist(), strict=True):
            self.beside[a].add(b)
            self.beside[b].add(a)
        self.free = np.ones(n, dtype=bool)
        self.village = self.frame["ZLDWDM"].to_numpy(dtype=str)
        self.order = [str(v) for v in self.rng.permutation(self.clean.villages)]
        self.spent: dict[str, set[str]] = {}
        plain = shapely.get_num_interior_rings(self.clean.year.polygons) == 0
        self.plain = plain & self.frame["DLBM"].isin(_OPEN).to_numpy() & (self.area_m2() > 3000)

    def area_m2(self) -> FloatArray:
        return np.asarray(shapely.area(self.clean.year.polygons))

    def where(self, column: str, values: Iterable[str]) -> BoolArray:
        """Rows whose `column` is one of `values`."""
        found: BoolArray = self.frame[column].iloc[: len(self.free)].isin(list(values)).to_numpy()
        return found

    def take(self, fits: BoolArray, village: str | None = None, *, ground: bool = False) -> int:
        """A row that fits and is not spoilt yet. With `ground`, none of its neighbours is spoilt, now or later."""
        usable = fits & self.free & self.plain
        if village is not None:
            usable &= self.village == village
        for row in self.rng.permutation(np.flatnonzero(usable)).tolist():
            around = sorted(self.beside[row]) if ground else []
            if self.free[around].all():
                self.free[[row, *around]] = False
                return int(row)
        raise AssertionError("no parcel left for a planted error; make the county larger")

    def village_with(self, fits: BoolArray, *, summed: str = "", n: int = 1) -> str:
        """A village with at least `n` rows that fit; one that no other error is `summed` in, where that is said."""
        spent = self.spent.setdefault(summed, set())
        for village in self.order:
            if village in spent or np.count_nonzero(fits & self.free & self.plain & (self.village == village)) < n:
                continue
            if summed:
                spent.add(village)
            return village
        raise AssertionError("no village left for a planted error; make the county larger")

    def set(self, row: int, **values: Any) -> None:
        for name, value in values.items():
            self.frame.at[row, name] = value

    def get(self, row: int, name: str) -> Any:
        return self.frame.at[row, name]

    def say(self, code: str, row: int | str, note: str, layer: str = "DLTB") -> None:
        """Record an error, by row or by the id of a region or feature."""
        where = row if isinstance(row, str) else str(self.get(row, "BSM"))
        self.planted.append(Planted(code, where, layer, note))

    def add_row(self, like: int, shape: Any, after: int, **values: Any) -> int:
        """A row more, behind row `after` in the file."""
        row = len(self.frame)
        self.frame = pd.concat([self.frame, self.frame.iloc[[like]]], ignore_index=True)
        self.set(row, **values)
        self.shapes.append(shape)
        self.position.append(self.position[after] + 0.5)
        return row

    def new_id(self) -> str:
        """A BSM that nobody has."""
        return str(int(self.frame["BSM"].max()) + 1)


_Step = Callable[[_Work], None]


def _flat(w: _Work) -> BoolArray:
    """Farmland at slope grade 1."""
    return w.where("DLBM", FARMLAND) & w.where("GDPDJB", ["1"])


def _sloping(w: _Work) -> BoolArray:
    return w.where("DLBM", FARMLAND) & w.where("GDPDJB", ["2", "3", "4"])


def _collective(w: _Work) -> BoolArray:
    return ~w.where("QSXZ", ["20"])


def _fields(w: _Work) -> None:
    """V1, V2, V3, V5, V7, V13: single fields."""
    woods = w.where("DLBM", ["0301", "0305", "0307"])
    row = w.take(w.where("DLBM", ["0102"]))
    w.set(row, DLMC="水田")
    w.say("V1", row, "DLMC 水田 on 0102")
    row = w.take(woods)
    w.set(row, DLMC="")
    w.say("V1", row, "DLMC empty")
    row = w.take(_flat(w) & _collective(w))
    w.set(row, QSDWDM=w.get(row, "QSDWDM")[:18])
    w.say("V2", row, "QSDWDM has 18 digits")
    row = w.take(woods)
    w.set(row, ZLDWDM=w.get(row, "ZLDWDM")[:12] + "00O0000")
    w.say("V2", row, "ZLDWDM with a letter O for a zero")
    row = w.take(woods)
    w.set(row, KCDLBM="1203")
    w.say("V3", row, "KCDLBM 1203 off farmland")
    row = w.take(_flat(w))
    w.set(row, GDPDJB="6")
    w.say("V5", row, "GDPDJB 6")
    row = w.take(woods)
    w.set(row, GDPDJB="3")
    w.say("V5", row, "GDPDJB on forest")
    row = w.take(woods)
    w.set(row, XZDWKD=4.5)
    w.say("V7", row, "XZDWKD on forest")
    row = w.take(_flat(w) & w.where("FRDBS", ["0"]))
    w.set(row, FRDBS="1")
    w.say("V13", row, "FRDBS 1 where owner and location agree")


def _codes(w: _Work) -> None:
    """V8, V-DOMAIN: values outside their lists."""
    row = w.take(_flat(w))
    w.set(row, ZZSXDM="JKHF", ZZSXMC="即可恢复")
    w.say("V8", row, "ZZSXDM JKHF on farmland")
    row = w.take(_sloping(w))
    w.set(row, ZZSXDM="", ZZSXMC="")
    w.say("V8", row, "ZZSXDM empty on farmland")
    row = w.take(w.where("DLBM", ["0301", "0305", "0307"]))
    w.set(row, ZZSXDM="LS", ZZSXMC="种植粮食作物")
    w.say("V8", row, "ZZSXDM LS on forest")
    row = w.take(_collective(w) & w.where("FRDBS", ["0"]))
    w.set(row, QSXZ="50")
    w.say("V-DOMAIN", row, "QSXZ 50")
    row = w.take(_flat(w))
    w.set(row, GDDB=16)
    w.say("V-DOMAIN", row, "GDDB 16")
    row = w.take(w.where("DLBM", ["0301", "0305", "0307"]))
    w.set(row, TBXHDM="YJGD", TBXHMC="盐碱耕地")
    w.say("V-DOMAIN", row, "TBXHDM YJGD on forest")


def _identities(w: _Work) -> None:
    """V4, V6, V9: coefficients and what follows from them."""
    row = w.take(_sloping(w))
    w.set(row, KCXS=1.05)
    w.say("V4", row, "KCXS 1.0500")
    row = w.take(_sloping(w))
    w.set(row, GDLX="FD")
    w.say("V6", row, "GDLX FD at slope grade 2 or more")
    row = w.take(_sloping(w))
    deducted = int(ridge_deduction(np.array([w.get(row, "TBMJ")]), np.array([0.0999]))[0])
    w.set(row, KCXS=0.0999, KCMJ=deducted, TBDLMJ=w.get(row, "TBMJ") - deducted)
    w.say("V6", row, "KCXS 0.0999 is not in the county's table; KCMJ agrees with it")
    row = w.take(_sloping(w))
    w.set(row, KCMJ=w.get(row, "KCMJ") + 1000, TBDLMJ=w.get(row, "TBDLMJ") - 1000)
    w.say("V9", row, "KCMJ 10.00 m² too large, TBDLMJ follows")
    row = w.take(_flat(w))
    w.set(row, TBDLMJ=w.get(row, "TBDLMJ") - 1)
    w.say("V9", row, "TBDLMJ 0.01 m² too small")


def _rows_set_aside(w: _Work) -> None:
    """Rows that the import cannot store."""
    row = w.take(w.where("DLBM", ["0301", "0305", "0307", "0404"]), ground=True)
    w.set(row, DLBM="0399")
    w.say("INTAKE-ROW-CLASS-UNKNOWN", row, "DLBM 0399 is no class")
    row = w.take(w.where("DLBM", ["0301", "0305", "0307", "0404"]), ground=True)
    w.set(row, DLBM="")
    w.say("INTAKE-ROW-CLASS-NONE", row, "DLBM empty")
    village = w.village_with(_flat(w), summed="gap", n=8)
    row = w.take(_flat(w), village, ground=True)
    w.shapes[row] = None
    w.say("INTAKE-ROW-GEOMETRY-NONE", row, "no polygon")
    w.say("V11", village, "the gap that the missing polygon leaves")
    village = w.village_with(_flat(w), summed="V10", n=8)
    row = w.take(_flat(w), village, ground=True)
    w.set(row, TBMJ="about 12 mu")
    w.say("INTAKE-ROW-AREA-UNREADABLE", row, "TBMJ is the text 'about 12 mu'")
    w.say("V10", village[:12], "short of the area that cannot be read")
    village = w.village_with(_flat(w), summed="V10", n=8)
    row = w.take(_flat(w), village, ground=True)
    w.set(row, TBMJ=0, KCMJ=0, TBDLMJ=0)
    w.say("INTAKE-ROW-AREA-NOT-POSITIVE", row, "TBMJ 0.00")
    w.say("V10", village[:12], "short of the area that is given as 0.00")


def _sums(w: _Work) -> None:
    """V10, G-AREA, G-VILLAGE, V2-REGION: areas and villages that do not add up."""
    village = w.village_with(_flat(w), summed="V10")
    row = w.take(_flat(w), village)
    w.set(row, TBMJ=w.get(row, "TBMJ") + 5, TBDLMJ=w.get(row, "TBDLMJ") + 5)
    w.say("V10", village[:12], "one TBMJ 0.05 m² too large, too little to show against its polygon")
    village = w.village_with(_flat(w), n=2)
    first, second = w.take(_flat(w), village), w.take(_flat(w), village)
    for row, dm2 in ((first, 50_000), (second, -50_000)):
        w.set(row, TBMJ=w.get(row, "TBMJ") + dm2, TBDLMJ=w.get(row, "TBDLMJ") + dm2)
        w.say("G-AREA", row, f"TBMJ {dm2 / 100:+.2f} m² against its polygon; the village's sum is kept")
    row = w.take(_flat(w) & w.where("FRDBS", ["0"]))
    village = w.village[row]
    other = next(other for other in w.order if other != village)
    w.set(row, ZLDWDM=other, QSDWDM=other[:12] + w.get(row, "QSDWDM")[12:])
    w.say("G-VILLAGE", row, f"recorded in {other[:12]}, lies in {village[:12]}")
    row = w.take(_flat(w) & w.where("FRDBS", ["0"]))
    nowhere = f"{w.village[row][:9]}998" + "0" * 7
    w.set(row, ZLDWDM=nowhere, QSDWDM=nowhere[:12] + w.get(row, "QSDWDM")[12:])
    w.say("V2-REGION", row, "ZLDWDM names a village that the county does not have")


def _edges(w: _Work) -> None:
    """V11, G-OUTSIDE: a vertex of one parcel moved, its neighbours left as they were."""
    row, vertex = _private_edge(w, None)
    w.shapes[row] = _moved(w.shapes[row], vertex, 2.5)
    over = next(o for o in sorted(w.beside[row]) if w.shapes[row].intersection(w.shapes[o]).area > 0.1)
    w.say("V11", min(row, over), f"overlaps {w.get(max(row, over), 'BSM')}: a vertex of one moved 2.5 m outwards")
    village = w.village_with(_flat(w) & (w.area_m2() > 6000), summed="gap", n=5)
    row, vertex = _private_edge(w, village)
    w.shapes[row] = _moved(w.shapes[row], vertex, -2.5)
    w.say("V11", village, f"gap beside {w.get(row, 'BSM')}: a vertex moved 2.5 m inwards")
    row, vertex = _county_edge(w)
    w.shapes[row] = _moved(w.shapes[row], vertex, 5.0)
    w.say("G-OUTSIDE", row, "a vertex moved 5 m across the county's boundary")


def _moved(shape: Any, vertex: int, metres: float) -> Any:
    """The parcel with one vertex moved outwards (inwards if negative)."""
    xy = open_ring(shape)
    along = xy[(vertex + 1) % len(xy)] - xy[vertex - 1]
    outward = np.array([along[1], -along[0]]) / np.hypot(*along) * (1 if shape.exterior.is_ccw else -1)
    xy[vertex] = np.round(xy[vertex] + metres * outward, 3)
    return shapely.Polygon(xy)


def _private_edge(w: _Work, village: str | None) -> tuple[int, int]:
    """A parcel and a vertex in the middle of its border with one neighbour of its own village."""
    for _ in range(60):
        row = w.take(_flat(w) & (w.area_m2() > 6000), village, ground=True)
        xy = open_ring(w.shapes[row])
        for other in sorted(w.beside[row]):
            if w.village[other] != w.village[row] or not w.plain[other]:
                continue
            theirs = {tuple(point) for point in open_ring(w.shapes[other]).tolist()}
            shared = np.array([tuple(point) in theirs for point in xy.tolist()])
            run = np.all([np.roll(shared, shift) for shift in (-2, -1, 0, 1, 2)], axis=0)
            for vertex in np.flatnonzero(run).tolist():
                both = [_moved(w.shapes[row], vertex, metres) for metres in (2.5, -2.5)]
                if all(shape.is_valid for shape in both):
                    return row, int(vertex)
    raise AssertionError("no shared edge left for a planted error")


def _county_edge(w: _Work) -> tuple[int, int]:
    outline = {tuple(point) for point in shapely.get_coordinates(w.clean.county.exterior).tolist()}
    near = shapely.intersects(w.clean.year.polygons, w.clean.county.exterior)
    for _ in range(60):
        row = w.take(near, ground=True)
        on_edge = np.array([tuple(point) in outline for point in open_ring(w.shapes[row]).tolist()])
        run = np.all([np.roll(on_edge, shift) for shift in (-1, 0, 1)], axis=0)
        for vertex in np.flatnonzero(run).tolist():
            if _moved(w.shapes[row], vertex, 5.0).is_valid:
                return row, int(vertex)
    raise AssertionError("no parcel at the county's edge left for a planted error")


def _shapes(w: _Work) -> None:
    """G-INVALID, G-SPIKE, G-REPEAT, G-SLIVER, G-MINSIZE, G-MULTIPART: shapes that are wrong in themselves."""
    row = w.take(_flat(w) & (w.area_m2() > 6000), ground=True)
    w.shapes[row] = _crossed(w.shapes[row])
    w.say("G-INVALID", row, "a run of vertices in the wrong order: the ring crosses itself")
    row = w.take(_flat(w) & (w.area_m2() > 6000), ground=True)
    w.shapes[row] = _with_spike(w.shapes[row], 15.0)
    w.say("G-SPIKE", row, "a spike of 15 m")
    row = w.take(_flat(w), ground=True)
    xy = open_ring(w.shapes[row])
    w.shapes[row] = shapely.Polygon(np.insert(xy, 3, xy[3], axis=0))
    w.say("G-REPEAT", row, "one vertex twice")
    _sliver(w)
    _tiny(w)
    _two_in_one(w)


def _crossed(shape: Any) -> Any:
    """The parcel with a quarter of its vertices in the wrong order, so that the ring crosses itself."""
    xy = open_ring(shape)
    run = len(xy) // 4
    for start in range(1, len(xy) - run):
        turned = np.concatenate([xy[:start], xy[start : start + run][::-1], xy[start + run :]])
        crossed = shapely.Polygon(turned)
        if not crossed.is_valid and sharpest_corner(crossed) > 8.0:
            return crossed
    raise AssertionError("no run of vertices whose turning crosses the ring")


def _with_spike(shape: Any, metres: float) -> Any:
    xy = open_ring(shape)
    at = len(xy) // 3
    step = xy[at + 1] - xy[at]
    ahead = step / np.hypot(*step)
    outward = np.array([ahead[1], -ahead[0]]) * (1 if shape.exterior.is_ccw else -1)
    tip, foot = xy[at] + metres * outward, xy[at] + 0.1 * ahead
    return shapely.Polygon(np.insert(xy, at + 1, [tip, foot], axis=0))


def _sliver(w: _Work) -> None:
    """A strip of half a metre cut off a field's edge as a parcel of its own."""
    row = w.take(_flat(w) & (w.area_m2() > 6000), ground=True)
    xy = open_ring(w.shapes[row])
    for start in range(len(xy) - 6):
        strip = xy[start : start + 5]
        along = np.gradient(strip, axis=0)
        inward = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None]
        inner = np.round(strip + 0.5 * inward * (1 if w.shapes[row].exterior.is_ccw else -1), 3)[1:-1]
        sliver = shapely.Polygon(np.concatenate([strip, inner[::-1]]))
        rest = shapely.Polygon(np.concatenate([xy[start + 4 :], xy[: start + 1], inner]))
        if sliver.is_valid and rest.is_valid and abs(sliver.area + rest.area - w.shapes[row].area) < 1e-3:
            new = _divide(w, row, rest, sliver)
            w.say("G-SLIVER", new, "half a metre wide")
            return
    raise AssertionError("no edge to cut a sliver from")


def _tiny(w: _Work) -> None:
    """A field below the smallest size that farmland is drawn at."""
    for _ in range(50):
        row = w.take(_flat(w) & (w.area_m2() > 4000), ground=True)
        halves = cut_across(w.shapes[row], 250.0 / w.shapes[row].area, 130.0, w.rng)
        if halves is None:
            continue
        small, rest = sorted(halves, key=lambda half: float(half.area))
        if small.area < 380:
            w.say("G-MINSIZE", _divide(w, row, rest, small), "a field below the smallest size")
            return
    raise AssertionError("no field to cut a small one from")


def _divide(w: _Work, row: int, rest: Any, piece: Any) -> int:
    """`piece` becomes a parcel of its own; areas are levelled to the whole. Returns its row."""
    areas = level(survey_area([rest, piece], CRS), int(w.get(row, "TBMJ")))
    new = w.add_row(row, piece, row, BSM=w.new_id(), TBBH=f"{9000 + len(w.frame) % 1000:04d}")
    w.shapes[row] = rest
    for at, area in ((row, int(areas[0])), (new, int(areas[1]))):
        w.set(at, TBMJ=area, KCMJ=0, TBDLMJ=area)
    return new


def _two_in_one(w: _Work) -> None:
    """Two fields that do not touch, recorded as one parcel."""
    village = w.village_with(_flat(w) & w.where("DLBM", ["0102"]), n=12)
    fits = _flat(w) & w.where("DLBM", ["0102"])
    first, second = w.take(fits, village, ground=True), w.take(fits, village, ground=True)
    w.shapes[first] = shapely.MultiPolygon([w.shapes[first], w.shapes[second]])
    total = w.get(first, "TBMJ") + w.get(second, "TBMJ")
    w.set(first, TBMJ=total, TBDLMJ=total)
    w.say("G-MULTIPART", first, "two separate fields as one parcel")
    w.frame = w.frame.drop(index=second).reset_index(drop=True)
    del w.shapes[second], w.position[second]
    gone = np.ones(len(w.free), dtype=bool)
    gone[second] = False
    w.free, w.village, w.plain = w.free[gone], w.village[gone], w.plain[gone]


def _copies(w: _Work) -> None:
    """V12, G-DUPLICATE: the same id, the same ground twice. Last, because rows move."""
    ids = w.frame["BSM"].tolist()
    known = {p.parcel_id for p in w.planted}
    untouched = [i for i in np.flatnonzero(w.free).tolist() if ids[i] not in known]
    first, second, third = (int(i) for i in w.rng.choice(untouched, 3, replace=False))
    first, second = sorted((first, second))
    w.set(second, BSM=ids[first])
    w.planted.append(Planted("V12", f"{ids[first]}~2", "DLTB", f"BSM {ids[first]} given to a second parcel"))
    shape = w.shapes[third]
    turned = shapely.Polygon(np.roll(open_ring(shape), 2, axis=0)) if not shape.interiors else shape
    copy = w.add_row(third, turned, third, BSM=w.new_id(), TBBH="9999")
    w.say("G-DUPLICATE", copy, f"the polygon of {ids[third]} once more")


def _process(w: _Work, process: pd.DataFrame) -> pd.DataFrame:
    """V15, V15-PARENT: a piece too large, and a parent that last year's survey does not have."""
    out = process.astype(object)
    alone = out.index[~out["BGQTBBSM"].duplicated(keep=False)].tolist()
    first, second = (int(i) for i in w.rng.choice(alone, 2, replace=False))
    parent = str(out.at[first, "BGQTBBSM"])
    for name in ("TBBGMJ", "BGQTBDLMJ", "BGHTBDLMJ"):
        out.at[first, name] = out.at[first, name] + 100
    w.say("V15", parent, "TBBGMJ of its only piece 1.00 m² too large", "DLTBGXGC")
    unknown = parent[:10] + "99999999"
    out.at[second, "BGQTBBSM"] = unknown
    w.say("V15-PARENT", unknown, "a parent that last year's survey does not have", "DLTBGXGC")
    return out


def _basic_farmland(w: _Work, frame: pd.DataFrame, shapes: Polygons) -> tuple[pd.DataFrame, Polygons]:
    """V14: a net area that does not follow, and a parcel pushed across the county's boundary."""
    out, moved = frame.copy(), shapes.copy()
    edge = w.clean.county.exterior
    far = np.asarray(shapely.distance(shapely.centroid(shapes), shapely.simplify(edge, 20.0)))
    net = int(np.argmax(far))
    out.loc[out.index[net], "YJJBNTMJ"] = round(out["YJJBNTMJ"].iat[net] + 3.0, 2)
    w.say("V14", str(out["BSM"].iat[net]), "YJJBNTMJ 3.00 m² too large", "YJJBNTTB")
    near = int(np.argmin(far))
    place = shapely.get_coordinates(shapely.shortest_line(shapes[near], edge))
    push = (place[1] - place[0]) * (1 + 8.0 / max(float(np.hypot(*(place[1] - place[0]))), 1e-6))
    moved[near] = shapely.transform(shapes[near], lambda xy: np.round(xy + push, 3))
    w.say("V14", str(out["BSM"].iat[near]), "moved 8 m across the county's boundary", "YJJBNTTB")
    return out, moved
