"""Whoever watches over the server sees whether it is alive and ready, and what it did; nobody else sees that."""

from __future__ import annotations

import json
import re

import pytest
from fastapi.testclient import TestClient

from tilth import api
from tilth.web import create_app
from tilth.web.access_log import AccessLog
from tilth.web.measured import route_of
from tilth.web.metrics import Counts, as_text

PASSWORD = "seven grey geese over Linhe"
HERE = ("127.0.0.1", 50_000)


def visiting(office, client=HERE, **more):
    return TestClient(create_app(office, **more), base_url="http://127.0.0.1:8000", client=client)


def sample(text, name, **labels):
    """The value of one sample; None where there is none."""
    told = ",".join(f'{key}="{value}"' for key, value in labels.items())
    found = re.search(rf"^{re.escape(name + (f'{{{told}}}' if told else ''))} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else None


def with_token(office, role):
    api.user_add(office, role, password=PASSWORD)
    api.user_role(office, role, role)
    return {"Authorization": f"Bearer {api.user_token(office, role, 'watch').secret}"}


# --- health -------------------------------------------------------------------------------------------------------


def test_a_server_whose_database_is_gone_is_alive_but_not_ready(office, stranger):
    assert stranger.get("/api/v1/health").json()["status"] == "up"
    office.database.close()
    for file in office.root.glob("tilth.sqlite*"):
        file.unlink()
    (office.root / "tilth.sqlite").write_bytes(b"no database at all" * 1000)
    said = stranger.get("/api/v1/health")
    assert said.status_code == 503 and said.json()["code"] == "WEB-NOT-READY"
    assert "数据库无响应" in stranger.get("/api/v1/health", headers={"Accept-Language": "zh"}).json()["title"]
    assert stranger.get("/api/v1/health/alive").json() == {"status": "up"}
    text = visiting(office).get("/api/v1/metrics").text
    assert sample(text, "tilth_database_up") == 0 and sample(text, "tilth_ledger_entries") is None


# --- metrics ------------------------------------------------------------------------------------------------------


def test_requests_are_counted_by_route_never_by_address(office):
    browser = visiting(office)
    for n in range(3):
        browser.get(f"/api/v1/nothing-{n}")
    browser.get("/api/v1/health/alive")
    browser.request("BREW", "/api/v1/health/alive")
    text = browser.get("/api/v1/metrics").text
    name = "tilth_http_requests_total"
    assert sample(text, name, method="GET", route="/api/v1/health/alive", status="200") == 1
    assert sample(text, name, method="OTHER", route="/api/v1/health/alive", status="405") == 1
    assert "nothing-1" not in text and "BREW" not in text
    times = "tilth_http_request_duration_seconds"
    assert sample(text, f"{times}_count", route="/api/v1/health/alive") == 2
    assert sample(text, f"{times}_bucket", route="/api/v1/health/alive", le="+Inf") == 2
    assert sample(text, "tilth_database_up") == 1 and sample(text, "tilth_ledger_entries") == 0


def test_metrics_are_text_that_prometheus_reads(office):
    answer = visiting(office).get("/api/v1/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    line = re.compile(
        r'# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)*\})? -?[0-9.e+-]+', re.ASCII
    )
    assert [one for one in answer.text.splitlines() if not line.fullmatch(one)] == []
    assert answer.text.endswith("\n")
    names = [one.split()[2] for one in answer.text.splitlines() if one.startswith("# TYPE")]
    assert len(names) == len(set(names))


def test_a_label_can_break_no_line():
    counts = Counts()
    counts.add("GET", 'a"b\\c\nd', 200, 0.01, 1)
    text = as_text(counts.everybody(), [])
    assert 'route="a\\"b\\\\c\\nd"' in text


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        (("10.0.0.7", 1), {}),
        (HERE, {"X-Forwarded-For": "10.0.0.7"}),
        (HERE, {"Forwarded": "for=10.0.0.7"}),
        (HERE, {"Host": "rebound.example"}),
    ],
)
def test_metrics_are_for_the_machine_itself_or_an_auditor(office, client, headers):
    browser = visiting(office, client)
    assert browser.get("/api/v1/metrics", headers=headers).status_code == 401
    assert browser.get("/api/v1/metrics", headers={**headers, **with_token(office, "viewer")}).status_code == 403
    assert browser.get("/api/v1/metrics", headers={**headers, **with_token(office, "auditor")}).status_code == 200


def test_the_counts_of_several_processes_are_added_and_outlive_them(tmp_path):
    one, other = Counts(tmp_path), Counts(tmp_path)
    other._file = tmp_path / "1.counts.json"
    for counts, times in ((one, 2), (other, 3)):
        for _ in range(times):
            counts.add("GET", "/a", 200, 0.2, 10)
        counts.keep(always=True)
    text = as_text(one.everybody(), [])
    assert sample(text, "tilth_http_requests_total", method="GET", route="/a", status="200") == 5
    assert sample(text, "tilth_http_request_duration_seconds_bucket", route="/a", le="0.25") == 5
    assert sample(text, "tilth_http_request_duration_seconds_bucket", route="/a", le="0.1") == 0
    assert sample(text, "tilth_http_sent_bytes_total") == 50


def test_an_address_without_a_route_has_one_name():
    assert route_of({"path": "/whatever/1"}) == "-" and route_of({"path": "/assets/x.js"}) == "/assets"


# --- the access log -----------------------------------------------------------------------------------------------


def lines(file):
    return [json.loads(one) for one in file.read_text().splitlines()]


def test_each_request_is_a_line_with_who_and_what_and_no_secret(office, tmp_path):
    file = tmp_path / "access.log"
    browser = visiting(office, start_key="the-key-of-the-start", log=AccessLog(str(file)))
    browser.post("/api/v1/session", json={"key": "the-key-of-the-start"})
    browser.cookies.set("other", "c-secret")
    browser.get("/api/v1/workspace?token=a-secret&lang=zh")
    token = with_token(office, "viewer")
    browser.cookies.clear()
    browser.get("/api/v1/workspace", headers=token)
    browser.post("/api/v1/session", json={"name": "viewer", "password": "w-secret"})
    told = lines(file)
    assert [(one["method"], one["path"], one["status"]) for one in told[1:3]] == [("GET", "/api/v1/workspace", 200)] * 2
    assert told[2]["who"] == "viewer" and told[2]["by"] == "token" and told[3]["status"] in (401, 403)
    assert set(told[0]) == {"at", "address", "who", "by", "method", "path", "status", "ms", "bytes"}
    text = file.read_text()
    assert "secret" not in text and "the-key" not in text and token["Authorization"][7:] not in text
    assert file.stat().st_mode & 0o077 == 0


def test_no_request_can_write_a_line_of_its_own(office, tmp_path):
    file = tmp_path / "access.log"
    browser = visiting(office, log=AccessLog(str(file)))
    browser.get('/api/v1/x%0a{"who": "admin"}%1b[31m' + "y" * 5000)
    (told,) = lines(file)
    assert file.read_text().count("\n") == 1 and "\x1b" not in file.read_text() and len(told["path"]) <= 300


def test_a_log_that_was_moved_away_is_begun_anew_and_a_full_disk_stops_no_request(office, tmp_path, monkeypatch):
    file = tmp_path / "access.log"
    log = AccessLog(str(file))
    browser = visiting(office, log=log)
    browser.get("/api/v1/health/alive")
    file.rename(tmp_path / "access.log.1")
    log._looked = 0.0
    browser.get("/api/v1/health/alive")
    assert len(lines(file)) == len(lines(tmp_path / "access.log.1")) == 1
    monkeypatch.setattr("tilth.web.access_log.os.write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    assert browser.get("/api/v1/health/alive").status_code == 200
    assert sample(browser.get("/api/v1/metrics").text, "tilth_access_log_lost_total") == 1
