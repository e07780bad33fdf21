"""Room on the disk that uploads leave to everybody else: the land book must be able to go on."""

from __future__ import annotations

import shutil
import tempfile

#: So much stays free where uploads are put. [bytes]
KEPT_FREE = 2 << 30
#: Looked at whenever so much more has come. [bytes]
EVERY = 4 << 20


def free_bytes() -> int:
    """Room that is left where uploads are put."""
    return shutil.disk_usage(tempfile.gettempdir()).free


def is_short(before: int, after: int) -> bool:
    """Is there too little room left to go on, now that a body has grown from `before` to `after` bytes?"""
    return before // EVERY != after // EVERY and free_bytes() < KEPT_FREE
