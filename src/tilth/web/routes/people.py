"""People, their roles and tokens, and what everybody did."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field

from tilth import api
from tilth.identity import Caller, People, Person, in_scope, may, may_administer, meant, spelt
from tilth.land import RegionTree
from tilth.runtime import Workspace
from tilth.web.access import Known, scope
from tilth.web.door import KNOWN, Door
from tilth.web.logged import acting
from tilth.web.problems import Problem
from tilth.web.state import office_of

door = Door("people")
Before = Annotated[int | None, Query(ge=1, le=2**62)]
Limit = Annotated[int, Query(ge=1, le=1000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPerson(_Body):
    """Somebody to be known."""

    name: str = Field(max_length=64)
    shown: str = Field("", max_length=100)
    password: str | None = Field(None, max_length=1000)


class SetPassword(_Body):
    """A password that an administrator sets."""

    password: str = Field(max_length=1000)


class Role(_Body):
    """A role over a region and what is below it, or over a group."""

    role: str = Field(max_length=32)
    region: str = Field(max_length=100)


class NewToken(_Body):
    """A token for one's own program."""

    name: str = Field(max_length=100)
    days: int = Field(90, ge=1, le=366)
    roles: list[Annotated[str, Field(max_length=32)]] = Field([], max_length=20)
    region: str = Field("", max_length=32)


@door.get("/people", "administer", anywhere=True)
def people(request: Request, caller: Known) -> dict[str, Any]:
    """Everybody whom the caller administers, and who has no role anywhere."""
    tree = office_of(request).regions()
    return {
        "people": [
            one.as_record() for one in api.user_list(_place(request)) if may_administer(caller, one.grants, tree)
        ]
    }


@door.post("/people", "administer", anywhere=True, status_code=201)
def add(request: Request, caller: Known, given: NewPerson) -> dict[str, Any]:
    """Make somebody known. They may do nothing until they are given a role."""
    if given.password is not None:
        _not_by_token(caller)
    place = _place(request)
    return api.user_add(place, given.name, shown=given.shown, password=given.password, by=acting(request)).as_record()


@door.get("/people/{name}", "administer", anywhere=True)
def person(request: Request, caller: Known, name: str) -> dict[str, Any]:
    """Somebody, with their roles and tokens."""
    one = _theirs(request, caller, name)
    return {**one.as_record(), "tokens": [each.as_record() for each in api.user_tokens(_place(request), one.name)]}


@door.delete("/people/{name}", "administer", anywhere=True)
def remove(request: Request, caller: Known, name: str) -> dict[str, Any]:
    """Let somebody in no more. What they did stays under their name."""
    one = _theirs(request, caller, name)
    return api.user_remove(_place(request), one.name, by=acting(request)).as_record()


@door.post("/people/{name}/restore", "administer", anywhere=True)
def restore(request: Request, caller: Known, name: str) -> dict[str, Any]:
    """Somebody who was removed is known again, with neither password nor role."""
    one = _theirs(request, caller, name)
    return api.user_remove(_place(request), one.name, undo=True, by=acting(request)).as_record()


@door.put("/people/{name}/password", "administer", anywhere=True)
def set_password(request: Request, caller: Known, name: str, given: SetPassword) -> dict[str, Any]:
    """Set somebody's password. Their sessions end."""
    _not_by_token(caller)
    one = _theirs(request, caller, name)
    return api.user_password(_place(request), one.name, given.password, by=acting(request)).as_record()


@door.post("/people/{name}/roles", "administer", anywhere=True)
def give(request: Request, caller: Known, name: str, given: Role) -> dict[str, Any]:
    """Give a role, in a place that the caller administers; never to oneself."""
    one = People(_place(request)).get(name)
    if caller.by != "key" and spelt(one.name) == spelt(caller.name):
        raise Problem(403, "WEB-NOT-TO-ONESELF")
    _administers(request, caller, given.region)
    return api.user_role(_place(request), one.name, given.role, place=given.region, by=acting(request)).as_record()


@door.delete("/people/{name}/roles/{role}/{place}", "administer", anywhere=True)
def take(request: Request, caller: Known, name: str, role: str, place: str) -> dict[str, Any]:
    """Take a role away, in a place that the caller administers."""
    _administers(request, caller, place)
    one = People(_place(request)).get(name)
    return api.user_role(_place(request), one.name, role, place=place, take=True, by=acting(request)).as_record()


@door.delete("/people/{name}/tokens/{id}", "administer", anywhere=True, status_code=204)
def end_their_token(request: Request, caller: Known, name: str, id: str) -> None:
    """Make somebody's token let nobody in any more."""
    one = _theirs(request, caller, name)
    api.user_token_end(_place(request), one.name, id, by=acting(request))


@door.get("/tokens", KNOWN)
def tokens(request: Request, caller: Known) -> dict[str, Any]:
    """One's own tokens."""
    found = [] if caller.by == "key" else api.user_tokens(_place(request), caller.name)
    return {"tokens": [one.as_record() for one in found]}


@door.post("/tokens", KNOWN, status_code=201)
def make_token(request: Request, caller: Known, given: NewToken) -> dict[str, Any]:
    """Make a token for one's own program. `secret` is told this once."""
    _not_by_token(caller)
    return api.user_token(
        _place(request),
        caller.name,
        given.name,
        days=given.days,
        roles=given.roles,
        region=given.region,
        by=acting(request),
    ).as_record()


@door.delete("/tokens/{id}", KNOWN, status_code=204)
def end_token(request: Request, caller: Known, id: str) -> None:
    """Make one's own token let nobody in any more."""
    api.user_token_end(_place(request), caller.name, id, by=acting(request))


@door.get("/audit", "audit", anywhere=True)
def audit(request: Request, before: Before = None, limit: Limit = 100, region: str = "") -> dict[str, Any]:
    """Who did what, newest first, in the regions that the caller audits. `next` is the `before` of the next page.

    What was done in no region (coming in, going out) is told to whoever audits the whole workspace.
    """
    tree = office_of(request).regions()
    over = (region,) if region else scope(request, "audit")
    whole = not region and in_scope(_place(request).region, over, tree)
    regions = None if whole else [one for one in {*tree.regions, *tree.groups, *over} if _inside(one, over, tree)]
    items = api.user_log(_place(request), before=before, limit=limit + 1, regions=regions)
    return {"items": items[:limit], "next": items[limit - 1]["number"] if len(items) > limit else None}


@door.get("/audit/verified", "audit")
def audit_verified(request: Request) -> dict[str, Any]:
    """Is the log as it was written?"""
    return api.user_log_verify(_place(request)).as_record()


def _place(request: Request) -> Workspace:
    return office_of(request).workspace


def _inside(place: str, over: tuple[str, ...], tree: RegionTree) -> bool:
    return all(in_scope(code, over, tree) for code in meant(place, tree))


def _not_by_token(caller: Caller) -> None:
    """A token makes nothing that lets in for longer, or further, than itself."""
    if caller.by == "token":
        raise Problem(403, "WEB-NOT-BY-TOKEN")


def _theirs(request: Request, caller: Caller, name: str) -> Person:
    """The person, if the caller administers every place where they have a role."""
    one = People(_place(request)).get(name)
    if not may_administer(caller, one.grants, office_of(request).regions()):
        raise Problem(403, "WEB-NOT-THEIRS", name=one.name)
    return one


def _administers(request: Request, caller: Caller, place: str) -> None:
    tree = office_of(request).regions()
    request.state.region = place
    for code in meant(place, tree):
        if not may(caller, "administer", code, tree):
            raise Problem(403, "WEB-NOT-ALLOWED", action="administer", region=place)
