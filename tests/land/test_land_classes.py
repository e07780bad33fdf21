"""Codes mean something only with their system; level 1 comes from the list, never from the digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import BadInput, NotFound, round_half_away, speaking
from tilth.land import (
    Region,
    RegionTree,
    code_system,
    correspondence,
    level_of_code,
    observed_code_system,
    ridge_deduction,
    tree_from_codes,
)


def test_mangrove_is_wetland_though_its_code_begins_like_forest() -> None:
    survey = code_system("sd2017")
    assert survey.heading("0303") == "00"
    assert survey.heading("0301K") == "03"
    assert survey.heading("09") == "09"


def test_the_same_digits_are_different_land_in_another_system() -> None:
    assert code_system("sd2017")["0303"].label.en == "Mangrove"
    assert code_system("gh2023")["0303"].label.en == "Shrubland"
    assert code_system("sd2017").qualified("0303") == "sd2017:0303"


def test_adjustable_classes_are_counted_in_their_base_and_are_not_farmland() -> None:
    survey = code_system("sd2017")
    nine = [code for code in survey.leaves if code.endswith("K")]
    assert nine == ["0201K", "0202K", "0203K", "0204K", "0301K", "0302K", "0307K", "0403K", "1104K"]
    assert {survey.base(code) for code in nine} == {code[:4] for code in nine}
    assert not any(survey.is_farmland(code) for code in nine)
    assert [code for code in survey.leaves if survey.is_farmland(code)] == ["0101", "0102", "0103"]
    assert survey.base("08H2A") == "08H2"


def test_the_three_class_traps_hold() -> None:
    survey = code_system("sd2017")
    assert {survey.three_class(code) for code in ("0603", "1109", "1201")} == {"construction"}
    assert {survey.three_class(code) for code in ("1006", "1103", "1104", "1107", "1202", "1203")} == {"agricultural"}
    assert {survey.three_class(code) for code in ("1101", "1106", "1204", "1207")} == {"unused"}
    assert survey.three_class("0404") == "unused"
    assert all(survey.three_class(code) in ("agricultural", "construction", "unused") for code in survey.leaves)


def test_every_leaf_has_a_heading_and_every_mapping_ends_in_a_class() -> None:
    for source, target in (("sd2017", "gh2023"), ("ed2007", "sd2017")):
        ours, theirs, mapping = code_system(source), code_system(target), correspondence(source, target)
        for code in ours.leaves:
            assert ours.heading(code) in ours.headings
            assert mapping[code].target in theirs
            assert all(candidate in theirs for candidate in mapping[code].candidates)
    assert correspondence("sd2017", "gh2023")["05H1"].one_to_many
    assert not correspondence("sd2017", "gh2023")["1204"].one_to_many
    assert correspondence("sd2017", "gh2023")["1204"].target == "2304"


def test_what_is_not_in_the_lists_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="'9999' in sd2017"):
        code_system("sd2017")["9999"]
    with pytest.raises(BadInput, match="no code system 'xx'"):
        code_system("xx")
    with pytest.raises(BadInput, match="no mapping"):
        correspondence("gh2023", "ed2007")


def test_a_foreign_file_brings_its_own_classes() -> None:
    system = observed_code_system("crops", ["wheat", "rice", "wheat"], {"rice": "Reis"})
    assert system.leaves == ["rice", "wheat"]
    assert system.named("rice") == "rice Reis"
    assert "rice" in system
    with speaking("zh"):
        assert code_system("sd2017").named("0101") == "0101 水田"


@given(st.integers(0, 10**14), st.integers(0, 9999))
def test_the_ridge_deduction_is_the_exact_product_rounded_half_away(area: int, ten_thousandths: int) -> None:
    from fractions import Fraction

    expected = round_half_away(Fraction(area) * Fraction(ten_thousandths, 10_000))
    assert ridge_deduction(np.array([area]), np.array([ten_thousandths / 10_000])).tolist() == [expected]


def test_the_region_tree_lists_parents_before_children() -> None:
    county = Region("999901", "县", "county")
    tree = tree_from_codes(
        ["999901002001", "999901001001", "999901001002", "X1", "999901"], county, {"999901001": "镇"}
    )
    assert [(region.code, depth) for region, depth in tree.walk()] == [
        ("999901", 0), ("999901001", 1), ("999901001001", 2), ("999901001002", 2),
        ("999901002", 1), ("999901002001", 2), ("X1", 1),
    ]  # fmt: skip
    assert [region.code for region in tree.ancestors("999901001001")] == ["999901001001", "999901001", "999901"]
    assert tree.below("999901001") == {code for code in tree.regions if code.startswith("999901001")}
    assert tree.below("999901") == set(tree.regions)
    assert [region.name for region in tree.at_level("township")] == ["镇", "999901002"]
    assert [region.code for region in tree.roots()] == ["999901"]
    assert level_of_code("31") == "province"
    assert level_of_code("abc") == "region"
    with pytest.raises(NotFound, match="no region 1"):
        tree["1"]


def test_regions_that_lie_in_one_another_are_each_named_once():
    tree = RegionTree({"1": Region("1", "A", "county", "2"), "2": Region("2", "B", "county", "1")})
    assert [region.code for region in tree.ancestors("1")] == ["1", "2"]


def test_a_group_may_join_regions_of_any_province() -> None:
    delta = RegionTree({}, {"delta": ("31", "32", "33", "34")})
    assert delta.members("delta") == ("31", "32", "33", "34")
    with pytest.raises(NotFound, match="no region group"):
        delta.members("x")
