"""Attacks by files: each is sent as an office would send a survey, and gets nothing that its sender may not have."""

from __future__ import annotations

import io
import json
import shutil
import socket
import threading
import time
import zipfile

import desk_county as here
import pytest

from tilth.web import guard, room, uploads

CHECK = "/api/v1/checks?year=2024"
SECRET = "the-secret-parcel"


@pytest.fixture
def secret(tmp_path):
    """A layer on the server's disk that nobody asked for."""
    import geopandas as gpd

    path = tmp_path / "secret.gpkg"
    gpd.GeoDataFrame({"BSM": [SECRET]}, geometry=[here.square(0, 0)], crs=4526).to_file(path, layer="secret")
    return path


def vrt(source, layer="secret"):
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="{layer}"><SrcDataSource relativeToVRT="0">{source}</SrcDataSource>'
        f"<SrcLayer>{layer}</SrcLayer></OGRVRTLayer></OGRVRTDataSource>"
    ).encode()


def packed(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def disguises(content):
    """The same content as what a reader may send, by name."""
    for ending in ("gml", "kml", "txt", "json", "geojson", "csv", "gpkg", "zip", "vrt", "xml"):
        yield f"site.{ending}", content
    for ending in ("gml", "kml", "vrt", "shp", "json", "gpkg", "tab", "gdb"):
        yield "site.zip", packed(**{f"site.{ending}": content})


@pytest.mark.parametrize("path", [CHECK, "/api/v1/areas", "/api/v1/ledger/submissions"])
def test_no_file_makes_the_server_read_another_file_of_its_own(desk, secret, path):
    for name, content in disguises(vrt(secret)):
        answer = desk.post(path, files={"file": (name, content)})
        assert answer.status_code in (413, 415, 422), (name, answer.text)
        assert SECRET not in answer.text


def test_no_entity_of_a_document_is_a_file_of_the_server(desk, tmp_path):
    (tmp_path / "secret.txt").write_text(SECRET)
    lines = "112.0,31.5 112.001,31.5 112.001,31.501 112.0,31.5"
    kml = f"""<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]>
    <kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&x;</name><Polygon><outerBoundaryIs>
    <LinearRing><coordinates>{lines}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"""
    for name in ("site.kml", "site.gml"):
        for path in (CHECK, "/api/v1/areas"):
            answer = desk.post(path, files={"file": (name, kml.encode())})
            assert answer.status_code in (200, 422) and SECRET not in answer.text


def test_entities_that_grow_are_not_followed(desk):
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a0 "ha">{entities}]>' + (
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&a11;</name></Placemark></Document></kml>'
    )
    for name in ("site.kml", "site.gml"):
        began = time.monotonic()
        answer = desk.post(CHECK, files={"file": (name, bomb.encode())})
        assert answer.status_code == 422 and time.monotonic() - began < 20, (name, answer.text)


def test_no_file_makes_the_server_ask_another_server(desk):
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        over = threading.Event()

        def listen():
            while not over.is_set():
                try:
                    taken, _ = listening.accept()
                except OSError:
                    continue
                asked.append(taken)
                taken.close()

        thread = threading.Thread(target=listen)
        thread.start()
        port = listening.getsockname()[1]
        here_ = f"http://127.0.0.1:{port}"
        gml = f"""<?xml version="1.0"?><ogr:FeatureCollection xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
        xsi:schemaLocation="http://ogr.maptools.org/ {here_}/a.xsd" xmlns:ogr="http://ogr.maptools.org/"
        xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><ogr:a/></gml:featureMember></ogr:FeatureCollection>"""
        link = f"<kml><NetworkLink><Link><href>{here_}/a.kml</href></Link></NetworkLink></kml>"
        crs = {"type": "link", "properties": {"href": f"{here_}/crs", "type": "ogcwkt"}}
        linked = here.footprint(here.square(0, 0)) | {"crs": crs}
        dtd = f'<?xml version="1.0"?><!DOCTYPE kml SYSTEM "{here_}/a.dtd"><kml/>'
        sent = (
            *disguises(vrt(f"/vsicurl/{here_}/a.gpkg")), *disguises(vrt(f"{here_}/a.geojson")), ("a.gml", gml.encode()),
            ("a.kml", link.encode()), ("a.json", json.dumps(linked).encode()), ("a.kml", dtd.encode()),
            ("a.json", json.dumps({"type": "Topology", "href": here_}).encode()), ("a.txt", here_.encode()),
        )  # fmt: skip
        for name, content in sent:
            assert desk.post(CHECK, files={"file": (name, content)}).status_code in (200, 413, 422), name
        over.set()
        thread.join()
    assert asked == []


@pytest.mark.parametrize(
    "name",
    ["../../../../tmp/evil.geojson", "..\\..\\evil.geojson", "/etc/cron.d/evil.geojson", "a\r\nX-Evil: 1.geojson",
     "a\0b.geojson", "CON.geojson", ".geojson", "a" * 5000 + ".geojson", "<img src=x onerror=alert(1)>.geojson"],
)  # fmt: skip
def test_the_name_of_a_file_leads_nowhere(desk, monkeypatch, tmp_path, name):
    monkeypatch.setattr(uploads.tempfile, "tempdir", str(tmp_path / "sent"))
    (tmp_path / "sent").mkdir()
    before = sorted(one.name for one in tmp_path.iterdir())
    answer = desk.post(CHECK, files={"file": (name, json.dumps(here.footprint(here.square(0, 0))))})
    assert answer.status_code in (200, 400, 422)
    assert "evil" not in answer.headers and "x-evil" not in answer.headers
    assert sorted(one.name for one in tmp_path.iterdir()) == before
    assert not any("<" in str(value) for value in (answer.json().get("project", ""),))


def test_an_archive_in_an_archive_is_not_unpacked(desk):
    inner = packed(**{"site.shp": bytes(100 << 20)})
    for _ in range(5):
        inner = packed(**{"inner.zip": inner})
    began = time.monotonic()
    assert desk.post(CHECK, files={"file": ("site.zip", inner)}).status_code == 422
    assert time.monotonic() - began < 20


def test_an_archive_that_lies_about_its_sizes_does_not_fill_the_disk(desk, monkeypatch, tmp_path):
    """The list at the end of the archive says 10 bytes; what is packed is 300 MiB."""
    monkeypatch.setattr(uploads.tempfile, "tempdir", str(tmp_path))
    content = bytearray(packed(**{"site.geojson": bytes(300 << 20)}))
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    local = content.index(b"PK\x03\x04")
    content[local + 22 : local + 26] = (10).to_bytes(4, "little")
    answer = desk.post(CHECK, files={"file": ("site.zip", bytes(content))})
    assert answer.status_code in (413, 422), answer.text
    assert sum(one.stat().st_size for one in tmp_path.rglob("*") if one.is_file()) < 10 << 20


def test_an_upload_is_refused_before_the_disk_is_full(desk, monkeypatch, tmp_path):
    """Counted as it comes: with less room left than is kept free, nothing more is taken."""
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(room, "free_bytes", lambda: room.KEPT_FREE - 1)
    refused = desk.post(CHECK, files={"file": ("a.geojson", b" " * (2 * room.EVERY))})
    assert (refused.status_code, refused.json()["code"]) == (507, "WEB-NO-ROOM")
    assert shutil.disk_usage(tmp_path).free > usage.free - (64 << 20)
    assert guard.MOST_UPLOAD >= room.EVERY
