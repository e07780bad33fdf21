"""Candidate land: which parcels are some and of which kind, and a score that what is not known never lowers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.land import code_system
from tilth.soil import candidate_kinds, criteria, reclaimed, suitability, water_need

SD = code_system("sd2017")


def parcels(*rows):
    return pd.DataFrame(rows, columns=["class_code", "planting"])


def test_kinds_follow_class_and_planting_attribute_and_the_first_that_fits_is_a_parcels_own():
    frame = parcels(
        ("1204", ""), ("0404", ""), ("0404", "JKHF"), ("0201K", "GCHF"), ("0201K", ""), ("0102", "WG"), ("0102", "XG"),
        ("0102", "LS"), ("0201", "JKHF"), ("0702", ""), ("9999", ""), ("0103", ""), ("0402", ""),
    )  # fmt: skip
    ece = np.array([20.0, 4.0, 3.99, np.nan, 9, 9, 9, 9, 9, 9, 9, 9, 9])
    gone = np.zeros(len(frame), dtype=bool)
    gone[11] = True
    found = candidate_kinds(frame, SD, ece=ece, abandoned=gone).tolist()
    assert found == [
        "saline",
        "saline-grass",
        "restorable-now",
        "restorable-works",
        "adjustable",
        "idle",
        "",
        "",
        "restorable-now",
        "",
        "",
        "abandoned",
        "",
    ]  # fmt: skip  the last is swampy grassland, which counts as wetland


def test_grassland_of_unknown_salinity_is_no_candidate():
    assert candidate_kinds(parcels(("0404", "")), SD).tolist() == [""]


def test_saline_land_is_found_in_every_code_system():
    for system, code in (("sd2017", "1204"), ("gh2023", "2304"), ("ed2007", "124")):
        assert candidate_kinds(parcels((code, "")), code_system(system)).tolist() == ["saline"]


def test_a_score_is_the_mean_of_its_criteria_by_weight_as_by_hand():
    found = suitability({"slope_grade": np.array([2.0]), "ece_ds_m": np.array([12.0]), "ph": np.array([9.0])}, 1)
    # slope 0.9 of weight 3, ECe half way from 0.6 to 0.2 of weight 3, pH half way from 0.8 to 0.3 of weight 1
    assert found.score[0] == pytest.approx((3 * 0.9 + 3 * 0.4 + 1 * 0.55) / 7)
    assert found.known[0] == pytest.approx(7 / sum(one.weight for one in criteria()))
    assert found.grade[0] == "suits-with-works"


@given(st.dictionaries(st.sampled_from([one.id for one in criteria()]), st.floats(0, 100), min_size=1))
def test_what_is_not_known_lowers_how_much_is_known_and_stays_within_the_known_shares(values):
    given = {name: np.array([value, np.nan]) for name, value in values.items()}
    found = suitability(given, 2)
    shares = [one.of(np.array([values[one.id]]))[0] for one in criteria() if one.id in values]
    assert found.known[1] == 0 and found.grade[1] == "unknown" and np.isnan(found.score[1])
    if np.isfinite(found.score[0]):
        assert min(shares) - 1e-12 <= found.score[0] <= max(shares) + 1e-12
    else:
        assert found.known[0] < 0.3 and found.grade[0] == "unknown"


def test_every_criterion_is_a_rule_with_a_source_whose_shares_lie_between_0_and_1():
    for one in criteria():
        assert one.source and one.confidence in ("sure", "likely", "unverified"), one.id
        assert list(one.at) == sorted(one.at) and min(one.share) >= 0 and max(one.share) <= 1, one.id


def test_the_water_that_is_needed_brings_salt_down_to_where_land_is_sown():
    ece = np.array([5.0, 8.0, 16.0])
    depth = water_need(ece) / 10_000
    assert reclaimed(ece, depth, 0.6, "intermittent") == pytest.approx(4.0)
    assert water_need(np.array([4.0, 1.0])).tolist() == [0.0, 0.0]
