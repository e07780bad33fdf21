"""Salt in soil and in water from conductivity: total salt, dissolved solids, cations, osmotic potential, salt load."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tilth.core import FloatArray
from tilth.soil.chemistry.conversions import Conversions, shipped
from tilth.soil.chemistry.extracts import conductivity, saturations
from tilth.soil.model import Estimate


def salt_from_ec15(ec15: npt.ArrayLike, table: Conversions | None = None) -> Estimate:
    """Total soluble salt of the soil from the conductivity of its 1:5 extract. [g/kg]

    Gypsum in the soil makes it too much. Source: 640 mg/L per dS/m in 5 L of water to the kg.

    >>> salt_from_ec15([1.25]).value.tolist()
    [4.0]
    """
    figure = (table or shipped()).figures["salt-per-ec15"]
    values = conductivity(ec15)
    method = tuple(f"EC1:5 → S, × {figure.value:g}" if np.isfinite(one) else "" for one in values)
    return Estimate(
        figure.value * values, figure.low * values, figure.high * values, "g/kg", method, figure.source
    )  # fmt: skip


def salt_from_ece(ece: npt.ArrayLike, saturation: npt.ArrayLike, table: Conversions | None = None) -> FloatArray:
    """Total soluble salt of the soil from the paste: 0.64 × ECe × SP. [g/kg]

    Parameters
    ----------
    saturation
        Water of the saturated paste. [kg/kg]

    >>> salt_from_ece([4.0, 8.0], 0.45).round(2).tolist()
    [1.15, 2.3]
    """
    values = conductivity(ece)
    found: FloatArray = (table or shipped())["salt-per-ece-sp"] * values * saturations(saturation, values.shape)
    return found


def tds_mg_l(ec: npt.ArrayLike, table: Conversions | None = None) -> FloatArray:
    """Dissolved solids of water: 640 × EC below 5 dS/m, 800 × EC from 5 dS/m. [mg/L]

    >>> tds_mg_l([1.0, 10.0]).tolist()
    [640.0, 8000.0]
    """
    table = table or shipped()
    values = conductivity(ec)
    return np.where(values < table["tds-from"], table["tds-low"], table["tds-high"]) * values


def cations_from_ec(ec: npt.ArrayLike, table: Conversions | None = None) -> FloatArray:
    """Sum of cations of a solution, about 10 × EC. [mmolc/L]"""
    return (table or shipped())["cations-per-ec"] * conductivity(ec)


def osmotic_mpa(ec: npt.ArrayLike, table: Conversions | None = None) -> FloatArray:
    """Osmotic potential of a solution, about −0.036 × EC. [MPa]"""
    return (table or shipped())["osmotic"] * conductivity(ec)


def salt_load_kg_ha(water_mm: npt.ArrayLike, ec: npt.ArrayLike, table: Conversions | None = None) -> FloatArray:
    """Salt that a depth of water brings to a hectare: 1 mm is 10 m³/ha. [kg/ha]

    >>> salt_load_kg_ha(1.0, 1.0).tolist()
    [6.4]
    """
    litres_per_ha_mm = 10_000.0
    found: FloatArray = np.asarray(water_mm, np.float64) * litres_per_ha_mm * tds_mg_l(ec, table) / 1e6
    return found
