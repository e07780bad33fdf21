"""Units of quantities: a column's unit ends its name, and a limit may be said in another unit of the same kind."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tilth.core import BadInput

#: Kind and size of each unit. 15 mu = 1 ha; wan = 10 000.
UNITS: dict[str, tuple[str, float]] = {
    "yuan": ("money", 1.0), "wan_yuan": ("money", 1e4), "m3": ("water", 1.0), "wan_m3": ("water", 1e4),
    "t": ("mass", 1.0), "kg": ("mass", 1e-3), "ha": ("area", 1e6), "mu": ("area", 1e6 / 15),
    "m2": ("area", 100.0), "dm2": ("area", 1.0), "days": ("labour", 1.0),
}  # fmt: skip
#: Endings of quantities that are a state of the land: an average may be told of them, a sum never.
STATES = ("_ds_m", "_pct", "_share", "_index")

_DRAW = re.compile(r"_draw\w+$")


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a unit: `Amount(300, "wan_yuan")`."""

    value: float
    unit: str

    def in_unit(self, unit: str, name: str) -> float:
        """The same in `unit`, the unit of column `name`; refused where the two do not measure the same."""
        if self.unit not in UNITS or unit not in UNITS or UNITS[self.unit][0] != UNITS[unit][0]:
            raise BadInput("PLAN-UNIT", name=name, unit=unit or "—", other=self.unit)
        return self.value if self.unit == unit else self.value * UNITS[self.unit][1] / UNITS[unit][1]


def unit_of(name: str) -> str:
    """The unit that ends a column's name, before the label of a draw; empty where there is none."""
    held = _DRAW.sub("", name)
    return next((unit for unit in sorted(UNITS, key=len, reverse=True) if held.endswith(f"_{unit}")), "")
