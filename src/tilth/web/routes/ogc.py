"""OGC API – Features, parts 1 to 3: what GIS programs connect to.

Sources: OGC 17-069r4 (core), 18-058r1 (coordinate reference systems by reference), 19-079r2 (filtering), 21-065r2
(CQL2).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query as Asked
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from tilth import __version__, api
from tilth.core import BadInput, language
from tilth.features import CRS84, Collection, Page, Query, columns_of, found, where
from tilth.features.query import MOST, one
from tilth.features.systems import System, system
from tilth.identity import scope_of
from tilth.web.access import Known
from tilth.web.door import OPEN, Door
from tilth.web.gis import home_of, link, seen_collection, seen_collections
from tilth.web.routes import ogc_tiles
from tilth.web.state import office_of

door = Door("features", prefix="/ogc")

_BASE = "http://www.opengis.net/spec"
CONFORMS_TO = (
    f"{_BASE}/ogcapi-features-1/1.0/conf/core",
    f"{_BASE}/ogcapi-features-1/1.0/conf/geojson",
    f"{_BASE}/ogcapi-features-2/1.0/conf/crs",
    f"{_BASE}/ogcapi-features-3/1.0/conf/queryables",
    f"{_BASE}/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    f"{_BASE}/ogcapi-features-3/1.0/conf/filter",
    f"{_BASE}/ogcapi-features-3/1.0/conf/features-filter",
    f"{_BASE}/cql2/1.0/conf/cql2-text",
    f"{_BASE}/cql2/1.0/conf/cql2-json",
    f"{_BASE}/cql2/1.0/conf/basic-cql2",
    f"{_BASE}/cql2/1.0/conf/advanced-comparison-operators",
    f"{_BASE}/cql2/1.0/conf/basic-spatial-functions",
    f"{_BASE}/cql2/1.0/conf/arithmetic",
)
_QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_GEOJSON = "application/geo+json"
_FEATURES: dict[int | str, dict[str, Any]] = {200: {"content": {_GEOJSON: {}}, "description": "GeoJSON."}}
_OPENAPI = "application/vnd.oai.openapi+json;version=3.1"
#: Query parameters of items that are no columns.
_OWN = {"bbox", "bbox-crs", "crs", "limit", "offset", "datetime", "filter", "filter-lang", "filter-crs", "f", "lang"}
_OPEN_END = {"", ".."}
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?")


@door.get("", OPEN)
@door.get("/", OPEN, include_in_schema=False)
def landing(request: Request) -> dict[str, Any]:
    """Where everything is."""
    home = home_of(request)
    return {
        "title": "Tilth",
        "description": "Parcels and layers of a county. 地类图斑与专题图层",
        "links": [
            link(home, "self", "application/json", "This page"),
            link(f"{home.removesuffix('/ogc')}/api/openapi.json", "service-desc", _OPENAPI, "The interface"),
            link(f"{home}/conformance", "conformance", "application/json", "What it conforms to"),
            link(f"{home}/collections", "data", "application/json", "The collections"),
            link(f"{home}/tileMatrixSets", ogc_tiles.TILING_SCHEMES, "application/json", "The grids of tiles"),
        ],
    }


@door.get("/conformance", OPEN)
def conformance() -> dict[str, Any]:
    """The requirements that are met."""
    return {"conformsTo": [*CONFORMS_TO, *ogc_tiles.CONFORMS_TO]}


@door.get("/collections", "read", anywhere=True)
def collections(request: Request, caller: Known) -> dict[str, Any]:
    """Every collection that the caller may see."""
    home, known = home_of(request), seen_collections(request, caller)
    drawn = api.drawn(office_of(request).workspace)
    return {
        "links": [link(f"{home}/collections", "self", "application/json", "This page")],
        "crs": [one.uri for one in known[0].systems] if known else [CRS84],
        "collections": [_described(one, home, drawn) for one in known],
    }


@door.get("/collections/{collection}", "read", anywhere=True)
def collection(request: Request, caller: Known, collection: str) -> dict[str, Any]:
    """One collection."""
    drawn = api.drawn(office_of(request).workspace)
    return _described(seen_collection(request, caller, collection), home_of(request), drawn)


@door.get(
    "/collections/{collection}/queryables",
    "read",
    anywhere=True,
    response_class=Response,
    responses={200: {"content": {"application/schema+json": {}}, "description": "JSON Schema of the columns."}},
)
def queryables(request: Request, caller: Known, collection: str) -> Response:
    """The columns that a filter may name."""
    chosen = seen_collection(request, caller, collection)
    columns: dict[str, Any] = {name: {"type": kind} for name, kind in columns_of(chosen).items()}
    columns["geometry"] = {"format": "geometry-any", "x-ogc-role": "primary-geometry"}
    body = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{home_of(request)}/collections/{chosen.id}/queryables",
        "type": "object",
        "title": str(chosen.title),
        "properties": columns,
        "additionalProperties": False,
    }
    return JSONResponse(body, media_type="application/schema+json")


@door.get("/collections/{collection}/items", "read", anywhere=True, response_class=Response, responses=_FEATURES)
def items(
    request: Request,
    caller: Known,
    collection: str,
    bbox: str | None = None,
    bbox_crs: Annotated[str, Asked(alias="bbox-crs")] = CRS84,
    crs: str = CRS84,
    limit: Annotated[int, Asked(ge=1)] = 10,
    offset: Annotated[int, Asked(ge=0)] = 0,
    datetime: str | None = None,
    filter: str | None = None,
    filter_lang: Annotated[str, Asked(alias="filter-lang")] = "cql2-text",
    filter_crs: Annotated[str, Asked(alias="filter-crs")] = CRS84,
) -> Response:
    """Features of a collection, by box, time, values and filter, a page at a time."""
    chosen = seen_collection(request, caller, collection)
    target = _system_of(chosen, crs)
    if filter_lang not in ("cql2-text", "cql2-json"):
        raise BadInput("FEATURES-FILTER-LANGUAGE", language=filter_lang)
    query = Query(
        box=_box(bbox),
        box_system=_system_of(chosen, bbox_crs),
        equal={name: value for name, value in request.query_params.items() if name not in _OWN},
        where=None if filter is None else where(filter, filter_lang, _system_of(chosen, filter_crs)),
        regions=_regions(caller, request),
        start=offset,
        limit=min(limit, MOST),
        system=target,
    )
    page = found(chosen, query) if _in_time(chosen, datetime) else Page((), 0, offset)
    return _answer(_page_text(request, page, query.limit), target)


@door.get(
    "/collections/{collection}/items/{feature}", "read", anywhere=True, response_class=Response, responses=_FEATURES
)
def item(request: Request, caller: Known, collection: str, feature: str, crs: str = CRS84) -> Response:
    """One feature."""
    chosen = seen_collection(request, caller, collection)
    target = _system_of(chosen, crs)
    text = one(chosen, feature, Query(regions=_regions(caller, request), system=target))
    home = f"{home_of(request)}/collections/{chosen.id}"
    links = [
        link(f"{home}/items/{feature}", "self", _GEOJSON, "This feature"),
        link(home, "collection", "application/json", str(chosen.title)),
    ]
    return _answer(f'{text[:-1]},"links":{_json(links)}}}', target)


def _regions(caller: Known, request: Request) -> frozenset[str] | None:
    """Codes of the regions whose rows the caller may see; None for all."""
    office = office_of(request)
    tree = office.regions()
    scope = set(scope_of(caller, "read", tree))
    if office.workspace.region in scope:
        return None
    return frozenset(code for code in tree.regions if scope & {above.code for above in tree.ancestors(code)})


def _described(one: Collection, home: str, drawn: Mapping[str, str]) -> dict[str, Any]:
    here, year = f"{home}/collections/{one.id}", one.snapshot.meta.year
    extent: dict[str, Any] = {}
    if one.extent is not None:
        extent["spatial"] = {"bbox": [list(one.extent)], "crs": CRS84}
    if year is not None:
        extent["temporal"] = {"interval": [[f"{year}-01-01T00:00:00Z", f"{year}-12-31T23:59:59Z"]]}
    tiles = [link(f"{here}/tiles", ogc_tiles.TILESETS, "application/json", str(one.title))]
    if one.snapshot.id not in drawn:
        tiles = []
    return {
        "id": one.id,
        "title": str(one.title),
        "extent": extent,
        "itemType": "feature",
        "crs": [system.uri for system in one.systems],
        "storageCrs": one.systems[-1].uri,
        "links": [
            link(here, "self", "application/json", str(one.title)),
            link(f"{here}/items", "items", _GEOJSON, str(one.title)),
            link(f"{here}/queryables", _QUERYABLES, "application/schema+json", ""),
            *tiles,
        ],
    }


def _system_of(one: Collection, name: str) -> System:
    wanted = system(name)
    if wanted.uri not in {known.uri for known in one.systems}:
        raise BadInput("FEATURES-CRS", crs=name)
    return wanted


def _box(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise BadInput("FEATURES-BOX", box=text) from None
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise BadInput("FEATURES-BOX", box=text)
    half = len(numbers) // 2
    return numbers[0], numbers[1], numbers[half], numbers[half + 1]


def _in_time(one: Collection, text: str | None) -> bool:
    """Does the year of the collection meet the time or interval that is asked for? What has no year always does."""
    if text is None:
        return True
    ends = text.split("/")
    if len(ends) > 2 or not all(end in _OPEN_END or _TIME.fullmatch(end) for end in ends) or _OPEN_END.issuperset(ends):
        raise BadInput("FEATURES-TIME", time=text)
    begin, end = _moment(ends[0], text), _moment(ends[-1], text)
    year = one.snapshot.meta.year
    return year is None or ((begin is None or begin.year <= year) and (end is None or end.year >= year))


def _moment(end: str, text: str) -> datetime | None:
    if end in _OPEN_END:
        return None
    try:
        return datetime.fromisoformat(end).astimezone(UTC) if "T" in end else datetime.fromisoformat(f"{end}T00:00:00Z")
    except ValueError:
        raise BadInput("FEATURES-TIME", time=text) from None


def _page_text(request: Request, page: Page, limit: int) -> str:
    here = request.url
    links = [link(str(here), "self", _GEOJSON, "This page")]
    if page.more:
        links.append(link(str(here.include_query_params(offset=page.start + limit)), "next", _GEOJSON, "Next page"))
    if page.start:
        before = max(page.start - limit, 0)
        links.append(link(str(here.include_query_params(offset=before)), "prev", _GEOJSON, "Previous page"))
    stamp = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return (
        f'{{"type":"FeatureCollection","timeStamp":"{stamp}","numberMatched":{page.matched},'
        f'"numberReturned":{len(page.features)},"links":{_json(links)},"features":[{",".join(page.features)}]}}'
    )


def _answer(text: str, target: System) -> Response:
    headers = {"Content-Crs": f"<{target.uri}>", "Content-Language": language(), "X-Tilth-Version": __version__}
    return Response(text, media_type=_GEOJSON, headers=headers)


def _json(record: Any) -> str:
    import json

    return json.dumps(record, ensure_ascii=False)
