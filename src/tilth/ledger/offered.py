"""Replacement parcels as a file offers them: every value read once, and refused by row and column where it is none."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

from tilth.core import BadInput

#: A shapefile cuts names of columns at so many letters.
_SHAPEFILE = 10
_YES = {"1", "y", "yes", "true", "t", "是", "有", "clear"}
_NO = {"0", "n", "no", "false", "f", "否", "无"}
_BLANK = {"", "nan", "none", "null", "<na>", "nat", "-", "/"}


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel offered. What the file leaves blank is None, or an empty text: nothing is assumed of it."""

    row: int  # of the file, 1-based
    parcel: str
    project: str
    source_class: str
    accepted: date
    slope_grade: int | None = None
    steep_review: str = ""  # county appraisal and province review of steep land
    soil_depth_cm: Decimal | None = None
    plough_cm: Decimal | None = None
    gravel_pct: Decimal | None = None
    ph: Decimal | None = None
    salt_g_kg: Decimal | None = None
    ece_ds_m: Decimal | None = None
    esp_pct: Decimal | None = None
    salt_tolerant: bool | None = None
    pollution: int | None = None
    irrigation_pct: Decimal | None = None  # 0: rain-fed
    outlet: bool | None = None  # for tail water
    road: bool | None = None
    patch_mu: Decimal | None = None
    adjoining: bool | None = None
    terrain: str = ""  # plain or hill
    quality_grade: int | None = None
    paddy: bool | None = None
    stable: bool | None = None
    imagery: str = ""
    photo: str = ""
    photo_lon: Decimal | None = None
    photo_lat: Decimal | None = None
    crop: str = ""
    follow_up: str = ""
    ecology: str = ""
    forest_rights: str = ""
    illegal: bool | None = None
    ridge_coef: Decimal | None = None
    net_area_m2: Decimal | None = None
    pool: str = ""
    capacity_kg: int | None = None
    evidence: str = ""

    @property
    def name(self) -> str:
        """Project and parcel."""
        return f"{self.project} {self.parcel}"


@cache
def columns() -> Mapping[str, Mapping[str, Any]]:
    """The columns that a file may have."""
    text = files("tilth.ledger").joinpath("data/acceptance-columns.toml").read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def read_parcels(rows: Sequence[Mapping[str, str]], numbers: Iterable[int], file: str) -> tuple[Parcel, ...]:
    """The parcels of a file, from its rows as text.

    Raises
    ------
    BadInput
        If a column that every parcel needs is missing, or a value is none: with row, column and value.
    """
    found = _found(rows[0].keys() if rows else ())
    missing = [name for name, one in columns().items() if one.get("needed") and name not in found]
    if missing:
        known = "; ".join(f"{name} ({' / '.join(columns()[name]['names'][1:])})" for name in missing)
        raise BadInput("ACCEPT-COLUMNS", file=file, columns=known)
    return tuple(_parcel(row, number, found, file) for row, number in zip(rows, numbers, strict=True))


def absent_columns(names: Iterable[str]) -> list[str]:
    """Columns that a file does not have, of those that it may have."""
    found = _found(names)
    return [name for name in columns() if name not in found]


def _found(names: Iterable[str]) -> dict[str, str]:
    """Our column: that of the file, where a shapefile may have cut its name."""
    there = {_folded(name): name for name in names}
    found = {}
    for ours, one in columns().items():
        words = [_folded(word) for word in one["names"]]
        known = [word for word in (*words, *(word[:_SHAPEFILE] for word in words)) if word in there]
        if known:
            found[ours] = there[known[0]]
    return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _parcel(row: Mapping[str, str], number: int, found: Mapping[str, str], file: str) -> Parcel:
    values: dict[str, Any] = {}
    for ours, theirs in found.items():
        one, text = columns()[ours], str(row[theirs]).strip()
        blank = text.casefold() in _BLANK
        where = {"file": file, "row": number, "column": theirs, "value": text}
        if blank and one.get("needed"):
            raise BadInput("ACCEPT-BLANK", **where)
        if not blank:
            values[ours] = _value(text, one, where)
    return Parcel(row=number, **values)


def _value(text: str, one: Mapping[str, Any], where: Mapping[str, Any]) -> Any:
    kind = one["type"]
    if kind == "text":
        if not text.isprintable():
            raise BadInput("ACCEPT-TEXT", **where)
        return text
    if kind == "yes":
        word = text.casefold().removesuffix(".0")
        if word not in _YES | _NO:
            raise BadInput("ACCEPT-YES-NO", **where)
        return word in _YES
    if kind == "day":
        return _day(text, where)
    return _number(text, one, where)


def _day(text: str, where: Mapping[str, Any]) -> date:
    plain = text.replace("T", " ").partition(" ")[0].replace("/", "-").removesuffix(".0")
    if plain.isdigit() and len(plain) == 8:
        plain = f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"
    try:
        return date.fromisoformat(plain)
    except ValueError:
        raise BadInput("ACCEPT-DAY", **where) from None


def _number(text: str, one: Mapping[str, Any], where: Mapping[str, Any]) -> Decimal | int:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadInput("ACCEPT-NUMBER", **where) from None
    whole = one["type"] == "whole"
    if not number.is_finite() or (whole and number != number.to_integral_value()):
        raise BadInput("ACCEPT-NUMBER", **where)
    if not one["least"] <= number <= one["most"]:
        raise BadInput("ACCEPT-RANGE", **where, least=one["least"], most=one["most"])
    return int(number) if whole else number
