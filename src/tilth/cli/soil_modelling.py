"""Commands on salinity models: how good one is on land it has not seen, and the map it makes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import soil
from tilth.cli.options import AsJson, Crs, Encoding, Layer, Pictures, crs_of, some_workspace, workspace
from tilth.cli.progress import progress
from tilth.core import message

if TYPE_CHECKING:
    from tilth.api import Learned, SoilMapped, Validated

Samples = Annotated[str, typer.Argument(metavar="FILE", help="A table or points, or the id of a stored set.")]
Rasters = Annotated[
    list[Path] | None, typer.Option("--raster", help="Covariates on one grid of metres. May be repeated.")
]
Value = Annotated[str, typer.Option("--value", help="Column that is modelled.")]
ValueUnit = Annotated[str, typer.Option("--unit", help="Unit of that column: dS/m, mS/cm, µS/cm, …")]
X = Annotated[str, typer.Option("--x", help="Column of the easting or longitude.")]
Y = Annotated[str, typer.Option("--y", help="Column of the northing or latitude.")]
Top = Annotated[str | None, typer.Option("--top", help="Column of a horizon's top in cm; depth becomes a covariate.")]
Bottom = Annotated[str | None, typer.Option("--bottom", help="Column of its bottom in cm.")]
Columns = Annotated[
    str | None, typer.Option("--covariates", help="Covariates that the table holds: A,B,C or FIRST..LAST.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of everything that is drawn.")]
_METHODS = ("tilth", "mean", "nearest", "kriging", "forest")


@soil.command("validate")
def validate_model(
    file: Samples,
    raster: Rasters = None,
    value: Value = "ece_ds_m",
    unit: ValueUnit = "dS/m",
    x: X = "x",
    y: Y = "y",
    top: Top = None,
    bottom: Bottom = None,
    covariates: Columns = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Other samples to test on: learned at one site, told of another.")
    ] = None,
    folds: Annotated[int, typer.Option("--folds", min=2, max=50, help="Into how many parts the land is cut.")] = 10,
    block: Annotated[
        float, typer.Option("--block", min=0, help="Side of the held-out blocks in m; 0: by the samples' layout.")
    ] = 0.0,
    no_random: Annotated[
        bool, typer.Option("--no-random-split", help="Leave out the random split that shows the flattery.")
    ] = False,
    seed: Seed = 0,
    pictures: Pictures = None,
    layer: Layer = None,
    encoding: Encoding = None,
    crs: Crs = None,
    json: AsJson = False,
) -> None:
    """How near a salinity model comes on land it has not seen, beside four baselines. 盐分模型检验

    Examples: `tilth soil validate 3f2a --raster covariates.tif` ·
    `tilth soil validate lab.csv --value ec --unit µS/cm --covariates ndvi,slope --crs 4526` ·
    `tilth soil validate north.csv --against south.csv --covariates ndvi,slope --crs 4526`
    """
    from tilth import api

    asked = _asked(file, value, unit, x, y, top, bottom, covariates, layer, encoding, crs)
    with progress():
        done = api.soil_validate(
            file, rasters=raster or (), asked=asked, against=against, workspace=some_workspace(), folds=folds,
            side=block, random_split=not no_random, seed=seed,
        )  # fmt: skip
        drawn = [] if pictures is None else api.validation_pictures(done, pictures)
    if json:
        show.as_json(done.as_record())
        return
    _trial(done)
    show.paths(drawn)


@soil.command("map")
def map_salinity(
    file: Samples,
    raster: Rasters = None,
    value: Value = "ece_ds_m",
    unit: ValueUnit = "dS/m",
    x: X = "x",
    y: Y = "y",
    top: Top = None,
    bottom: Bottom = None,
    depth: Annotated[float | None, typer.Option("--depth", help="Depth in cm that is mapped.")] = None,
    scheme: Annotated[str, typer.Option("--scheme", help="Classes by a scheme of bounds on ECe.")] = "fao-salinity",
    bounds: Annotated[str | None, typer.Option("--bounds", help="Bounds of your own instead, in dS/m: 2,4,8.")] = None,
    year: Annotated[
        int | None, typer.Option("--year", help="Survey whose parcels get classes and whose area is accounted for.")
    ] = None,
    drawn: Annotated[
        bool, typer.Option("--drawn", help="The places were drawn at random: intervals stand on the design.")
    ] = False,
    name: Annotated[str, typer.Option("--name", help="Of the map: its folder below rasters.")] = "salinity",
    seed: Seed = 0,
    pictures: Pictures = None,
    layer: Layer = None,
    encoding: Encoding = None,
    crs: Crs = None,
    json: AsJson = False,
) -> None:
    """A salinity map with intervals, class probabilities and area by class; a stopped map goes on. 盐分制图

    Examples: `tilth soil map 3f2a --raster covariates.tif --year 2024 --pictures out` ·
    `tilth soil map lab.csv --value ece --raster b.tif --raster dem.tif --depth 10 --top top --bottom bottom --crs 4526`
    """
    place = workspace()
    from tilth import api

    asked, own = _asked(file, value, unit, x, y, top, bottom, None, layer, encoding, crs), _bounds(bounds)
    painted: list[Path] = []
    with progress():
        done = api.soil_map(
            place, file, raster or (), name=name, asked=asked, depth=depth, scheme=scheme, bounds=own, year=year,
            drawn=drawn, seed=seed,
        )  # fmt: skip
        if pictures is not None:
            classes = api.class_labels(place, scheme, own, done.classes)
            painted = api.map_pictures(done, classes, pictures, value=value)
            if year is not None:
                painted += api.write_soil_account(place, done, classes, pictures, year=year)
    if json:
        show.as_json(done.as_record())
        return
    _mapped(done)
    show.paths(painted)


def _asked(
    file: str, value: str, unit: str, x: str, y: str, top: str | None, bottom: str | None, covariates: str | None,
    layer: str | None, encoding: str | None, crs: str | None,
) -> Learned:  # fmt: skip
    from tilth import api

    columns = api.covariate_columns(file, covariates, encoding=encoding, layer=layer) if covariates else ()
    return api.Learned(
        value=value, unit=unit, x=x, y=y, top=top, bottom=bottom, columns=columns, crs=crs_of(crs), layer=layer,
        encoding=encoding,
    )  # fmt: skip


def _bounds(given: str | None) -> list[float]:
    if given is None:
        return []
    try:
        return [float(one) for one in given.split(",")]
    except ValueError:
        raise typer.BadParameter(message("CLI-SOIL-BOUNDS", given=given), param_hint="--bounds") from None


def _trial(done: Validated) -> None:
    result = done.result
    if result.side:
        typer.echo(
            message(
                "CLI-SOIL-TRIAL", samples=result.samples, places=result.places, blocks=result.blocks,
                folds=result.folds, side=f"{result.side / 1000:,.3g}",
            )
        )  # fmt: skip
    else:
        tested = done.against or done.read
        typer.echo(
            message("CLI-SOIL-TRANSFER", known=len(done.read.samples), file=done.read.file, asked=result.samples,
                    other=tested.file)
        )  # fmt: skip
    for want, count in (done.against or done.read).left_out.items():
        typer.echo(message(f"CLI-SOIL-LEFT-OUT-{want.upper()}", count=count))
    gains = {one.baseline: one for one in result.differences}
    rows = []
    for score in result.scores:
        gain = gains.get(score.method)
        told = "" if gain is None else f"{gain.rmse:+.3f} ({gain.rmse_low:+.3f} … {gain.rmse_high:+.3f})"
        gained = "" if gain is None else f"{gain.r2:+.3f} ({gain.r2_low:+.3f} … {gain.r2_high:+.3f})"
        rows.append(
            (message(f"CLI-SOIL-METHOD-{score.method.upper()}"), f"{score.r2:.3f}", f"{score.rmse:.3f}",
             f"{score.rmse_ds_m:.2f}", told, gained)
        )  # fmt: skip
    for score in result.random_split:
        name = message("CLI-SOIL-FLATTERING", method=message(f"CLI-SOIL-METHOD-{score.method.upper()}"))
        rows.append((name, f"{score.r2:.3f}", f"{score.rmse:.3f}", f"{score.rmse_ds_m:.2f}", "", ""))
    heading = [message(f"CLI-SOIL-TRIAL-{one}") for one in ("METHOD", "R2", "RMSE", "RMSE-DS", "LESS", "MORE")]
    show.columns(rows, heading=heading)
    covered = result.coverage
    typer.echo(
        message(
            "CLI-SOIL-COVERAGE", overall=f"{covered.overall:.1%}",
            found=" / ".join(f"{one:.1%}" for one in covered.by_found),
            expected=" / ".join(f"{one:.1%}" for one in covered.by_expected),
        )
    )  # fmt: skip
    typer.echo(message("CLI-SOIL-OUTSIDE", share=f"{result.outside:.1%}"))
    if not result.side:
        typer.echo(message("CLI-SOIL-LEVEL", missed=f"{result.level_missed:+.2f}", share=f"{result.level_share:.0%}"))


def _mapped(done: SoilMapped) -> None:
    record = done.as_record()
    best = next(one for one in done.model.trials if one.chosen)
    how = message(f"CLI-SOIL-HOW-{best.how.upper() or 'ALONE'}")
    typer.echo(message("CLI-SOIL-CHOSEN", recipe=best.recipe, how=how, rmse=f"{best.rmse:.3f}"))
    weights = [f"{one['covariate']} {one['mse_growth']:.3g}" for one in record["importance"][:5]]
    typer.echo(message("CLI-SOIL-IMPORTANCE", weights=", ".join(weights)))
    typer.echo(message("CLI-SOIL-MAP-OUTSIDE", outside=f"{done.outside:.1%}", unmapped=f"{done.unmapped:.1%}"))
    areas = record["areas"]
    if areas is not None:
        heading = [message(f"CLI-SOIL-AREA-{one}") for one in ("CLASS", "HA", "LOW", "HIGH", "SHARE")]
        rows = [
            (one["class"], *(f"{one[key] / 1e6:,.2f}" for key in ("area_dm2", "low_dm2", "high_dm2")), one["share_pct"])
            for one in areas["rows"]
        ]
        rows.append((message("CLI-SOIL-AREA-TOTAL"), f"{areas['total_dm2'] / 1e6:,.2f}", "", "", "100.00"))
        show.columns(rows, heading=heading)
        typer.echo(areas["said"])
    typer.echo(str(done.folder))
