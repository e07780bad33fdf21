"""A parcel of replacement land passes a check, fails it, or is not assessed; what is not assessed blocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tilth.core import BadInput
from tilth.ledger import Checked, Outcome, Parcel, Seen, examine, load_limits, net_dm2, passes, pool_of, read_parcels

HENAN, XINJIANG = "410882", "650100"
GOOD = Parcel(
    row=1, parcel="7", project="ZX-1", source_class="0201", accepted=date(2024, 6, 1), slope_grade=2,
    soil_depth_cm=Decimal(70), plough_cm=Decimal(22), gravel_pct=Decimal("4.5"), ph=Decimal("7.4"),
    salt_g_kg=Decimal("1.2"), esp_pct=Decimal(6), pollution=1, irrigation_pct=Decimal(80), outlet=True, road=True,
    adjoining=True, quality_grade=6, paddy=False, stable=True, imagery="spring;autumn", photo="P-1",
    photo_lon=Decimal("113.1"), photo_lat=Decimal("35.1"), crop="C-1", ridge_coef=Decimal("0.05"),
)  # fmt: skip
SEEN = Seen(
    gross_dm2=1_000_000,
    base="2023 abc",
    classes_dm2={"0201": 1_000_000},
    layers={"ecology": ("2023 eco", 0)},
    photo_m=3.0,
)
NO_SURVEY = replace(SEEN, base="", classes_dm2={})
PASS, FAIL, OPEN = "pass", "fail", "not_assessed"


def judged(parcel: Parcel, seen: Seen = SEEN, region: str = HENAN) -> dict[str, Checked]:
    return {one.check: one for one in examine(parcel, seen, load_limits(region, 2024), "YS-1")}


def test_a_good_parcel_passes_all_thirteen_checks() -> None:
    checks = judged(GOOD)
    assert list(checks) == [f"A{number}" for number in range(1, 14)]
    assert {one.outcome.value for one in checks.values()} == {PASS}
    assert passes(checks.values())


CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    # check, what the file says, what is seen, outcome
    ("A1", {"net_area_m2": Decimal("9500.00")}, {}, PASS),
    ("A1", {"net_area_m2": Decimal("10000.00")}, {}, FAIL),  # the gross area
    ("A1", {"ridge_coef": None}, {}, OPEN),
    ("A1", {"ridge_coef": None, "slope_grade": 1}, {}, PASS),  # no ridges up to 2°
    ("A1", {"ridge_coef": None}, {"ridge_dm2": 40_000, "now": "2024 x"}, PASS),
    ("A2", {"source_class": "0305"}, {}, PASS),  # the survey counts, not the claim
    ("A2", {}, {"classes_dm2": {"0201": 900_000, "0103": 100_000}, "farmland_dm2": 100_000}, FAIL),
    ("A2", {}, {"farmland_dm2": 101}, FAIL),
    ("A2", {}, {"farmland_dm2": 100}, PASS),  # a sliver of 1 m²
    ("A2", {"illegal": True}, {}, FAIL),
    ("A2", {}, {"base": ""}, OPEN),
    ("A2", {}, {"gap_dm2": 101}, OPEN),
    ("A3", {"slope_grade": 3}, {}, PASS),
    ("A3", {"slope_grade": 5}, {}, FAIL),
    ("A3", {"slope_grade": 5, "steep_review": "R-1"}, {}, FAIL),
    ("A3", {"slope_grade": 4}, {}, FAIL),
    ("A3", {"slope_grade": 4, "steep_review": "R-1"}, {}, PASS),
    ("A3", {"slope_grade": 2}, {"slopes_dm2": {2: 900_000, 5: 100_000}, "slope": "2023 s"}, FAIL),  # by the layer
    ("A3", {"paddy": True, "slope_grade": 3}, {}, FAIL),
    ("A3", {"paddy": True, "slope_grade": 2}, {}, PASS),
    ("A3", {"slope_grade": None}, {}, OPEN),
    ("A4", {"soil_depth_cm": Decimal(50)}, {}, PASS),  # hill
    ("A4", {"soil_depth_cm": Decimal(50), "terrain": "plain"}, {}, FAIL),
    ("A4", {"soil_depth_cm": Decimal(60), "slope_grade": 1}, {}, PASS),
    ("A4", {"plough_cm": Decimal("19.9")}, {}, FAIL),
    ("A4", {"plough_cm": None}, {}, OPEN),
    ("A4", {"slope_grade": None}, {}, OPEN),
    ("A5", {"gravel_pct": Decimal(10)}, {}, PASS),
    ("A5", {"gravel_pct": Decimal("10.1")}, {}, FAIL),
    ("A5", {"gravel_pct": None}, {}, OPEN),
    ("A6", {"ph": Decimal("5.5")}, {}, PASS),
    ("A6", {"ph": Decimal("8.51")}, {}, FAIL),
    ("A6", {"ph": Decimal("5.4")}, {}, FAIL),
    ("A6", {"ph": None}, {}, OPEN),
    ("A7", {"salt_g_kg": Decimal("2.99")}, {}, PASS),
    ("A7", {"salt_g_kg": Decimal(3)}, {}, FAIL),
    ("A7", {"salt_g_kg": None, "ece_ds_m": Decimal("3.9")}, {}, PASS),
    ("A7", {"salt_g_kg": None, "ece_ds_m": Decimal(4)}, {}, FAIL),
    ("A7", {"ece_ds_m": Decimal(5)}, {}, FAIL),  # both are given, and one is too much
    ("A7", {"esp_pct": Decimal(15)}, {}, FAIL),
    ("A7", {"esp_pct": None}, {}, OPEN),
    ("A7", {"salt_g_kg": None}, {}, OPEN),
    ("A7", {"salt_g_kg": Decimal(5), "salt_tolerant": True}, {}, FAIL),  # not in the Northwest
    ("A8", {"pollution": 1}, {}, PASS),
    ("A8", {"pollution": 2}, {}, FAIL),
    ("A8", {"pollution": None}, {}, OPEN),
    ("A9", {"irrigation_pct": Decimal(75)}, {}, PASS),
    ("A9", {"irrigation_pct": Decimal(0)}, {}, PASS),  # rain-fed
    ("A9", {"irrigation_pct": Decimal(74)}, {}, FAIL),
    ("A9", {"irrigation_pct": Decimal(0), "paddy": True}, {}, FAIL),
    ("A9", {"paddy": True, "outlet": False}, {}, FAIL),
    ("A9", {"paddy": True}, {"now": "2024 x", "paddy_dm2": 1_000_000}, PASS),
    ("A9", {"paddy": True}, {"now": "2024 x", "paddy_dm2": 0}, FAIL),  # the survey sees no paddy
    ("A9", {"paddy": True, "outlet": None}, {}, OPEN),
    ("A9", {"irrigation_pct": None}, {}, OPEN),
    ("A10", {"road": True}, {}, PASS),
    ("A10", {"road": False}, {}, FAIL),
    ("A10", {"road": None}, {}, OPEN),
    ("A10", {"adjoining": None}, {"gross_dm2": 30_000}, OPEN),  # 300 m², less than half a mu
    ("A10", {"adjoining": False}, {"gross_dm2": 30_000}, FAIL),
    ("A10", {"adjoining": False, "patch_mu": Decimal("0.5")}, {"gross_dm2": 30_000}, PASS),
    ("A10", {"adjoining": False}, {"gross_dm2": 33_334}, PASS),
    ("A10", {"adjoining": False, "slope_grade": 1}, {"gross_dm2": 33_334}, FAIL),  # a plain needs a mu
    ("A11", {"quality_grade": 10}, {}, PASS),
    ("A11", {"quality_grade": None}, {}, OPEN),
    ("A12", {"imagery": "spring, autumn"}, {"photo_m": 50.0}, PASS),
    ("A12", {"imagery": "spring"}, {}, FAIL),
    ("A12", {"imagery": "spring;spring"}, {}, FAIL),
    ("A12", {}, {"photo_m": 51.0}, FAIL),
    ("A12", {"follow_up": "撂荒"}, {}, FAIL),
    ("A12", {"crop": ""}, {}, OPEN),
    ("A12", {"photo_lat": None}, {}, OPEN),
    ("A13", {}, {"layers": {"ecology": ("2023 eco", 100)}}, PASS),
    ("A13", {"ecology": "outside"}, {"layers": {"ecology": ("2023 eco", 101)}}, FAIL),  # the layer counts
    ("A13", {"ecology": "inside"}, {}, FAIL),
    ("A13", {"ecology": "outside"}, {"layers": {}}, PASS),
    ("A13", {}, {"layers": {}}, OPEN),
    ("A13", {"ecology": "outside"}, {"layers": {"ecology": ("2023 eco", None)}}, OPEN),  # damaged
    ("A13", {}, {"classes_dm2": {"0301": 1_000_000}}, OPEN),  # whose are the forest rights?
    ("A13", {"forest_rights": "LQ-9"}, {"classes_dm2": {"0301": 1_000_000}}, PASS),
    ("A13", {"forest_rights": "no"}, {"classes_dm2": {"0301": 1_000_000}}, FAIL),
]  # fmt: skip


@pytest.mark.parametrize(("check", "says", "sees", "outcome"), CASES)
def test_each_check_passes_fails_or_is_not_assessed(
    check: str, says: dict[str, Any], sees: dict[str, Any], outcome: str
) -> None:
    checks = judged(replace(GOOD, **says), replace(SEEN, **sees))
    assert checks[check].outcome.value == outcome, checks[check].said
    assert checks[check].evidence
    assert passes(checks.values()) <= (outcome == PASS), "anything but a pass blocks"


def test_every_check_has_a_case_of_each_outcome() -> None:
    there = {(check, outcome) for check, _, _, outcome in CASES}
    fails_by_region = {("A11", FAIL)}  # the test below
    assert there | fails_by_region == {(f"A{n}", outcome) for n in range(1, 14) for outcome in (PASS, FAIL, OPEN)}


def test_a_quality_grade_beyond_the_regional_limit_fails(tmp_path: Path) -> None:
    own = (
        '[[limit]]\nid = "quality"\nvalue = 5\nregions = ["41"]\nsince = 2024\n'
        'source = "province"\nconfidence = "sure"\n'
    )
    (tmp_path / "acceptance.toml").write_text(own)
    limits = load_limits(HENAN, 2024, tmp_path)
    checks = {one.check: one for one in examine(GOOD, SEEN, limits, "YS-1")}
    assert checks["A11"].outcome is Outcome.FAIL
    assert checks["A11"].limits[0].source == "province"
    assert limits.version.startswith("2025.1+"), "other limits are another version of the rules"
    for region, year in ((HENAN, 2023), ("320500", 2024)):
        other = load_limits(region, year, tmp_path)
        assert other.number("quality") == 10


def test_saline_land_of_the_northwest_passes_with_a_salt_tolerant_crop_plan() -> None:
    salty = replace(GOOD, salt_g_kg=Decimal(6))
    assert judged(salty, region=XINJIANG)["A7"].outcome is Outcome.FAIL
    assert judged(replace(salty, salt_tolerant=True), region=XINJIANG)["A7"].outcome is Outcome.PASS
    assert (
        judged(replace(salty, salt_tolerant=True, salt_g_kg=Decimal("6.1")), region=XINJIANG)["A7"].outcome
        is Outcome.FAIL
    )


def test_every_limit_says_its_source_and_how_well_it_is_known() -> None:
    limits = load_limits(HENAN, 2024).limits.values()
    assert all(one.source and one.confidence in ("sure", "likely", "unverified") for one in limits)
    assert next(one for one in limits if one.id == "slope-never").confidence == "sure"


@pytest.mark.parametrize(
    "text",
    [
        "[[limit]",
        '[[limit]]\nid = "quality"\nvalue = 5\n',
        '[[limit]]\nid = "soil"\nvalue = 5\nsource = "x"\nconfidence = "sure"\n',
        '[[limit]]\nid = "quality"\nvalue = "five"\nsource = "x"\nconfidence = "sure"\n',
        '[[limit]]\nid = "quality"\nvalue = 5\nsource = "x"\nconfidence = "certain"\n',
    ],
)
def test_a_file_of_limits_that_cannot_be_used_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "acceptance.toml").write_text(text)
    with pytest.raises(BadInput, match=r"acceptance\.toml"):
        load_limits(HENAN, 2024, tmp_path)


@pytest.mark.parametrize(
    ("code", "pool"),
    [("0201", "RESTORED"), ("0301K", "RESTORED"), ("0602", "RECLAIMED"), ("1006", "RESTORED"), ("1003", "RECLAIMED"),
     ("1104", "RESTORED"), ("1206", "DEVELOPED"), ("0404", "DEVELOPED"), ("203", "RECLAIMED")],
)  # fmt: skip
def test_the_pool_follows_from_the_class_that_the_survey_saw(code: str, pool: str) -> None:
    limits = load_limits(HENAN, 2024)
    assert pool_of(GOOD, replace(SEEN, classes_dm2={code: 10, "0201": 9}), limits) == pool
    assert pool_of(replace(GOOD, pool="consolidated"), SEEN, limits) == "CONSOLIDATED"


def test_the_net_area_is_the_gross_area_less_the_ridges_in_whole_units() -> None:
    assert net_dm2(GOOD, replace(SEEN, gross_dm2=1_000_010)) == 1_000_010 - 50_001  # a half away from zero
    assert net_dm2(GOOD, replace(SEEN, ridge_dm2=7)) == 999_993, "the survey's ridges count before the file's"


# --- the file -----------------------------------------------------------------------------------------------------

ROW = {"parcel": "7", "project": "ZX-1", "source_class": "0201", "accepted": "2024-06-01", "pH": "7.1"}


def test_columns_are_found_by_their_other_names_and_those_that_a_shapefile_cut() -> None:
    row = {
        "地块编号": "7",
        "项目": "ZX",
        "DLBM": "0201",
        "验收日期": "20240601",
        "soil_depth": "55",
        "source_cla": "0301",
    }
    (found,) = read_parcels([row], [3], "a.shp")
    assert (found.parcel, found.source_class, found.accepted, found.row) == ("7", "0201", date(2024, 6, 1), 3)
    assert found.soil_depth_cm == 55


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("pH", "about 7", "ACCEPT-NUMBER"),
        ("pH", "71", "ACCEPT-RANGE"),
        ("pH", "inf", "ACCEPT-NUMBER"),
        ("accepted", "June", "ACCEPT-DAY"),
        ("accepted", "", "ACCEPT-BLANK"),
        ("quality", "5.5", "ACCEPT-NUMBER"),
        ("quality", "11", "ACCEPT-RANGE"),
        ("road", "perhaps", "ACCEPT-YES-NO"),
        ("photo", "a\nb", "ACCEPT-TEXT"),
    ],
)
def test_a_value_that_is_none_is_refused_by_file_row_and_column(column: str, value: str, code: str) -> None:
    good = {**ROW, **({} if column in ROW else {column: ""})}
    with pytest.raises(BadInput) as refused:
        read_parcels([good, {**good, column: value}], [4, 9], "p.gpkg")
    assert refused.value.code == code
    assert (refused.value.values["row"], refused.value.values["column"]) == (9, column)
    assert "p.gpkg" in str(refused.value)


def test_missing_columns_are_named_all_at_once() -> None:
    with pytest.raises(BadInput, match=r"source_class.*accepted"):
        read_parcels([{"parcel": "7", "project": "ZX"}], [1], "p.gpkg")


def test_what_is_blank_is_not_assumed() -> None:
    (found,) = read_parcels([{**ROW, "pH": " ", "road": "-", "photo": "NULL"}], [1], "p.gpkg")
    assert (found.ph, found.road, found.photo) == (None, None, "")
