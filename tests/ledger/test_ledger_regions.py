"""A closing covers all below its region, those regions too that come to be there after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from ledger_cases import COUNTY, GARDEN, an_entry, opening

from tilth.core import BadInput
from tilth.land import Region, RegionTree
from tilth.ledger import Account, Book, Chart, Entry, verify
from tilth.runtime import Database

TOWN, VILLAGE = "410882009", "410882009001"
TREE = RegionTree(
    {
        "41": Region("41", "Henan", "province"),
        COUNTY: Region(COUNTY, "county", "county", "41"),
        TOWN: Region(TOWN, "new town", "township", COUNTY),
        VILLAGE: Region(VILLAGE, "new village", "village", TOWN),
        "410883": Region("410883", "neighbour", "county", "41"),
    }
)


@pytest.fixture
def closed(new_url: Callable[[], str]) -> Book:
    """The county has closed 2024 when it had nothing below it; then the tree got a town and a village."""
    database = Database(new_url())
    before = RegionTree({code: TREE[code] for code in ("41", COUNTY, "410883")})
    with Book(database, Chart.of(before), today=lambda: date(2025, 12, 31)) as book:
        book.post(opening(1000))
        book.close_year(COUNTY, 2023, evidence="assessment 2023", author="Zhao")
        book.close_year(COUNTY, 2024, evidence="assessment 2024", author="Zhao")
    return Book(database, Chart.of(TREE), today=lambda: date(2025, 12, 31))


def change(region: str, day: str) -> Entry:
    return opening(5, GARDEN._replace(region=region), day, id=f"{region} {day}")


@pytest.mark.parametrize("region", [TOWN, VILLAGE])
def test_inv_18_a_region_that_was_added_below_is_closed_as_its_county_is(closed: Book, region: str) -> None:
    for day in ("2024-12-31", "2024-05-05", "2023-01-01"):
        with pytest.raises(BadInput, match="LEDGER-CLOSED") as refused:
            closed.post(change(region, day))
        assert f"the book of {region} is closed until 2024-12-31" in refused.value.said
    closed.post(change(region, "2025-01-01"))
    assert closed.balance(GARDEN._replace(region=region)).booked.area_dm2 == 5


def test_the_closing_that_it_follows_is_named_in_the_chain_of_closings(closed: Book) -> None:
    closed.post(change(VILLAGE, "2025-01-01"), change(TOWN, "2025-01-01"))
    found = verify(closed.database)
    assert (found.sound, found.closings) == (True, 4), found.faults
    assert closed.close_year(TOWN, 2024, evidence="x", author="y").again
    with closed.database.transaction() as connection:
        told = connection.exec_driver_sql("SELECT body FROM ledger_closing ORDER BY number").scalars().all()
        connection.exec_driver_sql(f"UPDATE ledger_region SET closed_day = 0 WHERE code = '{TOWN}'")
    assert all('"evidence":"assessment 2024","author":"Zhao"' in body for body in told[2:])
    assert not verify(closed.database).sound


def test_regions_beside_it_and_above_it_stay_open(closed: Book) -> None:
    closed.post(change("410883", "2024-05-05"), change("41", "2024-05-05"))
    assert verify(closed.database).sound


def test_an_account_that_was_there_already_is_closed_with_its_region(
    closed: Book, new_book: Callable[[], Book]
) -> None:
    there = Account(TOWN, "LAND:0201")
    apart = Book(closed.database, today=lambda: date(2025, 12, 31))  # knows of no tree
    apart.post(opening(50, there, "2024-02-02", id="early"))
    road = an_entry("x", "CHANGE", "2024-06-01", (there, -1), (Account(TOWN, "LAND:1003"), 1))
    with pytest.raises(BadInput, match="LEDGER-CLOSED"):
        closed.post(road)
    with pytest.raises(BadInput, match="LEDGER-CLOSED"):
        apart.post(an_entry("y", "CHANGE", "2024-06-01", (there, -1), (Account(TOWN, "OPENING"), 1)))
    closed.post(replace(road, posting_date=date(2025, 3, 1)))
    assert verify(closed.database).sound
