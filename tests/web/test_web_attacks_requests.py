"""Attacks by requests: filters, headers, addresses, methods, bodies and hosts that are not meant as they look."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator

import desk_county as here
import pytest
import requests
import uvicorn
from test_web_attacks import connected, everything
from web_people import PASSWORD, at_work, browser, known, program

from tilth.web import guard
from tilth.web.connections import settings

ITEMS = "/ogc/collections/parcels-2024/items"
FULL = os.environ.get("TILTH_FULL") == "1"


# --- filters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "filter",
    [
        "parcel_id='x' OR 1=1", "parcel_id='x' OR 'a'='a'", f"region_code='{here.SOUTH}001'", "NOT parcel_id='x'",
        "parcel_id LIKE '%'", "area_dm2 > 0 OR region_code IS NOT NULL", "parcel_id IN ('x') OR parcel_id <> 'x'",
    ],
)  # fmt: skip
def test_no_filter_shows_another_township(as_role, filter):
    north = as_role("viewer", here.NORTH)
    for asked in (north.get(ITEMS, params={"filter": filter, "limit": 1000}),
                  north.get(ITEMS, params={"region_code": f"{here.SOUTH}001"})):  # fmt: skip
        assert asked.status_code in (200, 400), asked.text
        assert here.SOUTH not in "".join(one["properties"]["region_code"] for one in asked.json().get("features", []))


@pytest.mark.parametrize(
    "filter",
    [
        "1=1; DROP TABLE ledger_entry", "parcel_id = 'x'--", "parcel_id='x' UNION SELECT password FROM identity_person",
        "(" * 7_000 + "1=1" + ")" * 7_000, "NOT " * 4_000 + "1=1", "parcel_id LIKE '" + "%a" * 5_000 + "'",
        " AND ".join(["1=1"] * 2_500), "S_INTERSECTS(geometry, POLYGON((" + "0 0," * 4_000 + "0 0)))",
        "__class__='x'", "geometry.__init__='x'", "a" * 20_000, "area_dm2 = " + "9" * 5_000, "area_dm2 > 1e999",
        "area_dm2 = 1 " + "+ 1" * 5_000, "area_dm2 / 0 = 1",
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_and_soon(desk, filter):
    began = time.monotonic()
    answer = desk.get(ITEMS, params={"filter": filter, "limit": 1})
    assert answer.status_code in (200, 400), answer.text
    assert time.monotonic() - began < 15
    assert desk.get("/api/v1/ledger/entries").status_code == 200


def test_a_filter_in_json_that_has_no_end_is_refused(desk):
    deep = '{"op":"not","args":[' * 800 + "true" + "]}" * 800
    for text in (deep, "[" * 20_000, '{"op":"and","args":' + json.dumps([{"op": "__import__", "args": ["os"]}]) + "}"):
        answer = desk.get(ITEMS, params={"filter": text, "filter-lang": "cql2-json"})
        assert answer.status_code == 400, answer.text[:200]


# --- addresses, headers, methods ----------------------------------------------------------------------------------


def test_no_line_break_in_a_value_becomes_a_header(desk):
    evil = "x%0d%0aSet-Cookie:%20evil=1%0d%0aX-Evil:%201"
    described, tried = desk.get("/api/openapi.json").json(), 0
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            if (method, path) == ("delete", "/api/v1/session"):
                continue
            given = {one["name"]: evil for one in route.get("parameters", ()) if one["in"] == "path"}
            asked = "&".join(f"{one['name']}={evil}" for one in route.get("parameters", ()) if one["in"] == "query")
            answer = desk.request(method, f"{path.format(**given)}?{asked}", follow_redirects=False)
            assert "x-evil" not in answer.headers and "evil" not in answer.headers.get("set-cookie", ""), path
            assert not any("\n" in value or "\r" in value for value in answer.headers.values()), path
            tried += 1
    assert tried > 80


@pytest.mark.parametrize(
    "path",
    ["//evil.example/", "//evil.example/%2e%2e", "/\\evil.example", "/api/v1/me/", "/ogc/collections/",
     "/api/v1/session/?next=//evil.example", "/?next=https://evil.example", "/assets", "/https://evil.example"],
)  # fmt: skip
def test_nobody_is_sent_to_another_place(desk, path):
    for method in ("GET", "POST"):
        for host in ("127.0.0.1:8000", "evil.example"):
            answer = desk.request(
                method, f"http://127.0.0.1:8000{path}", headers={"Host": host}, follow_redirects=False
            )
            assert not 300 <= answer.status_code < 400, (method, answer.headers.get("location"))


def test_signing_in_sends_nobody_anywhere(desk):
    said = browser(desk.app).post(
        "/api/v1/session?next=https://evil.example&redirect=//evil.example&url=javascript:alert(1)",
        json={"key": "the-key-printed-at-the-start"}, follow_redirects=False,
    )  # fmt: skip
    assert said.status_code == 200 and "location" not in said.headers and "evil" not in said.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "[::1", "a'\"<b>"])
def test_a_page_that_calls_this_machine_by_its_own_name_gets_nothing(desk, host):
    """A name of another site that leads to this machine: its pages have no cookie of ours, and are not this machine."""
    one = browser(desk.app)
    assert not one.get("/api/v1/me", headers={"Host": host}).json()["known"]
    assert one.get("/api/v1/metrics", headers={"Host": host}).status_code == 401
    assert one.get("/api/v1/regions", headers={"Host": host}).status_code == 401
    for name in ("X-Forwarded-Host", "X-Host", "Forwarded"):
        told = one.get("/ogc", headers={name: f"host={host}" if name == "Forwarded" else host})
        assert "evil" not in told.text, name


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"])
def test_a_request_does_what_its_method_says(desk, county, name):
    known(county, "Wang")
    for path in ("/api/v1/people/Wang", "/api/v1/session"):
        desk.request("GET", path, params={"_method": "DELETE"}, headers={name: "DELETE"})
        desk.request("POST", path, data={"_method": "DELETE"}, headers={name: "DELETE"})
    assert desk.get("/api/v1/me").json()["known"]
    assert not desk.get("/api/v1/people/Wang").json()["disabled"]


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "TRACK", "PURGE"])
def test_other_methods_are_refused(desk, method):
    answer = desk.request(method, "/api/v1/me", headers={"X-Secret": "told"})
    assert answer.status_code in (400, 405) and "told" not in answer.text


def test_no_other_site_is_told_that_it_may_read(desk):
    for origin in ("https://evil.example", "null"):
        for method in ("GET", "OPTIONS"):
            answer = desk.request(method, "/api/v1/me", headers={
                "Origin": origin, "Access-Control-Request-Method": "POST",
            })  # fmt: skip
            assert not any(name.startswith("access-control") for name in answer.headers)


# --- bodies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b'{"type":' * 50_000, b"[" * 200_000, b'{"entries":[' + b"[" * 100_000])
@pytest.mark.parametrize("path", ["/api/v1/checks?year=2024", "/api/v1/ledger/entries", "/api/v1/people"])
def test_json_without_a_floor_is_refused(desk, path, body):
    answer = desk.post(path, content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text[:200]


def test_numbers_without_end_cost_nothing(desk):
    for number in (
        "9" * 100_000,
        "1e999999",
        "1e99999999",
        "-1e-99999999",
        "1e" + "9" * 1000,
        "-" + "9" * 5000,
        "0." + "0" * 100_000 + "1",
    ):
        line = '{"region":"999901001","account":"POOL:RESTORED","grade":5,"area_m2":' + number + "}"
        text = (
            f'{{"entries":[{{"id":"n","kind":"OPENING","posting_date":"2024-01-01","evidence":"d","lines":[{line}]}}]}}'
        )
        began = time.monotonic()
        answer = desk.post("/api/v1/ledger/entries", content=text, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422 and time.monotonic() - began < 5, answer.text[:200]


# --- a real server ------------------------------------------------------------------------------------------------


@pytest.fixture
def port(desk) -> Iterator[int]:
    """The port of a server with the limits that it is run with."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(desk.app, **{**settings(), "proxy_headers": False, "log_level": "critical"})
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def test_others_are_answered_while_hundreds_send_a_byte_at_a_time(port):
    held = [connected(port) for _ in range(300)]
    try:
        for at, one in enumerate(held):
            one.sendall(b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n" if at % 2 else b"G")
        slowest = 0.0
        for _ in range(5):
            for one in held[1::2]:
                one.sendall(b" ")
            began = time.monotonic()
            assert requests.get(f"http://127.0.0.1:{port}/api/v1/health/alive", timeout=20).status_code == 200
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 10, slowest
    finally:
        for one in held:
            one.close()


def sent_until_cut_off(port: int, head: bytes, most: int, *, chunked: bool) -> tuple[int, bytes]:
    """How many bytes of a body of `most` the server takes, and what it answers."""
    part, sent = bytes(1 << 20), 0
    with connected(port) as one:
        one.sendall(head)
        try:
            while sent < most:
                one.sendall(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
                sent += len(part)
        except OSError:
            pass
        try:
            return sent, everything(one)
        except OSError:
            return sent, b""


def upload(port, cookie="", csrf="", *, chunked=False, length=10 << 30):
    size = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % length
    who = f"Cookie: tilth_session={cookie}\r\nX-CSRF-Token: {csrf}\r\n" if cookie else ""
    head = b"POST /api/v1/checks?year=2024 HTTP/1.1\r\nHost: 127.0.0.1\r\n" + who.encode()
    head += b"Content-Type: multipart/form-data; boundary=b\r\n" + size + b"\r\n\r\n"
    if chunked:
        first = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.geojson"\r\n\r\n'
        head += b"%x\r\n%b\r\n" % (len(first), first)
    return sent_until_cut_off(port, head, length, chunked=chunked)


def test_ten_gigabytes_that_are_announced_are_refused_at_once(port, desk):
    cookie, csrf = desk.cookies["tilth_session"], desk.headers["X-CSRF-Token"]
    before = shutil.disk_usage(tempfile.gettempdir()).free
    sent, answer = upload(port, cookie, csrf)
    assert sent < 64 << 20, "the connection is closed, not read to its end"
    assert answer == b"" or b" 413 " in answer.splitlines()[0]
    assert shutil.disk_usage(tempfile.gettempdir()).free > before - (256 << 20)


def test_ten_gigabytes_of_somebody_unknown_are_not_read(port):
    sent, answer = upload(port, chunked=True)
    assert sent < 64 << 20
    assert answer == b"" or b" 401 " in answer.splitlines()[0]


def test_ten_gigabytes_in_pieces_are_cut_off_at_the_limit_and_leave_nothing(port, desk, monkeypatch):
    """By TILTH_FULL=1 with the limit of the product, which is 2 GiB; else with one of 48 MiB."""
    if not FULL:
        monkeypatch.setattr(guard, "MOST_UPLOAD", 48 << 20)
    cookie, csrf = desk.cookies["tilth_session"], desk.headers["X-CSRF-Token"]
    before = shutil.disk_usage(tempfile.gettempdir()).free
    sent, answer = upload(port, cookie, csrf, chunked=True)
    assert sent < guard.MOST_UPLOAD + (64 << 20)
    assert answer == b"" or b" 413 " in answer.splitlines()[0] or b" 507 " in answer.splitlines()[0]
    time.sleep(0.5)
    assert shutil.disk_usage(tempfile.gettempdir()).free > before - (256 << 20)
    assert requests.get(f"http://127.0.0.1:{port}/api/v1/health/alive", timeout=20).status_code == 200


def test_a_head_of_headers_without_end_is_refused_and_others_are_answered(port):
    with connected(port) as one:
        try:
            one.sendall(
                b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % at for at in range(20_000))
            )
            told = everything(one)
        except OSError:
            told = b""
    assert told == b"" or told.startswith(b"HTTP/1.1 4")
    assert requests.get(f"http://127.0.0.1:{port}/api/v1/health/alive", timeout=20).status_code == 200


@pytest.mark.parametrize(
    "header", [b"X-A: b\x00c", b"X A: b", b": b", b"X-A\r\n b: c", b"Host: y", b"Content-Length: 1, 2"]
)
def test_headers_that_are_none_are_no_trouble(port, header):
    with connected(port) as one:
        one.sendall(b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\n" + header + b"\r\nConnection: close\r\n\r\n")
        assert b" 5" not in everything(one)[8:11]


# --- who one is ---------------------------------------------------------------------------------------------------


def test_a_token_of_one_township_reads_and_writes_nothing_of_another(desk, county):
    known(county, "Sun", ("viewer", here.COUNTY), ("submitter", here.COUNTY))
    one = program(desk.app, county, "Sun", region=here.NORTH)
    assert one.get(f"/api/v1/standing?region={here.NORTH}").status_code == 200
    for region in (here.SOUTH, here.COUNTY, "both"):
        name = "group" if region == "both" else "region"
        assert one.get("/api/v1/standing", params={name: region}).status_code == 403
    listed = one.get("/api/v1/regions").text + one.get("/ogc/collections/parcels-2024/items?limit=1000").text
    assert here.SOUTH not in listed and here.NORTH in listed
    entry = here.entry("s", "OPENING", "2024-04-01", (here.SOUTH, "POOL:RESTORED", "1.00"))
    for region in (here.NORTH, here.SOUTH):
        sent = one.post(f"/api/v1/ledger/entries?region={region}", json={"entries": [entry]})
        assert sent.status_code == 403


def test_passwords_are_not_guessed_by_trying(desk, county):
    known(county, "Sun", ("viewer", here.COUNTY))
    answers = [
        browser(desk.app).post("/api/v1/session", json={"name": "Sun", "password": f"guess number {at}"}).status_code
        for at in range(40)
    ]
    assert set(answers) == {401, 429} and answers.count(401) < 15 and answers[-1] == 429
    right = browser(desk.app).post("/api/v1/session", json={"name": "Sun", "password": PASSWORD})
    assert right.status_code == 429, "not even the right one, as long as somebody guesses"


def test_the_proof_of_ones_own_page_is_asked_of_every_change(desk, county):
    known(county, "Sun", *((role, here.COUNTY) for role in ("editor", "submitter", "accepter", "decider", "auditor")))
    one = at_work(desk.app, "Sun")
    del one.headers["X-CSRF-Token"]
    described, tried = one.get("/api/openapi.json").json(), 0
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            if method == "get" or route["x-tilth-action"] == "open":
                continue
            given = {each["name"]: "0" * 32 for each in route.get("parameters", ()) if each["in"] == "path"}
            body = {"content": b"{}", "headers": {"Content-Type": "application/json"}}
            answer = one.request(method, path.format(**given), **body)
            assert answer.status_code == 403 and answer.json()["code"] == "WEB-CSRF", (method, path, answer.text)
            tried += 1
    assert tried > 40
