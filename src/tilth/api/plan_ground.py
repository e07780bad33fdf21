"""Where the units of a plan lie: parcels of a survey, their areas, and the pixels of the map."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tilth.api.map_sheets import Opened, drawn_key, is_open, open_behind, sheet_of
from tilth.api.map_tiles import Kept, MapTile
from tilth.api.plan_opened import OpenPlan, opened_plan
from tilth.core import BadInput, NotFound
from tilth.land import Store, Stored
from tilth.tiles import Address, indexed_png, picture_of

if TYPE_CHECKING:
    from tilth.core import BoolArray, IntArray
    from tilth.runtime import Workspace

#: Where nothing is done, and where two plans are the same.
_IDLE, _SAME = "#b4beb9", "#f1f3f2"
_COLOURS = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b5a800", "#7b4fa3", "#8c5a2b", "#2f4b7c",
    "#00b0a0", "#c2185b",
)  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """The parcels of a survey that are units of a plan."""

    year: int
    unit: IntArray  # (parcels) the unit of each parcel of the survey; -1 for none
    area: IntArray  # (n) area of each unit; 0 where it is no parcel [dm²]
    parcels: int  # so many of the units are parcels


_grounds, _codes_drawn, _tiles = Opened(4), Opened(8), Kept(16 << 20)


def plan_ground(workspace: Workspace, plan: OpenPlan, year: int | None = None) -> Ground | None:
    """The parcels of a year's survey, the newest without one, that are units; None where no unit is a parcel."""
    store = Store(workspace)
    years = [one.year for one in store.listed(kind="survey") if one.year is not None]
    if year is None and not years:
        return None
    stored = store.in_use(year if year is not None else max(years))
    found = _grounds.once((str(workspace.root), f"{plan.stamp}{stored.id}"), lambda: _ground(store, plan, stored))
    return found if found.parcels else None


def _ground(store: Store, plan: OpenPlan, stored: Stored) -> Ground:
    import numpy as np

    rows = store.load(stored).attributes
    unit = plan.units.get_indexer(rows["parcel_id"].astype(str))
    there = unit >= 0
    area = np.zeros(plan.kept.options.n, np.int64)
    area[unit[there]] = rows["area_dm2"].to_numpy(np.int64)[there]
    return Ground(int(stored.year or 0), unit, area, int(there.sum()))


def colours_of(plan: OpenPlan, by: str) -> dict[str, str]:
    """The colour of each treatment, crop or year that the table has; what costs nothing and begins never is grey."""
    import numpy as np

    _, names = plan.codes(by)
    idle = {"0"} if by == "start" else _idle(plan) if by == "treatment" else set()
    busy = [one for one in names if one not in idle]
    if by == "start":  # from soon to late
        shades = np.linspace(0, 1, max(len(busy), 2))
        found = {one: _between("#08306b", "#c6dbef", shade) for one, shade in zip(busy, shades.tolist(), strict=False)}
    else:
        found = {one: _COLOURS[at % len(_COLOURS)] for at, one in enumerate(busy)}
    return {one: found.get(one, _IDLE) for one in names}


def _idle(plan: OpenPlan) -> set[str]:
    """Treatments that begin in no year, where others do; in a table without years, those that take no money."""
    import numpy as np

    table, aim = plan.kept.options, {name for name, _ in plan.kept.problem.aim}
    takes = np.zeros(len(table.treatments))
    if table.start is not None:
        takes += np.bincount(table.treatment, table.start != 0, minlength=len(takes))
    else:
        for name, column in table.columns.items():
            if name.endswith("yuan") and name not in aim:
                takes += np.bincount(table.treatment, np.abs(column), minlength=len(takes))
    names = plan.kinds("treatment")
    return set(names.tolist()) - set(names[takes > 0].tolist()) if np.any(takes > 0) else set()


def _between(first: str, last: str, share: float) -> str:
    pairs = [(int(first[at : at + 2], 16), int(last[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in pairs)


def plan_tile(
    workspace: Workspace, name: str, by: str, z: int, x: int, y: int, *, year: int | None = None,
    against: str | None = None,
) -> MapTile | None:  # fmt: skip
    """A picture (PNG) of what a solved plan chooses; None while the survey is being made ready to be drawn.

    Parameters
    ----------
    by
        "treatment", "crop", "start"; or "differs": what the plan `against` chooses where it is not the same.
    year
        The survey whose parcels are drawn; the newest without.

    Raises
    ------
    BadInput, NotFound
        If the plan cannot be drawn by that, is not solved, or none of its units is a parcel of the survey.
    """
    import numpy as np

    plan = opened_plan(workspace, name)
    other = None if against is None else opened_plan(workspace, against)
    if (by == "differs") is not (other is not None) or by not in ("differs", *plan.themes()):
        raise BadInput("PLAN-MAP-BY", by=by, known=", ".join([*plan.themes(), "differs"]))
    for one in (plan, other):
        if one is not None and one.solution is None:
            raise NotFound("PLAN-UNSOLVED", name=one.kept.name)
    at = Address.of(z, x, y)
    ground = plan_ground(workspace, plan, year)
    if ground is None:
        raise NotFound("PLAN-NO-PARCELS", name=plan.kept.name)
    stored = Store(workspace).in_use(ground.year)
    if not is_open(workspace, stored):
        open_behind(workspace, stored)
        return None
    sheet = sheet_of(workspace, stored)
    shown, theme = other or plan, "treatment" if by == "differs" else by
    about = f"{plan.stamp}{other.stamp if other else ''}{by}{drawn_key(workspace, stored)}"
    tag = hashlib.sha256(f"{workspace.root}{about}{z}/{x}/{y}".encode()).hexdigest()[:32]
    code = _codes_drawn.once(
        (str(workspace.root), f"{plan.kept.name}{about}"), lambda: _codes(plan, other, theme, ground)
    )

    def draw() -> bytes:
        pixels = picture_of(sheet, at, code[sheet.row])
        return indexed_png(pixels, [None, _SAME, *colours_of(shown, theme).values()]) if np.any(pixels) else b""

    return MapTile(_tiles.get(tag, draw), tag)


def unlike(plan: OpenPlan, other: OpenPlan) -> tuple[IntArray, BoolArray]:
    """(n) the unit of the same name in another plan, -1 for none; and whether that gets something else there."""
    import numpy as np

    assert plan.solution is not None and other.solution is not None
    match = other.units.get_indexer(plan.units)
    here, there = plan.kept.options, other.kept.options
    before = np.array(here.treatments, dtype=object)[here.treatment[plan.solution.options]]
    after = np.array(there.treatments, dtype=object)[there.treatment[other.solution.options]][match]
    starts = plan.solution.start != other.solution.start[match]
    return match, (match >= 0) & ((before != after) | starts)


def _codes(plan: OpenPlan, other: OpenPlan | None, theme: str, ground: Ground) -> Any:
    """(parcels) what a pixel over each parcel of the survey shows: 0 for nothing, 1 where two plans are the same."""
    import numpy as np

    shown = other or plan
    place, _ = shown.codes(theme)
    code, unit = np.minimum(place + 2, 255).astype(np.uint8), ground.unit
    if other is not None:
        match, differs = unlike(plan, other)
        code[match[(match >= 0) & ~differs]] = 1
        unit = np.where(unit >= 0, match[unit], -1)
    return np.where(unit >= 0, code[unit], 0).astype(np.uint8)
