"""Leaching efficiency and capillary rise found again from salt measured twice, and refused where salt does not tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_salt_chain import NAME, hetao

from tilth.core import BadInput, FloatArray
from tilth.soil import Calibrated, Option, Units, calibrate, observed_from_table, units_from_table
from tilth.soil.salt_chain.calibrating import _runs, _seen
from tilth.soil.salt_chain.ground import Layout

DATES = ("2001-04-05", "2001-10-25")
#: Water is leached on half the land's own terms: much is let on, and groundwater is near.
DONE = Option("done", NAME, ("cotton",), {"05-05": 120.0, "06-15": 120.0, "07-10": 120.0})


def places(n: int = 40, **more: Any) -> Units:
    rng = np.random.default_rng(8)
    return units_from_table({
        "unit_id": [f"P{number}" for number in range(n)], "ece_ds_m": rng.lognormal(1.7, 0.4, n),
        "groundwater_depth_m": rng.uniform(1.1, 3.5, n), "groundwater_ec_ds_m": rng.uniform(4.0, 15.0, n),
        "texture": np.array(["sandy loam", "loam", "clay loam"])[rng.integers(0, 3, n)], **more,
    })  # fmt: skip


def walked(units: Units, option: Option, efficiency: float, rise: float, k: int = 4) -> tuple[FloatArray, FloatArray]:
    """What would be measured on both dates if both factors were true."""
    rows, layout = np.arange(len(units)), Layout()
    before, after = units.ece[0, :, :k].copy(), np.empty((len(units), k))
    for at, run in _runs(units, rows, option, hetao(), DATES, layout):
        after[at] = _seen(run(efficiency, rise), units.paste[at], layout, k)
    return before, after


def found(units: Units, option: Option, before: FloatArray, after: FloatArray, **more: Any) -> Calibrated:
    return calibrate(units, option, hetao(), DATES, before, after, **more)


@pytest.mark.parametrize(("efficiency", "rise"), [(0.8, 1.6), (1.2, 0.5)])
@pytest.mark.parametrize("k", [1, 4])
def test_planted_factors_are_found_again(efficiency: float, rise: float, k: int) -> None:
    units = places()
    got = found(units, DONE, *walked(units, DONE, efficiency, rise, k), error=0.03)
    assert got.efficiency.factor == pytest.approx(efficiency, rel=0.03)
    assert got.rise.factor == pytest.approx(rise, rel=0.03)
    assert got.misfit < 0.01 < got.misfit_before and got.values == 40 * k


def test_with_noise_the_intervals_hold_what_was_planted() -> None:
    units, rng = places(80), np.random.default_rng(4)
    before, after = walked(units, DONE, 0.8, 1.6)
    got = found(units, DONE, before, after * np.exp(0.08 * rng.standard_normal(after.shape)), error=0.08)
    assert got.efficiency.low < 0.8 < got.efficiency.high and got.rise.low < 1.6 < got.rise.high
    assert got.misfit == pytest.approx(0.08, rel=0.25)
    after_it = got.applied(units)
    assert np.allclose(after_it.rise, units.rise * got.rise.factor) and after_it.leaching_efficiency.max() <= 1.0


def test_what_salt_cannot_tell_is_refused_in_one_sentence() -> None:
    deep = places(groundwater_depth_m=np.full(40, 80.0))
    with pytest.raises(BadInput) as caught:
        found(deep, DONE, *walked(deep, DONE, 0.8, 1.6))
    assert caught.value.code == "SALT-CALIBRATE-UNTOLD" and "rise_1m_mm_day" in caught.value.said
    units = places()
    dry = replace(DONE, irrigation={}, without=frozenset({"rain"}))
    with pytest.raises(BadInput) as caught:
        found(units, dry, *walked(units, dry, 0.8, 1.0))
    assert caught.value.code == "SALT-CALIBRATE-UNTOLD" and "leaching_efficiency" in caught.value.said


def test_measurements_are_read_by_unit_and_date_and_slips_are_named() -> None:
    units = places(3)
    rows = {
        "unit_id": ["P2", "P0", "P0", "P2"],
        "date": ["2001-10-25", *["2001-04-05"] * 1, "2001-10-25", "2001-04-05"],
    }
    table = {**rows, "ece_ds_m": [7.0, 4.0, 3.0, 8.0]}
    dates, before, after = observed_from_table(table, units)
    assert dates == DATES and before[[0, 2], 0].tolist() == [4.0, 8.0] and after[[0, 2], 0].tolist() == [3.0, 7.0]
    assert np.isnan(before[1]).all()

    def code(what: Any) -> str:
        with pytest.raises(BadInput) as caught:
            what()
        return caught.value.code

    assert code(lambda: observed_from_table({**table, "date": ["2001-04-05"] * 4}, units)) == "SALT-CALIBRATE-DATES"
    assert code(lambda: observed_from_table({**table, "date": ["May 2001"] * 4}, units)) == "SALT-CALIBRATE-DATE"
    assert code(lambda: observed_from_table({**table, "unit_id": ["X"] * 4}, units)) == "SALT-CALIBRATE-UNIT"
    assert code(lambda: observed_from_table(rows, units)) == "SALT-CALIBRATE-COLUMNS"
    assert code(lambda: observed_from_table({**table, "ece_ds_m": [7000.0] * 4}, units)) == "SALT-EC-UNIT"
    empty = np.full((3, 1), np.nan)
    assert code(lambda: found(units, DONE, empty, after)) == "SALT-CALIBRATE-NONE"
    late = ("2001-04-05", "2019-10-25")
    assert code(lambda: calibrate(units, DONE, hetao(), late, before, after)) == "SALT-CALIBRATE-WEATHER"
    near = ("2001-04-05", "2001-04-07")
    assert code(lambda: calibrate(units, DONE, hetao(), near, before, after)) == "SALT-CALIBRATE-NEAR"


def test_factors_beyond_what_is_searched_and_noise_are_refused() -> None:
    units = places()
    with pytest.raises(BadInput) as caught:
        found(units, DONE, *walked(units, DONE, 0.8, 20.0))
    assert caught.value.code in ("SALT-CALIBRATE-EDGE", "SALT-CALIBRATE-MISFIT")
    with pytest.raises(BadInput) as caught:
        found(units, DONE, *walked(units, DONE, 0.8, 0.02))
    assert caught.value.code in ("SALT-CALIBRATE-EDGE", "SALT-CALIBRATE-UNTOLD")
    before, after = walked(units, DONE, 0.8, 1.6)
    noise = np.exp(np.random.default_rng(3).normal(0.0, 1.0, after.shape))
    with pytest.raises(BadInput) as caught:
        found(units, DONE, before, after * noise)
    assert caught.value.code == "SALT-CALIBRATE-MISFIT"


def test_units_of_a_zone_without_weather_are_named() -> None:
    units = replace(places(), zone=("west",) * 40)
    with pytest.raises(BadInput) as caught:
        found(units, DONE, units.ece[0], units.ece[0])
    assert caught.value.code == "SALT-ZONE-WITHOUT-WEATHER"
