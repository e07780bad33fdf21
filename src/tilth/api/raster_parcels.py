"""A survey's parcels where rasters lie: their ids, areas and shapes in the rasters' reference system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tilth.core import BadInput

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt

    from tilth.core import IntArray
    from tilth.runtime import Workspace
    from tilth.soil import Grid


@dataclass(frozen=True)
class RasterParcels:
    """n parcels. `frame` holds them as the survey has them; `shapes` are in the rasters' system."""

    year: int
    ids: npt.NDArray[np.object_]
    areas: IntArray  # (n,) [dm²]
    shapes: npt.NDArray[np.object_]
    frame: gpd.GeoDataFrame

    def __len__(self) -> int:
        return len(self.ids)


def parcels_under(workspace: Workspace, year: int, grid: Grid, *, apart: str) -> RasterParcels:
    """The parcels of a year's survey. `apart`: the message where they share no ground with the rasters.

    Raises
    ------
    BadInput, NotFound
        If there is no such survey, or it lies elsewhere.
    """
    import numpy as np

    from tilth.land import Store

    frame = Store(workspace).survey(year).parcels
    moved = frame.to_crs(grid.crs)
    west, south, east, north = grid.bounds
    box = moved.total_bounds
    if box[0] > east or box[2] < west or box[1] > north or box[3] < south:
        raise BadInput(
            apart, year=year, crs=grid.crs, parcels=", ".join(f"{one:,.5g}" for one in box),
            rasters=", ".join(f"{one:,.5g}" for one in grid.bounds),
        )  # fmt: skip
    return RasterParcels(
        year, np.asarray(frame["parcel_id"], dtype=object), np.asarray(frame["area_dm2"], dtype=np.int64),
        np.asarray(moved.geometry, dtype=object), frame,
    )  # fmt: skip


def raster_folder(workspace: Workspace, name: str) -> str:
    """`name` as that of a folder below `rasters`; BadInput where it leads elsewhere."""
    if not name or name != name.strip() or any(one in name for one in '/\\:*?"<>|') or name.startswith("."):
        raise BadInput("SOIL-MAP-NAME", name=name)
    return str(workspace.root / "rasters" / name)
