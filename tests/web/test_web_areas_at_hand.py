"""What lies under a footprint is told where the request comes in: as the route tells it, and to nobody else."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import desk_county as here
import pytest
import shapely
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from test_web_areas_under import AREAS, feature
from web_people import CONSOLE, at_work, browser, known

from tilth import api
from tilth.api import at_once
from tilth.identity import remembered
from tilth.land import Store
from tilth.web import areas_at_hand
from tilth.web.answers import as_json
from tilth.web.areas_at_hand import AreasAtHand

BODY = json.dumps(feature(here.square(0, 0))).encode()


@pytest.fixture(autouse=True)
def _a_slow_machine(monkeypatch):
    """What was known a moment ago is known yet, however long a test takes."""
    monkeypatch.setattr(remembered, "BELIEVED_S", 60.0)
    monkeypatch.setattr(at_once, "_LOOK_S", 60.0)


@pytest.fixture
def at_once_told(monkeypatch) -> list[bool]:
    """Of each footprint that came so far: was the answer at hand?"""
    told: list[bool] = []
    real = AreasAtHand._told

    def noted(self, *given):
        found = real(self, *given)
        told.append(found is not None)
        return found

    monkeypatch.setattr(AreasAtHand, "_told", noted)
    return told


@pytest.fixture
def li(desk, county) -> TestClient:
    """Somebody who may check, and asked before."""
    known(county, "Li Wei", ("viewer", here.COUNTY))
    one = at_work(desk.app, "Li Wei")
    assert one.post(AREAS, content=BODY).status_code == 200
    return one


def same(one, other) -> bool:
    def said(answer):
        return {name: value for name, value in answer.headers.items() if name != "date"}

    return (one.status_code, one.content, said(one)) == (other.status_code, other.content, said(other))


def by_route(client: TestClient, path: str, monkeypatch, **more):
    """What the route answers."""
    with monkeypatch.context() as only:
        only.setattr(areas_at_hand, "_asked", lambda scope: None)
        return client.post(path, **more)


@pytest.mark.parametrize(
    "shape",
    [here.square(0, 0), here.square(3, 1).union(here.square(4, 2)), shapely.box(0, 0, 5, 5),
     shapely.Polygon([(here.X, here.Y), (here.X + 90, here.Y + 90), (here.X + 90, here.Y), (here.X, here.Y + 90)])],
    ids=["parcel", "two", "elsewhere", "bow tie"],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_answer_at_hand_is_that_of_the_route(li, at_once_told, monkeypatch, shape, language):
    asked = {"json": feature(shape), "headers": {"Accept-Language": language}}
    found = li.post(AREAS, **asked)
    assert at_once_told == [True] and same(found, by_route(li, AREAS, monkeypatch, **asked))


@pytest.mark.parametrize(
    ("path", "content"),
    [(AREAS, b""), (AREAS, b"hello"), (AREAS, b'{"type": "Point", "coordinates": [1, 2]}'), (AREAS[:-1] + "1", BODY),
     (AREAS.replace("2024", "x"), BODY), (AREAS + "&crs=4526", BODY), (AREAS + "&region=1", BODY),
     (AREAS, json.dumps(feature(shapely.box(5e5, 35e5, 501e3, 3501e3), "EPSG::32649")).encode())],
)  # fmt: skip
def test_whatever_is_out_of_the_ordinary_is_answered_by_the_route(li, monkeypatch, path, content):
    assert same(li.post(path, content=content), by_route(li, path, monkeypatch, content=content))


def test_only_their_own_page_may_ask_for_them(li, desk, at_once_told):
    cookie = {"Cookie": f"tilth_session={li.cookies['tilth_session']}"}
    csrf = li.headers["X-CSRF-Token"]
    for headers, status in (
        ({**cookie, "X-CSRF-Token": csrf}, 200),
        (cookie, 403),
        ({**cookie, "X-CSRF-Token": csrf[:-1]}, 403),
        ({**cookie, "X-CSRF-Token": csrf, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Cookie": cookie["Cookie"][:-1], "X-CSRF-Token": csrf}, 401),
        ({"X-CSRF-Token": csrf}, 401),
        ({**cookie, "X-CSRF-Token": csrf, "Authorization": "Bearer x"}, 401),
    ):
        assert browser(desk.app).post(AREAS, content=BODY, headers=headers).status_code == status, headers
    assert at_once_told == [True]


@pytest.mark.parametrize("how", ["role", "removed", "signed out"])
def test_who_loses_the_right_is_refused_at_once(li, county, at_once_told, how):
    assert li.post(AREAS, content=BODY).status_code == 200 and at_once_told == [True]
    match how:
        case "role":
            api.user_role(county, "Li Wei", "viewer", place=here.COUNTY, take=True, by=CONSOLE)
        case "removed":
            api.user_remove(county, "Li Wei", by=CONSOLE)
        case _:
            assert li.delete("/api/v1/session").status_code < 300
    assert li.post(AREAS, content=BODY).status_code == (403 if how == "role" else 401)


def test_who_may_check_one_township_is_told_of_no_other(desk, county, at_once_told):
    known(county, "Wang", ("viewer", here.NORTH))
    one, there = at_work(desk.app, "Wang"), f"{AREAS}&region={here.NORTH}"
    inside, outside = feature(here.square(0, 1)), feature(here.square(0, 2))
    assert [one.post(there, json=inside).status_code for _ in range(2)] == [200, 200]
    assert one.post(there, json=outside).status_code == one.post(AREAS, json=inside).status_code == 403
    assert at_once_told == [True, False, False]


def test_a_body_that_comes_in_parts_is_answered_too(li, desk):
    """Straight at the application: a test client sends a body in one piece."""
    cookie, csrf = li.cookies["tilth_session"], li.headers["X-CSRF-Token"]
    headers = {"cookie": f"tilth_session={cookie}", "x-csrf-token": csrf, "content-length": str(len(BODY)),
               "host": "127.0.0.1:8000"}  # fmt: skip
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/api/v1/checks/areas", "raw_path": b"", "root_path": "", "query_string": b"year=2024",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("testclient", 50000), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    left = [{"type": "http.request", "body": BODY[:9], "more_body": True}, {"type": "http.request", "body": BODY[9:]}]
    sent = []

    async def receive():
        return left.pop(0) if left else {"type": "http.disconnect"}

    async def send(part):
        sent.append(part)

    with ThreadPoolExecutor(1) as alone:  # a browser of another test may have a loop in this thread
        alone.submit(asyncio.run, desk.app(scope, receive, send)).result()
    assert sent[0]["status"] == 200 and b"".join(one.get("body", b"") for one in sent).startswith(b'{"year": 2024')


def test_a_footprint_over_much_of_a_county_is_left_to_a_thread(li, county, at_once_told, monkeypatch):
    monkeypatch.setattr(at_once, "_FEW", 3)
    wide = feature(shapely.box(here.X, here.Y, here.X + 600, here.Y + 600))
    assert li.post(AREAS, json=wide).status_code == 200
    assert at_once_told == [False]


def test_what_is_looked_up_again_behind_the_scenes_is_at_hand_for_longer(li, county, at_once_told, monkeypatch):
    (pbf,) = Store(county).listed(kind="pbf")
    api.set_aside(county, pbf.id)
    api.look_under_again(county)
    found = li.post(AREAS, content=BODY).json()
    assert at_once_told == [True] and "pbf" not in {one["layer"] for one in found["layers"]}
    monkeypatch.setattr(at_once, "_LOOK_S", 0.0)
    assert li.post(AREAS, content=BODY).status_code == 200 and at_once_told == [True, False]


@settings(max_examples=30, deadline=None)
@given(names=st.lists(st.text(), min_size=1, max_size=5))
def test_json_is_written_as_the_record_would_be(built, names):
    """Whatever plots and features are called."""
    found = api.land_under(built, json.dumps(here.footprint(here.square(0, 0), here.square(4, 1))).encode(), year=2024)
    texts = {kind: [(names * len(one))[: len(one)] for one in held] for kind, held in found._texts.items()}
    named = replace(found, plots=replace(found.plots, ids=(names[0], names[-1])))
    named.__dict__["_texts"] = texts
    assert named.as_json().encode("utf-8", "replace") == as_json(named.as_record())
