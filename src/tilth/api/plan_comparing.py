"""Two plans side by side: value and bound, what each demand takes, treatments, and the units that differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tilth.api.plan_ground import plan_ground, unlike
from tilth.api.plan_grouping import grouped
from tilth.api.plan_opened import OpenPlan, opened_plan
from tilth.core import NotFound

if TYPE_CHECKING:
    from tilth.report import Words
    from tilth.runtime import Workspace

#: So many changes of treatment are told, those of most units first.
_MOVES = 40


@dataclass(frozen=True)
class PlansCompared:
    """Pairs of what the first and the second plan come to."""

    plans: tuple[dict[str, Any], dict[str, Any]]
    rows: tuple[dict[str, Any], ...]
    groups: dict[str, list[dict[str, Any]]]  # by treatment, and by crop and start where both have them
    same: int  # units that both have and that get the same
    differ: int
    alone: tuple[int, int]  # units that only one of the plans has
    differ_dm2: int | None
    moves: tuple[dict[str, Any], ...]
    words: Words

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "plans": list(self.plans), "rows": list(self.rows), "groups": self.groups, "units_same": self.same,
            "units_differ": self.differ, "units_alone": list(self.alone), "differ_dm2": self.differ_dm2,
            "moves": list(self.moves),
        }  # fmt: skip


def plan_compare(workspace: Workspace, first: str, second: str, *, year: int | None = None) -> PlansCompared:
    """What two solved plans come to, side by side.

    Parameters
    ----------
    year
        The survey that tells the areas; the newest without.

    Raises
    ------
    BadInput, NotFound
        If one of them is not there or not solved.
    """
    pair = opened_plan(workspace, first), opened_plan(workspace, second)
    for one in pair:
        if one.solution is None:
            raise NotFound("PLAN-UNSOLVED", name=one.kept.name)
    grounds = [plan_ground(workspace, one, year) for one in pair]
    areas = tuple(None if one is None else one.area for one in grounds)
    same, differ, alone, differ_dm2, moves = _differing(*pair, areas[0])
    by = [one for one in pair[0].themes() if one in pair[1].themes()]
    groups = {}
    for theme in by:
        held = [{one[theme]: one for one in grouped(plan, theme, area)} for plan, area in zip(pair, areas, strict=True)]
        groups[theme] = [
            {theme: name, "plans": [side.get(name) for side in held]} for name in sorted({*held[0], *held[1]})
        ]
    return PlansCompared(
        (_short(pair[0]), _short(pair[1])),
        tuple(_rows(*pair)),
        groups,
        same,
        differ,
        alone,
        differ_dm2,
        moves,
        pair[0].kept.words.over(pair[1].kept.words),
    )


def _short(plan: OpenPlan) -> dict[str, Any]:
    found = plan.solution
    assert found is not None
    return {
        "name": plan.kept.name, "title": plan.kept.about["title"], "aim": dict(found.problem.aim),
        "value": found.value, "bound": found.bound, "gap": found.gap, "seconds": found.seconds,
    }  # fmt: skip


def _rows(first: OpenPlan, second: OpenPlan) -> list[dict[str, Any]]:
    """Each demand of either plan, its limit, what is used and its price in both; one that a plan has not is null."""
    from tilth.plan import tallied

    sides = []
    for plan in (first, second):
        assert plan.solution is not None
        held: dict[tuple[object, ...], Any] = {}
        for one in tallied(plan.solution):
            key: tuple[object, ...] = (one.row.column, one.row.at_least, one.row.where)
            while key in held:
                key = (*key, "again")
            held[key] = one
        sides.append(held)
    rows = []
    for named in dict.fromkeys([*sides[0], *sides[1]]):
        both = [side.get(named) for side in sides]
        known = next(one for one in both if one is not None)
        rows.append(
            {
                "column": known.row.column, "at_least": known.row.at_least, "unit": known.unit,
                "where": {name: str(value) for name, value in known.row.where},
                "limit": [None if one is None else one.limit for one in both],
                "used": [None if one is None else one.used for one in both],
                "price": [None if one is None else one.price for one in both],
            }
        )  # fmt: skip
    return rows


def _differing(
    first: OpenPlan, second: OpenPlan, area: Any
) -> tuple[int, int, tuple[int, int], int | None, tuple[dict[str, Any], ...]]:
    """Units that get the same, others, units of one plan alone, the area of the second, and what became of what."""
    import numpy as np

    match, differs = unlike(first, second)
    there = match >= 0
    (names, code), (others, code_after) = _kinds(first), _kinds(second)
    before, after = code[differs], code_after[match[differs]]
    moves: list[dict[str, Any]] = []
    pairs, inverse, counts = np.unique(
        np.column_stack([before, after]), axis=0, return_inverse=True, return_counts=True
    )
    sizes = None if area is None else area[differs]
    for at in np.argsort(-counts, kind="stable")[:_MOVES].tolist():
        own = inverse.reshape(-1) == at
        told = {"before": str(names[pairs[at, 0]]), "after": str(others[pairs[at, 1]]), "units": int(counts[at])}
        moves.append(told | {"area_dm2": None if sizes is None else int(sizes[own].sum())})
    differ = int(differs.sum())
    alone = (int((~there).sum()), len(second.units) - int(there.sum()))
    return int(there.sum()) - differ, differ, alone, None if sizes is None else int(sizes.sum()), tuple(moves)


def _kinds(plan: OpenPlan) -> tuple[Any, Any]:
    """What the treatments of the table are called, each with its crop; and (n) the one of each unit."""
    import numpy as np

    assert plan.solution is not None
    table = plan.kept.options
    return np.array(table.treatments, dtype=object), table.treatment[plan.solution.options]
