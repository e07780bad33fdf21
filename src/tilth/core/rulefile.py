"""Packs of rules as TOML files have them: a row for each version of a rule, with its days in force and its source."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from tilth.core.errors import BadInput
from tilth.core.language import Label

#: How sure a figure or a rule is.
CONFIDENCE = ("sure", "likely", "unverified")
#: Says what is wrong with a row: the key, its value, and what is wanted.
Refuse = Callable[[str, object, str], BadInput]
_Rule = TypeVar("_Rule")


def toml_in(path: Path, code: str) -> dict[str, Any]:
    """What a file holds; `code` names the refusal of one that is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(code, file=path.name, why=error) from error


def packed(
    found: Mapping[str, Any], file: str, read: Callable[[Mapping[str, Any], str, int], _Rule], *, empty: str, twice: str
) -> tuple[str, str, Label, tuple[_Rule, ...]]:
    """Id, version, title and rules of a pack. `empty` and `twice`: how no rule, or one version twice, is refused."""
    rows = found.get("rule")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadInput(empty, file=file)
    rules = tuple(read(row, file, number) for number, row in enumerate(rows, start=1))
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        key = (row["id"], row["version"], str(row.get("region", "")))
        if key in seen:
            raise BadInput(twice, file=file, rule=row["id"], version=row["version"])
        seen.add(key)
    name = str(found.get("id", Path(file).stem))
    return name, str(found.get("version", "")), label_in({"title": name, **found}, "title"), rules


def common(row: Mapping[str, Any], texts: Iterable[str], refuse: Refuse) -> tuple[date, date | None]:
    """The first and last day in force, once texts and days of the row are what they have to be."""
    for key in texts:
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise refuse(key, row.get(key), "text")
    if row["confidence"] not in CONFIDENCE:
        raise refuse("confidence", row["confidence"], ", ".join(CONFIDENCE))
    since, until = row.get("since"), row.get("until")
    if type(since) is not date:
        raise refuse("since", since, "2024-02-05")
    if until is not None and (type(until) is not date or until < since):
        raise refuse("until", until.isoformat() if isinstance(until, date) else until, f"{since} …")
    return since, until


def label_in(row: Mapping[str, Any], key: str) -> Label:
    """A text in both languages; in English where the Chinese is not given."""
    english = str(row.get(key, ""))
    return Label(english, str(row.get(f"{key}_zh", english)))
