"""Entries written as `tilth ledger post` reads them, so that somebody can look them over and edit them first."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tilth.core import safe_cell
from tilth.ledger.model import Entry
from tilth.runtime import write_whole

_OF_ENTRY = ("id", "kind", "act_date", "posting_date", "evidence", "author", "geometry", "links", "due")
_OF_LINE = ("region", "account", "pbf", "paddy", "stable", "grade")
_QUANTITIES = {"area_dm2": "area_m2", "paddy_dm2": "paddy_m2", "capacity_kg": "capacity_kg", "grade_dm2": "graded_m2"}


def write_entries(entries: Iterable[Entry], path: str | Path) -> Path:
    """Write entries that post, as CSV (UTF-8 with BOM, a row for each line) if `path` ends in .csv, else as JSON."""
    target = Path(path)
    told = [(_entry(one), [_line(*line) for line in one.lines]) for one in entries]
    if target.suffix.lower() != ".csv":
        each = ",\n".join(json.dumps({**head, "lines": lines}, ensure_ascii=False) for head, lines in told)
        return write_whole(target, f'{{"entries": [\n{each}\n]}}\n'.encode())
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, (*_OF_ENTRY, *_OF_LINE, *_QUANTITIES.values()))
    writer.writeheader()
    for head, lines in told:
        for number, line in enumerate(lines):
            first = head if number == 0 else {"id": head["id"]}
            writer.writerow({**{name: safe_cell(text) for name, text in first.items()}, **line})
    return write_whole(target, out.getvalue().encode("utf-8-sig"))


def _entry(entry: Entry) -> dict[str, Any]:
    told = {name: getattr(entry, name) for name in _OF_ENTRY}
    told |= {"links": " ".join(entry.links), "due": entry.due or ""}
    return {name: str(value) for name, value in told.items() if value or name == "evidence"}


def _line(account: Any, quantities: Any) -> dict[str, Any]:
    told = dict(zip(_OF_LINE, account, strict=True))
    for name, column in _QUANTITIES.items():
        value = getattr(quantities, name)
        told[column] = (
            value if column.endswith("_kg") else f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}"
        )
    return told
