"""Salinity maps over the web: made as jobs, shown as pictures, told of one parcel with what may be done on it."""

from __future__ import annotations

import csv
import io
import shutil
import struct
import time

import desk_county as here
import pytest
import salty_desk
from fastapi.testclient import TestClient
from test_web_jobs import begun, over

from tilth import api
from tilth.runtime import working
from tilth.web import create_app

KEY = "the-key-printed-at-the-start"
PARCEL, SOUTHERN = here.parcel_id(0, 1), here.parcel_id(2, 4)
SPEAKS = {"en": {"Accept-Language": "en"}, "zh": {"Accept-Language": "zh-CN"}}


@pytest.fixture(scope="module")
def salty(built, tmp_path_factory):
    """The county with soil, and a map of it."""
    root = tmp_path_factory.mktemp("salty")
    built.database.close()
    shutil.copytree(built.root, root / "county")
    place = salty_desk.brought(api.open_workspace(root / "county"), root / "files")
    with pytest.MonkeyPatch.context() as patched:
        salty_desk.quickly(patched)
        api.make_soil_map(place, "spring", year=here.AFTER)
    place.database.close()
    return place.root


@pytest.fixture
def county(salty, tmp_path, monkeypatch):
    salty_desk.quickly(monkeypatch)
    shutil.copytree(salty, tmp_path / "county")
    return api.open_workspace(tmp_path / "county")


@pytest.fixture
def desk(county):
    browser = TestClient(create_app(county, start_key=KEY), base_url="http://127.0.0.1:8000")
    browser.headers["X-CSRF-Token"] = browser.post("/api/v1/session", json={"key": KEY}).json()["csrf"]
    return browser


def asked(browser, path, **more):
    answer = browser.get(f"/api/v1/soil/{path}", **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_map_is_made_as_a_job_and_then_listed_with_its_files(desk):
    job = over(desk, begun(desk.post("/api/v1/soil/maps", json={"samples": "spring", "name": "again", "year": 2024})))
    assert job["state"] == "done" and job["progress"]["title"], job
    assert {"ec.tif", "classes.tif", "parcels.csv", "map.json"} <= {one["name"] for one in job["files"]}
    result = desk.get(f"/api/v1/jobs/{job['id']}/result").json()
    assert result["folder"] == "again" and result["parcels"] == 30
    assert [one["name"] for one in asked(desk, "maps")] == ["again", "salinity"]
    file = desk.get(f"/api/v1/jobs/{job['id']}/files/ec.tif").content
    assert file[:2] == b"II" and file == desk.get("/api/v1/soil/maps/again/files/ec.tif").content


def test_a_map_that_is_cancelled_is_not_listed(desk, monkeypatch):
    def slow(*_args, **_more):
        with working("slowly", 1000) as advance:
            for _ in range(1000):
                time.sleep(0.02)
                advance(1)

    monkeypatch.setattr("tilth.api.rasters_kept.soil_map", slow)
    job = begun(desk.post("/api/v1/soil/maps", json={"samples": "spring", "name": "never"}))
    assert desk.delete(f"/api/v1/jobs/{job}").status_code == 200
    assert over(desk, job)["state"] == "cancelled"
    assert [one["name"] for one in asked(desk, "maps")] == ["salinity"]


@pytest.mark.parametrize(
    ("body", "code"),
    [({"samples": "autumn"}, "SOIL-STORE-NONE"), ({"samples": "spring", "rasters": ["moon"]}, "SOIL-DESK-NO-RASTER"),
     ({"samples": "spring", "scheme": "ussl"}, "SOIL-MAP-SCHEME"),
     ({"samples": "spring", "year": 1999}, "LAND-NO-SURVEY")],
)  # fmt: skip
def test_a_map_that_cannot_be_made_is_told_in_both_languages(desk, body, code):
    job = over(desk, begun(desk.post("/api/v1/soil/maps", json=body)))
    assert (job["state"], job["problem"]["code"]) == ("failed", code)
    said = {
        language: desk.get(f"/api/v1/jobs/{job['id']}", headers=spoken).json()["problem"]["title"]
        for language, spoken in SPEAKS.items()
    }
    assert said["en"].isascii() and not said["zh"].isascii()


def test_quantities_have_legends_in_dS_m_and_classes_names_in_the_language_of_the_reader(desk):
    for language, name in (("en", "non-saline"), ("zh", "非盐渍化")):
        record = asked(desk, "maps/salinity", headers=SPEAKS[language])
        by = {one["id"]: one for one in record["quantities"]}
        assert set(by) == {
            "mean",
            "lower",
            "median",
            "upper",
            "width",
            "class",
            "applicability",
            *(f"p{at}" for at in range(5)),
        }
        assert by["mean"]["unit"] == by["width"]["unit"] == "dS/m"
        assert by["mean"]["legend"][1]["label"] == "1–2"
        assert [one["label"] for one in by["class"]["legend"]] == record["classes"]
        assert record["classes"][0] == name and record["areas"]["rows"][0]["class"] == name, record["classes"]
        assert "/work" not in str(record) and "folder" not in record


def test_areas_of_classes_add_up_with_intervals_around_them(desk):
    areas = asked(desk, "maps/salinity")["areas"]
    assert sum(one["area_dm2"] for one in areas["rows"]) == areas["total_dm2"] == 29992681
    assert all(one["low_dm2"] <= one["area_dm2"] <= one["high_dm2"] for one in areas["rows"])


def tile_of(desk):
    """The tile that the middle of the map lies in."""
    import math

    west, south, east, north = asked(desk, "maps/salinity")["bounds"]
    lon, lat = math.radians((west + east) / 2), math.radians((south + north) / 2)
    side = 1 << 15
    return int((lon + math.pi) / math.tau * side), int((1 - math.asinh(math.tan(lat)) / math.pi) / 2 * side)


def test_a_tile_is_a_picture_that_is_not_sent_twice(desk):
    x, y = tile_of(desk)
    seen = set()
    for by in ("mean", "width", "class", "applicability", "p1"):
        address = f"/api/v1/soil/maps/salinity/tiles/15/{x}/{y}.png?by={by}"
        answer = desk.get(address)
        assert answer.headers["content-type"] == "image/png"
        assert struct.unpack(">II", answer.content[16:24]) == (256, 256)
        seen.add(answer.content)
        assert desk.get(address, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert len(seen) == 5
    assert desk.get("/api/v1/soil/maps/salinity/tiles/15/3/3.png").status_code == 204
    for address, code in (
        (f"salinity/tiles/15/{x}/{y}.png?by=p9", "SOIL-DESK-BY"),
        (f"moon/tiles/15/{x}/{y}.png", "SOIL-DESK-NO-MAP"),
        ("salinity/tiles/2/9/9.png", "TILES-NO-SUCH-TILE"),
        ("salinity/files/secret.txt", "SOIL-DESK-NO-FILE"),
    ):
        answer = desk.get(f"/api/v1/soil/maps/{address}")
        assert answer.status_code in (404, 422) and answer.json()["code"] == code


def test_a_parcel_is_told_what_the_table_of_all_parcels_says(desk):
    text = desk.get("/api/v1/soil/maps/salinity/files/parcels.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 30
    for row in (rows[0], rows[17], rows[-1]):
        told = asked(desk, f"parcels/2024/{row['parcel_id']}?map=salinity")
        assert told["class"] == row["class"] and told["mapped_share"] == float(row["mapped_share"]) == 1
        for one in told["classes"]:
            assert one["probability"] == pytest.approx(float(row[f"p {one['class']}"]), abs=2e-4)
            assert one["area_dm2"] == round(float(row[f"m2 {one['class']}"]) * 100)
        assert sum(one["area_dm2"] for one in told["classes"]) + told["unmapped_dm2"] == told["area_dm2"]
        ece = told["ece_ds_m"]
        assert ece["lower"] < ece["median"] < ece["upper"] and ece["lower"] < ece["mean"] < ece["upper"]


def test_options_of_a_parcel_start_from_the_map_and_stand_side_by_side(desk):
    start = asked(desk, f"parcels/2024/{PARCEL}?map=salinity")["ece_ds_m"]
    told = asked(desk, f"parcels/2024/{PARCEL}/options?map=salinity&years=6")
    assert told["start_ds_m"] == {name: pytest.approx(start[name]) for name in ("lower", "median", "upper")}
    assert told["ground"]["texture"] == "loam" and told["options"][0]["id"] == "cotton"
    assert len(told["options"]) == 9 and told["best"] in {one["id"] for one in told["options"]}
    for one in told["options"]:
        assert [each["year"] for each in one["series"]] == [1, 2, 3, 4, 5, 6]
        assert all(each["low_ds_m"] <= each["ece_ds_m"] <= each["high_ds_m"] for each in one["series"])
        assert 0 <= one["risk"] <= 1 and one["water_mm"] > 0
    nothing, drained = told["options"][0], told["options"][2]
    assert drained["salt_end_ds_m"] < nothing["salt_end_ds_m"] and drained["cost_yuan_ha"] > nothing["cost_yuan_ha"]
    zh = asked(desk, f"parcels/2024/{PARCEL}/options?map=salinity&years=6", headers=SPEAKS["zh"])
    assert zh["options"][2]["name"] == "棉花 + 暗管排盐"


def test_an_option_that_a_rule_forbids_says_which(desk):
    told = asked(desk, f"parcels/2024/{PARCEL}/options?map=salinity&outlet=false&measure=PIPE_DRAIN&years=2")
    drained = told["options"][1]
    assert not drained["allowed"] and drained["excluded"] == [
        {"rule": "T1", "said": "no outlet for the water that leaches"}
    ]
    assert told["best"] != drained["id"]


def test_crops_are_fitted_to_the_land_too(desk):
    told = asked(desk, f"parcels/2024/{PARCEL}/options?map=salinity&fit=crop-to-land&crops=cotton&crops=barley&years=3")
    assert [one["id"] for one in told["options"]] == ["cotton", "barley"]


def test_ground_that_nobody_said_is_asked_for_and_never_guessed(desk):
    address = f"/api/v1/soil/parcels/2024/{SOUTHERN}/options?map=salinity&years=2"
    for language, words in (("en", "texture, depth of the groundwater"), ("zh", "质地、地下水埋深")):
        answer = desk.get(address, headers=SPEAKS[language])
        assert answer.status_code == 422 and answer.json()["code"] == "SALT-DESK-GROUND"
        assert words in answer.json()["title"]
    given = f"{address}&texture=loam&groundwater_depth_m=1.5&groundwater_ec_ds_m=3"
    assert desk.get(given).status_code == 200


def test_groundwater_comes_from_a_kept_raster_where_no_table_says_it(desk, county, tmp_path):
    names = ("groundwater_depth_m", "groundwater_ec_ds_m")
    api.import_raster(county, salty_desk.raster(tmp_path / "groundwater.tif", names=names, values=(2.5, 6.0)))
    (tmp_path / "g.csv").write_text(f"region,texture\n{here.COUNTY},壤土\n", encoding="utf-8")
    api.import_ground(county, tmp_path / "g.csv")
    address = f"parcels/2024/{SOUTHERN}/options?map=salinity&years=2"
    for language, texture in (("en", "loam"), ("zh", "壤土")):
        ground = asked(desk, address, headers=SPEAKS[language])["ground"]
        assert (ground["texture"], ground["groundwater_depth_m"], ground["groundwater_ec_ds_m"]) == (texture, 2.5, 6.0)
    given = asked(desk, f"{address}&groundwater_depth_m=1.2")["ground"]
    assert given["groundwater_depth_m"] == 1.2, "what is said at the parcel goes before"


def test_without_weather_no_water_is_followed(desk, county):
    (county.root / "salt/weather.csv").unlink()
    answer = desk.get(f"/api/v1/soil/parcels/2024/{PARCEL}/options?map=salinity")
    assert (answer.status_code, answer.json()["code"]) == (422, "SALT-DESK-WEATHER")


def test_what_was_told_is_told_anew_after_other_weather_came(desk, tmp_path):
    address = f"/api/v1/soil/parcels/2024/{PARCEL}/options?map=salinity&years=2"
    first = desk.get(address)
    assert desk.get(address, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    wet = salty_desk.weather(tmp_path / "w.csv").read_text("utf-8").replace(",45,", ",145,")
    job = over(desk, begun(desk.post("/api/v1/imports/weather", files={"file": ("w.csv", wet.encode())})))
    assert job["state"] == "done"
    again = desk.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200 and again.json()["options"] != first.json()["options"]


def test_a_reader_of_one_township_sees_its_parcels_and_no_map(as_role):
    browser = as_role("viewer", here.NORTH)
    assert browser.get("/api/v1/soil/maps").status_code == 403
    assert browser.get(f"/api/v1/soil/parcels/2024/{PARCEL}?map=salinity&region={here.NORTH}").status_code == 200
    assert browser.get(f"/api/v1/soil/parcels/2024/{SOUTHERN}?map=salinity&region={here.NORTH}").status_code == 404
    assert browser.get(f"/api/v1/soil/parcels/2024/{SOUTHERN}?map=salinity").status_code == 403


def test_a_trial_is_kept_beside_its_map(desk):
    assert asked(desk, "maps/salinity")["validation"] is None
    body = {"samples": "spring", "folds": 3, "map": "salinity"}
    job = over(desk, begun(desk.post("/api/v1/soil/validations", json=body)))
    assert job["state"] == "done", job
    kept = asked(desk, "maps/salinity")["validation"]
    assert [one["method"] for one in kept["scores"]] == ["tilth", "mean", "nearest", "kriging", "forest"]
    assert 0 < kept["coverage_90"]["overall"] <= 1 and kept["random_split_flatters"]


def test_samples_are_told_with_how_each_value_was_come_by(desk):
    told = asked(desk, "samples/spring")
    assert told["placed"] == len(told["points"]["features"]) == 140
    made = {(one["column"], one["unit"]): one for one in told["conversions_made"]}
    salt = made["ec_ds_m", "µS/cm"]
    assert (salt["rows"], salt["method"]) == (140, "× 0.001") and salt["value"] == float(salt["stated"]) / 1000
    west, south, east, north = asked(desk, "maps/salinity")["bounds"]
    for point in told["points"]["features"]:
        lon, lat = point["geometry"]["coordinates"]
        assert west < lon < east and south < lat < north


def test_only_rasters_on_the_grid_that_is_kept_come_in(desk, tmp_path):
    good = salty_desk.raster(tmp_path / "more.tif").read_bytes()

    def bring(content, name="more.tif"):
        return desk.post("/api/v1/imports/raster", files={"file": (name, content)})

    job = over(desk, begun(bring(good, "terrain.tif")))
    assert job["problem"]["code"] == "SOIL-RASTER-TWICE", "its bands are called as those that are kept"
    off = salty_desk.raster(tmp_path / "off.tif", salty_desk.Place(left=here.X - 95.0)).read_bytes()
    assert over(desk, begun(bring(off)))["problem"]["code"] == "SOIL-RASTER-GRID"
    assert over(desk, begun(bring(good, "stack.tif")))["state"] == "done", "the same again takes its place"
    assert bring(b"II*\0 and no raster").status_code == 202
    for content in (b"<VRTDataset/>", b"not a raster", b"\x89HDF\r\n\x1a\n\0"):
        assert bring(content).json()["code"] == "WEB-FILE-KIND"
    assert [one["name"] for one in asked(desk, "rasters")] == ["stack"]
    assert asked(desk, "rasters")[0]["bands"] == ["wet", "high"]
