"""Figures about a workspace for whoever watches over its server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tilth.core import BadInput
from tilth.land import Store
from tilth.ledger import how_many

if TYPE_CHECKING:
    from tilth.runtime import Workspace


@dataclass(frozen=True)
class Figures:
    """How much there is."""

    entries: int
    closings: int
    snapshots: int


def ready(workspace: Workspace) -> None:
    """Nothing, if the database of a workspace answers and has the schema of this version.

    Raises
    ------
    BadInput
        If not.
    """
    if not workspace.database.ready:
        raise BadInput("RUNTIME-DATABASE", why="alembic_version")


def figures(workspace: Workspace) -> Figures:
    """How many entries, closings, and stored surveys and layers there are.

    Raises
    ------
    BadInput
        If the database does not answer.
    """
    return Figures(*how_many(workspace.database), len(Store(workspace).listed(current=False)))
