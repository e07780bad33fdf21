"""Ellipsoidal area and area-closing overlay: polygons of any CRS in, exact ground areas out.

Two areas, never mixed: `engine_area` is exact on the ellipsoid and is what the overlay's pieces add up to;
`survey_area` reproduces the national survey's figure to 0.01 m². `level` closes whole units on a recorded area.
"""

from tilth.overlay.coverage import GapTable, gap_area, gap_polygons
from tilth.overlay.engine import engine_area
from tilth.overlay.levelling import level, level_groups
from tilth.overlay.piece_table import PieceTable
from tilth.overlay.pieces import intersection_areas, kept, overlaps, prepare, ready, rings_of_wkb
from tilth.overlay.rings import Rings, flatten
from tilth.overlay.shapes import inner_points, overlap_polygon, piece_geometry
from tilth.overlay.survey import survey_area, survey_area_m2

__all__ = [
    "GapTable",
    "PieceTable",
    "Rings",
    "engine_area",
    "flatten",
    "gap_area",
    "gap_polygons",
    "inner_points",
    "intersection_areas",
    "kept",
    "level",
    "level_groups",
    "overlap_polygon",
    "overlaps",
    "piece_geometry",
    "prepare",
    "ready",
    "rings_of_wkb",
    "survey_area",
    "survey_area_m2",
]
