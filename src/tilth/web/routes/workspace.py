"""What the workspace holds: surveys and layers, years, regions. Whoever may see a part of it is told of that part."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from fastapi import Request

from tilth import api
from tilth.land import RegionTree, Store
from tilth.web import records
from tilth.web.access import scope, visible
from tilth.web.door import Door
from tilth.web.state import office_of

door = Door("workspace")


@door.get("/workspace", "read", anywhere=True, response_model=records.WorkspaceRecord)
def workspace(request: Request) -> dict[str, Any]:
    """The region it was made for, the years that have a survey, every survey and layer.

    Whoever may see some regions only is told the first of them in the place of the whole, and no survey: its numbers
    are those of the whole.
    """
    place = office_of(request).workspace
    years, seen = Store(place).survey_years(), scope(request, "read")
    if place.region in seen:
        return {"region": place.region, "name": place.name, "years": years, "stored": api.contents(place)}
    tree = office_of(request).regions()
    name = tree[seen[0]].name if seen[0] in tree else seen[0]
    return {"region": seen[0], "name": name, "years": years, "stored": []}


@door.get("/regions", "read", anywhere=True, response_model=records.RegionsRecord)
def regions(request: Request) -> dict[str, Any]:
    """The region tree, each parent before its children, and the named groups, as far as the caller may see them."""
    tree = _part(office_of(request).regions(), request)
    rows = [{**asdict(one), "depth": depth} for one, depth in tree.walk()]
    return {"regions": rows, "groups": {name: list(codes) for name, codes in tree.groups.items()}}


def _part(tree: RegionTree, request: Request) -> RegionTree:
    """The regions that the caller may see, the highest of them without parents, and the groups of no others."""
    if office_of(request).workspace.region in scope(request, "read"):
        return tree
    seen = set(visible(request, "read", tree.regions))
    kept = {code: one for code, one in tree.regions.items() if code in seen}
    parts = {code: one if one.parent in seen else replace(one, parent=None) for code, one in kept.items()}
    return RegionTree(parts, {name: codes for name, codes in tree.groups.items() if seen.issuperset(codes)})
