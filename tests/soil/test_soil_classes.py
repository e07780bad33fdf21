"""Classes stand on the bounds of the literature, each bound tested from both sides; what is unknown stays unknown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import BadInput, NotFound
from tilth.soil import class_counts, classify, find_scheme, level_shares, schemes_in

#: The bounds said here once more, from the literature: scheme, column, bounds and classes from the lowest up.
BOUNDS = [
    ("fao-salinity", "ece_ds_m", (2, 4, 8, 16), "non-saline slight moderate strong very-strong"),
    ("fao-sodicity", "esp_pct", (15, 30, 50, 70), "none slight moderate high extreme"),
    ("cn-series-1", "salt_g_kg", (1, 2, 4, 6), "non light moderate strong solonchak"),
    ("cn-series-1-wide", "salt_g_kg", (1, 2, 4, 10), "non light moderate strong solonchak"),
    ("cn-series-2", "salt_g_kg", (2, 3, 5, 10), "non light moderate strong solonchak"),
    ("cn-series-2-wide", "salt_g_kg", (2, 4, 6, 20), "non light moderate strong solonchak"),
    ("cn-alkali", "esp_pct", (5, 10, 15, 25), "non weak moderate strong solonetz"),
    ("cn-alkali-30", "esp_pct", (5, 10, 15, 30), "non weak moderate strong solonetz"),
    ("songnen-esp", "esp_pct", (5, 15, 30, 45), "non light moderate strong solonetz"),
    ("songnen-ph", "ph", (8.5, 9.0, 9.5, 10), "non light moderate strong solonetz"),
    ("rsc", "rsc_mmolc_l", (1.25, 2.5), "safe marginal unsuitable"),
]


@pytest.mark.parametrize(("scheme", "column", "bounds", "classes"), BOUNDS)
def test_every_bound_belongs_to_the_class_above_it(
    scheme: str, column: str, bounds: tuple[float, ...], classes: str
) -> None:
    names = classes.split()
    for at, bound in enumerate(bounds):
        below, on, above = (np.nextafter(bound, 0) - 1e-9, bound, bound + 1e-9)
        found = classify(pd.DataFrame({column: [below, on, above]}), scheme)["class"].tolist()
        assert found == [names[at], names[at + 1], names[at + 1]], (scheme, bound)


@pytest.mark.parametrize(
    ("ece", "esp", "name"),
    [
        (3.999, 14.999, "normal"), (4, 14.999, "saline"), (3.999, 15, "sodic"), (4, 15, "saline-sodic"),
        (0, 0, "normal"), (30, 0, "saline"), (0, 60, "sodic"), (30, 60, "saline-sodic"),
    ],
)  # fmt: skip
def test_the_four_classes_of_the_salinity_laboratory_meet_at_4_and_15(ece: float, esp: float, name: str) -> None:
    assert classify(pd.DataFrame({"ece_ds_m": [ece], "esp_pct": [esp]}))["class"].tolist() == [name]


def test_ph_does_not_decide_in_the_scheme_of_the_salinity_laboratory() -> None:
    soils = pd.DataFrame({"ece_ds_m": [10.0, 10.0], "esp_pct": [3.0, 3.0], "ph": [7.5, 9.1]})
    assert classify(soils, "ussl")["class"].tolist() == ["saline", "saline"]


@pytest.mark.parametrize(
    ("scheme", "chloride", "low"),
    [
        ("ion-type", 2, 0.2),
        ("ion-type-coast", 4, 0.5),
        ("ion-type-cations", 2, 0.2),
        ("ion-type-coast-cations", 4, 0.5),
    ],
)
def test_types_of_salt_meet_at_their_ratios(scheme: str, chloride: float, low: float) -> None:
    so4 = 3.0
    ratios = [chloride, chloride - 1e-9, 1.0, 1 - 1e-9, low, low - 1e-9]
    soils = pd.DataFrame(
        {
            "cl_mmolc_l": [ratio * so4 for ratio in ratios], "so4_mmolc_l": so4, "hco3_mmolc_l": 0.1,
            "co3_mmolc_l": 0.0, "ca_mmolc_l": 5.0, "mg_mmolc_l": 1.0,
        }
    )  # fmt: skip
    names = ["chloride", "sulphate-chloride", "sulphate-chloride", "chloride-sulphate", "chloride-sulphate", "sulphate"]
    assert classify(soils, scheme)["class"].tolist() == names


def test_soda_is_told_by_either_of_its_two_rules() -> None:
    soils = pd.DataFrame(
        {
            "cl_mmolc_l": [1.0, 1.0, 1.0], "so4_mmolc_l": [2.0, 2.0, 2.0], "co3_mmolc_l": [1.0, 1.0, 0.0],
            "hco3_mmolc_l": [2.0, 1.999999, 1.0], "ca_mmolc_l": [9.0, 9.0, 0.5], "mg_mmolc_l": [9.0, 9.0, 0.5],
        }
    )  # fmt: skip
    by_anions = classify(soils, "ion-type")["class"].tolist()
    by_cations = classify(soils, "ion-type-cations")["class"].tolist()
    assert by_anions == ["soda", "chloride-sulphate", "chloride-sulphate"]
    assert by_cations == ["chloride-sulphate", "chloride-sulphate", "soda"]


def test_carbonate_that_was_not_measured_is_none_only_where_the_ph_is_low() -> None:
    ions = {"cl_mmolc_l": 1.0, "so4_mmolc_l": 2.0, "hco3_mmolc_l": 0.1}
    soils = pd.DataFrame({**ions, "ph": [8.29, 8.3, np.nan]})
    found = classify(soils, "ion-type")
    assert found["class"].tolist() == ["chloride-sulphate", "unknown", "unknown"]
    assert found["class_possible"].tolist() == ["", "soda|chloride-sulphate", "soda|chloride-sulphate"]


def test_a_solution_without_sulphate_is_of_chloride() -> None:
    soils = pd.DataFrame({"cl_mmolc_l": [5.0, 0.0], "so4_mmolc_l": 0.0, "hco3_mmolc_l": 0.1, "ph": 7.0})
    assert classify(soils, "ion-type")["class"].tolist() == ["chloride", "soda"]


def test_a_ratio_that_is_a_bound_but_for_the_last_digit_stands_on_it() -> None:
    assert 0.6 / 3 < 0.2
    soils = pd.DataFrame({"cl_mmolc_l": [0.6], "so4_mmolc_l": [3.0], "hco3_mmolc_l": [0.1], "ph": [7.0]})
    assert classify(soils, "ion-type")["class"].tolist() == ["chloride-sulphate"]


# --- unknown stays unknown --------------------------------------------------------------------------------------------


def test_a_soil_of_which_one_half_is_unknown_can_still_be_one_of_two() -> None:
    found = classify(pd.DataFrame({"ece_ds_m": [5.0, np.nan, np.nan], "esp_pct": [np.nan, 20.0, np.nan]}), "ussl")
    assert found["class"].tolist() == ["unknown"] * 3
    assert found["class_possible"].tolist() == [
        "saline-sodic|saline", "saline-sodic|sodic", "saline-sodic|saline|sodic|normal",
    ]  # fmt: skip


def test_a_frame_without_any_column_for_a_scheme_is_refused_with_their_names() -> None:
    with pytest.raises(BadInput, match=r"no column holds what the scheme ussl asks about.*ece_ds_m / ec11_ds_m"):
        classify(pd.DataFrame({"EC": [4.0]}))


@pytest.mark.parametrize(
    ("column", "value"),
    [("ece_ds_m", -1.0), ("esp_pct", 140.0), ("ph", 17.0), ("ece_ds_m", "high"), ("salt_g_kg", 1001)],
)
def test_a_cell_that_cannot_be_is_named_with_its_row(column: str, value: object) -> None:
    soils = pd.DataFrame({"ece_ds_m": [2.0, 3.0], "esp_pct": [2.0, 3.0], "ph": [7.0, 7.0], "salt_g_kg": [1.0, 1.0]})
    soils[column] = soils[column].astype(object)
    soils.loc[1, column] = value
    with pytest.raises(BadInput, match=f"column {column}, row 2: '{value}' cannot be"):
        classify(soils, "cn-worst" if column in ("ph", "salt_g_kg") else "ussl")


@given(
    ece=st.one_of(st.just(np.nan), st.floats(0, 60)), esp=st.one_of(st.just(np.nan), st.floats(0, 100)),
    name=st.sampled_from(sorted(schemes_in())),
)  # fmt: skip
def test_a_class_is_sure_or_unknown_with_what_it_can_be(ece: float, esp: float, name: str) -> None:
    soil = pd.DataFrame({"ece_ds_m": [ece], "esp_pct": [esp], "ph": [8.0], "salt_g_kg": [np.nan], "cl_mmolc_l": [1.0],
                         "rsc_mmolc_l": [np.nan], "thickness_cm": [20.0]})  # fmt: skip
    one = classify(soil, name).iloc[0]
    known = {each.id for each in find_scheme(name).classes}
    possible = [each for each in one["class_possible"].split("|") if each]
    assert (one["class"] in known) is not (one["class"] == "unknown")
    assert (len(possible) >= 2 and set(possible) <= known) if one["class"] == "unknown" else possible == []


# --- what is computed on the way --------------------------------------------------------------------------------------


def test_what_a_row_does_not_give_is_computed_and_the_row_says_how() -> None:
    soils = pd.DataFrame(
        {
            "ec15_ds_m": [0.5, 0.5, 0.5], "texture": ["loam", None, "壤土"], "saturation_kg_kg": [np.nan, 0.4, np.nan],
            "sar": [20.0, np.nan, np.nan], "exna_cmolc_kg": [np.nan, 1.0, np.nan],
            "cec_cmolc_kg": [np.nan, 20.0, np.nan], "sar15": [np.nan, np.nan, 7.0],
        }
    )  # fmt: skip
    found = classify(soils)
    assert found["class"].tolist() == ["saline-sodic", "saline", "saline-sodic"]  # ECe 4.75, 5.02, 4.75
    assert found["class_note"].tolist() == [
        "EC1:5 → ECe, loam; SAR → ESP", "EC1:5 → ECe, SP 0.4; Na, CEC → ESP", "EC1:5 → ECe, loam; SAR1:5 → ESP (?)",
    ]  # fmt: skip


def test_a_class_that_hangs_on_the_factor_says_which_others_it_could_be() -> None:
    soils = pd.DataFrame({"ec15_ds_m": [0.8, 0.6, 0.1], "texture": "loam", "ece_ds_m": [np.nan, np.nan, 7.9]})
    found = classify(soils, "fao-salinity")  # ECe 7.6 (6.1 to 9.1), 5.7 (4.6 to 6.8), 7.9 as given
    assert found["class"].tolist() == ["moderate", "moderate", "moderate"]
    assert found["class_range"].tolist() == ["moderate|strong", "", ""]


def test_the_sar_of_an_extract_is_not_taken_for_that_of_the_paste() -> None:
    ions = {"na_mmolc_l": 20.0, "ca_mmolc_l": 6.0, "mg_mmolc_l": 2.0, "ece_ds_m": 2.0}
    soils = pd.DataFrame({**ions, "ion_extract": ["paste", "1:5", ""]})
    found = classify(soils)
    assert found["class"].tolist() == ["normal", "sodic", "unknown"]  # ESP 11.89, 21.3, not known
    assert found["class_note"].tolist() == ["Na, Ca, Mg → SAR → ESP", "SAR1:5 → ESP (?)", ""]


def test_total_salt_follows_from_a_1_5_extract_and_never_from_another() -> None:
    soils = pd.DataFrame({"ec_ds_m": [1.25, 1.25], "ec_extract": ["1:5", "1:1"]})
    found = classify(soils, "cn-series-1")
    assert found["class"].tolist() == ["strong", "unknown"]
    assert found["class_note"].tolist() == ["EC1:5 → S, × 3.2", ""]


# --- the worst of several ---------------------------------------------------------------------------------------------


def test_the_worst_class_decides_and_all_are_kept() -> None:
    soils = pd.DataFrame(
        {"salt_g_kg": [0.5, 0.5, 7.0, 0.5], "esp_pct": [2.0, 12.0, 2.0, 2.0], "ph": [7.0, 7.0, 7.0, 9.6]}
    )
    found = classify(soils, "cn-worst")
    assert found["class"].tolist() == ["non", "moderate", "severe", "strong"]
    assert found["class_salt"].tolist() == ["non", "non", "solonchak", "non"]
    assert found["class_esp"].tolist() == ["non", "moderate", "non", "non"]
    assert found["class_ph"].tolist() == ["non", "non", "non", "strong"]


def test_an_unknown_part_leaves_the_worst_open_unless_another_is_at_the_top() -> None:
    soils = pd.DataFrame({"salt_g_kg": [7.0, 2.5], "esp_pct": [np.nan, np.nan], "ph": [np.nan, 7.0]})
    found = classify(soils, "cn-worst")
    assert found["class"].tolist() == ["severe", "unknown"]
    assert found["class_possible"].tolist() == ["", "moderate|strong|severe"]


# --- schemes are data -------------------------------------------------------------------------------------------------


def test_every_scheme_says_where_it_is_from_in_both_languages() -> None:
    for one in schemes_in().values():
        assert one.source and one.title.zh != one.title.en
        assert all(each.label.zh != each.label.en for each in one.classes), one.id
        assert one.confidence in ("sure", "likely", "unverified")


@pytest.mark.parametrize(
    ("asked", "found"),
    [("USSL", "ussl"), ("cn_i", "cn-series-1"), ("series-ii", "cn-series-2"), ("Songnen soda", "songnen"),
     ("碱化", "cn-alkali"), ("worst-of", "cn-worst")],
)  # fmt: skip
def test_a_scheme_is_found_under_its_other_names(asked: str, found: str) -> None:
    assert find_scheme(asked).id == found


def test_a_scheme_that_is_none_gets_the_nearest_name() -> None:
    with pytest.raises(NotFound, match="no classification scheme 'cn-serie-1'; the nearest name is cn-series-1"):
        find_scheme("cn-serie-1")


OWN = """
id = "cn-series-1"
version = "province 2025"
title = "Province"
title_zh = "本省"
source = "DB 99/T 1-2025"
confidence = "sure"
[[class]]
id = "fit"
label = "fit"
label_zh = "适宜"
rank = 0
[class.when]
salt_g_kg = { below = 3 }
[[class]]
id = "unfit"
label = "unfit"
label_zh = "不适宜"
rank = 1
[class.when]
salt_g_kg = { from = 3 }
"""


def test_a_province_puts_its_own_bounds_in_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(OWN, encoding="utf-8")
    soils = pd.DataFrame({"salt_g_kg": [2.999, 3.0]})
    assert classify(soils, "cn-series-1", folder=tmp_path)["class"].tolist() == ["fit", "unfit"]
    assert classify(soils, find_scheme(tmp_path / "ours.toml"))["class"].tolist() == ["fit", "unfit"]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("salt_g_kg = { from = 3 }", "salt = { from = 3 }", "class unfit: salt"),
        ("salt_g_kg = { from = 3 }", "salt_g_kg = { from = 3, below = 2 }", "from < below"),
        ("salt_g_kg = { from = 3 }", 'salt_g_kg = { from = "much" }', "class unfit: salt_g_kg"),
        ('confidence = "sure"', 'confidence = "quite"', "confidence is 'quite'"),
        ("rank = 1", 'rank = "1"', "class unfit: rank"),
        ('id = "unfit"', 'id = "unknown"', "class unknown: id"),
    ],
)
def test_a_scheme_with_a_fault_is_refused_with_the_place(tmp_path: Path, old: str, new: str, wanted: str) -> None:
    (tmp_path / "ours.toml").write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(BadInput, match=wanted):
        find_scheme(tmp_path / "ours.toml")


def test_shares_of_classes_add_up_to_100() -> None:
    counts = class_counts(["saline", "normal", "unknown"], find_scheme("ussl"))
    assert [one.share_bp for one in counts] == [3334, 3333, 0, 0, 3333]
    assert [one.id for one in counts] == ["normal", "saline", "sodic", "saline-sodic", "unknown"]


@given(parts=st.lists(st.integers(0, 10**9), min_size=1, max_size=12))
def test_levelled_shares_add_up_and_stay_within_a_hundredth(parts: list[int]) -> None:
    shares = level_shares(parts)
    assert sum(shares) == (10_000 if sum(parts) else 0)
    for part, share in zip(parts, shares, strict=True):
        assert sum(parts) == 0 or abs(share - part * 10_000 / sum(parts)) < 1
