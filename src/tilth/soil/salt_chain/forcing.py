"""Weather for the salt chain: rain and reference evaporation by zone, year and step, from a table with gap rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tilth.core import BadInput, FloatArray, IntArray
from tilth.soil.limits import conductivity, within

#: Length of each month. A leap day counts as part of 28 February.
MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
#: Steps that a table may have, by the columns it has: how long each is. [days]
DECADES = tuple(length for month in MONTHS for length in (10, 10, month - 20))
#: How gaps may be dealt with.
GAPS = ("refuse", "mean")
_OPTIONAL = {"temperature_c": np.nan, "rain_ec_ds_m": 0.03, "water_table_shift_m": 0.0}
_RANGES = {
    "rain_mm": (0.0, 2000.0, "mm"), "et0_mm": (0.0, 500.0, "mm"), "temperature_c": (-60.0, 60.0, "°C"),
    "water_table_shift_m": (-5.0, 20.0, "m"),
}  # fmt: skip


@dataclass(frozen=True)
class Forcing:
    """Weather of some zones, the same years and steps for all. Where more years are asked, they come again in turn."""

    zones: tuple[str, ...]
    years: tuple[int, ...]
    days: FloatArray  # (t,) length of each step [days]
    rain: FloatArray  # (z, y, t) [mm a step]
    et0: FloatArray  # (z, y, t) reference evaporation, FAO-56 [mm a step]
    temperature: FloatArray  # (z, y, t) mean; NaN: not known, nothing freezes [°C]
    rain_ec: FloatArray  # (z, y, t) [dS/m]
    table_shift: FloatArray  # (z, y, t) of the water table around, deeper is more [m]
    filled: int = 0  # cells that were filled by a gap rule

    @property
    def steps(self) -> int:
        """Steps of a year."""
        return len(self.days)

    @classmethod
    def steady(cls, rain: float, et0: float, *, steps: int = 36, zone: str = "") -> Forcing:
        """The same every step, for tests of what a long run comes to. [mm a year]"""
        shape = (1, 1, steps)
        return cls(
            (zone,), (1,), np.full(steps, 365.0 / steps), np.full(shape, rain / steps), np.full(shape, et0 / steps),
            np.full(shape, np.nan), np.zeros(shape), np.zeros(shape),
        )  # fmt: skip


def forcing_from_table(frame: Any, *, gaps: str = "refuse") -> Forcing:
    """Weather from a table with a row for each zone, year and month, decade or day.

    Columns: `zone` (none: one zone), `year`, `month` and, for ten-day steps, `decade` (1 to 3), or `day_of_year` for
    daily ones; `rain_mm`, `et0_mm`; and where known `temperature_c`, `rain_ec_ds_m`, `water_table_shift_m`.

    `gaps`: "refuse" a missing step, or fill it with the "mean" of that step in the zone's other years.

    Raises
    ------
    BadInput
        If a column or a step is missing, or a value cannot be.
    """
    if gaps not in GAPS:
        raise BadInput("SALT-FORCING-GAPS", gaps=gaps, known=", ".join(GAPS))
    columns = {str(name): np.asarray(frame[name]) for name in frame}
    days, number = _steps(columns)
    zone = columns["zone"].astype(str) if "zone" in columns else np.full(len(number), "")
    year = within(columns["year"], "year", 1800, 2300, "").astype(np.int64)
    zones, years = sorted(set(zone.tolist())), sorted(set(year.tolist()))
    place = (
        np.searchsorted(zones, zone), np.searchsorted(years, year), number,
    )  # fmt: skip
    _once(place, zones, years, days)
    shape = (len(zones), len(years), len(days))
    cubes, filled = {}, 0
    for name in ("rain_mm", "et0_mm", *_OPTIONAL):
        cube = np.full(shape, np.nan)
        cube[place] = _column(columns, name)
        if name in _OPTIONAL:
            cube = np.where(np.isnan(cube), _OPTIONAL[name], cube)
        else:
            filled += int(np.isnan(cube).sum())
            cube = _closed(cube, gaps, zones, years, days, name)
        cubes[name] = cube
    return Forcing(
        tuple(zones), tuple(years), np.asarray(days, dtype=np.float64), cubes["rain_mm"], cubes["et0_mm"],
        cubes["temperature_c"], cubes["rain_ec_ds_m"], cubes["water_table_shift_m"], filled,
    )  # fmt: skip


def _steps(columns: Mapping[str, Any]) -> tuple[Sequence[int], IntArray]:
    """Length of each step, and the step of each row."""
    missing = [name for name in ("year", "rain_mm", "et0_mm") if name not in columns]
    if "month" not in columns and "day_of_year" not in columns:
        missing.append("month")
    if missing:
        raise BadInput("SALT-FORCING-COLUMNS", missing=", ".join(missing), found=", ".join(columns))
    if "day_of_year" in columns:
        number = within(columns["day_of_year"], "day_of_year", 1, 366, "").astype(np.int64) - 1
        return [1] * 365, np.minimum(number, 364)
    month = within(columns["month"], "month", 1, 12, "").astype(np.int64) - 1
    if "decade" not in columns:
        return MONTHS, month
    decade = within(columns["decade"], "decade", 1, 3, "").astype(np.int64) - 1
    return DECADES, 3 * month + decade


def _once(place: Any, zones: Sequence[str], years: Sequence[int], days: Sequence[int]) -> None:
    if len(days) == 365:
        return  # the leap day falls on the last
    key = np.ravel_multi_index(place, (len(zones), len(years), len(days)))
    seen, count = np.unique(key, return_counts=True)
    if (count > 1).any():
        first = np.unravel_index(int(seen[count > 1][0]), (len(zones), len(years), len(days)))
        z, y, t = (int(one) for one in first)
        raise BadInput("SALT-FORCING-TWICE", zone=zones[z] or "-", year=years[y], step=step_name(t, len(days)))


def _column(columns: Mapping[str, Any], name: str) -> FloatArray:
    if name not in columns:
        return np.full(len(columns["year"]), np.nan)
    values = columns[name]
    return conductivity(values, name) if name.endswith("ec_ds_m") else within(values, name, *_RANGES[name])


def _closed(
    cube: FloatArray, gaps: str, zones: Sequence[str], years: Sequence[int], days: Sequence[int], name: str
) -> FloatArray:
    """`cube` without a gap, or the first gap that cannot be closed."""
    empty = np.isnan(cube)
    if gaps == "mean":
        count = (~empty).sum(axis=1, keepdims=True)
        mean = np.where(empty, 0.0, cube).sum(axis=1, keepdims=True) / np.maximum(count, 1)
        cube = np.where(empty & (count > 0), mean, cube)
        empty = np.isnan(cube)
    if empty.any():
        z, y, t = np.argwhere(empty)[0]
        raise BadInput(
            "SALT-FORCING-GAP", zone=zones[z] or "-", year=years[y], step=step_name(t, len(days)), name=name,
            count=int(empty.sum()),
        )  # fmt: skip
    return cube


def step_name(step: int, steps: int) -> str:
    """What a step is called: "05" of months, "05-2" of decades, the day of the year of days."""
    if steps == 12:
        return f"{step + 1:02d}"
    if steps == 36:
        return f"{step // 3 + 1:02d}-{step % 3 + 1}"
    return str(step + 1)


def step_of(day: str, days: FloatArray) -> int:
    """The step in which a day "MM-DD" lies."""
    month, _, date = day.partition("-")
    if not (month.isdecimal() and date.isdecimal() and 1 <= int(month) <= 12 and 1 <= int(date) <= 31):
        raise BadInput("SALT-OPTION-DAY", day=day)
    number = sum(MONTHS[: int(month) - 1]) + int(date) - 1
    return min(int(np.searchsorted(np.cumsum(days), number, side="right")), len(days) - 1)


def mean_of(days: FloatArray, values: Iterable[float]) -> FloatArray:
    """(t,) means over steps of what is given for each day of the year."""
    daily = np.asarray(list(values), dtype=np.float64)
    edges = np.concatenate([[0.0], np.cumsum(days)])
    running = np.concatenate([[0.0], np.cumsum(daily)])
    at = np.interp(edges, np.arange(len(running)), running)
    means: FloatArray = np.diff(at) / np.diff(edges)
    return means
