"""How fast Tilth overlays parcels, beside every peer that can be brought up. See README.md in this folder."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import jobs
import tables
from answers import Disagreement
from contest import Row
from county import county
from peers import ENGINES, ON_REQUEST, Engine, Unavailable

JOBS: dict[str, dict[str, Callable[[jobs.Bench, str], list[Row]]]] = {
    "years": {
        "years": lambda bench, job: jobs.pair_job(bench, job, "y1", ("y2",)),
        "years-jitter": lambda bench, job: jobs.pair_job(bench, job, "y1", ("y2j",)),
    },
    "layers": {
        "layers": lambda bench, job: jobs.pair_job(bench, job, "y1", jobs.LAYERS),
        "layers-kept": lambda bench, job: jobs.pair_job(bench, job, "y1", jobs.LAYERS, kept=True),
    }
    | {f"layer-{name}": lambda bench, job: jobs.pair_job(bench, job, "y1", (job[6:],)) for name in jobs.LAYERS},
    "footprints": {
        "footprints": lambda bench, job: jobs.footprint_job(bench, job, in_a_row=100),
        "footprints-alternating": lambda bench, job: jobs.footprint_job(bench, job, in_a_row=1),
    },
    "matrix": {
        "matrix": lambda bench, job: jobs.matrix_job(bench, job, "y1", "y2"),
        "matrix-jitter": lambda bench, job: jobs.matrix_job(bench, job, "y1", "y2j"),
    },
    "flows": {
        "flows": lambda bench, job: jobs.command_job(bench, job, "y1", "y2"),
        "flows-jitter": lambda bench, job: jobs.command_job(bench, job, "y1", "y2j"),
    },
}
_IN_MEMORY = ("years", "years-jitter", "layers", "matrix", "matrix-jitter")


def main() -> int:
    """Exit status 0; 1 where engines disagree, and then no time is told."""
    options = _options()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: options.threads]))
    try:
        if options.alone:
            return _alone(options)
        return _run(options)
    except Disagreement as error:
        print(f"answers differ, no times: {error}", file=sys.stderr)
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="20k", help="parcels, for example 500, 20k, 100k, 1m; several with commas")
    parser.add_argument("--jobs", default="years,layers,footprints,matrix,flows,cambridge", help="which")
    parser.add_argument(
        "--peers", default="", help=f"of {', '.join(ENGINES)}; all if empty, but {', '.join(ON_REQUEST)}"
    )
    parser.add_argument("--rounds", type=int, default=3, help="runs of each engine; what takes over 8 s runs once")
    parser.add_argument("--footprints", type=int, default=300, help="how many of the 300 footprints to ask")
    parser.add_argument("--threads", type=int, default=2, help="processors that each engine may use")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--memory", action="store_true", help="measure peak memory too, each job in its own process")
    parser.add_argument("--cache", type=Path, default=_default_cache(), help="folder for the made-up counties")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TILTH_DATA", "../shared/data")))
    parser.add_argument("--out", type=Path, help="write <out>.md and <out>.json")
    parser.add_argument("--alone", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def _default_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME", tempfile.gettempdir())) / "tilth-bench"


def _run(options: argparse.Namespace) -> int:
    rows: list[Row] = []
    counties = []
    print(f"# Overlay\n\n```\n{json.dumps(tables.machine(), indent=1)}\n```\n")
    for size in _sizes(options.size):
        bench = _bench(options, size)
        counties.append(bench.county.made)
        for job, run in _chosen(options.jobs):
            found = run(bench, job)
            if options.memory and job in _IN_MEMORY:
                _measure_memory(options, size, found)
            rows += _told(found)
        for engine in bench.engines.values():
            engine.close()
    if "cambridge" in options.jobs.split(","):
        engines = _engines(options)
        rows += _told(jobs.cambridge(options.data, engines, options.rounds))
    grown = tables.growth(rows)
    print(grown)
    if options.out:
        _write(options, rows, counties, grown)
    return 0


def _told(rows: list[Row]) -> list[Row]:
    if rows:
        print(tables.job_table(rows), flush=True)
    return rows


def _sizes(text: str) -> list[int]:
    unit = {"k": 1_000, "m": 1_000_000}
    return [int(float(word.rstrip("km")) * unit.get(word[-1], 1)) for word in text.lower().split(",")]


def _chosen(text: str) -> list[tuple[str, Callable[[jobs.Bench, str], list[Row]]]]:
    words = text.split(",")
    parts = [(group, name, run) for group, members in JOBS.items() for name, run in members.items()]
    unknown = set(words) - {group for group, _, _ in parts} - {name for _, name, _ in parts} - {"cambridge"}
    if unknown:
        raise SystemExit(f"no such job: {', '.join(sorted(unknown))}")
    return [(name, run) for group, name, run in parts if group in words or name in words]


def _engines(options: argparse.Namespace) -> dict[str, Engine]:
    names = options.peers.split(",") if options.peers else [name for name in ENGINES if name not in ON_REQUEST]
    made: dict[str, Engine] = {}
    for name in names:
        try:
            made[name] = ENGINES[name](options.threads)
        except Unavailable as error:
            print(f"without {name}: {error}\n")
        except KeyError:
            raise SystemExit(f"no such engine: {name}") from None
    return made


def _bench(options: argparse.Namespace, size: int) -> jobs.Bench:
    made = county(options.cache, size, options.seed, say=lambda text: print(text, file=sys.stderr))
    bench = jobs.Bench(made, _engines(options), options.rounds, options.footprints)
    for engine in bench.engines.values():
        jobs.warm_up(engine, bench.layer("y1"))
    return bench


def _measure_memory(options: argparse.Namespace, size: int, rows: list[Row]) -> None:
    """Peak of a process of its own that holds the layers and does the job once; a server's memory is not in it."""
    for row in rows:
        if row.note.startswith("failed") or row.engine.startswith("postgis"):
            continue
        command = [sys.executable, __file__, "--alone", f"{row.job}:{row.engine}", "--size", str(size)]
        command += ["--seed", str(options.seed), "--threads", str(options.threads), "--cache", str(options.cache)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
        if done.returncode == 0:
            row.peak_mb = float(json.loads(done.stdout.splitlines()[-1])["peak_mb"])
        else:
            row.note = f"{row.note} no memory figure: {done.stderr.strip().splitlines()[-1:]}"


def _alone(options: argparse.Namespace) -> int:
    """One job by one engine, once, in this process; its peak memory as a line of JSON."""
    job, name = options.alone.split(":")
    options.peers, options.rounds = name, 1
    engines = _engines(options)
    made = county(options.cache, _sizes(options.size)[0], options.seed)
    bench = jobs.Bench(made, engines, 1)
    engine = engines[name]
    if job.startswith("matrix"):
        engine.matrix(made.path("y1"), made.path("y2j" if job.endswith("jitter") else "y2"))
    else:
        rights = {"years": ("y2",), "years-jitter": ("y2j",), "layers": jobs.LAYERS}[job]
        engine.job(bench.held(engine, "y1"), [bench.held(engine, right) for right in rights])
    print(json.dumps({"peak_mb": tables.peak_mb()}))
    return 0


def _write(options: argparse.Namespace, rows: list[Row], counties: list[dict[str, Any]], grown: str) -> None:
    by_job: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        by_job.setdefault((row.job, row.size), []).append(row)
    text = "\n".join([*(tables.job_table(found) for found in by_job.values()), grown])
    options.out.with_suffix(".md").write_text(text, encoding="utf-8")
    chosen = {key: str(value) for key, value in vars(options).items() if key not in ("alone", "cache", "data", "out")}
    options.out.with_suffix(".json").write_text(tables.as_json(rows, chosen, counties), encoding="utf-8")


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main())
