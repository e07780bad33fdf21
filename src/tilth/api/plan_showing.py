"""Plans as they are looked at: the list, one plan in words and figures, one unit with all its options and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.plan_folders import ABOUT, FOLDER, PROOF, SOLUTION, about_plan, plan_folder, proof_of
from tilth.api.plan_ground import colours_of, plan_ground
from tilth.api.plan_grouping import grouped
from tilth.api.plan_opened import OpenPlan, opened_plan
from tilth.api.plan_solving import proven
from tilth.core import BadInput, NotFound, message
from tilth.core.language import language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tilth.runtime import Workspace

_ABOUT = ("name", "title", "version", "made_at", "units", "options", "rows_in", "quarantined")
#: Figures of a stored solution that the list shows.
_SHORT = ("value", "bound", "gap", "seconds", "made_at")
#: Options that lie no further apart than this share of the largest are as good as each other.
_EVEN = 1e-4


def plan_list(workspace: Workspace) -> list[dict[str, Any]]:
    """All plans by name, with value, bound and gap of those that are solved; of a damaged one, what is wrong."""
    files = sorted((workspace.root / FOLDER).glob(f"*/{ABOUT}"))
    return [_listed(one.parent) for one in files]


def _listed(folder: Path) -> dict[str, Any]:
    try:
        about = about_plan(folder)
    except BadInput as error:
        empty = {"version": "", "made_at": "", "units": 0, "options": 0, "varies": None, "solution": None}
        return {"name": folder.name, "title": folder.name, **empty, "damaged": str(error)}
    solved, damaged = None, ""
    if (folder / SOLUTION / PROOF).is_file():
        try:
            solved = proof_of(folder)
        except BadInput as error:
            damaged = str(error)
    return {
        **{one: about[one] for one in ("name", "title", "version", "made_at", "units", "options")},
        "varies": about.get("varies"),
        "solution": None if solved is None else {**{k: solved[k] for k in _SHORT}, "aim": solved["aim"]},
        "damaged": damaged,
    }  # fmt: skip


def plan_record(workspace: Workspace, name: str, *, year: int | None = None) -> dict[str, Any]:
    """One plan: its inputs, what is asked for in words, every demand, and, where it is solved, what it comes to.

    Parameters
    ----------
    year
        The survey that tells the areas; the newest without.

    Raises
    ------
    BadInput, NotFound
        If there is no such plan, or a file of it was changed.
    """
    from tilth.plan import row_told
    from tilth.plan.checking import limit_of
    from tilth.plan.measures import unit_of

    plan = opened_plan(workspace, name)
    about, problem = plan.kept.about, plan.kept.problem
    ground = plan_ground(workspace, plan, year)
    return {
        **{one: about[one] for one in _ABOUT}, "varies": about.get("varies"), "sources": about["sources"],
        "aim": dict(problem.aim), "problem": str(problem).splitlines(), "quantities": about["quantities"],
        "inputs": [one for one in plan_files(plan.kept.folder) if "/" not in one["name"]],
        "rows": [
            {
                "number": at, "column": row.column, "at_least": row.at_least, "unit": unit_of(row.column),
                "limit": limit_of(problem.options, row), "where": {key: str(value) for key, value in row.where},
                "said": row_told(row),
            }
            for at, row in enumerate(problem.rows, start=1)
        ],
        "names": _names(plan),
        "survey": None if ground is None else {"year": ground.year, "units": ground.parcels},
        "solution": None if plan.solution is None else _solution(plan, None if ground is None else ground.area),
    }  # fmt: skip


def _names(plan: OpenPlan) -> dict[str, dict[str, str]]:
    """What treatments, crops and labels are called in the reader's language, where the demands say so."""
    return {
        by: {value: str(called.get(language(), value)) for value, called in held.items() if isinstance(called, dict)}
        for by, held in plan.kept.asked.get("names", {}).items()
        if isinstance(held, dict)
    }


def _solution(plan: OpenPlan, area: Any | None) -> dict[str, Any]:
    from tilth.plan import explained, tallied

    found = plan.solution
    assert found is not None
    stored = proof_of(plan.kept.folder)
    groups = {by: grouped(plan, by, area) for by in plan.groups()}
    return {
        **proven(found, tuple(tallied(found))), "gap_asked": stored["gap_asked"], "made_at": stored["made_at"],
        "said": explained(found), "totals": _totals(plan, area), "groups": {k: v for k, v in groups.items() if v},
        "legends": {
            by: [{"name": name, "colour": colour} for name, colour in colours_of(plan, by).items()]
            for by in plan.themes()
        },
        "files": [one for one in plan_files(plan.kept.folder) if "/" in one["name"]],
    }  # fmt: skip


def _totals(plan: OpenPlan, area: Any | None) -> dict[str, Any]:
    from tilth.plan import summed, total

    assert plan.solution is not None
    chosen, table = plan.solution.options, plan.kept.options
    sums = {name: total(table.columns[name][chosen]) for name in summed(table)}
    return {"units": table.n, "area_dm2": None if area is None else int(area.sum()), "totals": sums}


def plan_files(folder: Path) -> list[dict[str, Any]]:
    """The files of a plan by the name under which they are fetched, and their sizes; links lead elsewhere."""
    files = sorted(
        one
        for one in folder.rglob("*")
        if one.is_file() and one.resolve() == folder.resolve() / one.relative_to(folder)
    )
    return [{"name": one.relative_to(folder).as_posix(), "bytes": one.stat().st_size} for one in files]


def plan_file(workspace: Workspace, name: str, file: str) -> Path:
    """A file of a plan.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    folder = plan_folder(workspace, name)
    if file not in {one["name"] for one in plan_files(folder)}:
        raise NotFound("PLAN-NO-FILE", name=name, file=file)
    return folder / file


@dataclass(frozen=True)
class UnitPage:
    """Some units of a solved plan and what is chosen for each."""

    count: int
    items: list[dict[str, Any]]
    next: int | None

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {"count": self.count, "items": self.items, "next": self.next}


def plan_units(
    workspace: Workspace,
    name: str,
    *,
    after: int = 0,
    limit: int = 100,
    where: Mapping[str, str | None] | None = None,
) -> UnitPage:
    """What is chosen for each unit, page by page, in the order of the table.

    Parameters
    ----------
    where
        Only units of this treatment, crop, start, or label.

    Raises
    ------
    BadInput, NotFound
        If there is no such plan, it is not solved, or it cannot be asked for by this.
    """
    import numpy as np

    plan = opened_plan(workspace, name)
    if plan.solution is None:
        raise NotFound("PLAN-UNSOLVED", name=name)
    groups = plan.groups()
    wanted = np.ones(plan.kept.options.n, dtype=bool)
    for key, value in (where or {}).items():
        if value is not None and key not in groups:
            raise BadInput("PLAN-UNKNOWN", what="label", name=key, known=", ".join(groups))
        if value is not None:
            wanted &= groups[key].astype(str) == value
    found = np.flatnonzero(wanted)
    here = found[after : after + limit]
    table, chosen = plan.kept.options, plan.solution.options
    items = [
        {
            "unit": str(table.name(at)), **{key: str(held[at]) for key, held in groups.items()},
            "totals": {one: column[chosen[at]].item() for one, column in table.columns.items()},
        }
        for at in here.tolist()
    ]  # fmt: skip
    more = after + limit
    return UnitPage(len(found), items, more if more < len(found) else None)


def plan_unit(workspace: Workspace, name: str, unit: str) -> dict[str, Any]:
    """Every option of one unit, which is chosen, and why: what each brings after paying the plan's prices.

    Raises
    ------
    NotFound
        If there is no such plan or unit, or the plan is not solved.
    """
    plan = opened_plan(workspace, name)
    at, found = plan.place(unit), plan.solution
    if at is None:
        raise NotFound("PLAN-NO-UNIT", name=name, unit=unit)
    if found is None:
        raise NotFound("PLAN-UNSOLVED", name=name)
    options, prices = _priced(plan, at)
    return {
        "unit": unit, "labels": {key: str(held[at]) for key, held in plan.kept.options.labels.items()},
        "aim": dict(plan.kept.problem.aim), "options": options, "prices": prices, "why": _why(plan, options),
    }  # fmt: skip


def _priced(plan: OpenPlan, at: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The options of a unit with what they bring after paying for what they take; the demands that they pay for."""
    import numpy as np

    from tilth.plan import amounts, row_told, tallied
    from tilth.plan.checking import allowed
    from tilth.plan.measures import unit_of

    assert plan.solution is not None
    table, problem = plan.kept.options, plan.kept.problem
    own = np.arange(table.ptr[at], table.ptr[at + 1])
    brings = np.zeros(len(own))
    for name, weight in problem.aim:
        brings += weight * np.asarray(table.columns[name])[own]
    left, paid = brings, []
    for number, one in enumerate(tallied(plan.solution), start=1):
        row, price = one.row, one.price
        takes = amounts(plan.solution.problem.options, row, own, np.full(len(own), at))
        if price and np.any(takes):
            left = left + (price if row.at_least else -price) * takes
            paid.append({"number": number, "price": price, "unit": unit_of(row.column), "said": row_told(row)})
    may = allowed(problem)[own] if problem.locks else np.ones(len(own), dtype=bool)
    chosen = int(plan.solution.options[at])
    told = [
        {
            "treatment": str(plan.kept.measures[one]),
            "crop": None if plan.kept.crops is None else str(plan.kept.crops[one]),
            "start": None if table.start is None else int(table.start[one]),
            "amounts": {name: column[one].item() for name, column in table.columns.items()},
            "brings": float(brings[k]), "left": float(left[k]), "allowed": bool(may[k]), "chosen": one == chosen,
        }
        for k, one in enumerate(own.tolist())
    ]  # fmt: skip
    return told, paid


def _why(plan: OpenPlan, options: list[dict[str, Any]]) -> str:
    """The reason in a sentence."""
    aim = " + ".join(name for name, _ in plan.kept.problem.aim)
    chosen = next(one for one in options if one["chosen"])
    others = [one for one in options if one["allowed"] and not one["chosen"]]
    if not others:
        return message("PLAN-WHY-ONLY")
    best = max(others, key=lambda one: float(one["left"]))
    ahead = chosen["left"] - best["left"]
    if abs(ahead) <= _EVEN * max(abs(one["brings"]) for one in options):
        return message("PLAN-WHY-EVEN", other=_called(best))
    told = {"other": _called(best), "amount": f"{abs(ahead):,.4g}", "aim": aim}
    return message("PLAN-WHY-BEST" if ahead > 0 else "PLAN-WHY-CORE", **told)


def _called(option: dict[str, Any]) -> str:
    parts = [option["treatment"], option["crop"], str(option["start"]) if option["start"] else None]
    return " / ".join(one for one in parts if one)
