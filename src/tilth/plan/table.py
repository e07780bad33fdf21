"""The option table: what may be done on each unit, and what each option brings and takes. Columns, never rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tilth.core import BadInput, FloatArray, IntArray


@dataclass(frozen=True)
class Stream:
    """A quantity that is spent year by year: one column in the year of the start, another in each year after it."""

    first: str
    after: str


@dataclass(frozen=True)
class Options:
    """Options of units, kept as columns. Options of a unit stand together, units in order.

    `columns` are quantities of an option (K), int64 or float64, named with their unit at the end (`cost_yuan`);
    `labels` are what a unit belongs to (n): township, zone, block.
    """

    ptr: IntArray  # (n+1) where each unit's options begin
    columns: Mapping[str, Any]
    treatment: IntArray  # (K) place in `treatments`
    treatments: tuple[str, ...]
    labels: Mapping[str, Any] = field(default_factory=dict)
    names: Any = None  # (n) what the units are called
    start: IntArray | None = None  # (K) year in which the treatment begins; 0 where nothing begins
    years: tuple[int, ...] = ()
    streams: Mapping[str, Stream] = field(default_factory=dict)
    chances: Mapping[str, float] = field(default_factory=dict)  # of draws, by label; empty: all alike

    @property
    def n(self) -> int:
        """Units."""
        return len(self.ptr) - 1

    @property
    def size(self) -> int:
        """Options of all units."""
        return len(self.treatment)

    def unit_of(self) -> IntArray:
        """(K) the unit of each option."""
        return np.repeat(np.arange(self.n), np.diff(self.ptr))

    def name(self, unit: int) -> str:
        """What a unit is called; its number where it has no name."""
        return str(self.names[unit]) if self.names is not None else str(unit + 1)


def options(
    units: Sequence[Any],
    treatment: Sequence[str],
    columns: Mapping[str, Any],
    labels: Mapping[str, Mapping[Any, Any] | Sequence[Any]] | None = None,
    names: Sequence[Any] | None = None,
) -> Options:
    """An option table from long columns: the unit and treatment of each option, and its quantities.

    `names` lists all units, also those without any option; `labels` give for each of them what it belongs to.
    """
    of, kinds = np.asarray(units), np.asarray(treatment)
    for name, column in {"treatment": kinds, **columns}.items():
        if len(column) != len(of):
            raise BadInput("PLAN-LENGTH", name=name, count=len(column), expected=len(of))
    known = np.asarray(names) if names is not None else np.unique(of)
    order = np.argsort(known, kind="stable")
    place = np.searchsorted(known[order], of) if len(known) else np.zeros(len(of), np.int64)
    found = order[np.minimum(place, len(known) - 1)] if len(known) else place
    strange = np.flatnonzero(known[found] != of) if len(of) else np.empty(0, np.int64)
    if len(strange):
        raise BadInput("PLAN-STRANGE-UNIT", row=int(strange[0]) + 1, unit=str(of[strange[0]]))
    sorting = np.argsort(found, kind="stable")
    treatments, codes = np.unique(kinds, return_inverse=True)
    groups = {
        key: np.asarray([given[one] for one in known] if isinstance(given, Mapping) else given)
        for key, given in (labels or {}).items()
    }
    for key, group in groups.items():
        if len(group) != len(known):
            raise BadInput("PLAN-LENGTH", name=key, count=len(group), expected=len(known))
    return Options(
        ptr=np.concatenate([[0], np.cumsum(np.bincount(found, minlength=len(known)))]).astype(np.int64),
        columns={name: np.asarray(column)[sorting] for name, column in columns.items()},
        treatment=codes.reshape(-1)[sorting].astype(np.int64),
        treatments=tuple(str(one) for one in treatments),
        labels=groups,
        names=known,
    )


def sequenced(
    table: Options, years: Sequence[int], idle: str, benefit: str, spent: Mapping[str, Stream], discount: float = 0.0
) -> Options:
    """The same options, each once for every year in which it may begin; `idle` begins never.

    `benefit` is the column of what a year brings; it comes from the year after the start to the last year, a year's
    share falling by `discount` [-]. The sum stands in the column of the same name. `spent` names quantities that are
    counted year by year (`within(by="year", …)`).
    """
    if idle not in table.treatments:
        raise BadInput("PLAN-UNKNOWN", what="treatment", name=idle, known=", ".join(table.treatments))
    count = len(years)
    begins = table.treatment != table.treatments.index(idle)
    times = np.where(begins, count, 1)
    source = np.repeat(np.arange(table.size), times)
    place = np.arange(len(source)) - np.repeat(np.cumsum(times) - times, times)
    worth = np.array([sum((1.0 + discount) ** -(y + 1) for y in range(s + 1, count)) for s in range(count)])
    whole = sum((1.0 + discount) ** -(y + 1) for y in range(count))
    columns: dict[str, Any] = {name: np.asarray(column)[source] for name, column in table.columns.items()}
    columns[benefit] = columns[benefit] * np.where(begins[source], worth[place], whole)
    of_unit = np.repeat(table.unit_of(), times)
    return replace(
        table,
        ptr=np.concatenate([[0], np.cumsum(np.bincount(of_unit, minlength=table.n))]).astype(np.int64),
        columns=columns,
        treatment=table.treatment[source],
        start=np.where(begins[source], np.asarray(years)[place], 0).astype(np.int64),
        years=tuple(int(year) for year in years),
        streams=dict(spent),
    )


__all__ = ["FloatArray", "Options", "Stream", "options", "sequenced"]
