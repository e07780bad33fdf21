"""One job cut into blocks for the processors of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import shapely

from tilth.core import BadInput, FloatArray

Item = TypeVar("Item")
Result = TypeVar("Result")


#: About as many coordinates are measured at a time.
BLOCK_COORDINATES = 400_000


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # pragma: no cover - systems without processor masks


def in_threads(function: Callable[[Item], Result], items: Sequence[Item], *, worth_it: bool = True) -> list[Result]:
    """`function` of every item, in order. Worth it where `function` lets go of the interpreter lock, for a while."""
    if len(items) < 2 or not worth_it:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(len(items), processors())) as pool:
        return list(pool.map(function, items))


def by_coordinates(function: Callable[[Any], FloatArray], shapes: Any) -> FloatArray:
    """(p,) `function` of runs of `shapes` (p,) with about `BLOCK_COORDINATES` each, which bounds the memory it takes.

    Where it refuses a row of its run, that row of all of them is named.
    """
    block = np.cumsum(shapely.get_num_coordinates(shapes)) // BLOCK_COORDINATES
    ends = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), len(shapes)]

    def run(some: slice) -> FloatArray:
        try:
            return function(shapes[some])
        except BadInput as error:
            row = error.values.get("row")
            if isinstance(row, int):
                error.values["row"] = row + some.start
            raise

    return np.concatenate(in_threads(run, [slice(*pair) for pair in pairwise(ends)]))


def blocks(total: int, size: int) -> list[slice]:
    """`range(total)` in runs of `size`."""
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]
