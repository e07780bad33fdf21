"""Coming in, going out, and who one is."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tilth.core import language
from tilth.web.access import SESSION_COOKIE, Session, current_session, opened_by_key
from tilth.web.door import OPEN, Door
from tilth.web.problems import Problem
from tilth.web.state import office_of

door = Door("entrance")


class Credentials(BaseModel):
    """What lets somebody in: the key that the server printed when it started."""

    model_config = ConfigDict(extra="forbid")
    key: str = Field(max_length=200)


@door.post("/session", OPEN)
def come_in(request: Request, response: Response, given: Credentials) -> dict[str, Any]:
    """Open a session; its cookie is set, and what `me` says is returned."""
    office = office_of(request)
    session = opened_by_key(office, given.key)
    if session is None:
        raise Problem(401, "WEB-WRONG-KEY")
    name = secrets.token_urlsafe(32)
    office.sessions[name] = session
    response.set_cookie(SESSION_COOKIE, name, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return _said(session)


@door.delete("/session", OPEN, status_code=204)
def go_out(request: Request, response: Response) -> None:
    """End the session."""
    office_of(request).sessions.pop(request.cookies.get(SESSION_COOKIE, ""), None)
    response.delete_cookie(SESSION_COOKIE)


@door.get("/me", OPEN)
def me(request: Request) -> dict[str, Any]:
    """Who asks, what they may do and where; `known` is false where nobody is named."""
    return _said(current_session(request))


def _said(session: Session | None) -> dict[str, Any]:
    if session is None:
        return {"known": False, "language": language()}
    caller = session.caller
    grants = [{"role": one.role, "region": one.region} for one in caller.grants]
    return {"known": True, "name": caller.name, "grants": grants, "csrf": session.csrf, "language": language()}
