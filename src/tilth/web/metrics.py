"""What the server did, counted, in the text that Prometheus reads.

Each process counts for itself. Where several serve one workspace, each keeps its counts in a file beside those of the
others, no older than a second, and whichever is asked adds them up. The file of a process that ended stays, so that no
counter falls.
"""

from __future__ import annotations

import json
import os
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any

#: Upper ends of the classes of durations. [s]
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: The counts in the files of other processes are at most so old. [s]
OLDEST_S = 1.0
_ENDING = ".counts.json"


class Counts:
    """The counts of one process."""

    def __init__(self, folder: Path | None = None) -> None:
        self._lock = Lock()
        self._requests: Counter[tuple[str, str, str]] = Counter()  # method, route, status
        self._classes: dict[str, list[int]] = {}  # by route, one more than there are buckets
        self._seconds: Counter[str] = Counter()
        self._sent = self._unlogged = 0
        self._file = folder / f"{os.getpid()}{_ENDING}" if folder else None
        self._kept_at = 0.0
        self.under_way = 0
        self.began = time.time()

    def add(self, method: str, route: str, status: int, seconds: float, sent: int) -> None:
        """A request was answered."""
        with self._lock:
            self._requests[method, route, str(status)] += 1
            self._classes.setdefault(route, [0] * (len(BUCKETS) + 1))[bisect_left(BUCKETS, seconds)] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]
            self._sent += sent

    def unlogged(self) -> None:
        """A line of the access log could not be written."""
        with self._lock:
            self._unlogged += 1

    def as_record(self) -> dict[str, Any]:
        """For other processes."""
        with self._lock:
            return {
                "requests": [[*key, count] for key, count in self._requests.items()],
                "classes": {route: list(counts) for route, counts in self._classes.items()},
                "seconds": dict(self._seconds),
                "sent": self._sent,
                "unlogged": self._unlogged,
                "under_way": self.under_way,
                "began": self.began,
                "pid": os.getpid(),
            }

    def keep(self, *, always: bool = False) -> bool:
        """Let the other processes know. Is there nothing left to tell them?"""
        if self._file is None:
            return True
        now = time.monotonic()
        if not always and now - self._kept_at < OLDEST_S:
            return False
        self._kept_at = now
        new = self._file.with_suffix(".new")
        try:
            new.write_text(json.dumps(self.as_record()), encoding="utf-8")
            os.replace(new, self._file)
        except OSError:  # figures about the work, not the work
            return True
        return True

    def everybody(self) -> list[dict[str, Any]]:
        """The counts of every process, this one's as they are now."""
        found = [self.as_record()]
        if self._file is not None:
            for file in sorted(self._file.parent.glob(f"*{_ENDING}")):
                if file != self._file:
                    try:
                        found.append(json.loads(file.read_text(encoding="utf-8")))
                    except (OSError, ValueError):
                        continue
        return found


def as_text(processes: list[dict[str, Any]], gauges: Iterable[tuple[str, str, str, dict[str, str], float]]) -> str:
    """The counts of all processes together, and other figures: name, kind, what it is, labels, value."""
    lines: list[str] = []
    for name, kind, what, samples in (*_counted(processes), *_grouped(gauges)):
        lines += (f"# HELP {name} {what}", f"# TYPE {name} {kind}")
        lines += (f"{sample}{_labels(labels)} {_number(value)}" for sample, labels, value in samples)
    return "\n".join(lines) + "\n"


_Sample = tuple[str, dict[str, str], float]
_Family = tuple[str, str, str, list[_Sample]]


def _counted(processes: list[dict[str, Any]]) -> Iterator[_Family]:
    requests: Counter[tuple[str, str, str]] = Counter()
    classes: dict[str, list[int]] = {}
    seconds: Counter[str] = Counter()
    for one in processes:
        for method, route, status, count in one["requests"]:
            requests[method, route, status] += count
        for route, counts in one["classes"].items():
            held = classes.get(route, [0] * len(counts))
            classes[route] = [left + right for left, right in zip(held, counts, strict=True)]
        seconds.update(one["seconds"])
    name = "tilth_http_requests_total"
    yield (
        name,
        "counter",
        "Requests answered.",
        [
            (name, {"method": method, "route": route, "status": status}, count)
            for (method, route, status), count in sorted(requests.items())
        ],
    )
    name = "tilth_http_request_duration_seconds"
    yield name, "histogram", "Time until the answer was sent.", list(_histogram(name, classes, seconds))
    for name, what, key in (
        ("tilth_http_sent_bytes_total", "Bytes of answers.", "sent"),
        ("tilth_access_log_lost_total", "Lines of the access log that could not be written.", "unlogged"),
    ):
        yield name, "counter", what, [(name, {}, sum(one[key] for one in processes))]
    alive = [one for one in processes if _is_alive(one["pid"])]
    name = "tilth_http_requests_under_way"
    yield name, "gauge", "Requests that are not answered yet.", [(name, {}, sum(one["under_way"] for one in alive))]
    name = "tilth_processes"
    yield name, "gauge", "Processes that serve.", [(name, {}, len(alive))]
    name = "tilth_start_time_seconds"
    yield name, "gauge", "When the first of them began, since 1970.", [(name, {}, min(one["began"] for one in alive))]


def _histogram(name: str, classes: dict[str, list[int]], seconds: Counter[str]) -> Iterator[_Sample]:
    for route, counts in sorted(classes.items()):
        running = 0
        for end, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
            running += count
            yield f"{name}_bucket", {"route": route, "le": end}, running
        yield f"{name}_sum", {"route": route}, seconds[route]
        yield f"{name}_count", {"route": route}, running


def _grouped(gauges: Iterable[tuple[str, str, str, dict[str, str], float]]) -> Iterator[_Family]:
    families: dict[str, _Family] = {}
    for name, kind, what, labels, value in gauges:
        families.setdefault(name, (name, kind, what, []))[3].append((name, labels, value))
    yield from families.values()


def _labels(labels: dict[str, str]) -> str:
    told = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{told}}}" if told else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(float(value))


def _is_alive(pid: int) -> bool:
    if pid == os.getpid() or os.name != "posix":  # elsewhere asking would stop it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
