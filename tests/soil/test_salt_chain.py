"""The salt chain: its steps by hand, its balances, its steady state, its order, and that every process matters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from salt_by_hand import Field, Step, harvest, substep

from tilth.core import FloatArray, Label
from tilth.soil import (
    Calendar,
    Forcing,
    Layout,
    Option,
    SaltTolerance,
    Units,
    simulate,
    steady_profile,
    units_from_table,
)
from tilth.soil.salt_chain import chain
from tilth.soil.salt_chain.forcing import DECADES
from tilth.soil.salt_chain.options import KG_PER_SALT, PROCESSES, course
from tilth.soil.salt_chain.running import COLUMNS, _closing, _jobs, _Room, _walked, started

NAME = Label("option", "方案")
HARDY = SaltTolerance("hardy", Label("hardy", "耐盐"), 250.0, 1.0)
EVERY_DAY = Calendar("hardy", "01-01", (90, 90, 90, 95), (1.0, 1.0, 1.0), 0.5, 1.0, 5000.0, 2.0)
QUARTERS = Layout((250.0, 250.0, 250.0, 250.0), (0.4, 0.3, 0.2, 0.1))


def hetao(years: int = 3, seed: int = 7) -> Forcing:
    """Weather like that of the upper Yellow River: dry, hot summers, frozen winters; years differ."""
    rng = np.random.default_rng(seed)
    s = np.arange(36) + 0.5
    summer = np.exp(-(((s - 20.5) / 4.5) ** 2))
    rain = 180.0 * summer / summer.sum() * rng.uniform(0.2, 2.0, (1, years, 36))
    heat = np.sin(np.pi * s / 36) ** 2
    et0 = 1050.0 * heat / heat.sum() * rng.uniform(0.9, 1.1, (1, years, 36))
    temperature = np.broadcast_to(8.0 - 20.0 * np.cos(2 * np.pi * (s - 1.5) / 36), rain.shape)
    return Forcing(
        ("",), tuple(range(2001, 2001 + years)), np.array(DECADES, dtype=np.float64), rain, et0, temperature,
        np.full(rain.shape, 0.03), 0.3 * np.broadcast_to(np.cos(2 * np.pi * s / 36), rain.shape),
    )  # fmt: skip


def some_units(n: int, seed: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "unit_id": [f"P{number}" for number in range(n)],
        "ece_ds_m": rng.lognormal(1.9, 0.6, n), "groundwater_depth_m": rng.uniform(0.8, 3.5, n),
        "groundwater_ec_ds_m": rng.uniform(1.0, 20.0, n), "esp_pct": rng.uniform(2.0, 40.0, n),
        "cec_mmolc_kg": rng.uniform(80.0, 250.0, n),
        "texture": np.array(["sand", "sandy loam", "loam", "silt loam", "clay loam", "clay"])[rng.integers(0, 6, n)],
    }  # fmt: skip


def everything(**more: Any) -> Option:
    """An option under which every process acts."""
    given: dict[str, Any] = {
        "irrigation": {"05-25": 60.0, "06-20": 80.0, "07-10": 80.0, "10-25": 150.0}, "irrigation_ec": 1.1,
        "drain_depth_m": 1.4, "gypsum_t_ha": (8.0, 4.0), "harvested_kg_ha": 900.0, "pond_mm": 12.0,
        "percolation_mm_day": 3.0, "treatments": (),
    }  # fmt: skip
    return Option("everything", NAME, ("cotton",), **{**given, **more})


# --- one step by hand ---------------------------------------------------------------------------------------------


def test_the_worked_step_comes_out_to_its_last_digit() -> None:
    """300 mm at 4 dS/m, 100 mm of 1 dS/m on, 60 mm taken, capacity 300 mm, leaching efficiency 0.7."""
    s = np.zeros(chain.ROWS * chain.LANE)
    x = np.zeros(chain.SHARED)
    set_ = {
        chain.FC: 0.3, chain.PER_AVAILABLE: 1 / 0.2, chain.WP: 0.1, chain.SAT: 0.45, chain.PER_PASTE: 1 / 0.5,
        chain.MIXING: 0.7, chain.DRAINABLE: 60.0, chain.PER_DRAINABLE: 1 / 60.0, chain.TABLE_DEPTH: 20.0,
        chain.INFILTRATION: 500.0, chain.PER_EVAPORABLE: 1 / (0.6 * 0.25), chain.WATER: 300.0, chain.SALT: 1200.0,
        chain.WATER + 1: 30.0, chain.WATER + 2: 30.0, chain.WATER + 3: 30.0, chain.DEPTH: 20.0,
    }  # fmt: skip
    for row, value in set_.items():
        s[row * chain.LANE : (row + 1) * chain.LANE] = value
    x[chain.X_DAYS], x[chain.X_IRRIGATION], x[chain.X_IRRIGATION_EC], x[chain.X_CROP] = 10.0, 100.0, 1.0, 60.0
    x[chain.X_DEPLETION], x[chain.X_MIXING], x[chain.X_LETS_IN], x[chain.X_INFILTRATION] = 0.5, 1.0, 1e6, 1.0
    x[chain.X_ROOTS], x[chain.X_EXPOSED] = 1000.0, 1.0
    x[chain.X_THICKNESS : chain.X_THICKNESS + 4] = 1000.0, 100.0, 100.0, 100.0
    x[chain.X_UPTAKE] = x[chain.X_INSIDE] = 1.0
    chain._ready(s, x)
    chain._substep(s, x, np.zeros(chain.TALLIES), 1.0, chain.LANE)
    rows = s.reshape(chain.ROWS, chain.LANE)
    own = 1300.0 / 340.0
    passing = 0.7 * own + 0.3 * 1.0
    assert round(own, 4) == 3.8235 and round(passing, 4) == 2.9765
    assert np.allclose(rows[chain.WATER], 300.0) and np.allclose(rows[chain.SALT], 1300.0 - 40.0 * passing)
    assert round(float(rows[chain.SALT, 0]), 2) == 1180.94
    assert round(float(rows[chain.SALT, 0] / rows[chain.WATER, 0]), 3) == 3.936
    assert np.allclose(rows[chain.DRAINED], 40.0) and np.allclose(rows[chain.TAKEN], 60.0)


def by_hand(units: Units, number: int, option: Option, forcing: Forcing, layout: Layout, years: int) -> Field:
    """A unit walked in plain Python under what `course` says its steps bring."""
    fc, paste = float(units.field_capacity[number]), float(units.paste[number])
    shared = course(option, forcing, 0, layout, years, coarse=fc < 0.2)
    esp, cec = float(units.esp[number]), float(units.cec[number])
    held = cec * float(units.bulk_density[number]) * sum(layout.thickness_mm[:2])
    u = Field(
        fc, float(units.wilting_point[number]), float(units.saturation[number]), paste,
        float(units.leaching_efficiency[number]), float(units.rise[number]), float(units.exponent[number]),
        float(units.drainable[number]), float(units.table_ec[number]), float(units.table_depth[number]),
        float(units.table_pace[number]), float(units.infiltration[number]),
        [fc * t for t in layout.thickness_mm],
        [float(units.ece[0, number, i]) * paste * t for i, t in enumerate(layout.thickness_mm)],
        float(units.table_depth[number]) + option.table_shift_m, sodium=held * esp / 100.0,
    )  # fmt: skip
    for year in range(years):
        u.gypsum += shared.doses[year]
        weather = year % len(forcing.years)
        for t in range(shared.steps.shape[1]):
            x, count = shared.steps[weather, t], int(shared.counts[weather, t])
            step = Step(
                x[chain.X_DAYS] / count, x[chain.X_RAIN] / count, x[chain.X_RAIN_EC], x[chain.X_IRRIGATION] / count,
                x[chain.X_IRRIGATION_EC], x[chain.X_CROP] / count, x[chain.X_AIR] / count, layout.thickness_mm,
                layout.uptake, x[chain.X_REFILL], x[chain.X_REFILL_MOST], x[chain.X_POND], x[chain.X_BUND],
                bool(x[chain.X_FROZEN]), x[chain.X_PULL] / count, x[chain.X_THRESHOLD], x[chain.X_SLOPE],
                x[chain.X_DEPLETION], x[chain.X_RISING], x[chain.X_MIXING], x[chain.X_DRAIN_DEPTH],
                x[chain.X_DRAIN_PACE], layout.shallowest_m, x[chain.X_TABLE_SHIFT], x[chain.X_SOLUBILITY],
                x[chain.X_USED], x[chain.X_LETS_IN], x[chain.X_INFILTRATION], x[chain.X_EXPOSED],
            )  # fmt: skip
            for _ in range(count):
                substep(u, step)
            if shared.calendar[t, 2] >= 0:
                harvest(u, step, float(shared.removed[shared.calendar[t, 2]]))
    return u


@pytest.mark.parametrize(
    "option",
    [everything(), everything(pond_mm=0.0, refill=0.8), Option("fallow", NAME), everything(rising=0.3, mixing=0.6)],
    ids=["everything", "refill", "fallow", "factors"],
)
def test_the_compiled_chain_walks_as_plain_python_does(option: Option) -> None:
    years, n = 4, 40
    units, forcing, layout = units_from_table(some_units(n)), hetao(), Layout()
    table = simulate(units, [option], forcing, years, columns=("ece_end_ds_m", "water_table_m", "esp_pct", "et_mm"))
    state = started(units, np.arange(n), 0, option, layout)
    for first, coarse in ((True, True), (False, False)):
        shared = course(option, forcing, 0, layout, years, coarse=coarse)
        rows = np.flatnonzero((units.field_capacity < 0.2) == first)
        part = started(units, rows, 0, option, layout)
        sums, ends = np.empty((years, chain.SUMS, part.shape[1])), np.empty((years, chain.STATES, part.shape[1]))
        chain.walk(part, shared.steps, shared.counts, shared.calendar, shared.removed, shared.doses, years, sums, ends)
        state[:, rows] = part[:, : len(rows)]
    for number in range(n):
        u = by_hand(units, number, option, forcing, layout, years)
        got = state[:, number]
        assert got[chain.WATER : chain.WATER + 4] == pytest.approx(u.water, rel=1e-9), number
        assert got[chain.SALT : chain.SALT + 4] == pytest.approx(u.salt, rel=1e-9), number
        assert got[[chain.POND, chain.DEPTH, chain.GYPSUM]] == pytest.approx([u.pond, u.depth, u.gypsum], abs=1e-7), (
            number
        )
        root = sum(u.salt[:3]) / (u.paste * 800.0)
        assert float(table.column("ece_end_ds_m")[0, number, -1]) == pytest.approx(root, rel=1e-6)
        assert float(table.column("water_table_m")[0, number, -1]) == pytest.approx(u.depth, rel=1e-6)


# --- what a long run comes to -------------------------------------------------------------------------------------


def steadily(
    share: float, mixing: float, start: float, *, ec: float = 1.5, years: int = 60, substeps: int = 1
) -> FloatArray:
    """(4,) soil water of each quarter after a long run in which `share` of the water let on passes. [dS/m]"""
    et0 = 900.0
    each = et0 / (1.0 - share) / 365
    days = np.arange(np.datetime64("2001-01-01"), np.datetime64("2002-01-01"))
    watering = {str(day)[5:]: each for day in days}
    option = Option(
        "steady", NAME, (HARDY,), watering, ec, evaporation=0.0, calendars=(EVERY_DAY,), without=frozenset({"rise"})
    )
    forcing = Forcing.steady(0.0, et0, steps=365)
    units = units_from_table({
        "ece_ds_m": [start], "groundwater_depth_m": [6.0], "groundwater_ec_ds_m": [9.0], "texture": ["loam"],
        "leaching_efficiency": [mixing],
    })  # fmt: skip
    state = started(units, np.arange(1), 0, option, QUARTERS)
    c = course(option, forcing, 0, QUARTERS, years, substeps=substeps)
    sums, ends = np.empty((years, chain.SUMS, chain.LANE)), np.empty((years, chain.STATES, chain.LANE))
    chain.walk(state, c.steps, c.counts, c.calendar, c.removed, c.doses, years, sums, ends)
    assert sums[-1, chain.DRAINED - chain.YEARLY, 0] == pytest.approx(share * 365 * each, rel=1e-6)
    salt_out = sums[-1, chain.SALT_DOWN - chain.YEARLY, 0] / sums[-1, chain.SALT_ON - chain.YEARLY, 0]
    assert salt_out == pytest.approx(1.0, rel=1e-3), "in a steady state as much salt leaves as comes"
    # as it is when water passes: at field capacity
    result: FloatArray = state[chain.SALT : chain.SALT + 4, 0] / (state[chain.FC, 0] * np.array(QUARTERS.thickness_mm))
    return result


@pytest.mark.parametrize("share", [0.1, 0.15, 0.3, 0.5])
@pytest.mark.parametrize("start", [0.5, 30.0])
def test_long_runs_come_to_the_steady_profile_of_fao_29(share: float, start: float) -> None:
    assert steadily(share, 1.0, start) == pytest.approx(steady_profile(1.5, share)[0, 1:], rel=0.02)


@pytest.mark.parametrize("mixing", [0.3, 0.7])
def test_where_water_passes_unmixed_the_soil_keeps_more(mixing: float) -> None:
    """Drainage has the steady profile's salt; in short steps soil of efficiency f has (ECd - (1 - f) ECi)/f."""
    below = steady_profile(1.5, 0.2)[0]
    expected = (below[1:] - (1.0 - mixing) * below[:-1]) / mixing
    assert steadily(0.2, mixing, 3.0, years=120) == pytest.approx(expected, rel=0.02)


def test_halving_the_step_halves_the_error() -> None:
    """The scheme is of first order: explicit steps, one process after another."""
    units, forcing = units_from_table(some_units(200)), hetao()
    option = everything(pond_mm=0.0, gypsum_t_ha=())

    def final(substeps: int) -> FloatArray:
        table = simulate(units, [option], forcing, 3, columns=("ece_end_ds_m", "et_mm"), substeps=substeps)
        return np.asarray(table.column("ece_end_ds_m")[0, :, -1], dtype=np.float64)

    exact = 2.0 * final(256) - final(128)
    errors = [float(np.abs(final(n) - exact).mean()) for n in (2, 4, 8, 16, 32)]
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert np.all((orders > 0.75) & (orders < 1.3)), (errors, orders)
    assert errors[-1] < 0.02 * float(exact.mean())


# --- nothing is lost ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_water_and_salt_close_on_any_land(full: bool) -> None:
    n, years = (100_000, 20) if full else (3_000, 4)
    forcing = hetao(5)
    options = [everything(), Option("fallow", NAME), everything(refill=1.0, pond_mm=0.0, rising=0.2)]
    table = simulate(some_units(n, 11), options, forcing, years, columns=("ece_end_ds_m", "water_table_m"))
    assert table.closes <= 1e-9
    assert float(table.column("ece_end_ds_m").min()) >= 0.0 and np.isfinite(table.column("ece_end_ds_m")).all()


def test_a_balance_that_is_open_is_noticed() -> None:
    units, option, layout, years = units_from_table(some_units(32)), everything(), Layout(), 2
    state = started(units, np.arange(32), 0, option, layout)
    start = state[chain.PARAMETERS : chain.YEARLY].copy()
    c = course(option, hetao(), 0, layout, years)
    sums, ends = np.empty((years, chain.SUMS, chain.LANE)), np.empty((years, chain.STATES, chain.LANE))
    chain.walk(state, c.steps, c.counts, c.calendar, c.removed, c.doses, years, sums, ends)
    assert _closing(sums, ends, start) <= 1e-12
    for row in (chain.RAIN, chain.RISE, chain.DRAINED, chain.SALT_DOWN, chain.SALT_DISSOLVED, chain.SALT_HARVESTED):
        wrong = sums.copy()
        wrong[1, row - chain.YEARLY, 5] += 1e-3
        assert _closing(wrong, ends, start) > 1e-9, row


# --- every process matters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_that_is_switched_off_changes_the_answer(process: str) -> None:
    units = some_units(300)
    units["groundwater_depth_m"] = np.full(300, 1.5)
    asked = ("ece_end_ds_m", "relative_yield", "et_mm", "drained_mm", "esp_pct")
    # where a paddy is ponded nothing dries out: water stress shows on a field that is watered now and then
    plan = everything(pond_mm=0.0, irrigation={"06-20": 50.0}) if process == "water-stress" else everything()
    both = simulate(units, [plan, replace(plan, id="off", without=frozenset({process}))], hetao(), 4, columns=asked)
    moved = {name: np.abs(both.column(name)[0] - both.column(name)[1]).mean() for name in asked}
    scale = {name: np.abs(both.column(name)[0]).mean() for name in asked}
    assert max(moved[name] / scale[name] for name in asked) > 0.005, (process, moved)


@pytest.mark.parametrize(
    ("change", "name", "sign"),
    [
        ({"drain_depth_m": 1.8, "drain_spacing_m": 20.0}, "ece_end_ds_m", -1),
        ({"irrigation": {"06-20": 80.0, "10-25": 400.0}}, "ece_end_ds_m", -1),
        ({"rising": 0.2}, "ece_end_ds_m", -1),
        ({"evaporation": 0.3}, "ece_end_ds_m", -1),
        ({"irrigation_ec": 5.0}, "ece_end_ds_m", 1),
        ({"gypsum_t_ha": (20.0,)}, "esp_pct", -1),
        ({"harvested_kg_ha": 4000.0}, "ece_end_ds_m", -1),
        ({"starting_salt": 0.2}, "ece_ds_m", -1),
        ({"table_shift_m": 1.0}, "rise_mm", -1),
    ],
)
def test_a_measure_works_in_the_direction_it_is_taken_for(change: dict[str, Any], name: str, sign: int) -> None:
    plain = {"06-20": 80.0, "07-10": 80.0}
    base = Option("as is", NAME, ("sunflower",), plain)
    units = some_units(200)
    units["groundwater_depth_m"] = np.full(200, 1.4)
    got = simulate(units, [base, replace(base, id="more", **change)], hetao(), 5, columns=(name,)).column(name)
    assert sign * float(got[1, :, -1].mean() - got[0, :, -1].mean()) > 0.0


# --- results do not depend on how they are computed ----------------------------------------------------------------


def test_a_unit_s_answer_does_not_depend_on_its_neighbours_or_threads() -> None:
    units, forcing, options = some_units(777), hetao(), [everything(), Option("fallow", NAME)]
    asked = tuple(COLUMNS)
    whole = simulate(units, options, forcing, 3, columns=asked, threads=2)
    order = np.random.default_rng(0).permutation(777)
    mixed = simulate(
        {name: np.asarray(col)[order] for name, col in units.items()}, options, forcing, 3, columns=asked, threads=1
    )
    alone = simulate({name: np.asarray(col)[[17]] for name, col in units.items()}, options, forcing, 3, columns=asked)
    for name in asked:
        assert np.array_equal(whole.column(name)[:, order], mixed.column(name), equal_nan=True), name
        assert np.array_equal(whole.column(name)[:, [17]], alone.column(name), equal_nan=True), name


def test_salt_given_as_quantiles_comes_out_as_bands_and_risk() -> None:
    units = some_units(60)
    middle = units.pop("ece_ds_m")
    for level, factor in (("05", 0.5), ("50", 1.0), ("95", 2.0)):
        units[f"ece_q{level}_ds_m"] = middle * factor
    table = simulate(units, [everything()], hetao(), 3)
    low, mean, high = (table.column(name) for name in ("ece_ds_m_low", "ece_ds_m", "ece_ds_m_high"))
    assert (low <= mean).all() and (mean <= high).all() and float((high - low).max()) > 0.5
    risk = table.column("risk")
    assert (risk >= 0.0).all() and (risk <= 1.0).all() and len(np.unique(risk.round(3))) > 1
    one = dict(units)
    for level in ("05", "95"):
        one.pop(f"ece_q{level}_ds_m")
    single = simulate(one, [everything()], hetao(), 3)
    assert "risk" not in single.columns
    three = units_from_table(units)
    assert three.weights == pytest.approx([0.275, 0.45, 0.275])


def test_what_is_not_known_is_named_and_not_taken_as_nothing() -> None:
    units = some_units(20)
    units.pop("esp_pct")
    table = simulate(
        units, [Option("quinoa", NAME, ("quinoa",), calendars=(replace(EVERY_DAY, crop="quinoa"),))], hetao(), 2
    )
    assert np.isnan(table.column("relative_yield")).all(), "no threshold of quinoa is adopted"
    assert np.isfinite(table.column("ece_ds_m")).all()
    assert "sodium, where ESP or CEC is not given" in table.not_counted
    assert table.summary()[0]["relative_yield"] is None
    first = next(table.records(1))
    assert first["unit"] == "P0" and first["relative_yield"] is None and first["ece_ds_m"] is not None


def test_salt_that_comes_and_goes_is_told_in_tonnes() -> None:
    got = simulate(
        some_units(10), [everything()], hetao(), 3, columns=("salt_change_t_ha", "ece_end_ds_m", "drained_mm")
    )
    units, layout = units_from_table(some_units(10)), Layout()
    state = started(units, np.arange(10), 0, everything(), layout)
    held = state[chain.SALT : chain.SALT + 4, :10].sum(axis=0)
    total = got.column("salt_change_t_ha")[0].sum(axis=1)
    assert (held * KG_PER_SALT / 1000.0 + total > 0.0).all()


def spring(seed: int) -> Forcing:
    """Daily weather of a year with a frozen winter."""
    rng, day = np.random.default_rng(seed), np.arange(365)
    warm = 8 - 12 * np.cos(2 * np.pi * (day - 15) / 365) + rng.normal(0, 4, 365)
    rain = np.where(rng.random(365) < 0.15, rng.exponential(6, 365), 0)
    et = np.maximum(0.3, 3.5 - 3 * np.cos(2 * np.pi * (day - 20) / 365))
    one = (1, 1, 365)
    return Forcing(
        ("",), (2001,), np.ones(365), rain.reshape(one), et.reshape(one), warm.reshape(one), np.full(one, 0.03),
        np.zeros(one),
    )  # fmt: skip


TEXTURES = ["sand", "sandy loam", "loam", "silt loam", "clay loam", "clay"]


@pytest.mark.parametrize("seed", [41, 176, 214, 297])
def test_no_layer_holds_less_salt_than_none_when_land_thaws_under_salty_water(seed: int) -> None:
    n = len(TEXTURES)
    land = units_from_table({
        "unit_id": TEXTURES, "ece_ds_m": np.full(n, 1.0), "groundwater_depth_m": np.full(n, 1.2),
        "groundwater_ec_ds_m": np.full(n, 1.0), "texture": TEXTURES,
    })  # fmt: skip
    salty = Option("o", NAME, (), {"03-10": 60.0}, irrigation_ec=10.0, bund_mm=200.0)
    salts = slice(chain.SALT - chain.PARAMETERS, chain.SALT - chain.PARAMETERS + 4)
    for job in (one for some in _jobs(land, [salty], spring(seed), 2, Layout(), 1) for one in some):
        _, ends, _ = _walked(land, job, salty, Layout(), 2, _Room())
        assert ends[:, salts, : len(job.rows)].min() >= 0.0


def test_water_that_stands_on_a_field_gives_the_air_its_share_once() -> None:
    land = units_from_table({
        "unit_id": TEXTURES, "ece_ds_m": np.full(6, 5.0), "groundwater_depth_m": np.full(6, 0.8),
        "groundwater_ec_ds_m": np.full(6, 3.0), "texture": TEXTURES,
    })  # fmt: skip
    flooded = Option("o", NAME, ("cotton",), pond_mm=100.0, bund_mm=150.0)
    found = simulate(land, [flooded], hetao(3), 6, columns=("water_table_m",))
    assert (found.column("water_table_m") > 0.0).all(), "the water table stays below the field"
