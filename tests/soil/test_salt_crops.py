"""What crops yield in salty and sodic soil."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from tilth.core import BadInput, NotFound, speaking
from tilth.core.rulefile import CONFIDENCE
from tilth.soil import (
    SaltTolerance,
    combined_yield,
    crops,
    ece_at_yield,
    emergence_yield,
    relative_yield,
    sodicity_groups,
    sodicity_yield,
    tolerance,
    varieties,
)
from tilth.soil.salt_chain.tolerances import MODELS

KNOWN = sorted(name for name, crop in crops().items() if crop.known)


def test_cotton_loses_a_tenth_a_quarter_half_and_all_where_the_paper_says() -> None:
    assert ece_at_yield([0.9, 0.75, 0.5, 0.0], "cotton").round(2).tolist() == [9.62, 12.51, 17.32, 26.93]
    assert relative_yield(ece_at_yield([0.9, 0.75, 0.5, 0.0], "cotton"), "cotton").round(12).tolist() == [
        0.9,
        0.75,
        0.5,
        0,
    ]
    assert relative_yield([0.0, 7.7, 27.0], "cotton").tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("name", KNOWN)
def test_the_line_of_every_crop_is_found_a_second_way(name: str) -> None:
    crop = crops()[name]

    def drawn(ece: float) -> float:  # in per cent, by its cases, as the paper prints it
        if ece <= crop.threshold:
            return 100.0
        return max(0.0, 100.0 - crop.slope * (ece - crop.threshold))

    salt = np.linspace(0.0, 60.0, 241)
    assert np.allclose(relative_yield(salt, name) * 100.0, [drawn(one) for one in salt], atol=1e-10)
    for share in (0.9, 0.5, 0.1):
        root = brentq(lambda ece, wanted: drawn(ece) / 100.0 - wanted, 0.0, 200.0, args=(share,))
        assert float(ece_at_yield(share, name)) == pytest.approx(root, abs=1e-9)


def test_half_yields_of_the_curves_are_the_published_ones() -> None:
    cotton = tolerance("cotton")
    assert round(cotton.half_steppuhn, 2) == 16.86 and round(cotton.steepness, 3) == 0.079
    assert relative_yield(cotton.half_steppuhn, "cotton", "steppuhn") == pytest.approx(0.5)
    assert relative_yield(cotton.half, "cotton", "van-genuchten-hoffman") == pytest.approx(0.5)
    assert relative_yield(2.0 * cotton.half, "cotton", "van-genuchten-hoffman") == pytest.approx(1.0 / 9.0)


@pytest.mark.parametrize("name", KNOWN)
def test_steppuhn_s_curve_is_a_logistic_in_the_logarithm_of_salt(name: str) -> None:
    crop = crops()[name]
    salt = np.linspace(0.1, 40.0, 100)
    power = np.exp(crop.steepness * crop.half_steppuhn)
    logistic = 0.5 * (1.0 - np.tanh(0.5 * power * np.log(salt / crop.half_steppuhn)))
    assert np.allclose(relative_yield(salt, name, "steppuhn"), logistic, atol=1e-12)
    power = 3.0
    logistic = 0.5 * (1.0 - np.tanh(0.5 * power * np.log(salt / crop.half)))
    assert np.allclose(relative_yield(salt, name, "van-genuchten-hoffman"), logistic, atol=1e-12)


@given(
    ece=st.floats(0.0, 200.0), more=st.floats(0.0, 50.0), name=st.sampled_from(KNOWN), model=st.sampled_from([*MODELS])
)
def test_more_salt_never_means_more_yield(ece: float, more: float, name: str, model: str) -> None:
    less, most = relative_yield([ece, ece + more], name, model)
    assert 0.0 <= most <= less <= 1.0


def test_what_is_not_known_is_not_zero() -> None:
    for name in set(crops()) - set(KNOWN):
        assert np.isnan(relative_yield([0.0, 5.0, 50.0], name)).all(), name
        assert np.isnan(crops()[name].threshold) and np.isnan(crops()[name].slope), name
    assert np.isnan(relative_yield(np.nan, "cotton"))
    assert np.isnan(emergence_yield(9.0, "cotton")), "no limit of its own for emergence is known"
    assert np.isnan(sodicity_yield(30.0, "sunflower")), "its group is not known"
    assert np.isnan(relative_yield(8.0, "耐盐碱水稻品系")), "a variety does not take what the crop bears"
    assert np.isnan(combined_yield(0.9, np.nan))


def test_the_tables_name_a_source_and_how_sure_every_row_is() -> None:
    assert len(crops()) == 102 and len(KNOWN) == 90
    for record in (*crops().values(), *varieties().values()):
        assert record.source and record.confidence in CONFIDENCE, record.id
        assert record.label.en and record.label.zh, record.id
        assert not record.known or (0.0 < record.threshold < 15.0 and 1.0 < record.slope < 40.0), record.id
        assert record.sodicity in ("", *sodicity_groups()), record.id


#: Where the newer list (Maas & Grattan 1999) changed the pair of the older one (Maas 1990).
REVISED = {"squash_zucchini"}


@pytest.mark.data
def test_the_table_agrees_with_an_older_list_of_the_same_crops(data_dir: Path) -> None:
    text = (data_dir / "crop_salt_tolerance" / "crop_salt_tolerance.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["source_id"] == "A" and row["threshold_ece_dS_m"]]
    by_name = {crop.label.en.casefold(): crop for crop in crops().values()}
    both = [(by_name[row["crop"].casefold()], row) for row in rows if row["crop"].casefold() in by_name]
    assert len(both) >= 15

    def pair(row: dict[str, str]) -> tuple[float, float]:
        return float(row["threshold_ece_dS_m"]), float(row["slope_pct_per_dS_m"])

    assert {crop.id for crop, row in both if (crop.threshold, crop.slope) != pair(row)} == REVISED


def test_gypsum_in_the_soil_and_a_bred_gain_move_the_line() -> None:
    assert relative_yield(9.7, "cotton", gypsic=True) == 1.0
    assert relative_yield(11.7, "cotton", gypsic=True) == pytest.approx(relative_yield(9.7, "cotton"))
    better = tolerance("wheat").raised(2.0)
    assert relative_yield(10.0, better) == pytest.approx(1.0 - 0.071 * 2.0)
    assert relative_yield(10.0, "小麦") == pytest.approx(1.0 - 0.071 * 4.0)
    assert relative_yield(10.0, "Wheat") == relative_yield(
        10.0, SaltTolerance("own", tolerance("wheat").label, 6.0, 7.1)
    )


def test_seedlings_and_sodium_take_their_own_share_and_shares_multiply() -> None:
    assert emergence_yield(6.0, "barley") == pytest.approx(0.9)
    assert sodicity_yield([10.0, 35.0, 40.0], "rice_paddy").tolist() == pytest.approx([1.0, 1.0, 0.9])
    assert sodicity_yield([10.0, 25.0], "maize_grain").tolist() == pytest.approx([1.0, 0.7])
    both = combined_yield(relative_yield(7.7, "sugar_beet"), sodicity_yield(40.0, "sugar_beet"), 0.5)
    assert both == pytest.approx((1.0 - 0.059 * 0.7) * 0.9 * 0.5)


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        (lambda: relative_yield([1.0, 4500.0], "cotton"), "SALT-EC-UNIT", "ece, row 2: 4500 dS/m is more than any"),
        (lambda: relative_yield([-1.0], "cotton"), "SALT-EC-NEGATIVE", "ece, row 1: -1 dS/m is less than nothing"),
        (lambda: relative_yield([1.0], "cotton", "linear"), "SALT-YIELD-MODEL", "no yield model 'linear'"),
        (lambda: sodicity_yield([150.0], "wheat"), "SALT-OUT-OF-RANGE", "esp, row 1: 150 lies outside 0 to 100 %"),
    ],
)
def test_a_slip_is_answered_in_one_sentence(what: object, code: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        what()  # type: ignore[operator]
    assert caught.value.code == code and said in caught.value.said and caught.value.remedy
    with speaking("zh"):
        assert caught.value.said and "。" in caught.value.remedy


def test_an_unknown_crop_is_answered_with_its_neighbours() -> None:
    with pytest.raises(NotFound) as caught:
        relative_yield([1.0], "coton")
    assert "cotton" in caught.value.said
