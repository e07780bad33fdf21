"""What was found when a survey or layer was imported, without its rows."""

from __future__ import annotations

import json
from pathlib import Path

from tilth.core import Finding
from tilth.land.folder import FINDINGS
from tilth.land.rows import damaged


def noted_in(folder: Path) -> tuple[Finding, ...]:
    """The findings that are stored in the folder of a snapshot.

    Raises
    ------
    BadInput
        If they cannot be read.
    """
    try:
        lines = (folder / FINDINGS).read_text(encoding="utf-8").splitlines()
        return tuple(Finding.from_record(json.loads(line)) for line in lines)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(folder, error) from error
