"""Zones that somebody changed by hand: by a table of parcels, or by polygons."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.zone_units import ZoneUnits, rows_by_parcel
from tilth.core import BadInput

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Moved:
    """A unit that somebody put into another zone."""

    unit: str
    computed: str
    zone: str
    note: str
    file: str
    row: int


def changed_by_hand(
    units: ZoneUnits, computed: npt.NDArray[np.object_], overrides: str | Path | None, fresh: bool, year: int | None
) -> tuple[npt.NDArray[np.object_], tuple[Moved, ...]]:
    """Zones after the overrides, and the units that went elsewhere by them, in the order of the units."""
    zone = computed.copy()
    if overrides is None:
        return zone, ()
    path = Path(overrides)
    known = sorted(set(computed.tolist()), key=lambda one: int(one[1:]))
    moved = []
    for at, (wanted, note, row) in sorted(_asked(units, path, year).items()):
        if not wanted:
            raise BadInput("SOIL-ZONES-OVERRIDE-BLANK", file=path.name, row=row, parcel=units.ids[at])
        meant = next((one for one in known if wanted.casefold() in (one.casefold(), one[1:])), None)
        if meant is None and not fresh:
            raise BadInput(
                "SOIL-ZONES-OVERRIDE-ZONE", file=path.name, row=row, zone=wanted, known=", ".join(known)
            )  # fmt: skip
        zone[at] = meant or wanted
        if zone[at] != computed[at]:
            moved.append(Moved(str(units.ids[at]), str(computed[at]), str(zone[at]), note, path.name, row))
    return zone, tuple(moved)


def _asked(units: ZoneUnits, path: Path, year: int | None) -> dict[int, tuple[str, str, int]]:
    """By unit: the zone that is asked for, a note, and the row that asks."""
    from tilth.intake import read_table, read_vector

    if path.suffix.lower() not in (".csv", ".tsv", ".xlsx", ".xls"):
        return _asked_by_polygons(units, read_vector(path), path.name)
    frame = read_table(path).frame
    place = {str(one): at for at, one in enumerate(units.ids)}
    rows = rows_by_parcel(frame, path.name, set(place), year)
    return {place[parcel]: _of_row(frame, at, path.name) for parcel, at in rows.items()}


def _of_row(frame: Any, at: int, file: str) -> tuple[str, str, int]:
    from tilth.soil import numbers

    if "zone" not in frame:
        known = ", ".join(str(one) for one in frame.columns if one not in ("source_row", "geometry"))
        raise BadInput("SOIL-ZONES-TABLE-ID", file=file, id="zone", known=known)
    row = frame.iloc[[at]]
    note = numbers(row["note"]).text[0] if "note" in frame else ""
    return str(numbers(row["zone"]).text[0]), str(note), int(row["source_row"].iloc[0])


def _asked_by_polygons(units: ZoneUnits, table: Any, file: str) -> dict[int, tuple[str, str, int]]:
    """Units whose inner point lies in a polygon; one in polygons of two zones is refused."""
    import numpy as np
    import shapely

    frame = table.frame.to_crs(units.crs) if table.crs else table.frame
    points = shapely.point_on_surface(units.shapes)
    at, polygon = shapely.STRtree(points).query(np.asarray(frame.geometry, dtype=object), predicate="intersects")[::-1]
    out: dict[int, tuple[str, str, int]] = {}
    for unit, row in sorted(zip(at.tolist(), polygon.tolist(), strict=True)):
        asked = _of_row(frame, row, file)
        if unit in out and out[unit][0] != asked[0]:
            raise BadInput("SOIL-ZONES-TABLE-TWICE", file=file, row=asked[2], parcel=units.ids[unit])
        out.setdefault(unit, asked)
    if not out:
        raise BadInput("SOIL-ZONES-OVERRIDE-NONE", file=file)
    return out
