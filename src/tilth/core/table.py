"""A table of areas, as every report shows it: labelled rows and columns, whole dm² inside, hectares levelled beside."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tilth.core.area import IntArray
from tilth.core.language import Label


@dataclass(frozen=True, slots=True)
class Column:
    """One column of areas: its official code, its name, and the heading it stands under (None: none)."""

    code: str
    label: Label
    group: Label | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what stands in its key columns, and its depth in the region tree (0 the whole, 1 below it, …)."""

    names: tuple[str | Label, ...]
    depth: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """The texts of the key columns, in the language in use."""
        return tuple(map(str, self.names))


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One cell moved by levelling, in units of 0.01 ha: which table, row and column, and by how much."""

    table: str
    names: tuple[str | Label, ...]
    column: str
    units: int
    why: str | Label

    @property
    def row(self) -> tuple[str, ...]:
        """The key of the row, in the language in use."""
        return tuple(map(str, self.names))


@dataclass(frozen=True)
class AreaTable:
    """A table of areas in dm². `hectares`, where given, holds the same cells in whole 0.01 ha, levelled to close."""

    id: str
    title: Label
    key_columns: tuple[Label, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    dm2: IntArray  # (rows, columns)
    hectares: IntArray | None = None  # (rows, columns), 0.01 ha
    adjustments: tuple[Adjustment, ...] = ()
    notes: tuple[Label, ...] = field(default=())

    def __post_init__(self) -> None:
        shape = (len(self.rows), len(self.columns))
        assert self.dm2.shape == shape and self.dm2.dtype == np.int64, (self.id, self.dm2.shape, shape)
        assert self.hectares is None or self.hectares.shape == shape, (self.id, shape)

    def column(self, code: str) -> IntArray:
        """The column with `code`, in dm²."""
        found: IntArray = self.dm2[:, [column.code for column in self.columns].index(code)]
        return found

    def row(self, *key: str) -> IntArray:
        """The row with `key`, in dm²."""
        found: IntArray = self.dm2[[row.key for row in self.rows].index(key)]
        return found
