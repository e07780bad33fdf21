"""Project footprints as design institutes hand them in: exchange text in the dialects that are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely

from tilth.core import FloatArray
from tilth.demo.change import Year
from tilth.demo.files import CRS
from tilth.demo.mesh import Polygons
from tilth.demo.strips import blob
from tilth.demo.terrain import Land
from tilth.overlay import survey_area

_HEADER = (
    "[属性描述]",
    "格式版本号=1.01版本",
    "数据产生单位=示范县自然资源局",
    "数据产生日期=2024-12-31",
    "坐标系=2000国家大地坐标系",
    "几度分带=3",
    "投影类型=高斯克吕格",
    "计量单位=米",
    "带号=38",
    "精度=0.001",
    "转换参数=0,0,0,0,0,0,0",
)
_ZONE_PREFIX = 38_000_000.0


@dataclass(frozen=True)
class Grounds:
    """What footprints are placed against."""

    land: Land
    year: Year  # the later survey
    basic_farmland: Polygons
    red_line: Any


def write_projects(folder: Path, grounds: Grounds, rng: np.random.Generator) -> dict[str, Path]:
    """One file for each case, each in a dialect of its own. Returns the paths by what they show."""
    folder.mkdir(parents=True, exist_ok=True)
    clear = _clear_spots(grounds)
    hole = _with_hole(grounds, rng)
    texts = {
        "clear": (_standard(_inside(clear[0]), "01", "盐碱地整治", "1204"), "gbk"),
        "basic_farmland": (_with_project_lines(_on_basic_farmland(grounds, rng)), "utf-8-sig"),
        "red_line": (_short_rows(_on_red_line(grounds, rng)), "gbk"),
        "hole": (_no_prefix(hole), "gbk"),
        "two_parts": (_side_lengths([_inside(clear[1]), _inside(clear[2])]), "gbk"),
        "degrees": (_degrees(_inside(clear[0])), "utf-8"),
    }
    names = {
        "clear": "P1_盐碱地整治.txt",
        "basic_farmland": "P2_物流园.txt",
        "red_line": "P3_山地道路.txt",
        "hole": "P4_产业园.txt",
        "two_parts": "P5_增减挂钩.txt",
        "degrees": "P6_经纬度.txt",
    }
    for case, (lines, encoding) in texts.items():
        (folder / names[case]).write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return {case: folder / name for case, name in names.items()}


def _clear_spots(grounds: Grounds) -> list[Any]:
    """Unused or built-up parcels, the largest first, off the basic farmland and the red line."""
    frame, shapes = grounds.year.frame, grounds.year.polygons
    for codes in (["1204"], ["1204", "0404", "0601", "0701"]):
        fits = frame["DLBM"].isin(codes).to_numpy() & (shapely.get_num_interior_rings(shapes) == 0)
        rows = np.flatnonzero(fits)
        rows = rows[np.argsort(-shapely.area(shapes[rows]), kind="stable")]
        taken = shapely.STRtree(np.append(grounds.basic_farmland, grounds.red_line))
        spots = [shapes[row] for row in rows if not taken.query(_inside(shapes[row]), predicate="intersects").size]
        if len(spots) >= 3:
            return spots
    raise AssertionError("the county has no clear ground for a project")


def _inside(parcel: Any) -> Any:
    """The parcel's shape drawn in by 3 m, with few vertices."""
    inner = shapely.simplify(parcel.buffer(-3.0), 1.5)
    largest = max(shapely.get_parts(inner), key=lambda part: float(part.area))
    return shapely.Polygon(np.round(shapely.get_coordinates(largest.exterior), 3))


def _on_basic_farmland(grounds: Grounds, rng: np.random.Generator) -> Any:
    area = shapely.area(grounds.basic_farmland)
    biggest = grounds.basic_farmland[int(np.argmax(area))]
    return blob(rng, shapely.get_coordinates(biggest.centroid)[0], 140.0, 22.0)


def _on_red_line(grounds: Grounds, rng: np.random.Generator) -> Any:
    edge = shapely.get_coordinates(grounds.red_line.exterior)
    inside = shapely.contains_xy(grounds.land.outline.buffer(-400.0), edge[:, 0], edge[:, 1])
    at = edge[np.flatnonzero(inside)[int(inside.sum()) // 3]]
    return blob(rng, np.round(at, 3), 90.0, 18.0)


def _with_hole(grounds: Grounds, rng: np.random.Generator) -> Any:
    seat = grounds.land.village_xy[grounds.land.seat_of[0]]
    place = seat + grounds.land.radius * np.array([0.02, 0.13])
    outer, inner = blob(rng, place, 120.0, 20.0), blob(rng, place, 38.0, 12.0)
    return shapely.Polygon(outer.exterior, [inner.exterior])


# --- dialects: each gives the lines of a file -------------------------------------------------------------------


def _rings(shapes: Iterable[Any]) -> list[FloatArray]:
    """Closed rings as (easting, northing): outer clockwise from the north-west point, holes the other way round."""
    rings = []
    for shape in shapes:
        turned = shapely.orient_polygons(shape, exterior_cw=True)
        for ring in (turned.exterior, *turned.interiors):
            xy = shapely.get_coordinates(ring)[:-1]
            start = int(np.argmin(xy[:, 0] - xy[:, 1]))
            xy = np.roll(xy, -start, axis=0)
            rings.append(np.concatenate([xy, xy[:1]]))
    return rings


def _hectares(*shapes: Any) -> str:
    return f"{int(survey_area(list(shapes), CRS).sum()) / 1e6:.4f}"


def _points(rings: list[FloatArray], row: str, *, closed: bool = True, prefix: float = 0.0) -> list[str]:
    """Point rows; `row` is a format with id, ring, x (north), y (east) and side. Ids go on from ring to ring."""
    lines, last = [], 0
    for number, ring in enumerate(rings, start=1):
        first = last + 1
        for i, (east, north) in enumerate(ring[:-1].tolist()):
            side = float(np.hypot(*(ring[i + 1] - ring[i])))
            lines.append(row.format(id=first + i, ring=number, x=north, y=east - prefix, side=side))
        last = first + len(ring) - 2
        if closed:
            east, north = ring[-1].tolist()
            lines.append(row.format(id=first, ring=number, x=north, y=east - prefix, side=0.0))
    return lines


def _standard(shape: Any, number: str, name: str, code: str, closed: bool = True) -> list[str]:
    """The ministry's form: header, nine fields for the parcel, closed rings."""
    points = _points(_rings([shape]), "J{id},{ring},{x:.3f},{y:.3f}", closed=closed)
    head = f"{len(points)},{_hectares(shape)},2024-{number},{name},面,I50G038041,{name},{code},@"
    return [*_HEADER, "[地块坐标]", head, *points]


def _with_project_lines(shape: Any) -> list[str]:
    """The same behind a section of project lines, spaces after the commas, full-width digits in the version."""
    lines = _standard(shape, "02", "物流园", "0508")
    lines[1] = "格式版本号=1．01版本"
    spaced = [line.replace(",", ", ") if line.startswith("J") else line for line in lines]
    return ["[项目信息]", "项目名称=示范县物流园", "建设单位=示范物流有限公司", *spaced]


def _short_rows(shape: Any) -> list[str]:
    """Five fields for the parcel: number, name, kind, use, @."""
    points = _points(_rings([shape]), "J{id},{ring},{x:.3f},{y:.3f}")
    return [*_HEADER, "[地块坐标]", "2024-03,山地道路,面,公路用地,@", *points]


def _no_prefix(shape: Any) -> list[str]:
    """The zone stands in the header and not in the eastings; rings are left open."""
    points = _points(_rings([shape]), "J{id},{ring},{x:.3f},{y:.3f}", closed=False, prefix=_ZONE_PREFIX)
    head = f"{len(points)},{_hectares(shape)},2024-04,产业园,面,,工业用地,0601,@"
    return [*_HEADER, "[地块坐标]", head, *points]


def _side_lengths(shapes: list[Any]) -> list[str]:
    """The form of link projects (增减挂钩): point, X, Y, length of side, ring."""
    points = _points(_rings(shapes), "J{id},{x:.3f},{y:.3f},{side:.2f},{ring},")
    head = f"{len(points)},{_hectares(*shapes)},2024-05,增减挂钩,面,,建新区,1204,@"
    return [*_HEADER, "[地块坐标]", head, *points]


def _degrees(shape: Any) -> list[str]:
    """Longitude and latitude in degrees, without a header."""
    to_degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
    rings = [np.column_stack(to_degrees.transform(*ring.T)) for ring in _rings([shape])]
    points = _points(rings, "J{id},{ring},{y:.9f},{x:.9f}")
    return [f"{len(points)},{_hectares(shape)},2024-06,经纬度地块,面,,盐碱地整治,1204,@", *points]
