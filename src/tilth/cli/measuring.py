"""Commands on any file, without a workspace: areas and conversion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilth.cli import show
from tilth.cli.app import app
from tilth.cli.options import AREA_ENDINGS, UNITS, AsJson, Crs, Encoding, File, Layer, Most, an_encoding, crs_of, one_of
from tilth.cli.progress import progress
from tilth.core import breaking, message


def _list_file(value: Path | None) -> Path | None:
    if value is not None:
        one_of("--out", AREA_ENDINGS)(value.suffix)
    return value


@app.command()
def area(
    file: File,
    layer: Layer = None,
    encoding: Encoding = None,
    crs: Crs = None,
    most: Most = 20,
    unit: Annotated[
        str, typer.Option("--unit", callback=one_of("--unit", UNITS), help="Unit of the printed areas: m2, ha or mu.")
    ] = "m2",
    out: Annotated[
        Path | None,
        typer.Option("--out", callback=_list_file, help="List in m² of all polygons to write: .csv, .xlsx or .json."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Exact, official survey and planar area of every polygon of any file. 量算面积

    Examples: `tilth area project.txt` · `tilth area DLTB.shp --unit mu` ·
    `tilth area DLTB.shp --json` · `tilth area DLTB.shp --out areas.xlsx`

    Exit status 1 if a row was left out or a finding breaks a rule.
    """
    from tilth import api

    with progress():
        measured = api.area(file, layer=layer, encoding=encoding, crs=crs_of(crs))
    if out is not None:
        api.write_areas(measured, out)
    if json:
        show.as_json(measured.as_record())
        raise typer.Exit(1 if measured.rejected or breaking(measured.findings) else 0)
    rows = [
        (
            one.row,
            one.name,
            show.exact_area(None if one.survey_dm2 is None else one.survey_dm2 / 100, unit),
            show.exact_area(one.engine_m2, unit, more=2),
            show.exact_area(one.planar_m2, unit, more=2),
            "-" if one.stated_ha is None else f"{one.stated_ha:.4f} = {one.stated_said}",
        )
        for one in measured.polygons
    ]
    names = ("ROW", "NAME", "SURVEY", "ENGINE", "PLANAR", "STATED")
    heading = [message(f"CLI-AREA-{name}", unit=show.unit_name(unit)) for name in names]
    typer.echo(f"{measured.file}  {measured.crs.split('[')[0]}  {measured.dialect_said}".rstrip())
    show.columns(rows[: max(most, 0)], heading=heading)
    show.more(len(rows) - most, "CLI-MORE-POLYGONS")
    record = measured.as_record()
    survey = record["total_survey_m2"]
    typer.echo(
        message(
            "CLI-AREA-TOTAL",
            rows_in=measured.rows_in,
            measured=len(rows),
            aside=len(measured.rejected),
            survey=show.exact_area(survey, unit),
            engine=show.exact_area(record["total_engine_m2"], unit, more=2),
            unit=show.unit_name(unit),
        )
    )
    if out is not None:
        typer.echo(str(out))
    _left_out(measured.rejected)
    show.findings(measured.findings, most=3)
    raise typer.Exit(1 if measured.rejected or breaking(measured.findings) else 0)


@app.command()
def convert(
    file: File,
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="Its ending names the format: .txt .gpkg .shp .geojson .parquet .gml")
    ],
    layer: Layer = None,
    encoding: Encoding = None,
    crs: Crs = None,
    to_crs: Annotated[
        str | None, typer.Option("--to-crs", metavar="EPSG", help="CGCS2000 zone, or 4490, to write in: 4526, …")
    ] = None,
    out_encoding: Annotated[
        str | None,
        typer.Option(
            "--out-encoding", callback=an_encoding, help="Text encoding of a .shp or .txt OUT; GBK if not said."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it is there.")] = False,
    json: AsJson = False,
) -> None:
    """From one format to another; .txt is the ministry's exchange text. 格式转换

    Examples: `tilth convert project.txt project.gpkg` · `tilth convert plots.shp plots.txt`

    Exit status 1 if a row was left out or a finding breaks a rule.
    """
    from tilth import api

    with progress():
        done = api.convert(
            file, target, layer=layer, encoding=encoding, crs=crs_of(crs), to_crs=crs_of(to_crs),
            out_encoding=out_encoding, overwrite=overwrite,
        )  # fmt: skip
    if json:
        show.as_json(done.as_record())
    else:
        encoding = message("CLI-CONVERTED-ENCODING", encoding=done.encoding) if done.encoding else ""
        typer.echo(
            message(
                "CLI-CONVERTED", target=str(done.target), rows_in=done.rows_in, written=done.rows_written,
                aside=len(done.rejected),
            ) + encoding
        )  # fmt: skip
        _left_out(done.rejected)
        show.findings(done.findings, most=3)
    raise typer.Exit(1 if done.rejected or breaking(done.findings) else 0)


def _left_out(rejected: tuple[tuple[int, str, str], ...]) -> None:
    for row, code, reason in rejected[:20]:
        typer.echo(f"    #{row} {code}: {reason}")
    show.more(len(rejected) - 20)
