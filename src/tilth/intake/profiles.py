"""Profiles: which field of a foreign file is which column of a parcel, in what unit and under which code system.

A profile is a TOML file. Two ship with the product ("dltb", "fiboa"); a user's own MAP.toml has the same form:

    name = "okayama"                  # required; shown in the snapshot's meta
    title = "farmland register"       # optional, as is title_zh
    code_system = "okayama-land"      # a shipped list (sd2017, …) or any name: then the codes of the file are the list
    class_required = true             # is a row without a known class quarantined? default: false
    area_check = "warn"               # areas that the geometry contradicts: "warn" (keep them) or "measure"

    [fields]                          # column = source field, or several names of it, the first found is used
    parcel_id = "LotID"
    class_code = ["ClassOfLand", "Class"]
    area = "AreaOnRegistry"

    [units]                           # of the areas, by column or by source field: m2 (default), ha, mu, km2, acre
    area = "m2"

    [defaults]                        # for columns that the file has no field for
    class_code = "unclassified"

Columns are those of `tilth.land.PARCEL_COLUMNS`, with the areas under their plain names (area, stated_net,
stated_deduct, linear_deduct, point_deduct), and the soil columns of `QUALITY_COLUMNS`. Names of fields match without
regard to case, and also when a shapefile has cut them to ten characters.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

from tilth.core import BadInput, Finding, Label, Where
from tilth.intake.columns import M2_PER_UNIT, folded_name
from tilth.land import PARCEL_COLUMNS

SHIPPED = ("dltb", "fiboa")
#: Soil and water columns that are kept, with their dtypes, where a file has them.
QUALITY_COLUMNS = {
    "organic_matter_g_kg": "float64",
    "soil_depth_cm": "float64",
    "ph": "float64",
    "salt_g_kg": "float64",
    "irrigation": "str",
    "drainage": "str",
}
#: Area columns under the names that a profile uses for them. linear and point: the second survey's deductions.
AREA_COLUMNS = {
    "area": "area_dm2",
    "stated_net": "stated_net_dm2",
    "stated_deduct": "stated_deduct_dm2",
    "linear_deduct": "linear_deduct_dm2",
    "point_deduct": "point_deduct_dm2",
}
UNITS = tuple(M2_PER_UNIT)
#: Columns that the import makes itself.
_MADE = {"source_row", "net_area_dm2", "deduct_dm2", *AREA_COLUMNS.values()}
MAPPABLE = (*(name for name in PARCEL_COLUMNS if name not in _MADE), *AREA_COLUMNS, *QUALITY_COLUMNS)
_KEYS: dict[str, type] = {
    "name": str,
    "title": str,
    "title_zh": str,
    "code_system": str,
    "class_required": bool,
    "area_check": str,
    "fields": dict,
    "units": dict,
    "defaults": dict,
}
NAME_LENGTH = 10  # of a shapefile's field, in bytes


@dataclass(frozen=True)
class Profile:
    """How the fields of one kind of file map to parcel columns."""

    name: str
    title: Label
    code_system: str
    fields: Mapping[str, tuple[str, ...]]  # column -> source names, the preferred first
    units: Mapping[str, str] = field(default_factory=dict)  # column or source name -> one of UNITS
    defaults: Mapping[str, str] = field(default_factory=dict)
    class_required: bool = False
    area_check: str = "warn"

    def match(self, names: Iterable[str]) -> Matched:
        """Which of the source fields `names` is which column."""
        return _match(self, list(names))

    def unit(self, column: str, source: str) -> str:
        """The unit of an area column read from field `source`."""
        folded = {folded_name(name): unit for name, unit in self.units.items()}
        return folded.get(folded_name(source), self.units.get(column, "m2"))


@dataclass(frozen=True)
class Matched:
    """The outcome of matching: source field by column, fields that lost to a preferred one, fields left over."""

    columns: Mapping[str, str]
    second: Mapping[str, str]  # source field -> the field that was preferred
    rest: tuple[str, ...]

    def findings(self, file: str) -> list[Finding]:
        """One for each field that says the same as the preferred one."""
        return [
            Finding("INTAKE-PROFILE-TWO-FIELDS", Where(file=file), {"field": name, "preferred": preferred})
            for name, preferred in self.second.items()
        ]


def _cut(name: str) -> set[str]:
    """What is left of a name when a shapefile cuts it to ten bytes, in either encoding."""
    cuts = {name.encode(code, "ignore")[:NAME_LENGTH].decode(code, "ignore") for code in ("gbk", "utf-8")}
    return {cut for cut in cuts if cut != name and len(cut.encode()) >= NAME_LENGTH - 1}


def _match(profile: Profile, names: list[str]) -> Matched:
    by_name: dict[str, str] = {}
    for name in names:
        by_name.setdefault(folded_name(name), name)
    cut_of: dict[str, set[str]] = {}
    for column, synonyms in profile.fields.items():
        for synonym in synonyms:
            for cut in _cut(folded_name(synonym)):
                cut_of.setdefault(cut, set()).add(column)
    columns: dict[str, str] = {}
    second: dict[str, str] = {}
    for column, synonyms in profile.fields.items():
        wanted = [folded_name(synonym) for synonym in synonyms]
        wanted += [cut for name in wanted for cut in sorted(_cut(name)) if cut_of[cut] == {column}]
        found = [by_name[name] for name in dict.fromkeys(wanted) if name in by_name]
        if found:
            columns[column] = found[0]
            second.update(dict.fromkeys(found[1:], found[0]))
    used = set(columns.values())
    return Matched(columns, second, tuple(name for name in names if name not in used))


def profile(name: str | PathLike[str]) -> Profile:
    """The profile of that name ("dltb", "fiboa"), or the one in a MAP.toml of the user's own.

    Raises
    ------
    BadInput
        If there is no such profile or file, or the file has a key, column or unit that is not known.
    """
    if str(name) in SHIPPED:
        text = files("tilth.intake").joinpath(f"data/profile-{name}.toml").read_text(encoding="utf-8")
        return profile_from(text, f"profile-{name}.toml")
    path = Path(name)
    if path.suffix.casefold() != ".toml":
        raise BadInput("INTAKE-PROFILE-UNKNOWN", name=str(name), known=", ".join(SHIPPED))
    try:
        return profile_from(path.read_text(encoding="utf-8-sig"), path.name)
    except OSError as error:
        raise BadInput("INTAKE-PROFILE-UNREADABLE", file=str(path), why=error.strerror or "") from None
    except UnicodeError:
        raise BadInput("INTAKE-PROFILE-UNREADABLE", file=str(path), why="UTF-8") from None


def profile_from(text: str, file: str) -> Profile:
    """The profile that the TOML `text` describes; `file` is named in errors."""
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput("INTAKE-PROFILE-TOML", file=file, why=str(error)) from None
    for key, value in content.items():
        if key not in _KEYS:
            raise BadInput("INTAKE-PROFILE-KEY", file=file, key=key, known=", ".join(_KEYS))
        if not isinstance(value, _KEYS[key]):
            raise BadInput("INTAKE-PROFILE-VALUE", file=file, key=key, value=repr(value))
    if not content.get("name") or not content.get("fields"):
        raise BadInput("INTAKE-PROFILE-MISSING", file=file, key="name" if not content.get("name") else "fields")
    title = content.get("title", content["name"])
    made = Profile(
        name=content["name"],
        title=Label(title, content.get("title_zh", title)),
        code_system=content.get("code_system", content["name"]),
        fields={column: _names(file, column, value) for column, value in content["fields"].items()},
        units=content.get("units", {}),
        defaults={column: str(value) for column, value in content.get("defaults", {}).items()},
        class_required=content.get("class_required", False),
        area_check=content.get("area_check", "warn"),
    )
    _check(made, file)
    return made


def _names(file: str, column: str, value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise BadInput("INTAKE-PROFILE-VALUE", file=file, key=f"fields.{column}", value=repr(value))
    return tuple(names)


def _check(made: Profile, file: str) -> None:
    for part, columns in (("fields", made.fields), ("defaults", made.defaults)):
        for column in columns:
            if column not in MAPPABLE:
                raise BadInput(
                    "INTAKE-PROFILE-COLUMN", file=file, key=f"{part}.{column}", known=", ".join(sorted(MAPPABLE))
                )
    sources = {folded_name(name) for names in made.fields.values() for name in names}
    for key, unit in made.units.items():
        if unit not in UNITS:
            raise BadInput("INTAKE-PROFILE-VALUE", file=file, key=f"units.{key}", value=repr(unit))
        if key not in AREA_COLUMNS and folded_name(key) not in sources:
            raise BadInput("INTAKE-PROFILE-COLUMN", file=file, key=f"units.{key}", known=", ".join(AREA_COLUMNS))
    if made.area_check not in {"warn", "measure"}:
        raise BadInput("INTAKE-PROFILE-VALUE", file=file, key="area_check", value=repr(made.area_check))


def choose_profile(
    name: str | PathLike[str] | Profile, names: Iterable[str], file: str
) -> tuple[Profile, list[Finding]]:
    """The profile asked for; for "auto" the one whose fields the file has, with a finding that says which."""
    if isinstance(name, Profile):
        return name, []
    if str(name) != "auto":
        return profile(name), []
    found = list(names)
    survey = profile("dltb")
    if "class_code" in survey.match(found).columns:
        field_name = survey.match(found).columns["class_code"]
        return survey, [Finding("INTAKE-PROFILE-CHOSEN", Where(file=file), {"profile": "dltb", "field": field_name})]
    return profile("fiboa"), [Finding("INTAKE-PROFILE-GENERIC", Where(file=file), {"profile": "fiboa"})]
