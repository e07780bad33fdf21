"""Starting the server: whom it lets in, and what it refuses to start with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import uvicorn
from web_people import known

from tilth.core import BadInput
from tilth.web import connections, serve, serving
from tilth.web.connections import QuickConnection


@pytest.fixture
def started(office, monkeypatch):
    """Starts a server that serves nobody; what it said, what it warned of, and how uvicorn was called."""

    def start(**more):
        said, warned, calls = [], [], []
        monkeypatch.setattr(serving, "listen_once", lambda host, port: None)
        monkeypatch.setattr(uvicorn, "run", lambda app, **how: calls.append((app, how)))
        serve(office.root, **{"host": "127.0.0.1", "port": 8000, "say": said.append, "warn": warned.append, **more})
        return said[0], warned, *calls[0]

    return start


@pytest.fixture
def pem(tmp_path) -> tuple[str, str]:
    """A certificate and its key."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "2",
         "-keyout", str(key), "-out", str(cert)],
        capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("needs openssl")
    return str(cert), str(key)


def test_for_this_machine_alone_the_address_holds_a_key(started):
    url, warned, app, how = started()
    assert url == f"http://127.0.0.1:8000/#key={app.state.office.start_key}" and len(app.state.office.start_key) >= 32
    assert not warned and how["host"] == "127.0.0.1" and not how["proxy_headers"] and not how["server_header"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5"])
def test_others_reach_nothing_before_somebody_has_a_password(started, host):
    with pytest.raises(BadInput, match="WEB-NOBODY-YET"):
        started(host=host)


def test_where_others_reach_it_there_is_no_key_and_a_warning(started, office):
    known(office, "zhao")
    url, warned, app, _ = started(host="0.0.0.0")
    assert url == "http://127.0.0.1:8000/" and app.state.office.start_key == ""
    assert "without encryption" in warned[0]


def test_behind_a_proxy_there_is_no_key_either_and_what_it_says_is_believed(started, office):
    with pytest.raises(BadInput, match="WEB-NOBODY-YET"):
        started(proxy="127.0.0.1")
    known(office, "zhao")
    url, warned, app, how = started(proxy="127.0.0.1")
    assert "#key" not in url and not warned and app.state.office.start_key == ""
    assert how["proxy_headers"] and how["forwarded_allow_ips"] == "127.0.0.1"


def test_with_a_certificate_https_is_spoken(started, office, pem):
    known(office, "zhao")
    cert, key = pem
    url, warned, _, how = started(host="0.0.0.0", tls_cert=cert, tls_key=key)
    assert url == "https://127.0.0.1:8000/" and not warned
    assert (how["ssl_certfile"], how["ssl_keyfile"]) == (cert, key)


def test_a_certificate_that_cannot_be_used_is_refused_before_the_start(started, pem, tmp_path: Path):
    cert, key = pem
    for code, given in (
        ("HALF", {"tls_cert": cert}), ("HALF", {"tls_key": key}),
        ("UNREADABLE", {"tls_cert": "no.pem", "tls_key": key}), ("UNREADABLE", {"tls_cert": key, "tls_key": cert}),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=f"WEB-TLS-{code}"):
            started(**given)


def test_connections_are_limited_in_number_and_time(started):
    _, _, _, how = started()
    assert how["limit_concurrency"] and how["timeout_keep_alive"] and how["h11_max_incomplete_event_size"]
    assert how["http"] is QuickConnection and issubclass(how["http"], connections._Watched)
