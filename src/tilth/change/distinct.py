"""Columns of text gone through once for each distinct value, not once for each row: parcels are many, values few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


def distinct(column: pd.Series[Any]) -> list[Any]:
    """The values of a column, each once, in the order in which they come."""
    return list(pd.unique(column))


def by_value(column: pd.Series[Any], function: Callable[[Any], Any], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """(n,) `function` of every value."""
    number, values = pd.factorize(column, use_na_sentinel=False)
    found: npt.NDArray[Any] = np.array([function(value) for value in values], dtype=dtype)[number]
    return found
