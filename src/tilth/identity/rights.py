"""The one rule of who may do what, where."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tilth.identity.model import ROLES, Caller, Grant
from tilth.land import RegionTree


def may(caller: Caller, action: str, region: str, tree: RegionTree | Callable[[], RegionTree]) -> bool:
    """May `caller` do `action` in `region`: has a role that lets do it over the region or one above it?

    Parameters
    ----------
    tree
        The region tree, or what fetches it: a role over the region itself is seen without it.
    """
    held = [one for one in caller.grants if action in ROLES[one.role]]
    if not held:
        return False
    if caller.within in ("", region) and any(one.region == region for one in held):
        return True
    known = tree if isinstance(tree, RegionTree) else tree()
    over = above(region, known)
    if caller.within and caller.within not in over:
        return False
    return any(code in over for one in held for code in meant(one.region, known))


def scope_of(caller: Caller, action: str, tree: RegionTree) -> tuple[str, ...]:
    """Codes of the regions in which `caller` may do `action`, highest only: what is below them is meant too."""
    held = {code for one in caller.grants if action in ROLES[one.role] for code in meant(one.region, tree)}
    if caller.within:
        inside = {code for code in held if caller.within in above(code, tree)}
        held = {caller.within} if held & set(above(caller.within, tree)) else inside
    return tuple(sorted(code for code in held if not any(up in held for up in above(code, tree)[1:])))


def in_scope(region: str, scope: Iterable[str], tree: RegionTree) -> bool:
    """Does `region` lie in one of the regions of `scope`?"""
    return not set(scope).isdisjoint(above(region, tree))


def may_administer(caller: Caller, grants: Iterable[Grant], tree: RegionTree) -> bool:
    """May `caller` change somebody who holds `grants`? Only who administers every place where that person has a say.

    Otherwise the administrator of a village could take over who decides for the county.
    """
    places = {code for one in grants for code in meant(one.region, tree)}
    return bool(scope_of(caller, "administer", tree)) and all(may(caller, "administer", one, tree) for one in places)


def meant(place: str, tree: RegionTree) -> tuple[str, ...]:
    """The regions that a role over `place` is over: of a name that is both, the region counts, not the group."""
    return (place,) if place in tree else tree.groups.get(place, (place,))


def above(region: str, tree: RegionTree) -> list[str]:
    """`region` and what it lies in, as far as the tree knows; a tree that runs in a circle is followed once around."""
    line = [region]
    while line[-1] in tree:
        parent = tree[line[-1]].parent
        if parent is None or parent not in tree or parent in line:
            break
        line.append(parent)
    return line
