"""The map: what it shows, its tiles, the overview from afar. Nobody is shown land beyond the regions they may see."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from tilth import api
from tilth.core import message
from tilth.web.access import scope
from tilth.web.door import Door
from tilth.web.problems import problem
from tilth.web.state import office_of

door = Door("map")

MVT, PNG = "application/vnd.mapbox-vector-tile", "image/png"
_RETRY_S = 2


def pictured(media_type: str) -> dict[int | str, dict[str, Any]]:
    """What a route that sends tiles may answer."""
    return {
        200: {"content": {media_type: {}}, "description": "The tile."},
        204: {"description": "The tile shows nothing."},
        304: {"description": "The tile is still the one that `If-None-Match` names."},
        503: {"description": "The layer is being prepared; `Retry-After` says when to ask again."},
    }


Layer = Annotated[str, Path(max_length=80, pattern=r"^[\w-]+$")]
Zoom = Annotated[int, Path(ge=0, le=30)]
Place = Annotated[int, Path(ge=0, lt=1 << 30)]
Year = Annotated[int, Path(ge=1900, le=2200)]


@door.get("/map", "read", anywhere=True)
def map_(request: Request) -> dict[str, Any]:
    """Bounds, years, layers and where their tiles are, the overview, and what the colours say."""
    return api.map_record(office_of(request).workspace, scope(request, "read"))


@door.get(
    "/tiles/overview/{year}/{z}/{x}/{y}.png", "read", anywhere=True, response_class=Response, responses=pictured(PNG)
)
def overview(
    request: Request,
    year: Year,
    z: Zoom,
    x: Place,
    y: Place,
    by: Annotated[str, Query(pattern="^(class|pbf|quality)$")] = "class",
) -> Response:
    """A picture of a survey from afar, coloured by class, basic farmland or quality."""
    place = office_of(request).workspace
    return sent(request, api.map_overview(place, year, z, x, y, by, scope(request, "read")), PNG)


@door.get("/tiles/{layer}/{z}/{x}/{y}.mvt", "read", anywhere=True, response_class=Response, responses=pictured(MVT))
def tile(request: Request, layer: Layer, z: Zoom, x: Place, y: Place) -> Response:
    """A vector tile of a layer."""
    packs = unpacks(request.headers.get("accept-encoding", ""))
    place = office_of(request).workspace
    return sent(request, api.map_tile(place, layer, z, x, y, scope(request, "read"), pack=packs), MVT)


@door.get("/tiles/{layer}.json", "read", anywhere=True)
def tilejson(request: Request, layer: Layer) -> dict[str, Any]:
    """TileJSON of a layer, by which other programs find its tiles."""
    base = str(request.base_url).rstrip("/")
    return api.map_tilejson(office_of(request).workspace, layer, base, scope(request, "read"))


def sent(request: Request, found: api.MapTile | None, media_type: str) -> Response:
    """A tile as an answer: packed where that is understood and worth it, and not sent again where it is known."""
    if found is None:
        code = "TILES-BEING-MADE"
        return problem(503, code, message(code), message(code, "remedy"), headers={"Retry-After": str(_RETRY_S)})
    headers = headers_of(found)
    if knows(request.headers.get("if-none-match", ""), found.tag):
        return Response(status_code=304, headers=headers)
    if not found.content:
        return Response(status_code=204, headers=headers)
    if found.is_packed:
        headers["Content-Encoding"] = "gzip"
    return Response(found.content, media_type=media_type, headers=headers)


def headers_of(tile: api.MapTile) -> dict[str, str]:
    """What is said of a tile, whether or not it is sent."""
    return {"ETag": f'"{tile.tag}"', "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}


def knows(sent_along: str, tag: str) -> bool:
    """Does the header `If-None-Match` name `tag`?"""
    names = [one.strip().removeprefix("W/") for one in sent_along.split(",")]
    return f'"{tag}"' in names or "*" in names


def unpacks(accepted: str) -> bool:
    """Does the header `Accept-Encoding` allow gzip?"""
    for one in accepted.lower().split(","):
        name, _, weight = one.strip().partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
