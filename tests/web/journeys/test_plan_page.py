"""The Plan page: pose a plan, move the budget, see the bound close, look at the map, compare two scenarios."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import planned_desk
import pytest
from browsing import drawn, faults, served, settled

from tilth import api
from tilth.land import Store
from tilth.plan import Enough, Progress, solving

EMPTY, PLANNED = "empty", "planned"
#: Parcels that are planned: few enough that a plan is solved at once.
MOST = 120


@pytest.fixture(scope="module")
def stages(county, tmp_path_factory) -> Path:
    """The made-up county without plans, and with one that is solved; and the files it came from."""
    root = tmp_path_factory.mktemp("plan")
    shutil.copytree(county / "workspace", root / EMPTY)
    shutil.rmtree(root / EMPTY / "plans", ignore_errors=True)
    shutil.copytree(root / EMPTY, root / PLANNED)
    place = api.open_workspace(root / PLANNED)
    planned_desk.planned(place, root / "files", year=2024, most=MOST)
    place.database.close()
    return root


@pytest.fixture
def desk(request, stages, tmp_path):
    """A server of a county with as many plans as a test asks for."""
    yield from served(stages / getattr(request, "param", PLANNED), stages / "files", tmp_path)


def at_plan(visitor, path: str = "/of?plan=drains") -> None:
    visitor.page.goto(f"/plan{path}")
    settled(visitor.page)


def solve_poorer(visitor) -> None:
    """A good deal less of the budget, with the keyboard on its slider, then solve the scenario."""
    page = visitor.page
    slider = page.locator(".limit input[type=range]").first
    slider.focus()
    for _ in range(2):
        page.keyboard.press("PageDown")
    page.get_by_role("button", name=visitor.says("Solve with these limits", "按新限值求解")).click()


@pytest.mark.parametrize("desk", [EMPTY], indirect=True)
def test_a_plan_is_posed_from_files_and_solved_on_the_page(clerk, desk):
    page = clerk.page
    clerk.click("Plan", "治理规划")
    page.get_by_text(clerk.says("There are no plans yet", "尚无规划")).wait_for()
    clerk.click("New plan", "新建规划")
    clerk.waits_for("form.entry-form")
    assert faults(page) == []
    clerk.click("Make the plan", "新建规划", role="button")
    page.get_by_label(clerk.says("Name", "名称"), exact=True).fill("drains")
    page.locator("[data-part=options] input[type=file]").set_input_files(desk.files / "options.csv")
    page.locator("[data-part=rows] input[type=file]").set_input_files(desk.files / "rows.toml")
    clerk.click("Make the plan", "新建规划", role="button")
    page.get_by_text(clerk.says("This plan is not solved yet.", "该规划尚未求解。")).wait_for()
    asked = page.locator("section[aria-labelledby=plan-asked]").inner_text()
    assert clerk.says("Cost (yuan) is at most", "投资（元） 不超过") in asked, asked
    clerk.click("Solve", "求解", role="button")
    page.locator(".tiles").wait_for(timeout=120_000)
    assert page.locator("section[aria-labelledby=plan-by-treatment] tbody tr").count() >= 3


def test_the_budget_is_moved_the_bound_closes_and_two_scenarios_are_compared(clerk):
    page = clerk.page
    at_plan(clerk)
    drawn(clerk)
    assert faults(page) == []
    before = page.locator(".tiles .figure").first.inner_text()
    solve_poorer(clerk)
    chart = page.locator(".closing svg[role=img]")
    chart.wait_for()
    page.locator(".solving-told a.button.strong").wait_for(timeout=120_000)
    assert page.locator(".closing path.closing-line").count() == 2, "bound and best plan so far"
    said = page.locator(".closing-said").inner_text()
    assert clerk.says("gap", "差距") in said and "%" in said
    assert faults(page) == []
    clerk.click("Compare with drains", "与 drains 比较")
    page.locator("section[aria-labelledby=pair-figures] tbody tr").first.wait_for()
    drawn(clerk)
    figures = page.locator("section[aria-labelledby=pair-figures] tbody tr").first.inner_text()
    assert before in figures and "\u2212" in figures, "less money, less value"
    demands = page.locator("section[aria-labelledby=pair-demands] tbody tr")
    assert demands.count() >= 1 and page.locator("td.unlike").count() >= 1
    assert page.locator("section[aria-labelledby=pair-moves] tbody tr").count() >= 1
    for name in ("drains", "drains-2"):
        with page.expect_response(lambda answer, name=name: f"/plans/{name}/tiles/" in answer.url):
            page.locator(".plan-map .switch").get_by_role("button", name=name, exact=True).click()
    assert faults(page) == []


def test_a_solution_that_goes_on_is_stopped_and_the_best_so_far_is_kept(clerk, monkeypatch):
    """A solver that closes the gap slowly."""
    true = solving.solve

    def slowly(problem, gap=1e-3, seconds=600.0, progress=None, start=None):
        found = true(problem, gap=gap, seconds=seconds)
        for at in range(2000):
            try:
                progress(Progress(found.value - 100, found.bound + 40_000 / (at + 1), 0.2 * at))
            except Enough:
                return found
            time.sleep(0.05)
        raise AssertionError("nobody had enough")

    page = clerk.page
    at_plan(clerk)
    monkeypatch.setattr("tilth.plan.solve", slowly)
    solve_poorer(clerk)
    page.locator(".closing-said", has_text=clerk.says("gap", "差距")).wait_for()
    stop = page.get_by_role("button", name=clerk.says("Stop and keep the best so far", "停止并保留当前最优"))
    stop.focus()
    page.wait_for_timeout(700)  # the work goes on speaking
    assert stop.evaluate("one => one === document.activeElement"), "the focus stays where it was put"
    page.keyboard.press("Enter")
    page.locator(".solving-told a.button.strong").wait_for(timeout=60_000)
    clerk.click("Look at drains-2", "查看 drains-2")
    page.locator(".tiles").wait_for()
    assert "drains" in page.locator(".one-plan > .bar").inner_text()


def test_a_parcel_tells_its_options_and_why_its_own_was_chosen(clerk, desk):
    page = clerk.page
    parcel = Store(api.open_workspace(desk.root)).survey(2024).attributes["parcel_id"].iloc[5]
    at_plan(clerk, f"/of?plan=drains&parcel={parcel}")
    page.locator(".parcel").wait_for()
    assert page.locator(".parcel .scroll").first.locator("tbody tr").count() == 4, "the best of each treatment"
    page.get_by_text(clerk.says("All 8 options", "全部 8 个方案")).click()
    assert page.locator(".parcel .scroll").last.locator("tbody tr").count() == 8
    assert page.locator(".parcel .scroll").first.locator("tbody tr.own").count() == 1
    page.get_by_text(clerk.says("What if it had to be", "假如改为")).click()
    page.locator(".parcel .job-button button").click()
    page.locator(".parcel .forced").wait_for(timeout=60_000)
    assert parcel in page.locator(".parcel .forced").inner_text()
    assert clerk.says("Why", "理由") in page.locator(".parcel").inner_text()
    legend = page.locator(".plan-legend li")
    treatments = legend.count()
    assert 2 <= treatments <= 4 and clerk.says(" ha", "公顷") in legend.first.inner_text()
    with page.expect_response(lambda answer: "by=crop" in answer.url):
        clerk.click("Crop", "作物", role="button")
    assert page.locator(".plan-legend li").count() == 2
    clerk.click("mu", "亩", role="button")
    page.locator(".plan-legend li", has_text=clerk.says(" mu", "亩")).first.wait_for()
    page.get_by_label(clerk.says("Find a parcel", "查找地块")).fill("nowhere")
    clerk.expected.add(("nowhere", 404))
    page.keyboard.press("Enter")
    page.locator(".panel-parcel .problem").wait_for()


def test_limits_that_no_plan_can_meet_are_told_with_the_smallest_relaxation(clerk):
    page = clerk.page
    at_plan(clerk)
    page.locator(".limit input:not([type=range])").first.fill("a lot")
    assert page.get_by_role("button", name=clerk.says("Solve again", "重新求解")).is_disabled()
    page.locator(".limit input:not([type=range])").first.fill("0")
    clerk.click("Solve with these limits", "按新限值求解", role="button")
    page.locator(".solving-told .problem").wait_for(timeout=60_000)
    assert clerk.says("smallest relaxation", "最小放宽量") in page.locator(".solving-told").inner_text()


def test_the_plan_page_fits_a_phone_and_a_sheet_of_paper(clerk):
    page = clerk.page
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("", "/of?plan=drains", "/compare", "/new"):
        at_plan(clerk, path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert faults(page) == [], path
    page.set_viewport_size({"width": 1280, "height": 860})
    at_plan(clerk)
    page.emulate_media(media="print")
    assert page.locator(".tiles").is_visible() and page.locator(".plan-legend").is_visible()
    assert not page.locator(".solving").is_visible() and not page.locator(".finder").is_visible()
