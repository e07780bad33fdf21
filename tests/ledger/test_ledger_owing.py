"""A write-off takes no more of the claims than the occupations that it links still owe."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from ledger_cases import CLAIM, COUNTY, FIELD, OPENING, PADDY, POOL, ROAD, an_entry, occupy, opening, q, restore

from tilth.core import BadInput, speaking
from tilth.land import Region, RegionTree
from tilth.ledger import Book, Entry, Line, Phase, Quantities, counter, load_policy, post_admitted

TREE = RegionTree({COUNTY: Region(COUNTY, "示范县", "county")})


@pytest.fixture
def book(book: Book) -> Book:
    """Two occupations, of 100 and 60, and enough in the pool."""
    book.post(
        opening(1000), restore("r", 500, "2024-01-10"), an_entry("a", "ACCEPT", "2024-02-01", (POOL, 500)),
        occupy("n1", 100), occupy("n2", 60, "2024-06-02"),
    )  # fmt: skip
    return book


def write_off(id: str, area: int, *links: str, day: str = "2024-12-01") -> Entry:
    one = an_entry(id, "SETTLE", day, (POOL, -area), links=(*links, "a"))
    return replace(one, lines=(*one.lines, Line(CLAIM, q(FIELD, -area))))


def post(book: Book, *entries: Entry) -> None:
    post_admitted(book, TREE, entries, load_policy())


def refused(book: Book, *entries: Entry) -> BadInput:
    before = book.balance(CLAIM).booked
    with pytest.raises(BadInput) as caught:
        post(book, *entries)
    assert caught.value.code == "POLICY-SETTLE-OWED" and book.balance(CLAIM).booked == before
    with speaking("zh"):
        assert "尚欠" in caught.value.said and "关联" in caught.value.remedy
    return caught.value


def test_a_write_off_that_would_eat_the_claim_of_another_occupation_is_refused_with_what_is_short(book: Book) -> None:
    told = refused(book, write_off("s", 101, "n1"))
    assert (
        "takes 1.01 m²" in told.said
        and "1.00 m² is still owed there for n1:" in told.said
        and "0.01 m² too much" in told.said
    )
    post(book, write_off("s", 100, "n1"))
    assert "0.00 m² is still owed there for n1:" in refused(book, write_off("t", 1, "n1")).said
    post(book, write_off("u", 60, "n2"))
    assert book.balance(CLAIM).booked.area_dm2 == 0


def test_a_write_off_of_several_occupations_is_held_against_their_sum(book: Book) -> None:
    assert "1.60 m² is still owed there for n1, n2:" in refused(book, write_off("s", 161, "n1", "n2")).said
    post(book, write_off("s", 160, "n1", "n2"))


def test_write_offs_of_one_call_are_counted_one_after_the_other(book: Book) -> None:
    refused(book, write_off("s", 70, "n1"), write_off("t", 31, "n1"))
    refused(book, occupy("n3", 10, "2024-06-03"), write_off("s", 11, "n3"))
    new = occupy("n3", 10, "2024-06-03")
    post(book, write_off("s", 70, "n1"), write_off("t", 30, "n1"), new, write_off("u", 10, "n3"))


def test_what_was_taken_back_is_owed_again(book: Book) -> None:
    one = write_off("s", 100, "n1")
    post(book, one)
    back = counter(one, id="back", posting_date=date(2024, 12, 2), evidence="doc", author="Li")
    post(book, back, write_off("t", 100, "n1", day="2024-12-03"))
    refused(book, write_off("u", 1, "n1", day="2024-12-04"))


def test_an_occupation_owes_nothing_before_its_day(book: Book) -> None:
    refused(book, write_off("s", 60, "n2", day="2024-06-01"))


def test_a_planned_write_off_is_held_against_it_too(book: Book) -> None:
    refused(book, replace(write_off("s", 101, "n1"), phase=Phase.RESERVE))


def test_paddy_capacity_and_grade_are_held_against_what_is_owed_too(book: Book) -> None:
    wet = an_entry("p", "OPENING", "2024-01-01", (OPENING, -500), (PADDY, 500))
    lost = an_entry("w1", "NONAG", "2024-07-01", (PADDY, -50), (ROAD, 50))
    book.post(wet, replace(lost, lines=(*lost.lines, Line(CLAIM, q(PADDY, 50).plus(Quantities(0, 0, 30))))))

    def takes(id: str, what: Quantities, *links: str) -> Entry:
        one = write_off(id, what.area_dm2, *links)
        return replace(one, lines=(one.lines[0], Line(CLAIM, what.negated())))

    dry = refused(book, takes("s", Quantities(50, 50, 0, 200), "n1"))
    assert "takes 0.50 m² of 410882 CLAIM:NONAG (paddy), but 0.00 m² is still owed there for n1:" in dry.said
    assert "(grain capacity)" in refused(book, takes("s", Quantities(50, 0, 30, 200), "n1")).said
    assert "(area × grade)" in refused(book, takes("s", Quantities(50, 50, 30, 201), "w1")).said
    with speaking("zh"):
        assert "（水田）" in dry.said
    post(book, takes("s", Quantities(50, 50, 30, 200), "w1"))


def test_a_write_off_by_file_takes_of_the_pool_what_the_rules_of_its_day_count(book: Book) -> None:
    """INV-8 by indicator: until 2024 paddy and capacity too."""
    wet = an_entry("p", "OPENING", "2023-01-01", (OPENING, -500), (PADDY, 500))
    lost = an_entry("w1", "NONAG", "2023-07-01", (PADDY, -50), (ROAD, 50))
    pool = an_entry("old", "ACCEPT", "2023-02-01", (POOL._replace(paddy=1), 50))
    book.post(wet, replace(lost, lines=(*lost.lines, Line(CLAIM, q(PADDY, 50)))), pool)
    whole = Line(CLAIM, q(PADDY, -50))
    dry = an_entry("s", "SETTLE", "2024-02-04", (POOL, -50), links=("w1", "a"))
    with pytest.raises(BadInput) as caught:
        post(book, replace(dry, lines=(*dry.lines, whole)))
    assert caught.value.code == "POLICY-SETTLE-INDICATOR" and "0.50 m² of paddy" in caught.value.said
    post(book, replace(dry, lines=(Line(POOL._replace(paddy=1), q(POOL, -50)._replace(paddy_dm2=-50)), whole)))
    later = replace(occupy("n4", 10, "2024-08-01"))
    book.post(later)
    post(book, write_off("after", 10, "n4"))
