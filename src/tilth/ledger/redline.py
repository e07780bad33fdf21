"""What a region holds of farmland and permanent basic farmland at the end of a year by the book, against its tasks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tilth.land import Task
from tilth.ledger.model import Balance


@dataclass(frozen=True, slots=True)
class RedLine:
    """One row of the red-line sheet. [dm²]; None: not known."""

    region: str
    farmland_dm2: int | None  # None: the book holds no land of it
    stable_dm2: int | None
    pbf_dm2: int | None  # all that is marked as permanent basic farmland
    pbf_farmland_dm2: int | None  # of it still farmland
    task_dm2: int | None  # farmland to hold
    pbf_task_dm2: int | None
    task_year: int | None
    source: str
    survey_farmland_dm2: int | None = None
    survey_pbf_dm2: int | None = None

    @property
    def surplus_dm2(self) -> int | None:
        """Farmland in stable use above the task."""
        return _over(self.stable_dm2, self.task_dm2)

    @property
    def pbf_surplus_dm2(self) -> int | None:
        """Permanent basic farmland above its task."""
        return _over(self.pbf_dm2, self.pbf_task_dm2)

    @property
    def survey_difference_dm2(self) -> int | None:
        """Farmland of the book beyond that of the survey."""
        return _over(self.farmland_dm2, self.survey_farmland_dm2)

    @property
    def survey_pbf_difference_dm2(self) -> int | None:
        """Permanent basic farmland of the book beyond that of the survey's layer."""
        return _over(self.pbf_dm2, self.survey_pbf_dm2)


def _over(held: int | None, wanted: int | None) -> int | None:
    return None if held is None or wanted is None else held - wanted


def red_lines(
    parts: Sequence[tuple[str, frozenset[str]]],
    closing: Iterable[Balance],
    farmland: Collection[str],
    tasks: Iterable[Task],
    surveyed: Mapping[str, tuple[int, int | None]],
) -> list[RedLine]:
    """A row for each of `parts`, (its code, the regions it holds); parts may lie in each other.

    Parameters
    ----------
    farmland
        Names of the accounts that count farmland.
    surveyed
        Farmland and permanent basic farmland by the survey of the year, by region. [dm²]
    """
    held: dict[str, list[int]] = {}
    for one in closing:
        account, area = one.account, one.booked.area_dm2
        if account.family != "LAND":
            continue
        four = held.setdefault(account.region, [0, 0, 0, 0])
        grown = account.name in farmland
        for at, counts in enumerate((grown, grown and account.stable, account.pbf, grown and account.pbf)):
            four[at] += area if counts else 0
    by_region = {task.region: task for task in tasks}
    rows = []
    for code, regions in parts:
        known = [held[one] for one in regions if one in held]
        farm, stable, pbf, still = (sum(four[at] for four in known) if known else None for at in range(4))
        task = by_region.get(code)
        seen: tuple[int | None, int | None] = surveyed.get(code, (None, None))
        rows.append(
            RedLine(
                code, farm, stable, pbf, still, task.holding_dm2 if task else None, task.pbf_dm2 if task else None,
                task.year if task else None, task.source if task else "", *seen,
            )
        )  # fmt: skip
    return rows
