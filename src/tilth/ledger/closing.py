"""A year is closed for a region and all below it: every account is sealed as it was, and no line comes in any more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from tilth.core import BadInput
from tilth.ledger import statements
from tilth.ledger.canonical import closing_link
from tilth.ledger.tables import accounts
from tilth.ledger.timeline import START, Day
from tilth.runtime import Desk

#: Where the chain of closings begins.
FIRST = bytes(32)
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Closing(NamedTuple):
    """A year that is closed."""

    number: int
    region: str
    year: int
    accounts: int  # how many were sealed
    link: str  # hash of it and of all closings before
    again: bool = False


def last_day(year: int) -> int:
    """The last day of a year, as a number."""
    return year * 10_000 + 1231


def body_of_closing(
    region: str, year: int, regions: Sequence[str], evidence: str, author: str, recorded_at: str
) -> str:
    """What a closing says, as text."""
    return _write(
        {
            "region": region,
            "year": year,
            "regions": list(regions),
            "evidence": evidence,
            "author": author,
            "recorded_at": recorded_at,
        }
    )


def may_close(region: str, year: int, evidence: str, author: str, today: date) -> None:
    """Nothing, if a year may be closed by these words.

    Raises
    ------
    BadInput
        If the year is not over, or evidence or author is missing.
    """
    name = f"{region} {year}"
    if date(year, 12, 31) >= today:
        raise BadInput("LEDGER-YEAR-RUNS", year=year, today=today)
    if not evidence.strip():
        raise BadInput("LEDGER-EVIDENCE", id=name)
    if not author.strip():
        raise BadInput("LEDGER-AUTHOR", id=name)
    if not (evidence + author).isprintable():
        raise BadInput("LEDGER-TEXT", id=name)


def close(desk: Desk, region: str, year: int, regions: Sequence[str], evidence: str, author: str) -> Closing:
    """Close `year` for all of `regions`, which are `region` and those below it. To be called inside a transaction.

    Raises
    ------
    BadInput
        If a later year of the region is closed already.
    """
    end = last_day(year)
    before = statements.LAST_CLOSING.ask(desk)
    number, link = (before[0][0] + 1, before[0][1]) if before else (1, FIRST)
    there = statements.CLOSING_OF.ask(desk, {"of": region, "in_year": year})
    if there:
        count = statements.SEALED_COUNT.ask(desk, {"of": there[0][0]})[0][0]
        return Closing(there[0][0], region, year, count, there[0][1].hex(), again=True)
    covered = sorted({region, *regions})
    closed = {code: region_closed(desk, code) for code in covered}
    if closed[region] >= end:
        raise BadInput("LEDGER-YEAR-CLOSED", region=region, year=year, until=closed[region] // 10_000)
    ids = [row[0] for row in statements.looked_up(desk, accounts.c.region, covered, statements.accounts_in)]
    rows = list(statements.looked_up(desk, accounts.c.id, sorted(ids), statements.locked_accounts))
    sealed = [_sealed(desk, number, row, end) for row in rows if row[2]]
    recorded_at = datetime.now(UTC).isoformat(timespec="microseconds")
    body = body_of_closing(region, year, covered, evidence, author, recorded_at)
    link = closing_link(link, body, sealed)
    statements.ADD_CLOSING.put(desk, [(number, region, year, body, link)])
    if sealed:
        statements.ADD_SEALED.put(desk, sealed)
    if ids:
        statements.CLOSE_ACCOUNT.run_each(desk, [{"of": row[0], "until": max(end, row[1])} for row in rows])
    statements.CLOSE_REGION.run_each(desk, [{"of": code, "until": max(end, day)} for code, day in closed.items()])
    return Closing(number, region, year, len(sealed), link.hex())


def closed_as_above(desk: Desk, code: str, above: Sequence[str]) -> int:
    """Until which day a region is closed: as long as those that it lies in, though it came there after their closing.

    What it takes over from them stands in the chain of closings, in the words of the closing that it follows.
    """
    closed = {one: region_closed(desk, one) for one in sorted({code, *above})}
    latest = max(closed, key=lambda one: (closed[one], one == code))
    if latest == code:
        return closed[code]
    year = closed[latest] // 10_000
    told = next(
        told
        for told in (json.loads(row[0]) for row in statements.CLOSINGS_OF_YEAR.ask(desk, {"in_year": year}))
        if latest in told["regions"]
    )
    close(desk, code, year, [code], told["evidence"], told["author"])
    return closed[latest]


def region_closed(desk: Desk, code: str) -> int:
    """Until which day a region is closed; no closing and no new account can come in between."""
    rows = statements.REGION.ask(desk, {"code": code})
    if rows:
        return int(rows[0][0])
    statements.OPEN_REGION.run_each(desk, [{"code": code, "closed_day": 0}])
    return 0


def _sealed(desk: Desk, number: int, row: Sequence[Any], end: int) -> tuple[Any, ...]:
    """One account at the end of the year, and its chain as it is now."""
    day: Day = statements.day_from(row[4:])
    if day.day > end:
        earlier = statements.DAY_AT.ask(desk, {"of": row[0], "on": end})
        day = statements.day_from(earlier[0]) if earlier else START
    return (number, row[0], row[2], row[3], *day.booked, *day.held)
