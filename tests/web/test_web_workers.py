"""The server as it is started: several processes on either database, a stop that lets nobody down."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2 as httpx
import pytest

from tilth import api

RUN = "import sys; from tilth.cli.run import run; raise SystemExit(run(sys.argv[1:]))"


class Served:
    """A server process of its own."""

    def __init__(self, process, url: str, key: str) -> None:
        self.process, self.url, self.key = process, url, key
        self.port = int(url.rpartition(":")[2])

    def browser(self):
        return httpx.Client(base_url=self.url, timeout=30)

    def workers(self) -> list[int]:
        told = subprocess.run(
            ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        return [int(line.split()[0]) for line in told.stdout.splitlines() if "spawn_main" in line]


@contextmanager
def serving(root, *words: str) -> Iterator[Served]:
    """The workspace in `root`, served."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", RUN, "-w", str(root), "serve", "--port", str(port), *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        said = process.stdout.readline()
        found = re.search(r"(http://\S+)/#key=(\S+)", said)
        assert found, said + process.stdout.read()
        one = Served(process, found[1], found[2])
        until(lambda: answers(one))
        yield one
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        process.stdout.close()


def answers(one: Served) -> bool:
    try:
        return httpx.get(f"{one.url}/api/v1/health/alive", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def until(done, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, office):
    if request.param == "postgresql":
        with (office.root / "tilth.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'database = "{request.getfixturevalue("server").copy()}"\n')
    return api.open_workspace(office.root)


@pytest.mark.slow
def test_whoever_signs_in_with_one_process_is_known_to_all_and_the_counts_are_those_of_all(place, tmp_path):
    log = tmp_path / "access.log"
    with serving(place.root, "--workers", "2", "--access-log", str(log)) as one:
        until(lambda: "tilth_processes 2\n" in httpx.get(f"{one.url}/api/v1/metrics").text)
        with one.browser() as browser:
            said = browser.post("/api/v1/session", json={"key": one.key})
            cookies, csrf = said.cookies, said.json()["csrf"]

        def ask(_n: int) -> int | str:  # each on a connection of its own, which any of the processes may take
            with one.browser() as other:
                other.cookies = cookies
                answer = other.get("/api/v1/workspace")
                return answer.status_code if answer.status_code in (200, 401) else answer.text

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, range(40))) == {200}
        pattern = r'tilth_http_requests_total\{method="GET",route="/api/v1/workspace",status="200"\} 40\n'
        until(lambda: re.search(pattern, httpx.get(f"{one.url}/api/v1/metrics").text) is not None, 20)
        with one.browser() as browser:
            browser.cookies = cookies
            assert browser.delete("/api/v1/session", headers={"X-CSRF-Token": csrf}).status_code == 204
        time.sleep(1.5)  # another process takes a second to hear of it
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, range(16))) == {401}, "and who left has left for all"
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert sum(line["path"] == "/api/v1/workspace" for line in told) == 56
    assert one.key not in log.read_text()


@pytest.mark.slow
def test_a_process_that_dies_is_replaced(office):
    with serving(office.root, "--workers", "2") as one:
        until(lambda: len(one.workers()) == 2)
        first = one.workers()
        os.kill(first[0], signal.SIGKILL)
        until(lambda: len(set(one.workers()) - set(first)) == 1)
        assert answers(one)
    assert one.process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("--workers", "2")])
def test_who_is_being_served_when_the_server_stops_gets_their_answer(office, words):
    with serving(office.root, *words) as one:
        body = json.dumps({"key": one.key}).encode()
        with socket.create_connection(("127.0.0.1", one.port), timeout=20) as line:
            head = "POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
            time.sleep(0.5)
            one.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            line.sendall(body[5:])
            assert line.recv(200).startswith(b"HTTP/1.1 200 ")
        one.process.wait(20)
    assert one.process.returncode in (0, -signal.SIGTERM)
    assert not answers(one)
