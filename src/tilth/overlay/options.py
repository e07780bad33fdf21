"""How numba compiles: divisions are not checked, threads run side by side, and what Python calls is kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys

_BOTH: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
#: For what only compiled functions call: it becomes a part of them and needs no door of its own. It makes no array, so
#: nothing has to count who still holds one, which threads would wait for.
LEAF: dict[str, Any] = {**_BOTH, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}


class _Kept(FunctionCache):
    """What is kept on disk of a function, taken from there without all that the compiler knows of types: that takes
    longer to load than an overlay of thousands of parcels, and only compiling needs it."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The function for arguments of the types `sig`, if it is there."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def outer(function: Callable[..., Any]) -> Any:
    """Compile what Python calls."""
    made = njit(**_BOTH)(function)
    if made is not function:  # as it is where numba is told not to compile
        made._cache = _Kept(function)
    return made
