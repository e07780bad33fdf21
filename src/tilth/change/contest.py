"""Hits that somebody contests: who, why and when. A contested hit stays in the list, marked, on every later run."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tilth.core import BadInput, plain_cell, safe_cell

COLUMNS = ("hit_id", "reason", "who", "date")


@dataclass(frozen=True, slots=True)
class Contest:
    """An objection to one hit: the map is wrong there, the layer is out of date, the approval exists, …"""

    hit_id: str
    reason: str
    who: str
    on: date

    def as_record(self) -> dict[str, str]:
        """For JSON and CSV."""
        return {"hit_id": self.hit_id, "reason": self.reason, "who": self.who, "date": self.on.isoformat()}


def hit_id(rule: str, layer: str, feature_id: str, plot_id: str) -> str:
    """The id of a hit: made of what was hit by what, so that the same hit has it again on the next run.

    >>> hit_id("cn-pbf-occupied", "pbf", "37", "1")
    'H-d4275c934b0f'
    """
    named = "\x1f".join((rule, layer, feature_id, plot_id))
    return f"H-{hashlib.sha256(named.encode()).hexdigest()[:12]}"


def read_contests(path: str | Path) -> tuple[Contest, ...]:
    """The contests in a CSV or JSON file with the columns (or keys) hit_id, reason, who and date (2024-05-31).

    CSV may be UTF-8 or GBK. JSON is a list of objects, or an object with such a list under "contests".

    Raises
    ------
    BadInput
        If the file cannot be read, or a row lacks a value; says which row.
    """
    source = Path(path)
    try:
        text = _decoded(source.read_bytes())
        rows = _from_json(text) if source.suffix.lower() == ".json" else list(csv.DictReader(io.StringIO(text)))
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        raise BadInput("CHECK-CONTESTS-UNREADABLE", file=source.name, reason=error) from error
    return tuple(_contest(row, source.name, number) for number, row in enumerate(rows, 1))


def write_contests(contests: Iterable[Contest], path: str | Path) -> None:
    """Write `contests` as `read_contests` reads them: JSON if `path` ends in .json, else CSV (UTF-8 with BOM)."""
    records = [contest.as_record() for contest in contests]
    target = Path(path)
    if target.suffix.lower() == ".json":
        target.write_text(json.dumps(records, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        return
    with target.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows({name: safe_cell(text) for name, text in one.items()} for one in records)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _from_json(text: str) -> list[Mapping[str, Any]]:
    found = json.loads(text)
    rows = found.get("contests") if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("expected a list of objects")
    return rows


def _contest(row: Mapping[str, Any], file: str, number: int) -> Contest:
    values = {name: plain_cell(str(row.get(name) or "").strip()) for name in COLUMNS}
    for name, value in values.items():
        if not value:
            raise BadInput("CHECK-CONTEST-BLANK", file=file, row=number, column=name, wanted=", ".join(COLUMNS))
    try:
        on = date.fromisoformat(values["date"])
    except ValueError as error:
        raise BadInput("CHECK-CONTEST-DATE", file=file, row=number, value=values["date"]) from error
    return Contest(values["hit_id"], values["reason"], values["who"], on)
