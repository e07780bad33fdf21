"""The abstract tests of OGC API – Tiles, part 1, by their names (20-057 Annex A), and GDAL as a program that reads."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path

import pyogrio
import pytest
import requests
import shapely
from fastapi.testclient import TestClient
from feature_county import TOWNSHIPS, parcels, served

from tilth import api
from tilth.identity import Actor
from tilth.tiles import GRID, GRID_URI
from tilth.web import create_app

HERE = "/ogc/collections/parcels-2024"
TILES = f"{HERE}/tiles"
SET = f"{TILES}/{GRID}"
REL = "http://www.opengis.net/def/rel/ogc/1.0"
BASE = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf"
FRAME = parcels()
MERCATOR = FRAME.to_crs(3857)
MIDDLE = MERCATOR.union_all().centroid
HALF = math.pi * 6_378_137.0
ZOOM = 15


def signed_in(place, name, region):
    api.user_add(place, name, by=Actor("root"))
    api.user_role(place, name, "viewer", place=region, by=Actor("root"))
    token = api.user_token(place, name, "GIS", by=Actor("root")).secret
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(create_app(place), base_url="http://127.0.0.1:8000", headers=headers)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return served(tmp_path_factory.mktemp("tiles") / "county")


@pytest.fixture(scope="module")
def client(place):
    return signed_in(place, "Li", "999901")


def linked(record, rel):
    return [one for one in record["links"] if one["rel"] == rel]


def row_and_column(x, y, zoom=ZOOM):
    """The tile of a point in Web Mercator, by the definition of the grid. [m]"""
    side = 2 * HALF / 2**zoom
    return int((HALF - y) // side), int((x + HALF) // side)


def asked(client, zoom, row, column):
    """A tile, as soon as the layer is ready to be drawn."""
    until = time.monotonic() + 60
    while (said := client.get(f"{SET}/{zoom}/{row}/{column}")).status_code == 503 and time.monotonic() < until:
        time.sleep(0.1)
    return said


def features(content, tmp_path, zoom, row, column):
    """What a tile holds, read by GDAL, in Web Mercator."""
    path = tmp_path / f"{column}.mvt"
    path.write_bytes(content)
    return pyogrio.read_dataframe(path, X=column, Y=row, Z=zoom)


def test_core_conformance_success(client):
    """/conf/core/conformance-success, and that of every other class that is told"""
    told = client.get("/ogc/conformance").json()["conformsTo"]
    assert {f"{BASE}/{one}" for one in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt")} <= set(told)


def test_core_tc_op(client):
    """/conf/core/tc-op: a tile is where the template of the tile set says"""
    (template,) = linked(client.get(SET).json(), "item")
    row, column = row_and_column(MIDDLE.x, MIDDLE.y)
    asked(client, ZOOM, row, column)
    place = template["href"].format(tileMatrix=ZOOM, tileRow=row, tileCol=column)
    assert client.get(place).status_code == 200


def test_core_tc_definitions(client):
    """/conf/core/tc-tilematrix-definition, tc-tilerow-definition, tc-tilecol-definition"""
    (path,) = (one for one in client.get("/api/openapi.json").json()["paths"].items() if one[0].endswith("{tileCol}"))
    kinds = {one["name"]: (one["required"], one["schema"]["type"]) for one in path[1]["get"]["parameters"]}
    assert kinds["tileMatrix"] == (True, "string")
    assert kinds["tileRow"] == kinds["tileCol"] == (True, "integer")


@pytest.mark.parametrize("zoom", [13, 15, 16])
def test_core_tc_success(client, tmp_path, zoom):
    """/conf/core/tc-success: status 200, the format, and what lies in the tile and nothing else"""
    row, column = row_and_column(MIDDLE.x, MIDDLE.y, zoom)
    said = asked(client, zoom, row, column)
    assert said.status_code == 200 and said.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    side = 2 * HALF / 2**zoom
    west, north = column * side - HALF, HALF - row * side
    tile = shapely.box(west, north - side, west + side, north)
    found = set(features(said.content, tmp_path, zoom, row, column)["parcel_id"])
    inside = set(MERCATOR["parcel_id"][MERCATOR.intersects(tile.buffer(-side / 64))])
    near = set(MERCATOR["parcel_id"][MERCATOR.intersects(tile.buffer(side / 32))])
    assert inside <= found <= near and found


@pytest.mark.parametrize(
    "path", ["15/0/0", "15/12000/99999", "17/1/1", "40/1/1", "3/1/1", "x/1/1", "15/-1/1", "15/1.5/1"]
)
def test_core_tc_error(client, path):
    """/conf/core/tc-error: out of range is 404 or 400"""
    asked(client, ZOOM, *row_and_column(MIDDLE.x, MIDDLE.y))
    assert client.get(f"{SET}/{path}").status_code in (400, 404)


def test_core_tc_error_of_a_tile_within_the_limits_where_nothing_lies(client, place):
    """/conf/core/tc-error: empty but in range is 204 or an empty 200"""
    north = signed_in(place, "Wang", TOWNSHIPS[0])
    asked(client, ZOOM, *row_and_column(MIDDLE.x, MIDDLE.y))
    east = MERCATOR.total_bounds[2] - 1
    row, column = row_and_column(east, MIDDLE.y, 16)
    assert client.get(f"{SET}/16/{row}/{column}").status_code == 200
    assert north.get(f"{SET}/16/{row}/{column}").status_code == 204, "of another township"


def test_tileset_description(client):
    """/conf/tileset/description"""
    said = client.get(SET).json()
    assert said["dataType"] == "vector" and said["tileMatrixSetURI"] == GRID_URI
    assert said["crs"] == "http://www.opengis.net/def/crs/EPSG/0/3857"
    (scheme,) = linked(said, f"{REL}/tiling-scheme")
    grid = client.get(scheme["href"]).json()
    assert grid["uri"] == GRID_URI and grid["crs"] == said["crs"]
    (item,) = linked(said, "item")
    assert item["templated"] is True and item["type"] == "application/vnd.mapbox-vector-tile"
    assert all(one in item["href"] for one in ("{tileMatrix}", "{tileRow}", "{tileCol}"))
    known = {one["id"] for one in grid["tileMatrices"]}
    assert {one["tileMatrix"] for one in said["tileMatrixSetLimits"]} <= known
    (layer,) = said["layers"]
    assert layer["id"] == "parcels" and "area_dm2" in layer["propertiesSchema"]["properties"]
    west, south, east, north = FRAME.to_crs(4490).total_bounds
    (left, low), (right, high) = said["boundingBox"]["lowerLeft"], said["boundingBox"]["upperRight"]
    assert (left, low, right, high) == pytest.approx((west, south, east, north), abs=1e-6)


def test_the_limits_are_the_tiles_that_hold_something(client):
    """The limits of each zoom by the definition of the grid (17-083r4, 6.3), from the parcels themselves."""
    west, south, east, north = MERCATOR.total_bounds
    for one in client.get(SET).json()["tileMatrixSetLimits"]:
        zoom = int(one["tileMatrix"])
        (top, left), (bottom, right) = row_and_column(west, north, zoom), row_and_column(east, south, zoom)
        assert one == {"tileMatrix": str(zoom), "minTileRow": top, "maxTileRow": bottom, "minTileCol": left,
                       "maxTileCol": right}  # fmt: skip


def test_tile_matrix_set(client):
    """17-083r4 /conf/tilematrixset, /conf/json-tilematrixset: each zoom halves the cell; the whole world is filled"""
    (one,) = client.get("/ogc/tileMatrixSets").json()["tileMatrixSets"]
    grid = client.get(linked(one, "self")[0]["href"]).json()
    first = grid["tileMatrices"][0]
    assert first["scaleDenominator"] == pytest.approx(559_082_264.0287178, rel=1e-12)
    assert first["cellSize"] == pytest.approx(156_543.033928041, rel=1e-12)
    assert first["pointOfOrigin"] == pytest.approx([-20_037_508.342789244, 20_037_508.342789244], rel=1e-12)
    for zoom, matrix in enumerate(grid["tileMatrices"]):
        assert matrix["id"] == str(zoom) and matrix["matrixWidth"] == matrix["matrixHeight"] == 2**zoom
        assert matrix["cellSize"] * 256 * 2**zoom == pytest.approx(2 * HALF)
    assert client.get("/ogc/tileMatrixSets/Other").status_code == 404


def test_tilesets_list_tileset_links(client):
    """/conf/tilesets-list/tileset-links"""
    (one,) = client.get(TILES).json()["tilesets"]
    assert {"dataType", "crs", "tileMatrixSetURI"} <= set(one)
    (own,) = linked(one, "self")
    assert own["href"].endswith(SET) and linked(one, f"{REL}/tiling-scheme")
    full = client.get(own["href"]).json()
    assert {name: full[name] for name in one if name != "links"} == {name: one[name] for name in one if name != "links"}


def test_geodata_tilesets(client):
    """/conf/geodata-tilesets/desc-links, /conf/geodata-tilesets/operation"""
    (one,) = client.get("/ogc/collections").json()["collections"]
    (link,) = linked(one, f"{REL}/tilesets-vector")
    assert link["href"].endswith(f"{HERE}/tiles") and client.get(link["href"]).json()["tilesets"]
    assert client.get(f"{TILES}/Other").status_code == 404
    assert client.get("/ogc/collections/nothing/tiles").status_code == 404


def test_mvt_content(client, tmp_path):
    """/conf/mvt/content: one tile, features with shapes, and coordinates linear in the tile's extent"""
    row, column = row_and_column(MIDDLE.x, MIDDLE.y, 16)
    read = features(asked(client, 16, row, column).content, tmp_path, 16, row, column)
    step = 2 * HALF / 2**16 / 4096
    for name, shape in zip(read["parcel_id"], read.geometry, strict=True):
        own = MERCATOR.geometry[MERCATOR["parcel_id"] == name].iloc[0]
        assert own.buffer(2 * step).contains(shape), name
    assert len(read) > 4


def test_a_tile_shows_whoever_sees_one_township_that_township(place, tmp_path, client):
    row, column = row_and_column(MIDDLE.x, MIDDLE.y, 14)
    asked(client, 14, row, column)
    sun = signed_in(place, "Sun", TOWNSHIPS[0])
    found = features(asked(sun, 14, row, column).content, tmp_path, 14, row, column)
    assert set(found["region_code"]) == {f"{TOWNSHIPS[0]}001"}


# --- GDAL -------------------------------------------------------------------------------------------------------------


def prepared(tiles, token):
    """Wait until the layer is ready to be drawn, as `Retry-After` asks."""
    row, column = row_and_column(MIDDLE.x, MIDDLE.y)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        said = requests.get(f"{tiles}/{row}/{column}", headers={"Authorization": f"Bearer {token}"}, timeout=60)
        if said.status_code == 200:
            return
        time.sleep(0.2)


@pytest.mark.skipif("OGCAPI" not in pyogrio.list_drivers(), reason="GDAL has no driver of OGC API")
def test_gdal_draws_the_tiles_of_a_collection(tmp_path):
    """GDAL finds the tile set by the links of the collection, reads its tiles, and finds every parcel where it lies."""
    script = Path(__file__).with_name("serve_county.py")
    with subprocess.Popen([sys.executable, script, tmp_path / "county"], stdout=subprocess.PIPE, text=True) as process:
        address, token, _ = process.stdout.readline().split()
        own = {"GDAL_HTTP_USERPWD": f"Li:{token}", "GDAL_HTTP_PROXY": None, "GDAL_HTTP_TIMEOUT": "60"}
        before = {name: pyogrio.get_gdal_config_option(name) for name in own}
        pyogrio.set_gdal_config_options(own)
        try:
            prepared(f"{address}/collections/parcels-2024/tiles/{GRID}/{ZOOM}", token)
            source = f"OGCAPI:{address}/collections/parcels-2024"
            corners = dict(zip(("MINX", "MINY", "MAXX", "MAXY"), map(str, MERCATOR.total_bounds), strict=True))
            read = pyogrio.read_dataframe(source, layer=f"Zoom level {ZOOM}", API="TILES", **corners)
        finally:
            pyogrio.set_gdal_config_options(before)
            process.terminate()
    assert set(read["parcel_id"]) == set(FRAME["parcel_id"])
    for name, shapes in read.groupby("parcel_id").geometry:
        own = MERCATOR.geometry[MERCATOR["parcel_id"] == name].iloc[0]
        assert shapes.union_all().symmetric_difference(own).area < 0.05 * own.area, name
