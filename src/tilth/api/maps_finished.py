"""Finished salinity maps of a workspace: what they hold, their pictures, and what they say of one parcel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.map_tiles import Kept, MapTile
from tilth.api.sampling import SCHEMES
from tilth.api.soil_legends import APPLICABILITY, CLASS, QUANTITIES, SALT, palette_of, quantity_records, scale_of
from tilth.api.soil_mapping import ABOUT, CLASSES, EC, PARCELS, RASTERS
from tilth.api.soil_mapping import APPLICABILITY as UNLIKE
from tilth.core import BadInput, NotFound, message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tilth.core import FloatArray
    from tilth.runtime import Workspace

#: Beside a map: how it did on land it had not seen, where somebody asked.
VALIDATION = "validation.json"
#: What may be fetched of a map.
FILES = (EC, CLASSES, UNLIKE, PARCELS, ABOUT, VALIDATION)
#: Raised when pictures look otherwise.
_EDITION = 1
_LAST_ZOOM = 18
_EARTH_M = 40_075_016.69
#: The pictures drawn last. [bytes]
_drawn = Kept(32 << 20)


@dataclass(frozen=True)
class FinishedMap:
    """A map as its folder tells."""

    name: str
    folder: Path
    about: Mapping[str, Any]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of its classes as they were when it was made, from fresh to salty."""
        return tuple(self.about["classes"])

    @property
    def made_from(self) -> Mapping[str, Any]:
        """What it was made from, as far as that was noted."""
        found = self.about.get("made_from")
        return found if isinstance(found, dict) else {}

    @property
    def tag(self) -> str:
        """Another text whenever a file of it is another."""
        about = [(one, (self.folder / one).stat().st_mtime_ns) for one in FILES if (self.folder / one).is_file()]
        return hashlib.sha256(repr((str(self.folder), about, _EDITION)).encode()).hexdigest()[:32]

    def names(self, workspace: Workspace) -> tuple[str, ...]:
        """Names of its classes in the language in use, where they are of a scheme that is there."""
        from tilth.soil import find_scheme

        scheme = self.made_from.get("scheme")
        if scheme:
            try:
                found = find_scheme(str(scheme), workspace.root / SCHEMES)
            except (NotFound, BadInput):
                return self.classes
            lows = sorted((one.when[0].low or 0.0, str(one.label)) for one in found.classes)
            if len(lows) == len(self.classes):
                return tuple(name for _, name in lows)
        return self.classes


def soil_maps(workspace: Workspace) -> list[dict[str, Any]]:
    """The finished maps, the newest first, each with what a list shows."""
    found = [_read(path.parent) for path in (workspace.root / RASTERS).glob(f"*/{ABOUT}")]
    found.sort(key=lambda one: (one.folder / ABOUT).stat().st_mtime, reverse=True)
    return [_short(one) for one in found]


def soil_map_record(workspace: Workspace, name: str) -> dict[str, Any]:
    """A finished map: model, quantities with legends, where its tiles are, area of each class, its validation.

    Raises
    ------
    NotFound, BadInput
        If there is no such map, or it is damaged.
    """
    from tilth.intake import raster_grid

    one = find_map(workspace, name)
    grid, names = raster_grid(one.folder / EC), one.names(workspace)
    about = {key: value for key, value in one.about.items() if key not in ("folder", "areas")}
    return {
        **about,
        **_short(one),
        "bounds": _in_degrees(grid.bounds, grid.crs),
        "cell_m": grid.cell_x,
        "tiles": f"/api/v1/soil/maps/{one.name}/tiles/{{z}}/{{x}}/{{y}}.png?by={{by}}&v={one.tag}",
        "maxzoom": _zoom_of(grid.cell_x, grid.bounds, grid.crs),
        "quantities": quantity_records(one.classes, names),
        "classes": list(names),
        "areas": _areas(one, names),
        "validation": _validation(one),
        "files": [
            {"name": file, "bytes": (one.folder / file).stat().st_size}
            for file in FILES
            if (one.folder / file).is_file()
        ],
    }


def soil_map_file(workspace: Workspace, name: str, file: str) -> Path:
    """A file of a finished map.

    Raises
    ------
    NotFound
        If there is no such map or file.
    """
    one = find_map(workspace, name)
    if file not in FILES or not (one.folder / file).is_file():
        known = [each for each in FILES if (one.folder / each).is_file()]
        raise NotFound("SOIL-DESK-NO-FILE", name=name, file=file, known=", ".join(known))
    return one.folder / file


def soil_map_tile(workspace: Workspace, name: str, by: str, z: int, x: int, y: int) -> MapTile:
    """A picture (PNG) of a map in Web Mercator, coloured by a quantity.

    Raises
    ------
    NotFound, BadInput
        If there is no such map, quantity or tile.
    """
    from tilth.tiles import Address, indexed_png

    one = find_map(workspace, name)
    Address.of(z, x, y, 30)
    _known(one, by)
    tag = hashlib.sha256(f"{one.tag}/{by}/{z}/{x}/{y}".encode()).hexdigest()[:32]

    def draw() -> bytes:
        pixels = _pixels(one, by, z, x, y)
        return b"" if pixels is None else indexed_png(pixels, palette_of(by, one.classes))

    return MapTile(_drawn.get(tag, draw), tag)


def soil_parcel(workspace: Workspace, *, year: int, parcel: str, map: str, region: str | None = None) -> dict[str, Any]:
    """What a map says of one parcel: chance of each class, salinity with its interval, land it was never tested on.

    Values are means over the parcel's ground, cells counted by their exact share in it.

    Parameters
    ----------
    region
        Only if the parcel lies in this region.

    Raises
    ------
    NotFound, BadInput
        If there is no such map, survey or parcel.
    """
    import numpy as np

    from tilth.soil import split_areas

    one = find_map(workspace, map)
    told = told_of_parcel(workspace, one, year, parcel, region)
    names = one.names(workspace)
    chances = told.chances if told.mapped > 0 else np.full(len(names), np.nan)
    parts = split_areas(np.array([told.area_dm2]), chances[None], np.array([told.mapped]))[0].tolist()
    likely = None if told.mapped <= 0 else int(np.argmax(chances))
    return {
        "map": one.name, "year": year, "parcel_id": parcel, "area_dm2": told.area_dm2, "region": told.region,
        "mapped_share": told.mapped, "outside_share": told.outside, "cells": told.cells,
        "class": None if likely is None else names[likely],
        "classes": [
            {"class": name, "probability": None if likely is None else float(chances[at]), "area_dm2": parts[at]}
            for at, name in enumerate(names)
        ],
        "unmapped_dm2": parts[-1],
        "ece_ds_m": None if likely is None else dict(zip(SALT, told.salt.tolist(), strict=True)),
    }  # fmt: skip


@dataclass(frozen=True)
class OfParcel:
    """A map over one parcel: means over its ground."""

    region: str
    area_dm2: int
    mapped: float  # share of the parcel that the map covers
    outside: float  # share of that on which the model was never tested
    cells: int
    salt: FloatArray  # (4,) as `SALT` [dS/m]
    chances: FloatArray  # (k,)
    shape: Any  # in the map's reference system
    crs: str


def told_of_parcel(workspace: Workspace, one: FinishedMap, year: int, parcel: str, region: str | None) -> OfParcel:
    """See `soil_parcel`."""
    import numpy as np
    import pyproj
    import shapely

    from tilth.intake import raster_around, raster_grid
    from tilth.land import Store
    from tilth.soil import cell_shares

    store = Store(workspace)
    survey = store.survey(year)
    rows = survey.attributes
    place = np.flatnonzero((rows["parcel_id"] == parcel).to_numpy(bool))
    if not len(place) or not _inside(store, workspace, region, str(rows["region_code"].iloc[int(place[0])])):
        raise NotFound("API-NO-PARCEL", parcel=parcel, year=year)
    at = int(place[0])
    code, area = str(rows["region_code"].iloc[at]), int(rows["area_dm2"].iloc[at])
    crs = raster_grid(one.folder / EC).crs
    turn = pyproj.Transformer.from_crs(survey.meta.crs, crs, always_xy=True)
    shape = shapely.transform(survey.shapes(np.array([at]))[0], lambda xy: np.column_stack(turn.transform(*xy.T)))
    found = {name: raster_around(one.folder / name, shape.bounds) for name in (EC, CLASSES, UNLIKE)}
    ec, classes, unlike = found[EC], found[CLASSES], found[UNLIKE]
    nothing = OfParcel(
        code, area, 0.0, 0.0, 0, np.full(len(SALT), np.nan), np.full(len(one.classes), np.nan), shape, crs
    )
    if ec is None or classes is None or unlike is None:
        return nothing
    shares = cell_shares(np.array([shape], dtype=object), ec[0])
    whole = float(shape.area / (ec[0].cell_x * ec[0].cell_y))  # in cells, those beyond the raster too
    there = np.isfinite(ec[1][0, shares.cell])
    cell, weight = shares.cell[there], shares.share[there].astype(np.float64)
    if not weight.sum() > 0:
        return nothing
    mean = weight / weight.sum()
    return OfParcel(
        code, area, min(float(weight.sum() / max(whole, weight.sum())), 1.0), float(mean @ (unlike[1][0, cell] > 1)),
        len(cell), ec[1][:, cell].astype(np.float64) @ mean, classes[1][:, cell].astype(np.float64) @ mean / 10_000,
        shape, crs,
    )  # fmt: skip


def _inside(store: Any, workspace: Workspace, region: str | None, code: str) -> bool:
    from tilth.api.book_reading import regions_below

    return region in (None, workspace.region) or code in regions_below(store.regions(), str(region))


def find_map(workspace: Workspace, name: str) -> FinishedMap:
    """The finished map of that name.

    Raises
    ------
    NotFound
        If there is none.
    """
    home = workspace.root / RASTERS
    known = sorted(path.parent.name for path in home.glob(f"*/{ABOUT}"))
    if name not in known:
        raise NotFound("SOIL-DESK-NO-MAP", name=name, known=", ".join(known) or "–")
    return _read(home / name)


def _read(folder: Path) -> FinishedMap:
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        found = FinishedMap(folder.name, folder, about)
        assert found.classes
    except (OSError, ValueError, KeyError, TypeError, AssertionError) as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise BadInput("SOIL-DESK-MAP-DAMAGED", name=folder.name, why=why) from error
    return found


def _short(one: FinishedMap) -> dict[str, Any]:
    made = datetime.fromtimestamp((one.folder / ABOUT).stat().st_mtime, UTC)
    return {
        "name": one.name, "samples": one.about.get("samples"), "recipe": one.about.get("recipe"),
        "made_at": str(one.made_from.get("made_at") or made.isoformat(timespec="seconds")),
        "made_from": dict(one.made_from), "year": one.made_from.get("year"), "parcels": one.about.get("parcels", 0),
        "outside_applicability": one.about.get("outside_applicability"), "unmapped": one.about.get("unmapped"),
        "validated": (one.folder / VALIDATION).is_file(), "tag": one.tag,
    }  # fmt: skip


def _areas(one: FinishedMap, names: Sequence[str]) -> dict[str, Any] | None:
    """The area table in the language in use: rows stand in the order of the classes, land without a value last."""
    areas = one.about.get("areas")
    if not areas:
        return None
    import numpy as np

    from tilth.change import levelled_ha

    labels = [*names, message("SOIL-AREAS-UNMAPPED")]
    shown = levelled_ha(np.array([row["area_dm2"] for row in areas["rows"]], dtype=np.int64))
    rows = [
        {**row, "class": labels[min(at, len(names))], "ha": int(ha) / 100}
        for at, (row, ha) in enumerate(zip(areas["rows"], shown, strict=True))
    ]
    said = message(f"SOIL-AREAS-{str(areas['method']).upper()}", places=areas["places"])
    return {**areas, "said": said, "rows": rows}


def _validation(one: FinishedMap) -> dict[str, Any] | None:
    file = one.folder / VALIDATION
    if not file.is_file():
        return None
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def _known(one: FinishedMap, by: str) -> None:
    known = [*QUANTITIES, *(f"p{at}" for at in range(len(one.classes)))]
    if by not in known:
        raise BadInput("SOIL-DESK-BY", by=by, known=", ".join(known))


def _pixels(one: FinishedMap, by: str, z: int, x: int, y: int) -> npt.NDArray[np.uint8] | None:
    import numpy as np

    from tilth.intake import raster_tile

    if by == CLASS:
        chances = raster_tile(one.folder / CLASSES, range(1, len(one.classes) + 1), z, x, y)
        if chances is None:
            return None
        some = np.isfinite(chances).all(axis=0)
        return np.where(some, np.argmax(np.nan_to_num(chances), axis=0) + 1, 0).astype(np.uint8)
    if by in SALT:
        found = raster_tile(one.folder / EC, [SALT.index(by) + 1], z, x, y)
    elif by == APPLICABILITY:
        found = raster_tile(one.folder / UNLIKE, [1], z, x, y)
    elif by.startswith("p"):
        found = raster_tile(one.folder / CLASSES, [int(by[1:]) + 1], z, x, y)
        found = None if found is None else found / np.float32(100)
    else:
        ends = raster_tile(one.folder / EC, [SALT.index("lower") + 1, SALT.index("upper") + 1], z, x, y)
        found = None if ends is None else ends[1:] - ends[:1]
    return None if found is None else scale_of(by).steps(found[0])


def _in_degrees(bounds: tuple[float, float, float, float], crs: str) -> list[float]:
    import pyproj

    turn = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    return [float(one) for one in turn.transform_bounds(*bounds)]


def _zoom_of(cell_m: float, bounds: tuple[float, float, float, float], crs: str) -> int:
    """The first zoom at which a pixel is no larger than a cell: beyond it tiles may be drawn larger."""
    import math

    _west, south, _east, north = _in_degrees(bounds, crs)
    pixel = _EARTH_M * math.cos(math.radians((south + north) / 2)) / 256
    return max(0, min(_LAST_ZOOM, math.ceil(math.log2(pixel / cell_m))))
