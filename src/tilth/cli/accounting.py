"""Commands on the surveys of a workspace: findings, tables, flows, standing, checks of projects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tilth.cli import show
from tilth.cli.app import app
from tilth.cli.options import (
    PARTS,
    STATUS_TABLES,
    All,
    AsJson,
    Crs,
    Encoding,
    File,
    Format,
    Layer,
    Level,
    Most,
    Out,
    Unit,
    Year,
    a_file,
    a_year,
    crs_of,
    one_of,
    workspace,
)
from tilth.cli.progress import progress
from tilth.core import BadInput, breaking, message

if TYPE_CHECKING:
    import pandas as pd

    from tilth.api import Accounts, Checked, Flowed
    from tilth.change import Hit
    from tilth.core import AreaTable
    from tilth.runtime import Workspace


@app.command()
def validate(year: Year, most: Most = 5, json: AsJson = False) -> None:
    """What is wrong with a year's survey: rules V1–V15 and geometry. 成果检查

    Example: `tilth validate --year 2024`
    """
    place = workspace(year)
    from tilth import api

    with progress():
        found = api.validate(place, year=year)
    if json:
        show.as_json(found.as_record())
        raise typer.Exit(1 if found.breaks else 0)
    meta = found.snapshot.meta
    typer.echo(
        message(
            "CLI-ROWS",
            what=show.kind("survey"),
            rows_in=meta.rows_in,
            stored=meta.rows_stored,
            aside=meta.rows_quarantined,
        )
    )
    show.findings(found.findings, most=most)
    typer.echo(message("CLI-ASSESSED", rules=", ".join(found.validation.assessed)))
    for rule, why in found.validation.not_assessed:
        typer.echo(message("CLI-NOT-ASSESSED", rule=rule, why=str(why)))
    broken = len(breaking(found.findings))
    typer.echo(message("CLI-FINDINGS", broken=broken, odd=len(found.findings) - broken))
    raise typer.Exit(1 if found.breaks else 0)


@app.command()
def repair(year: Year, most: Most = 10, json: AsJson = False) -> None:
    """Mend what can be mended, as a new snapshot; says what was changed and how much land moved. 成果修复

    Exit status 1 if a row was set aside or could not be mended.

    Example: `tilth repair --year 2024`
    """
    place = workspace(year)
    from tilth import api

    with progress():
        done = api.repair(place, year=year)
    if json:
        show.as_json(done.as_record())
        raise typer.Exit(1 if done.breaks else 0)
    from tilth.report import repair_listing

    changes = done.repaired.changes
    typer.echo(
        message(
            "CLI-REPAIRED",
            count=len(changes),
            moved=show.area(done.repaired.moved_dm2),
            file=str(done.file),
        )
    )
    if len(changes):
        show.listing(repair_listing(changes.head(most)))
    show.more(len(changes) - most, "CLI-MORE-IN-FILE")
    show.findings(done.repaired.findings, most=3)
    if done.set_aside:
        typer.echo(f"✗ {message('CLI-REPAIR-ASIDE', count=done.set_aside)}")
    raise typer.Exit(1 if done.breaks else 0)


@app.command()
def accounts(
    year: Year,
    level: Level = None,
    table: Annotated[
        list[str] | None,
        typer.Option(
            "--table",
            callback=one_of("--table", STATUS_TABLES, PARTS),
            help=f"Only this table ({', '.join(STATUS_TABLES)}); may be repeated.",
        ),
    ] = None,
    unit: Unit = "ha",
    every: All = False,
    format: Format = "text",
    out: Out = None,
    json: AsJson = False,
) -> None:
    """The official status tables of a year. 现状汇总表

    Printed in hectares, levelled so that they close. Files hold every row and column, exact to 0.01 m².

    Examples: `tilth accounts --year 2024` · `tilth accounts --year 2024 --table 2 --level village --unit m2` ·
    `tilth accounts --year 2024 --format xlsx --out tables.xlsx`
    """
    place = workspace(year)
    from tilth import api

    with progress():
        found = api.accounts(place, year=year)
    for key in table or ():
        if key not in found.tables:
            raise BadInput("CLI-NO-TABLE", table=key, known=", ".join(found.tables))
    depth = level or _usual_level(format, out, json)
    tables = [api.down_to(one, depth) for key, one in found.tables.items() if not table or key in table]
    _tables(place, tables, found, format, out, unit, every, json)
    if not json and format != "json":
        show.findings(found.findings, most=3)


@app.command()
def flows(
    before: Annotated[int, typer.Option("--from", callback=a_year, help="The earlier year.")],
    after: Annotated[int, typer.Option("--to", callback=a_year, help="The later year.")],
    level: Level = None,
    unit: Unit = "ha",
    every: All = False,
    format: Format = "text",
    out: Out = None,
    json: AsJson = False,
    most: Most = 5,
) -> None:
    """Flow matrix, change list and accounts between two years; both margins close to 0.01 m². 流向分析

    Printed in hectares, levelled so that they close. Files hold every row and column, exact to 0.01 m².

    Examples: `tilth flows --from 2023 --to 2024` · `tilth flows --from 2023 --to 2024 --format csv --out flows/`
    """
    place = workspace()
    from tilth import api

    with progress():
        done = api.flows(place, before=before, after=after)
    _tables(place, done.down_to(level or _usual_level(format, out, json)), done, format, out, unit, every, json)
    if not json and format != "json":
        typer.echo(message("CLI-CHANGES", count=done.flows.changes))
        show.findings(done.flows.findings, most=most)
    raise typer.Exit(1 if breaking(done.flows.findings) else 0)


def _usual_level(format: str, out: Path | None, json: bool) -> str:
    """A screen shows townships, a file holds all."""
    return "township" if format == "text" and out is None and not json else "village"


def _tables(
    place: Workspace, tables: Sequence[AreaTable], done: Accounts | Flowed, format: str, out: Path | None, unit: str,
    every: bool, json: bool,
) -> None:  # fmt: skip
    """Print the tables, or write them and say where; `json` prints what is said as JSON."""
    from tilth import api

    written: list[Path] = []
    if out is not None or format in ("csv", "xlsx"):
        kind = "json" if json and format == "text" else format
        written = api.write_tables(place, tables, kind, out, done, unit=unit)
    if json or (format == "json" and not written):
        show.as_json(_tables_record(tables, done, written))
    elif written:
        for path in written:
            typer.echo(str(path))
    else:
        for one in tables:
            show.table(one, unit, every=every)


def _tables_record(tables: Sequence[AreaTable], done: Accounts | Flowed, written: Sequence[Path]) -> dict[str, Any]:
    from tilth import api
    from tilth.report import as_json

    findings = done.findings if isinstance(done, api.Accounts) else done.flows.findings
    said: dict[str, Any] = {"findings": [finding.as_record() for finding in findings]}
    if written:
        return {"files": [str(path) for path in written], **said}
    listed = {} if isinstance(done, api.Accounts) else {"change_list": _rows(done.flows.change_list)}
    return {"tables": [as_json(one) for one in tables], **listed, **said}


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A record for each row, column by column: of hundreds of thousands, `to_dict` would ask for every cell alone."""
    columns = (frame[name].to_numpy(object).tolist() for name in frame)
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


@app.command()
def standing(
    year: Annotated[
        int | None, typer.Option("--year", callback=a_year, help="The survey year; the newest, if not said.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="Only this region and what is below it.")] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="Only the regions of this group, of any province, and their sum.")
    ] = None,
    quality: Annotated[
        bool, typer.Option("--quality", help="Farmland by quality grade too, and the parcels without a grade.")
    ] = False,
    national: Annotated[
        Path | None,
        typer.Option("--national", callback=a_file, help="Folder of published national figures; needs no workspace."),
    ] = None,
    unit: Unit = "ha",
    most: Most = 5,
    json: AsJson = False,
) -> None:
    """Farmland and permanent basic farmland of every region against its tasks, land book and trend. 任务完成情况

    Examples: `tilth standing --year 2024 --region 999901001` · `tilth standing --group yangtze-delta --unit mu` ·
    `tilth standing --year 2024 --quality` · `tilth standing --national stats_cn`
    """
    from tilth import api
    from tilth.cli import standings

    if national is not None:
        table = api.national(national)
        if json:
            show.as_json(table.as_record())
        else:
            standings.national(table)
        raise typer.Exit(1 if table.breaks else 0)
    place = workspace(year)
    with progress():
        found = api.standing(place, year=year, region=region, group=group, quality=quality)
    if json:
        show.as_json(found.as_record())
    else:
        standings.standing(found, unit, quality=quality, most=most)
    raise typer.Exit(1 if found.breaks else 0)


@app.command()
def check(
    file: File,
    year: Year,
    act_date: Annotated[
        datetime | None, typer.Option("--act-date", formats=["%Y-%m-%d"], help="Day of the act; its rules apply.")
    ] = None,
    contests: Annotated[
        Path | None, typer.Option("--contests", callback=a_file, help="CSV or JSON of objections to single hits.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", callback=a_file, help="A rule pack of the province's own (TOML).")
    ] = None,
    layer: Layer = None,
    encoding: Encoding = None,
    crs: Crs = None,
    unit: Unit = "m2",
    most: Most = 10,
    json: AsJson = False,
) -> None:
    """Check a project's footprint against every layer and rule. 项目占地核查

    Exit status: 0 clear, 1 a rule is broken, 2 not checked.

    Examples: `tilth check project.txt --year 2024` ·
    `tilth check project.shp --year 2024 --act-date 2024-06-30 --contests objections.csv`
    """
    place = workspace(year)
    from tilth import api

    with progress():
        done = api.check(
            place, file, year=year, act_date=act_date.date() if act_date else None, contests=contests,
            rules=rules, layer=layer, encoding=encoding, crs=crs_of(crs),
        )  # fmt: skip
    if json:
        show.as_json(done.as_record())
    else:
        _verdict(done, most, unit)
    raise typer.Exit(0 if done.clear else 1)


#: How many parcels of a hit are printed; the record holds all.
_MOST_PARCELS = 8


def _parcels(hit: Hit, unit: str) -> str:
    """Every parcel under a hit with its area, the largest first."""
    each = [
        message("CLI-HIT-ON", parcel=parcel, area=show.area(dm2, unit), unit=show.unit_name(unit))
        for parcel, dm2 in zip(hit.parcel_ids, hit.parcel_dm2, strict=True)
    ]
    left = len(each) - _MOST_PARCELS
    rest = show.area(sum(hit.parcel_dm2[_MOST_PARCELS:]), unit)
    more = [message("CLI-HIT-AND-MORE", count=left, area=rest, unit=show.unit_name(unit))]
    return message("CLI-HIT-SEPARATOR").join(each[:_MOST_PARCELS] + (more if left > 0 else []))


_MARKS = {"pass": "✓", "fail": "✗", "warn": "!", "info": "i", "not_assessed": "?"}


def _verdict(done: Checked, most: int, unit: str) -> None:
    from tilth.report import as_text

    verdict = done.verdict
    typer.echo(f"{done.name}: {verdict.said}")
    for one in verdict.outcomes:
        typer.echo(f"{_MARKS.get(str(one.outcome), ' ')} {one.rule} v{one.version}  {one.title}: {one.said}")
    for table in verdict.tables():
        typer.echo("\n" + as_text(table, unit))
    if verdict.hits:
        typer.echo("")
        heading = [
            message(f"CLI-HIT-{name}", unit=show.unit_name(unit))
            for name in ("ID", "RULE", "FEATURE", "PARCEL", "AREA", "X", "Y", "CONTEST")
        ]
        show.columns(
            [
                (
                    hit.id,
                    hit.rule,
                    f"{hit.layer} {hit.feature_id}",
                    hit.parcel_id if len(hit.parcel_ids) < 2 else message("CLI-HIT-PARCELS", count=len(hit.parcel_ids)),
                    show.area(hit.area_dm2, unit),
                    f"{hit.x:.3f}",
                    f"{hit.y:.3f}",
                    hit.contest.reason if hit.contest else "",
                )
                for hit in verdict.hits[:most]
            ],
            heading=heading,
        )
        for hit in verdict.hits[:most]:
            if len(hit.parcel_ids) > 1:
                typer.echo(f"    {hit.id}: {_parcels(hit, unit)}")
        show.more(len(verdict.hits) - most, "CLI-MORE-HITS")
    for row, code, reason in done.left_out:
        typer.echo(f"    #{row} {code}: {reason}")
    show.findings((*verdict.findings, *done.findings), most=3)
    typer.echo(message("CLI-CHECK-FILES", picture=str(done.picture), record=str(done.record)))
