"""The tasks that regions carry, from a plain table: farmland to hold, and permanent basic farmland to hold."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import pandas as pd

from tilth.core import DM2_PER_HA, DM2_PER_M2, DM2_PER_MU, BadInput, NeedsAnswer, round_half_away
from tilth.intake.columns import folded_name, found_column, listed
from tilth.intake.model import Rejected, Table
from tilth.intake.screen import file_of, in_order
from tilth.land import Task

#: No region holds more. [dm²]
MOST_TASK_DM2 = 10**16
#: Ways to write a unit in a heading, without blanks, and how large it is. [dm²]
_UNITS: dict[Fraction, tuple[str, ...]] = {
    Fraction(DM2_PER_M2): ("m2", "m^2", "sqm", "平方米", "平米"),
    Fraction(DM2_PER_HA): ("ha", "hectare", "hectares", "hm2", "hm^2", "公顷", "平方百米"),
    Fraction(DM2_PER_M2) * 10**6: ("km2", "km^2", "sqkm", "平方公里", "平方千米"),
    DM2_PER_MU: ("mu", "亩", "市亩"),
}
#: Ways to write a power of ten before a unit; "" is none.
_POWERS = {
    0: ("",),
    2: ("100", "10^2", "hundred", "百"),
    3: ("1000", "10^3", "thousand", "千"),
    4: ("10000", "10^4", "1e4", "wan", "tenthousand", "万"),
    5: ("100000", "10^5", "hundredthousand", "十万"),
    6: ("1000000", "10^6", "million", "百万"),
    7: ("10000000", "10^7", "tenmillion", "千万"),
    8: ("100000000", "10^8", "hundredmillion", "亿"),
}
_KNOWN_UNITS: dict[str, Fraction] = {
    power + unit: Fraction(size * 10**exponent)
    for exponent, powers in _POWERS.items()
    for power in powers
    for size, units in _UNITS.items()
    for unit in units
} | {"kha": Fraction(DM2_PER_HA) * 1000}
#: What else may stand in a heading: words parted by blanks or the like, Chinese ones anywhere.
_OTHER_WORDS = re.compile(
    "|areas?|tasks?|targets?|goal|quota|of|in|the|to|at|be|net|total|units?|year|farm(land)?|arable|cultivated|land|"
    "permanent|basic|protect(ion|ed)|hold|held|least|min(imum)?|size|county"
)
_OTHER_CHINESE = re.compile(
    "永久|基本农田|耕地|面积|任务|目标|指标|保护|保有|总量|数量|净|规划|合计|单位|不低于|年度|年"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20|21)\d\d(?!\d)")
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_TASK_REGION = ("region", "region_code", "code", "XZQDM", "行政区代码", "行政区", "代码", "地区", "province")
_TASK_YEAR = ("year", "年份", "年度", "目标年")
_HOLDING = ("holding", "retention", "耕地保有量", "gdbyl", "farmland_task")
_PBF = ("pbf", "永久基本农田", "基本农田", "yjjbnt")


def tasks_from(table: Table | pd.DataFrame, *, year: int | None = None) -> tuple[list[Task], list[Rejected]]:
    """Tasks by row, and the rows that are none, each with its reason.

    Columns: region (or code, 行政区代码), year (年份), the farmland to hold (holding, 耕地保有量) and the permanent
    PBF (pbf, 永久基本农田). Headings of the areas say their unit, known in full (m2, ha, hm2, km2, mu
    and 亩, each alone or with a power of ten before it). A table without a
    column for basic farmland says nothing of it: its tasks have None there, which is not a task of 0.

    Parameters
    ----------
    year
        For tables without a column for the year and without one in the headings (retention_target_2035_…).

    Raises
    ------
    BadInput
        If the column for the region, the year or the holding is missing.
    NeedsAnswer
        If a heading does not say its unit.
    """
    frame = table.frame if isinstance(table, Table) else table
    file = file_of(table) if isinstance(table, Table) else ""
    names = [str(name) for name in frame.columns]
    region, year_field = found_column(names, _TASK_REGION), found_column(names, _TASK_YEAR)
    holding, pbf = _heading(names, _HOLDING), _heading(names, _PBF)
    year = year if year is not None else _year_in(holding)
    for what, known in (("region", region), ("holding", holding), ("year", year_field or year)):
        if known is None:
            raise BadInput("INTAKE-TASK-NO-FIELD", file=file, what=what, columns=listed(names))
    assert holding is not None
    areas = [(column, _unit(column, file)) for column in (holding, pbf) if column]
    reader = _Tasks(file, year, year_field, str(region), areas)
    rejected = list(table.rejected) if isinstance(table, Table) else []
    for at, (_, row) in enumerate(frame.iterrows(), start=1):
        number = int(row["source_row"]) if "source_row" in frame else at
        reader.read(number, {name: _shown(row[name]) for name in names if name not in {"source_row", "geometry"}})
    return reader.tasks, in_order([*rejected, *reader.rejected])


def _shown(value: Any) -> str:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()


def _heading(names: list[str], words: tuple[str, ...]) -> str | None:
    """The first heading with one of `words` in it, the words in order."""
    return next((name for word in words for name in names if word in folded_name(name)), None)


def _year_in(heading: str | None) -> int | None:
    found = _YEAR.search(heading or "")
    return int(found[0]) if found else None


def _unit(heading: str, file: str) -> Fraction:
    """The size of the unit in a heading [dm²]: all that the heading says beside what it is about, known in full."""
    powers = re.sub(r"(?<=10)[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "^" + found[0].translate(_SUPERSCRIPT), heading)
    left = folded_name(powers)
    for word in (*_HOLDING, *_PBF):
        left = left.replace(word.casefold(), " ")
    left = _OTHER_CHINESE.sub(" ", _YEAR.sub(" ", left))
    left = re.sub(r"(?<=\d),(?=000(?!\d))", "", left)
    words = re.split(r"[\s_()\[\]{}<>【】〔〕《》:,;|、。·-]+", left)
    unit = "".join(word for word in words if not _OTHER_WORDS.fullmatch(word))
    size = _KNOWN_UNITS.get(re.sub(r"^[×x*](?=10)", "", unit))
    if size is None:
        raise NeedsAnswer("INTAKE-TASK-UNIT", file=file, column=heading)
    return size


@dataclass
class _Tasks:
    """Reads tasks row by row."""

    file: str
    year: int | None
    year_field: str | None
    region_field: str
    areas: list[tuple[str, Fraction]]  # heading and unit of the holding, then of the basic farmland where there is one

    def __post_init__(self) -> None:
        self.tasks: list[Task] = []
        self.rejected: list[Rejected] = []
        self.seen: set[tuple[str, int]] = set()

    def read(self, number: int, row: dict[str, str]) -> None:
        """One row: a task, or a reason why not."""
        region = row[self.region_field]
        if not region:
            self.rejected.append(Rejected(number, "INTAKE-TASK-REGION", {}, row))
            return
        year = self._year(row)
        if year is None:
            values = {"value": row[str(self.year_field)][:60]}
            self.rejected.append(Rejected(number, "INTAKE-TASK-YEAR", values, row))
            return
        dm2 = []
        for column, unit in self.areas:
            area = _task_dm2(row[column], unit)
            if area is None:
                values = {"column": column, "value": row[column][:60]}
                self.rejected.append(Rejected(number, "INTAKE-TASK-AREA", values, row))
                return
            dm2.append(area)
        if (region, year) in self.seen:
            self.rejected.append(Rejected(number, "INTAKE-TASK-TWICE", {"region": region, "year": year}, row))
            return
        self.seen.add((region, year))
        self.tasks.append(Task(region, year, dm2[0], dm2[1] if len(dm2) > 1 else None, self.file))

    def _year(self, row: dict[str, str]) -> int | None:
        if self.year_field is None:
            return self.year
        found = re.fullmatch(r"(\d{4})年?", row[self.year_field])
        return int(found[1]) if found else None


def _task_dm2(text: str, unit: Fraction) -> int | None:
    """An area of a task in dm², exact; None where the text is no area. Thousands commas are allowed here."""
    plain = text.replace(",", "").replace("，", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    if not number.is_finite() or number < 0 or number.adjusted() > 17 or "_" in plain:
        return None
    dm2 = round_half_away(Fraction(number) * unit)
    return dm2 if dm2 <= MOST_TASK_DM2 else None
