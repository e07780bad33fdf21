"""What a salinity model has to beat: the mean, the nearest sample, ordinary kriging and a forest left as it comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from tilth.core import FloatArray
from tilth.soil.salinity_map.forest import growing
from tilth.soil.salinity_map.kriging import by_place, fitted_variogram
from tilth.soil.salinity_map.learning import Training

Baseline = Callable[[Training, Training, int], FloatArray]


def mean(known: Training, asked: Training, _seed: int) -> FloatArray:
    """The mean of the samples, log(1 + EC), everywhere."""
    return np.full(len(asked), known.target.mean())


def nearest_sample(known: Training, asked: Training, _seed: int) -> FloatArray:
    """The sample at the nearest place; of several there, the one most alike in what belongs to a sample (its depth)."""
    from scipy.spatial import cKDTree

    places = np.column_stack([known.x, known.y])
    distinct, of_place = np.unique(places, axis=0, return_inverse=True)
    _, at = cKDTree(distinct).query(np.column_stack([asked.x, asked.y]))
    own = ~known.of_place
    scale = np.maximum(known.covariates[:, own].std(axis=0), 1e-12)
    unlike = ((asked.covariates[:, None, own] - known.covariates[None, :, own]) / scale) ** 2
    distance = unlike.sum(axis=2) + np.where(of_place.reshape(-1)[None, :] == at[:, None], 0.0, np.inf)
    nearest: FloatArray = known.target[np.argmin(distance, axis=1)]
    return nearest


def ordinary_kriging(known: Training, asked: Training, seed: int) -> FloatArray:
    """Ordinary kriging of the places' means, by gstools throughout."""
    import gstools as gs

    x, y, value = by_place(known.x, known.y, known.target, known.place)
    fitted = fitted_variogram(x, y, value, seed)
    if fitted.sill <= 0:
        return mean(known, asked, seed)
    model = gs.Exponential(dim=2, var=fitted.sill, len_scale=fitted.length, nugget=fitted.nugget)
    kriging = gs.krige.Ordinary(model, (x, y), value, exact=False)
    estimate, _ = kriging((asked.x, asked.y))
    return np.asarray(estimate, dtype=np.float64)


def default_forest(known: Training, asked: Training, seed: int) -> FloatArray:
    """scikit-learn's random forest with every setting as it comes."""
    from sklearn.ensemble import RandomForestRegressor

    with growing():
        grown = RandomForestRegressor(random_state=seed, n_jobs=2).fit(known.covariates, known.target)
        return np.asarray(grown.predict(asked.covariates), dtype=np.float64)


#: In the order in which they are shown.
BASELINES: Mapping[str, Baseline] = {
    "mean": mean,
    "nearest": nearest_sample,
    "kriging": ordinary_kriging,
    "forest": default_forest,
}
