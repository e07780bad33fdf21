"""Where land grows saltier: trends over a stack of yearly rasters, cell by cell and parcel by parcel."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tilth.api.raster_parcels import RasterParcels, parcels_under, raster_folder
from tilth.api.soil_finished import write_about
from tilth.core import BadInput, Finding, NeedsAnswer, Where, label

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tilth.core import FloatArray
    from tilth.intake import YearRasters
    from tilth.runtime import Workspace
    from tilth.soil import Grid, TrendBlocks, Trends

TREND, DIRECTION, ABOUT, PARCELS, WORSE = "trend.tif", "direction.tif", "trend.json", "parcels.csv", "salinising.csv"
_CORRELATED = 0.15
_PICTURE = 1_400  # cells across, at most


@dataclass(frozen=True)
class ParcelTrends:
    """What n parcels of a survey do. Areas of all directions add up to the survey."""

    year: int
    ids: tuple[str, ...]
    area_dm2: tuple[int, ...]
    direction: tuple[str, ...]
    trends: Trends
    share: tuple[float, ...]  # of each parcel's tested ground whose cells grow saltier; NaN where none was tested
    limit: float  # the largest p that was called a trend; -1 where none was

    def records(self) -> list[dict[str, Any]]:
        """A row for each parcel."""
        found = self.trends
        return [
            {
                "parcel_id": self.ids[at], "area_dm2": self.area_dm2[at], "trend": self.direction[at],
                "years": int(found.years[at]), "slope": _number(found.slope[at]), "low": _number(found.low[at]),
                "high": _number(found.high[at]), "p": _number(found.p[at]), "saltier_share": _number(self.share[at]),
            }
            for at in range(len(self.ids))
        ]  # fmt: skip

    def worse(self) -> list[dict[str, Any]]:
        """Rows of parcels that grow saltier, the steepest first."""
        rows = [one for one in self.records() if one["trend"] == "salinising"]
        return sorted(rows, key=lambda one: (-abs(one["slope"]), one["parcel_id"]))

    def summary(self) -> list[dict[str, Any]]:
        """Parcels and area by direction."""
        return [
            {
                "trend": one, "parcels": self.direction.count(one),
                "area_dm2": sum(a for a, d in zip(self.area_dm2, self.direction, strict=True) if d == one),
            }
            for one in _directions()
        ]  # fmt: skip


@dataclass(frozen=True)
class SoilTrend:
    """Finished trends: their folder, by which rule they were called, and what covers how much."""

    folder: Path
    band: str
    years: tuple[int, ...]
    grid: Grid
    least: int
    rate: float
    dependence: str
    saltier: str
    tests: int
    limit: float
    serial: float
    cells: Mapping[str, int]  # by direction
    areas: Mapping[str, int]  # [dm²]
    parcels: ParcelTrends | None
    findings: tuple[Finding, ...]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        grid, parcels = self.grid, self.parcels
        return {
            "folder": str(self.folder),
            "files": sorted(one.name for one in self.folder.iterdir() if one.is_file()),
            "band": self.band, "years": list(self.years), "width": grid.width, "height": grid.height, "crs": grid.crs,
            "least_years": self.least, "false_discovery_rate": self.rate, "dependence": self.dependence,
            "saltier": self.saltier, "tests": self.tests, "p_limit": None if self.limit < 0 else self.limit,
            "serial_correlation": _number(self.serial),
            "cells": [
                {"trend": one, "cells": self.cells[one], "area_dm2": self.areas[one]} for one in _directions()
            ],
            "parcels": None if parcels is None else {
                "year": parcels.year, "p_limit": None if parcels.limit < 0 else parcels.limit,
                "rows": parcels.summary(), "salinising": parcels.worse(),
            },
            "findings": [one.as_record() for one in self.findings],
        }  # fmt: skip


def _directions() -> tuple[str, ...]:
    from tilth.soil import DIRECTIONS

    return tuple(DIRECTIONS.values())


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def soil_trend(
    workspace: Workspace,
    files: Sequence[str | Path],
    *,
    band: str = "",
    years: Sequence[int] = (),
    bands: Sequence[str] = (),
    mask: str | Path | None = None,
    mask_values: Sequence[int] = (),
    mask_least: float = 0.5,
    least: int = 10,
    rate: float = 0.05,
    dependence: str = "positive",
    saltier: str = "higher",
    survey: int | None = None,
    name: str = "trend",
    rows: int = 0,
) -> SoilTrend:
    """Trends of yearly rasters into the workspace's `rasters/NAME`: rasters, pictures, lists of parcels.

    Parameters
    ----------
    files, years, bands
        One raster a year; the years and names of bands where files do not say them.
    band
        What is followed, by its description; may be left out where every file has just one band in common.
    mask, mask_values, mask_least
        Land that counts, see `covered_share`; a cell counts if at least `mask_least` of it is covered.
    least
        Years with a value that a cell or parcel needs to be tested.
    rate, dependence
        Share of false ones among all that are called trends, see `Tally.limit`; cells and parcels each by themselves.
    saltier
        "higher" where a larger value means saltier land, "lower" as for vegetation indices.
    survey
        The year of the survey whose parcels are tested too.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        If rasters, the mask or the survey cannot be used, or years are too few.
    """
    from tilth.intake import YearRasters, covered_share
    from tilth.soil import SALTIER, ParcelSeries, Tally, cell_shares, trend_blocks

    if saltier not in SALTIER:
        raise BadInput("SOIL-TREND-SALTIER", given=saltier, known=", ".join(SALTIER))
    Tally().limit(rate, dependence)  # a wrong rate is told before the work
    folder = Path(raster_folder(workspace, name))
    with YearRasters([Path(one) for one in files], years=years, bands=bands) as opened:
        chosen = _band(opened, band)
        share = None if mask is None else covered_share(Path(mask), opened.grid, values=mask_values) >= mask_least
        land = None if survey is None else parcels_under(workspace, survey, opened.grid, apart="SOIL-TREND-APART")
        shares = None if land is None else cell_shares(land.shapes, opened.grid, kept=folder.parent / ".shares")
        series = None if shares is None else ParcelSeries(shares, len(opened.years))

        def read(row: int, count: int) -> FloatArray:
            import numpy as np

            values = opened.read(chosen, row, count)
            return values if share is None else np.where(share[row : row + count], values, np.nan)

        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".blocks-", dir=folder) as held:
            blocks = trend_blocks(
                read, opened.grid, opened.years, Path(held), least=least, parcels=series, rows=rows
            )  # fmt: skip
            if not blocks.tally.tests:
                raise BadInput("SOIL-TREND-BLANK", least=least)
            limit = blocks.tally.limit(rate, dependence)
            cells, areas, picture, saltier_share = _written(folder, blocks, limit, saltier, chosen, shares)
        parcels = None
        if land is not None and series is not None:
            parcels = _by_parcel(land, series.series(), opened.years, least, rate, dependence, saltier, saltier_share)
        findings = (*opened.findings, *_serial(blocks.serial, Path(files[0]).name))
        done = SoilTrend(
            folder, chosen, opened.years, opened.grid, least, rate, dependence, saltier, blocks.tally.tests, limit,
            blocks.serial, cells, areas, parcels, findings,
        )  # fmt: skip
    _listed(done)
    _drawn(done, picture, land)
    write_about(done, ABOUT)
    return done


def _band(opened: YearRasters, asked: str) -> str:
    if asked:
        return asked
    if len(opened.names) != 1:
        raise NeedsAnswer("SOIL-TREND-BAND", known=", ".join(opened.names))
    return opened.names[0]


def _serial(serial: float, file: str) -> tuple[Finding, ...]:
    if not serial > _CORRELATED:
        return ()
    return (Finding("SOIL-TREND-SERIAL", Where(file=file), {"serial": f"{serial:.2f}"}),)


@dataclass(frozen=True)
class _Picture:
    """Every n-th cell of every n-th row."""

    direction: npt.NDArray[np.uint8]
    slope: FloatArray


def _written(
    folder: Path, blocks: TrendBlocks, limit: float, saltier: str, band: str, shares: Any
) -> tuple[dict[str, int], dict[str, int], _Picture, FloatArray | None]:
    """Both rasters; cells and dm² by direction; a thinned picture; the share of each parcel that grows saltier."""
    import numpy as np

    from tilth.core import dm2_array
    from tilth.report import write_cog
    from tilth.soil import DIRECTIONS, SALINISING, TREND_BANDS, UNTESTED, directions, row_areas

    grid, ground = blocks.grid, row_areas(blocks.grid)
    step = max(1, -(-max(grid.width, grid.height) // _PICTURE))
    counts = {one: np.zeros(grid.height, dtype=np.int64) for one in DIRECTIONS}
    thinned: list[tuple[npt.NDArray[np.uint8], FloatArray]] = []
    worse = None if shares is None else np.zeros((2, shares.parcels))

    def called() -> Any:
        for row, found in blocks:
            way = directions(found, limit, saltier)
            by_row = way.reshape(-1, grid.width)
            for one in DIRECTIONS:
                counts[one][row : row + len(by_row)] = (by_row == one).sum(axis=1)
            at = slice((-row) % step, None, step)
            thinned.append((by_row[at, ::step], found.slope.reshape(by_row.shape)[at, ::step]))
            if worse is not None:
                begin, end = np.searchsorted(shares.cell, [row * grid.width, row * grid.width + len(way)])
                own = slice(int(begin), int(end))
                there = way[shares.cell[own] - row * grid.width]
                for to, counted in enumerate((there == SALINISING, there != UNTESTED)):
                    np.add.at(worse[to], shares.parcel[own], shares.share[own].astype(np.float64) * counted)
            yield row, way[None]

    def values() -> Any:
        for row, found in blocks:
            years = found.years.astype(np.float32)
            yield row, np.stack([found.slope, found.low, found.high, found.p, found.serial, years]).astype(np.float32)

    tags = {"TILTH_BAND": band, "TILTH_P_LIMIT": f"{limit:.12g}", "TILTH_SALTIER": saltier}
    write_cog(folder / TREND, grid, TREND_BANDS, "float32", float("nan"), values(), tags=tags)
    write_cog(folder / DIRECTION, grid, ["direction"], "uint8", UNTESTED, called(), tags=tags, resampling="mode")
    picture = _Picture(np.concatenate([one for one, _ in thinned]), np.concatenate([one for _, one in thinned]))
    share = None
    if worse is not None:
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(worse[1] > 0, worse[0] / worse[1], np.nan)
    cells = {name: int(counts[one].sum()) for one, name in DIRECTIONS.items()}
    areas = {name: int(dm2_array([float((counts[one] * ground).sum())])[0]) for one, name in DIRECTIONS.items()}
    return cells, areas, picture, share


def _by_parcel(
    land: RasterParcels, series: FloatArray, years: Sequence[int], least: int, rate: float, dependence: str,
    saltier: str, share: FloatArray | None,
) -> ParcelTrends:  # fmt: skip
    from tilth.soil import DIRECTIONS, Tally, directions, trends

    assert share is not None
    found, tally = trends(series, years, least=least), Tally()
    tally.add(found.p)
    limit = tally.limit(rate, dependence)
    ways = tuple(DIRECTIONS[one] for one in directions(found, limit, saltier).tolist())
    return ParcelTrends(
        land.year, tuple(str(one) for one in land.ids), tuple(land.areas.tolist()), ways, found, tuple(share.tolist()),
        limit,
    )  # fmt: skip


def _listed(done: SoilTrend) -> None:
    """All parcels in the order of the survey, and those that grow saltier, the steepest first."""
    if done.parcels is None:
        return
    for file, rows in ((PARCELS, done.parcels.records()), (WORSE, done.parcels.worse())):
        _csv(done.folder / file, rows)


def _csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    from tilth.core import safe_cell

    names = ["parcel_id", "area_m2", "trend", "years", "slope", "low", "high", "p", "saltier_share"]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in rows:
            told = ["" if row[name] is None else f"{row[name]:.6g}" for name in names[4:]]
            writer.writerow(
                [safe_cell(row["parcel_id"]), f"{row['area_dm2'] / 100:.2f}", row["trend"], row["years"], *told]
            )


def _drawn(done: SoilTrend, picture: _Picture, land: RasterParcels | None) -> None:
    """The map in both languages."""
    from tilth.report import trend_map
    from tilth.soil import DIRECTIONS

    worse: list[Any] = []
    if land is not None and done.parcels is not None:
        worse = [land.shapes[at] for at, way in enumerate(done.parcels.direction) if way == "salinising"]
    title = label("SOIL-TREND-TITLE", band=done.band, first=done.years[0], last=done.years[-1])
    limit = label("SOIL-TREND-NONE-CALLED") if done.limit < 0 else f"{done.limit:.2g}"
    note = label(
        "SOIL-TREND-NOTE", least=done.least, rate=f"{done.rate:g}", tests=f"{done.tests:,}", limit=limit,
        band=done.band, way=label(f"SOIL-TREND-READ-{done.saltier.upper()}"),
    )  # fmt: skip
    areas = {code: done.areas[name] for code, name in DIRECTIONS.items()}
    for lang in ("en", "zh"):
        png = trend_map(picture.direction, picture.slope, done.grid, areas, title, note, lang, parcels=worse)
        (done.folder / f"trend-{lang}.png").write_bytes(png)
