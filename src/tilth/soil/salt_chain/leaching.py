"""How much water carries salt out of the root zone, and what profile stays behind when it always does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tilth.core import BadInput, FloatArray
from tilth.soil.limits import conductivity, given_numbers, within
from tilth.soil.model import Figure

#: Uptake of water from the four quarters of the root zone, top down (FAO Irrigation and Drainage Paper 29, section 2).
UPTAKE = (0.4, 0.3, 0.2, 0.1)
#: More than this can hardly be brought into the soil in a season: ask for another crop or other water instead.
MOST_LEACHING = 0.5
_HOFFMAN = "Hoffman 1980; Hoffman 1986"
#: K of Hoffman's curve by soil: water ponded all the time; and let in by turns, which any soil takes alike.
RECLAMATION = {
    "sandy loam": Figure(0.1, 0.05, 0.15, "-", _HOFFMAN, "sure"),
    "clay loam": Figure(0.3, 0.2, 0.4, "-", _HOFFMAN, "sure"),
    "peat": Figure(0.45, 0.4, 0.5, "-", _HOFFMAN, "sure"),
    "intermittent": Figure(0.1, 0.05, 0.15, "-", _HOFFMAN, "sure"),
}


def leaching_requirement(
    ec_water: object, ece_tolerated: object, method: str = "rhoades", *, infeasible: str = "refuse"
) -> FloatArray:
    """Share of the water let on that has to pass the root zone for soil to stay at `ece_tolerated`.

    Parameters
    ----------
    ec_water
        Irrigation water. [dS/m]
    ece_tolerated
        What the crop bears at the yield wanted, ECe. "high-frequency": ECe at zero yield. [dS/m]
    method
        "rhoades" ECw/(5 ECe - ECw), surface irrigation (Rhoades 1974); "high-frequency" ECw/(2 ECe), drip or daily
        sprinkling (FAO Irrigation and Drainage Paper 29); "profile": the share at which the mean of the steady
        40-30-20-10 profile is just `ece_tolerated`.
    infeasible
        "refuse" a share of 1 or more, or call it "unknown" (NaN).

    Returns
    -------
    Leaching requirement, 0 to 1. Above `MOST_LEACHING` another crop or other water is the better answer. [-]

    >>> leaching_requirement([1.0, 2.0, 3.0], [4.0, 6.0, 7.7]).round(3)
    array([0.053, 0.071, 0.085])
    """
    water, tolerated = np.broadcast_arrays(
        conductivity(ec_water, "ec of the water"), conductivity(ece_tolerated, "ece tolerated")
    )
    if method not in METHODS:
        raise BadInput("SALT-LEACHING-METHOD", method=method, known=", ".join(METHODS))
    if infeasible not in ("refuse", "unknown"):
        raise BadInput("SALT-LEACHING-METHOD", method=infeasible, known="refuse, unknown")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = METHODS[method](water, tolerated)
    share = np.where(
        np.isnan(water) | np.isnan(tolerated), np.nan, np.where((share < 0) | np.isnan(share), np.inf, share)
    )
    never = share >= 1.0
    if never.any() and infeasible == "refuse":
        at = int(np.flatnonzero(never.ravel())[0])
        raise BadInput(
            "SALT-LEACHING-INFEASIBLE", row=at + 1, water=f"{water.ravel()[at]:g}", soil=f"{tolerated.ravel()[at]:g}"
        )
    return np.where(never, np.nan, share)


def _rhoades(water: FloatArray, tolerated: FloatArray) -> FloatArray:
    share: FloatArray = np.where(water > 0.0, water / (5.0 * tolerated - water), 0.0)
    return share


def _high_frequency(water: FloatArray, tolerated: FloatArray) -> FloatArray:
    share: FloatArray = np.where(water > 0.0, water / (2.0 * tolerated), 0.0)
    return share


def _profile(water: FloatArray, tolerated: FloatArray) -> FloatArray:
    """Bisection: the mean of the profile falls as more water passes."""
    low, high = np.zeros(water.shape), np.ones(water.shape)
    for _ in range(60):
        middle = 0.5 * (low + high)
        too_salty = water * concentration_factor(middle) > tolerated
        low, high = np.where(too_salty, middle, low), np.where(too_salty, high, middle)
    feasible = water * 0.5 <= tolerated  # all of it passes: the paste has half of what the water has
    return np.where(water > 0.0, np.where(feasible, 0.5 * (low + high), np.inf), 0.0)


METHODS: Mapping[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "rhoades": _rhoades,
    "high-frequency": _high_frequency,
    "profile": _profile,
}


def applied_water(et: object, share: object) -> FloatArray:
    """Water to let on so that `et` is met and `share` of it passes: ET/(1 - LR) (FAO 29). In the unit of `et`.

    >>> applied_water(800.0, 0.1).round(1)
    array(888.9)
    """
    kept = np.asarray(share, dtype=np.float64)
    if (kept >= 1.0).any() or (kept < 0.0).any():
        bad = kept[(kept >= 1.0) | (kept < 0.0)].ravel()[0]
        raise BadInput("SALT-LEACHING-SHARE", share=f"{bad:g}")
    result: FloatArray = np.asarray(et, dtype=np.float64) / (1.0 - kept)
    return result


def steady_profile(ec_water: object, share: object, uptake: Sequence[float] = UPTAKE) -> FloatArray:
    """Soil water at the top and below each layer once nothing changes, ECw/(1 - c (1 - LF)) (FAO 29).

    c is the share of uptake above it.

    Parameters
    ----------
    ec_water, share
        (n,) irrigation water [dS/m]; share of it that passes the root zone, more than 0. [-]
    uptake
        Share of the water taken up from each layer, top down; adds up to 1.

    Returns
    -------
    (n, layers + 1) conductivity of the soil water. [dS/m]

    >>> steady_profile(1.0, 0.15).round(2)
    array([[1.  , 1.52, 2.47, 4.26, 6.67]])
    """
    _adds_up(uptake)
    water = np.atleast_1d(conductivity(ec_water, "ec of the water"))[:, np.newaxis]
    passing = np.atleast_1d(within(share, "leaching fraction", 0.0, 1.0, "-"))[:, np.newaxis]
    taken = np.concatenate([[0.0], np.cumsum(uptake)])
    with np.errstate(divide="ignore"):
        profile: FloatArray = water / (1.0 - taken * (1.0 - passing))
    return profile


def _adds_up(uptake: Sequence[float]) -> None:
    if abs(sum(uptake) - 1.0) > 1e-9 or min(uptake) < 0.0:
        raise BadInput("SALT-UPTAKE", given=", ".join(f"{one:g}" for one in uptake), total=f"{sum(uptake):g}")


def concentration_factor(share: object, uptake: Sequence[float] = UPTAKE) -> FloatArray:
    """ECe over ECw at a leaching fraction: half the mean of the steady profile's levels (FAO 29, table 3). [-]

    >>> concentration_factor([0.05, 0.15, 0.5]).round(2)
    array([3.25, 1.59, 0.76])
    """
    passing = np.asarray(share, dtype=np.float64)
    levels = steady_profile(1.0, np.atleast_1d(passing).ravel(), uptake)
    factor: FloatArray = levels.mean(axis=1).reshape(passing.shape) / 2.0
    return factor


def reclaimed(
    ece_before: object, water_depth: object, soil_depth: object, soil: str = "clay loam", *, ece_of_water: object = 0.0
) -> FloatArray:
    """ECe after `water_depth` was leached through `soil_depth`: C/C0 = K/(dl/ds), at most 1 (Hoffman 1980). [dS/m]

    `soil`: a key of `RECLAMATION`. Only what lies above `ece_of_water`, which soil has in equilibrium with the water,
    can be leached. Depths in one unit.
    """
    if soil not in RECLAMATION:
        raise BadInput("SALT-RECLAMATION-SOIL", soil=soil, known=", ".join(RECLAMATION))
    before = conductivity(ece_before, "ece before")
    floor = np.minimum(conductivity(ece_of_water, "ece in equilibrium with the water"), before)
    ratio = np.asarray(water_depth, dtype=np.float64) / positive(soil_depth, "soil depth")
    with np.errstate(divide="ignore"):
        left = np.minimum(1.0, RECLAMATION[soil].value / ratio)
    result: FloatArray = floor + (before - floor) * left
    return result


def water_to_reclaim(ece_before: object, ece_wanted: object, soil_depth: object, soil: str = "clay loam") -> FloatArray:
    """Water that brings ECe down to what is wanted, in the unit of `soil_depth`: the inverse of `reclaimed`."""
    if soil not in RECLAMATION:
        raise BadInput("SALT-RECLAMATION-SOIL", soil=soil, known=", ".join(RECLAMATION))
    before, wanted = conductivity(ece_before, "ece before"), conductivity(ece_wanted, "ece wanted")
    depth = RECLAMATION[soil].value * positive(soil_depth, "soil depth") * before / wanted
    return np.where(before <= wanted, 0.0, depth)


def volobuev(salt_before: object, salt_wanted: object, alpha: object = 1.1) -> FloatArray:
    """Water that passes one metre of soil to leach it: 10,000 α log10(Si/Sa) (Volobuev). [m³/ha]

    `alpha`: 0.6 (sand, chloride) to 3.3 (clay, sulphate); a planning figure, find it on the spot. Salt in one unit.
    """
    before, wanted = positive(salt_before, "salt before"), positive(salt_wanted, "salt wanted")
    factor = within(alpha, "alpha", 0.3, 4.0, "-")
    result: FloatArray = np.maximum(0.0, 10_000.0 * factor * np.log10(before / wanted))
    return result


def leaching_quota(to_field_capacity: object, net: object, evaporation: object = 0.0, rain: object = 0.0) -> FloatArray:
    """冲洗定额: water that fills the soil, the net quota, evaporation meanwhile, less rain. In one unit, at least 0."""
    parts = [np.asarray(one, dtype=np.float64) for one in (to_field_capacity, net, evaporation, rain)]
    result: FloatArray = np.maximum(0.0, parts[0] + parts[1] + parts[2] - parts[3])
    return result


def positive(values: object, name: str) -> FloatArray:
    """`values`, once every known one is more than 0."""
    found = given_numbers(values, name)
    bad = found <= 0.0
    if bad.any():
        at = int(np.flatnonzero(bad.ravel())[0])
        raise BadInput("SALT-NOT-POSITIVE", name=name, row=at + 1, value=f"{found.ravel()[at]:g}")
    return found
