"""Drains and water tables: how far apart drains lie, how deep the water table must stay, and what rises from it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tilth.core import BadInput, FloatArray
from tilth.soil.limits import within
from tilth.soil.model import Figure
from tilth.soil.salt_chain.leaching import positive
from tilth.soil.salt_chain.tolerances import table

_TURNS = 200
_TERMS = 40
#: Temperature of the year to the depth at which evaporation still draws salt up (Kovda): 170 + 8 T ± 15 cm.
KOVDA = Figure(170.0, 155.0, 185.0, "cm", "Kovda 1946", "sure")
KOVDA_PER_DEGREE = 8.0
#: a and b of AquaCrop's curve by soil: constant and change of each with Ksat (FAO AquaCrop manual, chapter 3).
AQUACROP: Mapping[str, tuple[float, float, float, float]] = {
    "sandy": (-0.3112, -1e-5, -1.4936, 0.2416),
    "loamy": (-0.4986, 9e-5, -2.1320, 0.4778),
    "sandy clayey": (-0.5677, -4e-5, -3.7189, 0.5922),
    "silty clayey": (-0.6366, 8e-4, -1.9165, 0.7063),
}
#: AquaCrop lets no more rise than this. [mm/day]
AQUACROP_MOST = 99.0


def equivalent_depth(spacing: object, depth_below: object, radius: object) -> FloatArray:
    """Hooghoudt's equivalent depth of the layer below drains, its exact series (van der Molen & Wesseling 1991). [m]

    d = (πL/8)/(ln(L/(π r0)) + F(x)), x = 2πD/L; F = Σ over odd n of 4e^{-2nx}/(n(1 - e^{-2nx})), or where x is small
    π²/(4x) + ln(x/2π). Spacing, depth of the impermeable layer below the drains and drain radius in m.
    """
    length, below, r0 = (
        positive(spacing, "drain spacing"), positive(depth_below, "depth below the drains"),
        positive(radius, "drain radius"),
    )  # fmt: skip
    x = 2.0 * np.pi * below / length
    odd = np.arange(1, 2 * _TERMS, 2).reshape((-1,) + (1,) * np.ndim(x))
    decay = np.exp(-2.0 * odd * np.maximum(x, 0.5))
    series = (4.0 * decay / (odd * (1.0 - decay))).sum(axis=0)
    shape = np.where(x > 0.5, series, np.pi**2 / (4.0 * x) + np.log(x / (2.0 * np.pi)))
    depth: FloatArray = (np.pi * length / 8.0) / (np.log(length / (np.pi * r0)) + shape)
    return np.minimum(depth, below)


def hooghoudt_spacing(
    discharge: object,
    head: object,
    depth_below: object,
    radius: object,
    conductivity_below: object,
    conductivity_above: object | None = None,
) -> FloatArray:
    """Drain spacing that holds the water table `head` above the drains: L² = (8 Kb d h + 4 Ka h²)/q (Hooghoudt 1940).

    Discharge and conductivities in m/day, lengths in m; `conductivity_above` is that below where not given. The
    equivalent depth depends on the spacing: iterated until it stays.

    >>> hooghoudt_spacing(0.002, 0.6, 3.0, 0.05, 0.5).round(2)
    array(53.83)
    """
    q, h, kb = positive(discharge, "discharge"), positive(head, "head"), positive(conductivity_below, "conductivity")
    ka = kb if conductivity_above is None else positive(conductivity_above, "conductivity")
    below, r0 = positive(depth_below, "depth below the drains"), positive(radius, "drain radius")
    length = np.sqrt((8.0 * kb * below * h + 4.0 * ka * h**2) / q)
    for _ in range(_TURNS):
        new = np.sqrt((8.0 * kb * equivalent_depth(length, below, r0) * h + 4.0 * ka * h**2) / q)
        if np.allclose(new, length, rtol=1e-12, atol=0.0):
            break
        length = new
    return np.asarray(new)


def hooghoudt_discharge(
    spacing: object, head: object, depth_below: object, radius: object, conductivity_below: object
) -> FloatArray:
    """Water that drains at a given spacing carry off, q = (8 K d h + 4 K h²)/L². [m/day]"""
    h, k = np.asarray(head, dtype=np.float64), positive(conductivity_below, "conductivity")
    d = equivalent_depth(spacing, depth_below, radius)
    discharge: FloatArray = (8.0 * k * d * h + 4.0 * k * h**2) / np.asarray(spacing, dtype=np.float64) ** 2
    return discharge


def glover_dumm_spacing(
    conductivity: object, depth: object, days: object, drainable: object, head_before: object, head_after: object
) -> FloatArray:
    """Spacing at which the water table falls from one head to another in some days: π sqrt(K d t/(μ ln(1.16 h0/ht))).

    Conductivity in m/day, lengths in m, `drainable` porosity as a fraction (Glover & Dumm 1954).
    """
    before, after = positive(head_before, "head before"), positive(head_after, "head after")
    if (after >= 1.16 * before).any():
        raise BadInput("SALT-HEADS", before=f"{before.ravel()[0]:g}", after=f"{after.ravel()[0]:g}")
    flow = positive(conductivity, "conductivity") * positive(depth, "depth") * positive(days, "days")
    spacing: FloatArray = np.pi * np.sqrt(
        flow / (positive(drainable, "drainable porosity") * np.log(1.16 * before / after))
    )
    return spacing


def critical_depth(temperature: object) -> FloatArray:
    """临界深度 by Kovda: water table below which salt does not return, from the year's mean temperature. [m]

    >>> critical_depth(8.0)
    array(2.34)
    """
    degrees = within(temperature, "mean temperature of the year", -10.0, 35.0, "°C")
    depth: FloatArray = (KOVDA.value + KOVDA_PER_DEGREE * degrees) / 100.0
    return depth


def critical_depth_by_soil(texture: str, mineralisation: float) -> Figure:
    """临界深度 by texture ("sandy-light loam", "loam", "clay") and salt of the groundwater. [m; g/L]"""
    salt = float(within(mineralisation, "salt of the groundwater", 0.0, 100.0, "g/L"))
    rows = [row for row in table("critical-depth.csv") if row["texture"] == texture]
    if not rows:
        known = ", ".join(dict.fromkeys(row["texture"] for row in table("critical-depth.csv")))
        raise BadInput("SALT-CRITICAL-TEXTURE", texture=texture, known=known)
    row = next(one for one in rows if salt < float(one["salt_below_g_l"]) or one is rows[-1])
    low, high = float(row["low_m"]), float(row["high_m"])
    return Figure(0.5 * (low + high), low, high, "m", row["source"], row["confidence"])


def gardner(a: object, exponent: float, distance: object) -> FloatArray:
    """Most that rises steadily over a distance where K = a/(h^n + b): a [π/(n sin(π/n))]^n d^-n (Gardner 1958).

    In the unit of `a` per unit of distance^n.

    >>> [gardner(1.0, n, 1.0).round(2).item() for n in (1.5, 2.0, 3.0, 4.0)]
    [3.76, 2.47, 1.77, 1.52]
    """
    if exponent <= 1.0:
        raise BadInput("SALT-GARDNER", exponent=f"{exponent:g}")
    rate: FloatArray = np.asarray(a, dtype=np.float64) * gardner_constant(exponent) * depth_of(distance) ** -exponent
    return rate


def gardner_constant(exponent: float) -> float:
    """[π/(n sin(π/n))]^n (Gardner 1958). [-]"""
    return float((np.pi / (exponent * np.sin(np.pi / exponent))) ** exponent)


def averyanov(potential: object, depth: object, depth_most: object, exponent: float = 2.0) -> FloatArray:
    """Evaporation of groundwater: E0 (1 - H/Hmax)^n, none below Hmax (Averyanov 1956). In the unit of `potential`.

    >>> averyanov(5.0, [0.0, 1.5, 3.0, 4.0], 3.0)
    array([5.  , 1.25, 0.  , 0.  ])
    """
    power = float(within(exponent, "exponent", 1.0, 3.0, "-"))
    left = np.clip(1.0 - depth_of(depth) / positive(depth_most, "deepest evaporating water table"), 0.0, 1.0)
    rate: FloatArray = np.asarray(potential, dtype=np.float64) * left**power
    return rate


def aquacrop_rise(distance: object, saturated: float, soil: str = "loamy") -> FloatArray:
    """Capillary rise over a distance [m] in AquaCrop's form, exp((ln z - b)/a), at most `AQUACROP_MOST`. [mm/day]

    `saturated`: conductivity [mm/day]; `soil`: a key of `AQUACROP` (FAO AquaCrop reference manual, chapter 3).
    """
    if soil not in AQUACROP:
        raise BadInput("SALT-AQUACROP-SOIL", soil=soil, known=", ".join(AQUACROP))
    a0, a1, b0, b1 = AQUACROP[soil]
    a, b = a0 + a1 * saturated, b0 + b1 * np.log(saturated)
    z = positive(distance, "distance to the water table")
    rise: FloatArray = np.minimum(np.exp((np.log(z) - b) / a), AQUACROP_MOST)
    return rise


def depth_of(values: object) -> FloatArray:
    """Depths of a water table, counted down from the surface. [m]"""
    found = np.asarray(values, dtype=np.float64)
    bad = found < 0.0
    if bad.any():
        at = int(np.flatnonzero(bad.ravel())[0])
        raise BadInput("SALT-GROUNDWATER-NEGATIVE", row=at + 1, value=f"{found.ravel()[at]:g}")
    return found
