"""The ground of a snapshot made ready for topology: what each parcel covers once its own ring faults are set apart.

A fault is named once. A spike is a spike, not also an overlap with the neighbour it sticks into; so overlaps, gaps and
protrusions are looked for on rings without their spikes, leave out crossed rings, and count copies once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely

from tilth.core import BadInput, FloatArray, IntArray, dm2_array
from tilth.intake.geometry import (
    Shapes,
    Spikes,
    Vertices,
    beyond_tolerance,
    copies,
    fault_of,
    outside_parts,
    polygonal,
    repeated,
    rough_area_m2,
    spikes,
    trimmed,
    vertices,
)
from tilth.intake.rules_model import BoolArray, Subject
from tilth.land import Snapshot, covered
from tilth.overlay import engine_area, intersection_areas, overlaps, piece_geometry, survey_area

#: GEOS's words for a ring that only touches itself at a point.
TOUCH = "Ring Self-intersection"


@dataclass(frozen=True)
class Piece:
    """A piece of ground that is covered twice, not at all, or from outside: who, where, how much."""

    row: int  # parcel, or village for a gap
    other: int  # second parcel; -1 where there is none
    shape: shapely.Geometry
    area_m2: float

    @property
    def dm2(self) -> int:
        """The area in dm²."""
        return int(dm2_array([self.area_m2])[0])


def measured_dm2(shapes: Shapes, crs: str) -> IntArray:
    """(n,) areas by the survey's method where the CRS is one the survey uses, else on the ellipsoid. [dm²]"""
    try:
        return survey_area(shapes, crs)
    except BadInput:
        return dm2_array(engine_area(shapes, crs))


@dataclass(frozen=True)
class Ground:
    """The geometry of `subject`, taken apart. Everything is found once, when it is first asked for."""

    subject: Subject
    villages: Snapshot | None = None
    quarantine: gpd.GeoDataFrame | None = None

    @property
    def crs(self) -> str:
        """The CRS of the parcels."""
        return self.subject.crs

    # --- rings ---------------------------------------------------------------------------------------------------

    @cached_property
    def raw_vertices(self) -> Vertices:
        """Vertices of the rings as they are."""
        return vertices(self.subject.geometry, self.crs)

    @cached_property
    def repeats(self) -> IntArray:
        """Positions of repeated vertices."""
        return np.flatnonzero(repeated(self.raw_vertices))

    @cached_property
    def _single(self) -> tuple[Shapes, Vertices]:
        rows = np.unique(self.raw_vertices.row[self.repeats])
        if len(rows) == 0:
            return self.subject.geometry, self.raw_vertices
        shapes = self.subject.geometry.copy()
        for row in rows:
            shapes[row] = trimmed(shapes[row], self.crs, spiky=False)
        return shapes, vertices(shapes, self.crs)

    @property
    def vertices(self) -> Vertices:
        """Vertices of the rings without repeated ones."""
        return self._single[1]

    @cached_property
    def spikes(self) -> Spikes:
        """Spikes of all rings."""
        return spikes(self.vertices, rough_area_m2(self._single[0], self.crs))

    @cached_property
    def trimmed(self) -> Shapes:
        """(n,) the polygons without repeated vertices and spikes."""
        shapes = self._single[0].copy()
        for row in np.unique(self.vertices.row[self.spikes.vertex]):
            shapes[row] = trimmed(shapes[row], self.crs)
        return shapes

    @cached_property
    def faults(self) -> dict[int, tuple[str, float | None, float | None]]:
        """What makes a polygon invalid even without its spikes, and where, by row."""
        return {int(row): fault_of(self.trimmed[row]) for row in np.flatnonzero(~shapely.is_valid(self.trimmed))}

    @cached_property
    def touching(self) -> BoolArray:
        """(n,) does a ring only touch itself, so that its area is not in doubt?"""
        found = np.zeros(len(self.subject), dtype=np.bool_)
        for row, (what, _, _) in self.faults.items():
            if what == TOUCH:
                mended = polygonal(shapely.make_valid(self.trimmed[row], method="structure")).area
                found[row] = abs(mended - self.trimmed[row].area) <= 1e-9 * mended
        return found

    @cached_property
    def broken(self) -> BoolArray:
        """(n,) is it in doubt which ground the rings enclose?"""
        found = np.zeros(len(self.subject), dtype=np.bool_)
        found[list(self.faults)] = True
        return found & ~self.touching

    @cached_property
    def copy_of(self) -> dict[int, int]:
        """Later copies of a polygon, with the first row that has it."""
        return copies(self.subject.geometry)

    @cached_property
    def once(self) -> BoolArray:
        """(n,) True for all but later copies."""
        found = np.ones(len(self.subject), dtype=np.bool_)
        found[list(self.copy_of)] = False
        return found

    @cached_property
    def usable(self) -> BoolArray:
        """(n,) parcels whose ground is certain, each piece of ground once."""
        return np.asarray(self.once & ~self.broken & ~shapely.is_empty(self.trimmed), dtype=np.bool_)

    @cached_property
    def shapes(self) -> Shapes:
        """(n,) valid polygons, those that are not `usable` empty."""
        shapes = np.where(self.usable, self.trimmed, shapely.Polygon())
        for row in np.flatnonzero(self.touching & self.usable):
            shapes[row] = polygonal(shapely.make_valid(shapes[row], method="structure"))
        return shapes

    # --- areas and pieces ----------------------------------------------------------------------------------------

    @cached_property
    def engine_m2(self) -> FloatArray:
        """(n,) ellipsoidal area of `shapes`. [m²]"""
        return engine_area(self.shapes, self.crs)

    @cached_property
    def overlaps(self) -> list[Piece]:
        """Ground that two parcels cover."""
        table = overlaps(self.shapes, self.crs)
        shapes = piece_geometry(self.shapes, self.shapes, table)
        rows = zip(table.left, table.right, shapes, table.area_m2, strict=True)
        pieces = [Piece(int(a), int(b), shape, float(area)) for a, b, shape, area in rows]
        return [piece for piece in pieces if beyond_tolerance(piece.shape, piece.area_m2, self.crs)]

    @cached_property
    def village_shapes(self) -> Shapes:
        """(v,) the village polygons, valid."""
        assert self.villages is not None
        return covered(self.villages.parcels.geometry)

    @property
    def village_codes(self) -> list[str]:
        """(v,) their codes as parcels record them: 12 digits."""
        assert self.villages is not None
        return [str(code)[:12] for code in self.villages.parcels["code"]]

    @cached_property
    def county(self) -> shapely.Geometry:
        """All villages as one."""
        return shapely.union_all(self.village_shapes)

    @cached_property
    def outside(self) -> list[Piece]:
        """Parts of parcels that lie in no village."""
        rows = np.flatnonzero(self.usable)
        found = [(int(rows[at]), part) for at, part in outside_parts(self.shapes[rows], self.county)]
        areas = engine_area([part for _, part in found], self.crs)
        pieces = [Piece(row, -1, part, float(area)) for (row, part), area in zip(found, areas, strict=True)]
        return [piece for piece in pieces if beyond_tolerance(piece.shape, piece.area_m2, self.crs)]

    @cached_property
    def gaps(self) -> list[Piece]:
        """Ground of a village that no parcel covers, each connected piece by itself; `row` is the village."""
        cover = np.concatenate([self.shapes[self.usable], self._uncertain])
        tree = shapely.STRtree(cover)
        found = []
        for village in self._villages_in_doubt():
            near = cover[tree.query(self.village_shapes[village], predicate="intersects")]
            rest = polygonal(shapely.difference(self.village_shapes[village], shapely.union_all(near)))
            found += [(village, part) for part in shapely.get_parts(rest)]
        areas = engine_area([part for _, part in found], self.crs)
        pieces = [Piece(village, -1, part, float(area)) for (village, part), area in zip(found, areas, strict=True)]
        return [piece for piece in pieces if beyond_tolerance(piece.shape, piece.area_m2, self.crs)]

    @cached_property
    def _uncertain(self) -> Shapes:
        """Ground that some row claims, but not surely: hulls of crossed rings, and rows set aside at import."""
        hulls = list(shapely.convex_hull(self.trimmed[self.broken & self.once]))
        if self.quarantine is not None and len(self.quarantine):
            set_aside = np.asarray(self.quarantine.geometry, dtype=object)
            set_aside = set_aside[~shapely.is_missing(set_aside)]
            finite = np.isfinite(shapely.bounds(set_aside)).all(axis=1)
            hulls += [polygonal(shape) for shape in covered(set_aside[finite])]
        return np.array([hull for hull in hulls if not hull.is_empty] or [shapely.Polygon()], dtype=object)

    @cached_property
    def true_village(self) -> dict[int, str]:
        """The village that the larger part of a parcel lies in, for parcels recorded in another one that is known."""
        if self.villages is None or len(self.villages.parcels) == 0:
            return {}
        codes = self.village_codes
        recorded, rows = self.subject.text("region_code"), np.flatnonzero(self.usable)
        tree = shapely.STRtree(self.village_shapes)
        found = {}
        for at, village in tree.query(shapely.point_on_surface(self.shapes[rows]), predicate="within").T:
            row = int(rows[at])
            if codes[village] == recorded[row] or recorded[row] not in codes:
                continue
            inside = shapely.intersection(self.shapes[row], self.village_shapes[village]).area
            if inside > self.shapes[row].area / 2:
                found[row] = codes[village]
        return found

    def _villages_in_doubt(self) -> list[int]:
        """Villages whose parcels do not just fill them: only there are gaps looked for with shapes."""
        pieces = intersection_areas(self.village_shapes, self.shapes, self.crs)
        missing = engine_area(self.village_shapes, self.crs) - pieces.total_by_left(len(self.village_shapes))
        twice = np.zeros(len(missing), dtype=np.bool_)
        covered_twice = {row for piece in self.overlaps for row in (piece.row, piece.other)}
        twice[pieces.left[np.isin(pieces.right, sorted(covered_twice))]] = True
        return [int(village) for village in np.flatnonzero((missing >= 0.004) | (missing < 0) | twice)]

    @cached_property
    def surplus_dm2(self) -> dict[int, int]:
        """Ground that a parcel covers though it is another's or outside the county, by row. [dm²]"""
        surplus: dict[int, int] = {}
        for piece in [*self.overlaps, *(self.outside if self.villages is not None else [])]:
            for row in (piece.row, piece.other):
                surplus[row] = surplus.get(row, 0) + piece.dm2
        return surplus

    @cached_property
    def gaps_beside(self) -> dict[int, list[int]]:
        """Areas of the gaps that a parcel borders on, by row. [dm²]"""
        beside: dict[int, list[int]] = {}
        if self.villages is None or not self.gaps:
            return beside
        tree = shapely.STRtree(self.shapes)
        for piece in self.gaps:
            for row in tree.query(piece.shape, predicate="intersects"):
                beside.setdefault(int(row), []).append(piece.dm2)
        return beside
