"""The command that writes off a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import ledger
from tilth.cli.booking import Author, On
from tilth.cli.options import AsJson, workspace
from tilth.core import message

if TYPE_CHECKING:
    from tilth.api import Settled


@ledger.command("settle")
def ledger_settle(
    occupation: Annotated[str, typer.Argument(metavar="ID", help="Id of the occupation whose claim is written off.")],
    evidence: Annotated[str, typer.Option("--evidence", help="Id of the document that it rests on.")] = "",
    author: Author = "",
    area_ha: Annotated[
        str | None, typer.Option("--area-ha", help="So much of the claim, in hectares; all that is left without.")
    ] = None,
    use: Annotated[list[str] | None, typer.Option("--use", help="Use this acceptance only; may be repeated.")] = None,
    on: On = None,
    id: Annotated[str, typer.Option("--id", help="Id of the entry; settle:ID without.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be posted; post nothing.")] = False,
    json: AsJson = False,
) -> None:
    """Write off a claim against accepted compensation, oldest acceptance first, to 0.01 m². 核销

    The entry links the occupation and the acceptances that it uses. If the pool does not suffice nothing is posted, and
    what is short is said.

    Examples: `tilth ledger settle project-7 --dry-run` ·
    `tilth ledger settle project-7 --evidence write-off-7 --author Li` ·
    `tilth ledger settle project-7 --area-ha 1.2 --use accept-3 --evidence write-off-7 --author Li`
    """
    place = workspace()
    from tilth import api

    done = api.ledger_settle(
        place, occupation, evidence=evidence, author=author, area_ha=area_ha, use=use or (),
        on=on.date() if on else None, id=id, dry_run=dry_run,
    )  # fmt: skip
    if json:
        show.as_json(done.as_record())
    else:
        _shown(done)


def _shown(done: Settled) -> None:
    one, unit = done.write_off, show.unit_name("m2")
    names = ("CLI-SETTLE-ENTRY", "CLI-SETTLE-DAY", "CLI-LEDGER-ACCOUNT", "CLI-SETTLE-TAKEN", "CLI-SETTLE-PADDY")
    heading = [message(name, unit=unit) for name in names]
    rows = [
        (used.entry, used.accepted.isoformat(), show.said(used.account), show.area(used.quantities.area_dm2, "m2"),
         show.area(used.quantities.paddy_dm2, "m2"))
        for used in one.used
    ]  # fmt: skip
    show.columns(rows, heading=heading)
    code = "CLI-SETTLE-PROPOSED" if done.receipt is None else "CLI-SETTLE-DONE"
    typer.echo(
        message(code, id=one.entry.id, occupation=one.occupation, claim=one.claim, area=show.area(one.area_dm2),
                left=show.area(one.left_dm2))
    )  # fmt: skip
    if done.receipt is not None:
        typer.echo(f"    {done.receipt.number}  {done.receipt.id}  {done.receipt.digest[:16]}")
