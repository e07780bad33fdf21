"""Errors in the shapes: edges that no longer meet, rings that are wrong in themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from tilth.demo.cuts import cut_across, open_ring, sharpest_corner
from tilth.demo.files import CRS
from tilth.demo.spoiling import Work, flat
from tilth.overlay import level, survey_area


def _edges(w: Work) -> None:
    """V11, G-OUTSIDE: a vertex of one parcel moved, its neighbours left as they were."""
    row, vertex = _private_edge(w, None)
    w.shapes[row] = _moved(w.shapes[row], vertex, 2.5)
    over = next(o for o in sorted(w.beside[row]) if w.shapes[row].intersection(w.shapes[o]).area > 0.1)
    w.say("V11", min(row, over), f"overlaps {w.get(max(row, over), 'BSM')}: a vertex of one moved 2.5 m outwards")
    village = w.village_with(flat(w) & (w.area_m2() > 6000), summed="gap", n=5)
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


def _private_edge(w: Work, village: str | None) -> tuple[int, int]:
    """A parcel and a vertex in the middle of its border with one neighbour of its own village."""
    for _ in range(60):
        row = w.take(flat(w) & (w.area_m2() > 6000), village, ground=True)
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


def _county_edge(w: Work) -> tuple[int, int]:
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


def _shapes(w: Work) -> None:
    """G-INVALID, G-SPIKE, G-REPEAT, G-SLIVER, G-MINSIZE, G-MULTIPART: shapes that are wrong in themselves."""
    row = w.take(flat(w) & (w.area_m2() > 6000), ground=True)
    w.shapes[row] = _crossed(w.shapes[row])
    w.say("G-INVALID", row, "a run of vertices in the wrong order: the ring crosses itself")
    row = w.take(flat(w) & (w.area_m2() > 6000), ground=True)
    w.shapes[row] = _with_spike(w.shapes[row], 15.0)
    w.say("G-SPIKE", row, "a spike of 15 m")
    row = w.take(flat(w), ground=True)
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


def _sliver(w: Work) -> None:
    """A strip of half a metre cut off a field's edge as a parcel of its own."""
    row = w.take(flat(w) & (w.area_m2() > 6000), ground=True)
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


def _tiny(w: Work) -> None:
    """A field below the smallest size that farmland is drawn at."""
    for _ in range(50):
        row = w.take(flat(w) & (w.area_m2() > 4000), ground=True)
        halves = cut_across(w.shapes[row], 250.0 / w.shapes[row].area, 130.0, w.rng)
        if halves is None:
            continue
        small, rest = sorted(halves, key=lambda half: float(half.area))
        if small.area < 380:
            w.say("G-MINSIZE", _divide(w, row, rest, small), "a field below the smallest size")
            return
    raise AssertionError("no field to cut a small one from")


def _divide(w: Work, row: int, rest: Any, piece: Any) -> int:
    """`piece` becomes a parcel of its own; areas are levelled to the whole. Returns its row."""
    areas = level(survey_area([rest, piece], CRS), int(w.get(row, "TBMJ")))
    new = w.add_row(row, piece, row, BSM=w.new_id(), TBBH=f"{9000 + len(w.frame) % 1000:04d}")
    w.shapes[row] = rest
    for at, area in ((row, int(areas[0])), (new, int(areas[1]))):
        w.set(at, TBMJ=area, KCMJ=0, TBDLMJ=area)
    return new


def _two_in_one(w: Work) -> None:
    """Two fields that do not touch, recorded as one parcel."""
    village = w.village_with(flat(w) & w.where("DLBM", ["0102"]), n=12)
    fits = flat(w) & w.where("DLBM", ["0102"])
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


#: Every step, in the order in which ground is taken.
STEPS = (_edges, _shapes)
