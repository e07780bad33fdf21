"""How near the salt chain comes to what the processor's arithmetic allows.

Its operations are counted by walking a lane of units through one year in plain Python, with numbers that count what is
done to them. What one processor does of each kind in a second is measured with loops on rows that stay in its first
cache, as those of the chain do. The limit is the time that these operations alone would take.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from tilth.soil.salt_chain import chain
from tilth.soil.salt_chain.options import Course

_COUNTED: Counter[str] = Counter()
_PARTS = ("_let_on", "_stand", "_enter", "_rise", "_take", "_evaporate", "_above", "_drain", "_settle")
_ROW, _TURNS = 512, 20_000


class Number(float):
    """A float that counts sums, products, quotients and comparisons."""

    __slots__ = ()
    __hash__ = float.__hash__


def _counting(kind: str, plain: Callable[[float, float], Any]) -> Callable[[Number, float], Any]:
    def counted(left: Number, right: float) -> Any:
        _COUNTED[kind] += 1
        found = plain(left, right)
        return Number(found) if type(found) is float else found

    return counted


for _kind, _names in {
    "sums": ("__add__", "__radd__", "__sub__", "__rsub__"),
    "products": ("__mul__", "__rmul__"),
    "quotients": ("__truediv__", "__rtruediv__"),
    "comparisons": ("__lt__", "__gt__"),
}.items():
    for _name in _names:
        setattr(Number, _name, _counting(_kind, getattr(float, _name)))


def operations(state: np.ndarray, shared: Course) -> dict[str, float]:
    """Operations of each kind for one unit in one substep, on average over the first year."""
    lane = chain.LANE
    s = np.array([Number(0.0)] * (chain.ROWS * lane), dtype=object)
    for row in range(chain.YEARLY):
        for j in range(lane):
            s[row * lane + j] = Number(state[row, j])
    plain = {name: getattr(chain, name) for name in (*_PARTS, "_ready", "_least", "_most")}
    for name, compiled in plain.items():
        setattr(chain, name, compiled.py_func)
    try:
        parts = shared.steps.copy()
        for k in (chain.X_DAYS, chain.X_RAIN, chain.X_IRRIGATION, chain.X_CROP, chain.X_AIR, chain.X_PULL):
            parts[:, :, k] /= shared.counts
        as_numbers = np.frompyfunc(Number, 1, 1)
        chain._ready(s, as_numbers(parts[0, 0]))
        _COUNTED.clear()
        tally, done = np.array([Number(0.0)] * chain.TALLIES, dtype=object), 0
        for step in range(parts.shape[1]):
            x, growing = as_numbers(parts[0, step]), Number(shared.calendar[step, 0] >= 0)
            for _ in range(int(shared.counts[0, step])):
                chain._substep.py_func(s, x, tally, growing, lane)
                done += 1
    finally:
        for name, compiled in plain.items():
            setattr(chain, name, compiled)
    return {kind: count / (done * lane) for kind, count in sorted(_COUNTED.items())}


@njit(nogil=True, error_model="numpy", fastmath={"contract", "nsz"})
def _fused(a: np.ndarray, b: np.ndarray, turns: int) -> None:
    for _ in range(turns):
        for j in range(a.size):
            v = a[j]
            w = b[j]
            for _ in range(8):
                v = v * w + w
            a[j] = v


@njit(nogil=True, error_model="numpy")
def _products(a: np.ndarray, b: np.ndarray, turns: int) -> None:
    for _ in range(turns):
        for j in range(a.size):
            v = a[j]
            w = b[j]
            for _ in range(8):
                v = v * w
            a[j] = v


@njit(nogil=True, error_model="numpy")
def _quotients(a: np.ndarray, b: np.ndarray, turns: int) -> None:
    for _ in range(turns):
        for j in range(a.size):
            v = a[j]
            w = b[j]
            for _ in range(8):
                v = w / v
            a[j] = v


@njit(nogil=True, error_model="numpy", fastmath={"nsz", "nnan"})
def _comparisons(a: np.ndarray, b: np.ndarray, turns: int) -> None:
    for _ in range(turns):
        for j in range(a.size):
            v = a[j]
            w = b[j]
            u = b[a.size - 1 - j]
            for _ in range(4):
                v = v if v < w else w
                v = v if v > u else u
            a[j] = v


def rates() -> dict[str, float]:
    """Operations that one processor does in a second, of each kind; a fused product and sum counts as one."""
    found = {}
    rng = np.random.default_rng(1)
    for name, run in (
        ("fused", _fused),
        ("products", _products),
        ("quotients", _quotients),
        ("comparisons", _comparisons),
    ):
        best = np.inf
        for _ in range(4):
            a, b = rng.uniform(0.9, 1.1, _ROW), rng.uniform(0.4, 0.5, _ROW)
            turns = _TURNS if name != "quotients" else _TURNS // 8
            run(a, b, 2)
            began = time.process_time()
            run(a, b, turns)
            best = min(best, (time.process_time() - began) / turns)
        found[name] = 8 * _ROW / best
    return found


def limit(state: np.ndarray, shared: Course) -> dict[str, Any]:
    """Seconds that a unit-substep takes a processor at the least: products and sums fused where they can be, or not."""
    count, rate = operations(state, shared), rates()
    rest = count["quotients"] / rate["quotients"] + count["comparisons"] / rate["comparisons"]
    return {
        "operations_each": count,
        "operations_per_s": rate,
        "least_s": rest + max(count["sums"], count["products"]) / rate["fused"],
        "least_unfused_s": rest + (count["sums"] + count["products"]) / rate["products"],
    }
