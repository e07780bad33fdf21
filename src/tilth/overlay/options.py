"""How numba compiles: divisions are not checked, threads run side by side, and what Python calls is kept on disk."""

from __future__ import annotations

from typing import Any

_BOTH: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
#: For what Python calls.
OUTER: dict[str, Any] = {**_BOTH, "cache": True}
#: For what only compiled functions call: it becomes a part of them and needs no door of its own. It makes no array, so
#: nothing has to count who still holds one, which threads would wait for.
LEAF: dict[str, Any] = {**_BOTH, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
