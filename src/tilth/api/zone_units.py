"""Units that zones are made of, parcels or squares of raster cells, and the drivers known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.raster_parcels import parcels_under
from tilth.core import BadInput

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from tilth.core import IntArray
    from tilth.runtime import Workspace
    from tilth.soil import Driver, Grid

#: The column by which a table names parcels.
ID = "parcel_id"


@dataclass(frozen=True)
class ZoneUnits:
    """n units with their drivers."""

    ids: npt.NDArray[np.object_]
    areas: IntArray  # [dm²]
    shapes: npt.NDArray[np.object_]
    crs: str
    drivers: tuple[Driver, ...]
    sources: tuple[tuple[str, str], ...]  # files and their SHA-256
    classes: npt.NDArray[np.object_] | None  # class codes of parcels
    codes: Any  # their code system
    grid: Grid | None = None  # of the squares, and which square each unit is
    square: npt.NDArray[np.int64] | None = None
    factor: int = 1  # cells of the raster along a square

    def __len__(self) -> int:
        return len(self.ids)


def parcel_units(
    workspace: Workspace, year: int, *, rasters: Sequence[Path], tables: Sequence[Path], columns: Sequence[str],
    kinds: Sequence[str], weights: Mapping[str, float], need: bool = True,
) -> ZoneUnits:  # fmt: skip
    """Parcels of a survey, with drivers from rasters, tables by parcel and the survey's own columns.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        If the survey, a file, a row or a column cannot be used.
    """
    import numpy as np

    from tilth.intake import CovariateRasters
    from tilth.land import Store
    from tilth.soil import cell_shares, parcel_bands

    snapshot = Store(workspace).survey(year)
    frame = snapshot.parcels
    values: dict[str, Any] = {}
    sources = [(one.name, one.sha256) for one in snapshot.meta.sources]
    for column in columns:
        if column not in frame or column == "geometry":
            known = ", ".join(str(one) for one in frame.columns if one != "geometry")
            raise BadInput("SOIL-ZONES-COLUMN", column=column, known=known)
        _put(values, column, _column(frame[column], column, kinds, f"survey {year}", frame["source_row"]))
    for path in tables:
        held, source = _table(path, frame[ID].astype("str"), year, kinds)
        sources.append(source)
        for name, told in held.items():
            _put(values, name, told)
    if rasters:
        with CovariateRasters(list(rasters)) as opened:
            land = parcels_under(workspace, year, opened.grid, apart="SOIL-ZONES-APART")
            shares = cell_shares(land.shapes, opened.grid, kept=workspace.root / "rasters" / ".shares")
            for name, band in parcel_bands(shares, opened, kinds).items():
                _put(values, name, band)
        sources += [_hashed(one) for one in rasters]
    return ZoneUnits(
        np.asarray(frame[ID].astype("str"), dtype=object), np.asarray(frame["area_dm2"], dtype=np.int64),
        np.asarray(frame.geometry, dtype=object), snapshot.meta.crs,
        _drivers(values, weights) if values or need else (), tuple(sources),
        np.asarray(frame["class_code"].astype("str"), dtype=object), snapshot.codes,
    )  # fmt: skip


def square_units(
    rasters: Sequence[Path], cell: float, *, kinds: Sequence[str], weights: Mapping[str, float]
) -> ZoneUnits:
    """Squares of at least `cell` metres; their area is that of the raster cells in them that have a value.

    Raises
    ------
    BadInput, NotFound
        If a raster cannot be used, or squares would be smaller than its cells.
    """
    import numpy as np
    import shapely

    from tilth.intake import CovariateRasters
    from tilth.soil import coarse_bands

    with CovariateRasters(list(rasters)) as opened:
        grid = opened.grid
        if cell < grid.cell_x * (1 - 1e-9):
            raise BadInput("SOIL-ZONES-CELL", cell=f"{cell:g}", own=f"{grid.cell_x:g}")
        factor = max(1, round(cell / grid.cell_x))
        values, counts, place = coarse_bands(opened, factor, kinds)
    left = grid.left + place[:, 1] * factor * grid.cell_x
    top = grid.top - place[:, 0] * factor * grid.cell_y
    right = np.minimum(left + factor * grid.cell_x, grid.bounds[2])
    bottom = np.maximum(top - factor * grid.cell_y, grid.bounds[1])
    ids = np.array([f"r{row}c{column}" for row, column in place.tolist()], dtype=object)
    areas = np.rint(counts * grid.cell_x * grid.cell_y * 100).astype(np.int64)
    return ZoneUnits(
        ids, areas, np.asarray(shapely.box(left, bottom, right, top), dtype=object), grid.crs,
        _drivers(values, weights), tuple(_hashed(one) for one in rasters), None, None, grid,
        place[:, 0] * -(-grid.width // factor) + place[:, 1], factor,
    )  # fmt: skip


def _put(values: dict[str, Any], name: str, column: Any) -> None:
    if name in values:
        raise BadInput("SOIL-ZONES-TWICE", name=name)
    values[name] = column


def _drivers(values: Mapping[str, Any], weights: Mapping[str, float]) -> tuple[Driver, ...]:
    import numpy as np

    from tilth.soil import Driver

    if not values:
        raise BadInput("SOIL-ZONES-NO-DRIVERS")
    for name in weights:
        if name not in values:
            raise BadInput("SOIL-ZONES-COLUMN", column=name, known=", ".join(values))
    return tuple(
        Driver(name, kinds=column, weight=weights.get(name, 1.0))
        if column.dtype == object
        else Driver(name, numbers=np.asarray(column, dtype=np.float64), weight=weights.get(name, 1.0))
        for name, column in values.items()
    )


def _table(path: Path, ids: pd.Series, year: int, kinds: Sequence[str]) -> tuple[dict[str, Any], tuple[str, str]]:
    """Columns of a table by parcel, in the order of `ids`; unknown where the table says nothing of a parcel."""
    from tilth.intake import read_table

    table = read_table(path)
    frame = table.frame
    rows = rows_by_parcel(frame, path.name, set(ids), year)
    out = {}
    for name in (one for one in map(str, frame.columns) if one not in (ID, "source_row", "geometry")):
        column = frame[name].iloc[list(rows.values())].set_axis(list(rows))
        number = frame["source_row"].iloc[list(rows.values())].set_axis(list(rows))
        out[name] = _column(column.reindex(ids), name, kinds, path.name, number.reindex(ids))
    return out, (table.sources[0].name, table.sources[0].sha256)


def rows_by_parcel(frame: pd.DataFrame, file: str, known: set[str], year: int | None) -> dict[str, int]:
    """Where each parcel stands in a table.

    Raises
    ------
    BadInput
        If there is no column of parcels, a parcel stands there twice, or the survey has no such parcel.
    """
    if ID not in frame:
        raise BadInput(
            "SOIL-ZONES-TABLE-ID", file=file, id=ID,
            known=", ".join(str(one) for one in frame.columns if one not in ("source_row", "geometry")),
        )  # fmt: skip
    rows: dict[str, int] = {}
    for at, (parcel, number) in enumerate(zip(frame[ID].astype("str"), frame["source_row"], strict=True)):
        if parcel in rows:
            raise BadInput("SOIL-ZONES-TABLE-TWICE", file=file, row=int(number), parcel=parcel)
        if parcel not in known:
            raise BadInput("SOIL-ZONES-TABLE-STRANGER", file=file, row=int(number), parcel=parcel, year=year or "–")
        rows[parcel] = at
    return rows


def _column(column: pd.Series, name: str, kinds: Sequence[str], file: str, rows: pd.Series) -> Any:
    """Numbers, or kinds as text where the user says so or hardly a cell is a number."""
    import numpy as np

    from tilth.soil import numbers

    cells = numbers(column.astype(object).where(column.notna(), None))
    filled = cells.text != ""
    number = np.isfinite(cells.values)
    if name in kinds or (filled.any() and number[filled].mean() < 0.5):
        return np.asarray(cells.text, dtype=object)
    odd = np.flatnonzero(filled & ~number)
    if len(odd):
        raise BadInput(
            "SOIL-ZONES-TABLE-TEXT", file=file, row=int(rows.iloc[odd[0]]), column=name, value=cells.text[odd[0]]
        )
    return cells.values


def _hashed(path: Path) -> tuple[str, str]:
    from tilth.intake import sha256

    return path.name, sha256(path)
