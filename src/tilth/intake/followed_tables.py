"""Tables of what was done of a plan, a row for each parcel and year; rows that cannot be used are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tilth.core import BadInput, FloatArray, IntArray
from tilth.intake.model import Rejected
from tilth.intake.option_tables import NAMES, _known, _numbers, _text
from tilth.intake.tables import read_table
from tilth.land import Source

#: What the columns of the key may be called, in any case of letters.
KEY: Mapping[str, tuple[str, ...]] = {
    "unit": NAMES["unit"], "year": ("year", "年份", "年度"), "treatment": (*NAMES["treatment"], "done", "完成措施"),
}  # fmt: skip
#: Headings of offices for quantities, in small letters.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "cost_yuan": ("cost_yuan", "实际投资(元)", "实际投资（元）", "投资（元）"),
    "area_m2": ("area_m2", "面积(平方米)", "面积（平方米）", "完成面积（平方米）"),
    "area_mu": ("area_mu", "面积(亩)", "面积（亩）", "完成面积（亩）"),
    "grain_kg": ("grain_kg", "粮食产量(千克)", "粮食产量（千克）"),
    "water_m3": ("water_m3", "用水量(立方米)", "用水量（立方米）"),
    "ece_ds_m": ("ece_ds_m", "ece", "实测ece", "实测ece（ds/m）"),
}  # fmt: skip
_FIRST, _LAST = 1990, 2200
#: Nothing that a parcel can have is more, in any unit of the tables: such a cell is a slip.
_MOST = 1e12


@dataclass(frozen=True)
class FollowedTable:
    """Usable rows of what was done; every row of the file is one of them or stands among `rejected`."""

    unit: IntArray  # (r) place among the plan's units
    year: IntArray  # (r)
    treatment: Any  # (r) as the plan calls it; "" where the file says nothing
    columns: Mapping[str, FloatArray]  # (r) NaN where nothing is said
    sources: tuple[Source, ...]
    rows_in: int
    rejected: tuple[Rejected, ...]
    ignored: tuple[str, ...]


def followed_table(
    path: str | Path, units: Sequence[str], *, measure: Callable[[str], str | None], known: Callable[[str], str | None],
    most: Callable[[str], FloatArray | None], encoding: str | None = None,
) -> FollowedTable:  # fmt: skip
    """Read what was done of a plan.

    Parameters
    ----------
    units
        Of the plan.
    measure
        The plan's name of a treatment as a file writes it; None where the plan has none.
    known
        What a column is followed as; None where it is not. Of two columns of one quantity a row may fill one.
    most
        (n) the most that a parcel can have of a column: its own area; None where there is no such limit.

    Raises
    ------
    BadInput
        If the file cannot be read, or names no parcel and year.
    """
    table = read_table(path, encoding=encoding)
    frame = table.frame.rename(columns=_known(table.frame.columns, {**KEY, **HEADINGS}))
    for name in ("unit", "year"):
        if name not in frame:
            shown = ", ".join(str(one) for one in table.frame.columns if one != "source_row")
            raise BadInput("FOLLOW-COLUMN", file=Path(path).name, column=name, known=shown)
    named = [str(one) for one in frame.columns if one not in (*KEY, "source_row")]
    held = [one for one in named if known(one) is not None]
    if not held and "treatment" not in frame:
        raise BadInput("FOLLOW-NOTHING", file=Path(path).name, known=", ".join(named) or "-")
    rows = _Rows(frame, units)
    year = rows.years()
    treatment = rows.treatments(measure)
    columns = {name: rows.amounts(name, most(name)) for name in held}
    rows.once(columns, known)
    empty = treatment == ""
    for values in columns.values():
        empty &= np.isnan(values)
    rows.reject(empty, "FOLLOW-ROW-EMPTY", unit=rows.unit)
    rows.reject(rows.twice(year), "FOLLOW-ROW-TWICE", unit=rows.unit, year=year)
    good = np.flatnonzero(~rows.bad)
    rejected = tuple(
        Rejected(int(frame["source_row"].iloc[at]), *rows.reasons[at],
                 {str(k): None if pd.isna(v) else str(v) for k, v in frame.iloc[at].items() if k != "source_row"})
        for at in sorted(rows.reasons)
    )  # fmt: skip
    return FollowedTable(
        rows.place[good], year[good], treatment[good], {name: one[good] for name, one in columns.items()},
        tuple(table.sources), len(frame), rejected, tuple(one for one in named if one not in held),
    )  # fmt: skip


class _Rows:
    """The rows of a file while they are sorted out: the first reason against a row is the one that is told."""

    def __init__(self, frame: Any, units: Sequence[str]) -> None:
        self.frame = frame
        self.unit = _text(frame["unit"])
        self.reasons: dict[int, tuple[str, dict[str, Any]]] = {}
        places = {name: at for at, name in enumerate(units)}
        self.place = np.array([places.get(one, -1) for one in self.unit], dtype=np.int64)
        self.reject(self.unit == "", "FOLLOW-ROW-UNIT")
        self.reject(self.place < 0, "FOLLOW-ROW-STRANGE", unit=self.unit)

    @property
    def bad(self) -> Any:
        """(r) rows that are rejected."""
        found = np.zeros(len(self.unit), dtype=bool)
        found[list(self.reasons)] = True
        return found

    def reject(self, rows: Any, code: str, **values: Any) -> None:
        """Set rows aside."""
        for row in np.flatnonzero(rows).tolist():
            told = {name: one[row] if isinstance(one, np.ndarray) else one for name, one in values.items()}
            plain = {name: one.item() if hasattr(one, "item") else one for name, one in told.items()}
            self.reasons.setdefault(row, (code, plain))

    def years(self) -> IntArray:
        """(r) the year of each row."""
        numbers, _ = _numbers(self.frame["year"])
        whole = np.nan_to_num(numbers)
        wrong = (whole != np.floor(whole)) | (whole < _FIRST) | (whole > _LAST)
        self.reject(wrong, "FOLLOW-ROW-YEAR", unit=self.unit, value=_text(self.frame["year"]))
        return whole.astype(np.int64)

    def treatments(self, measure: Callable[[str], str | None]) -> Any:
        """(r) what was done, as the plan calls it."""
        if "treatment" not in self.frame:
            return np.full(len(self.unit), "", dtype=object)
        text = _text(self.frame["treatment"])
        found = [measure(one) if one else "" for one in text]
        strange = np.array([one is None for one in found], dtype=bool)
        self.reject(strange, "FOLLOW-ROW-TREATMENT", unit=self.unit, value=text)
        return np.array(["" if one is None else one for one in found], dtype=object)

    def amounts(self, name: str, most: FloatArray | None) -> FloatArray:
        """(r) a quantity; NaN where nothing is said."""
        numbers, bad = _numbers(self.frame[name])
        text = _text(self.frame[name])
        self.reject(bad | (np.abs(numbers) > _MOST), "FOLLOW-ROW-NUMBER", column=name, value=text, unit=self.unit)
        if not name.startswith("value"):
            self.reject(numbers < 0, "FOLLOW-ROW-NEGATIVE", column=name, value=text, unit=self.unit)
        if most is not None:
            over = np.where(self.place < 0, np.inf, most[self.place])
            self.reject(numbers > over, "FOLLOW-ROW-AREA", column=name, value=text, unit=self.unit,
                        most=np.array([f"{one:,.10g}" for one in over], dtype=object))  # fmt: skip
        return numbers

    def once(self, columns: Mapping[str, FloatArray], known: Callable[[str], str | None]) -> None:
        """Set rows aside that tell one quantity in two columns."""
        for first, second in combinations(columns, 2):
            if known(first) == known(second):
                both = ~np.isnan(columns[first]) & ~np.isnan(columns[second])
                self.reject(both, "FOLLOW-ROW-BOTH", unit=self.unit, first=first, second=second)

    def twice(self, year: IntArray) -> Any:
        """(r) rows of a parcel and year that an earlier row tells."""
        key = pd.DataFrame({"unit": self.place, "year": year})
        found = np.zeros(len(key), dtype=bool)
        good = ~self.bad
        found[good] = key[good].duplicated().to_numpy()
        return found
