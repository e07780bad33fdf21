"""The worked county of the specification in three townships, with what a statement has to tell apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from tilth.api import init, land_book, open_workspace
from tilth.land import Region, Store, Task
from tilth.ledger import Account, Entry, Line, Quantities
from tilth.runtime import Workspace

COUNTY = "410882"
EAST, WEST, HILL = "410882001", "410882002", "410882003"
M2 = 100
NAMES = {EAST: "东乡", WEST: "西镇", HILL: "山前镇"}


def a_county(folder: Path, *, name: str = "沁阳县") -> Workspace:
    """A workspace with a county, three townships, a group of two and tasks."""
    init(folder, region=COUNTY, name=name)
    place = open_workspace(folder)
    store = Store(place)
    regions = [Region(COUNTY, name, "county"), *(Region(c, n, "township", COUNTY) for c, n in NAMES.items())]
    store.put_regions(regions, {"plain": (EAST, WEST)})
    store.put_tasks(
        [
            Task(COUNTY, 2024, 1_015_000 * M2, 799_000 * M2, "plan 2021-2035"),
            Task(EAST, 2024, 780_000 * M2, 600_000 * M2, "plan 2021-2035"),
        ]
    )
    return place


def land(region: str, code: str, grade: int = 0, *, paddy: int = 0, pbf: int = 0) -> Account:
    return Account(region, f"LAND:{code}", pbf, paddy, 1 if grade else 0, grade)


def line(account: Account, area: int) -> Line:
    return Line(account, Quantities(area, area if account.paddy else 0, 0, area * account.grade))


def entry(id: str, kind: str, day: str, *lines: Line, **more: object) -> Entry:
    on = date.fromisoformat(day)
    told = {"act_date": on, "evidence": f"doc {id}", "author": "Li", "rule_pack": "cn-2024", "rule_version": "1"}
    return Entry(id=id, kind=kind, posting_date=on, lines=lines, **{**told, **more})  # type: ignore[arg-type]


def claim(region: str, name: str, *lost: Line) -> Line:
    total = Quantities()
    for one in lost:
        total = total.plus(one.quantities)
    return Line(Account(region, name), total.negated())


def loses(id: str, kind: str, day: str, region: str, to: str, *lost: Line, **more: object) -> Entry:
    """Farmland lost, with its claim or exemption."""
    area = -sum(one.quantities.area_dm2 for one in lost)
    family = "EXEMPT" if kind == "WATER" else "CLAIM"
    gained = Line(land(region, to), Quantities(area))
    return entry(id, kind, day, *lost, gained, claim(region, f"{family}:{kind}", *lost), **more)


def pool(region: str, source: str, grade: int) -> Account:
    return Account(region, f"POOL:{source}", 0, 0, 1, grade)


def the_worked_year() -> list[Entry]:
    """Opening 1 000 000 m² of farmland; 35 000 accepted; 16 000 owed and settled; 3 000 exempt."""
    wet_pbf, wet = land(EAST, "0101", 4, paddy=1, pbf=1), land(EAST, "0101", 4, paddy=1)
    dry_pbf, dry, old = land(EAST, "0103", 6, pbf=1), land(HILL, "0103", 6), land(WEST, "0103", 6)
    garden, works = land(WEST, "0201"), land(HILL, "1204")
    stock = {wet_pbf: 190_000, wet: 10_000, dry_pbf: 610_000, old: 90_000, dry: 100_000, garden: 100_000, works: 20_000}
    opening = [
        entry(
            f"opening {region}", "OPENING", "2023-12-31",
            *(line(one, area * M2) for one, area in stock.items() if one.region == region),
            Line(Account(region, "OPENING"), Quantities(-M2 * sum(a for o, a in stock.items() if o.region == region))),
        )
        for region in (EAST, WEST, HILL)
    ]  # fmt: skip
    good, poor = land(WEST, "0103", 5), land(HILL, "0103", 9)
    restored, reclaimed = pool(WEST, "RESTORED", 5), pool(HILL, "RECLAIMED", 9)
    at_east = pool(EAST, "RESTORED", 5)
    built = loses(
        "built", "NONAG", "2024-06-30", EAST, "0601", line(wet_pbf, -2_000 * M2), line(wet, -10_000 * M2),
        due=date(2025, 6, 30),
    )  # fmt: skip
    planted = loses("planted", "AGSTRUCT", "2024-07-15", WEST, "0202", line(old, -4_000 * M2))
    return [
        *opening,
        entry("restored", "RESTORE", "2024-03-01", line(garden, -30_000 * M2), line(good, 30_000 * M2)),
        entry("reclaimed", "RESTORE", "2024-03-02", line(works, -5_000 * M2), line(poor, 5_000 * M2)),
        entry("accepted 1", "ACCEPT", "2024-04-01", line(restored, 30_000 * M2), links=("restored",), geometry="g-1"),
        entry("accepted 2", "ACCEPT", "2024-04-02", line(reclaimed, 5_000 * M2), links=("reclaimed",)),
        built,
        planted,
        loses("flooded", "WATER", "2024-08-01", HILL, "1101", line(dry, -3_000 * M2)),
        entry(
            "sold", "TRANSFER", "2024-09-01", line(restored, -12_000 * M2), line(at_east, 12_000 * M2),
            links=("accepted 1",),
        ),
        entry(
            "settled 1", "SETTLE", "2024-10-01", line(at_east, -12_000 * M2),
            Line(Account(EAST, "CLAIM:NONAG"), built.lines[-1].quantities.negated()), links=("built", "sold"),
        ),
        entry(
            "settled 2", "SETTLE", "2024-10-02", line(restored, -4_000 * M2),
            Line(Account(WEST, "CLAIM:AGSTRUCT"), planted.lines[-1].quantities.negated()),
            links=("planted", "accepted 1"),
        ),
    ]  # fmt: skip


def post(place: Workspace, *entries: Entry) -> None:
    with land_book(place) as book:
        book.post(*entries)


def changed(one: Entry, **more: object) -> Entry:
    return replace(one, **more)  # type: ignore[arg-type]
