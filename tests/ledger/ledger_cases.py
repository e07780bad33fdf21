"""Entries that tests of the land book post. One county, one garden, one paddy field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from tilth.ledger import Account, Book, Entry, Line, Phase, Quantities

COUNTY = "410882"
GARDEN = Account(COUNTY, "LAND:0201")
FIELD = Account(COUNTY, "LAND:0103", stable=1, grade=5)
PADDY = Account(COUNTY, "LAND:0101", stable=1, paddy=1, grade=4)
ROAD = Account(COUNTY, "LAND:1003")
POOL = Account(COUNTY, "POOL:RESTORED", stable=1, grade=5)
CLAIM = Account(COUNTY, "CLAIM:NONAG")
OPENING = Account(COUNTY, "OPENING")


def q(account: Account, area: int) -> Quantities:
    """So much land as `account` counts it."""
    return Quantities(area, area if account.paddy else 0, 0, area * account.grade)


def lines(*pairs: tuple[Account, int]) -> tuple[Line, ...]:
    return tuple(Line(account, q(account, area)) for account, area in pairs)


def an_entry(id: str, kind: str, day: str, *pairs: tuple[Account, int], **more: Any) -> Entry:
    """An entry whose act happened on the day on which it is posted."""
    posted = date.fromisoformat(day)
    fields = {"act_date": posted, "evidence": "doc-1", "author": "Li", "lines": lines(*pairs), **more}
    return Entry(id=id, kind=kind, posting_date=posted, **fields)


def opening(area: int = 1000, account: Account = GARDEN, day: str = "2023-12-31", id: str = "opening") -> Entry:
    """The stock of the first survey."""
    return an_entry(
        id, "OPENING", day, (account._replace(name="OPENING", grade=0, paddy=0, stable=0), -area), (account, area)
    )


def restore(id: str, area: int, day: str = "2024-03-01", **more: Any) -> Entry:
    """Garden becomes field."""
    return an_entry(id, "RESTORE", day, (GARDEN, -area), (FIELD, area), **more)


def occupy(id: str, area: int, day: str = "2024-06-01", **more: Any) -> Entry:
    """Field becomes road, which has to be compensated."""
    claim = Line(CLAIM, q(FIELD, area))
    entry = an_entry(id, "NONAG", day, (FIELD, -area), (ROAD, area), **more)
    return replace(entry, lines=(*entry.lines, claim)) if "lines" not in more else entry


def reserve(id: str, area: int, day: str = "2024-06-01", **more: Any) -> Entry:
    """The same, planned."""
    return replace(occupy(id, area, day, **more), phase=Phase.RESERVE)


def settle(id: str, reservation: str, phase: Phase, day: str, area: int = 0, kind: str = "NONAG") -> Entry:
    """What becomes of a plan: `area` of it is posted, or nothing."""
    done = occupy(id, area, day) if area else an_entry(id, kind, day)
    return replace(done, phase=phase, settles=reservation)


# --- the worked county of the specification -----------------------------------------------------------------------


def land(code: str, grade: int = 0, *, paddy: int = 0, pbf: int = 0) -> Account:
    """Land of a class; farmland in stable use has a grade."""
    return Account(COUNTY, f"LAND:{code}", pbf, paddy, 1 if grade else 0, grade)


def raised(name: str, *of: tuple[Account, int]) -> Line:
    """A claim or exemption for all that is lost."""
    total = Quantities()
    for account, area in of:
        total = total.plus(q(account, area))
    return Line(Account(COUNTY, name), total)


M2 = 100
DRY, PADDY_PBF = land("0103", 6, pbf=1), land("0101", 4, paddy=1, pbf=1)
BUILT, ORCHARD, RIVER, WORKS = land("0601"), land("0202"), land("1101"), land("1204")
GOOD, POOR = land("0103", 5), land("0103", 9)
OLD = land("0103", 6)
RESTORED, RECLAIMED = Account(COUNTY, "POOL:RESTORED", 0, 0, 1, 5), Account(COUNTY, "POOL:RECLAIMED", 0, 0, 1, 9)


def worked_opening() -> Entry:
    """Opening farmland 1 000 000 m², of it paddy 200 000 and permanent basic farmland 800 000."""
    stock = [(PADDY_PBF, 190_000), (PADDY, 10_000), (DRY, 610_000), (OLD, 190_000), (GARDEN, 100_000), (WORKS, 20_000)]
    pairs = [(account, area * M2) for account, area in stock]
    return an_entry("opening", "OPENING", "2023-12-31", (OPENING, -sum(area for _, area in pairs)), *pairs)


def a_year(book: Book) -> None:
    """The first year of the worked county."""

    def entry(id: str, kind: str, *pairs: tuple[Account, int], more: tuple[Line, ...] = ()) -> None:
        one = an_entry(id, kind, "2024-12-31", *((account, area * M2) for account, area in pairs))
        book.post(replace(one, lines=(*one.lines, *more)))

    entry("restored", "RESTORE", (GARDEN, -30_000), (GOOD, 30_000))
    entry("reclaimed", "RESTORE", (WORKS, -5_000), (POOR, 5_000))
    entry("accepted", "ACCEPT", (RESTORED, 30_000), (RECLAIMED, 5_000))
    lost = ((PADDY_PBF, 2_000 * M2), (PADDY, 10_000 * M2))
    entry(
        "built", "NONAG", (PADDY_PBF, -2_000), (PADDY, -10_000), (BUILT, 12_000), more=(raised("CLAIM:NONAG", *lost),)
    )
    entry("planted", "AGSTRUCT", (OLD, -4_000), (ORCHARD, 4_000), more=(raised("CLAIM:AGSTRUCT", (OLD, 4_000 * M2)),))
    entry("flooded", "WATER", (OLD, -3_000), (RIVER, 3_000), more=(raised("EXEMPT:WATER", (OLD, 3_000 * M2)),))


def write_off(id: str, kind: str, day: str, *taken: tuple[Account, int], links: tuple[str, ...] = ()) -> Entry:
    """A claim settled from pools, which give what `taken` says; the claim falls by its mean grade and no paddy."""
    one = an_entry(id, "SETTLE", day, *((account, -area) for account, area in taken), links=links)
    area = sum(area for _, area in taken)
    return replace(one, lines=(*one.lines, Line(Account(COUNTY, f"CLAIM:{kind}"), Quantities(-area))))
