"""Everybody can use the pages: no serious fault by axe, everything by keyboard, on a wide and on a narrow screen."""

from __future__ import annotations

import re

import pytest
from browsing import FRONTEND, faults, settled

#: Every part of the office, also one that is added later.
PAGES = tuple(
    found[1]
    for file in sorted((FRONTEND / "src/pages").glob("*.ts"))
    if (found := re.search(r'\bpath: "(\w+)"', file.read_text("utf-8")))
)
PATHS = (
    *PAGES, "accounts/flows", "accounts/changes", "accounts/parcels?class=01", "ledger/entries", "ledger/reservations",
    "ledger/new", "ledger/acts", "ledger/acts/settle", "ledger/acts/close", "ledger/assessment", "admin/findings",
    "admin/jobs", "admin/people", "admin/access", "admin/audit", "soil/samples", "soil/make",
    "plan/of", "plan/compare", "plan/new", "nowhere",
)  # fmt: skip
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


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
        said = faults(page) if full or size is WIDE else []
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


def reach(page, role: str, name: str, key: str = "Tab") -> None:
    """Go on with the tabulator until the focus is on what is called so."""
    for _ in range(90):
        page.keyboard.press(key)
        if page.get_by_role(role, name=name, exact=True).first.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{name} is not reached by keyboard")


def test_a_footprint_is_drawn_and_judged_with_the_keyboard_alone(clerk):
    page, keyboard = clerk.page, clerk.page.keyboard
    page.goto("/today")
    settled(page)
    reach(page, "link", clerk.says("Check", "占地核查"))
    keyboard.press("Enter")
    page.wait_for_selector("h1:focus")
    clerk.waits_for("#map[data-idle]")
    reach(page, "button", clerk.says("Draw on the map", "在图上绘制"))
    keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "CANVAS", "the map has the focus at once"
    for steps in ((), ("ArrowRight",), ("ArrowDown",), ("ArrowLeft",)):
        for step in steps:
            keyboard.press(step)
            page.wait_for_timeout(900)
            clerk.waits_for("#map[data-idle]")
        keyboard.press("Enter")
    page.get_by_text(clerk.says("4 corners", "4 个界址点")).wait_for()
    keyboard.press("Backspace")
    page.get_by_text(clerk.says("3 corners", "3 个界址点")).wait_for()
    reach(page, "button", clerk.says("Check this shape", "核查此范围"), "Shift+Tab")
    keyboard.press("Enter")
    page.wait_for_selector(".answer:focus", timeout=60_000)
    reach(page, "button", clerk.says("Print", "打印"), "Shift+Tab")


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
