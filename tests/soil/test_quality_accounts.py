"""Accounts of quality close to 0.01 m², whatever land is changed, and what a hand reckons they say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.soil import CHANGES, PiecesOfLand, Side, indicator_change, quality_account


def side(state, farmland, net):
    return Side(np.array(state, np.int64), np.array(farmland, bool), np.array(net, np.int64))


def pieces(*rows):
    """left, right, net before, net after, anew."""
    columns = list(zip(*rows, strict=True))
    return PiecesOfLand(*(np.array(one, np.int64) for one in columns[:4]), np.array(columns[4], bool))


def test_a_small_county_is_booked_as_one_would_on_paper():
    # before: A grade 3, 100.00 m²; B grade 5, 50.00 m²; C orchard, 30.00 m²
    # after: A1 grade 2, 60.00 m², of A; A2 grade 4, 40.00 m², of A; B built over; C1 grade 7, 29.00 m² of C, ridges off
    before = side([3, 5, 0], [True, True, False], [10_000, 5_000, 3_000])
    after = side([2, 4, 0, 7], [True, True, False, True], [6_000, 4_000, 5_000, 2_900])
    land = pieces((0, 0, 6_000, 6_000, 0), (0, 1, 4_000, 4_000, 0), (1, 2, 5_000, 5_000, 0), (2, 3, 3_000, 2_900, 0))
    done = quality_account(before, after, land, 10)
    changes = {name: done.changes[:, number].tolist() for number, name in enumerate(CHANGES)}
    assert changes["better"] == [0, 0, 6_000, -6_000, 0, 0, 0, 0, 0, 0, 0]
    assert changes["worse"] == [0, 0, 0, -4_000, 4_000, 0, 0, 0, 0, 0, 0]
    assert changes["left"][5] == -5_000 and sum(changes["left"]) == -5_000
    assert changes["came"][7] == 2_900 and sum(changes["came"]) == 2_900
    assert not any(changes["edge"] + changes["measured"] + changes["known"])
    assert (done.improved_dm2, done.worsened_dm2, done.same_dm2) == (6_000, 4_000, 0)
    # area × grade: 3 × 10 000 + 5 × 5 000 = 55 000; 2 × 6 000 + 4 × 4 000 + 7 × 2 900 = 48 300
    assert done.graded.tolist() == [55_000, -6_700, 48_300]
    assert done.mean(done.closing) == Fraction(48_300, 12_900)


def test_land_measured_anew_and_the_edge_of_the_survey_have_columns_of_their_own():
    before, after = side([3, 3], [True, True], [1_000, 500]), side([3, 3], [True, True], [1_020, 700])
    land = pieces((0, 0, 1_000, 1_010, 0), (-1, 0, 0, 10, 1), (1, -1, 500, 0, 0), (-1, 1, 0, 700, 0))
    done = quality_account(before, after, land, 10)
    changes = dict(zip(CHANGES, done.changes[3].tolist(), strict=True))
    assert changes == {"better": 0, "worse": 0, "known": 0, "came": 0, "left": 0, "edge": 200, "measured": 20}


def test_a_grade_that_was_not_known_is_neither_better_nor_worse():
    before, after = side([0, 4], [True, True], [100, 200]), side([4, 0], [True, True], [100, 200])
    done = quality_account(before, after, pieces((0, 0, 100, 100, 0), (1, 1, 200, 200, 0)), 10)
    assert done.changes[:, CHANGES.index("known")].tolist()[:5] == [100, 0, 0, 0, -100]
    assert (done.improved_dm2, done.worsened_dm2) == (0, 0)


@st.composite
def counties(draw):
    """Two years and pieces between them whose net areas add up to the parcels of both sides."""
    many = st.integers(1, 6)
    left, right = draw(many), draw(many)
    rows = []
    for a in range(-1, left):
        for b in range(-1, right):
            if (a, b) != (-1, -1) and draw(st.booleans()):
                out, into = draw(st.integers(0, 10**6)), draw(st.integers(0, 10**6))
                rows.append((a, b, out if a >= 0 else 0, into if b >= 0 else 0, a < 0 and draw(st.booleans())))
    rows = rows or [(0, 0, 0, 0, False)]
    nets = [np.zeros(left, np.int64), np.zeros(right, np.int64)]
    for a, b, out, into, _ in rows:
        if a >= 0:
            nets[0][a] += out
        if b >= 0:
            nets[1][b] += into
    sides = []
    for count, net in zip((left, right), nets, strict=True):
        state = draw(st.lists(st.integers(0, 10), min_size=count, max_size=count))
        farmland = draw(st.lists(st.booleans(), min_size=count, max_size=count))
        sides.append(side(state, farmland, net))
    return sides, pieces(*rows)


@given(county=counties())
def test_opening_and_changes_make_the_closing_for_every_grade_and_so_does_area_times_grade(county):
    (before, after), land = county
    done = quality_account(before, after, land, 10)
    assert (done.opening + done.changes.sum(axis=1) == done.closing).all()
    for one, stock in ((before, done.opening), (after, done.closing)):
        for state in range(11):
            assert stock[state] == one.net_dm2[one.farmland & (one.state == state)].sum()
    first, change, last = done.graded.tolist()
    assert first + change == last
    for name in ("better", "worse", "known"):
        assert done.changes[:, CHANGES.index(name)].sum() == 0, (
            "land that changes its grade is no more and no less land"
        )


def test_a_number_is_followed_only_on_land_that_has_it_in_both_years():
    before, after = side([0, 0, 0], [True, True, True], [100, 100, 100]), side([0, 0, 0], [True] * 3, [100, 100, 100])
    land = pieces((0, 0, 100, 100, 0), (1, 1, 300, 300, 0), (2, 2, 100, 100, 0))
    done = indicator_change("ph", np.array([6.0, 7.0, np.nan]), np.array([6.4, 6.8, 5.0]), (before, after), land)
    assert done is not None and (done.area_dm2, done.rose_dm2, done.fell_dm2, done.same_dm2) == (400, 100, 300, 0)
    assert (done.mean_before, done.mean_after) == (pytest.approx(6.75), pytest.approx(6.7))
    nothing = np.array([np.nan] * 3)
    assert indicator_change("ph", nothing, nothing, (before, after), land) is None
