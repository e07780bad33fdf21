"""From a salinity map to units of the salt chain: salty parcels with quantiles of their salt and with groundwater."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.soil_mapping import EC, PARCELS, RASTERS
from tilth.core import BadInput, NotFound

if TYPE_CHECKING:
    from tilth.core import FloatArray
    from tilth.runtime import Workspace
    from tilth.soil import Grid

#: Farmland, and the saline-alkali land that may become it.
SALTY_CLASSES = ("01", "1204")
#: Bands that the raster of the groundwater has.
DEPTH, SALINITY = "groundwater_depth_m", "groundwater_ec_ds_m"
#: Columns of the table, as the salt chain reads them.
COLUMNS = (
    "unit_id", "class_code", "area_dm2", "ece_q05_ds_m", "ece_q50_ds_m", "ece_q95_ds_m", DEPTH, SALINITY, "texture",
)  # fmt: skip
_SHARES = ".shares"
_CELLS = 1 << 22  # of a block of rows


@dataclass(frozen=True)
class SaltUnits:
    """Parcels as units of the salt chain, and how many there were to choose from."""

    rows: tuple[dict[str, Any], ...]  # by `COLUMNS`, the saltiest last
    salty: int  # parcels of the classes asked for with a median at or above the least
    year: int

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {"year": self.year, "salty": self.salty, "units": list(self.rows)}


def soil_units(
    workspace: Workspace, name: str = "salinity", *, year: int, groundwater: str | Path, texture: str = "loam",
    least: float = 4.0, classes: Sequence[str] = SALTY_CLASSES, most: int = 0,
) -> SaltUnits:  # fmt: skip
    """Parcels whose median salinity by a map is at or above `least`, with what the salt chain asks about each.

    A parcel's quantiles are the means of its cells' quantiles: errors of neighbouring cells are taken as one.

    Parameters
    ----------
    name
        Of a finished map of the survey of `year`.
    groundwater
        A raster with bands `groundwater_depth_m` and `groundwater_ec_ds_m`, on a grid of its own.
    texture
        Of all of them: no map says it.
    least
        Median ECe from which on a parcel counts as salty. [dS/m]
    classes
        Beginnings of class codes.
    most
        Take no more than so many, evenly through them in the order of their salt; 0 takes all.

    Raises
    ------
    BadInput, NotFound
        If there is no such map, no salty parcel, or the raster has not these bands.
    """
    import numpy as np

    from tilth.intake import CovariateRasters
    from tilth.land import Store

    folder = workspace.root / RASTERS / name
    if not (folder / PARCELS).exists():
        known = sorted(one.parent.name for one in (workspace.root / RASTERS).glob(f"*/{PARCELS}"))
        raise NotFound("SOIL-UNITS-NO-MAP", name=name, known=", ".join(known) or "-")
    parcels = Store(workspace).survey(year).parcels
    codes = parcels["class_code"].astype(str).to_numpy()
    parcels = parcels[[code.startswith(tuple(classes)) for code in codes]]
    if parcels.empty:
        raise BadInput("SOIL-UNITS-NO-CLASS", classes=", ".join(classes), year=year)
    with CovariateRasters([folder / EC]) as opened:
        lower, median, upper = _means(workspace, parcels, opened)[1:]
    salty = np.flatnonzero(np.nan_to_num(median, nan=-1.0) >= least)
    if not len(salty):
        most_found = float(np.nanmax(median)) if np.isfinite(median).any() else float("nan")
        raise BadInput("SOIL-UNITS-NONE", least=f"{least:g}", most=f"{most_found:.3g}")
    salty = salty[np.argsort(median[salty], kind="stable")]
    count = min(most, len(salty)) if most else len(salty)
    taken = salty[np.round(np.linspace(0, len(salty) - 1, count)).astype(int)]
    chosen = parcels.iloc[taken]
    with CovariateRasters([Path(groundwater)]) as opened:
        lacking = [one for one in (DEPTH, SALINITY) if one not in opened.names]
        if lacking:
            raise BadInput(
                "SOIL-UNITS-BAND", file=Path(groundwater).name, band=lacking[0], known=", ".join(opened.names)
            )
        held = _means(workspace, chosen, opened)
        depth, salt = (held[opened.names.index(one)] for one in (DEPTH, SALINITY))
    rows = [
        {
            "unit_id": str(one.parcel_id), "class_code": str(one.class_code), "area_dm2": int(one.area_dm2),
            "ece_q05_ds_m": round(float(lower[at]), 3), "ece_q50_ds_m": round(float(median[at]), 3),
            "ece_q95_ds_m": round(float(upper[at]), 3), DEPTH: round(float(depth[number]), 2),
            SALINITY: round(float(salt[number]), 2), "texture": texture,
        }
        for number, (at, one) in enumerate(zip(taken.tolist(), chosen.itertuples(), strict=True))
    ]  # fmt: skip
    return SaltUnits(tuple(rows), len(salty), year)


def write_units(units: SaltUnits, out: str | Path) -> Path:
    """Write units as the CSV that `tilth soil simulate` and `options` read."""
    from tilth.core import safe_cell
    from tilth.runtime import write_whole

    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: safe_cell(value) if isinstance(value, str) else value for name, value in row.items()}
                     for row in units.rows)  # fmt: skip
    return write_whole(Path(out), ("\ufeff" + text.getvalue()).encode())


def _means(workspace: Workspace, parcels: Any, rasters: Any) -> list[FloatArray]:
    """(n,) for each band: its mean over the cells of each parcel, by the share of each cell; NaN where it has none."""
    import numpy as np

    from tilth.soil import cell_shares

    grid: Grid = rasters.grid
    shapes = np.asarray(parcels.to_crs(grid.crs).geometry, dtype=object)
    shares = cell_shares(shapes, grid, kept=workspace.root / RASTERS / _SHARES)
    total, whole = (np.zeros((len(rasters.names), len(parcels))) for _ in range(2))
    rows = max(1, _CELLS // grid.width)
    for row in range(0, grid.height, rows):
        count = min(rows, grid.height - row)
        begin, end = np.searchsorted(shares.cell, [row * grid.width, (row + count) * grid.width])
        if begin == end:
            continue
        values = rasters.read(row, count)
        cell, parcel = shares.cell[begin:end] - row * grid.width, shares.parcel[begin:end]
        for number, band in enumerate(values):
            held = band[cell].astype(np.float64)
            weight = np.where(np.isfinite(held), shares.share[begin:end].astype(np.float64), 0.0)
            total[number] += np.bincount(parcel, weights=weight * np.nan_to_num(held), minlength=len(parcels))
            whole[number] += np.bincount(parcel, weights=weight, minlength=len(parcels))
    with np.errstate(invalid="ignore", divide="ignore"):
        return list(np.where(whole > 0, total / whole, np.nan))
