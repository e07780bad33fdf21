"""How much land is in each class of salinity, with an interval: from the sample's design where it has one, else from
the model's errors, and always said which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilth.core import BadInput, FloatArray, IntArray
from tilth.soil.salinity_map.conformal import Errors
from tilth.soil.salinity_map.learning import Training
from tilth.soil.salinity_map.modelling import Model
from tilth.soil.shares import level_shares

LEVEL = 0.90
#: Fewer places than this say nothing of the variance that an interval by design stands on.
LEAST_DRAWN = 30
_DRAWS = 400
#: How surely what land shares of its errors is no more than is counted with: few blocks show it badly.
_SURE = 0.95
DESIGN, MODEL = "design", "model"


@dataclass(frozen=True, slots=True)
class ClassArea:
    """One class: area and the interval that holds it with 90 %, whole dm²; its share in 0.01 %."""

    number: int  # 0 the freshest; -1 land that is not mapped
    area_dm2: int
    low_dm2: int
    high_dm2: int
    share_bp: int


@dataclass(frozen=True)
class ClassAreas:
    """Classes that add up to the land there is, to 0.01 m², and shares that add up to 100.00 %."""

    method: str  # DESIGN or MODEL: what the intervals stand on
    rows: tuple[ClassArea, ...]
    total_dm2: int
    places: int  # samples by place that the method used
    together: float  # share of an error that land of one block has in common; 0 by design

    def __post_init__(self) -> None:
        assert sum(row.area_dm2 for row in self.rows) == self.total_dm2, self
        assert self.total_dm2 == 0 or sum(row.share_bp for row in self.rows) == 10_000, self


def split_areas(areas: IntArray, probabilities: FloatArray, mapped: FloatArray) -> IntArray:
    """(n, k + 1) Area of each parcel by class and, last, of what is not mapped, by probability; whole dm².

    Cutting the running sum, not each part, keeps the parts of a parcel adding up to it.
    """
    weights = np.column_stack([np.nan_to_num(probabilities) * mapped[:, None], 1.0 - mapped])
    running = np.cumsum(weights, axis=1)
    cuts = np.floor(areas[:, None] * (running / running[:, -1:]) + 0.5).astype(np.int64)
    cuts[:, -1] = areas
    return np.diff(np.minimum(cuts, areas[:, None]), axis=1, prepend=0)


def model_based(
    areas: IntArray,
    probabilities: FloatArray,
    mapped: FloatArray,
    block: IntArray,
    model: Model,
    samples: Training,
    sample_block: IntArray,
    *,
    seed: int = 0,
) -> ClassAreas:
    """Areas by the parcels' class probabilities; the interval by drawing errors that the land of a block shares.

    Parameters
    ----------
    areas
        (n,) Of the parcels. [dm²]
    probabilities, mapped
        As `parcel_probabilities` tells them.
    block, sample_block
        In which block of the model's block side each parcel and each sample lies.
    """
    parts = split_areas(areas, probabilities, mapped)
    together = shared_error(model.errors, samples, model, sample_block)
    drawn = _drawn(areas * mapped, probabilities, block, together, seed)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    total = parts.sum(axis=0)
    places = len(np.unique(samples.place))
    return _accounts(MODEL, total, low, high, places, together)


def shared_error(errors: Errors, samples: Training, model: Model, block: IntArray) -> float:
    """Share of the variance of held-out errors that samples of one block have in common, at most (95 % sure).

    Errors count as standard normal ranks. An estimate of 0 from a few blocks would promise areas without an error,
    so the upper limit counts. Source: intraclass correlation by one-way analysis of variance, groups of unequal size;
    its exact limit by the F distribution (Searle 1971; Shrout and Fleiss 1979).
    """
    from scipy.special import ndtri
    from scipy.stats import f

    scaled = (samples.target - model.held_out) / model.held_spread
    rank = np.clip(errors.below(scaled), 0.5 / len(scaled), 1 - 0.5 / len(scaled))
    place = samples.place
    count = np.bincount(place)
    value = np.bincount(place, weights=ndtri(rank)) / count
    of_place = np.zeros(len(count), dtype=np.int64)
    of_place[place] = block
    groups, group = np.unique(of_place, return_inverse=True)
    size = np.bincount(group)
    n, k = len(value), len(groups)
    if n <= k or k < 2:
        return 1.0
    mean = np.bincount(group, weights=value) / size
    between = float((size * (mean - value.mean()) ** 2).sum() / (k - 1))
    within = float(((value - mean[group]) ** 2).sum() / (n - k))
    usual = (n - float((size**2).sum()) / n) / (k - 1)
    most = between / max(within, 1e-12) / float(f.ppf(1.0 - _SURE, k - 1, n - k))
    return float(np.clip((most - 1.0) / max(most + usual - 1.0, 1e-12), 0.0, 1.0))


def _drawn(areas: FloatArray, probabilities: FloatArray, block: IntArray, together: float, seed: int) -> FloatArray:
    """(draws, k) Area of each class when a common error is drawn for each block of land, and each parcel errs too.

    Beyond its block a parcel counts as being of one class as a whole: the most that its own error can do.
    """
    from scipy.special import ndtr, ndtri

    some = np.isfinite(probabilities).all(axis=1)
    groups, group = np.unique(block[some], return_inverse=True)
    below = np.clip(np.cumsum(probabilities[some], axis=1)[:, :-1], 1e-9, 1 - 1e-9)
    normal, own = ndtri(below), areas[some]
    drawn = np.random.default_rng(seed)
    out = np.empty((_DRAWS, probabilities.shape[1]))
    apart = np.sqrt(max(1.0 - together, 1e-6))
    for one in range(_DRAWS):
        common = drawn.standard_normal(len(groups))[group][:, None]
        share = ndtr((normal - np.sqrt(together) * common) / apart)
        classes = np.diff(share, axis=1, prepend=0.0, append=1.0)
        alone = np.sqrt((own[:, None] ** 2 * classes * (1.0 - classes)).sum(axis=0))
        out[one] = own @ classes + alone * drawn.standard_normal(classes.shape[1])
    return out


def design_based(
    areas: IntArray, probabilities: FloatArray, mapped: FloatArray, samples: Training, model: Model,
    bounds: Sequence[float],
) -> ClassAreas:  # fmt: skip
    """Areas by the map, put right by what it missed at places drawn at random; intervals by the variance of that.

    A place's miss is whether it is of a class less the probability that the model gave while its block was held
    out, so that the model has not seen what it is corrected by.

    Source: difference estimator, Särndal, Swensson and Wretman 1992; cross-fitted as model-assisted surveys do.

    Raises
    ------
    BadInput
        If fewer places were drawn than an interval by design can stand on.
    """
    from scipy.stats import t

    place = samples.place
    count = np.bincount(place)
    if len(count) < LEAST_DRAWN:
        raise BadInput("SOIL-AREAS-FEW", places=len(count), least=LEAST_DRAWN)
    below = [model.probability_below(model.held_out, model.held_spread, one) for one in bounds]
    told = np.diff(np.column_stack(below), axis=1, prepend=0.0, append=1.0)
    found = np.searchsorted(np.asarray(bounds), samples.value, side="right")[:, None] == np.arange(len(bounds) + 1)
    missed = np.column_stack([np.bincount(place, weights=one) / count for one in (found - told).T])
    parts = split_areas(areas, probabilities, mapped).sum(axis=0)
    whole, classes = int(parts[:-1].sum()), parts[:-1].astype(np.float64)
    mean, error = missed.mean(axis=0), missed.std(axis=0, ddof=1) / np.sqrt(len(missed))
    put_right = np.maximum(classes + whole * mean, 0.0)
    put_right *= whole / max(put_right.sum(), 1e-12)
    half = float(t.ppf((1 + LEVEL) / 2, len(missed) - 1)) * error * whole
    # where no place was of a class or missed it, all that many places can say is that it is no larger than this
    half = np.where(error > 0, half, whole * (1 - (1 - LEVEL) ** (1 / len(missed))))
    cuts = np.floor(np.cumsum(put_right) + 0.5).astype(np.int64)
    cuts[-1] = whole
    total = np.append(np.diff(cuts, prepend=0), parts[-1])
    return _accounts(DESIGN, total, put_right - half, put_right + half, len(missed), 0.0)


def _accounts(
    method: str, total: IntArray, low: FloatArray, high: FloatArray, places: int, together: float
) -> ClassAreas:
    mapped = int(total[:-1].sum())
    lows = np.minimum(np.clip(np.floor(low), 0, mapped).astype(np.int64), total[:-1])
    highs = np.maximum(np.clip(np.ceil(high), 0, mapped).astype(np.int64), total[:-1])
    numbers = [*range(len(total) - 1), -1]
    bounds = [*zip(lows.tolist(), highs.tolist(), strict=True), (int(total[-1]), int(total[-1]))]
    shares = level_shares([int(one) for one in total])
    rows = tuple(
        ClassArea(number, int(area), least, most, share)
        for number, area, (least, most), share in zip(numbers, total, bounds, shares, strict=True)
    )
    return ClassAreas(method, rows, int(total.sum()), places, together)
