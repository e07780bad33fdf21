"""Results as a markdown table and as JSON: medians, ratios, peak memory, growth with size, and on what machine."""

from __future__ import annotations

import json
import os
import platform
import resource
from dataclasses import asdict
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from contest import ONCE_S, Row

_PEERS = ("geopandas", "duckdb", "duckdb-extension-spatial", "sedonadb", "psycopg")
_PACKAGES = ("tilth", "numba", "numpy", "shapely", *_PEERS)
OURS = "tilth"


def machine(packages: tuple[str, ...] = _PACKAGES) -> dict[str, Any]:
    """Processor, cores in use, load, versions."""
    cpu = Path("/proc/cpuinfo")
    model = [line for line in cpu.read_text().splitlines() if "model name" in line] if cpu.exists() else []
    return {
        "processor": model[0].partition(":")[2].strip() if model else platform.processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in packages},
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def peak_mb() -> float:
    """Most memory this process has had. Its `ru_maxrss` would start at what its parent had."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def job_table(rows: list[Row]) -> str:
    """One job at one size, fastest first."""
    first = rows[0]
    each = first.job.startswith("footprint")
    unit = "ms" if each else "s"
    factor = 1e3 if each else 1.0
    second_head = f"p95 {unit}" if each else "runs"
    ours = next((row.median_s for row in rows if row.engine == OURS), float("nan"))
    lines = [
        f"### {first.job}, {first.size:,} parcels",
        "",
        f"| engine | median {unit} | {second_head} | × ours | peak MB | answer | largest difference m² | |",
        "|---|--:|--:|--:|--:|---|--:|---|",
    ]
    for row in sorted(rows, key=lambda row: np.nan_to_num(row.median_s, nan=np.inf)):
        second = f"{row.p95_s * factor:.2f}" if each else _runs(row)
        peak = "" if row.peak_mb is None else f"{row.peak_mb:,.0f}"
        lines.append(
            f"| {row.engine} | {row.median_s * factor:.3f} | {second} | {row.median_s / ours:.2f} | {peak} "
            f"| {row.answer} | {row.off_m2:.1e} | {row.note} |"
        )
    return "\n".join([*lines, "", *_against_best(rows, ours), ""])


def _runs(row: Row) -> str:
    return "1 (long)" if row.seconds and row.seconds[0] > ONCE_S else str(len(row.seconds))


def _against_best(rows: list[Row], ours: float) -> list[str]:
    peers = [row for row in rows if not row.engine.startswith(OURS) and row.seconds]
    if not peers or np.isnan(ours):
        return []
    best = min(peers, key=lambda row: row.median_s)
    return [f"Fastest peer: {best.engine}, {best.median_s / ours:.2f} × our time."]


def growth(rows: list[Row]) -> str:
    """Exponent of time over parcels between sizes, for every job and engine run at more than one."""
    runs: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.seconds:
            runs.setdefault((row.job, row.engine), []).append(row)
    lines = []
    for (job, engine), found in runs.items():
        for small, large in pairwise(sorted(found, key=lambda row: row.size)):
            times = large.median_s / small.median_s
            exponent = np.log(times) / np.log(large.size / small.size)
            lines.append(f"| {job} | {engine} | {small.size:,} → {large.size:,} | {times:.1f} | {exponent:.2f} |")
    head = ["### Growth", "", "| job | engine | parcels | time × | exponent |", "|---|---|---|--:|--:|"]
    return "\n".join([*head, *lines, ""]) if lines else ""


def as_json(rows: list[Row], options: dict[str, Any], counties: list[dict[str, Any]]) -> str:
    """Everything that was measured."""
    told = [asdict(row) | {"median_s": row.median_s, "p95_s": row.p95_s} for row in rows]
    return json.dumps({"machine": machine(), "options": options, "counties": counties, "rows": told}, indent=1)
