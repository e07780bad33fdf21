"""Attacks on the server: each is tried, and answered with a refusal in plain words or with nothing at all."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi import Request
from fastapi.testclient import TestClient
from raw_sockets import everything
from sqlalchemy import inspect
from web_people import PASSWORD, at_work, browser, known

from tilth.web import arriving, connections, create_app
from tilth.web.connections import is_loopback, settings
from tilth.web.pages import add_pages

COUNTY = "999901"
KEY = "the-key-printed-at-the-start"
TEXTS = {
    "sql": "'; DROP TABLE identity_person; --",
    "sql or": "' OR '1'='1",
    "sql union": '" UNION SELECT password FROM identity_person --',
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "up": "../../../../etc/passwd",
    "nul": "a\x00b",
    "format": "{0.__class__}{code}%s%n",
    "right to left": "\u202etxt.exe",
    "surrogate": "\udcff",
    "long": "x" * 5000,
    "number": "99999999999999999999999",
}


@pytest.fixture
def app(office):
    known(office, "zhao", ("administrator", COUNTY), ("auditor", COUNTY))
    return create_app(office, start_key=KEY)


# --- texts where they do not belong -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TEXTS)
def test_every_text_of_every_route_takes_anything_and_breaks_nothing(app, office, kind):
    one = TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
    said = one.post("/api/v1/session", json={"key": KEY}).json()
    one.headers["X-CSRF-Token"] = said["csrf"]
    text = TEXTS[kind]
    tables = set(inspect(office.database._engine).get_table_names())
    described, tried = one.get("/api/openapi.json").json(), 0
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            asked, places = {}, {}
            parameters = route.get("parameters", ())
            for parameter in parameters:
                where = places if parameter["in"] == "path" else asked
                where[parameter["name"]] = text[: 50_000 // len(parameters)]  # no client asks a longer address
            address = path.format(**{name: _quoted(value) for name, value in places.items()})
            body = _filled(route, described, text)
            query = "&".join(f"{name}={_quoted(value)}" for name, value in asked.items())
            if path.endswith("/session") and method == "delete":
                continue
            content = None if body is None else json.dumps(body)
            answer = one.request(
                method, f"{address}?{query}", content=content, headers={"Content-Type": "application/json"}
            )
            tried += 1
            assert answer.status_code < 500, (method, path, answer.text)
            kind_of = answer.headers.get("content-type", "")
            ours = answer.url.path.startswith(("/api", "/ogc"))  # a browser has made nothing of the dots before it asks
            assert not ours or not kind_of.startswith("text/html"), path
            assert answer.headers["x-content-type-options"] == "nosniff"
    assert tried > 10
    assert set(inspect(office.database._engine).get_table_names()) == tables
    assert at_work(app, "zhao").get("/api/v1/audit/verified").json()["findings"] == []


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text.encode("utf-8", "surrogateescape"), safe="")


def _filled(route: dict, described: dict, text: str) -> object:
    """A body for `route` with `text` wherever a text belongs; None where it takes no JSON."""
    content = route.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else _example(content["schema"], described, text)


def _example(schema: dict, described: dict, text: str) -> object:
    if "$ref" in schema:
        return _example(described["components"]["schemas"][schema["$ref"].rpartition("/")[2]], described, text)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _example(schema[choice][0], described, text)
    match schema.get("type"):
        case "object":
            return {name: _example(one, described, text) for name, one in schema.get("properties", {}).items()}
        case "array":
            return [_example(schema.get("items", {}), described, text)]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case _:
            return text


@pytest.mark.parametrize("kind", ["script", "image"])
def test_what_somebody_typed_comes_back_as_data_that_no_page_runs(app, kind):
    one = at_work(app, "zhao")
    made = one.post("/api/v1/people", json={"name": "qian", "shown": TEXTS[kind]})
    assert made.status_code == 201 and made.headers["content-type"] == "application/json"
    listed = one.get("/api/v1/people")
    assert listed.headers["x-content-type-options"] == "nosniff"
    assert "script-src 'self'" in listed.headers["content-security-policy"]
    assert TEXTS[kind] in {each["shown"] for each in listed.json()["people"]}
    refused = one.get(f"/api/v1/people/{_quoted(TEXTS[kind])}")
    assert refused.headers["content-type"] == "application/problem+json"


# --- files --------------------------------------------------------------------------------------------------------


@pytest.fixture
def with_pages(office, tmp_path, monkeypatch):
    """A server with built pages, beside which a secret lies."""
    (tmp_path / "static" / "assets").mkdir(parents=True)
    (tmp_path / "static" / "index.html").write_text("the page")
    (tmp_path / "secret.txt").write_text("the secret")
    (tmp_path / "static-too").mkdir()
    (tmp_path / "static-too" / "secret.txt").write_text("the secret")
    monkeypatch.setattr("tilth.web.app.add_pages", lambda app: add_pages(app, tmp_path / "static"))
    return browser(create_app(office, start_key=KEY))


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/%2e%2e%2fsecret.txt", "/..\\secret.txt",
        "/assets/../../secret.txt", "/assets/..%2f..%2fsecret.txt", "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..%2fstatic-too%2fsecret.txt", "//etc/passwd", "/%2fetc%2fpasswd", "/assets//etc/passwd", "/a%00b",
        "/....//....//secret.txt", "/..%c0%af..%c0%afsecret.txt", "/..%252fsecret.txt", "/file:///etc/passwd",
        "/" + "a/" * 2000, "/" + "a" * 5000,
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_pages(with_pages, path):
    said = with_pages.get(f"http://127.0.0.1:8000{path}")
    assert said.status_code in (200, 404, 400) and "secret" not in said.text and "root:" not in said.text
    assert said.status_code != 200 or said.text == "the page"


# --- bodies -------------------------------------------------------------------------------------------------------


def parts(total: int) -> Iterator[bytes]:
    """A body that does not say how long it will be."""
    for _ in range(total >> 16):
        yield b" " * (1 << 16)


def test_a_body_without_end_is_refused_when_it_is_too_long(app):
    said = at_work(app, "zhao").post(
        "/api/v1/people", content=parts(64 << 20), headers={"Content-Type": "application/json"}
    )
    assert said.status_code == 413 and said.json()["code"] == "WEB-TOO-LARGE"


@pytest.mark.parametrize("stated", ["-1", "1e9", "10737418240", "9" * 5000, "²", ""])
def test_a_length_that_cannot_be_is_refused(app, stated):
    said = browser(app).post(
        "/api/v1/session", content=b"{}", headers={b"Content-Length": stated.encode(), b"Content-Type": b"text/plain"}
    )
    assert said.status_code == 413


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000, b'{"key": NaN}', b"\xff\xfe", b'{"key": 1e999}'])
def test_a_body_that_is_no_text_is_refused(app, body):
    one = TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
    said = one.post("/api/v1/session", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= said.status_code < 500


# --- connections: a real server -----------------------------------------------------------------------------------


@pytest.fixture
def port(app, monkeypatch) -> Iterator[int]:
    """The port of a server that waits for less than a second."""
    monkeypatch.setattr(connections, "HEAD_S", 0.6)
    monkeypatch.setattr(arriving, "IDLE_S", 0.6)
    monkeypatch.setattr(arriving, "GRACE_S", 1.5)

    @app.get("/wait")
    def wait(request: Request) -> str:
        time.sleep(1.2)
        return "done"

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(
                app, **{**settings(), "limit_concurrency": 20, "proxy_headers": False, "log_level": "critical"}
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def connected(port: int) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port))
    one.settimeout(10)
    return one


POST = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n"


def test_a_connection_that_says_nothing_is_closed(port):
    with connected(port) as one:
        assert everything(one) == b""


def test_a_head_that_comes_letter_by_letter_is_cut_off(port):
    with connected(port) as one:
        began = time.monotonic()
        with pytest.raises(OSError):  # noqa: PT012
            for letter in b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 1000:
                one.sendall(bytes([letter]))
                time.sleep(0.1)
        assert time.monotonic() - began < 5


def test_a_body_that_stops_is_answered_and_closed(port):
    with connected(port) as one:
        one.sendall(POST + b'{"key"')
        told = everything(one)
    assert told.startswith(b"HTTP/1.1 408") and b"WEB-SLOW" in told


def test_a_body_that_trickles_is_answered_and_closed(port):
    with connected(port) as one:
        one.sendall(POST)
        for _ in range(8):
            try:
                one.sendall(b" ")
            except OSError:
                break
            time.sleep(0.3)
        assert everything(one).startswith(b"HTTP/1.1 408")


def test_a_head_without_end_is_refused(port):
    with connected(port) as one:
        try:
            one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: " + b"b" * (64 << 10))
        except OSError:
            return
        assert everything(one)[:12] in (b"HTTP/1.1 400", b"")


def test_slow_answers_are_waited_for(port):
    with connected(port) as one:
        one.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert everything(one).startswith(b"HTTP/1.1 200")


def test_more_connections_than_the_server_takes_are_told_to_come_again(port):
    held = [connected(port) for _ in range(25)]
    try:
        held[-1].sendall(b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n")
        assert held[-1].recv(100).startswith(b"HTTP/1.1 503")
        time.sleep(1)
        with connected(port) as one:
            one.sendall(b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert everything(one).startswith(b"HTTP/1.1 200"), "those that said nothing are gone"
    finally:
        for each in held:
            each.close()


def test_one_address_does_not_hold_every_connection(port, monkeypatch):
    monkeypatch.setattr(connections, "MOST_FROM_ONE", 3)
    monkeypatch.setattr(connections, "is_loopback", lambda host: False)
    held = [connected(port) for _ in range(5)]
    time.sleep(0.1)
    try:
        for each in held[3:]:
            each.settimeout(0.3)
            assert each.recv(10) == b"", "closed at once"
        held[0].sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert everything(held[0]).startswith(b"HTTP/1.1 200")
    finally:
        for each in held:
            each.close()


def test_what_is_no_http_is_no_trouble(port):
    for sent in (
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"\r\n" * 100,
        b"GET / HTTP/9.9\r\nConnection: close\r\n\r\n",
        bytes(range(256)),
    ):
        with connected(port) as one:
            one.sendall(sent)
            everything(one)
    smuggled = (
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    with connected(port) as one:
        one.sendall(smuggled + b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"HTTP/1.1 5" not in everything(one)
    with connected(port) as one:
        one.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert everything(one).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False), ("10.1.2.3", False),
     ("county.example", False), ("127.0.0.1.example", False)],
)  # fmt: skip
def test_it_is_known_which_addresses_only_this_machine_reaches(host, alone):
    assert is_loopback(host) is alone


def test_nobody_signs_in_by_guessing_what_the_browser_keeps(app):
    one = browser(app)
    for guess in ("", "a" * 43, TEXTS["sql or"], "x" * 5000):
        one.cookies.set("tilth_session", guess, domain="127.0.0.1")
        assert not one.get("/api/v1/me").json()["known"]
    assert PASSWORD  # the words that would let in stand in no test above
