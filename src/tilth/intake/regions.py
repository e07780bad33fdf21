"""Regions with their control areas, and the groups they belong to, from boundary layers and plain tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from tilth.core import BadInput, Finding
from tilth.intake.columns import as_areas, as_text, found_column, listed, plain_codes
from tilth.intake.layers import layer_field_of, layer_from
from tilth.intake.model import Rejected, Table, quarantine_frame
from tilth.intake.screen import file_of, in_order, where_row
from tilth.intake.survey import IMPORT_RULES
from tilth.land import Draft, Meta, Region, level_of_code, typed
from tilth.land.regions import LEVELS, parent_of_code
from tilth.land.snapshot import LAYER_COLUMNS

_CODE = ("XZQDM", "ZLDWDM", "code", "行政区代码", "坐落单位代码", "座落单位代码", "代码", "区划代码")
_NAME = ("XZQMC", "ZLDWMC", "name", "行政区名称", "坐落单位名称", "座落单位名称", "名称")
_CONTROL = ("DCMJ", "control_m2", "调查面积", "控制面积")
_ISLAND = ("MSSM", "island", "描述说明")
_LEVEL = ("level", "级别", "层级")
_PARENT = ("parent", "上级代码", "上级")
_GROUP = ("group", "区域组", "分组")
#: Further columns, none of which a table must have.
_FURTHER = {"control": _CONTROL, "island": _ISLAND, "level": _LEVEL, "parent": _PARENT, "group": _GROUP}
#: Signs between the groups of one region.
_BETWEEN_GROUPS = re.compile(r"[;；、|]")
#: Digits that name a unit of each level.
_DIGITS = {"province": 2, "prefecture": 4, "county": 6, "township": 9, "village": 12}


class ReadRegions(NamedTuple):
    """What a file of regions holds."""

    regions: list[Region]
    draft: Draft  # the layer they were read from
    groups: dict[str, list[str]]  # by name of the group, the codes of its regions in the file's order


def regions_from(
    table: Table,
    level: str | None = None,
    *,
    year: int | None = None,
    region: str = "",
    version: str = "",
    rules: str = IMPORT_RULES,
) -> ReadRegions:
    """Regions by code, the layer they were read from, and the groups that a table names.

    Features of one code are one region; their control areas (DCMJ, or control_m2 of a plain table) are added,
    mainland (MSSM 00) and islands (01) apart. A plain table has the column code, and may have name, level, parent,
    control_m2, island and group (several apart by ";"); its draft holds the rows without geometry and has no CRS: it is
    not to be published as a layer.

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
    code_field = (layer_field_of(level, "code", names) if level and has_shapes else None) or found_column(names, _CODE)
    if code_field is None:
        raise BadInput("INTAKE-REGION-NO-FIELD", file=file_of(table), known=", ".join(_CODE), columns=listed(names))
    codes = _codes(plain_codes(as_text(frame[code_field])), level)
    of_layer = layer_field_of("village", "name", names) if level == "village" and has_shapes else None
    name_field = of_layer or found_column(names, _NAME)
    reading = _Regions(frame, codes, _column(frame, name_field), level, file_of(table))
    reading.read({name: found_column(names, wanted) for name, wanted in _FURTHER.items()})
    if has_shapes:
        draft = _with_rejects(draft, reading)
    else:
        draft = _plain_draft(table, reading, level, year=year, region=region, version=version, rules=rules)
    return ReadRegions(reading.regions(), draft, reading.groups)


def _common_level(frame: pd.DataFrame) -> str | None:
    """The level that all codes of a layer are of, by their length; None where they differ or there is no code."""
    field_name = found_column([str(name) for name in frame.columns], _CODE)
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
        self.groups: dict[str, list[str]] = {}

    def read(self, names: Mapping[str, str | None]) -> None:
        """All rows. `names`: the column of each further value, None where there is none."""
        control = names["control"]
        areas = as_areas(self.frame[control], "m2") if control is not None else None
        islands = plain_codes(_column(self.frame, names["island"])).isin(["01", "1"]).to_numpy()
        # A feature has ground, so 0 is no control area; in a plain table it may stand for none.
        shaped = areas is not None and isinstance(self.frame, gpd.GeoDataFrame)
        least = areas.given.astype(np.int64) if areas is not None and shaped else np.zeros(len(self.codes), np.int64)
        levels, parents, groups = (_column(self.frame, names[name]) for name in ("level", "parent", "group"))
        for at, code in enumerate(self.codes):
            if not code:
                self._reject(at, "INTAKE-REGION-CODE-NONE")
                continue
            if levels.iat[at] and levels.iat[at] not in LEVELS:
                self._reject(at, "INTAKE-REGION-LEVEL-ROW", level=levels.iat[at][:60], known=", ".join(LEVELS))
                continue
            if areas is not None and (areas.bad[at] or areas.dm2[at] < least[at]):
                self._reject(at, "INTAKE-REGION-CONTROL", value=str(areas.text.iat[at])[:60])
                continue
            first = self.found.setdefault(code, _Unit(levels.iat[at], parents.iat[at]))
            self._name(first, code, at)
            if areas is not None and areas.given[at]:
                side = bool(islands[at])
                first.control[side] = first.control.get(side, 0) + int(areas.dm2[at])
            for group in filter(None, (part.strip() for part in _BETWEEN_GROUPS.split(groups.iat[at]))):
                self.groups.setdefault(group, []).append(code)

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
    still_true = [finding for finding in draft.findings if finding.where.row not in lost]
    return Draft(Meta.from_record(record), kept, (*still_true, *reading.findings), quarantine)


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
