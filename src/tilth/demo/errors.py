"""The second year as it was first delivered: one planted error of every kind that an examination should find.

Each error sits on ground of its own, so that it is found once and under one code; where it cannot help breaking a
second rule (a parcel without a shape also leaves a gap), both are listed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from tilth.demo import errors_in_rows, errors_in_shapes
from tilth.demo.change import Year
from tilth.demo.classes import FARMLAND
from tilth.demo.cuts import open_ring
from tilth.demo.mesh import Polygons
from tilth.demo.spoiling import Delivery, Planted, Work

__all__ = ["Delivery", "Planted", "plant"]


def plant(clean: Delivery, rng: np.random.Generator) -> Delivery:
    """The delivery with errors, and the list of them."""
    work = Work(clean, rng)
    for step in (*errors_in_rows.STEPS, *errors_in_shapes.STEPS, _copies):
        step(work)
    process = _process(work, clean.process)
    _outgrown(work)
    basic = _basic_farmland(work, *clean.basic_farmland)
    shapes = np.empty(len(work.shapes), dtype=object)
    shapes[:] = work.shapes
    order = np.argsort(np.array(work.position), kind="stable")
    frame = work.frame.iloc[order].reset_index(drop=True)
    return Delivery(Year(frame, shapes[order]), process, basic, clean.villages, clean.county, tuple(work.planted))


def _copies(w: Work) -> None:
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


def _process(w: Work, process: pd.DataFrame) -> pd.DataFrame:
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


def _basic_farmland(w: Work, frame: pd.DataFrame, shapes: Polygons) -> tuple[pd.DataFrame, Polygons]:
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


def _outgrown(w: Work) -> None:
    """V14-FARMLAND: villages whose basic farmland is more than the farmland they have left. Nothing is spoilt: the land
    was lost during the year, and stands so in the final delivery too."""
    frame, basic = w.clean.year.frame, w.clean.basic_farmland[0]
    farmland = frame[frame["DLBM"].isin(FARMLAND)]
    left = farmland["TBDLMJ"].groupby(farmland["ZLDWDM"].str[:12]).sum()
    held = np.rint(basic["YJJBNTMJ"] * 100).astype(np.int64).groupby(basic["ZLDWDM"].str[:12]).sum()
    for village in held.index[held > left.reindex(held.index).fillna(0)]:
        w.say("V14-FARMLAND", str(village), "fields in its basic farmland became other land this year", "YJJBNTTB")
