"""Rasters of spectral indices by the id of their formula, and composites of many scenes or years."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.core import BadInput, Finding, FloatArray, message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tilth.intake import CovariateRasters, YearRasters
    from tilth.soil import Grid

#: The band of a composite that says on how many scenes a cell's value stands.
SEEN = "seen"
#: Numbers that are held at once; a raster is worked on in blocks of as many rows as that allows.
_HELD = 1 << 24
#: Rows, evenly over a raster, that tell whether its numbers become reflectance.
_LOOKED_AT = 64
#: A cell counts if a mask covers this share of it.
_COVERED = 0.5

_Read = Callable[[int, int], Mapping[str, FloatArray]]
_Make = Callable[[int, int], FloatArray]


@dataclass(frozen=True)
class Scaling:
    """How the numbers of a scene become reflectance: a product's way, or a scale, offset and missing value."""

    product: str | None = None
    scale: float | None = None
    offset: float | None = None
    nodata: float | None = None

    def reflectance(self, numbers: npt.ArrayLike, *, checked: bool = False) -> FloatArray:
        """Of a surface, 0 to 1; NaN where there is none."""
        from tilth.soil import reflectance

        return reflectance(
            numbers, self.product, scale=self.scale, offset=self.offset, nodata=self.nodata, checked=checked
        )


@dataclass(frozen=True)
class BandFigures:
    """What a written band holds; NaN where it holds nothing."""

    name: str
    cells: int
    without: int  # cells without a value
    least: float
    mean: float
    most: float

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        told = {"least": self.least, "mean": self.mean, "most": self.most}
        shown = {key: value if self.without < self.cells else None for key, value in told.items()}
        return {"band": self.name, "cells": self.cells, "without": self.without, **shown}


@dataclass(frozen=True)
class Indexed:
    """A written raster of indices, or of a composite."""

    file: Path
    times: int  # scenes or years that it stands on
    bands: tuple[BandFigures, ...]
    findings: tuple[Finding, ...] = ()

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "file": str(self.file),
            "times": self.times,
            "bands": [one.as_record() for one in self.bands],
            "findings": [one.as_record() for one in self.findings],
        }


def soil_index(
    formulas: Sequence[str],
    rasters: Sequence[str | Path],
    out: str | Path,
    *,
    bands: Mapping[str, str],
    scaling: Scaling | None = None,
    over: str | None = None,
    bare: bool = False,
    below: float | None = None,
    fewest: int = 1,
    mask: str | Path | None = None,
    named: Sequence[str] = (),
) -> Indexed:
    """Write a raster with a band for each index, from reflectance.

    Parameters
    ----------
    formulas
        Ids of indices, as `soil_indices` lists them.
    rasters
        The bands of one scene, in one file or several on one grid; with `over` or `bare`, a file for each scene.
    bands
        What the bands of formulas (B, G, R, NIR, SWIR1, SWIR2) are called in the files, by description.
    over
        "max", "min", "median" or "mean" of the index over scenes: of years, for the vegetation of a root zone.
    bare
        The index of bare soil: of the median reflectance of those scenes in which a cell's NDVI is from 0 to `below`.
    fewest
        In how many scenes a cell must have been seen.
    mask
        A raster on any grid; cells of which it covers less than half get no value.
    named
        Names of the bands in their order, for files that describe none.

    Raises
    ------
    BadInput, NotFound
        If there is no such index, product, band or file, files lie on several grids, or numbers are no reflectance.
    """
    from tilth.intake import CovariateRasters, YearRasters

    files = [Path(one) for one in rasters]
    needed = _needed(formulas, bands, bare)
    scaling = scaling or Scaling()
    if bare and over is not None:
        raise BadInput("SOIL-INDEX-BOTH")
    if not bare and over is None:
        with CovariateRasters(files, degrees=True, bands=named) as scene:
            _refuse_lacking(needed, scene.names, files[0])
            read = _scene(scene, needed)
            _look_at(scaling, scene.grid, read)
            made = _Made(formulas, _of_one(formulas, read, scaling), len(scene.names))
            return _written(Path(out), scene.grid, made, mask)
    with YearRasters(files, years=_numbers(files), bands=named) as scenes:
        _refuse_lacking(needed, scenes.names, files[0])
        read = _scenes(scenes, needed)
        _look_at(scaling, scenes.grid, read)
        if bare:
            make = _of_bare(formulas, read, scaling, fewest, below)
        else:
            make = _of_many(formulas, read, scaling, fewest, over or "")
        made = _Made((*formulas, SEEN), make, len(needed) * len(files), len(files), over or "bare", scenes.findings)
        return _written(Path(out), scenes.grid, made, mask)


def soil_composite(
    bands: Sequence[str],
    rasters: Sequence[str | Path],
    out: str | Path,
    *,
    over: str = "median",
    fewest: int = 1,
    mask: str | Path | None = None,
    named: Sequence[str] = (),
) -> Indexed:
    """Write the highest, lowest, middle or mean value that bands had over several years, a file each.

    Bands are read as they are, by their description; for the rest see `soil_index`. The last band written says in how
    many years a cell was seen.

    Raises
    ------
    BadInput, NotFound
        If a band or file is not there, files lie on several grids, or there is no such way.
    """
    from tilth.intake import YearRasters

    files = [Path(one) for one in rasters]
    with YearRasters(files, years=_numbers(files), bands=named) as years:
        _refuse_lacking({one: one for one in bands}, years.names, files[0])
        read = _scenes(years, {one: one for one in bands})

        def make(row: int, rows: int) -> FloatArray:
            return _over(read(row, rows), bands, over, fewest)

        made = _Made((*bands, SEEN), make, len(bands) * len(files), len(files), over, years.findings)
        return _written(Path(out), years.grid, made, mask)


@dataclass(frozen=True)
class _Made:
    """Bands to be written and how a block of rows of them is made."""

    names: Sequence[str]
    make: _Make  # first row, rows -> (bands, rows, width)
    held: int  # numbers a cell that are read for it
    times: int = 1
    over: str = ""
    findings: tuple[Finding, ...] = ()


def _needed(formulas: Sequence[str], bands: Mapping[str, str], bare: bool) -> dict[str, str]:
    """The bands that formulas read, and NDVI for bare soil, with what they are called in the files."""
    from tilth.soil import find_index

    wanted = [find_index(one) for one in formulas] + ([find_index("NDVI")] if bare else [])
    needed = dict.fromkeys(band for one in wanted for band in one.bands)
    lacking = [one for one in needed if one not in bands]
    if lacking:
        names = ", ".join(one.id for one in wanted)
        raise BadInput("SOIL-INDEX-BANDS", names=names, count=len(lacking), lacking=", ".join(lacking))
    return {one: bands[one] for one in needed}


def _refuse_lacking(needed: Mapping[str, str], names: Sequence[str], file: Path) -> None:
    for one in needed.values():
        if one not in names:
            raise BadInput("SOIL-STACK-BAND", band=one, file=file.name, known=", ".join(names))


def _numbers(files: Sequence[Path]) -> Sequence[int]:
    """Scenes of one year, or of none that is known, are counted through; years of their names are kept otherwise."""
    from tilth.intake import year_of

    years = [year_of(one) for one in files]
    return () if None not in years and len(set(years)) == len(years) else range(1, len(files) + 1)


def _scene(scene: CovariateRasters, needed: Mapping[str, str]) -> _Read:
    at = {one: scene.names.index(name) for one, name in needed.items()}

    def read(row: int, rows: int) -> Mapping[str, FloatArray]:
        values = scene.read(row, rows).reshape(-1, rows, scene.grid.width)
        return {one: values[number] for one, number in at.items()}

    return read


def _scenes(scenes: YearRasters, needed: Mapping[str, str]) -> _Read:
    def read(row: int, rows: int) -> Mapping[str, FloatArray]:
        return {one: scenes.read(name, row, rows) for one, name in needed.items()}

    return read


def _look_at(scaling: Scaling, grid: Grid, read: _Read) -> None:
    """Refuse a raster whose numbers become no reflectance, by rows from all over it."""
    import numpy as np

    rows = np.unique(np.linspace(0, grid.height - 1, _LOOKED_AT).astype(int))
    parts = [read(int(row), 1) for row in rows]
    for one in parts[0]:
        scaling.reflectance(np.concatenate([part[one] for part in parts], axis=-1), checked=True)


def _of_one(formulas: Sequence[str], read: _Read, scaling: Scaling) -> _Make:
    def make(row: int, rows: int) -> FloatArray:
        import numpy as np

        from tilth.soil import compute

        found = compute(formulas, {one: scaling.reflectance(values) for one, values in read(row, rows).items()})
        return np.stack([found[one] for one in formulas])

    return make


def _of_many(formulas: Sequence[str], read: _Read, scaling: Scaling, fewest: int, over: str) -> _Make:
    def make(row: int, rows: int) -> FloatArray:
        from tilth.soil import compute

        found = compute(formulas, {one: scaling.reflectance(values) for one, values in read(row, rows).items()})
        return _over(found, formulas, over, fewest)

    return make


def _of_bare(formulas: Sequence[str], read: _Read, scaling: Scaling, fewest: int, below: float | None) -> _Make:
    def make(row: int, rows: int) -> FloatArray:
        import numpy as np

        from tilth.soil import BARE_NDVI, bare_soil, compute

        values = {one: scaling.reflectance(each) for one, each in read(row, rows).items()}
        stack, ndvi = np.stack(list(values.values()), axis=1), compute(["NDVI"], values)["NDVI"]
        soil = bare_soil(stack, ndvi, below=BARE_NDVI if below is None else below, fewest=fewest)
        found = compute(formulas, dict(zip(values, soil.values, strict=True)))
        return np.stack([*(found[one] for one in formulas), soil.seen])

    return make


def _over(values: Mapping[str, FloatArray], names: Sequence[str], over: str, fewest: int) -> FloatArray:
    """Each over the times, and in how many of them a cell had all of them."""
    import numpy as np

    from tilth.soil import over_years

    seen = np.isfinite(np.stack([values[one] for one in names])).all(axis=0).sum(axis=0)
    return np.stack([*(over_years(values[one], over, fewest=fewest).values for one in names), seen])


def _written(out: Path, grid: Grid, made: _Made, mask: str | Path | None) -> Indexed:
    import numpy as np

    from tilth.intake import covered_share
    from tilth.report import write_cog
    from tilth.runtime import working

    share = None if mask is None else covered_share(Path(mask), grid)
    step = max(1, min(grid.height, _HELD // (grid.width * max(made.held, 1))))
    figures = np.tile([0.0, np.inf, 0.0, -np.inf], (len(made.names), 1))  # with a value, least, sum, most

    def blocks() -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
        with working(message("SOIL-INDEXING"), grid.height) as advance:
            for row in range(0, grid.height, step):
                rows = min(step, grid.height - row)
                values = made.make(row, rows)
                if share is not None:
                    values[:, share[row : row + rows] < _COVERED] = np.nan
                told = values.reshape(len(made.names), -1).astype(np.float32)
                _count(figures, told)
                yield row, told
                advance(rows)

    tags = {"TILTH_BANDS": ",".join(made.names), "TILTH_TIMES": str(made.times), "TILTH_OVER": made.over}
    out.parent.mkdir(parents=True, exist_ok=True)
    write_cog(out, grid, made.names, "float32", float("nan"), blocks(), tags=tags)
    cells = grid.width * grid.height
    bands = tuple(
        BandFigures(name, cells, cells - int(n), float(least), float(total / n) if n else float("nan"), float(most))
        for name, (n, least, total, most) in zip(made.names, figures, strict=True)
    )
    return Indexed(out, made.times, bands, made.findings)


def _count(figures: FloatArray, told: npt.NDArray[np.float32]) -> None:
    import numpy as np

    for one, values in zip(figures, told, strict=True):
        there = values[np.isfinite(values)].astype(np.float64)
        if len(there):
            one[:] = one[0] + len(there), min(one[1], there.min()), one[2] + there.sum(), max(one[3], there.max())
