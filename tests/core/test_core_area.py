"""An area is a whole number of 0.01 m², so sums are exact."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import Area, dm2_array, dm2_from_m2, in_units, round_half_away
from tilth.core.area import total

whole = st.integers(-(10**15), 10**15)


def test_fifteen_mu_are_one_hectare() -> None:
    assert Area.from_mu(15) == Area.from_ha(1) == Area.from_m2(10_000) == Area(1_000_000)


def test_a_half_goes_away_from_zero_on_the_decimal_that_is_read() -> None:
    assert dm2_from_m2("2.675") == dm2_from_m2(2.675) == 268
    assert dm2_from_m2("-2.675") == -268
    assert dm2_array([2.675, -2.675, 0.005, 0.0049]).tolist() == [268, -268, 1, 0]


@pytest.mark.parametrize("bad", ["", "abc", "nan", "inf", "1e40", None])
def test_what_is_no_area_is_refused(bad: object) -> None:
    with pytest.raises(ValueError, match="m²"):
        dm2_from_m2(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_an_array_with_what_is_no_area_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        dm2_array([1.0, bad])


def test_an_area_is_never_a_fraction() -> None:
    with pytest.raises(TypeError):
        Area(1.5)  # type: ignore[arg-type]


def test_an_area_reads_in_square_metres_hectares_and_mu() -> None:
    area = Area.from_m2("91458.32")
    assert str(area) == "91,458.32 m²"
    assert area.in_units("ha", 4) == Decimal("9.1458")
    assert area.in_units("mu") == Decimal("137.19")
    assert not Area(0)


@given(st.lists(whole, max_size=20))
def test_sums_do_not_depend_on_the_order(parts: list[int]) -> None:
    areas = [Area(part) for part in parts]
    assert total(areas) == total(reversed(areas)) == Area(sum(parts))


@given(whole, whole)
def test_what_is_added_can_be_taken_away(a: int, b: int) -> None:
    assert Area(a) + Area(b) - Area(b) == Area(a)
    assert -Area(a) == Area(-a)
    assert (Area(a) < Area(b)) == (a < b)


@given(st.integers(-(10**13), 10**13))
def test_two_decimals_survive_a_float_column(dm2: int) -> None:
    assert dm2_array(np.array([dm2 / 100])).tolist() == [dm2]
    assert dm2_from_m2(dm2 / 100) == dm2


@given(st.fractions())
def test_rounding_is_to_the_nearest_and_symmetric(value: Fraction) -> None:
    assert abs(round_half_away(value) - value) <= Fraction(1, 2)
    assert round_half_away(-value) == -round_half_away(value)


def test_a_mu_is_shown_from_the_sum_never_summed_from_the_shown() -> None:
    third = 66_667  # 1.000005 mu each
    assert in_units(3 * third, "mu", 5) == Decimal("3.00002")
