"""Where every region stands: tasks, what it holds, quality, land book and trend; and what a group holds together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from tilth.core import BadInput, Finding, NotFound, Where, breaking, message
from tilth.land import RegionTree, Store
from tilth.runtime import Workspace, working

if TYPE_CHECKING:
    from tilth.api.results import Accounts
    from tilth.change import Handed, Held, Holding, Trend
    from tilth.land import Snapshot, Task
    from tilth.ledger import Summed


@dataclass(frozen=True)
class Detail:
    """What is known of a region besides its tasks; None or empty where nothing is."""

    held: Held | None = None
    handed: Mapping[str, Handed] = field(default_factory=dict)  # holding_dm2, pbf_dm2: what is handed down of it
    book: Summed | None = None
    farmland: Trend | None = None
    pbf: Trend | None = None  # of the permanent basic farmland that is farmland still

    def as_record(self, row: Holding, cap_year: int) -> dict[str, Any]:
        """For JSON."""
        return {
            "stable_dm2": None if self.held is None else self.held.stable_dm2,
            "handed_down": {what.removesuffix("_dm2"): one.as_record() for what, one in self.handed.items()},
            "quality": None if self.held is None else self.held.quality_record(),
            "book": None if self.book is None else self.book.as_record(cap_year),
            "trend": {
                "farmland": None if self.farmland is None else self.farmland.as_record(row.farmland_task_dm2),
                "pbf": None if self.pbf is None else self.pbf.as_record(row.pbf_task_dm2),
            },
        }


@dataclass(frozen=True)
class GroupStanding:
    """The exact sums over the members of a group. A number that a member lacks is summed without it, and says so."""

    name: str
    members: tuple[str, ...]
    inside: tuple[str, ...]  # members that lie in another member, and are not counted twice
    total: Holding
    detail: Detail
    missing: Mapping[str, tuple[str, ...]]  # by what is summed, the members that have none of it

    def as_record(self, cap_year: int) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "members": list(self.members),
            "inside_another": list(self.inside),
            "missing": {what: list(codes) for what, codes in self.missing.items() if codes},
            **self.total.as_record(),
            **self.detail.as_record(self.total, cap_year),
        }


@dataclass(frozen=True)
class Ungraded:
    """A farmland parcel that lacks a quality grade, in whole or in part."""

    parcel: str
    region: str
    class_code: str
    area_dm2: int

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {"parcel": self.parcel, "region": self.region, "class_code": self.class_code, "area_dm2": self.area_dm2}


@dataclass(frozen=True)
class Standings:
    """What every region holds against its tasks in a year, and what goes with it."""

    year: int
    rows: tuple[Holding, ...]
    findings: tuple[Finding, ...]
    details: Mapping[str, Detail] = field(default_factory=dict)
    group: GroupStanding | None = None
    book_on: date | None = None  # the day of the land book; None: as it stands
    cap_year: int = 0
    ungraded: tuple[Ungraded, ...] = ()

    @property
    def breaks(self) -> bool:
        """Is a task missed?"""
        return bool(breaking(self.findings))

    def detail(self, region: str) -> Detail:
        """What is known of a region besides its tasks."""
        return self.details.get(region, Detail())

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "year": self.year,
            "book_on": self.book_on.isoformat() if self.book_on else None,
            "rows": [row.as_record() | self.detail(row.region).as_record(row, self.cap_year) for row in self.rows],
            "group": None if self.group is None else self.group.as_record(self.cap_year),
            "ungraded_parcels": [one.as_record() for one in self.ungraded],
            "findings": [finding.as_record() for finding in self.findings],
        }


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
        found = _with_survey(workspace, store, tree, tasks, surveyed, quality)
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
            values = {
                "book_dm2": book.farmland.area_dm2, "survey_dm2": row.farmland_dm2, "differs_dm2": differs, "day": on,
            }  # fmt: skip
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
    tree[region]
    return {one.code for one in tree.regions.values() if region in {up.code for up in tree.ancestors(one.code)}}


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
    those below it.
    """
    from tilth.api.booking import land_book
    from tilth.ledger import Summed, regions_used, summed

    used = regions_used(workspace.database)
    if not used:
        return {}
    with land_book(workspace) as book:
        balances = {code: book.balances(code, on) for code in sorted(used)}
        own = {code: summed(held, book.chart) for code, held in balances.items() if held}
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


def group_standing(
    name: str, tree: RegionTree, rows: Iterable[Holding], details: Mapping[str, Detail]
) -> tuple[GroupStanding, list[Holding], list[Finding]]:
    """The sum of a group, a row for each member whatever is known of it, and findings on members that lack something.

    A headroom is only given where both sides are known of every member.
    """
    from tilth.change import Holding, together

    members = tree.members(name)
    by_code = {row.region: row for row in rows}
    shown = [by_code.get(code) or _unknown(code, tree) for code in members]
    inside = tuple(code for code in members if code in tree and _inside(code, members, tree))
    counted = [row for row in shown if row.region not in inside]
    known = {row.region: details.get(row.region, Detail()) for row in counted}
    areas = ("farmland_dm2", "farmland_task_dm2", "pbf_dm2", "pbf_task_dm2", "pbf_farmland_dm2")
    missing = {what: tuple(row.region for row in counted if getattr(row, what) is None) for what in areas}
    missing["book"] = tuple(row.region for row in counted if known[row.region].book is None)
    missing["region"] = tuple(code for code in members if code not in tree)
    sums = {what: _sum(getattr(row, what) for row in counted) for what in areas}
    total = Holding(
        "", name, 0, sums["farmland_dm2"], sums["farmland_task_dm2"], sums["pbf_dm2"], sums["pbf_task_dm2"],
        max((row.task_year for row in counted if row.task_year), default=None),
        pbf_farmland_dm2=sums["pbf_farmland_dm2"],
        farmland_ha=_sum(row.hectares.farmland for row in counted), pbf_ha=_sum(row.hectares.pbf for row in counted),
        pbf_farmland_ha=_sum(row.hectares.pbf_farmland for row in counted),
        partial=frozenset(what for what in areas if missing[what]),
    )  # fmt: skip
    held = [one.held for one in known.values() if one.held is not None and one.held.parcels]
    detail = Detail(
        held=together(held) if held else None,
        book=_books(one.book for one in known.values()),
        farmland=_common(one.farmland for one in known.values()),
        pbf=_common(one.pbf for one in known.values()),
    )
    findings = [
        Finding("STANDING-GROUP-LACKS", Where(parcel=row.region), {"what": message("STANDING-AND").join(lacks)})
        for row in counted
        if (
            lacks := [
                message(f"STANDING-WHAT-{what.upper()}") for what, codes in missing.items() if row.region in codes
            ]
        )
    ]
    findings += [Finding("STANDING-GROUP-INSIDE", Where(parcel=code)) for code in inside]
    return GroupStanding(name, members, inside, total, detail, missing), shown, findings


def _unknown(code: str, tree: RegionTree) -> Holding:
    """A member of which neither a survey nor a task is known."""
    from tilth.change import Holding

    return Holding(code, tree[code].name if code in tree else code, 0, None, None, None, None, None)


def _inside(code: str, members: Iterable[str], tree: RegionTree) -> bool:
    above = {up.code for up in tree.ancestors(code)[1:]}
    return bool(above & set(members))


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _books(books: Iterable[Summed | None]) -> Summed | None:
    total = None
    for one in books:
        if one is not None:
            total = one if total is None else total.plus(one)
    return total


def _common(trends: Iterable[Trend | None]) -> Trend | None:
    """The sum of several, over the years that all of them know. None unless every one is known."""
    from tilth.change import Trend

    each = list(trends)
    known = [one for one in each if one is not None]
    if not known or len(known) < len(each):
        return None
    years = set.intersection(*(set(one.years) for one in known))
    return Trend({year: sum(one.by_year[year] for one in known) for year in years})
