"""What lies under a footprint is told without a detour: whoever draws asks at every corner.

Who asked a moment ago is remembered, and what the year uses is known from a moment ago; then nothing is asked of a
database, and the answer is made where the request comes in. Whatever is out of the ordinary (nobody known, no right, a
drawing that is wrong, large, or late) is left to the route, whose word on it is the only one.
"""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tilth import api
from tilth.core import TilthError
from tilth.core.language import speaking
from tilth.identity import Caller, may
from tilth.land import RegionTree
from tilth.web.access import CSRF_HEADER
from tilth.web.answers import JSON
from tilth.web.arriving import IDLE_S
from tilth.web.callers import Shown, who_of
from tilth.web.guard import language_of, raw_headers
from tilth.web.measured import CountedAs
from tilth.web.state import Office

_PATH = "/api/v1/checks/areas"
_ROUTE = CountedAs(_PATH)
_QUERY = re.compile(rb"year=(19[0-9]{2}|2[01][0-9]{2}|2200)(?:&region=([0-9]{1,12}))?")
#: Largest drawing that is answered where it comes in. [bytes]
_MOST = 16 << 10
_CSRF = CSRF_HEADER.lower().encode()
#: Security headers aside, as the route and `Guard` send them.
_HEADERS = [(b"content-type", JSON.encode()), (b"cache-control", b"no-store")]


class _Asked(NamedTuple):
    """About which year, and what the request says of who asks."""

    year: int
    region: str
    who: bytes
    site: str
    csrf: str


class AreasAtHand:
    """Around what guards the routes."""

    def __init__(self, app: ASGIApp, office: Office) -> None:
        self.app, self._office = app, office
        self._rights: dict[tuple[Caller, str], bool] = {}
        self._tree: RegionTree | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        asked = _asked(scope)
        shown = None if asked is None else self._office.callers.get(asked.who)
        if asked is None or shown is None or not shown.may_change(asked.site, asked.csrf):
            await self.app(scope, receive, send)
            return
        first = await _first(receive)
        whole = first is not None and first["type"] == "http.request" and not first.get("more_body")
        told = self._told(scope, asked, shown, first["body"]) if first is not None and whole else None
        if told is None:
            await self.app(scope, receive if first is None else _again(first, receive), send)
            return
        scope.setdefault("state", {}).update(
            caller=shown.caller, action="check", region=asked.region or self._office.workspace.region
        )
        scope["route"] = _ROUTE
        headers = [*raw_headers(scope), *_HEADERS, (b"content-length", str(len(told)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": told})
        self._office.looking.used()

    def _told(self, scope: Scope, asked: _Asked, shown: Shown, drawn: bytes) -> bytes | None:
        """The answer; None for whatever the route should answer."""
        place = self._office.workspace
        try:
            with speaking(language_of(scope)):
                found = api.land_under_at_hand(place, drawn, year=asked.year)
                if found is None:
                    return None
                named = asked.region if asked.region in found.tree else place.region
                if not all(self._may(shown.caller, one, found.tree) for one in {named, *found.regions(place)}):
                    return None
                return found.as_json().encode("utf-8", "replace")
        except TilthError:
            return None

    def _may(self, caller: Caller, region: str, tree: RegionTree) -> bool:
        if tree is not self._tree:
            self._rights, self._tree = {}, tree
        known = self._rights.get((caller, region))
        if known is None:
            known = self._rights[caller, region] = may(caller, "check", region, tree)
        return known


def _asked(scope: Scope) -> _Asked | None:
    """What a request asks; None where it asks for something else, or in an uncommon way."""
    if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != _PATH:
        return None
    query = _QUERY.fullmatch(scope["query_string"])
    site, csrf, size = "same-origin", "", b""
    for name, value in scope["headers"]:
        match name:
            case b"sec-fetch-site":
                site = value.decode("latin-1")
            case b"content-length":
                size = value
            case b"transfer-encoding" | b"expect":
                return None
            case _ if name == _CSRF:
                csrf = value.decode("latin-1")
    if query is None or not size.isdigit() or len(size) > 6 or not 0 < int(size) <= _MOST:
        return None
    return _Asked(int(query[1]), (query[2] or b"").decode(), who_of(scope), site, csrf)


async def _first(receive: Receive) -> Message | None:
    """What comes first of a body; None where it is late: then the guard waits for it."""
    try:
        async with asyncio.timeout(IDLE_S):
            part = await receive()
    except TimeoutError:
        return None
    return part


def _again(first: Message, receive: Receive) -> Receive:
    """`receive`, from the beginning."""
    left = [first]

    async def next_part() -> Message:
        return left.pop() if left else await receive()

    return next_part
