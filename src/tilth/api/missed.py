"""Who missed the farmland task of a year: such a region may not give compensation away in the next (INV-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tilth.land import Store

if TYPE_CHECKING:
    from tilth.runtime import Workspace


def missed_tasks(workspace: Workspace, year: int) -> frozenset[str]:
    """Regions whose farmland in the survey of `year` is less than the holding task that held for them then.

    None where there is no survey of that year, or no task: nobody is barred by what is not known.
    """
    store = Store(workspace)
    tasks = store.tasks(year)
    if not tasks or year not in store.survey_years():
        return frozenset()
    from tilth.change import held_by_region

    survey = store.survey(year)
    held = held_by_region(survey.attributes, survey.codes, store.regions())
    return frozenset(
        task.region for task in tasks if task.region in held and held[task.region].farmland_dm2 < task.holding_dm2
    )
