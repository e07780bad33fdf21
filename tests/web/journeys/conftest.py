"""A served workspace and a real browser. The made-up county is built once, and shared by all who test at a time."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import BROWSERS, FLAGS, LANGUAGES, Desk, Visitor, open_browser, served
from filelock import FileLock

from tilth import api


@pytest.fixture(scope="session")
def county(tmp_path_factory, worker_id) -> Path:
    """The folder of the demonstration."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "desk-county"
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            made = folder.with_name("desk-county.making")
            api.demo(made, parcels=1500, languages=())
            place = api.open_workspace(made / "workspace")
            api.ledger_post_flows(place, before=2023, after=2024, author="Li", evidence="survey-2024")
            place.database.close()
            made.rename(folder)
    return folder


@pytest.fixture(scope="module")
def desk(county, tmp_path_factory) -> Iterator[Desk]:
    """A server, as `tilth serve` runs it, of a copy of the county."""
    yield from served(county / "workspace", county / "files", tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="session")
def chromium():
    """The browser of this machine."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


#: Pages whose journeys go by one language each in the short form, by turns; the main journeys always go by both.
BY_TURNS = ("test_acts", "test_plan_page", "test_soil_page")


@pytest.fixture(params=LANGUAGES)
def visitor(request, full) -> Iterator[Visitor]:
    """Somebody who has not signed in, in each language."""
    turn = tuple(LANGUAGES)[zlib.crc32(request.function.__name__.encode()) % len(LANGUAGES)]
    if not full and request.module.__name__.rpartition(".")[2] in BY_TURNS and request.param != turn:
        pytest.skip("each of these journeys in one language; in both with TILTH_FULL=1")
    chromium, desk = request.getfixturevalue("chromium"), request.getfixturevalue("desk")
    yield from open_browser(chromium, desk, request.param)


@pytest.fixture
def clerk(visitor, desk) -> Visitor:
    """Somebody who opened the address that the server printed."""
    visitor.page.goto(desk.entrance)
    visitor.waits_for("#page h1")
    return visitor
