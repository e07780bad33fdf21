"""What is done in the land book over the pages: land submitted and accepted, claims written off, years closed."""

from __future__ import annotations

import shutil
from pathlib import Path

import land_office
import pytest
from browsing import LANGUAGES, faults, open_browser, served, settled
from filelock import FileLock
from web_people import PASSWORD


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """The folder of the land office."""
    folder = tmp_path_factory.getbasetemp() / "land-office"
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            making = folder.with_name("land-office.making")
            shutil.rmtree(making, ignore_errors=True)
            land_office.build(making).rename(folder)
    return folder


@pytest.fixture
def desk(request, built, tmp_path):
    """A server of a book of its own: what one test posts, no other sees."""
    yield from served(built / getattr(request, "param", "county"), built, tmp_path)


@pytest.fixture(params=LANGUAGES)
def visitor(request, chromium, desk):
    """Somebody who has not signed in, in each language."""
    yield from open_browser(chromium, desk, request.param)


@pytest.fixture
def officer(visitor, desk):
    """Somebody who opened the address that the server printed, and reads square metres."""
    visitor.page.add_init_script("localStorage.setItem('tilth.unit', 'm2')")
    visitor.page.goto(desk.entrance)
    visitor.waits_for("#page h1")
    return visitor


def sign_in(visitor, desk, name: str) -> None:
    """At the form, with a password."""
    page = visitor.page
    if not page.url.startswith(desk.url):
        page.goto(desk.url)
    visitor.waits_for(".signin form")
    page.get_by_label(visitor.says("Name", "用户名")).fill(name)
    page.get_by_label(visitor.says("Password", "密码")).fill(PASSWORD)
    page.locator("form button[type=submit]").click()
    visitor.waits_for("#page h1")


def sign_out(visitor) -> None:
    visitor.click("Sign out", "退出登录", role="button")
    visitor.waits_for(".signin form")


def act(visitor, path: str) -> None:
    """The form of an act."""
    visitor.page.goto(f"/ledger/acts/{path}")
    settled(visitor.page)


def fill(visitor, field: str, value: str) -> None:
    """A field of the form by its name in the record that is sent."""
    control = visitor.page.locator(f"[data-field={field}]").first
    control.fill(value)
    control.press("Tab")


def submit(visitor) -> None:
    visitor.page.locator(".act form button[type=submit]").first.click()


def sure(visitor) -> None:
    visitor.page.locator("dialog[open] .button.strong").click()


def available(visitor, region: str, account: str) -> int:
    told = visitor.page.evaluate(
        "region => fetch(`/api/v1/ledger/balance?region=${region}`).then(r => r.json())", region
    )
    return sum(one["available_area_dm2"] for one in told if one["name"] == account and one["region"] == region)


def test_replacement_land_is_submitted_by_one_and_accepted_by_another(visitor, desk):
    page = visitor.page
    sign_in(visitor, desk, "wang")
    visitor.click("Ledger", "土地账簿")
    visitor.click("Acts", "业务办理")
    visitor.click("Submit replacement land", "补充耕地报验")
    visitor.waits_for(".act form")
    submit(visitor)
    page.get_by_role("alert").wait_for()  # no file yet
    page.locator("input[type=file]").set_input_files(desk.files / "good.gpkg")
    page.get_by_text("good.gpkg").first.wait_for()
    fill(visitor, "note", "first stage")
    submit(visitor)
    visitor.waits_for(".answer.good")
    waiting = page.locator("tbody tr", has_text="good.gpkg")
    waiting.wait_for()
    assert waiting.get_by_role("link").count() == 1, "who submitted it is not offered to accept it"
    sign_out(visitor)
    sign_in(visitor, desk, "li")
    act(visitor, "accept")
    page.get_by_role("link", name=visitor.says("Look at it", "验收"), exact=False).first.click()
    visitor.waits_for(".act form")
    assert "first stage" in page.locator("#page").inner_text()
    fill(visitor, "evidence", "YS-2024-7")
    assert faults(page) == []
    submit(visitor)
    visitor.waits_for(".answer.good")
    rows = page.locator(".act-told tbody tr")
    assert rows.count() == 2
    assert [rows.first.locator(".mark.tiny.good").count(), rows.first.locator(".mark.tiny").count()] == [13, 13]
    assert faults(page) == []
    page.goto("/ledger?family=POOL")
    settled(page)
    assert available(visitor, land_office.COUNTY, "POOL:RESTORED") > 90_000


def test_land_that_does_not_pass_is_told_check_by_check_and_sent_back_with_the_reason(visitor, desk):
    page = visitor.page
    sign_in(visitor, desk, "wang")
    act(visitor, "submit")
    page.locator("input[type=file]").set_input_files(desk.files / "mixed.gpkg")
    submit(visitor)
    visitor.waits_for(".answer.good")
    sign_out(visitor)
    sign_in(visitor, desk, "li")
    act(visitor, "accept")
    page.get_by_role("link", name=visitor.says("Look at it", "验收"), exact=False).first.click()
    visitor.waits_for(".act form")
    fill(visitor, "evidence", "YS-2024-8")
    submit(visitor)
    visitor.waits_for(".answer.bad")
    told = page.locator(".act-told").first.inner_text()
    assert "A2" in told and "r3" in told
    assert page.locator("[data-field=evidence]").input_value() == "YS-2024-8", "nothing was accepted, nothing is lost"
    fill(visitor, "reason", "r3 was a field before")
    page.locator(".act form button[type=submit]").nth(1).click()
    page.get_by_text(visitor.says("Refused;", "已退回，"), exact=False).wait_for()
    act(visitor, "accept")
    row = page.locator("tbody tr", has_text="mixed.gpkg").inner_text()
    assert "r3 was a field before" in row and visitor.says("refused", "已退回") in row


def test_a_claim_is_written_off_after_a_look_at_what_would_be_posted(officer):
    page = officer.page
    act(officer, "settle")
    officer.click("Choose", "选取", exact=False)
    page.wait_for_url("**occupation=**")
    settled(page)
    assert page.locator("[data-field=occupation]").input_value() == land_office.CLAIM
    fill(officer, "evidence", "write-off 7")
    fill(officer, "area", "100.005")
    submit(officer)
    page.locator("[aria-invalid]").wait_for()  # finer than 0.01 m²
    fill(officer, "area", "100.25")
    submit(officer)
    officer.waits_for(".answer.info")
    assert available(officer, land_office.COUNTY, "CLAIM:NONAG") == 30_000, "only shown"
    page.locator("[data-field=propose]").uncheck()
    officer.click("Undo", "撤销", role="button")
    assert page.locator("[data-field=propose]").is_checked()
    officer.click("Redo", "重做", role="button")
    officer.click("Map", "地图")
    officer.waits_for("dialog[open]")
    officer.click("Stay here", "留在本页", role="button")
    submit(officer)
    officer.waits_for(".answer.good")
    assert "100.25" in page.locator(".answer").inner_text()
    assert available(officer, land_office.COUNTY, "CLAIM:NONAG") == 30_000 - 10_025
    assert faults(page) == []


def test_pool_goes_from_one_township_to_another(officer):
    page = officer.page
    act(officer, "transfer")
    page.locator("#seller").select_option(land_office.NORTH)
    page.wait_for_url("**seller=**")
    settled(page)
    page.locator("[data-field=buyer]").select_option(land_office.SOUTH)
    fill(officer, "area", "120.5")
    fill(officer, "evidence", "agreement 4")
    assert faults(page) == []
    submit(officer)
    officer.waits_for("dialog[open]")
    assert "120.50" in page.locator("dialog").inner_text()
    sure(officer)
    officer.waits_for(".answer.good")
    assert available(officer, land_office.SOUTH, "POOL:RESTORED") == 12_050
    assert available(officer, land_office.NORTH, "POOL:RESTORED") == 50_000 - 12_050


def test_a_region_without_a_pool_is_told_that_it_has_nothing_to_give(officer):
    act(officer, "transfer?seller=" + land_office.SOUTH)
    assert "South" in officer.page.locator("#page .note").inner_text()


def test_reservations_that_ended_are_let_go_and_others_stay(officer):
    page = officer.page
    act(officer, "expire")
    assert page.locator("tbody tr").count() == 1 and "ended" in page.locator("tbody").inner_text()
    fill(officer, "evidence", "daily sweep")
    submit(officer)
    officer.waits_for(".answer.good")
    page.goto("/ledger/reservations")
    settled(page)
    assert page.locator("tbody th").all_inner_texts() == ["held"]


def test_a_reservation_is_posted_from_what_it_holds(officer):
    page = officer.page
    page.goto("/ledger/reservations")
    page.get_by_role("link", name=f"{officer.says('Post it', '转为记账')}: held").click()
    officer.waits_for(".entry-form")
    areas = page.locator(".line").get_by_label(officer.says("Area", "面积"), exact=False)
    assert [areas.nth(at).input_value() for at in range(2)] == ["-7", "7"]
    officer.click("Post the entry", "提交记账", role="button")
    page.wait_for_url("**/ledger/entries**")
    assert available(officer, land_office.COUNTY, "LAND:1206") == 1_000_700


def test_an_entry_is_taken_back_by_its_opposite(officer):
    page = officer.page
    page.goto("/ledger/entries?kind=NONAG")
    officer.waits_for("details.entry")
    page.locator("details.entry summary").first.click()
    officer.click("Take this entry back", "冲销此分录")
    officer.waits_for(".entry-form")
    assert page.get_by_label(officer.says("Takes back the entry", "冲销的分录")).input_value() == land_office.CLAIM
    page.get_by_label(officer.says("Document", "依据文件")).fill("court order 2")
    officer.click("Post the entry", "提交记账", role="button")
    page.wait_for_url("**/ledger/entries?region**")
    assert available(officer, land_office.COUNTY, "CLAIM:NONAG") == 0


def test_a_year_is_closed_after_what_is_not_in_order_was_shown(officer):
    page = officer.page
    act(officer, "close?closing=2023")
    assert page.locator(".answer h2").first.inner_text()
    assert page.locator("tbody tr .mark").count() > 0 and page.locator("tbody tr .mark.good").count() == 0
    fill(officer, "evidence", "assessment 2023")
    assert faults(page) == []
    submit(officer)
    officer.waits_for("dialog[open]")
    officer.click("Cancel", "取消", role="button")
    assert page.locator("[data-field=evidence]").input_value() == "assessment 2023"
    submit(officer)
    sure(officer)
    page.get_by_text(officer.says("2023 is closed for", "2023 年已结账"), exact=False).wait_for()


@pytest.mark.parametrize("desk", ["bare"], indirect=True)
def test_entries_are_proposed_from_two_surveys_as_a_file(officer):
    page = officer.page
    act(officer, "flow-entries")
    submit(officer)
    officer.waits_for(".act-told .files a")
    with page.expect_download() as got:
        page.locator(".act-told .files a").first.click()
    assert Path(got.value.path()).stat().st_size > 0
    officer.waits_for(".act-told .answer")
    assert page.locator(".act-told tbody tr").count() >= 1
    assert available(officer, land_office.COUNTY, "LAND:0103") == 0, "only proposed"


def test_a_book_that_does_not_hold_what_the_survey_holds_is_told_with_what_to_do(officer):
    act(officer, "flow-entries")
    submit(officer)
    officer.waits_for(".act-told .problem")
    assert "LEDGER-FLOWS-BOOK" in officer.page.locator(".act-told").inner_text()


def test_the_book_is_examined_and_found_whole(officer):
    page = officer.page
    for english, chinese in (("Verify the chain", "核验校验链"), ("Build balances again", "重算余额")):
        act(officer, "verify")
        officer.click(english, chinese, role="button")
        officer.waits_for(".answer.good")
        assert officer.says("The book is whole", "账簿完整无误") in page.locator(".answer").inner_text()


def test_accepted_land_is_followed_into_the_survey_of_a_later_year(officer):
    act(officer, "follow-up")
    assert officer.says("No accepted parcel", "没有应跟踪的地块") in officer.page.locator("#page").inner_text()


def test_a_group_of_regions_stands_together(officer):
    page = officer.page
    page.goto("/standing")
    settled(page)
    page.get_by_label(officer.says("Show", "查看")).select_option("plain")
    page.locator("tr.own th", has_text=officer.says("Together", "合计")).wait_for()
    assert page.locator("tbody tr").count() >= 3 and "plain" in page.locator(".lead").inner_text()
    assert faults(page) == []


def test_no_act_has_a_serious_fault(officer):
    page, found = officer.page, {}
    for path in (
        "",
        "submit",
        "accept",
        "settle",
        "transfer",
        "expire",
        "flow-entries",
        "follow-up",
        "close",
        "verify",
    ):
        act(officer, path)
        page.set_viewport_size({"width": 390, "height": 844})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if said := faults(page) or wide > 0:
            found[path] = (said, wide)
    assert found == {}


def test_whoever_may_only_look_is_offered_no_act(visitor, desk):
    sign_in(visitor, desk, "wang")
    for path, allowed in (("submit", True), ("settle", True), ("accept", False), ("close", False), ("transfer", False)):
        act(visitor, path)
        assert (visitor.page.locator("#page .note").count() == 0) is allowed, path
