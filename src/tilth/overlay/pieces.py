"""Overlay of two layers: which polygons share ground, and how much of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.core import IntArray
from tilth.overlay.ellipsoid import surface
from tilth.overlay.piece_table import PieceTable
from tilth.overlay.rings import Rings, polygons
from tilth.overlay.sides import Side, layer_of_all, pieces_of_both, pieces_of_layers, pieces_within

if TYPE_CHECKING:  # numba is loaded by the first overlay, not by the first import
    from tilth.overlay.layer import Layer


def intersection_areas(left: Any, right: Any, crs: Any, *, known: PieceTable | None = None) -> PieceTable:
    """The area that each polygon of `left` shares with each of `right`, on the ellipsoid of `crs`. [m²]

    Edges are straight in the coordinates of `crs`. Pieces of a polygon that is covered once add up to its
    `engine_area`, within about 1e-9 of it. Areas are right to 0.01 m² or 1e-7, whichever is more (in fact far better).

    What is left out: pairs that only touch, and what is no more than the noise of the sum (some 1e-10 m²). Slivers
    that rounding has left along a shared boundary are pieces like others. Each area hangs on its two polygons alone,
    to the last bit: not on their order, on what else is in the layers, or on where their rings begin.

    Parameters
    ----------
    left, right
        Polygons or multipolygons (list, array, GeoSeries), x easting or longitude, y northing or latitude, in one
        CRS; or `Rings` of them; or, in the same CRS, what `prepare` made of them. None and empty ones have no pieces.
        Polygons of one layer may overlap: every pair is measured. Where a ring crosses itself, ground counts as often
        as the ring turns around it: repair such rings first.
    crs
        Whatever `pyproj.CRS.from_user_input` takes: any projected or geographic CRS, any unit.
    known
        What `overlaps` found of `left`, where both are prepared: polygons that are in `right` too need not be measured
        against each other again. The answer is the same to the last bit.

    Raises
    ------
    BadInput
        For other geometry types, coordinates that are not finite or outside the projection, or an unusable CRS.
    NeedsAnswer
        If `crs` is None.

    >>> table = intersection_areas([shapely.box(0, 0, 2, 1)], [shapely.box(1, 0, 3, 1)], "EPSG:6933")
    >>> table.left, table.right, table.area_m2.round(9)
    (array([0]), array([0]), array([1.]))
    """
    ground = surface(crs)
    if hasattr(left, "cells") and hasattr(right, "cells"):
        return pieces_of_layers(left, right, known)
    return pieces_of_both(Side.of(left, ground), Side.of(right, ground))


def overlaps(geometries: Any, crs: Any) -> PieceTable:
    """Ground that polygons of one layer share with each other: pairs with `left` < `right`.

    Parameters, errors and accuracy are those of `intersection_areas`.
    """
    return pieces_within(Side.of(geometries, surface(crs)))


def prepare(geometries: Any, crs: Any) -> Layer:
    """Polygons made ready once, to stand for them wherever they are overlaid again. About 25 bytes a vertex are kept.

    Parameters and errors are those of `intersection_areas`.
    """
    if hasattr(geometries, "cells"):
        return geometries  # type: ignore[no-any-return]
    return layer_of_all(geometries if isinstance(geometries, Rings) else polygons(geometries), surface(crs))


def kept(folder: Path, crs: Any) -> Layer:
    """The layer that `Layer.keep` wrote into `folder`, mapped into memory.

    Raises
    ------
    BadInput, NeedsAnswer
        For an unusable CRS.
    """
    from tilth.overlay import compiled, layer

    compiled.ready()
    return layer.kept(folder, surface(crs))


def ready() -> bool:
    """Load the compiled parts ahead of the first overlay, or make them; were they there already?"""
    from tilth.overlay import compiled

    return compiled.ready()


def rings_of_wkb(values: Any, offsets: IntArray) -> Rings:
    """Polygons straight from well-known binary, without an object for each: see `wkb.rings_of_wkb`."""
    from tilth.overlay import compiled, wkb

    compiled.ready()
    return wkb.rings_of_wkb(values, offsets)
