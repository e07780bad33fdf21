"""Entries written as `tilth ledger post` reads them, so that somebody can look them over and edit them first."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tilth.core import safe_cell
from tilth.ledger.model import Entry, Phase
from tilth.runtime import write_whole

_OF_ENTRY = ("id", "kind", "act_date", "posting_date", "evidence", "author", "geometry", "links", "due")
#: Told only of entries that have it.
_RARELY = ("phase", "settles", "reverses", "expires", "rules", "by_state")
_OF_LINE = ("region", "account", "pbf", "paddy", "stable", "grade")
_QUANTITIES = {"area_dm2": "area_m2", "paddy_dm2": "paddy_m2", "capacity_kg": "capacity_kg", "grade_dm2": "graded_m2"}


def write_entries(entries: Iterable[Entry], path: str | Path) -> Path:
    """Write entries, as CSV (UTF-8 with BOM, a row for each line) if `path` ends in .csv, else as JSON.

    In a CSV, ids of links are parted by blanks: links to an id with a blank in it are told in JSON only.
    """
    target = Path(path)
    told = [(_entry(one), [_line(*line) for line in one.lines]) for one in entries]
    if target.suffix.lower() != ".csv":
        each = ",\n".join(json.dumps({**head, "lines": lines}, ensure_ascii=False) for head, lines in told)
        return write_whole(target, f'{{"entries": [\n{each}\n]}}\n'.encode())
    out = io.StringIO(newline="")
    rarely = [name for name in _RARELY if any(name in head for head, _ in told)]
    writer = csv.DictWriter(out, (*_OF_ENTRY, *rarely, *_OF_LINE, *_QUANTITIES.values()))
    writer.writeheader()
    for head, lines in told:
        for number, line in enumerate(lines or [{}]):
            first = {**head, "links": " ".join(head.get("links", ()))} if number == 0 else {"id": head["id"]}
            writer.writerow({**{name: safe_cell(text) for name, text in first.items()}, **line})
    return write_whole(target, out.getvalue().encode("utf-8-sig"))


def _entry(entry: Entry) -> dict[str, Any]:
    told = {name: str(getattr(entry, name) or "") for name in _OF_ENTRY}
    told |= {name: str(getattr(entry, name) or "") for name in ("settles", "reverses", "expires")}
    told["phase"] = "" if entry.phase is Phase.POST else entry.phase.value
    told["rules"] = f"{entry.rule_pack}@{entry.rule_version}" if entry.rule_version else entry.rule_pack
    told["by_state"] = "yes" if entry.by_state else ""
    head: dict[str, Any] = {name: value for name, value in told.items() if value or name == "evidence"}
    return {**head, "links": list(entry.links)} if entry.links else {k: v for k, v in head.items() if k != "links"}


def _line(account: Any, quantities: Any) -> dict[str, Any]:
    told = dict(zip(_OF_LINE, account, strict=True))
    for name, column in _QUANTITIES.items():
        value = getattr(quantities, name)
        told[column] = (
            value if column.endswith("_kg") else f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}"
        )
    return told
