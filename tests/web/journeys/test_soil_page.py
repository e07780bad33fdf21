"""The Soil page: from a laboratory's table to a map, its legend and class areas, one parcel's options and its salt."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import salty_desk
from browsing import drawn, faults, served, settled

from tilth import api
from tilth.land import Store
from tilth.runtime import working

#: Samples and rasters reach so far beyond the land. [m]
BEYOND = 100.0
EMPTY, BROUGHT, MAPPED = "empty", "brought", "mapped"


@pytest.fixture(scope="module")
def stages(county, tmp_path_factory) -> Path:
    """The made-up county without soil, with samples and rasters, and with a map; and the files they came from."""
    root = tmp_path_factory.mktemp("soil")
    shutil.copytree(county / "workspace", root / EMPTY)
    shutil.rmtree(root / EMPTY / "samples", ignore_errors=True)
    shutil.rmtree(root / EMPTY / "rasters", ignore_errors=True)
    shutil.rmtree(root / EMPTY / "covariates", ignore_errors=True)
    shutil.rmtree(root / EMPTY / "salt", ignore_errors=True)
    shutil.copytree(root / EMPTY, root / BROUGHT)
    place = api.open_workspace(root / BROUGHT)
    box = Store(place).survey(2024).bounds
    west, south, east, north = *box[:, :2].min(axis=0), *box[:, 2:].max(axis=0)
    cell = float(np.ceil((max((east - west) / salty_desk.WIDE, (north - south) / salty_desk.HIGH)) + 3))
    at = salty_desk.Place(west - BEYOND, north + BEYOND, cell)
    salty_desk.brought(place, root / "files", at, region=place.region)
    place.database.close()
    shutil.copytree(root / BROUGHT, root / MAPPED)
    with pytest.MonkeyPatch.context() as patched:
        salty_desk.quickly(patched)
        place = api.open_workspace(root / MAPPED)
        api.make_soil_map(place, "spring", year=2024)
        api.try_soil_map(place, "spring", folds=3, map="salinity")
        place.database.close()
    return root


@pytest.fixture
def desk(request, stages, tmp_path, monkeypatch):
    """A server of a county with as much soil as a test asks for."""
    salty_desk.quickly(monkeypatch)
    yield from served(stages / getattr(request, "param", MAPPED), stages / "files", tmp_path)


def at_soil(visitor, path: str = "") -> None:
    visitor.page.goto(f"/soil{path}")
    settled(visitor.page)


@pytest.mark.parametrize("desk", [EMPTY], indirect=True)
def test_a_county_without_soil_is_told_what_to_do_next(clerk):
    page = clerk.page
    clerk.click("Soil", "土壤盐分")
    page.wait_for_selector(".next-steps")
    assert page.locator(".next-steps .mark.warn").count() == 3
    assert faults(page) == []
    clerk.click("Bring it in here", "在此导入")
    page.wait_for_selector("#bring-in")
    assert page.locator("form.entry-form").count() == 0, "there is nothing to map yet"
    at_soil(clerk, "/samples")
    assert page.locator(".note").count() == 1
    assert faults(page) == []


@pytest.mark.parametrize("desk", [EMPTY], indirect=True)
def test_samples_and_rasters_are_brought_in_over_the_page(clerk, desk):
    page = clerk.page
    at_soil(clerk, "/make")
    page.get_by_label(clerk.says("Extract of EC", "电导率浸提方法")).select_option("paste")
    page.get_by_label(clerk.says("Coordinate system (EPSG)", "坐标系（EPSG）")).fill("4526")
    page.get_by_label(clerk.says("Name", "名称"), exact=True).fill("spring")
    page.locator("#bring-in input[type=file]").set_input_files(desk.files / "lab.csv")
    for what, file in (("raster", "stack.tif"), ("weather", "weather.csv"), ("ground", "ground.csv")):
        page.locator(".told.on").wait_for()
        settled(page)
        page.get_by_label(clerk.says("What", "内容"), exact=True).select_option(what)
        with page.expect_response(lambda answer: "/api/v1/imports/" in answer.url):
            page.locator("#bring-in input[type=file]").set_input_files(desk.files / file)
        page.wait_for_function("() => document.querySelector('.told.on') && !document.querySelector('.job progress')")
    page.locator("form.entry-form").wait_for()
    page.get_by_text(clerk.says("Weather of 2022, 2023 is there.", "已有 2022, 2023 年气象资料。")).wait_for()
    assert page.locator("tbody", has_text="wet, high").count() == 1


@pytest.mark.parametrize("desk", [BROUGHT], indirect=True)
def test_a_map_is_made_from_samples_and_looked_at(clerk):
    page = clerk.page
    at_soil(clerk, "/samples")
    drawn(clerk)
    text = page.locator("#page").inner_text()
    assert "× 0.001" in text and "140" in text and "lab.csv" in text
    assert faults(page) == []
    clerk.click("Make a map", "制图与检验")
    clerk.waits_for("form.entry-form")
    assert faults(page) == []
    clerk.click("Make the map", "制作盐分图", role="button")
    clerk.waits_for(".job")
    done = page.get_by_role("link", name=clerk.says("Look at the map", "查看盐分图"))
    done.wait_for(timeout=240_000)
    done.click()
    clerk.waits_for(".soil-map")
    drawn(clerk)
    assert page.locator(".soil-legend li").count() == 9
    assert "dS/m" in page.locator(".legend-name").inner_text()
    rows = page.locator("section[aria-labelledby=soil-areas] tbody tr")
    assert rows.count() == 7
    assert clerk.says("non-saline", "非盐渍化") in rows.first.inner_text()
    assert "100.00" in rows.last.inner_text()


@pytest.mark.parametrize("desk", [BROUGHT], indirect=True)
def test_a_map_under_way_shows_how_far_it_is_and_can_be_cancelled(clerk, monkeypatch):
    def slowly(*_args, **_more):
        with working("cells", 2000) as advance:
            for _ in range(2000):
                time.sleep(0.05)
                advance(1)

    monkeypatch.setattr("tilth.api.rasters_kept.soil_map", slowly)
    page = clerk.page
    at_soil(clerk, "/make")
    clerk.click("Make the map", "制作盐分图", role="button")
    page.locator(".job progress[value]").wait_for()
    assert "2,000" in page.locator(".job").inner_text()
    page.locator(".job .button").click()
    page.get_by_text(clerk.says("cancelled", "已取消")).wait_for()
    assert page.locator(".job progress").count() == 0


def test_every_quantity_has_its_legend_and_the_trial_its_baselines(clerk):
    page = clerk.page
    at_soil(clerk)
    drawn(clerk)
    seen = set()
    for english, chinese in (
        ("Interval", "区间宽度"),
        ("Class", "等级"),
        ("Applicability", "适用范围"),
        ("Mean", "均值"),
    ):
        with page.expect_response(lambda answer: "/tiles/" in answer.url and "/soil/" in answer.url):
            clerk.click(english, chinese, role="button")
        seen.add(page.locator(".soil-legend").inner_text())
    assert len(seen) == 4
    page.get_by_label(clerk.says("Other quantities", "其他量")).select_option("p4")
    assert "%" in page.locator(".legend-name").inner_text()
    page.get_by_label(clerk.says("Samples on the map", "显示样品点")).select_option(index=1)
    trial = page.locator("section[aria-labelledby=soil-trial]")
    assert trial.locator("tbody tr").count() >= 6 and trial.locator("tr.flattering").count() >= 1
    assert clerk.says("Ordinary kriging", "普通克里金") in trial.inner_text()
    assert clerk.says("90 % intervals hold for", "90% 区间包含了") in trial.inner_text()
    assert faults(page) == []


def test_a_parcel_tells_its_chances_its_options_and_its_salt_through_time(clerk):
    page = clerk.page
    at_soil(clerk)
    drawn(clerk)
    canvas = page.locator("#map canvas")
    canvas.click()  # from afar, it comes nearer first
    page.wait_for_timeout(800)
    drawn(clerk)
    for _ in range(4):
        if page.locator("#page .parcel").count():
            break
        canvas.press("Enter")
        page.wait_for_timeout(800)
    page.locator("#page .parcel").wait_for()
    assert page.locator(".parcel tbody tr").count() == 5
    assert "dS/m" in page.locator(".parcel .facts").inner_text()
    page.locator(".salt-options tbody tr").first.wait_for()
    assert page.locator(".salt-options .scroll").first.locator("tbody tr").count() == 9
    lines = page.locator(".salt-chart .salt-line")
    assert 1 <= lines.count() <= 2
    before = lines.count()
    page.locator(".salt-options input[type=checkbox]:not(:checked)").first.check()
    assert page.locator(".salt-chart .salt-line").count() == before + 1
    assert page.locator(".salt-chart path.salt-band").count() == before + 1
    page.locator(".salt-chart summary").click()
    assert page.locator(".salt-chart tbody tr").count() == 10
    assert faults(page) == []
    money = clerk.says("yuan/ha", "元/公顷")
    assert money in page.locator(".salt-options thead").first.inner_text()
    clerk.click("Crops to the land", "以种适地", role="button")
    page.locator(".salt-options tbody th", has_text=clerk.says("Barley", "大麦")).wait_for()
    clerk.click("mu", "亩", role="button")
    page.locator(".salt-options thead", has_text=clerk.says("yuan/mu", "元/亩")).first.wait_for()


def test_ground_that_is_not_known_is_asked_for_at_the_parcel(clerk, desk):
    page = clerk.page
    (desk.root / "salt/ground.csv").unlink()
    clerk.expected.add(("options", 422))
    parcel = Store(api.open_workspace(desk.root)).survey(2024).attributes["parcel_id"].iloc[5]
    at_soil(clerk, f"?parcel={parcel}")
    page.locator(".salt-told .problem").wait_for()
    assert clerk.says("groundwater", "地下水") in page.locator(".salt-told").inner_text()
    page.get_by_label(clerk.says("Texture", "质地")).select_option(clerk.says("loam", "壤土"))
    page.get_by_label(clerk.says("Groundwater depth (m)", "地下水埋深（米）")).fill("1.8")
    page.get_by_label(clerk.says("Groundwater salinity (dS/m)", "地下水电导率（dS/m）")).fill("4")
    clerk.click("Compare", "比较", role="button")
    page.locator(".salt-chart").wait_for()
    assert "1.8" in page.locator(".salt-told").inner_text()


def test_the_page_fits_a_phone_and_a_sheet_of_paper(clerk, desk):
    page = clerk.page
    parcel = Store(api.open_workspace(desk.root)).survey(2024).attributes["parcel_id"].iloc[5]
    page.set_viewport_size({"width": 390, "height": 844})
    at_soil(clerk, f"?parcel={parcel}")
    page.locator(".salt-chart").wait_for()
    for path in (f"?parcel={parcel}", "/samples", "/make"):
        at_soil(clerk, path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert faults(page) == [], path
    page.set_viewport_size({"width": 1280, "height": 860})
    at_soil(clerk, f"?parcel={parcel}")
    page.locator(".salt-chart").wait_for()
    page.emulate_media(media="print")
    assert page.locator(".salt-chart").is_visible() and page.locator(".soil-legend").is_visible()
    assert not page.locator(".soil-controls .switch").is_visible() and not page.locator(".finder").is_visible()


@pytest.mark.parametrize("desk", [BROUGHT], indirect=True)
def test_zones_are_drawn_on_the_page_and_read_with_their_sheets(clerk):
    """… and the other kinds are there beside them, each with its form."""
    page = clerk.page
    at_soil(clerk, "/results")
    page.get_by_text(clerk.says("Nothing of this kind has been made yet.", "尚无此类成果。")).wait_for()
    page.get_by_label("stack: wet, high").check()
    page.get_by_label(clerk.says("How many zones (empty: chosen)", "分区数（留空自动确定）")).fill("3")
    clerk.click("Begin", "开始", role="button")
    rows = page.locator("section[aria-labelledby=soil-result] .scroll").first.locator("tbody tr")
    rows.first.wait_for(timeout=240_000)
    assert rows.count() == 3 and "Z1" in rows.first.inner_text()
    assert page.locator(".soil-legend li").count() == 3
    picture = page.locator("img.soil-picture").first
    picture.wait_for()
    assert picture.get_attribute("src").endswith(clerk.says("zones-en.png", "zones-zh.png"))
    page.wait_for_function("() => document.querySelector('img.soil-picture').naturalWidth > 300")
    page.locator(".zone-sheet summary").first.click()
    sheet = page.locator(".zone-sheet").first
    assert "wet" in sheet.inner_text() and clerk.says("Land class", "地类") in sheet.inner_text()
    assert faults(page) == []
    for english, chinese in (
        ("Trends", "盐渍化趋势"), ("Candidate land", "后备耕地"), ("Next samples", "采样布点"),
    ):  # fmt: skip
        clerk.click(english, chinese, role="button")
        page.get_by_text(clerk.says("Nothing of this kind has been made yet.", "尚无此类成果。")).wait_for()
        assert page.locator("form.entry-form").count() == 1
        assert faults(page) == []
    page.get_by_label("stack: wet, high").check()
    page.get_by_label(clerk.says("How many places", "样点数"), exact=True).fill("8")
    clerk.click("Begin", "开始", role="button")
    page.locator("section[aria-labelledby=soil-result] tbody tr").nth(8).wait_for(timeout=240_000)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
