"""A footprint is drawn or dropped, and judged; whatever is sent, the answer is a verdict or a problem."""

from __future__ import annotations

import io
import json
import stat
import zipfile

import desk_county as here
import pytest

from tilth import api
from tilth.web import uploads

CHECK = "/api/v1/checks?year=2024"


def test_a_drawn_footprint_gets_the_verdict_of_the_command_line(desk, county, tmp_path):
    drawn = here.footprint(here.square(0, 0), here.square(4, 1))
    file = tmp_path / "footprint.geojson"
    file.write_text(json.dumps(drawn))
    found = desk.post(CHECK, json=drawn).json()
    own = json.loads(json.dumps(api.check(county, file, year=2024).as_record(), default=str))
    del own["picture"]
    assert {name: found[name] for name in own} == own
    assert not found["clear"] and found["hits"][0]["layer"] == "pbf"


def test_hits_come_as_shapes_for_the_map(desk):
    found = desk.post(CHECK, json=here.footprint(here.square(0, 0))).json()
    assert len(found["hits_geojson"]["features"]) == len(found["hits"])
    hit = found["hits_geojson"]["features"][0]
    assert hit["properties"]["area_dm2"] == found["hits"][0]["area_dm2"]
    assert all(112 < x < 114 and 31 < y < 32 for x, y, *_ in hit["geometry"]["coordinates"][0])


def test_nothing_of_a_check_is_kept(desk, county):
    desk.post(CHECK, json=here.footprint(here.square(0, 0)))
    assert not (county.root / "reports" / "checks").exists()


def test_a_dropped_archive_is_read_whatever_it_is_called(desk, tmp_path):
    here.layer(tmp_path / "site.shp", here.square(0, 0))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("site.*"):
            archive.write(part, part.name)
    found = desk.post(CHECK, files={"file": ("../../../etc/passwd.csv", packed.getvalue())})
    assert found.status_code == 200 and found.json()["project"] == "passwd"


def test_objections_to_a_hit_are_heard(desk):
    drawn = json.dumps(here.footprint(here.square(0, 0)))
    hit = desk.post(CHECK, files={"file": ("a.geojson", drawn)}).json()["hits"][0]["id"]
    objection = f"hit_id,reason,who,date\n{hit},drawn wrong,Li,2024-05-01\n"
    found = desk.post(CHECK, files={"file": ("a.geojson", drawn), "contests": ("c.csv", objection)}).json()
    assert found["hits"][0]["contest"]["reason"] == "drawn wrong"


def test_a_footprint_beyond_ones_region_is_not_judged(as_role):
    viewer = as_role("viewer", here.NORTH)
    inside, outside = here.footprint(here.square(0, 1)), here.footprint(here.square(0, 2))
    assert viewer.post(CHECK, json=inside).status_code == 403
    assert viewer.post(f"{CHECK}&region={here.NORTH}", json=inside).status_code == 200
    refused = viewer.post(f"{CHECK}&region={here.NORTH}", json=outside)
    assert refused.status_code == 403 and refused.json()["code"] == "WEB-NOT-ALLOWED"


def packed(*members, linked=""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
        if linked:
            link = zipfile.ZipInfo(linked)
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(link, "/etc/passwd")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "INTAKE-TXT-NOT"),
        (b"\x7fELF\x02\x01\x01\0\0", 422, "WEB-FILE-KIND"),
        (b"\x89PNG\r\n\x1a\n\0\0", 422, "WEB-FILE-KIND"),
        (b"PK\x03\x04 no archive at all", 422, "WEB-FILE-KIND"),
        (packed(("../../evil.shp", b"x")), 422, "WEB-ZIP-PLACE"),
        (packed(("/etc/cron.d/evil", b"x")), 422, "WEB-ZIP-PLACE"),
        (packed(("C:\\windows\\evil.shp", b"x")), 422, "WEB-ZIP-PLACE"),
        (packed(("site.shp", b"x"), linked="a.shp"), 422, "WEB-ZIP-PLACE"),
        (packed(("site.shp", bytes(300 << 20))), 413, "WEB-ZIP-TRAP"),
        (packed(*((f"{at}.shp", b"") for at in range(10_001))), 413, "WEB-ZIP-TRAP"),
        (b"<OGRVRTDataSource><OGRVRTLayer name='passwd'/></OGRVRTDataSource>", 422, ""),
        (b'{"type": "FeatureCollection", "features": 7}', 422, ""),
        (b"[" * 100_000, 422, ""),
    ],
)  # fmt: skip
def test_what_is_no_footprint_is_refused_with_a_reason(desk, content, status, code):
    refused = desk.post(CHECK, files={"file": ("site.zip", content)})
    assert refused.status_code == status and refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"].startswith(code) or not code, refused.text


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"hello", "application/json", 422), (b"{", "application/geo+json", 422), (b"x=1", "text/plain", 415),
        (b"x", "multipart/form-data", 400), (b"--b\r\n", "multipart/form-data; boundary=b", 422),
    ],
)  # fmt: skip
def test_a_body_that_is_no_geojson_is_a_problem(desk, body, media, status):
    refused = desk.post(CHECK, content=body, headers={"Content-Type": media})
    assert refused.status_code == status and refused.json()["detail"]


def test_no_file_of_a_reader_stays_behind(desk, monkeypatch, tmp_path):
    monkeypatch.setattr(uploads.tempfile, "tempdir", str(tmp_path))
    for drawn in (here.footprint(here.square(0, 0)), {"type": "nonsense"}):
        desk.post(CHECK, json=drawn)
        desk.post(CHECK, files={"file": ("a.geojson", json.dumps(drawn))})
    assert [one for one in tmp_path.iterdir() if one.name.startswith("tilth-sent")] == []
