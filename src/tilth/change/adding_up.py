"""Does a table add up? Regions below one make it up to 0.01 m², and so do its classes the control area (INV-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tilth.core import AreaTable, Finding, Where
from tilth.land import Region, RegionTree


def levels_differ(table: AreaTable) -> list[Finding]:
    """Cells that are not the sum of the rows one level below them, with both numbers."""
    found = []
    for at, below in _rows_below(table).items():
        parts = table.dm2[below].sum(axis=0)
        for column in (parts != table.dm2[at]).nonzero()[0].tolist():
            has, adds = int(table.dm2[at, column]), int(parts[column])
            values = {
                "table": table.id, "column": table.columns[column].code,
                "has_dm2": has, "parts_dm2": adds, "differs_dm2": adds - has,
            }  # fmt: skip
            found.append(Finding("STANDING-LEVELS", Where(parcel=table.rows[at].key[1]), values))
    return found


def _rows_below(table: AreaTable) -> dict[int, list[int]]:
    """For each row that has rows below it, those one level down."""
    below: dict[int, list[int]] = {}
    line: list[int] = []
    for at, row in enumerate(table.rows):
        while line and table.rows[line[-1]].depth >= row.depth:
            line.pop()
        if line:
            below.setdefault(line[-1], []).append(at)
        line.append(at)
    return below


def classes_differ(table: AreaTable, columns: Sequence[str], tree: RegionTree) -> list[Finding]:
    """Regions whose classes do not add up to their control area, where they have one.

    `columns` are those that no other column is the sum of.
    """
    places = [at for at, column in enumerate(table.columns) if column.code in set(columns)]
    found = []
    seen: set[str] = set()
    for row, cells in zip(table.rows, table.dm2[:, places].sum(axis=1).tolist(), strict=True):
        code = row.key[1]
        control = _control(tree.regions, code)
        if code in seen or control is None:  # a region's own row comes before the row of what is left in it
            continue
        seen.add(code)
        if cells != control:
            values = {"classes_dm2": cells, "control_dm2": control, "differs_dm2": cells - control}
            found.append(Finding("STANDING-CONTROL", Where(parcel=code), values))
    return found


def _control(regions: Mapping[str, Region], code: str) -> int | None:
    region = regions.get(code)
    if region is None or (region.control_dm2 is None and region.control_island_dm2 is None):
        return None
    return (region.control_dm2 or 0) + (region.control_island_dm2 or 0)
