"""The region tree (country > province > … > village), named groups of regions, and the tasks they carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tilth.core import NotFound

#: Depth of a Chinese administrative code by its length: 6 county, 9 township, 12 village.
LEVELS = ("country", "province", "prefecture", "county", "township", "village")
_LEVEL_OF_LENGTH = {2: "province", 4: "prefecture", 6: "county", 9: "township", 12: "village"}


@dataclass(frozen=True, slots=True)
class Region:
    """One unit of the tree. Control areas are what the level above assigns; None where no file gave one."""

    code: str
    name: str
    level: str
    parent: str | None = None
    control_dm2: int | None = None  # mainland (MSSM 00)
    control_island_dm2: int | None = None  # islands (MSSM 01), kept apart


@dataclass(frozen=True, slots=True)
class Task:
    """What a region must hold in a year: farmland (耕地保有量) and permanent basic farmland (永久基本农田)."""

    region: str
    year: int
    holding_dm2: int
    pbf_dm2: int | None  # None: the table of tasks says nothing of it
    source: str = ""


@dataclass(frozen=True)
class RegionTree:
    """Regions by code, and named groups (any set of regions, of any province)."""

    regions: Mapping[str, Region]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __contains__(self, code: object) -> bool:
        return code in self.regions

    def __getitem__(self, code: str) -> Region:
        try:
            return self.regions[code]
        except KeyError:
            raise NotFound("LAND-REGION-UNKNOWN", code=code) from None

    def children(self, code: str) -> list[Region]:
        """Regions directly below `code`, by code."""
        return sorted((r for r in self.regions.values() if r.parent == code), key=lambda region: region.code)

    def roots(self) -> list[Region]:
        """Regions whose parent is not in the tree."""
        return sorted((r for r in self.regions.values() if r.parent not in self.regions), key=lambda r: r.code)

    def at_level(self, level: str) -> list[Region]:
        """All regions of one level, by code."""
        return sorted((r for r in self.regions.values() if r.level == level), key=lambda region: region.code)

    def ancestors(self, code: str) -> list[Region]:
        """From the region itself up to its root; regions that lie in one another are each named once."""
        line, seen = [self[code]], {code}
        while line[-1].parent in self.regions and line[-1].parent not in seen:
            line.append(self.regions[str(line[-1].parent)])
            seen.add(line[-1].code)
        return line

    def below(self, code: str) -> frozenset[str]:
        """The code of a region and of all below it.

        Raises
        ------
        NotFound
            If there is no such region.
        """
        children: dict[str | None, list[str]] = {}
        for one in self.regions.values():
            children.setdefault(one.parent, []).append(one.code)
        found, waiting = {self[code].code}, [code]
        while waiting:
            new = [one for one in children.get(waiting.pop(), ()) if one not in found]
            found.update(new)
            waiting += new
        return frozenset(found)

    def walk(self) -> Iterator[tuple[Region, int]]:
        """Every region with its depth, each parent before its children, as the report tables list them."""
        below: dict[str | None, list[Region]] = {}
        for region in sorted(self.regions.values(), key=lambda region: region.code):
            below.setdefault(region.parent if region.parent in self.regions else None, []).append(region)
        stack = [(region, 0) for region in reversed(below.get(None, []))]
        while stack:
            region, depth = stack.pop()
            yield region, depth
            stack.extend((child, depth + 1) for child in reversed(below.get(region.code, [])))

    def members(self, group: str) -> tuple[str, ...]:
        """Codes of the regions in a named group."""
        try:
            return self.groups[group]
        except KeyError:
            known = ", ".join(sorted(self.groups)) or "-"
            raise NotFound("LAND-GROUP-UNKNOWN", group=group, known=known) from None


def level_of_code(code: str) -> str:
    """The level that a Chinese administrative code of this length stands for; "region" for any other code."""
    return _LEVEL_OF_LENGTH.get(len(code), "region") if code.isdigit() else "region"


def parent_of_code(code: str, known: Iterable[str]) -> str | None:
    """The longest known code that `code` begins with, or None."""
    candidates = [other for other in known if other != code and code.startswith(other)]
    return max(candidates, key=len, default=None)


def tree_from_codes(village_codes: Sequence[str], county: Region, names: Mapping[str, str] | None = None) -> RegionTree:
    """The tree that the parcels' own location codes imply: county, townships (9 digits), villages (12 digits).

    Codes that are not 12 digits hang below the county as they are.
    """
    names = names or {}
    regions = {county.code: county}
    for code in sorted(set(village_codes)):
        if code == county.code:
            continue
        parent = county.code
        if len(code) == 12 and code.isdigit():
            township = code[:9]
            regions.setdefault(township, Region(township, names.get(township, township), "township", county.code))
            parent = township
        regions[code] = Region(code, names.get(code, code), level_of_code(code), parent)
    return RegionTree(regions)
