"""Many people at one server at once, on a large workspace: errors, times, memory; beside plain PostGIS, and tipg.

python benchmarks/desk.py WORKSPACE --year 2023 --users 50 --minutes 5 --postgis DSN
python benchmarks/desk.py WORKSPACE --year 2023 --users 50 --minutes 5 --postgis DSN --tipg /other/venv/bin/python
python benchmarks/desk.py WORKSPACE --year 2023 --minutes 30              # memory

The workspace is written to: entries are posted in its land book. What peers answer is compared before any time is
printed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2 as httpx
import numpy as np
import psycopg
import shapely
import shapely.affinity
from tilth import api
from tilth.api.map_sheets import sheet_of
from tilth.api.on_maps import lonlat
from tilth.land import Snapshot, Store

import serving
import tiles
from serving import Memory, Served, postgis

TABLE = "tilth_desk"
LAST_ZOOM = 16
#: Plane and ellipsoid differ by a scale, which within one footprint is one number to this share.
SCALE = 3e-5
#: … and areas are told in whole 0.01 m².
ROUNDED_M2 = 0.03
#: Large polygons are cut to so many vertices for the peer that knows how to.
CUT = 128
#: The memory of the first part of a run says nothing: caches fill.
WARM = 0.3
V1 = "/api/v1"


def footprints(survey: Snapshot, count: int, seed: int) -> list[Any]:
    """Projects around parcels drawn by chance: blocks of 1 to 60 ha, and one in five a corridor of up to 5 km."""
    chance, found = random.Random(seed), []
    rows = np.random.default_rng(seed).choice(len(survey.bounds), count, replace=False)
    for left, low, right, high in survey.bounds[rows].tolist():
        if chance.random() < 0.2:
            long, wide = chance.uniform(500, 5_000), chance.uniform(10, 40)
        else:
            long = wide = math.sqrt(chance.uniform(10_000, 600_000))
            long *= chance.uniform(1, 2)
        box = shapely.box(-long / 2, -wide / 2, long / 2, wide / 2)
        turned = shapely.affinity.rotate(box, chance.uniform(0, 180))
        moved = shapely.affinity.translate(turned, (left + right) / 2, (low + high) / 2)
        found.append(shapely.transform(moved, lambda xy: np.round(xy, 4)))
    return found


def tile_at(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """The tile of Web Mercator in which a place lies."""
    north = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * 2**zoom), int(north * 2**zoom)


def parcels(survey: Snapshot, count: int, seed: int, zooms: list[int]) -> list[dict[str, Any]]:
    """Parcels by chance, and the tiles that they lie in."""
    rows = np.random.default_rng(seed + 1).choice(len(survey.bounds), count, replace=False)
    box = survey.bounds[rows]
    places = shapely.get_coordinates(
        lonlat(shapely.points((box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2), survey.meta.crs)
    )
    ids = survey.attributes["parcel_id"].iloc[rows].tolist()
    return [
        {"id": id, "tiles": {str(zoom): tile_at(lon, lat, zoom) for zoom in zooms}}
        for id, (lon, lat) in zip(ids, places.tolist(), strict=True)
    ]


def tables(dsn: str, land: dict[str, Snapshot]) -> str:
    """The survey and its layers as clustered tables with an index, large polygons cut as well; what serves them."""
    about = "; ".join(f"{kind} {one.id[:16]}" for kind, one in land.items())
    with psycopg.connect(dsn, autocommit=True) as connection:
        known = connection.execute(f"SELECT obj_description(to_regclass('{TABLE}_parcels'))").fetchone()
        said = connection.execute("SELECT postgis_lib_version(), current_setting('server_version')").fetchone()
        server = "PostGIS {}, PostgreSQL {}".format(*(said or ("?", "?")))
        if known and known[0] == about:
            return server
        for kind, one in land.items():
            name, epsg = f"{TABLE}_{kind}", int(one.meta.crs.rpartition(":")[2])
            ids = one.attributes["parcel_id" if kind == "parcels" else "feature_id"].tolist()
            connection.execute(f"DROP TABLE IF EXISTS {name}, {name}_cut")
            connection.execute(f"CREATE TABLE {name} (id text, g geometry(Geometry, {epsg}))")
            row = 0
            with connection.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN") as into:
                for values, offsets in one.binaries():
                    texts = [values[a:b].tobytes() or None for a, b in pairwise(offsets.tolist())]
                    shapes = shapely.set_srid(shapely.from_wkb(texts), epsg)
                    for text in shapely.to_wkb(shapes, hex=True, include_srid=True).tolist():
                        into.write_row((ids[row], text))
                        row += 1
            if kind != "parcels":
                connection.execute(f"CREATE TABLE {name}_cut AS SELECT id, ST_Subdivide(g, {CUT}) AS g FROM {name}")
            for each in (name,) if kind == "parcels" else (name, f"{name}_cut"):
                connection.execute(f"CREATE INDEX {each}_g ON {each} USING gist (g)")
                connection.execute(f"CLUSTER {each} USING {each}_g")
                connection.execute(f"VACUUM ANALYZE {each}")
        connection.execute(f"COMMENT ON TABLE {TABLE}_parcels IS '{about}'")
        return server


def statements(land: dict[str, Snapshot]) -> dict[str, str]:
    """What PostGIS is asked: plainly; and as one does who knows it, with polygons cut beforehand, whole ones spared."""
    epsg = land["parcels"].meta.crs.rpartition(":")[2]
    drawn = f"WITH f AS MATERIALIZED (SELECT ST_SetSRID(ST_GeomFromGeoJSON(%s), {epsg}) AS s) "
    plain = [
        f"SELECT '{kind}', id, ST_Area(ST_Intersection(g, s)) FROM {TABLE}_{kind}, f WHERE ST_Intersects(g, s)"
        for kind in land
    ]
    area = "CASE WHEN ST_CoveredBy(g, s) THEN ST_Area(g) ELSE ST_Area(ST_Intersection(g, s)) END"
    cut = [
        f"SELECT '{kind}', id, sum({area}) FROM {TABLE}_{kind}{'' if kind == 'parcels' else '_cut'}, f "
        "WHERE ST_Intersects(g, s) GROUP BY id"
        for kind in land
    ]
    return {"postgis": drawn + " UNION ALL ".join(plain), "postgis-cut": drawn + " UNION ALL ".join(cut)}


#: Where tipg shows the parcels, and what a function answers of a footprint.
TILES = f"/collections/public.{tiles.TABLE}/tiles/WebMercatorQuad"
FUNCTION = "footprint_areas"
ITEMS = f"/collections/public.{FUNCTION}/items?limit=1000000&footprint="


def publish(dsn: str, statement: str) -> None:
    """A statement about a footprint as a function that tipg finds."""
    asked = statement.replace("%s", "footprint")
    rows = "RETURNS TABLE (kind text, id text, area double precision)"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"DROP FUNCTION IF EXISTS {FUNCTION}(text)")
        connection.execute(
            f"CREATE FUNCTION {FUNCTION}(footprint text) {rows} LANGUAGE sql STABLE SET jit = off AS $f$ {asked} $f$"
        )


def told(name: str, peer: Served, geometry: str) -> list[tuple[str, str, float]]:
    """What a peer answers of a footprint."""
    if name != "tipg":
        return list(map(tuple, httpx.post(peer.url, content=geometry, timeout=600).json()))
    found = httpx.get(f"{peer.url}{ITEMS}{quote(geometry, safe='')}", timeout=600).raise_for_status().json()
    rows = [one["properties"] for one in found["features"]]
    return [(one["kind"], one["id"], one["area"]) for one in rows]


def compare_tiles(client: httpx.Client, peer: Served, year: int, places: list[dict[str, Any]]) -> str:
    """What tiles of Tilth and of tipg show has to be the same, see `tiles.compare`.

    Raises
    ------
    SystemExit
        If it is not.
    """
    shown, worst = 0, 0.0
    for number, place in enumerate(places):
        zoom = list(place["tiles"])[number % len(place["tiles"])]
        at = tiles.Address(int(zoom), *place["tiles"][zoom])
        ours = client.get(f"{V1}/tiles/survey-{year}/{at}.mvt").raise_for_status().content
        theirs = httpx.get(f"{peer.url}{TILES}/{at}", timeout=600).raise_for_status().content
        limit = tiles.THINNED if int(zoom) < LAST_ZOOM else 1.0
        both, off = tiles.compare(at, ours, theirs, "tipg", limit)
        shown, worst = shown + both, max(worst, off)
    return (
        f"{len(places)} tiles, {shown:,} shapes in both; the largest difference {worst:.2f} of what thinning explains"
    )


def drawn(shape: Any, crs: str) -> dict[str, Any]:
    """A footprint as Tilth and as the peers take it."""
    geometry = shapely.to_geojson(shape)
    name = "urn:ogc:def:crs:EPSG::" + crs.rpartition(":")[2]
    feature = {"type": "Feature", "properties": {}, "geometry": json.loads(geometry)}
    about = {"type": "name", "properties": {"name": name}}
    return {"ours": {"type": "FeatureCollection", "crs": about, "features": [feature]}, "theirs": geometry}


def compare(client: httpx.Client, peers: dict[str, Served], year: int, shapes: list[Any], crs: str) -> str:
    """What Tilth and each peer answer of some footprints has to be the same; so have both answers of Tilth.

    Raises
    ------
    SystemExit
        If it is not.
    """
    pairs, worst = 0, 0.0
    for number, shape in enumerate(shapes):
        asked = drawn(shape, crs)
        found = client.post(f"{V1}/checks/areas?year={year}", json=asked["ours"]).raise_for_status().json()
        ours = {
            (each["layer"], one.get("parcel_id", one["id"])): one["area_dm2"] / 100
            for each in found["layers"]
            for one in each["features"]
        }
        verdict = client.post(f"{V1}/checks?year={year}", json=asked["ours"]).raise_for_status().json()
        for hit in verdict["hits"]:
            own = ours.get((hit["layer"], hit["feature_id"]))
            if own is not None and abs(hit["area_dm2"] / 100 - own) > ROUNDED_M2 + SCALE * own:
                raise SystemExit(f"footprint {number}: the verdict says {hit['area_dm2']} dm² of {hit['feature_id']}")
        scale = float(shapely.area(shape)) / (found["area_dm2"] / 100)
        for name, peer in peers.items():
            theirs = {(kind, id): area / scale for kind, id, area in told(name, peer, asked["theirs"])}
            for pair in ours.keys() | theirs.keys():
                a, b = ours.get(pair, 0.0), theirs.get(pair, 0.0)
                if abs(a - b) > ROUNDED_M2 + SCALE * max(a, b):
                    raise SystemExit(f"footprint {number}: {pair}: tilth {a:.2f} m², {name} {b:.2f} m²")
                worst = max(worst, abs(a - b) - ROUNDED_M2 / 2)
            pairs += len(theirs)
    return f"{len(shapes)} footprints, {pairs:,} areas of peers; the largest difference beyond rounding {worst:.3f} m²"


def open_book(client: httpx.Client, region: str, day: str, run: str) -> None:
    """Land that entries can be posted about."""
    lines = [
        {"region": region, "account": "OPENING", "area_m2": "-50000000.00"},
        {"region": region, "account": "LAND:0201", "area_m2": "50000000.00"},
    ]
    entry = {"id": f"load-{run}", "kind": "OPENING", "posting_date": day, "evidence": "load", "lines": lines}
    client.post(f"{V1}/ledger/entries", json={"entries": [entry]}).raise_for_status()


def warm(client: httpx.Client, year: int, shape: Any, crs: str) -> None:
    """Everything once, as it is when an office has worked for a while; and wait until the map is ready."""
    while True:
        layers = client.get(f"{V1}/map").raise_for_status().json()["layers"]
        if all(one["ready"] and one["drawn_ahead"] for one in layers if one["id"] == f"survey-{year}"):
            break
        time.sleep(1)
    for path in ("today", f"accounts?year={year}&level=township", f"standing?year={year}", "ledger/balance"):
        client.get(f"{V1}/{path}").raise_for_status()
    for path in ("checks/areas", "checks"):
        client.post(f"{V1}/{path}?year={year}", json=drawn(shape, crs)["ours"]).raise_for_status()


def report(found: dict[str, Any], seconds: float, peers: list[str]) -> Iterator[str]:
    """Lines of the tables."""
    yield "| kind | requests | answers | median ms | p95 ms | p99 ms | max ms |"
    yield "|---|--:|---|--:|--:|--:|--:|"
    late = {}
    for kind, times in sorted(found["seconds"].items()):
        middle, p95, p99, most = (1e3 * value for value in np.percentile(times, [50, 95, 99, 100]))
        late[kind] = middle, p95
        answers = ", ".join(f"{status}: {count:,}" for status, count in sorted(found["statuses"][kind].items()))
        yield f"| {kind} | {len(times):,} | {answers} | {middle:.1f} | {p95:.1f} | {p99:.1f} | {most:.0f} |"
    total = sum(map(len, found["seconds"].values()))
    yield f"\n{total:,} requests in {seconds:.0f} s, {total / seconds:.0f} a second; **errors {found['wrong']}**"
    yield from (f"- {said}" for said in found["errors"])
    for name in peers:
        for what, ours, theirs in (("Footprint", "areas", name), ("Tile", "tile", f"tile-{name}")):
            if ours in late and theirs in late:
                ratio = [other / own for other, own in zip(late[theirs], late[ours], strict=True)]
                yield f"\n{what} against {name}: {ratio[0]:.1f} times faster at the median, {ratio[1]:.1f} times at p95"


def main() -> None:
    """See above."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("workspace")
    given.add_argument("--year", type=int, required=True)
    given.add_argument("--users", type=int, default=50)
    given.add_argument("--minutes", type=float, default=5.0)
    given.add_argument("--think", type=float, default=2.0, help="seconds between two pages, in the mean")
    given.add_argument("--verdicts", type=float, default=0.25, help="share of footprints that get a whole verdict too")
    given.add_argument("--postgis", help="connection string of a database with the extension: ask peers too")
    given.add_argument("--peers", default="postgis,postgis-cut", help="that are asked by a statement")
    given.add_argument("--tipg", help="a Python that has tipg and uvicorn: ask it for footprints and tiles")
    given.add_argument("--peer-tiles", type=float, default=0.25, help="share of maps whose tiles tipg is asked for too")
    given.add_argument("--workers", type=int, default=1, help="processes of each server")
    given.add_argument("--connections", type=int, default=2 * (os.cpu_count() or 1), help="of a peer to its database")
    given.add_argument("--compare", type=int, default=40, help="footprints whose answers are compared")
    given.add_argument("--seed", type=int, default=17)
    asked = given.parse_args()
    place = api.open_workspace(asked.workspace)
    store = Store(place)
    survey = store.survey(asked.year)
    land = {"parcels": survey, **{kind: some[0] for kind, some in store.layers(asked.year).items()}}
    shapes, crs = footprints(survey, 300, asked.seed), survey.meta.crs
    run, day = f"{int(time.time()):x}", f"{asked.year}-12-31"
    with ExitStack() as stack:
        peers: dict[str, Served] = {}
        said = "no peers"
        if asked.postgis:
            said = tables(asked.postgis, land)
            for name, statement in statements(land).items():
                if name in asked.peers.split(","):
                    peers[name] = stack.enter_context(
                        postgis(asked.postgis, statement, asked.connections, asked.workers)
                    )
            if asked.tipg:
                publish(asked.postgis, statements(land)["postgis-cut"])
                sheet = sheet_of(place, store.in_use(asked.year))
                tiles.load(asked.postgis, place, asked.year, sheet).close()
                peers["tipg"] = stack.enter_context(
                    serving.tipg(asked.tipg, asked.postgis, workers=asked.workers, connections=asked.connections)
                )
        ours = stack.enter_context(serving.tilth(asked.workspace, asked.workers))
        client = ours.session()
        for _ in range(1 if asked.workers == 1 else 6 * asked.workers):  # whichever process is free answers
            with closing(ours.session()) as one:
                warm(one, asked.year, shapes[0], crs)
        open_book(client, place.region, day, run)
        same = compare(client, peers, asked.year, shapes[: asked.compare], crs)
        zooms = next(
            list(range(one["minzoom"], LAST_ZOOM + 1))
            for one in client.get(f"{V1}/map").json()["layers"]
            if one["id"] == f"survey-{asked.year}"
        )
        places = parcels(survey, 2_000, asked.seed, zooms)
        if "tipg" in peers:
            same += "\n" + compare_tiles(client, peers["tipg"], asked.year, places[: asked.compare])
        about = {"tipg": {"items": ITEMS, "tiles": TILES}}
        plan = {
            "url": ours.url, "key": ours.key,
            "peers": {name: {"url": one.url, **about.get(name, {})} for name, one in peers.items()},
            "peer_tiles": asked.peer_tiles,
            "year": asked.year, "users": asked.users, "seconds": 60 * asked.minutes, "think_s": asked.think,
            "verdicts": asked.verdicts, "seed": asked.seed, "run": run, "day": day, "region": place.region,
            "zooms": zooms, "parcels": places,
            "footprints": [drawn(shape, crs) for shape in shapes],
        }  # fmt: skip
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        command = [sys.executable, str(Path(__file__).with_name("users.py")), "plan.json", "seen.json"]
        begin = time.monotonic()
        with Memory(ours.pid).watched() as memory:
            subprocess.run(command, cwd=folder, check=True)
        seconds = time.monotonic() - begin
        found = json.loads((folder / "seen.json").read_text(encoding="utf-8"))
        booked = client.get(f"{V1}/ledger/balance?account=LAND:0103").raise_for_status().json()
    print(f"{survey.meta.rows_stored:,} parcels, {datetime.now(UTC).date()}, {platform.machine()}", end=", ")
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; {said}")
    print(
        f"{asked.users} users, {asked.think:g} s between pages, {asked.minutes:g} min, {asked.workers} process(es) each"
    )
    print(f"Answers agree: {same}\n")
    print("\n".join(report(found, seconds, list(peers))))
    print(f"\nThe book holds {sum(one['booked_area_dm2'] for one in booked) / 100:,.2f} m² of LAND:0103\n")
    print("| min | own MB | with mapped files MB |\n|--:|--:|--:|")
    print("\n".join(memory.rows()))
    print(f"\nOwn memory grows by {memory.slope(WARM):+.1f} MB/h after the first {WARM:.0%} of the run")


if __name__ == "__main__":
    main()
