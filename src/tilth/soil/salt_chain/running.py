"""The salt chain run: units under options through years, in blocks and threads; bands where salt is a distribution."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tilth.core import BadInput, FloatArray, IntArray, NotFound, message
from tilth.soil.salt_chain import chain
from tilth.soil.salt_chain.forcing import Forcing
from tilth.soil.salt_chain.ground import Layout, Units, units_from_table
from tilth.soil.salt_chain.options import KG_PER_SALT, Course, Option, course
from tilth.soil.salt_chain.tolerances import (
    SaltTolerance,
    emergence_yield,
    relative_yield,
    sodicity_groups,
    sodicity_yield,
    tolerance,
)
from tilth.soil.salt_chain.worn import acidity_yield, organic_through_years, organic_yield, ph_through_years

#: Units walked in one go by one thread. Not a power of two: rows of a block would share places of the cache.
BLOCK = 33 * chain.LANE
#: Field capacity below which soil counts as coarse: it is given water in smaller pulses.
COARSE = 0.2
#: What a unit, option and year may be asked for, and its unit.
COLUMNS: Mapping[str, str] = {
    "relative_yield": "-", "salt_yield": "-", "water_yield": "-", "ece_ds_m": "dS/m", "ece_end_ds_m": "dS/m",
    "ece_top_end_ds_m": "dS/m", "irrigation_mm": "mm", "et_mm": "mm", "drained_mm": "mm", "rise_mm": "mm",
    "runoff_mm": "mm", "esp_pct": "%", "water_table_m": "m", "salt_change_t_ha": "t/ha", "income_yuan_ha": "yuan/ha",
    "ph": "pH", "organic_g_kg": "g/kg",
}  # fmt: skip
#: Of these, bands are given where salt is a distribution.
BANDED = ("relative_yield", "ece_ds_m")
USUAL = ("relative_yield", "salt_yield", "ece_ds_m", "ece_end_ds_m", "irrigation_mm", "drained_mm", "income_yuan_ha")
#: Yield that a year has to reach not to count as failed.
TARGET = 0.5


@dataclass(frozen=True)
class Table:
    """Results by option, unit and year: means over the distribution of salt, with `_low`, `_high` and `risk` of it."""

    units: tuple[str, ...]
    options: tuple[str, ...]
    years: tuple[int, ...]
    columns: Mapping[str, np.ndarray]  # each (option, unit, year) float32
    closes: float  # largest error of a water or salt balance, relative
    unknown: tuple[tuple[str, str], ...] = field(default=())  # what is not in the yield: message, crop

    @property
    def not_counted(self) -> tuple[str, ...]:
        """What was not known and is not in the yield, in the language in use."""
        return tuple(message(key, crop=str(tolerance(crop).label) if crop else "") for key, crop in self.unknown)

    def column(self, name: str) -> np.ndarray:
        """(option, unit, year) of one column."""
        if name not in self.columns:
            raise NotFound("SALT-COLUMN-UNKNOWN", name=name, known=", ".join(self.columns))
        return self.columns[name]

    def records(self, most: int | None = None) -> Iterator[dict[str, Any]]:
        """A flat record for each unit, option and year; what is not known is None."""
        count = 0
        for o, option in enumerate(self.options):
            for u, unit in enumerate(self.units):
                for y, year in enumerate(self.years):
                    if most is not None and count >= most:
                        return
                    values = {name: float(cube[o, u, y]) for name, cube in self.columns.items()}
                    shown = {name: None if np.isnan(one) else round(one, 4) for name, one in values.items()}
                    yield {"unit": unit, "option": option, "year": year, **shown}
                    count += 1

    def summary(self) -> list[dict[str, Any]]:
        """The mean of each column for each option, over units and years."""
        rows = []
        for o, option in enumerate(self.options):
            means = {name: float(np.mean(cube[o], dtype=np.float64)) for name, cube in self.columns.items()}
            rows.append({"option": option, **{name: None if np.isnan(one) else one for name, one in means.items()}})
        return rows


#: What was met that is not known: message, crop.
_Notes = set[tuple[str, str]]


@dataclass(frozen=True)
class _Job:
    option: int
    quantile: int
    rows: IntArray
    course: Course


def simulate(
    units: Any,
    options: Sequence[Option],
    forcing: Forcing,
    years: int,
    *,
    layout: Layout | None = None,
    columns: Sequence[str] = USUAL,
    model: str = "maas-hoffman",
    target: float = TARGET,
    substeps: int = 1,
    threads: int | None = None,
) -> Table:
    """What salt, yield and water come to on every unit under every option, year by year.

    Parameters
    ----------
    units
        `Units`, or a table for `units_from_table`.
    options
        What may be done, `Option`.
    forcing
        Weather of the zones that the units lie in; its years come again where `years` are more.
    years
        How many, at least 1.
    layout
        How the soil is cut into layers.
    columns
        Of `COLUMNS`; each takes 4 bytes for a unit, option and year.
    model
        Of `relative_yield`.
    target
        Share of full yield below which a year counts as failed, for `risk`.
    substeps
        Least substeps of a step: more is more exact, of first order.
    threads
        How many; as many as there are processors where not said.

    Raises
    ------
    BadInput
        If units, weather or a count cannot be used.
    """
    land = units if isinstance(units, Units) else units_from_table(units)
    cut = layout or Layout()
    _asked(land, options, forcing, years, columns, substeps)
    banded = len(land.levels) > 1
    shape = (len(options), len(land), years)
    names = [*columns]
    if banded:
        names += [f"{name}_{end}" for name in BANDED if name in columns for end in ("low", "high")]
        names.append("risk")
    cubes = {name: np.full(shape, np.nan, dtype=np.float32) for name in names}
    jobs = _jobs(land, options, forcing, years, cut, substeps)
    notes: _Notes = set()
    room = _Room()

    def run(one: list[_Job]) -> float:
        found, worst = [], 0.0
        for job in one:
            sums, ends, start = _walked(land, job, options[job.option], cut, years, room)
            worst = max(worst, _closing(sums, ends, start))
            found.append(_results(land, job, options[job.option], cut, sums, ends, start, model, columns, notes))
        _keep(cubes, one[0], found, land.weights, land.levels, target, banded)
        return worst

    with ThreadPoolExecutor(threads or _processors()) as pool:
        worst = max(pool.map(run, jobs), default=0.0)
    assert worst <= 1e-9, f"a balance is open by {worst:.2e}"
    ids = tuple(option.id for option in options)
    return Table(land.ids, ids, tuple(range(1, years + 1)), cubes, worst, tuple(sorted(notes)))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _asked(
    land: Units, options: Sequence[Option], forcing: Forcing, years: int, columns: Sequence[str], substeps: int
) -> None:
    if years < 1 or substeps < 1:
        raise BadInput("SALT-YEARS", years=years, substeps=substeps)
    if not options:
        raise BadInput("SALT-OPTIONS-NONE")
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        raise BadInput("SALT-COLUMN-ASKED", name=", ".join(unknown), known=", ".join(COLUMNS))
    absent = sorted(set(land.zone) - set(forcing.zones))
    if absent:
        unit = land.ids[land.zone.index(absent[0])]
        raise BadInput(
            "SALT-ZONE-WITHOUT-WEATHER", zone=absent[0] or "-", unit=unit, known=", ".join(forcing.zones) or "-"
        )


def _jobs(
    land: Units, options: Sequence[Option], forcing: Forcing, years: int, layout: Layout, substeps: int
) -> Iterator[list[_Job]]:
    """Blocks of units that share weather and option; the quantiles of a block together."""
    zone = np.searchsorted(forcing.zones, land.zone)
    coarse = land.field_capacity < COARSE
    group = zone * 2 + coarse
    for number, option in enumerate(options):
        for key in np.unique(group).tolist():
            rows = np.flatnonzero(group == key)
            shared = course(option, forcing, key // 2, layout, years, coarse=bool(key % 2), substeps=substeps)
            for first in range(0, len(rows), BLOCK):
                block = rows[first : first + BLOCK]
                yield [_Job(number, q, block, shared) for q in range(len(land.levels))]


def started(land: Units, rows: IntArray, quantile: int, option: Option, layout: Layout) -> FloatArray:
    """(YEARLY, m) units as `chain.walk` takes them: what they are and how they start, filled up to whole lanes."""
    m = -(-len(rows) // chain.LANE) * chain.LANE
    rows = np.concatenate([rows, np.full(m - len(rows), rows[-1])])
    u = np.zeros((chain.YEARLY, m))
    fc, wp = land.field_capacity[rows], land.wilting_point[rows]
    stored = np.full(m, 1e12) if "table" in option.without else land.drainable[rows] * 1000.0
    u[chain.FC], u[chain.WP], u[chain.SAT] = fc, wp, land.saturation[rows]
    u[chain.PER_AVAILABLE], u[chain.PER_PASTE] = 1.0 / (fc - wp), 1.0 / land.paste[rows]
    u[chain.PER_EVAPORABLE] = 1.0 / ((1.0 - chain.READILY) * (fc - 0.5 * wp))
    u[chain.MIXING] = land.leaching_efficiency[rows]
    for row, exponent in ((chain.RISE_2, 2.0), (chain.RISE_3, 3.0), (chain.RISE_4, 4.0)):
        u[row] = np.where(land.exponent[rows] == exponent, land.rise[rows], 0.0)
    u[chain.DRAINABLE], u[chain.PER_DRAINABLE] = stored, 1.0 / stored
    u[chain.TABLE_EC], u[chain.TABLE_DEPTH] = land.table_ec[rows], land.table_depth[rows]
    u[chain.TABLE_PACE], u[chain.INFILTRATION] = land.table_pace[rows], land.infiltration[rows]
    thickness = np.asarray(layout.thickness_mm)
    u[chain.WATER : chain.WATER + 4] = fc * thickness[:, np.newaxis]
    ece = land.ece[quantile, rows].T * np.array([option.starting_salt, option.starting_salt, 1.0, 1.0])[:, np.newaxis]
    u[chain.SALT : chain.SALT + 4] = ece * land.paste[rows] * thickness[:, np.newaxis]
    u[chain.DEPTH] = land.table_depth[rows] + option.table_shift_m
    held = exchange(land, rows, layout)
    u[chain.SODIUM] = np.where(np.isnan(held * land.esp[rows]), 0.0, held * land.esp[rows] / 100.0)
    return u


def exchange(land: Units, rows: IntArray, layout: Layout) -> FloatArray:
    """Exchange capacity of the two upper layers; NaN where CEC is not known. [mmolc/m²]"""
    depth_m = sum(layout.thickness_mm[:2]) / 1000.0
    capacity: FloatArray = land.cec[rows] * land.bulk_density[rows] * 1000.0 * depth_m
    return capacity


class _Room(threading.local):
    """A thread's own memory for the years of a block, taken once rather than for each block."""

    sums: FloatArray | None = None
    ends: FloatArray | None = None

    def of(self, years: int, m: int) -> tuple[FloatArray, FloatArray]:
        """Arrays as `chain.walk` fills them; what a block before left in them is gone."""
        if self.sums is None or self.ends is None or self.sums.shape != (years, chain.SUMS, m):
            self.sums, self.ends = np.empty((years, chain.SUMS, m)), np.empty((years, chain.STATES, m))
        return self.sums, self.ends


def _walked(
    land: Units, job: _Job, option: Option, layout: Layout, years: int, room: _Room
) -> tuple[FloatArray, FloatArray, FloatArray]:
    state = started(land, job.rows, job.quantile, option, layout)
    start = state[chain.PARAMETERS : chain.YEARLY].copy()
    sums, ends = room.of(years, state.shape[1])
    c = job.course
    chain.walk(state, c.steps, c.counts, c.calendar, c.removed, c.doses, years, sums, ends)
    return sums, ends, start


def _closing(sums: FloatArray, ends: FloatArray, start: FloatArray) -> float:
    """Largest error of the two balances of a run, relative to what went in and was there."""
    total = sums.sum(axis=0)

    def row(name: int) -> FloatArray:
        got: FloatArray = total[name - chain.YEARLY]
        return got

    def held(state: FloatArray, first: int, on_top: int) -> FloatArray:
        at = first - chain.PARAMETERS
        whole: FloatArray = state[at : at + 4].sum(axis=0) + state[on_top - chain.PARAMETERS]
        return whole

    came = row(chain.RAIN) + row(chain.IRRIGATION) + row(chain.RISE)
    went = row(chain.TAKEN) + row(chain.DRAINED) + row(chain.RUNOFF)
    before, after = held(start, chain.WATER, chain.POND), held(ends[-1], chain.WATER, chain.POND)
    water = np.abs(came - went - (after - before)) / (came + before)
    came = row(chain.SALT_ON) + row(chain.SALT_UP) + row(chain.SALT_DISSOLVED)
    went = row(chain.SALT_DOWN) + row(chain.SALT_OFF) + row(chain.SALT_HARVESTED)
    before, after = held(start, chain.SALT, chain.POND_SALT), held(ends[-1], chain.SALT, chain.POND_SALT)
    salt = np.abs(came - went - (after - before)) / np.maximum(came + before, 1e-12)
    return float(max(water.max(), salt.max()))


def _results(
    land: Units, job: _Job, option: Option, layout: Layout, sums: FloatArray, ends: FloatArray, start: FloatArray,
    model: str, columns: Sequence[str], notes: _Notes,
) -> dict[str, FloatArray]:  # fmt: skip
    """(m, years) of each column asked for."""
    m = len(job.rows)

    def total(row: int) -> FloatArray:
        return sums[:, row - chain.YEARLY, :m].T

    def end(row: int) -> FloatArray:
        return ends[:, row - chain.PARAMETERS, :m].T

    paste = land.paste[job.rows][:, np.newaxis]
    inside, thickness = layout.inside, layout.thickness_mm
    salt = [end(chain.SALT + i) for i in range(4)]
    found = {
        "ece_end_ds_m": sum(inside[i] * salt[i] for i in range(4)) / (paste * layout.roots_mm),
        "ece_top_end_ds_m": salt[0] / (paste * thickness[0]),
        "irrigation_mm": total(chain.IRRIGATION), "et_mm": total(chain.TAKEN), "drained_mm": total(chain.DRAINED),
        "rise_mm": total(chain.RISE), "runoff_mm": total(chain.RUNOFF), "water_table_m": end(chain.DEPTH),
    }  # fmt: skip
    if "salt_change_t_ha" in columns:
        gained = (
            total(chain.SALT_ON) + total(chain.SALT_UP) + total(chain.SALT_DISSOLVED)
            - total(chain.SALT_DOWN) - total(chain.SALT_OFF) - total(chain.SALT_HARVESTED)
        )  # fmt: skip
        found["salt_change_t_ha"] = gained * KG_PER_SALT / 1000.0
    if "esp_pct" in columns:
        found["esp_pct"] = 100.0 * end(chain.SODIUM) / exchange(land, job.rows, layout)[:, np.newaxis]
    acidity, organic = _ploughed(land, job.rows, option, len(sums))
    found.update({"ph": acidity, "organic_g_kg": organic})
    found.update(_yields(land, job, option, layout, total, model, notes, _by_ploughed(acidity, organic, notes)))
    return {name: found[name] for name in columns}


def _ploughed(land: Units, rows: IntArray, option: Option, years: int) -> tuple[FloatArray, FloatArray]:
    """(m, years) pH and organic matter of the plough layer; NaN where they are not known."""
    nothing = np.full((len(rows), years), np.nan)
    if land.ph is None or land.ph_buffer is None or land.organic is None:
        return nothing, nothing
    density = land.bulk_density[rows]
    return (
        ph_through_years(land.ph[rows], land.ph_buffer[rows], density, option.lime_t_ha, years),
        organic_through_years(land.organic[rows], density, option.humus_t_ha, years),
    )


def _by_ploughed(acidity: FloatArray, organic: FloatArray, notes: _Notes) -> FloatArray:
    """(m, years) share kept on acid and on worn soil, together; 1 where pH or organic matter is not known."""
    if np.isnan(acidity).any():
        notes.add(("SALT-UNKNOWN-ACIDITY", ""))
    if np.isnan(organic).any():
        notes.add(("SALT-UNKNOWN-ORGANIC", ""))
    each = np.where(np.isnan(acidity), 1.0, acidity_yield(acidity))
    share: FloatArray = each * np.where(np.isnan(organic), 1.0, organic_yield(organic))
    return share


def _yields(
    land: Units, job: _Job, option: Option, layout: Layout, total: Any, model: str, notes: _Notes, ploughed: FloatArray
) -> dict[str, FloatArray]:
    """Yield and income of all crops of a year; shares of crops are weighted by what their full yields earn."""
    shape = total(chain.RAIN).shape
    whole, salty, watered, ece = (np.zeros(shape) for _ in range(4))
    income = np.full(shape, -option.opex_yuan_ha - option.capex_yuan_ha / max(option.life_years, 1.0))
    full = [calendar.full_kg_ha * calendar.yuan_per_kg for calendar in option.growing]
    for which, (crop, calendar) in enumerate(zip(option.tolerances, option.growing, strict=True)):
        at = chain.SEASON + which * chain.SEASON_ROWS
        mean = total(at + 1) / job.course.season_days[which]
        by_salt = relative_yield(mean, crop, model)
        with np.errstate(invalid="ignore", divide="ignore"):
            by_water = np.clip(1.0 - calendar.ky * (1.0 - total(at + 3) / total(at + 2)), 0.0, 1.0)
        share = by_salt * by_water * _by_sodium(land, job, layout, crop, total(at + 4), which, notes)
        share = share * ploughed
        if np.isfinite(crop.emergence):
            share = share * emergence_yield(total(at), crop)
        else:
            notes.add(("SALT-UNKNOWN-EMERGENCE", crop.id))
        weight = full[which] / sum(full)
        whole, salty, watered = whole + weight * share, salty + weight * by_salt, watered + weight * by_water
        ece, income = ece + weight * mean, income + full[which] * share
    if not full:
        whole, salty, watered, ece = (np.full(shape, np.nan) for _ in range(4))
    return {
        "relative_yield": whole, "salt_yield": salty, "water_yield": watered, "ece_ds_m": ece, "income_yuan_ha": income,
    }  # fmt: skip


def _by_sodium(
    land: Units,
    job: _Job,
    layout: Layout,
    crop: SaltTolerance,
    sodium_days: FloatArray,
    which: int,
    notes: _Notes,
) -> FloatArray:
    """Share kept at the season's ESP. Below what the most sensitive bear nothing is lost, whatever the crop."""
    held = exchange(land, job.rows, layout)[:, np.newaxis]
    esp = 100.0 * sodium_days / job.course.season_days[which] / held
    unknown = np.isnan(held) | np.isnan(land.esp[job.rows][:, np.newaxis])
    if unknown.any():
        notes.add(("SALT-UNKNOWN-SODIUM", ""))
    esp = np.where(unknown, 0.0, np.clip(esp, 0.0, 100.0))
    least = min(group.tolerated.value for group in sodicity_groups().values())
    return np.where(esp <= least, 1.0, sodicity_yield(esp, crop))


def _keep(
    cubes: Mapping[str, np.ndarray], job: _Job, found: Sequence[Mapping[str, FloatArray]], weights: FloatArray,
    levels: FloatArray, target: float, banded: bool,
) -> None:  # fmt: skip
    """Put means over the quantiles, and bands, where they belong."""
    for name in found[0]:
        each = np.stack([one[name] for one in found])
        cubes[name][job.option, job.rows] = np.tensordot(weights, each, axes=1)
        if banded and name in BANDED:
            ordered = np.sort(each, axis=0)
            cubes[f"{name}_low"][job.option, job.rows] = ordered[0]
            cubes[f"{name}_high"][job.option, job.rows] = ordered[-1]
    if banded and "relative_yield" in found[0]:
        each = np.stack([one["relative_yield"] for one in found])
        failed = np.where(np.isnan(each), np.nan, each < target)
        cubes["risk"][job.option, job.rows] = np.tensordot(weights, failed, axes=1)
