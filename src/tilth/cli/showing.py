"""Commands that show everything: the yearbook, the workspace's contents, the demonstration."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import app
from tilth.cli.bringing import import_line
from tilth.cli.options import (
    AsJson,
    BookFormats,
    CheckedBy,
    CompiledBy,
    CoverDate,
    Folder,
    Year,
    a_file,
    a_year,
    on_cover,
    workspace,
)
from tilth.cli.progress import progress
from tilth.cli.quality import said_of_quality
from tilth.core import language, message

if TYPE_CHECKING:
    from tilth.api import Demonstration, SoilShown
    from tilth.demo import SoilFiles


@app.command()
def report(
    year: Year,
    before: Annotated[
        int | None,
        typer.Option("--from", callback=a_year, help="Year that flows start from; the newest earlier one without."),
    ] = None,
    out: Folder = None,
    format: BookFormats = None,
    project: Annotated[
        list[Path] | None,
        typer.Option("--project", callback=a_file, help="A footprint to check and list; may be repeated."),
    ] = None,
    date: CoverDate = None,
    compiled_by: CompiledBy = "",
    checked_by: CheckedBy = "",
    json: AsJson = False,
) -> None:
    """The yearbook: xlsx, docx, pdf, GeoPackage with styles, CSV. 年报

    Exit status 1 if findings on the survey or the tasks break a rule; the files are written all the same.

    Examples: `tilth report --year 2024` · `tilth report --year 2024 --format docx --project site.txt --lang zh`
    """
    place = workspace(year, before)
    from tilth import api
    from tilth.report import FORMATS

    with progress():
        done = api.report(
            place, year=year, before=before, folder=out, lang=language(), formats=tuple(format) if format else FORMATS,
            made_on=on_cover(date), checks=[api.check(place, one, year=year) for one in project or ()],
            compiled_by=compiled_by, checked_by=checked_by,
        )  # fmt: skip
    if json:
        show.as_json(done.as_record())
    else:
        for path in done.files:
            typer.echo(str(path))
        if done.broken:
            typer.echo(f"✗ {message('CLI-REPORT-BROKEN', count=done.broken)}")
    raise typer.Exit(1 if done.broken else 0)


@app.command()
def contents(json: AsJson = False) -> None:
    """What is in the workspace. 工作区内容

    Example: `tilth contents -w mycounty`
    """
    place = workspace()
    from tilth import api

    rows = api.contents(place)
    if json:
        show.as_json(rows)
        return
    if not rows:
        typer.echo(message("CLI-CONTENTS-NONE"))
        return
    shown = [
        (
            "*" if row["in_use"] else " ", show.kind(row["kind"]), row["year"] or "", row["label"],
            *("-" if row[name] is None else row[name] for name in ("rows_in", "rows_stored", "rows_quarantined")),
            show.area(row["area_dm2"]), row["sources"], _local(row["stored_at"]), row["id"][:12],
        )
        for row in rows
    ]  # fmt: skip
    names = ("USE", "KIND", "YEAR", "LABEL", "IN", "STORED", "ASIDE", "AREA", "SOURCES", "STORED-AT", "ID")
    show.columns(shown, heading=[message(f"CLI-CONTENTS-{name}") for name in names])
    for row in rows:
        if row["damaged"]:
            typer.echo(f"✗ {row['damaged']}")


def _local(stored_at: str) -> str:
    """Day and time here, from the one that is kept in UTC."""
    return datetime.fromisoformat(stored_at).astimezone().strftime("%Y-%m-%d %H:%M")


@app.command()
def use(
    snapshot: Annotated[str, typer.Argument(metavar="ID", help="The beginning of an id that `contents` lists.")],
    off: Annotated[bool, typer.Option("--off", help="Take it out of use instead; it stays in the workspace.")] = False,
    json: AsJson = False,
) -> None:
    """Make an earlier survey or layer the one in use again, or take one out of use. 恢复使用，停用

    Examples: `tilth use 3f9a12c0b7de -w mycounty` · `tilth use 3f9a12c0b7de --off`
    """
    place = workspace()
    from tilth import api

    row = api.set_aside(place, snapshot) if off else api.use(place, snapshot)
    if json:
        show.as_json(row)
    else:
        said = "CLI-UNUSED" if off else "CLI-USED" if row["in_use"] else "CLI-USED-PASSED"
        typer.echo(message(said, kind=show.kind(row["kind"]), year=row["year"] or "", id=row["id"][:12]))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")] = Path("tilth-demo"),
    parcels: Annotated[int, typer.Option("--parcels", min=600, help="About how many parcels.")] = 6000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another number, another county.")] = 17,
    json: AsJson = False,
) -> None:
    """Build a made-up county as real files and take it through everything, to the yearbook. 演示

    Example: `tilth demo`
    """
    from tilth import api

    with progress():
        done = api.demo(
            folder, parcels=parcels, seed=seed, say=lambda line: typer.echo(f"… {line}", err=True) if not json else None
        )
    if json:
        show.as_json(done.as_record())
    else:
        _demonstrated(done)
    warts = done.soil is not None and (done.soil.missed or done.soil.invented)
    raise typer.Exit(1 if done.missed or done.invented or warts else 0)


def _demonstrated(done: Demonstration) -> None:
    typer.echo("")
    for one in done.imported:
        typer.echo(import_line(one))
    planted = len(done.files.planted)
    typer.echo(
        message("CLI-DEMO-ERRORS", planted=planted, found=planted - len(done.missed), invented=len(done.invented))
    )
    for miss in done.missed:
        typer.echo(f"    ✗ {miss.code} {miss.parcel_id}: {miss.note}")
    show.findings(done.invented, most=5)
    parcels = int(done.reviewed.accounts.snapshot.parcels["area_dm2"].sum())
    table = done.reviewed.accounts.tables["1"]
    levels = {
        depth: sum(int(table.dm2[at, 0]) for at, row in enumerate(table.rows) if row.depth == depth)
        for depth in (2, 1, 0)
    }
    control = done.files.control_dm2
    shown = [show.area(dm2) for dm2 in (parcels, levels[2], levels[1], levels[0], control)]
    typer.echo(
        message(
            "CLI-DEMO-CLOSES",
            parcels=shown[0],
            villages=shown[1],
            townships=shown[2],
            county=shown[3],
            control=shown[4],
        )
    )
    if done.reviewed.flowed is not None:
        flows = done.reviewed.flowed.flows
        typer.echo(message("CLI-DEMO-FLOWS", changes=flows.changes, classes=len(flows.matrix.rows)))
    said_of_quality(done.quality, done.quality_read)
    for checked in done.checks:
        typer.echo(f"{'✓' if checked.clear else '✗'} {checked.name}: {checked.verdict.said}")
    show.findings(done.standings.findings, most=3)
    if done.soil is not None:
        _soil_demonstrated(done.soil, done.files.soil, parcels)
    if done.plans is not None:
        for line in done.plans.lines():
            typer.echo(line)
    for path in done.written:
        if path.parent.name != "csv":
            typer.echo(str(path))
    typer.echo(message("CLI-DEMO-DONE", seconds=done.seconds, workspace=str(done.workspace.root)))


def _soil_demonstrated(soil: SoilShown, files: SoilFiles, parcels: int) -> None:
    from tilth.api import option_names

    planted = len(files.planted)
    told = {"planted": planted, "found": planted - len(soil.missed), "invented": len(soil.invented)}
    typer.echo(message("CLI-DEMO-SAMPLES", **told))
    areas = soil.mapped.areas
    if areas is not None:
        typer.echo(
            message(
                "CLI-DEMO-SOIL", classes=show.area(sum(one.area_dm2 for one in areas.rows)), parcels=show.area(parcels),
                shares=f"{sum(one.share_bp for one in areas.rows) / 100:.2f}",
                coverage=f"{soil.tried.result.coverage.overall:.1%}",
            )
        )  # fmt: skip
    fitted = soil.options.fitted
    best = max(fitted.rows(), key=lambda row: int(row["best_on"]))["option"]
    table, name = fitted.table, option_names(files.options).get(best, best)
    typer.echo(
        message("CLI-DEMO-SALT", units=len(table.units), options=len(table.options), years=len(table.years), best=name)
    )
