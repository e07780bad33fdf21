"""How standing looks on a terminal: tasks, what is handed down, quality, land book, trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import typer

from tilth.cli import show
from tilth.core import message

if TYPE_CHECKING:
    from tilth.api import Detail, Standings
    from tilth.change import Gap, Holding, Meeting, National, Published, Trend

_TASKS = ("REGION", "FARMLAND", "HOLDING", "HEADROOM", "PBF", "PBF-TASK", "PBF-HEADROOM", "STILL", "STILL-HEADROOM")


@dataclass(frozen=True)
class _Line:
    """One line of every table: a region, or a group as a whole."""

    name: str
    row: Holding
    detail: Detail


def standing(found: Standings, unit: str, *, quality: bool, most: int) -> None:
    """Print all of it. Beyond the tasks, regions without a task of their own stand in --json only."""
    lines = [_Line("  " * row.depth + f"{row.region} {row.name}", row, found.detail(row.region)) for row in found.rows]
    if found.group is not None:
        one = found.group
        name = message("CLI-STANDING-GROUP", group=one.name, count=len(one.members))
        lines = [_Line(name, one.total, one.detail), *lines]
    _tasks(lines, unit)
    typer.echo(message("CLI-STANDING-NOTE"))
    kept = [line for at, line in enumerate(lines) if at == 0 or found.group is not None or _has_task(line.row)]
    _handed(kept, unit)
    _book(found, [line for line in kept if line.detail.book is not None], unit)
    _trend(kept, unit)
    show.more(len(lines) - len(kept), "CLI-STANDING-MORE")
    if quality:
        _quality(found, lines, unit, most)
    typer.echo("")
    show.findings(found.findings, most=most)


def _has_task(row: Holding) -> bool:
    return row.farmland_task_dm2 is not None or row.pbf_task_dm2 is not None


def _table(title: str, names: Sequence[str], rows: Sequence[Sequence[object]], unit: str, **values: object) -> None:
    if not rows:
        return
    typer.echo(f"\n{message(f'CLI-STANDING-TITLE-{title}', **values)}")
    given = {"unit": show.unit_name(unit), **values}
    show.columns(rows, heading=[message(f"CLI-STANDING-{name}", **given) for name in names])


def _tasks(lines: Sequence[_Line], unit: str) -> None:
    heading = [message(f"CLI-STANDING-{name}", unit=show.unit_name(unit)) for name in _TASKS]
    show.columns([(line.name, *map(show.hectares, _shown(line.row, unit))) for line in lines], heading=heading)


def _shown(row: Holding, unit: str) -> tuple[int | None, ...]:
    """What is held, tasks and headrooms, in hundredths of `unit`; a headroom is the difference of what is shown."""
    farmland, task, pbf, pbf_task, still = _held(row, unit)
    over = row.headroom_dm2, row.pbf_headroom_dm2, row.pbf_farmland_headroom_dm2
    rooms = ((farmland, task), (pbf, pbf_task), (still, pbf_task))
    room, pbf_room, still_room = (
        None if exact is None or has is None or owes is None else has - owes
        for exact, (has, owes) in zip(over, rooms, strict=True)
    )
    return farmland, task, room, pbf, pbf_task, pbf_room, still, still_room


def _held(row: Holding, unit: str) -> tuple[int | None, ...]:
    ha = row.hectares
    if unit == "ha":
        return ha.farmland, ha.farmland_task, ha.pbf, ha.pbf_task, ha.pbf_farmland
    exact = (row.farmland_dm2, row.farmland_task_dm2, row.pbf_dm2, row.pbf_task_dm2, row.pbf_farmland_dm2)
    return tuple(_hundredths(dm2, unit) for dm2 in exact)


def _hundredths(dm2: int | None, unit: str) -> int | None:
    from tilth.core import in_units

    return None if dm2 is None else int(in_units(dm2, unit).scaleb(2))


def _handed(lines: Sequence[_Line], unit: str) -> None:
    """Farmland in stable use, and tasks handed down."""
    names = ("REGION", "STABLE", "HANDED", "HANDED-OVER", "HANDED-PBF", "HANDED-PBF-OVER")
    rows = []
    for line in lines:
        down = [line.detail.handed.get(what) for what in ("holding_dm2", "pbf_dm2")]
        numbers = [number for one in down for number in ((one.handed_dm2, one.over_dm2) if one else (None, None))]
        held = line.detail.held
        stable = None if held is None or line.row.farmland_dm2 is None else held.stable_dm2
        rows.append((line.name, *(show.area(number, unit) for number in (stable, *numbers))))
    _table("HANDED", names, rows, unit)


def _book(found: Standings, lines: Sequence[_Line], unit: str) -> None:
    names = ("REGION", "BOOKED", "CLAIMS", "POOL", "POOL-RESERVED", "CAP", "RESERVED")
    rows = []
    for line in lines:
        book = line.detail.book
        assert book is not None
        farmland = book.farmland.area_dm2 if "LAND" in book.booked else None
        stocks = (farmland, book.claims_dm2, book.pool_dm2, book.pool_held_dm2)
        numbers = (*stocks, book.cap_dm2(found.cap_year), book.reserved_dm2)
        rows.append((line.name, *(show.area(number, unit) for number in numbers)))
    day = message("CLI-STANDING-NOW") if found.book_on is None else found.book_on.isoformat()
    _table("BOOK", names, rows, unit, day=day, year=found.cap_year)
    if not rows:
        typer.echo(f"\n{message('CLI-STANDING-NO-BOOK', day=day)}")


def _trend(lines: Sequence[_Line], unit: str) -> None:
    names = ("REGION", "SURVEYS", "A-YEAR", "MEETS", "PBF-A-YEAR", "PBF-MEETS")
    rows = []
    for line in lines:
        farmland, pbf = line.detail.farmland, line.detail.pbf
        sides = ((farmland, line.row.farmland_task_dm2), (pbf, line.row.pbf_task_dm2))
        cells = [cell for trend, task in sides for cell in (_a_year(trend, unit), _meets(trend, task))]
        rows.append((line.name, _years(farmland), *cells))
    _table("TREND", names, rows, unit)


def _years(trend: Trend | None) -> str:
    if trend is None or not trend.years:
        return "-"
    first, last = trend.years[0], trend.years[-1]
    return (
        str(first) if first == last else message("CLI-STANDING-YEARS", count=len(trend.years), first=first, last=last)
    )


def _a_year(trend: Trend | None, unit: str) -> str:
    return show.area(None if trend is None else trend.a_year, unit)


def _meets(trend: Trend | None, task: int | None) -> str:
    if task is None:
        return message("CLI-STANDING-OUTLOOK-NO-TASK")
    if trend is None:
        return message("CLI-STANDING-OUTLOOK-NOT-ASSESSED")
    return said(trend.meets(task))


def said(meeting: Meeting) -> str:
    """When a task is broken, in the language in use."""
    if meeting.on is not None:
        return meeting.on.isoformat()
    return message(f"CLI-STANDING-OUTLOOK-{meeting.outlook.upper()}")


def _quality(found: Standings, lines: Sequence[_Line], unit: str, most: int) -> None:
    there = [line for line in lines if line.detail.held is not None and line.row.farmland_dm2 is not None]
    held = [line.detail.held for line in there if line.detail.held is not None]
    grades = [grade for grade in range(1, 11) if any(one.by_grade_dm2[grade] for one in held)]
    rows = [
        (
            line.name,
            one.mean_grade_said or "-",
            *(show.area(one.by_grade_dm2[grade], unit) for grade in grades),
            show.area(one.ungraded_dm2, unit),
            one.ungraded_parcels,
        )
        for line, one in zip(there, held, strict=True)
    ]
    if not rows:
        return
    typer.echo(f"\n{message('CLI-STANDING-TITLE-QUALITY')}")
    given = show.unit_name(unit)
    heading = [message("CLI-STANDING-REGION"), message("CLI-STANDING-MEAN")]
    heading += [message("CLI-STANDING-GRADE", grade=grade, unit=given) for grade in grades]
    heading += [message(f"CLI-STANDING-{name}", unit=given) for name in ("UNGRADED", "UNGRADED-PARCELS")]
    show.columns(rows, heading=heading)
    if found.ungraded:
        typer.echo(message("CLI-STANDING-LACKS-GRADE", count=len(found.ungraded)))
    for one in found.ungraded[:most]:
        typer.echo(
            f"    {one.parcel}  {one.region}  {one.class_code}  {show.area(one.area_dm2)} {show.unit_name('m2')}"
        )
    show.more(len(found.ungraded) - most)


def national(table: National) -> None:
    """Print the national table: country, provinces, series, and how the figures agree."""
    from tilth.change import wan

    def shown(one: Published | None) -> str:
        return "-" if one is None else wan(one.mu, grouped=True)

    typer.echo(message("CLI-NATIONAL-TITLE"))
    rows = [
        (
            message("CLI-NATIONAL-COUNTRY") if one is table.country else one.name,
            shown(one.farmland),
            shown(one.holding),
            "-" if one.headroom_mu is None else wan(one.headroom_mu, grouped=True),
            shown(one.pbf),
            " ".join(sorted({part.source for part in (one.farmland, one.holding, one.pbf) if part is not None})) or "-",
        )
        for one in (table.country, *table.provinces)
        if len(one.missing) < 3
    ]
    names = ("NAME", "FARMLAND", "HOLDING", "HEADROOM", "PBF", "SOURCE")
    show.columns(rows, heading=[message(f"CLI-NATIONAL-{name}") for name in names])
    for code, missing in (("FARMLAND", table.without_farmland), ("TARGETS", table.without_targets)):
        if missing:
            typer.echo(message(f"CLI-NATIONAL-WITHOUT-{code}", count=len(missing), names=_joined(missing)))
    _country(table)
    typer.echo("")
    for one in table.gaps:
        _gap(one)
    for part in table.sums:
        values = {"name": message(f"CLI-NATIONAL-BY-{part.name.upper()}"), "parts": len(part.parts)}
        whole = wan(part.whole.mu + part.over_mu, grouped=True)
        over, verdict = wan(part.over_mu, grouped=True), _verdict(part.explained)
        typer.echo(message("CLI-NATIONAL-SUM", **values, sum=whole, over=over, verdict=verdict))
    typer.echo("")
    for code, title in table.sources.items():
        typer.echo(f"{code}  {title}")


def _joined(names: Sequence[str]) -> str:
    return message("STANDING-AND").join(names)


def _country(table: National) -> None:
    from tilth.change import wan
    from tilth.core import round_half_away

    country, trend = table.country, table.trend
    if country.farmland is not None:
        known, rest = wan(table.known_mu, grouped=True), wan(country.farmland.mu - table.known_mu, grouped=True)
        typer.echo(message("CLI-NATIONAL-KNOWN", known=known, rest=rest))
        if country.pbf is not None:
            share = round_half_away(Fraction(country.pbf.mu, country.farmland.mu) * 10_000)
            typer.echo(message("CLI-NATIONAL-SHARE", share=f"{share // 100}.{share % 100:02d}"))
    if country.holding is None:
        return
    for year, one in sorted(table.series.items()):
        area, over = wan(one.mu, grouped=True), wan(one.mu - country.holding.mu, grouped=True)
        half = wan(Fraction(one.step_mu, 2), grouped=True)
        typer.echo(message("CLI-NATIONAL-YEAR", year=year, area=area, headroom=over, half=half))
    if trend.a_year is not None:
        when = said(trend.meets(country.holding.mu))
        a_year = wan(trend.a_year, grouped=True)
        typer.echo(message("CLI-NATIONAL-TREND", count=len(trend.years), a_year=a_year, when=when))


def _gap(one: Gap) -> None:
    from tilth.change import wan

    side = one.first if one.what == "ha-mu" else one.second
    least, most = (wan(end, grouped=True) for end in side.interval)
    numbers = {"first": one.first.mu, "second": one.second.mu, "gap": one.mu}
    given = {name: wan(mu, grouped=True) for name, mu in numbers.items()}
    verdict = _verdict(one.explained)
    code = f"CLI-NATIONAL-{one.what.upper()}"
    name = message("CLI-NATIONAL-COUNTRY") if one.name == "national" else one.name
    typer.echo(message(code, name=name, **given, verdict=verdict, least=least, most=most))


def _verdict(explained: bool) -> str:
    return message("CLI-NATIONAL-INSIDE" if explained else "CLI-NATIONAL-OUTSIDE")
