"""The command on next samples: where to go, in which order, with a sheet to write on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import soil
from tilth.cli.options import AsJson, CoverDate, a_file, on_cover, one_of, workspace
from tilth.cli.progress import progress
from tilth.core import message

if TYPE_CHECKING:
    from tilth.api import NextSamples

_DESIGNS = ("latin", "uncertainty")
_FORMATS = ("docx", "pdf", "xlsx")


@soil.command("next-samples")
def next_samples(
    count: Annotated[int, typer.Option("--count", help="How many places.")],
    design: Annotated[
        str,
        typer.Option(
            "--design",
            callback=one_of("--design", _DESIGNS),
            help="latin: places that stand for the rasters; uncertainty: where a map is least sure.",
        ),
    ] = "latin",
    raster: Annotated[
        list[Path] | None, typer.Option("--raster", callback=a_file, help="Covariates on one grid of metres (latin).")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Band that holds kinds, not numbers.")] = None,
    map: Annotated[str, typer.Option("--map", help="Finished salinity map (uncertainty).")] = "salinity",
    reach: Annotated[
        float | None, typer.Option("--reach", help="Metres over which a sample takes doubt away (uncertainty).")
    ] = None,
    samples: Annotated[
        str | None, typer.Option("--samples", help="Stored samples that were taken already (uncertainty).")
    ] = None,
    year: Annotated[int | None, typer.Option("--year", help="Only on parcels of that survey.")] = None,
    per_day: Annotated[int, typer.Option("--per-day", help="Places of a day, at most.")] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of everything that is drawn.")] = 0,
    name: Annotated[str, typer.Option("--name", help="Of the result: its folder below next-samples.")] = "next-samples",
    format: Annotated[
        list[str] | None,
        typer.Option("--format", callback=one_of("--format", _FORMATS), help="docx, pdf or xlsx; all without."),
    ] = None,
    date: CoverDate = None,
    json: AsJson = False,
) -> None:
    """Where to sample next, day by day, with a GeoPackage and a field sheet. 采样布点

    Examples: `tilth soil next-samples --count 40 --raster covariates.tif --year 2024` ·
    `tilth soil next-samples --count 25 --design uncertainty --map salinity --samples 3f2a --per-day 8`
    """
    place = workspace(year)
    from tilth import api

    with progress():
        done = api.soil_next_samples(
            place, count, design=design, rasters=raster or (), kinds=kind or (), map=map, reach=reach, samples=samples,
            year=year, per_day=per_day, seed=seed, name=name, made_on=on_cover(date), formats=format or list(_FORMATS),
        )  # fmt: skip
    if json:
        show.as_json(done.as_record())
    else:
        _shown(done)


def _shown(done: NextSamples) -> None:
    typer.echo(str(done.said))
    heading = [message(f"SOIL-NEXT-COL-{one}") for one in ("DAY", "PLACES", "KM")]
    days = done.as_record()["days"]
    show.columns([(one["day"], one["places"], f"{one['km']:.1f}") for one in days], heading=heading)
    typer.echo(message("SOIL-NEXT-SAID-DAYS", days=len(days), per_day=done.per_day))
    typer.echo(str(done.folder))
