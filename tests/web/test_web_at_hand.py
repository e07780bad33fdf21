"""Tiles that are sent without a detour: the same answers as from the routes, and to nobody else."""

from __future__ import annotations

import subprocess
import sys
import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient
from web_people import CONSOLE, at_work, browser, known, program

from tilth import api
from tilth.api import map_stock
from tilth.land import Region, Store
from tilth.tiles.world import BITS, units_of
from tilth.web import at_hand, create_app
from tilth.web.app import AtHand

COUNTY, NORTH = "999901", "999901001"
EAST, SOUTH = 38_450_000.0, 3_880_000.0
_WAIT_S = 90.0


@pytest.fixture
def app(office, tmp_path):
    """The application of a county whose tiles are drawn ahead."""
    shapes = [shapely.box(EAST + n * 90, SOUTH, EAST + n * 90 + 90, SOUTH + 90) for n in range(12)]
    rows = {"BSM": [f"{n:018d}" for n in range(12)], "DLBM": ["0102"] * 12}
    rows["ZLDWDM"] = [f"99990100{1 + n % 2}201" + "0" * 7 for n in range(12)]
    gpd.GeoDataFrame(rows, geometry=shapes, crs=4526).to_file(tmp_path / "s.gpkg")
    api.import_survey(office, tmp_path / "s.gpkg", year=2024)
    until = time.monotonic() + _WAIT_S
    while not api.map_record(office)["layers"][0]["drawn_ahead"]:
        assert time.monotonic() < until
        time.sleep(0.05)
    return create_app(office, start_key="the-key")


@pytest.fixture
def tile(office) -> str:
    """The address of a tile in the middle."""
    x, y = units_of(*np.radians(np.array(api.map_record(office)["center"])))
    return f"/api/v1/tiles/survey-2024/13/{int(x) >> (BITS - 13)}/{int(y) >> (BITS - 13)}.mvt"


@pytest.fixture
def li(app, office):
    """The browser of somebody who may see all of the county."""
    known(office, "Li Wei", ("viewer", COUNTY))
    return at_work(app, "Li Wei")


@pytest.fixture
def at_once(monkeypatch) -> list[bool]:
    """Of each tile that was asked for: was it at hand?"""
    told: list[bool] = []
    real = AtHand._at_once

    def noted(self, scope, asked):
        found = real(self, scope, asked)
        told.append(found is not None)
        return found

    monkeypatch.setattr(AtHand, "_at_once", noted)
    return told


def same(one, other) -> bool:
    def said(answer):
        return {name: value for name, value in answer.headers.items() if name not in ("date",)}

    return (one.status_code, one.content, said(one)) == (other.status_code, other.content, said(other))


def by_routes(app, client: TestClient, path: str, monkeypatch, **headers: str):
    """What the routes answer, where nothing is at hand."""
    with monkeypatch.context() as only:
        only.setattr(at_hand, "_asked", lambda scope: None)
        return client.get(path, headers=headers)


def test_the_second_tile_is_at_hand_and_is_what_the_route_sends(app, li, tile, at_once, monkeypatch):
    first, second = li.get(tile), li.get(tile)
    assert at_once == [False, True] and first.status_code == 200 and len(first.content) > 100
    assert same(first, second)
    assert same(second, by_routes(app, li, tile, monkeypatch))


@pytest.mark.parametrize(
    ("of", "headers"),
    [
        (".mvt", {}),
        (".mvt", {"Accept-Encoding": "identity"}),
        (".mvt", {"Accept-Encoding": "gzip;q=0"}),
        (".mvt", {"If-None-Match": "*"}),
        (".mvt", {"If-None-Match": '"other"'}),
        (".mvt?lang=zh", {}),
        ("0000.mvt", {}),
        (".png", {}),
    ],
)
def test_every_answer_is_that_of_the_route(app, li, tile, monkeypatch, of, headers):
    path = tile.replace(".mvt", of)
    li.get(tile)
    assert same(li.get(path, headers=headers), by_routes(app, li, path, monkeypatch, **headers))


@pytest.mark.parametrize(
    "path", ["survey-2024/13/0/0.mvt", "overview/2024/4/0/0.png", "overview/2024/0/0/0.png?by=pbf"]
)
def test_so_it_is_of_tiles_of_nothing_and_of_pictures(app, li, monkeypatch, path):
    for _ in range(2):
        found = li.get(f"/api/v1/tiles/{path}")
        assert found.status_code in (200, 204) and same(found, by_routes(app, li, f"/api/v1/tiles/{path}", monkeypatch))


@pytest.mark.parametrize(
    "path",
    ["survey-2024/17/0/0.mvt", "survey-2024/3/8/0.mvt", "survey-1999/3/0/0.mvt", "survey-2024/3/0/99999999999.mvt",
     "survey-2024/0/0/0.mvt", "pbf/3/0/0.mvt", "survey-2024/03/0/0.mvt", "overview/2024/0/0/0.png?by=owner"],
)  # fmt: skip
def test_what_is_no_tile_is_refused_by_the_route(app, li, tile, monkeypatch, path):
    li.get(tile)
    found = li.get(f"/api/v1/tiles/{path}")
    assert same(found, by_routes(app, li, f"/api/v1/tiles/{path}", monkeypatch))


def test_a_tag_that_the_reader_has_is_answered_without_a_tile(li, tile, at_once):
    tag = li.get(tile).headers["etag"]
    again = li.get(tile, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag) and at_once == [False, True]


def test_over_https_the_browser_is_told_to_stay_there(app, office, tile):
    known(office, "Li Wei", ("viewer", COUNTY))
    one = program(app, office, "Li Wei")
    one.base_url = "https://127.0.0.1:8000"
    for _ in range(2):
        assert one.get(tile).headers["strict-transport-security"] == "max-age=31536000"


def test_nobody_else_gets_what_somebody_known_got(app, li, tile):
    assert li.get(tile).status_code == li.get(tile).status_code == 200
    cookie = li.cookies["tilth_session"]
    for headers in (
        {},
        {"Cookie": f"tilth_session={cookie[:-1]}"},
        {"Cookie": f"tilth_sessio={cookie}"},
        {"Authorization": f"Bearer {cookie}"},
        {"Cookie": f"tilth_session={cookie}", "Authorization": "Bearer x"},
        {"Cookie": f"tilth_session={cookie}; tilth_session=x"},
    ):
        assert browser(app).get(tile, headers=headers).status_code == 401, headers
    assert browser(app, scheme="https").get(tile, headers={"Cookie": f"tilth_session={cookie}"}).status_code == 401


def test_signing_out_is_the_end_of_it(app, li, tile, at_once):
    cookie = {"Cookie": f"tilth_session={li.cookies['tilth_session']}"}
    assert [li.get(tile).status_code for _ in range(3)] == [200, 200, 200] and at_once[-1]
    assert li.delete("/api/v1/session").status_code < 300
    assert browser(app).get(tile, headers=cookie).status_code == 401


@pytest.mark.parametrize("how", ["role", "removed", "password"])
def test_who_loses_the_right_in_this_process_is_refused_at_once(app, li, office, tile, at_once, how):
    assert [li.get(tile).status_code for _ in range(3)] == [200, 200, 200] and at_once[-1]
    match how:
        case "role":
            api.user_role(office, "Li Wei", "viewer", place=COUNTY, take=True, by=CONSOLE)
        case "removed":
            api.user_remove(office, "Li Wei", by=CONSOLE)
        case _:
            api.user_password(office, "Li Wei", "another eleven words of grey geese", by=CONSOLE)
    assert li.get(tile).status_code == (403 if how == "role" else 401)


def test_a_token_that_is_ended_lets_nobody_in(app, office, tile, at_once):
    known(office, "Li Wei", ("viewer", COUNTY))
    one = program(app, office, "Li Wei")
    assert [one.get(tile).status_code for _ in range(3)] == [200, 200, 200] and at_once[-1]
    (token,) = api.user_tokens(office, "Li Wei")
    api.user_token_end(office, "Li Wei", token.id, by=CONSOLE)
    assert one.get(tile).status_code == 401


def test_what_another_process_takes_away_is_gone_within_a_second(app, li, office, tile, at_once):
    assert [li.get(tile).status_code for _ in range(3)] == [200, 200, 200] and at_once[-1]
    doing = "import sys; from tilth import api; api.user_remove(api.open_workspace(sys.argv[1]), 'Li Wei')"
    other = subprocess.Popen([sys.executable, "-c", doing, str(office.root)])
    while other.poll() is None:  # whoever keeps asking is remembered, and still found out
        assert li.get(tile).status_code in (200, 401)
        time.sleep(0.05)
    assert other.returncode == 0
    time.sleep(1.05)
    assert li.get(tile).status_code == 401


def test_who_may_see_one_township_is_sent_nothing_of_another(app, office, tile, li, at_once):
    known(office, "Wang", ("viewer", NORTH))
    wang = at_work(app, "Wang")
    for _ in range(2):
        assert len(li.get(tile).content) > len(wang.get(tile).content) > 0
    assert at_once == [False, False, True, False]


def test_a_region_that_moves_in_the_tree_counts_within_a_second(app, office, tile, at_once):
    Store(office).put_regions([Region("9999", "Hetao", "prefecture")])
    known(office, "Wang", ("viewer", "9999"))
    wang = at_work(app, "Wang")
    nothing = [wang.get(tile) for _ in range(2)]
    assert all(one.status_code == 204 for one in nothing) and not any(at_once)
    Store(office).put_regions([Region(COUNTY, "Linhe", "county", "9999")])
    time.sleep(1.05)
    assert wang.get(tile).status_code == 200


def test_tiles_are_counted_and_written_down_as_of_their_route(app, li, tile):
    li.get(tile)
    li.get(tile)
    li.get("/api/v1/tiles/overview/2024/0/0/0.png")
    counted = {tuple(key): count for *key, count in app.state.counts.as_record()["requests"]}
    assert counted["GET", "/api/v1/tiles/{layer}/{z}/{x}/{y}.mvt", "200"] == 2
    assert counted["GET", "/api/v1/tiles/overview/{year}/{z}/{x}/{y}.png", "204"] == 1


def test_a_tile_is_drawn_when_asked_for_as_long_as_it_is_not_drawn_ahead(app, li, tile, at_once, monkeypatch):
    ahead = [li.get(tile) for _ in range(2)]
    monkeypatch.setattr(map_stock._opened, "get", lambda place: None)
    monkeypatch.setattr("tilth.api.map_tiles.draw_ahead", lambda *_: None)
    drawn = li.get(tile)
    assert at_once == [False, True, False] and same(ahead[1], drawn)


def test_a_request_with_a_body_goes_the_whole_way(app, li, tile, at_once):
    li.get(tile)
    said = li.request("GET", tile, content=b"x", headers={"Content-Length": "1"})
    assert said.status_code == 200 and len(at_once) == 1
