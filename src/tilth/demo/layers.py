"""The layers beside the survey: villages and townships, permanent basic farmland, red line, town and reserve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from tilth.core import IntArray
from tilth.demo.change import Year
from tilth.demo.classes import FARMLAND, with_areas
from tilth.demo.fields import YJJBNTTB
from tilth.demo.files import CRS
from tilth.demo.mesh import Polygons, absorb
from tilth.demo.names import COUNTY_CODE, COUNTY_NAME, Village
from tilth.demo.strips import blob
from tilth.demo.terrain import Land
from tilth.overlay import level, level_groups, survey_area

#: The county's control area is this much above its measured area, for each parcel. [dm²]
CONTROL_ABOVE_DM2 = 0.08


@dataclass(frozen=True)
class Regions:
    """Villages and townships with their control areas (DCMJ) and measured areas (JSMJ), in dm²."""

    villages: pd.DataFrame
    village_shapes: Polygons
    townships: pd.DataFrame
    township_shapes: Polygons
    county: Any


def _outlines(polygons: Polygons, group: IntArray) -> Polygons:
    out = np.empty(int(group.max()) + 1, dtype=object)
    for position in range(len(out)):
        out[position] = shapely.coverage_union_all(polygons[group == position])
    return out


def regions(polygons: Polygons, village: IntArray, villages: list[Village], township_of: IntArray) -> Regions:
    """Village areas made of parcels, townships of villages, with control areas levelled from the county down."""
    village_shapes = _outlines(polygons, village)
    township_shapes = _outlines(village_shapes, township_of)
    county = shapely.coverage_union_all(township_shapes)
    control = int(survey_area([county], CRS)[0]) + round(CONTROL_ABOVE_DM2 * len(polygons))
    township_raw, village_raw = survey_area(township_shapes, CRS), survey_area(village_shapes, CRS)
    township_dcmj = level(township_raw, control)
    village_dcmj = level_groups(village_raw, township_of, township_dcmj)
    first = [int(np.flatnonzero(township_of == t)[0]) for t in range(len(township_shapes))]
    townships = pd.DataFrame(
        {
            "BSM": [f"{COUNTY_CODE}1006{row + 1:08d}" for row in range(len(first))],
            "YSDM": "1000600100",
            "XZQDM": [villages[v].township for v in first],
            "XZQMC": [villages[v].township_name for v in first],
            "DCMJ": township_dcmj,
            "JSMJ": township_raw,
        }
    )
    village_frame = pd.DataFrame(
        {
            "BSM": [f"{COUNTY_CODE}1007{row + 1:08d}" for row in range(len(villages))],
            "YSDM": "1000600300",
            "ZLDWDM": [v.location for v in villages],
            "ZLDWMC": [v.name for v in villages],
            "DCMJ": village_dcmj,
            "JSMJ": village_raw,
        }
    )
    mainland = {"MSSM": "00", "HDMC": "", "BZ": ""}
    return Regions(
        village_frame.assign(**mainland), village_shapes, townships.assign(**mainland), township_shapes, county
    )


def basic_farmland(year: Year, county: Any, red_line: Any, rng: np.random.Generator) -> tuple[pd.DataFrame, Polygons]:
    """Permanent basic farmland: most gentle farmland outside the red line, one to a few parcels together, drawn a
    little off their edges. Parcels on the red line's own edge stay in, as they do until somebody looks."""
    frame, shapes = year.frame, year.polygons
    inner = county.buffer(-25.0)
    shapely.prepare(inner)
    good = frame["DLBM"].isin(FARMLAND) & frame["GDPDJB"].isin(["1", "2", "3"]) & (frame["FRDBS"] == "0")
    fits = good.to_numpy() & (rng.random(len(frame)) < 0.90) & shapely.contains(inner, shapes)
    middle = shapely.get_coordinates(shapely.point_on_surface(shapes))
    fits &= ~shapely.contains_xy(red_line, middle[:, 0], middle[:, 1])
    rows = np.flatnonzero(fits)
    key = frame.loc[rows, ["ZLDWDM", "DLBM", "GDLX", "GDPDJB"]].agg("|".join, axis=1)
    _, rank = np.unique(key.to_numpy(dtype=str), return_inverse=True)
    joined, owner = absorb(shapes[rows], rng.random(len(rows)) < 0.3, rank, only_rank=True, rounds=1)
    # Drawn from older imagery: fewer vertices, and some 0.4 m off.
    drawn = shapely.coverage_simplify(joined, 1.3)
    drawn = shapely.transform(drawn, lambda xy: np.round(xy + np.array([0.36, -0.24]), 3))
    sound = shapely.is_valid(drawn) & (shapely.get_type_id(drawn) == 3)
    drawn, like = drawn[sound], frame.iloc[rows[owner[sound]]].reset_index(drop=True)
    out = with_areas(like, survey_area(drawn, CRS))
    out = out.assign(
        BSM=[f"{COUNTY_CODE}2005{row + 1:08d}" for row in range(len(out))],
        YSDM="2005010300",
        XZQDM=COUNTY_CODE,
        XZQMC=COUNTY_NAME,
        YJJBNTTBBH=[f"{COUNTY_CODE}YN{row + 1:06d}" for row in range(len(out))],
        YJJBNTTBMJ=out["TBMJ"] / 100,
        YJJBNTMJ=out["TBDLMJ"] / 100,
        KCMJ=out["KCMJ"] / 100,
        SJNF=2023,
        BHKSSJ="20220101",
        BHJSSJ="",
        BZ="",
    )
    return out[YJJBNTTB], drawn


def red_line(
    land: Land, county: Any, rng: np.random.Generator, vertices: int = 50_000
) -> tuple[pd.DataFrame, Polygons]:
    """The ecological red line: one polygon of about `vertices` vertices over the mountains, with holes."""
    centre = land.radius * np.array([-0.52, 0.44]) + shapely.get_coordinates(land.outline.centroid)[0]
    theta = np.linspace(0, 2 * np.pi, int(0.9 * vertices), endpoint=False)
    r = np.ones(len(theta))
    for k in np.unique(np.geomspace(2, len(theta) / 8, 160).astype(int)):
        r += rng.normal(0, 0.16) * k**-0.85 * np.cos(k * theta + rng.uniform(0, 2 * np.pi))
    ring = 0.34 * land.radius * np.clip(r, 0.3, 1.9)[:, None] * np.column_stack([1.25 * np.cos(theta), np.sin(theta)])
    outer = shapely.Polygon(np.round(ring + centre, 3))
    parts = shapely.get_parts(shapely.make_valid(outer).intersection(county.buffer(-30.0)))
    body = max((part for part in parts if part.geom_type == "Polygon"), key=lambda part: float(part.area))
    holes: list[Any] = []
    inner = body.buffer(-5)
    for _ in range(7):
        place = centre + rng.uniform(-0.28, 0.28, 2) * land.radius
        radius = float(rng.uniform(0.02, 0.05) * land.radius)
        hole = blob(rng, place, radius, 2 * np.pi * radius / (vertices / 90))
        if inner.contains(hole) and all(hole.distance(other) > 10 for other in holes):
            holes.append(hole)
    line = shapely.Polygon(body.exterior, [hole.exterior for hole in holes])
    line = shapely.transform(line, lambda xy: np.round(xy, 3))
    line = (
        line if line.is_valid else max(shapely.get_parts(shapely.make_valid(line)), key=lambda part: float(part.area))
    )
    return _named([line], "生态保护红线", "水源涵养与水土保持", "STBHHX"), _array([line])


def town_boundary(land: Land, drawn_as_town: Polygons, county: Any) -> tuple[pd.DataFrame, Polygons]:
    """The town development boundary: the built-up land of the seats and a belt around it."""
    built = shapely.union_all(drawn_as_town).buffer(120.0, quad_segs=4).buffer(-60.0, quad_segs=4)
    parts = sorted(shapely.get_parts(built.intersection(county)), key=lambda part: -float(part.area))
    parts = [shapely.transform(part, lambda xy: np.round(xy, 3)) for part in parts if part.geom_type == "Polygon"]
    shapes = _array(parts)
    frame = pd.DataFrame(
        {
            "BSM": [f"{COUNTY_CODE}3001{row + 1:08d}" for row in range(len(parts))],
            "MC": [f"城镇开发边界{row + 1}" for row in range(len(parts))],
            "XZQDM": COUNTY_CODE,
            "MJ": survey_area(shapes, CRS),
        }
    )
    return frame, shapes


def reserve(land: Land, county: Any, rng: np.random.Generator) -> tuple[pd.DataFrame, Polygons]:
    """A wetland reserve on the lower river."""
    line = shapely.get_coordinates(land.river)
    middle = line[np.argmin(np.abs(line[:, 0] - land.radius * 0.45 - line[:, 0].mean()))]
    shape = blob(rng, middle, 0.11 * land.radius, 15.0).intersection(county.buffer(-10.0))
    shape = max(shapely.get_parts(shape), key=lambda part: float(part.area))
    shape = shapely.transform(shape, lambda xy: np.round(xy, 3))
    return _named([shape], "示范河湿地自然保护区", "自然保护地", "ZRBHD"), _array([shape])


def _named(shapes: list[Any], name: str, kind: str, code: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "BSM": [f"{COUNTY_CODE}3002{row + 1:08d}" for row in range(len(shapes))],
            "MC": name,
            "LX": kind,
            "DM": code,
            "MJ": survey_area(_array(shapes), CRS) / 100,
        }
    )


def _array(shapes: list[Any]) -> Polygons:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out
