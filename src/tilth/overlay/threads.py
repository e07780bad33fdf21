"""One job cut into blocks for the processors of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


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


def blocks(total: int, size: int) -> list[slice]:
    """`range(total)` in runs of `size`."""
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]
