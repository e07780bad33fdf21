"""Commands that ask more of a plan: what another quantity costs, what other costs change, what a forced parcel does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tilth.cli import show
from tilth.cli.app import plan
from tilth.cli.options import AsJson, CoverDate, on_cover, workspace
from tilth.cli.planning import Name
from tilth.cli.progress import progress
from tilth.core import BadInput, message

if TYPE_CHECKING:
    from tilth.plan import Naming

#: Demands and units that are printed.
_ROWS = 20
Gap = Annotated[float, typer.Option("--gap", help="Proven distance from the best, as a share: 0.001 is 0.1 %.")]
Seconds = Annotated[float, typer.Option("--seconds", help="For each solution; then the best so far is taken.")]


@plan.command("frontier")
def frontier(
    name: Name,
    of: Annotated[
        str | None, typer.Option("--of", help="Quantity to make as large as it can be; the plan's aim without.")
    ] = None,
    against: Annotated[
        list[str] | None, typer.Option("--against", help="Quantity of which more is better; may be repeated.")
    ] = None,
    least: Annotated[
        list[str] | None, typer.Option("--least", help="Quantity of which less is better; may be repeated.")
    ] = None,
    points: Annotated[int, typer.Option("--points", help="Plans on each border.")] = 9,
    gap: Gap = 1e-3,
    seconds: Seconds = 120.0,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for table, workbook and picture.")] = None,
    date: CoverDate = None,
    json: AsJson = False,
) -> None:
    """What more of another quantity costs in the aim: plans on the border, each with its bound. 多目标权衡

    Every point's choice is kept in the plan's folder, below frontier.

    Examples: `tilth plan frontier drains --of value_yuan --against grain_kg` ·
    `tilth plan frontier drains --against grain_kg --least water_m3 --points 5 --out papers`
    """
    place = workspace()
    from tilth import api

    with progress():
        done = api.plan_frontier(
            place, name, of=of, against=against or (), least=least or (), points=points, gap=gap, seconds=seconds,
            out=out, made_on=on_cover(date),
        )  # fmt: skip
    if json:
        show.as_json(done.as_record())
        return
    words = done.plan.words
    heads = [str(api.plan_heading(one)) for one in ("against", "asked", "other", "value", "bound", "gap", "changed")]
    rows = [
        (
            str(words.quantity(row["against"])), "" if row["asked"] is None else api.plan_figure(row["asked"]),
            *(api.plan_figure(row[one]) for one in ("other", "value", "bound")), f"{100 * row['gap']:.2g} %",
            row["changed"],
        )
        for row in done.rows()
    ]  # fmt: skip
    show.columns(rows, heading=heads)
    show.paths(done.files)


@plan.command("sensitivity")
def sensitivity(
    name: Name,
    factor: Annotated[
        list[str],
        typer.Option("--factor", help="QUANTITY=0.8,1,1.2 or =low,mid,high, one quantity at a time; may be repeated."),
    ],
    gap: Gap = 1e-3,
    seconds: Seconds = 120.0,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for a workbook of the cases.")] = None,
    date: CoverDate = None,
    json: AsJson = False,
) -> None:
    """What becomes of a solved plan when costs or yields are other than thought: low, mid and high. 敏感性分析

    Without cases those are taken that the table has columns for: cost_yuan_low, cost_yuan, cost_yuan_high.

    Examples: `tilth plan sensitivity drains --factor cost_yuan=0.8,1,1.2` ·
    `tilth plan sensitivity drains --factor cost_yuan --factor grain_kg=0.9,1.1 --out papers`
    """
    place = workspace()
    from tilth import api
    from tilth.plan import aim_told

    asked = dict(_cases(one) for one in factor)
    with progress():
        done = api.plan_sensitivity(place, name, asked, gap=gap, seconds=seconds, out=out, made_on=on_cover(date))
    if json:
        show.as_json(done.as_record())
        return
    words = done.plan.words
    told = {"value": api.plan_figure(done.base.value), "bound": api.plan_figure(done.base.bound)}
    typer.echo(message("PLAN-SAID-CASES", aim=aim_told(done.base.problem.aim, naming=words), **told))
    heads = ("quantity", "case", "value", "bound", "gap", "changed", "kept_value", "kept_fails")
    show.columns([_case_told(row) for row in done.rows(words)], heading=[str(api.plan_heading(one)) for one in heads])
    typer.echo(message("PLAN-SENSITIVITY-NOTE"))
    typer.echo("")
    given = [(f"{row['column']} {row['case']}", row["treatments"]) for row in done.rows(words) if row["treatments"]]
    given = [(message("PLAN-SAID-AS-SOLVED"), done.areas(done.base)), *given]
    kinds = done.plan.options.treatments
    size: Callable[[int], str] = show.area if done.areas_in == "dm2" else str
    head = message("PLAN-SAID-BY-AREA" if done.areas_in == "dm2" else "PLAN-SAID-BY-UNITS")
    columns = [head, *(str(words.value("treatment", one)) for one in kinds)]
    show.columns([(case, *(size(one.get(kind, 0)) for kind in kinds)) for case, one in given], heading=columns)
    show.paths(done.files)


def _case_told(row: dict[str, Any]) -> tuple[object, ...]:
    from tilth.api import plan_figure

    fails = row["kept_fails"]
    kept = (plan_figure(row["kept_value"]), f"{fails[0]} (+{len(fails) - 1})" if len(fails) > 1 else "".join(fails))
    if row["refused"] is not None:
        return (row["column"], row["case"], message("PLAN-SAID-NO-PLAN"), "", "", "", *kept)
    gap = f"{100 * row['gap']:.2g} %"
    return (
        row["column"],
        row["case"],
        plan_figure(row["value"]),
        plan_figure(row["bound"]),
        gap,
        row["changed"],
        *kept,
    )


@plan.command("force")
def force(
    name: Name,
    unit: Annotated[str, typer.Option("--unit", help="Parcel or other unit of the plan.")],
    treatment: Annotated[str, typer.Option("--treatment", help="Treatment that it must have.")],
    gap: Gap = 1e-3,
    seconds: Seconds = 120.0,
    json: AsJson = False,
) -> None:
    """What changes in a solved plan when one parcel must have a treatment; nothing is kept. 指定单元措施

    Example: `tilth plan force drains --unit p7 --treatment leach`
    """
    place = workspace()
    from tilth import api
    from tilth.plan import aim_told

    with progress():
        done = api.plan_force(place, name, unit, treatment, gap=gap, seconds=seconds)
    if json:
        show.as_json(done.as_record())
        return
    record, words = done.as_record(), done.plan.words
    named = words.value("treatment", treatment)
    if not record["changed"]:
        typer.echo(message("PLAN-SAID-FORCED-SAME", unit=unit, treatment=named))
        return
    figures = {
        "before": "value_before", "after": "value", "lost": "lost", "least": "lost_at_least", "most": "lost_at_most",
    }  # fmt: skip
    told = {key: api.plan_figure(record[one]) for key, one in figures.items()}
    was, aim = words.value("treatment", done.was), aim_told(done.forced.before.problem.aim, naming=words)
    told["differ"] = api.plan_figure(abs(done.forced.lost))
    told["gap"], told["forced_gap"] = (f"{100 * one.gap:.2g}" for one in (done.forced.before, done.forced.after))
    key = "PLAN-SAID-FORCED-OPEN" if done.forced.open else "PLAN-SAID-FORCED"
    typer.echo(message(key, unit=unit, treatment=named, was=was, aim=aim, **told))
    heads = [str(api.plan_heading(one)) for one in ("demand", "before", "after", "limit", "unit_of")]
    rows = [
        (one["said"], *(api.plan_figure(one[key]) for key in ("before", "after", "limit")), words.unit(one["unit"]))
        for one in done.demands(words) if one["before"] != one["after"]
    ]  # fmt: skip
    if rows:
        typer.echo("")
        show.columns(rows[:_ROWS], heading=heads)
        show.more(len(rows) - _ROWS)
    typer.echo("")
    changed = record["changed"]
    typer.echo(message("PLAN-SAID-CHANGED", count=len(changed)))
    heads = [str(api.plan_heading(one)) for one in ("unit", "before", "after")]
    show.columns(
        [(one["unit"], _told(one["from"], words), _told(one["to"], words)) for one in changed[:_ROWS]], heading=heads
    )
    show.more(len(changed) - _ROWS)


def _told(option: dict[str, object], naming: Naming) -> str:
    return " ".join(str(naming.value(kind, one)) for kind, one in option.items() if one)


def _cases(text: str) -> tuple[str, list[float | str]]:
    """The quantity and the cases of `cost_yuan=0.8,1,1.2`."""
    column, equals, given = text.partition("=")
    words = [one.strip() for one in given.split(",")] if equals else []
    if not column.strip() or (equals and not all(words)):
        raise BadInput("PLAN-FACTOR-SPELT", value=text)
    return column.strip(), [_case(one, text) for one in words]


def _case(word: str, text: str) -> float | str:
    from tilth.plan import LEVELS

    if word in LEVELS:
        return word
    try:
        return float(word)
    except ValueError as error:
        raise BadInput("PLAN-FACTOR-SPELT", value=text) from error
