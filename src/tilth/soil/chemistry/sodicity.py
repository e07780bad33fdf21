"""What sodium does: adsorption ratios, exchangeable sodium, CROSS and residual carbonate, all from mmolc/L."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, FloatArray
from tilth.soil.chemistry.conversions import Conversions, shipped


def sar(na: npt.ArrayLike, ca: npt.ArrayLike, mg: npt.ArrayLike) -> FloatArray:
    """Sodium adsorption ratio, Na / √((Ca + Mg) / 2); NaN where calcium and magnesium are both 0. [(mmolc/L)^½]

    >>> float(sar(20.0, 6.0, 2.0))
    10.0
    """
    return _ratio(concentrations(na), (concentrations(ca) + concentrations(mg)) / 2)


def cross(
    na: npt.ArrayLike, k: npt.ArrayLike, ca: npt.ArrayLike, mg: npt.ArrayLike, *, optimised: bool = False,
    table: Conversions | None = None,
) -> FloatArray:  # fmt: skip
    """Cation ratio of soil structural stability: as SAR, with potassium and magnesium at their own strength.

    (Na + 0.56 K) / √((Ca + 0.60 Mg) / 2), or with the optimised coefficients 0.335 and 0.0758. [(mmolc/L)^½]
    """
    table, kind = table or shipped(), "cross-opt" if optimised else "cross"
    above = concentrations(na) + table[f"{kind}-k"] * concentrations(k)
    return _ratio(above, (concentrations(ca) + table[f"{kind}-mg"] * concentrations(mg)) / 2)


def esp_from_sar(ratio: npt.ArrayLike, table: Conversions | None = None) -> FloatArray:
    """Exchangeable sodium percentage from the SAR of the saturated paste; 0 where the line is below it. [%]

    Source: USDA Handbook 60.

    >>> esp_from_sar([5, 10, 13, 20, 40]).round(2).tolist()
    [5.76, 11.89, 15.19, 22.02, 36.6]
    """
    table = table or shipped()
    share = table["esp-a"] + table["esp-b"] * concentrations(ratio)
    found: FloatArray = np.maximum(100 * share / (1 + share), 0.0)
    return found


def sar_from_esp(esp: npt.ArrayLike, table: Conversions | None = None) -> FloatArray:
    """The SAR of the paste at an exchangeable sodium percentage: the line of `esp_from_sar` read backwards."""
    table = table or shipped()
    part = concentrations(esp) / 100
    with np.errstate(divide="ignore", invalid="ignore"):
        found: FloatArray = np.where(part < 1, (part / (1 - part) - table["esp-a"]) / table["esp-b"], np.nan)
    return found


def esp_from_sar15(ratio: npt.ArrayLike, table: Conversions | None = None) -> FloatArray:
    """Exchangeable sodium percentage from the SAR of a 1:5 extract, which is smaller than that of the paste. [%]

    Unverified: ESP ≈ 1.95 SAR1:5 + 1.8.
    """
    table = table or shipped()
    found: FloatArray = np.minimum(table["esp15-slope"] * concentrations(ratio) + table["esp15-intercept"], 100.0)
    return found


def esp_from_exchangeable(sodium: npt.ArrayLike, cec: npt.ArrayLike) -> FloatArray:
    """Exchangeable sodium as a percentage of the exchange capacity, both in cmolc/kg. [%]"""
    above, below = concentrations(sodium), concentrations(cec)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: FloatArray = np.where(below > 0, 100 * above / below, np.nan)
    return found


def residual_carbonate(co3: npt.ArrayLike, hco3: npt.ArrayLike, ca: npt.ArrayLike, mg: npt.ArrayLike) -> FloatArray:
    """Residual sodium carbonate (RSC), (CO3 + HCO3) − (Ca + Mg). [mmolc/L]

    Below 1.25 safe for irrigation, from 2.5 unsuitable (scheme "rsc").
    """
    found: FloatArray = concentrations(co3) + concentrations(hco3) - concentrations(ca) - concentrations(mg)
    return found


def concentrations(values: npt.ArrayLike) -> FloatArray:
    """`values` as floats.

    Raises
    ------
    BadInput
        If one is negative.
    """
    found = np.asarray(values, dtype=np.float64)
    if (found < 0).any():
        raise BadInput("SOIL-NEGATIVE", value=f"{float(found[found < 0].flat[0]):g}")
    return found


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: FloatArray = np.where(below > 0, above / np.sqrt(below), np.nan)
    return found
