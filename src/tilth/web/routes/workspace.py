"""What the workspace holds: surveys and layers, years, regions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import Request

from tilth import api
from tilth.land import Store
from tilth.web import records
from tilth.web.door import Door
from tilth.web.state import office_of

door = Door("workspace")


@door.get("/workspace", "read", response_model=records.WorkspaceRecord)
def workspace(request: Request) -> dict[str, Any]:
    """The region it was made for, the years that have a survey, every survey and layer."""
    place = office_of(request).workspace
    store = Store(place)
    return {"region": place.region, "name": place.name, "years": store.survey_years(), "stored": api.contents(place)}


@door.get("/regions", "read", response_model=records.RegionsRecord)
def regions(request: Request) -> dict[str, Any]:
    """The region tree, each parent before its children, and the named groups."""
    tree = office_of(request).regions()
    rows = [{**asdict(one), "depth": depth} for one, depth in tree.walk()]
    return {"regions": rows, "groups": {name: list(codes) for name, codes in tree.groups.items()}}
