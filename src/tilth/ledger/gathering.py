"""What the book says of a region and a year, read once: entries in their order, and balances as they are kept."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import select

from tilth.land import RegionTree
from tilth.ledger import tables
from tilth.ledger.canonical import entry_of
from tilth.ledger.chart import Chart, kinds
from tilth.ledger.closing import last_day
from tilth.ledger.history import posted
from tilth.ledger.model import NOTHING, Account, Entry, Phase, Quantities, day_number
from tilth.runtime import Database

#: Kinds that raise a claim, and all kinds by which farmland is lost.
CLAIMING = frozenset(kind for kind, duty in kinds().items() if duty == "claim")
LOSING = frozenset(kind for kind, duty in kinds().items() if duty in ("claim", "exempt"))
#: Kinds that tell of another stock without anything having happened to the land.
NO_FLOW = frozenset(("OPENING", "BOUNDARY", "REAPPRAISAL"))
_FIRST = date(1900, 1, 1)
_MANY = 500
#: Levels above the county: such a region is in the book when all below it are.
_ABOVE_COUNTY = ("country", "province", "prefecture")


class Event(NamedTuple):
    """An entry that booked its lines. A counter-entry counts as the kind that it takes back."""

    number: int
    entry: Entry
    kind: str
    recorded_at: str

    @property
    def year(self) -> int:
        """In whose closing it counts."""
        return self.entry.posting_date.year


class Kept(NamedTuple):
    """An account as the book keeps it: what was booked by the end of each day on which something was."""

    days: tuple[int, ...]
    booked: tuple[Quantities, ...]

    def at(self, day: int) -> Quantities:
        """At the end of a day."""
        place = bisect_right(self.days, day)
        return self.booked[place - 1] if place else NOTHING


@dataclass(frozen=True)
class Closed:
    """A year that was closed, and what was sealed of the regions."""

    year: int
    recorded_at: str
    regions: frozenset[str]
    sealed: Mapping[Account, Quantities] = field(repr=False)


@dataclass(frozen=True)
class Facts:
    """The book of a region and all below it, up to the end of a year. Nothing that was posted later is in it."""

    region: str
    year: int
    tree: RegionTree
    chart: Chart
    regions: frozenset[str]
    events: tuple[Event, ...]
    open: tuple[Entry, ...]  # reservations that nothing had settled
    kept: Mapping[Account, Kept] = field(repr=False)
    elsewhere: tuple[Event, ...] = ()  # entries of other regions that some of `events` link, and their counter-entries
    closings: tuple[Closed, ...] = ()

    @cached_property
    def voided(self) -> frozenset[str]:
        """Entries that were taken back."""
        return frozenset(one.entry.reverses for one in (*self.events, *self.elsewhere) if one.entry.reverses)

    @cached_property
    def by_id(self) -> Mapping[str, Event]:
        """Entries by their id."""
        return {one.entry.id: one for one in (*self.elsewhere, *self.events)}

    @cached_property
    def of_year(self) -> tuple[Event, ...]:
        """Entries of the year."""
        return tuple(one for one in self.events if one.year == self.year)

    def standing(self, kinds: Collection[str], *, year: int | None = None) -> Iterator[Event]:
        """Entries of these kinds that nobody took back; of one year or of all."""
        for one in self.events if year is None else (one for one in self.events if one.year == year):
            if one.kind in kinds and not one.entry.reverses and one.entry.id not in self.voided:
                yield one

    @cached_property
    def linked(self) -> Mapping[str, tuple[Event, ...]]:
        """By the id of an entry: those that link it, and that nobody took back."""
        found: dict[str, list[Event]] = {}
        for one in self.events:
            if one.entry.reverses or one.entry.id in self.voided:
                continue
            for name in one.entry.links:
                found.setdefault(name, []).append(one)
        return {name: tuple(ones) for name, ones in found.items()}

    def lines(self, entry: Entry, *within: str) -> Iterator[tuple[Account, Quantities]]:
        """Lines of an entry in these regions; in all of the facts' without one."""
        regions = frozenset(within) or self.regions
        return ((account, quantities) for account, quantities in entry.lines if account.region in regions)

    def opening(self, account: Account) -> Quantities:
        """What the book keeps of an account at the end of the year before."""
        return self.kept[account].at(last_day(self.year - 1)) if account in self.kept else NOTHING

    def closing(self, account: Account) -> Quantities:
        """… and at the end of the year."""
        return self.kept[account].at(last_day(self.year)) if account in self.kept else NOTHING

    def farmland(self, region: str | None = None, *, stable: bool = False, pbf: bool = False) -> Quantities:
        """Farmland at the end of the year in a region and below it; only what is in stable use, or basic farmland."""
        within = self.below(region or self.region)
        return total(
            self.closing(account)
            for account in self.kept
            if account.region in within
            and account.name in self.chart.farmland
            and (account.stable or not stable)
            and (account.pbf or not pbf)
        )

    def below(self, region: str) -> frozenset[str]:
        """A region and all below it."""
        if region == self.region:
            return self.regions
        return subtree(region, self.children) & self.regions

    @cached_property
    def children(self) -> Mapping[str | None, list[str]]:
        """The codes directly below each region."""
        return children_of(self.tree)

    def above(self, region: str) -> list[str]:
        """A region and those above it, as far as they are of the facts."""
        if region not in self.tree:
            return [region]
        return [one.code for one in self.tree.ancestors(region) if one.code in self.regions]

    @cached_property
    def farmland_by_region(self) -> Mapping[tuple[str, bool], int]:
        """Farmland at the end of the year by region, with all below it: all of it, and (True) what is in stable use."""
        found: dict[tuple[str, bool], int] = {}
        for account in self.kept:
            if account.name in self.chart.farmland:
                area = self.closing(account).area_dm2
                for code in self.above(account.region):
                    found[code, False] = found.get((code, False), 0) + area
                    if account.stable:
                        found[code, True] = found.get((code, True), 0) + area
        return found

    @cached_property
    def holding(self) -> frozenset[str]:
        """Regions in which land was booked by the end of the year."""
        return frozenset(
            account.region for account in self.kept if account.family == "LAND" and self.kept[account].days
        )

    def covers(self, region: str) -> bool:
        """Does the book hold all land of a region, as far as one can see: its own, or that of all counties below?"""
        return covered(self.tree, region, self.holding, self.children)

    @cached_property
    def counties(self) -> tuple[str, ...]:
        """Counties in the region; the region itself where there are none below."""
        found = sorted(code for code in self.regions if code in self.tree and self.tree[code].level == "county")
        return tuple(found) or (self.region,)

    @cached_property
    def begins(self) -> date | None:
        """The first posting day."""
        return min((one.entry.posting_date for one in self.events), default=None)


def gather(database: Database, tree: RegionTree, region: str, year: int, chart: Chart | None = None) -> Facts:
    """Read the book of a region and all below it up to the end of a year.

    Raises
    ------
    NotFound
        If there is no such region.
    """
    within = tree.below(region)
    events, reserved = [], dict[str, Entry]()
    kinds_of: dict[str, str] = {}
    for number, entry, _, recorded_at in posted(database, within, since=_FIRST, until=date(year, 12, 31)):
        if entry.settles:
            reserved.pop(entry.settles, None)
        if entry.phase is Phase.RESERVE:
            reserved[entry.id] = entry
        elif entry.phase is Phase.POST:
            kind = kinds_of.get(entry.reverses, entry.kind) if entry.reverses else entry.kind
            kinds_of[entry.id] = kind
            events.append(Event(number, entry, kind, recorded_at))
    kept, names = _kept(database, within)
    end = last_day(year)
    kept = {account: one for account, one in kept.items() if one.days and one.days[0] <= end}  # not of later years
    return Facts(
        region, year, tree, chart or Chart(), within, tuple(events), tuple(reserved.values()), kept,
        elsewhere=_elsewhere(database, events, year), closings=_closings(database, within, names),
    )  # fmt: skip


def _elsewhere(database: Database, events: Collection[Event], year: int) -> tuple[Event, ...]:
    """Entries that are linked but are of other regions, with what takes them back, up to the end of the year."""
    here = {one.entry.id for one in events}
    wanted = sorted({name for one in events for name in one.entry.links if name not in here})
    found: list[Event] = []
    columns = [tables.entries.c[name] for name in ("number", "body", "recorded_at")]
    with database.snapshot() as connection:
        for start in range(0, len(wanted), _MANY):
            part = wanted[start : start + _MANY]
            either = tables.entries.c.id.in_(part) | tables.entries.c.reverses.in_(part)
            for number, body, recorded_at in connection.execute(select(*columns).where(either)):
                entry = entry_of(body)
                if entry.phase is Phase.POST and entry.posting_date.year <= year and entry.id not in here:
                    found.append(Event(number, entry, entry.kind, recorded_at))
    return tuple(sorted(found, key=lambda one: one.number))


def _closings(database: Database, regions: frozenset[str], names: Mapping[int, Account]) -> tuple[Closed, ...]:
    """Closings that cover some of `regions`."""
    found = []
    with database.snapshot() as connection:
        for row in connection.execute(select(tables.closings).order_by(tables.closings.c.number)).all():
            told = json.loads(row.body)
            covers = regions & set(told["regions"])
            if not covers:
                continue
            columns = [tables.sealed.c[name] for name in ("account", *tables.amounts("booked"))]
            rows = connection.execute(select(*columns).where(tables.sealed.c.closing == row.number))
            sealed = {names[one[0]]: Quantities(*one[1:]) for one in rows if one[0] in names}
            found.append(Closed(row.year, told["recorded_at"], covers, sealed))
    return tuple(found)


def _kept(database: Database, regions: Collection[str]) -> tuple[dict[Account, Kept], dict[int, Account]]:
    """Every account of `regions` by day, from the balances that the book keeps and not from its entries; and by id."""
    wanted, found = sorted(regions), dict[int, tuple[Account, list[tuple[int, Quantities]]]]()
    columns = ("day", *tables.amounts("booked"))
    with database.snapshot() as connection:
        for start in range(0, len(wanted), _MANY):
            within = tables.accounts.c.region.in_(wanted[start : start + _MANY])
            accounts = [tables.accounts.c[name] for name in ("id", *Account._fields, "last_day", *columns[1:])]
            for row in connection.execute(select(*accounts).where(within)):
                last = [(row[7], Quantities(*row[8:12]))] if row[7] else []
                found[row[0]] = Account(*row[1:7]), last
            asked = (
                select(tables.days.c.account, *(tables.days.c[name] for name in columns))
                .join(tables.accounts, tables.accounts.c.id == tables.days.c.account)
                .where(within)
            )
            for row in connection.execute(asked):
                found[row[0]][1].append((row[1], Quantities(*row[2:6])))
    kept = {}
    for account, days in found.values():
        ordered = sorted(days)
        kept[account] = Kept(tuple(day for day, _ in ordered), tuple(booked for _, booked in ordered))
    return kept, {id: account for id, (account, _) in found.items()}


def children_of(tree: RegionTree) -> dict[str | None, list[str]]:
    """The codes directly below each code."""
    below: dict[str | None, list[str]] = {}
    for one in tree.regions.values():
        below.setdefault(one.parent, []).append(one.code)
    return below


def subtree(region: str, below: Mapping[str | None, list[str]]) -> frozenset[str]:
    """A region and all below it, where it is known what lies directly below each, as `children_of` gives it."""
    found, waiting = {region}, [region]
    while waiting:
        for code in below.get(waiting.pop(), ()):
            if code not in found:
                found.add(code)
                waiting.append(code)
    return frozenset(found)


def covered(
    tree: RegionTree, region: str, holding: Collection[str], below: Mapping[str | None, list[str]] | None = None
) -> bool:
    """Is all land of a region booked, as far as one can see? `holding`: regions in which some is."""
    if region in holding:
        return True
    below = children_of(tree) if below is None else below
    each = [covered(tree, code, holding, below) for code in below.get(region, ())]
    level = tree[region].level if region in tree else "region"
    return bool(each) and (all(each) if level in _ABOVE_COUNTY else any(each))


def total(parts: Iterable[Quantities]) -> Quantities:
    """All of them together."""
    found = NOTHING
    for one in parts:
        found = found.plus(one)
    return found


def by_account_and_day(
    events: Iterable[Event], regions: Collection[str]
) -> dict[Account, list[tuple[int, Quantities]]]:
    """What entries add to every account, in their order."""
    found: dict[Account, list[tuple[int, Quantities]]] = {}
    for one in events:
        day = day_number(one.entry.posting_date)
        for account, quantities in one.entry.lines:
            if account.region in regions:
                found.setdefault(account, []).append((day, quantities))
    return found
