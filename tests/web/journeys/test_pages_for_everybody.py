"""Everybody can use the pages: no serious fault by axe, everything by keyboard, on a wide and on a narrow screen."""

from __future__ import annotations

from pathlib import Path

import pytest

AXE = Path(__file__).parents[3] / "src/tilth/web/frontend/node_modules/axe-core/axe.min.js"
PATHS = (
    "today", "map", "accounts", "accounts/flows", "accounts/changes", "accounts/parcels?class=01", "check", "standing",
    "ledger", "ledger/entries", "ledger/reservations", "ledger/new", "ledger/assessment", "admin", "admin/findings",
    "admin/jobs", "admin/people", "admin/access", "admin/audit", "nowhere",
)  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


def settled(page) -> None:
    """The page has what it asked for."""
    page.wait_for_selector("#page h1")
    page.wait_for_selector("#page .wait", state="detached", timeout=60_000)


def faults(page) -> list[str]:
    """What axe calls serious or critical."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in src/tilth/web/frontend")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    grave = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in grave]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_page_has_a_serious_fault_or_is_wider_than_its_window(clerk, size, full):
    if not full and (clerk.language == "en") is not (size is WIDE):
        pytest.skip("each language on one width; all with TILTH_FULL=1")
    page = clerk.page
    page.set_viewport_size(size)
    found = {}
    for path in PATHS:
        page.goto(f"/{path}")
        settled(page)
        said = faults(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if said or wide > 0:
            found[path] = (said, wide)
    assert found == {}


def test_the_way_in_has_no_serious_fault(visitor, desk):
    visitor.page.goto(desk.url)
    visitor.waits_for(".signin form")
    assert faults(visitor.page) == []


def test_a_verdict_has_no_serious_fault(clerk, desk):
    page = clerk.page
    page.goto("/check")
    settled(page)
    page.locator("input[type=file]").set_input_files(next((desk.files / "projects").glob("P2_*.txt")))
    clerk.waits_for(".answer")
    assert faults(page) == []


def test_the_keyboard_reaches_the_page_past_the_navigation(clerk):
    page = clerk.page
    page.goto("/standing")
    settled(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "page"
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#page').contains(document.activeElement)")


def test_every_step_to_a_page_moves_the_focus_to_its_heading(clerk):
    page = clerk.page
    clerk.click("Standing", "保护任务")
    page.wait_for_selector("h1:focus")


def test_nothing_is_asked_of_another_host(clerk, desk):
    page, asked = clerk.page, set()
    page.on("request", lambda one: asked.add(one.url.split("/")[2]) if one.url.startswith("http") else None)
    for path in ("today", "map", "check"):
        page.goto(f"/{path}")
        settled(page)
    assert asked == {desk.url.split("/")[2]}
