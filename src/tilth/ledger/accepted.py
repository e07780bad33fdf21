"""What the acceptance of every parcel found, as it is kept beside its entry: results A1 to A13, and the class at t0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import select

from tilth.ledger.tables import grounds
from tilth.runtime import Database


class Accepted(NamedTuple):
    """What one acceptance found."""

    checks: Mapping[str, str]  # outcome by A1 to A13
    class_before: str  # by the survey at t0, else as the file says; "" where neither does


def accepted_results(database: Database) -> dict[str, Accepted]:
    """By entry, reversed ones too."""
    with database.snapshot() as connection:
        rows = connection.execute(select(grounds.c.entry, grounds.c.results)).all()
    return {entry: _read(json.loads(results)["checks"]) for entry, results in rows}


def _read(checks: list[dict[str, Any]]) -> Accepted:
    values: dict[str, Any] = next((one["values"] for one in checks if one["check"] == "A2"), {})
    named = [str(values.get(name, "")) for name in ("code", "stated")]
    return Accepted({one["check"]: one["outcome"] for one in checks}, next((one for one in named if one), ""))
