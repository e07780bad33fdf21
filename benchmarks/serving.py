"""Servers as processes of their own: Tilth, and a peer that asks PostGIS by a plain query; what they hold in memory."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2 as httpx
import numpy as np


def free_port() -> int:
    """One that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def process(
    command: Sequence[str], env: dict[str, str] | None = None, less: Sequence[str] = ()
) -> Iterator[subprocess.Popen[str]]:
    """A server, ended afterwards; it is heard, and what it says to others is shown. `less`: what it is not told."""
    around = {name: value for name, value in os.environ.items() if name not in less}
    run = subprocess.Popen(command, env={**around, **(env or {})}, stdout=subprocess.PIPE, text=True)
    try:
        yield run
    finally:
        run.send_signal(signal.SIGINT)
        try:
            run.wait(30)
        except subprocess.TimeoutExpired:
            run.kill()


def wait_for(url: str, tries: int = 600) -> None:
    """Until the server answers."""
    for _ in range(tries):
        try:
            httpx.get(url, timeout=60)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"no server at {url}")


@dataclass
class Served:
    """A server that runs."""

    url: str
    pid: int
    key: str = ""

    def session(self) -> httpx.Client:
        """A client that is signed in, as a page is."""
        client = httpx.Client(base_url=self.url, timeout=3600)
        told = client.post("/api/v1/session", json={"key": self.key}).raise_for_status().json()
        client.headers["X-CSRF-Token"] = told["csrf"]
        return client


@contextmanager
def tilth(workspace: str, workers: int = 1) -> Iterator[Served]:
    """`tilth serve` on a workspace, by so many processes."""
    port = free_port()
    starting = "from tilth.cli import main; main()"
    command = [sys.executable, "-c", starting, "-w", workspace, "serve", "--port", str(port)]
    command += ["--workers", str(workers)]
    with process(command) as run:
        assert run.stdout is not None
        key = next(found[1] for said in run.stdout if (found := re.search(r"#key=(\S+)", said)))
        threading.Thread(target=run.stdout.read, daemon=True).start()
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/api/v1/health")
        yield Served(url, run.pid, key)


@contextmanager
def postgis(dsn: str, statement: str, connections: int, workers: int = 1) -> Iterator[Served]:
    """A server that answers a footprint with what one statement gives, and does nothing else."""
    port = free_port()
    told = {"BENCH_DSN": dsn, "BENCH_STATEMENT": statement, "BENCH_CONNECTIONS": str(-(-connections // workers))}
    command = [sys.executable, "-m", "uvicorn", "postgis_server:app", "--port", str(port), "--log-level", "error"]
    command += ["--app-dir", str(Path(__file__).parent), "--workers", str(workers)]
    with process(command, told) as run:
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        yield Served(url, run.pid)


@contextmanager
def tipg(python: str, dsn: str, *, workers: int = 1, connections: int = 10) -> Iterator[Served]:
    """tipg, of an environment of its own, over the tables and functions of a database."""
    port = free_port()
    named = dict(part.split("=", 1) for part in dsn.split())
    host = "127.0.0.1" if named["host"].startswith("/") else named["host"]  # it takes no sockets
    url = f"postgresql://{named.get('user', 'postgres')}@{host}:{named['port']}/{named['dbname']}"
    told = {
        "DATABASE_URL": url, "DB_MAX_CONN_SIZE": str(-(-connections // workers)),
        "TIPG_DB_ONLY_SPATIAL_TABLES": "false",
        "TIPG_MAX_FEATURES_PER_TILE": "1000000", "TIPG_MAX_FEATURES_PER_QUERY": "1000000", "TIPG_DEBUG": "false",
    }  # fmt: skip
    command = [python, "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--log-level", "error"]
    with process([*command, "--workers", str(workers)], told, less=("PYTHONPATH",)) as run:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/healthz")
        yield Served(url, run.pid)


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in task.read_text(encoding="ascii").split()]
    return found


def held_mb(pid: int) -> tuple[float, float]:
    """What a process holds of its own, and with the files that it maps. [MB]"""
    said = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    own, whole = (re.search(rf"{name}:\s+(\d+)", said) for name in ("RssAnon", "VmRSS"))
    assert own is not None and whole is not None
    return int(own[1]) / 1024, int(whole[1]) / 1024


@dataclass
class Memory:
    """The memory of a process and those that it started through time, looked at by a thread."""

    pid: int
    every_s: float = 5.0
    at_s: list[float] = field(default_factory=list)
    own_mb: list[float] = field(default_factory=list)
    whole_mb: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watched(self) -> Iterator[Memory]:
        """While something else is done."""
        begin = time.monotonic()

        def look() -> None:
            while not self._over.is_set():
                own, whole = map(sum, zip(*map(held_mb, family(self.pid)), strict=True))
                self.at_s.append(time.monotonic() - begin)
                self.own_mb.append(own)
                self.whole_mb.append(whole)
                self._over.wait(self.every_s)

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        try:
            yield self
        finally:
            self._over.set()
            watcher.join()

    def slope(self, after_share: float) -> float:
        """How fast its own memory grows, once `after_share` of the time is over. [MB/h]"""
        some = np.asarray(self.at_s) >= after_share * self.at_s[-1]
        at, own = np.asarray(self.at_s)[some], np.asarray(self.own_mb)[some]
        return float(np.polyfit(at, own, 1)[0] * 3600) if len(at) > 2 else float("nan")

    def rows(self, count: int = 12) -> Iterator[str]:
        """Lines of a table."""
        for place in np.unique(np.linspace(0, len(self.at_s) - 1, count).astype(int)):
            yield f"| {self.at_s[place] / 60:.1f} | {self.own_mb[place]:.0f} | {self.whole_mb[place]:.0f} |"
