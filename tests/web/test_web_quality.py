"""Farmland quality over the web: the table comes in as a job; what is asked for is what the command line says."""

from __future__ import annotations

import json

import desk_county as here
import openpyxl
import pytest
from test_web_jobs import begun, over

from tilth import api

FIELDS = [here.parcel_id(row, column) for row, count in enumerate((6, 4, 5)) for column in range(count)]


def table(year):
    """Every field of the county: two on the northern edge are acid, one has no pH; the year after some are better."""
    later = year == here.AFTER
    rows = ["parcel_id,quality grade,pH,irrigation,high-standard farmland,source,date,confidence"]
    for at, id in enumerate(FIELDS):
        ph = "" if at == 2 else "5.2" if at < 2 else "6.8"
        grade = 4 if later and at == 0 else 5
        water, built = ("met", "built") if at % 2 else ("not met", "not built")
        rows.append(f"{id},{grade},{ph},{water},{built},survey,{year}-10,likely")
    return "\n".join(rows).encode()


@pytest.fixture
def filled(desk):
    for year in (here.BEFORE, here.AFTER):
        sent = {"file": (f"q{year}.csv", table(year))}
        job = over(desk, begun(desk.post(f"/api/v1/imports/quality?year={year}", files=sent)))
        assert job["state"] == "done" and job["kind"] == "import-quality", job
    return desk


def test_the_register_comes_in_as_a_job_and_is_told_page_by_page(filled, county):
    first = filled.get(f"/api/v1/quality/parcels?year={here.AFTER}&limit=10").json()
    assert (first["parcels"], len(first["items"])) == (15, 10)
    rest = filled.get(f"/api/v1/quality/parcels?year={here.AFTER}&limit=10&cursor={first['next']}").json()
    assert [one["parcel_id"] for one in first["items"] + rest["items"]] == FIELDS and rest["next"] is None
    assert first["farmland_dm2"] == sum(one["net_area_dm2"] for one in first["items"] + rest["items"])
    assert first["items"][0]["values"]["ph"] == {
        "value": 5.2, "source": "survey", "date": f"{here.AFTER}-10", "confidence": "likely",
    }  # fmt: skip
    assert first["items"][2]["confidence"] < first["items"][0]["confidence"]
    assert [one["year"] for one in filled.get("/api/v1/quality/tables").json()] == [here.BEFORE, here.AFTER]


def test_accounts_over_the_web_are_those_of_the_api_and_close(filled, county):
    told = filled.get(f"/api/v1/quality/accounts?from={here.BEFORE}&to={here.AFTER}").json()
    done = api.quality_accounts(county, before=here.BEFORE, after=here.AFTER)
    assert told == json.loads(json.dumps(done.as_record()))
    assert told["grades"]["improved_dm2"] > 0
    for row in told["tables"][0]["rows"]:
        cells = row["dm2"]
        assert sum(value for name, value in cells.items() if name != "CLOSING") == cells["CLOSING"]


def test_what_is_lacking_and_what_stands_is_told_of_a_region_alone(filled):
    lacks = filled.get(f"/api/v1/quality/lacks?year={here.AFTER}&lacking=ph").json()
    assert [one["parcel_id"] for one in lacks["items"]] == FIELDS[:2]
    assert lacks["items"][0]["lacks"][0]["measures"] == ["LIME", "ORGANIC"]
    ph = next(one for one in lacks["needs"] if one["id"] == "ph")
    assert ph["parcels"] == 2 and ph["unknown_dm2"] > 0
    south = filled.get(f"/api/v1/quality/standing?year={here.AFTER}&region={here.SOUTH}").json()["rows"]
    county = filled.get(f"/api/v1/quality/standing?year={here.AFTER}").json()["rows"]
    assert south[0]["region"] == here.SOUTH and 0 < south[0]["built_dm2"] < county[0]["built_dm2"]


def test_one_parcel_is_told_in_every_year(filled):
    one = filled.get(f"/api/v1/quality/parcels/{here.AFTER}/{FIELDS[0]}").json()
    assert [(year["year"], year["grade"]) for year in one["years"]] == [(here.BEFORE, 5), (here.AFTER, 4)]
    assert "ph" in [lack["id"] for lack in one["lacks"]]


def test_the_workbook_is_a_job_with_its_file(filled, tmp_path):
    asked = {"year": here.AFTER, "before": here.BEFORE, "lang": "zh"}
    job = over(filled, begun(filled.post("/api/v1/quality/books", json=asked)))
    assert job["state"] == "done", job
    (name,) = filled.get(f"/api/v1/jobs/{job['id']}/result").json()["files"]
    (tmp_path / name).write_bytes(filled.get(f"/api/v1/jobs/{job['id']}/files/{name}").content)
    assert "质量登记" in openpyxl.load_workbook(tmp_path / name, read_only=True).sheetnames


def test_who_sees_a_township_sees_its_quality_and_no_more(filled, as_role):
    browser = as_role("viewer", here.NORTH)
    assert browser.get(f"/api/v1/quality/parcels?year={here.AFTER}").status_code == 403
    found = browser.get(f"/api/v1/quality/parcels?year={here.AFTER}&region={here.NORTH}").json()
    assert [one["parcel_id"] for one in found["items"]] == FIELDS[:10]
    foreign = browser.get(f"/api/v1/quality/parcels/{here.AFTER}/{FIELDS[-1]}?region={here.NORTH}")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "QUALITY-NO-PARCEL-KNOWN")


def test_what_is_asked_wrongly_is_refused_as_at_the_command_line(filled):
    for asked, status, code in (
        ("parcels?year=1999", 404, "LAND-NO-SURVEY"), ("parcels?year=2024&weights=mars", 404, "QUALITY-WEIGHTS-NONE"),
        ("accounts?from=2024&to=2023", 422, "QUALITY-YEARS"),
        ("lacks?year=2024&lacking=mood", 422, "QUALITY-MAP-COLUMN"),
        ("weights?weights=mars", 404, "QUALITY-WEIGHTS-NONE"),
    ):  # fmt: skip
        answer = filled.get(f"/api/v1/quality/{asked}")
        assert (answer.status_code, answer.json()["code"]) == (status, code), (asked, answer.text)
    answer = filled.post("/api/v1/imports/quality?year=2024&unit=ph", files={"file": ("q.csv", table(2024))})
    assert (answer.status_code, answer.json()["code"]) == (422, "CLI-QUALITY-PAIR")


def test_every_figure_of_the_weights_has_its_source_and_mark(desk):
    told = desk.get("/api/v1/quality/weights").json()
    assert told["id"] == "gb33469" and told["others"] == ["gb33469-yangtze"]
    assert all(one["source"] and one["confidence"] for one in (*told["indicators"], *told["needs"], *told["measures"]))


def test_what_the_reader_has_is_not_sent_again_until_the_register_changes(filled):
    year, parcel = here.AFTER, FIELDS[0]
    pages = [
        "tables", "weights", f"parcels?year={year}", f"parcels/{year}/{parcel}", f"lacks?year={year}",
        f"standing?year={year}", f"accounts?from={here.BEFORE}&to={year}",
    ]  # fmt: skip
    tags = {page: filled.get(f"/api/v1/quality/{page}").headers["etag"] for page in pages}
    for page, tag in tags.items():
        assert filled.get(f"/api/v1/quality/{page}", headers={"If-None-Match": tag}).status_code == 304, page
    rows = f"parcel_id,pH,source,date,confidence\n{parcel},7.1,survey,{year}-11,sure\n".encode()
    sent = {"file": ("more.csv", rows)}
    assert over(filled, begun(filled.post(f"/api/v1/imports/quality?year={year}", files=sent)))["state"] == "done"
    for page, tag in tags.items():
        assert filled.get(f"/api/v1/quality/{page}", headers={"If-None-Match": tag}).status_code == 200, page
