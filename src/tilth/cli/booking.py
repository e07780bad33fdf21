"""Commands on the land book: post, reserve, let go, close, look up, examine."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import ledger
from tilth.cli.flow_posting import BOOK_LEVELS, FromFlows, flows_posted
from tilth.cli.options import UNITS, AsJson, Most, a_file, a_year, one_of, workspace
from tilth.cli.progress import progress
from tilth.core import BadInput, message

if TYPE_CHECKING:
    from tilth.api import Booked
    from tilth.ledger import Verified

Entries = Annotated[
    Path, typer.Argument(metavar="FILE", callback=a_file, help="Entries as JSON, or as CSV with a row for each line.")
]
SomeEntries = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", callback=a_file, help="Entries as JSON, or as CSV with a row for each line."),
]
Author = Annotated[str, typer.Option("--author", help="Who posts, where the file does not say.")]
Evidence = Annotated[str, typer.Option("--evidence", help="Id of the document that it rests on.")]
On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day; today without.")]


@ledger.command("post")
def ledger_post(
    file: SomeEntries = None,
    from_flows: FromFlows = None,
    region: Annotated[str | None, typer.Option("--region", help="Of surveys: only the books in this region.")] = None,
    level: Annotated[
        str, typer.Option("--level", callback=one_of("--level", BOOK_LEVELS), help="Of surveys: whose book it is.")
    ] = "county",
    author: Author = "",
    evidence: Annotated[
        str, typer.Option("--evidence", help="Of surveys: document for what no record of changes explains.")
    ] = "",
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="Of surveys: posting date; the last day of Y2 without."),
    ] = None,
    propose: Annotated[
        Path | None, typer.Option("--propose", help="Of surveys: write the entries to this JSON or CSV; post nothing.")
    ] = None,
    most: Most = 5,
    json: AsJson = False,
) -> None:
    """Post the entries of a file, or of the changes between two surveys; posting again changes nothing. 记账

    The entries of a file are posted all or none. From surveys, every change becomes a balanced entry, and the book is
    compared with the second survey; exit status 1 if they differ.

    Examples: `tilth ledger post changes-2024.csv --author Li` ·
    `tilth ledger post --from-flows 2023 2024 --author Li` ·
    `tilth ledger post --from-flows 2023 2024 --author Li --propose entries.csv`
    """
    if (file is None) == (from_flows is None):
        raise BadInput("CLI-FLOWS-OR-FILE")
    place = workspace()
    from tilth import api

    if from_flows is not None:
        with progress():
            done = api.ledger_post_flows(
                place, before=from_flows[0], after=from_flows[1], region=region, level=level, author=author,
                evidence=evidence, on=on.date() if on else None, to=propose,
            )  # fmt: skip
        flows_posted(done, most, json)
        return
    assert file is not None
    booked(api.ledger_post(place, file, author=author), json)


@ledger.command("reserve")
def ledger_reserve(file: Entries, author: Author = "", json: AsJson = False) -> None:
    """Hold what the entries of a file take until they are posted, voided or expired. 预留

    Example: `tilth ledger reserve project.json --author Li`
    """
    place = workspace()
    from tilth import api

    booked(api.ledger_reserve(place, file, author=author), json)


@ledger.command("void")
def ledger_void(
    reservation: Annotated[str, typer.Argument(metavar="ID", help="Id of the reservation.")],
    evidence: Evidence,
    author: Author,
    on: On = None,
    id: Annotated[str, typer.Option("--id", help="Id of the new entry; ID with void behind it without.")] = "",
    json: AsJson = False,
) -> None:
    """Let go what a reservation holds; after its last day it expires. 作废预留

    Example: `tilth ledger void project-7 --evidence withdrawal-12 --author Li`
    """
    place = workspace()
    from tilth import api

    day = on.date() if on else None
    booked(api.ledger_void(place, reservation, evidence=evidence, author=author, on=day, id=id), json)


@ledger.command("reservations")
def ledger_reservations(json: AsJson = False) -> None:
    """Reservations that are open: what each holds, and its last day. 未结预留

    Example: `tilth ledger reservations`
    """
    place = workspace()
    from tilth import api
    from tilth.report import folded

    found = [api.reservation_record(one) for one in api.ledger_reservations(place)]
    if json:
        show.as_json(found)
        return
    names = ("CLI-RESERVATION", "CLI-RESERVATION-KIND", "CLI-RESERVATION-EXPIRES", "CLI-LEDGER-ACCOUNT")
    heading = [*map(message, names), message("CLI-LEDGER-HELD", unit=show.unit_name("m2"))]
    ids = folded(one["id"] for one in found)
    rows = [
        (ids[one["id"]], one["kind"], one["expires"] or "-", show.said(held["account"]), show.area(held["area_dm2"]))
        for one in found
        for held in one["holds"]
    ]
    show.columns(rows, heading=heading)
    if not rows:
        typer.echo(message("CLI-RESERVATION-NONE"))


@ledger.command("expire")
def ledger_expire(evidence: Evidence, author: Author, on: On = None, json: AsJson = False) -> None:
    """Let go what every reservation holds whose last day is over; doing it again changes nothing. 预留到期释放

    Example: `tilth ledger expire --evidence "daily sweep" --author Li`
    """
    place = workspace()
    from tilth import api

    booked(api.ledger_expire(place, evidence=evidence, author=author, on=on.date() if on else None), json)


@ledger.command("close")
def ledger_close(
    year: Annotated[int, typer.Option("--year", callback=a_year, help="The year that is over.")],
    evidence: Evidence,
    author: Author,
    region: Annotated[str | None, typer.Option("--region", help="The region; the workspace's own without.")] = None,
    json: AsJson = False,
) -> None:
    """Close a year for a region and all below it; nothing is posted in it any more. 年度结账

    What its assessment does not pass, and changes between surveys that are not in the book, are told. The year is
    closed all the same, unless the rules of the workspace say otherwise (rule `closing`).

    Example: `tilth ledger close --year 2024 --evidence assessment-2024 --author Zhao`
    """
    place = workspace()
    from tilth import api

    done = api.ledger_close(place, year=year, region=region, evidence=evidence, author=author)
    if json:
        show.as_json(done.as_record())
        return
    code = "CLI-LEDGER-CLOSED-AGAIN" if done.again else "CLI-LEDGER-CLOSED"
    typer.echo(message(code, region=done.region, year=done.year, accounts=done.accounts, link=done.link))
    for said in done.warnings:
        typer.echo(said)


@ledger.command("balance")
def ledger_balance(
    account: Annotated[str, typer.Argument(metavar="[ACCOUNT]", help="Name, or its beginning: LAND:0101, POOL.")] = "",
    region: Annotated[str | None, typer.Option("--region", help="The region; the workspace's own without.")] = None,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="End of this day; as it stands without.")
    ] = None,
    unit: Annotated[
        str, typer.Option("--unit", callback=one_of("--unit", UNITS), help="Unit of printed areas: m2, ha or mu.")
    ] = "m2",
    json: AsJson = False,
) -> None:
    """What the accounts of a region hold, what of it is reserved, and what may still be taken. 余额

    Examples: `tilth ledger balance` · `tilth ledger balance LAND:0101 --on 2024-12-31`
    """
    place = workspace()
    from tilth import api

    found = api.ledger_balance(place, region=region, account=account, on=on.date() if on else None)
    if json:
        show.as_json(api.balance_records(found))
        return
    names = ("ACCOUNT", "BOOKED-COLUMN", "HELD", "AVAILABLE", "PADDY", "CAPACITY", "GRADE")
    heading = [message(f"CLI-LEDGER-{name}", unit=show.unit_name(unit)) for name in names]
    rows = [
        (
            show.said(one.account),
            *(show.area(quantities.area_dm2, unit) for quantities in (one.booked, one.held, one.available)),
            show.area(one.booked.paddy_dm2, unit),
            f"{one.booked.capacity_kg:,}",
            show.area(one.booked.grade_dm2, unit),
        )
        for one in found
    ]
    show.columns(rows, heading=heading)
    if not rows:
        typer.echo(message("CLI-LEDGER-EMPTY"))


@ledger.command("verify")
def ledger_verify(json: AsJson = False) -> None:
    """Is the book what was posted? The first entry that was changed, removed or moved is named. 核验

    Exit status: 0 whole, 1 changed.

    Example: `tilth ledger verify`
    """
    place = workspace()
    from tilth import api

    _examined(api.ledger_verify(place), json)


@ledger.command("replay")
def ledger_replay(json: AsJson = False) -> None:
    """Build every balance again from the entries, and name every one that differs. 重算

    Exit status: 0 all equal, 1 one differs.

    Example: `tilth ledger replay`
    """
    place = workspace()
    from tilth import api

    _examined(api.ledger_replay(place), json)


def booked(done: Booked, json: bool) -> None:
    if json:
        show.as_json(done.as_record())
        return
    from tilth.report import folded

    typer.echo(message("CLI-LEDGER-BOOKED", count=len(done.receipts) - done.again, again=done.again))
    ids = folded(one.id for one in done.receipts[:20])
    for one in done.receipts[:20]:
        typer.echo(f"    {one.number}  {ids[one.id]}  {one.digest[:16]}")
    show.more(len(done.receipts) - 20)


def _examined(found: Verified, json: bool) -> None:
    if json:
        show.as_json(found.as_record())
    else:
        code = "CLI-LEDGER-SOUND" if found.sound else "CLI-LEDGER-UNSOUND"
        counts = {name: getattr(found, name) for name in ("entries", "lines", "accounts", "closings")}
        typer.echo(message(code, **counts, digest=found.digest))
        show.findings(found.faults, most=20)
    raise typer.Exit(0 if found.sound else 1)
