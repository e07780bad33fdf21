"""Who asks, and whether they may: the session or token of a request, its right to an action in a region."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable
from typing import Annotated

from fastapi import Depends, Request, Response

from tilth.core import NotFound
from tilth.identity import Caller, People, Session, Tokens, in_scope, may, scope_of, spelt
from tilth.land import RegionTree
from tilth.web.callers import OUR_PAGES, Shown, who_of
from tilth.web.problems import Problem
from tilth.web.state import Office, office_of

SESSION_COOKIE = "tilth_session"
#: Under https the browser itself sees to it that no other host and no page without encryption set the cookie.
_SECURE_COOKIE = f"__Host-{SESSION_COOKIE}"
CSRF_HEADER = "X-CSRF-Token"
#: Methods that change nothing, and need no proof that the page asks for itself.
SAFE = ("GET", "HEAD", "OPTIONS")


def cookie_of(request: Request) -> str:
    """What the cookie of the session is called on this connection."""
    return _SECURE_COOKIE if request.url.scheme == "https" else SESSION_COOKIE


def session_id(request: Request) -> str:
    """The id of the session that the request's cookie names; empty without one."""
    return request.cookies.get(cookie_of(request), "")


def set_session_cookie(request: Request, response: Response, id: str) -> None:
    """Let the browser keep the id of its session, out of reach of scripts and of other sites."""
    secure = request.url.scheme == "https"
    response.set_cookie(cookie_of(request), id, httponly=True, samesite="strict", secure=secure, path="/")


def address_of(request: Request) -> str:
    """From where the request came."""
    return request.client.host if request.client else ""


def current_session(request: Request) -> Session | None:
    """The session that the request's cookie names."""
    return office_of(request).entrance.sessions.find(session_id(request), address_of(request))


def from_another_site(request: Request) -> bool:
    """Does the browser say that a page of somebody else asks?"""
    return request.headers.get("sec-fetch-site", "same-origin") not in OUR_PAGES


def current_caller(request: Request) -> Caller:
    """Who asks. Problem 401 where nobody is named; 403 where a change is not shown to come from our own page.

    A program shows its token in the header `Authorization`; then no cookie counts, and no page has to show anything.
    But a browser sends what "Basic" asked for anywhere.
    """
    shown = _shown(request)
    request.state.caller = shown.caller
    if request.method not in SAFE:
        headers = request.headers
        if not shown.may_change(headers.get("sec-fetch-site", "same-origin"), headers.get(CSRF_HEADER, "")):
            raise Problem(403, "WEB-CSRF")
    return shown.caller


def _shown(request: Request) -> Shown:
    """Who asks: known from a moment ago to whoever looks; looked up where something is to change."""
    callers, who = office_of(request).callers, who_of(request.scope)
    found = callers.get(who) if request.method in SAFE else None
    if found is None:
        mark = callers.mark()
        found = _looked_up(request)
        callers.keep(who, found, mark)
    return found


def _looked_up(request: Request) -> Shown:
    shown = request.headers.get("authorization", "")
    if shown:
        caller = Tokens(office_of(request).workspace).caller(_token(shown), address_of(request))
        if caller is not None:
            return Shown(caller, None)
    else:
        session = current_session(request)
        if session is not None:
            return Shown(session.caller, session.csrf)
    raise Problem(401, "WEB-NOT-KNOWN")


def _token(shown: str) -> str:
    """The token that the header `Authorization` shows: after "Bearer", or as the password of "Basic", as GIS programs
    send it; the name before it is for people to read."""
    scheme, _, rest = shown.partition(" ")
    match scheme.lower():
        case "bearer":
            return rest.strip()
        case "basic":
            try:
                return b64decode(rest.strip(), validate=True).decode("utf-8").partition(":")[2]
            except ValueError:
                return ""
        case _:
            return ""


Known = Annotated[Caller, Depends(current_caller)]


def needs(
    action: str, *, by: frozenset[str] = frozenset(), anywhere: bool = False
) -> Callable[[Request, Caller], None]:
    """A dependency: the caller may do `action` in every region that the request is about.

    Parameters
    ----------
    by
        The parameters of the route, of "region" and "group", that say which regions these are: what else stands in an
        address says nothing, for the route does not look at it. Without one, and for a place that nobody knows, it is
        the whole workspace.
    anywhere
        Where the request names no region, it is enough to be allowed in some: the route shows no more than lies in
        `scope(request, action)`.
    """

    def allowed(request: Request, caller: Known) -> None:
        office = office_of(request)
        request.state.action = action
        regions = _named(request, office, by)
        request.state.region = regions[0] if regions else office.workspace.region
        if anywhere and not regions:
            if not scope_of(caller, action, office.regions()):
                raise Problem(403, "WEB-NOT-ALLOWED", action=action, region=office.workspace.region)
            return
        require(request, action, *(regions or (office.workspace.region,)))

    return allowed


def require(request: Request, action: str, *regions: str) -> None:
    """Problem 403 unless the caller may do `action` in each of `regions`: for what a body names, not the address."""
    caller: Caller = request.state.caller
    for region in regions:
        if not may(caller, action, region, office_of(request).regions):
            request.state.region = region
            raise Problem(403, "WEB-NOT-ALLOWED", action=action, region=region)


def scope(request: Request, action: str) -> tuple[str, ...]:
    """The regions in which the caller may do `action`, highest only: of a list, show only what lies in them."""
    return scope_of(request.state.caller, action, office_of(request).regions())


def visible(request: Request, action: str, regions: Iterable[str]) -> list[str]:
    """Those of `regions` in which the caller may do `action`."""
    tree = office_of(request).regions()
    held = scope_of(request.state.caller, action, tree)
    return [one for one in regions if in_scope(one, held, tree)]


def signed_as(caller: Caller, given: str = "") -> str:
    """The name that the land book records for what `caller` does: their own, never one that is typed in.

    Problem 403 if the request gives another.
    """
    if given and spelt(given) != spelt(caller.name):
        raise Problem(403, "WEB-NOT-YOUR-NAME", name=caller.name, given=given)
    return caller.name


def known_submitter(request: Request, name: str, region: str) -> str:
    """The name of somebody else who may submit in `region`, as the book records them; problem 422 if they may not."""
    office = office_of(request)
    try:
        person = People(office.workspace).get(name)
    except NotFound:
        person = None
    if person is None or person.disabled or not may(Caller(name, person.grants), "submit", region, office.regions):
        raise Problem(422, "WEB-NOT-SUBMITTER", name=name, region=region)
    return person.name


def _named(request: Request, office: Office, by: frozenset[str]) -> list[str]:
    """The regions that the parameters `by` name, in the path or, as often as they stand there, in the query."""
    places = [
        (name, place)
        for name in sorted(by)
        for place in (request.path_params.get(name), *request.query_params.getlist(name))
        if place
    ]
    if not places:
        return []
    tree, whole = office.regions(), (office.workspace.region,)
    return [one for name, place in places for one in _meant_by(name, str(place), tree) or whole]


def _meant_by(name: str, place: str, tree: RegionTree) -> tuple[str, ...]:
    """The regions that the parameter means; none if nobody knows them."""
    if name == "group":
        return tuple(tree.groups.get(place, ()))
    return (place,) if place in tree else ()
