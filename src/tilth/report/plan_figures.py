"""What a plan comes to in whole numbers, so that every sum of its parts is exact: by zone, treatment, year, source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any, Literal

import numpy as np

from tilth.core import BoolArray, IntArray, Label
from tilth.plan import STATES, Options, unit_of
from tilth.report.cells import grouped

#: "area": dm², shown in m²; "money": fen, shown in yuan; "count": a whole number; "mean": hundredths.
#: "level": hundredths of what is averaged by area and never summed.
FigureKind = Literal["area", "money", "count", "mean", "level"]
_FEN = {"yuan": 100, "wan_yuan": 1_000_000}
_DM2 = {"dm2": 1.0, "m2": 100.0, "ha": 1e6, "mu": 1e6 / 15}


@dataclass(frozen=True)
class Quantity:
    """One quantity of every parcel under the option chosen for it, in whole units of its kind."""

    name: str
    kind: FigureKind
    values: IntArray  # (n)

    @classmethod
    def of(cls, name: str, values: Any) -> Quantity:
        """By the unit that ends its name; rounded half up, parcel by parcel, so that all sums are of what is shown."""
        cells, unit = np.asarray(values), unit_of(name)
        if unit in _FEN:
            return cls(name, "money", _whole(cells, _FEN[unit]))
        if unit in _DM2:
            return cls(name, "area", _whole(cells, _DM2[unit]))
        if name.endswith(STATES):
            return cls(name, "level", _whole(cells, 100))
        whole = cells.dtype.kind in "iub"
        return cls(name, "count" if whole else "mean", _whole(cells, 1 if whole else 100))

    def total(self, chosen: BoolArray, area: IntArray) -> int:
        """Over the parcels chosen: their sum, or the mean by area of what does not add up."""
        own = self.values[chosen]
        if self.kind != "level":
            return sum(own.tolist())
        weight = area[chosen]
        whole = int(weight.sum())
        return (2 * sum(map(int.__mul__, own.tolist(), weight.tolist())) + whole) // (2 * whole) if whole else 0

    def shown(self, value: int) -> str:
        """A value as it is printed in sentences and legends."""
        return f"{value:,}" if self.kind == "count" else grouped(value)


def _whole(cells: Any, factor: float) -> IntArray:
    if cells.dtype.kind in "iub" and float(factor).is_integer():
        return np.asarray(cells.astype(np.int64) * int(factor))
    return np.asarray(np.floor(cells.astype(np.float64) * factor + 0.5).astype(np.int64))


@dataclass(frozen=True)
class Source:
    """Who pays, and which share."""

    name: Label
    share: Fraction


@dataclass(frozen=True)
class Spending:
    """Money of a parcel in the year of the start and in each later year, and what of it each source pays. [fen]"""

    first: IntArray  # (n)
    after: IntArray  # (n)
    first_of: IntArray  # (sources, n)
    after_of: IntArray  # (sources, n)

    @classmethod
    def of(cls, first: IntArray, after: IntArray, sources: Sequence[Source]) -> Spending:
        """Shared parcel by parcel, so that the parts of any parcels and years add up to those of the whole plan."""
        return cls(first, after, shared(first, sources), shared(after, sources))

    def where(self, chosen: BoolArray) -> Spending:
        """That of some parcels alone."""
        return Spending(self.first[chosen], self.after[chosen], self.first_of[:, chosen], self.after_of[:, chosen])


@dataclass(frozen=True)
class PlanFigures:
    """A plan, parcel by parcel: what is done, when, and what that brings and takes."""

    units: Any  # (n) names
    labels: Mapping[str, Any]  # (n) each: township, zone …
    treatment: Any  # (n)
    crop: Any | None
    start: IntArray  # (n) 0: nothing begins
    years: tuple[int, ...]  # in which something may begin
    quantities: Mapping[str, Quantity]
    area: IntArray  # (n) [dm²]
    treated: BoolArray  # (n) something is done
    spending: Spending | None
    sources: tuple[Source, ...]

    @classmethod
    def of(
        cls, table: Options, chosen: IntArray, measures: Any, crops: Any | None, sources: Sequence[Source],
        areas: IntArray | None,
    ) -> PlanFigures:  # fmt: skip
        """Of a table and the option chosen for each unit; `areas` [dm²] where the table has none."""
        held = {name: Quantity.of(name, np.asarray(cells)[chosen]) for name, cells in table.columns.items()}
        start = np.zeros(table.n, np.int64) if table.start is None else table.start[chosen]
        own = next((one for name, one in held.items() if name.startswith("area_") and one.kind == "area"), None)
        area = own.values if own is not None else areas if areas is not None else np.zeros(table.n, np.int64)
        streams = _spending(table, held)
        spending = None if streams is None else Spending.of(*streams, sources)
        if table.start is not None:
            treated = start > 0
        else:
            treated = spending.first > 0 if spending is not None else np.ones(table.n, dtype=bool)
        names = table.names if table.names is not None else np.arange(1, table.n + 1)
        return cls(
            np.asarray([str(one) for one in names], dtype=object), table.labels, measures[chosen],
            None if crops is None else crops[chosen], start, table.years, held, area, treated, spending,
            tuple(sources),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.units)

    @property
    def every(self) -> BoolArray:
        """All parcels."""
        return np.ones(len(self), dtype=bool)

    def where(self, chosen: BoolArray) -> PlanFigures:
        """The same plan for some parcels alone."""
        parts = {name: Quantity(name, one.kind, one.values[chosen]) for name, one in self.quantities.items()}
        spending = self.spending
        return PlanFigures(
            self.units[chosen], {name: np.asarray(one)[chosen] for name, one in self.labels.items()},
            self.treatment[chosen], None if self.crop is None else self.crop[chosen], self.start[chosen], self.years,
            parts, self.area[chosen], self.treated[chosen],
            None if spending is None else spending.where(chosen), self.sources,
        )  # fmt: skip

    def total(self, name: str, chosen: BoolArray | None = None) -> int:
        """A quantity over parcels, in whole units of its kind."""
        return self.quantities[name].total(self.every if chosen is None else chosen, self.area)

    def groups(self, name: str) -> list[str]:
        """The values of a label, in order."""
        return sorted({str(one) for one in np.asarray(self.labels[name]).tolist()})

    def spent(self, year: int) -> tuple[int, int]:
        """Works and upkeep of a year. [fen]"""
        assert self.spending is not None
        works = int(self.spending.first[self.start == year].sum())
        return works, int(self.spending.after[self.start < year].sum())

    def paid_by(self, year: int | None) -> list[int]:
        """Works and upkeep of a year by source; of None all works, whenever they are done. [fen]"""
        assert self.spending is not None
        first, after = self.spending.first_of, self.spending.after_of
        if year is None:
            return [int(one) for one in first[:, self.treated].sum(axis=1)]
        begun = first[:, self.start == year].sum(axis=1)
        return [int(one) for one in begun + after[:, self.start < year].sum(axis=1)]

    def once(self) -> int:
        """All works, whenever they are done. [fen]"""
        return 0 if self.spending is None else int(self.spending.first[self.treated].sum())


def _spending(table: Options, held: Mapping[str, Quantity]) -> tuple[IntArray, IntArray] | None:
    """The first stream of money; else the first column of costs, spent once."""
    for stream in table.streams.values():
        first, after = held.get(stream.first), held.get(stream.after)
        if first is not None and after is not None and first.kind == after.kind == "money":
            return first.values, after.values
    cost = next((one for name, one in held.items() if name.startswith("cost") and one.kind == "money"), None)
    return None if cost is None else (cost.values, np.zeros_like(cost.values))


def shared(amounts: IntArray, sources: Sequence[Source]) -> IntArray:
    """(sources, n) amounts by source, in whole units. Cutting the running sum keeps the parts adding up both ways.

    >>> third, rest = Source(Label("a", "a"), Fraction(1, 3)), Source(Label("b", "b"), Fraction(2, 3))
    >>> shared(np.array([50, 50, 1]), [third, rest])
    array([[16, 17,  0],
           [34, 33,  1]])
    """
    running = list(accumulate(amounts.tolist(), initial=0))
    edges = accumulate((one.share for one in sources), initial=Fraction(0))
    cuts = np.array([[one * edge.numerator // edge.denominator for one in running] for edge in edges], dtype=np.int64)
    return np.diff(np.diff(cuts, axis=0), axis=1)
