"""A problem as the solver sees it: maximise value, every row at most its limit, one option a unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilth.core import FloatArray, IntArray


@dataclass(frozen=True)
class Compiled:
    """Arrays of one problem. Rows that ask for at least so much are kept with all signs turned."""

    ptr: IntArray  # (n+1) where each unit's options begin
    kind: IntArray  # (K) class of an option
    cls: IntArray  # (n) class of a unit
    cells: FloatArray  # (K, 1+C) value, then the quantities
    term_ptr: IntArray  # (rows+1) where the terms of each row begin
    term_column: IntArray  # (terms) the quantity that a term counts
    term_weight: FloatArray  # (terms, kinds) how often it counts that of each class of options
    limit: FloatArray  # (rows) the most a row may add up to
    row_ptr: IntArray  # (classes+1) where the rows of each class of units begin
    row_of: IntArray  # those rows
    options: IntArray  # (K) place of each option in the table
    whole: bool = False  # whether all quantities and limits are whole numbers

    @property
    def n(self) -> int:
        """Units."""
        return len(self.ptr) - 1

    @property
    def rows(self) -> int:
        """Coupling rows."""
        return len(self.limit)

    @property
    def classes(self) -> int:
        """Classes of units."""
        return len(self.row_ptr) - 1

    @property
    def kinds(self) -> int:
        """Classes of options."""
        return int(self.term_weight.shape[1])

    @property
    def longest(self) -> int:
        """The most options that a unit has."""
        return int(np.diff(self.ptr).max(initial=0))

    @property
    def square(self) -> IntArray:
        """(classes+1) where the curvature of each class begins."""
        here = np.diff(self.row_ptr)
        return np.concatenate([[0], np.cumsum(here * (here + 1) // 2)]).astype(np.int64)

    @property
    def terms(self) -> tuple[IntArray, IntArray, FloatArray]:
        """The terms of the rows."""
        return self.term_ptr, self.term_column, self.term_weight

    @property
    def columns(self) -> int:
        """Quantities."""
        return int(self.cells.shape[1]) - 1
