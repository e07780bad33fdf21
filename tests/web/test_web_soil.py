"""Soil over the web: samples come in as a job, are held against the survey, and are classified without being kept."""

from __future__ import annotations

from test_web_jobs import begun, over

from tilth.soil import list_samples

LAB = """编号,经度,纬度,土层,电导率(mS/cm),质地,碱化度(%)
1,112.95,31.62,0-20,0.5,壤土,3
2,112.96,31.63,0-20,1.5,黏壤土,20
"""


def sent(text, name="土样.csv", **others):
    return {"file": (name, text.encode("gbk")), **others}


def test_samples_are_brought_in_as_a_job(desk, county):
    asked = "/api/v1/imports/samples?extract=1:5&depths=0-20&label=spring"
    job = over(desk, begun(desk.post(asked, files=sent(LAB))))
    assert job["state"] == "done" and job["kind"] == "import-samples", job
    result = desk.get(f"/api/v1/jobs/{job['id']}/result").json()
    assert (result["rows_in"], result["rows_stored"], result["placed"], result["layers"]) == (2, 2, 2, 2)
    assert [one["id"] for one in desk.get("/api/v1/soil/samples").json()] == [result["id"]]
    assert [key for key, _ in list_samples(county)] == [result["id"]]


def test_samples_of_another_county_are_refused_with_what_would_bring_them_here(desk, county):
    for text, hint in (
        (LAB.replace(",112", ",-112"), "with the sign of longitude changed they would lie in it"),
        (LAB.replace(",31.", ",-31."), "with the sign of latitude changed they would lie in it"),
        (LAB.replace(",112", ",100"), "km from the survey in this workspace"),
    ):
        job = over(desk, begun(desk.post("/api/v1/imports/samples?extract=1:5", files=sent(text))))
        assert job["state"] == "failed" and job["problem"]["code"] == "SOIL-PLACE-ELSEWHERE"
        assert hint in job["problem"]["title"]
    assert list_samples(county) == []
    job = over(desk, begun(desk.post("/api/v1/imports/samples?extract=1:5&anywhere=true", files=sent(text))))
    assert job["state"] == "done"


def test_one_sample_far_away_is_told_and_kept(desk):
    text = LAB + "3,114.95,31.6,0-20,0.5,壤土,3\n"
    job = over(desk, begun(desk.post("/api/v1/imports/samples?extract=1:5", files=sent(text))))
    result = desk.get(f"/api/v1/jobs/{job['id']}/result").json()
    far = [one for one in result["findings"] if one["code"] == "SOIL-ROW-FAR"]
    assert [one["row"] for one in far] == [3] and result["rows_stored"] == 3


def test_a_table_is_classified_and_nothing_is_kept(desk, county):
    map = ("m.toml", b'extract = "1:5"\n')
    answer = desk.post("/api/v1/soil/classes?scheme=ussl&scheme=cn-alkali", files=sent(LAB, map=map))
    assert answer.status_code == 200, answer.text
    ussl, alkali = answer.json()["schemes"]
    assert [one["class"] for one in ussl["rows"]] == ["saline", "saline-sodic"]
    assert [one["class"] for one in alkali["rows"]] == ["non", "strong"]
    assert list_samples(county) == []


def test_what_is_asked_wrongly_is_refused_as_at_the_command_line(desk):
    for asked, code in (
        ("scheme=usssl", "SOIL-SCHEME-NONE"), ("scheme=/etc/passwd.toml", "SOIL-SCHEME-NONE"),
        ("unit=ec", "CLI-SOIL-UNIT"), ("unit=ec=furlong", "SOIL-UNIT-UNKNOWN"), ("extract=1:9", "SOIL-EXTRACT-UNKNOWN"),
        ("extract=1:5&regression=mars", "SOIL-REGRESSION-UNKNOWN"),
    ):  # fmt: skip
        answer = desk.post(f"/api/v1/soil/classes?{asked}", files=sent(LAB))
        assert (answer.status_code // 100, answer.json()["code"]) == (4, code), answer.text


def test_schemes_and_indices_are_listed_with_their_sources(desk):
    schemes = {one["id"]: one for one in desk.get("/api/v1/soil/schemes").json()}
    assert {"ussl", "cn-series-1", "cn-series-2", "ion-type", "ion-type-coast", "songnen", "cn-worst"} <= set(schemes)
    assert schemes["cn-series-1"]["classes"][1]["when"] == {"salt_g_kg": {"from": 1, "below": 2}}
    assert all(one["source"] for one in desk.get("/api/v1/soil/indices").json())
