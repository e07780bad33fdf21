"""A closed year stays as it was: what comes later goes into the open year."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from ledger_cases import COUNTY, FIELD, GARDEN, an_entry, occupy, opening, reserve, restore, settle

from tilth.core import BadInput
from tilth.ledger import Account, Book, Closing, Phase, counter, verify

TOWN = "410882001"


def closed(book: Book, year: int = 2024, region: str = COUNTY, below: tuple[str, ...] = (TOWN,)) -> Closing:
    return book.close_year(region, year, below=below, evidence="assessment 2024", author="Zhao")


@pytest.fixture
def county(book: Book) -> Book:
    """A year with entries, one of the year after, and land in a town."""
    book.post(opening(1000), restore("r", 300, "2024-03-01"), reserve("plan", 50, "2024-11-30"))
    book.post(opening(70, GARDEN._replace(region=TOWN), id="town"), restore("next", 9, "2025-02-01"))
    return book


def test_a_closing_seals_every_account(county: Book) -> None:
    done = closed(county)
    assert (done.number, done.region, done.year, done.again) == (1, COUNTY, 2024, False)
    assert done.accounts == 7
    assert closed(county) == done._replace(again=True)
    assert verify(county.database).sound


def test_inv_18_nothing_is_posted_in_a_closed_year(county: Book) -> None:
    closed(county)
    for entry in (
        restore("x", 1, "2024-12-31"),
        restore("y", 1, "2023-06-01"),
        reserve("z", 1, "2024-12-31"),
        settle("v", "plan", Phase.VOID, "2024-12-31"),
        an_entry("t", "CHANGE", "2024-05-05", (GARDEN._replace(region=TOWN), -1), (Account(TOWN, "LAND:1003"), 1)),
    ):
        with pytest.raises(BadInput, match="LEDGER-CLOSED") as refused:
            county.post(entry)
        assert "closed until 2024-12-31" in refused.value.said
    assert verify(county.database).sound


def test_a_correction_goes_into_the_open_year_and_names_what_it_corrects(county: Book) -> None:
    closed(county)
    before = county.balance(FIELD, date(2024, 12, 31))
    back = counter(restore("r", 300, "2024-03-01"), id="back", posting_date=date(2025, 1, 5), evidence="d", author="Li")
    county.post(settle("void", "plan", Phase.VOID, "2025-01-04"), back)
    assert county.balance(FIELD, date(2024, 12, 31)) == before
    assert county.balance(FIELD).booked.area_dm2 == 9
    assert county.entry("back")[0].reverses == "r"
    assert verify(county.database).sound


def test_what_stood_before_the_closing_may_be_asked_for_again(county: Book) -> None:
    closed(county)
    assert county.post(restore("r", 300, "2024-03-01"))[0].again


def test_an_account_that_is_opened_later_is_closed_as_well(county: Book) -> None:
    closed(county)
    entry = an_entry("x", "CHANGE", "2024-06-01", (GARDEN, -1), (Account(COUNTY, "LAND:0404"), 1))
    with pytest.raises(BadInput, match="LEDGER-CLOSED"):
        county.post(entry)
    county.post(replace(entry, posting_date=date(2025, 3, 1)))
    assert verify(county.database).sound


def test_other_regions_stay_open(county: Book) -> None:
    closed(county)
    there = opening(10, GARDEN._replace(region="410883"), day="2024-02-02", id="there")
    county.post(there)
    assert verify(county.database).sound


def test_years_are_closed_in_their_order_and_when_they_are_over(county: Book) -> None:
    with pytest.raises(BadInput, match="LEDGER-YEAR-RUNS"):
        closed(county, 2025)
    closed(county, 2024)
    with pytest.raises(BadInput, match="closed until the end of 2024"):
        closed(county, 2023)
    for missing in ({"evidence": " ", "author": "Zhao"}, {"evidence": "d", "author": ""}):
        with pytest.raises(BadInput, match="names no"):
            county.close_year(COUNTY, 2024, **missing)


def test_closings_of_several_regions_follow_each_other(county: Book) -> None:
    assert closed(county, 2023, TOWN, ()).number == 1
    assert closed(county, 2023).number == 2
    assert closed(county, 2024).number == 3
    county.post(occupy("o", 5, "2025-06-01"))
    assert verify(county.database).closings == 3
