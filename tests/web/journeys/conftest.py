"""A served workspace and a real browser. The made-up county is built once, and shared by all who test at a time."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from filelock import FileLock

from tilth import api
from tilth.web import create_app
from tilth.web.pages import PAGES

KEY = "the-key-printed-at-the-start"
FRONTEND = Path(__file__).parents[3] / "src/tilth/web/frontend"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
#: WebGL without a graphics card.
FLAGS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage")
LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}


@dataclass(frozen=True)
class Desk:
    """A server of a workspace of its own."""

    url: str
    root: Path  # of the workspace
    files: Path  # that the county was made of

    @property
    def entrance(self) -> str:
        """What the server prints when it starts."""
        return f"{self.url}/#key={KEY}"


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
    if not (PAGES / "index.html").is_file():
        pytest.skip("the pages are not built: python -m uv sync --reinstall-package tilth")
    folder = tmp_path_factory.mktemp("desk") / "workspace"
    shutil.copytree(county / "workspace", folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create_app(folder, start_key=KEY)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    assert server.started
    yield Desk(f"http://127.0.0.1:{port}", folder, county / "files")
    server.should_exit = True
    thread.join(10)


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


@dataclass
class Visitor:
    """Somebody at the browser. Whatever the page complains of is kept."""

    page: object
    language: str
    complaints: list[str] = field(default_factory=list)
    #: Answers of the server that a test asked for: (method, end of the address, status).
    expected: set[tuple[str, int]] = field(default_factory=set)

    def says(self, english: str, chinese: str) -> str:
        """A text in the visitor's language."""
        return chinese if self.language == "zh" else english

    def click(self, english: str, chinese: str, role: str = "link", exact: bool = True) -> None:
        self.page.get_by_role(role, name=self.says(english, chinese), exact=exact).first.click()

    def waits_for(self, selector: str) -> None:
        self.page.wait_for_selector(selector, timeout=60_000)


def open_browser(chromium, desk: Desk, language: str, **more: object) -> Iterator[Visitor]:
    size = {"viewport": {"width": 1280, "height": 860}} | more
    context = chromium.new_context(locale=LANGUAGES[language], base_url=desk.url, **size)
    visitor = Visitor(context.new_page(), language)
    page = visitor.page
    page.set_default_timeout(30_000)

    def heard(said) -> None:
        wanted = any(f"status of {status}" in said.text for _, status in visitor.expected)
        if said.type == "error" and not wanted:
            visitor.complaints.append(said.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    yield visitor
    context.close()
    assert visitor.complaints == []


@pytest.fixture(params=LANGUAGES)
def visitor(request, chromium, desk) -> Iterator[Visitor]:
    """Somebody who has not signed in, in each language."""
    yield from open_browser(chromium, desk, request.param)


@pytest.fixture
def clerk(visitor, desk) -> Visitor:
    """Somebody who opened the address that the server printed."""
    visitor.page.goto(desk.entrance)
    visitor.waits_for("#page h1")
    return visitor
