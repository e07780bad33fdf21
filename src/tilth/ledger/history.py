"""What was booked in a span of days, entry by entry, in the order of days."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select, true

from tilth.ledger.canonical import entry_of
from tilth.ledger.model import Entry, day_number
from tilth.ledger.tables import accounts, entries, lines
from tilth.runtime import Database

_MANY = 500


class Recorded(NamedTuple):
    """An entry as it stands in the book."""

    number: int
    entry: Entry
    digest: str
    recorded_at: str


def posted(
    database: Database, regions: Iterable[str], *, since: date, until: date, families: Collection[str] = ()
) -> Iterator[Recorded]:
    """Entries that book or hold in accounts of `regions`, by posting date from `since` to `until` and then by number.

    Those that let go a reservation are among them. An entry of several regions comes once, with all its lines.

    Parameters
    ----------
    families
        Only entries with a line in accounts of these families (POOL, CLAIM, …); of any without.
    """
    within = or_(*(accounts.c.name.startswith(f"{one}:") for one in families)) if families else true()
    wanted = sorted(set(regions))
    found: dict[int, int] = {}  # number of the entry: day
    with database.snapshot() as connection:
        for start in range(0, len(wanted), _MANY):
            asked = (
                select(lines.c.entry, lines.c.day)
                .join(accounts, accounts.c.id == lines.c.account)
                .where(accounts.c.region.in_(wanted[start : start + _MANY]))
                .where(within)
                .where(lines.c.day.between(day_number(since), day_number(until)))
                .distinct()
            )
            found.update((number, day) for number, day in connection.execute(asked).all())
        ordered = sorted(found, key=lambda number: (found[number], number))
        for start in range(0, len(ordered), _MANY):
            part = ordered[start : start + _MANY]
            columns = (entries.c.number, entries.c.body, entries.c.digest, entries.c.recorded_at)
            rows = {row[0]: row for row in connection.execute(select(*columns).where(entries.c.number.in_(part))).all()}
            for number in part:
                _, body, digest, recorded_at = rows[number]
                yield Recorded(number, entry_of(body), digest.hex(), recorded_at)


def recalled(database: Database, names: Iterable[str]) -> dict[str, Recorded]:
    """The entries of these ids, by id; those that are not in the book are left out."""
    wanted, found = sorted(set(names)), dict[str, Recorded]()
    columns = (entries.c.number, entries.c.body, entries.c.digest, entries.c.recorded_at)
    with database.snapshot() as connection:
        for start in range(0, len(wanted), _MANY):
            asked = select(*columns).where(entries.c.id.in_(wanted[start : start + _MANY]))
            for number, body, digest, recorded_at in connection.execute(asked).all():
                one = Recorded(number, entry_of(body), digest.hex(), recorded_at)
                found[one.entry.id] = one
    return found
