"""A scenario: the same table and demands as another plan, with other limits of some of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tilth import __version__
from tilth.api.plan_folders import ABOUT, OPTIONS, ROWS, as_json, digest, plan_folder, posed, put
from tilth.api.plan_making import PlanMade, read_rows
from tilth.api.plan_opened import opened_plan
from tilth.core import BadInput

if TYPE_CHECKING:
    from tilth.runtime import Workspace


def plan_vary(workspace: Workspace, name: str, new_name: str, limits: Mapping[int, float | str]) -> PlanMade:
    """Make `plans/NEW_NAME` from `plans/NAME`, with another limit of each row that is named by its number.

    Parameters
    ----------
    limits
        By the number of a demand, counted from 1 as `tilth plan explain` and the plan's record tell it: a number in the
        unit of its column, or an amount ("300 wan_yuan").

    Raises
    ------
    BadInput, NotFound
        If there is no such plan, there is one of the new name, or a limit cannot be meant.
    """
    from tilth.plan import check, told

    folder = plan_folder(workspace, new_name)
    if folder.exists():
        raise BadInput("PLAN-THERE", name=new_name)
    if not limits:
        raise BadInput("PLAN-VARY-NOTHING", name=name)
    base = opened_plan(workspace, name).kept
    written = (base.folder / ROWS).read_bytes().rstrip()
    for row, limit in limits.items():
        written += f"\n\n[[limit]]\nrow = {row}\nis = {_toml(limit)}".encode()
    written += b"\n"
    problem = posed(base.options, read_rows(written, ROWS), base.crops, base.measures)
    check(problem)
    files = {OPTIONS: (base.folder / OPTIONS).read_bytes(), ROWS: written}
    about = {
        **base.about, "name": new_name, "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "software": f"tilth {__version__}", "title": f"{base.about['title']} · {new_name}",
        "inputs": {one: digest(content) for one, content in files.items()},
        "varies": {"plan": name, "limits": {str(row): limit for row, limit in limits.items()}},
    }  # fmt: skip
    with workspace.writing():
        if folder.exists():
            raise BadInput("PLAN-THERE", name=new_name)
        put(workspace, folder, {**files, ABOUT: as_json(about)})
    return PlanMade(new_name, Path(folder), told(problem, base.words), str(problem), about, ())


def _toml(limit: float | str) -> str:
    """A limit as TOML writes it."""
    if isinstance(limit, str):
        return '"' + "".join(f"\\u{ord(one):04x}" if one in '"\\' or ord(one) < 32 else one for one in limit) + '"'
    return repr(limit)
