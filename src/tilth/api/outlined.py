"""The outlines of stored surveys: measured when they are first needed, kept in the workspace for every later time."""

from __future__ import annotations

from contextlib import suppress

from tilth import __version__
from tilth.change import Outlines
from tilth.core import BadInput
from tilth.land import Snapshot, Store
from tilth.runtime import Workspace, cached, drop_cached, keep_cached


def outlines_of(workspace: Workspace, survey: Snapshot) -> Outlines:
    """What the shapes of a stored survey say by themselves. What is kept of surveys that are not in use is dropped."""
    key = _key(survey.id)
    folder = cached(workspace, key)
    if folder is not None:
        return Outlines.kept(folder, survey.meta.crs)
    found = Outlines.of(survey.parcels.geometry, survey.meta.crs)
    if keep_cached(workspace, key, found.keep):
        drop_cached(workspace, [key, *(_key(one.id) for one in Store(workspace).listed(kind="survey"))])
    return found


def prepare_outlines(workspace: Workspace, survey: Snapshot) -> None:
    """See to it that `outlines_of` finds them. What stands in the way of that is told when they are asked for."""
    with suppress(BadInput):
        outlines_of(workspace, survey)


def _key(survey: str) -> str:
    """Named by what it was made from and what made it."""
    return f"{survey[:32]}-{__version__}-{Outlines.EDITION}"
