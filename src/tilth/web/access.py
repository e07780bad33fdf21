"""Who asks, and whether they may: the session or token of a request, its right to an action in a region."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Annotated, cast

from fastapi import Depends, Request

from tilth.identity import ROLES, Caller, Grant, may, scope_of
from tilth.web.problems import Problem
from tilth.web.state import Office, office_of

SESSION_COOKIE = "tilth_session"
CSRF_HEADER = "X-CSRF-Token"
#: Methods that change nothing, and need no proof that the page asks for itself.
_SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody at a browser: `csrf` is what their pages send along to show that it is they who ask."""

    caller: Caller
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))


def opened_by_key(office: Office, key: str) -> Session | None:
    """A session of the person at the machine, who was shown the key that this server was started with."""
    if not office.start_key or not compare_digest(key.encode("utf-8", "replace"), office.start_key.encode()):
        return None
    region = office.workspace.region
    return Session(Caller(office.owner, tuple(Grant(role, region) for role in ROLES), by="key"))


def current_session(request: Request) -> Session | None:
    """The session that the request's cookie names."""
    named = request.cookies.get(SESSION_COOKIE, "")
    return cast("Session | None", office_of(request).sessions.get(named))


def current_caller(request: Request) -> Caller:
    """Who asks. Problem 401 where nobody is named; 403 where a change is not shown to come from our own page."""
    session = current_session(request)
    if session is None:
        raise Problem(401, "WEB-NOT-KNOWN")
    request.state.caller = session.caller
    if request.method not in _SAFE and not compare_digest(
        request.headers.get(CSRF_HEADER, "").encode(), session.csrf.encode()
    ):
        raise Problem(403, "WEB-CSRF")
    return session.caller


Known = Annotated[Caller, Depends(current_caller)]


def needs(
    action: str, *, by: frozenset[str] = frozenset(), somewhere: bool = False
) -> Callable[[Request, Caller], None]:
    """A dependency: the caller may do `action` in every region that the request is about.

    Parameters
    ----------
    by
        The parameters of the route, of "region" and "group", that say which regions these are. Without one, and for a
        region that nobody knows, it is the whole workspace's.
    somewhere
        It is enough to have the right in some region: the route shows what lies there and no more.
    """

    def allowed(request: Request, caller: Known) -> None:
        office = office_of(request)
        tree = office.regions()
        if somewhere and scope_of(caller, action, tree):
            return
        named = {name: request.path_params.get(name) or request.query_params.get(name) for name in by}
        region, members = named.get("region"), tree.groups.get(str(named.get("group")), ())
        regions = [*([str(region)] if region and region in tree else []), *members]
        for one in regions or [office.workspace.region]:
            if not may(caller, action, one, tree):
                raise Problem(403, "WEB-NOT-ALLOWED", action=action, region=one)

    return allowed


def require(request: Request, action: str, *regions: str) -> None:
    """Problem 403 unless the caller may do `action` in each of `regions`: for what a body names, not the address."""
    caller: Caller = request.state.caller
    tree = office_of(request).regions()
    for region in regions:
        if not may(caller, action, region, tree):
            raise Problem(403, "WEB-NOT-ALLOWED", action=action, region=region)


def signed_as(caller: Caller, given: str = "") -> str:
    """The name that the land book records for what `caller` does: their own, never one that is typed in.

    Problem 403 if the request gives another.
    """
    if given and given != caller.name:
        raise Problem(403, "WEB-NOT-YOUR-NAME", name=caller.name, given=given)
    return caller.name
