"""Crop to land or land to crop: options side by side on every unit, and what a better variety would be worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tilth.core import BadInput, FloatArray, IntArray, Label
from tilth.soil.salt_chain.forcing import Forcing
from tilth.soil.salt_chain.ground import Units, units_from_table
from tilth.soil.salt_chain.measures import excluded, treated, treatments
from tilth.soil.salt_chain.options import Option, calendars
from tilth.soil.salt_chain.running import TARGET, Table, simulate
from tilth.soil.salt_chain.tolerances import tolerance

FITS = ("crop-to-land", "land-to-crop")
#: Water of a crop where none is said: day -> mm.
_WATER = 80.0
#: Highest gain of a threshold that is looked for, and how near. [dS/m]
MOST_GAIN, NEAR_GAIN = 20.0, 0.05
_ASKED = ("relative_yield", "salt_yield", "ece_ds_m", "ece_end_ds_m", "irrigation_mm", "drained_mm", "income_yuan_ha")


@dataclass(frozen=True)
class Fitted:
    """Options on units: results, where an option may not stand, and the best that may and reaches the target."""

    table: Table
    excluded: Mapping[str, Mapping[str, int]]  # option -> rule -> units
    allowed: np.ndarray  # (option, unit)
    best: IntArray  # (unit,) position of the option that earns most among those allowed that reach the target; -1 none
    target: float

    def rows(self) -> list[dict[str, Any]]:
        """One row for each option: means over the units where it may stand, and the share of units it is best on."""
        found = []
        for number, option in enumerate(self.table.options):
            on = self.allowed[number]
            row: dict[str, Any] = {"option": option, "units": int(on.sum())}
            for name, cube in self.table.columns.items():
                mean = float(np.mean(cube[number][on], dtype=np.float64)) if on.any() else float("nan")
                row[name] = None if np.isnan(mean) else mean
            yields = self.table.column("relative_yield")[number][on]
            row["failing"] = float((yields < self.target).mean()) if np.isfinite(yields).all() and on.any() else None
            row["best_on"] = int((self.best == number).sum())
            row["excluded"] = dict(self.excluded.get(option, {}))
            found.append(row)
        return found


def planned(crop: str, irrigation: Mapping[str, float] | None = None, **more: Any) -> Option:
    """A crop as it is grown: where no water is said, two waterings at a third and two thirds of its season."""
    record = tolerance(crop)
    water = irrigation
    if water is None:
        calendar = calendars().get(record.id) or calendars().get(record.crop)
        first = 100.0 if calendar is None else sum(calendar.stages) / 3.0
        water = (
            {} if calendar is None else {_later(calendar.sow, first): _WATER, _later(calendar.sow, 2 * first): _WATER}
        )
    return Option(record.id, record.label, (record,), water, **more)


def _later(day: str, days: float) -> str:
    date = np.datetime64(f"2001-{day}") + np.timedelta64(int(days), "D")
    return str(date)[5:]


def fit(
    units: Any, forcing: Forcing, years: int, *, fits: str, crops: Sequence[str] = (), measures: Sequence[str] = (),
    target: float = TARGET, facts: Mapping[str, Any] | None = None, base: Mapping[str, Any] | None = None,
) -> Fitted:  # fmt: skip
    """Options of one direction on every unit.

    Parameters
    ----------
    units, forcing, years
        As of `simulate`.
    fits
        "crop-to-land": every one of `crops` (those with a calendar where none are said) on land as it is.
        "land-to-crop": the one crop of `crops`, as it is and with each of `measures`; "A+B" is two at once.
    target
        Share of full yield that the mean of the years has to reach.
    facts
        Of `excluded`: `outlet`, `water`, `gypsic`, `protected`, one value or one a unit.
    base
        What all options have, such as `irrigation` and `irrigation_ec` of `Option`.
    """
    if fits not in FITS:
        raise BadInput("SALT-FIT", fit=fits, known=", ".join(FITS))
    land = units if isinstance(units, Units) else units_from_table(units)
    shared = dict(base or {})
    if fits == "crop-to-land":
        options = [planned(crop, **shared) for crop in (crops or tuple(calendars()))]
    else:
        if len(crops) != 1:
            raise BadInput("SALT-FIT-ONE-CROP", count=len(crops))
        as_is = planned(crops[0], **shared)
        sets = measures or tuple(one for one in treatments() if one != "PADDY" or as_is.id == "rice_paddy")
        options = [as_is, *(treated(as_is, one.split("+")) for one in sets)]
    return side_by_side(land, options, forcing, years, target=target, facts=facts)


def side_by_side(
    land: Units, options: Sequence[Option], forcing: Forcing, years: int, *, target: float = TARGET,
    facts: Mapping[str, Any] | None = None,
) -> Fitted:  # fmt: skip
    """`options` on every unit, where each may stand, and which is best."""
    table = simulate(land, options, forcing, years, columns=_ASKED, target=target)
    start = np.tensordot(land.weights, land.ece[:, :, 0], axes=1)
    allowed = np.ones((len(options), len(land)), dtype=bool)
    reasons: dict[str, dict[str, int]] = {}
    for number, option in enumerate(options):
        rules = excluded(
            option, ece=start, esp=land.esp, **({"ph": land.ph} if land.ph is not None else {}), **(facts or {})
        )
        for rows in rules.values():
            allowed[number] &= ~rows
        if rules:
            reasons[option.id] = {rule: int(rows.sum()) for rule, rows in rules.items()}
    yields, income = (
        np.mean(table.column(name), axis=2, dtype=np.float64) for name in ("relative_yield", "income_yuan_ha")
    )
    worth = np.where(allowed & (yields >= target), income, -np.inf)
    best = np.where(np.isfinite(worth).any(axis=0), worth.argmax(axis=0), -1)
    return Fitted(table, reasons, allowed, best, target)


def break_even_gain(units: Any, forcing: Forcing, years: int, crop: Option, rival: Option) -> float:
    """Gain in a variety's threshold at which it earns as much as `rival` on the same units. [dS/m]

    0 where the crop as it is earns as much already; infinite where no gain up to `MOST_GAIN` does.
    """
    land = units if isinstance(units, Units) else units_from_table(units)
    wanted = _income(land, rival, forcing, years)

    def earns(gain: float) -> bool:
        better = tuple(tolerance(one).raised(gain) for one in crop.crops)
        variety = replace(crop, crops=better, label=Label("variety", "品种"), calendars=crop.growing)
        return _income(land, variety, forcing, years) >= wanted

    if earns(0.0):
        return 0.0
    if not earns(MOST_GAIN):
        return float("inf")
    low, high = 0.0, MOST_GAIN
    while high - low > NEAR_GAIN:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if earns(middle) else (middle, high)
    return high


def _income(land: Units, option: Option, forcing: Forcing, years: int) -> float:
    """Mean over units and years. [yuan/ha]"""
    income: FloatArray = simulate(land, [option], forcing, years, columns=("income_yuan_ha",)).column("income_yuan_ha")
    return float(np.nanmean(income, dtype=np.float64))
