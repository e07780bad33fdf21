"""A server of a workspace, somebody at a browser of it, and what they look at. Not a test."""

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


AXE = FRONTEND / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def served(workspace: Path, files: Path, place: Path) -> Iterator[Desk]:
    """A server of a copy of `workspace` in the folder `place`."""
    if not (PAGES / "index.html").is_file():
        pytest.skip("the pages are not built: python -m uv sync --reinstall-package tilth")
    folder = place / "workspace"
    shutil.copytree(workspace, folder)
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
    yield Desk(f"http://127.0.0.1:{port}", folder, files)
    server.should_exit = True
    thread.join(10)


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


def settled(page) -> None:
    """The page has what it asked for."""
    page.wait_for_selector("#page h1")
    page.wait_for_selector("#page .wait", state="detached", timeout=60_000)


def drawn(visitor: Visitor) -> None:
    """The map has all that it asked for."""
    visitor.waits_for("#map canvas")
    visitor.waits_for("#map[data-idle]")


def faults(page) -> list[str]:
    """What axe calls serious or critical."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in src/tilth/web/frontend")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    grave = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in grave]
