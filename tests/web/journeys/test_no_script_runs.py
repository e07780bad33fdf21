"""Scripts in texts: whatever somebody typed into whichever field, the pages show it as text, and nothing runs."""

from __future__ import annotations

import json
import time

import pytest
import requests
from test_pages_for_everybody import PATHS, settled

KEY = "the-key-printed-at-the-start"
SCRIPT, IMAGE = "<script>ran=1</script>", "<img src=x onerror=ran=1>"
BOTH = f"\"'>{IMAGE}{SCRIPT}"
LINK = "javascript:ran=1"


class Attacker:
    """Somebody with every right, who types scripts into every field that is kept."""

    def __init__(self, url: str) -> None:
        self.url, self.web = f"{url}/api/v1", requests.Session()
        self.web.headers["X-CSRF-Token"] = self.web.post(f"{self.url}/session", json={"key": KEY}).json()["csrf"]

    def sends(self, path: str, *, ends: bool = False, **what: object) -> requests.Response:
        answer = self.web.post(f"{self.url}{path}", timeout=120, **what)
        if ends:
            assert answer.status_code == 202, answer.text
            job = answer.json()["id"]
            until = time.monotonic() + 120
            while time.monotonic() < until and self.state(job) not in ("done", "failed"):
                time.sleep(0.2)
        return answer

    def state(self, job: str) -> str:
        return self.web.get(f"{self.url}/jobs/{job}", timeout=60).json()["state"]

    def entry(self, id: str, **more: object) -> dict[str, object]:
        held = self.web.get(f"{self.url}/ledger/balance", timeout=120).json()
        plain = [one for one in held if one["name"].startswith("LAND:03") and one["available_area_dm2"] > 1000]
        account = next(one for one in plain if not (one["pbf"] or one["paddy"] or one["stable"] or one["grade"]))
        lines = [
            {"region": account["region"], "account": account["name"], "area_m2": "-0.01"},
            {"region": account["region"], "account": "LAND:0404", "area_m2": "0.01"},
        ]
        return {"id": id, "kind": "CHANGE", "posting_date": "2025-03-01", "evidence": BOTH, "lines": lines} | more


@pytest.fixture
def typed(desk) -> list[str]:
    """Where scripts were typed in, and kept."""
    attacker, kept = Attacker(desk.url), []

    def tried(what: str, answer: requests.Response) -> None:
        if answer.status_code < 300:
            kept.append(what)

    tried("person", attacker.sends("/people", json={"name": "mallory", "shown": BOTH}))
    tried("entry", attacker.sends("/ledger/entries", json={"entries": [attacker.entry(f"e{IMAGE}")]}))
    held = attacker.entry(f"r{IMAGE}", posting_date="2026-03-01", expires="2027-03-01")
    tried("reservation", attacker.sends("/ledger/reservations", json={"entries": [held]}))
    rows = f'code,name,level,parent,group\n999901997,"{IMAGE}",township,999901,"{SCRIPT}"\n'
    tried("region", attacker.sends("/imports/regions", ends=True, files={"file": ("a.csv", rows)}))
    shape = {
        "type": "Polygon",
        "coordinates": [[[112, 31.5], [112.01, 31.5], [112.01, 31.51], [112, 31.51], [112, 31.5]]],
    }
    feature = {"type": "Feature", "properties": {"BSM": BOTH, "name": BOTH, "url": LINK}, "geometry": shape}
    layer = json.dumps({"type": "FeatureCollection", "features": [feature]})
    for kind in ("ecology", IMAGE):
        asked = {"kind": kind, "label": BOTH[:100], "year": "2024"}
        sent = {"file": (f"{IMAGE}.geojson", layer)}
        tried("layer", attacker.sends("/imports/layer", ends=True, params=asked, files=sent))
    bad = f'region,year,holding_ha\n"{IMAGE}",2024,"{SCRIPT}"\n'
    tried("finding", attacker.sends("/imports/tasks", ends=True, files={"file": (f"{SCRIPT}.csv", bad)}))
    tried("report", attacker.sends("/statements", ends=True, json={"year": 2024, "compiled_by": IMAGE}))
    return kept


def test_nothing_that_was_typed_in_runs_on_any_page(clerk, typed, full):
    if clerk.language == "zh" and not full:
        pytest.skip("the other language with TILTH_FULL=1")
    assert {"person", "entry", "layer", "finding"} <= set(typed), typed
    page, shown, ran = clerk.page, [], []
    page.on("dialog", lambda one: (ran.append("dialog"), one.dismiss()))
    for path in (*PATHS, f"admin/{IMAGE}", f"today?region={IMAGE}", f"accounts?year={SCRIPT}", f"nowhere?x={IMAGE}"):
        page.goto(f"/{path}")
        settled(page)
        page.evaluate("() => document.querySelectorAll('#page details').forEach((one) => { one.open = true; })")
        told = page.evaluate(
            "() => ({ran: 'ran' in window, images: document.querySelectorAll('img[src=x], [onerror]').length,"
            " links: document.querySelectorAll('a[href^=\"javascript\"]').length,"
            " scripts: [...document.scripts].filter((one) => one.textContent.includes('ran=1')).length})"
        )
        assert told == {"ran": False, "images": 0, "links": 0, "scripts": 0}, path
        if IMAGE in page.locator("body").inner_text():
            shown.append(path)
    assert ran == [] and len(shown) >= 3, shown


def test_a_footprint_with_scripts_in_its_texts_is_judged_and_shown_as_text(clerk, desk):
    page = clerk.page
    page.goto("/check")
    settled(page)
    bounds = page.evaluate("fetch('/api/v1/map').then((one) => one.json()).then((one) => one.bounds)")
    west, south, east, north = bounds
    x, y = (west + east) / 2, (south + north) / 2
    ring = [[x, y], [x + 0.002, y], [x + 0.002, y + 0.002], [x, y + 0.002], [x, y]]
    feature = {"type": "Feature", "properties": {"plot_name": BOTH, "name": BOTH, "DKMC": BOTH},
               "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    content = json.dumps({"type": "FeatureCollection", "name": BOTH, "crs": crs, "features": [feature]}).encode()
    page.locator("input[type=file]").set_input_files(
        {"name": f"{IMAGE}.geojson", "mimeType": "application/geo+json", "buffer": content}
    )
    clerk.waits_for(".answer")
    assert page.evaluate("'ran' in window") is False
    assert page.locator("img[src=x], [onerror]").count() == 0
