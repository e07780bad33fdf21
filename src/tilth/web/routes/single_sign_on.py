"""Signing in by another service: the browser is sent there, and comes back with a code."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import RedirectResponse

from tilth.core import TilthError
from tilth.identity import Entered, Issuer, Turned, issuer_of
from tilth.web.access import address_of, session_id, set_session_cookie
from tilth.web.door import OPEN, Door
from tilth.web.problems import Problem
from tilth.web.state import office_of

door = Door("entrance")
#: What the browser keeps until it comes back; sent along then, though another site sends it back.
_KEPT = "tilth_oidc"
#: As long as somebody may take to sign in there. [s]
_AWAY_S = 600
_Text = Annotated[str, Query(max_length=4000)]


@door.get("/session/oidc", OPEN, response_class=RedirectResponse, status_code=303)
def sent_away(request: Request) -> RedirectResponse:
    """Send the browser to the service that `[web.oidc]` of the settings names."""
    try:
        place, kept = _issuer(request).begin(_back(request))
    except (Problem, TilthError) as error:
        return _to_the_page(request, error)
    answer = RedirectResponse(place, 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(_KEPT, kept, max_age=_AWAY_S, httponly=True, samesite="lax", secure=secure, path=_path(request))
    return answer


@door.get("/session/oidc/back", OPEN, response_class=RedirectResponse, status_code=303)
def come_back(request: Request, code: _Text = "", state: _Text = "") -> RedirectResponse:
    """Let somebody in whom the service knows by a name that is known here; the page is opened then."""
    try:
        entered = _entered(request, code, state)
    except (Problem, TilthError) as error:
        answer = _to_the_page(request, error)
    else:
        answer = RedirectResponse("/", 303)
        set_session_cookie(request, answer, entered.id)
    answer.delete_cookie(_KEPT, path=_path(request))
    return answer


def _entered(request: Request, code: str, state: str) -> Entered:
    kept = request.cookies.get(_KEPT, "")
    name = _issuer(request).name_of(code, state, kept, _back(request))
    entrance = office_of(request).entrance
    entered = entrance.by_issuer(name, address=address_of(request), had=session_id(request))
    if isinstance(entered, Turned):
        raise Problem(403, "WEB-NOT-KNOWN-HERE", name=name)
    return entered


def _to_the_page(request: Request, error: Problem | TilthError) -> RedirectResponse:
    """People are shown the way in again, which says in words what went wrong; programs get the problem itself."""
    if "text/html" not in request.headers.get("accept", ""):
        raise error
    return RedirectResponse(f"/?signin={error.code}", 303)


def _issuer(request: Request) -> Issuer:
    issuer = issuer_of(office_of(request).workspace)
    if issuer is None:
        raise Problem(404, "WEB-NO-OIDC")
    return issuer


def _back(request: Request) -> str:
    return str(request.url_for("come_back"))


def _path(request: Request) -> str:
    return request.url_for("sent_away").path
