"""Measures, both directions of fitting, weather tables and land tables: what they do and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tilth.core import BadInput, NotFound, TilthError, speaking
from tilth.core.rulefile import CONFIDENCE
from tilth.soil import (
    Layout,
    break_even_gain,
    calendars,
    excluded,
    fit,
    forcing_from_table,
    planned,
    simulate,
    textures,
    treated,
    treatments,
    units_from_table,
)
from tilth.soil.salt_chain.fitting import FITS
from tilth.soil.salt_chain.forcing import step_name, step_of
from tilth.soil.salt_chain.measures import FLUSH_DAY, LEVELS, MU_PER_HA

MONTHS = np.arange(1, 13)
RAIN = np.array([2, 3, 5, 8, 16, 24, 45, 50, 25, 8, 3, 2], dtype=float)
ET0 = np.array([16, 27, 62, 112, 160, 172, 168, 140, 96, 58, 27, 15], dtype=float)


def weather(years: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "year": np.repeat(np.arange(2001, 2001 + years), 12), "month": np.tile(MONTHS, years),
        "rain_mm": np.tile(RAIN, years), "et0_mm": np.tile(ET0, years),
        "temperature_c": np.tile([-10, -6, 2, 10, 17, 22, 24, 22, 16, 8, -1, -8], years), **more,
    }  # fmt: skip


def land(n: int = 60, **more: Any) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    return {
        "ece_ds_m": rng.lognormal(1.9, 0.5, n), "groundwater_depth_m": rng.uniform(1.1, 2.5, n),
        "groundwater_ec_ds_m": rng.uniform(2.0, 12.0, n), "texture": np.full(n, "loam"),
        "esp_pct": rng.uniform(3.0, 14.0, n), "cec_mmolc_kg": np.full(n, 150.0), **more,
    }  # fmt: skip


# --- measures -----------------------------------------------------------------------------------------------------


def test_every_measure_has_a_source_a_range_and_changes_something() -> None:
    assert len(treatments()) >= 18
    base = planned("cotton")
    for one in treatments().values():
        assert one.source and one.confidence in CONFIDENCE and one.label.zh, one.id
        assert one.capex_yuan_mu.low <= one.capex_yuan_mu.high and one.life_years.low > 0.0, one.id
        for level in LEVELS:
            plan = treated(base, [one.id], level)
            assert any(getattr(plan, name) != getattr(base, name) for name in one.effects), one.id
            assert plan.opex_yuan_ha + plan.capex_yuan_ha > 0.0, one.id


def test_measures_multiply_add_their_water_and_spread_their_cost_over_their_lives() -> None:
    base = planned("cotton")
    both = treated(base, ["STRAW_INTERLAYER", "SAND"])
    assert both.rising == pytest.approx(0.5 * 0.6) and both.evaporation == pytest.approx(0.8 * 0.65)
    drains = treated(base, ["PIPE_DRAIN", "GYPSUM"])
    assert drains.irrigation[FLUSH_DAY] == 225.0, "one flush serves both: the larger"
    assert drains.gypsum_t_ha == (9.0,)
    assert drains.capex_yuan_ha == pytest.approx(MU_PER_HA * (2750.0 / 25.0 + 600.0 / 7.5))


def test_what_excludes_each_other_is_refused_and_what_the_land_forbids_is_left_out() -> None:
    base = planned("cotton")
    for pair in (["PADDY", "DRIP_MULCH"], ["RAISED_BED", "PIPE_DRAIN"], ["SOIL_SWAP", "GYPSUM"]):
        with pytest.raises(BadInput) as caught:
            treated(base, pair)
        assert caught.value.code == "SALT-TREATMENT-APART"
    esp = np.array([5.0, 12.0, 30.0, np.nan])

    def rules(*ids: str, **facts: Any) -> dict[str, list[bool]]:
        found = excluded(treated(base, list(ids)), ece=np.full(4, 8.0), esp=esp, **facts)
        return {rule: rows.tolist() for rule, rows in found.items()}

    assert rules("PIPE_DRAIN") == {"T2": [False, False, True, False]}, "unknown excludes nothing"
    assert rules("PIPE_DRAIN", "GYPSUM") == {"T3": [True, False, False, False]}
    assert rules("LEACH_DITCH", outlet=False)["T1"] == [True] * 4
    assert rules("LEACH_DITCH", water=False)["T4"] == [True] * 4
    assert rules("POND_FIELD", protected=np.array([True, False, False, False]))["T5"] == [True, False, False, False]
    severe = excluded(base, ece=np.array([20.0, 10.0]), esp=np.array([5.0, 5.0]), water=False)
    assert severe["T8"].tolist() == [True, False]


# --- crop to land, land to crop -----------------------------------------------------------------------------------


def test_both_directions_are_answered_and_the_best_option_is_the_one_that_earns_most() -> None:
    forcing = forcing_from_table(weather())
    crops = fit(land(), forcing, 4, fits="crop-to-land", crops=["cotton", "maize_grain", "barley"], target=0.3)
    assert {row["option"] for row in crops.rows()} == {"cotton", "maize_grain", "barley"}
    plans = fit(
        land(), forcing, 4, fits="land-to-crop", crops=["cotton"], measures=["PIPE_DRAIN", "GYPSUM+SAND"], target=0.3
    )
    assert [row["option"] for row in plans.rows()] == ["cotton", "cotton+PIPE_DRAIN", "cotton+GYPSUM+SAND"]
    yields = plans.table.column("relative_yield").mean(axis=2)
    income = plans.table.column("income_yuan_ha").mean(axis=2)
    for unit, best in enumerate(plans.best.tolist()):
        fits = [o for o in range(3) if plans.allowed[o, unit] and yields[o, unit] >= 0.3]
        assert best == (max(fits, key=lambda o, at=unit: income[o, at]) if fits else -1)
    low_esp = int((np.asarray(land()["esp_pct"]) < 10.0).sum())
    assert plans.excluded["cotton+GYPSUM+SAND"] == {"T3": low_esp} and plans.rows()[2]["units"] == 60 - low_esp


def test_the_gain_that_breaks_even_is_where_two_incomes_meet() -> None:
    forcing, units = forcing_from_table(weather()), units_from_table(land())
    as_is = planned("wheat")
    rival = treated(as_is, ["STRAW_INTERLAYER"])
    cheap = replace(rival, opex_yuan_ha=0.0, capex_yuan_ha=0.0)
    gain = break_even_gain(units, forcing, 3, as_is, cheap)
    assert 0.0 < gain < 20.0
    better = replace(as_is, crops=(as_is.tolerances[0].raised(gain),), calendars=as_is.growing)
    less = replace(as_is, crops=(as_is.tolerances[0].raised(gain - 0.1),), calendars=as_is.growing)
    income = {
        name: float(simulate(units, [plan], forcing, 3, columns=("income_yuan_ha",)).column("income_yuan_ha").mean())
        for name, plan in (("rival", cheap), ("better", better), ("less", less))
    }
    assert income["less"] < income["rival"] <= income["better"]
    assert break_even_gain(units, forcing, 3, as_is, replace(as_is, opex_yuan_ha=1e4)) == 0.0
    assert break_even_gain(units, forcing, 3, as_is, replace(as_is, opex_yuan_ha=-1e5)) == float("inf")


# --- tables -------------------------------------------------------------------------------------------------------


def test_months_decades_and_days_are_read_as_steps() -> None:
    months = forcing_from_table(weather())
    assert months.steps == 12 and months.days.sum() == 365.0 and months.rain.shape == (1, 2, 12)
    decades = forcing_from_table({
        "year": np.full(36, 2001), "month": np.repeat(MONTHS, 3), "decade": np.tile([1, 2, 3], 12),
        "rain_mm": np.arange(36.0), "et0_mm": np.ones(36),
    })  # fmt: skip
    assert decades.steps == 36 and decades.rain[0, 0].tolist() == list(range(36)) and decades.days[5] == 8.0
    assert [step_name(5, 36), step_name(1, 12), step_name(0, 365)] == ["02-3", "02", "1"]
    assert [step_of(day, decades.days) for day in ("01-01", "01-10", "01-11", "02-28", "12-31")] == [0, 0, 1, 5, 35]
    daily = forcing_from_table({
        "year": np.full(366, 2004), "day_of_year": np.arange(1, 367), "rain_mm": np.ones(366), "et0_mm": np.ones(366),
    })  # fmt: skip
    assert daily.steps == 365


def test_a_gap_is_named_or_filled_with_the_mean_of_other_years_when_asked() -> None:
    table = weather(3)
    table["rain_mm"] = table["rain_mm"].copy()
    table["rain_mm"][[6, 18]] = [20.0, np.nan]  # July of 2001 and 2002; 45 in 2003
    with pytest.raises(BadInput) as caught:
        forcing_from_table(table)
    assert caught.value.said == "the weather of zone - lacks rain_mm in 2002, step 07; 1 value is missing in all"
    filled = forcing_from_table(table, gaps="mean")
    assert filled.rain[0, 1, 6] == 32.5 and filled.filled == 1
    short = {name: column[:-1] for name, column in weather(1).items()}
    with pytest.raises(BadInput) as caught:
        forcing_from_table(short, gaps="mean")
    assert "step 12" in caught.value.said, "no other year to fill it from"


def test_soil_that_is_not_measured_is_taken_from_its_texture_and_said() -> None:
    units = units_from_table(land(2, texture=["loam", "黏土"], field_capacity=[0.28, np.nan]))
    assert units.field_capacity.tolist() == [0.28, textures()["clay"]["field_capacity"]]
    assert "field_capacity" in units.by_texture and "leaching_efficiency" in units.by_texture
    for row in textures().values():
        assert row["wilting_point"] < row["field_capacity"] <= row["saturation"]


def test_calendars_follow_fao_56_and_stay_within_the_year() -> None:
    for one in calendars().values():
        kcb, grows = one.curve()
        assert kcb.max() == pytest.approx(one.kcb[1]) and grows.sum() == sum(one.stages), one.crop
        assert 0.0 < one.depletion < 1.0 and one.ky > 0.0 and one.source and one.confidence in CONFIDENCE


def wrong(name: str, value: Any) -> dict[str, Any]:
    return land(2, **{name: value})


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        (lambda: Layout((200.0, 0.0, 400.0, 700.0)), "SALT-LAYER-DEPTH", "layer 2 is 0 mm thick"),
        (lambda: Layout(uptake=(0.5, 0.5, 0.5, 0.0)), "SALT-UPTAKE", "add up to 1.5"),
        (lambda: units_from_table(wrong("ece_ds_m", [4.0, 4500.0])), "SALT-EC-UNIT", "ece_ds_m, row 2: 4500 dS/m"),
        (lambda: units_from_table(wrong("groundwater_depth_m", [-0.4, 1])), "SALT-GROUNDWATER-NEGATIVE", "-0.4 m"),
        (lambda: units_from_table(wrong("groundwater_ec_ds_m", [np.nan, 1])), "SALT-UNITS-EMPTY", "unit 1 is not"),
        (lambda: units_from_table(wrong("texture", ["loam", "chalk"])), "SALT-UNITS-TEXTURE", "texture 'chalk'"),
        (lambda: units_from_table({"ece_ds_m": [1.0]}), "SALT-UNITS-COLUMNS", "no column groundwater_depth_m"),
        (lambda: units_from_table({}), "SALT-UNITS-NONE", "no unit in the table"),
        (lambda: units_from_table(wrong("field_capacity", [0.12, 0.3])), "SALT-UNITS-ORDER", "out of order"),
        (lambda: forcing_from_table({"year": [2001]}), "SALT-FORCING-COLUMNS", "no column rain_mm, et0_mm, month"),
        (lambda: forcing_from_table({**weather(1), "month": [1, *range(1, 12)]}), "SALT-FORCING-TWICE", "step 01"),
        (lambda: forcing_from_table(weather(1), gaps="guess"), "SALT-FORCING-GAPS", "'guess'"),
        (lambda: forcing_from_table({**weather(1), "et0_mm": -ET0}), "SALT-OUT-OF-RANGE", "row 1: -16 lies outside"),
        (lambda: simulate(land(2), [planned("cotton")], forcing_from_table(weather()), 0), "SALT-YEARS", "years (0)"),
        (lambda: simulate(land(2), [], forcing_from_table(weather()), 1), "SALT-OPTIONS-NONE", "no option"),
        (
            lambda: simulate(land(2, zone=["A", "B"]), [planned("cotton")], forcing_from_table(weather()), 1),
            "SALT-ZONE-WITHOUT-WEATHER", "unit 1 lies in zone A",
        ),
        (lambda: planned("cotton", irrigation_ec=1200.0), "SALT-EC-UNIT", "irrigation_ec, row cotton: 1200"),
        (lambda: treated(planned("cotton"), ["MAGIC"]), "SALT-TREATMENT-UNKNOWN", "no measure 'MAGIC'"),
        (lambda: planned("quinoa").growing, "SALT-CALENDAR-UNKNOWN", "no calendar of 'quinoa'"),
        (lambda: fit(land(2), forcing_from_table(weather()), 1, fits="both"), "SALT-FIT", "'both'"),
        (lambda: fit(land(2), forcing_from_table(weather()), 1, fits=FITS[1]), "SALT-FIT-ONE-CROP", "0 were given"),
    ],
)  # fmt: skip
def test_a_slip_is_answered_in_one_sentence(what: Any, code: str, said: str) -> None:
    with pytest.raises(TilthError) as caught:
        what()
    assert isinstance(caught.value, BadInput | NotFound)
    assert caught.value.code == code and said in caught.value.said and caught.value.remedy
    with speaking("zh"):
        assert caught.value.said != said and any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.said)
