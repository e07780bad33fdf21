"""What a solved plan comes to by treatment, crop, year of start, township or any other label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tilth.api.plan_opened import OpenPlan

#: A label of more groups than this is not tallied.
MOST_GROUPS = 500


def grouped(plan: OpenPlan, by: str, area: Any | None) -> list[dict[str, Any]]:
    """Units, area and the sum of each quantity that may be summed, for each group; of whole numbers exact.

    Parameters
    ----------
    area
        (n) area of each unit, where it is known. [dm²]
    """
    import numpy as np

    from tilth.plan import summed, total

    assert plan.solution is not None
    table, chosen = plan.kept.options, plan.solution.options
    names, place = np.unique(np.asarray(plan.groups()[by]).astype(str), return_inverse=True)
    if len(names) > MOST_GROUPS:
        return []
    order = np.argsort(place.reshape(-1), kind="stable")
    ends = np.cumsum(np.bincount(place.reshape(-1), minlength=len(names)))[:-1]
    parts = np.split(order, ends)
    columns = {name: np.asarray(table.columns[name])[chosen] for name in summed(table)}
    return [
        {
            by: str(name), "units": len(own), "area_dm2": None if area is None else int(area[own].sum()),
            "totals": {one: total(column[own]) for one, column in columns.items()},
        }
        for name, own in zip(names, parts, strict=True)
    ]  # fmt: skip
