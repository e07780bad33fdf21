"""Commands of the planner: pose a problem, solve it to a proven gap, say what its limits cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import plan
from tilth.cli.options import AsJson, CoverDate, Encoding, a_file, on_cover, workspace
from tilth.cli.progress import progress
from tilth.core import BadInput, breaking, message

if TYPE_CHECKING:
    from tilth.api import PlansCompared, PlanSolved
    from tilth.plan import Progress

#: A line of progress in so many seconds, and demands that are printed.
_BETWEEN, _ROWS = 1.0, 40
_NUMBERED = ("number", "demand")
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the plan: its folder below plans.")]


@plan.command("new")
def new(
    name: Name,
    options: Annotated[
        Path,
        typer.Option(
            "--options", callback=a_file, help="Table of unit, treatment and quantities: cost_yuan, water_m3."
        ),
    ],
    rows: Annotated[
        Path | None, typer.Option("--rows", callback=a_file, help="TOML of the aim, demands and locks.")
    ] = None,
    units: Annotated[
        Path | None,
        typer.Option("--units", callback=a_file, help="Units with areas, for a table by hectare of the salt chain."),
    ] = None,
    encoding: Encoding = None,
    json: AsJson = False,
) -> None:
    """Pose a problem: what may be done on each unit, what is asked for. 新建治理规划

    Exit status 1: a row of the table was set aside.

    Examples: `tilth plan new drains --options options.csv --rows rows.toml` ·
    `tilth plan new salt --options simulated.csv --units units.csv --rows rows.toml`
    """
    place = workspace()
    from tilth import api

    with progress():
        done = api.plan_new(place, name, options, rows=rows, units=units, encoding=encoding)
    if json:
        show.as_json(done.as_record())
    else:
        typer.echo(done.told)
        aside = sum(done.about["quarantined"].values())
        read = {one: f"{done.about[one]:,}" for one in ("rows_in", "options", "units")}
        typer.echo(message("PLAN-SAID-READ", **read, aside=f"{aside:,}"))
        show.findings(done.findings, most=3)
        typer.echo(str(done.folder))
    raise typer.Exit(1 if breaking(done.findings) else 0)


@plan.command("solve")
def solve(
    name: Name,
    gap: Annotated[
        float, typer.Option("--gap", help="Proven distance from the best, as a share: 0.001 is 0.1 %.")
    ] = 1e-3,
    seconds: Annotated[float, typer.Option("--seconds", help="Then take the best plan so far.")] = 600.0,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the workbook; beside the plan without.")] = None,
    start: Annotated[
        str | None,
        typer.Option("--start", help="Plan to begin with; without, this one's former solution or the plan it varies."),
    ] = None,
    date: CoverDate = None,
    json: AsJson = False,
) -> None:
    """Solve a plan to a proven gap; a workbook of every unit's assignment. 求解规划

    A plan that cannot be is refused with the demands in conflict and the smallest relaxation. Ctrl-C ends the run with
    the best plan so far. Exit status 1: the time was up before the gap asked for was reached; the plan is kept.

    Examples: `tilth plan solve drains` · `tilth plan solve drains --gap 0.0001 --seconds 120 --out papers`
    """
    place = workspace()
    from tilth import api

    with progress():
        done = api.plan_solve(
            place, name, gap=gap, seconds=seconds, out=out, made_on=on_cover(date), start=start, told=_telling()
        )  # fmt: skip
    if json:
        show.as_json(done.as_record())
    else:
        _shown(done)
    raise typer.Exit(0 if done.reached else 1)


@plan.command("explain")
def explain(name: Name, json: AsJson = False) -> None:
    """Say in words what a plan is worth and what its limits cost. 解读规划结果

    Example: `tilth plan explain drains`
    """
    place = workspace()
    from tilth import api

    done = api.plan_explain(place, name)
    if json:
        show.as_json(done.as_record())
        return
    for line in done.lines:
        typer.echo(line)
    if done.rows:
        typer.echo("")
        show.columns(list(enumerate(done.rows, start=1)), heading=[str(api.plan_heading(one)) for one in _NUMBERED])


@plan.command("vary")
def vary(
    name: Name,
    new_name: Annotated[str, typer.Argument(metavar="NEW", help="Name of the scenario.")],
    row: Annotated[
        list[str],
        typer.Option("--row", metavar="NUMBER=LIMIT", help="Another limit of a demand, by its number; repeat it."),
    ],
    json: AsJson = False,
) -> None:
    """Make a scenario of a plan: the same, with other limits. 另设情景

    The number of each demand stands beside it in what `explain` prints.

    Example: `tilth plan vary drains drains-low --row "1=200 wan_yuan" --row 4=900`
    """
    place = workspace()
    from tilth import api

    with progress():
        done = api.plan_vary(place, name, new_name, dict(_limit(one) for one in row))
    if json:
        show.as_json(done.as_record())
    else:
        typer.echo(done.told)
        typer.echo(str(done.folder))


def _limit(given: str) -> tuple[int, float | str]:
    """The number of a demand and its limit."""
    number, sign, limit = given.partition("=")
    text = limit.strip()
    if not sign or not number.strip().isdecimal() or not text:
        raise BadInput("PLAN-VARY-ROW", given=given)
    try:
        plain = float(text.replace(",", "").replace("_", ""))
    except ValueError:
        return int(number), text
    return int(number), int(plain) if plain.is_integer() else plain


@plan.command("compare")
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="Name of a solved plan.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Name of another.")],
    year: Annotated[int | None, typer.Option("--year", help="Survey that tells the areas; the newest without.")] = None,
    json: AsJson = False,
) -> None:
    """Set two solved plans side by side. 两方案比较

    Example: `tilth plan compare drains drains-low`
    """
    place = workspace()
    from tilth import api

    with progress():
        done = api.plan_compare(place, first, second, year=year)
    if json:
        show.as_json(done.as_record())
    else:
        _side_by_side(done)


def _telling() -> Callable[[Progress], None]:
    """Says value, bound, gap and seconds on the error stream: the first plan at once, then a line a second at most."""
    said = [float("-inf")]
    planned = [False]

    def tell(one: Progress) -> None:
        now = time.monotonic()
        infinite = one.value in (float("inf"), float("-inf"))
        if now - said[0] < _BETWEEN and (infinite or planned[0]):
            return
        said[0], planned[0] = now, not infinite
        told = {"bound": f"{one.bound:,.10g}", "seconds": f"{one.seconds:.1f}"}
        if not infinite:
            told |= {"value": f"{one.value:,.10g}", "gap": f"{100 * one.gap:.2g}"}
        typer.echo(f"… {message('PLAN-SAID-BOUND' if infinite else 'PLAN-SAID-SO-FAR', **told)}", err=True)

    return tell


def _shown(done: PlanSolved) -> None:
    from tilth import api
    from tilth.api import plan_figure, plan_heading
    from tilth.plan import aim_told, row_told

    found, words = done.solution, done.plan.words
    heads = [str(plan_heading(one)) for one in ("aim", "value", "bound", "gap", "seconds")]
    told = (done.aim, plan_figure(found.value), plan_figure(found.bound), f"{100 * found.gap:.2g} %")
    show.columns([(*told, f"{found.seconds:.1f}")], heading=heads)
    if not done.reached:
        typer.echo(message("PLAN-SAID-TIME", gap=f"{100 * found.gap:.2g}", asked=f"{100 * done.asked_gap:.2g}"))
    for stage in found.stages:
        aim = aim_told(stage.aim, stage.over, words)
        figures = {"value": plan_figure(stage.value), "bound": plan_figure(stage.bound)}
        typer.echo(message("PLAN-SAID-STAGE", aim=aim, gap=f"{100 * stage.gap:.2g}", **figures))
    typer.echo("")
    rows = [
        (
            row_told(one.row, words), plan_figure(one.used), plan_figure(one.limit), words.unit(one.unit),
            f"{one.price:,.4g}", message("PLAN-SAID-PRICE", aim=done.aim, unit=words.unit(one.unit) or "1"),
        )
        for one in done.used
    ]  # fmt: skip
    heads = [str(plan_heading(one)) for one in ("demand", "used", "limit", "unit_of", "price", "price_of")]
    show.columns(rows[:_ROWS], heading=heads)
    show.more(len(rows) - _ROWS, "PLAN-SAID-MORE")
    if rows:
        typer.echo("")
    sums = done.totals()
    heads = [*(str(plan_heading(one)) for one in ("treatment", "units")), *(str(words.quantity(one)) for one in sums)]
    body = [
        [str(words.value("treatment", one["treatment"])), one["units"], *(plan_figure(one[name]) for name in sums)]
        for one in done.by_treatment()
    ]
    body.append([message("PLAN-BOOK-TOTAL"), done.plan.options.n, *(plan_figure(one) for one in sums.values())])
    show.columns(body, heading=heads)
    for one in api.draw_listings(done.drawn, words):
        typer.echo(f"\n{one.title}")
        show.listing(one)
    show.paths(done.files)


def _side_by_side(done: PlansCompared) -> None:
    from tilth.api import plan_figure, plan_heading
    from tilth.plan import Row, row_told

    names, words = [one["name"] for one in done.plans], done.words
    figures = [
        [message(f"PLAN-COL-{key.upper()}"), *(plan_figure(one[key]) for one in done.plans)]
        for key in ("value", "bound")
    ]
    gaps = [f"{100 * one['gap']:.2g} %" for one in done.plans]
    show.columns([*figures, [str(plan_heading("gap")), *gaps]], heading=["", *names])
    typer.echo("")
    rows = []
    for one in done.rows:
        limits = [one_limit for one_limit in one["limit"] if one_limit is not None]
        said = row_told(Row(one["column"], one["at_least"], limits[0], tuple(one["where"].items())), words)
        pairs = [_both(one["limit"]), _both(one["used"]), words.unit(one["unit"]), _both(one["price"], ",.4g")]
        if one["limit"][0] != one["limit"][1] or one["used"][0] != one["used"][1]:
            rows.append([said, *pairs])
    show.columns(
        rows[:_ROWS], heading=[str(plan_heading(one)) for one in ("demand", "limit", "used", "unit_of", "price")]
    )
    show.more(len(rows) - _ROWS, "PLAN-SAID-MORE")
    typer.echo("")
    body = [
        [
            str(words.value("treatment", one["treatment"])),
            *(0 if side is None else side["units"] for side in one["plans"]),
        ]
        for one in done.groups["treatment"]
    ]
    show.columns(body, heading=[str(plan_heading("treatment")), *names])
    typer.echo("")
    typer.echo(message("PLAN-SAID-DIFFER", differ=f"{done.differ:,}", same=f"{done.same:,}"))
    for one in done.moves[:10]:
        before, after = (str(words.value("treatment", one[key])) for key in ("before", "after"))
        if one["before"] == one["after"]:
            after = message("PLAN-SAID-OTHER-YEAR")
        typer.echo(f"  {before} → {after}: {one['units']:,}")


def _both(pair: list[float | None], spelt: str = "") -> str:
    """Two figures, or one where they are the same."""
    from tilth.api import plan_figure

    told = ["–" if one is None else format(one, spelt) if spelt else plan_figure(one) for one in pair]
    return told[0] if told[0] == told[1] else f"{told[0]} → {told[1]}"
