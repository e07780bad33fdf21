"""Acid and worn soil: lime that brings pH up, organic matter that builds up, and what a crop keeps until then."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tilth.core import BadInput, FloatArray
from tilth.soil.limits import within
from tilth.soil.model import Figure
from tilth.soil.salt_chain.leaching import positive

#: Half the molar mass of CaCO3: what neutralises one mole of charge. [g/molc]
LIME_G_PER_MOLC = 100.09 / 2.0
#: Charge that raises a soil by one unit of pH, where it was not measured. [mmolc/kg per pH]
BUFFER = Figure(
    25.0, 10.0, 60.0, "mmolc/kg per pH", "planning prior; sand holds less, humus and clay more", "unverified"
)
#: Lime that each mole of exchangeable aluminium takes (Kamprath 1970).
PER_ALUMINIUM = Figure(1.5, 1.5, 2.0, "-", "Kamprath 1970", "likely")
#: pH that limed soil loses a year, as far as where it started.
ACIDIFIED = Figure(0.05, 0.02, 0.10, "pH/year", "planning prior", "unverified")
#: pH that a crop wants, and yield lost for each unit below it; pH above which lime is of no use.
PH_WANTED = Figure(5.5, 5.0, 6.5, "pH", "planning prior", "unverified")
PH_SLOPE = Figure(25.0, 10.0, 40.0, "% per pH", "planning prior", "unverified")
NO_LIME_PH = 6.5
#: Share of dry matter that becomes humus (Hénin & Dupuis 1945; Rémy & Marin-Laflèche 1974).
_HUMIFIED = "Hénin & Dupuis 1945; Rémy & Marin-Laflèche 1974"
HUMIFIED: Mapping[str, Figure] = {
    "straw": Figure(0.15, 0.10, 0.20, "-", _HUMIFIED, "likely"),
    "manure": Figure(0.35, 0.25, 0.50, "-", _HUMIFIED, "likely"),
    "green manure": Figure(0.20, 0.10, 0.25, "-", _HUMIFIED, "likely"),
}
#: Humus lost a year where clay, lime and temperature are not given. [1/year]
LOST = Figure(0.02, 0.01, 0.03, "1/year", _HUMIFIED, "likely")
#: Organic matter below which yield falls, and by how much for each g/kg.
ORGANIC_WANTED = Figure(20.0, 15.0, 30.0, "g/kg", "planning prior", "unverified")
ORGANIC_SLOPE = Figure(2.0, 0.5, 3.0, "% per g/kg", "planning prior", "unverified")
#: Depth that lime and organic matter are mixed into. [cm]
PLOUGHED_CM = 20.0


def lime_requirement(
    depth_cm: object, bulk_density: object, acidity: object, *, neutralising: float = 1.0
) -> FloatArray:
    """Lime that neutralises an acidity: 50.04 g a mole of charge over the mass of the layer. [t/ha]

    Parameters
    ----------
    depth_cm, bulk_density
        Thickness of the layer [cm] and its density. [g/cm³]
    acidity
        What is to be neutralised: `acidity_of_ph`, `acidity_of_aluminium` or `acidity_of_bases`. [mmolc/kg]
    neutralising
        Effective neutralising value of the lime, 1 for pure CaCO3 ground fine. [-]

    >>> lime_requirement(20.0, 1.3, 25.0).round(2)
    array(3.25)
    """
    depth, density = positive(depth_cm, "layer depth"), within(bulk_density, "bulk density", 0.2, 2.4, "g/cm³")
    value = positive(within(neutralising, "neutralising value", 0.0, 1.5, "-"), "neutralising value")
    charge = np.maximum(within(acidity, "acidity", -1000.0, 1000.0, "mmolc/kg"), 0.0)
    tonnes: FloatArray = charge * depth * density * LIME_G_PER_MOLC * 1e-4 / value
    return tonnes


def acidity_of_ph(ph: object, ph_wanted: object, buffer: object = BUFFER.value) -> FloatArray:
    """Charge between a pH and the one wanted, by the soil's buffer capacity; 0 where it is reached. [mmolc/kg]"""
    rise = within(ph_wanted, "pH wanted", 3.0, 9.0, "") - within(ph, "pH", 2.0, 11.0, "")
    charge: FloatArray = np.maximum(rise, 0.0) * positive(buffer, "buffer capacity")
    return charge


def acidity_of_aluminium(aluminium: object, factor: float = PER_ALUMINIUM.value) -> FloatArray:
    """Charge that makes exchangeable aluminium harmless (Kamprath 1970). [mmolc/kg]"""
    charge: FloatArray = factor * within(aluminium, "exchangeable aluminium", 0.0, 500.0, "mmolc/kg")
    return charge


def acidity_of_bases(cec: object, saturation: object, wanted: object) -> FloatArray:
    """Charge that brings base saturation up: CEC (V2 - V1)/100, CEC at pH 7. [mmolc/kg]"""
    gain = within(wanted, "base saturation wanted", 0.0, 100.0, "%") - within(
        saturation, "base saturation", 0.0, 100.0, "%"
    )
    charge: FloatArray = np.maximum(gain, 0.0) / 100.0 * within(cec, "CEC", 0.0, 1000.0, "mmolc/kg")
    return charge


def ph_through_years(ph: object, buffer: object, bulk_density: object, lime_t_ha: float, years: int) -> FloatArray:
    """(n, years) pH in each year after lime was ploughed in: up at once, at most to 7.5, and slowly back. [pH]"""
    start = np.atleast_1d(within(ph, "pH", 2.0, 11.0, ""))[:, np.newaxis]
    holds = np.atleast_1d(np.asarray(buffer, dtype=np.float64) * np.asarray(bulk_density, dtype=np.float64))
    gain = lime_t_ha / (holds[:, np.newaxis] * PLOUGHED_CM * LIME_G_PER_MOLC * 1e-4)
    gain = np.minimum(gain, np.maximum(7.5 - start, 0.0))
    result: FloatArray = start + np.maximum(gain - ACIDIFIED.value * np.arange(years), 0.0)
    return result


def acidity_yield(ph: object) -> FloatArray:
    """Share of full yield kept on acid soil: full from `PH_WANTED` up, less by a line below it. [-]"""
    short = PH_WANTED.value - within(ph, "pH", 2.0, 11.0, "")
    share: FloatArray = np.clip(1.0 - PH_SLOPE.value / 100.0 * np.maximum(short, 0.0), 0.0, 1.0)
    return share


def organic_matter(stock: object, humus: object, lost: object, years: object) -> FloatArray:
    """Humus after some years of the same supply: S = h/k + (S0 - h/k) exp(-k t) (Hénin & Dupuis 1945).

    Parameters
    ----------
    stock
        Now. [t/ha]
    humus
        What becomes humus each year: dry matter × its share of `HUMIFIED`. [t/ha per year]
    lost
        Share lost each year, more than 0. [1/year]

    >>> organic_matter(50.0, 1.4, 0.02, [0.0, 10.0, 1000.0]).round(2)
    array([50.  , 53.63, 70.  ])
    """
    pace = positive(lost, "share lost a year")
    level = within(humus, "humus", 0.0, 100.0, "t/ha") / pace
    time = np.asarray(years, dtype=np.float64)
    if (time < 0.0).any():
        raise BadInput("SALT-NOT-POSITIVE", name="years", row=1, value=f"{time.min():g}")
    held: FloatArray = level + (within(stock, "humus stock", 0.0, 2000.0, "t/ha") - level) * np.exp(-pace * time)
    return held


def organic_through_years(organic_g_kg: object, bulk_density: object, humus_t_ha: float, years: int) -> FloatArray:
    """(n, years) organic matter of the plough layer at the middle of each year, where `humus_t_ha` comes on top. [g/kg]

    What the land gets as it is used today holds it where it is: only what is more than that builds up.
    """
    now = np.atleast_1d(within(organic_g_kg, "organic matter", 0.0, 600.0, "g/kg"))[:, np.newaxis]
    mass = np.atleast_1d(np.asarray(bulk_density, dtype=np.float64))[:, np.newaxis] * PLOUGHED_CM * 0.1  # t/ha per g/kg
    stock, kept = now * mass, now * mass * LOST.value
    after = organic_matter(stock, np.minimum(kept + humus_t_ha, 100.0), LOST.value, np.arange(years) + 0.5)
    result: FloatArray = after / mass
    return result


def organic_yield(organic_g_kg: object) -> FloatArray:
    """Share of full yield kept on worn soil: full from `ORGANIC_WANTED` up, less by a line below it. [-]"""
    short = ORGANIC_WANTED.value - within(organic_g_kg, "organic matter", 0.0, 600.0, "g/kg")
    share: FloatArray = np.clip(1.0 - ORGANIC_SLOPE.value / 100.0 * np.maximum(short, 0.0), 0.0, 1.0)
    return share
