"""Columns of the quality register: what a heading of a county's table stands for, and what its words mean."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, FloatArray, Label, NeedsAnswer
from tilth.core.rulefile import label_in
from tilth.soil.samples.headings import plain_name
from tilth.soil.samples.units import spelled

if TYPE_CHECKING:
    import pandas as pd

Texts = npt.NDArray[np.object_]
NUMBER, LEVEL, GRADE, YEAR = "number", "level", "grade", "year"
#: Grades of GB/T 33469: 1 the best; 0 stands for none.
GRADES = range(11)
#: What is kept beside every value: where it comes from, of which day, how sure it is.
PROVENANCE = ("source", "date", "confidence")
_BRACKETS = re.compile(r"[(\[【]([^()\[\]【】]*(?:\([^()]*\)[^()]*)?)[)\]】]")
#: How a column is called that says where, when and how surely another was found, or all of them.
_SAID: Mapping[str, tuple[str, ...]] = {
    "source": ("source", "数据来源", "来源", "资料来源"),
    "date": ("sampling date", "survey date", "date", "采样日期", "调查日期", "评价日期", "日期", "采样时间"),
    "confidence": ("confidence", "可信度", "置信度", "可靠程度"),
}
_IDS = ("parcel_id", "parcel", "bsm", "dkbh", "标识码", "图斑标识码", "图斑编号", "地块编号", "地块编码", "图斑号")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a column that is not a number."""

    id: str
    label: Label
    words: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """What one column of the register is kept as."""

    id: str
    kind: str
    label: Label
    names: tuple[str, ...]  # as they are compared
    unit: str  # "" where it has none
    units: Mapping[str, float]  # spelling → factor
    least: float
    most: float
    levels: tuple[Level, ...]  # best first where they have an order

    @property
    def heading(self) -> str:
        """The name with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else str(self.label)

    def level_of(self, text: str) -> str | None:
        """The level that a word means; None where it means none."""
        plain = plain_name(text)
        return next((one.id for one in self.levels if plain in one.words), None)


def numbers_of(frame: pd.DataFrame, id: str) -> FloatArray:
    """(n,) A column of numbers of a register; NaN throughout where no table has it."""
    return frame[id].to_numpy(dtype=np.float64) if id in frame else np.full(len(frame), np.nan)


def texts_of(frame: pd.DataFrame, id: str, says: str = "") -> Texts:
    """(n,) A column of levels of a register, or what it says of one; "" throughout where no table has it."""
    name = f"{id}.{says}" if says else id
    return frame[name].to_numpy(dtype=object) if name in frame else np.full(len(frame), "", dtype=object)


def looked_up(words: npt.NDArray[Any], table: Mapping[str, float], otherwise: float = np.nan) -> FloatArray:
    """(n,) What `table` has for each word; each word is looked up once, however often it stands there."""
    import pandas as pd

    codes, known = pd.factorize(np.asarray(words, dtype=object))
    values = np.array([table.get(str(one), otherwise) for one in known] + [otherwise], dtype=np.float64)
    found: FloatArray = values[codes]
    return found


@dataclass(frozen=True, slots=True)
class Read:
    """A heading that was read: which column, or what it says of which one."""

    heading: str
    column: str  # "" where it says something of every column, "parcel_id" for the parcel
    says: str = ""  # one of PROVENANCE; "" for the value itself
    unit: str = ""  # as the heading spells it
    factor: float | None = None  # None: the heading leaves the unit open


@cache
def register_columns() -> Mapping[str, Column]:
    """Every column by its id."""
    rows = tomllib.loads(files("tilth.soil").joinpath("data/quality/register.toml").read_text(encoding="utf-8"))
    return {id: _column(id, row) for id, row in rows.items()}


def _column(id: str, row: Mapping[str, Any]) -> Column:
    unit = str(row.get("unit", ""))
    units = {spelled(name): float(factor) for name, factor in {unit: 1.0, **row.get("units", {})}.items()}
    levels = tuple(
        Level(
            one["id"],
            label_in(one, "label"),
            tuple(plain_name(word) for word in (one["id"], one["label"], one["label_zh"], *one["words"])),
        )
        for one in row.get("levels", ())
    )
    names = tuple(dict.fromkeys(plain_name(name) for name in (id, *row["names"])))
    least, most = float(row.get("least", 0)), float(row.get("most", 0))
    return Column(id, row["kind"], label_in(row, "label"), names, unit, units, least, most, levels)


@cache
def _by_name() -> Mapping[str, str]:
    found = {name: column.id for column in register_columns().values() for name in column.names}
    return {**found, **{plain_name(name): "parcel_id" for name in _IDS}}


def read_quality_heading(heading: str) -> Read | None:
    """What a heading says; None where it is nothing that the register keeps.

    >>> read_quality_heading("有机质(%)").factor, read_quality_heading("Soil depth [cm]").column
    (10.0, 'soil_depth_cm')
    >>> read_quality_heading("pH date").says, read_quality_heading("有机质来源").column
    ('date', 'organic_matter_g_kg')
    """
    text = unicodedata.normalize("NFKC", heading).strip()
    inside = [one.strip() for one in _BRACKETS.findall(text)]
    bare = _BRACKETS.sub(" ", text).strip()
    for says, words in _SAID.items():
        if plain_name(bare) in [plain_name(word) for word in words]:
            return Read(heading, "", says)
    for name, unit in [(bare, inside[-1] if inside else ""), (text, ""), *_cut(bare)]:
        column = _by_name().get(plain_name(name))
        if column is not None:
            return _with_unit(heading, column, name, unit)
    return _of_another(heading, bare)


def _cut(text: str) -> list[tuple[str, str]]:
    """A heading cut in two at each place where a unit may begin, the longest unit first."""
    return [(text[: one.start()], text[one.end() :]) for one in re.finditer(r"[\s,_/:;]+", text) if one.start()]


def _with_unit(heading: str, id: str, name: str, unit: str) -> Read | None:
    column = register_columns().get(id)
    if column is None or column.kind != NUMBER:
        return Read(heading, id)
    if unit:
        factor = column.units.get(spelled(unit))
        return Read(heading, id, unit=unit, factor=factor)
    sure = len(column.units) == 1 or plain_name(name) == plain_name(id)
    return Read(heading, id, factor=1.0 if sure else None)


def _of_another(heading: str, bare: str) -> Read | None:
    """A heading that says source, date or confidence of one column: its name with one of the words behind it."""
    plain = plain_name(bare)
    for says, words in _SAID.items():
        for word in sorted((plain_name(one) for one in words), key=len, reverse=True):
            column = _by_name().get(plain.removesuffix(word)) if plain.endswith(word) else None
            if column is not None and column != "parcel_id":
                return Read(heading, column, says)
    return None


@dataclass(frozen=True)
class Headings:
    """Which heading of a table is what."""

    parcel: str
    values: Mapping[str, Read]  # column → heading
    said: Mapping[tuple[str, str], str]  # (column or "", one of PROVENANCE) → heading
    unread: tuple[str, ...]


def quality_headings(
    names: Iterable[str], *, units: Mapping[str, str], fields: Mapping[str, str], file: str
) -> Headings:
    """Which heading is which column. `units` and `fields` (column → heading) are what the user says; they win.

    Raises
    ------
    BadInput
        If there is no parcel id or no column of the register, or the user names what is not there.
    NeedsAnswer
        If two headings are the same column, or a heading leaves its unit open.
    """
    every = [str(one) for one in names]
    told = {column_id(column, file): _there(heading, every, file) for column, heading in fields.items()}
    reads = [read for name in every if name not in told.values() and (read := read_quality_heading(name)) is not None]
    reads = [read for read in reads if read.says or read.column not in told]
    reads += [replace(_told(heading, column), heading=heading) for column, heading in told.items()]
    found: dict[tuple[str, str], list[Read]] = {}
    for read in reads:
        found.setdefault((read.column, read.says), []).append(read)
    for (column, _says), several in found.items():
        if len(several) > 1:
            headings = ", ".join(one.heading for one in several)
            raise NeedsAnswer("QUALITY-TWO-COLUMNS", file=file, column=column or "-", headings=headings)
    chosen = {column: one[0] for (column, says), one in found.items() if not says}
    parcel = chosen.pop("parcel_id", None)
    if parcel is None:
        raise BadInput("QUALITY-NO-PARCEL", file=file, columns=", ".join(every)[:200])
    if not chosen:
        raise BadInput("QUALITY-NO-COLUMN", file=file, columns=", ".join(every)[:200])
    own = {column_id(column, file): unit for column, unit in units.items()}
    for column in own:
        if column not in chosen:
            raise BadInput("QUALITY-MAP-COLUMN", file=file, column=column, known=", ".join(chosen))
    values = {id: _in_unit(read, own.get(id, ""), file) for id, read in chosen.items()}
    said = {key: one[0].heading for key, one in found.items() if key[1]}
    used = {parcel.heading, *(one.heading for one in values.values()), *said.values()}
    return Headings(parcel.heading, values, said, tuple(name for name in every if name not in used))


def _told(heading: str, column: str) -> Read:
    read = read_quality_heading(heading)
    if read is not None and read.column == column and not read.says:
        return read
    inside = _BRACKETS.findall(unicodedata.normalize("NFKC", heading))
    return _with_unit(heading, column, "", inside[-1].strip() if inside else "") or Read(heading, column)


def _there(heading: str, every: list[str], file: str) -> str:
    found = next((name for name in every if name.strip() == heading.strip()), None)
    if found is None:
        raise BadInput("QUALITY-MAP-HEADING", file=file, heading=heading, known=", ".join(every)[:200])
    return found


def column_id(name: str, file: str = "") -> str:
    """The column of a name that a user gives, in any of its spellings.

    Raises
    ------
    BadInput
        If the register has no such column.
    """
    found = _by_name().get(plain_name(name))
    if found is None:
        raise BadInput("QUALITY-MAP-COLUMN", file=file, column=name, known=", ".join(register_columns()))
    return found


def _in_unit(read: Read, asked: str, file: str) -> Read:
    column = register_columns()[read.column]
    if column.kind != NUMBER:
        return read
    known = ", ".join(_shown_units(column)) or "-"
    unit = asked or read.unit
    if unit:
        factor = column.units.get(spelled(unit))
        if factor is None:
            raise BadInput("QUALITY-UNIT", file=file, heading=read.heading, unit=unit, known=known)
        return replace(read, unit=unit, factor=factor)
    if read.factor is None:
        raise NeedsAnswer("QUALITY-UNIT-UNSAID", file=file, heading=read.heading, column=column.id, known=known)
    return replace(read, unit=column.unit)


def _shown_units(column: Column) -> tuple[str, ...]:
    return tuple(name for name in column.units if name)
