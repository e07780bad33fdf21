"""Columns of text gone through once for each distinct value, not once for each row: parcels are many, values few."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tilth.core import IntArray

if TYPE_CHECKING:
    import pandas as pd

#: Letters that one number of 64 bits holds.
_ABREAST = 8
#: So many numbers for each key are looked through rather than the keys sorted.
_DENSE = 4


def distinct(column: pd.Series[Any]) -> list[Any]:
    """The values of a column, each once, in the order in which they come."""
    return list(numbered(column)[1])


def by_value(column: pd.Series[Any], function: Callable[[Any], Any], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """(n,) `function` of every value."""
    number, values = numbered(column)
    found: npt.NDArray[Any] = np.array([function(value) for value in values], dtype=dtype)[number]
    return found


def numbered(column: Any) -> tuple[IntArray, npt.NDArray[Any]]:
    """(n,) the position of each value among the values, and these, each once, in the order in which they come."""
    import pandas as pd

    number, values = pd.factorize(column, use_na_sentinel=False)
    return number.astype(np.int64), np.asarray(values, dtype=object)


def pressed(keys: IntArray, most: int) -> tuple[IntArray, IntArray]:
    """(n,) the position of each key among the different ones, and these, sorted; keys are from 0 to below `most`."""
    if most > _DENSE * max(len(keys), 1):
        kept, place = np.unique(keys, return_inverse=True)
        return place, kept
    there = np.zeros(most, dtype=np.bool_)
    there[keys] = True
    return (np.cumsum(there) - 1)[keys], np.flatnonzero(there)


def ranks(texts: npt.NDArray[np.object_]) -> IntArray:
    """(n,) the rank of each text among the different ones, by code point.

    >>> ranks(np.array(["b", "a10", "a9", "b"], dtype=object))
    array([2, 0, 1, 2])
    """
    found = texts.astype(str)
    letters = found.view(np.uint32).reshape(len(found), -1) if len(found) else np.zeros((0, 1), np.uint32)
    if letters.max(initial=0) > np.iinfo(np.uint8).max:
        return np.unique(found, return_inverse=True)[1]
    wide = -(-letters.shape[1] // _ABREAST) * _ABREAST
    packed = np.zeros((len(found), wide), np.uint8)
    packed[:, : letters.shape[1]] = letters
    keys = packed.view(">u8").astype(np.uint64)
    line = np.lexsort(keys.T[::-1]) if keys.shape[1] > 1 else np.argsort(keys[:, 0])
    out = np.empty(len(found), np.int64)
    out[line] = np.cumsum(np.append(False, (keys[line[1:]] != keys[line[:-1]]).any(axis=1))) if len(line) else 0
    return out
