"""What farmland is left after an act, against what each region must hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tilth.land import RegionTree, Task


@dataclass(frozen=True, slots=True)
class Standing:
    """One region's holding before and after the act, and its task. All in dm² of net area."""

    region: str
    name: str
    task_year: int
    task_dm2: int
    before_dm2: int
    occupied_dm2: int

    @property
    def after_dm2(self) -> int:
        """What is left after the act."""
        return self.before_dm2 - self.occupied_dm2

    @property
    def headroom_dm2(self) -> int:
        """What is left above the task; negative: the shortfall."""
        return self.after_dm2 - self.task_dm2

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        names = ("region", "name", "task_year", "task_dm2", "before_dm2", "occupied_dm2", "after_dm2", "headroom_dm2")
        return {name: getattr(self, name) for name in names}


def farmland_standing(
    pieces: pd.DataFrame,
    parcels: pd.DataFrame,
    regions: RegionTree,
    tasks: Iterable[Task],
    *,
    farmland: Iterable[str],
    year: int,
) -> list[Standing]:
    """Standing of every region that has a task and farmland under the footprint. Repeated land counts once.

    `farmland` holds the farmland codes of the survey's code system.
    """
    due = _tasks_of(tasks, year)
    if not due:
        return []
    codes = set(farmland)
    held = parcels[parcels["class_code"].isin(codes)].groupby("region_code")["net_area_dm2"].sum()
    lost = pieces[pieces["farmland"].to_numpy(bool) & ~pieces["repeated"].to_numpy(bool)]
    return _standings(_by_village(held), _lost_by_village(lost), regions, due, "holding_dm2")


def pbf_standing(
    pieces: pd.DataFrame,
    held: Mapping[str, int],
    regions: RegionTree,
    tasks: Iterable[Task],
    year: int,
) -> list[Standing]:
    """The same for permanent basic farmland: `held` by village, as `designated` counts it. [dm²]"""
    lost = pieces[pieces["pbf"].fillna(False).to_numpy(bool) & ~pieces["repeated"].to_numpy(bool)]
    return _standings(held, _lost_by_village(lost), regions, _tasks_of(tasks, year), "pbf_dm2")


def _by_village(sums: Any) -> dict[str, int]:
    return {str(code): int(area) for code, area in sums.items()}


def _lost_by_village(pieces: pd.DataFrame) -> dict[str, int]:
    return _by_village(pieces.groupby("village")["net_dm2"].sum())


def _tasks_of(tasks: Iterable[Task], year: int) -> dict[str, Task]:
    """Each region's task for `year`: that year's, else the latest before it."""
    chosen: dict[str, Task] = {}
    for task in sorted(tasks, key=lambda task: task.year):
        if task.year <= year:
            chosen[task.region] = task
    return chosen


def _standings(
    held: Mapping[str, int], lost: Mapping[str, int], regions: RegionTree, tasks: Mapping[str, Task], quota: str
) -> list[Standing]:
    before, occupied = summed_up(held, regions), summed_up(lost, regions)
    return [
        Standing(
            region=code,
            name=regions[code].name if code in regions else code,
            task_year=task.year,
            task_dm2=getattr(task, quota),
            before_dm2=before.get(code, 0),
            occupied_dm2=occupied[code],
        )
        for code, task in sorted(tasks.items())
        if occupied.get(code, 0) > 0 and getattr(task, quota) is not None
    ]


def summed_up(areas: Mapping[str, int], regions: RegionTree) -> dict[str, int]:
    """Areas of villages added into every region above them; a village that the tree lacks goes by its digits."""
    out: dict[str, int] = {}
    for village, area in areas.items():
        for code in _above(village, regions):
            out[code] = out.get(code, 0) + area
    return out


def _above(code: str, regions: RegionTree) -> list[str]:
    if code in regions:
        return [region.code for region in regions.ancestors(code)]
    known = [region for region in regions.regions if region and code.startswith(region)]
    nearest = max(known, key=len, default=None)
    above = [region.code for region in regions.ancestors(nearest)] if nearest else [r.code for r in regions.roots()[:1]]
    return [code, *above]
