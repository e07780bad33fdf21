"""Water that carries salt away, amendments and drains: published figures, and every formula a second way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq

from tilth.core import BadInput
from tilth.soil import (
    applied_water,
    aquacrop_rise,
    averyanov,
    concentration_factor,
    critical_depth,
    critical_depth_by_soil,
    equivalent_depth,
    gardner,
    glover_dumm_spacing,
    gypsum_charge,
    gypsum_requirement,
    hooghoudt_discharge,
    hooghoudt_spacing,
    leaching_quota,
    leaching_requirement,
    reclaimed,
    relative_yield,
    steady_profile,
    tolerance,
    volobuev,
    water_to_reclaim,
)

# --- leaching -----------------------------------------------------------------------------------------------------


def test_leaching_requirements_are_the_published_ones() -> None:
    assert leaching_requirement([1.0, 2.0, 3.0], [4.0, 6.0, 7.7]).round(3).tolist() == [0.053, 0.071, 0.085]
    # Practices of Irrigation and On-farm Water Management, example 8.6: wheat, 760 mm, water of 1.5 dS/m
    share = leaching_requirement(1.5, 6.0)
    assert round(float(share), 4) == 0.0526 and round(float(applied_water(760.0, share)), 1) == 802.2


def test_concentration_factors_are_those_of_the_table_of_fao_29() -> None:
    shares = [0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.40, 0.50]
    assert concentration_factor(shares).round(2).tolist() == [3.25, 2.05, 1.59, 1.33, 1.16, 1.04, 0.87, 0.76]
    # FAO 29, section 2: water of 1 dS/m and a leaching fraction of 0.15
    levels = steady_profile(1.0, 0.15)[0]
    assert levels.round(1).tolist() == [1.0, 1.5, 2.5, 4.3, 6.7] and round(float(levels.mean()) / 2, 1) == 1.6


@given(water=st.floats(0.05, 20.0), passing=st.floats(0.02, 0.99))
def test_every_level_of_the_profile_carries_the_same_salt(water: float, passing: float) -> None:
    flow = 1.0 - np.array([0.0, 0.4, 0.7, 0.9, 1.0]) * (1.0 - passing)
    assert np.allclose(steady_profile(water, passing)[0] * flow, water, rtol=1e-12)


@given(water=st.floats(0.1, 8.0), soil=st.floats(2.0, 20.0))
def test_the_requirement_keeps_the_balance_it_comes_from(water: float, soil: float) -> None:
    """Rhoades: drainage has 5 ECe - ECw, and in a steady state what comes in goes out."""
    share = float(leaching_requirement(water, soil, infeasible="unknown"))
    if 5.0 * soil - water <= water:
        assert np.isnan(share)
    else:
        assert share * (5.0 * soil - water) == pytest.approx(water)
    by_profile = float(leaching_requirement(water, soil, "profile", infeasible="unknown"))
    if not np.isnan(by_profile):
        assert water * float(concentration_factor(by_profile)) == pytest.approx(soil, rel=1e-9)
        root = brentq(lambda one: water * float(concentration_factor(one)) - soil, 1e-9, 1.0 - 1e-12)
        assert by_profile == pytest.approx(root, abs=1e-9)
    assert float(leaching_requirement(0.0, soil)) == 0.0


@given(soil=st.floats(1.0, 40.0), depth=st.floats(0.1, 3.0), water=st.floats(0.01, 5.0), floor=st.floats(0.0, 3.0))
def test_leached_soil_never_gains_salt_nor_falls_below_its_water(
    soil: float, depth: float, water: float, floor: float
) -> None:
    left = float(reclaimed(soil, water, depth, "clay loam", ece_of_water=floor))
    assert min(soil, floor) - 1e-12 <= left <= soil + 1e-12


def test_water_to_reclaim_is_the_inverse_of_leaching() -> None:
    for soil, k in (("sandy loam", 0.1), ("clay loam", 0.3), ("peat", 0.45), ("intermittent", 0.1)):
        depth = float(water_to_reclaim(20.0, 5.0, 0.6, soil))
        assert depth == pytest.approx(k * 0.6 * 4.0)
        assert float(reclaimed(20.0, depth, 0.6, soil)) == pytest.approx(5.0)
    assert float(water_to_reclaim(3.0, 5.0, 0.6)) == 0.0


def test_volobuev_takes_as_much_for_every_tenth_part() -> None:
    assert float(volobuev(10.0, 1.0, 1.1)) == pytest.approx(11_000.0)
    assert float(volobuev(10.0, 1.0)) == pytest.approx(float(volobuev(10.0, 5.0) + volobuev(5.0, 1.0)))
    integral, _ = quad(lambda salt: 11_000.0 / (np.log(10.0) * salt), 2.0, 7.0)  # its differential form
    assert float(volobuev(7.0, 2.0)) == pytest.approx(integral)
    assert float(leaching_quota(900.0, 3000.0, 200.0, 600.0)) == 3500.0


# --- gypsum -------------------------------------------------------------------------------------------------------


def test_gypsum_of_the_worked_example_is_8_67_tonnes() -> None:
    assert round(float(gypsum_requirement(30.0, 1.4, 200.0 * 0.20, 200.0 * 0.10)), 2) == 8.67
    assert round(float(gypsum_requirement(30.0, 1.4, 40.0, 20.0, purity=0.8)), 2) == 10.84
    assert float(gypsum_requirement(30.0, 1.4, 10.0, 20.0)) == 0.0
    assert float(gypsum_requirement(30.0, 1.4, 40.0, 20.0, amendment="sulphur")) == pytest.approx(8.6688 * 0.19)


def test_a_dose_has_the_charge_that_it_is_to_replace() -> None:
    """Moles counted: soil of a square metre, sodium in it, and calcium of the dose."""
    soil_kg = 0.30 * 1400.0
    charge = soil_kg * 20.0 * 1.2  # mmolc
    assert float(gypsum_charge(gypsum_requirement(30.0, 1.4, 40.0, 20.0))) == pytest.approx(charge, rel=2e-3)


# --- drains and water tables --------------------------------------------------------------------------------------


def test_drain_spacing_of_the_worked_example_is_53_83_metres() -> None:
    spacing = hooghoudt_spacing(0.002, 0.6, 3.0, 0.05, 0.5)
    assert round(float(spacing), 2) == 53.83
    assert round(float(equivalent_depth(spacing, 3.0, 0.05)), 3) == 2.115


@given(
    q=st.floats(0.001, 0.01), h=st.floats(0.2, 1.2), below=st.floats(0.5, 10.0), r0=st.floats(0.03, 0.1),
    k=st.floats(0.05, 3.0),
)  # fmt: skip
def test_drains_at_that_spacing_carry_the_discharge(q: float, h: float, below: float, r0: float, k: float) -> None:
    spacing = float(hooghoudt_spacing(q, h, below, r0, k))
    assert float(hooghoudt_discharge(spacing, h, below, r0, k)) == pytest.approx(q, rel=1e-9)

    def short(length: float) -> float:
        return float(hooghoudt_discharge(length, h, below, r0, k)) - q

    assert spacing == pytest.approx(brentq(short, 0.5 * spacing, 2.0 * spacing), rel=1e-6)


def test_the_two_forms_of_the_equivalent_depth_meet() -> None:
    """x = 0.5 divides the series from its small-x form: about L = 4πD."""
    below = 2.0
    border = 4.0 * np.pi * below
    left, right = equivalent_depth([border * (1.0 - 1e-9), border * (1.0 + 1e-9)], below, 0.05)
    assert left == pytest.approx(right, rel=1e-3)
    hooghoudt = np.array([1.0, 2.0, 5.0])  # never deeper than the layer is
    assert (equivalent_depth(1000.0, hooghoudt, 0.05) <= hooghoudt).all()


def test_glover_dumm_is_the_first_term_of_the_falling_water_table() -> None:
    """Fourier's series of the linear equation: after a while its first term is left; 1.16 is that of a flat start."""
    k, depth, days, mu, before = 0.8, 3.0, 10.0, 0.06, 1.0
    spacing = float(glover_dumm_spacing(k, depth, days, mu, before, 0.4))
    decay = np.pi**2 * k * depth * days / (mu * spacing**2)
    assert 1.16 * before * np.exp(-decay) == pytest.approx(0.4)

    x = np.linspace(0.0, 1.0, 81)
    first = 1.0 - (2.0 * x - 1.0) ** 4  # the shape that Dumm starts from: nearly flat, steep at the drains
    step = k * depth / (mu * spacing**2) / (x[1] - x[0]) ** 2

    def falling(_: float, head: np.ndarray) -> np.ndarray:
        change = np.zeros_like(head)
        change[1:-1] = step * (head[2:] - 2.0 * head[1:-1] + head[:-2])
        return change

    end = solve_ivp(falling, (0.0, days), first, method="BDF", rtol=1e-8).y[:, -1]
    assert end.max() == pytest.approx(0.4, rel=0.02)


def test_capillary_rise_has_gardner_s_constants() -> None:
    assert [round(float(gardner(1.0, n, 1.0)), 2) for n in (1.5, 2.0, 3.0, 4.0)] == [3.76, 2.47, 1.77, 1.52]


@pytest.mark.parametrize("n", [1.5, 2.0, 3.0, 4.0])
def test_capillary_rise_is_the_steady_flow_of_darcy(n: float) -> None:
    """Height over which suction grows without bound at a flow G: ∫ dh/(1 + G/K), K = a/h^n, is the distance."""
    a, distance = 40.0, 1.3
    flow = float(gardner(a, n, distance))
    height, _ = quad(lambda h: 1.0 / (1.0 + flow * h**n / a), 0.0, np.inf)
    assert height == pytest.approx(distance, rel=1e-6)


def test_evaporation_of_groundwater_falls_to_nothing_at_its_greatest_depth() -> None:
    assert averyanov(4.0, [0.0, 1.0, 2.0, 3.0], 2.0, 1.0).tolist() == [4.0, 2.0, 0.0, 0.0]
    slope = (averyanov(4.0, 1.0 + 1e-6, 3.0, 2.0) - averyanov(4.0, 1.0 - 1e-6, 3.0, 2.0)) / 2e-6
    assert float(slope) == pytest.approx(-2.0 * 4.0 / 3.0 * (1.0 - 1.0 / 3.0), rel=1e-6)


def test_aquacrop_s_curve_is_a_straight_line_of_logarithms() -> None:
    z = np.array([0.8, 1.6])
    rate = aquacrop_rise(z, 500.0, "loamy")
    a, b = -0.4986 + 9e-5 * 500.0, -2.1320 + 0.4778 * np.log(500.0)
    assert np.allclose(a * np.log(rate) + b, np.log(z))
    assert float(aquacrop_rise(0.01, 500.0, "loamy")) == 99.0


def test_critical_depths_grow_with_warmth_salt_and_sand() -> None:
    assert float(critical_depth(8.0)) == pytest.approx(2.34)
    depths = [critical_depth_by_soil("loam", salt) for salt in (1.0, 4.0, 6.0, 12.0)]
    assert [(one.low, one.high) for one in depths] == [(1.5, 1.7), (1.7, 1.9), (1.8, 2.0), (2.0, 2.2)]
    assert (
        critical_depth_by_soil("clay", 2.0).value
        < depths[0].value
        < critical_depth_by_soil("sandy-light loam", 2.0).value
    )


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        (lambda: leaching_requirement([1.0, 6.0], [4.0, 2.0]), "SALT-LEACHING-INFEASIBLE", "row 2: water of 6 dS/m"),
        (lambda: applied_water(800.0, 1.0), "SALT-LEACHING-SHARE", "a leaching fraction of 1 leaves no water"),
        (lambda: leaching_requirement(1200.0, 4.0), "SALT-EC-UNIT", "it looks like µS/cm"),
        (lambda: leaching_requirement(1.0, 4.0, "guess"), "SALT-LEACHING-METHOD", "no way 'guess'"),
        (lambda: reclaimed(10.0, 0.5, 0.0), "SALT-NOT-POSITIVE", "soil depth, row 1: 0 is not more than 0"),
        (lambda: gypsum_requirement(0.0, 1.4, 40.0, 20.0), "SALT-NOT-POSITIVE", "layer depth, row 1"),
        (lambda: gypsum_requirement(30.0, 1400.0, 40.0, 20.0), "SALT-OUT-OF-RANGE", "bulk density, row 1: 1400"),
        (lambda: averyanov(5.0, [1.0, -0.5], 3.0), "SALT-GROUNDWATER-NEGATIVE", "row 2: the water table"),
        (lambda: glover_dumm_spacing(1.0, 3.0, 5.0, 0.1, 0.5, 0.7), "SALT-HEADS", "does not fall from 0.5 m to 0.7 m"),
        (lambda: steady_profile(1.0, 0.1, (0.5, 0.4)), "SALT-UPTAKE", "add up to 0.9"),
        (lambda: gardner(1.0, 1.0, 1.0), "SALT-GARDNER", "more than 1"),
    ],
)  # fmt: skip
def test_a_wrong_figure_is_answered_in_one_sentence(what: object, code: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        what()  # type: ignore[operator]
    assert caught.value.code == code and said in caught.value.said and caught.value.remedy


# --- worked examples that others have published -------------------------------------------------------------------


def test_a_textbook_s_wheat_under_river_water_comes_out() -> None:
    """Ali 2011, Practices of Irrigation and On-farm Water Management, example 8.6: LR 0.0526, 80.22 cm let on."""
    share = leaching_requirement(1.5, tolerance("wheat").threshold)
    assert float(share) == pytest.approx(0.0526, abs=5e-5)
    assert float(applied_water(76.0, share)) == pytest.approx(80.22, abs=5e-3)


def test_a_lecture_s_yields_come_out() -> None:
    """ASCE Manual 71, yield response functions, as San Diego State University's course CIVE 633 works them."""
    crop = replace(tolerance("wheat"), threshold=4.0, slope=20.0)
    assert relative_yield([4.0, 5.0, 6.0, 7.0, 8.0, 9.0], crop).tolist() == pytest.approx([1, 0.8, 0.6, 0.4, 0.2, 0])
    assert float(applied_water(100.0, 0.2)) == 125.0
