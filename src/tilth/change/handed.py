"""Tasks handed down: what lies below a region must add up to at least its own task, exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilth.core import Finding, Where
from tilth.land import Region, RegionTree, Task

_CODES = {"holding_dm2": "TASK-HANDED-HOLDING", "pbf_dm2": "TASK-HANDED-PBF"}


@dataclass(frozen=True, slots=True)
class Handed:
    """A region's task beside the tasks of the nearest regions below it that carry one. [dm²]"""

    region: str
    what: str  # holding_dm2 or pbf_dm2
    task_dm2: int
    parts: Mapping[str, int | None]  # by region; None: its table says nothing of this task

    @property
    def handed_dm2(self) -> int | None:
        """What is handed down; None where a table below says nothing of it."""
        known = [one for one in self.parts.values() if one is not None]
        return sum(known) if len(known) == len(self.parts) else None

    @property
    def over_dm2(self) -> int | None:
        """What is handed down above the task; negative: too little."""
        return None if self.handed_dm2 is None else self.handed_dm2 - self.task_dm2

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "task_dm2": self.task_dm2,
            "handed_dm2": self.handed_dm2,
            "over_dm2": self.over_dm2,
            "regions": len(self.parts),
        }


def handed_down(tree: RegionTree, tasks: Sequence[Task]) -> list[Handed]:
    """For every task: what of it is handed down. Nothing where no region below has a task."""
    by_region = {task.region: task for task in tasks}
    below: dict[str, list[Task]] = {}
    for task in tasks:
        above = _nearest_above(tree, task.region, by_region)
        if above is not None:
            below.setdefault(above, []).append(task)
    return [
        Handed(region, what, own, {part.region: getattr(part, what) for part in parts})
        for region, parts in sorted(below.items())
        for what in _CODES
        if (own := getattr(by_region[region], what)) is not None
    ]


def _nearest_above(tree: RegionTree, code: str, tasks: Mapping[str, Task]) -> str | None:
    if code not in tree:
        return None
    line: list[Region] = tree.ancestors(code)[1:]
    return next((region.code for region in line if region.code in tasks), None)


def handed_findings(handed: Sequence[Handed]) -> list[Finding]:
    """Tasks handed down that add up to less than the task above them."""
    return [
        Finding(
            _CODES[one.what],
            Where(parcel=one.region),
            {"handed_dm2": one.handed_dm2, "task_dm2": one.task_dm2, "short_dm2": -one.over_dm2},
        )
        for one in handed
        if one.over_dm2 is not None and one.over_dm2 < 0
    ]
