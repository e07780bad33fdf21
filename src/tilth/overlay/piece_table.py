"""What an overlay gives: pairs of polygons, and the ground that they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilth.core import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class PieceTable:
    """The pieces of an overlay, sorted by `left`, then `right`: one row for each pair that shares ground."""

    left: IntArray  # (n,) row position in the first layer
    right: IntArray  # (n,) row position in the second layer
    area_m2: FloatArray  # (n,) common area on the ellipsoid, more than 0 [m²]

    def __len__(self) -> int:
        return len(self.left)

    def total_by_left(self, rows: int) -> FloatArray:
        """(rows,) area of the pieces of each of the `rows` members of the first layer. [m²]"""
        return np.asarray(np.bincount(self.left, self.area_m2, rows), dtype=np.float64)

    def total_by_right(self, rows: int) -> FloatArray:
        """(rows,) area of the pieces of each of the `rows` members of the second layer. [m²]"""
        return np.asarray(np.bincount(self.right, self.area_m2, rows), dtype=np.float64)

    @classmethod
    def nothing(cls) -> PieceTable:
        """No pieces."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))

    @classmethod
    def joined(cls, tables: list[PieceTable]) -> PieceTable:
        """The pieces of tables that have no pair in common, sorted."""
        left, right = (np.concatenate([getattr(table, side) for table in tables]) for side in ("left", "right"))
        order = np.lexsort((right, left))
        area = np.concatenate([table.area_m2 for table in tables])
        return cls(left[order], right[order], area[order])
