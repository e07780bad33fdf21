"""The command on zones: land alike in what drives its salt, a sheet for each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import soil
from tilth.cli.options import AsJson, CoverDate, a_file, on_cover, one_of, workspace
from tilth.cli.progress import progress
from tilth.core import BadInput, message

if TYPE_CHECKING:
    from tilth.api import SoilZones

_FORMATS = ("docx", "pdf", "xlsx")
_ALL = list(_FORMATS)


@soil.command("zones")
def zones(
    year: Annotated[int | None, typer.Option("--year", help="Survey whose parcels are put into zones.")] = None,
    cell: Annotated[float, typer.Option("--cell", min=0, help="Or squares of so many metres of the rasters.")] = 0.0,
    drivers: Annotated[
        list[Path] | None,
        typer.Option("--drivers", callback=a_file, help="Table with parcel_id and a column for each driver."),
    ] = None,
    raster: Annotated[
        list[Path] | None, typer.Option("--raster", callback=a_file, help="Raster whose bands are drivers.")
    ] = None,
    column: Annotated[list[str] | None, typer.Option("--column", help="Column of the survey that is a driver.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Driver that holds kinds, though they look like numbers.")
    ] = None,
    weight: Annotated[
        list[str] | None, typer.Option("--weight", metavar="NAME=NUMBER", help="How much a driver counts; 1 without.")
    ] = None,
    stands_for: Annotated[
        list[str] | None,
        typer.Option("--as", metavar="COLUMN=DRIVER", help="What a column stands for: 埋深=gw_depth_m."),
    ] = None,
    count: Annotated[int | None, typer.Option("--zones", help="How many; without, where pseudo-F is largest.")] = None,
    most: Annotated[int, typer.Option("--most", min=2, help="Up to how many are tried without --zones.")] = 12,
    least_ha: Annotated[float, typer.Option("--least-ha", min=0, help="Least area of a zone.")] = 0.0,
    reach: Annotated[float, typer.Option("--reach", min=0, help="Metres within which parcels are neighbours.")] = 1.0,
    overrides: Annotated[
        Path | None,
        typer.Option("--overrides", callback=a_file, help="Table with parcel_id, zone, note, or polygons with zone."),
    ] = None,
    new_zones: Annotated[bool, typer.Option("--new-zones", help="Overrides may name new zones.")] = False,
    map: Annotated[str | None, typer.Option("--map", help="Salinity map whose classes are told for each zone.")] = None,
    name: Annotated[str, typer.Option("--name", help="Of the result: its folder below zones.")] = "zones",
    format: Annotated[
        list[str] | None,
        typer.Option("--format", callback=one_of("--format", _FORMATS), help="docx, pdf or xlsx; all without."),
    ] = None,
    date: CoverDate = None,
    json: AsJson = False,
) -> None:
    """Zones that hang together and are alike in what drives salt, with a sheet for each. 盐碱地分区

    Examples: `tilth soil zones --year 2024 --drivers drivers.csv --least-ha 50` ·
    `tilth soil zones --cell 500 --raster groundwater.tif --raster texture.tif --kind texture --zones 5` ·
    `tilth soil zones --year 2024 --drivers drivers.csv --overrides moved.csv --map salinity`
    """
    place = workspace(year)
    from tilth import api
    from tilth.soil import driver_names

    known = (*driver_names(), "water")
    with progress():
        done = api.soil_zones(
            place, year=year, cell=cell, rasters=raster or (), tables=drivers or (), columns=column or (),
            kinds=kind or (), weights=_weights(weight), meaning=meaning(stands_for, known), zones=count, most=most,
            least_ha=least_ha, reach=reach, overrides=overrides, new_zones=new_zones, map=map, name=name,
            made_on=on_cover(date), formats=format or _ALL,
        )  # fmt: skip
    if json:
        show.as_json(done.as_record())
    else:
        _shown(done)
        show.findings(done.findings, most=3)


def _weights(given: list[str] | None) -> dict[str, float]:
    out = {}
    for one in given or ():
        name, sign, number = one.rpartition("=")
        try:
            out[name] = float(number)
        except ValueError:
            raise BadInput("SOIL-ZONES-WEIGHT", given=one) from None
        if not sign or not name or not 0 < out[name] < float("inf"):
            raise BadInput("SOIL-ZONES-WEIGHT", given=one)
    return out


def meaning(given: list[str] | None, known: Sequence[str]) -> dict[str, str]:
    """What columns stand for, from COLUMN=DRIVER."""
    out = {}
    for one in given or ():
        column, _, driver = one.partition("=")
        if not column or driver not in known:
            raise BadInput("SOIL-ZONES-AS", given=one, known=", ".join(known))
        out[column] = driver
    return out


def _shown(done: SoilZones) -> None:
    for sentence in done.rule:
        typer.echo(str(sentence))
    if len(done.zoned.tried) > 1:
        heading = [message(f"CLI-SOIL-ZONES-{one}") for one in ("TRIED", "EXPLAINED", "PSEUDO-F")]
        show.columns(
            [(each.zones, f"{each.explained:.1%}", f"{each.pseudo_f:,.1f}") for each in done.zoned.tried],
            heading=heading,
        )
    names = [one.name for one in done.units.drivers]
    heading = [message(f"CLI-SOIL-ZONES-{one}") for one in ("ZONE", "HA", "SHARE", "UNITS", "PIECES")]
    rows: list[tuple[object, ...]] = []
    for one in done.sheets:
        told = [
            line.kind or "-" if line.median is None else f"{line.median:.3g} ({line.least:.3g}–{line.most:.3g})"
            for line in one.drivers
        ]
        rows.append(
            (one.name, show.area(one.area_dm2, "ha"), f"{one.share_bp / 100:.2f}", one.units, one.pieces, *told)
        )
    total = sum(one.area_dm2 for one in done.sheets)
    rows.append(
        (message("CLI-SOIL-TREND-TOTAL"), show.area(total, "ha"), "100.00", len(done.units), "", *[""] * len(names))
    )
    show.columns(rows, heading=[*heading, *names])
    for one in done.sheets:
        measures = "、".join(str(each.label) for each in one.measures if not each.forbidden)
        if measures:
            typer.echo(
                message(
                    "CLI-SOIL-ZONES-MEASURES",
                    zone=one.name,
                    measures=measures.replace("、", message("CLI-SOIL-ZONES-COMMA")),
                )
            )
    typer.echo(str(done.folder))
