"""Workspaces: make one, open one, and what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tilth.core import NotFound
from tilth.land import Store
from tilth.runtime import Workspace


def init(folder: str | Path, *, region: str, name: str = "") -> Workspace:
    """Make a workspace for one region in `folder`.

    Raises
    ------
    BadInput
        If there is one already, the code is not letters and digits, or the folder cannot be written.
    """
    return Workspace.create(Path(folder), region=region, name=name or region)


def open_workspace(folder: str | Path) -> Workspace:
    """Open the workspace in `folder`.

    Raises
    ------
    NotFound
        If there is none.
    """
    return Workspace.open(Path(folder))


def contents(workspace: Workspace) -> list[dict[str, Any]]:
    """Every stored snapshot and layer, in the order they came, with which ones are in use."""
    rows = []
    store = Store(workspace)
    for stored in store.listed(current=False):
        meta = store.meta(stored)
        rows.append(
            {
                "kind": stored.kind,
                "year": stored.year,
                "label": stored.label,
                "in_use": stored.current,
                "rows_in": meta.rows_in,
                "rows_stored": meta.rows_stored,
                "rows_quarantined": meta.rows_quarantined,
                "area_dm2": meta.area_dm2,
                "crs": meta.crs,
                "sources": ", ".join(source.name for source in meta.sources),
                "id": stored.id,
                "stored_at": stored.stored_at,
            }
        )
    return rows


def use(workspace: Workspace, snapshot: str) -> dict[str, Any]:
    """Make a stored survey or layer the one in use again; `snapshot` is the beginning of its id, 6 letters or more.

    Raises
    ------
    NotFound
        If no id, or more than one, begins so.
    """
    store = Store(workspace)
    found = [one for one in store.listed(current=False) if len(snapshot) >= 6 and one.id.startswith(snapshot)]
    if len(found) != 1:
        raise NotFound("API-NO-SUCH-ID", id=snapshot)
    store.use(found[0])
    return next(row for row in contents(workspace) if row["id"] == found[0].id)
