"""Ions in solution: from mg/L to charges, the balance of cations and anions, and which ion prevails."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tilth.core import FloatArray
from tilth.soil.chemistry.sodicity import concentrations

#: Mass of one mole of charge. Source: IUPAC standard atomic weights, abridged. [g/molc]
GRAMS_PER_CHARGE: Mapping[str, float] = {
    "na": 22.990,
    "k": 39.098,
    "ca": 40.078 / 2,
    "mg": 24.305 / 2,
    "cl": 35.45,
    "so4": 96.06 / 2,
    "no3": 62.004,
    "hco3": 61.017,
    "co3": 60.009 / 2,
}
#: Charges of one ion.
CHARGES: Mapping[str, int] = {"na": 1, "k": 1, "ca": 2, "mg": 2, "cl": 1, "so4": 2, "no3": 1, "hco3": 1, "co3": 2}
CATIONS = ("na", "k", "ca", "mg")
ANIONS = ("cl", "so4", "no3", "hco3", "co3")
#: Without these a solution of soil is not complete; nitrate and carbonate may be absent.
NEEDED = ("na", "k", "ca", "mg", "cl", "so4", "hco3")
#: How far cations and anions may be apart, of their sum. Source: common laboratory practice. [%]
BALANCE_PCT = 10.0


def charges_from_mg_l(ion: str, mg_l: FloatArray) -> FloatArray:
    """Concentration in charges. [mmolc/L]

    >>> charges_from_mg_l("na", np.array([229.9])).round(3).tolist()
    [10.0]
    """
    found: FloatArray = np.asarray(mg_l, dtype=np.float64) / GRAMS_PER_CHARGE[ion]
    return found


def ion_balance_pct(ions: Mapping[str, FloatArray]) -> FloatArray:
    """Cations less anions, of their sum; NaN where one of `NEEDED` is missing. [%]

    `ions` are mmolc/L by name ("na", "so4", …). Nitrate or carbonate that was measured in no row counts as none; where
    it was measured in others and is missing in one, that row is not complete.

    >>> one = {name: np.array([2.5]) for name in ("na", "k", "ca", "mg")} | {"cl": np.array([8.0])}
    >>> ion_balance_pct(one | {"so4": np.array([0.0]), "hco3": np.array([0.0])}).round(2).tolist()
    [11.11]
    """
    cations, anions = (_summed(ions, names) for names in (CATIONS, ANIONS))
    whole = cations + anions
    with np.errstate(divide="ignore", invalid="ignore"):
        found: FloatArray = np.where(whole > 0, 100 * (cations - anions) / whole, np.nan)
    return found


def ion_sum_g_l(ions: Mapping[str, FloatArray]) -> FloatArray:
    """Mass of all ions of a solution, complete as for `ion_balance_pct`. [g/L]"""
    mass = {name: ions[name] * GRAMS_PER_CHARGE[name] for name in ions if name in GRAMS_PER_CHARGE}
    found: FloatArray = (_summed(mass, CATIONS) + _summed(mass, ANIONS)) / 1000
    return found


def _summed(ions: Mapping[str, FloatArray], names: tuple[str, ...]) -> FloatArray:
    total: FloatArray | float = 0.0
    for name in names:
        values = ions.get(name)
        if values is not None and not np.isnan(values).all():
            total = total + concentrations(values)
        elif name in NEEDED:
            total = total + np.nan
    return np.atleast_1d(np.asarray(total, dtype=np.float64))
