"""How good a salinity model is on land it has not seen, beside baselines, with the spread of the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tilth.core import BoolArray, FloatArray, IntArray, message
from tilth.runtime import working
from tilth.soil.salinity_map.baselines import BASELINES, default_forest
from tilth.soil.salinity_map.blocks import block_of, block_side, fold_of
from tilth.soil.salinity_map.learning import Training
from tilth.soil.salinity_map.modelling import CANDIDATES, Model, Recipe, fit_model

#: Tails of the prediction interval: 90 % between them.
LOWER, UPPER = 0.05, 0.95
_OUTER_FOLDS = 10
_DRAWS = 4_000
OURS = "tilth"


@dataclass(frozen=True, slots=True)
class Score:
    """Of one method on held-out land. On log(1 + EC), and the error also in dS/m."""

    method: str
    r2: float
    rmse: float
    rmse_ds_m: float


@dataclass(frozen=True, slots=True)
class Difference:
    """The model's error less a baseline's: below 0 the model is better. Interval of 95 % by drawing blocks anew."""

    baseline: str
    rmse: float
    rmse_low: float
    rmse_high: float
    r2: float
    r2_low: float
    r2_high: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of samples inside their 90 % interval."""

    overall: float
    by_found: tuple[float, float, float]  # thirds of the salinity found, fresh to salty
    by_expected: tuple[float, float, float]  # thirds of the salinity expected
    width: float  # mean width on log(1 + EC)


@dataclass(frozen=True)
class Validation:
    """A model's trial on held-out blocks of land."""

    samples: int
    places: int
    blocks: int
    folds: int
    side: float  # of a block [m]; 0 where one set of samples was tested on another
    scores: tuple[Score, ...]  # the model first
    differences: tuple[Difference, ...]  # to each baseline
    coverage: Coverage
    random_split: tuple[Score, ...]  # the same methods when neighbours of a held-out sample are known: flattering
    chosen: tuple[str, ...]  # the recipe chosen inside each fold
    outside: float  # share of samples outside the area of applicability of the model that they were held out from
    target: FloatArray  # (n,) log(1 + EC)
    expected: FloatArray  # (n,)
    lower: FloatArray  # (n,)
    upper: FloatArray  # (n,)
    rank: FloatArray  # (n,) share of the predicted distribution below what was found

    @property
    def level_missed(self) -> float:
        """By how much what was found is saltier on average than what was expected. On log(1 + EC)."""
        return float((self.target - self.expected).mean())

    @property
    def level_share(self) -> float:
        """The share of the squared error that a wrong level makes, the same everywhere; the rest is pattern."""
        return float(self.level_missed**2 / np.mean((self.target - self.expected) ** 2))

    @property
    def best_baseline(self) -> Difference:
        """To the baseline that errs least."""
        errs = {score.method: score.rmse for score in self.scores}
        return min(self.differences, key=lambda one: errs[one.baseline])


def cross_validate(
    samples: Training,
    *,
    recipes: Sequence[Recipe] = CANDIDATES,
    folds: int = _OUTER_FOLDS,
    seed: int = 0,
    side: float = 0.0,
    random_split: bool = True,
) -> Validation:
    """Every block of land held out once. Each fold chooses its recipe anew, never on the land it is tested on."""
    side = side or block_side(samples.x, samples.y, folds)
    block = block_of(samples.x, samples.y, side)
    fold = fold_of(block, folds, seed)
    told = {name: np.empty(len(samples)) for name in (OURS, *BASELINES)}
    lower, upper, rank = (np.empty(len(samples)) for _ in range(3))
    outside, chosen = np.zeros(len(samples), dtype=bool), []
    count = int(fold.max()) + 1
    with working(message("SOIL-VALIDATING"), count) as advance:
        for one in range(count):
            held = fold == one
            known, asked = samples.take(~held), samples.take(held)
            model = fit_model(known, recipes=recipes, seed=seed, side=side)
            told[OURS][held], lower[held], upper[held], rank[held], outside[held] = _told(model, asked)
            chosen.append(_recipe_said(model))
            for name, baseline in BASELINES.items():
                told[name][held] = baseline(known, asked, seed)
            advance(1)
    flattering = _random_split(samples, recipes, chosen, folds, seed) if random_split else ()
    return _summed_up(samples, block, count, side, told, lower, upper, rank, outside, tuple(chosen), flattering)


def transfer(known: Training, asked: Training, *, recipes: Sequence[Recipe] = CANDIDATES, seed: int = 0) -> Validation:
    """Learn from one set of samples, test on another that lies elsewhere."""
    model = fit_model(known, recipes=recipes, seed=seed)
    expected, lower, upper, rank, outside = _told(model, asked)
    told = {OURS: expected} | {name: baseline(known, asked, seed) for name, baseline in BASELINES.items()}
    block = block_of(asked.x, asked.y, block_side(asked.x, asked.y, _OUTER_FOLDS))
    return _summed_up(asked, block, 1, 0.0, told, lower, upper, rank, outside, (_recipe_said(model),), ())


def _told(model: Model, asked: Training) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, BoolArray]:
    centre, spread = model.estimate(asked.covariates, asked.x, asked.y)
    lower = centre + spread * model.errors.quantile(LOWER)
    upper = centre + spread * model.errors.quantile(UPPER)
    rank = model.errors.below((asked.target - centre) / spread)
    return centre, lower, upper, rank, ~model.applicability.inside(asked.covariates)


def _recipe_said(model: Model) -> str:
    best = next(one for one in model.trials if one.chosen)
    return f"{best.recipe}+{best.how}" if best.how else best.recipe


def _random_split(
    samples: Training, recipes: Sequence[Recipe], chosen: Sequence[str], folds: int, seed: int
) -> tuple[Score, ...]:
    """The same split at random, as it flatters: a held-out horizon has its neighbours among the known ones."""
    usual = max(set(chosen), key=lambda one: (chosen.count(one), one)).partition("+")[0]
    recipe = [one for one in recipes if one.id == usual]
    fold = np.random.default_rng(seed).permutation(len(samples)) % folds
    told = {OURS: np.empty(len(samples)), "forest": np.empty(len(samples))}
    for one in range(folds):
        held = fold == one
        known, asked = samples.take(~held), samples.take(held)
        told[OURS][held] = _told(fit_model(known, recipes=recipe, seed=seed), asked)[0]
        told["forest"][held] = default_forest(known, asked, seed)
    return tuple(_score(name, samples.target, values) for name, values in told.items())


def _summed_up(
    samples: Training,
    block: IntArray,
    folds: int,
    side: float,
    told: Mapping[str, FloatArray],
    lower: FloatArray,
    upper: FloatArray,
    rank: FloatArray,
    outside: BoolArray,
    chosen: tuple[str, ...],
    flattering: tuple[Score, ...],
) -> Validation:
    target = samples.target
    return Validation(
        samples=len(samples),
        places=len(np.unique(samples.place)),
        blocks=len(np.unique(block)),
        folds=folds,
        side=side,
        scores=tuple(_score(name, target, values) for name, values in told.items()),
        differences=tuple(
            difference(target, told[OURS], values, block, name) for name, values in told.items() if name != OURS
        ),
        coverage=coverage(target, told[OURS], lower, upper),
        random_split=flattering,
        chosen=chosen,
        outside=float(outside.mean()),
        target=target,
        expected=told[OURS],
        lower=lower,
        upper=upper,
        rank=rank,
    )


def _score(method: str, target: FloatArray, values: FloatArray) -> Score:
    missed = float(((target - values) ** 2).sum())
    whole = float(((target - target.mean()) ** 2).sum())
    plain = float(np.sqrt(np.mean((np.expm1(target) - np.expm1(values)) ** 2)))
    return Score(method, 1.0 - missed / whole, float(np.sqrt(missed / len(target))), plain)


def coverage(target: FloatArray, expected: FloatArray, lower: FloatArray, upper: FloatArray) -> Coverage:
    """Shares of samples inside their interval, overall and in each third of salinity."""
    inside = (target >= lower) & (target <= upper)

    def by(key: FloatArray) -> tuple[float, float, float]:
        third = np.argsort(np.argsort(key, kind="stable"), kind="stable") * 3 // len(key)
        low, middle, high = (float(inside[third == one].mean()) for one in range(3))
        return low, middle, high

    return Coverage(float(inside.mean()), by(target), by(expected), float((upper - lower).mean()))


def difference(
    target: FloatArray, ours: FloatArray, theirs: FloatArray, block: IntArray, baseline: str, seed: int = 0
) -> Difference:
    """Paired bootstrap: whole blocks are drawn, the same for both, because samples of a block err together."""
    drawn = np.random.default_rng(seed)
    names, of_block = np.unique(block, return_inverse=True)
    sums = np.column_stack(
        [
            np.bincount(of_block, weights=weight)
            for weight in (np.ones(len(target)), target, target**2, (target - ours) ** 2, (target - theirs) ** 2)
        ]
    )
    times = drawn.multinomial(len(names), np.full(len(names), 1 / len(names)), size=_DRAWS)
    found = _gains(sums.sum(axis=0)[None, :])[0]
    low, high = np.quantile(_gains((times @ sums).astype(np.float64)), [0.025, 0.975], axis=0)
    return Difference(
        baseline, float(found[0]), float(low[0]), float(high[0]), float(found[1]), float(low[1]), float(high[1])
    )


def _gains(sums: FloatArray) -> FloatArray:
    """(k, 2) Differences of RMSE and R² from count, sum, sum of squares and both squared errors."""
    count, total, square, ours, theirs = sums.T
    whole = np.maximum(square - total**2 / count, 1e-12)
    return np.column_stack([np.sqrt(ours / count) - np.sqrt(theirs / count), (theirs - ours) / whole])
