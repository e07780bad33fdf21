"""A salinity map: rasters with intervals and class probabilities, classes of parcels, and the area of each class."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.soil_learning import DEPTH, Learned, Read, learned_from
from tilth.core import BadInput, message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tilth.core import FloatArray, IntArray
    from tilth.intake import CovariateRasters
    from tilth.runtime import Workspace
    from tilth.soil import Blocks, ClassAreas, Mapper, Model

#: Where maps are in a workspace, and what a map's files are called.
RASTERS = "rasters"
EC, CLASSES, APPLICABILITY, ABOUT, PARCELS = "ec.tif", "classes.tif", "applicability.tif", "map.json", "parcels.csv"
_BLOCKS, _SHARES = ".blocks", ".shares"
_METRICS = ("ece_ds_m",)


@dataclass(frozen=True)
class SoilMapped:
    """A finished map: its folder, the model behind it and the area of each class."""

    folder: Path
    read: Read
    model: Model
    classes: tuple[str, ...]
    bounds: tuple[float, ...]
    outside: float  # share of mapped cells outside the area of applicability
    unmapped: float  # share of cells where a covariate has no value
    areas: ClassAreas | None
    parcels: int

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        model, areas = self.model, self.areas
        weights = sorted(zip(model.importance.tolist(), model.names, strict=True), reverse=True)
        return {
            "folder": str(self.folder),
            "files": sorted(one.name for one in self.folder.iterdir() if one.is_file()),
            "samples": len(self.read.samples),
            "left_out": self.read.left_out,
            "crs": self.read.crs,
            "recipe": model.recipe.id,
            "kriging": model.residual is not None,
            "trials": [asdict(one) for one in model.trials],
            "block_side_m": model.side,
            "importance": [{"covariate": name, "mse_growth": weight} for weight, name in weights],
            "classes": list(self.classes),
            "bounds_ds_m": list(self.bounds),
            "outside_applicability": self.outside,
            "unmapped": self.unmapped,
            "parcels": self.parcels,
            "areas": None if areas is None else self._areas(areas),
        }

    def _areas(self, areas: ClassAreas) -> dict[str, Any]:
        return {
            "method": areas.method,
            "said": message(f"SOIL-AREAS-{areas.method.upper()}", places=areas.places),
            "places": areas.places,
            "shared_error": areas.together,
            "total_dm2": areas.total_dm2,
            "rows": [
                {
                    "class": self.classes[one.number] if one.number >= 0 else message("SOIL-AREAS-UNMAPPED"),
                    "area_dm2": one.area_dm2,
                    "low_dm2": one.low_dm2,
                    "high_dm2": one.high_dm2,
                    "share_pct": f"{one.share_bp / 100:.2f}",
                }
                for one in areas.rows
            ],
        }


def soil_map(
    workspace: Workspace,
    file: str | Path,
    rasters: Sequence[str | Path],
    *,
    name: str = "salinity",
    asked: Learned | None = None,
    depth: float | None = None,
    scheme: str = "fao-salinity",
    bounds: Sequence[float] = (),
    year: int | None = None,
    drawn: bool = False,
    rows: int = 0,
    seed: int = 0,
) -> SoilMapped:
    """Map salinity over covariate rasters into the workspace's `rasters/NAME`; a map that was stopped goes on.

    Parameters
    ----------
    file, asked
        As for `soil_validate`.
    depth
        The depth that is mapped, where samples of several depths were taken. [cm]
    scheme, bounds
        Classes by a scheme of bounds on ECe, or by bounds of one's own. [dS/m]
    year
        The survey whose parcels get class probabilities, and whose area is accounted for; without, rasters only.
    drawn
        The places were drawn at random, so that areas can be put right by them and intervals stand on the design.
    rows
        Of one block; the map is the same with any number.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        If samples or rasters cannot be used, or there is no such scheme or survey.
    """
    from tilth.intake import CovariateRasters
    from tilth.soil import Mapper, fit_model, map_blocks

    asked = asked or Learned()
    limits, names = _classes(workspace, scheme, bounds, asked.value)
    folder = workspace.root / RASTERS / _as_folder(name)
    with CovariateRasters([Path(one) for one in rasters]) as opened:
        read = learned_from(file, asked, workspace=workspace, rasters=opened)
        model = fit_model(read.samples, seed=seed)
        mapper = Mapper(model, opened.names, limits, _depth(read, depth))
        parcels = None if year is None else _parcels(workspace, year, opened)
        blocks = map_blocks(mapper, opened, folder / _BLOCKS, rows=rows)
        outside, unmapped = _written(folder, blocks, mapper, names)
        areas = None
        if parcels is not None:
            areas = _accounted(workspace, folder, parcels, blocks, read, model, limits, names, drawn)
    done = SoilMapped(
        folder, read, model, names, limits, outside, unmapped, areas, 0 if parcels is None else len(parcels.ids)
    )
    made_from = {
        "samples": read.file, "asked": str(file), "rasters": [Path(one).stem for one in rasters], "year": year,
        "scheme": None if bounds else scheme, "depth_cm": depth, "drawn": drawn,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    record = done.as_record() | {"made_from": made_from}
    (folder / ABOUT).write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    shutil.rmtree(folder / _BLOCKS)
    return done


def _as_folder(name: str) -> str:
    if not name or name != name.strip() or any(one in name for one in '/\\:*?"<>|') or name.startswith("."):
        raise BadInput("SOIL-MAP-NAME", name=name)
    return name


def _classes(
    workspace: Workspace, scheme: str, bounds: Sequence[float], value: str
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Bounds ascending and the names of the classes that they part."""
    from tilth.api.sampling import SCHEMES
    from tilth.soil import find_scheme

    if bounds:
        ordered = tuple(float(one) for one in bounds)
        if list(ordered) != sorted(set(ordered)) or ordered[0] <= 0:
            raise BadInput("SOIL-MAP-BOUNDS", bounds=", ".join(f"{one:g}" for one in bounds))
        names = (f"< {ordered[0]:g}", *(f"{a:g}–{b:g}" for a, b in pairwise(ordered)))
        return ordered, (*names, f"≥ {ordered[-1]:g}")
    found = find_scheme(scheme, workspace.root / SCHEMES)
    if value not in _METRICS or tuple(found.metrics) != (value,):
        raise BadInput("SOIL-MAP-SCHEME", scheme=found.id, metrics=", ".join(found.metrics), value=value)
    lows = sorted((one.when[0].low or 0.0, str(one.label)) for one in found.classes)
    return tuple(low for low, _ in lows[1:]), tuple(name for _, name in lows)


def _depth(read: Read, depth: float | None) -> dict[str, float]:
    if DEPTH not in read.samples.names:
        return {}
    known = read.samples.covariates[:, read.samples.names.index(DEPTH)]
    if depth is None:
        raise BadInput("SOIL-MAP-DEPTH", least=f"{known.min():g}", most=f"{known.max():g}")
    if not known.min() <= depth <= known.max():
        raise BadInput("SOIL-MAP-DEPTH-BEYOND", depth=f"{depth:g}", least=f"{known.min():g}", most=f"{known.max():g}")
    return {DEPTH: depth}


@dataclass(frozen=True)
class _Parcels:
    ids: npt.NDArray[np.object_]
    areas: IntArray  # [dm²]
    shapes: npt.NDArray[np.object_]  # in the rasters' system


def _parcels(workspace: Workspace, year: int, rasters: CovariateRasters) -> _Parcels:
    import numpy as np

    from tilth.land import Store

    snapshot = Store(workspace).survey(year)
    moved = snapshot.parcels.to_crs(rasters.grid.crs)
    shapes = np.asarray(moved.geometry, dtype=object)
    west, south, east, north = rasters.grid.bounds
    box = moved.total_bounds
    if box[0] > east or box[2] < west or box[1] > north or box[3] < south:
        raise BadInput(
            "SOIL-MAP-APART", year=year, crs=rasters.grid.crs,
            parcels=", ".join(f"{one:,.0f}" for one in box),
            rasters=", ".join(f"{one:,.0f}" for one in rasters.grid.bounds),
        )  # fmt: skip
    return _Parcels(np.asarray(moved["parcel_id"], dtype=object), np.asarray(moved["area_dm2"], dtype=np.int64), shapes)


def _written(folder: Path, blocks: Blocks, mapper: Mapper, names: Sequence[str]) -> tuple[float, float]:
    """The three rasters; shares of cells outside the area of applicability, of those mapped, and not mapped."""
    import numpy as np

    from tilth.report import write_cog
    from tilth.runtime import working
    from tilth.soil import BANDS, NO_CLASS

    counts = np.zeros(3, dtype=np.int64)  # cells, mapped, outside

    def unlike() -> Iterator[tuple[int, npt.NDArray[Any]]]:
        for row, block in blocks:
            there = np.isfinite(block.unlike)
            counts[:] += np.array([there.size, there.sum(), (block.unlike[there] > 1).sum()])
            yield row, block.unlike[None]

    tags = {"TILTH_RECIPE": mapper.model.recipe.id, "TILTH_BOUNDS": ",".join(f"{one:g}" for one in blocks.bounds)}
    nan = float("nan")
    with working(message("SOIL-WRITING"), 3) as advance:
        write_cog(folder / EC, blocks.grid, BANDS, "float32", nan, ((row, one.ec) for row, one in blocks), tags=tags)
        advance(1)
        write_cog(
            folder / CLASSES,
            blocks.grid,
            names,
            "uint16",
            NO_CLASS,
            ((row, one.classes) for row, one in blocks),
            tags=tags,
        )
        advance(1)
        write_cog(folder / APPLICABILITY, blocks.grid, ["dissimilarity"], "float32", nan, unlike(), tags=tags)
        advance(1)
    return float(counts[2] / max(counts[1], 1)), float(1 - counts[1] / counts[0])


def _accounted(
    workspace: Workspace, folder: Path, parcels: _Parcels, blocks: Blocks, read: Read, model: Model,
    bounds: Sequence[float], names: Sequence[str], drawn: bool,
) -> ClassAreas:  # fmt: skip
    import numpy as np
    import shapely

    from tilth.soil import block_of, cell_shares, design_based, model_based, parcel_probabilities, split_areas

    shares = cell_shares(parcels.shapes, blocks.grid, kept=workspace.root / RASTERS / _SHARES)
    told, mapped = parcel_probabilities(shares, blocks, blocks.grid, len(names))
    _listed(folder / PARCELS, parcels, told, mapped, split_areas(parcels.areas, told, mapped), names)
    if drawn:
        return design_based(parcels.areas, told, mapped, read.samples, model, bounds)
    points = shapely.centroid(parcels.shapes)
    samples = read.samples
    x, y = np.append(samples.x, shapely.get_x(points)), np.append(samples.y, shapely.get_y(points))
    block = block_of(x, y, model.side)
    count = len(samples)
    return model_based(parcels.areas, told, mapped, block[count:], model, samples, block[:count])


def _listed(
    path: Path, parcels: _Parcels, told: FloatArray, mapped: FloatArray, parts: IntArray, names: Sequence[str]
) -> None:
    """A row for each parcel: its most likely class, the probability of each, and its area by class."""
    import numpy as np

    from tilth.core import safe_cell

    some = np.atleast_1d(np.isfinite(told).all(axis=1))
    likely = np.where(some, np.argmax(np.nan_to_num(told), axis=1), -1)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["parcel_id", "area_m2", "class", "mapped_share", *(f"p {one}" for one in names),
             *(f"m2 {one}" for one in names), "m2 unmapped"]
        )  # fmt: skip
        for at, one in enumerate(parcels.ids):
            chances = [f"{each:.4f}" if some[at] else "" for each in told[at]]
            writer.writerow(
                [safe_cell(one), f"{parcels.areas[at] / 100:.2f}", names[likely[at]] if some[at] else "",
                 f"{mapped[at]:.4f}", *chances, *(f"{each / 100:.2f}" for each in parts[at])]
            )  # fmt: skip
