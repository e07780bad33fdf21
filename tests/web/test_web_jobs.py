"""Long work over the web: how far it is, its end, its files; and what becomes of it when somebody ends it."""

from __future__ import annotations

import json
import time
from threading import Event

import desk_county as here
import pytest
from filelock import FileLock

from tilth.core import BadInput
from tilth.land import Store
from tilth.runtime import working
from tilth.web import jobs as jobs_module
from tilth.web.jobs import Jobs
from tilth.web.problems import Problem


def over(browser, id, seconds=60.0):
    """The record of a job when it is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = browser.get(f"/api/v1/jobs/{id}").json()
        if found["state"] in ("done", "failed", "cancelled"):
            return found
        time.sleep(0.05)
    pytest.fail(f"not over: {found}")


def begun(answer):
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def ended(place, job, seconds=30.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not place.get(job.id).over:
        time.sleep(0.02)
    return place.get(job.id)


def test_a_survey_is_brought_in_as_a_job(desk, county, tmp_path):
    file = here.survey(tmp_path / "c.gpkg", here.VILLAGES)
    sent = {"file": ("第二批.gpkg", file.read_bytes())}
    job = over(desk, begun(desk.post("/api/v1/imports/survey?year=2025", files=sent)))
    assert job["state"] == "done" and job["kind"] == "import-survey", job
    result = desk.get(f"/api/v1/jobs/{job['id']}/result").json()
    assert result["rows_stored"] == 30 and result["sources"][0]["name"] == "第二批.gpkg"
    assert Store(county).survey_years() == [2023, 2024, 2025]
    assert not (county.root / "reports" / "jobs" / job["id"] / "sent").exists()


def test_other_files_are_brought_in_as_jobs(desk, county, tmp_path):
    pbf = here.layer(tmp_path / "e.gpkg", here.square(0, 0)).read_bytes()
    for path, name, content in (
        ("layer?kind=ecology", "e.gpkg", pbf),
        ("tasks", "tasks.csv", f"region,year,holding_ha\n{here.SOUTH},2024,5.0\n".encode()),
        ("regions?as_group=south", "r.csv", f"code,name\n{here.SOUTH},South\n".encode()),
    ):
        job = over(desk, begun(desk.post(f"/api/v1/imports/{path}", files={"file": (name, content)})))
        assert job["state"] == "done", job["problem"]
    assert Store(county).regions().groups["south"] == (here.SOUTH,)


def test_a_job_that_fails_says_why_in_the_language_of_whoever_asks(desk):
    sent = {"file": ("a.geojson", '{"type": "FeatureCollection", "features": []}')}
    job = over(desk, begun(desk.post("/api/v1/imports/survey?year=2025", files=sent)))
    assert job["state"] == "failed" and job["problem"]["status"] == 422
    chinese = desk.get(f"/api/v1/jobs/{job['id']}?lang=zh").json()["problem"]
    assert chinese["code"] == job["problem"]["code"] and chinese["title"] != job["problem"]["title"]
    assert desk.get(f"/api/v1/jobs/{job['id']}/result").status_code == 409


def test_a_statement_is_written_and_its_files_are_fetched(desk):
    job = over(desk, begun(desk.post("/api/v1/statements", json={"year": 2024, "formats": ["json", "xlsx"]})))
    assert job["state"] == "done", job
    names = [one["name"] for one in job["files"]]
    assert len(names) == 2 and {name.rsplit(".")[-1] for name in names} == {"json", "xlsx"}
    for one in job["files"]:
        got = desk.get(f"/api/v1/jobs/{job['id']}/files/{one['name']}")
        assert got.status_code == 200 and len(got.content) == one["bytes"]
        assert got.headers["content-disposition"].startswith("attachment")
        assert got.headers["content-type"] == "application/octet-stream"
    assert sorted(desk.get(f"/api/v1/jobs/{job['id']}/result").json()["files"]) == sorted(names)


@pytest.mark.parametrize(
    "name", ["../job.json", "..%2Fjob.json", "%2e%2e/%2e%2e/tilth.toml", "nothing.xlsx", "/etc/passwd"]
)
def test_no_other_file_is_fetched(desk, name):
    job = over(desk, begun(desk.post("/api/v1/tables", json={"year": 2024, "format": "csv"})))
    refused = desk.get(f"/api/v1/jobs/{job['id']}/files/{name}")
    assert refused.status_code == 404 and "region" not in refused.text


def test_other_long_work_is_done_as_jobs(desk, tmp_path):
    polygons = {"file": ("p.geojson", json.dumps(here.footprint(here.square(0, 0))))}
    for path, asked in (
        ("tables", {"json": {"year": 2024, "before": 2023, "format": "json", "level": "county"}}),
        ("repairs", {"json": {"year": 2024}}),
        ("ledger/verifications", {}), ("ledger/replays", {}),
        ("ledger/flow-entries", {"json": {"before": 2023, "after": 2024, "propose": True, "evidence": "survey"}}),
        ("areas/lists?format=csv", {"files": polygons}), ("conversions?to=gml", {"files": polygons}),
    ):  # fmt: skip
        job = over(desk, begun(desk.post(f"/api/v1/{path}", **asked)))
        if job["state"] != "done":
            assert path == "ledger/flow-entries" and job["problem"]["code"].startswith("LEDGER"), (path, job)
    areas = desk.post("/api/v1/areas", files=polygons).json()
    assert areas["rows_measured"] == 1 and abs(areas["total_survey_m2"] - 9997.54) < 0.05


def test_a_yearbook_is_made_and_downloaded(desk):
    job = over(desk, begun(desk.post("/api/v1/reports", json={"year": 2024, "formats": ["csv"]})))
    assert job["state"] == "done" and job["files"], job
    assert all(one["name"].startswith("csv/") for one in job["files"])


def test_events_are_told_as_they_happen_and_go_on_where_a_reader_was_cut_off(desk):
    job = over(desk, begun(desk.post("/api/v1/tables", json={"year": 2024})))
    events = desk.get(f"/api/v1/jobs/{job['id']}/events")
    assert events.headers["content-type"].startswith("text/event-stream")
    blocks = [one.split("\n") for one in events.text.strip().split("\n\n")]
    assert [block[0] for block in blocks] == [f"id: {n}" for n in range(1, len(blocks) + 1)]
    states = [json.loads(block[2][6:])["state"] for block in blocks if block[1] == "event: state"]
    assert states == ["queued", "running", "done"] and any(block[1] == "event: progress" for block in blocks)
    rest = desk.get(f"/api/v1/jobs/{job['id']}/events", headers={"Last-Event-ID": str(len(blocks) - 1)}).text
    assert rest.startswith(f"id: {len(blocks)}\n") and '"done"' in rest


def test_a_job_under_one_key_is_begun_once(desk):
    asked = {"json": {"year": 2024, "format": "text"}, "headers": {"Idempotency-Key": "t1"}}
    first, again = (desk.post("/api/v1/tables", **asked).json()["id"] for _ in range(2))
    assert first == again and len(desk.get("/api/v1/jobs").json()) == 1


def test_a_job_is_seen_by_whoever_began_it_and_by_whoever_looks_after_all(desk, as_role):
    id = begun(as_role("viewer", here.COUNTY).post("/api/v1/tables", json={"year": 2024, "format": "text"}))
    other, auditor = as_role("viewer", here.COUNTY, name="Li"), as_role("auditor", here.COUNTY, name="Zhao")
    assert other.get("/api/v1/jobs").json() == [] and other.get(f"/api/v1/jobs/{id}").status_code == 404
    for path in ("result", "events", "files/tables-2024.txt"):
        assert other.get(f"/api/v1/jobs/{id}/{path}").status_code == 404
    assert other.delete(f"/api/v1/jobs/{id}").status_code == 404
    assert [one["id"] for one in auditor.get("/api/v1/jobs").json()] == [id]
    over(auditor, id)


# --- the engine ------------------------------------------------------------------------------------------------------


@pytest.fixture
def place(office):
    found = Jobs(office)
    yield found
    found.close()


def slow(step):
    """Work that goes on until somebody ends it."""

    def work(at):
        with working("long", 1000) as advance:
            while True:
                step.set()
                advance(1)
                time.sleep(0.01)

    return work


def test_running_work_is_ended_at_its_next_step(place):
    going = Event()
    job = place.begin("long", "Li", "999901", slow(going))
    assert going.wait(10)
    assert place.get(job.id).state == "running"
    place.cancel(place.get(job.id))
    done = ended(place, job)
    assert done.state == "cancelled" and done.files == {}


def test_work_is_ended_from_another_process_too(place, office):
    going = Event()
    job = place.begin("long", "Li", "999901", slow(going))
    assert going.wait(10)
    other = Jobs(office)
    assert other.get(job.id).state == "running"
    other.cancel(other.get(job.id))
    assert ended(other, job).state == "cancelled"


def test_no_more_than_two_are_worked_at_and_what_waits_can_be_ended(place):
    steps = [Event() for _ in range(3)]
    listed = [place.begin("long", "Li", "999901", slow(step)) for step in steps]
    assert steps[0].wait(10) and steps[1].wait(10) and not steps[2].wait(0.3)
    assert [place.get(one.id).state for one in listed] == ["running", "running", "queued"]
    for one in reversed(listed):
        place.cancel(place.get(one.id))
    assert [ended(place, one).state for one in listed] == ["cancelled"] * 3 and not steps[2].is_set()


def test_too_many_that_wait_are_refused(place, monkeypatch):
    monkeypatch.setattr(jobs_module, "MOST_WAITING", 1)
    going = Event()
    place.begin("long", "Li", "999901", slow(going))
    with pytest.raises(Problem) as refused:
        place.begin("long", "Li", "999901", slow(Event()))
    assert refused.value.status == 429


def test_work_that_was_lost_with_its_process_is_said_to_be(place, office, monkeypatch):
    going = Event()
    job = place.begin("long", "Li", "999901", slow(going))
    assert going.wait(10)
    other = Jobs(office)
    monkeypatch.setattr(Jobs, "_beside", lambda self, id: self.root / f"{id}.another")
    lost = other.get(job.id)
    assert lost.state == "failed" and lost.problem["code"] == "WEB-JOB-LOST"
    monkeypatch.undo()
    place.cancel(job)


def test_a_mistake_of_ours_is_told_as_one_and_logged(place, caplog):
    def work(at):
        raise ZeroDivisionError("secret path /srv/x")

    done = ended(place, place.begin("x", "Li", "999901", work))
    assert done.problem["code"] == "WEB-JOB-BROKEN" and "secret" not in json.dumps(done.as_record())
    assert "ZeroDivisionError" in caplog.text


def test_a_refusal_is_told_in_both_languages(place):
    def work(at):
        raise BadInput("RUNTIME-BUSY", folder="x")

    done = ended(place, place.begin("x", "Li", "999901", work))
    assert done.problem["status"] == 409


def test_jobs_that_were_over_long_ago_are_taken_away(place, monkeypatch):
    job = ended(place, place.begin("x", "Li", "999901", lambda at: {"a": 1}))
    assert json.loads(job.result) == {"a": 1}
    monkeypatch.setattr(jobs_module, "KEPT_S", -60)
    place.sweep()
    with pytest.raises(Problem):
        place.get(job.id)
    assert list(place.root.iterdir()) == []


def test_whoever_is_done_with_a_job_takes_it_away(place):
    job = ended(place, place.begin("x", "Li", "999901", lambda at: 1))
    place.cancel(job)
    assert place.listed() == []


def test_a_busy_workspace_is_a_clear_refusal(desk, county, monkeypatch):
    with FileLock(county.root / ".tilth.lock"):
        original = type(county).writing
        monkeypatch.setattr(type(county), "writing", lambda self, wait_s=0.0: original(self, wait_s=0.0))
        (first,) = Store(county).listed(kind="survey", year=2023)
        refused = desk.put(f"/api/v1/stored/{first.id[:12]}/use")
    assert refused.status_code == 409 and refused.json()["code"] == "RUNTIME-BUSY"
