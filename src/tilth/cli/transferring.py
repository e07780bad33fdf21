"""The command that gives pool or cap to another region."""

from __future__ import annotations

from typing import Annotated

import typer

from tilth.cli.app import ledger
from tilth.cli.booking import Author, Evidence, On, booked
from tilth.cli.options import AsJson, workspace


@ledger.command("transfer")
def ledger_transfer(
    seller: Annotated[str, typer.Option("--from", help="Code of the region that gives.")],
    buyer: Annotated[str, typer.Option("--to", help="Code of the region that gets.")],
    account: Annotated[str, typer.Option("--account", help="POOL:RESTORED, CAP:2025, …")],
    area_ha: Annotated[str, typer.Option("--area-ha", help="How much, in hectares; not rounded.")],
    evidence: Evidence,
    author: Author,
    grade: Annotated[int | None, typer.Option("--grade", help="Quality grade, where there are several.")] = None,
    paddy: Annotated[bool | None, typer.Option("--paddy/--dry", help="Paddy fields, where there are both.")] = None,
    stable: Annotated[
        bool | None, typer.Option("--stable/--unstable", help="In stable use, where there are both.")
    ] = None,
    paddy_ha: Annotated[str, typer.Option("--paddy-ha", help="Paddy in it, where the account does not tell.")] = "0",
    capacity_kg: Annotated[int, typer.Option("--capacity-kg", help="Grain capacity that goes with it.")] = 0,
    on: On = None,
    by_state: Annotated[bool, typer.Option("--by-state", help="Between provinces, arranged by the State.")] = False,
    id: Annotated[str, typer.Option("--id", help="Id of the entry; made of the above without.")] = "",
    json: AsJson = False,
) -> None:
    """Give accepted compensation or cap to another region: what one gives the other gets. 指标调剂

    Example: `tilth ledger transfer --from 410882 --to 410883 --account POOL:RESTORED --grade 5 --area-ha 3
    --evidence agreement-4 --author Li`
    """
    place = workspace()
    from tilth import api

    done = api.ledger_transfer(
        place, seller=seller, buyer=buyer, account=account, area_ha=area_ha, evidence=evidence, author=author,
        grade=grade, paddy=paddy, stable=stable, paddy_ha=paddy_ha, capacity_kg=capacity_kg,
        on=on.date() if on else None, by_state=by_state, id=id,
    )  # fmt: skip
    booked(done, json)
