"""Stored surveys and layers as collections of features, for programs that read them over the network."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path

from tilth.core import NotFound
from tilth.features import Collection, collection_of
from tilth.land import Store, Stored
from tilth.runtime import Workspace

#: Surveys and layers whose attributes are kept in memory at a time.
_OPEN = 6


def collections(workspace: Workspace) -> tuple[Collection, ...]:
    """Every survey in use, the newest first, and every layer that the newest year uses."""
    store = Store(workspace)
    surveys = [store.in_use(year) for year in sorted(store.survey_years(), reverse=True)]
    layers = store.chosen(surveys[0].year if surveys else None)
    several = Counter((one.kind, one.year) for one in layers)
    named = [*((one, "") for one in surveys), *((one, one.label * (several[one.kind, one.year] > 1)) for one in layers)]
    return tuple(_opened(workspace.root, one, name) for one, name in named)


def collection(workspace: Workspace, name: str) -> Collection:
    """The collection of that id.

    Raises
    ------
    NotFound
        If there is none.
    """
    known = collections(workspace)
    found = next((one for one in known if one.id == name), None)
    if found is None:
        raise NotFound("FEATURES-NO-COLLECTION", collection=name, known=", ".join(one.id for one in known) or "-")
    return found


@lru_cache(maxsize=_OPEN)
def _opened(root: Path, stored: Stored, name: str) -> Collection:
    return collection_of(Store(Workspace.open(root)).load(stored), name)
