"""What the shapes of one survey say by themselves, whatever their attributes: made once, and kept for the next time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import shapely

from tilth.change.pieces import whereabouts
from tilth.core import DM2_PER_M2, Finding, FloatArray, IntArray
from tilth.land import covered
from tilth.overlay import PieceTable, engine_area, intersection_areas, kept, overlaps, prepare
from tilth.overlay.threads import blocks, in_threads

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from tilth.overlay.layer import Layer

_BLOCK = 4_096


@dataclass(frozen=True, eq=False)
class Outlines:
    """The n shapes of a survey, those that are invalid as the ground that they cover."""

    #: Raised when what is kept changes, so that an older one is not read for a newer.
    EDITION: ClassVar[int] = 2

    layer: Layer  # ready for the overlay
    area_m2: FloatArray  # (n,) as pieces add up to it
    vertices: IntArray  # (n,)
    overlaps: PieceTable  # pairs of shapes that share ground
    mended: IntArray  # (k, 3) rows that were invalid; area as drawn and as covered [dm²]

    @classmethod
    def of(cls, given: gpd.GeoSeries, crs: Any) -> Outlines:
        """Measured anew."""
        shapes, mended = mend(given, crs)
        layer = prepare(shapes, crs)
        vertices = np.asarray(shapely.get_num_coordinates(shapes), dtype=np.int64)
        return cls(layer, layer.area_m2, vertices, overlaps(layer, crs), mended)

    def shapes(self, given: gpd.GeoSeries) -> np.ndarray:
        """(n,) the shapes themselves, out of those that this was made `of`."""
        out = _there(given)
        rows = self.mended[:, 0]
        out[rows] = covered(out[rows])
        return out

    def keep(self, folder: Path) -> None:
        """Write it into `folder`, an empty one."""
        self.layer.keep(folder)
        rest = {"area_m2": self.area_m2, "vertices": self.vertices, "mended": self.mended}
        rest |= {f"overlaps_{name}": getattr(self.overlaps, name) for name in PieceTable.__dataclass_fields__}
        for name, part in rest.items():
            np.save(folder / f"{name}.npy", part)

    @classmethod
    def kept(cls, folder: Path, crs: Any) -> Outlines:
        """What `keep` wrote, mapped into memory."""

        def part(name: str) -> Any:
            return np.load(folder / f"{name}.npy", allow_pickle=False)

        pairs = PieceTable(*(part(f"overlaps_{name}") for name in PieceTable.__dataclass_fields__))
        return cls(kept(folder, crs), part("area_m2"), part("vertices"), pairs, part("mended"))


def crossed(before: Outlines, after: Outlines, crs: Any) -> PieceTable:
    """The ground that each shape of one survey shares with each of another."""
    return intersection_areas(before.layer, after.layer, crs, known=before.overlaps)


def mend(given: gpd.GeoSeries, crs: Any) -> tuple[np.ndarray, IntArray]:
    """(n,) all the ground that each shape covers; (k, 3) those that were invalid, as in `Outlines.mended`."""
    shapes = _there(given)
    valid = in_threads(lambda block: shapely.is_valid(shapes[block]), blocks(len(shapes), _BLOCK))
    rows = np.flatnonzero(~np.concatenate([*valid, np.zeros(0, dtype=bool)]))
    if not len(rows):
        return shapes, np.zeros((0, 3), np.int64)
    fixed = covered(shapes[rows])
    sizes = [np.rint(engine_area(some, crs) * DM2_PER_M2).astype(np.int64) for some in (shapes[rows], fixed)]
    shapes[rows] = fixed
    return shapes, np.column_stack([rows, *sizes])


def mended_findings(parcels: pd.DataFrame, mended: IntArray) -> list[Finding]:
    """One for each shape that was invalid."""
    where = whereabouts(parcels)
    return [
        Finding("CHANGE-MENDED", where(row), {"before_dm2": was, "after_dm2": now}) for row, was, now in mended.tolist()
    ]


def _there(given: gpd.GeoSeries) -> np.ndarray:
    shapes = np.asarray(given, dtype=object).copy()
    shapes[shapely.is_missing(shapes)] = shapely.Polygon()
    return shapes
