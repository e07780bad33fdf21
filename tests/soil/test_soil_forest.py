"""The compiled walk through a forest, against scikit-learn's own."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestRegressor
from sklearn.utils import parallel

from tilth.soil.salinity_map.forest import _keys, flat, flat_boosted, growing


@pytest.fixture(scope="module", params=[ExtraTreesRegressor, RandomForestRegressor])
def grown(request):
    drawn = np.random.default_rng(1)
    rows = drawn.standard_normal((400, 6)).astype(np.float32)
    rows[:, 2] = np.round(rows[:, 2])
    target = rows[:, 0] * 2 + np.abs(rows[:, 1]) + drawn.standard_normal(400)
    return request.param(25, min_samples_leaf=4, random_state=2).fit(rows, target)


def by_leaves(grown, rows):
    """Mean and spread from the leaves that scikit-learn names."""
    first, second = np.zeros(len(rows)), np.zeros(len(rows))
    for one in grown.estimators_:
        leaf = one.tree_.apply(rows)
        value = one.tree_.value[leaf, 0, 0]
        first += value
        second += one.tree_.impurity[leaf] + value * value
    first /= len(grown.estimators_)
    return first, np.sqrt(np.maximum(second / len(grown.estimators_) - first * first, 0))


def test_the_walk_ends_in_the_leaves_that_scikit_learn_names(grown):
    rows = np.random.default_rng(3).standard_normal((1_501, 6)).astype(np.float32)
    rows[:300, 2] = np.round(rows[:300, 2])
    mean, spread = flat(grown).moments(rows)
    expected = by_leaves(grown, rows)
    assert (mean == expected[0]).all()
    assert (spread == expected[1]).all()
    assert np.allclose(mean, grown.predict(rows))


def test_cells_on_a_threshold_go_left_as_in_scikit_learn(grown):
    thresholds = np.concatenate([one.tree_.threshold[one.tree_.feature == 0] for one in grown.estimators_])
    near = np.concatenate([thresholds.astype(np.float32), np.nextafter(thresholds.astype(np.float32), np.float32(9e9))])
    rows = np.zeros((len(near), 6), dtype=np.float32)
    rows[:, 0] = near
    assert (flat(grown).moments(rows)[0] == by_leaves(grown, rows)[0]).all()


def test_the_spread_of_a_whole_forest_is_that_of_the_weights_a_quantile_forest_gives():
    drawn = np.random.default_rng(4)
    rows, target = drawn.standard_normal((120, 3)).astype(np.float32), drawn.standard_normal(120)
    grown = ExtraTreesRegressor(15, min_samples_leaf=5, random_state=0).fit(rows, target)
    asked = drawn.standard_normal((7, 3)).astype(np.float32)
    known, own = grown.apply(rows), grown.apply(asked)
    mean, spread = flat(grown).moments(asked)
    for at in range(len(asked)):
        same = known == own[at]
        weight = (same / same.sum(axis=0)).mean(axis=1)
        assert weight.sum() == pytest.approx(1)
        expected = weight @ target
        assert mean[at] == pytest.approx(expected)
        assert spread[at] == pytest.approx(np.sqrt(weight @ target**2 - expected**2))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_row_has_the_same_answer_whatever_rows_are_beside_it(grown, threads):
    rows = np.random.default_rng(5).standard_normal((30_001, 6)).astype(np.float32)
    forest = flat(grown)
    whole = forest.moments(rows, threads=threads)
    cuts = [0, 1, 8, 1_031, 5_000, 30_001]
    for number in range(2):
        parts = [forest.moments(rows[a:b])[number] for a, b in pairwise(cuts)]
        assert (np.concatenate(parts) == whole[number]).all()


@pytest.mark.parametrize("size", [1, 7, 500, 1_501])
@pytest.mark.parametrize("alike", [0.0, 0.05, 1.0])
def test_rows_have_the_same_answer_in_patches_of_any_size_and_likeness(grown, size, alike):
    """Patches whose rows are all one, nearly one, and not alike at all; zeros of both signs among them."""
    drawn = np.random.default_rng(6)
    middles = drawn.standard_normal((-(-1_501 // size), 6)).repeat(size, axis=0)[:1_501]
    rows = (middles + alike * drawn.standard_normal((1_501, 6))).astype(np.float32)
    rows[::5, 3], rows[1::5, 3] = 0.0, -0.0
    forest = flat(grown)
    ends = np.append(np.arange(size, 1_501, size), 1_501)
    for one, two in zip(forest.moments(rows), forest.moments_of_patches(rows, ends), strict=True):
        assert one.tobytes() == two.tobytes()


def test_boosted_trees_tell_the_sum_that_scikit_learn_tells_and_no_spread():
    drawn = np.random.default_rng(7)
    rows = drawn.standard_normal((600, 5)).astype(np.float32)
    target = rows[:, 0] * rows[:, 1] + drawn.standard_normal(600)
    grown = GradientBoostingRegressor(n_estimators=60, max_depth=4, subsample=0.5, random_state=0).fit(rows, target)
    forest = flat_boosted(grown)
    asked = drawn.standard_normal((900, 5)).astype(np.float32)
    mean, spread = forest.moments(asked)
    assert mean == pytest.approx(grown.predict(asked), abs=1e-12)
    assert (spread == 1).all()
    assert forest.lowest <= mean.min() and mean.max() <= forest.highest
    assert (forest.moments_of_patches(asked, np.array([400, 900]))[0] == mean).all()


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=2, max_size=40))
def test_keys_keep_the_order_of_numbers(values):
    numbers = np.array(values, dtype=np.float32)
    keys = _keys(numbers)
    assert ((keys[:, None] > keys[None, :]) == (numbers[:, None] > numbers[None, :])).all()


def test_threads_that_empty_each_others_filters_of_warnings_stop_no_forest(monkeypatch):
    given = parallel._with_config_and_warning_filters
    monkeypatch.setattr(
        parallel, "_with_config_and_warning_filters", lambda task, settings, _: given(task, settings, [])
    )
    rows, before = np.random.default_rng(4).standard_normal((50, 2)), list(warnings.filters)
    with pytest.raises(UserWarning, match=r"parallel\.delayed"):
        RandomForestRegressor(4).fit(rows, rows[:, 0])
    with growing():
        grown = RandomForestRegressor(4).fit(rows, rows[:, 0])
        warnings.filters.clear()
    assert len(grown.estimators_) == 4
    assert warnings.filters == before
