"""Tiles over HTTP."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from tilth import api
from tilth.tiles.world import BITS, units_of

_WAIT_S = 60.0
EAST, NORTH = 38_450_000.0, 3_880_000.0


@pytest.fixture
def mapped(office, owner, tmp_path: Path):
    """A browser of the owner, of a county whose map is ready; and the tile in its middle at zoom 13."""
    shapes = [shapely.box(EAST + n * 90, NORTH, EAST + n * 90 + 90, NORTH + 90) for n in range(12)]
    rows = {"BSM": [f"{n:018d}" for n in range(12)], "DLBM": ["0102"] * 12}
    rows["ZLDWDM"] = [f"99990100{1 + n % 2}201" + "0" * 7 for n in range(12)]
    gpd.GeoDataFrame(rows, geometry=shapes, crs=4526).to_file(tmp_path / "s.gpkg")
    api.import_survey(office, tmp_path / "s.gpkg", year=2024)
    until = time.monotonic() + _WAIT_S
    while not (record := owner.get("/api/v1/map").json())["ready"]:
        assert time.monotonic() < until
        time.sleep(0.05)
    x, y = units_of(*np.radians(np.array(record["center"])))
    return owner, f"13/{int(x) >> (BITS - 13)}/{int(y) >> (BITS - 13)}", record


def test_a_tile_is_packed_where_that_is_understood(mapped):
    browser, at, _ = mapped
    path = f"/api/v1/tiles/survey-2024/{at}.mvt"
    packed = browser.get(path, headers={"Accept-Encoding": "gzip"})
    plain = browser.get(path, headers={"Accept-Encoding": "identity"})
    refused = browser.get(path, headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert packed.content == plain.content == refused.content  # the client unpacks
    assert packed.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert packed.headers["vary"] == "Accept-Encoding" and packed.headers["etag"] != plain.headers["etag"]
    assert len(mapbox_vector_tile.decode(plain.content)["parcels"]["features"]) == 12
    assert int(packed.headers["content-length"]) <= len(gzip.compress(plain.content, 1)) + 32


def test_a_tile_that_is_known_is_not_sent_again(mapped):
    browser, at, _ = mapped
    for path in (
        f"/api/v1/tiles/survey-2024/{at}.mvt",
        f"/api/v1/tiles/overview/2024/{at.replace('13', '0', 1)[:1]}/0/0.png",
    ):
        first = browser.get(path)
        tag = first.headers["etag"]
        again = browser.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content) == (304, b"") and again.headers["etag"] == tag
        assert browser.get(path, headers={"If-None-Match": '"other"'}).status_code == first.status_code


def test_a_tile_of_nothing_has_no_content(mapped):
    browser, _, _ = mapped
    empty = browser.get("/api/v1/tiles/survey-2024/13/0/0.mvt")
    assert (empty.status_code, empty.content) == (204, b"") and empty.headers["etag"]
    assert browser.get("/api/v1/tiles/overview/2024/4/0/0.png").status_code == 204


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("survey-2024/3/8/0.mvt", 404),
        ("survey-2024/17/0/0.mvt", 404),
        ("survey-1999/3/0/0.mvt", 404),
        ("survey-2024/-1/0/0.mvt", 422),
        ("survey-2024/x/0/0.mvt", 422),
        ("survey-2024/3/0/99999999999999999999.mvt", 422),
        ("..%2f..%2ftilth/3/0/0.mvt", 404),
        ("overview/2024/0/0/0.png?by=owner", 422),
        ("overview/1999/0/0/0.png", 404),
        ("overview/2024/16/0/0.png", 404),
        ("nothing.json", 404),
    ],
)
def test_what_is_no_tile_is_refused(mapped, path, status):
    browser, _, _ = mapped
    refused = browser.get(f"/api/v1/tiles/{path}")
    assert refused.status_code == status and refused.headers["content-type"] == "application/problem+json"


def test_nobody_sees_the_map_without_being_known(mapped, stranger):
    browser, at, _ = mapped
    browser.cookies.clear()
    for path in ("map", f"tiles/survey-2024/{at}.mvt", "tiles/overview/2024/0/0/0.png", "tiles/survey-2024.json"):
        assert browser.get(f"/api/v1/{path}").status_code == 401


def test_the_address_in_the_map_is_that_of_the_tiles(mapped):
    browser, at, record = mapped
    z, x, y = at.split("/")
    for layer in record["layers"]:
        assert browser.get(layer["tiles"].format(z=z, x=x, y=y)).status_code == 200
    picture = record["overview"]["tiles"].format(year=2024, z=0, x=0, y=0, by="class")
    assert browser.get(picture).status_code in (200, 204)
    told = browser.get("/api/v1/tiles/survey-2024.json").json()
    assert told["tilejson"] == "3.0.0" and told["tiles"][0].startswith(
        "http://127.0.0.1:8000/api/v1/tiles/survey-2024/"
    )


def test_while_a_layer_is_prepared_the_browser_is_told_when_to_ask_again(office, owner, tmp_path, monkeypatch):
    shape = shapely.box(EAST, NORTH, EAST + 90, NORTH + 90)
    gpd.GeoDataFrame({"BSM": ["1"], "DLBM": ["0102"]}, geometry=[shape], crs=4526).to_file(tmp_path / "s.gpkg")
    api.import_survey(office, tmp_path / "s.gpkg", year=2024)
    monkeypatch.setattr("tilth.api.map_tiles.open_behind", lambda *_: None)
    waiting = owner.get("/api/v1/tiles/survey-2024/13/0/0.mvt")
    assert waiting.status_code == 503 and int(waiting.headers["retry-after"]) > 0
    assert waiting.json()["code"] == "TILES-BEING-MADE"
