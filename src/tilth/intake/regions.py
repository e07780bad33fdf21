"""Regions with their control areas, and the tasks they carry, from boundary layers and plain tables."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from tilth.core import DM2_PER_HA, DM2_PER_M2, DM2_PER_MU, BadInput, Finding, NeedsAnswer, round_half_away
from tilth.intake.columns import as_areas, as_text, plain_codes
from tilth.intake.layers import layer_field_of, layer_from
from tilth.intake.model import Rejected, Table, quarantine_frame
from tilth.intake.profiles import folded_name
from tilth.intake.screen import file_of, in_order, where_row
from tilth.intake.survey import IMPORT_RULES
from tilth.land import Draft, Meta, Region, Task, level_of_code, typed
from tilth.land.regions import LEVELS, parent_of_code
from tilth.land.snapshot import LAYER_COLUMNS

_CODE = ("XZQDM", "ZLDWDM", "code", "行政区代码", "坐落单位代码", "座落单位代码", "代码", "区划代码")
_NAME = ("XZQMC", "ZLDWMC", "name", "行政区名称", "坐落单位名称", "座落单位名称", "名称")
_CONTROL = ("DCMJ", "control_m2", "调查面积", "控制面积")
_ISLAND = ("MSSM", "island", "描述说明")
#: Digits that name a unit of each level.
_DIGITS = {"province": 2, "prefecture": 4, "county": 6, "township": 9, "village": 12}
MOST_TASK_DM2 = 10**16


def _found(names: list[str], wanted: tuple[str, ...]) -> str | None:
    by_name = {folded_name(name): name for name in reversed(names)}
    return next((by_name[folded_name(name)] for name in wanted if folded_name(name) in by_name), None)


def regions_from(
    table: Table,
    level: str | None = None,
    *,
    year: int | None = None,
    region: str = "",
    version: str = "",
    rules: str = IMPORT_RULES,
) -> tuple[list[Region], Draft]:
    """Regions by code, and the layer they were read from.

    Features of one code are one region; their control areas (DCMJ, or control_m2 of a plain table) are added,
    mainland (MSSM 00) and islands (01) apart. A plain table has the columns code and name, and may have level, parent
    and control_m2; its draft holds the rows without geometry and has no CRS: it is not to be published as a layer.

    Parameters
    ----------
    level
        "township" for XZQ, "village" for CJDCQ, …; by default the length of the codes tells. The codes of a level are
        cut to the digits that name it: ZLDWDM 3713020011010000000 is village 371302001101.

    Raises
    ------
    BadInput
        If there is no field for the code, or `level` is no level.
    """
    if level is not None and level not in LEVELS:
        raise BadInput("INTAKE-REGION-LEVEL", level=level, known=", ".join(LEVELS))
    frame = table.frame
    has_shapes = isinstance(frame, gpd.GeoDataFrame)
    if has_shapes:
        level = level or _common_level(frame)
        draft = layer_from(table, level or "township", year=year, region=region, version=version, rules=rules)
        frame = table.frame[table.frame["source_row"].isin(draft.parcels["source_row"])].reset_index(drop=True)
    names = [str(name) for name in frame.columns]
    code_field = (layer_field_of(level, "code", names) if level and has_shapes else None) or _found(names, _CODE)
    if code_field is None:
        raise BadInput("INTAKE-REGION-NO-FIELD", file=file_of(table), known=", ".join(_CODE))
    codes = _codes(plain_codes(as_text(frame[code_field])), level)
    of_layer = layer_field_of("village", "name", names) if level == "village" and has_shapes else None
    name_field = of_layer or _found(names, _NAME)
    reading = _Regions(frame, codes, _column(frame, name_field), level, file_of(table))
    reading.read(_found(names, _CONTROL), _found(names, _ISLAND), _found(names, ("level",)), _found(names, ("parent",)))
    if has_shapes:
        return reading.regions(), _with_rejects(draft, reading)
    return reading.regions(), _plain_draft(
        table, reading, level, year=year, region=region, version=version, rules=rules
    )


def _common_level(frame: pd.DataFrame) -> str | None:
    """The level that all codes of a layer are of, by their length; None where they differ or there is no code."""
    field_name = _found([str(name) for name in frame.columns], _CODE)
    if field_name is None:
        return None
    levels = {level_of_code(code) for code in _codes(plain_codes(as_text(frame[field_name])), None) if code}
    only = levels.pop() if len(levels) == 1 else None
    return only if only in LEVELS else None


def _codes(codes: pd.Series, level: str | None) -> pd.Series:
    digits = _DIGITS.get(level or "")
    if digits is not None:
        longer = codes.str.fullmatch(r"\d+") & (codes.str.len() > digits)
        return codes.where(~longer, codes.str[:digits])
    return codes.where(~codes.str.fullmatch(r"\d{13,19}"), codes.str[:12])


def _column(frame: pd.DataFrame, name: str | None) -> pd.Series:
    return as_text(frame[name]) if name is not None else pd.Series("", index=frame.index, dtype="str")


@dataclass
class _Unit:
    """A region while its rows are read; control areas in dm², by whether they are of islands."""

    level: str
    parent: str
    name: str = ""
    control: dict[bool, int] = field(default_factory=dict)


@dataclass
class _Regions:
    """Gathers the rows of a table into regions."""

    frame: pd.DataFrame
    codes: pd.Series
    names: pd.Series
    level: str | None
    file: str

    def __post_init__(self) -> None:
        self.rejected: list[Rejected] = []
        self.findings: list[Finding] = []
        self.found: dict[str, _Unit] = {}

    def read(self, control: str | None, island: str | None, level: str | None, parent: str | None) -> None:
        """All rows."""
        areas = as_areas(self.frame[control], "m2") if control is not None else None
        islands = plain_codes(_column(self.frame, island)).isin(["01", "1"]).to_numpy()
        levels, parents = _column(self.frame, level), _column(self.frame, parent)
        for at, code in enumerate(self.codes):
            if not code:
                self._reject(at, "INTAKE-REGION-CODE-NONE")
                continue
            if areas is not None and (areas.bad[at] or areas.dm2[at] < 0):
                self._reject(at, "INTAKE-REGION-CONTROL", value=str(areas.text.iat[at])[:60])
                continue
            first = self.found.setdefault(code, _Unit(levels.iat[at], parents.iat[at]))
            self._name(first, code, at)
            if areas is not None and areas.given[at]:
                side = bool(islands[at])
                first.control[side] = first.control.get(side, 0) + int(areas.dm2[at])

    def _reject(self, at: int, code: str, **values: Any) -> None:
        row = self.frame.iloc[at].to_dict()
        shape = row.pop(self.frame.geometry.name) if isinstance(self.frame, gpd.GeoDataFrame) else None
        self.rejected.append(Rejected(int(row.pop("source_row")), code, values, row, shape))

    def _name(self, first: _Unit, code: str, at: int) -> None:
        name = self.names.iat[at]
        if name and first.name and name != first.name:
            where = where_row(self.file, int(self.frame["source_row"].iat[at]), code)
            values = {"code": code, "name": name, "first": first.name}
            self.findings.append(Finding("INTAKE-REGION-TWICE", where, values))
        first.name = first.name or name

    def regions(self) -> list[Region]:
        """By code; a parent that no row names is the longest known code that begins this one, or the unit above."""
        return [
            Region(
                code,
                first.name or code,
                first.level or self.level or level_of_code(code),
                first.parent or parent_of_code(code, self.found) or _above(code),
                first.control.get(False),
                first.control.get(True),
            )
            for code, first in sorted(self.found.items())
        ]


def _above(code: str) -> str | None:
    """The code of the unit above by the national scheme: 12 digits → 9 → 6 → 4 → 2."""
    if not code.isdigit():
        return None
    return {12: code[:9], 9: code[:6], 6: code[:4], 4: code[:2]}.get(len(code))


def _with_rejects(draft: Draft, reading: _Regions) -> Draft:
    """The layer's draft, with rows that gave no region moved to its quarantine."""
    if not reading.rejected and not reading.findings:
        return draft
    lost = {row.source_row for row in reading.rejected}
    kept = draft.parcels[~draft.parcels["source_row"].isin(list(lost))].reset_index(drop=True)
    more = quarantine_frame(reading.rejected, draft.meta.crs)
    both = [part for part in (draft.quarantine, more) if len(part)]
    quarantine = gpd.GeoDataFrame(pd.concat(both, ignore_index=True), crs=draft.meta.crs) if both else more
    record = {
        **draft.meta.as_record(),
        "rows_stored": len(kept),
        "rows_quarantined": len(quarantine),
        "area_dm2": int(kept["area_dm2"].sum()),
    }
    return Draft(Meta.from_record(record), kept, (*draft.findings, *reading.findings), quarantine)


def _plain_draft(
    table: Table, reading: _Regions, level: str | None, *, year: int | None, region: str, version: str, rules: str
) -> Draft:
    lost = {row.source_row for row in reading.rejected}
    kept = (~reading.frame["source_row"].isin(list(lost))).to_numpy(dtype=np.bool_)
    columns = {
        "feature_id": reading.codes[kept],
        "source_row": reading.frame["source_row"][kept],
        "name": reading.names[kept],
        "code": reading.codes[kept],
    }
    rows = typed(pd.DataFrame(columns), LAYER_COLUMNS).reset_index(drop=True)
    rejected = in_order([*table.rejected, *reading.rejected])
    meta = Meta(
        kind=level or "region",
        year=year,
        region=region,
        crs="",
        code_system="",
        profile="regions",
        sources=table.sources,
        rows_in=table.rows_in,
        rows_stored=len(rows),
        rows_quarantined=len(rejected),
        area_dm2=0,
        area_from="file",
        version=version,
        rules=rules,
    )
    stored = gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries([None] * len(rows)))
    return Draft(meta, stored, (*table.findings, *reading.findings), quarantine_frame(rejected, None))


_DM2_PER_UNIT = {
    "m2": Fraction(DM2_PER_M2),
    "ha": Fraction(DM2_PER_HA),
    "mu": DM2_PER_MU,
    "10000mu": DM2_PER_MU * 10_000,
    "10000ha": Fraction(DM2_PER_HA) * 10_000,
}
#: Ways to write a unit in a heading, the longer before those that they end in.
_UNIT_WORDS = (
    ("10000mu", ("万亩", "10000mu", "wan_mu", "wanmu", "10000 mu", "10^4 mu", "10⁴ mu")),
    ("10000ha", ("万公顷", "10000ha", "10000 ha")),
    ("ha", ("公顷", "hectare", "_ha", "(ha", " ha", "[ha")),
    ("mu", ("亩", "_mu", "(mu", " mu", "[mu")),
    ("m2", ("平方米", "㎡", "m²", "m2")),
)
_TASK_REGION = ("region", "region_code", "code", "XZQDM", "行政区代码", "行政区", "代码", "地区", "province")
_TASK_YEAR = ("year", "年份", "年度", "目标年")
_HOLDING = ("holding", "retention", "耕地保有量", "gdbyl", "farmland_task")
_PBF = ("pbf", "永久基本农田", "基本农田", "yjjbnt")


def tasks_from(table: Table | pd.DataFrame, *, year: int | None = None) -> tuple[list[Task], list[Rejected]]:
    """Tasks by row, and the rows that are none, each with its reason.

    Columns: region (or code, 行政区代码), year (年份), the farmland to hold (holding, 耕地保有量) and the permanent
    PBF (pbf, 永久基本农田). Headings of the areas say their unit: m2, ha, mu, 万亩, 万公顷. A table without a
    column for basic farmland gives tasks of 0 for it.

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
    region, year_field = _found(names, _TASK_REGION), _found(names, _TASK_YEAR)
    holding, pbf = _heading(names, _HOLDING), _heading(names, _PBF)
    year = year if year is not None else _year_in(holding)
    for what, known in (("region", region), ("holding", holding), ("year", year_field or year)):
        if known is None:
            raise BadInput("INTAKE-TASK-NO-FIELD", file=file, what=what, columns=", ".join(names)[:200])
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
    found = re.search(r"(?<!\d)(?:19|20|21)\d\d(?!\d)", heading or "")
    return int(found[0]) if found else None


def _unit(heading: str, file: str) -> str:
    folded = folded_name(heading)
    for unit, words in _UNIT_WORDS:
        if any(word in folded for word in words):
            return unit
    raise NeedsAnswer("INTAKE-TASK-UNIT", file=file, column=heading)


@dataclass
class _Tasks:
    """Reads tasks row by row."""

    file: str
    year: int | None
    year_field: str | None
    region_field: str
    areas: list[tuple[str, str]]  # heading and unit of the holding, then of the basic farmland where there is one

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
        self.tasks.append(Task(region, year, dm2[0], dm2[1] if len(dm2) > 1 else 0, self.file))

    def _year(self, row: dict[str, str]) -> int | None:
        if self.year_field is None:
            return self.year
        found = re.fullmatch(r"(\d{4})年?", row[self.year_field])
        return int(found[1]) if found else None


def _task_dm2(text: str, unit: str) -> int | None:
    """An area of a task in dm², exact; None where the text is no area. Thousands commas are allowed here."""
    plain = text.replace(",", "").replace("，", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    if not number.is_finite() or number < 0 or number.adjusted() > 17 or "_" in plain:
        return None
    dm2 = round_half_away(Fraction(number) * _DM2_PER_UNIT[unit])
    return dm2 if dm2 <= MOST_TASK_DM2 else None
