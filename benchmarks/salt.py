"""Salt chain: Tilth beside whole-array NumPy on the same land, by turns; threads; a county of a million; pyfao56.

Answers are compared before any time is printed. `python benchmarks/salt.py --help`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from tilth.core import Label
from tilth.soil import Forcing, Layout, Option, simulate, units_from_table
from tilth.soil.salt_chain import chain
from tilth.soil.salt_chain.forcing import DECADES
from tilth.soil.salt_chain.ground import Units
from tilth.soil.salt_chain.options import Course, course
from tilth.soil.salt_chain.running import BLOCK, started

import salt_limit
import salt_whole

TEXTURES = ("sandy loam", "loam", "silt loam", "clay loam")
#: Answers may differ by this, relative to the largest of their kind: sums stand in another order.
SAME = 1e-9


def weather(zones: int, years: int, seed: int) -> Forcing:
    """Weather like that of the upper Yellow River; zones and years differ."""
    rng = np.random.default_rng(seed)
    s = np.arange(36) + 0.5
    summer, heat = np.exp(-(((s - 20.5) / 4.5) ** 2)), np.sin(np.pi * s / 36) ** 2
    shape = (zones, years, 36)
    return Forcing(
        tuple(f"Z{number:03d}" for number in range(zones)), tuple(range(2001, 2001 + years)),
        np.array(DECADES, dtype=np.float64), 200.0 * summer / summer.sum() * rng.uniform(0.2, 2.0, shape),
        1050.0 * heat / heat.sum() * rng.uniform(0.9, 1.1, shape),
        np.broadcast_to(8.0 - 20.0 * np.cos(2 * np.pi * (s - 1.5) / 36), shape), np.full(shape, 0.03),
        np.zeros(shape),
    )  # fmt: skip


def land(n: int, zones: int, seed: int) -> Units:
    """Units of every kind, in `zones`."""
    rng = np.random.default_rng(seed)
    return units_from_table({
        "zone": np.array([f"Z{number:03d}" for number in range(zones)])[rng.integers(0, zones, n)],
        "ece_ds_m": rng.lognormal(1.9, 0.6, n), "groundwater_depth_m": rng.uniform(0.8, 3.5, n),
        "groundwater_ec_ds_m": rng.uniform(1.0, 20.0, n), "esp_pct": rng.uniform(2.0, 40.0, n),
        "cec_mmolc_kg": rng.uniform(80.0, 250.0, n), "texture": np.array(TEXTURES)[rng.integers(0, 4, n)],
    })  # fmt: skip


def options() -> list[Option]:
    """Ten ways to use land."""
    name = Label("option", "方案")
    water = {"05-05": 60.0, "06-15": 80.0, "07-10": 80.0}
    flush = {**water, "10-25": 180.0}
    return [
        Option("as is", name, ("cotton",), water), Option("flush", name, ("cotton",), flush),
        Option("drains", name, ("cotton",), flush, drain_depth_m=1.6),
        Option("gypsum", name, ("cotton",), flush, drain_depth_m=1.6, gypsum_t_ha=(9.0,)),
        Option("straw", name, ("cotton",), water, rising=0.5),
        Option("film", name, ("cotton",), water, evaporation=0.4),
        Option("raised", name, ("cotton",), water, table_shift_m=0.8),
        Option("sunflower", name, ("sunflower",), flush), Option("barley", name, ("barley",), flush),
        Option("fallow", name),
    ]  # fmt: skip


def compare(n: int, years: int, rounds: int) -> dict[str, Any]:
    """Tilth's kernel and NumPy in turn on the same arrays, once their answers are the same."""
    units, layout, forcing = land(n, 1, 5), Layout(), weather(1, years, 9)
    water = {"05-05": 15.0, "06-15": 18.0, "10-25": 18.0}
    option = Option(
        "all", Label("all", "全部"), ("cotton",), water, drain_depth_m=1.6, gypsum_t_ha=(6.0,), harvested_kg_ha=300.0
    )
    shared = course(option, forcing, 0, layout, years)
    state = started(units, np.arange(n), 0, option, layout)
    steps = (
        int(shared.counts.sum()) * years // len(forcing.years)
        if years != len(forcing.years)
        else int(shared.counts.sum())
    )
    cores = len(os.sched_getaffinity(0))
    ours = _ours(state, shared, years, cores, told=True)
    theirs = salt_whole.walk(state, shared, years)
    _same(ours, theirs, n)
    times: dict[str, list[float]] = {"numpy": [], "one thread": [], "all threads": []}
    spent: dict[str, list[float]] = {name: [] for name in times}
    for _ in range(rounds):
        for name, run in (
            ("one thread", lambda: _ours(state, shared, years, 1)),
            ("numpy", lambda: salt_whole.walk(state, shared, years)),
            ("all threads", lambda: _ours(state, shared, years, cores)),
        ):  # fmt: skip
            began, worked = time.perf_counter(), time.process_time()
            run()
            times[name].append(time.perf_counter() - began)
            spent[name].append(time.process_time() - worked)
    median = {name: statistics.median(one) for name, one in times.items()}
    least = salt_limit.limit(state, shared)
    each = statistics.median(spent["one thread"]) / (n * steps)
    return {
        "limit": {
            **least, "share": least["least_s"] / each, "share_unfused": least["least_unfused_s"] / each,
        },
        "units": n, "substeps": steps, "cores": cores, "load": os.getloadavg()[0], "seconds": median,
        "processor_seconds": {name: statistics.median(one) for name, one in spent.items()},
        "unit_substeps_per_s": {name: n * steps / one for name, one in median.items()},
        "numpy_over_all_threads": median["numpy"] / median["all threads"],
        "numpy_over_one_thread": median["numpy"] / median["one thread"],
        "one_thread_over_all": median["one thread"] / median["all threads"],
    }  # fmt: skip


def _ours(
    state: np.ndarray, shared: Course, years: int, threads: int, *, told: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """State at the end and, where `told`, what all years added up to; years are told one by one in any case."""
    size = BLOCK
    firsts = range(0, state.shape[1], size)
    end, sums = state.copy(), np.zeros((chain.SUMS, state.shape[1] if told else 0))
    own = threading.local()

    def run(first: int) -> None:
        part = end[:, first : first + size].copy()
        m = part.shape[1]
        if not hasattr(own, "sums") or own.sums.shape[2] != m:
            own.sums, own.ends = np.empty((years, chain.SUMS, m)), np.empty((years, chain.STATES, m))
        walk(part, shared, years, own.sums, own.ends)
        end[:, first : first + size] = part
        if told:
            sums[:, first : first + size] = own.sums.sum(axis=0)

    if threads == 1:
        for first in firsts:
            run(first)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, firsts))
    return end, sums


def walk(part: np.ndarray, c: Course, years: int, sums: np.ndarray, ends: np.ndarray) -> None:
    """`chain.walk` under a course."""
    chain.walk(part, c.steps, c.counts, c.calendar, c.removed, c.doses, years, sums, ends)


def _same(ours: tuple[np.ndarray, np.ndarray], theirs: salt_whole.Whole, n: int) -> None:
    """Stop where two answers differ, and name the first unit."""
    state, sums = ours
    pairs = {f"water {i}": (state[chain.WATER + i], theirs.water[i]) for i in range(4)}
    pairs |= {f"salt {i}": (state[chain.SALT + i], theirs.salt[i]) for i in range(4)}
    pairs |= {"depth": (state[chain.DEPTH], theirs.depth), "sodium": (state[chain.SODIUM], theirs.sodium)}
    rows = {
        "irrigation": chain.IRRIGATION, "rise": chain.RISE, "taken": chain.TAKEN, "drained": chain.DRAINED,
        "by_drains": chain.BY_DRAINS, "salt_up": chain.SALT_UP, "salt_down": chain.SALT_DOWN,
        "harvested": chain.SALT_HARVESTED, "dissolved": chain.SALT_DISSOLVED, "ece": chain.SEASON + 1,
        "watered": chain.SEASON + 3,
    }  # fmt: skip
    pairs |= {name: (sums[row - chain.YEARLY], theirs.sums[name]) for name, row in rows.items()}
    worst = 0.0
    for name, (left, right) in pairs.items():
        scale = float(np.abs(right).max())
        assert scale > 0.0, f"{name}: nothing happened"
        apart = np.abs(left[:n] - right[:n]) / scale
        assert float(apart.max()) <= SAME, f"{name} of unit {int(apart.argmax())}: {apart.max():.1e}"
        worst = max(worst, float(apart.max()))
    print(f"answers agree: {len(pairs)} quantities of {n:,} units, largest difference {worst:.1e} of the largest value")


def county(n: int, years: int) -> dict[str, Any]:
    """`n` units under ten options for `years`, the whole of `simulate`, and its peak memory."""
    units, forcing = land(n, 40, 6), weather(40, min(years, 10), 8)
    asked = ("relative_yield", "ece_ds_m", "irrigation_mm", "income_yuan_ha")
    simulate(land(64, 40, 6), options()[:1], forcing, 1, columns=asked)
    began = time.perf_counter()
    table = simulate(units, options(), forcing, years, columns=asked)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "units": n, "options": 10, "years": years, "seconds": seconds,
        "unit_steps_per_s": n * 10 * years * 36 / seconds,
        "peak_gib": peak, "closes": table.closes,
        "relative_yield": {row["option"]: row["relative_yield"] for row in table.summary()},
    }  # fmt: skip


def main() -> None:
    """Run the jobs asked for and print them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--county", type=int, default=0, help="units of the county job; 0 leaves it out")
    asked = parser.parse_args()
    result: dict[str, Any] = {"kernel": compare(asked.units, asked.years, asked.rounds)}
    if asked.county:
        result["county"] = county(asked.county, 10)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
