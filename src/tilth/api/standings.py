"""Where every region stands: tasks, what it holds, quality, land book and trend; and what a group holds together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from tilth.api.groups import group_standing
from tilth.api.standing_records import Detail, Standings, Ungraded
from tilth.api.states import land_state_of
from tilth.core import BadInput, Finding, NotFound, Where, language, message
from tilth.land import RegionTree, Store
from tilth.runtime import Workspace, working
from tilth.runtime.held import HOLDING

if TYPE_CHECKING:
    from tilth.api.results import Accounts
    from tilth.change import Handed, Held, Holding, Trend
    from tilth.land import Snapshot, Task
    from tilth.ledger import Summed


#: What surveys say of the standing counts as so many rows of those that a server holds.
_HELD_ROWS = 10_000


def standing(
    workspace: Workspace,
    *,
    year: int | None = None,
    region: str | None = None,
    group: str | None = None,
    quality: bool = False,
) -> Standings:
    """Every region against its tasks: farmland, permanent basic farmland, what is handed down, land book, trend.

    Parameters
    ----------
    year
        Of the survey; the newest without. With a year the land book is that of its last day, else as it stands.
        Where there is no survey at all, tasks and land book are told without it.
    region
        Only this region and what is below it.
    group
        Only the members of this group, of whatever province, and their sum.
    quality
        List the parcels that lack a quality grade. How many there are is told in any case.

    Raises
    ------
    NotFound
        If there is no survey of that year, or no such region or group.
    BadInput
        If both a region and a group are asked for.
    """
    if region is not None and group is not None:
        raise BadInput("API-REGION-OR-GROUP", region=region, group=group)
    store = Store(workspace)
    tree = store.regions()
    wanted = _wanted(tree, region, group)
    known = store.survey_years()
    surveyed = year or (known[-1] if known else _today().year)
    tasks = store.tasks(surveyed)
    if year is None and not known:
        found = _without_survey(tree, tasks)
    else:
        about = "standing", str(workspace.root), land_state_of(workspace), language(), surveyed, quality
        found = HOLDING.held(
            about, lambda: _with_survey(workspace, store, tree, tasks, surveyed, quality), lambda _: _HELD_ROWS
        )
    on = _book_day(year)
    books = booked_by_region(workspace, tree, on)
    handed = _handed(tree, tasks)
    details = {
        code: Detail(found.held.get(code), handed.get(code, {}), books.get(code), *found.trends.get(code, (None, None)))
        for code in tree.regions
    }
    findings = [*found.findings, *_book_differs(found.rows, books, on)]
    rows = [row for row in found.rows if wanted is None or row.region in wanted]
    together, ungraded = None, found.ungraded
    if group is not None:
        together, rows, more = group_standing(group, tree, rows, details)
        findings += more
    if wanted is not None:
        findings = [one for one in findings if one.where.parcel in wanted]
        ungraded = [one for one in ungraded if _lies_in(one.region, wanted, tree)]
    return Standings(
        surveyed, tuple(rows), (*found.general, *findings), details, together, on, year or _today().year,
        tuple(ungraded),
    )  # fmt: skip


@dataclass(frozen=True)
class _Found:
    """What surveys say."""

    rows: list[Holding]
    findings: list[Finding]  # of regions
    general: list[Finding]  # of layers and surveys
    held: Mapping[str, Held] = field(default_factory=dict)
    trends: Mapping[str, tuple[Trend | None, Trend | None]] = field(default_factory=dict)
    ungraded: list[Ungraded] = field(default_factory=list)


def _with_survey(
    workspace: Workspace, store: Store, tree: RegionTree, tasks: list[Task], year: int, quality: bool
) -> _Found:
    from tilth.api.accounting import accounts, standing_of
    from tilth.api.layers import LEFT_OUT

    found = accounts(workspace, year=year)
    if "2" not in found.tables or found.snapshot.meta.code_system != "sd2017":
        raise NotFound("API-NO-FARMLAND", system=found.snapshot.meta.code_system)
    rows, findings = standing_of(found, tree, tasks)
    held, grades, ungraded = _quality(store, found, tree, listed=quality)
    findings += _adding_up(found, tree) + _unsurveyed(rows, held, tree)
    trends, left_out = _trends(workspace, store, tree, found, held)
    unused = [one for one in found.findings if one.code == LEFT_OUT]
    return _Found(rows, findings, [*unused, *left_out, *grades], held, trends, ungraded)


def _without_survey(tree: RegionTree, tasks: list[Task]) -> _Found:
    from tilth.change import holdings, task_findings

    rows = holdings(tree, tasks, {}, None)
    return _Found(rows, task_findings(rows, tree, tasks), [Finding("STANDING-NO-SURVEY")])


def _handed(tree: RegionTree, tasks: list[Task]) -> dict[str, dict[str, Handed]]:
    from tilth.change import handed_down

    handed: dict[str, dict[str, Handed]] = {}
    for one in handed_down(tree, tasks):
        handed.setdefault(one.region, {})[one.what] = one
    return handed


def _book_differs(rows: Iterable[Holding], books: Mapping[str, Summed], on: date | None) -> list[Finding]:
    """Regions with a task whose farmland in the land book, at the end of the year, is not that of the survey."""
    found = []
    for row in rows:
        book = books.get(row.region)
        if on is None or book is None or "LAND" not in book.booked or row.farmland_dm2 is None:
            continue
        differs = book.farmland.area_dm2 - row.farmland_dm2
        if differs and row.farmland_task_dm2 is not None:
            areas = {"book_dm2": book.farmland.area_dm2, "survey_dm2": row.farmland_dm2, "differs_dm2": differs}
            values = {**areas, "day": on, "year": on.year}
            found.append(Finding("STANDING-BOOK", Where(parcel=row.region), values))
    return found


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _book_day(year: int | None) -> date | None:
    """The end of `year`, or None where it has not come: the book as it stands."""
    if year is None or date(year, 12, 31) >= _today():
        return None
    return date(year, 12, 31)


def _wanted(tree: RegionTree, region: str | None, group: str | None) -> set[str] | None:
    if group is not None:
        return set(tree.members(group))
    if region is None:
        return None
    return set(tree.below(region))


def _lies_in(code: str, wanted: set[str], tree: RegionTree) -> bool:
    above = {up.code for up in tree.ancestors(code)} if code in tree else {code}
    return bool(wanted & above)


def _adding_up(found: Accounts, tree: RegionTree) -> list[Finding]:
    """INV-3 on the land tables that all rests on."""
    from tilth.change import classes_differ, levels_differ

    headings = found.snapshot.codes.headings
    return [*levels_differ(found.tables["2"]), *classes_differ(found.tables["1"], headings, tree)]


def _unsurveyed(rows: Iterable[Holding], held: Mapping[str, Held], tree: RegionTree) -> list[Finding]:
    """Regions whose sum is without some of the counties below them."""
    from tilth.change import unsurveyed

    missing = unsurveyed(held, tree)
    return [
        Finding("STANDING-PARTIAL", Where(parcel=row.region), {"missing": ", ".join(missing[row.region])})
        for row in rows
        if row.farmland_dm2 is not None and row.region in missing
    ]


def _quality(
    store: Store, found: Accounts, tree: RegionTree, *, listed: bool
) -> tuple[dict[str, Held], list[Finding], list[Ungraded]]:
    """What regions hold, by the grades of the parcels, and of a quality layer where a parcel has none."""
    from tilth.api.layers import usable_layers
    from tilth.change import graded_by_layer, held_by_region, own_grades

    survey = found.snapshot
    rows, codes = survey.attributes, survey.codes
    grades, findings = own_grades(rows, codes), tuple[Finding, ...]()
    if grades[:, 0].any():
        layers, findings = usable_layers(store, survey, ["quality"])
        if "quality" in layers:
            grades = graded_by_layer(survey, grades, layers["quality"])
    lacking = grades[:, 0].nonzero()[0][: None if listed else 0]
    columns = (rows["parcel_id"], rows["region_code"], rows["class_code"])
    names = zip(*(column.to_numpy(object)[lacking] for column in columns), strict=True)
    ungraded = [
        Ungraded(str(parcel), str(region), str(code), int(area))
        for (parcel, region, code), area in zip(names, grades[lacking, 0], strict=True)
    ]
    return held_by_region(rows, codes, tree, by_grade_dm2=grades), list(findings), ungraded


def _trends(
    workspace: Workspace, store: Store, tree: RegionTree, found: Accounts, held: Mapping[str, Held]
) -> tuple[dict[str, tuple[Trend | None, Trend | None]], list[Finding]]:
    """By region, farmland and basic farmland that is farmland still, over all surveys up to the year."""
    from tilth.change import Trend

    farmland: dict[str, dict[int, int]] = {}
    pbf: dict[str, dict[int, int]] = {}
    findings = []
    last = found.snapshot
    for year in store.survey_years():
        if year > found.year:
            continue
        with working(message("API-TREND", year=year)):
            try:
                survey = last if year == found.year else store.survey(year)
            except BadInput as error:
                findings.append(Finding("STANDING-YEAR", Where(), {"year": year, "why": str(error)}))
                continue
            if survey.meta.code_system != last.meta.code_system:
                why = f"{survey.meta.code_system} ≠ {last.meta.code_system}"
                findings.append(Finding("STANDING-YEAR", Where(), {"year": year, "why": why}))
                continue
            seen, still = _holdings_of(workspace, store, survey, tree, held if year == found.year else None)
        for code, one in seen.items():
            if one.parcels:
                farmland.setdefault(code, {})[year] = one.farmland_dm2
                if still is not None:
                    pbf.setdefault(code, {})[year] = still.get(code, 0)
    return {
        code: (Trend(areas), Trend(pbf[code]) if code in pbf else None) for code, areas in farmland.items()
    }, findings


def _holdings_of(
    workspace: Workspace, store: Store, survey: Snapshot, tree: RegionTree, held: Mapping[str, Held] | None
) -> tuple[Mapping[str, Held], dict[str, int] | None]:
    """What regions hold in a survey, and what of it is permanent basic farmland; None where no layer can be used."""
    from tilth.api.layers import usable_layers
    from tilth.api.outlined import farmland_in
    from tilth.change import held_by_region, summed_up

    known = held_by_region(survey.attributes, survey.codes, tree) if held is None else held
    layers, _ = usable_layers(store, survey, ["pbf"])
    if "pbf" not in layers:
        return known, None
    return known, summed_up(farmland_in(workspace, layers["pbf"], survey), tree)


def booked_by_region(workspace: Workspace, tree: RegionTree, on: date | None) -> dict[str, Summed]:
    """By region, the land book of it and all below it at the end of a day. Regions without any account are left out.

    A cap counts where it was set: the cap of a region is what its own account says, and only without one the sum of
    those below it. What is left of it is what the gate leaves: occupations without a line on the cap count too.
    """
    from tilth.api.assessing import ledger_rules
    from tilth.api.booking import land_book
    from tilth.ledger import Summed, regions_used, summed
    from tilth.ledger.cap_left import caps_left

    used = regions_used(workspace.database)
    if not used:
        return {}
    with land_book(workspace) as book:
        balances = {code: book.balances(code, on) for code in sorted(used)}
        own = {code: summed(held, book.chart) for code, held in balances.items() if held}
        policy = ledger_rules(workspace)
        for code, one in own.items():
            if one.caps and code in tree:
                left = caps_left(workspace.database, tree, code, map(int, one.caps), policy, book.chart, on)
                own[code] = replace(one, caps={**one.caps, **left})
    total: dict[str, Summed] = {}
    below: dict[str | None, Summed] = {}
    for region, _ in reversed(list(tree.walk())):  # every region after all that lie below it
        if region.code not in own and region.code not in below:
            continue
        mine, parts = own.get(region.code, Summed()), below.get(region.code, Summed())
        both = replace(parts.plus(mine), caps={**parts.caps, **mine.caps})
        total[region.code] = both
        below[region.parent] = below.get(region.parent, Summed()).plus(both)
    return total
