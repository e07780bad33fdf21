"""What a field may hold, as data: code lists by class and data year, minimum sizes, and a county's ridge coefficients.

The tables lie in `intake/data`, every row with its source and how sure it is. A rule asks them; it holds no list.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from tilth.core import BadInput, message
from tilth.intake.columns import found_column, listed
from tilth.intake.encoding import read_text
from tilth.intake.vector import local

#: Stands in a table for "any class" and for "a code that nobody has published yet".
ANY_CLASS, ANY_CODE = "*", "?"


@dataclass(frozen=True, slots=True)
class DomainRow:
    """One code that a field may hold on some classes in some years."""

    field: str
    code: str
    name_zh: str
    name_en: str
    classes: frozenset[str]  # {"*"}: any
    from_year: int
    to_year: int  # inclusive
    source: str
    confidence: str

    def holds(self, year: int, class_code: str) -> bool:
        """May the code stand on `class_code` in data of `year`?"""
        return self.from_year <= year <= self.to_year and (ANY_CLASS in self.classes or class_code in self.classes)


@dataclass(frozen=True)
class Domains:
    """The code lists and minimum sizes that ship with the product, or a workspace's own."""

    rows: tuple[DomainRow, ...]
    minimum_m2: Mapping[str, int]  # by class code

    def codes(self, field: str, year: int, class_code: str) -> frozenset[str]:
        """The codes that `field` may hold on `class_code` in data of `year`."""
        return frozenset(row.code for row in self.rows if row.field == field and row.holds(year, class_code))

    def known(self, field: str) -> frozenset[str]:
        """Every code of `field`, whatever the class or year."""
        return frozenset(row.code for row in self.rows if row.field == field)


def _rows(text: str, field: str | None = None) -> Iterable[DomainRow]:
    for row in csv.DictReader(text.splitlines()):
        yield DomainRow(
            field=field or row["field"],
            code=row["code"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            classes=frozenset(row["classes"].split()),
            from_year=int(row["from_year"] or 0),
            to_year=int(row["to_year"] or 9999),
            source=row["source"],
            confidence=row["confidence"],
        )


def _shipped(name: str) -> str:
    return files("tilth.intake").joinpath(f"data/{name}.csv").read_text(encoding="utf-8")


@cache
def shipped_domains() -> Domains:
    """The tables that ship with the product."""
    sizes = csv.DictReader(_shipped("minimum-sizes").splitlines())
    return Domains(
        rows=(*_rows(_shipped("planting-domains"), "ZZSXDM"), *_rows(_shipped("code-lists"))),
        minimum_m2={code: int(row["min_m2"]) for row in sizes for code in row["classes"].split()},
    )


@dataclass(frozen=True)
class RidgeTable:
    """A county's ridge coefficients (田坎系数): for PD2..PD5 and TT2..TT5 the values measured, one for each stratum."""

    allowed: Mapping[str, tuple[float, ...]]
    source: str = ""

    @classmethod
    def of(cls, **coefficients: float) -> RidgeTable:
        """A table with one value for each key.

        >>> RidgeTable.of(PD2=0.0412).allowed
        {'PD2': (0.0412,)}
        """
        return cls({key: (value,) for key, value in coefficients.items()})


#: Headings of a ridge table.
_RIDGE_KEY = ("key", "代码")
_RIDGE_VALUE = ("ridge_coef", "KCXS", "TKXS", "田坎系数")
RIDGE_KEYS = tuple(form + grade for form in ("PD", "TT") for grade in "2345")


def read_ridge_table(path: Path) -> RidgeTable:
    """The ridge table in a CSV of the form of `intake/data/ridge-coefficients.csv`: columns key and ridge_coef.

    A key may stand on several rows, one for each stratum of the county; a row without a coefficient is left out.

    Raises
    ------
    BadInput
        If the file cannot be read, has no such columns, an unknown key or a coefficient outside 0 to 1.
    """
    try:
        text, _ = read_text(local(path).read_bytes(), file=path.name)
        rows = list(csv.DictReader(text.splitlines()))
    except OSError as error:
        raise BadInput("INTAKE-UNREADABLE", file=path.name, reason=error.strerror) from None
    except csv.Error as error:
        raise BadInput("VALIDATE-RIDGE-FILE", file=path.name, reason=str(error)) from None
    names = [name for name in rows[0] if name] if rows else []
    key_column, value_column = (_ridge_column(path, names, wanted) for wanted in (_RIDGE_KEY, _RIDGE_VALUE))
    allowed: dict[str, tuple[float, ...]] = {}
    for number, row in enumerate(rows, start=2):
        key, text = (row[key_column] or "").strip(), (row[value_column] or "").strip()
        if text:
            allowed[key] = (*allowed.get(key, ()), _coefficient(path, number, key, text))
    if not allowed:
        raise BadInput("VALIDATE-RIDGE-FILE", file=path.name, reason=message("VALIDATE-RIDGE-EMPTY"))
    return RidgeTable(allowed, source=path.name)


def _ridge_column(path: Path, names: list[str], wanted: tuple[str, ...]) -> str:
    found = found_column(names, wanted)
    if found is None:
        reason = message("VALIDATE-RIDGE-COLUMN", wanted=" / ".join(wanted), columns=listed(names) or "-")
        raise BadInput("VALIDATE-RIDGE-FILE", file=path.name, reason=reason)
    return found


def _coefficient(path: Path, number: int, key: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if key not in RIDGE_KEYS or not 0.0 <= value < 1.0:
        raise BadInput("VALIDATE-RIDGE-ROW", file=path.name, row=number, key=key, value=text)
    return round(value, 4)
