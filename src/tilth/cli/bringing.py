"""Commands that make a workspace and bring files into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import app, importing
from tilth.cli.options import (
    CODE_SYSTEMS,
    REGION_LEVELS,
    AsJson,
    Crs,
    Encoding,
    File,
    Layer,
    Year,
    a_kind,
    a_year,
    crs_of,
    one_of,
    workspace,
)
from tilth.cli.progress import progress
from tilth.core import breaking, message

if TYPE_CHECKING:
    from tilth.api import Imported, Rows


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the new workspace.")],
    region: Annotated[
        str, typer.Option("--region", help="Code of the county (or other region) the workspace is for.")
    ] = "000000",
    name: Annotated[str, typer.Option("--name", help="Its name.")] = "",
    json: AsJson = False,
) -> None:
    """Make a workspace. 新建工作区

    Example: `tilth init mycounty --region 410882 --name 示范县`
    """
    from tilth import api

    made = api.init(folder, region=region, name=name)
    if json:
        show.as_json({"folder": str(made.root), "region": made.region, "name": made.name})
        return
    typer.echo(message("CLI-INIT", folder=str(made.root), region=made.region, name=made.name))


@importing.command("survey")
def import_survey(
    file: File,
    year: Year,
    profile: Annotated[str, typer.Option("--profile", help="dltb, fiboa, auto, or a MAP.toml of your own.")] = "auto",
    code_system: Annotated[
        str | None,
        typer.Option(
            "--code-system",
            callback=one_of("--code-system", CODE_SYSTEMS),
            help="sd2017, ed2007, gh2023; else the profile's.",
        ),
    ] = None,
    layer: Layer = None,
    encoding: Encoding = None,
    crs: Crs = None,
    json: AsJson = False,
) -> None:
    """Bring in one year's parcels. 导入年度调查成果

    Examples: `tilth import survey DLTB_2024.shp --year 2024` ·
    `tilth import survey county.gdb.zip --layer DLTB --year 2024` ·
    `tilth import survey fields.gpkg --year 2023 --profile my-map.toml`
    """
    place = workspace()
    from tilth import api

    with progress():
        done = api.import_survey(
            place, file, year=year, profile=profile, layer=layer, encoding=encoding, crs=crs_of(crs),
            code_system=code_system,
        )  # fmt: skip
    _imported(done, json)


@importing.command("layer")
def import_layer(
    file: File,
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            callback=a_kind,
            help="pbf, ecology, town, reserve, project, slope, quality, or a word of your own.",
        ),
    ],
    year: Annotated[
        int | None,
        typer.Option("--year", callback=a_year, help="From which year on the layer counts; from ever without."),
    ] = None,
    label: Annotated[str, typer.Option("--label", help="Tells layers of one kind and year apart.")] = "",
    layer: Layer = None,
    encoding: Encoding = None,
    crs: Crs = None,
    json: AsJson = False,
) -> None:
    """Bring in a layer that rules look at. 导入图层

    Example: `tilth import layer YJJBNTTB.gpkg --kind pbf --year 2023`
    """
    place = workspace()
    from tilth import api

    with progress():
        done = api.import_layer(
            place, file, kind=kind, year=year, label=label, layer=layer, encoding=encoding, crs=crs_of(crs)
        )
    _imported(done, json)


@importing.command("regions")
def import_regions(
    file: File,
    level: Annotated[
        str | None,
        typer.Option(
            "--level",
            callback=one_of("--level", REGION_LEVELS),
            help="Level of the regions, where the file does not say: township, village, …",
        ),
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="Give the regions of the file this name as a set.")
    ] = None,
    layer: Layer = None,
    encoding: Encoding = None,
    crs: Crs = None,
    json: AsJson = False,
) -> None:
    """Bring in townships or villages with their control areas, or a table of regions. 导入行政区

    Examples: `tilth import regions XZQ.shp` · `tilth import regions CJDCQ.shp` ·
    `tilth import regions delta.csv --group yangtze-delta`
    """
    place = workspace()
    from tilth import api

    with progress():
        done = api.import_regions(
            place, file, level=level, group=group, layer=layer, encoding=encoding, crs=crs_of(crs)
        )
    _imported(done, json)


@importing.command("tasks")
def import_tasks(
    file: File,
    year: Annotated[
        int | None, typer.Option("--year", callback=a_year, help="Year of the tasks, where the table does not say.")
    ] = None,
    encoding: Encoding = None,
    json: AsJson = False,
) -> None:
    """Bring in the table of tasks: farmland to hold and permanent basic farmland. 导入任务

    Example: `tilth import tasks tasks.csv`
    """
    place = workspace()
    from tilth import api

    _imported(api.import_tasks(place, file, year=year, encoding=encoding), json)


@importing.command("ridges")
def import_ridges(file: File, json: AsJson = False) -> None:
    """Bring in the county's ridge coefficients, which rule V6 looks at. 导入田坎系数表

    Example: `tilth import ridges ridge_coefficients.csv`
    """
    place = workspace()
    from tilth import api

    _imported(api.import_ridges(place, file), json)


@importing.command("changes")
def import_changes(file: File, year: Year, encoding: Encoding = None, json: AsJson = False) -> None:
    """Bring in the update-process table (DLTBGXGC), which rule V15 adds up. 导入更新过程

    Example: `tilth import changes DLTBGXGC_2024.dbf --year 2024`
    """
    place = workspace()
    from tilth import api

    _imported(api.import_changes(place, file, year=year, encoding=encoding), json)


def _imported(done: Imported | Rows, json: bool) -> None:
    """Print what came in, what was stored, what was set aside, and why. Exit 1 if anything was set aside."""
    record = done.as_record()
    if json:
        show.as_json(record)
    else:
        typer.echo(import_line(done))
        for row in record["quarantine"][:20]:
            typer.echo(f"    #{row['source_row']} {row['code']}: {row['reason']}")
        show.more(len(record["quarantine"]) - 20)
        show.findings(done.findings, most=3)
    raise typer.Exit(1 if record["rows_quarantined"] or breaking(done.findings) else 0)


def import_line(done: Imported | Rows) -> str:
    """One line: rows in = rows stored + rows quarantined, and the area."""
    record = done.as_record()
    rows = {name: record[f"rows_{name}"] for name in ("in", "stored", "quarantined")}
    line = message(
        "CLI-ROWS", what=show.kind(record["kind"]), rows_in=rows["in"], stored=rows["stored"], aside=rows["quarantined"]
    )
    if "area_dm2" in record:
        area = show.area(record["area_dm2"])
        line += message("CLI-ROWS-AREA", area=area, crs=record["crs"].split("[")[0], id=record["id"][:12])
    return line
