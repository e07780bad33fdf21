"""Land classes and the code systems they belong to. The same digits mean different land in two systems."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tilth.core import BadInput, Label

#: The view of 0404 (other grassland), on which GB/T 21010-2017 and a public survey template disagree.
THREE_CLASS_DEFAULT = {"0404": "unused"}


@dataclass(frozen=True, slots=True)
class LandClass:
    """One class of a code system."""

    code: str
    level: int  # 1 heading, 2 class, 3 refinement counted inside its parent
    parent: str  # code of the class above; level 1 cannot be derived from digits
    label: Label
    three_class: str  # agricultural | construction | unused | mixed | agricultural|unused
    farmland: bool
    leaf: bool  # may stand on a parcel
    suffix: str = ""  # K adjustable, A refinement, H merged
    linear: bool = False  # a linear-feature width is allowed
    lost_to: str = ""  # flow kind when farmland becomes this: NONAG, AGSTRUCT, AGFACILITY, ECO, NATURAL
    seea: str = ""  # SEEA land-cover group, where the table gives one


@dataclass(frozen=True)
class CodeSystem:
    """A list of classes under one name, e.g. "sd2017", the working classification of the third survey."""

    id: str
    title: Label
    classes: Mapping[str, LandClass]
    three_class_of: Mapping[str, str]  # settings for classes whose sources disagree

    def __contains__(self, code: object) -> bool:
        return code in self.classes

    def __getitem__(self, code: str) -> LandClass:
        try:
            return self.classes[code]
        except KeyError:
            raise BadInput("LAND-CLASS-UNKNOWN", code=code, system=self.id) from None

    @property
    def leaves(self) -> list[str]:
        """Codes that may stand on a parcel, in the official order of the list."""
        return [code for code, land_class in self.classes.items() if land_class.leaf]

    @property
    def headings(self) -> list[str]:
        """Level-1 codes, in the official order."""
        return [code for code, land_class in self.classes.items() if land_class.level == 1]

    def base(self, code: str) -> str:
        """The level-2 class that `code` is counted in: itself, or the parent of a K or A refinement."""
        land_class = self[code]
        return land_class.parent if land_class.level == 3 else code

    def heading(self, code: str) -> str:
        """The level-1 class above `code`, by the list's parent column, never by its digits."""
        land_class = self[code]
        while land_class.level > 1:
            land_class = self[land_class.parent]
        return land_class.code

    def three_class(self, code: str) -> str:
        """agricultural, construction or unused; open cases by the setting."""
        if code in self.three_class_of:
            return self.three_class_of[code]
        return self[code].three_class

    def is_farmland(self, code: str) -> bool:
        """Is this farmland (耕地)? K classes are restorable stock, not farmland."""
        return self[code].farmland

    def qualified(self, code: str) -> str:
        """The code with its system, as it is written outside the workspace: "sd2017:0303"."""
        return f"{self.id}:{code}"

    def named(self, code: str) -> str:
        """The code and its name in the language in use."""
        return f"{code} {self[code].label}"


def _flag(row: Mapping[str, str], name: str) -> bool:
    return row.get(name, "") == "1"


_TITLES = {
    "sd2017": Label("third-survey working classification", "第三次国土调查工作分类"),
    "gh2023": Label("land-and-sea use classification 2023", "国土空间调查、规划、用途管制用地用海分类"),
    "ed2007": Label("second-survey classification", "第二次土地调查土地分类"),
}


@cache
def code_system(system: str) -> CodeSystem:
    """A code system that ships with the product: "sd2017", "gh2023" or "ed2007".

    Raises
    ------
    BadInput
        If there is no such system.
    """
    source = files("tilth.land").joinpath(f"data/classes-{system}.csv")
    if system not in _TITLES or not source.is_file():
        raise BadInput("LAND-SYSTEM-UNKNOWN", system=system, known=", ".join(_TITLES))
    classes = {}
    for row in csv.DictReader(source.read_text(encoding="utf-8").splitlines()):
        classes[row["code"]] = LandClass(
            code=row["code"],
            level=int(row["level"]),
            parent=row["parent"],
            label=Label(row["name_en"], row["name_zh"]),
            three_class=row.get("three_class", ""),
            farmland=_flag(row, "is_farmland"),
            leaf=_flag(row, "leaf_in_dltb"),
            suffix=row.get("suffix", ""),
            linear=_flag(row, "linear_width_field"),
            lost_to=row.get("flow_if_farmland_lost_to", ""),
            seea=row.get("seea", ""),
        )
    return CodeSystem(system, _TITLES[system], classes, THREE_CLASS_DEFAULT)


def observed_code_system(system: str, codes: Iterable[str], names: Mapping[str, str] | None = None) -> CodeSystem:
    """A flat code system made of the codes that a foreign file uses, in sorted order.

    Used for any data whose classes are not in a shipped list (a profile of the user's own, crop codes of a field
    register). Every code is a level-1 leaf, nothing is farmland.
    """
    names = names or {}
    classes = {
        code: LandClass(code, 1, "", Label(names.get(code, code), names.get(code, code)), "", False, True)
        for code in sorted(set(codes))
    }
    return CodeSystem(system, Label(system, system), classes, {})


@dataclass(frozen=True, slots=True)
class Correspondence:
    """One row of a mapping between two systems. One-to-many rows name the candidates and choose nothing in silence."""

    source: str
    target: str  # the usual target; only a proposal where `one_to_many`
    one_to_many: bool
    candidates: tuple[str, ...]


@cache
def correspondence(source_system: str, target_system: str) -> Mapping[str, Correspondence]:
    """How the codes of one system map to another's, by source code.

    Raises
    ------
    BadInput
        If there is no such mapping.
    """
    source = files("tilth.land").joinpath(f"data/map-{source_system}-{target_system}.csv")
    if not source.is_file():
        raise BadInput("LAND-MAP-UNKNOWN", source=source_system, target=target_system)
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {
        row["source"]: Correspondence(
            row["source"], row["target"], row["one_to_many"] == "1", tuple(row["candidates"].split())
        )
        for row in rows
    }
