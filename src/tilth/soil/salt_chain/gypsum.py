"""Gypsum and its substitutes: how much of them takes exchangeable sodium out of a layer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tilth.core import BadInput, FloatArray
from tilth.soil.limits import within
from tilth.soil.model import Figure
from tilth.soil.salt_chain.leaching import positive

_HANDBOOK = "USDA Handbook 60 (1954); Oster & Jayawardane 1998"
#: Half the molar mass of CaSO4·2H2O: what one mole of charge weighs. [g/molc]
GYPSUM_G_PER_MOLC = 172.17 / 2.0
#: Tonnes a hectare for each cm × g/cm³ × mmolc/kg, as the formula is printed (86.09 g/molc give 0.008609). [t/ha]
COEFFICIENT = 0.0086
#: More than the exchange needs, since some calcium passes unused.
EXCHANGE = Figure(1.2, 1.1, 1.3, "-", _HANDBOOK, "sure")
#: What water takes up of gypsum. [mmolc/L]
SOLUBILITY = Figure(30.0, 26.0, 34.0, "mmolc/L", "solubility of gypsum near 2.5 g/L", "sure")
#: Mass that does what 1 t of pure gypsum does.
EQUIVALENTS: Mapping[str, Figure] = {
    "gypsum": Figure(1.0, 1.0, 1.0, "t/t", _HANDBOOK, "sure"),
    "sulphur": Figure(0.19, 0.18, 0.19, "t/t", _HANDBOOK, "likely"),
    "sulphuric acid": Figure(0.57, 0.57, 0.61, "t/t", _HANDBOOK, "likely"),
    "calcium chloride dihydrate": Figure(0.85, 0.85, 0.86, "t/t", _HANDBOOK, "likely"),
    "aluminium sulphate hydrate": Figure(1.29, 1.29, 1.29, "t/t", _HANDBOOK, "likely"),
    "ferrous sulphate heptahydrate": Figure(1.61, 1.61, 1.62, "t/t", _HANDBOOK, "likely"),
}


def gypsum_requirement(
    depth_cm: object,
    bulk_density: object,
    sodium_before: object,
    sodium_after: object,
    *,
    factor: float = EXCHANGE.value,
    purity: float = 1.0,
    amendment: str = "gypsum",
) -> FloatArray:
    """Amendment that lowers exchangeable sodium: 0.0086 F Ds ρb (Ex_i - Ex_f), over its purity (Handbook 60).

    Parameters
    ----------
    depth_cm
        Thickness of the layer. [cm]
    bulk_density
        [g/cm³]
    sodium_before, sodium_after
        Exchangeable sodium, CEC × ESP / 100. [mmolc/kg]

    Returns
    -------
    Amendment; 0 where sodium is low already. Soluble carbonate takes its own share first. [t/ha]

    >>> gypsum_requirement(30.0, 1.4, 40.0, 20.0).round(2)
    array(8.67)
    """
    if amendment not in EQUIVALENTS:
        raise BadInput("SALT-AMENDMENT", amendment=amendment, known=", ".join(EQUIVALENTS))
    depth, density = positive(depth_cm, "layer depth"), within(bulk_density, "bulk density", 0.2, 2.4, "g/cm³")
    share = positive(within(purity, "purity", 0.0, 1.0, "-"), "purity")
    removed = np.maximum(
        0.0,
        within(sodium_before, "exchangeable sodium before", 0.0, 1000.0, "mmolc/kg")
        - within(sodium_after, "exchangeable sodium after", 0.0, 1000.0, "mmolc/kg"),
    )
    tonnes: FloatArray = COEFFICIENT * factor * depth * density * removed / share
    return tonnes * EQUIVALENTS[amendment].value


def gypsum_charge(tonnes_per_ha: object, purity: float = 1.0) -> FloatArray:
    """Charge of calcium in a dose of gypsum. [mmolc/m²]"""
    dose: FloatArray = within(tonnes_per_ha, "gypsum", 0.0, 200.0, "t/ha") * purity * 100.0 / GYPSUM_G_PER_MOLC * 1000.0
    return dose
