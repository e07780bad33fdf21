"""Zones, trends, candidate land and places to sample over the web: made as jobs, told in two languages, fetched."""

from __future__ import annotations

import shutil
import time

import desk_county as here
import numpy as np
import pytest
import salty_desk
from fastapi.testclient import TestClient
from test_web_jobs import begun

from tilth import api
from tilth.core import BadInput
from tilth.web import create_app

KEY = "the-key-printed-at-the-start"
SPEAKS = {"en": {"Accept-Language": "en"}, "zh": {"Accept-Language": "zh-CN"}}
#: What is asked for, by kind; the zones are of the parcels, by what a kept raster has over them.
ASKED = {
    "zones": ("zones", {"year": here.AFTER, "rasters": ["stack"], "zones": 2, "name": "own", "formats": ["xlsx"]}),
    "trends": (
        "trends",
        {"rasters": [f"ec-{year}" for year in range(2010, 2021)], "survey": here.AFTER, "name": "own"},
    ),
    "next-samples": ("next-samples", {"count": 6, "rasters": ["stack"], "per_day": 3, "name": "own", "formats": []}),
}


def over(browser, job):
    """The record of a job when it is over: pictures and sheets take their time."""
    for _ in range(1200):
        found = browser.get(f"/api/v1/jobs/{job}").json()
        if found["state"] in ("done", "failed", "cancelled"):
            return found
        time.sleep(0.25)
    pytest.fail(f"not over: {found}")


@pytest.fixture(scope="module")
def county(built, tmp_path_factory):
    root = tmp_path_factory.mktemp("results")
    built.database.close()
    shutil.copytree(built.root, root / "county")
    place = salty_desk.brought(api.open_workspace(root / "county"), root / "files")
    drawn = np.random.default_rng(3)
    for year in range(2010, 2021):
        file = root / f"ec-{year}.tif"
        salty_desk.raster(file, names=("ec", "spare"), values=(1.0 + 0.4 * (year - 2010) + 0.01 * drawn.random(), 0.0))
        api.import_raster(place, file)
    return place


@pytest.fixture(scope="module")
def desk(county):
    browser = TestClient(create_app(county, start_key=KEY), base_url="http://127.0.0.1:8000")
    browser.headers["X-CSRF-Token"] = browser.post("/api/v1/session", json={"key": KEY}).json()["csrf"]
    return browser


@pytest.fixture(scope="module")
def made(desk):
    """Every kind made once: the job that did it."""
    found = {}
    for kind, (path, given) in ASKED.items():
        more = {"band": "ec"} if kind == "trends" else {}
        found[kind] = over(desk, begun(desk.post(f"/api/v1/soil/{path}", json=given | more)))
    return found


@pytest.mark.parametrize("kind", ASKED)
def test_a_result_is_made_as_a_job_then_listed_told_and_fetched(desk, made, kind):
    job = made[kind]
    assert job["state"] == "done", job
    assert desk.get(f"/api/v1/jobs/{job['id']}/result").json()["folder"] == "own"
    (short,) = desk.get(f"/api/v1/soil/results/{kind}").json()
    assert short["name"] == "own" and short["made_at"]
    for language, header in SPEAKS.items():
        told = desk.get(f"/api/v1/soil/results/{kind}/own", headers=header).json()
        assert told["kind"] == kind and told["legend"] and told["picture"].endswith(f"-{language}.png")
        assert str(desk.app.state.office.workspace.root) not in str(told), "where it lies is nobody's business"
        picture = desk.get(f"/api/v1/soil/results/{kind}/own/files/{told['picture']}")
        assert picture.headers["content-type"] == "image/png" and picture.content[:4] == b"\x89PNG"
    names = {one["name"] for one in told["files"]}
    assert names == {one["name"] for one in job["files"]}
    one = sorted(names)[0]
    assert desk.get(f"/api/v1/jobs/{job['id']}/files/{one}").content == (
        desk.get(f"/api/v1/soil/results/{kind}/own/files/{one}").content
    )


def test_zones_close_and_are_told_in_the_language_of_the_reader(desk, made):
    english, chinese = (desk.get("/api/v1/soil/results/zones/own", headers=SPEAKS[one]).json() for one in SPEAKS)
    assert sum(one["area_dm2"] for one in english["zones"]) == english["total_dm2"] == chinese["total_dm2"]
    assert len(english["zones"]) == 2 and english["rule"] != chinese["rule"]
    assert english["rule"][0].isascii() and not chinese["rule"][0].isascii()


def test_a_trend_that_was_planted_is_told_of_every_parcel(desk, made):
    told = desk.get("/api/v1/soil/results/trends/own").json()
    rows = {one["trend"]: one["parcels"] for one in told["parcels"]["rows"]}
    assert rows["salinising"] > 0 and rows["freshening"] == 0


def test_candidate_land_that_is_not_there_is_said_in_one_sentence(desk):
    job = over(desk, begun(desk.post("/api/v1/soil/candidates", json={"year": here.AFTER, "formats": []})))
    if job["state"] == "failed":
        assert job["problem"]["code"] == "SOIL-CANDIDATES-NONE"
        return
    told = desk.get("/api/v1/soil/results/candidates/candidates").json()
    assert told["usable_dm2"] <= told["total_dm2"] == sum(one["area_dm2"] for one in told["kinds"])


def test_what_cannot_be_is_refused_before_or_in_the_job(desk):
    for path, given in (
        ("zones", {"year": here.AFTER, "weights": {"wet": 0}}), ("trends", {"rasters": []}),
        ("next-samples", {"count": 0}), ("candidates", {"year": here.AFTER, "steepest": 9}), ("zones", {"nothing": 1}),
    ):  # fmt: skip
        assert desk.post(f"/api/v1/soil/{path}", json=given).status_code == 422, path
    job = over(desk, begun(desk.post("/api/v1/soil/zones", json={"year": here.AFTER})))
    assert job["problem"]["code"] == "SOIL-ZONES-NO-DRIVERS"
    assert desk.get("/api/v1/soil/results/zones/nowhere").json()["code"] == "SOIL-RESULT-NONE"
    assert desk.get("/api/v1/soil/results/maps").status_code == 422


def test_a_file_beside_the_result_is_not_given_out(desk, made):
    for file in ("..%2F..%2Ftilth.toml", ".hidden", "nothing.csv"):
        assert desk.get(f"/api/v1/soil/results/zones/own/files/{file}").status_code in (404, 422)


def test_a_year_of_a_series_on_another_grid_is_refused(county, tmp_path):
    off = salty_desk.Place(left=here.X - 95.0)
    file = salty_desk.raster(tmp_path / "ec-2021.tif", off, names=("ec", "spare"), values=(1.0, 0.0))
    with pytest.raises(BadInput) as refused:
        api.import_raster(county, file)
    assert refused.value.code == "SOIL-RASTER-GRID"
