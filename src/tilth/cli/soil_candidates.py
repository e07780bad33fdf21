"""The command on candidate land: what could become farmland, and why or why not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import soil
from tilth.cli.options import AsJson, CoverDate, Year, a_file, on_cover, one_of, workspace
from tilth.cli.progress import progress
from tilth.cli.soil_zoning import meaning
from tilth.core import message

if TYPE_CHECKING:
    from tilth.api import SoilCandidates

_FORMATS = ("docx", "pdf", "xlsx")


@soil.command("candidates")
def candidates(
    year: Year,
    drivers: Annotated[
        list[Path] | None,
        typer.Option("--drivers", callback=a_file, help="Table with parcel_id and what is known: ece_ds_m, water, …"),
    ] = None,
    raster: Annotated[
        list[Path] | None, typer.Option("--raster", callback=a_file, help="Raster whose bands are known of parcels.")
    ] = None,
    stands_for: Annotated[
        list[str] | None, typer.Option("--as", metavar="COLUMN=CRITERION", help="What a column stands for.")
    ] = None,
    abandoned: Annotated[
        Path | None, typer.Option("--abandoned", callback=a_file, help="Table with parcel_id of abandoned land.")
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", help="Kind of layer that takes land out, beside ecology and reserve."),
    ] = None,
    steepest: Annotated[int, typer.Option("--steepest", help="Slope grade up to which land may be used.")] = 4,
    water: Annotated[
        float | None, typer.Option("--water-m3-ha", min=0, help="Leaching water there is; land that needs more is out.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Of the result: its folder below candidates.")] = "candidates",
    format: Annotated[
        list[str] | None,
        typer.Option("--format", callback=one_of("--format", _FORMATS), help="docx, pdf or xlsx; all without."),
    ] = None,
    date: CoverDate = None,
    json: AsJson = False,
) -> None:
    """Land that could become farmland: why in, why out, how well it suits, what it needs. 后备耕地

    Examples: `tilth soil candidates --year 2024` ·
    `tilth soil candidates --year 2024 --drivers known.csv --exclude town --water-m3-ha 3000`
    """
    place = workspace(year)
    from tilth import api
    from tilth.soil import criteria

    known = (*(one.id for one in criteria()), "water", "outlet", "ion_type", "texture", "salt_g_kg", "rain_mm")
    with progress():
        done = api.soil_candidates(
            place, year, tables=drivers or (), rasters=raster or (), meaning=meaning(stands_for, known),
            abandoned=abandoned, exclude=exclude or (), steepest=steepest, water_m3_ha=water, name=name,
            made_on=on_cover(date), formats=format or list(_FORMATS),
        )  # fmt: skip
    if json:
        show.as_json(done.as_record())
    else:
        _shown(done)
        show.findings(done.findings, most=3)


def _shown(done: SoilCandidates) -> None:
    heading = [message(f"SOIL-CANDIDATES-COL-{one}") for one in ("KIND", "PARCELS", "AREA", "USABLE")]
    grades = ("suits", "suits-with-works", "hardly-suits", "unknown")
    heading += [message(f"SOIL-CANDIDATES-GRADE-{one.upper()}") for one in grades]
    keys = ("area_dm2", "usable", *grades)
    rows: list[list[object]] = [
        [message(f"SOIL-CANDIDATES-KIND-{one['kind'].upper()}"), one["parcels"], *(one[key] for key in keys)]
        for one in done.summary()
        if one["parcels"]
    ]
    rows.append([message("SOIL-CANDIDATES-TOTAL"), *(sum(int(str(row[at])) for row in rows) for at in range(1, 8))])
    show.columns(
        [[name, count, *(show.area(int(str(dm2)), "ha") for dm2 in dm2s)] for name, count, *dm2s in rows],
        heading=heading,
    )
    sums = {"usable": show.area(int(done.usable.sum()), "ha"), "total": show.area(int(done.areas.sum()), "ha")}
    typer.echo(message("CLI-SOIL-CANDIDATES-SHARE", **sums))
    typer.echo(str(done.folder))
