"""What a server has read or worked out, held in memory for the next who asks. A command ends soon, and holds nothing.

Whatever is held is shared by threads: it is looked at, never changed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar

_T = TypeVar("_T")


class Holding:
    """Values by their key, those asked for last, up to a size together; the largest alone may be larger."""

    def __init__(self, most: int = 0) -> None:
        self.most = most
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = Lock()
        self._making: dict[Hashable, tuple[Lock, int]] = {}

    def held(self, key: Hashable, make: Callable[[], _T], size: Callable[[_T], int]) -> _T:
        """The value of `key`, or what `make` gives; who asks meanwhile waits for it."""
        if self.most <= 0:
            return make()
        with self._alone(key):
            with self._lock:
                if key in self._values:
                    self._values.move_to_end(key)
                    found: _T = self._values[key][0]
                    return found
            found = make()
            with self._lock:
                self._values[key] = found, size(found)
                while len(self._values) > 1 and sum(one for _, one in self._values.values()) > self.most:
                    self._values.popitem(last=False)
            return found

    def clear(self) -> None:
        """Hold nothing."""
        with self._lock:
            self._values.clear()

    @contextmanager
    def _alone(self, key: Hashable) -> Iterator[None]:
        with self._lock:
            lock, waiting = self._making.get(key, (Lock(), 0))
            self._making[key] = lock, waiting + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, waiting = self._making[key]
                if waiting == 1:
                    del self._making[key]
                else:
                    self._making[key] = lock, waiting - 1


#: Of this process. Sizes are rows.
HOLDING = Holding()
