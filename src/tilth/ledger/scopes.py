"""Whom a statement is about: a region and those directly below it, or the members of a group."""

from __future__ import annotations

from tilth.core import Label, label
from tilth.land import RegionTree
from tilth.ledger.stated import Part, Scope


def scope_of(tree: RegionTree, *, region: str = "", group: str = "") -> Scope:
    """A region and those directly below it, or the members of a group.

    Raises
    ------
    NotFound
        If there is no such region or group.
    """
    below = _below(tree)
    if group:
        members = tree.members(group)
        nested = [code for code in members if any(code != other and code in below[other] for other in members)]
        parts = [_part(tree, code, below[code]) for code in members if code not in nested]
        whole = Part("", Label(group, group), frozenset().union(*(one.regions for one in parts)))
        return Scope(whole, tuple(parts), tuple(nested))
    top = tree[region]
    parts = [_part(tree, one.code, below[one.code]) for one in tree.children(top.code)]
    if parts:
        parts.append(Part(top.code, label("STATEMENT-OWN"), frozenset({top.code}), own=True))
    whole = _part(tree, top.code, below[top.code])
    return Scope(whole, tuple(parts) or (whole,))


def _below(tree: RegionTree) -> dict[str, frozenset[str]]:
    """Of each region, itself and all below it."""
    found: dict[str, set[str]] = {code: set() for code in tree.regions}
    for code in tree.regions:
        for above in tree.ancestors(code):
            found[above.code].add(code)
    return {code: frozenset(codes) for code, codes in found.items()}


def _part(tree: RegionTree, code: str, regions: frozenset[str]) -> Part:
    name = tree[code].name
    return Part(code, Label(name, name), regions)
