"""Plans over the web: posed from files, varied, solved as a job that tells how far it is, looked at, and compared."""

from __future__ import annotations

import json
import struct
import time
import zlib
from itertools import pairwise

import desk_county as here
import numpy as np
import planned_desk
import pytest
import shapely
from pyproj import Transformer
from test_web_jobs import begun, over

from tilth import api
from tilth.land import Store
from tilth.plan import Enough, Progress, solving

PLANS = "/api/v1/plans"


@pytest.fixture
def files(county, tmp_path):
    return planned_desk.written(county, tmp_path / "files", year=here.AFTER)


@pytest.fixture
def planned(desk, county, files):
    """The desk of a county with a plan that is solved."""
    table, rows = files
    api.plan_new(county, "drains", table, rows=rows)
    api.plan_solve(county, "drains", gap=1e-6)
    return desk


def test_a_name_that_no_plan_can_have_is_refused_before_anything_waits(desk, files):
    table, rows = files
    sent = {"file": ("options.csv", table.read_bytes()), "rows": ("rows.toml", rows.read_bytes())}
    said = desk.post(f"{PLANS}?name=con", files=sent)
    assert said.status_code == 422 and said.json()["code"] == "PLAN-NAME"
    assert desk.get("/api/v1/jobs").json() == []


def told(browser, job):
    """What the work said of itself, in the order of its events."""
    text = browser.get(f"/api/v1/jobs/{job}/events").text
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def test_a_plan_is_posed_from_files_and_solved_as_a_job_that_tells_value_and_bound(desk, files):
    table, rows = files
    sent = {"file": ("方案.csv", table.read_bytes()), "rows": ("rows.toml", rows.read_bytes())}
    job = over(desk, begun(desk.post(f"{PLANS}?name=drains", files=sent)))
    assert job["state"] == "done" and job["kind"] == "plan", job
    (listed,) = desk.get(PLANS).json()
    assert listed["name"] == "drains" and listed["units"] == 30 and listed["solution"] is None
    record = desk.get(f"{PLANS}/drains").json()
    assert record["problem"][0].startswith("Choose one option for each of 30 units")
    assert [one["number"] for one in record["rows"]] == [1, 2, 3, 4, 5] and record["solution"] is None
    assert record["survey"] == {"year": here.AFTER, "units": 30}
    job = over(desk, begun(desk.post(f"{PLANS}/drains/solutions", json={"gap": 1e-6})))
    assert job["state"] == "done" and job["stopping"] is False, job
    steps = [one for one in told(desk, job["id"]) if "bound" in one]
    assert steps and all(one["seconds"] >= 0 and one["title"] == "Solving plan drains" for one in steps)
    bounds = [one["bound"] for one in steps]
    assert all(after <= before * (1 + 1e-9) for before, after in pairwise(bounds))
    found = desk.get(f"{PLANS}/drains").json()["solution"]
    assert steps[-1]["value"] <= found["value"] <= found["bound"] and found["gap"] < 1e-3
    assert sum(one["units"] for one in found["groups"]["treatment"]) == 30
    land = [sum(one["area_dm2"] for one in found["groups"][by]) for by in ("treatment", "crop", "township")]
    assert land == [found["totals"]["area_dm2"]] * 3
    names = [one["name"] for one in found["files"]]
    assert "solution/plan-drains.xlsx" in names
    book = desk.get(f"{PLANS}/drains/files/solution/plan-drains.xlsx")
    assert book.status_code == 200 and book.content.startswith(b"PK")
    assert desk.get(f"{PLANS}/drains/files/..%2F..%2Ftilth.toml").status_code == 404


def test_a_scenario_is_made_once_and_two_plans_are_set_side_by_side(planned):
    desk = planned
    limit = desk.get(f"{PLANS}/drains").json()["rows"][0]["limit"]
    asked = {"json": {"name": "poorer", "limits": {"1": 0.6 * limit}}, "headers": {"Idempotency-Key": "k1"}}
    first, again = (desk.post(f"{PLANS}/drains/scenarios", **asked) for _ in range(2))
    assert first.status_code == again.status_code == 201 and again.headers["Idempotent-Replayed"] == "true"
    assert first.json()["varies"] == {"plan": "drains", "limits": {"1": 0.6 * limit}}
    there = desk.post(f"{PLANS}/drains/scenarios", json=asked["json"])
    assert there.status_code == 409 and there.json()["code"] == "PLAN-THERE"
    assert desk.get(f"{PLANS}/drains/against/poorer").json()["code"] == "PLAN-UNSOLVED"
    assert over(desk, begun(desk.post(f"{PLANS}/poorer/solutions", json={})))["state"] == "done"
    pair = desk.get(f"{PLANS}/drains/against/poorer").json()
    assert pair["rows"][0]["limit"] == [limit, 0.6 * limit]
    assert pair["plans"][0]["value"] > pair["plans"][1]["value"]
    assert pair["units_differ"] + pair["units_same"] == 30 and pair["units_differ"] > 0
    assert pair["differ_dm2"] == sum(one["area_dm2"] for one in pair["moves"])


def test_a_plan_that_cannot_be_fails_with_the_conflict_in_both_languages(planned):
    desk = planned
    made = desk.post(f"{PLANS}/drains/scenarios", json={"name": "none", "limits": {"1": 0}})
    assert made.status_code == 201
    job = over(desk, begun(desk.post(f"{PLANS}/none/solutions", json={})))
    assert job["state"] == "failed" and job["problem"]["code"] == "PLAN-INFEASIBLE"
    chinese = desk.get(f"/api/v1/jobs/{job['id']}?lang=zh").json()["problem"]["title"]
    assert "没有方案能同时满足全部约束" in chinese
    assert desk.get(f"{PLANS}/none").json()["solution"] is None


def test_whoever_stops_a_solution_keeps_the_best_so_far_and_whoever_cancels_keeps_nothing(planned, monkeypatch):
    """A solver that goes on for ever once it has a plan."""
    desk = planned
    true = solving.solve

    def slowly(problem, gap=1e-3, seconds=600.0, progress=None, start=None):
        found = true(problem, gap=gap, seconds=seconds)
        for at in range(2000):
            try:
                progress(Progress(found.value, found.bound + 1000 - at, 0.2 * at))
            except Enough:
                return found
            time.sleep(0.02)
        raise AssertionError("nobody had enough")

    monkeypatch.setattr("tilth.plan.solve", slowly)
    for way, state in (("stop", "done"), ("cancel", "cancelled")):
        name = f"by-{way}"
        desk.post(f"{PLANS}/drains/scenarios", json={"name": name, "limits": {"1": 10_000_000}})
        id = begun(desk.post(f"{PLANS}/{name}/solutions", json={}))
        until = time.monotonic() + 30
        while '"bound"' not in json.dumps([one.told for one in _events(desk, id)]) and time.monotonic() < until:
            time.sleep(0.05)
        if way == "stop":
            assert desk.post(f"/api/v1/jobs/{id}/stop").json()["stopping"] is True
        else:
            desk.delete(f"/api/v1/jobs/{id}")
        assert over(desk, id)["state"] == state
        assert (desk.get(f"{PLANS}/{name}").json()["solution"] is not None) is (way == "stop")
    other = begun(desk.post("/api/v1/tables", json={"year": 2024, "format": "json"}))
    refused = desk.post(f"/api/v1/jobs/{other}/stop")
    assert refused.status_code == 409 and refused.json()["code"] == "WEB-JOB-NO-BEST"


def _events(desk, id):
    jobs = desk.app.state.office.jobs
    return list(jobs.events(jobs.get(id)))


def test_units_are_listed_and_one_tells_its_options_and_why(planned):
    desk = planned
    first = desk.get(f"{PLANS}/drains/units?limit=20").json()
    rest = desk.get(f"{PLANS}/drains/units?limit=20&cursor={first['next']}").json()
    assert first["count"] == 30 and len(first["items"]) + len(rest["items"]) == 30 and rest["next"] is None
    south = desk.get(f"{PLANS}/drains/units?where=township={here.SOUTH}").json()
    assert south["count"] == 10 and {one["township"] for one in south["items"]} == {here.SOUTH}
    assert desk.get(f"{PLANS}/drains/units?where=county=1").json()["code"] == "PLAN-UNKNOWN"
    unit = first["items"][0]
    told = desk.get(f"{PLANS}/drains/units/{unit['unit']}").json()
    assert len(told["options"]) == 8 and told["why"]
    (chosen,) = [one for one in told["options"] if one["chosen"]]
    assert (chosen["treatment"], chosen["crop"]) == (unit["treatment"], unit["crop"])
    assert chosen["amounts"] == unit["totals"]
    assert desk.get(f"{PLANS}/drains/units/nobody").json()["code"] == "PLAN-NO-UNIT"


def pixels(answer):
    """(256, 256) the colours of a picture of few colours."""
    data, at, parts = answer.content, 8, {}
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        parts[data[at + 4 : at + 8]] = data[at + 8 : at + 8 + size]
        at += size + 12
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(256, 257)[:, 1:]
    palette = np.frombuffer(parts[b"PLTE"], np.uint8).reshape(-1, 3)
    return lines, ["#" + bytes(one).hex() for one in palette]


def picture(desk, asked="", zoom=15):
    """The tile over the middle of the northern fields."""
    bounds = desk.get("/api/v1/map").json()["bounds"]
    while bounds is None:
        time.sleep(0.1)
        bounds = desk.get("/api/v1/map").json()["bounds"]
    x = (bounds[0] + bounds[2]) / 2
    y = np.radians((bounds[1] + bounds[3]) / 2)
    column = int((x + 180) / 360 * 2**zoom)
    line = int((1 - np.arcsinh(np.tan(y)) / np.pi) / 2 * 2**zoom)
    for _ in range(100):
        answer = desk.get(f"{PLANS}/drains/tiles/{zoom}/{column}/{line}.png{asked}")
        if answer.status_code != 503:
            return answer
        time.sleep(0.1)
    return answer


def test_the_map_shows_what_is_chosen_in_the_colours_of_the_legend(planned):
    desk = planned
    found = desk.get(f"{PLANS}/drains").json()["solution"]
    answer = picture(desk)
    assert answer.status_code == 200, answer.text
    lines, palette = pixels(answer)
    legend = {one["colour"]: one["name"] for one in found["legends"]["treatment"]}
    shown = {legend[palette[code]] for code in np.unique(lines) if code}
    assert shown <= {one["treatment"] for one in found["groups"]["treatment"]} and shown
    assert desk.get(answer.url, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert picture(desk, "?by=crop").status_code == 200
    assert picture(desk, "?by=start").json()["code"] == "PLAN-MAP-BY"
    assert picture(desk, "?by=differs").json()["code"] == "PLAN-MAP-BY"
    lines, _ = pixels(picture(desk, "?by=differs&against=drains"))
    assert set(np.unique(lines)) <= {0, 1}, "a plan is the same as itself everywhere"


def test_every_pixel_of_the_map_is_that_of_the_parcel_under_it(planned, county):
    """Against shapely: the treatment of the parcel in which the middle of the pixel lies."""
    desk = planned
    answer = picture(desk, zoom=16)
    lines, palette = pixels(answer)
    found = desk.get(f"{PLANS}/drains").json()["solution"]
    legend = {one["name"]: one["colour"] for one in found["legends"]["treatment"]}
    units = {one["unit"]: one["treatment"] for one in desk.get(f"{PLANS}/drains/units?limit=100").json()["items"]}
    survey = Store(county).survey(here.AFTER)
    shapes, ids = survey.parcels.geometry.to_numpy(), survey.attributes["parcel_id"].astype(str).tolist()
    tree = shapely.STRtree(shapes)
    z, column, line = (int(one) for one in answer.url.path.removesuffix(".png").split("/")[-3:])
    move = Transformer.from_crs(3857, 4526, always_xy=True)
    half, size = 20037508.342789244, 2 * 20037508.342789244 / 2**z / 256
    checked = 0
    for row in range(3, 256, 29):
        for col in range(3, 256, 29):
            x = -half + (column * 256 + col + 0.5) * size
            y = half - (line * 256 + row + 0.5) * size
            point = shapely.Point(*move.transform(x, y))
            hits = [at for at in tree.query(point) if shapes[at].buffer(-2.0).contains(point)]
            if hits:
                assert palette[lines[row, col]] == legend[units[ids[hits[0]]]]
                checked += 1
    assert checked > 5


def test_a_parcel_is_forced_costs_turn_out_otherwise_and_a_quantity_is_set_against_the_aim(planned):
    desk = planned
    found = desk.get(f"{PLANS}/drains").json()["solution"]
    units = desk.get(f"{PLANS}/drains/units?treatment=pipes").json()["items"]
    asked = {"unit": units[0]["unit"], "treatment": "as is"}
    id = begun(desk.post(f"{PLANS}/drains/forcings", json=asked))
    assert over(desk, id)["state"] == "done"
    forced = desk.get(f"/api/v1/jobs/{id}/result").json()
    assert 0 <= forced["lost_at_least"] <= forced["lost_at_most"] and forced["value"] <= found["bound"]
    id = begun(desk.post(f"{PLANS}/drains/sensitivities", json={"factors": {"cost_yuan": [0.8, 1.2]}}))
    job = over(desk, id)
    assert job["state"] == "done" and [one["name"] for one in job["files"]] == ["sensitivity-drains.xlsx"], job
    cheap, dear = desk.get(f"/api/v1/jobs/{id}/result").json()["cases"]
    assert cheap["value"] >= found["value"] * (1 - 1e-3) >= dear["value"] * (1 - 2e-3)
    id = begun(desk.post(f"{PLANS}/drains/frontiers", json={"against": ["grain_kg"], "points": 3}))
    assert over(desk, id)["state"] == "done"
    points = desk.get(f"/api/v1/jobs/{id}/result").json()["points"]
    assert [one["point"] for one in points] == [0, 1, 2] and points[0]["other"] <= points[-1]["other"]
    names = [one["name"] for one in desk.get(f"{PLANS}/drains").json()["solution"]["files"]]
    assert "frontier/frontier-drains.xlsx" in names
