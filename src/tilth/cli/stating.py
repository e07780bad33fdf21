"""The command that prints the statement of the land book."""

from __future__ import annotations

from typing import Annotated

import typer

from tilth.cli import show
from tilth.cli.app import ledger
from tilth.cli.options import (
    AsJson,
    CheckedBy,
    CompiledBy,
    CoverDate,
    Folder,
    StatementFormats,
    a_year,
    on_cover,
    workspace,
)
from tilth.cli.progress import progress
from tilth.core import language, message


@ledger.command("statement")
def ledger_statement(
    year: Annotated[int, typer.Option("--year", callback=a_year, help="The year of the statement.")],
    region: Annotated[
        str | None, typer.Option("--region", help="A region and those below it; the workspace's own without.")
    ] = None,
    group: Annotated[str | None, typer.Option("--group", help="The regions of this group instead.")] = None,
    format: StatementFormats = None,
    out: Folder = None,
    date: CoverDate = None,
    compiled_by: CompiledBy = "",
    checked_by: CheckedBy = "",
    json: AsJson = False,
) -> None:
    """The statement of a year: pool, occupations, compensation, cap, red line, checks, all entries. 占补平衡报表

    Exit status 1 if a check fails or the book is not what was posted; the files are written all the same.

    Examples: `tilth ledger statement --year 2024` ·
    `tilth ledger statement --year 2024 --group north --format docx --format xlsx`
    """
    place = workspace()
    from tilth import api
    from tilth.report import about_of

    with progress():
        done = api.ledger_statement(
            place, year=year, region=region, group=group, folder=out, lang=language(),
            formats=tuple(format) if format else ("xlsx",), made_on=on_cover(date),
            compiled_by=compiled_by, checked_by=checked_by,
        )  # fmt: skip
    if json:
        show.as_json(done.as_record())
        raise typer.Exit(1 if done.breaks else 0)
    for path in done.files:
        typer.echo(str(path))
    one = done.statement
    areas = {"opening": one.pool.opening, "closing": one.pool.closing}
    typer.echo(message("CLI-STATEMENT-POOL", **{name: show.area(of.area_dm2) for name, of in areas.items()}))
    typer.echo(
        message(
            "CLI-STATEMENT-BOOK", entries=len(one.drawn.entries), booked=one.booked, digest=one.drawn.verified.digest
        )
    )
    typer.echo(message("CLI-STATEMENT-CHECKS", **one.counts))
    for test in one.failed:
        typer.echo(f"✗ {test.invariant}: {show.said(about_of(test))}")
    show.findings(one.drawn.verified.faults, most=3)
    raise typer.Exit(1 if done.breaks else 0)
