"""Who asked a moment ago, so that who asks again need not be looked up: forgotten as soon as anything changed.

Whatever changes who may do what writes a row into the log of acts, in the same transaction. So one look at its newest
rows says whether somebody else, in whatever process, changed anything; what this process itself changes it forgets at
once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from tilth.identity.audit import AuditLog, changes_here
from tilth.runtime import Workspace

_T = TypeVar("_T")

#: For so long is it believed that nobody else changed anything. [s]
BELIEVED_S = 1.0
#: For so long is somebody remembered, whatever happens: a session or a token may end by itself. [s]
LONGEST_S = 10.0
#: So many are remembered at a time.
MOST = 5_000


@dataclass(frozen=True, slots=True)
class Mark:
    """How things stood: changes of this process, and the last row of the log that changed who may do what, or later."""

    here: int
    number: int


class Remembered(Generic[_T]):
    """What was found of the callers of one workspace a moment ago, by whatever tells them apart."""

    def __init__(self, workspace: Workspace, clock: Callable[[], float] = monotonic) -> None:
        self._workspace, self._clock = workspace, clock
        self._lock, self._looking = Lock(), Lock()
        self._held: dict[bytes, tuple[_T, float]] = {}
        self._mark, self._seen, self._looked = Mark(-1, -1), -1, float("-inf")

    def get(self, key: bytes) -> _T | None:
        """What `key` stands for; None if that has to be looked up. No database is asked."""
        now = self._clock()
        with self._lock:
            if self._old(now):
                return None
            found, since = self._held.get(key, (None, now))
            return found if now - since <= LONGEST_S else None

    def _old(self, now: float) -> bool:
        return now - self._looked > BELIEVED_S or changes_here(self._workspace) != self._mark.here

    def mark(self) -> Mark:
        """How things stood a moment ago, or as they stand: to be asked for before somebody is looked up.

        Raises
        ------
        BadInput
            As `look`.
        """
        with self._lock:
            if not self._old(self._clock()):
                return self._mark
        return self.look()

    def look(self) -> Mark:
        """See how things stand; if anything changed since the last look, nobody is remembered any more.

        Raises
        ------
        BadInput
            If the database cannot be reached: then nobody is remembered for longer than before.
        """
        with self._looking:
            began, here = self._clock(), changes_here(self._workspace)
            log, seen = AuditLog(self._workspace), self._seen
            number = log.number()
            changed = number < seen or seen < 0 or (number > seen and log.rights_changed(seen))
            mark = Mark(here, number if changed else self._mark.number)
            with self._lock:
                if mark != self._mark:
                    self._held.clear()
                self._mark, self._seen, self._looked = mark, number, began
            return mark

    def keep(self, key: bytes, found: _T, mark: Mark) -> None:
        """Remember what was looked up after `mark` or `look` gave `mark`."""
        now = self._clock()
        with self._lock:
            if mark != self._mark:
                return
            if len(self._held) >= MOST:
                self._held.clear()
            self._held[key] = found, now
