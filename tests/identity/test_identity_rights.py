"""Who may do what, where: the rule against one written differently, over trees, groups and grants of any kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.identity import ACTIONS, ROLES, Caller, Grant, in_scope, may, may_administer, meant, scope_of, spelt
from tilth.land import Region, RegionTree

CODES = [str(number) for number in range(8)]
GROUPS = ["a", "b", "7"]  # one group has the name of a region: the region counts


@st.composite
def trees(draw: st.DrawFn) -> RegionTree:
    """Up to eight regions, each below an earlier one or none, and groups of them and of regions that are not there."""
    count = draw(st.integers(1, 8))
    regions = {}
    for number in range(count):
        parent = draw(st.none() | st.integers(0, number - 1)) if number else None
        code = str(number)
        regions[code] = Region(code, code, "region", None if parent is None else str(parent))
    members = st.lists(st.sampled_from([*CODES, "gone"]), max_size=4).map(tuple)
    return RegionTree(regions, draw(st.dictionaries(st.sampled_from(GROUPS), members, max_size=3)))


@st.composite
def callers(draw: st.DrawFn) -> Caller:
    places = st.sampled_from([*CODES, "a", "b", "gone"])
    held = draw(st.lists(st.builds(Grant, st.sampled_from(sorted(ROLES)), places), max_size=4))
    return Caller("x", tuple(held), within=draw(st.sampled_from(["", "", *CODES])))


def below(code: str, tree: RegionTree) -> set[str]:
    """The region and what lies in it: found downwards, where the rule looks upwards."""
    return {code}.union(*(below(one.code, tree) for one in tree.children(code)))


def allowed(caller: Caller, action: str, tree: RegionTree) -> set[str]:
    """Every region in which `caller` may do `action`."""
    places = [one.region for one in caller.grants if action in ROLES[one.role]]
    tops = {code for one in places for code in ([one] if one in tree.regions else tree.groups.get(one, [one]))}
    return set().union(*(below(one, tree) for one in tops)) & (
        below(caller.within, tree) if caller.within else {*CODES, "gone", "a", "b"}
    )


@given(tree=trees(), caller=callers(), action=st.sampled_from(ACTIONS))
def test_a_right_reaches_down_the_tree_and_nowhere_else(tree: RegionTree, caller: Caller, action: str) -> None:
    right = allowed(caller, action, tree)
    asked = set(tree.regions) | {"gone"}
    assert {one for one in asked if may(caller, action, one, tree)} == right & asked
    assert {one for one in asked if may(caller, action, one, lambda: tree)} == right & asked


@given(tree=trees(), caller=callers(), action=st.sampled_from(ACTIONS))
def test_a_scope_is_the_highest_regions_of_what_is_allowed(tree: RegionTree, caller: Caller, action: str) -> None:
    right, scope = allowed(caller, action, tree), scope_of(caller, action, tree)
    assert set().union(*(below(one, tree) for one in scope)) == right
    assert all(one not in below(other, tree) for one in scope for other in scope if one != other)
    assert {one for one in tree.regions if in_scope(one, scope, tree)} == right & set(tree.regions)


@given(tree=trees(), caller=callers(), theirs=callers())
def test_nobody_is_administered_who_has_a_say_elsewhere(tree: RegionTree, caller: Caller, theirs: Caller) -> None:
    places = {code for one in theirs.grants for code in meant(one.region, tree)}
    right = allowed(caller, "administer", tree)
    assert may_administer(caller, theirs.grants, tree) == (bool(right) and places <= right)


def test_a_tree_that_runs_in_a_circle_is_answered() -> None:
    tree = RegionTree({"a": Region("a", "a", "r", "b"), "b": Region("b", "b", "r", "a")})
    assert may(Caller("x", (Grant("viewer", "b"),)), "read", "a", tree)
    assert not may(Caller("x", (Grant("viewer", "c"),)), "read", "a", tree)


def test_every_role_looks_and_checks_and_does_one_thing_more() -> None:
    own = {role: does - {"read", "check"} for role, does in ROLES.items()}
    assert own.pop("viewer") == set()
    assert sorted(action for does in own.values() for action in does) == sorted(set(ACTIONS) - {"read", "check"})


@pytest.mark.parametrize("name", ["Li Wei", "li.wei", "ＬＩ－ＷＥＩ", "li\u200bwei"])
def test_spellings_of_a_name_are_one_name(name: str) -> None:
    assert spelt(name) == "liwei"
