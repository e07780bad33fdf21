"""Commands that put a solved plan on paper, and later set what was done beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilth.cli import show
from tilth.cli.app import plan
from tilth.cli.options import AsJson, CoverDate, Encoding, a_file, a_year, on_cover, workspace
from tilth.cli.planning import Name
from tilth.cli.progress import progress
from tilth.core import breaking, message


@plan.command("document")
def document(
    name: Name,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the files; beside the plan, in documents, without.")
    ] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="master: one plan of all land; special: one for each zone, or value of --by.")
    ] = "master",
    by: Annotated[
        str, typer.Option("--by", help="Label that special plans are made by: zone, township …; the first there is.")
    ] = "",
    year: Annotated[
        int | None, typer.Option("--year", callback=a_year, help="Survey whose parcels are drawn; the newest without.")
    ] = None,
    map: Annotated[str, typer.Option("--map", help="Finished salinity map to show.")] = "salinity",
    format: Annotated[
        list[str] | None, typer.Option("--format", help="docx, pdf, xlsx or gpkg; may be repeated. All without.")
    ] = None,
    date: CoverDate = None,
    json: AsJson = False,
) -> None:
    """The master plan, or special plans by zone: docx, PDF, xlsx, GeoPackage with styles. 规划文本与图册

    Examples: `tilth plan document drains --out papers` ·
    `tilth plan document drains --kind special --by township --lang zh`
    """
    place = workspace(year)
    from tilth import api

    with progress():
        done = api.plan_document(
            place, name, out=out, kind=kind, by=by, year=year, map=map,
            formats=tuple(format) if format else api.DOCUMENT_FORMATS, made_on=on_cover(date),
        )  # fmt: skip
    if json:
        show.as_json(done.as_record())
    else:
        show.paths(done.files)


@plan.command("follow")
def follow(
    name: Name,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", callback=a_file, help="What was done: parcel_id, year, treatment, cost …")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the files; beside the plan, in follow, without.")
    ] = None,
    encoding: Encoding = None,
    date: CoverDate = None,
    json: AsJson = False,
) -> None:
    """Set what was done beside what was planned, indicator by indicator, with what is missing. 规划实施跟踪

    Exit status 1: a row of the table was set aside.

    Examples: `tilth plan follow drains done-2027.csv` · `tilth plan follow drains 完成情况.xlsx --out papers --lang zh`
    """
    place = workspace()
    from tilth import api
    from tilth.report import indicator_list

    with progress():
        done = api.plan_follow(place, name, file, out=out, encoding=encoding, made_on=on_cover(date))
    if json:
        show.as_json(done.as_record())
    else:
        found = done.followed
        aside = f"{done.rows_in - found.rows:,}"
        typer.echo(
            message("FOLLOW-SAID-READ", rows_in=done.rows_in, used=found.rows, aside=aside, until=found.until or "–")
        )
        table = indicator_list(found)
        show.columns(table.rows, heading=[str(one.label) for one in table.columns])
        show.findings(done.findings, most=3)
        show.paths(done.files)
    raise typer.Exit(1 if breaking(done.findings) else 0)
