"""A line of JSON for each request: when, who, what, with which outcome, how long. Never what stood in it.

The query of an address, headers and bodies are left out: they may hold keys and personal data. A program that moves
the file away (logrotate) is followed: a new one is begun.
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tilth.core import BadInput

_LONGEST = 300
_LOOK_S = 1.0


class AccessLog:
    """The file, or the output with `-`. Several processes may write to one."""

    def __init__(self, file: str) -> None:
        """Open it.

        Raises
        ------
        BadInput
            If it cannot be written.
        """
        self.file = file
        self._handle, self._looked = -1, 0.0
        try:
            self._open()
        except OSError as error:
            raise BadInput("RUNTIME-CANNOT-WRITE", path=file, why=error.strerror or str(error)) from error

    def write(self, told: dict[str, Any]) -> bool:
        """Add a line; False if it could not be written."""
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **told}
        try:
            self._follow()
            os.write(self._handle, (json.dumps(line, ensure_ascii=True) + "\n").encode())
        except OSError:
            return False
        return True

    def close(self) -> None:
        """No more lines."""
        if self._handle > 2:
            os.close(self._handle)
            self._handle = -1

    def _follow(self) -> None:
        """Begin anew if the file was moved away."""
        now = time.monotonic()
        if self.file == "-" or now - self._looked < _LOOK_S:
            return
        self._looked = now
        here = os.fstat(self._handle)
        try:
            there = os.stat(self.file)
        except FileNotFoundError:
            there = None
        if there is None or (there.st_ino, there.st_dev) != (here.st_ino, here.st_dev):
            self._open()

    def _open(self) -> None:
        if self.file == "-":
            self._handle = 1
            return
        new = os.open(Path(self.file), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        old, self._handle = self._handle, new
        if old > 2:
            os.close(old)


def line_of(
    method: str, path: str, status: int, seconds: float, sent: int, who: str, by: str, address: str
) -> dict[str, Any]:
    """What a line says of a request."""
    return {
        "address": address, "who": who, "by": by, "method": method[:20], "path": path[:_LONGEST], "status": status,
        "ms": round(seconds * 1000, 1), "bytes": sent,
    }  # fmt: skip
