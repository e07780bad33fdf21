"""The national table of farmland and its red line, from published figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tilth.change import National


def national(folder: str | Path) -> National:
    """Published farmland and targets of the country and its provinces, and how the figures agree. Needs no workspace.

    Raises
    ------
    BadInput
        If a file of the folder is missing or cannot be read.
    """
    from tilth.intake import read_national

    return read_national(folder)
