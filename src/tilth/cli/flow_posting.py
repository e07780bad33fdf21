"""What `tilth ledger post --from-flows` asks for and shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.core import message

if TYPE_CHECKING:
    from tilth.api import FlowPosted

BOOK_LEVELS = ("county", "township", "village")
FromFlows = Annotated[
    tuple[int, int] | None,
    typer.Option("--from-flows", metavar="Y1 Y2", help="Post what changed between the surveys of two years."),
]


def flows_posted(done: FlowPosted, most: int, json: bool) -> None:
    """Print it. Exit status 1 if the book is not the second survey."""
    if json:
        show.as_json(done.as_record())
    else:
        _shown(done, most)
    raise typer.Exit(1 if done.differences else 0)


def _shown(done: FlowPosted, most: int) -> None:
    before, after = done.years
    if done.files:
        typer.echo(message("CLI-FLOWS-PROPOSED", count=len(done.entries), file=str(done.files[0])))
        if len(done.files) > 1:
            count = sum(one.entry is not None for one in done.unmatched)
            typer.echo(message("CLI-FLOWS-PROPOSED-REST", count=count, file=str(done.files[1])))
    else:
        typer.echo(message("CLI-FLOWS-POSTED", posted=len(done.entries), again=done.again, before=before, after=after))
    unit = show.unit_name("m2")
    heading = [message(f"CLI-FLOWS-{name}", unit=unit) for name in ("KIND", "COUNT", "FARMLAND", "MOVED")]
    rows = [
        (kind, f"{count:,}", show.area(farmland, "m2"), show.area(moved, "m2"))
        for kind, (count, farmland, moved) in done.kinds.items()
    ]
    if rows:
        show.columns(rows, heading=heading)
    if done.slivers:
        typer.echo(message("CLI-FLOWS-SLIVERS", count=done.slivers, area=f"{done.slivers_dm2 / 100:,.2f}"))
    if done.assumed:
        typer.echo(message("CLI-FLOWS-ASSUMED", count=done.assumed))
    _unmatched(done, most)
    if done.differences:
        rest = sum(one.left_dm2 != 0 for one in done.differences)
        typer.echo(f"✗ {message('CLI-FLOWS-DIFFERS', count=len(done.differences), year=after, rest=rest)}")
        for one in done.differences[:most]:
            typer.echo(f"    {show.said(one.account)}  {show.area(one.book_dm2 - one.survey_dm2)}")
        show.more(len(done.differences) - most)
    else:
        typer.echo(f"✓ {message('CLI-FLOWS-CLOSED', year=after, count=done.accounts)}")
    show.findings(done.findings, most=most)


def _unmatched(done: FlowPosted, most: int) -> None:
    if not done.unmatched:
        return
    area = sum(one.area_dm2 for one in done.unmatched)
    typer.echo(message("CLI-FLOWS-UNMATCHED", count=len(done.unmatched), area=f"{area / 100:,.2f}"))
    for one in done.unmatched[:most]:
        pair = f"{one.old_parcel} {one.old_class} > {one.new_parcel} {one.new_class}"
        typer.echo(f"    {one.kind}  {pair}  {show.area(one.area_dm2)}  {one.why}")
    show.more(len(done.unmatched) - most)
