"""The command that tests a year of the land book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import ledger
from tilth.cli.options import AsJson, Year, workspace
from tilth.core import message
from tilth.core.language import catalogue

if TYPE_CHECKING:
    from tilth.api import Assessed
    from tilth.ledger import Rule

#: Units whose name is no part of a message's key.
_KEYS = {"dm2²·grade": "DM4_GRADE", "0.01 ha": "HECTARES"}


@ledger.command("assess")
def ledger_assess(
    year: Year,
    region: Annotated[str | None, typer.Option("--region", help="The region; the workspace's own without.")] = None,
    json: AsJson = False,
) -> None:
    """Test a year by every invariant and rule: what was found, what is wanted, by which rule, how sure. 年度评估

    Exit status: 0 none fails, 1 one fails.

    Example: `tilth ledger assess --year 2024`
    """
    place = workspace()
    from tilth import api

    done = api.ledger_assess(place, year=year, region=region)
    if json:
        show.as_json(done.as_record())
    else:
        _printed(done)
    raise typer.Exit(1 if done.failed else 0)


def _printed(done: Assessed) -> None:
    """A row for each test, what each says, and the figures that nobody has confirmed."""
    from tilth.ledger import Outcome
    from tilth.report import about_of, numbers_of

    names = ("TEST", "REGION", "RESULT", "FOUND", "WANTED", "DIFFERENCE", "UNIT", "RULE", "CONFIDENCE")
    rows = [
        (
            one.invariant,
            one.region,
            message(f"CLI-ASSESS-{one.outcome.name}"),
            *(number or "-" for number in numbers_of(one)),
            _unit(one.unit),
            f"{one.rule}@{one.version}" if one.rule else "-",
            message(f"CLI-ASSESS-{one.confidence.upper()}"),
        )
        for one in done.tests
    ]
    show.columns(rows, heading=[message(f"CLI-ASSESS-{name}") for name in names])
    typer.echo("")
    for one in done.tests:
        typer.echo(f"{one.invariant}  {message(f'CLI-ASSESS-{one.outcome.name}')}: {show.said(about_of(one))}")
    if done.unverified:
        typer.echo("\n" + message("CLI-ASSESS-UNVERIFIED-LIST"))
        for rule in done.unverified:
            values = ", ".join(f"{name} = {value!r}" for name, value in rule.values)
            typer.echo(f"    {rule.id}@{rule.version}: {rule.title}  [{values}]  {_source(rule)}")
    passed, failed, left = (done.counted(outcome) for outcome in (Outcome.PASS, Outcome.FAIL, Outcome.NOT_ASSESSED))
    name = f"{done.policy.id}@{done.policy.version}"
    counts = {
        "region": done.region,
        "year": done.year,
        "policy": name,
        "passed": passed,
        "failed": failed,
        "open": left,
    }
    typer.echo(message("CLI-ASSESS-COUNTED", entries=done.entries))
    typer.echo(message("CLI-ASSESS-SUM", **counts))


def _source(rule: Rule) -> str:
    """The source of a rule; in the language in use, where the product has it."""
    key = f"POLICY-SOURCE-{rule.id.upper()}"
    return message(key) if key in catalogue() and catalogue()[key]["said"] == rule.source else rule.source


def _unit(unit: str) -> str:
    return message(f"CLI-ASSESS-UNIT-{_KEYS.get(unit, unit.upper())}")
