"""Hectares of four decimals that add up: rounded once at the top, and levelled below it.

A column's parts are moved by single units of 0.0001 ha so that they sum to the rounded whole, and a part of 0 m² stays
0. What the rounding of a row's columns leaves over stands in a column of its own. The levelling of a column looks at
nothing but that column, so the closing of one year reads the same as the opening of the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilth.overlay import level_groups

#: One unit: 0.0001 ha, which is 1 m², in dm².
UNIT_DM2 = 100


def units_of(dm2: int) -> int:
    """Whole units of 0.0001 ha, half away from zero.

    >>> units_of(149), units_of(-150), units_of(150)
    (1, -2, 2)
    """
    size = (2 * abs(dm2) + UNIT_DM2) // (2 * UNIT_DM2)
    return size if dm2 >= 0 else -size


def level_parts(parts_dm2: Sequence[int], whole_dm2: int | None = None) -> list[int]:
    """Parts in whole units that sum to the units of the whole, which is their own sum without one.

    Parts above and below nothing are levelled apart, each to its own rounded sum.

    >>> level_parts([133, 133, 134]), level_parts([149, 0, -149])
    ([1, 1, 2], [1, 0, -1])
    """
    whole = sum(parts_dm2) if whole_dm2 is None else whole_dm2
    assert sum(parts_dm2) == whole, (sum(parts_dm2), whole)
    parts = np.array(parts_dm2, dtype=np.int64)
    out = np.zeros(len(parts), dtype=np.int64)
    above = units_of(int(parts[parts > 0].sum()))
    for chosen, total, sign in ((parts > 0, above, 1), (parts < 0, above - units_of(whole), -1)):
        if chosen.any():
            rounded = (2 * np.abs(parts[chosen]) + UNIT_DM2) // (2 * UNIT_DM2)
            group = np.zeros(len(rounded), dtype=np.int64)
            out[chosen] = sign * level_groups(rounded, group, np.array([total]))
    return [int(one) for one in out]


@dataclass(frozen=True)
class Levelled:
    """A printed table of hectares: the columns of the whole and of each part, all in units. [0.0001 ha]"""

    id: str
    whole_dm2: tuple[int, ...]
    parts_dm2: tuple[tuple[int, ...], ...]
    whole: tuple[int, ...]
    parts: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, id: str, whole_dm2: Sequence[int], parts_dm2: Sequence[Sequence[int]]) -> Levelled:
        """Level every column of `parts_dm2` to the whole."""
        columns = [level_parts([part[at] for part in parts_dm2], one) for at, one in enumerate(whole_dm2)]
        rows = tuple(tuple(column[at] for column in columns) for at in range(len(parts_dm2)))
        exact = tuple(tuple(part) for part in parts_dm2)
        return cls(id, tuple(whole_dm2), exact, tuple(map(units_of, whole_dm2)), rows)

    def faults(self) -> list[str]:
        """Every way in which what is printed does not add up to what was converted."""
        found = []
        for at, (dm2, shown) in enumerate(zip(self.whole_dm2, self.whole, strict=True)):
            if shown != units_of(dm2):
                found.append(f"{self.id} [{at}]: {shown} ≠ {units_of(dm2)}")
            if self.parts and sum(part[at] for part in self.parts) != shown:
                found.append(f"{self.id} [{at}]: Σ {sum(part[at] for part in self.parts)} ≠ {shown}")
        for row, (exact, units) in enumerate(zip(self.parts_dm2, self.parts, strict=True)):
            for at, (dm2, shown) in enumerate(zip(exact, units, strict=True)):
                if not dm2 and shown:
                    found.append(f"{self.id} [{row}, {at}]: 0 m² → {shown}")
        return found


def rest_of(units: Sequence[int]) -> int:
    """What rounding leaves over in a row of opening, movements and closing: closing - opening - movements.

    >>> rest_of([10, 5, -2, 14])
    1
    """
    return units[-1] - sum(units[:-1])
