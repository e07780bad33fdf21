"""Salinity models: what they refuse, how blocks are held out, and what their uncertainty says."""

from __future__ import annotations

import gstools as gs
import numpy as np
import pytest

from salty_land import NAMES, SMALL, bands, places, salty
from tilth.core import BadInput
from tilth.soil import Recipe, cross_validate, fit_model, training, transfer
from tilth.soil.salinity_map.applicability import applicability
from tilth.soil.salinity_map.baselines import nearest_sample, ordinary_kriging
from tilth.soil.salinity_map.blocks import block_of, block_side, fold_of
from tilth.soil.salinity_map.conformal import Errors, held_out_units
from tilth.soil.salinity_map.kriging import fitted_variogram, kriged
from tilth.soil.salinity_map.validation import coverage, difference


@pytest.fixture(scope="module")
def samples():
    return salty()


@pytest.fixture(scope="module")
def model(samples):
    return fit_model(samples, recipes=SMALL)


def refused(code, *args, **more):
    with pytest.raises(BadInput) as told:
        training(*args, **more)
    assert told.value.code == code
    return told.value.said


def test_five_samples_make_no_model():
    said = refused("SOIL-MODEL-FEW", np.arange(5.0), np.ones((5, 1)), ["a"], np.arange(5.0), np.arange(5.0))
    assert said == "5 samples at 5 places are too few for a model; at least 20 places are needed"


def test_many_horizons_of_a_few_places_are_few_places():
    place = np.repeat(np.arange(6.0), 30)
    said = refused("SOIL-MODEL-FEW", np.arange(180.0), np.ones((180, 1)), ["a"], place, place)
    assert said.startswith("180 samples at 6 places")


def test_a_constant_target_is_refused():
    x = np.arange(40.0)
    said = refused("SOIL-MODEL-CONSTANT", np.full(40, 2.5), x[:, None], ["a"], x, x, target="ece")
    assert said == "every one of 40 samples has ece = 2.5, so there is nothing to map"


def test_a_covariate_with_a_hole_is_named_with_the_first_sample_that_lacks_it():
    x = np.arange(40.0)
    held = np.column_stack([x, x])
    held[[7, 12], 1] = np.nan
    said = refused("SOIL-MODEL-HOLE", x, held, ["slope", "ndvi"], x, x)
    assert said == "ndvi has no value for 2 of 40 samples; the first is sample 8"


def test_a_conductivity_below_nothing_is_refused():
    x = np.arange(40.0)
    assert "sample 1 has EC = -1" in refused("SOIL-MODEL-NEGATIVE", x - 1, x[:, None], ["a"], x, x)


def test_samples_of_one_place_are_never_parted_between_folds():
    drawn = np.random.default_rng(0)
    x, y = drawn.uniform(0, 9e4, 80).repeat(5), drawn.uniform(0, 4e4, 80).repeat(5)
    side = block_side(x, y, 5)
    block = block_of(x, y, side)
    fold = fold_of(block, 5, seed=1)
    assert (fold.reshape(80, 5) == fold.reshape(80, 5)[:, :1]).all()
    for one in np.unique(block):
        assert len(np.unique(fold[block == one])) == 1
    assert len(np.unique(block)) >= 25
    assert np.bincount(fold).min() > 40


def test_the_model_finds_the_covariates_that_salinity_follows(model):
    weight = dict(zip(NAMES, model.importance, strict=True))
    assert weight["wet"] > 10 * weight["noise"]
    assert weight["high"] > weight["noise"]


def test_a_model_is_the_same_when_it_is_fitted_again(samples, model):
    again = fit_model(samples, recipes=SMALL)
    assert (again.forest.word == model.forest.word).all()
    assert (again.errors.scaled == model.errors.scaled).all()


def test_quantiles_rise_and_agree_with_the_probability_of_lying_below_them(model, samples):
    centre, spread = model.estimate(samples.covariates[:30], samples.x[:30], samples.y[:30])
    levels = np.linspace(0.05, 0.95, 7)
    told = model.quantiles(centre, spread, levels)
    assert (np.diff(told, axis=1) >= 0).all()
    for at in range(30):
        for level, value in zip(levels, told[at], strict=True):
            if value > 0:
                below = model.probability_below(centre[at : at + 1], spread[at : at + 1], value)[0]
                assert below == pytest.approx(level, abs=1e-6)


def test_a_share_of_new_errors_stays_below_each_quantile():
    drawn = np.random.default_rng(2)
    known = Errors(np.sort(drawn.standard_gamma(1.5, 2_000)))
    new = drawn.standard_gamma(1.5, 50_000)
    for level in (0.05, 0.5, 0.95):
        assert np.mean(new < known.quantile(level)) == pytest.approx(level, abs=0.02)
        assert known.below(np.array([known.quantile(level)]))[0] == pytest.approx(level)


def test_ninety_per_cent_intervals_hold_ninety_per_cent_of_unseen_land():
    result = cross_validate(salty(400, seed=11), recipes=SMALL, folds=5, random_split=False)
    assert 0.86 <= result.coverage.overall <= 0.94
    assert result.folds == 5
    best = result.best_baseline
    assert best.rmse_low <= best.rmse <= best.rmse_high


def test_an_error_has_no_say_in_the_unit_that_it_is_counted_in():
    drawn = np.random.default_rng(6)
    target, centre, spread = drawn.standard_normal(90), drawn.standard_normal(90), drawn.uniform(0.1, 1.0, 90)
    fold = np.arange(90) % 5
    other = np.where(fold == 2, 9 * target, target)
    one, two = (held_out_units(each, centre, spread, fold) for each in (target, other))
    assert (one[fold == 2] == two[fold == 2]).all() and (one[fold != 2] != two[fold != 2]).all()


def test_what_is_found_on_held_out_land_has_no_say_in_its_interval():
    from dataclasses import replace

    from tilth.soil.salinity_map.blocks import block_of, block_side, fold_of

    known = salty(120, seed=14)
    fold = fold_of(block_of(known.x, known.y, block_side(known.x, known.y, 3)), 3, 0)
    other = replace(known, value=np.where(fold == 1, 3 * known.value + 2, known.value))
    one, two = (cross_validate(each, recipes=SMALL, folds=3, random_split=False) for each in (known, other))
    for name in ("expected", "lower", "upper"):
        assert (getattr(one, name)[fold == 1] == getattr(two, name)[fold == 1]).all(), name
        assert (getattr(one, name)[fold != 1] != getattr(two, name)[fold != 1]).any(), name


def test_a_random_split_flatters_where_horizons_share_a_place():
    drawn = np.random.default_rng(4)
    x, y, row, column = places(60, seed=8)
    own = drawn.standard_normal(60)
    value = np.expm1(np.maximum(1.5 + own.repeat(4) + 0.05 * drawn.standard_normal(240), 0.01))
    held = bands()[:, row, column].T.repeat(4, axis=0)
    result = cross_validate(training(value, held, NAMES, x.repeat(4), y.repeat(4)), recipes=SMALL, folds=5)
    honest = {one.method: one.r2 for one in result.scores}
    flattering = {one.method: one.r2 for one in result.random_split}
    assert flattering["forest"] > honest["forest"] + 0.5


def test_the_same_predictions_differ_by_nothing():
    drawn = np.random.default_rng(0)
    target, told = drawn.standard_normal(60), drawn.standard_normal(60)
    same = difference(target, told, told, np.arange(60) // 4, "mean")
    assert (same.rmse, same.rmse_low, same.rmse_high, same.r2) == (0, 0, 0, 0)


def test_the_interval_of_a_difference_is_that_of_drawing_blocks_one_by_one():
    drawn = np.random.default_rng(0)
    block = np.arange(200) // 5
    target = drawn.standard_normal(200)
    ours, theirs = target + 0.5 * drawn.standard_normal(200), target + 0.8 * drawn.standard_normal(200)
    told = difference(target, ours, theirs, block, "mean")
    again = []
    for _ in range(1_500):
        rows = np.concatenate([np.flatnonzero(block == one) for one in drawn.integers(0, 40, 40)])
        again.append(
            np.sqrt(np.mean((target[rows] - ours[rows]) ** 2)) - np.sqrt(np.mean((target[rows] - theirs[rows]) ** 2))
        )
    low, high = np.quantile(again, [0.025, 0.975])
    assert told.rmse_low == pytest.approx(low, abs=0.015)
    assert told.rmse_high == pytest.approx(high, abs=0.015)
    assert told.rmse_high < 0


def test_coverage_is_counted_overall_and_by_thirds():
    target = np.arange(9.0)
    lower, upper = target - 1, target + 1
    upper[8] = 7.5
    told = coverage(target, target[::-1].copy(), lower, upper)
    assert told.overall == pytest.approx(8 / 9)
    assert told.by_found == pytest.approx((1, 1, 2 / 3))
    assert told.by_expected == pytest.approx((2 / 3, 1, 1))


def test_dual_kriging_is_that_of_gstools():
    drawn = np.random.default_rng(7)
    x, y, value = drawn.uniform(0, 1_000, 50), drawn.uniform(0, 1_000, 50), drawn.standard_normal(50)
    fitted = fitted_variogram(x, y, value)
    fitted = type(fitted)(0.2, 0.8, 150.0)
    asked = drawn.uniform(0, 1_000, (2, 20))
    model = gs.Exponential(dim=2, var=0.8, len_scale=150.0, nugget=0.2)
    expected, _ = gs.krige.Ordinary(model, (x, y), value, exact=False)((asked[0], asked[1]))
    assert kriged(x, y, value, fitted).at(asked[0], asked[1]) == pytest.approx(expected, abs=1e-9)


def test_values_without_pattern_are_all_nugget_and_krige_to_their_mean():
    x = np.arange(30.0) * 100
    fitted = fitted_variogram(x, x, np.full(30, 2.0))
    assert kriged(x, x, np.full(30, 2.0), fitted).at(np.array([33.0]), np.array([1e6])) == pytest.approx([2.0])


def test_the_nearest_sample_is_that_of_the_nearest_depth_there():
    x = np.array([0.0, 0.0, 0.0, *np.arange(100, 2_000, 100)])
    depth = np.array([5.0, 30.0, 90.0, *np.full(19, 10.0)])
    value = np.array([1.0, 2.0, 3.0, *np.linspace(4, 9, 19)])
    known = training(value, depth[:, None], ["depth"], x, x, of_sample=["depth"])
    asked = training(value, np.full((22, 1), 40.0), ["depth"], x + 1, x, of_sample=["depth"])
    assert nearest_sample(known, asked, 0)[0] == pytest.approx(np.log1p(2.0))


def test_kriging_of_places_follows_their_means(samples):
    told = ordinary_kriging(samples, samples, 0)
    assert np.corrcoef(told, samples.target)[0, 1] > 0.5


def test_the_dissimilarity_of_a_cell_is_its_distance_to_the_nearest_sample_by_brute_force():
    drawn = np.random.default_rng(9)
    known, cells = drawn.standard_normal((70, 4)), 2 * drawn.standard_normal((500, 4))
    weight = np.array([0.1, 0.9, 0.0, 0.4])
    area = applicability(known, weight, np.arange(70) % 5)
    scale = weight / weight.max() / known.std(axis=0)
    apart = np.sqrt((((cells[:, None] - known[None]) * scale) ** 2).sum(axis=2)).min(axis=1)
    pairs = np.sqrt((((known[:, None] - known[None]) * scale) ** 2).sum(axis=2))
    expected = apart / pairs[np.triu_indices(70, 1)].mean()
    assert area.dissimilarity(cells) == pytest.approx(expected)


def test_the_dissimilarity_of_patches_is_that_of_their_cells():
    drawn = np.random.default_rng(10)
    area = applicability(drawn.standard_normal((90, 4)), np.array([0.5, 0.3, 0.0, 0.2]), np.arange(90) % 5)
    middles = 2 * drawn.standard_normal((10, 4)).repeat(60, axis=0)
    for alike in (0.0, 0.1, 3.0):
        cells = (middles + alike * drawn.standard_normal((600, 4))).astype(np.float32)
        told = area.dissimilarity_of_patches(cells, np.arange(60, 601, 60))
        assert told.tobytes() == area.dissimilarity(cells).tobytes()


def test_kriging_has_the_say_where_covariates_have_none_and_salt_lies_in_patches():
    """Covariates are noise, salt is a surface: trees beside kriging have to come near kriging itself."""
    drawn = np.random.default_rng(12)
    x, y = drawn.uniform(0, 8_000, (2, 220))
    target = 1.5 + np.sin(x / 1_500) * np.cos(y / 1_800) + 0.1 * drawn.standard_normal(220)
    noise = drawn.standard_normal((220, 3))
    found = fit_model(training(np.expm1(np.maximum(target, 0.01)), noise, NAMES, x, y), recipes=SMALL)
    best = next(one for one in found.trials if one.chosen)
    assert best.how in ("kriging", "stacked")
    alone = next(one for one in found.trials if one.how == "")
    assert best.rmse < 0.7 * alone.rmse
    centre, _ = found.estimate(noise, x, y)
    assert np.corrcoef(centre, target)[0, 1] > 0.95


def test_a_stack_errs_no_more_than_its_trees_alone(model):
    plain, _, stacked = model.trials
    assert (plain.how, stacked.how) == ("", "stacked")
    assert stacked.rmse <= plain.rmse + 1e-12


def test_boosted_trees_are_chosen_only_where_they_err_least_on_held_out_blocks(samples):
    both = (SMALL[0], Recipe("boosted-10", "boosted", 60, 10, 0.5))
    found = fit_model(samples, recipes=both)
    assert {one.recipe for one in found.trials} == {"extra-5", "boosted-10"}
    best = next(one for one in found.trials if one.chosen)
    assert found.recipe.id == best.recipe
    assert best.rmse <= 1.01 * min(one.rmse for one in found.trials)


def test_intervals_of_boosted_trees_hold_as_often_as_they_say():
    boosted = (Recipe("boosted-10", "boosted", 60, 10, 0.5),)
    result = cross_validate(salty(400, seed=13), recipes=boosted, folds=5, random_split=False)
    assert set(result.chosen) <= {"boosted-10", "boosted-10+kriging", "boosted-10+stacked"}
    assert 0.86 <= result.coverage.overall <= 0.94


def test_a_wrong_level_is_told_apart_from_a_wrong_pattern(samples):
    """The other land is the same but twice as salty, less one: 0.69 more on the log everywhere."""
    from dataclasses import replace

    other = replace(samples, value=2 * samples.value + 1)
    told = transfer(samples, other, recipes=SMALL)
    assert told.level_missed == pytest.approx(np.log(2), abs=0.03)
    assert told.level_share > 0.8


def test_land_unlike_every_sample_is_outside_and_the_samples_are_inside(model, samples):
    far = samples.covariates[:5].copy()
    far[:, 0] += 50
    assert not model.applicability.inside(far).any()
    assert model.applicability.inside(samples.covariates).all()


def test_a_model_taken_to_another_land_is_tested_only_there(samples):
    other = salty(80, seed=21)
    told = transfer(samples, other, recipes=SMALL)
    assert told.samples == 80
    assert told.side == 0
    assert told.random_split == ()
