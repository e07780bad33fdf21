"""How fast tiles of a survey are drawn beside PostGIS and tipg, of the same parcels, in the same run, by turns.

python benchmarks/tiles.py WORKSPACE --year 2023 --postgis DSN
python benchmarks/tiles.py WORKSPACE --year 2023 --postgis DSN --tipg /other/venv/bin/python

What each tile shows is compared before any time is printed. Nothing is asked twice of any engine, but in the last part.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from shapely.geometry import shape
from tilth import api
from tilth.api.map_sheets import sheet_of
from tilth.land import Store
from tilth.tiles import LAST_ZOOM, Sheet
from tilth.tiles.carrying import exact
from tilth.tiles.world import BITS

import serving

TABLE = "tilth_bench_parcels"
#: Shapes that are smaller in a tile than this may be there or not: each engine draws its own line. [steps²]
SMALL = 64.0
#: Areas of one parcel in a tile may differ by this share of its outline times the steps by which lines are thinned.
THINNED = 3.0
COLUMNS = "id, parcel_id, class_code, farmland, pbf, grade, area_dm2, region_code"
MARGIN = 64 / 4096
#: Points of a large screen.
WINDOW = (1920, 1080)
PLAIN = f"""WITH b AS (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS tile,
    ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => {MARGIN}) AS more),
  t AS (SELECT {COLUMNS}, ST_AsMVTGeom(geom, b.tile, 4096, 64, true) AS geom FROM {TABLE}, b WHERE geom && b.more)
  SELECT ST_AsMVT(t, 'parcels', 4096, 'geom', 'id') FROM t WHERE geom IS NOT NULL"""
THIN = PLAIN.replace("ST_AsMVTGeom(geom,", "ST_AsMVTGeom(ST_Simplify(geom, %(step)s, true),")
_WORLD_M = 2 * np.pi * 6_378_137.0


@dataclass(frozen=True)
class Address:
    """A tile."""

    z: int
    x: int
    y: int

    def __str__(self) -> str:
        return f"{self.z}/{self.x}/{self.y}"


Ask = Callable[[Address], bytes]


@dataclass
class Told:
    """How one engine did at one zoom."""

    seconds: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def line(self, first: Told | None) -> str:
        """Median, 95th percentile, size, and how many times the first engine's."""
        median, late = np.median(self.seconds), np.percentile(self.seconds, 95)
        said = f"{1e3 * median:.1f} | {1e3 * late:.1f} | {np.median(self.sizes) / 1024:.1f}"
        if first is None:
            return f"{said} | |"
        ratios = median / np.median(first.seconds), late / np.percentile(first.seconds, 95)
        return f"{said} | {ratios[0]:.1f} | {ratios[1]:.1f}"


def free_port() -> int:
    """One that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def process(command: Sequence[str], env: dict[str, str] | None = None, heard: bool = False) -> Iterator[Any]:
    """A server, ended afterwards; nothing that it says but to us is kept."""
    quiet = subprocess.DEVNULL
    run = subprocess.Popen(command, env=env, stdout=subprocess.PIPE if heard else quiet, stderr=quiet, text=True)
    try:
        yield run
    finally:
        run.send_signal(signal.SIGINT)
        try:
            run.wait(20)
        except subprocess.TimeoutExpired:
            run.kill()


class Browser:
    """One connection to a server that stays open, as a browser keeps it."""

    def __init__(self, port: int) -> None:
        self.port, self.headers = port, {"Host": f"127.0.0.1:{port}", "Accept-Encoding": "gzip"}
        self.line: socket.socket | None = None

    def get(self, path: str, **more: str) -> tuple[int, bytes, dict[str, str]]:
        """Status, body as it was sent, headers by their names in small letters."""
        return self.ask("GET", path, b"", {**self.headers, **more})

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        """Any request. What Python itself would do with the answer takes as long as a tile does: this is plain."""
        if self.line is None:
            self.line = socket.create_connection(("127.0.0.1", self.port), timeout=600)
            self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.line.sendall(f"{method} {path} HTTP/1.1\r\n{told}\r\n".encode() + body)
        came = b""
        while (end := came.find(b"\r\n\r\n")) < 0:
            came += self._more()
        first, *lines = came[:end].decode("latin-1").split("\r\n")
        said = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        status, rest = int(first.split(" ", 2)[1]), [came[end + 4 :]]
        assert "transfer-encoding" not in said, said
        left = int(said.get("content-length", 0)) - len(rest[0])
        while left > 0:
            rest.append(self._more())
            left -= len(rest[-1])
        return status, b"".join(rest), said

    def _more(self) -> bytes:
        assert self.line is not None
        part = self.line.recv(1 << 18)
        if not part:
            raise ConnectionResetError
        return part

    def close(self) -> None:
        """Hang up; the next request opens another."""
        if self.line is not None:
            self.line.close()
            self.line = None

    def until_up(self, path: str) -> None:
        """Wait until the server answers."""
        for _ in range(600):
            try:
                self.get(path)
            except OSError:
                self.close()
                time.sleep(0.1)
            else:
                return
        raise SystemExit(f"no server at {self.port}")


def unpacked(body: bytes) -> bytes:
    """A tile as its bytes."""
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


@contextmanager
def tilth(workspace: str, year: int) -> Iterator[tuple[Browser, Any]]:
    """Our server, when its map is ready and its tiles are drawn ahead."""
    port = free_port()
    starting = "from tilth.cli import main; main()"
    command = [sys.executable, "-c", starting, "-w", workspace, "serve", "--port", str(port)]
    with process(command, heard=True) as run:
        key = next(found[1] for said in run.stdout if (found := re.search(r"#key=(\S+)", said)))
        threading.Thread(target=run.stdout.read, daemon=True).start()
        browser = Browser(port)
        browser.until_up("/api/v1/health")
        body = json.dumps({"key": key}).encode()
        more = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        said = browser.ask("POST", "/api/v1/session", body, {**browser.headers, **more})[2]
        browser.headers["Cookie"] = said["set-cookie"].split(";", 1)[0]
        while True:
            record = json.loads(unpacked(browser.get("/api/v1/map")[1]))
            mine = next(one for one in record["layers"] if one["id"] == f"survey-{year}")
            if mine["ready"] and mine["drawn_ahead"]:
                break
            if mine["ready"]:  # another year than the newest is drawn ahead once somebody looks at it
                browser.get(f"/api/v1/tiles/survey-{year}/{mine['minzoom']}/0/0.mvt")
            time.sleep(0.5)
        yield browser, run


def load(dsn: str, workspace: Any, year: int, sheet: Sheet) -> Any:
    """The same parcels as a table in Web Mercator with an index, clustered by it; a connection."""
    import psycopg

    connection = psycopg.connect(dsn, autocommit=True)
    survey = Store(workspace).survey(year)
    rows, codes = survey.attributes, survey.codes
    known = connection.execute("SELECT to_regclass(%s)", (TABLE,)).fetchone()
    comment = connection.execute("SELECT obj_description(to_regclass(%s))", (TABLE,)).fetchone()
    if known and known[0] and comment and comment[0] == survey.id:
        return connection
    pbf = np.full(len(rows), -1)
    column: Any = sheet.column("pbf")
    if column is not None:
        pbf[sheet.row] = column.code
    columns = f"{COLUMNS.replace(', ', ' text, ')} text"
    for name, kind in (("id", "bigint"), ("farmland", "int"), ("pbf", "int"), ("grade", "int"), ("area_dm2", "bigint")):
        columns = re.sub(rf"\b{name} text", f"{name} {kind}", columns)
    connection.execute(f"DROP TABLE IF EXISTS {TABLE}")
    connection.execute(f"CREATE TABLE {TABLE} ({columns}, geom geometry(Geometry, 3857))")
    farm = {code: int(code in codes and codes.is_farmland(code)) for code in rows["class_code"].unique()}
    grade = [None if one < 0 else one for one in rows["quality_grade"].to_numpy(np.int64, na_value=-1).tolist()]
    classes, flags = rows["class_code"].tolist(), [None if one < 0 else one for one in pbf.tolist()]
    told = [rows["parcel_id"].tolist(), classes, [farm[code] for code in classes], flags, grade]
    told += [rows["area_dm2"].tolist(), [code or None for code in rows["region_code"].tolist()]]
    with connection.cursor() as cursor, cursor.copy(f"COPY {TABLE} FROM STDIN") as into:
        row, metre = 0, _WORLD_M / 2.0**BITS

        def carried(xy: Any) -> Any:
            return (exact(xy, survey.meta.crs) - 2.0 ** (BITS - 1)) * [metre, -metre]

        for values, offsets in survey.binaries():
            texts = [values[begin:end].tobytes() or None for begin, end in pairwise(offsets.tolist())]
            moved = shapely.transform(shapely.from_wkb(texts), carried)
            for text in shapely.to_wkb(shapely.set_srid(moved, 3857), hex=True, include_srid=True).tolist():
                into.write_row((row + 1, *(column[row] for column in told), text))
                row += 1
    connection.execute(f"CREATE INDEX {TABLE}_geom ON {TABLE} USING gist (geom)")
    connection.execute(f"CLUSTER {TABLE} USING {TABLE}_geom")
    connection.execute(f"ALTER TABLE {TABLE} ADD PRIMARY KEY (id)")
    connection.execute(f"COMMENT ON TABLE {TABLE} IS '{survey.id}'")
    connection.execute(f"VACUUM ANALYZE {TABLE}")
    return connection


@contextmanager
def tipg(python: str | None, dsn: str) -> Iterator[Browser | None]:
    """A server of tipg over the same table; None where it is not asked for."""
    if python is None:
        yield None
        return
    with serving.tipg(python, dsn) as one:
        yield Browser(int(one.url.rpartition(":")[2]))


def addresses(sheet: Sheet, zoom: int, count: int, seed: int) -> list[Address]:
    """Tiles around parcels drawn by chance, each once."""
    chance, found = np.random.default_rng((seed, zoom)), dict[Address, None]()
    for row in chance.permutation(len(sheet)):
        left, top, right, bottom = sheet.tree.box[row]
        found[Address(zoom, int((left + right) / 2) >> (BITS - zoom), int((top + bottom) / 2) >> (BITS - zoom))] = None
        if len(found) == count:
            break
    return list(found)


def features(body: bytes) -> dict[int, Any]:
    """What a tile shows, by the number of the parcel."""
    if not body:
        return {}
    (layer,) = mapbox_vector_tile.decode(unpacked(body), default_options={"y_coord_down": True}).values()
    return {one.get("id") or one["properties"]["id"]: shape(one["geometry"]) for one in layer["features"]}


def compare(at: Address, ours: bytes, theirs: bytes, who: str, limit: float) -> tuple[int, float]:
    """How many parcels both show, and the largest difference of an area as a share of what thinning explains.

    Raises
    ------
    SystemExit
        If one shows a parcel of some size that the other does not, or an area differs by more.
    """
    mine, other = features(ours), features(theirs)
    for here, there, name in ((mine, other, who), (other, mine, "tilth")):
        for number in here.keys() - there.keys():
            if _inner(here[number]) > SMALL:
                raise SystemExit(f"{at}: {name} does not show parcel {number}, of {_inner(here[number]):.0f} steps²")
    worst = 0.0
    for number in mine.keys() & other.keys():
        a, b = _inner(mine[number]), _inner(other[number])
        explained = limit * (shapely.length(other[number]) + shapely.length(mine[number])) / 2.0 + SMALL
        worst = max(worst, abs(a - b) / explained)
    if worst > 1.0:
        raise SystemExit(f"{at}: areas of tilth and {who} differ by {worst:.2f} times what thinning explains")
    return len(mine.keys() & other.keys()), worst


def _inner(found: Any) -> float:
    """Area within the tile without its margin, which each engine cuts in its own way. [steps²]"""
    return float(shapely.area(shapely.clip_by_rect(shapely.make_valid(found), 0, 0, 4096, 4096)))


def memory_mb(pid: int) -> tuple[float, float]:
    """What a process holds of its own, and with the files that it maps. [MB]"""
    said = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = {name: int(re.search(rf"{name}:\s+(\d+)", said)[1]) / 1024 for name in ("RssAnon", "VmRSS")}  # type: ignore[index]
    return found["RssAnon"], found["VmRSS"]


def main() -> None:
    """See above."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("workspace")
    given.add_argument("--year", type=int, required=True)
    given.add_argument("--postgis", required=True, help="connection string of a database with the extension")
    given.add_argument("--tipg", help="a Python that has tipg and uvicorn")
    given.add_argument("--tiles", type=int, default=40, help="tiles of each zoom")
    given.add_argument("--seed", type=int, default=17)
    given.add_argument("--keep", action="store_true", help="leave the table for the next run")
    asked = given.parse_args()
    place = api.open_workspace(asked.workspace)
    sheet = sheet_of(place, Store(place).in_use(asked.year))
    connection = load(asked.postgis, place, asked.year, sheet)
    server = connection.execute("SELECT postgis_lib_version(), current_setting('server_version')").fetchone()
    connection.execute("SET jit = off")
    zooms = range(sheet.first_zoom, LAST_ZOOM + 1)
    with tilth(asked.workspace, asked.year) as (ours, run), tipg(asked.tipg, asked.postgis) as theirs:

        def by_tilth(at: Address) -> bytes:
            return ours.get(f"/api/v1/tiles/survey-{asked.year}/{at}.mvt")[1]

        def by_sql(query: str) -> Ask:
            def run_it(at: Address) -> bytes:
                values = {"z": at.z, "x": at.x, "y": at.y, "step": 2.0 * _WORLD_M / 2 ** (at.z + 12)}
                with connection.cursor(binary=True) as cursor:
                    return bytes(cursor.execute(query, values).fetchone()[0] or b"")

            return run_it

        engines: dict[str, Ask] = {"tilth": by_tilth, "postgis": by_sql(PLAIN), "postgis-simplify": by_sql(THIN)}
        if theirs is not None:
            path = f"/collections/public.{TABLE}/tiles/WebMercatorQuad/{{}}"
            engines["tipg"] = lambda at: theirs.get(path.format(at))[1]
        told: dict[tuple[int, str], Told] = {}
        shown: dict[int, list[int]] = {}
        worst = 0.0
        for zoom in zooms:  # every engine and its database once ahead of the clock, over the same ground
            for ask in engines.values():
                ask(addresses(sheet, zoom, 1, asked.seed + 1)[0])
        before = memory_mb(run.pid)
        for zoom in zooms:
            drawn: list[tuple[Address, dict[str, bytes]]] = []
            for browser in (ours, theirs):
                if browser is not None:
                    browser.close()  # a server may have hung up while answers were compared
            for ask in engines.values():
                ask(addresses(sheet, zoom, 1, asked.seed + 1)[0])
            for at in addresses(sheet, zoom, asked.tiles, asked.seed):
                bodies = {}
                for name, ask in engines.items():
                    begin = time.perf_counter()
                    bodies[name] = ask(at)
                    one = told.setdefault((zoom, name), Told())
                    one.seconds.append(time.perf_counter() - begin)
                    one.sizes.append(len(bodies[name]))
                drawn.append((at, bodies))
            for at, bodies in drawn:
                for name, body in bodies.items():
                    if name != "tilth":
                        limit = THINNED if zoom < LAST_ZOOM else 1.0
                        both, off = compare(at, bodies["tilth"], body, name, limit + 2.0 * (name == "postgis-simplify"))
                        worst = max(worst, off)
                        if name == "postgis":
                            shown.setdefault(zoom, []).append(both)
        ours.close()
        again, known = Told(), Told()
        for at in addresses(sheet, zooms[0], asked.tiles, asked.seed):
            begin = time.perf_counter()
            body = by_tilth(at)
            again.seconds.append(time.perf_counter() - begin)
            again.sizes.append(len(body))
            tag = ours.get(f"/api/v1/tiles/survey-{asked.year}/{at}.mvt")[2]["etag"]
            begin = time.perf_counter()
            status, body, _ = ours.get(f"/api/v1/tiles/survey-{asked.year}/{at}.mvt", **{"If-None-Match": tag})
            known.seconds.append(time.perf_counter() - begin)
            known.sizes.append(len(body))
            assert status == 304, status
        first = first_paint(ours, sheet, asked.year)
        after = memory_mb(run.pid)
    print(f"{len(sheet):,} parcels, {platform.machine()}, {os.cpu_count()} processors", end="; ")
    print(f"PostGIS {server[0]}, PostgreSQL {server[1]}")
    print(f"Answers agree: largest difference of an area {worst:.2f} of what thinning explains.\n")
    print("| zoom | parcels in a tile | engine | median ms | p95 ms | kB | × median | × p95 |")
    print("|---|---|---|---|---|---|---|---|")
    for (zoom, name), one in told.items():
        ours_ = None if name == "tilth" else told[zoom, "tilth"]
        print(f"| {zoom} | {int(np.median(shown[zoom]))} | {name} | {one.line(ours_)} |")
    every = {name: Told() for name in engines}
    for (_, name), one in told.items():
        every[name].seconds += one.seconds
        every[name].sizes += one.sizes
    for name, one in every.items():
        print(f"| all | | {name} | {one.line(None if name == 'tilth' else every['tilth'])} |")
    print(
        f"\nAgain: {1e3 * np.median(again.seconds):.2f} ms; known by its tag: {1e3 * np.median(known.seconds):.2f} ms"
    )
    print(f"First view at {first[0]}: {first[1]} pictures, {first[2] / 1024:.0f} kB, {1e3 * first[3]:.0f} ms in a row")
    print(f"Memory of the server, its own and with what it maps: {before[0]:.0f} and {before[1]:.0f} MB", end="; ")
    print(f"after the run {after[0]:.0f} and {after[1]:.0f} MB")
    if not asked.keep:
        connection.execute(f"DROP TABLE {TABLE}")


def first_paint(browser: Browser, sheet: Sheet, year: int) -> tuple[str, int, int, float]:
    """What a large window loads first, the whole county in view: zoom, pictures, bytes, seconds."""
    left, top, right, bottom = sheet.tree.box[-1]

    def point(zoom: int) -> float:
        return 2.0 ** (BITS - zoom - 8)

    zoom = 0
    while (right - left) / point(zoom + 1) <= WINDOW[0] and (bottom - top) / point(zoom + 1) <= WINDOW[1]:
        zoom += 1
    sides = (left + right) / 2, (top + bottom) / 2
    first, last = (
        [
            int(middle + way * length / 2 * point(zoom)) >> (BITS - zoom)
            for middle, length in zip(sides, WINDOW, strict=True)
        ]
        for way in (-1, 1)
    )
    size, count, begin = len(browser.get("/api/v1/map")[1]), 0, time.perf_counter()
    for x in range(first[0], last[0] + 1):
        for y in range(first[1], last[1] + 1):
            size += len(browser.get(f"/api/v1/tiles/overview/{year}/{zoom}/{x}/{y}.png?by=class")[1])
            count += 1
    return f"zoom {zoom}", count, size, time.perf_counter() - begin


if __name__ == "__main__":
    main()
