"""What the routes for GIS programs share: links, and which collections somebody may see."""

from __future__ import annotations

from fastapi import Request

from tilth import api
from tilth.core import NotFound
from tilth.features import Collection
from tilth.identity import Caller, scope_of
from tilth.land import RegionTree
from tilth.web.state import office_of


def home_of(request: Request) -> str:
    """The address of the landing page."""
    return str(request.base_url).rstrip("/") + "/ogc"


def link(href: str, rel: str, media: str, title: str = "", **more: object) -> dict[str, object]:
    """A link, as the standards write it."""
    return {"href": href, "rel": rel, "type": media, **({"title": title} if title else {}), **more}


def seen_collections(request: Request, caller: Caller) -> list[Collection]:
    """Every collection that the caller may see."""
    tree = office_of(request).regions()
    return [one for one in api.collections(office_of(request).workspace) if _lets_see(one, caller, tree, request)]


def seen_collection(request: Request, caller: Caller, name: str) -> Collection:
    """One collection, if the caller may see it.

    Raises
    ------
    NotFound
        If there is none of that name that they may see.
    """
    office = office_of(request)
    found = api.collection(office.workspace, name)
    if not _lets_see(found, caller, office.regions(), request):
        raise NotFound("FEATURES-NO-COLLECTION", collection=name, known="-")
    return found


def _lets_see(one: Collection, caller: Caller, tree: RegionTree, request: Request) -> bool:
    """A survey to whoever may look at a part of it, which is then what they see; a layer to those who see all."""
    scope = scope_of(caller, "read", tree)
    whole = office_of(request).workspace.region in scope
    return whole or (bool(scope) and "region_code" in one.snapshot.attributes)
