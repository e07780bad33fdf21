"""Leaching efficiency and capillary rise of a county, found from salt that was measured twice."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tilth.core import BadInput, FloatArray, IntArray
from tilth.soil.limits import conductivity
from tilth.soil.salt_chain import chain
from tilth.soil.salt_chain.forcing import Forcing, step_of
from tilth.soil.salt_chain.ground import Layout, Units
from tilth.soil.salt_chain.options import Option, course
from tilth.soil.salt_chain.running import COARSE, started

#: Factors of what textures give that are looked through: of leaching efficiency, of capillary rise. [-]
RANGES = {"leaching_efficiency": (0.2, 3.0), "rise_1m_mm_day": (0.05, 8.0)}
#: Error of a measured ECe where none is said, of its logarithm. [-]
ERROR = 0.10
#: Deviance that 95 % of samples stay below (chi-squared with one degree of freedom).
_DEVIANCE = 3.84
#: A factor counts as found if the ends of its interval are no farther apart than this. [-]
WIDEST = 3.0
#: Factors that miss what was measured by so many times its error explain nothing. [-]
ROUGH = 5.0
#: A factor as near to an end of what is searched lies on it. [-]
AT_THE_END = 1.02
_GRID, _ZOOM, _ZOOMS, _GOLDEN = 15, 7, 4, 12


@dataclass(frozen=True, slots=True)
class Found:
    """A factor that observations tell, with the ends of its 95 % profile-likelihood interval."""

    name: str
    factor: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Factors of leaching efficiency and capillary rise, and how near the model then comes to what was measured."""

    efficiency: Found
    rise: Found
    misfit: float  # root mean square of ln(computed / measured)
    misfit_before: float  # with both factors 1
    values: int

    def applied(self, units: Units) -> Units:
        """Units with both factors taken in; no leaching efficiency is above 1."""
        return replace(
            units,
            leaching_efficiency=np.minimum(units.leaching_efficiency * self.efficiency.factor, 1.0),
            rise=units.rise * self.rise.factor,
        )


def observed_from_table(frame: Any, units: Units) -> tuple[tuple[str, str], FloatArray, FloatArray]:
    """Two dates and, for each unit, ECe at both: (n, k) with k 1 (root zone) or 4 (layers). [dS/m]

    Columns: `unit_id`, `date` ("YYYY-MM-DD"), `ece_ds_m` or `ece_layer1_ds_m` … `ece_layer4_ds_m`. A row for each unit
    and date; NaN where a unit was not measured.

    Raises
    ------
    BadInput
        If a column is missing, there are not two dates, or a unit is not one of `units`.
    """
    columns = {str(name): np.asarray(frame[name]) for name in frame}
    layered = [f"ece_layer{number}_ds_m" for number in range(1, 5)]
    names = layered if all(name in columns for name in layered) else ["ece_ds_m"]
    missing = [name for name in ("unit_id", "date", *names) if name not in columns]
    if missing:
        raise BadInput("SALT-CALIBRATE-COLUMNS", missing=", ".join(missing), found=", ".join(columns))
    dates = sorted(set(columns["date"].astype(str).tolist()))
    for date in dates:
        try:
            datetime.date.fromisoformat(date)
        except ValueError as error:
            raise BadInput("SALT-CALIBRATE-DATE", date=date) from error
    if len(dates) != 2:
        raise BadInput("SALT-CALIBRATE-DATES", count=len(dates), dates=", ".join(dates[:5]) or "-")
    place = {unit: number for number, unit in enumerate(units.ids)}
    ids = columns["unit_id"].astype(str).tolist()
    strange = [unit for unit in ids if unit not in place]
    if strange:
        raise BadInput("SALT-CALIBRATE-UNIT", unit=strange[0], count=len(strange))
    at = np.array([place[unit] for unit in ids], dtype=np.int64)
    read = [conductivity(columns[name], name, where=ids) for name in names]
    both = np.full((2, len(units), len(names)), np.nan)
    both[np.searchsorted(dates, columns["date"].astype(str)), at] = np.column_stack(read)
    return (dates[0], dates[1]), both[0], both[1]


def calibrate(
    units: Units, option: Option, forcing: Forcing, dates: tuple[str, str], before: FloatArray, after: FloatArray, *,
    layout: Layout | None = None, error: float = ERROR,
) -> Calibrated:  # fmt: skip
    """Factors at which the chain, started from `before`, comes nearest to `after`.

    Least squares of the logarithm over a grid that is narrowed around its best cell. For each factor, the profile (the
    least misfit whatever the other is) says which values fit as well; where those are far apart it is not found.

    Parameters
    ----------
    units, option, forcing
        The land, what was done on it between the dates, and its weather, with the years of both dates.
    dates
        "YYYY-MM-DD" of both measurements.
    before, after
        (n, k) ECe at both dates: k is 1, mean of the root zone, or 4, the layers; NaN not measured. [dS/m]
    error
        Error of a measured value, of its logarithm. [-]

    Raises
    ------
    BadInput
        If a date has no weather, or the measurements do not tell a factor.
    """
    cut = layout or Layout()
    rows = np.flatnonzero(np.isfinite(before).all(axis=1) & np.isfinite(after).all(axis=1) & (after > 0).all(axis=1))
    if len(rows) == 0:
        raise BadInput("SALT-CALIBRATE-NONE", first=dates[0], second=dates[1])
    runs = _runs(_starting(units, before), rows, option, forcing, dates, cut)
    measured = np.log(after[rows])

    def misfit(efficiency: float, rise: float) -> float:
        computed = np.empty_like(measured)
        for at, run in runs:
            computed[at] = _seen(run(efficiency, rise), units.paste[rows[at]], cut, measured.shape[1])
        return float(np.square(np.log(computed) - measured).sum())

    axes = [np.geomspace(low, high, _GRID) for low, high in RANGES.values()]
    table = np.array([[misfit(a, b) for b in axes[1]] for a in axes[0]])
    best, least = _narrowed(misfit, axes, table)
    missed = float(np.sqrt(least / measured.size))
    if missed > ROUGH * error:
        raise BadInput("SALT-CALIBRATE-MISFIT", missed=f"{missed:.2f}", error=f"{error:g}")
    found = _intervals(misfit, axes, table, best, least, max(error**2, least / max(measured.size - 2, 1)))
    for one in found:
        if one.high / one.low > WIDEST:
            raise BadInput(
                "SALT-CALIBRATE-UNTOLD", name=one.name, low=f"{one.low:.2g}", high=f"{one.high:.2g}",
                first=dates[0], second=dates[1],
            )  # fmt: skip
    for name, axis, value in zip(RANGES, axes, best, strict=True):
        if min(value / axis[0], axis[-1] / value) < AT_THE_END:
            raise BadInput("SALT-CALIBRATE-EDGE", name=name, low=f"{axis[0]:.2g}", high=f"{axis[-1]:.2g}")
    n = measured.size
    return Calibrated(found[0], found[1], float(np.sqrt(least / n)), float(np.sqrt(misfit(1.0, 1.0) / n)), n)


def _starting(units: Units, before: FloatArray) -> Units:
    """Units whose salt is that of the first measurement; those not measured keep their own."""
    start = np.broadcast_to(before, (len(units), 4)) if before.shape[1] == 1 else before
    return replace(units, ece=np.where(np.isfinite(start), start, units.ece[0])[np.newaxis], levels=np.array([0.5]))


#: Positions among the units measured, and what walks them: state at the end under two factors.
_Run = tuple[IntArray, Callable[[float, float], FloatArray]]


def _runs(
    units: Units, rows: IntArray, option: Option, forcing: Forcing, dates: tuple[str, str], layout: Layout
) -> list[_Run]:
    """A walk from one date to the other for the units of each zone and pulse."""
    absent = sorted({units.zone[row] for row in rows.tolist()} - set(forcing.zones))
    if absent:
        raise BadInput(
            "SALT-ZONE-WITHOUT-WEATHER", zone=absent[0] or "-", unit=units.ids[units.zone.index(absent[0])],
            known=", ".join(forcing.zones) or "-",
        )  # fmt: skip
    zone = np.searchsorted(forcing.zones, np.asarray(units.zone)[rows])
    coarse = units.field_capacity[rows] < COARSE
    runs: list[_Run] = []
    for key in np.unique(zone * 2 + coarse).tolist():
        at = np.flatnonzero(zone * 2 + coarse == key)
        shared = course(option, forcing, key // 2, layout, 1, coarse=bool(key % 2))
        taken = _between(forcing, shared.part_of, dates)
        steps = shared.steps[taken[0], taken[1]][np.newaxis]
        counts = shared.counts[taken[0], taken[1]][np.newaxis]
        calendar, removed = shared.calendar[taken[1]], shared.removed
        state = started(units, rows[at], 0, option, layout)

        def run(
            efficiency: float, rise: float, state: FloatArray = state, steps: FloatArray = steps,
            counts: IntArray = counts, calendar: IntArray = calendar, removed: FloatArray = removed,
            count: int = len(at),
        ) -> FloatArray:  # fmt: skip
            own, m = state.copy(), state.shape[1]
            own[chain.MIXING] = np.minimum(own[chain.MIXING] * efficiency, 1.0)
            own[chain.RISE_2 : chain.RISE_4 + 1] *= rise
            sums, ends = np.empty((1, chain.SUMS, m)), np.empty((1, chain.STATES, m))
            chain.walk(own, steps, counts, calendar, removed, np.zeros(1), 1, sums, ends)
            salt: FloatArray = own[chain.SALT : chain.SALT + 4, :count]
            return salt

        runs.append((at, run))
    return runs


def _between(forcing: Forcing, part_of: IntArray, dates: tuple[str, str]) -> tuple[IntArray, IntArray]:
    """Year and step of each part of a step from the one of the first date to that before the second's."""
    ends = []
    for date in dates:
        written = int(date[:4])
        if written not in forcing.years:
            raise BadInput("SALT-CALIBRATE-WEATHER", date=date, years=", ".join(str(one) for one in forcing.years))
        ends.append((forcing.years.index(written), step_of(date[5:10], forcing.days)))
    year, part = np.divmod(np.arange(len(forcing.years) * len(part_of)), len(part_of))
    number = year * forcing.steps + part_of[part]
    first, last = (one[0] * forcing.steps + one[1] for one in ends)
    inside = (number >= first) & (number < last)
    if not inside.any():
        raise BadInput("SALT-CALIBRATE-NEAR", first=dates[0], second=dates[1])
    return year[inside], part[inside]


def _seen(salt: FloatArray, paste: FloatArray, layout: Layout, k: int) -> FloatArray:
    """(n, k) ECe as it would be measured. [dS/m]"""
    thickness = np.asarray(layout.thickness_mm)[:, np.newaxis]
    each = salt / (paste * thickness)
    weight = layout.inside[:, np.newaxis] * thickness
    mean = (weight * each).sum(axis=0, keepdims=True) / weight.sum()
    seen: FloatArray = np.maximum(each if k == 4 else mean, 1e-9).T
    return seen


def _narrowed(
    misfit: Callable[[float, float], float], axes: Sequence[FloatArray], table: FloatArray
) -> tuple[tuple[float, float], float]:
    """The best factors, and their misfit: a finer grid around the best cell, some times over."""
    i, j = np.unravel_index(int(table.argmin()), table.shape)
    best, least = (float(axes[0][i]), float(axes[1][j])), float(table.min())
    width = [float(np.log(axis[1] / axis[0])) for axis in axes]
    for _ in range(_ZOOMS):
        centre = best
        for a in _around(centre[0], width[0], axes[0]):
            for b in _around(centre[1], width[1], axes[1]):
                if (got := misfit(float(a), float(b))) < least:
                    best, least = (float(a), float(b)), got
        width = [one / (_ZOOM // 2) for one in width]
    return best, least


def _around(centre: float, width: float, axis: FloatArray) -> FloatArray:
    """Values about `centre`, none beyond what is searched."""
    found: FloatArray = np.clip(centre * np.exp(np.linspace(-width, width, _ZOOM)), axis[0], axis[-1])
    return found


def _intervals(
    misfit: Callable[[float, float], float], axes: Sequence[FloatArray], table: FloatArray,
    best: tuple[float, float], least: float, variance: float,
) -> tuple[Found, Found]:  # fmt: skip
    """Each factor with the values between which its profile stays below the deviance."""
    found = []
    for which, name in enumerate(RANGES):
        profile = (_profile(misfit, axes, table, which) - least) / variance
        logs = np.log(axes[which])
        inside = np.flatnonzero(profile <= _DEVIANCE)
        at = float(np.log(best[which]))
        low, high = (at, at) if len(inside) == 0 else (min(at, logs[inside[0]]), max(at, logs[inside[-1]]))
        found.append(
            Found(
                name, best[which], float(np.exp(_edge(logs, profile, low, -1))),
                float(np.exp(_edge(logs, profile, high, 1))),
            )
        )  # fmt: skip
    return found[0], found[1]


def _profile(
    misfit: Callable[[float, float], float], axes: Sequence[FloatArray], table: FloatArray, which: int
) -> FloatArray:
    """Least misfit at each value of one factor, whatever the other: golden section around the best of the grid."""
    other = np.log(axes[1 - which])
    golden = 0.5 * (np.sqrt(5.0) - 1.0)
    lowest = np.empty(len(axes[which]))
    for number, value in enumerate(axes[which].tolist()):

        def at(log: float, value: float = value) -> float:
            free = float(np.exp(log))
            return misfit(value, free) if which == 0 else misfit(free, value)

        row = table[number] if which == 0 else table[:, number]
        best = int(row.argmin())
        low, high = float(other[max(best - 1, 0)]), float(other[min(best + 1, len(other) - 1)])
        left, right = high - golden * (high - low), low + golden * (high - low)
        below, above = at(left), at(right)
        for _ in range(_GOLDEN):
            if below < above:
                high, right, above = right, left, below
                left = high - golden * (high - low)
                below = at(left)
            else:
                low, left, below = left, right, above
                right = low + golden * (high - low)
                above = at(right)
        lowest[number] = min(below, above, float(row[best]))
    return lowest


def _edge(logs: FloatArray, profile: FloatArray, start: float, side: int) -> float:
    """Where the profile crosses the deviance beyond `start`, between two points of its grid; its end if nowhere."""
    beyond = logs[logs > start + 1e-12] if side > 0 else logs[logs < start - 1e-12][::-1]
    if len(beyond) == 0:
        return start
    after = float(beyond[0])
    height = float(profile[int(np.argmin(np.abs(logs - after)))])
    at = int(np.argmin(np.abs(logs - start)))
    here = float(profile[at]) if abs(float(logs[at]) - start) < 1e-12 else 0.0
    # a profile is near a parabola: its root is near a line
    a, b, c = np.sqrt(max(here, 0.0)), np.sqrt(max(height, 0.0)), np.sqrt(_DEVIANCE)
    share = 1.0 if b <= a else min(max((c - a) / (b - a), 0.0), 1.0)
    return start + share * (after - start)
