"""Answers that were worked out, kept for whoever asks the same next. What is asked by many at once is done once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: All that is kept together, and the largest answer that is kept. [bytes]
MOST, LARGEST = 64 << 20, 16 << 20


@dataclass
class KeptAnswers:
    """Answers by their tag, those asked for last; older ones go when there are too many bytes."""

    most: int = MOST
    _held: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: Lock = field(default_factory=Lock)
    _working: dict[str, tuple[Lock, int]] = field(default_factory=dict)

    def get(self, tag: str) -> bytes | None:
        """The answer of that tag, if it is kept."""
        with self._lock:
            found = self._held.get(tag)
            if found is not None:
                self._held.move_to_end(tag)
            return found

    def once(self, tag: str, make: Callable[[], bytes], *, keep: Callable[[], bool] = lambda: True) -> bytes:
        """The kept answer, or what `make` gives; kept, if `keep` says afterwards that it may be."""
        with self._alone(tag):
            found = self.get(tag)
            if found is None:
                found = make()
                if len(found) <= LARGEST and keep():
                    self._put(tag, found)
            return found

    def _put(self, tag: str, answer: bytes) -> None:
        with self._lock:
            self._held[tag] = answer
            self._bytes += len(answer)
            while self._bytes > self.most:
                _, gone = self._held.popitem(last=False)
                self._bytes -= len(gone)

    @contextmanager
    def _alone(self, tag: str) -> Iterator[None]:
        """One at a time for each tag; others wait for the answer."""
        with self._lock:
            lock, waiting = self._working.get(tag, (Lock(), 0))
            self._working[tag] = lock, waiting + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, waiting = self._working[tag]
                if waiting == 1:
                    del self._working[tag]
                else:
                    self._working[tag] = lock, waiting - 1
