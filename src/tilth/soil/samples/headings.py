"""Headings of laboratory tables: which quantity a column is, in which unit, of which extract, and how sure that is."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from tilth.core import BadInput, Finding, NeedsAnswer, Where
from tilth.soil.chemistry.extracts import extract_of
from tilth.soil.chemistry.ions import CHARGES
from tilth.soil.samples.units import Unit, asked_unit, quantities

_BRACKETS = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]*(?:\([^()]*\)[^()]*)?)[)\]】〕]")
_RATIO = re.compile(r"(?<![\d.])1\s*(?:[:∶比]|to)\s*(2[.,]5|1|2|5)(?![\d.])")
_GLUED = re.compile(r"^(ec|sar|电导率)[\s_-]*1[\s_-]?(25|1|2|5)(?=$|[^\d])")
_PASTE = re.compile(r"饱和|saturat|paste")


@dataclass(frozen=True, slots=True)
class Column:
    """What a column of samples is kept as."""

    name: str
    kind: str
    quantity: str  # "" where it has no unit
    names: tuple[str, ...]
    mistaken: tuple[str, ...]
    ion: str
    least: float | None
    most: float | None
    odd_least: float | None
    odd_most: float | None


@dataclass(frozen=True, slots=True)
class Read:
    """A heading that was read: the column, and its unit and extract where it says them."""

    heading: str
    column: Column
    unit: Unit | None
    extract: str
    rank: int  # place of the name among those of the column; lower wins
    mistaken: bool = False
    told: bool = False  # by the user rather than by the heading


@cache
def columns() -> Mapping[str, Column]:
    """Every column by its name."""
    rows = tomllib.loads(files("tilth.soil").joinpath("data/sample-columns.toml").read_text(encoding="utf-8"))
    return {name: _column(name, row) for name, row in rows.items()}


def _column(name: str, row: Mapping[str, Any]) -> Column:
    ion, names = str(row.get("ion", "")), [plain_name(one) for one in row["names"]]
    if ion and CHARGES[ion] > 1:
        names += [f"{one}{CHARGES[ion]}" for one in names]
    limits = (row.get(key) for key in ("least", "most", "odd_least", "odd_most"))
    mistaken = tuple(plain_name(one) for one in row.get("mistaken", ()))
    return Column(name, row["kind"], str(row.get("quantity", "")), tuple(names), mistaken, ion, *limits)


def plain_name(text: str) -> str:
    """A name as it is compared: without case, blanks and signs.

    >>> plain_name(" SO4 2- "), plain_name("Depth_T")
    ('so42', 'deptht')
    """
    return re.sub(r"[^\w]|_", "", unicodedata.normalize("NFKC", text).casefold())


@cache
def _by_name() -> Mapping[str, tuple[Column, int]]:
    found: dict[str, tuple[Column, int]] = {}
    for column in columns().values():
        for rank, name in enumerate((plain_name(column.name), *column.names)):
            found.setdefault(name, (column, rank))
    return found


def read_heading(heading: str) -> Read | None:
    """What a heading says; None where it is no column of samples that is known.

    >>> one = read_heading("EC1:5 (µS/cm)")
    >>> one.column.name, one.unit.name, one.extract
    ('ec_ds_m', 'µS/cm', '1:5')
    >>> one = read_heading("SO42-(mg L-1)")
    >>> one.column.name, one.unit.name
    ('so4_mmolc_l', 'mg/L')
    """
    text = unicodedata.normalize("NFKC", heading).casefold().replace("−", "-").strip()
    extract, text = _ratio(text)
    inside = [one.strip() for one in _BRACKETS.findall(text)]
    bare = _BRACKETS.sub(" ", text).strip()
    for name, unit_text in [(bare, inside[-1] if inside else ""), *_split(bare), (text, "")]:
        found, mistaken = _named(name)
        if found is None:
            continue
        column, rank = found
        unit = quantities()[column.quantity].unit(unit_text) if column.quantity and unit_text else None
        if unit_text and unit is None and name != bare:
            continue  # what was cut off is no unit of this quantity
        if not unit_text and column.quantity and rank == 0 and plain_name(text) == plain_name(column.name):
            unit = quantities()[column.quantity].unit(quantities()[column.quantity].base)
        if column.name == "ec_ds_m" and not extract and any(_PASTE.search(one) for one in (text, *inside)):
            column, extract = columns()["ece_ds_m"], ""
        if column.name == "sar" and extract == "1:5":
            column = columns()["sar15"]
        return Read(heading, column, unit, extract, rank, mistaken)
    return None


def _ratio(text: str) -> tuple[str, str]:
    """The extract that a heading names, and the heading without it."""
    glued = _GLUED.match(text)
    if glued is not None:
        ratio = glued[2].replace("25", "2.5")
        return f"1:{ratio}", text[: glued.end(1)] + text[glued.end() :]
    found = _RATIO.search(text)
    if found is None:
        return "", text
    return f"1:{found[1].replace(',', '.')}", (text[: found.start()] + " " + text[found.end() :]).strip()


def _split(text: str) -> list[tuple[str, str]]:
    """A heading cut in two at each place where a unit may begin, the longest unit first."""
    return [(text[: one.start()], text[one.end() :]) for one in re.finditer(r"[\s,_/:;]+", text) if one.start()]


def _named(name: str) -> tuple[tuple[Column, int] | None, bool]:
    plain = plain_name(name)
    if plain in _by_name():
        return _by_name()[plain], False
    for column in columns().values():
        if plain in column.mistaken:
            return (column, len(column.names)), True
    return None, False


@dataclass(frozen=True)
class Told:
    """What the user says of the columns, by a MAP.toml or by options: it wins over the headings."""

    fields: Mapping[str, str]  # column -> heading of the file
    units: Mapping[str, str]  # column -> unit; columns may be short: "ec", "cl"
    extract: str = ""  # of EC and of the ions, where the table does not say
    uncompensated: bool = False  # was EC not brought to 25 °C by the meter?


def matched(headings: Iterable[str], told: Told, file: str) -> tuple[dict[str, Read], list[Finding]]:
    """Which heading is which column, and what there is to say about it.

    Raises
    ------
    BadInput
        If the user names a column or a heading that is not there, or a unit that is none.
    NeedsAnswer
        If two headings are the same measured column.
    """
    names = [str(one) for one in headings]
    fields = {_full(column, file): heading for column, heading in told.fields.items()}
    chosen = {column: _told(columns()[column], heading, names, file) for column, heading in fields.items()}
    taken = {one.heading for one in chosen.values()}
    found: dict[str, list[Read]] = {}
    for heading in names:
        read = read_heading(heading) if heading not in taken else None
        if read is not None and read.column.name not in chosen:
            found.setdefault(read.column.name, []).append(read)
    for column, reads in found.items():
        best = sorted(reads, key=lambda one: (one.mistaken, one.rank))
        if (
            len(best) > 1
            and best[0].column.kind not in ("id", "text", "date", "place")
            and best[0].rank == best[1].rank
        ):
            raise NeedsAnswer("SOIL-TWO-COLUMNS", file=file, column=column, headings=", ".join(r.heading for r in best))
        chosen[column] = best[0]
    for short, unit in told.units.items():
        column = _full(short, file)
        if column not in chosen:
            raise BadInput("SOIL-MAP-COLUMN", file=file, column=short, known=", ".join(chosen) or "–")
        quantity = chosen[column].column.quantity
        chosen[column] = replace(chosen[column], unit=asked_unit(quantity, unit, column), told=True)
    return chosen, list(_said(chosen, file))


#: Short names that people use for a column.
_SHORT: Mapping[str, str] = {"ec": "ec_ds_m", "ece": "ece_ds_m", "salt": "salt_g_kg", "gw_depth": "gw_depth_m"}


def _full(column: str, file: str) -> str:
    """The column of a name that the user gives: "ec" is ec_ds_m, "cl" cl_mmolc_l."""
    for name in (column, _SHORT.get(column, ""), f"{column}_mmolc_l", f"{column}_pct", f"{column}_cm"):
        if name in columns():
            return name
    raise BadInput("SOIL-MAP-COLUMN", file=file, column=column, known=", ".join(columns()))


def _told(known: Column, heading: str, names: list[str], file: str) -> Read:
    there = next((name for name in names if name.strip() == heading.strip()), None)
    if there is None:
        raise BadInput("SOIL-MAP-HEADING", file=file, heading=heading, known=", ".join(names))
    read = read_heading(there)
    unit = read.unit if read is not None and read.column.quantity == known.quantity else None
    return Read(there, known, unit, read.extract if read else "", 0, told=True)


def _said(chosen: Mapping[str, Read], file: str) -> Iterable[Finding]:
    renamed = [f"{one.heading} → {one.column.name}" for one in chosen.values() if one.heading != one.column.name]
    if renamed:
        yield Finding("SOIL-HEADINGS", Where(file=file), {"count": len(renamed), "columns": "; ".join(renamed)})
    for one in chosen.values():
        if one.mistaken:
            values = {"heading": one.heading, "column": one.column.name}
            yield Finding("SOIL-HEADING-MISTAKEN", Where(file=file), values)


def extract_said(text: str) -> str:
    """The extract that a cell or an option names; "" for an empty one. BadInput as `extract_of`."""
    return extract_of(text) if text.strip() else ""
