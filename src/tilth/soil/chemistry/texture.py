"""The USDA texture class of shares of sand, silt and clay."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tilth.core import FloatArray

#: How far shares may be from 100 % together.
SUM_MOST_OFF = 3.0


def usda_texture(sand: FloatArray, silt: FloatArray, clay: FloatArray) -> npt.NDArray[np.object_]:
    """The class of each row, "" where a share is missing or they do not add up to 100 %.

    Parameters are percentages by mass. Source: USDA Soil Survey Manual 2017, texture triangle.

    >>> usda_texture(np.array([40.0, 90.0, 20.0]), np.array([40.0, 6.0, 30.0]), np.array([20.0, 4.0, 50.0])).tolist()
    ['loam', 'sand', 'clay']
    """
    total = sand + silt + clay
    with np.errstate(invalid="ignore"):
        whole = np.abs(total - 100) <= SUM_MOST_OFF
        s, z, c = (100 * part / total for part in (sand, silt, clay))
        rules = [
            (z + 1.5 * c < 15, "sand"),
            (z + 2 * c < 30, "loamy sand"),
            (((c >= 7) & (c < 20) & (s > 52)) | ((c < 7) & (z < 50) & (s > 43)), "sandy loam"),
            ((c >= 7) & (c < 27) & (z >= 28) & (z < 50) & (s <= 52), "loam"),
            (((z >= 50) & (c >= 12) & (c < 27)) | ((z >= 50) & (z < 80) & (c < 12)), "silt loam"),
            ((z >= 80) & (c < 12), "silt"),
            ((c >= 20) & (c < 35) & (z < 28) & (s > 45), "sandy clay loam"),
            ((c >= 27) & (c < 40) & (s > 20) & (s <= 45), "clay loam"),
            ((c >= 27) & (c < 40) & (s <= 20), "silty clay loam"),
            ((c >= 35) & (s > 45), "sandy clay"),
            ((c >= 40) & (z >= 40), "silty clay"),
            ((c >= 40) & (s <= 45) & (z < 40), "clay"),
        ]
    found = np.full(len(total), "", dtype=object)
    for holds, name in rules:
        found[whole & holds & (found == "")] = name
    return found
