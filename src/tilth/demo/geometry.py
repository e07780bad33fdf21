"""The county's parcels as a gap-free partition: fields, villages and a town, cut by rivers, roads and ditches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import shapely

from tilth.core import FloatArray, IntArray
from tilth.demo.mesh import Polygons, absorb, blunt, borders, dissolve
from tilth.demo.strips import Strip, strips
from tilth.demo.terrain import CENTRE, BoolArray, Land, nearest

#: Coordinates are kept on a grid of 1 mm. [m]
GRID = 0.001
#: Distance between two vertices of a field's edge, about. [m]
STEP = 9.0
#: The smallest parcels drawn: settlement and roads, ponds and sheds, all other land. [m²]
SMALLEST_BUILT, SMALLEST_DOT, SMALLEST_FIELD = 260.0, 450.0, 900.0

OPEN, VILLAGE, TOWN = 0, 1, 2


@dataclass(frozen=True)
class Partition:
    """Polygons without gaps or overlaps, and what each was drawn as. One value for each polygon."""

    polygons: Polygons
    strip: IntArray  # position in `strips`, -1 for land between them
    village: IntArray
    settlement: IntArray  # OPEN, VILLAGE or TOWN
    strips: tuple[Strip, ...] = field(default=())


def partition(land: Land, rng: np.random.Generator, parcels: int, progress: Callable[[str], None]) -> Partition:
    """Draw the county: Voronoi cells with wiggly edges, noded together with the outlines of `strips`."""
    seeds, settlement = _seeds(land, rng)
    progress(f"drawing {len(seeds):,} cells")
    lines = _wiggle(_cell_edges(seeds, land), land, rng)
    cuts = strips(land, rng, parcels)
    faces = _faces(
        lines, np.concatenate([shapely.get_rings([cut.area for cut in cuts]), shapely.get_rings(land.outline)])
    )
    point = shapely.get_coordinates(shapely.point_on_surface(faces))
    inside = shapely.contains_xy(land.outline, point[:, 0], point[:, 1])
    faces, point = faces[inside], point[inside]
    progress(f"joining {len(faces):,} faces into parcels")
    return _parcels(land, faces, point, seeds, settlement, cuts)


def _faces(lines: Polygons, outlines: Polygons) -> Polygons:
    """The areas between cell edges and outlines. Only lines that meet others away from their ends need noding."""
    where, _ = shapely.STRtree(lines).query(outlines, predicate="intersects")[::-1]
    meets = np.zeros(len(lines), dtype=bool)
    meets[where] = True
    a, b = shapely.STRtree(lines).query(lines, predicate="crosses")
    meets[a] = meets[b] = True
    noded = shapely.union_all(np.concatenate([lines[meets], outlines]), grid_size=GRID)
    return np.asarray(shapely.get_parts(shapely.polygonize(np.append(shapely.get_parts(noded), lines[~meets]))))


def _parcels(
    land: Land, faces: Polygons, point: FloatArray, seeds: FloatArray, settlement: IntArray, cuts: list[Strip]
) -> Partition:
    cell, _ = nearest(seeds, point)
    strip = _strip_of(point, cuts)
    village, _ = land.nearest_village(seeds[cell])
    built = settlement[cell]
    apart = np.where(strip < 0, cell, -1)
    _, label = np.unique(
        np.column_stack([strip, np.where(strip < 0, 0, village), np.where(strip < 0, 0, built), apart]),
        axis=0,
        return_inverse=True,
    )
    polygons, member = dissolve(faces, label.astype(np.int64))
    strip, village, built = strip[member], village[member], built[member]
    dots = np.array([cut.width == 0 for cut in cuts] + [False])[strip]
    small = _too_small(polygons, strip, built) | (dots & (shapely.area(polygons) < SMALLEST_DOT))
    # Small bits of a road join the road, small bits of a field join the field on their own side of it.
    polygons, owner = absorb(polygons, small, strip)
    strip, village, built = strip[owner], village[owner], built[owner]
    polygons = blunt(polygons)
    village = _undivided(polygons, village)
    return Partition(polygons, strip, village, built, tuple(cuts))


def _too_small(polygons: Polygons, strip: IntArray, built: IntArray) -> BoolArray:
    area, perimeter = shapely.area(polygons), shapely.length(polygons)
    field_like = strip < 0
    least = np.where(field_like & (built == OPEN), SMALLEST_FIELD, SMALLEST_BUILT)
    thin = 4 * np.pi * area < 0.16 * perimeter**2
    small: BoolArray = (area < least) | (field_like & thin & (area < 6 * least))
    return small


def _strip_of(point: FloatArray, cuts: list[Strip]) -> IntArray:
    """The first strip that each point lies in, -1 where none."""
    tree = shapely.STRtree([cut.area for cut in cuts])
    where, which = tree.query(shapely.points(point), predicate="within")
    found = np.full(len(point), len(cuts), dtype=np.int64)
    np.minimum.at(found, where, which)
    found[found == len(cuts)] = -1
    return found


def _undivided(polygons: Polygons, village: IntArray) -> IntArray:
    """Give away bits of a village that lie apart from the rest of it, so that every village is one piece."""
    village = village.copy()
    edge = borders(polygons)
    me, other, length = edge.both_ways()
    for _ in range(4):
        piece = _connected(len(polygons), edge.left, edge.right, village)
        size = np.bincount(piece, weights=shapely.area(polygons), minlength=len(polygons))
        largest = np.zeros(village.max() + 1)
        np.maximum.at(largest, village, size[piece])
        stray = size[piece] < largest[village]
        if not stray.any():
            break
        usable = stray[me] & ~stray[other] & (village[me] != village[other])
        order = np.lexsort([other[usable], -length[usable], me[usable]])
        mine = me[usable][order]
        first = np.r_[True, mine[1:] != mine[:-1]] if len(mine) else np.zeros(0, dtype=bool)
        village[mine[first]] = village[other[usable][order][first]]
    return village


def _connected(n: int, left: IntArray, right: IntArray, village: IntArray) -> IntArray:
    """For each polygon the smallest position that can be reached from it without leaving its village."""
    same = village[left] == village[right]
    left, right = left[same], right[same]
    piece = np.arange(n)
    while True:
        before = piece.copy()
        low = np.minimum(piece[left], piece[right])
        np.minimum.at(piece, left, low)
        np.minimum.at(piece, right, low)
        piece = piece[piece]
        if (piece == before).all():
            return piece


def _seeds(land: Land, rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    """Where the cells are centred, and whether each is open land, village or town."""
    open_land = _field_seeds(land, rng)
    core = core_radius(land, rng)
    village, far = land.nearest_village(open_land)
    open_land = open_land[far > core[village]]
    parts, kinds = [open_land], [np.full(len(open_land), OPEN)]
    for position, centre in enumerate(land.village_xy):
        town = position in land.seat_of
        spacing = 82.0 if town and core[position] > 350 else 54.0 if town else 44.0
        inside = _lattice(rng, centre, core[position] - 0.3 * spacing, spacing, 0.30)
        parts.append(inside)
        kinds.append(np.full(len(inside), TOWN if town else VILLAGE))
    seeds = np.round(np.concatenate(parts), 3).astype(np.float64)
    return seeds, np.concatenate(kinds).astype(np.int64)


def core_radius(land: Land, rng: np.random.Generator) -> FloatArray:
    """How far the houses reach from each village's centre; the seats are small towns, the first is the county's. [m]"""
    radius = rng.uniform(85, 165, len(land.village_xy))
    radius[land.seat_of] = rng.uniform(200, 290, len(land.seat_of))
    radius[land.seat_of[0]] = max(0.115 * land.radius, 220.0)
    return radius


def _field_seeds(land: Land, rng: np.random.Generator) -> FloatArray:
    """A jittered lattice of fields, turned differently in each township; wider and wilder in the hills."""
    parts = []
    seats = land.village_xy[land.seat_of]
    for spacing, jitter, hilly in ((166.0, 0.24, False), (240.0, 0.45, True)):
        for township in range(len(land.seat_of)):
            points = _lattice(rng, np.array(CENTRE), 1.75 * land.radius, spacing, jitter)
            hill = land.hill(points) > 0.47
            mine, _ = nearest(seats, points)
            parts.append(points[(mine == township) & (hill == hilly)])
    points = np.concatenate(parts)
    near = land.outline.buffer(60.0)
    shapely.prepare(near)
    inside: FloatArray = points[shapely.contains_xy(near, points[:, 0], points[:, 1])]
    return inside


def _lattice(rng: np.random.Generator, centre: FloatArray, radius: float, spacing: float, jitter: float) -> FloatArray:
    """Points of a square lattice of any direction inside a circle, each moved by up to `jitter` of the spacing."""
    n = int(np.ceil(radius / spacing)) + 1
    i, j = np.meshgrid(np.arange(-n, n + 1), np.arange(-n, n + 1), indexing="ij")
    grid = np.column_stack([i.ravel() + 0.5 * (j.ravel() % 2), j.ravel()]).astype(np.float64)
    grid += rng.uniform(-jitter, jitter, grid.shape)
    grid *= spacing * np.array([1.22, 0.82])
    angle = rng.uniform(0, np.pi)
    turned = grid @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points: FloatArray = turned[np.hypot(*turned.T) < radius] + centre
    return points


def _cell_edges(seeds: FloatArray, land: Land) -> FloatArray:
    """Every edge of the Voronoi diagram once, as (n, 2, 2), in an order that depends on the coordinates alone."""
    edges = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds), only_edges=True))
    near = land.outline.buffer(30.0)
    shapely.prepare(near)
    ends = np.round(shapely.get_coordinates(edges[shapely.intersects(near, edges)]).reshape(-1, 2, 2), 3)
    turned = (ends[:, 0, 0] > ends[:, 1, 0]) | ((ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1]))
    ends[turned] = ends[turned][:, ::-1]
    unique: FloatArray = np.unique(ends.reshape(-1, 4), axis=0).reshape(-1, 2, 2)
    return unique


def _wiggle(ends: FloatArray, land: Land, rng: np.random.Generator) -> Polygons:
    """Lines between the ends of each edge that bend as field edges do: a few slow waves and the digitiser's hand."""
    along = ends[:, 1] - ends[:, 0]
    length = np.hypot(*along.T)
    rough = np.where(land.hill(ends.mean(axis=1)) > 0.47, 0.055, 0.022)
    count = np.clip(np.rint(length / STEP), 1, 200).astype(np.int64)
    bend = rng.normal(size=(len(ends), 4)) / np.array([1.0, 1.6, 2.6, 4.0]) * (rough * length)[:, None]
    lines = np.empty(len(ends), dtype=object)
    for n in np.unique(count):
        at = np.flatnonzero((count == n) & (length > 0))
        t = np.linspace(0, 1, n + 1)
        xy = ends[at, None, 0] + t[:, None] * along[at, None]
        normal = np.column_stack([-along[at, 1], along[at, 0]]) / length[at, None]
        offset = bend[at] @ np.sin(np.pi * np.outer(np.arange(1, 5), t))
        hand = rng.normal(0, 0.22, offset.shape)
        hand[:, [0, -1]] = 0
        xy = xy + (offset + hand)[..., None] * normal[:, None]
        xy[:, 0], xy[:, -1] = ends[at, 0], ends[at, 1]
        lines[at] = shapely.linestrings(np.round(xy, 3))
    wiggled: Polygons = lines[length > 0]
    return wiggled
