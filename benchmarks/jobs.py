"""The jobs: year by year, parcels by layers, one footprint by warm layers, files to flow matrix, a real cadastre."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from answers import Matrix, Pieces, compare, compare_ground, compare_ground_matrix, compare_matrices, near_origin
from commands import Workspace, peer_command
from contest import Entry, Row, contest
from county import County
from peers import Engine, Layer
from peers.model import Polygons

LAYERS = ("pbf", "towns", "townships", "ecology")
_WARM_UP = 5
#: Peers that read files by themselves, run as processes of their own.
COMMANDS = ("sedonadb", "duckdb", "geopandas", "shapely-expert")
#: Recorded areas may differ from measured ones by this share, and levelled flows by this much. [-], [m²]
RECORDED_SHARE, RECORDED_M2 = 1e-6, 0.5


@dataclass
class Bench:
    """One county, the engines to compare on it, and every layer as each engine holds it."""

    county: County
    engines: dict[str, Engine]
    rounds: int
    footprints: int = 300  # how many are asked
    _layers: dict[str, Layer] = field(default_factory=dict)
    _held: dict[tuple[str, str], Any] = field(default_factory=dict)

    def layer(self, name: str) -> Layer:
        """A layer of the county."""
        if name not in self._layers:
            shapes = gpd.read_parquet(self.county.path(name), columns=["geometry"]).geometry.to_numpy()
            self._layers[name] = Layer(name, shapes, self.county.made["crs"])
        return self._layers[name]

    def held(self, engine: Engine, name: str) -> Any:
        """That layer as `engine` holds it."""
        key = engine.name, name
        if key not in self._held:
            self._held[key] = engine.hold(self.layer(name))
        return self._held[key]

    @property
    def parcels(self) -> int:
        """Parcels of the first year."""
        return int(self.county.made["files"]["y1"]["polygons"])

    def able(self, what: str) -> dict[str, Engine]:
        """Engines that can do `what`."""
        return {name: engine for name, engine in self.engines.items() if what in engine.does}


def warm_up(engine: Engine, layer: Layer) -> None:
    """One small overlay, so that nobody's first compilation or connection is timed."""
    longest = np.argsort(shapely.get_num_coordinates(layer.polygons))[-20:]  # which some engines cut
    few = Layer("few", np.concatenate([layer.polygons[:200], layer.polygons[longest]]), layer.crs)
    engine.pairs(engine.hold(few), engine.hold(few))


def pair_job(bench: Bench, job: str, left: str, rights: tuple[str, ...], kept: bool = False) -> list[Row]:
    """Cold overlay of layer `left` with each of `rights`; or, if `kept`, of what engines keep about them."""
    entries = {}
    for name, engine in bench.able("kept" if kept else "pairs").items():
        run = _kept_run if kept else _cold_run
        entries[name] = _entry(engine, bench, left, rights, run)
    referees = [near_origin(bench.layer(left).polygons, bench.layer(right).polygons) for right in rights]

    def judge(name: str, other: str, one: list[Pieces], two: list[Pieces]) -> float:
        return max(compare(name, other, *pair) for pair in zip(one, two, referees, strict=True))

    return contest(job, bench.parcels, entries, judge, bench.rounds, _told_all)


Run = Callable[[Engine, Bench, str, tuple[str, ...]], Callable[[], list[Pieces]]]


def _entry(engine: Engine, bench: Bench, left: str, rights: tuple[str, ...], run: Run) -> Entry:
    call = run(engine, bench, left, rights)
    shapes = bench.layer(left).polygons
    twin = engine.in_plane(*_middle(shapes))
    if twin is engine:
        return Entry(call)

    def comparable(answer: list[Pieces]) -> list[Pieces]:
        plane = run(twin, bench, left, rights)()
        for own, measured in zip(plane, answer, strict=True):
            compare_ground(own, measured, shapely.bounds(shapes), bench.layer(left).crs)
        return plane

    return Entry(call, comparable)


def _cold_run(engine: Engine, bench: Bench, left: str, rights: tuple[str, ...]) -> Callable[[], list[Pieces]]:
    one, others = bench.held(engine, left), [bench.held(engine, right) for right in rights]
    return lambda: engine.job(one, others)


def _kept_run(engine: Engine, bench: Bench, left: str, rights: tuple[str, ...]) -> Callable[[], list[Pieces]]:
    one = engine.keep(bench.held(engine, left))
    others = [engine.keep(bench.held(engine, right)) for right in rights]
    return lambda: [engine.kept_pairs(one, other) for other in others]


def matrix_job(bench: Bench, job: str, before: str, after: str) -> list[Row]:
    """From two files to ground by class before and class after."""
    paths = bench.county.path(before), bench.county.path(after)
    box = shapely.total_bounds(bench.layer(before).polygons)
    reading: list[float] = []

    def entry(engine: Engine) -> Entry:
        twin = engine.in_plane(*_middle(bench.layer(before).polygons))

        def comparable(answer: Any) -> Any:
            reading.append(getattr(engine, "reading_s", 0.0))
            if twin is engine:
                return answer
            plane = twin.matrix(*paths)
            compare_ground_matrix(plane, answer, box, bench.county.made["crs"])
            return plane

        return Entry(lambda: engine.matrix(*paths), comparable)

    entries = {name: entry(engine) for name, engine in bench.able("matrix").items()}
    rows = contest(job, bench.parcels, entries, compare_matrices, bench.rounds, lambda flows: f"{len(flows)} flows")
    for row in rows:
        spent = getattr(bench.engines[row.engine], "reading_s", 0.0)
        if spent and row.seconds:
            row.note = f"{100 * (1 - spent / row.seconds[-1]):.0f} % of its time is not reading"
    return rows


def command_job(bench: Bench, job: str, before: str, after: str) -> list[Row]:
    """Whole processes: `tilth flows`, with what its import prepared and without, beside the same matrix by peers."""
    paths = bench.county.path(before), bench.county.path(after)
    folder = bench.county.folder / f"workspace-{after}"
    box, crs = shapely.total_bounds(bench.layer(before).polygons), bench.county.made["crs"]
    peers = [engine for name, engine in bench.able("matrix").items() if name in COMMANDS]
    entries = {one.name: Entry(peer_command(one.name, *paths, one.threads)) for one in peers}
    if "tilth" in bench.engines:
        made = Workspace.of(folder, *paths)
        entries["tilth"] = Entry(made.flows, lambda _: made.matrix())
        entries["tilth, nothing kept"] = Entry(lambda: (made.forget(), made.flows())[1], lambda _: made.matrix())

    def judge(name: str, other: str, one: Matrix, two: Matrix) -> float:
        if name.startswith("tilth") or not other.startswith("tilth"):
            return compare_matrices(name, other, one, two)
        # Peers measure in the plane, and the command levels to recorded areas, which are the survey's.
        return compare_ground_matrix(one, two, box, crs, share=RECORDED_SHARE, least_m2=RECORDED_M2)

    return contest(job, bench.parcels, entries, judge, bench.rounds, lambda flows: f"{len(flows)} flows")


def footprint_job(bench: Bench, job: str, in_a_row: int) -> list[Row]:
    """Footprints by every engine in turn, so many in a row, with five layers kept warm: times are per footprint."""
    names = ("y1", *LAYERS)
    shapes = bench.layer("footprints").polygons[: bench.footprints]
    engines = bench.able("footprint")
    kept = {name: engine.keep_all([bench.held(engine, layer) for layer in names]) for name, engine in engines.items()}
    rows = {name: Row(job, bench.parcels, name) for name in engines}
    pieces = 0
    for start in range(0, len(shapes), in_a_row):
        some = shapes[start : start + in_a_row]
        told = {name: _timed_footprints(rows[name], engine, some, kept[name]) for name, engine in engines.items()}
        for number, shape in enumerate(some):
            known: tuple[str, list[Pieces]] | None = None
            for name, engine in engines.items():
                answer = _plane_footprint(bench, engine, shape, names, told[name][number])
                if known is None:
                    known = name, answer
                    pieces += sum(len(found.left) for found in answer)
                else:
                    rows[name].off_m2 = max(rows[name].off_m2, _judge_all(known[0], name, known[1], answer))
    for row in rows.values():
        row.answer = f"{pieces:,} pieces"
    return list(rows.values())


def _timed_footprints(row: Row, engine: Engine, shapes: Polygons, kept: list[Any]) -> list[list[Pieces]]:
    """The answers to one footprint after the other; the first few are asked once before."""
    for shape in shapes[:_WARM_UP] if len(shapes) > 1 else ():
        engine.footprint(shapely.from_wkb(shapely.to_wkb(shape)), kept)
    answers = []
    for shape in shapes:
        own = shapely.from_wkb(shapely.to_wkb(shape))
        began = perf_counter()
        answers.append(engine.footprint(own, kept))
        row.seconds.append(perf_counter() - began)
    return answers


def _plane_footprint(
    bench: Bench, engine: Engine, shape: Any, names: tuple[str, ...], answer: list[Pieces]
) -> list[Pieces]:
    twin = engine.in_plane(*_middle(bench.layer("y1").polygons))
    if twin is engine:
        return answer
    plane = twin.footprint(shape, _twin_kept(bench, twin, names))
    for own, measured in zip(plane, answer, strict=True):
        compare_ground(own, measured, shapely.bounds(np.array([shape])), bench.layer("y1").crs)
    return plane


def _twin_kept(bench: Bench, twin: Engine, names: tuple[str, ...]) -> Any:
    key = f"{twin.name} in the plane", " ".join(names)
    if key not in bench._held:
        bench._held[key] = twin.keep_all([twin.hold(bench.layer(name)) for name in names])
    return bench._held[key]


def cambridge(data: Path, engines: dict[str, Engine], rounds: int) -> list[Row]:
    """Two years of a real city cadastre, digitised twice: almost no edge of one lies on an edge of the other."""
    found = sorted((data / "parcels_cambridge_ma").glob("*.topojson"))[:2]
    if len(found) < 2:
        return []
    made: dict[str, Any] = {"crs": "EPSG:26986", "files": {}}
    bench = Bench(County(data, made), engines, rounds)
    for name, path in zip(("2013", "2014"), found, strict=True):
        bench._layers[name] = Layer(name, _repaired(path), made["crs"])
    made["files"] = {"y1": {"polygons": len(bench.layer("2013").polygons)}}
    return pair_job(bench, "cambridge", "2013", ("2014",))


def _repaired(path: Path) -> Polygons:
    """Polygons in metres, invalid ones made valid, the same for every engine."""
    frame = gpd.read_file(path).set_crs("EPSG:4326", allow_override=True).to_crs("EPSG:26986")
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    parts, row = shapely.get_parts(shapely.make_valid(shapes), return_index=True)
    kept = np.isin(shapely.get_type_id(parts), (3, 6))
    flat, again = shapely.get_parts(parts[kept], return_index=True)
    rows = row[kept][again]
    return np.array([shapely.multipolygons(flat[rows == at]) for at in np.unique(rows)], dtype=object)


def _middle(shapes: Polygons) -> tuple[float, float]:
    box = shapely.total_bounds(shapes)
    return round(float(box[0] + box[2]) / 2), round(float(box[1] + box[3]) / 2)


def _judge_all(name: str, other: str, one: list[Pieces], two: list[Pieces]) -> float:
    return max(compare(name, other, a, b) for a, b in zip(one, two, strict=True))


def _told_all(answer: list[Pieces]) -> str:
    return f"{sum(len(found.left) for found in answer):,} pieces"
