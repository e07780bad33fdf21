"""What a book keeps in mind of its own writing never stands against what others wrote; balances are planned once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from ledger_cases import COUNTY, FIELD, GARDEN, opening, restore

from tilth.core import BadInput
from tilth.ledger import Book, verify
from tilth.runtime import Database

TODAY = date(2025, 12, 31)


@pytest.fixture
def pair(new_url: Callable[[], str]) -> tuple[Book, Book]:
    """Two books on one database."""
    url = new_url()
    return Book(Database(url), today=lambda: TODAY), Book(Database(url), today=lambda: TODAY)


def test_books_that_post_by_turns_see_what_the_other_wrote(pair: tuple[Book, Book]) -> None:
    one, other = pair
    one.post(opening(1000))
    numbers = []
    for n in range(12):
        book = one if n % 3 else other
        numbers += [receipt.number for receipt in book.post(restore(f"r{n}", 10))]
    assert len(set(numbers)) == 12 and numbers == sorted(numbers)
    assert one.balance(FIELD).booked.area_dm2 == other.balance(FIELD).booked.area_dm2 == 120
    assert verify(one.database).sound


def test_what_another_book_took_cannot_be_taken_again(pair: tuple[Book, Book]) -> None:
    one, other = pair
    one.post(opening(100))
    one.post(restore("first", 10))
    other.post(restore("all but one", 89))
    with pytest.raises(BadInput, match="LEDGER-SHORT-AREA"):
        one.post(restore("two", 2))
    one.post(restore("the last", 1))
    assert one.balance(GARDEN).booked.area_dm2 == 0
    assert verify(one.database).sound


def test_a_year_that_is_closed_between_two_postings_is_closed(pair: tuple[Book, Book]) -> None:
    posting, other = pair
    posting.post(opening(100, day="2022-12-31"))
    posting.post(restore("before", 1, "2023-05-05"))
    other.close_year(COUNTY, 2023, evidence="assessment", author="Zhao")
    with pytest.raises(BadInput, match="LEDGER-CLOSED"):
        posting.post(restore("after another's closing", 1, "2023-05-06"))
    posting.post(restore("next year", 1, "2024-05-05"))
    posting.close_year(COUNTY, 2024, evidence="assessment", author="Zhao")
    with pytest.raises(BadInput, match="LEDGER-CLOSED"):
        posting.post(restore("after its own closing", 1, "2024-05-06"))
    assert verify(posting.database).sound


def test_a_refused_entry_leaves_nothing_in_mind(pair: tuple[Book, Book]) -> None:
    book, _ = pair
    book.post(opening(100))
    book.post(restore("first", 10))
    for n in range(3):
        with pytest.raises(BadInput, match="LEDGER-SHORT-AREA"):
            book.post(restore(f"half {n}", 60), restore(f"more {n}", 60))
        book.post(restore(f"good {n}", 1))
    assert (book.balance(GARDEN).booked.area_dm2, book.balance(FIELD).booked.area_dm2) == (87, 13)
    assert verify(book.database).sound


def test_a_balance_in_postgresql_is_planned_once_whatever_the_day(pair: tuple[Book, Book]) -> None:
    book, _ = pair
    if book.database.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL plans")
    book.post(opening(1000))
    for month in range(1, 13):
        book.post(restore(f"m{month}", 1, f"2024-{month:02d}-15"))
    for n in range(60):
        assert book.balance(FIELD, date(2024, n % 12 + 1, 20)).booked.area_dm2 == n % 12 + 1
    with book._reader.reading() as desk:
        desk.asking.execute("SELECT max(custom_plans), max(generic_plans) FROM pg_prepared_statements")
        custom, generic = desk.asking.fetchone()
    assert custom <= 5 and generic > 40
