"""A salinity model: a forest, what kriging adds to it and the spread of its errors, all chosen on held-out blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.core import BoolArray, FloatArray, IntArray
from tilth.soil.salinity_map.applicability import Applicability, applicability
from tilth.soil.salinity_map.blocks import block_of, block_side, fold_of
from tilth.soil.salinity_map.conformal import Errors, Scale, errors, held_out_units, scale_of
from tilth.soil.salinity_map.forest import Forest, flat, flat_boosted, growing
from tilth.soil.salinity_map.kriging import Kriged, by_place, fitted_variogram, kriged
from tilth.soil.salinity_map.learning import Training

#: Held-out folds inside one fit.
FOLDS = 5
_SHUFFLES = 3
_WORTH_A_THREAD = 1_000  # samples
#: Kriging of residuals has to lower the error by this share: every cell pays for it.
_WORTH_KRIGING = 0.01


@dataclass(frozen=True, slots=True)
class Recipe:
    """A way to grow trees. `share`: of the covariates tried at each split."""

    id: str
    kind: str  # extra: splits drawn, whole sample; random: splits sought, bootstrap; boosted: one upon the other
    trees: int
    least_leaf: int
    share: float


#: What is tried; each alone, with kriging of its residuals, and stacked with kriging of the target.
CANDIDATES = (
    Recipe("extra-5", "extra", 100, 5, 0.5),
    Recipe("extra-15", "extra", 100, 15, 0.5),
    Recipe("random-5", "random", 100, 5, 0.33),
)
#: Not tried unless asked for: chosen in four of ten folds of a real table, it lowered neither error nor width there.
BOOSTED = Recipe("boosted-10", "boosted", 150, 10, 0.33)
#: Of boosted trees: splits from the root down, how far each tree is followed, and the part of the samples it sees.
#: Source: stochastic gradient boosting, Friedman 2002.
_DEPTH, _RATE, _SEEN = 4, 0.05, 0.5


@dataclass(frozen=True, slots=True)
class Trial:
    """How a candidate did on held-out blocks: root mean square error of log(1 + EC)."""

    recipe: str
    how: str  # kriging: its residuals kriged; stacked: beside kriging of the target; or neither
    rmse: float
    chosen: bool


@dataclass(frozen=True)
class Model:
    """A fitted model. Everything it says of a cell depends on that cell alone."""

    recipe: Recipe
    trials: tuple[Trial, ...]
    names: tuple[str, ...]  # (p,)
    of_place: BoolArray  # (p,)
    forest: Forest
    level: float  # mean of the target, log(1 + EC)
    slope: float  # how far the forest is followed away from it: 1 fully, 0 not at all
    residual: Kriged | None
    scale: Scale
    errors: Errors
    importance: FloatArray  # (p,) growth of the mean square error when a covariate is shuffled on held-out blocks
    applicability: Applicability
    side: float  # of the held-out blocks [m]
    folds: IntArray  # (n,) in which each sample was held out
    held_out: FloatArray  # (n,) what was expected of each sample when its block was held out, log(1 + EC)
    held_spread: FloatArray  # (n,)

    def estimate(
        self,
        covariates: npt.NDArray[Any],
        x: FloatArray,
        y: FloatArray,
        *,
        ends: npt.NDArray[np.int64] | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """Centre of log(1 + EC) and the unit of its error at every row of `covariates` (n, p).

        Parameters
        ----------
        ends
            (k,) The row after the last of each patch, where rows lie in patches of like ones; the answer is the same.
        """
        if ends is None:
            mean, spread = self.forest.moments(covariates)
        else:
            mean, spread = self.forest.moments_of_patches(covariates, ends)
        centre = self.level + self.slope * (mean - self.level)
        if self.residual is not None:
            centre += self.residual.at(x, y)
        return centre, self.scale.of(spread, centre)

    def quantiles(self, centre: FloatArray, spread: FloatArray, levels: Sequence[float]) -> FloatArray:
        """(n, k) EC that is not exceeded with each of the probabilities. [dS/m]"""
        scaled = np.array([self.errors.quantile(level) for level in levels])
        found: FloatArray = np.maximum(np.expm1(centre[:, None] + spread[:, None] * scaled), 0.0)
        return found

    def probability_below(self, centre: FloatArray, spread: FloatArray, ec: float) -> FloatArray:
        """(n,) Probability that EC is below a bound."""
        return self.errors.below((np.log1p(ec) - centre) / spread)


@dataclass(frozen=True)
class _Held:
    """What one candidate said of samples whose block was held out."""

    recipe: Recipe
    grown: tuple[Forest, ...]
    mean: FloatArray
    spread: FloatArray
    slope: float
    residual: Kriged | None
    centre: FloatArray
    apart: FloatArray  # as `centre`, by weights that were fitted without the sample's own fold
    rmse: float
    how: str = ""


def fit_model(
    samples: Training, *, recipes: Sequence[Recipe] = CANDIDATES, folds: int = FOLDS, seed: int = 0, side: float = 0.0
) -> Model:
    """The candidate that errs least on held-out spatial blocks, fitted to all samples.

    Parameters
    ----------
    side
        Of the blocks [m]; 0 lets the samples' layout decide.
    """
    side = side or block_side(samples.x, samples.y, folds)
    fold = fold_of(block_of(samples.x, samples.y, side), folds, seed)
    krige = _krige(samples, fold)
    tried = [one for recipe in recipes for one in _tried(samples, recipe, krige, fold, seed)]
    best = min(tried, key=lambda one: one.rmse * (1.0 if one.residual is None else 1.0 + _WORTH_KRIGING))
    importance = _importance(samples, best, fold, seed)
    wide = held_out_units(samples.target, best.apart, best.spread, fold)
    return Model(
        recipe=best.recipe,
        trials=tuple(Trial(one.recipe.id, one.how, one.rmse, one is best) for one in tried),
        names=samples.names,
        of_place=samples.of_place,
        forest=_grown(samples, best.recipe, seed),
        level=float(samples.target.mean()),
        slope=best.slope,
        residual=best.residual,
        scale=scale_of(samples.target, best.apart, best.spread),
        errors=errors(samples.target, best.apart, wide),
        importance=importance,
        applicability=applicability(samples.covariates, np.where(samples.of_place, importance, 0.0), fold),
        side=side,
        folds=fold,
        held_out=best.apart,
        held_spread=wide,
    )


def _grown(samples: Training, recipe: Recipe, seed: int) -> Forest:
    from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestRegressor

    if recipe.kind == "boosted":
        booster = GradientBoostingRegressor(
            n_estimators=recipe.trees, min_samples_leaf=recipe.least_leaf, max_features=recipe.share, max_depth=_DEPTH,
            learning_rate=_RATE, subsample=_SEEN, random_state=seed,
        )  # fmt: skip
        return flat_boosted(booster.fit(samples.covariates.astype(np.float32), samples.target))
    kind = ExtraTreesRegressor if recipe.kind == "extra" else RandomForestRegressor
    grower = kind(
        recipe.trees,
        min_samples_leaf=recipe.least_leaf,
        max_features=recipe.share,
        random_state=seed,
        n_jobs=2 if len(samples) > _WORTH_A_THREAD else 1,
    )
    with growing():
        return flat(grower.fit(samples.covariates.astype(np.float32), samples.target))


def _tried(samples: Training, recipe: Recipe, krige: _Krige, fold: IntArray, seed: int) -> list[_Held]:
    """The candidate alone, with its residuals kriged, and stacked with kriging of the target."""
    mean, spread = np.empty(len(samples)), np.empty(len(samples))
    grown = []
    for one in range(fold.max() + 1):
        held = fold == one
        forest = _grown(samples.take(~held), recipe, seed + one)
        mean[held], spread[held] = forest.moments(samples.covariates[held])
        grown.append(forest)
    level = float(samples.target.mean())
    slope = _slope(mean - level, samples.target - level)
    centre = level + slope * (mean - level)
    apart = _without_own_fold(
        samples.target, mean[:, None], fold, lambda told, away: np.array([_slope(told[:, 0], away)])
    )
    plain = _Held(recipe, tuple(grown), mean, spread, slope, None, centre, apart, _rmse(samples.target, centre))
    return [plain, _with_kriging(samples, plain, fold), _stacked(samples, plain, krige, fold)]


def _slope(told: FloatArray, away: FloatArray) -> float:
    """How far what is told is to be followed: 1 fully, 0 not at all."""
    return float(np.clip(told @ away, 0.0, told @ told) / np.maximum(told @ told, 1e-12))


def _without_own_fold(
    target: FloatArray, told: FloatArray, fold: IntArray, fitted: Callable[[FloatArray, FloatArray], FloatArray]
) -> FloatArray:
    """What is expected of each fold where level and weights are fitted to the others: an error that had a say in the
    weights is smaller than one of new land.

    Parameters
    ----------
    told
        (n, k) What was told of held-out samples, side by side.
    """
    centre = np.empty(len(target))
    for one in range(fold.max() + 1):
        held = fold == one
        level = float(target[~held].mean())
        centre[held] = level + (told[held] - level) @ fitted(told[~held] - level, target[~held] - level)
    return centre


@dataclass(frozen=True)
class _Krige:
    """The target kriged, without covariates: what it said of held-out blocks, and the same from all samples."""

    centre: FloatArray
    whole: Kriged


def _krige(samples: Training, fold: IntArray) -> _Krige:
    added, whole = _kriged_apart(samples, samples.target, fold)
    return _Krige(added, whole)


def _stacked(samples: Training, plain: _Held, krige: _Krige, fold: IntArray) -> _Held:
    """Trees and kriging of the target side by side, each as far as held-out blocks say that it is to be followed.

    Source: stacked regressions, weights not negative, Breiman 1996.
    """
    from scipy.optimize import nnls

    level = float(samples.target.mean())
    told = np.column_stack([plain.mean, krige.centre])
    weights, _ = nnls(told - level, samples.target - level)
    centre = level + (told - level) @ weights
    apart = _without_own_fold(samples.target, told, fold, lambda known, away: nnls(known, away)[0])
    part = float(weights[1])
    residual = replace(krige.whole, weight=part * krige.whole.weight, mean=part * (krige.whole.mean - level))
    return replace(
        plain, slope=float(weights[0]), residual=residual, centre=centre, apart=apart,
        rmse=_rmse(samples.target, centre), how="stacked",
    )  # fmt: skip


def _with_kriging(samples: Training, plain: _Held, fold: IntArray) -> _Held:
    """Residuals of held-out blocks, kriged from those of the other folds, are what kriging can add on unseen land."""
    added, residual = _kriged_apart(samples, samples.target - plain.centre, fold)
    centre = plain.centre + added
    return replace(
        plain, residual=residual, centre=centre, apart=plain.apart + added, rmse=_rmse(samples.target, centre),
        how="kriging",
    )  # fmt: skip


def _kriged_apart(samples: Training, value: FloatArray, fold: IntArray) -> tuple[FloatArray, Kriged]:
    """Values of each fold kriged from those of the others, and the kriging from all."""
    place = samples.place
    variogram = fitted_variogram(*by_place(samples.x, samples.y, value, place))
    told = np.empty(len(samples))
    for one in range(fold.max() + 1):
        held = fold == one
        known = kriged(*by_place(samples.x[~held], samples.y[~held], value[~held], place[~held]), variogram)
        told[held] = known.at(samples.x[held], samples.y[held])
    return told, kriged(*by_place(samples.x, samples.y, value, place), variogram)


def _rmse(target: FloatArray, centre: FloatArray) -> float:
    return float(np.sqrt(np.mean((target - centre) ** 2)))


def _importance(samples: Training, held: _Held, fold: IntArray, seed: int) -> FloatArray:
    """Growth of the mean square error on held-out blocks when a covariate is shuffled among them; at least 0."""
    drawn = np.random.default_rng(seed)
    grew = np.zeros(len(samples.names))
    for one, forest in enumerate(held.grown):
        rows = np.flatnonzero(fold == one)
        own, target = samples.covariates[rows], samples.target[rows]
        usual = np.mean((target - held.mean[rows]) ** 2)
        for column in range(len(samples.names)):
            for _ in range(_SHUFFLES):
                shuffled = own.copy()
                shuffled[:, column] = own[drawn.permutation(len(rows)), column]
                grew[column] += (np.mean((target - forest.moments(shuffled)[0]) ** 2) - usual) * len(rows)
    return np.maximum(grew / (_SHUFFLES * len(samples)), 0.0)
