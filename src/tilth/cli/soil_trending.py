"""The command on trends: where land grows saltier over the years."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import soil
from tilth.cli.options import AsJson, a_file, one_of, workspace
from tilth.cli.progress import progress
from tilth.core import BadInput, message

if TYPE_CHECKING:
    from tilth.api import SoilTrend

Seen = Annotated[list[Path], typer.Argument(metavar="FILES", callback=a_file, help="One raster a year.")]
_MOST = 20


@soil.command("trend")
def trend(
    files: Seen,
    band: Annotated[str, typer.Option("--band", help="What is followed, by the description of its band.")] = "",
    years: Annotated[
        str | None,
        typer.Option("--years", help="Years of the files in their order, where names do not say: 2001,2002."),
    ] = None,
    bands: Annotated[
        str | None, typer.Option("--bands", help="Names of the bands in their order, where files do not say: a,b.")
    ] = None,
    mask: Annotated[Path | None, typer.Option("--mask", help="Raster of the land that counts, on any grid.")] = None,
    mask_values: Annotated[
        str | None, typer.Option("--mask-values", help="Values of the mask that count: 40,50; all but 0 without.")
    ] = None,
    least: Annotated[int, typer.Option("--least", min=1, help="Years with a value that a cell needs.")] = 10,
    rate: Annotated[
        float, typer.Option("--rate", help="Share of false ones among all that are called trends: 0.05.")
    ] = 0.05,
    dependence: Annotated[
        str,
        typer.Option(
            "--dependence", callback=one_of("--dependence", ("positive", "any")), help="Of neighbours: positive or any."
        ),
    ] = "positive",
    saltier: Annotated[
        str,
        typer.Option(
            "--saltier", callback=one_of("--saltier", ("higher", "lower")), help="Which way land grows saltier."
        ),
    ] = "higher",
    year: Annotated[int | None, typer.Option("--year", help="Survey whose parcels are tested and listed too.")] = None,
    name: Annotated[str, typer.Option("--name", help="Of the result: its folder below rasters.")] = "trend",
    json: AsJson = False,
) -> None:
    """Where land grows saltier: Theil–Sen and Mann–Kendall for cells and parcels, false calls held down. 盐渍化趋势

    Examples: `tilth soil trend ec-20*.tif --year 2024` ·
    `tilth soil trend summer_*.tif --band NIRv --saltier lower --mask cropland.tif --least 20 --rate 0.01`
    """
    place = workspace(year)
    from tilth import api

    with progress():
        done = api.soil_trend(
            place, files, band=band, years=_whole("--years", years), bands=_names(bands), mask=mask,
            mask_values=_whole("--mask-values", mask_values), least=least, rate=rate, dependence=dependence,
            saltier=saltier, survey=year, name=name,
        )  # fmt: skip
    if json:
        show.as_json(done.as_record())
    else:
        _shown(done)
        show.findings(done.findings, most=3)


def _names(given: str | None) -> list[str]:
    return [one.strip() for one in given.split(",") if one.strip()] if given else []


def _whole(option: str, given: str | None) -> list[int]:
    try:
        return [int(one) for one in _names(given)]
    except ValueError:
        raise BadInput("CLI-SOIL-WHOLE", option=option, given=given) from None


def _shown(done: SoilTrend) -> None:
    record = done.as_record()
    typer.echo(
        message(
            "CLI-SOIL-TREND-READ", band=done.band, years=len(done.years), first=done.years[0], last=done.years[-1],
            width=done.grid.width, height=done.grid.height,
        )
    )  # fmt: skip
    limit = message("SOIL-TREND-NONE-CALLED") if done.limit < 0 else f"{done.limit:.2g}"
    typer.echo(
        message("SOIL-TREND-RULE", least=done.least, rate=f"{done.rate:g}", tests=f"{done.tests:,}", limit=limit)
    )
    _table(record["cells"], "cells")
    parcels = record["parcels"]
    if parcels is not None:
        typer.echo(message("CLI-SOIL-TREND-BY-PARCEL", year=parcels["year"]))
        _table(parcels["rows"], "parcels")
        if parcels["salinising"]:
            typer.echo(message("CLI-SOIL-TREND-LIST"))
        for one in parcels["salinising"][:_MOST]:
            typer.echo(
                f"    {one['parcel_id']}  {show.area(one['area_dm2'])} m²  "
                f"{one['slope']:+.4g} ({one['low']:+.4g} … {one['high']:+.4g})  p {one['p']:.2g}"
            )
        show.more(len(parcels["salinising"]) - _MOST)
    typer.echo(str(done.folder))


def _table(rows: list[dict[str, object]], counted: str) -> None:
    heading = [message(f"CLI-SOIL-TREND-{one}") for one in ("DIRECTION", counted.upper(), "HA")]
    body = [
        (message(f"SOIL-TREND-DIRECTION-{str(one['trend']).upper()}"), f"{one[counted]:,}",
         show.area(int(str(one["area_dm2"])), "ha"))
        for one in rows
    ]  # fmt: skip
    total = [sum(int(str(one[key])) for one in rows) for key in (counted, "area_dm2")]
    body.append((message("CLI-SOIL-TREND-TOTAL"), f"{total[0]:,}", show.area(total[1], "ha")))
    show.columns(body, heading=heading)
