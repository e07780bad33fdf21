"""The one rule of who may do what, where."""

from __future__ import annotations

from tilth.core import NotFound
from tilth.identity.model import ROLES, Caller
from tilth.land import RegionTree


def may(caller: Caller, action: str, region: str, tree: RegionTree) -> bool:
    """May `caller` do `action` in `region`: has a role that lets do it over the region or one above it?"""
    over = _above(region, tree)
    return any(action in ROLES[one.role] and _reaches(one.region, over, tree) for one in caller.grants)


def scope_of(caller: Caller, action: str, tree: RegionTree) -> tuple[str, ...]:
    """Codes of the regions in which `caller` may do `action`, highest only: what is below them is meant too."""
    held: set[str] = set()
    for one in caller.grants:
        if action in ROLES[one.role]:
            held |= set(tree.groups.get(one.region, (one.region,)))
    return tuple(sorted(code for code in held if not any(above in held for above in _above(code, tree)[1:])))


def _above(region: str, tree: RegionTree) -> list[str]:
    """`region` and what it lies in, as far as the tree knows."""
    try:
        return [one.code for one in tree.ancestors(region)]
    except NotFound:
        return [region]


def _reaches(granted: str, over: list[str], tree: RegionTree) -> bool:
    return any(code in over for code in tree.groups.get(granted, (granted,)))
