"""Tasks: what every region holds of farmland and permanent basic farmland against what it must hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tilth.change.handed import handed_down, handed_findings
from tilth.change.hectares import level_places, shown_ha
from tilth.change.places import places
from tilth.core import Finding, Where
from tilth.land import RegionTree, Task


@dataclass(frozen=True, slots=True)
class Hectares:
    """A holding as it is printed everywhere, in whole 0.01 ha: every difference is the one of the printed numbers."""

    farmland: int | None
    farmland_task: int | None
    pbf: int | None
    pbf_farmland: int | None
    pbf_task: int | None

    @property
    def headroom(self) -> int | None:
        """Farmland above the task."""
        return _above(self.farmland, self.farmland_task)

    @property
    def pbf_headroom(self) -> int | None:
        """PBF designated above the task."""
        return _above(self.pbf, self.pbf_task)

    @property
    def pbf_farmland_headroom(self) -> int | None:
        """PBF that is farmland still above the task."""
        return _above(self.pbf_farmland, self.pbf_task)

    def as_record(self) -> dict[str, float | None]:
        """For JSON, in ha."""
        names = ("farmland", "farmland_task", "headroom", "pbf", "pbf_farmland", "pbf_task", "pbf_headroom")
        values = {name: getattr(self, name) for name in (*names, "pbf_farmland_headroom")}
        return {name: None if value is None else value / 100 for name, value in values.items()}


def _above(has: int | None, task: int | None) -> int | None:
    return None if has is None or task is None else has - task


@dataclass(frozen=True, slots=True)
class Holding:
    """One region's farmland and permanent basic farmland (PBF) beside its task. [dm²], None: no survey, task or layer.

    Of the PBF designated, `pbf_farmland_dm2` is what the survey of the year still has as farmland.

    The same in hectares stands beside them where the land tables have levelled hectares, so that a region's farmland
    reads the same in every table. [0.01 ha]
    """

    region: str
    name: str
    depth: int
    farmland_dm2: int | None
    farmland_task_dm2: int | None
    pbf_dm2: int | None
    pbf_task_dm2: int | None
    task_year: int | None
    source: str = ""
    farmland_ha: int | None = None
    pbf_ha: int | None = None
    pbf_farmland_dm2: int | None = None
    pbf_farmland_ha: int | None = None
    partial: frozenset[str] = frozenset()  # of a group: names of numbers that some member lacks

    def _over(self, has: str, task: str) -> int | None:
        """What is held above a task. A sum that lacks a member has none."""
        return None if self.partial & {has, task} else _above(getattr(self, has), getattr(self, task))

    @property
    def headroom_dm2(self) -> int | None:
        """Farmland above the task; negative when the task is missed."""
        return self._over("farmland_dm2", "farmland_task_dm2")

    @property
    def pbf_headroom_dm2(self) -> int | None:
        """PBF designated above its task; negative when the task is missed."""
        return self._over("pbf_dm2", "pbf_task_dm2")

    @property
    def pbf_farmland_headroom_dm2(self) -> int | None:
        """PBF that is farmland still above its task; negative when what is left could not meet the task."""
        return self._over("pbf_farmland_dm2", "pbf_task_dm2")

    @property
    def hectares(self) -> Hectares:
        """What is printed: holdings as the land tables level them, tasks rounded."""
        return Hectares(
            farmland=None if self.farmland_dm2 is None else shown_ha(self.farmland_dm2, self.farmland_ha),
            farmland_task=None if self.farmland_task_dm2 is None else shown_ha(self.farmland_task_dm2),
            pbf=None if self.pbf_dm2 is None else shown_ha(self.pbf_dm2, self.pbf_ha),
            pbf_farmland=None
            if self.pbf_farmland_dm2 is None
            else shown_ha(self.pbf_farmland_dm2, self.pbf_farmland_ha),
            pbf_task=None if self.pbf_task_dm2 is None else shown_ha(self.pbf_task_dm2),
        )

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "region": self.region,
            "name": self.name,
            "farmland_dm2": self.farmland_dm2,
            "farmland_task_dm2": self.farmland_task_dm2,
            "headroom_dm2": self.headroom_dm2,
            "pbf_dm2": self.pbf_dm2,
            "pbf_task_dm2": self.pbf_task_dm2,
            "pbf_headroom_dm2": self.pbf_headroom_dm2,
            "pbf_farmland_dm2": self.pbf_farmland_dm2,
            "pbf_farmland_headroom_dm2": self.pbf_farmland_headroom_dm2,
            "ha": self.hectares.as_record(),
            "task_year": self.task_year,
        }


def holdings(
    tree: RegionTree,
    tasks: Sequence[Task],
    farmland_dm2: Mapping[str, int],
    pbf_dm2: Mapping[str, int] | None,
    *,
    farmland_ha: Mapping[str, int] | None = None,
    pbf_ha: Mapping[str, int] | None = None,
    pbf_farmland_dm2: Mapping[str, int] | None = None,
    pbf_farmland_ha: Mapping[str, int] | None = None,
) -> list[Holding]:
    """Every region that has land or a task, parents first. One that `farmland_dm2` lacks was not surveyed: not 0.

    `farmland_dm2`, `pbf_dm2` and `pbf_farmland_dm2` (basic farmland that is farmland still) give the area by region
    code, every level summed already; `…_ha` the hectares that the land tables show for it. [0.01 ha]
    """
    by_region = {task.region: task for task in tasks}
    rows = []
    for region, depth in tree.walk():
        task = by_region.get(region.code)
        if task is None and region.code not in farmland_dm2:
            continue
        unseen = region.code not in farmland_dm2 and region.code not in (pbf_dm2 or {})
        rows.append(
            Holding(
                region=region.code,
                name=region.name,
                depth=depth,
                farmland_dm2=farmland_dm2.get(region.code),
                farmland_task_dm2=task.holding_dm2 if task else None,
                pbf_dm2=None if pbf_dm2 is None or unseen else pbf_dm2.get(region.code, 0),
                pbf_task_dm2=task.pbf_dm2 if task else None,
                task_year=task.year if task else None,
                source=task.source if task else "",
                farmland_ha=(farmland_ha or {}).get(region.code),
                pbf_ha=(pbf_ha or {}).get(region.code),
                pbf_farmland_dm2=None if pbf_farmland_dm2 is None or unseen else pbf_farmland_dm2.get(region.code, 0),
                pbf_farmland_ha=(pbf_farmland_ha or {}).get(region.code),
            )
        )
    return rows


def designated_by_region(
    by_village: Mapping[str, int], tree: RegionTree, top: str
) -> tuple[dict[str, int], dict[str, int]]:
    """What `designated` found, summed for every region: in dm², and in 0.01 ha levelled like a land table.

    `top` is the region of the first row of the land tables.
    """
    held = places(by_village, tree, top=top)
    dm2 = np.array([by_village.get(code, 0) for code in held.codes], dtype=np.int64)
    levelled = held.sums(np.column_stack([dm2, level_places(dm2, held)]))
    exact: dict[str, int] = {}
    hectares: dict[str, int] = {}
    for row, (area, units) in zip(held.rows, levelled.tolist(), strict=True):
        exact.setdefault(row.key[1], area)  # a region's own row comes before the row of what is left in it
        hectares.setdefault(row.key[1], units)
    return exact, hectares


def task_findings(rows: Sequence[Holding], tree: RegionTree, tasks: Sequence[Task]) -> list[Finding]:
    """Tasks that are missed, and tasks handed down that add up to less than the task above them."""
    found = []
    for row in rows:
        if row.farmland_dm2 is None and row.farmland_task_dm2 is not None:
            found.append(Finding("TASK-NO-SURVEY", Where(parcel=row.region), {"task_dm2": row.farmland_task_dm2}))
        if row.headroom_dm2 is not None and row.headroom_dm2 < 0:
            values = {"has_dm2": row.farmland_dm2, "task_dm2": row.farmland_task_dm2, "short_dm2": -row.headroom_dm2}
            found.append(Finding("TASK-HOLDING", Where(parcel=row.region), values))
        if row.pbf_headroom_dm2 is not None and row.pbf_headroom_dm2 < 0:
            values = {"has_dm2": row.pbf_dm2, "task_dm2": row.pbf_task_dm2, "short_dm2": -row.pbf_headroom_dm2}
            found.append(Finding("TASK-PBF", Where(parcel=row.region), values))
        if row.pbf_farmland_headroom_dm2 is not None and row.pbf_farmland_headroom_dm2 < 0:
            values = {
                "has_dm2": row.pbf_farmland_dm2,
                "pbf_dm2": row.pbf_dm2,
                "task_dm2": row.pbf_task_dm2,
                "short_dm2": -row.pbf_farmland_headroom_dm2,
            }
            found.append(Finding("TASK-PBF-FARMLAND", Where(parcel=row.region), values))
    unknown = [Finding("TASK-REGION", Where(parcel=task.region)) for task in tasks if task.region not in tree]
    return [*found, *handed_findings(handed_down(tree, tasks)), *unknown]
