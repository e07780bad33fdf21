"""Entries from the newest back, a page at a time; and how far the book has grown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select

from tilth.ledger.canonical import entry_of
from tilth.ledger.history import Recorded, recalled
from tilth.ledger.model import Entry
from tilth.ledger.tables import accounts, assessments, closings, days, entries
from tilth.runtime import Database

#: So many entries are read together, and no more than so many are looked through for one page.
_TOGETHER, _FARTHEST = 500, 20_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries a page shows; an empty wish is none."""

    regions: Collection[str] | None = None
    since: date | None = None  # posting date
    until: date | None = None
    kind: str = ""

    def meets(self, entry: Entry, settled: Entry | None) -> bool:
        """Is `entry` one of them? It is of the regions of its lines, or of those of the reservation it settles."""
        if self.kind and entry.kind != self.kind:
            return False
        if self.since is not None and entry.posting_date < self.since:
            return False
        if self.until is not None and entry.posting_date > self.until:
            return False
        if self.regions is None:
            return True
        lines = (*entry.lines, *(settled.lines if settled else ()))
        return any(line.account.region in self.regions for line in lines)


class Page(NamedTuple):
    """Some entries, newest first, and the number below which the next page begins; None at the end."""

    items: tuple[Recorded, ...]
    next: int | None


def newest(database: Database, wanted: Wanted, *, below: int | None = None, limit: int = 50) -> Page:
    """The newest `limit` entries that are wanted, of those with a number less than `below`.

    Where few are wanted, a page may hold less than `limit` and still have a next one.
    """
    found: list[Recorded] = []
    before, looked = below, 0
    while looked < _FARTHEST:
        some = _some(database, before)
        if not some:
            return Page(tuple(found), None)
        settled = recalled(database, {one.entry.settles for one in some if one.entry.settles})
        for one in some:
            before = one.number
            other = settled.get(one.entry.settles)
            if wanted.meets(one.entry, other.entry if other else None):
                found.append(one)
            if len(found) == limit:
                return Page(tuple(found), before)
        looked += len(some)
    return Page(tuple(found), before)


def _some(database: Database, below: int | None) -> Sequence[Recorded]:
    columns = (entries.c.number, entries.c.body, entries.c.digest, entries.c.recorded_at)
    asked = select(*columns).order_by(entries.c.number.desc()).limit(_TOGETHER)
    if below is not None:
        asked = asked.where(entries.c.number < below)
    with database.snapshot() as connection:
        rows = connection.execute(asked).all()
    return [Recorded(number, entry_of(body), digest.hex(), at) for number, body, digest, at in rows]


def grown(database: Database) -> tuple[int, int, int]:
    """The numbers of the last entry, the last closing and the last assessment: another state, another answer."""
    last = [select(func.coalesce(func.max(table.c.number), 0)) for table in (entries, closings, assessments)]
    with database.snapshot() as connection:
        first, second, third = (int(connection.execute(one).scalar_one()) for one in last)
    return first, second, third


def closed_years(database: Database) -> dict[str, list[int]]:
    """The years that are closed, by the region for which they were."""
    found: dict[str, list[int]] = {}
    asked = select(closings.c.region, closings.c.year).order_by(closings.c.region, closings.c.year)
    with database.snapshot() as connection:
        for region, year in connection.execute(asked):
            found.setdefault(region, []).append(year)
    return found


def used_years(database: Database, regions: Collection[str]) -> list[int]:
    """The years in which something was posted in accounts of `regions`."""
    found: set[int] = set()
    wanted = sorted(regions)
    with database.snapshot() as connection:
        for start in range(0, len(wanted), _TOGETHER):
            here = accounts.c.region.in_(wanted[start : start + _TOGETHER])
            earlier = select(days.c.day // 10_000).join(accounts, accounts.c.id == days.c.account)
            for asked in (earlier.where(here), select(accounts.c.last_day // 10_000).where(here)):
                found |= {int(year) for (year,) in connection.execute(asked.distinct()) if year}
    return sorted(found)
