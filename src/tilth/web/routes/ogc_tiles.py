"""OGC API – Tiles, part 1: the vector tiles of the map, by the names of collections, for GIS programs that draw them.

Sources: OGC 20-057 (tiles), 17-083r4 (tile matrix sets, metadata of tile sets).
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request, Response

from tilth import api
from tilth.core import NotFound
from tilth.features import CRS84, Collection
from tilth.tiles import GRID, GRID_CRS, GRID_URI, tile_matrix_set
from tilth.web.access import Known, scope
from tilth.web.door import OPEN, Door
from tilth.web.gis import home_of, link, seen_collection
from tilth.web.routes.tiles import MVT, pictured, sent
from tilth.web.state import office_of

door = Door("tiles", prefix="/ogc")

_REL = "http://www.opengis.net/def/rel/ogc/1.0"
TILING_SCHEMES, TILING_SCHEME, TILESETS = f"{_REL}/tiling-schemes", f"{_REL}/tiling-scheme", f"{_REL}/tilesets-vector"
_JSON = "application/json"
_BASE, _SETS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf", "http://www.opengis.net/spec/tms/2.0/conf"
CONFORMS_TO = (
    f"{_BASE}/core",
    f"{_BASE}/tileset",
    f"{_BASE}/tilesets-list",
    f"{_BASE}/geodata-tilesets",
    f"{_BASE}/mvt",
    f"{_SETS}/tilematrixset",
    f"{_SETS}/json-tilematrixset",
    f"{_SETS}/tilematrixsetlimits",
    f"{_SETS}/json-tilematrixsetlimits",
    f"{_SETS}/tilesetmetadata",
    f"{_SETS}/json-tilesetmetadata",
)
_Set = Annotated[str, Path(alias="tileMatrixSetId", max_length=80, description="The grid: WebMercatorQuad.")]
_Zoom = Annotated[str, Path(alias="tileMatrix", pattern="^[0-9]{1,2}$", description="The zoom.")]
_Row = Annotated[int, Path(alias="tileRow", ge=0, lt=1 << 30, description="From the north.")]
_Column = Annotated[int, Path(alias="tileCol", ge=0, lt=1 << 30, description="From 180° west.")]


@door.get("/tileMatrixSets", OPEN)
def tile_matrix_sets(request: Request) -> dict[str, Any]:
    """The grids on which there are tiles."""
    home, known = f"{home_of(request)}/tileMatrixSets", tile_matrix_set()
    one = {name: known[name] for name in ("id", "title", "uri", "crs")}
    return {
        "links": [link(home, "self", _JSON, "This page")],
        "tileMatrixSets": [{**one, "links": [link(f"{home}/{GRID}", "self", _JSON, known["title"])]}],
    }


@door.get("/tileMatrixSets/{tileMatrixSetId}", OPEN)
def one_tile_matrix_set(request: Request, grid: _Set) -> dict[str, Any]:
    """A grid: every zoom with its scale, its cells and how many tiles it has."""
    _known(grid)
    here = f"{home_of(request)}/tileMatrixSets/{GRID}"
    return {**tile_matrix_set(), "links": [link(here, "self", _JSON, "This page")]}


@door.get("/collections/{collection}/tiles", "read", anywhere=True)
def tile_sets(request: Request, caller: Known, collection: str) -> dict[str, Any]:
    """On which grids the collection is drawn."""
    chosen = seen_collection(request, caller, collection)
    api.tiled_layer(office_of(request).workspace, chosen)
    here = f"{home_of(request)}/collections/{chosen.id}/tiles"
    return {
        "links": [link(here, "self", _JSON, "This page")],
        "tilesets": [{**_plain(chosen), "links": _links(request, chosen)[:2]}],
    }


@door.get("/collections/{collection}/tiles/{tileMatrixSetId}", "read", anywhere=True)
def tile_set(request: Request, caller: Known, collection: str, grid: _Set) -> dict[str, Any]:
    """The tiles of a collection: where they are, in which rows and columns, and what is in them."""
    _known(grid)
    chosen = seen_collection(request, caller, collection)
    told = api.tile_set(office_of(request).workspace, chosen, scope(request, "read"))
    kinds = {"Number": {"type": "number"}, "String": {"type": "string"}}
    layer = {
        "id": told.layer,
        "title": str(chosen.title),
        "dataType": "vector",
        "geometryDimension": 2,
        "minTileMatrix": str(told.first),
        "maxTileMatrix": str(told.last),
        "propertiesSchema": {
            "type": "object",
            "properties": {name: kinds[kind] for name, kind in told.fields.items()},
        },
    }
    box: dict[str, Any] = {}
    if told.bounds is not None:
        west, south, east, north = told.bounds
        box = {"boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84}}
    return {
        **_plain(chosen), **box, "tileMatrixSetLimits": list(told.limits), "layers": [layer],
        "links": _links(request, chosen),
    }  # fmt: skip


@door.get(
    "/collections/{collection}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    "read",
    anywhere=True,
    response_class=Response,
    responses=pictured(MVT),
)
def tile(
    request: Request, caller: Known, collection: str, grid: _Set, zoom: _Zoom, row: _Row, column: _Column
) -> Response:
    """A vector tile of a collection (Mapbox Vector Tile). Status 204 where nothing lies."""
    _known(grid)
    place = office_of(request).workspace
    chosen, seen = seen_collection(request, caller, collection), scope(request, "read")
    found = api.map_tile(place, api.tiled_layer(place, chosen), int(zoom), column, row, seen)
    empty = found is not None and not found.content
    if empty and not api.tile_set(place, chosen, seen).holds(int(zoom), row, column):
        raise NotFound("TILES-BEYOND", collection=chosen.id, z=zoom, row=row, column=column)
    return sent(request, found, MVT)


def _known(grid: str) -> None:
    if grid != GRID:
        raise NotFound("TILES-NO-GRID", grid=grid, known=GRID)


def _plain(chosen: Collection) -> dict[str, Any]:
    return {"title": str(chosen.title), "dataType": "vector", "crs": GRID_CRS, "tileMatrixSetURI": GRID_URI}


def _links(request: Request, chosen: Collection) -> list[dict[str, object]]:
    home = home_of(request)
    here = f"{home}/collections/{chosen.id}/tiles/{GRID}"
    return [
        link(here, "self", _JSON, str(chosen.title)),
        link(f"{home}/tileMatrixSets/{GRID}", TILING_SCHEME, _JSON, GRID),
        link(f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", MVT, str(chosen.title), templated=True),
        link(f"{home}/collections/{chosen.id}", "geodata", _JSON, str(chosen.title)),
    ]
