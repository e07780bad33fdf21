"""Who asks, and whether they may: the session or token of a request, its right to an action in a region."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Annotated, cast

from fastapi import Depends, Request

from tilth.identity import ROLES, Caller, Grant, may
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
    if not office.start_key or not compare_digest(key, office.start_key):
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
    if request.method not in _SAFE and not compare_digest(request.headers.get(CSRF_HEADER, ""), session.csrf):
        raise Problem(403, "WEB-CSRF")
    return session.caller


Known = Annotated[Caller, Depends(current_caller)]


def needs(action: str) -> Callable[[Request, Caller], None]:
    """A dependency: the caller may do `action` in the region that the request is about, or in some region at all.

    Which region that is: the path or query parameter `region`, else the whole workspace's.
    """

    def allowed(request: Request, caller: Known) -> None:
        office = office_of(request)
        region = request.path_params.get("region") or request.query_params.get("region") or office.workspace.region
        if not may(caller, action, str(region), office.regions()):
            raise Problem(403, "WEB-NOT-ALLOWED", action=action, region=region)

    return allowed
