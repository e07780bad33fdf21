"""Acid and worn soil: lime, humus, and both in the table of options; and each rule of measures from both sides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_salt_options import land, weather

from tilth.core import BadInput, speaking
from tilth.soil import (
    Option,
    acidity_of_aluminium,
    acidity_of_bases,
    acidity_of_ph,
    acidity_yield,
    excluded,
    fit,
    forcing_from_table,
    lime_requirement,
    organic_matter,
    planned,
    reason,
    residual_ece,
    simulate,
    treated,
)
from tilth.soil.salt_chain.measures import apart
from tilth.soil.salt_chain.worn import ACIDIFIED, LOST, organic_through_years, ph_through_years


def test_lime_neutralises_its_own_weight_of_acidity() -> None:
    """2,600 t of soil a hectare hold 65,000 mol of charge at 25 mmolc/kg: 3.253 t of CaCO3."""
    assert lime_requirement(20.0, 1.3, 25.0) == pytest.approx(65_000 * 100.09 / 2e6, rel=1e-9)
    assert lime_requirement(20.0, 1.3, 25.0, neutralising=0.5) == pytest.approx(2 * lime_requirement(20.0, 1.3, 25.0))
    assert acidity_of_ph(5.0, 6.0, 25.0) == 25.0 and acidity_of_ph(6.5, 6.0) == 0.0
    assert acidity_of_aluminium(20.0) == 30.0
    assert acidity_of_bases(120.0, 40.0, 70.0) == pytest.approx(36.0) and acidity_of_bases(120.0, 80.0, 70.0) == 0.0


def test_lime_brings_ph_up_by_its_charge_and_it_goes_back_slowly() -> None:
    years = ph_through_years([5.0], 25.0, 1.3, float(lime_requirement(20.0, 1.3, 12.5)), 30)
    assert years[0, 0] == pytest.approx(5.5) and years[0, 1] == pytest.approx(5.5 - ACIDIFIED.value)
    assert years[0, -1] == 5.0, "never below where it started"
    assert ph_through_years([7.2], 25.0, 1.3, 50.0, 1)[0, 0] == 7.5
    assert acidity_yield([6.0, 5.5, 4.5, 1e9 * 0 + 2.0]).tolist() == pytest.approx([1.0, 1.0, 0.75, 0.125])


def test_organic_matter_builds_up_as_its_equation_says() -> None:
    """The closed form against the equation itself, stepped finely: dS/dt = h - k S."""
    stock, humus, lost = 45.0, 1.5, 0.021
    held, step = stock, 1e-3
    for _ in range(round(25 / step)):
        held += step * (humus - lost * held)
    assert organic_matter(stock, humus, lost, 25.0) == pytest.approx(held, rel=1e-5)
    assert organic_matter(stock, humus, lost, 0.0) == stock
    assert organic_matter(stock, humus, lost, 2000.0) == pytest.approx(humus / lost)
    half = np.log(2.0) / lost
    gap = organic_matter(stock, humus, lost, [0.0, half]) - humus / lost
    assert gap[1] == pytest.approx(0.5 * gap[0]), "half of what is missing is there after ln 2/k years"
    same = organic_through_years([12.0], 1.3, 0.0, 5)
    assert np.allclose(same, 12.0), "what the land gets today holds it"
    assert organic_through_years([12.0], 1.3, 1.0, 500)[0, -1] == pytest.approx(12.0 + 1.0 / LOST.value / 2.6, rel=1e-3)
    with pytest.raises(BadInput):
        organic_matter(10.0, 1.0, 0.0, 5.0)


def test_lime_and_humus_stand_in_the_table_of_options_beside_the_others() -> None:
    units = land(20, ph=np.full(20, 4.6), organic_g_kg=np.full(20, 9.0), ece_ds_m=np.full(20, 1.0))
    base = planned("maize_grain")
    plans = [base, treated(base, ["LIME"]), treated(base, ["STRAW_RETURN"]), treated(base, ["LIME", "ORGANIC"])]
    asked = ("relative_yield", "ph", "organic_g_kg", "income_yuan_ha")
    table = simulate(units, plans, forcing_from_table(weather()), 5, columns=asked)
    share = table.column("relative_yield").mean(axis=(1, 2))
    assert share[1] > 1.05 * share[0] and share[2] > share[0] and share[3] > share[1]
    assert table.column("ph")[1, 0, 0] > table.column("ph")[1, 0, 4] > 4.6 == pytest.approx(table.column("ph")[0, 0, 0])
    grown = table.column("organic_g_kg")[2, 0]
    assert (np.diff(grown) > 0.0).all() and grown[0] > 9.0
    assert not any("acidity" in one for one in table.not_counted)
    bare = simulate(land(2), [base], forcing_from_table(weather()), 1)
    assert "acidity, where pH is not given" in bare.not_counted
    fitted = fit(units, forcing_from_table(weather()), 3, fits="land-to-crop", crops=["maize_grain"], measures=["LIME"])
    assert [row["option"] for row in fitted.rows()] == ["maize_grain", "maize_grain+LIME"] and not fitted.excluded
    sweet = land(4, ph=np.array([5.0, 6.4, 6.5, 8.0]))
    fitted = fit(sweet, forcing_from_table(weather()), 1, fits="land-to-crop", crops=["maize_grain"], measures=["LIME"])
    assert fitted.excluded == {"maize_grain+LIME": {"L1": 2}}


# --- rules of measures, from both sides ---------------------------------------------------------------------------

CALM: dict[str, Any] = {"ece": [6.0], "esp": [12.0]}


@pytest.mark.parametrize(
    ("rule", "ids", "broken", "kept"),
    [
        ("T1", ["LEACH_DITCH"], {"outlet": False}, {"outlet": True}),
        ("T2", ["PIPE_DRAIN"], {"esp": [15.1]}, {"esp": [15.0]}),
        ("T3", ["GYPSUM"], {"esp": [9.9]}, {"esp": [10.0]}),
        ("T3", ["GYPSUM"], {"gypsic": True}, {"gypsic": False}),
        ("T4", ["PADDY"], {"water": False}, {"water": True}),
        ("T5", ["POND_FIELD"], {"protected": True}, {"protected": False}),
        ("T8", [], {"ece": [16.1], "water": False}, {"ece": [16.0], "water": False}),
        ("T8", [], {"ece": [16.1], "water": False}, {"ece": [16.1], "water": True}),
        (
            "T9", [], {"compensates": True, "saline_class": True, "accepted": False},
            {"compensates": True, "saline_class": True, "accepted": True},
        ),
        ("T9", [], {"compensates": True, "saline_class": True}, {"compensates": False, "saline_class": True}),
        ("T9", [], {"compensates": True, "saline_class": True}, {"compensates": True, "saline_class": False}),
        ("L1", ["LIME"], {"ph": [6.5]}, {"ph": [6.4]}),
    ],
)  # fmt: skip
def test_a_rule_holds_on_one_side_of_its_bound_and_not_on_the_other(
    rule: str, ids: list[str], broken: dict[str, Any], kept: dict[str, Any]
) -> None:
    plan = treated(planned("cotton"), ids) if ids else planned("cotton")
    assert rule in excluded(plan, **{**CALM, **broken}) and rule not in excluded(plan, **{**CALM, **kept})
    assert reason(rule)
    with speaking("zh"):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in reason(rule))


def test_an_amendment_lets_sodic_soil_be_leached_and_a_halophyte_may_stand_on_solonchak() -> None:
    both = treated(planned("cotton"), ["PIPE_DRAIN", "GYPSUM"])
    assert "T2" not in excluded(both, ece=[6.0], esp=[30.0])
    feed = treated(planned("cotton"), ["HALO_FEED"])
    assert "T8" not in excluded(feed, ece=[30.0], esp=[5.0], water=False)
    assert "T8" not in excluded(Option("fallow", planned("cotton").label), ece=[30.0], esp=[5.0], water=False)


def test_measures_that_exclude_each_other_are_pairs_and_others_are_not() -> None:
    assert apart(["PADDY", "DRIP_MULCH"]) and apart(["RAISED_BED", "PIPE_DRAIN"]) and apart(["SOIL_SWAP", "LEVEL"])
    assert not apart(["PADDY", "PIPE_DRAIN"]) and not apart(["RAISED_BED", "GYPSUM"]) and not apart(["SOIL_SWAP"])


def test_residuals_multiply_down_to_equilibrium_and_come_back_with_the_end_of_a_life() -> None:
    assert residual_ece(10.0, (0.4, 0.5), 2.0) == pytest.approx(3.0)
    assert residual_ece(10.0, (0.4, 0.5), 4.0) == 4.0, "never below what soil has in equilibrium with its water"
    assert residual_ece(3.0, (0.4,), 4.0) == 3.0, "and no measure makes it saltier"
    assert residual_ece(10.0, (0.4,), 0.0, years=5.0, lives=(10.0,)) == pytest.approx(8.0)
    assert residual_ece(10.0, (0.4,), 0.0, years=10.0, lives=(10.0,)) == 10.0


def test_both_directions_choose_only_what_reaches_the_target() -> None:
    forcing = forcing_from_table(weather())
    low = fit(land(), forcing, 3, fits="crop-to-land", crops=["cotton", "barley"], target=0.05)
    high = fit(land(), forcing, 3, fits="crop-to-land", crops=["cotton", "barley"], target=0.999)
    assert (low.best >= 0).sum() > (high.best >= 0).sum()
    for one in (low, high):
        reached = one.table.column("relative_yield").mean(axis=2)
        chosen = np.flatnonzero(one.best >= 0)
        assert (reached[one.best[chosen], chosen] >= one.target).all()
    assert replace(low, target=0.5).target == 0.5
