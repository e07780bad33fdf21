"""The delivery while it is being spoilt: which ground is still free, and what has been done to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from tilth.core import FloatArray
from tilth.demo.change import Year
from tilth.demo.classes import FARMLAND
from tilth.demo.mesh import Polygons, borders
from tilth.demo.terrain import BoolArray

#: Farmland and other land that may be tampered with; long strips and settlements are left alone.
_OPEN = (*FARMLAND, "0301", "0305", "0307", "0404", "0201")


class Planted(NamedTuple):
    """One error: the code it is found under, the parcel (or region) it is found at, its layer, and what was done."""

    code: str
    parcel_id: str
    layer: str
    note: str

    @property
    def row(self) -> tuple[str, ...]:
        """As written to planted_errors.csv."""
        return tuple(self)


@dataclass(frozen=True)
class Delivery:
    """What is delivered: the survey, the update-process table, basic farmland (frame and shapes)."""

    year: Year
    process: pd.DataFrame
    basic_farmland: tuple[pd.DataFrame, Polygons]
    villages: list[str]
    county: Any
    planted: tuple[Planted, ...] = ()


@dataclass
class Work:
    """The draft while it is being spoilt."""

    clean: Delivery
    rng: np.random.Generator
    planted: list[Planted] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.frame = self.clean.year.frame.astype(object)
        self.shapes: list[Any] = list(self.clean.year.polygons)
        self.position: list[float] = [float(i) for i in range(len(self.shapes))]
        n = len(self.shapes)
        edge = borders(self.clean.year.polygons)
        self.beside: dict[int, set[int]] = {i: set() for i in range(n)}
        for a, b in zip(edge.left.tolist(), edge.right.tolist(), strict=True):
            self.beside[a].add(b)
            self.beside[b].add(a)
        self.free = np.ones(n, dtype=bool)
        self.village = self.frame["ZLDWDM"].to_numpy(dtype=str)
        self.order = [str(v) for v in self.rng.permutation(self.clean.villages)]
        self.spent: dict[str, set[str]] = {}
        plain = shapely.get_num_interior_rings(self.clean.year.polygons) == 0
        self.plain = plain & self.frame["DLBM"].isin(_OPEN).to_numpy() & (self.area_m2() > 3000)

    def area_m2(self) -> FloatArray:
        return np.asarray(shapely.area(self.clean.year.polygons))

    def where(self, column: str, values: Iterable[str]) -> BoolArray:
        """Rows whose `column` is one of `values`."""
        found: BoolArray = self.frame[column].iloc[: len(self.free)].isin(list(values)).to_numpy()
        return found

    def take(self, fits: BoolArray, village: str | None = None, *, ground: bool = False) -> int:
        """A row that fits and is not spoilt yet. With `ground`, none of its neighbours is spoilt, now or later."""
        usable = fits & self.free & self.plain
        if village is not None:
            usable &= self.village == village
        for row in self.rng.permutation(np.flatnonzero(usable)).tolist():
            around = sorted(self.beside[row]) if ground else []
            if self.free[around].all():
                self.free[[row, *around]] = False
                return int(row)
        raise AssertionError("no parcel left for a planted error; make the county larger")

    def village_with(self, fits: BoolArray, *, summed: str = "", n: int = 1) -> str:
        """A village with at least `n` rows that fit; one that no other error is `summed` in, where that is said."""
        spent = self.spent.setdefault(summed, set())
        for village in self.order:
            if village in spent or np.count_nonzero(fits & self.free & self.plain & (self.village == village)) < n:
                continue
            if summed:
                spent.add(village)
            return village
        raise AssertionError("no village left for a planted error; make the county larger")

    def set(self, row: int, **values: Any) -> None:
        for name, value in values.items():
            self.frame.at[row, name] = value

    def get(self, row: int, name: str) -> Any:
        return self.frame.at[row, name]

    def say(self, code: str, row: int | str, note: str, layer: str = "DLTB") -> None:
        """Record an error, by row or by the id of a region or feature."""
        where = row if isinstance(row, str) else str(self.get(row, "BSM"))
        self.planted.append(Planted(code, where, layer, note))

    def add_row(self, like: int, shape: Any, after: int, **values: Any) -> int:
        """A row more, behind row `after` in the file."""
        row = len(self.frame)
        self.frame = pd.concat([self.frame, self.frame.iloc[[like]]], ignore_index=True)
        self.set(row, **values)
        self.shapes.append(shape)
        self.position.append(self.position[after] + 0.5)
        return row

    def new_id(self) -> str:
        """A BSM that nobody has."""
        return str(int(self.frame["BSM"].max()) + 1)


def flat(w: Work) -> BoolArray:
    """Farmland at slope grade 1."""
    return w.where("DLBM", FARMLAND) & w.where("GDPDJB", ["1"])


def sloping(w: Work) -> BoolArray:
    return w.where("DLBM", FARMLAND) & w.where("GDPDJB", ["2", "3", "4"])


def collective(w: Work) -> BoolArray:
    return ~w.where("QSXZ", ["20"])
