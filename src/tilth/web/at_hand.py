"""Tiles are sent without a detour: a map asks for dozens at a time, and most are drawn and at hand.

Who asked a moment ago is remembered (`Office.callers`), and a tile that is drawn ahead is sent straight from where
it lies. For what is not at hand, one thread does all that is left to do. Whatever is out of the ordinary (nobody known,
no right, no such tile, a layer that is not ready) is left to the routes, whose word on it is the only one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from tilth import api
from tilth.core import TilthError
from tilth.identity import Caller, scope_of
from tilth.land import RegionTree
from tilth.web.access import current_caller
from tilth.web.callers import who_of
from tilth.web.guard import raw_headers
from tilth.web.measured import CountedAs
from tilth.web.problems import Problem
from tilth.web.routes.tiles import MVT, PNG, headers_of, knows, unpacks
from tilth.web.state import Office

_UNDER = "/api/v1/tiles/"
_PLACE = r"(0|[1-9][0-9]{0,1})/(0|[1-9][0-9]{0,9})/(0|[1-9][0-9]{0,9})"
_TILE = re.compile(rf"{_UNDER}([\w-]{{1,80}})/{_PLACE}\.mvt")
_PICTURE = re.compile(rf"{_UNDER}overview/(19[0-9]{{2}}|2[01][0-9]{{2}}|2200)/{_PLACE}\.png")
_BY = re.compile(rb"by=(class|pbf|quality)")
_OF_TILES, _OF_PICTURES = (
    CountedAs(f"{_UNDER}{{layer}}/{{z}}/{{x}}/{{y}}.mvt"),
    CountedAs(f"{_UNDER}overview/{{year}}/{{z}}/{{x}}/{{y}}.png"),
)


class _Asked(NamedTuple):
    """Which tile, and what the request says of who asks and of what they take."""

    route: CountedAs
    layer: str  # or the year of an overview
    z: int
    x: int
    y: int
    by: str  # how an overview is coloured
    who: bytes  # digest of all by which a caller is known
    unpacks: bool
    known: str  # tags of what the reader has


class AtHand:
    """Around what guards the routes."""

    def __init__(self, app: ASGIApp, office: Office) -> None:
        self.app, self._office = app, office
        self._scopes: dict[Caller, tuple[str, ...]] = {}
        self._tree: RegionTree | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        asked = _asked(scope)
        if asked is None:
            self._office.looking.go_on()
            await self.app(scope, receive, send)
            return
        tile = self._at_once(scope, asked) or await run_in_threadpool(self._worked_out, scope, asked)
        if tile is None:
            await self.app(scope, receive, send)
            return
        scope["route"] = asked.route
        await _send(scope, asked, tile, send)
        self._office.looking.used()

    def _at_once(self, scope: Scope, asked: _Asked) -> api.MapTile | None:
        """The tile, where everything is at hand: nothing here waits for anything."""
        shown = self._office.callers.get(asked.who)
        if shown is None or not asked.unpacks or asked.by:
            return None
        place = self._office.workspace
        tile = api.tile_at_hand(place, *asked[1:5], lambda tree: self._seen_by(shown.caller, tree))
        if tile is not None:
            scope.setdefault("state", {}).update(caller=shown.caller, action="read", region=place.region)
        return tile

    def _worked_out(self, scope: Scope, asked: _Asked) -> api.MapTile | None:
        """The tile, with all the work that it takes; None for whatever the routes should answer."""
        place = self._office.workspace
        try:
            caller = current_caller(Request(scope))
            seen = scope_of(caller, "read", api.map_regions(place))
            if not seen:
                return None
            scope["state"].update(caller=caller, action="read", region=place.region)
            if asked.by:
                return api.map_overview(place, int(asked.layer), asked.z, asked.x, asked.y, asked.by, seen)
            return api.map_tile(place, *asked[1:5], seen, pack=asked.unpacks)
        except (Problem, TilthError):
            return None

    def _seen_by(self, caller: Caller, tree: RegionTree) -> Sequence[str]:
        if tree is not self._tree:
            self._scopes, self._tree = {}, tree
        found = self._scopes.get(caller)
        if found is None:
            found = self._scopes[caller] = scope_of(caller, "read", tree)
        return found


def _asked(scope: Scope) -> _Asked | None:
    """Which tile a request asks for; None for what asks for something else, or in an uncommon way."""
    if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(_UNDER):
        return None
    tile, query = _TILE.fullmatch(scope["path"]), scope["query_string"]
    picture = None if tile else _PICTURE.fullmatch(scope["path"])
    by = _BY.fullmatch(query or b"by=class") if picture else None
    if not (picture and by) and (tile is None or query):
        return None
    who, accepted, known = who_of(scope), "", ""
    for name, value in scope["headers"]:
        match name:
            case b"accept-encoding":
                accepted = value.decode("latin-1")
            case b"if-none-match":
                known = value.decode("latin-1")
            case b"content-length" | b"transfer-encoding" | b"expect":
                return None
    if tile:
        layer, z, x, y = tile.groups()
        return _Asked(_OF_TILES, layer, int(z), int(x), int(y), "", who, unpacks(accepted), known)
    assert picture and by
    year, z, x, y = picture.groups()
    return _Asked(_OF_PICTURES, year, int(z), int(x), int(y), by[1].decode(), who, False, known)


async def _send(scope: Scope, asked: _Asked, tile: api.MapTile, send: Send) -> None:
    """As `routes.tiles.sent`, and with what `Guard` adds."""
    headers = raw_headers(scope)
    headers += ((name.lower().encode(), value.encode()) for name, value in headers_of(tile).items())
    content, status = tile.content, 200
    if knows(asked.known, tile.tag):
        content, status = b"", 304
    elif not content:
        status = 204
    else:
        headers.append((b"content-type", (PNG if asked.by else MVT).encode()))
        headers.append((b"content-length", str(len(content)).encode()))
        if tile.is_packed:
            headers.append((b"content-encoding", b"gzip"))
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": content})
