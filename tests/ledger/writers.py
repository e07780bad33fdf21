"""Forks processes that post into a book, each a fresh process that a test may kill. Not a test.

Reads one order (JSON) a line: url, tag, acks (file), and may be count, limit (bytes of the largest file), twice. A
writer appends the id of an entry to its file of acknowledgements when the book has said that it stands.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from ledger_cases import occupy, reserve, restore, settle

from tilth.core import TilthError
from tilth.ledger import Book, Phase
from tilth.runtime import Database


def write(order: dict[str, Any]) -> None:
    """Post until killed, refused for good, or `count` is reached."""
    if order.get("limit"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["limit"], order["limit"]))
    chance = random.Random(order["tag"])
    acks = os.open(order["acks"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    book = Book(Database(order["url"]), today=lambda: date(2025, 12, 31))
    for n in range(order.get("count") or 10**9):
        name = f"{order['tag']}-{n}"
        calls = [[restore(name, 1, f"2024-{chance.randint(1, 12):02d}-15")]]
        if not order.get("plain") and n % 5 == 4:
            plan = reserve(f"{name}p", 1, "2025-01-05")
            calls = [[plan, occupy(f"{name}o", 1, "2025-01-05")], [_settled(name, chance)]]
        for entries in calls:
            try:
                book.post(*entries)
                if order.get("twice") and chance.random() < 0.5:
                    book.post(*entries)
            except TilthError as refused:
                os.write(acks, f"! {refused.code} {refused.values.get('why', '')}".rstrip().encode() + b"\n")
                if not refused.code.startswith("LEDGER-SHORT"):
                    return
                continue
            os.write(acks, "".join(f"{entry.id}\n" for entry in entries).encode())


def _settled(name: str, chance: random.Random) -> Any:
    if chance.random() < 0.5:
        return settle(f"{name}s", f"{name}p", Phase.VOID, "2025-02-01")
    return replace(settle(f"{name}s", f"{name}p", Phase.POST, "2025-02-01", 1))


class Writers:
    """The test's end of the line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, url: str, tag: str, **order: Any) -> int:
        """Start a writer; its process id."""
        assert self.process.stdin is not None and self.process.stdout is not None
        order = {"url": url, "tag": tag, "acks": str(self.folder / tag), **order}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def wait(self, pid: int, seconds: float = 120) -> None:
        """Until the process is no more."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.002)
        raise TimeoutError(pid)

    def acknowledged(self, tag: str) -> list[str]:
        """What the writer was told stands, in order; lines that begin with ! are refusals."""
        path = self.folder / tag
        return path.read_text().splitlines() if path.exists() else []

    def close(self) -> None:
        """No more orders."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(30)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.close(0)
            try:
                write(json.loads(line))
            finally:
                os._exit(0)
        print(child, flush=True)
