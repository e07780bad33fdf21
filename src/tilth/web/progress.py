"""How far a job is, written down as it goes; and where it ends when somebody asks for that."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock
from typing import Any

#: The least time between two notes of one piece of work, and between two looks for somebody's wish to end it. [s]
_BETWEEN_S = 0.25


class Cancelled(BaseException):
    """Somebody asked for the end of the work. Nothing that handles what goes wrong is to hold it up."""


class Progress:
    """A reporter (`runtime.Reporter`) that writes to the events of a job."""

    def __init__(self, events: Path, cancel: Path, enough: Path) -> None:
        self.cancelled = Event()
        self._events, self._cancel, self._enough = events, cancel, enough
        self._lock = Lock()
        self._looked = 0.0

    def note(self, **told: Any) -> None:
        """Write down that something happened."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(), **told}, ensure_ascii=False).encode()
        with self._lock, self._events.open("ab") as out:
            out.write(line + b"\n")

    def stop_if_cancelled(self) -> None:
        """Raise `Cancelled` if somebody asked for it, in this process or another."""
        now = time.monotonic()
        if not self.cancelled.is_set() and now - self._looked > _BETWEEN_S:
            self._looked = now
            if self._cancel.exists():
                self.cancelled.set()
        if self.cancelled.is_set():
            raise Cancelled

    def enough(self) -> bool:
        """Does somebody want the best so far?"""
        return self._enough.exists()

    def start(self, title: str, total: int | None) -> Callable[[int], None]:
        """Begin a piece of work."""
        self.stop_if_cancelled()
        self.note(title=title, done=0, total=total)
        done, told = 0, time.monotonic()

        def advance(newly: int) -> None:
            nonlocal done, told
            done += newly
            self.stop_if_cancelled()
            if time.monotonic() - told > _BETWEEN_S:
                told = time.monotonic()
                self.note(title=title, done=done, total=total)

        return advance

    def finish(self) -> None:
        """A piece of work is over."""
