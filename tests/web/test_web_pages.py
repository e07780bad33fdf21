"""The pages are served for every address that is not the API's; without them the server says how to build them."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tilth.web import problems
from tilth.web.pages import add_pages


@pytest.fixture
def pages(tmp_path):
    (tmp_path / "static/assets").mkdir(parents=True)
    (tmp_path / "static/index.html").write_text("<!doctype html><title>Desk</title>")
    (tmp_path / "static/assets/index-1a2b.js").write_text("1")
    (tmp_path / "secret.txt").write_text("not a page")
    return tmp_path / "static"


def browser(pages):
    app = FastAPI()
    problems.add_handlers(app)
    add_pages(app, pages)
    return TestClient(app)


def test_every_address_of_a_page_is_answered_by_the_document_that_draws_it(pages):
    for path in ("/", "/standing", "/map/2024", "/nowhere"):
        answer = browser(pages).get(path)
        assert answer.status_code == 200 and "Desk" in answer.text and answer.headers["cache-control"] == "no-cache"


def test_nothing_outside_the_pages_is_served(pages):
    for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"):
        assert "not a page" not in browser(pages).get(path).text


def test_what_is_named_after_its_content_is_kept_by_the_browser(pages):
    (pages / "assets/large-3c4d.js").write_text("1;" * 4000)
    answer = browser(pages).get("/assets/large-3c4d.js")
    assert "immutable" in answer.headers["cache-control"] and answer.headers["content-encoding"] == "gzip"


def test_an_unknown_address_of_the_interface_is_a_problem_and_no_page(pages):
    answer = browser(pages).get("/api/v1/nothing")
    assert answer.status_code == 404 and answer.json()["code"] == "WEB-NO-SUCH-PAGE"


def test_a_server_without_pages_says_how_to_build_them(tmp_path):
    answer = browser(tmp_path / "absent").get("/")
    assert answer.status_code == 503 and "uv sync --reinstall-package tilth" in answer.text
