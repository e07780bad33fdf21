"""Horizons become depth intervals without salt made or lost; the spline is the smoothest that keeps every horizon."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import BadInput
from tilth.soil import Profile, harmonised, intervals_of, layered

thick = st.lists(st.floats(2, 60), min_size=1, max_size=8)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    widths = np.array(draw(thick))
    edges = np.concatenate([[0.0], np.cumsum(widths)])
    means = np.array(draw(st.lists(st.floats(0.1, 40), min_size=len(widths), max_size=len(widths))))
    return Profile(edges[:-1], edges[1:], means)


def mass(profile: Profile) -> float:
    return float(((profile.bottom - profile.top) * profile.mean).sum())


@given(profile=profiles(), cuts=st.lists(st.floats(0.05, 0.95), min_size=0, max_size=6, unique=True),
       method=st.sampled_from(["weighted", "spline"]))  # fmt: skip
def test_the_mass_of_a_profile_is_that_of_its_intervals(profile: Profile, cuts: list[float], method: str) -> None:
    depth = float(profile.bottom[-1])
    edges = [0.0, *(depth * cut for cut in sorted(cuts)), depth]
    intervals = [(a, b) for a, b in pairwise(edges) if b - a > 1e-6]
    if abs(sum(b - a for a, b in intervals) - depth) > 1e-9:
        return
    done = layered(profile, intervals, method)
    total = sum((b - a) * mean for (a, b), mean in zip(intervals, done.mean, strict=True))
    assert total == pytest.approx(mass(profile), rel=1e-9)
    assert (done.mean >= -1e-9).all()


@given(profile=profiles(), method=st.sampled_from(["weighted", "spline"]))
def test_over_a_horizon_the_mean_is_that_of_the_horizon(profile: Profile, method: str) -> None:
    done = layered(profile, list(zip(profile.top, profile.bottom, strict=True)), method)
    assert done.mean.tolist() == pytest.approx(profile.mean.tolist(), rel=1e-8)


def test_by_thickness_an_interval_is_the_mean_of_what_lies_in_it() -> None:
    profile = Profile(np.array([0.0, 10.0, 30.0]), np.array([10.0, 30.0, 60.0]), np.array([6.0, 2.0, 1.0]))
    done = layered(profile, [(0, 20), (20, 40), (40, 60)])
    assert done.mean.tolist() == [4.0, 1.5, 1.0]
    assert done.method == ("weighted",) * 3


def test_the_spline_is_the_smoothest_curve_that_keeps_the_mean_of_every_horizon() -> None:
    """A second way: least sum of squared steps of a curve on a fine grid, its means held by Lagrange multipliers."""
    profile = Profile(
        np.array([0.0, 10.0, 25.0, 45.0]), np.array([10.0, 25.0, 45.0, 80.0]), np.array([8.0, 5.0, 4.5, 3.0])
    )
    step, count = 0.1, 800
    places = (np.arange(count) + 0.5) * step
    steps = np.diff(np.eye(count), axis=0)
    means = np.array(
        [
            ((places >= a) & (places < b)) / round((b - a) / step)
            for a, b in zip(profile.top, profile.bottom, strict=True)
        ]
    )
    whole = np.block([[2 * steps.T @ steps, means.T], [means, np.zeros((4, 4))]])
    curve = np.linalg.solve(whole, np.concatenate([np.zeros(count), profile.mean]))[:count]
    intervals = [(0, 5), (5, 20), (20, 40), (40, 60), (60, 80)]
    by_grid = [curve[(places >= a) & (places < b)].mean() for a, b in intervals]
    done = layered(profile, intervals, "spline")
    assert done.mean.tolist() == pytest.approx(by_grid, abs=2e-3)
    assert set(done.method) == {"spline"}


def test_a_spline_below_zero_is_not_used_and_says_so() -> None:
    profile = Profile(np.array([0.0, 5.0, 10.0]), np.array([5.0, 10.0, 60.0]), np.array([40.0, 0.1, 0.1]))
    done = layered(profile, [(0, 20)], "spline")
    assert done.method == ("weighted (spline below 0)",)
    assert done.mean.tolist() == layered(profile, [(0, 20)]).mean.tolist()


def test_a_gap_is_not_filled_and_too_little_sampled_is_unknown() -> None:
    profile = Profile(np.array([0.0, 30.0]), np.array([15.0, 45.0]), np.array([4.0, 8.0]))
    for method in ("weighted", "spline"):
        done = layered(profile, [(0, 20), (20, 40), (40, 60), (60, 80)], method)
        assert done.mean.tolist() == pytest.approx([4.0, 8.0, np.nan, np.nan], nan_ok=True)
        assert done.covered.tolist() == [0.75, 0.5, 0.25, 0.0]


def samples(**columns: list[object]) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    plain = {"sample_id": [f"s{n}" for n in range(rows)], "source_row": list(range(1, rows + 1)), "site_id": "A",
             "date": "", "x": np.nan, "y": np.nan}  # fmt: skip
    return pd.DataFrame({**plain, **columns})


def test_sites_are_told_apart_and_replicates_of_a_horizon_are_averaged() -> None:
    frame = samples(
        site_id=["A", "A", "A", "B"], top_cm=[0.0, 0.0, 20.0, 0.0], bottom_cm=[20.0, 20.0, 40.0, 40.0],
        ec_ds_m=[1.0, 3.0, 5.0, 7.0],
    )  # fmt: skip
    done, findings = harmonised(frame, [(0, 20), (20, 40)])
    assert findings == ()
    assert done[["site_id", "top_cm", "ec_ds_m"]].values.tolist() == [
        ["A", 0.0, 2.0], ["A", 20.0, 5.0], ["B", 0.0, 7.0], ["B", 20.0, 7.0],
    ]  # fmt: skip


def test_a_site_whose_horizons_overlap_is_left_out_and_named() -> None:
    frame = samples(top_cm=[0.0, 10.0], bottom_cm=[20.0, 40.0], ec_ds_m=[1.0, 2.0])
    done, findings = harmonised(frame)
    assert len(done) == 0
    assert [one.said for one in findings] == [
        "the horizons of site A overlap between 10 and 20 cm; it is left out of the depth intervals"
    ]


def test_a_quantity_missing_in_one_horizon_does_not_bend_the_others() -> None:
    frame = samples(top_cm=[0.0, 20.0], bottom_cm=[20.0, 40.0], ec_ds_m=[1.0, 2.0], ph=[8.0, np.nan])
    done, _ = harmonised(frame, [(0, 20), (20, 40)])
    assert done["ec_ds_m"].tolist() == [1.0, 2.0]
    assert done["ph"].tolist() == pytest.approx([8.0, np.nan], nan_ok=True)


@pytest.mark.parametrize("text", ["0-20-40", "20-0", "a-b", "0-20,10-30", ""])
def test_a_list_of_depths_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is no list of depth intervals"):
        intervals_of(text)


def test_depths_without_any_and_a_method_that_is_none_are_refused() -> None:
    with pytest.raises(BadInput, match="no row has a top and a bottom"):
        harmonised(samples(top_cm=[np.nan], bottom_cm=[np.nan], ec_ds_m=[1.0]))
    with pytest.raises(BadInput, match="'kriging' is no way"):
        layered(Profile(np.array([0.0]), np.array([1.0]), np.array([1.0])), [(0, 1)], "kriging")
