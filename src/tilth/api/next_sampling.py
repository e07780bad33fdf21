"""Where to sample next: a design by covariates or by a map's doubt, day trips, a GeoPackage and a field sheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth import __version__
from tilth.api.raster_parcels import RasterParcels, parcels_under, raster_folder
from tilth.api.soil_finished import write_about
from tilth.core import BadInput, Label, label, message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tilth.core import FloatArray, IntArray
    from tilth.intake import CovariateRasters
    from tilth.report import Listing
    from tilth.report.model import Kind
    from tilth.runtime import Workspace
    from tilth.soil import Trips

FOLDER, TABLE, PACKAGE, ABOUT = "next-samples", "next-samples.csv", "next-samples.gpkg", "next-samples.json"
FORMATS = ("docx", "pdf", "xlsx")
#: Cells that a design chooses from: drawn at random where there are more.
POOL = 6_000
_CELLS = 1 << 20
_EC, _LOWER, _UPPER = "ec.tif", "lower", "upper"


@dataclass(frozen=True)
class NextSamples:
    """n places in the order of their numbers."""

    folder: Path
    design: str
    seed: int
    crs: str
    x: FloatArray
    y: FloatArray
    lon: FloatArray
    lat: FloatArray
    parcel: tuple[str, ...]
    names: tuple[str, ...]  # of what was looked at
    values: npt.NDArray[np.object_]  # (n, names) numbers or kinds
    trips: Trips
    per_day: int
    pool: int
    cost: float | None  # of a Latin hypercube
    share: FloatArray | None  # of doubt that each takes
    said: Label

    def records(self) -> list[dict[str, Any]]:
        """A row for each place."""
        return [
            {
                "number": at + 1, "day": int(self.trips.day[at]), "order": int(self.trips.order[at]),
                "x": round(float(self.x[at]), 2), "y": round(float(self.y[at]), 2),
                "lon": round(float(self.lon[at]), 7), "lat": round(float(self.lat[at]), 7), "parcel": self.parcel[at],
                **dict(zip(self.names, self.values[at].tolist(), strict=True)),
                **({} if self.share is None else {"doubt_share": float(self.share[at])}),
            }
            for at in range(len(self.x))
        ]  # fmt: skip

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "folder": str(self.folder),
            "files": sorted(one.name for one in self.folder.iterdir() if one.is_file()),
            "design": self.design, "seed": self.seed, "crs": self.crs, "places": self.records(), "pool": self.pool,
            "cost": self.cost, "doubt_taken": None if self.share is None else float(self.share.sum()),
            "days": [
                {"day": day, "places": int((self.trips.day == day).sum()), "km": length / 1000}
                for day, length in enumerate(self.trips.length, start=1)
            ],
            "said": str(self.said),
        }  # fmt: skip


def soil_next_samples(
    workspace: Workspace,
    count: int,
    *,
    design: str = "latin",
    rasters: Sequence[str | Path] = (),
    kinds: Sequence[str] = (),
    map: str = "salinity",
    reach: float | None = None,
    samples: str | None = None,
    year: int | None = None,
    per_day: int = 10,
    seed: int = 0,
    name: str = FOLDER,
    made_on: str | None = None,
    formats: Sequence[str] = FORMATS,
) -> NextSamples:
    """Places to sample into the workspace's `next-samples/NAME`: table, GeoPackage, map, field sheets.

    Parameters
    ----------
    design
        "latin": `count` cells that stand for the covariates `rasters`, of which `kinds` are kinds; "uncertainty": cells
        where the interval of the finished map `map` is widest.
    reach
        How far a sample takes doubt away; without, the side of a square that each of the places would have. [m]
    samples
        A stored set of samples that were taken already: doubt is not looked for near them (design by uncertainty).
    year
        Only on parcels of that survey.
    per_day
        Places of a day at most.
    seed
        Of everything that is drawn; the same seed gives the same places.

    Raises
    ------
    BadInput, NotFound
        If there is no such map, set or survey, or too few cells to choose from.
    """
    import numpy as np

    from tilth.intake import CovariateRasters
    from tilth.soil import DESIGNS, refuse_count, trips

    if design not in DESIGNS:
        raise BadInput("SOIL-NEXT-DESIGN", given=design, known=", ".join(DESIGNS))
    refuse_count(count, count)
    trips(np.zeros(1), np.zeros(1), per_day)  # a wrong number of places a day is told before the work
    folder = workspace.root / FOLDER / Path(raster_folder(workspace, name)).name
    with CovariateRasters(_files(workspace, design, rasters, map)) as opened:
        known = None if samples is None else _taken(workspace, samples, opened.grid.crs)
        land = None if year is None else parcels_under(workspace, year, opened.grid, apart="SOIL-NEXT-APART")
        x, y, values = _pool(opened, land, seed, workspace)
        crs, grid_names = opened.grid.crs, opened.names
    refuse_count(len(x), count)
    cost: float | None
    share: FloatArray | None
    if design == "latin":
        at, names, told, cost, share, said = _by_covariates(x, values, grid_names, kinds, count, seed)
        shade, widest = np.zeros(len(x)), ""
    else:
        at, names, told, cost, share, said, shade, widest = _by_doubt(
            x, y, values, grid_names, map, count, reach, known, seed
        )
    lon, lat = _degrees(x[at], y[at], crs)
    days = trips(x[at], y[at], per_day)
    done = NextSamples(
        folder, design, seed, crs, x[at], y[at], lon, lat, _parcels(land, x[at], y[at]), names, told, days, per_day,
        len(x), cost, share, said,
    )  # fmt: skip
    _written(done, workspace, np.column_stack([x, y, shade]), widest, known, land, made_on or _today(), formats)
    return done


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _files(workspace: Workspace, design: str, rasters: Sequence[str | Path], map: str) -> list[Path]:
    if design == "latin":
        if not rasters:
            raise BadInput("SOIL-NEXT-RASTERS")
        return [Path(one) for one in rasters]
    file = Path(raster_folder(workspace, map)) / _EC
    if not file.is_file():
        raise BadInput("SOIL-NEXT-MAP", map=map)
    return [file]


def _pool(
    rasters: CovariateRasters, land: RasterParcels | None, seed: int, workspace: Workspace
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """x, y (m,) and values (m, bands) of cells with every value, on parcels where a survey is given; drawn by `seed`
    where there are more than `POOL`."""
    import numpy as np

    from tilth.soil import cell_shares

    grid = rasters.grid
    on: npt.NDArray[np.bool_] | None = None
    if land is not None:
        shares = cell_shares(land.shapes, grid, kept=workspace.root / "rasters" / ".shares")
        cover = np.zeros(grid.width * grid.height, dtype=np.float32)
        np.add.at(cover, shares.cell, shares.share)
        on = cover > 0.5
    rows = max(1, _CELLS // grid.width)

    def blocks() -> Iterator[tuple[int, FloatArray, npt.NDArray[np.bool_]]]:
        for row in range(0, grid.height, rows):
            values = rasters.read(row, min(rows, grid.height - row)).astype(np.float64)
            there: npt.NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=0))
            first = row * grid.width
            if on is not None:
                there = np.logical_and(there, on[first : first + values.shape[1]])
            yield first, values, there

    whole = sum(int(there.sum()) for _, _, there in blocks())
    drawn = np.arange(whole)
    if whole > POOL:
        drawn = np.sort(np.random.default_rng(seed).choice(whole, POOL, replace=False))
    cells, held, before = [], [], 0
    for first, values, there in blocks():
        at = np.flatnonzero(there)
        own = at[drawn[(drawn >= before) & (drawn < before + len(at))] - before]
        cells.append(own + first)
        held.append(values[:, own].T)
        before += len(at)
    cell = np.concatenate(cells).astype(np.int64)
    x = grid.left + (cell % grid.width + 0.5) * grid.cell_x
    y = grid.top - (cell // grid.width + 0.5) * grid.cell_y
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), np.concatenate(held)


def _by_covariates(
    x: FloatArray, values: FloatArray, names: Sequence[str], kinds: Sequence[str], count: int, seed: int
) -> tuple[IntArray, tuple[str, ...], Any, float, None, Label]:
    import numpy as np

    from tilth.soil import latin

    for one in kinds:
        if one not in names:
            raise BadInput("SOIL-NEXT-KIND", name=one, known=", ".join(names))
    plain = [at for at, one in enumerate(names) if one not in kinds]
    coded = [at for at, one in enumerate(names) if one in kinds]
    texts = [np.array([f"{one:g}" for one in values[:, at]], dtype=object) for at in coded]
    found = latin(values[:, plain], texts, count, seed=seed)
    told = np.empty((count, len(names)), dtype=object)
    for at in plain:
        told[:, at] = [float(one) for one in values[found.chosen, at]]
    for at, text in zip(coded, texts, strict=True):
        told[:, at] = text[found.chosen]
    said = label(
        "SOIL-NEXT-SAID-LATIN", count=count, bands=", ".join(names), pool=f"{len(x):,}", seed=seed,
        cost=f"{found.cost:.3g}",
    )  # fmt: skip
    return found.chosen, tuple(names), told, found.cost, None, said


def _by_doubt(
    x: FloatArray, y: FloatArray, values: FloatArray, names: Sequence[str], map: str, count: int, reach: float | None,
    known: FloatArray | None, seed: int,
) -> tuple[IntArray, tuple[str, ...], Any, None, FloatArray, Label, FloatArray, str]:  # fmt: skip
    import numpy as np

    from tilth.soil import unsure

    width = values[:, list(names).index(_UPPER)] - values[:, list(names).index(_LOWER)]
    far = float(np.sqrt(np.ptp(x) * np.ptp(y) / count)) if reach is None else reach
    found = unsure(x, y, width, count, far, known=known)
    told = np.array([[float(one)] for one in width[found.chosen]], dtype=object)
    said = label(
        "SOIL-NEXT-SAID-UNCERTAINTY", count=count, map=map, reach=f"{far:,.0f}", share=f"{found.share.sum():.1%}",
        pool=f"{len(x):,}", seed=seed,
    )  # fmt: skip
    widest = float(np.quantile(width, 0.98)) or 1.0
    shade = np.clip(width / widest, 0.0, 1.0)
    return found.chosen, ("interval_ds_m",), told, None, found.share, said, shade, f"{widest:.3g}"


def _taken(workspace: Workspace, name: str, crs: str) -> FloatArray:
    """(k, 2) Places of a stored set of samples."""
    import numpy as np

    from tilth.soil import get_samples

    held = get_samples(workspace, name)
    points = held.frame.geometry.dropna()
    if not held.meta.crs or not len(points):
        raise BadInput("SOIL-NEXT-PLACELESS", name=held.name)
    moved = points.to_crs(crs)
    return np.column_stack([moved.x.to_numpy(), moved.y.to_numpy()])


def _degrees(x: FloatArray, y: FloatArray, crs: str) -> tuple[FloatArray, FloatArray]:
    import numpy as np
    import pyproj

    lon, lat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def _parcels(land: RasterParcels | None, x: FloatArray, y: FloatArray) -> tuple[str, ...]:
    """The parcel that each place lies in, "" where there is none."""
    import shapely

    out = [""] * len(x)
    if land is not None:
        at, parcel = shapely.STRtree(land.shapes).query(shapely.points(x, y), predicate="intersects")
        for one, other in sorted(zip(at.tolist(), parcel.tolist(), strict=True), reverse=True):
            out[one] = str(land.ids[other])
    return tuple(out)


# --- files ---------------------------------------------------------------------------------------------------------


def _written(
    done: NextSamples, workspace: Workspace, pool: FloatArray, widest: str, known: FloatArray | None,
    land: RasterParcels | None, made_on: str, formats: Sequence[str],
) -> None:  # fmt: skip
    from tilth.core import speaking
    from tilth.report import Paper, Part, Provenance, next_samples_map, write_paper

    done.folder.mkdir(parents=True, exist_ok=True)
    _table(done)
    _packaged(done, made_on)
    title = label("SOIL-NEXT-TITLE")
    for lang in ("en", "zh"):
        with speaking(lang):
            picture = next_samples_map(
                done.x, done.y, done.trips.day, done.trips.order, pool, done.crs, title, lang, known=known,
                parcels=None if land is None else land.shapes, widest=widest,
            )  # fmt: skip
            (done.folder / f"next-samples-{lang}.png").write_bytes(picture)
            days = message("SOIL-NEXT-SAID-DAYS", days=len(done.trips.length), per_day=done.per_day)
            parts = [Part(str(title), (str(done.said), days), (), picture, str(title), (_days_list(done),))]
            parts += [
                Part(f"{label('SOIL-NEXT-SHEET')} · {label('SOIL-NEXT-DAY', day=day)}", lists=(_sheet(done, day),))
                for day in range(1, len(done.trips.length) + 1)
            ]
            paper = Paper(
                title, Label(workspace.name, workspace.name), None, tuple(parts),
                Provenance(f"tilth {__version__}"), made_on, workbook=(_sheet(done), _days_list(done)),
            )  # fmt: skip
            write_paper(paper, done.folder, f"next-samples-{lang}", [one for one in formats if one != "csv"])
    write_about(done, ABOUT)


def _table(done: NextSamples) -> None:
    from tilth.core import safe_cell

    rows = done.records()
    with (done.folder / TABLE).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([safe_cell(one) for one in rows[0]])
        for row in rows:
            writer.writerow([safe_cell(one) if isinstance(one, str) else one for one in row.values()])


def _packaged(done: NextSamples, made_on: str) -> None:
    """Places and the way of each day, as layers."""
    import geopandas as gpd
    import numpy as np
    import shapely

    from tilth.report import Category, StyledLayer, write_geopackage, zone_colour

    frame = gpd.GeoDataFrame(
        gpd.pd.DataFrame(done.records()).astype({"day": str}), geometry=shapely.points(done.x, done.y), crs=done.crs
    )
    days = range(1, len(done.trips.length) + 1)
    colours = tuple(Category(str(one), label("SOIL-NEXT-DAY", day=one), zone_colour(one - 1)) for one in days)
    ways, kept = [], []
    for one in days:
        own = np.flatnonzero(done.trips.day == one)
        own = own[np.argsort(done.trips.order[own])]
        if len(own) > 1:
            ways.append(shapely.linestrings(np.column_stack([done.x[own], done.y[own]])))
            kept.append(one)
    lines = gpd.GeoDataFrame(
        {"day": [str(one) for one in kept], "km": [done.trips.length[one - 1] / 1000 for one in kept]},
        geometry=ways, crs=done.crs,
    )  # fmt: skip
    layers = [StyledLayer("places", label("SOIL-NEXT-TITLE"), frame, "day", colours)]
    if len(lines):
        layers.append(StyledLayer("days", label("SOIL-NEXT-DAYS"), lines, "day", colours, filled=False))
    write_geopackage(layers, done.folder / PACKAGE, made_on)


def _sheet(done: NextSamples, day: int | None = None) -> Listing:
    """The field sheet, of one day or of all, in the order of the way; the last columns are to be written in."""
    from tilth.report import ListColumn, Listing

    rows = sorted(done.records(), key=lambda one: (one["day"], one["order"]))
    body = [
        (
            one["number"], f"{one['day']}.{one['order']}", round(one["x"], 1), round(one["y"], 1),
            round(one["lon"], 6), round(one["lat"], 6), one["parcel"], _why(done, one), "", "", "", "",
        )
        for one in rows
        if day is None or one["day"] == day
    ]  # fmt: skip
    kinds: dict[str, Kind] = {"number": "count", **dict.fromkeys(("x", "y", "lon", "lat"), "number")}
    names = ("number", "order", "x", "y", "lon", "lat", "parcel", "why", "date", "depths", "bag", "note")
    columns = tuple(ListColumn(one, label(f"SOIL-NEXT-COL-{one.upper()}"), kinds.get(one, "text")) for one in names)
    return Listing("field-sheet", label("SOIL-NEXT-SHEET"), columns, tuple(body))


def _why(done: NextSamples, one: dict[str, Any]) -> str:
    if done.share is not None:
        return message("SOIL-NEXT-WIDTH", width=f"{one['interval_ds_m']:.2f}")
    values = (one[name] for name in done.names)
    told = (each if isinstance(each, str) else f"{each:.3g}" for each in values)
    return "; ".join(f"{name} {each}" for name, each in zip(done.names, told, strict=True))


def _days_list(done: NextSamples) -> Listing:
    from tilth.report import ListColumn, Listing

    rows = tuple(
        (day, int((done.trips.day == day).sum()), round(length / 1000, 1))
        for day, length in enumerate(done.trips.length, start=1)
    )
    columns = (
        ListColumn("day", label("SOIL-NEXT-COL-DAY"), "count"),
        ListColumn("places", label("SOIL-NEXT-COL-PLACES"), "count"),
        ListColumn("km", label("SOIL-NEXT-COL-KM"), "number"),
    )
    return Listing("days", label("SOIL-NEXT-DAYS"), columns, rows)
