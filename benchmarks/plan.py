"""The planner beside its peers: time to a proven gap at 10 k, 100 k and 1 M units; the worst over many unkind problems.

    python benchmarks/plan.py sizes --ortools /path/to/python --limit 300 --out result
    python benchmarks/plan.py robust --units 100000 --count 200
    python benchmarks/plan.py blocks
    python benchmarks/plan.py years

`sizes`: the same problem of ten options a unit and 126 rows for every engine, each run in a process of its own, by
turns. Every plan is added up again in whole numbers, every bound that comes from prices worked out again with its
rounding stated, and all are compared with each other, before a time is printed. `robust`: many problems of all shapes;
the worst gap and the longest time are printed, not the best. `blocks`: blocks taken whole, least patches,
either-or; `years`: ten years of start.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from tilth.core import BadInput
from tilth.plan import Problem, proof, solve
from tilth.plan.compiled import Compiled
from tilth.plan.compiling import compiled

import plan_tied
from answers import Disagreement
from contest import ONCE_S
from plan_engines import ENGINES, NOT_THERE, RELAXATIONS
from plan_land import land, problem, shape, unkind, worth
from tables import machine

#: Relaxations are solved to a tolerance: two of them may differ by this share.
_LOOSE = 2e-4
#: Seconds beyond its limit of time in which an engine has to answer, loading included.
_GRACE = 240.0


@dataclass
class Runs:
    """What one engine did on one problem to one goal."""

    units: int
    engine: str
    goal: float
    seconds: list[float] = field(default_factory=list)
    processor_seconds: list[float] = field(default_factory=list)
    peak_gib: float = 0.0
    status: str = ""
    value: float | None = None  # of its plan, added up here
    bound: float | None = None  # no plan is better
    relaxed: float | None = None  # what it says of its relaxation
    note: str = ""
    version: str = ""

    @property
    def median(self) -> float:
        """Median of the times; NaN where there is none. [s]"""
        return float(np.median(self.seconds)) if self.seconds else float("nan")

    @property
    def gap(self) -> float | None:
        """The most that its plan may lie from the best, by its own bound."""
        return None if self.value is None or self.bound is None else abs(self.bound - self.value) / abs(self.value)

    @property
    def reached(self) -> bool:
        """Whether it did what it was asked for in time."""
        if self.engine in RELAXATIONS:
            return self.status.casefold() in {"optimal", "terminationreason.optimal"}
        return self.gap is not None and self.gap <= self.goal


def rows_of(c: Compiled) -> dict[str, Any]:
    """The whole problem column by column: a row for each unit, then the coupling rows; least cost, rows at most."""
    count, size = c.n, len(c.kind)
    of = np.repeat(np.arange(count), np.diff(c.ptr))
    rows, places, data = [of], [np.arange(size)], [np.ones(size)]
    for u in range(c.classes):
        inside = np.flatnonzero(c.cls[of] == u)
        for r in c.row_of[c.row_ptr[u] : c.row_ptr[u + 1]]:
            (t,) = range(c.term_ptr[r], c.term_ptr[r + 1])
            counted = c.term_weight[t, c.kind[inside]] * c.cells[inside, 1 + c.term_column[t]]
            some = counted != 0
            rows.append(np.full(int(some.sum()), count + r))
            places.append(inside[some])
            data.append(counted[some])
    row, place, number = np.concatenate(rows), np.concatenate(places), np.concatenate(data)
    order = np.lexsort((row, place))
    start = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=size))])
    return {
        "units": count, "cost": -c.cells[:, 0], "limit": c.limit, "start": start.astype(np.int32),
        "index": row[order].astype(np.int32), "value": number[order],
    }  # fmt: skip


def put(folder: Path, asked: Problem, seed: int, with_rows: bool) -> None:
    """What the engines read."""
    table = asked.options
    about = {"seed": seed, "columns": list(table.columns), "treatments": list(table.treatments)}
    (folder / "about.json").write_text(json.dumps(about))
    np.savez(
        folder / "table.npz", ptr=table.ptr, treatment=table.treatment, township=table.labels["township"],
        **table.columns,
    )  # fmt: skip
    if with_rows:
        np.savez(folder / "rows.npz", **rows_of(compiled(asked)))


def run(runs: Runs, folder: Path, python: str, limit: float, asked: Problem, c: Compiled) -> None:
    """Once more, in a process of its own; the first answer is worked out again."""
    command = [python, str(Path(__file__).parent / "plan_engines.py"), runs.engine, str(folder)]
    command += ["--goal", str(runs.goal), "--limit", str(limit)]
    answer = folder / "answer.npz"
    answer.unlink(missing_ok=True)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit + _GRACE)
    except subprocess.TimeoutExpired:
        runs.note = f"no answer in {limit + _GRACE:.0f} s"
        return
    if done.returncode == NOT_THERE:
        runs.note = "not installed"
        return
    if done.returncode or not answer.exists():
        runs.note = f"failed: {(done.stderr.strip().splitlines() or ['no answer'])[-1][:120]}"
        return
    with np.load(answer) as told:
        runs.seconds.append(float(told["seconds"]))
        runs.processor_seconds.append(float(told["processor_seconds"]))
        runs.peak_gib = max(runs.peak_gib, float(told["peak_gib"]))
        runs.version = str(told["version"])
        if runs.status:
            return
        runs.status = str(told["status"])
        runs.value = float(worth(asked, told["pick"])) if "pick" in told else None
        runs.relaxed = float(told["relaxed"]) if "relaxed" in told else None
        if "lam" in told and runs.status != "branching":
            runs.bound = proof.bound(c, told["lam"])
        elif "bound" in told:
            runs.bound = float(told["bound"])


def compared(found: list[Runs]) -> None:
    """No plan is worth more than any bound, and relaxations agree."""
    for plan in found:
        for other in found:
            if plan.value is not None and other.bound is not None and plan.value > other.bound * (1 + 1e-9):
                raise Disagreement(f"{plan.engine} has a plan of {plan.value}, {other.engine} a bound of {other.bound}")
    solved = [one for one in found if one.relaxed is not None and one.reached]
    for one in solved:
        for other in solved:
            if one.relaxed > other.bound * (1 + _LOOSE):
                raise Disagreement(f"{one.engine} relaxes to {one.relaxed}, {other.engine} proves {other.bound}")
        for plan in found:
            if plan.value is not None and plan.value > one.relaxed * (1 + _LOOSE):
                raise Disagreement(f"{plan.engine} has a plan of {plan.value}, {one.engine} relaxes to {one.relaxed}")


def table(found: list[Runs]) -> str:
    """All engines on one size, fastest first."""
    ours = next(one for one in found if one.engine == "tilth")
    lines = [
        f"### {ours.units:,} units", "",
        "| engine | goal | median s | runs | processor s | × ours | peak GiB | value | bound | gap | |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]  # fmt: skip
    for one in sorted(found, key=lambda one: np.nan_to_num(one.median, nan=np.inf)):
        goal = "relaxation" if one.engine in RELAXATIONS else f"{100 * one.goal:g} %"
        work = float(np.median(one.processor_seconds)) if one.seconds else float("nan")
        value, bound = ("" if number is None else f"{number:,.0f}" for number in (one.value, one.bound))
        gap = "" if one.gap is None else f"{100 * one.gap:.4f} %"
        said = one.note or ("" if one.reached else f"did not finish: {one.status}")
        lines.append(
            f"| {one.engine} {one.version} | {goal} | {one.median:.2f} | {len(one.seconds)} | {work:.2f} "
            f"| {one.median / ours.median:.1f} | {one.peak_gib:.2f} | {value} | {bound} | {gap} | {said} |"
        )
    return "\n".join([*lines, "", *_against(found, ours), ""])


def _against(found: list[Runs], ours: Runs) -> list[str]:
    """How the first goal stands to the fastest relaxation and to whole searches."""
    lines = []
    relaxed = [one for one in found if one.engine in RELAXATIONS and one.reached]
    if relaxed:
        best = min(relaxed, key=lambda one: one.median)
        lines.append(f"Fastest relaxation alone: {best.engine}, {best.median / ours.median:.2f} × our time.")
    for one in found:
        if one.engine in {"highs-milp", "ortools-cpsat"} and one.seconds:
            more = "" if one.reached else "more than "
            lines.append(f"{one.engine} to the same goal: {more}{one.median / ours.median:.1f} × our time.")
    return lines


def grown(found: list[Runs]) -> str:
    """Exponent of time over units between sizes."""
    lines = ["### Growth", "", "| engine | goal | units | time × | exponent |", "|---|--:|---|--:|--:|"]
    for engine, goal in dict.fromkeys((one.engine, one.goal) for one in found):
        done = [one for one in found if (one.engine, one.goal) == (engine, goal) and one.reached]
        for small, large in pairwise(done):
            times = large.median / small.median
            exponent = np.log(times) / np.log(large.units / small.units)
            units = f"{small.units:,} → {large.units:,}"
            lines.append(f"| {engine} | {100 * goal:g} % | {units} | {times:.1f} | {exponent:.2f} |")
    return "\n".join(lines)


def sizes(asked: argparse.Namespace) -> list[Runs]:
    """Every engine on the same problem of each size. What failed or did not finish is not asked at the next size."""
    every: list[Runs] = []
    out: set[str] = set()
    for n in asked.units:
        posed = problem(land(n, asked.seed), asked.seed)
        peers = [name for name in asked.peers if name not in out and n <= asked.peers_up_to]
        found = [Runs(n, "tilth", goal) for goal in asked.goals]
        found += [Runs(n, name, asked.goals[0]) for name in peers]
        c = compiled(posed)
        with tempfile.TemporaryDirectory() as place:
            put(Path(place), posed, asked.seed, bool(peers))
            for _ in range(asked.rounds):
                for one in found:
                    if not one.note and not (one.seconds and max(one.seconds) > ONCE_S):
                        python = asked.ortools if one.engine.startswith("ortools") else sys.executable
                        run(one, Path(place), python, asked.limit, posed, c)
        compared(found)
        print(table(found), flush=True)
        out |= {one.engine for one in found if one.engine != "tilth" and (one.note or not one.reached)}
        every += found
    print(grown(every), flush=True)
    return every


def robust(n: int, count: int, gap: float, first: int) -> list[dict[str, Any]]:
    """Many problems of all shapes, one after the other in this process."""
    solve(problem(land(2_000, 0), 0), gap=1e-2)  # compiled code is loaded
    told: list[dict[str, Any]] = []
    for seed in range(first, first + count):
        asked = unkind(n, seed)
        began, worked = time.perf_counter(), time.process_time()
        try:
            found = solve(asked, gap=gap, seconds=120.0)
        except BadInput as error:  # a problem without a plan is counted, and the next one begins
            told.append({"seed": seed, **shape(seed), "gap": float("inf"), "seconds": 0.0, "error": error.said[:300]})
        else:
            took, work = time.perf_counter() - began, time.process_time() - worked
            assert found.value == worth(asked, found.options) <= found.bound
            line = {"gap": found.gap, "seconds": took, "processor_seconds": work}
            told.append({"seed": seed, **shape(seed), **line, "value": found.value, "bound": found.bound})
        print(json.dumps(told[-1]), flush=True)
    reached = sum(line["gap"] <= gap for line in told)
    print(f"{reached} of {count} reached {gap:g}; {len({tuple(shape(one['seed']).values()) for one in told})} shapes")
    print("worst gap:", json.dumps(max(told, key=lambda line: line["gap"])))
    print("longest:", json.dumps(max(told, key=lambda line: line["seconds"])))
    return told


def tied(job: str, n: int, gap: float) -> list[dict[str, Any]]:
    """Blocks taken whole, patches and either-or; or ten years."""
    solve(problem(land(2_000, 0), 0), gap=1e-2)  # compiled code is loaded
    table = land(n, 7)
    if job == "years":
        every, checked = {"ten years": plan_tied.over_years(table)}, plan_tied.rows_hold
    else:
        every, checked = plan_tied.blocks(table, problem(table, 7)), plan_tied.ties_hold
    told = []
    for name, asked in every.items():
        told.append(plan_tied.timed(name, asked, gap, checked))
        print(json.dumps(told[-1]), flush=True)
    return told


def main() -> int:
    """Run the job asked for. Exit status 1: a gap was not reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=["sizes", "robust", "blocks", "years"])
    parser.add_argument("--units", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--goals", type=float, nargs="+", default=[1e-3, 1e-4], help="gaps; peers get the first")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each engine, one where one takes over 8 s")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds that an engine may take")
    parser.add_argument("--peers", nargs="*", default=[name for name in ENGINES if name != "tilth"])
    parser.add_argument("--peers-up-to", type=int, default=100_000, help="units up to which peers are asked")
    parser.add_argument("--ortools", default=sys.executable, help="a Python that has ortools and scipy")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=200, help="problems of the robust run")
    parser.add_argument("--first", type=int, default=0, help="first seed of the robust run")
    parser.add_argument("--out", type=Path, help="writes OUT.json")
    asked = parser.parse_args()
    print(json.dumps(about := machine(("tilth", "highspy", "numba", "numpy"))), flush=True)
    if asked.job == "sizes":
        every = sizes(asked)
        told = [asdict(one) | {"gap": one.gap, "median": one.median, "reached": one.reached} for one in every]
        missed = any(one.engine == "tilth" and not one.reached for one in every)
    elif asked.job in {"blocks", "years"}:
        told = tied(asked.job, asked.units[0] if len(asked.units) == 1 else 100_000, asked.goals[0])
        missed = any(line["gap"] > asked.goals[0] for line in told)
    else:
        units = asked.units[0] if len(asked.units) == 1 else 100_000
        told = robust(units, asked.count, asked.goals[0], asked.first)
        missed = any(line["gap"] > asked.goals[0] for line in told)
    if asked.out is not None:
        options = {name: str(value) for name, value in vars(asked).items()}
        asked.out.with_suffix(".json").write_text(json.dumps({"machine": about, "options": options, "runs": told}))
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
