"""Coming in, going out, and who one is."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tilth import api
from tilth.core import BadInput, language
from tilth.identity import ACTIONS, Caller, Turned, issuer_of, scope_of
from tilth.web.access import (
    Known,
    address_of,
    cookie_of,
    current_caller,
    current_session,
    from_another_site,
    session_id,
    set_session_cookie,
)
from tilth.web.door import KNOWN, OPEN, Door
from tilth.web.logged import acting
from tilth.web.problems import Problem
from tilth.web.state import office_of

door = Door("entrance")


class Credentials(BaseModel):
    """What lets somebody in: name and password, or the key that the server printed when it started."""

    model_config = ConfigDict(extra="forbid")
    key: str = Field("", max_length=200)
    name: str = Field("", max_length=100)
    password: str = Field("", max_length=1000)


class NewPassword(BaseModel):
    """One's own password, and the one to come."""

    model_config = ConfigDict(extra="forbid")
    old: str = Field(max_length=1000)
    new: str = Field(max_length=1000)


@door.post("/session", OPEN)
def come_in(request: Request, response: Response, given: Credentials) -> dict[str, Any]:
    """Open a session; its cookie is set, and what `me` says is returned."""
    if from_another_site(request):
        raise Problem(403, "WEB-CSRF")
    if bool(given.key) == bool(given.name and given.password):
        raise Problem(422, "WEB-CREDENTIALS")
    entrance = office_of(request).entrance
    where = {"address": address_of(request), "had": session_id(request)}
    if given.key:
        entered = entrance.by_key(given.key, **where)
    else:
        entered = entrance.by_password(given.name, given.password, **where)
    if isinstance(entered, Turned):
        if entered.wait_s:
            raise Problem(429, "WEB-WAIT", seconds=entered.wait_s)
        raise Problem(401, "WEB-WRONG-KEY" if given.key else "WEB-WRONG-PASSWORD")
    set_session_cookie(request, response, entered.id)
    return _said(request, entered.session.caller, shown=entered.session.shown, csrf=entered.session.csrf)


@door.delete("/session", KNOWN, status_code=204)
def go_out(request: Request, response: Response) -> None:
    """End the session."""
    acting(request)
    office_of(request).entrance.sessions.end(session_id(request))
    response.delete_cookie(cookie_of(request), secure=request.url.scheme == "https", httponly=True, samesite="strict")


@door.get("/me", OPEN)
def me(request: Request) -> dict[str, Any]:
    """Who asks, what they may do and where; `known` is false where nobody is named."""
    if request.headers.get("authorization"):
        return _said(request, current_caller(request))
    session = current_session(request)
    if session is None:
        return {"known": False, "language": language(), "oidc": _other_service(request)}
    return _said(request, session.caller, shown=session.shown, csrf=session.csrf)


@door.put("/me/password", KNOWN)
def change_password(request: Request, response: Response, caller: Known, given: NewPassword) -> dict[str, Any]:
    """Change one's own password. Every session of that person ends, and this browser gets a new one."""
    if caller.by != "password":
        raise Problem(403, "WEB-NOT-BY-TOKEN")
    entrance = office_of(request).entrance
    where = {"address": address_of(request)}
    proven = entrance.proven(caller.name, given.old, **where)
    if isinstance(proven, Turned):
        if proven.wait_s:
            raise Problem(429, "WEB-WAIT", seconds=proven.wait_s)
        raise Problem(422, "IDENTITY-PASSWORD-WRONG")
    api.user_password(office_of(request).workspace, caller.name, given.new, by=acting(request))
    entered = entrance.by_password(caller.name, given.new, **where)
    if isinstance(entered, Turned):
        raise Problem(401, "WEB-NOT-KNOWN")
    set_session_cookie(request, response, entered.id)
    return _said(request, entered.session.caller, shown=entered.session.shown, csrf=entered.session.csrf)


def _other_service(request: Request) -> str:
    """What the other service is called that people may sign in at; "" without one, or if its settings are wrong."""
    try:
        issuer = issuer_of(office_of(request).workspace)
    except BadInput:
        return ""
    return issuer.name if issuer else ""


def _said(request: Request, caller: Caller, *, shown: str = "", csrf: str = "") -> dict[str, Any]:
    tree = office_of(request).regions()
    return {
        "known": True,
        "name": caller.name,
        "shown": shown or caller.name,
        "by": caller.by,
        "within": caller.within,
        "grants": [{"role": one.role, "region": one.region} for one in caller.grants],
        "may": {action: scope_of(caller, action, tree) for action in ACTIONS},
        "csrf": csrf,
        "language": language(),
    }
