"""Progress of long work on the error stream: bars for a person who watches, plain lines for a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer

from tilth.core import message

#: A log gets no more than one line in so many seconds between the beginning and the end of a piece of work.
SECONDS_BETWEEN_LINES = 10.0


class _Bars:
    """Progress bars with time left, for a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._tasks: list[Any] = []

    def start(self, title: str, total: int | None) -> Callable[[int], None]:
        if not self._tasks:
            self._progress.start()
        task = self._progress.add_task(title, total=total)
        self._tasks.append(task)
        return lambda done: self._progress.update(task, advance=done)

    def finish(self) -> None:
        self._progress.remove_task(self._tasks.pop())
        if not self._tasks:
            self._progress.stop()


@dataclass
class _Work:
    """A piece of work under way."""

    title: str
    total: int | None
    began: float
    said: float
    done: int = 0


class Lines:
    """A line when a piece of work begins and when it ends, and how far it is now and then, for a log."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._under_way: list[_Work] = []

    def start(self, title: str, total: int | None) -> Callable[[int], None]:
        """Say that the work begins."""
        now = self._clock()
        work = _Work(title, total, now, now)
        self._under_way.append(work)
        _line(title)
        return lambda done: self._advance(work, done)

    def _advance(self, work: _Work, done: int) -> None:
        work.done += done
        now = self._clock()
        if now - work.said < SECONDS_BETWEEN_LINES:
            return
        work.said = now
        spent = now - work.began
        if work.total and work.done:
            share = min(work.done / work.total, 1.0)
            left = spent * (1 - share) / share
            _line(message("CLI-PROGRESS-SHARE", title=work.title, percent=f"{100 * share:.0f}", left=f"{left:.0f}"))
        else:
            _line(message("CLI-PROGRESS", title=work.title, spent=f"{spent:.0f}"))

    def finish(self) -> None:
        """Say how long the work took."""
        work = self._under_way.pop()
        _line(message("CLI-PROGRESS-END", title=work.title, spent=f"{self._clock() - work.began:.1f}"))


def _line(text: str) -> None:
    typer.echo(f"… {text}", err=True)


@contextmanager
def progress() -> Iterator[None]:
    """Show the progress of what is done inside the block."""
    from tilth.runtime import reporting

    with reporting(_Bars() if sys.stderr.isatty() else Lines()):
        yield
