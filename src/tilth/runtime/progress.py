"""Progress of long work. A room says how far it is; the door decides how to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Reporter(Protocol):
    """What a door provides to show progress."""

    def start(self, title: str, total: int | None) -> Callable[[int], None]:
        """Begin a piece of work; the callable takes how many units are newly done."""

    def finish(self) -> None:
        """The piece of work begun last is over."""


_reporter: ContextVar[Reporter | None] = ContextVar("tilth_progress", default=None)


@contextmanager
def reporting(reporter: Reporter) -> Iterator[None]:
    """Send progress to `reporter` inside the block."""
    token = _reporter.set(reporter)
    try:
        yield
    finally:
        _reporter.reset(token)


def _ignore(_done: int) -> None:
    """Nobody is watching."""


@contextmanager
def working(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A piece of long work called `title`, of `total` units if known; call what it yields with units newly done."""
    reporter = _reporter.get()
    if reporter is None:
        yield _ignore
        return
    advance = reporter.start(title, total)
    try:
        yield advance
    finally:
        reporter.finish()
