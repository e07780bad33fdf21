"""Connections, whichever way requests are read: heads have an end, and come in time."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest
import uvicorn
from fastapi import FastAPI, Request
from raw_sockets import everything

from tilth.web import connections
from tilth.web.connections import MOST_HEAD, Connection, QuickConnection, settings

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(params=[Connection, QuickConnection])
def port(request, monkeypatch):
    """Of a server that takes heads for half a second."""
    monkeypatch.setattr(connections, "HEAD_S", 0.6)
    app = FastAPI()

    @app.get("/")
    def nothing() -> str:
        return "here"

    @app.post("/")
    async def taken(request: Request) -> int:
        return len(await request.body())

    how = {**settings(), "http": request.param, "log_level": "critical", "proxy_headers": False}
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, **how))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


@pytest.fixture
def line(port):
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.settimeout(10)
        yield one


def until_here(one: socket.socket) -> bytes:
    """One answer: head and body may come apart."""
    told = b""
    while not told.endswith(b'"here"'):
        told += one.recv(4096)
    return told


def test_requests_come_one_after_another_over_one_connection(line):
    for _ in range(3):
        line.sendall(GET + b"\r\n")
        assert until_here(line).startswith(b"HTTP/1.1 200")
    line.sendall(GET + b"\r\n" + GET + b"Connection: close\r\n\r\n")
    assert everything(line).count(b'"here"') == 2


def test_a_head_of_some_length_is_read(line):
    line.sendall(GET + b"X-A: " + b"b" * (MOST_HEAD - 2_000) + b"\r\nConnection: close\r\n\r\n")
    assert everything(line).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("part", [1_000, 1 << 20])
def test_a_head_that_is_too_long_is_refused_in_one_piece_or_in_many(line, part):
    head = GET + b"X-A: " + b"b" * (40 * MOST_HEAD) + b"\r\n\r\n"
    try:
        for begin in range(0, len(head), part):
            line.sendall(head[begin : begin + part])
            time.sleep(0.002)
    except OSError:
        pass
    assert everything(line)[:12] in (b"HTTP/1.1 400", b"")


def test_so_are_many_short_lines_and_a_long_address(port):
    for head in (GET + b"X-A: b\r\n" * MOST_HEAD + b"\r\n", b"GET /" + b"a" * (3 * MOST_HEAD) + b" HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port)) as one:
            one.settimeout(10)
            with suppress(OSError):
                one.sendall(head)
            assert everything(one)[:12] in (b"HTTP/1.1 400", b"")


def test_the_head_after_a_request_that_was_answered_is_waited_for_no_longer_either(line):
    line.sendall(GET + b"\r\n")
    assert until_here(line).startswith(b"HTTP/1.1 200")
    line.sendall(b"GET / HT")
    began = time.monotonic()
    assert everything(line) == b"" and time.monotonic() - began < 5


def test_a_body_that_is_longer_than_any_head_is_taken(line):
    body = b"x" * (4 * MOST_HEAD)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    for part in (head, body[: MOST_HEAD * 2], body[MOST_HEAD * 2 :]):
        line.sendall(part)
        time.sleep(0.05)
    assert everything(line).endswith(b"%d" % len(body))


def test_what_is_no_request_is_refused(line):
    line.sendall(b"hello\r\n\r\n")
    assert everything(line).startswith(b"HTTP/1.1 400")


def test_of_a_body_of_two_lengths_nothing_is_left_to_be_read_as_a_request(line):
    two = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
    head = b"POST / HTTP/1.1\r\nHost: x\r\n" + two + b"Connection: close\r\n\r\n"
    line.sendall(head + b"0\r\n\r\n" + GET + b"\r\n")
    assert b'"here"' not in everything(line)
