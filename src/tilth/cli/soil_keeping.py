"""Commands that bring in what salinity maps and options of parcels stand on, and list the maps there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilth.cli import show
from tilth.cli.app import importing, soil
from tilth.cli.options import AsJson, a_file, workspace
from tilth.cli.progress import progress
from tilth.core import message


@importing.command("raster")
def import_raster(
    file: Annotated[Path, typer.Argument(metavar="FILE", callback=a_file, help="A GeoTIFF, square cells in metres.")],
    name: Annotated[str, typer.Option("--name", help="Under which it is kept; the file's own name without.")] = "",
    json: AsJson = False,
) -> None:
    """Keep a raster of covariates to map salinity over. 导入栅格

    Example: `tilth import raster indices.tif`
    """
    place = workspace()
    from tilth import api

    with progress():
        kept = api.import_raster(place, file, name=name)
    if json:
        show.as_json(kept)
        return
    values = {**kept, "bands": ", ".join(kept["bands"]), "cell": f"{kept['cell_m']:g}"}
    typer.echo(message("CLI-SOIL-RASTER-KEPT", **values))


@importing.command("weather")
def import_weather(
    file: Annotated[Path, typer.Argument(metavar="FILE", callback=a_file, help="CSV of rain and ET0.")],
    json: AsJson = False,
) -> None:
    """Keep the weather that options of parcels are worked out with. 导入气象资料

    Example: `tilth import weather weather.csv`
    """
    place = workspace()
    from tilth import api

    kept = api.import_weather(place, file)
    if json:
        show.as_json(kept)
        return
    typer.echo(message("CLI-SOIL-WEATHER-KEPT", first=kept["years"][0], last=kept["years"][-1], steps=kept["steps"]))


@importing.command("ground")
def import_ground(
    file: Annotated[Path, typer.Argument(metavar="FILE", callback=a_file, help="CSV of texture and groundwater.")],
    json: AsJson = False,
) -> None:
    """Keep texture and groundwater by parcel or region. 导入质地与地下水

    Example: `tilth import ground ground.csv`
    """
    place = workspace()
    from tilth import api

    kept = api.import_ground(place, file)
    if json:
        show.as_json(kept)
        return
    typer.echo(message("CLI-SOIL-GROUND-KEPT", rows=kept["rows"], parcels=kept["parcels"]))


@soil.command("maps")
def maps(json: AsJson = False) -> None:
    """The finished salinity maps of the workspace. 盐分成图

    Example: `tilth soil maps`
    """
    place = workspace()
    from tilth import api

    found = api.soil_maps(place)
    if json:
        show.as_json(found)
        return
    heading = [message(f"CLI-SOIL-MAPS-{one}") for one in ("NAME", "MADE", "SAMPLES", "PARCELS")]
    rows = [(one["name"], one["made_at"][:16].replace("T", " "), one["samples"], one["parcels"]) for one in found]
    show.columns(rows, heading=heading)
