"""Entries from a file: JSON, or CSV with one row for each line. Nothing is rounded."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tilth.core import BadInput, plain_cell
from tilth.ledger.entry_text import text_of
from tilth.ledger.model import Account, Entry, Line, Phase, Quantities

_TEXTS = ("evidence", "author", "geometry", "settles", "reverses")
_DATES = ("act_date", "posting_date", "expires", "due")
_OF_ENTRY = ("id", "kind", "phase", *_DATES, *_TEXTS, "rules", "links", "by_state")
_MARKS = ("pbf", "paddy", "stable", "grade")
_OF_LINE = ("region", "account", *_MARKS)
#: Whole units of the book in each unit that a column may have.
_UNITS = {"dm2": 1, "m2": 100, "ha": 1_000_000, "kg": 1, "t": 1000}
_QUANTITIES = {"area": ("dm2", "m2", "ha"), "paddy": ("dm2", "m2", "ha"), "capacity": ("kg", "t"),
               "graded": ("dm2", "m2", "ha")}  # fmt: skip
#: Digits of a number: more than any land has, and no more than are counted exactly.
_LONGEST_NUMBER = 27
_YES = {
    "1": True,
    "true": True,
    "yes": True,
    "是": True,
    "": False,
    "0": False,
    "false": False,
    "no": False,
    "否": False,
}


def read_entries(path: str | Path, *, region: str, author: str = "", phase: Phase = Phase.POST) -> list[Entry]:
    """The entries of a JSON or CSV file, in their order.

    Parameters
    ----------
    region, author, phase
        What holds where the file does not say.

    Raises
    ------
    BadInput
        If the file cannot be read or has no entries, or a cell is not what its column wants; the row is named.
    """
    place = Path(path)
    try:
        raw = place.read_bytes()
    except OSError as error:
        raise BadInput("LEDGER-FILE-UNREADABLE", file=place.name, why=error.strerror or str(error)) from None
    text = text_of(raw, place.name)
    usual = {"region": region, "author": author, "phase": phase.value}
    if not text.strip():
        raise BadInput("LEDGER-FILE-EMPTY", file=place.name)
    told = _from_csv(text, place.name) if place.suffix.lower() == ".csv" else _from_json(text, place.name)
    entries = [_entry(place.name, row, fields, lines, usual) for row, fields, lines in told]
    if not entries:
        raise BadInput("LEDGER-FILE-EMPTY", file=place.name)
    return entries


Told = tuple[int, Mapping[str, Any], Sequence[tuple[int, Mapping[str, Any]]]]


def _from_json(text: str, file: str) -> Iterable[Told]:
    try:
        told = json.loads(text, parse_float=Decimal, object_pairs_hook=_once)
        entries = told["entries"] if isinstance(told, dict) else told
        for number, one in enumerate(entries, start=1):
            lines = one.get("lines", ())
            yield number, {k: v for k, v in one.items() if k != "lines"}, [(number, dict(line)) for line in lines]
    except (ValueError, ArithmeticError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput("LEDGER-FILE-JSON", file=file, why=str(error)) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON in which every name stands once. ValueError, where one stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"'{next(name for name in names if names.count(name) > 1)}' stands twice in one object")
    return found


def _from_csv(text: str, file: str) -> Iterable[Told]:
    """Rows of one id are one entry; what stands in its first row holds for all of them."""
    found: dict[str | int, tuple[int, dict[str, Any], list[tuple[int, Mapping[str, Any]]]]] = {}
    reader = csv.DictReader(io.StringIO(text))
    try:
        names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        twice = next((name for name in names if name and names.count(name) > 1), None)
        if twice:
            raise BadInput("LEDGER-FILE-TWICE", file=file, row=1, field=twice)
        if len(names) == 1 and ";" in names[0]:
            raise BadInput("LEDGER-FILE-SEMICOLON", file=file)
        for row in reader:
            _add_row(found, row, reader.line_num, file)
    except csv.Error as error:
        raise BadInput("LEDGER-FILE-JSON", file=file, why=str(error)) from error
    return found.values()


def _add_row(found: dict[str | int, Any], row: Mapping[Any, Any], number: int, file: str) -> None:
    if any(cell.strip() for cell in row.get(None) or ()):
        raise BadInput("LEDGER-FILE-SURPLUS", file=file, row=number)
    cells = {name: (value or "").strip() for name, value in row.items() if name is not None}
    filled = {(name or "").strip().lower(): plain_cell(text) for name, text in cells.items()}
    fields = {name: value for name, value in filled.items() if name in _OF_ENTRY and value}
    line = {name: value for name, value in filled.items() if name not in _OF_ENTRY and value}
    _, first, lines = found.setdefault(fields.get("id", number), (number, fields, []))
    for name, value in fields.items():
        if first.get(name) != value:
            raise BadInput("LEDGER-FILE-TWICE", file=file, row=number, field=name)
    if "account" in line:
        lines.append((number, line))
    elif any(name not in _OF_LINE for name in line):
        raise BadInput("LEDGER-FILE-LACKS", file=file, row=number, field="account")


def _entry(
    file: str,
    row: int,
    fields: Mapping[str, Any],
    lines: Sequence[tuple[int, Mapping[str, Any]]],
    usual: Mapping[str, str],
) -> Entry:
    fields = {name: value for name, value in fields.items() if value is not None}
    for name in fields:
        if name not in _OF_ENTRY:
            raise BadInput("LEDGER-FILE-FIELD", file=file, row=row, field=name, known=", ".join(_OF_ENTRY))
    for name in ("id", "kind", "posting_date"):
        if not fields.get(name):
            raise BadInput("LEDGER-FILE-LACKS", file=file, row=row, field=name)
    days = {name: _day(file, row, name, fields[name]) for name in _DATES if fields.get(name)}
    texts = {name: _text(file, row, name, fields.get(name, "")) for name in ("id", "kind", "rules", "phase", *_TEXTS)}
    pack, _, version = texts["rules"].partition("@")
    links = fields.get("links") or ()
    if not isinstance(links, str | list | tuple):
        raise BadInput("LEDGER-FILE-VALUE", file=file, row=row, field="links", value=str(links)[:60])
    phase = (texts["phase"] or usual["phase"]).lower()
    if phase not in list(Phase):
        raise BadInput("LEDGER-FILE-VALUE", file=file, row=row, field="phase", value=phase)
    named = links.split() if isinstance(links, str) else [_text(file, row, "links", one) for one in links]
    return Entry(
        id=texts["id"],
        kind=texts["kind"].upper(),
        posting_date=days["posting_date"],
        act_date=days.get("act_date", days["posting_date"]),
        expires=days.get("expires"),
        due=days.get("due"),
        phase=Phase(phase),
        rule_pack=pack,
        rule_version=version,
        links=tuple(named),
        by_state=_yes(file, row, "by_state", fields.get("by_state")),
        lines=tuple(_line(file, at, line, usual["region"]) for at, line in lines),
        author=texts["author"] or usual["author"],
        **{name: texts[name] for name in _TEXTS if name != "author"},
    )


def _line(file: str, row: int, told: Mapping[str, Any], region: str) -> Line:
    """One line; paddy and grade follow from the account where the file does not give them."""
    told = {name: value for name, value in told.items() if value not in ("", None)}
    marks = {name: _whole(file, row, name, told.get(name) or 0) for name in _MARKS}
    named = {name: _text(file, row, name, told.get(name, "")) for name in ("region", "account")}
    account = Account(named["region"] or region, named["account"], **marks)
    found = {}
    for name, value in told.items():
        if name in _OF_LINE:
            continue
        quantity, _, unit = name.partition("_")
        if quantity not in _QUANTITIES:
            known = ", ".join((*_OF_LINE, *(f"{one}_{units[1]}" for one, units in _QUANTITIES.items())))
            raise BadInput("LEDGER-FILE-FIELD", file=file, row=row, field=name, known=known)
        if unit not in _QUANTITIES[quantity]:
            known = ", ".join(f"{quantity}_{one}" for one in _QUANTITIES[quantity])
            raise BadInput("LEDGER-UNIT", file=file, row=row, field=name, known=known)
        if quantity in found:
            raise BadInput("LEDGER-FILE-TWICE", file=file, row=row, field=quantity)
        found[quantity] = _units(file, row, name, value, _UNITS[unit])
    area = found.get("area", 0)
    paddy, graded = found.get("paddy", area if account.paddy else 0), found.get("graded", area * account.grade)
    return Line(account, Quantities(area, paddy, found.get("capacity", 0), graded))


_NUMBER = re.compile(r"[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?([eE][-+]?\d{1,2})?")


def number(value: Any) -> Decimal:
    """A number as a file writes it, thousands parted by commas or not. ValueError for anything else.

    >>> number("12,000.50")
    Decimal('12000.50')
    """
    text = str(value).strip()
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise ValueError(text[:_LONGEST_NUMBER])
    return Decimal(text.replace(",", ""))


def _units(file: str, row: int, name: str, value: Any, size: int) -> int:
    """A quantity as whole units of the book; what is finer is refused, not rounded."""
    try:
        exact = number(value) * size
        whole = int(exact)
    except (ArithmeticError, ValueError):
        raise BadInput("LEDGER-FILE-VALUE", file=file, row=row, field=name, value=str(value)[:60]) from None
    if exact != whole:
        raise BadInput("LEDGER-FRACTION", file=file, row=row, field=name, value=str(value))
    return whole


def _text(file: str, row: int, name: str, value: Any) -> str:
    """A text; a whole number is one, as JSON may write an id so."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise BadInput("LEDGER-FILE-VALUE", file=file, row=row, field=name, value=str(value)[:60])
    return str(value)


_WHOLE = re.compile(r"[-+]?[0-9]{1,9}")


def _whole(file: str, row: int, name: str, value: Any) -> int:
    if not _WHOLE.fullmatch(str(value)):
        raise BadInput("LEDGER-FILE-VALUE", file=file, row=row, field=name, value=str(value)[:60])
    return int(str(value))


def _day(file: str, row: int, name: str, value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise BadInput("LEDGER-FILE-DATE", file=file, row=row, field=name, value=str(value)) from None


def _yes(file: str, row: int, name: str, value: Any) -> bool:
    known = _YES.get(str("" if value is None else value).strip().lower())
    if known is None:
        raise BadInput("LEDGER-FILE-VALUE", file=file, row=row, field=name, value=str(value))
    return known
