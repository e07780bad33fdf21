"""The address to open is printed only once it is ours."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tilth import api
from tilth.core import BadInput
from tilth.web import serve
from tilth.web.serving import listen_once


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return api.init(tmp_path / "w", region="999901").root


@pytest.fixture
def said() -> list[str]:
    return []


def test_a_port_that_another_program_has_is_refused_before_an_address_is_printed(place: Path, said: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BadInput) as told:
            serve(place, host="127.0.0.1", port=port, say=said.append)
    assert told.value.code == "WEB-PORT-TAKEN" and str(port) in str(told.value) and said == []


@pytest.mark.parametrize("host", ["nowhere.invalid", "203.0.113.1", "a" * 70])
def test_an_address_that_is_none_of_this_computer_is_refused(host: str) -> None:
    with pytest.raises(BadInput) as told:
        listen_once(host, 8000)
    assert told.value.code == "WEB-ADDRESS" and "--host 0.0.0.0" in told.value.remedy
