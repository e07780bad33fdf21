"""Conversions are the published ones: the tables they were printed with, and a second way to each formula."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import BadInput, speaking
from tilth.soil import (
    cations_from_ec,
    charges_from_mg_l,
    cross,
    ec_at_25,
    ece_estimate,
    ece_from_extract,
    esp_from_exchangeable,
    esp_from_sar,
    esp_from_sar15,
    extract_of,
    ion_balance_pct,
    ion_sum_g_l,
    load_conversions,
    osmotic_mpa,
    residual_carbonate,
    salt_from_ec15,
    salt_from_ece,
    salt_load_kg_ha,
    sar,
    sar_from_esp,
    tds_mg_l,
    usda_texture,
)

amounts = st.floats(0.01, 500)


# --- what was printed with the formulas -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("saturation", "factor"),
    [(0.20, 17.61), (0.25, 14.58), (0.30, 12.56), (0.35, 11.12), (0.40, 10.04), (0.45, 9.19), (0.50, 8.52),
     (0.60, 7.51), (0.80, 6.25)],
)  # fmt: skip
def test_the_factor_by_saturation_is_the_published_one(saturation: float, factor: float) -> None:
    found = float(ece_from_extract(1.0, "1:5", saturation=saturation))
    assert abs(found - factor) <= 0.005 + 1e-9
    assert math.isclose(found, float(Fraction("2.46") + Fraction("3.03") / Fraction(str(saturation))))


@pytest.mark.parametrize(("ece", "salts"), [(4, (0.77, 1.15, 1.54)), (8, (1.54, 2.30, 3.07)), (16, (3.07, 4.61, 6.14))])
def test_the_salt_of_a_paste_is_the_published_one(ece: float, salts: tuple[float, ...]) -> None:
    found = [float(salt_from_ece(ece, saturation)[0]) for saturation in (0.30, 0.45, 0.60)]
    assert [round(one, 2) for one in found] == list(salts)
    # a second way: dissolved solids of the paste's water, by its volume
    assert found == pytest.approx([ece * 640 / 1000 * water for water in (0.30, 0.45, 0.60)])


@pytest.mark.parametrize(("ratio", "esp"), [(5, 5.76), (10, 11.89), (13, 15.19), (20, 22.02), (40, 36.60)])
def test_exchangeable_sodium_by_sar_is_the_published_one(ratio: float, esp: float) -> None:
    assert round(float(esp_from_sar(ratio)), 2) == esp
    # a second way: sodium exchanged for each other cation, and from it the share of sodium in all
    by_others = Fraction("-0.0126") + Fraction("0.01475") * ratio
    assert float(esp_from_sar(ratio)) == pytest.approx(float(100 * by_others / (1 + by_others)))


@given(ratio=st.floats(1.0, 400.0))
def test_sar_of_the_exchangeable_sodium_of_a_sar_is_that_sar(ratio: float) -> None:
    assert float(sar_from_esp(esp_from_sar(ratio))) == pytest.approx(ratio)


def test_a_millimetre_of_water_at_one_ds_m_brings_6_4_kg_of_salt_to_a_hectare() -> None:
    assert salt_load_kg_ha(1.0, 1.0).tolist() == [6.4]


@pytest.mark.parametrize(
    ("extract", "texture", "ec", "ece"),
    [
        ("1:5", "sand", 1.0, 17.0), ("1:5", "loamy sand", 1.0, 17.0), ("1:5", "砂壤土", 1.0, 13.8),
        ("1:5", "loam", 1.0, 9.5), ("1:5", "粉壤土", 2.0, 19.0), ("1:5", "clay loam", 1.0, 8.6),
        ("1:5", "medium clay", 1.0, 7.0),
        ("1:1", "sand", 2.0, 3.01 * 2 - 0.06), ("1:1", "loam", 2.0, 3.01 * 2 - 0.77),
        ("1:1", "clay", 2.0, 2.66 * 2 - 0.97), ("1:2", "sandy loam", 2.0, 2.79 * 2 + 0.71),
        ("1:2", "silt loam", 2.0, 2.35 * 2 - 0.36), ("1:2", "重黏土", 2.0, 2.16 * 2 + 0.03),
    ],
)  # fmt: skip
def test_the_conversion_by_texture_is_the_published_one(extract: str, texture: str, ec: float, ece: float) -> None:
    assert float(ece_from_extract(ec, extract, texture=texture)) == pytest.approx(ece)


def test_an_estimate_carries_its_range_and_its_method() -> None:
    done = ece_estimate([1.0, 1.0, 1.0], "1:5", saturation=[0.45, 0.25, np.nan], texture=["", "", "sand"])
    assert done.low.round(3).tolist() == [7.355, 8.748, 12.0]  # −20 % on loam, −40 % on sand, 12 to 23 by texture
    assert done.high.round(3).tolist() == [11.032, 20.412, 23.0]
    assert done.method == ("EC1:5 → ECe, SP 0.45", "EC1:5 → ECe, SP 0.25", "EC1:5 → ECe, sand")
    assert "Slavich and Petterson 1993" in done.source


@given(ec=st.floats(0, 30), texture=st.sampled_from(["sand", "loam", "clay"]), extract=st.sampled_from(["1:1", "1:2"]))
def test_a_paste_is_never_more_dilute_than_the_extract_it_is_compared_with(
    ec: float, texture: str, extract: str
) -> None:
    done = ece_estimate(ec, extract, texture=texture)
    assert done.low[0] <= done.value[0] <= done.high[0]
    assert done.value[0] >= ec


def test_a_regression_of_a_region_is_used_only_by_name() -> None:
    assert float(ece_estimate(2.0, "1:5", regression="australia-all").value[0]) == pytest.approx(12.8)
    assert float(ece_estimate(2.0, "1:5", regression="regression-644").value[0]) == pytest.approx(12.78)
    assert float(ece_estimate(2.0, "1:5", regression="regression-629").value[0]) == pytest.approx(12.31)
    with pytest.raises(BadInput, match="no regression 'australia-all' from a 1:1 extract"):
        ece_estimate(2.0, "1:1", regression="australia-all")


# --- what is unknown stays unknown, what cannot be is refused ---------------------------------------------------------


def test_without_saturation_and_texture_nothing_is_converted() -> None:
    with pytest.raises(BadInput, match="only with the saturation or the texture of the soil, and neither is given"):
        ece_from_extract([1.0], "1:5")
    some = ece_from_extract([1.0, 1.0, np.nan], "1:5", saturation=[0.45, np.nan, 0.45])
    assert np.isnan(some).tolist() == [False, True, True]


def test_there_is_no_conversion_of_an_extract_that_nobody_published() -> None:
    with pytest.raises(BadInput, match=r"no conversion from a 1:2\.5 extract"):
        ece_from_extract(1.0, "1:2.5", texture="loam")


def test_a_percentage_taken_for_a_saturation_is_refused_not_divided() -> None:
    with pytest.raises(BadInput, match="a saturation of 45 kg/kg cannot be"):
        ece_from_extract(1.0, "1:5", saturation=45)
    with speaking("zh"), pytest.raises(BadInput, match=r"45% 即 0\.45"):
        ece_from_extract(1.0, "1:5", saturation=45)


@pytest.mark.parametrize(
    ("said", "wanted"), [("1:3", "'1:3' is no extract"), ("soil", "'soil' is no extract"), ("", "'' is no extract")]
)
def test_an_extract_that_is_none_is_named(said: str, wanted: str) -> None:
    with pytest.raises(BadInput, match=wanted):
        ece_from_extract(1.0, said, texture="loam")


@pytest.mark.parametrize("text", ["1:2.5", "1：2.5", "1 to 2.5", "1/2,5", "1比2.5"])
def test_an_extract_is_known_however_it_is_written(text: str) -> None:
    assert extract_of(text) == "1:2.5"


def test_an_unknown_texture_and_a_negative_ec_are_refused() -> None:
    with pytest.raises(BadInput, match="'marsh' is no texture"):
        ece_from_extract(1.0, "1:5", texture="marsh")
    with pytest.raises(BadInput, match="an EC is negative: -1 dS/m at place 2"):
        ece_from_extract([1.0, -1.0], "1:5", texture="loam")


# --- a second way to each formula -------------------------------------------------------------------------------------


@given(na=amounts, ca=amounts, mg=amounts, k=amounts)
def test_sar_and_cross_are_what_they_are_on_paper(na: float, ca: float, mg: float, k: float) -> None:
    assert float(sar(na, ca, mg)) == pytest.approx(na * math.sqrt(2) / math.sqrt(ca + mg))
    assert float(cross(na, k, ca, mg)) == pytest.approx((na + 0.56 * k) * math.sqrt(2) / math.sqrt(ca + 0.60 * mg))
    own = (na + 0.335 * k) / math.sqrt((ca + 0.0758 * mg) / 2)
    assert float(cross(na, k, ca, mg, optimised=True)) == pytest.approx(own)
    assert float(cross(na, 0.0, ca, 0.0)) == pytest.approx(float(sar(na, ca, 0.0)))


def test_a_solution_without_calcium_and_magnesium_has_no_sar() -> None:
    assert np.isnan(sar(3.0, 0.0, 0.0))
    with pytest.raises(BadInput, match="negative"):
        sar(-1.0, 1.0, 1.0)


def test_small_formulas_agree_with_paper() -> None:
    assert float(residual_carbonate(1.0, 4.0, 2.0, 1.5)) == 1.5
    assert float(esp_from_sar15(10.0)) == pytest.approx(21.3)
    assert float(esp_from_exchangeable(3.0, 20.0)) == pytest.approx(15.0)
    assert np.isnan(esp_from_exchangeable(3.0, 0.0))
    assert osmotic_mpa(10.0).tolist() == pytest.approx([-0.36])
    assert cations_from_ec(4.0).tolist() == [40.0]
    assert float(ec_at_25(2.0, 25.0)) == 2.0
    assert float(ec_at_25(2.0, 35.0)) == pytest.approx(2.0 / 1.191)
    done = salt_from_ec15([2.0])
    assert (done.low.item(), done.value.item(), done.high.item()) == pytest.approx((4.8, 6.4, 7.2))


@pytest.mark.parametrize(("ec", "tds"), [(1.0, 640.0), (4.999, 3199.36), (5.0, 4000.0), (5.001, 4000.8)])
def test_dissolved_solids_take_the_higher_factor_from_5_ds_m(ec: float, tds: float) -> None:
    assert float(tds_mg_l(ec)[0]) == pytest.approx(tds)


@pytest.mark.parametrize(
    ("ion", "mass", "charge"),
    [("na", 22.99, 1), ("k", 39.10, 1), ("ca", 40.08, 2), ("mg", 24.31, 2), ("cl", 35.45, 1),
     ("so4", 32.06 + 4 * 16.00, 2), ("no3", 14.01 + 3 * 16.00, 1), ("hco3", 1.008 + 12.01 + 3 * 16.00, 1),
     ("co3", 12.01 + 3 * 16.00, 2)],
)  # fmt: skip
def test_a_mole_of_each_ion_carries_its_charge(ion: str, mass: float, charge: int) -> None:
    """A second way: the mass of the ion from its atoms."""
    assert float(charges_from_mg_l(ion, np.array([mass]))[0]) == pytest.approx(charge, rel=1e-3)


def test_ions_balance_where_they_are_complete() -> None:
    ions = {name: np.array([1.0, 1.0]) for name in ("na", "k", "ca", "mg")}
    ions |= {"cl": np.array([2.0, np.nan]), "so4": np.array([1.0, 1.0]), "hco3": np.array([0.0, 0.0])}
    assert ion_balance_pct(ions).tolist() == pytest.approx([100 / 7, np.nan], nan_ok=True)
    assert float(ion_sum_g_l(ions)[0]) == pytest.approx((22.99 + 39.098 + 20.039 + 12.1525 + 70.9 + 48.03) / 1000)


def test_the_texture_triangle_gives_the_named_class() -> None:
    points = [(92, 5, 3, "sand"), (82, 12, 6, "loamy sand"), (65, 25, 10, "sandy loam"), (42, 40, 18, "loam"),
              (20, 65, 15, "silt loam"), (7, 88, 5, "silt"), (60, 13, 27, "sandy clay loam"),
              (33, 33, 34, "clay loam"), (10, 56, 34, "silty clay loam"), (52, 6, 42, "sandy clay"),
              (6, 47, 47, "silty clay"), (20, 20, 60, "clay")]  # fmt: skip
    sand, silt, clay, names = zip(*points, strict=True)
    assert usda_texture(*(np.array(one, float) for one in (sand, silt, clay))).tolist() == list(names)
    assert usda_texture(np.array([50.0]), np.array([30.0]), np.array([5.0])).tolist() == [""]


@given(sand=st.integers(0, 100), silt=st.integers(0, 100))
def test_every_soil_has_one_texture(sand: int, silt: int) -> None:
    if sand + silt <= 100:
        one = usda_texture(*(np.array([float(part)]) for part in (sand, silt, 100 - sand - silt)))
        assert one[0] != ""


def test_a_county_puts_its_own_numbers_in_place_of_ours(tmp_path) -> None:
    own = tmp_path / "soil-conversions.toml"
    own.write_text(
        '[[figure]]\nid = "salt-per-ec15"\nvalue = 2.9\nlow = 2.7\nhigh = 3.1\nunit = "g/kg per dS/m"\n'
        'source = "county survey 2023"\nconfidence = "likely"\n'
        '[[extract]]\nid = "125-all"\nextract = "1:2.5"\nslope = 4.1\nshare = 0.3\nsource = "county survey 2023"\n'
        'confidence = "likely"\n',
        encoding="utf-8",
    )
    table = load_conversions(own)
    assert salt_from_ec15([1.0], table).value.tolist() == [2.9]
    assert ece_estimate([1.0], "1:2.5", regression="125-all", table=table).value.tolist() == [4.1]
    own.write_text('[[figure]]\nid = "salt-per-ec15"\nvalue = "much"\n', encoding="utf-8")
    with pytest.raises(BadInput, match="row 'salt-per-ec15' has no usable value"):
        load_conversions(own)
