"""The rows of a table: a region tree cut down to the regions that hold land, and which places each row sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tilth.change.distinct import by_value
from tilth.core import IntArray, Label, Row, label
from tilth.land import RegionTree
from tilth.land.regions import parent_of_code

if TYPE_CHECKING:
    import pandas as pd

#: The row above several roots, where the tree itself has no top.
WHOLE = "*"


@dataclass(frozen=True)
class Places:
    """Rows for regions, parents before children, over *places*: the bottom regions, one for each region code in use.

    Every place stands in exactly one row of each level above it, so a row is the sum of its places and the rows
    below a row add up to it, whatever the tree looks like.
    """

    rows: tuple[Row, ...]  # key (name, code)
    codes: tuple[str, ...]  # (places,) the region code of each place
    members: IntArray  # (rows, places) 1 where the place lies in the row
    control: IntArray  # (places,) the row that sets the control area of each place: its county, or the top row

    def of(self, codes: pd.Series[Any]) -> IntArray:
        """(n,) the place of each region code."""
        position = {code: index for index, code in enumerate(self.codes)}
        return by_value(codes, position.__getitem__, np.int64)

    def sums(self, by_place: IntArray) -> IntArray:
        """(rows, columns) from (places, columns)."""
        total: IntArray = self.members @ by_place
        return total

    def row_of(self, code: str) -> int:
        """The row of a region code. LookupError if it has none."""
        return [row.key[1] for row in self.rows].index(code)


def places(
    codes: Iterable[str], regions: RegionTree, *, names: Mapping[str, str] | None = None, top: str | None = None
) -> Places:
    """Rows for the region codes that parcels carry.

    A code that the tree does not know hangs below the longest known code it begins with, else below the only root.
    Land that lies in a region itself, not in one of the regions below it, gets a row of its own below that region.

    Parameters
    ----------
    codes
        Region codes of the parcels, any order, repeats allowed; "" is land without a code.
    names
        Names for codes that the tree does not know.
    top
        Region of the first row; else the lowest region that holds all codes, taken up to its county.
    """
    used = sorted(set(codes))
    parents = _parents(used, regions)
    lines = {code: _line(code, parents) for code in used}
    top = _top(lines, regions, parents, top)
    kept = {code for line in lines.values() for code in line[: line.index(top) + 1]} | {top}
    kept |= {code for code in regions.regions if _inside_county(code, kept, regions, top)}
    below: dict[str, list[str]] = {}
    for code in sorted(kept - {top}):
        below.setdefault(parents.get(code) or WHOLE, []).append(code)
    return _laid_out(top, below, set(used), lambda code: _name(code, regions, names or {}), regions)


def _parents(used: list[str], regions: RegionTree) -> dict[str, str]:
    roots = [region.code for region in regions.roots()]
    fallback = roots[0] if len(roots) == 1 else WHOLE
    parents = {code: (r.parent if r.parent in regions else WHOLE) or WHOLE for code, r in regions.regions.items()}
    for code in used:
        if code not in regions:
            parents[code] = (parent_of_code(code, regions.regions) if code else None) or fallback
    return parents


def _line(code: str, parents: Mapping[str, str]) -> list[str]:
    line = [code]
    while line[-1] != WHOLE:
        line.append(parents[line[-1]])
    return line


def _top(lines: Mapping[str, list[str]], regions: RegionTree, parents: Mapping[str, str], asked: str | None) -> str:
    if asked is not None and asked in parents and all(asked in line for line in lines.values()):
        return asked
    if not lines:
        roots = regions.roots()
        return roots[0].code if len(roots) == 1 else WHOLE
    shared = set.intersection(*(set(line) for line in lines.values()))
    lowest = next(code for code in next(iter(lines.values())) if code in shared)
    if lowest == WHOLE:
        return WHOLE
    counties = [code for code in _line(lowest, parents)[:-1] if code in regions and regions[code].level == "county"]
    return counties[0] if counties else lowest


def _inside_county(code: str, kept: set[str], regions: RegionTree, top: str) -> bool:
    """Does `code` lie in a county of the table? Its villages are listed even where they hold no land."""
    for ancestor in regions.ancestors(code):
        if ancestor.level == "county" or ancestor.code == top:
            return ancestor.code in kept and (ancestor.level == "county" or ancestor.code == top)
    return False


def _name(code: str, regions: RegionTree, names: Mapping[str, str]) -> str | Label:
    if code == WHOLE:
        return label("CHANGE-TOTAL")
    if code in regions:
        return regions[code].name
    return names.get(code) or code or label("CHANGE-NO-REGION")


def _laid_out(
    top: str, below: Mapping[str, list[str]], used: set[str], name: Callable[[str], str | Label], regions: RegionTree
) -> Places:
    rows: list[Row] = []
    place_codes: list[str] = []
    lines: list[list[int]] = []
    control: list[int] = []

    def place(code: str, line: list[int], county: int) -> None:
        place_codes.append(code)
        lines.append(line)
        control.append(county)

    def add(code: str, line: list[int], county: int) -> None:
        index = len(rows)
        rows.append(Row((name(code), "" if code == WHOLE else code), len(line)))
        if code in regions and regions[code].level == "county":
            county = index
        children = below.get(code, [])
        for child in children:
            add(child, [*line, index], county)
        if not children:
            place(code, [*line, index], county)
        elif code in used:
            rows.append(Row((label("CHANGE-REST", name=name(code)), code), len(line) + 1))
            place(code, [*line, index, len(rows) - 1], county)

    add(top, [], 0)
    members = np.zeros((len(rows), len(place_codes)), dtype=np.int64)
    for column, line in enumerate(lines):
        members[line, column] = 1
    return Places(tuple(rows), tuple(place_codes), members, np.array(control, dtype=np.int64))
