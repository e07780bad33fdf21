"""The abstract tests of OGC API – Features, by their names: 17-069r4 Annex A, 18-058r1 Annex A, 19-079r2 Annex A."""

from __future__ import annotations

import json

import pytest
import shapely
from fastapi.testclient import TestClient
from feature_county import parcels, served

from tilth import api
from tilth.features import CRS84
from tilth.identity import Actor
from tilth.web import create_app

ITEMS = "/ogc/collections/parcels-2024/items"
ZONE = "http://www.opengis.net/def/crs/EPSG/0/4526"
FRAME = parcels()
_SPELT = {"filter_lang": "filter-lang"}
WEST, SOUTH, EAST, NORTH = FRAME.to_crs(4490).total_bounds


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    place = served(tmp_path_factory.mktemp("conformance") / "county")
    api.user_add(place, "Li", by=Actor("root"))
    api.user_role(place, "Li", "viewer", place="999901", by=Actor("root"))
    token = api.user_token(place, "Li", "GIS", by=Actor("root")).secret
    return TestClient(create_app(place), base_url="http://127.0.0.1:8000", headers={"Authorization": f"Bearer {token}"})


def rels(record):
    return {link["rel"] for link in record["links"]}


def asked(client, **query):
    said = client.get(ITEMS, params={_SPELT.get(name, name): value for name, value in query.items()})
    assert said.status_code == 200, said.text
    return said.json()


def test_core_root(client):
    """/conf/core/root-op, /conf/core/root-success"""
    assert {"service-desc", "conformance", "data"} <= rels(client.get("/ogc/").json())


def test_core_api_definition(client):
    """/conf/core/api-definition-op, /conf/core/api-definition-success"""
    (link,) = (one for one in client.get("/ogc").json()["links"] if one["rel"] == "service-desc")
    assert client.get(link["href"]).json()["openapi"].startswith("3.1")


def test_core_conformance(client):
    """/conf/core/conformance-op, /conf/core/conformance-success"""
    assert (
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"
        in client.get("/ogc/conformance").json()["conformsTo"]
    )


def test_core_collections(client):
    """/conf/core/fc-md-op, fc-md-success, fc-md-links, fc-md-items, fc-md-items-links, fc-md-extent, sfc-md-op"""
    said = client.get("/ogc/collections").json()
    assert "self" in rels(said)
    for one in said["collections"]:
        assert {"self", "items"} <= rels(one) and {"id", "title", "extent", "crs"} <= set(one)
        assert client.get(f"/ogc/collections/{one['id']}").json() == one
    west, south, east, north = said["collections"][0]["extent"]["spatial"]["bbox"][0]
    assert west <= WEST + 1e-9 and south <= SOUTH + 1e-9 and east >= EAST - 1e-9 and north >= NORTH - 1e-9


def test_core_crs84(client):
    """/conf/core/crs84"""
    said = client.get(ITEMS)
    shape = shapely.geometry.shape(said.json()["features"][0]["geometry"])
    assert WEST - 1e-6 <= shape.bounds[0] <= EAST and said.headers["content-crs"] == f"<{CRS84}>"


def test_core_items(client):
    """/conf/core/fc-op, fc-response, fc-links, fc-timeStamp, fc-numberMatched, fc-numberReturned"""
    said = client.get(ITEMS)
    assert said.headers["content-type"] == "application/geo+json"
    record = said.json()
    assert {"self", "next"} <= rels(record) and record["timeStamp"].endswith("Z")
    assert record["numberMatched"] == len(FRAME) and record["numberReturned"] == len(record["features"]) == 10


def test_core_paging_by_next(client):
    """/conf/core/fc-links"""
    ids, here = [], f"{ITEMS}?limit=50"
    while here:
        record = client.get(here).json()
        ids += [one["id"] for one in record["features"]]
        here = next((link["href"] for link in record["links"] if link["rel"] == "next"), None)
    assert ids == FRAME["parcel_id"].tolist()


def test_core_limit(client):
    """/conf/core/fc-limit-definition, fc-limit-response"""
    assert asked(client, limit=3)["numberReturned"] == 3
    assert asked(client, limit=1_000_000)["numberReturned"] == len(FRAME)
    for wrong in ("0", "-1", "many"):
        assert client.get(ITEMS, params={"limit": wrong}).status_code == 400


def test_core_bbox(client):
    """/conf/core/fc-bbox-definition, fc-bbox-response"""
    box = (WEST, SOUTH, (WEST + EAST) / 2, (SOUTH + NORTH) / 2)
    found = asked(client, bbox=",".join(map(repr, map(float, box))), limit=1000)
    expected = FRAME["parcel_id"][FRAME.to_crs(4490).intersects(shapely.box(*box))]
    assert [one["id"] for one in found["features"]] == expected.tolist()
    flat = asked(client, bbox=f"{box[0]},{box[1]},0,{box[2]},{box[3]},100")
    assert flat["numberMatched"] == found["numberMatched"]
    for wrong in ("1,2,3", "1,2,3,x", "nan,2,3,4", "1,2,3,4,5"):
        assert client.get(ITEMS, params={"bbox": wrong}).status_code == 400


def test_core_time(client):
    """/conf/core/fc-time-definition, fc-time-response"""
    for inside in (
        "2024-05-01T00:00:00Z",
        "2020-01-01T00:00:00Z/..",
        "../2024-02-01T00:00:00Z",
        "2023-01-01/2025-01-01",
    ):
        assert asked(client, datetime=inside)["numberMatched"] == len(FRAME)
    assert asked(client, datetime="2020-01-01T00:00:00Z/2021-01-01T00:00:00Z")["numberMatched"] == 0
    for wrong in ("yesterday", "2024-13-01T00:00:00Z", "../..", "a/b/c"):
        assert client.get(ITEMS, params={"datetime": wrong}).status_code == 400


def test_core_parameters_that_nobody_knows(client):
    """/conf/core/query-param-unknown, query-param-invalid"""
    assert client.get(ITEMS, params={"colour": "red"}).status_code == 400
    assert asked(client, class_code="0101")["numberMatched"] == int((FRAME["class_code"] == "0101").sum())


def test_core_feature(client):
    """/conf/core/f-op, f-success, f-links"""
    said = client.get(f"{ITEMS}/P0007")
    record = said.json()
    assert record["type"] == "Feature" and record["id"] == "P0007" and {"self", "collection"} <= rels(record)
    assert record["properties"]["area_dm2"] == 1_000_000
    assert client.get(f"{ITEMS}/nobody").status_code == client.get("/ogc/collections/nothing/items").status_code == 404


def test_geojson(client):
    """/conf/geojson/definition, content"""
    record = asked(client, limit=1000)
    assert all(shapely.geometry.shape(one["geometry"]).is_valid for one in record["features"])


def test_crs_metadata(client):
    """/conf/crs/crs-uri, fc-md-crs-list, fc-md-storageCrs-valid-value"""
    one = client.get("/ogc/collections/parcels-2024").json()
    assert one["crs"][0] == CRS84 and one["storageCrs"] == ZONE and ZONE in one["crs"]
    assert "http://www.opengis.net/def/crs/EPSG/0/4490" in one["crs"]


@pytest.mark.parametrize("parameter", ["crs", "bbox-crs"])
def test_crs_parameters(client, parameter):
    """/conf/crs/crs-parameter, fc-bbox-crs-valid-value, fc-bbox-crs-action, crs-parameter-invalid, ogc-crs-header"""
    low = FRAME.total_bounds
    box = f"{low[1] + 10},{low[0] + 10},{low[1] + 90},{low[0] + 190}"  # northing first
    query = {"crs": {"crs": ZONE}, "bbox-crs": {"bbox-crs": ZONE, "bbox": box, "limit": "10"}}[parameter]
    said = client.get(ITEMS, params=query)
    expected = ZONE if parameter == "crs" else CRS84
    assert said.headers["content-crs"] == f"<{expected}>"
    if parameter == "crs":
        first = shapely.geometry.shape(said.json()["features"][0]["geometry"]).bounds
        assert first[:2] == pytest.approx((low[1], low[0]))
    else:
        assert said.json()["numberMatched"] == 2
    for wrong in ("http://www.opengis.net/def/crs/EPSG/0/27700", "EPSG:99999", "; DROP TABLE", "../../etc/passwd"):
        assert client.get(ITEMS, params={**query, parameter: wrong}).status_code == 400


def test_queryables(client):
    """/conf/queryables/get-conformance, queryables-success; /conf/queryables-query-parameters"""
    said = client.get("/ogc/collections/parcels-2024/queryables")
    assert said.headers["content-type"] == "application/schema+json"
    columns = said.json()["properties"]
    assert columns["area_dm2"] == {"type": "integer"} and columns["class_code"] == {"type": "string"}


def test_filter(client):
    """/conf/filter/filter-param, filter-lang-param, filter-crs-param, mixing-expressions; /conf/features-filter"""
    text = "class_code = '0101'"
    tree = json.dumps({"op": "=", "args": [{"property": "class_code"}, "0101"]})
    one, two = asked(client, filter=text), asked(client, filter=tree, filter_lang="cql2-json")
    assert one["features"] == two["features"] != []
    both = asked(client, filter=text, region_code="999901001001")
    expected = FRAME[(FRAME["class_code"] == "0101") & (FRAME["region_code"] == "999901001001")]
    assert both["numberMatched"] == len(expected)
    for wrong in (
        {"filter": "class_code ="},
        {"filter": text, "filter-lang": "sql"},
        {"filter": text, "filter-crs": "x"},
    ):
        assert client.get(ITEMS, params=wrong).status_code == 400
