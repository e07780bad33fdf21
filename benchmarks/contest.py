"""Engines run in turn on one job: their answers compared first, then their times told."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Any

import numpy as np

#: What took longer than this is run once. [s]
ONCE_S = 8.0


@dataclass
class Row:
    """How one engine did on one job."""

    job: str
    size: int  # parcels of the first layer
    engine: str
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)  # of this process
    answer: str = ""  # what all agreed on, in short
    off_m2: float = 0.0  # largest difference from the first engine's answer
    note: str = ""
    peak_mb: float | None = None

    @property
    def median_s(self) -> float:
        """NaN if it failed. [s]"""
        return float(np.median(self.seconds)) if self.seconds else float("nan")

    @property
    def p95_s(self) -> float:
        """95th percentile. [s]"""
        return float(np.percentile(self.seconds, 95)) if self.seconds else float("nan")


@dataclass(frozen=True)
class Entry:
    """One engine's way to do a job: what is timed, and, if that cannot be compared as it is, what is compared."""

    run: Callable[[], Any]
    #: Turns the timed answer into one that can be compared, and checks the timed one against it.
    comparable: Callable[[Any], Any] = lambda answer: answer


Judge = Callable[[str, str, Any, Any], float]


def contest(
    job: str, size: int, entries: Mapping[str, Entry], judge: Judge, rounds: int, told: Callable[[Any], str]
) -> list[Row]:
    """Every engine in turn, `rounds` times; answers are compared as they come and nothing is told before.

    Raises
    ------
    Disagreement
        If an engine answers otherwise than the first one that answered.
    """
    rows = {name: Row(job, size, name) for name in entries}
    known: dict[str, Any] = {}
    for _ in range(rounds):
        for name, entry in entries.items():
            row = rows[name]
            if row.note or (row.seconds and max(row.seconds) > ONCE_S):
                continue
            answer = _timed(row, entry.run)
            if row.note or name in known:
                continue
            answer = entry.comparable(answer)
            first = next(iter(known), name)
            row.off_m2 = judge(first, name, known[first], answer) if known else 0.0
            row.answer = told(answer)
            known[name] = answer if not known else None
    return list(rows.values())


def _timed(row: Row, run: Callable[[], Any]) -> Any:
    gc.collect()
    began, cpu = perf_counter(), process_time()
    try:
        answer = run()
    except Exception as error:  # a peer may fail in any way, which is then its result
        row.note = f"failed: {type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}"
        if row.engine.startswith("tilth"):
            raise
        return None
    row.seconds.append(perf_counter() - began)
    row.cpu_seconds.append(process_time() - cpu)
    return answer
