"""Zones of saline land: drawn by a rule, changed by hand where somebody knows better, told on sheets."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth import __version__
from tilth.api.raster_parcels import raster_folder
from tilth.api.soil_finished import write_about
from tilth.api.zone_overrides import Moved, changed_by_hand
from tilth.api.zone_units import ZoneUnits, parcel_units, square_units
from tilth.core import BadInput, Finding, Label, Where, label, message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tilth.report import Listing, ZoneSheet
    from tilth.runtime import Workspace
    from tilth.soil import Zoned

ZONES, UNITS, PACKAGE, ABOUT, RASTER = "zones", "units.csv", "zones.gpkg", "zones.json", "zones.tif"
FORMATS = ("docx", "pdf", "xlsx")
_METRES_OF_A_DEGREE = 111_320.0


@dataclass(frozen=True)
class SoilZones:
    """Finished zones: their folder, how they were drawn, a sheet for each."""

    folder: Path
    year: int | None
    units: ZoneUnits
    zoned: Zoned
    zone: npt.NDArray[np.object_]  # (n,) names, after what was changed by hand
    computed: npt.NDArray[np.object_]  # (n,) names by the rule
    sheets: tuple[ZoneSheet, ...]
    moved: tuple[Moved, ...]
    rule: tuple[Label, ...]
    findings: tuple[Finding, ...]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "folder": str(self.folder),
            "files": sorted(one.name for one in self.folder.iterdir() if one.is_file()),
            "year": self.year,
            "units": len(self.units),
            "total_dm2": int(self.units.areas.sum()),
            "rule": [str(one) for one in self.rule],
            "tried": [
                {**asdict(one), "pseudo_f": None if one.pseudo_f == float("inf") else one.pseudo_f}
                for one in self.zoned.tried
            ],
            "zones": [_sheet_record(one) for one in self.sheets],
            "by_neighbour": int(self.zoned.by_neighbour.sum()),
            "linked_across": len(self.zoned.links),
            "overrides": [asdict(one) for one in self.moved],
            "findings": [one.as_record() for one in self.findings],
        }


def _sheet_record(one: ZoneSheet) -> dict[str, Any]:
    return {
        "zone": one.name, "area_dm2": one.area_dm2, "share_pct": f"{one.share_bp / 100:.2f}", "units": one.units,
        "pieces": one.pieces, "moved": one.moved,
        "classes": [{"class": str(name), "area_dm2": dm2} for name, dm2 in one.classes],
        "salinity": [{"class": name, "area_dm2": dm2} for name, dm2 in one.salinity],
        "drivers": [asdict(line) for line in one.drivers],
        "measures": [
            {"treatment": each.treatment, "name": str(each.label), "why": [str(why) for why in each.why],
             "forbidden": list(each.forbidden)}
            for each in one.measures
        ],
    }  # fmt: skip


def soil_zones(
    workspace: Workspace,
    *,
    year: int | None = None,
    cell: float = 0.0,
    rasters: Sequence[str | Path] = (),
    tables: Sequence[str | Path] = (),
    columns: Sequence[str] = (),
    kinds: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    meaning: Mapping[str, str] | None = None,
    zones: int | None = None,
    most: int = 12,
    least_ha: float = 0.0,
    reach: float = 1.0,
    overrides: str | Path | None = None,
    new_zones: bool = False,
    map: str | None = None,
    name: str = "zones",
    made_on: str | None = None,
    formats: Sequence[str] = FORMATS,
) -> SoilZones:
    """Draw zones into the workspace's `zones/NAME`: table, map, sheets in both languages, GeoPackage.

    Parameters
    ----------
    year, cell
        Units are the parcels of that survey, or else squares of `cell` metres of the rasters.
    rasters, tables, columns
        Drivers: bands of rasters (mean of a unit), columns of tables by parcel_id, columns of the survey.
    kinds, weights, meaning
        Drivers that hold kinds though they look like numbers; how much a driver counts (1 without); which driver of
        the rules on measures a column stands for, where its name does not say.
    zones, most, least_ha, reach
        How many (chosen by pseudo-F up to `most` without), the least area, and how near neighbours have to come [m].
    overrides, new_zones
        A table with parcel_id, zone and perhaps note, or polygons with zone; may it name zones that the rule has not?
    map
        A salinity map of the survey whose classes are told for each zone.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        If something given cannot be used, or no such zones can be drawn.
    """
    import numpy as np
    import pyproj
    import shapely

    from tilth.runtime import working
    from tilth.soil import meant, neighbours, zoned

    folder = workspace.root / ZONES / Path(raster_folder(workspace, name)).name
    units = _units(workspace, year, cell, rasters, tables, columns, kinds, weights or {})
    names = meant(meaning or {}, tuple(one.name for one in units.drivers))
    points = shapely.centroid(units.shapes)
    geographic = pyproj.CRS.from_user_input(units.crs).is_geographic
    near = reach / _METRES_OF_A_DEGREE if geographic else reach
    least = round(least_ha * 1e6)
    with working(message("SOIL-ZONES-WORKING"), len(units)) as advance:
        pairs = neighbours(units.shapes, near)
        done = zoned(
            units.drivers, pairs, shapely.get_x(points), shapely.get_y(points), units.areas, zones=zones, most=most,
            least=least,
        )  # fmt: skip
        advance(len(units))
    computed = np.array([f"Z{one + 1}" for one in done.zone.tolist()], dtype=object)
    zone, moved = changed_by_hand(units, computed, overrides, new_zones, year)
    salinity = None if map is None else _salinity(workspace, map, units, year)
    sheets = _sheets(units, zone, moved, done, names, salinity)
    rule = _rule(units, done, zones, most, least_ha, reach, moved)
    findings = _findings(units, done, sheets)
    result = SoilZones(folder, year, units, done, zone, computed, sheets, moved, rule, findings)
    folder.mkdir(parents=True, exist_ok=True)
    _written(result, workspace, made_on or datetime.now(UTC).date().isoformat(), formats)
    return result


def _units(
    workspace: Workspace, year: int | None, cell: float, rasters: Sequence[str | Path], tables: Sequence[str | Path],
    columns: Sequence[str], kinds: Sequence[str], weights: Mapping[str, float],
) -> ZoneUnits:  # fmt: skip
    files = [Path(one) for one in rasters]
    if year is not None:
        return parcel_units(
            workspace, year, rasters=files, tables=[Path(one) for one in tables], columns=columns, kinds=kinds,
            weights=weights,
        )  # fmt: skip
    if cell <= 0 or not files:
        raise BadInput("SOIL-ZONES-NEITHER")
    if tables or columns:
        raise BadInput("SOIL-ZONES-CELL-TABLE", what=", ".join([*(Path(one).name for one in tables), *columns]))
    return square_units(files, cell, kinds=kinds, weights=weights)


# --- what is told of each zone -------------------------------------------------------------------------------------


def _salinity(workspace: Workspace, map: str, units: ZoneUnits, year: int | None) -> dict[str, npt.NDArray[np.int64]]:
    """Area by class of salinity of every unit, from a finished map. [dm²]"""
    import numpy as np

    path = Path(raster_folder(workspace, map)) / "parcels.csv"
    missing = BadInput("SOIL-ZONES-MAP", map=map, year=year or "–")
    if not path.is_file():
        raise missing
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["parcel_id"]: row for row in csv.DictReader(file)}
    if set(rows) != {str(one) for one in units.ids}:
        raise missing
    names = [one for one in next(iter(rows.values())) if one.startswith("m2 ")]
    out = {
        one.removeprefix("m2 "): np.array(
            [int(Decimal(rows[str(unit)][one]) * 100) for unit in units.ids], dtype=np.int64
        )
        for one in names
    }
    if not np.array_equal(sum(out.values()), units.areas):
        raise missing
    return out


def _sheets(
    units: ZoneUnits, zone: npt.NDArray[np.object_], moved: Sequence[Moved], done: Zoned, names: Mapping[str, str],
    salinity: Mapping[str, npt.NDArray[np.int64]] | None,
) -> tuple[ZoneSheet, ...]:  # fmt: skip
    from tilth.report import ZoneSheet
    from tilth.soil import called_for, level_shares, parts_of

    order = sorted(
        set(zone.tolist()), key=lambda one: (not one[1:].isdigit(), int(one[1:]) if one[1:].isdigit() else 0, one)
    )
    pieces = parts_of(zone, done.pairs)
    areas = [int(units.areas[zone == one].sum()) for one in order]
    sheets = []
    for one, area, share in zip(order, areas, level_shares(areas), strict=True):
        own = zone == one
        lines = tuple(_line(driver, own, units.areas) for driver in units.drivers)
        told: dict[str, float | str] = {}
        for line in lines:
            value = line.kind if line.median is None else line.median
            told |= {driver: value for driver, column in names.items() if column == line.name and value != ""}
        dirty = {} if salinity is None else {name: int(dm2[own].sum()) for name, dm2 in salinity.items()}
        sheets.append(
            ZoneSheet(
                one, area, share, int(own.sum()), pieces[one], sum(each.zone == one for each in moved),
                _classes(units, own), tuple((name, dm2) for name, dm2 in dirty.items() if dm2), lines,
                tuple(called_for(told)),
            )
        )  # fmt: skip
    assert sum(areas) == int(units.areas.sum())
    return tuple(sheets)


def _line(driver: Any, own: npt.NDArray[np.bool_], areas: Any) -> Any:
    import numpy as np

    from tilth.report import DriverLine
    from tilth.soil import weighted_median

    weight = areas[own]
    known = driver.known[own]
    share = float(weight[known].sum() / weight.sum()) if weight.sum() else 0.0
    if driver.numbers is not None:
        values = driver.numbers[own]
        if not known.any():
            return DriverLine(driver.name, None, None, None, "", None, share)
        ends = float(values[known].min()), float(values[known].max())
        return DriverLine(driver.name, weighted_median(values, weight), *ends, "", None, share)
    kinds, which = np.unique(driver.kinds[own][known].astype(str), return_inverse=True)
    if not len(kinds):
        return DriverLine(driver.name, None, None, None, "", None, share)
    sums = np.bincount(which, weights=weight[known])
    best = int(np.argmax(sums))
    return DriverLine(driver.name, None, None, None, str(kinds[best]), float(sums[best] / sums.sum()), share)


def _classes(units: ZoneUnits, own: npt.NDArray[np.bool_]) -> tuple[tuple[Label, int], ...]:
    """Area by land class, in the order of the list."""
    if units.classes is None:
        return ()
    order = {code: at for at, code in enumerate(units.codes.classes)}
    sums: dict[str, int] = {}
    for code, dm2 in zip(units.classes[own].tolist(), units.areas[own].tolist(), strict=True):
        sums[code] = sums.get(code, 0) + dm2
    out = []
    for code in sorted(sums, key=lambda one: (order.get(one, len(order)), one)):
        name = units.codes[code].label if code in units.codes else Label("", "")
        out.append((Label(f"{code} {name.en}".strip(), f"{code} {name.zh}".strip()), sums[code]))
    return tuple(out)


def _rule(
    units: ZoneUnits, done: Zoned, zones: int | None, most: int, least_ha: float, reach: float, moved: Sequence[Moved]
) -> tuple[Label, ...]:
    """How the zones came about, in sentences."""
    drivers = ", ".join(
        one.name if one.weight == 1.0 else f"{one.name} × {one.weight:g}" for one in units.drivers
    )  # fmt: skip
    out = [label("SOIL-ZONES-RULE", reach=f"{reach:g}", drivers=drivers)]
    best = max(done.tried, key=lambda one: one.pseudo_f)
    if zones is not None:
        out.append(label("SOIL-ZONES-RULE-GIVEN", zones=done.count))
    else:
        told = {"pseudo_f": f"{best.pseudo_f:,.1f}", "explained": f"{best.explained:.1%}"}
        out.append(label("SOIL-ZONES-RULE-CHOSEN", zones=done.count, most=most, **told))
    if least_ha > 0:
        out.append(label("SOIL-ZONES-RULE-LEAST", least=f"{least_ha:,.2f}"))
    if done.by_neighbour.any():
        out.append(label("SOIL-ZONES-RULE-NEIGHBOURS", count=int(done.by_neighbour.sum())))
    if len(done.links):
        out.append(label("SOIL-ZONES-RULE-LINKS", count=len(done.links)))
    if moved:
        out.append(label("SOIL-ZONES-RULE-HAND", count=len(moved)))
    return tuple(out)


def _findings(units: ZoneUnits, done: Zoned, sheets: Sequence[ZoneSheet]) -> tuple[Finding, ...]:
    found = []
    if done.by_neighbour.any():
        lacking = [one.name for one in units.drivers if not one.known.all()]
        values = {"count": int(done.by_neighbour.sum()), "units": len(units), "names": ", ".join(lacking)}
        found.append(Finding("SOIL-ZONES-UNKNOWN", Where(), values))
    for one in sheets:
        if one.pieces > 1:
            found.append(Finding("SOIL-ZONES-SCATTERED", Where(), {"zone": one.name, "pieces": one.pieces}))
    return tuple(found)


# --- files ---------------------------------------------------------------------------------------------------------


def _written(done: SoilZones, workspace: Workspace, made_on: str, formats: Sequence[str]) -> None:
    import numpy as np
    import pyproj
    import shapely

    from tilth.report import Provenance, ZoneMap, write_zone_papers

    units = done.units
    ways = _ways(done)
    _listed(done, ways)
    _packaged(done, ways, made_on)
    if units.grid is not None:
        _rastered(done)
    hand = np.array([one == "hand" for one in ways], dtype=bool)
    held = ZoneMap(
        units.shapes,
        done.zone,
        hand,
        pyproj.CRS.from_user_input(units.crs),
        shapely.total_bounds(units.shapes).tolist(),
    )
    write_zone_papers(
        done.sheets, held, done.rule, _overrides_list(done.moved), done.folder, title=label("SOIL-ZONES-TITLE"),
        unit=Label(workspace.name, workspace.name), year=done.year,
        provenance=Provenance(f"tilth {__version__}", (), units.sources), made_on=made_on, formats=formats,
    )  # fmt: skip
    write_about(done, ABOUT)


def _ways(done: SoilZones) -> list[str]:
    """How each unit came to its zone: by the rule, with its neighbours, by hand."""
    moved = {one.unit for one in done.moved}
    return [
        "hand" if str(unit) in moved else "neighbour" if beside else "rule"
        for unit, beside in zip(done.units.ids, done.zoned.by_neighbour, strict=True)
    ]


def _listed(done: SoilZones, ways: Sequence[str]) -> None:
    from tilth.core import safe_cell

    notes = {one.unit: one.note for one in done.moved}
    with (done.folder / UNITS).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["parcel_id", "area_m2", "zone", "computed_zone", "how", "note"])
        for at, unit in enumerate(done.units.ids):
            writer.writerow(
                [safe_cell(str(unit)), f"{done.units.areas[at] / 100:.2f}", safe_cell(str(done.zone[at])),
                 done.computed[at], ways[at], safe_cell(notes.get(str(unit), ""))]
            )  # fmt: skip


def _packaged(done: SoilZones, ways: Sequence[str], made_on: str) -> None:
    """Units and zones as layers with their colours."""
    import geopandas as gpd
    import shapely

    from tilth.report import Category, StyledLayer, write_geopackage, zone_colour

    units = done.units
    held: dict[str, Any] = {
        "parcel_id": units.ids.astype(str), "zone": done.zone.astype(str), "computed_zone": done.computed.astype(str),
        "how": list(ways), "area_dm2": units.areas,
    }  # fmt: skip
    held |= {one.name: one.numbers if one.numbers is not None else one.kinds for one in units.drivers}
    categories = tuple(
        Category(one.name, Label(one.name, one.name), zone_colour(at)) for at, one in enumerate(done.sheets)
    )
    frame = gpd.GeoDataFrame(held, geometry=list(units.shapes), crs=units.crs)
    whole = [shapely.union_all(units.shapes[done.zone == one.name]) for one in done.sheets]
    outlines = gpd.GeoDataFrame(
        {"zone": [one.name for one in done.sheets], "area_dm2": [one.area_dm2 for one in done.sheets],
         "units": [one.units for one in done.sheets]}, geometry=whole, crs=units.crs,
    )  # fmt: skip
    layers = [
        StyledLayer("zones", label("SOIL-ZONES-TITLE"), outlines, "zone", categories),
        StyledLayer("units", label("SOIL-ZONES-COL-UNITS"), frame, "zone", categories),
    ]
    write_geopackage(layers, done.folder / PACKAGE, made_on)


def _rastered(done: SoilZones) -> None:
    """The number of its zone in the sheets for every cell of the rasters' grid; 0 where there is none."""
    import numpy as np

    from tilth.report import write_cog

    grid, squares = done.units.grid, done.units.square
    assert grid is not None and squares is not None
    place = {one.name: at + 1 for at, one in enumerate(done.sheets)}
    factor = done.units.factor
    across = -(-grid.width // factor)
    table = np.zeros(across * -(-grid.height // factor), dtype=np.uint16)
    table[squares] = [place[str(one)] for one in done.zone]

    def blocks() -> Any:
        columns = np.arange(grid.width) // factor
        for row in range(grid.height):
            yield row, table[(row // factor) * across + columns][None]

    tags = {"TILTH_ZONES": ",".join(one.name for one in done.sheets)}
    write_cog(done.folder / RASTER, grid, ["zone"], "uint16", 0, blocks(), tags=tags, resampling="mode")


def _overrides_list(moved: Sequence[Moved]) -> Listing:
    from tilth.report import ListColumn, Listing

    columns = tuple(
        ListColumn(name, label(f"SOIL-ZONES-COL-{name.upper()}")) for name in ("parcel", "computed", "zone", "note")
    )
    rows = tuple((one.unit, one.computed, one.zone, one.note) for one in moved)
    return Listing("zone-overrides", label("SOIL-ZONES-OVERRIDES"), columns, rows)
