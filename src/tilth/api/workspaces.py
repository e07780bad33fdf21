"""Workspaces: make one, open one, and what is in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tilth.core import BadInput, NotFound
from tilth.land import Store, Stored
from tilth.runtime import Workspace


def init(folder: str | Path, *, region: str, name: str = "") -> Workspace:
    """Make a workspace for one region in `folder`.

    Raises
    ------
    BadInput
        If there is one already, the code is not letters and digits, or the folder cannot be written.
    """
    return Workspace.create(Path(folder), region=region, name=name or region)


def open_workspace(folder: str | Path, *, years: Iterable[int] = ()) -> Workspace:
    """Open the workspace in `folder`.

    Parameters
    ----------
    years
        Years that must have a survey. This is the cheap way to know: nothing that computes is loaded.

    Raises
    ------
    NotFound
        If there is none, or no survey of one of `years`.
    """
    workspace = Workspace.open(Path(folder))
    for year in years:
        Store(workspace).in_use(year)
    return workspace


def contents(workspace: Workspace) -> list[dict[str, Any]]:
    """Every stored snapshot and layer, in the order they came, with which ones are in use.

    A survey is in use for its year. A layer is in use if a year that has a survey takes it (`used_for`); without any
    survey, if a year to come would. A damaged entry has None for its numbers, and says what is wrong in `damaged`.
    """
    store = Store(workspace)
    years = store.survey_years()
    takes = {year: {one.id for one in store.chosen(year)} for year in years}
    to_come = {one.id for one in store.chosen()}
    rows = []
    for stored in store.listed(current=False):
        used_for = [year for year in years if stored.id in takes[year]]
        in_use = stored.current if stored.kind == "survey" else bool(used_for) or (not years and stored.id in to_come)
        rows.append(
            {
                "kind": stored.kind,
                "year": stored.year,
                "label": stored.label,
                "in_use": in_use,
                "used_for": [stored.year] if stored.kind == "survey" and stored.current else used_for,
                **_numbers(store, stored),
                "id": stored.id,
                "stored_at": stored.stored_at,
            }
        )
    return rows


def _numbers(store: Store, stored: Stored) -> dict[str, Any]:
    """Rows, area, CRS and files of a stored snapshot, as far as its folder still tells."""
    try:
        meta = store.meta(stored)
    except BadInput as error:
        lost = dict.fromkeys(("rows_in", "rows_stored", "rows_quarantined", "area_dm2", "crs"))
        return {**lost, "sources": "", "damaged": str(error)}
    return {
        "rows_in": meta.rows_in,
        "rows_stored": meta.rows_stored,
        "rows_quarantined": meta.rows_quarantined,
        "area_dm2": meta.area_dm2,
        "crs": meta.crs,
        "sources": ", ".join(source.name for source in meta.sources),
        "damaged": "",
    }


def use(workspace: Workspace, snapshot: str) -> dict[str, Any]:
    """Make a stored survey or layer the one in use again; `snapshot` is the beginning of its id, 6 letters or more.

    Raises
    ------
    NotFound
        If no id, or more than one, begins so.
    """
    store = Store(workspace)
    stored = _named(store, snapshot)
    store.use(stored)
    return next(row for row in contents(workspace) if row["id"] == stored.id)


def set_aside(workspace: Workspace, snapshot: str) -> dict[str, Any]:
    """Take a stored survey or layer out of use; it stays in the workspace. `snapshot` as for `use`.

    Raises
    ------
    NotFound
        If no id, or more than one, begins so.
    """
    store = Store(workspace)
    stored = _named(store, snapshot)
    store.set_aside(stored)
    return next(row for row in contents(workspace) if row["id"] == stored.id)


def _named(store: Store, start: str) -> Stored:
    found = [one for one in store.listed(current=False) if len(start) >= 6 and one.id.startswith(start)]
    if len(found) != 1:
        raise NotFound("API-NO-SUCH-ID", id=start)
    return found[0]
