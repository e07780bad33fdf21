"""Commands on the salt chain: what salt, yield and water come to, and which crop or measure fits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tilth.cli import show
from tilth.cli.app import soil
from tilth.cli.options import AsJson, Pictures, a_file, one_of, workspace
from tilth.cli.progress import progress
from tilth.core import message

UnitsFile = Annotated[
    Path, typer.Argument(metavar="UNITS", callback=a_file, help="CSV of parcels or cells: salt, groundwater, texture.")
]
Weather = Annotated[
    Path,
    typer.Option("--weather", callback=a_file, help="CSV of rain and ET0 by month, decade or day."),
]
Years = Annotated[int, typer.Option("--years", help="How many years to walk.")]
Target = Annotated[float, typer.Option("--target", help="Share of full yield below which a year counts as failed.")]
Gaps = Annotated[
    str,
    typer.Option("--gaps", callback=one_of("--gaps", ("refuse", "mean")), help="Missing weather: refuse, or mean."),
]
FITS = ("crop-to-land", "land-to-crop")
MODELS = ("maas-hoffman", "van-genuchten-hoffman", "steppuhn")


@soil.command("simulate")
def simulate(
    units: UnitsFile,
    weather: Weather,
    years: Years = 10,
    options: Annotated[
        Path | None, typer.Option("--options", callback=a_file, help="TOML of options; usual ones where not given.")
    ] = None,
    crop: Annotated[str, typer.Option("--crop", help="Crop of the usual options, by id or name.")] = "cotton",
    target: Target = 0.5,
    gaps: Gaps = "refuse",
    model: Annotated[
        str, typer.Option("--model", callback=one_of("--model", MODELS), help="Yield on salty soil.")
    ] = "maas-hoffman",
    draws: Annotated[
        bool, typer.Option("--draws", help="Write a row for each quantile of salt too, for a plan over them.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="CSV to write: every unit, option and year.")] = None,
    pictures: Pictures = None,
    json: AsJson = False,
) -> None:
    """Salt, yield, water and income of every unit under every option, year by year. 水盐模拟

    Examples: `tilth soil simulate units.csv --weather weather.csv --years 20` ·
    `tilth soil simulate units.csv --weather weather.csv --options options.toml --out results.csv`
    """
    from tilth import api

    with progress():
        found = api.soil_simulate(
            units, weather, options=options, crop=crop, years=years, target=target, gaps=gaps, model=model,
            draws=draws,
        )  # fmt: skip
    if out is not None:
        api.write_simulated(found, out)
    drawn = []
    if pictures is not None:
        drawn = api.salt_pictures(found, pictures, labels=api.option_names(options), target=target)
    if json:
        show.as_json(found.as_record())
        return
    _rows([{"units": len(found.table.units), **row} for row in found.table.summary()])
    _closing(found.table)
    if out is not None:
        typer.echo(str(out))
    show.paths(drawn)


@soil.command("options")
def side_by_side(
    units: UnitsFile,
    weather: Weather,
    fit: Annotated[
        str, typer.Option("--fit", callback=one_of("--fit", FITS), help="crop-to-land or land-to-crop.")
    ] = "crop-to-land",
    crop: Annotated[
        list[str] | None,
        typer.Option("--crop", help="Crops to try, or the one to fit land to; may be repeated."),
    ] = None,
    measure: Annotated[
        list[str] | None, typer.Option("--measure", help="Measures to try, two at once as A+B. May be repeated.")
    ] = None,
    years: Years = 10,
    target: Target = 0.5,
    gaps: Gaps = "refuse",
    outlet: Annotated[bool, typer.Option("--outlet/--no-outlet", help="Is there an outlet for drainage?")] = True,
    water: Annotated[bool, typer.Option("--water/--no-water", help="Is there water to leach with?")] = True,
    gain: Annotated[
        bool, typer.Option("--gain", help="Find the gain of a variety that earns as much as each measure.")
    ] = False,
    options: Annotated[
        Path | None, typer.Option("--options", callback=a_file, help="TOML of options to set side by side instead.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="CSV to write: a row for each option.")] = None,
    pictures: Pictures = None,
    year: Annotated[
        int | None, typer.Option("--year", help="Survey whose parcels the units are: a map of the best option of each.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Which crop fits the land, or which measure fits the land to a crop. 以种适地、以地适种

    Examples: `tilth soil options units.csv --weather weather.csv --fit crop-to-land` ·
    `tilth soil options units.csv --weather weather.csv --fit land-to-crop --crop cotton --measure PIPE_DRAIN --gain` ·
    `tilth soil options units.csv --weather weather.csv --options options.toml --year 2024 --pictures out`
    """
    from tilth import api

    with progress():
        found = api.soil_options(
            units, weather, fits=fit, crops=crop or (), measures=measure or (), years=years, target=target, gaps=gaps,
            outlet=outlet, water=water, gain=gain, options=options,
        )  # fmt: skip
        names, drawn = api.option_names(options), []
        if out is not None:
            drawn.append(api.write_options(found, out, labels=names))
        if pictures is not None:
            place = None if year is None else workspace(year)
            drawn += api.option_pictures(found, pictures, workspace=place, year=year, labels=names)
    if json:
        show.as_json(found.as_record())
        return
    _rows(found.fitted.rows())
    for rule, why in found.reasons().items():
        count = max(one.get(rule, 0) for one in found.fitted.excluded.values())
        typer.echo(message("CLI-SALT-EXCLUDED", rule=rule, why=why, units=count))
    _closing(found.fitted.table)
    for rival, needed in found.gains.items():
        none = needed == float("inf")
        typer.echo(
            message("CLI-SALT-GAIN-NONE" if none else "CLI-SALT-GAIN", gain=f"{needed:.1f}", most=20, rival=rival)
        )
    show.paths(drawn)


@soil.command("units")
def units(
    year: Annotated[int, typer.Option("--year", help="Survey whose parcels are taken.")],
    groundwater: Annotated[
        Path,
        typer.Option("--groundwater", callback=a_file, help="Raster of depth [m] and EC [dS/m] of the groundwater."),
    ],
    out: Annotated[Path, typer.Option("--out", help="CSV to write, for `simulate` and `options`.")] = Path("units.csv"),
    name: Annotated[str, typer.Option("--map", help="A finished map of that survey.")] = "salinity",
    texture: Annotated[str, typer.Option("--texture", help="Of all parcels, where no column says it.")] = "loam",
    least: Annotated[float, typer.Option("--least", min=0, help="Median ECe from which on land is salty, dS/m.")] = 4.0,
    kind: Annotated[
        list[str] | None, typer.Option("--class", help="Beginning of class codes; farmland and 1204 without.")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=0, help="Take so many evenly through them; 0: all.")] = 0,
    json: AsJson = False,
) -> None:
    """Salty parcels of a map as units of the salt chain: quantiles of salt, groundwater, texture. 盐渍化图斑取单元

    Example: `tilth soil units --year 2024 --groundwater groundwater.tif --out units.csv`
    """
    place = workspace(year)
    from tilth import api

    with progress():
        found = api.soil_units(
            place, name, year=year, groundwater=groundwater, texture=texture, least=least, most=most,
            classes=kind or api.SALTY_CLASSES,
        )  # fmt: skip
        api.write_units(found, out)
    if json:
        show.as_json(found.as_record())
        return
    typer.echo(message("CLI-SALT-UNITS-TAKEN", units=len(found.rows), salty=found.salty, least=f"{least:g}"))
    typer.echo(str(out))


@soil.command("calibrate")
def calibrate(
    units: UnitsFile,
    measured: Annotated[
        Path, typer.Argument(metavar="MEASURED", callback=a_file, help="CSV of ECe of units on two dates.")
    ],
    weather: Weather,
    options: Annotated[
        Path | None, typer.Option("--options", callback=a_file, help="TOML whose first option is what was done.")
    ] = None,
    crop: Annotated[str, typer.Option("--crop", help="Crop grown, where no options are given.")] = "cotton",
    error: Annotated[float, typer.Option("--error", help="Error of a measured ECe, as a share.")] = 0.10,
    gaps: Gaps = "refuse",
    json: AsJson = False,
) -> None:
    """Leaching efficiency and capillary rise from salt measured on two dates; refused where it does not tell. 参数率定

    Examples: `tilth soil calibrate units.csv measured.csv --weather weather.csv` ·
    `tilth soil calibrate units.csv measured.csv --weather weather.csv --options done.toml --error 0.15`
    """
    from tilth import api

    with progress():
        found = api.soil_calibrate(units, weather, measured, options=options, crop=crop, error=error, gaps=gaps)
    if json:
        show.as_json(found.as_record())
        return
    for one in found.factors:
        shown = {name: f"{getattr(one, name):.2f}" for name in ("factor", "low", "high")}
        typer.echo(message("CLI-SALT-CALIBRATED", name=one.name, **shown))
    typer.echo(
        message(
            "CLI-SALT-MISFIT", values=found.found.values, after=f"{found.found.misfit:.3f}",
            before=f"{found.found.misfit_before:.3f}",
        )
    )  # fmt: skip


#: Column of a row, its heading, its digits.
_SHOWN = (
    ("relative_yield", "YIELD", 3), ("ece_ds_m", "ECE", 2), ("ece_end_ds_m", "END", 2), ("irrigation_mm", "WATER", 0),
    ("income_yuan_ha", "INCOME", 0), ("failing", "FAILING", 2), ("best_on", "BEST", 0),
)  # fmt: skip


def _rows(rows: list[dict[str, Any]]) -> None:
    shown = [one for one in _SHOWN if one[0] in rows[0]]
    heading = ["OPTION", "UNITS", *(name for _, name, _ in shown)]
    body = [
        [
            row["option"],
            row["units"],
            *("-" if row[key] is None else f"{row[key]:,.{digits}f}" for key, _, digits in shown),
        ]
        for row in rows
    ]
    show.columns(body, heading=[message(f"CLI-SALT-{name}") for name in heading])


def _closing(table: Any) -> None:
    typer.echo(
        message(
            "CLI-SALT-TABLE", units=len(table.units), options=len(table.options), years=len(table.years),
            closes=f"{table.closes:.0e}",
        )
    )  # fmt: skip
    if table.not_counted:
        typer.echo(message("CLI-SALT-NOT-COUNTED", what="; ".join(table.not_counted)))
