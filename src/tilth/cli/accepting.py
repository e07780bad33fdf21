"""Commands on replacement land: accept it into the pool, and follow it up in later surveys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import ledger
from tilth.cli.booking import Author, Evidence, On
from tilth.cli.options import UNITS, AsJson, a_file, a_year, crs_of, one_of, workspace
from tilth.core import message
from tilth.core.language import catalogue

if TYPE_CHECKING:
    from tilth.api import Acceptance, FollowUp
    from tilth.ledger.limits import Limit

_SHOWN = 20
Parcels = Annotated[
    Path,
    typer.Argument(metavar="FILE", callback=a_file, help="Replacement parcels: any vector file, a row for each."),
]


@ledger.command("accept")
def ledger_accept(
    file: Parcels,
    evidence: Evidence,
    submitter: Annotated[str, typer.Option("--submitter", help="Who submitted the parcels.")],
    author: Annotated[str, typer.Option("--author", help="Who accepts them; not the submitter.")],
    only_passing: Annotated[
        bool, typer.Option("--only-passing", help="Accept those that pass; otherwise all or none.")
    ] = False,
    base_year: Annotated[
        int | None,
        typer.Option("--base-year", callback=a_year, help="Survey at t0; the last before acceptance without."),
    ] = None,
    on: On = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Layer of the file, where several hold rows.")] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="Encoding of its text, e.g. GBK.")] = None,
    crs: Annotated[str | None, typer.Option("--crs", help="Coordinate system, where the file does not say.")] = None,
    unit: Annotated[
        str, typer.Option("--unit", callback=one_of("--unit", UNITS), help="Unit of printed areas: m2, ha or mu.")
    ] = "m2",
    json: AsJson = False,
) -> None:
    """Check replacement land by A1 to A13 and accept it into the pool, all parcels or none. 补充耕地验收

    What is not assessed blocks. Every column of the file, its unit and its values (pollution 1 to 3, slope grades, soil
    depth, …): docs/reference/acceptance-columns.md.

    Exit status: 0 all accepted, 1 some refused.

    Example: `tilth ledger accept parcels.gpkg --evidence YS-2024-7 --submitter Wang --author Li`
    """
    place = workspace()
    from tilth import api

    done = api.ledger_accept(
        place, file, evidence=evidence, submitter=submitter, author=author, only_passing=only_passing,
        base_year=base_year, on=on.date() if on else None, layer=layer, encoding=encoding, crs=crs_of(crs),
    )  # fmt: skip
    if json:
        show.as_json(done.as_record())
    else:
        _accepted(done, unit)
    raise typer.Exit(1 if done.refused else 0)


@ledger.command("follow-up")
def ledger_follow_up(
    year: Annotated[int, typer.Option("--year", callback=a_year, help="The year whose survey is asked.")],
    post: Annotated[bool, typer.Option("--post", help="Post the counter-entries.")] = False,
    evidence: Evidence = "",
    author: Author = "",
    on: On = None,
    json: AsJson = False,
) -> None:
    """Are accepted parcels farmland in a later survey? Those that are not are taken back. 入库地块跟踪

    Exit status: 0 all are farmland, 1 one is not or could not be assessed.

    Example: `tilth ledger follow-up --year 2024`
    """
    place = workspace()
    from tilth import api

    done = api.ledger_follow_up(
        place, year=year, post=post, evidence=evidence, author=author, on=on.date() if on else None
    )
    if json:
        show.as_json(done.as_record())
    else:
        _followed(done, post=post)
    raise typer.Exit(0 if all(one.outcome.value == "pass" for one in done.followed) else 1)


def _accepted(done: Acceptance, unit: str) -> None:
    count = len(done.judged) + len(done.left_out)
    passed = count - done.refused
    typer.echo(message("CLI-ACCEPT-COUNT", file=done.file, parcels=count, passed=passed, refused=done.refused))
    for one in done.judged[:_SHOWN]:
        bad = [check for check in one.checks if check.outcome.value != "pass"]
        outcome = "pass" if one.passes else "fail" if one.against else _worst([check.outcome.value for check in bad])
        row = message("CLI-ACCEPT-ROW", row=one.parcel.row)
        area = f"{show.area(one.net_dm2, unit)} {show.unit_name(unit)}"
        typer.echo(f"    {row}  {one.parcel.name}  {show.said(one.account or '-')}  {area}  {_word(outcome)}")
        for check in bad:
            said = f"{_word(check.outcome.value)}: {check.said} [{check.evidence}]"
            typer.echo(f"        {check.check} {check.title}: {said}")
        for finding in one.against:
            typer.echo(f"        {finding.said}")
        if one.receipt is not None:
            typer.echo(f"        → {one.receipt.number}  {one.receipt.id}")
    show.more(len(done.judged) - _SHOWN)
    show.findings((*done.left_out, *done.findings), most=_SHOWN)
    if done.posted:
        again = sum(one.receipt.again for one in done.posted if one.receipt)
        area = show.area(sum(one.net_dm2 or 0 for one in done.posted), unit)
        name = show.unit_name(unit)
        typer.echo(message("CLI-ACCEPT-POSTED", count=len(done.posted), area=area, unit=name, again=again))
    elif done.refused:
        typer.echo(message("CLI-ACCEPT-NOTHING"))
    _rules(done)


def _rules(done: Acceptance) -> None:
    """By which rules, and which of their limits nobody has verified."""
    for limits in done.limits:
        typer.echo(message("CLI-ACCEPT-VERSION", pack=limits.pack, version=limits.version))
        unverified = [one for one in limits.limits.values() if one.confidence == "unverified"]
        if unverified:
            typer.echo(message("CLI-ACCEPT-UNVERIFIED", count=len(unverified)))
            for one in unverified:
                typer.echo(f"    {one.check}  {one.label}: {_limit(one)}")


def _limit(one: Limit) -> str:
    """A limit with its unit, or the kinds of layers, in the language in use."""
    from decimal import Decimal

    if not isinstance(one.value, Decimal):
        return ", ".join(map(show.kind, one.value))
    key = f"LIMIT-UNIT-{one.unit.upper()}"
    return f"{one.value} {message(key) if key in catalogue() else one.unit}"


def _worst(outcomes: list[str]) -> str:
    return "fail" if "fail" in outcomes else "not_assessed"


def _word(outcome: str) -> str:
    return message(f"CLI-ACCEPT-OUTCOME-{outcome.upper()}")


def _followed(done: FollowUp, *, post: bool) -> None:
    counts = {word: sum(one.outcome.value == value for one in done.followed) for word, value in _OUTCOMES.items()}
    typer.echo(message("CLI-FOLLOW-COUNT", year=done.year, parcels=len(done.followed), **counts))
    for one in done.followed[:_SHOWN]:
        typer.echo(f"    {one.ground.entry}  {_word(one.outcome.value)}: {one.said}")
        if one.unseen:
            typer.echo(f"        {message('CLI-FOLLOW-UNSEEN', years=', '.join(map(str, one.unseen)))}")
    show.more(len(done.followed) - _SHOWN)
    if post:
        typer.echo(message("CLI-FOLLOW-POSTED", count=len(done.posted)))
        for receipt in done.posted:
            typer.echo(f"    {receipt.number}  {receipt.id}")
        if done.refused:
            typer.echo(message("CLI-FOLLOW-REFUSED", count=len(done.refused)))
            for name, why in done.refused:
                typer.echo(f"    {name}: {why}")
    elif counts["lost"]:
        typer.echo(message("CLI-FOLLOW-PROPOSED", count=counts["lost"]))
        for one in done.followed:
            if one.outcome.value == "fail":
                typer.echo(f"    REVERSE  {one.reversal}  {show.area(one.ground.area_dm2)} {show.unit_name('m2')}")


_OUTCOMES = {"kept": "pass", "lost": "fail", "open": "not_assessed"}
