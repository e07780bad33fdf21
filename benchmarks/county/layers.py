"""What parcels are overlaid with: basic farmland, ecological red line, town limits, townships, project footprints."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

from county.mesh import FloatArray, IntArray
from county.rings import ORIGIN_M, polygons
from county.years import Year

#: Parcels in one polygon of basic farmland, and the share of such polygons that are basic farmland. [-]
_PBF_PARCELS, _PBF_SHARE = 4.8, 0.72
#: By how much those are simplified, and shifted, so that no edge lies on a parcel's any more. [m]
_PBF_OFF_M = 1.0
#: Vertices of the ecological polygons.
_ECOLOGY_VERTICES = (50_000, 75_000, 100_000, 150_000, 200_000)
_TOWNS, _TOWN_VERTICES = 10, 6_145
_TOWNSHIPS = 60
_FOOTPRINTS = 300


def basic_farmland(year: Year, rng: np.random.Generator) -> Any:
    """Unions of neighbouring fields, each simplified and shifted by about a metre."""
    centre = year.mesh.centre
    field = np.flatnonzero(year.mesh.road < 0)
    seeds = centre[rng.choice(field, max(2, round(len(field) / _PBF_PARCELS)), replace=False)]
    _, near = cKDTree(seeds).query(centre[field])
    number = np.where(rng.random(len(seeds)) < _PBF_SHARE, np.arange(len(seeds)), -1)
    group = np.full(len(centre), -1, dtype=np.int64)
    group[field] = number[near]
    parts = shapely.get_parts(polygons(year.mesh, group))
    parts = shapely.simplify(parts[~shapely.is_empty(parts)], _PBF_OFF_M)
    shift = _PBF_OFF_M * rng.uniform(-1, 1, (len(parts), 2))
    owner = np.repeat(np.arange(len(parts)), shapely.get_num_coordinates(parts))
    return shapely.set_coordinates(parts, np.round(shapely.get_coordinates(parts) + shift[owner], 4))


def townships(year: Year, rng: np.random.Generator) -> Any:
    """`_TOWNSHIPS` polygons that cover the county, with borders along parcels."""
    centre = year.mesh.centre
    seeds = centre[rng.choice(len(centre), min(_TOWNSHIPS, len(centre) // 4), replace=False)]
    _, near = cKDTree(seeds).query(centre)
    return polygons(year.mesh, near.astype(np.int64))


def ecology(width_m: float, rng: np.random.Generator) -> Any:
    """Five polygons of 50,000 to 200,000 vertices with 20 to 40 holes each, in a county `width_m` wide."""
    at = width_m * np.array([[-0.3, -0.28], [0.27, -0.3], [0.02, 0.01], [-0.26, 0.29], [0.3, 0.25]])
    radius = 0.085 * width_m * rng.uniform(0.8, 1.2, len(at))
    every = zip(at, radius, _ECOLOGY_VERTICES, strict=True)
    return np.array([_with_holes(centre, size, vertices, rng) for centre, size, vertices in every])


def towns(width_m: float, rng: np.random.Generator) -> Any:
    """Ten town development areas of 6,145 vertices."""
    angle = 2 * np.pi * (np.arange(_TOWNS) + rng.uniform(-0.2, 0.2, _TOWNS)) / _TOWNS
    away = width_m * np.where(np.arange(_TOWNS) % 2, 0.2, 0.38)
    at = away[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    radius = 0.022 * width_m * rng.uniform(0.7, 1.3, _TOWNS)
    return np.array([shapely.polygons(_blob(c, r, _TOWN_VERTICES, rng)) for c, r in zip(at, radius, strict=True)])


def footprints(width_m: float, rng: np.random.Generator) -> Any:
    """300 projects: sites of 1 to 60 ha, and one in five a corridor 20 to 60 m wide and 1 to 5 km long."""
    made = []
    for number in range(_FOOTPRINTS):
        at = width_m * rng.uniform(-0.42, 0.42, 2)
        if number % 5 == 0:
            made.append(_corridor(at, rng))
        else:
            radius = np.sqrt(rng.uniform(1.0, 60.0**0.5) ** 2 * 1e4 / np.pi)
            made.append(shapely.polygons(_blob(at, radius, int(rng.integers(12, 240)), rng)))
    return np.array(made)


def _corridor(at: FloatArray, rng: np.random.Generator) -> Any:
    points = int(rng.integers(8, 30))
    heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.12, points))
    step = rng.uniform(1_000.0, 5_000.0) / points
    course = at + ORIGIN_M + np.cumsum(step * np.column_stack([np.cos(heading), np.sin(heading)]), axis=0)
    return shapely.set_precision(shapely.buffer(shapely.linestrings(course), rng.uniform(10, 30), quad_segs=4), 1e-4)


def _with_holes(at: FloatArray, radius: float, vertices: int, rng: np.random.Generator) -> Any:
    count = int(rng.integers(20, 41))
    grid = np.stack(np.meshgrid(*2 * [np.linspace(-0.28, 0.28, 7)]), axis=-1).reshape(-1, 2)
    places = at + radius * rng.permutation(grid)[:count]
    each = vertices // 5 // count
    holes = [_blob(place, 0.028 * radius, each, rng) for place in places]
    return shapely.polygons(_blob(at, radius, vertices - each * count, rng), [shapely.linearrings(h) for h in holes])


def _blob(at: FloatArray, radius: float, vertices: int, rng: np.random.Generator) -> FloatArray:
    """(vertices, 2) points of a ring around `at`, rough at every scale, that never crosses itself."""
    waves = np.arange(2, max(4, vertices // 4))
    spectrum = np.zeros(vertices // 2 + 1, dtype=complex)
    spectrum[waves] = waves**-1.6 * np.exp(2j * np.pi * rng.random(len(waves)))
    rough = np.fft.irfft(spectrum, vertices)
    reach = radius * np.clip(1 + 0.16 * rough / rough.std(), 0.5, None)
    angle = 2 * np.pi * np.arange(vertices) / vertices
    course = at + ORIGIN_M + reach[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.asarray(np.round(course, 4))


def width(centre: FloatArray) -> float:
    """Width of the county whose cells grew from `centre` (c, 2). [m]"""
    return float(np.ptp(centre, axis=0).min())


def counts(shapes: Any) -> dict[str, int]:
    """Polygons and vertices of a layer; the last point of a ring, which repeats its first, is not counted."""
    rings: IntArray = shapely.get_num_interior_rings(shapely.get_parts(shapes)) + 1
    return {"polygons": len(shapes), "vertices": int(shapely.get_num_coordinates(shapes).sum() - rings.sum())}
